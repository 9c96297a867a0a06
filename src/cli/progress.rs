//! How far a job is: a bar on a terminal, lines elsewhere, on stderr.

use super::{say, values::ProgressWhen};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::{
    io::IsTerminal,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};
use swath::job::Observer;

/// Shows progress until it is cleared.
pub enum Progress {
    Bar(ProgressBar),
    /// Tenths told so far.
    Lines(AtomicU64),
    Silent,
}

impl Progress {
    pub fn new(when: ProgressWhen) -> Arc<Self> {
        let terminal = std::io::stderr().is_terminal();
        Arc::new(match when {
            ProgressWhen::Never => Self::Silent,
            ProgressWhen::Auto if say::is_quiet() => Self::Silent,
            ProgressWhen::Auto | ProgressWhen::Always if terminal => Self::Bar(bar()),
            ProgressWhen::Auto => Self::Silent,
            ProgressWhen::Always => Self::Lines(AtomicU64::new(0)),
        })
    }

    /// Takes the bar away.
    pub fn clear(&self) {
        if let Self::Bar(bar) = self {
            bar.finish_and_clear();
        }
    }
}

fn bar() -> ProgressBar {
    let style = ProgressStyle::with_template("swath: {bar:32} {percent:>3} %  {pos}/{len} segments, {eta} left");
    let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
    if let Ok(style) = style {
        bar.set_style(style);
    }
    bar.enable_steady_tick(Duration::from_millis(200));
    bar
}

impl Observer for Progress {
    fn progress(&self, done: u64, total: u64) {
        match self {
            Self::Bar(bar) => {
                bar.set_length(total);
                bar.set_position(done);
            }
            Self::Lines(told) => {
                let tenths = done * 10 / total.max(1);
                if told.fetch_max(tenths, Relaxed) < tenths {
                    say::note(&format!("{} %, {done} of {total} segments", tenths * 10));
                }
            }
            Self::Silent => {}
        }
    }
}
