//! Watching a job and stopping it: `cargo run --example progress_and_cancel`

use std::sync::Arc;
use swath::prelude::*;

/// Cancels the job when a quarter of it is written.
struct StopAtAQuarter(CancelToken);

impl Observer for StopAtAQuarter {
    fn progress(&self, done: u64, total: u64) {
        if done * 4 == total {
            println!("{done} of {total} segments are written: stopping");
            self.0.cancel();
        }
    }
}

fn main() -> Result<()> {
    let profile = Profile::new(1024, 1024, 1, SampleType::F32);
    let waves = |row: usize, first_col: usize, out: &mut [f32]| {
        for (i, height) in out.iter_mut().enumerate() {
            *height = (row as f32 * 0.05).sin() * 40.0 + ((first_col + i) as f32 * 0.03).cos() * 60.0;
        }
    };
    let dem = GeneratorSource::new(profile, waves)?;
    let path = std::env::temp_dir().join(format!("swath-example-{}.tif", std::process::id()));
    let token = CancelToken::default();
    let outcome = Job::new()
        .write(dem.apply(Slope::default()), GTiff::at(&path).tile_size(64))
        .observer(Arc::new(StopAtAQuarter(token.clone())))
        .cancel_token(token)
        .plan(Budget::detect())?
        .run();
    match outcome {
        Err(Error::Cancelled) => println!("cancelled; the output exists: {}", path.exists()),
        other => println!("unexpected: {other:?}"),
    }
    Ok(())
}
