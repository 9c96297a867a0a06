//! Records the commands of one unit, and submits them in parts that are not too long for a watchdog.

use super::{
    device::Gpu,
    slices::Pace,
    submission::{Submission, Submissions},
};
use crate::{error::Result, plan::MOST_SUBMISSIONS};
use std::{
    collections::VecDeque,
    time::{Duration, Instant},
};

/// Slices of a unit that the device may work on while another one is recorded.
const SLICES_AHEAD: usize = 1;

const _: () = assert!(SLICES_AHEAD + 2 == MOST_SUBMISSIONS, "plans count on another number of submissions");

/// Most that a submission may be expected to take, in units of the slices' target.
const MOST_LOAD: f64 = 1.5;

/// The commands of one unit.
pub struct Recorder<'a> {
    gpu: &'a Gpu,
    submissions: &'a mut Submissions,
    encoder: wgpu::CommandEncoder,
    /// Whether the encoder has commands.
    recorded: bool,
    /// Expected device time of what the encoder has.
    load: f64,
    /// What was submitted already.
    before: VecDeque<Part>,
    /// When the device was last seen to be done with a part of this unit.
    free: Option<Instant>,
}

/// A part of a unit that the device works on.
struct Part {
    submission: Submission,
    /// Pixels of the slice that it computes; 0 where it is something else.
    pixels: usize,
    submitted: Instant,
}

/// A unit that was submitted.
pub struct Submitted {
    /// Its last submission, behind those of them that were not seen to be done yet.
    pub submissions: VecDeque<Submission>,
    /// Expected device time of the last one.
    pub load: f64,
}

fn encoder(gpu: &Gpu) -> wgpu::CommandEncoder {
    gpu.device.create_command_encoder(&wgpu::CommandEncoderDescriptor { label: Some("unit") })
}

impl<'a> Recorder<'a> {
    /// No commands yet.
    pub fn new(gpu: &'a Gpu, submissions: &'a mut Submissions) -> Self {
        let encoder = encoder(gpu);
        Self { gpu, submissions, encoder, recorded: false, load: 0.0, before: VecDeque::new(), free: None }
    }

    /// Where to record commands that take no time to speak of.
    pub fn encoder(&mut self) -> &mut wgpu::CommandEncoder {
        self.recorded = true;
        &mut self.encoder
    }

    /// Records the computation of so many pixels, by themselves where they are only a part of what the same buffers are written
    /// for, or where they are to be measured. `record` may write buffers from the host: all that was recorded before, and still
    /// needs what they have, has been submitted where these are shared.
    ///
    /// # Errors
    /// A refused grant, or a failing device.
    pub fn slice(&mut self, pace: &mut Pace, pixels: usize, is_whole: bool, record: impl FnOnce(&mut wgpu::CommandEncoder)) -> Result<()> {
        let alone = !is_whole || !pace.is_settled();
        let load = pace.load(pixels);
        if alone || self.load + load > MOST_LOAD {
            self.submit_recorded(0)?;
        }
        if !alone {
            record(self.encoder());
            self.load += load;
            return Ok(());
        }
        let seen = if pace.is_settled() {
            record(self.encoder());
            self.submit_recorded(pixels)?
        } else {
            self.wait_for_all_but(0)?;
            record(self.encoder());
            self.submit_recorded(pixels)?;
            // Not helping: whoever helps comes back late.
            self.gpu.wait(None)?;
            self.wait_for_all_but(0)?
        };
        if let Some((pixels, took)) = seen.filter(|seen| seen.0 > 0) {
            pace.observe(pixels, took);
        }
        Ok(())
    }

    /// Begins with another kernel, whose pace has nothing to learn from the slices that are at work.
    pub fn begin_kernel(&mut self) {
        self.before.iter_mut().for_each(|part| part.pixels = 0);
    }

    /// Submits what is recorded, which computes so many pixels of a slice, once the device has few enough parts of this unit.
    /// Returns what was learned of the one that was waited for.
    fn submit_recorded(&mut self, pixels: usize) -> Result<Option<(usize, Duration)>> {
        if !self.recorded {
            return Ok(None);
        }
        let seen = self.wait_for_all_but(SLICES_AHEAD)?;
        let full = std::mem::replace(&mut self.encoder, encoder(self.gpu));
        let submission = self.submissions.submit(full)?;
        self.before.push_back(Part { submission, pixels, submitted: Instant::now() });
        (self.recorded, self.load) = (false, 0.0);
        Ok(seen)
    }

    /// Waits until no more than so many submissions of this unit are at work. Returns the pixels of the last one that was waited
    /// for, and the time that the device took for it.
    fn wait_for_all_but(&mut self, at_work: usize) -> Result<Option<(usize, Duration)>> {
        let mut last = None;
        while self.before.len() > at_work {
            let Some(oldest) = self.before.pop_front() else { break };
            self.gpu.wait_helping(|| oldest.submission.is_settled())?;
            oldest.submission.check(self.gpu)?;
            let began = self.free.map_or(oldest.submitted, |free| free.max(oldest.submitted));
            last = Some((oldest.pixels, began.elapsed()));
            self.free = Some(Instant::now());
        }
        Ok(last)
    }

    /// Submits what is recorded, as the last of the unit's submissions.
    ///
    /// # Errors
    /// A refused grant, or the device's objection.
    pub fn submit(self) -> Result<Submitted> {
        let mut submissions: VecDeque<_> = self.before.into_iter().map(|part| part.submission).collect();
        submissions.push_back(self.submissions.submit(self.encoder)?);
        Ok(Submitted { submissions, load: self.load })
    }
}
