use crate::raster::{Affine, Crs, Georeferencing};

/// Where a job's rasters lie, as far as that is not left to what their sources say. Nothing is resampled or transformed:
/// this says what the numbers mean. Operators go by it too.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Placement {
    /// The CRS of every raster of the job.
    pub crs: Option<Crs>,
    /// West, south, east and north edge, in units of the CRS: the raster is north up between them.
    pub bounds: Option<[f64; 4]>,
}

impl Placement {
    /// Replaces what is said otherwise, for a raster of `cols` x `rows` pixels.
    pub fn apply(&self, georef: &mut Georeferencing, cols: usize, rows: usize) {
        if let Some([west, south, east, north]) = self.bounds {
            let (width, height) = ((east - west) / cols as f64, (north - south) / rows as f64);
            georef.transform = Some(Affine::north_up(west, north, width, height));
            // The tags that said otherwise.
            (georef.pixel_scale, georef.tiepoints, georef.matrix) = (Vec::new(), Vec::new(), Vec::new());
        }
        if let Some(crs) = &self.crs {
            georef.set_crs(crs);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::raster::RasterType;

    #[test]
    fn what_is_not_said_stays() {
        let mut georef = Georeferencing { pixel_scale: vec![1.0; 3], raster_type: RasterType::Point, ..Georeferencing::default() };
        let before = georef.clone();
        Placement::default().apply(&mut georef, 10, 10);
        assert_eq!(georef, before);
        let place = Placement { crs: Some("EPSG:4326".parse().unwrap()), bounds: Some([10.0, -5.0, 20.0, 5.0]) };
        place.apply(&mut georef, 100, 50);
        assert_eq!(georef.transform, Some(Affine::north_up(10.0, 5.0, 0.1, 0.2)));
        assert_eq!((georef.epsg(), georef.raster_type, georef.pixel_scale.len()), (Some(4326), RasterType::Point, 0));
    }
}
