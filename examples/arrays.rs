//! Arrays in, arrays and a file out, in one pass: `cargo run --example arrays`

use ndarray::Array2;
use swath::{
    job::ArrayOutput,
    prelude::*,
    raster::{Affine, Georeferencing},
};

fn main() -> Result<()> {
    // A cone of 1 in 2 (26.57 degrees) on 10 m pixels, with a hole.
    let mut heights = Array2::from_shape_fn((300, 400), |(row, col)| {
        let (x, y) = (col as f32 - 200.0, row as f32 - 150.0);
        2000.0 - 5.0 * x.hypot(y)
    });
    heights[[40, 40]] = f32::NAN; // missing
    let georef = Georeferencing { transform: Some(Affine::north_up(500_000.0, 5_400_000.0, 10.0, 10.0)), ..Georeferencing::default() };
    let dem = ArraySource::new(heights)?.georeferencing(georef).raster();

    let (slope, aspect) = (ArrayOutput::new(), ArrayOutput::new());
    let path = std::env::temp_dir().join(format!("swath-example-{}.tif", std::process::id()));
    Job::new()
        .write_array(dem.apply(Slope::default()), &slope)
        .write_array(dem.apply(Aspect::default()), &aspect)
        .write(dem.apply(Hillshade::default()), GTiff::at(&path).tile_size(128))
        .plan(Budget::detect())?
        .run()?;

    let (slope, aspect) = (slope.take().unwrap_or_default(), aspect.take().unwrap_or_default());
    println!("slope on the flank {:.1} degrees, facing {:.1} degrees", slope[[150, 350]], aspect[[150, 350]]);
    println!("missing pixels {}", slope.iter().filter(|z| z.is_nan()).count());
    println!("hillshade {} bytes", std::fs::metadata(&path).map_or(0, |m| m.len()));
    let _ = std::fs::remove_file(path);
    Ok(())
}
