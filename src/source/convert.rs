use crate::{
    error::{Error, Result},
    raster::{Profile, Sample, SampleType, Sentinel, with_sample_type},
};

/// The border between rows as a source stores them and rows of a window.
///
/// A window either holds one band as f32 or f64, missing as one quiet NaN (for operators), or samples bit for bit (for
/// copies). Samples as f32 may be counted from an origin, so that small differences of large numbers survive. Nothing is allocated when rows are converted. Rows of one band that are aligned to their sample type
/// convert fastest.
#[derive(Clone, Debug, PartialEq)]
pub struct RowConverter {
    sample: SampleType,
    bands: usize,
    planar: bool,
    band: Option<usize>,
    /// Bands of a verbatim window, where they are neither one nor all.
    several: Vec<usize>,
    to_f32: bool,
    nodata: Option<Sentinel>,
    alpha: Option<usize>,
    masked: bool,
    /// Verbatim pixels have one more sample: 0 where the mask says that they are missing, else 1.
    mask_band: bool,
    wide: bool,
    origin: Option<f64>,
}

impl RowConverter {
    /// A converter for windows of a source that has this profile and so many planes, its mask's included.
    ///
    /// `band` is 0-based; `None` means all bands in verbatim windows and the first in f32 windows.
    ///
    /// # Errors
    /// [`Error::Usage`] if there is no such band.
    pub fn new(profile: &Profile, planes: usize, band: Option<usize>, to_f32: bool) -> Result<Self> {
        if let Some(band) = band.filter(|&b| b >= profile.bands) {
            return Err(Error::Usage {
                what: "band",
                given: band.wrapping_add(1).to_string(),
                accepted: format!("1 to {}", profile.bands),
            });
        }
        let image_planes = planes.saturating_sub(usize::from(profile.masked));
        Ok(Self {
            sample: profile.sample,
            bands: profile.bands,
            planar: profile.bands > 1 && image_planes == profile.bands,
            band: if to_f32 { band.or(Some(0)) } else { band },
            several: Vec::new(),
            to_f32,
            nodata: profile.nodata.and_then(|n| n.matching(profile.sample)),
            // The alpha band itself is never missing.
            alpha: profile.alpha_band.filter(|_| to_f32).filter(|&a| band.unwrap_or(0) != a),
            // A verbatim row can only say "missing" in its own samples.
            mask_band: false,
            masked: profile.masked && (to_f32 || profile.nodata.is_some_and(|n| n.matching(profile.sample).is_some())),
            wide: false,
            origin: None,
        })
    }

    /// The same for windows of f64 instead of f32.
    #[must_use]
    pub fn wide(mut self) -> Self {
        self.wide = self.to_f32;
        self
    }

    /// What the source stores.
    pub fn source_sample(&self) -> SampleType {
        self.sample
    }

    /// Whether its windows hold f64.
    pub fn is_wide(&self) -> bool {
        self.wide
    }

    /// From now on, samples as f32 are how far the source's lie above this one (rounded to the source's type): the
    /// difference is exact for integers, made in f64 for f64, and rounded once.
    pub fn count_from(&mut self, origin: f64) {
        self.origin = Some(origin);
    }

    /// A converter for verbatim windows of these bands (0-based, in this order, any of them more than once).
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub fn of_bands(profile: &Profile, planes: usize, bands: &[usize]) -> Result<Self> {
        for &band in bands {
            Self::new(profile, planes, Some(band), false)?;
        }
        Ok(Self { several: bands.to_vec(), ..Self::new(profile, planes, None, false)? })
    }

    /// The same, for verbatim windows of a source that has a mask: one more sample behind each pixel says whether it is
    /// valid (1) or missing (0), and no other is changed.
    #[must_use]
    pub fn with_mask_band(mut self) -> Self {
        (self.masked, self.mask_band) = (true, true);
        self
    }

    /// Bytes of one pixel in the window.
    pub fn window_pixel_bytes(&self) -> usize {
        if self.to_f32 { if self.wide { 8 } else { 4 } } else { self.window_bands() * self.sample.bytes() }
    }

    /// Samples of one pixel in the window.
    pub fn window_bands(&self) -> usize {
        self.picture_bands() + usize::from(self.mask_band)
    }

    fn picture_bands(&self) -> usize {
        match (self.band, self.several.len()) {
            (Some(_), _) => 1,
            (None, 0) => self.bands,
            (None, several) => several,
        }
    }

    /// The planes whose rows the conversion takes, in the order in which it takes them.
    pub fn needed_planes(&self) -> Vec<usize> {
        let mut planes: Vec<usize> = match (self.planar, self.band) {
            (false, _) => vec![0],
            (true, Some(band)) => std::iter::once(band).chain(self.alpha).collect(),
            (true, None) if self.several.is_empty() => (0..self.bands).collect(),
            (true, None) => self.several.clone(),
        };
        if self.masked {
            planes.push(if self.planar { self.bands } else { 1 });
        }
        planes
    }

    /// Converts one row of one band to f32: each integer and f64 to the nearest f32 (f64 beyond its range to
    /// infinity). Samples that equal nodata or are NaN, and pixels whose alpha or mask is 0, become `f32::NAN`.
    ///
    /// `planes` holds the row in each of [`needed_planes`](Self::needed_planes), cut to the `out.len()` columns wanted.
    ///
    /// # Panics
    /// If a plane is missing.
    pub fn convert_f32(&self, planes: &[&[u8]], out: &mut [f32]) {
        match self.origin {
            None => with_sample_type!(self.sample, T => self.convert_with::<T, f32>(planes, out, Sample::to_f32)),
            Some(origin) => with_sample_type!(self.sample, T => {
                let origin = T::nearest(origin);
                self.convert_with::<T, f32>(planes, out, |sample| sample.above(origin));
            }),
        }
    }

    /// As [`convert_f32`](Self::convert_f32), to the nearest f64 and from no origin.
    ///
    /// # Panics
    /// If a plane is missing.
    pub fn convert_f64(&self, planes: &[&[u8]], out: &mut [f64]) {
        with_sample_type!(self.sample, T => self.convert_with::<T, f64>(planes, out, Sample::widened));
    }

    #[inline(always)]
    fn convert_with<T: Sample, O: Sample>(&self, planes: &[&[u8]], out: &mut [O], number: impl Fn(T) -> O) {
        let stride = if self.planar { 1 } else { self.bands };
        let band = self.band.unwrap_or(0);
        let nodata: Option<T> = self.nodata.map(|s| s.get());
        let offset = if self.planar { 0 } else { band };
        // `|` and not `||`: no branch, so that the compiler vectorises the loops.
        match nodata {
            Some(nodata) => each(planes[0], stride, offset, out, |v: T, _| select((v == nodata) | v.is_nan(), number(v))),
            None => each(planes[0], stride, offset, out, |v: T, _| select(v.is_nan(), number(v))),
        }
        if let Some(alpha) = self.alpha {
            let (plane, offset) = if self.planar { (planes[1], 0) } else { (planes[0], alpha) };
            let transparent = T::from_f32(0.0);
            each(plane, stride, offset, out, |alpha: T, sample| select(alpha == transparent, sample));
        }
        if self.masked {
            for (sample, &valid) in out.iter_mut().zip(planes[planes.len() - 1]) {
                *sample = select(valid == 0, *sample);
            }
        }
    }

    /// Copies one row bit for bit: the one band, or all bands of a pixel side by side. Where the source has a mask
    /// and a nodata value, masked pixels get that value; a mask without a nodata value is left to the caller.
    ///
    /// `planes` as for [`convert_f32`](Self::convert_f32); `out` holds as many columns of
    /// [`window_pixel_bytes`](Self::window_pixel_bytes).
    ///
    /// # Panics
    /// If a plane is missing, or its length is not that of `out`.
    pub fn copy(&self, planes: &[&[u8]], out: &mut [u8]) {
        match (self.planar, self.band) {
            (false, Some(band)) if self.bands > 1 || self.mask_band => {
                self.pick((planes[0], self.bands, band), (&mut *out, self.window_bands(), 0))
            }
            (false, None) if !self.several.is_empty() => {
                for (to, &band) in self.several.iter().enumerate() {
                    self.pick((planes[0], self.bands, band), (&mut *out, self.window_bands(), to));
                }
            }
            (false, None) if self.mask_band => {
                for band in 0..self.bands {
                    self.pick((planes[0], self.bands, band), (&mut *out, self.window_bands(), band));
                }
            }
            (true, Some(_)) if self.mask_band => self.pick((planes[0], 1, 0), (&mut *out, self.window_bands(), 0)),
            (true, None) => {
                let bands = self.window_bands();
                for (to, plane) in planes[..self.picture_bands()].iter().enumerate() {
                    self.pick((plane, 1, 0), (&mut *out, bands, to));
                }
            }
            _ => out.copy_from_slice(planes[0]),
        }
        if self.mask_band {
            let (at, width) = (self.picture_bands() * self.sample.bytes(), self.sample.bytes());
            for (pixel, &valid) in out.chunks_exact_mut(self.window_pixel_bytes()).zip(planes[planes.len() - 1]) {
                pixel[at..at + width].fill(0);
                pixel[at] = u8::from(valid != 0);
            }
        } else if let (true, Some(nodata)) = (self.masked, &self.nodata) {
            for (pixel, &valid) in out.chunks_exact_mut(self.window_pixel_bytes()).zip(planes[planes.len() - 1]) {
                if valid == 0 {
                    pixel.chunks_exact_mut(nodata.bytes().len()).for_each(|sample| sample.copy_from_slice(nodata.bytes()));
                }
            }
        }
    }

    fn pick(&self, from: (&[u8], usize, usize), to: (&mut [u8], usize, usize)) {
        match self.sample.bytes() {
            1 => pick::<1>(from, to),
            2 => pick::<2>(from, to),
            4 => pick::<4>(from, to),
            _ => pick::<8>(from, to),
        }
    }
}

/// Copies one band; both sides are a row, its bands, and the band.
fn pick<const N: usize>((row, bands, band): (&[u8], usize, usize), (out, out_bands, to): (&mut [u8], usize, usize)) {
    for (pixel, out) in row.chunks_exact(N * bands).zip(out.chunks_exact_mut(N * out_bands)) {
        out[to * N..(to + 1) * N].copy_from_slice(&pixel[band * N..(band + 1) * N]);
    }
}

#[inline(always)]
fn select<O: Sample>(missing: bool, sample: O) -> O {
    if missing { O::from_f32(f32::NAN) } else { sample }
}

/// Every `stride`-th sample from `offset` on, with what `out` holds there, makes what it holds next.
#[inline(always)]
fn each<T: Sample, O: Sample>(row: &[u8], stride: usize, offset: usize, out: &mut [O], make: impl Fn(T, O) -> O) {
    let n = size_of::<T>();
    match bytemuck::try_cast_slice::<u8, T>(row) {
        Ok(row) if stride == 1 => {
            for (&sample, out) in row.iter().zip(out) {
                *out = make(sample, *out);
            }
        }
        _ => {
            for (pixel, out) in row.chunks_exact(n * stride).zip(out) {
                *out = make(bytemuck::pod_read_unaligned(&pixel[offset * n..(offset + 1) * n]), *out);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::raster::Nodata;

    fn bits(samples: &[f32]) -> Vec<u32> {
        samples.iter().map(|s| s.to_bits()).collect()
    }

    const NAN: f32 = f32::NAN;

    #[test]
    fn nodata_and_every_nan_become_one_quiet_nan() {
        let profile = Profile { nodata: Some(Nodata::Integer(-9999)), ..Profile::new(5, 1, 1, SampleType::F32) };
        let converter = RowConverter::new(&profile, 1, None, true).unwrap();
        let row = [1.5f32, -9999.0, f32::from_bits(0xFF80_0001), f32::INFINITY, -0.0];
        let mut out = [0.0; 5];
        converter.convert_f32(&[bytemuck::cast_slice(&row)], &mut out);
        assert_eq!(bits(&out), bits(&[1.5, NAN, NAN, f32::INFINITY, -0.0]));
        assert_eq!(converter.needed_planes(), [0]);
    }

    #[test]
    fn wide_samples_round_to_the_nearest_f32() {
        let profile = Profile { nodata: Some(Nodata::Integer(i64::MAX.into())), ..Profile::new(3, 1, 1, SampleType::I64) };
        let mut out = [0.0; 3];
        let row = [16_777_217i64, i64::MAX, i64::MAX - 1];
        RowConverter::new(&profile, 1, None, true).unwrap().convert_f32(&[bytemuck::cast_slice(&row)], &mut out);
        assert_eq!(bits(&out), bits(&[16_777_216.0, NAN, i64::MAX as f32]));
        let profile = Profile::new(2, 1, 1, SampleType::F64);
        RowConverter::new(&profile, 1, None, true).unwrap().convert_f32(&[bytemuck::cast_slice(&[1e300f64, 0.1])], &mut out[..2]);
        assert_eq!(out[..2], [f32::INFINITY, 0.1]);
    }

    #[test]
    fn samples_are_counted_from_an_origin_or_kept_as_f64() {
        let profile = Profile { nodata: Some(Nodata::Integer(-1)), ..Profile::new(3, 1, 1, SampleType::I32) };
        let mut converter = RowConverter::new(&profile, 1, None, true).unwrap();
        let row = [2_000_000_001i32, -1, 2_000_000_003];
        let mut wide = [0.0f64; 3];
        converter.convert_f64(&[bytemuck::cast_slice(&row)], &mut wide);
        assert!(wide[0] == 2_000_000_001.0 && wide[1].is_nan() && wide[2] == 2_000_000_003.0);
        converter.count_from(2_000_000_000.0);
        let mut out = [0.0; 3];
        converter.convert_f32(&[bytemuck::cast_slice(&row)], &mut out);
        assert_eq!(bits(&out), bits(&[1.0, NAN, 3.0]));
        assert_eq!((converter.window_pixel_bytes(), converter.wide().window_pixel_bytes()), (4, 8));
    }

    #[test]
    fn alpha_and_mask_make_pixels_missing_in_both_layouts() {
        let profile = Profile { alpha_band: Some(2), masked: true, ..Profile::new(3, 1, 3, SampleType::U16) };
        let mask = [255u8, 255, 0];
        let mut out = [0.0; 3];
        let chunky = RowConverter::new(&profile, 2, Some(1), true).unwrap();
        assert_eq!(chunky.needed_planes(), [0, 1]);
        let row = [1u16, 2, 9, 3, 4, 0, 5, 6, 9];
        chunky.convert_f32(&[bytemuck::cast_slice(&row), &mask], &mut out);
        assert_eq!(bits(&out), bits(&[2.0, NAN, NAN]));
        let planar = RowConverter::new(&profile, 4, Some(1), true).unwrap();
        assert_eq!(planar.needed_planes(), [1, 2, 3]);
        planar.convert_f32(&[bytemuck::cast_slice(&[2u16, 4, 6]), bytemuck::cast_slice(&[9u16, 0, 9]), &mask], &mut out);
        assert_eq!(bits(&out), bits(&[2.0, NAN, NAN]));
        // The alpha band itself keeps its zeros.
        let alpha = RowConverter::new(&Profile { masked: false, ..profile }, 3, Some(2), true).unwrap();
        assert_eq!(alpha.needed_planes(), [2]);
        alpha.convert_f32(&[bytemuck::cast_slice(&[9u16, 0, 9])], &mut out);
        assert_eq!(out, [9.0, 0.0, 9.0]);
    }

    #[test]
    fn verbatim_rows_keep_every_bit() {
        let profile = Profile::new(2, 1, 2, SampleType::F64);
        let odd = f64::from_bits(0x7FF0_0000_0000_0001);
        let chunky = [1.0, odd, 3.0, 4.0];
        let mut out = [0u8; 32];
        let all = RowConverter::new(&profile, 1, None, false).unwrap();
        all.copy(&[bytemuck::cast_slice(&chunky)], &mut out);
        assert_eq!(out, *bytemuck::cast_slice::<f64, u8>(&chunky));
        let one = RowConverter::new(&profile, 1, Some(1), false).unwrap();
        one.copy(&[bytemuck::cast_slice(&chunky)], &mut out[..16]);
        assert_eq!(out[..16], *bytemuck::cast_slice::<f64, u8>(&[odd, 4.0]));
        let planar = RowConverter::new(&profile, 2, None, false).unwrap();
        planar.copy(&[bytemuck::cast_slice(&[1.0, 3.0]), bytemuck::cast_slice(&[odd, 4.0])], &mut out);
        assert_eq!(out, *bytemuck::cast_slice::<f64, u8>(&chunky));
        assert!(RowConverter::new(&profile, 2, Some(2), false).is_err());
    }

    #[test]
    fn bands_are_picked_in_any_order_from_both_layouts() {
        let profile = Profile::new(2, 1, 3, SampleType::U16);
        let chunky = RowConverter::of_bands(&profile, 1, &[2, 0, 2]).unwrap();
        assert_eq!((chunky.window_bands(), chunky.window_pixel_bytes(), chunky.needed_planes()), (3, 6, vec![0]));
        let mut out = [0u16; 6];
        chunky.copy(&[bytemuck::cast_slice(&[1u16, 2, 3, 4, 5, 6])], bytemuck::cast_slice_mut(&mut out));
        assert_eq!(out, [3, 1, 3, 6, 4, 6]);
        let planar = RowConverter::of_bands(&profile, 3, &[2, 0]).unwrap();
        assert_eq!((planar.window_bands(), planar.needed_planes()), (2, vec![2, 0]));
        let planes: [&[u8]; 2] = [bytemuck::cast_slice(&[3u16, 6]), bytemuck::cast_slice(&[1u16, 4])];
        planar.copy(&planes, bytemuck::cast_slice_mut(&mut out[..4]));
        assert_eq!(out[..4], [3, 1, 6, 4]);
        assert!(RowConverter::of_bands(&profile, 1, &[0, 3]).unwrap_err().is_refusal());
    }

    #[test]
    fn masked_pixels_of_a_verbatim_row_get_the_nodata_value() {
        let profile = Profile { masked: true, nodata: Some(Nodata::Integer(-1)), ..Profile::new(2, 1, 1, SampleType::I16) };
        let converter = RowConverter::new(&profile, 2, None, false).unwrap();
        assert_eq!(converter.needed_planes(), [0, 1]);
        let mut out = [0i16; 2];
        converter.copy(&[bytemuck::cast_slice(&[7i16, 8]), &[0, 255]], bytemuck::cast_slice_mut(&mut out));
        assert_eq!(out, [-1, 8]);
        let converter = RowConverter::new(&Profile { nodata: None, ..profile }, 2, None, false).unwrap();
        assert_eq!(converter.needed_planes(), [0]);
    }
}
