//! What the tags of the first directory say about the raster: its profile and where it lies.

use super::{
    super::{nodata_text, sidecar::Beside},
    carried,
    ifd::{Header, Ifd},
    image::Image,
    limits, palette,
};
use crate::{
    error::Result,
    raster::{
        Affine, GDAL_METADATA_TAG, GeoTags, Georeferencing, Metadata, Nodata, Profile, RasterType, SampleType, SampleUnit, TEXT_TAGS,
    },
};
use tiff::tags::Tag;

/// The profile of an image, with the metadata beside the file.
pub(super) fn profile(header: &Header<'_>, ifd: &Ifd, image: &Image, masked: bool, beside: &Beside) -> Result<Profile> {
    let photometric = header.one(ifd, Tag::PhotometricInterpretation)?.unwrap_or(1);
    let photometric =
        u16::try_from(photometric).map_err(|_| header.bad(format!("photometric interpretation {photometric} is no 16-bit number")))?;
    // YCbCr is given as RGB.
    let photometric = if photometric == 6 { 2 } else { photometric };
    let (photometric, color_map) = palette::read(header, ifd, image, photometric)?;
    let (carried, mut warnings) = carried::read(header, ifd);
    let (texts, odd_texts) = texts(header, ifd);
    warnings.extend(odd_texts);
    let (nodata, odd_nodata) = nodata(header, ifd, image.sample)?;
    warnings.extend(odd_nodata.into_iter().chain(orientation(header, ifd)?));
    let extra_samples = header.shorts(ifd, Tag::ExtraSamples, limits::SAMPLES)?;
    let Some(first_extra) = image.bands.checked_sub(extra_samples.len()) else {
        return Err(header.bad(format!("{} extra samples in pixels of {} samples", extra_samples.len(), image.bands)));
    };
    let gdal_metadata = header.text(ifd, Tag::Unknown(GDAL_METADATA_TAG), limits::METADATA_BYTES)?;
    let gdal_metadata = beside.merged_metadata(gdal_metadata, image.bands);
    let sample_unit_m = gdal_metadata.as_deref().and_then(|xml| SampleUnit::declared(&Metadata::parse(xml), 0).metres());
    let alpha_band = extra_samples.iter().position(|kind| matches!(kind, 1 | 2)).map(|i| first_extra + i);
    Ok(Profile {
        cols: image.cols,
        rows: image.rows,
        bands: image.bands,
        sample: image.sample,
        nodata,
        nodata_beside_mask: false,
        alpha_band,
        masked,
        photometric,
        extra_samples,
        color_map,
        gdal_metadata,
        scaling: Vec::new(),
        texts,
        carried,
        georef: Georeferencing { sample_unit_m, ..georeferencing(header, ifd)? },
        overviews: 0,
        warnings,
    })
}

/// Warns of rows and columns that are meant to be shown in another order than they are stored in: they stay as they are.
fn orientation(header: &Header<'_>, ifd: &Ifd) -> Result<Option<String>> {
    const UPRIGHT: u64 = 1;
    let orientation = header.one(ifd, Tag::Orientation)?.filter(|orientation| !(0..=UPRIGHT).contains(orientation));
    Ok(orientation.map(|orientation| {
        format!("its Orientation is {orientation}: rows and columns are taken as they are stored, and the tag is not copied")
    }))
}

/// What people wrote about the raster, and warnings of texts that cannot be read. The raster is the same without them.
fn texts(header: &Header<'_>, ifd: &Ifd) -> (Vec<(u16, Vec<u8>)>, Vec<String>) {
    let (mut texts, mut warnings) = (Vec::new(), Vec::new());
    for (tag, name) in TEXT_TAGS {
        match header.text_bytes(ifd, Tag::from_u16_exhaustive(tag), limits::TEXT_BYTES) {
            Ok(text) => texts.extend(text.filter(|text| !text.is_empty()).map(|text| (tag, text))),
            Err(_) => warnings.push(format!("its {name} (tag {tag}) is damaged or too large, and is not copied")),
        }
    }
    (texts, warnings)
}

/// What the nodata tag declares, and what is odd about it.
fn nodata(header: &Header<'_>, ifd: &Ifd, sample: SampleType) -> Result<(Option<Nodata>, Option<String>)> {
    let Some(text) = header.text(ifd, Tag::GdalNodata, limits::NODATA_BYTES)? else { return Ok((None, None)) };
    if text.is_empty() {
        return Ok((None, None));
    }
    let read = nodata_text::read(&text);
    let odd = read.odd.map(|odd| format!("its nodata tag {odd}"));
    let cut = read.nodata.filter(|n| n.matching(sample).is_some() && !sample.is_float() && n.sentinel(sample).is_err());
    let cut = cut.map(|n| format!("its nodata tag holds {n}, which is cut to a whole number for {sample}"));
    Ok((read.nodata, odd.or(cut)))
}

fn georeferencing(header: &Header<'_>, ifd: &Ifd) -> Result<Georeferencing> {
    let pixel_scale = header.doubles(ifd, Tag::ModelPixelScaleTag, limits::MATRIX_NUMBERS)?;
    let tiepoints = header.doubles(ifd, Tag::ModelTiepointTag, limits::TIEPOINT_NUMBERS)?;
    let matrix = header.doubles(ifd, Tag::ModelTransformationTag, limits::MATRIX_NUMBERS)?;
    let directory = header.shorts(ifd, Tag::GeoKeyDirectoryTag, limits::KEY_SHORTS)?;
    let keys = (!directory.is_empty())
        .then(|| -> Result<GeoTags> {
            Ok(GeoTags {
                directory,
                doubles: header.doubles(ifd, Tag::GeoDoubleParamsTag, limits::KEY_VALUES)?,
                ascii: header.text_bytes(ifd, Tag::GeoAsciiParamsTag, limits::KEY_VALUES)?.unwrap_or_default(),
            })
        })
        .transpose()?;
    let raster_type = match keys.as_ref().and_then(|k| k.short(1025)) {
        Some(2) => RasterType::Point,
        _ => RasterType::Area,
    };
    let transform = transform(&pixel_scale, &tiepoints, &matrix).map(|t| match raster_type {
        RasterType::Area => t,
        // The tags speak of pixel centres: the corner lies half a pixel up and left.
        RasterType::Point => Affine { c: t.c - 0.5 * (t.a + t.b), f: t.f - 0.5 * (t.d + t.e), ..t },
    });
    let transform = transform.filter(|t| [t.a, t.b, t.c, t.d, t.e, t.f].iter().all(|v| v.is_finite()) && t.a * t.e != t.b * t.d);
    let mut georef = Georeferencing { transform, raster_type, pixel_scale, tiepoints, matrix, keys, ..Georeferencing::default() };
    georef.find_spelled_out();
    Ok(georef)
}

/// The affine transform as the tags have it, in GDAL's order of preference: scale and first tiepoint, then the
/// matrix. Tiepoints alone are control points and give none. A negative vertical scale is read as a north-up raster,
/// as GDAL does; south-up rasters come as a matrix.
fn transform(pixel_scale: &[f64], tiepoints: &[f64], matrix: &[f64]) -> Option<Affine> {
    match (pixel_scale, tiepoints, matrix) {
        ([width, height, ..], [col, row, _, x, y, _, ..], _) if *width != 0.0 && *height != 0.0 => {
            let (a, e) = (*width, -height.abs());
            Some(Affine { a, b: 0.0, c: x - col * a, d: 0.0, e, f: y - row * e })
        }
        (_, _, [a, b, _, c, d, e, _, f, ..]) => Some(Affine { a: *a, b: *b, c: *c, d: *d, e: *e, f: *f }),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scale_and_a_tiepoint_make_a_north_up_transform() {
        let t = transform(&[2.0, 3.0, 0.0], &[1.0, 1.0, 0.0, 102.0, 197.0, 0.0], &[]).unwrap();
        assert_eq!(t, Affine::north_up(100.0, 200.0, 2.0, 3.0));
        assert_eq!(transform(&[2.0, -3.0, 0.0], &[0.0, 0.0, 0.0, 100.0, 200.0, 0.0], &[]).unwrap(), t);
    }

    #[test]
    fn a_matrix_may_be_south_up_and_lone_tiepoints_are_points() {
        let m = [1.0, 0.0, 0.0, 5.0, 0.0, 2.0, 0.0, 7.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0];
        assert_eq!(transform(&[], &[], &m), Some(Affine { a: 1.0, b: 0.0, c: 5.0, d: 0.0, e: 2.0, f: 7.0 }));
        assert_eq!(transform(&[], &[0.0; 24], &[]), None);
        assert_eq!(transform(&[0.0, 0.0, 0.0], &[0.0; 6], &[]), None);
    }
}
