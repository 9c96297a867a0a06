//! Adapters, the device, and the two ways in which they fail.

use crate::{
    error::{Error, Result},
    execute::{AdapterInfo, Workers},
    plan::DeviceLimits,
};
use std::sync::{Arc, Mutex, PoisonError};

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
}

fn instance(backends: wgpu::Backends) -> wgpu::Instance {
    let mut descriptor = wgpu::InstanceDescriptor::new_without_display_handle();
    descriptor.backends = backends;
    // Validation layers are a developer's tool: they cost time and print to stderr.
    descriptor.flags = wgpu::InstanceFlags::empty();
    wgpu::Instance::new(descriptor)
}

fn describe(adapter: &wgpu::Adapter) -> AdapterInfo {
    let (info, limits) = (adapter.get_info(), adapter.limits());
    let kind = match info.device_type {
        wgpu::DeviceType::DiscreteGpu => "discrete_gpu",
        wgpu::DeviceType::IntegratedGpu => "integrated_gpu",
        wgpu::DeviceType::VirtualGpu => "virtual_gpu",
        wgpu::DeviceType::Cpu => "cpu",
        wgpu::DeviceType::Other => "other",
    };
    // A software rasteriser behind GL calls itself "other" on some systems.
    let name = info.name.to_ascii_lowercase();
    let software = ["llvmpipe", "lavapipe", "softpipe", "swiftshader", "software"].iter().any(|s| name.contains(s));
    AdapterInfo {
        name: info.name,
        api: info.backend.to_str().to_owned(),
        kind: kind.to_owned(),
        driver: format!("{} {}", info.driver, info.driver_info).trim().to_owned(),
        max_buffer_bytes: limits.max_buffer_size,
        max_binding_bytes: limits.max_storage_buffer_binding_size,
        hardware: kind != "cpu" && !software,
    }
}

/// Every adapter that can run compute shaders, hardware first, native interfaces before GL.
fn adapters() -> Vec<(wgpu::Adapter, AdapterInfo)> {
    // GL only where nothing else answers: its loaders print to stderr and add nothing beside a native interface.
    let native = wgpu::Backends::VULKAN | wgpu::Backends::METAL | wgpu::Backends::DX12;
    let mut found = pollster::block_on(instance(native).enumerate_adapters(native));
    if found.is_empty() {
        found = pollster::block_on(instance(wgpu::Backends::GL).enumerate_adapters(wgpu::Backends::GL));
    }
    let mut usable: Vec<_> = found
        .into_iter()
        .filter(|a| a.get_downlevel_capabilities().flags.contains(wgpu::DownlevelFlags::COMPUTE_SHADERS))
        .map(|a| {
            let info = describe(&a);
            (a, info)
        })
        .collect();
    let rank = |info: &AdapterInfo| {
        let kind = match info.kind.as_str() {
            "discrete_gpu" => 0,
            "integrated_gpu" => 1,
            "virtual_gpu" => 2,
            _ => 3,
        };
        (!info.hardware, info.api == "gl", kind)
    };
    usable.sort_by_key(|(_, info)| rank(info));
    usable
}

/// Every adapter that answers.
pub fn list() -> Vec<AdapterInfo> {
    adapters().into_iter().map(|(_, info)| info).collect()
}

impl Gpu {
    /// Opens the first adapter whose name contains `selector`, or the first hardware one.
    ///
    /// # Errors
    /// [`Error::NoAdapter`] listing what there is, [`Error::Device`] where the adapter gives no device.
    pub fn open(selector: Option<&str>) -> Result<Arc<Self>> {
        let found = adapters();
        let names: Vec<String> = found.iter().map(|(_, i)| format!("{} ({}, {})", i.name, i.api, i.kind)).collect();
        let wanted = |info: &AdapterInfo| match selector {
            Some(part) => info.name.to_ascii_lowercase().contains(&part.to_ascii_lowercase()),
            None => info.hardware,
        };
        let Some((adapter, info)) = found.into_iter().find(|(_, info)| wanted(info)) else {
            let found = match (names.is_empty(), selector) {
                (true, _) => "no Vulkan, Metal, DX12 or GL driver answers; --backend cpu needs none".to_owned(),
                (false, Some(_)) => format!("there are: {}", names.join("; ")),
                (false, None) => format!("only software adapters answer, which must be chosen by --adapter NAME: {}", names.join("; ")),
            };
            return Err(Error::NoAdapter { selector: selector.map(str::to_owned), found });
        };
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
        let limits = device.limits();
        Ok(Arc::new(Self { device, queue, info, limits, uncaught }))
    }

    /// The caller's own device. Errors that no scope catches go to the caller's handler, not to the job.
    pub fn adopt(adapter: &wgpu::Adapter, device: wgpu::Device, queue: wgpu::Queue) -> Arc<Self> {
        let limits = device.limits();
        Arc::new(Self { device, queue, info: describe(adapter), limits, uncaught: Arc::default() })
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

    /// Bytes that the allocator holds, whole blocks, where the driver interface tells.
    pub fn allocated_bytes(&self) -> Option<u64> {
        self.device.generate_allocator_report().map(|report| report.total_reserved_bytes)
    }

    /// An error of this device.
    pub fn error(&self, problem: impl Into<String>) -> Error {
        Error::Device { adapter: self.info.name.clone(), problem: problem.into() }
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
            let status = self.device.poll(wgpu::PollType::Poll).map_err(|e| self.error(e.to_string()))?;
            self.check()?;
            if done() {
                return Ok(());
            }
            empty_polls = if status.is_queue_empty() { empty_polls + 1 } else { 0 };
            if empty_polls > 3 {
                // Nothing is left that could complete: whatever was waited for failed.
                return Err(self.error("a submission never completed; the device is lost"));
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
        self.device.poll(wait).map_err(|e| self.error(e.to_string()))?;
        self.check()
    }
}
