//! The device, and the ways in which it fails.

use super::{adapters, expected_panic, kernel::Kernel};
use crate::{
    error::{Error, Result},
    execute::{AdapterInfo, Workers},
    plan::DeviceLimits,
};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

/// Granularity in which the allocator takes device memory for small buffers.
const ALLOCATION_BYTES: u64 = 4 << 20;

/// An opened device.
#[derive(Debug)]
pub struct Gpu {
    /// wgpu's device.
    pub device: wgpu::Device,
    /// Its queue.
    pub queue: wgpu::Queue,
    /// What it is.
    pub info: AdapterInfo,
    limits: wgpu::Limits,
    /// First error that no scope caught.
    uncaught: Arc<Mutex<Option<String>>>,
    /// Why the driver says that the device is lost, once it is.
    lost: Arc<Mutex<Option<String>>>,
    /// Kernels that were compiled for it.
    kernels: Mutex<HashMap<KernelText, Arc<Kernel>>>,
}

/// What tells kernels apart: their WGSL, and which of their storage buffers are read-only.
type KernelText = (String, Vec<bool>);

/// Kernels that are kept; when there are more, all are compiled anew as they are needed.
const KEPT_KERNELS: usize = 64;

impl Gpu {
    /// Opens the first adapter that `selector` takes and that gives a device: any hardware adapter where there is none.
    ///
    /// # Errors
    /// [`Error::NoAdapter`] listing what there is, [`Error::Device`] of the first adapter where none of them gives a device.
    pub fn open(selector: Option<&str>) -> Result<Arc<Self>> {
        let found = adapters::list();
        let taken = adapters::taken(found.iter().map(|(_, info)| info), selector)?;
        let mut failure = None;
        for index in taken {
            let (adapter, info) = &found[index];
            match Self::open_adapter(adapter, info) {
                Err(error) => failure = failure.or(Some(error)),
                opened => return opened,
            }
        }
        Err(failure.unwrap_or(Error::Internal("no adapter was tried")))
    }

    fn open_adapter(adapter: &wgpu::Adapter, info: &AdapterInfo) -> Result<Arc<Self>> {
        let request = adapter.request_device(&wgpu::DeviceDescriptor {
            label: Some("swath"),
            required_features: wgpu::Features::empty(),
            required_limits: adapter.limits(),
            experimental_features: wgpu::ExperimentalFeatures::disabled(),
            // The default reserves 128 MiB at once; our ceilings are hard, so blocks stay small.
            memory_hints: wgpu::MemoryHints::Manual { suballocated_device_memory_block_size: ALLOCATION_BYTES..ALLOCATION_BYTES },
            trace: wgpu::Trace::Off,
        });
        let (device, queue) =
            pollster::block_on(request).map_err(|e| Error::Device { adapter: info.name.clone(), problem: e.to_string() })?;
        // Without a handler an uncaught error panics.
        let uncaught = Arc::new(Mutex::new(None));
        let first = uncaught.clone();
        device.on_uncaptured_error(Arc::new(move |error: wgpu::Error| {
            first.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error.to_string());
        }));
        let lost = Arc::new(Mutex::new(None));
        let reason = lost.clone();
        device.set_device_lost_callback(move |kind, message| {
            let said = if message.is_empty() { format!("{kind:?}") } else { message };
            reason.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(said);
        });
        let limits = device.limits();
        Ok(Arc::new(Self { device, queue, info: info.clone(), limits, uncaught, lost, kernels: Mutex::default() }))
    }

    /// The caller's own device. Errors that no scope catches, and the reason of a loss, go to the caller's handlers and not to
    /// the job.
    pub fn adopt(adapter: &wgpu::Adapter, device: wgpu::Device, queue: wgpu::Queue) -> Arc<Self> {
        let limits = device.limits();
        let info = adapters::describe(adapter);
        Arc::new(Self { device, queue, info, limits, uncaught: Arc::default(), lost: Arc::default(), kernels: Mutex::default() })
    }

    /// What it is.
    pub fn info(&self) -> &AdapterInfo {
        &self.info
    }

    /// The limits that the planner needs.
    pub fn limits(&self) -> DeviceLimits {
        DeviceLimits {
            max_buffer_bytes: self.limits.max_buffer_size,
            max_binding_bytes: self.limits.max_storage_buffer_binding_size,
            max_workgroups: self.limits.max_compute_workgroups_per_dimension,
            allocation_bytes: ALLOCATION_BYTES,
            // Row factors and the result are bound beside the inputs.
            max_inputs: self.limits.max_storage_buffers_per_shader_stage.saturating_sub(2) as usize,
        }
    }

    /// The kernel of a text, from an earlier job or node, or compiled by `compile`.
    ///
    /// # Errors
    /// Those of `compile`.
    pub fn kernel(&self, wgsl: &str, storage: &[bool], compile: impl FnOnce() -> Result<Kernel>) -> Result<Arc<Kernel>> {
        let text = (wgsl.to_owned(), storage.to_vec());
        let mut kernels = self.kernels.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(kernel) = kernels.get(&text) {
            return Ok(kernel.clone());
        }
        let kernel = Arc::new(compile()?);
        if kernels.len() >= KEPT_KERNELS {
            kernels.clear();
        }
        kernels.insert(text, kernel.clone());
        Ok(kernel)
    }

    /// Bytes that the allocator holds, whole blocks, where the driver interface tells.
    pub fn allocated_bytes(&self) -> Option<u64> {
        self.device.generate_allocator_report().map(|report| report.total_reserved_bytes)
    }

    /// An error of this device. Once the driver has said why it is lost, that is what is wrong.
    pub fn error(&self, problem: impl Into<String>) -> Error {
        let lost = self.lost.lock().unwrap_or_else(PoisonError::into_inner);
        let problem = lost.as_ref().map_or_else(|| problem.into(), |reason| format!("the device is lost: {reason}"));
        Error::Device { adapter: self.info.name.clone(), problem }
    }

    /// Whatever went wrong outside of any scope.
    ///
    /// # Errors
    /// [`Error::Device`].
    pub fn check(&self) -> Result<()> {
        match self.uncaught.lock().unwrap_or_else(PoisonError::into_inner).take() {
            Some(problem) => Err(self.error(problem)),
            None => Ok(()),
        }
    }

    /// Runs `make` and turns what the device objects to into an error.
    ///
    /// # Errors
    /// [`Error::DeviceMemory`] where it has no more memory, [`Error::Device`] for other errors.
    pub fn scoped<T>(&self, make: impl FnOnce() -> T) -> Result<T> {
        let validation = self.device.push_error_scope(wgpu::ErrorFilter::Validation);
        let internal = self.device.push_error_scope(wgpu::ErrorFilter::Internal);
        let memory = self.device.push_error_scope(wgpu::ErrorFilter::OutOfMemory);
        let made = make();
        let memory = pollster::block_on(memory.pop());
        let internal = pollster::block_on(internal.pop());
        let validation = pollster::block_on(validation.pop());
        match memory.or(internal).or(validation) {
            Some(wgpu::Error::OutOfMemory { .. }) => Err(Error::DeviceMemory { adapter: self.info.name.clone() }),
            Some(error) => Err(self.error(error.to_string())),
            None => Ok(made),
        }
    }

    /// Waits until `done`, encoding what is queued meanwhile: the caller is one of the workers.
    ///
    /// # Errors
    /// [`Error::Device`] where the device is lost.
    pub fn wait_helping(&self, done: impl Fn() -> bool) -> Result<()> {
        // Callbacks of a queue that has run empty may take one more poll.
        let mut empty_polls = 0;
        loop {
            let status = self.poll(wgpu::PollType::Poll)?;
            self.check()?;
            if done() {
                return Ok(());
            }
            empty_polls = if status.is_queue_empty() { empty_polls + 1 } else { 0 };
            if empty_polls > 3 {
                // Nothing is left that could complete: whatever was waited for failed.
                return Err(self.lost("a submission never completed"));
            }
            Workers::help();
        }
    }

    /// Waits until a submission is done and its callbacks have run.
    ///
    /// # Errors
    /// [`Error::Device`] where the device is lost.
    pub fn wait(&self, submission: Option<wgpu::SubmissionIndex>) -> Result<()> {
        let wait = wgpu::PollType::Wait { submission_index: submission, timeout: None };
        self.poll(wait)?;
        self.check()
    }

    /// Lets callbacks run.
    ///
    /// # Errors
    /// [`Error::Device`] where the device is lost: wgpu panics then.
    fn poll(&self, kind: wgpu::PollType) -> Result<wgpu::PollStatus> {
        match expected_panic::catch(|| self.device.poll(kind)) {
            Ok(polled) => polled.map_err(|e| self.error(e.to_string())),
            Err(panic) => Err(self.lost(&panic)),
        }
    }

    /// The error of a device that is lost, by the sign that showed it.
    pub fn lost(&self, sign: &str) -> Error {
        self.error(format!("the device is lost: {sign}"))
    }
}
