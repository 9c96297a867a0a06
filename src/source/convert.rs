use super::OriginCheck;
use crate::{
    error::{Error, Result},
    raster::{Profile, Sample, SampleType, Scaling, Sentinel, widest, with_sample_type},
};
use std::sync::Arc;

/// The border between rows as a source stores them and rows of a window.
///
/// A window either holds one band as f32 or f64, missing as one quiet NaN (for operators), or samples bit for bit (for
/// copies). Samples as f32 may be counted from an origin, so that small differences of large numbers survive. Nothing is allocated when rows are converted. Rows of one band that are aligned to their sample type
/// convert fastest.
#[derive(Clone, Debug)]
pub struct RowConverter {
    sample: SampleType,
    bands: usize,
    planar: bool,
    band: Option<usize>,
    /// Bands of a verbatim window, where they are neither one nor all.
    several: Vec<usize>,
    to_f32: bool,
    /// What is missing by its value; `None` where a mask alone decides.
    nodata: Option<Sentinel>,
    /// What masked pixels become in verbatim windows.
    fill: Option<Sentinel>,
    alpha: Option<usize>,
    masked: bool,
    /// Verbatim pixels have one more sample: 0 where the mask says that they are missing, else 1.
    mask_band: bool,
    wide: bool,
    /// Of the band, in windows of numbers.
    scaling: Option<Scaling>,
    origin: Option<Origin>,
}

/// What samples are counted from.
#[derive(Clone, Debug)]
struct Origin {
    /// As the source stores it.
    stored: f64,
    /// What it stands for: the same, where samples are not scaled.
    value: f64,
    check: Arc<OriginCheck>,
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
        let nodata = profile.nodata.filter(|_| !profile.masked || profile.nodata_beside_mask);
        let image_planes = planes.saturating_sub(usize::from(profile.masked));
        Ok(Self {
            sample: profile.sample,
            bands: profile.bands,
            planar: profile.bands > 1 && image_planes == profile.bands,
            band: if to_f32 { band.or(Some(0)) } else { band },
            several: Vec::new(),
            to_f32,
            nodata: nodata.and_then(|n| n.matching(profile.sample)),
            fill: None,
            // The alpha band itself is never missing.
            alpha: profile.alpha_band.filter(|_| to_f32).filter(|&a| band.unwrap_or(0) != a),
            // A verbatim row says "missing" only where it is told how.
            mask_band: false,
            masked: profile.masked && to_f32,
            wide: false,
            scaling: profile.scaling.get(band.unwrap_or(0)).copied().filter(|_| to_f32).filter(|s| *s != Scaling::NONE),
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

    /// The band (0-based) of a window of numbers.
    pub fn band(&self) -> Option<usize> {
        self.band.filter(|_| self.to_f32)
    }

    /// Whether samples stand for other numbers, which the window has.
    pub fn is_scaled(&self) -> bool {
        self.scaling.is_some()
    }

    /// Whether its windows hold f64.
    pub fn is_wide(&self) -> bool {
        self.wide
    }

    /// From now on, samples as f32 are how far the source's lie above this one (rounded to the source's type): the
    /// difference is exact for integers, made in f64 for f64, and rounded once; of samples that stand for other numbers, the
    /// difference of these. `check` is told of samples that lose by it.
    pub fn count_from(&mut self, origin: f64, check: Arc<OriginCheck>) {
        let stored = with_sample_type!(self.sample, T => T::nearest(self.scaling.map_or(origin, |s| s.stored_of(origin))).widened());
        self.origin = Some(Origin { stored, value: self.scaling.map_or(stored, |s| s.value_of(stored)), check });
    }

    /// From now on, samples as f32 are rounded.
    pub fn count_from_zero(&mut self) {
        self.origin = None;
    }

    /// Tells the check of the origin which samples of a converted row lose by it.
    fn check_origin(&self, planes: &[&[u8]], out: &[f32]) {
        // Made in pieces on the stack, so that a row of any width costs no memory.
        const PIECE: usize = 256;
        let Some(Origin { value, check, .. }) = &self.origin else { return };
        for (start, differences) in (0..out.len()).step_by(PIECE).zip(out.chunks(PIECE)) {
            if !OriginCheck::may_lose(differences, *value) {
                continue;
            }
            let mut exact = [0.0; PIECE];
            let exact = &mut exact[..differences.len()];
            let of_image = self.sample.bytes() * if self.planar { 1 } else { self.bands };
            let images = planes.len() - usize::from(self.masked);
            let pieces: Vec<&[u8]> = (planes.iter().enumerate())
                .map(|(at, plane)| (plane, if at < images { of_image } else { 1 }))
                .map(|(plane, bytes)| &plane[start * bytes..(start + exact.len()) * bytes])
                .collect();
            self.convert_f64(&pieces, exact);
            check.add(exact.iter().copied(), *value);
        }
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

    /// The same, for verbatim windows of a source that has a mask: the samples of masked pixels become `fill` (of the
    /// source's type), and so do those that are missing by their value.
    #[must_use]
    pub fn filling(mut self, fill: Sentinel) -> Self {
        (self.masked, self.fill) = (true, Some(fill));
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

    /// Converts one row of one band to f32: each integer and f64 to the nearest f32 (a finite f64 beyond its range to
    /// the largest f32 of that sign); of a band with a [`Scaling`], each value that a sample stands for. Samples that are NaN or in nodata's
    /// [range](crate::raster::SentinelRange), and pixels whose alpha or mask is 0, become `f32::NAN`. Where there is a mask,
    /// nodata counts only with [`Profile::nodata_beside_mask`].
    ///
    /// `planes` holds the row in each of [`needed_planes`](Self::needed_planes), cut to the `out.len()` columns wanted.
    ///
    /// # Panics
    /// If a plane is missing.
    pub fn convert_f32(&self, planes: &[&[u8]], out: &mut [f32]) {
        match (self.scaling, self.origin.as_ref().map(|origin| origin.stored)) {
            (Some(scaling), None) => with_sample_type!(self.sample, T => {
                self.convert_with::<T, f32>(planes, out, |sample| scaling.value_of(sample.widened()).to_f32());
            }),
            (Some(Scaling { scale, .. }), Some(origin)) => with_sample_type!(self.sample, T => {
                self.convert_with::<T, f32>(planes, out, |sample| ((sample.widened() - origin) * scale).to_f32());
            }),
            (None, None) => with_sample_type!(self.sample, T => self.convert_with::<T, f32>(planes, out, Sample::to_f32)),
            (None, Some(origin)) => with_sample_type!(self.sample, T => {
                let origin = T::nearest(origin);
                self.convert_with::<T, f32>(planes, out, |sample| sample.above(origin));
            }),
        }
        self.check_origin(planes, out);
    }

    /// As [`convert_f32`](Self::convert_f32), to the nearest f64 and from no origin.
    ///
    /// # Panics
    /// If a plane is missing.
    pub fn convert_f64(&self, planes: &[&[u8]], out: &mut [f64]) {
        match self.scaling {
            Some(scaling) => with_sample_type!(self.sample, T => {
                self.convert_with::<T, f64>(planes, out, |sample| scaling.value_of(sample.widened()));
            }),
            None => with_sample_type!(self.sample, T => self.convert_with::<T, f64>(planes, out, Sample::widened)),
        }
    }

    #[inline(always)]
    fn convert_with<T: Sample, O: Sample>(&self, planes: &[&[u8]], out: &mut [O], number: impl Fn(T) -> O) {
        widest(
            #[inline(always)]
            || self.convert_all::<T, O>(planes, out, &number),
        );
    }

    #[inline(always)]
    fn convert_all<T: Sample, O: Sample>(&self, planes: &[&[u8]], out: &mut [O], number: impl Fn(T) -> O) {
        let stride = if self.planar { 1 } else { self.bands };
        let band = self.band.unwrap_or(0);
        let nodata = self.nodata.map(|s| s.range::<T>());
        let offset = if self.planar { 0 } else { band };
        match nodata {
            Some(nodata) => each(planes[0], stride, offset, out, |v: T, _| select(nodata.is_missing(v), number(v))),
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

    /// Copies one row bit for bit: the one band, or all bands of a pixel side by side. A mask is left out unless
    /// [`with_mask_band`](Self::with_mask_band) or [`filling`](Self::filling) say what is made of it.
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
                let valid = valid != 0 && !self.is_missing_by_value(&pixel[..at]);
                pixel[at..at + width].fill(0);
                pixel[at] = u8::from(valid);
            }
        } else if let (true, Some(fill)) = (self.masked, &self.fill) {
            for (pixel, &valid) in out.chunks_exact_mut(self.window_pixel_bytes()).zip(planes[planes.len() - 1]) {
                for sample in pixel.chunks_exact_mut(fill.bytes().len()) {
                    if valid == 0 || self.is_missing_by_value(sample) {
                        sample.copy_from_slice(fill.bytes());
                    }
                }
            }
        }
    }

    /// Whether one of these samples of the source's type is missing by its value.
    fn is_missing_by_value(&self, samples: &[u8]) -> bool {
        let Some(nodata) = self.nodata else { return false };
        with_sample_type!(self.sample, T => {
            let range = nodata.range::<T>();
            samples.chunks_exact(size_of::<T>()).any(|sample| range.has(bytemuck::pod_read_unaligned(sample)))
        })
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
mod tests;
