//! Every file opened by another reader, and every way to fail.

use super::*;
use crate::{
    codec::Compression,
    encode::{EncodeScratch, Layout, MissingRule, SegmentEncoder, SegmentSpec, max_segment_bytes},
    error::Error,
    raster::*,
};
use std::{fs, path::Path, sync::Arc};
use tiff::{
    decoder::{Decoder, DecodingResult, Limits},
    tags::Tag,
};

struct Rows {
    row_bytes: usize,
    bytes: Vec<u8>,
}

impl PixelRows for Rows {
    fn row(&self, row: usize) -> &[u8] {
        &self.bytes[row * self.row_bytes..][..self.row_bytes]
    }
}

fn layout(segmentation: Segmentation, compression: Compression, predictor: Predictor, bigtiff: BigTiff) -> Layout {
    Layout { segmentation, compression, predictor, bigtiff, interleave: Interleave::Pixel }
}

const TILES: Segmentation = Segmentation::Tiles { cols: 32, rows: 16 };
const PLAIN: Layout = Layout {
    segmentation: TILES,
    compression: Compression::none(),
    predictor: Predictor::None,
    bigtiff: BigTiff::Auto,
    interleave: Interleave::Pixel,
};

fn file_spec(profile: &Profile, layout: Layout) -> FileSpec {
    FileSpec::new(profile.clone(), layout, 1 << 20)
}

/// Writes the samples, segments in reverse order: the index must sort that out.
fn write(path: &Path, profile: &Profile, layout: Layout, bytes: &[u8]) -> WrittenFile {
    let row_bytes = profile.cols * profile.pixel_bytes();
    let window = PixelWindow {
        rows: Span::new(0, profile.rows),
        cols: Span::new(0, profile.cols),
        bands: profile.bands,
        sample: profile.sample,
        data: Arc::new(Rows { row_bytes, bytes: bytes.to_vec() }),
    };
    let missing = MissingRule::Verbatim { declared: None };
    let (cols, rows, bands, sample) = (profile.cols, profile.rows, profile.bands, profile.sample);
    let encoder =
        SegmentEncoder::new(SegmentSpec { cols, rows, bands, window_sample: sample, output_sample: sample, missing, mask: None, layout })
            .unwrap();
    let spec = FileSpec { max_segment_bytes: max_segment_bytes(encoder.spec()), ..file_spec(profile, layout) };
    let mut writer = GeoTiffWriter::create(path, spec).unwrap();
    let across = layout.segmentation.across(cols);
    let mut scratch = EncodeScratch::new();
    for index in (0..across * layout.segmentation.down(rows)).rev() {
        let segment = encoder.encode(&window, index / across, index % across, &mut scratch).unwrap();
        writer.put(SegmentKey { index, ..SegmentKey::default() }, &segment.bytes).unwrap();
    }
    writer.finish().unwrap()
}

fn pixels(profile: &Profile) -> Vec<u8> {
    // Small exponents, so that no float is NaN: readers compare values, not bits.
    let len = profile.rows * profile.cols * profile.pixel_bytes();
    (0..len as u32).map(|k| (k.wrapping_mul(2654435761) >> 24) as u8 & if profile.sample.is_float() { 0x3f } else { 0xff }).collect()
}

fn open(path: &Path) -> Decoder<fs::File> {
    Decoder::new(fs::File::open(path).unwrap()).unwrap().with_limits(Limits::unlimited())
}

fn decoded(path: &Path) -> Vec<u8> {
    match open(path).read_image().unwrap_or_else(|e| panic!("{}: {e}", path.display())) {
        DecodingResult::U8(v) => v,
        DecodingResult::U16(v) => bytemuck::cast_slice(&v).to_vec(),
        DecodingResult::U32(v) => bytemuck::cast_slice(&v).to_vec(),
        DecodingResult::U64(v) => bytemuck::cast_slice(&v).to_vec(),
        DecodingResult::I8(v) => bytemuck::cast_slice(&v).to_vec(),
        DecodingResult::I16(v) => bytemuck::cast_slice(&v).to_vec(),
        DecodingResult::I32(v) => bytemuck::cast_slice(&v).to_vec(),
        DecodingResult::I64(v) => bytemuck::cast_slice(&v).to_vec(),
        DecodingResult::F16(v) => bytemuck::cast_slice(&v).to_vec(),
        DecodingResult::F32(v) => bytemuck::cast_slice(&v).to_vec(),
        DecodingResult::F64(v) => bytemuck::cast_slice(&v).to_vec(),
    }
}

#[test]
fn another_reader_sees_the_same_pixels_in_every_kind_of_file() {
    let dir = tempfile::tempdir().unwrap();
    let codecs = [Compression::none(), Compression::deflate(4), Compression::zstd(3), Compression::lzw()];
    for (k, sample) in SampleType::ALL.into_iter().enumerate() {
        for (c, compression) in codecs.into_iter().enumerate() {
            for predictor in [Predictor::None, Predictor::Horizontal, Predictor::Float] {
                let uncompressed = compression == Compression::none();
                if predictor == Predictor::Float && !sample.is_float() || predictor != Predictor::None && uncompressed {
                    continue;
                }
                let segmentation = [TILES, Segmentation::Strips { rows: 7 }, Segmentation::Strips { rows: 500 }][(k + c) % 3];
                // tiff 0.11.3 loses LZW tiles that stick out of the raster, GDAL's alike; the oracles read those.
                let segmentation = if compression == Compression::lzw() { Segmentation::Strips { rows: 7 } } else { segmentation };
                let bigtiff = if (k + c) % 2 == 0 { BigTiff::Yes } else { BigTiff::Auto };
                let profile = Profile::new(45, 33, 1 + (k + c) % 4, sample);
                let path = dir.path().join(format!("{sample}-{c}-{}.tif", predictor.tiff()));
                let bytes = pixels(&profile);
                let written = write(&path, &profile, layout(segmentation, compression, predictor, bigtiff), &bytes);
                assert_eq!(written.bigtiff, bigtiff == BigTiff::Yes);
                assert_eq!(written.bytes, fs::metadata(&path).unwrap().len());
                assert_eq!(decoded(&path), bytes, "{}", path.display());
            }
        }
    }
}

#[test]
fn tags_come_back_as_they_went_in() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("tags.tif");
    let mut profile = Profile::new(45, 33, 1, SampleType::U8);
    profile.nodata = Some(Nodata::Integer(255));
    profile.photometric = 3;
    profile.color_map = (0..768).collect();
    profile.gdal_metadata = Some("<GDALMetadata><Item name=\"a\">b</Item></GDALMetadata>".into());
    profile.georef.pixel_scale = vec![10.0, 10.0, 0.0];
    profile.georef.tiepoints = vec![0.0, 0.0, 0.0, 500_000.0, 5_400_000.0, 0.0];
    let keys = GeoTags { directory: vec![1, 1, 0, 2, 1024, 0, 1, 1, 3072, 0, 1, 32633], doubles: vec![6378137.0], ascii: "WGS 84|".into() };
    profile.georef.keys = Some(keys);
    write(&path, &profile, PLAIN, &pixels(&profile));
    let mut file = open(&path);
    assert_eq!(file.get_tag_ascii_string(Tag::GdalNodata).unwrap(), "255");
    assert_eq!(file.get_tag_ascii_string(Tag::Unknown(42112)).unwrap(), profile.gdal_metadata.unwrap());
    assert_eq!(file.get_tag_u16_vec(Tag::GeoKeyDirectoryTag).unwrap(), [1, 1, 0, 3, 1024, 0, 1, 1, 1025, 0, 1, 1, 3072, 0, 1, 32633]);
    assert_eq!(file.get_tag_f64_vec(Tag::GeoDoubleParamsTag).unwrap(), [6378137.0]);
    assert_eq!(file.get_tag_f64_vec(Tag::ModelTiepointTag).unwrap(), profile.georef.tiepoints);
    assert_eq!(file.get_tag_u16_vec(Tag::ColorMap).unwrap(), profile.color_map);
    assert_eq!(file.get_tag_u32(Tag::PhotometricInterpretation).unwrap(), 3);
    assert!(file.find_tag(Tag::Software).unwrap().is_none() && file.find_tag(Tag::DateTime).unwrap().is_none());
}

#[test]
fn equal_pixels_give_equal_files_and_the_kept_room_is_harmless() {
    let dir = tempfile::tempdir().unwrap();
    let profile = Profile::new(45, 33, 1, SampleType::U16);
    let (one, two) = (dir.path().join("one.tif"), dir.path().join("two.tif"));
    let bytes = pixels(&profile);
    write(&one, &profile, PLAIN, &bytes);
    write(&two, &profile, PLAIN, &bytes);
    assert_eq!(fs::read(&one).unwrap(), fs::read(&two).unwrap());

    // A bound beyond 4 GiB keeps room for the larger header; the small outcome is still classic.
    let path = dir.path().join("open.tif");
    let mut writer = GeoTiffWriter::create(&path, FileSpec { max_segment_bytes: 1 << 31, ..file_spec(&profile, PLAIN) }).unwrap();
    for index in 0..6 {
        writer.put(SegmentKey { index, ..SegmentKey::default() }, &vec![index as u8; 1024]).unwrap();
    }
    let written = writer.finish().unwrap();
    assert!(!written.bigtiff);
    assert_eq!(decoded(&path)[0], 0);
}

#[test]
fn a_file_that_outgrows_4_gib_becomes_big_or_fails_as_asked() {
    let dir = tempfile::tempdir().unwrap();
    let profile = Profile::new(45, 33, 1, SampleType::U16);
    for bigtiff in [BigTiff::Auto, BigTiff::No] {
        let path = dir.path().join("grown.tif");
        let spec = FileSpec { max_segment_bytes: 1 << 30, ..file_spec(&profile, Layout { bigtiff, ..PLAIN }) };
        let mut writer = GeoTiffWriter::create(&path, spec).unwrap();
        // A hole of 4 GiB less one segment: sparse, so it costs nothing.
        let hidden = fs::read_dir(dir.path()).unwrap().next().unwrap().unwrap().path();
        let mut file = fs::OpenOptions::new().write(true).open(hidden).unwrap();
        let end = (1u64 << 32) - 1 - 1024;
        std::io::Seek::seek(&mut file, std::io::SeekFrom::Start(end)).unwrap();
        writer.replace(file, end);
        let mut put = |index: usize| writer.put(SegmentKey { index, ..SegmentKey::default() }, &[index as u8; 1024]);
        put(0).unwrap();
        if bigtiff == BigTiff::No {
            let refused = put(1).unwrap_err();
            assert!(matches!(&refused, Error::Output { problem, .. } if problem.contains("--bigtiff")), "{refused}");
            drop(writer);
            assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
            continue;
        }
        (1..6).for_each(|index| put(index).unwrap());
        assert!(writer.finish().unwrap().bigtiff);
        let tile = open(&path).read_chunk(5).unwrap();
        assert!(matches!(tile, DecodingResult::U16(samples) if samples.iter().all(|&s| s == 0x0505)));
        fs::remove_file(path).unwrap();
    }
}

#[test]
fn a_file_is_classic_to_the_last_byte_that_32_bits_can_name() {
    let dir = tempfile::tempdir().unwrap();
    let profile = Profile::new(45, 33, 1, SampleType::U16);
    let overviews = LevelSize { cols: 45, rows: 33 }.overviews(32, 16);
    let cases =
        [-4096i64, -1, 0, 1, 2, 4096].map(|beyond| (BigTiff::Auto, beyond)).into_iter().chain([0, 1].map(|beyond| (BigTiff::No, beyond)));
    let of_both = cases.flat_map(|(bigtiff, beyond)| [(Container::GeoTiff, bigtiff, beyond), (Container::Cog, bigtiff, beyond)]);
    // A COG of 4 GiB may be moved by copying, which costs.
    for (container, bigtiff, beyond) in of_both.filter(|(container, _, beyond)| *container == Container::GeoTiff || beyond.abs() <= 1) {
        let path = dir.path().join("grown.tif");
        let spec = FileSpec {
            container,
            overviews: overviews.clone(),
            overview_layout: Layout { segmentation: Segmentation::Tiles { cols: 32, rows: 16 }, ..PLAIN },
            max_segment_bytes: 1 << 30,
            ..file_spec(&profile, Layout { bigtiff, ..PLAIN })
        };
        let mut writer = GeoTiffWriter::create(&path, spec).unwrap();
        // A hole in front of the segments makes the classic file so much longer than the longest there is. It is sparse, so
        // it costs nothing.
        let hidden = fs::read_dir(dir.path()).unwrap().next().unwrap().unwrap().path();
        let mut file = fs::OpenOptions::new().read(true).write(true).open(hidden).unwrap();
        let (room, around) = match container {
            Container::Cog => ((writer.prefix.bytes(size::HeaderKind::Classic) + 3 * (1024 + 8)).next_multiple_of(4096), 8),
            Container::GeoTiff => (3 * 1024, 0),
        };
        let end = size::CLASSIC_MAX_BYTES.checked_add_signed(beyond).unwrap() - room - 6 * (1024 + around);
        std::io::Seek::seek(&mut file, std::io::SeekFrom::Start(end)).unwrap();
        writer.replace(file, end);
        let put = (|| {
            for (level, segments) in [(0, 6), (1, 2), (2, 1)] {
                for index in 0..segments {
                    writer.put(SegmentKey { level, index, plane: 0 }, &[10 * level as u8 + index as u8; 1024])?;
                }
            }
            Ok::<(), Error>(())
        })();
        let done = put.and_then(|()| writer.finish());
        let said = format!("{container:?}, {bigtiff:?}, {beyond}: {done:?}");
        if bigtiff == BigTiff::No && beyond > 0 {
            assert!(matches!(&done, Err(Error::Output { problem, .. }) if problem.contains("--bigtiff")), "{said}");
            assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
            continue;
        }
        let written = done.unwrap();
        assert_eq!((written.bigtiff, written.bytes > size::CLASSIC_MAX_BYTES), (beyond > 0, beyond > 0), "{said}");
        assert!(beyond > 0 || written.bytes == size::CLASSIC_MAX_BYTES.checked_add_signed(beyond).unwrap(), "{said}");
        let found = crate::source::validate(&path).unwrap();
        assert_eq!((found.is_sound(), found.bigtiff, found.levels.len()), (true, beyond > 0, 3), "{said}: {found:?}");
        assert!(container == Container::GeoTiff || found.is_cog(), "{said}: {found:?}");
        let tile = open(&path).read_chunk(5).unwrap();
        assert!(matches!(tile, DecodingResult::U16(samples) if samples.iter().all(|&s| s == 0x0505)));
        fs::remove_file(path).unwrap();
    }
}

#[test]
fn a_raster_that_cannot_be_classic_is_refused_before_any_byte() {
    let dir = tempfile::tempdir().unwrap();
    let profile = Profile::new(60_000, 60_000, 1, SampleType::U16);
    let classic = Layout { bigtiff: BigTiff::No, ..PLAIN };
    assert!(matches!(GeoTiffWriter::create(dir.path().join("a.tif"), file_spec(&profile, classic)), Err(Error::Output { .. })));
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
}

#[test]
fn the_final_name_is_checked_and_given_only_to_a_whole_file() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("out.tif");
    let profile = Profile::new(16, 16, 1, SampleType::U8);
    let names = || fs::read_dir(dir.path()).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect::<Vec<_>>();

    let writer = GeoTiffWriter::create(&path, file_spec(&profile, PLAIN)).unwrap();
    assert!(names().iter().all(|name| name.starts_with(".out.tif.") && name.ends_with(".tmp")));
    assert!(matches!(writer.finish(), Err(Error::Internal(_))), "no segment was put");
    GeoTiffWriter::create(&path, file_spec(&profile, PLAIN)).unwrap().abort();
    assert_eq!(names(), Vec::<String>::new());

    fs::write(&path, "precious").unwrap();
    let taken = GeoTiffWriter::create(&path, file_spec(&profile, PLAIN)).unwrap_err();
    assert!(taken.is_refusal() && taken.to_string().contains("--overwrite"), "{taken}");
    let over = FileSpec { overwrite: true, ..file_spec(&profile, PLAIN) };
    GeoTiffWriter::create(&path, over.clone()).unwrap().abort();
    assert_eq!(fs::read(&path).unwrap(), b"precious");
    let mut writer = GeoTiffWriter::create(&path, over.clone()).unwrap();
    writer.put(SegmentKey::default(), &[7; 512]).unwrap();
    assert!(matches!(writer.put(SegmentKey::default(), &[7; 512]), Err(Error::Internal(_))), "put twice");
    writer.finish().unwrap();
    assert_eq!((decoded(&path), names()), (vec![7; 256], vec!["out.tif".to_owned()]));

    let absent = GeoTiffWriter::create(dir.path().join("no/such/out.tif"), over.clone()).unwrap_err();
    assert!(matches!(absent, Error::Write { .. }));
    assert!(GeoTiffWriter::create(dir.path(), over).unwrap_err().is_refusal(), "a directory is no output");
}

#[test]
fn a_name_taken_meanwhile_is_left_alone() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("out.tif");
    let mut writer = GeoTiffWriter::create(&path, file_spec(&Profile::new(16, 16, 1, SampleType::U8), PLAIN)).unwrap();
    writer.put(SegmentKey::default(), &[7; 512]).unwrap();
    fs::write(&path, "precious").unwrap();
    assert!(matches!(writer.finish(), Err(Error::Output { .. })));
    assert_eq!(fs::read(&path).unwrap(), b"precious");
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
}

#[cfg(unix)]
#[test]
fn a_link_keeps_pointing_at_the_file_that_was_replaced() {
    let dir = tempfile::tempdir().unwrap();
    let (real, link) = (dir.path().join("real.tif"), dir.path().join("link.tif"));
    fs::write(&real, "old").unwrap();
    std::os::unix::fs::symlink(&real, &link).unwrap();
    let spec = FileSpec { overwrite: true, ..file_spec(&Profile::new(16, 16, 1, SampleType::U8), PLAIN) };
    let mut writer = GeoTiffWriter::create(&link, spec).unwrap();
    writer.put(SegmentKey::default(), &[7; 512]).unwrap();
    writer.finish().unwrap();
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    assert_eq!(decoded(&real), vec![7; 256]);
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_an_error_of_writing_and_leaves_nothing() {
    let dir = tempfile::tempdir().unwrap();
    for late in [false, true] {
        let profile = Profile::new(45, 33, 1, SampleType::U8);
        let mut writer = GeoTiffWriter::create(dir.path().join("out.tif"), file_spec(&profile, PLAIN)).unwrap();
        writer.replace(fs::OpenOptions::new().write(true).open("/dev/full").unwrap(), 1000);
        let size = if late { 512 } else { 100_000 };
        let put = (0..6).try_for_each(|index| writer.put(SegmentKey { index, ..SegmentKey::default() }, &vec![1; size]));
        let failed = if late { writer.finish().map(drop) } else { put }.unwrap_err();
        assert!(matches!(&failed, Error::Write { source, .. } if source.kind() == std::io::ErrorKind::StorageFull), "{failed}");
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0, "the temporary is gone");
    }
}
