//! From an elevation model to a slope raster: `cargo run --release --example slope -- DEM.tif SLOPE.tif`

use swath::prelude::*;

fn main() -> Result<()> {
    let mut args = std::env::args().skip(1);
    let (Some(input), Some(output)) = (args.next(), args.next()) else {
        eprintln!("usage: slope DEM.tif SLOPE.tif [gpu [ADAPTER]]");
        std::process::exit(2);
    };
    let context = match (args.next().as_deref(), args.next()) {
        (Some("gpu"), adapter) => Context::gpu(adapter.as_deref())?,
        _ => Context::cpu(),
    };

    let dem = GeoTiff::open(input)?; // headers only
    let slope = dem.apply(Slope { unit: SlopeUnit::Percent, ..Slope::default() });
    let budget = Budget { host: ByteSize::mib(512), device: ByteSize::gib(1) };
    let job = Job::new().write(slope, GTiff::at(output).overwrite(true)).context(context).plan(budget)?;
    println!("{job}"); // swaths, lanes, halo, predicted peaks
    let report = job.run()?;
    println!("{}", report.to_json());
    Ok(())
}
