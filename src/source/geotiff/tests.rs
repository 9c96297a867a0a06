//! Small files made by hand: what is accepted, what is refused and how, and that damage never panics.

mod hostile;

use super::*;
use crate::raster::{Affine, RasterType, SampleType, StreamCost};
use proptest::prelude::*;
use std::error::Error as _;

/// A value of a directory entry.
#[derive(Clone)]
enum Value {
    Short(Vec<u16>),
    Long(Vec<u32>),
    Double(Vec<f64>),
    Text(&'static str),
}
use Value::{Double, Long, Short, Text};

/// Tags and encoded chunks of one directory.
type Directory = (Vec<(u16, Value)>, Vec<Vec<u8>>);

/// A little-endian classic TIFF; an empty chunk is sparse.
fn tiff(directories: &[Directory]) -> Vec<u8> {
    let mut file = vec![b'I', b'I', 42, 0, 0, 0, 0, 0];
    let mut link = 4;
    for (tags, chunks) in directories {
        let mut tags = tags.clone();
        let (offsets, lengths): (Vec<u32>, Vec<u32>) = chunks
            .iter()
            .map(|chunk| {
                let at = file.len() as u32;
                file.extend(chunk);
                if chunk.is_empty() { (0, 0) } else { (at, chunk.len() as u32) }
            })
            .unzip();
        let tiled = tags.iter().any(|(tag, _)| *tag == 322);
        tags.push((if tiled { 324 } else { 273 }, Long(offsets)));
        tags.push((if tiled { 325 } else { 279 }, Long(lengths)));
        tags.sort_by_key(|(tag, _)| *tag);
        let mut ifd = (tags.len() as u16).to_le_bytes().to_vec();
        for (tag, value) in tags {
            let (kind, count, mut bytes): (u16, usize, Vec<u8>) = match value {
                Short(v) => (3, v.len(), v.iter().flat_map(|v| v.to_le_bytes()).collect()),
                Long(v) => (4, v.len(), v.iter().flat_map(|v| v.to_le_bytes()).collect()),
                Double(v) => (12, v.len(), v.iter().flat_map(|v| v.to_le_bytes()).collect()),
                Text(v) => (2, v.len() + 1, v.bytes().chain([0]).collect()),
            };
            if bytes.len() > 4 {
                let at = file.len() as u32;
                file.extend(&bytes);
                bytes = at.to_le_bytes().to_vec();
            }
            bytes.resize(4, 0);
            ifd.extend(tag.to_le_bytes().iter().chain(&kind.to_le_bytes()).chain(&(count as u32).to_le_bytes()).chain(&bytes));
        }
        let at = file.len() as u32;
        file[link..link + 4].copy_from_slice(&at.to_le_bytes());
        link = file.len() + ifd.len();
        file.extend(ifd);
        file.extend([0; 4]);
    }
    file
}

fn tags(cols: u32, rows: u32, bits: u16, compression: u16) -> Vec<(u16, Value)> {
    vec![(256, Long(vec![cols])), (257, Long(vec![rows])), (258, Short(vec![bits])), (259, Short(vec![compression])), (262, Short(vec![1]))]
}

/// An image of bytes in one strip, with further tags.
fn plain(more: &[(u16, Value)]) -> Vec<u8> {
    let mut tags = tags(4, 2, 8, 1);
    tags.retain(|(tag, _)| more.iter().all(|(other, _)| other != tag));
    tags.extend_from_slice(more);
    tiff(&[(tags, vec![(0..64).collect()])])
}

fn open(bytes: Vec<u8>) -> Result<GeoTiff> {
    GeoTiff::reader(bytes, "dem.tif")
}

fn encode(compression: u16, raw: &[u8]) -> Vec<u8> {
    match compression {
        5 => weezl::encode::Encoder::with_tiff_size_switch(weezl::BitOrder::Msb, 8).encode(raw).unwrap(),
        8 => {
            let mut compressor = libdeflater::Compressor::new(libdeflater::CompressionLvl::default());
            let mut out = vec![0; compressor.zlib_compress_bound(raw.len())];
            let n = compressor.zlib_compress(raw, &mut out).unwrap();
            out.truncate(n);
            out
        }
        50000 => zstd::bulk::compress(raw, 3).unwrap(),
        32773 => raw.chunks(128).flat_map(|c| std::iter::once(c.len() as u8 - 1).chain(c.iter().copied())).collect(),
        _ => raw.to_vec(),
    }
}

fn read_all(source: &GeoTiff, rows_at_once: &[usize]) -> Result<(Vec<u8>, Vec<u8>)> {
    let (profile, chunk) = (source.profile(), source.planes()[0]);
    let counters = Arc::new(Counters::new(profile, source.planes()));
    let (mut whole, mut pulled) = (Vec::new(), Vec::new());
    for chunk_row in 0..chunk.down(profile.rows) {
        let mut out = vec![0; chunk.chunk_bytes()];
        source.decode_chunk(ChunkAt { plane: 0, chunk_row, chunk_col: 0 }, &mut DecodeScratch::default(), &counters, &mut out)?;
        whole.extend(out);
    }
    whole.truncate(profile.rows * chunk.cols * chunk.pixel_bytes);
    let mut cursor = source.open_cursor(0, 0, counters)?;
    let (mut row, mut steps) = (0, rows_at_once.iter().cycle());
    while row < profile.rows {
        let n = (*steps.next().unwrap()).min(profile.rows - row);
        let mut out = vec![0; n * chunk.cols * chunk.pixel_bytes];
        cursor.read_rows(n, &mut out)?;
        pulled.extend(out);
        row += n;
    }
    Ok((whole, pulled))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]
    #[test]
    fn rows_pulled_in_any_split_equal_whole_chunks(
        codec in prop::sample::select(vec![1u16, 5, 8, 50000, 32773]), seed: u64, noise in 1u64..60,
        strip in 1u32..400, steps in prop::collection::vec(1usize..150, 1..6),
    ) {
        // 400 x 350 samples of 2 bytes: strips from one row (held) to the whole image (suspended).
        let mut state = seed | 1;
        let image: Vec<u16> = (0..400u64 * 350).map(|i| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            (i / 50 + state % noise) as u16
        }).collect();
        let bytes: Vec<u8> = image.iter().flat_map(|s| s.to_le_bytes()).collect();
        let chunks = bytes.chunks(strip as usize * 700).map(|chunk| encode(codec, chunk)).collect();
        let mut tags = tags(350, 400, 16, codec);
        tags.push((278, Long(vec![strip])));
        let source = open(tiff(&[(tags, chunks)])).unwrap();
        let (whole, pulled) = read_all(&source, &steps).unwrap();
        prop_assert!(whole == *bytemuck::cast_slice::<u16, u8>(&image));
        prop_assert!(pulled == whole);
    }

    #[test]
    fn damage_gives_an_error_or_pixels_and_never_a_panic(
        codec in prop::sample::select(vec![1u16, 5, 8, 50000, 32773]), tiled: bool, masked: bool, cut in 0usize..4000,
        flips in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..6),
    ) {
        let raw: Vec<u8> = (0..48 * 32u32).map(|i| (i / 7) as u8).collect();
        let mut image = tags(40, 30, 8, codec);
        image.extend([(277, Short(vec![1])), (317, Short(vec![2])), (33550, Double(vec![1.0; 3])), (33922, Double(vec![0.0; 6]))]);
        image.extend([(34735, Short(vec![1, 1, 0, 1, 1025, 0, 1, 2])), (42113, Text("-9999")), (42112, Text("<GDALMetadata/>"))]);
        let chunks = if tiled {
            image.extend([(322, Long(vec![16])), (323, Long(vec![16]))]);
            raw.chunks(256).map(|c| encode(codec, c)).collect()
        } else {
            image.push((278, Long(vec![15])));
            raw[..1200].chunks(600).map(|c| encode(codec, c)).collect()
        };
        let mut directories = vec![(image, chunks)];
        if masked {
            let mut mask = tags(40, 30, 1, codec);
            mask.push((254, Long(vec![4])));
            directories.push((mask, vec![encode(codec, &[0xA5; 150])]));
        }
        let mut file = tiff(&directories);
        file.truncate(file.len().saturating_sub(if cut > 2000 { 0 } else { cut }));
        for (at, byte) in flips {
            if !file.is_empty() {
                let at = at.index(file.len());
                file[at] = byte;
            }
        }
        let Ok(source) = open(file) else { return Ok(()) };
        let counters = Arc::new(Counters::new(source.profile(), source.planes()));
        for (plane, chunk) in source.planes().iter().enumerate().filter(|(_, c)| c.chunk_bytes() < 1 << 22).take(3) {
            let mut out = vec![0; chunk.chunk_bytes()];
            let at = ChunkAt { plane, chunk_row: 0, chunk_col: 0 };
            let _ = source.decode_chunk(at, &mut DecodeScratch::default(), &counters, &mut out);
            let mut cursor = source.open_cursor(plane, 0, counters.clone()).unwrap();
            for _ in 0..source.profile().rows.min(100) {
                if cursor.read_rows(1, &mut out[..chunk.cols * chunk.pixel_bytes]).is_err() {
                    break;
                }
            }
        }
    }
}

#[test]
fn what_is_not_accepted_is_refused_by_name() {
    let message = |bytes: Vec<u8>| open(bytes).unwrap_err().to_string();
    let cases = [
        (message(vec![]), "dem.tif: the file is empty"),
        (message(b"II*".to_vec()), "not a TIFF: 3 bytes are too few"),
        (message(b"\x89PNG\r\n\x1a\n0000".to_vec()), "not a TIFF: it begins with neither 'II' nor 'MM'"),
        (message(plain(&[])[..90].to_vec()), "the file is truncated"),
        (
            message(plain(&[(259, Short(vec![34712]))])),
            "compression 34712 (JPEG 2000), where none, deflate, ZSTD, LZW, PackBits, LERC, JPEG or WebP is accepted",
        ),
        (message(plain(&[(259, Short(vec![6]))])), "(JPEG of the old kind)"),
        (message(plain(&[(339, Short(vec![6])), (258, Short(vec![64]))])), "complex samples of 64 bits"),
        (message(plain(&[(258, Short(vec![17]))])), "17-bit samples, where unsigned integers of 1 to 16, integers of 8"),
        (message(plain(&[(339, Short(vec![2])), (258, Short(vec![12]))])), "12-bit samples"),
        (message(plain(&[(259, Short(vec![7])), (258, Short(vec![12]))])), "JPEG of uint16 samples, where uint8 is accepted"),
        (message(plain(&[(259, Short(vec![34887])), (258, Short(vec![4]))])), "4-bit samples in LERC"),
        (message(plain(&[(259, Short(vec![34925]))])), "compression 34925 (LZMA)"),
        (message(plain(&[(258, Short(vec![8, 16]))])), "differ between bands"),
        (message(plain(&[(339, Short(vec![3])), (258, Short(vec![24]))])), "24-bit floats"),
        (message(plain(&[(262, Short(vec![6])), (277, Short(vec![3]))])), "YCbCr with chroma subsampled by 2 x 2"),
        (message(plain(&[(266, Short(vec![3]))])), "fill order 3"),
        (message(plain(&[(256, Long(vec![0]))])), "width is 0"),
        (message(plain(&[(257, Long(vec![u32::MAX]))])), "height is 4294967295"),
        (message(plain(&[(278, Long(vec![1]))])), "lists 1 chunks, where 2 are needed"),
        (message(plain(&[(322, Long(vec![1 << 30])), (323, Long(vec![1 << 30]))])), "are too large"),
        (message(plain(&[(259, Short(vec![8])), (317, Short(vec![3]))])), "predictor 3 on uint8 samples"),
        (message(plain(&[(338, Short(vec![0, 0]))])), "2 extra samples in pixels of 1 samples"),
    ];
    for (got, want) in cases {
        assert!(got.starts_with("dem.tif: ") && got.contains(want), "{got:?} does not say {want:?}");
    }
    assert!(matches!(GeoTiff::open("/nowhere/dem.tif"), Err(Error::Read { .. })));
    assert!(GeoTiff::open("/").unwrap_err().source().unwrap().to_string().contains("directory"));
}

#[test]
fn a_damaged_chunk_is_named() {
    let mut good = encode(8, &[7; 3000]);
    *good.last_mut().unwrap() ^= 1;
    let mut tags = tags(100, 60, 8, 8);
    tags.push((278, Long(vec![30])));
    let source = open(tiff(&[(tags.clone(), vec![encode(8, &[7; 3000]), good])])).unwrap();
    let message = read_all(&source, &[1]).unwrap_err().to_string();
    assert_eq!(message, "dem.tif: chunk in row 1, column 0 of the chunk grid: its deflate data are damaged");
    let source = open(tiff(&[(tags, vec![encode(8, &[7; 3000]), encode(8, &[7; 2999])])])).unwrap();
    assert!(read_all(&source, &[1]).unwrap_err().to_string().contains("yields 2999 bytes, where 3000 are needed"));
}

#[test]
fn cursors_verify_the_checksum_and_ignore_trailing_data() {
    let noise: Vec<u8> = (0..400_000u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
    let mut damaged = encode(8, &noise);
    *damaged.last_mut().unwrap() ^= 1;
    let source = open(tiff(&[(tags(1000, 400, 8, 8), vec![damaged])])).unwrap();
    assert!(!source.0.image.stream().0, "the decoder is suspended");
    let counters = Arc::new(Counters::new(source.profile(), source.planes()));
    let mut cursor = source.open_cursor(0, 0, counters).unwrap();
    cursor.read_rows(399, &mut vec![0; 399_000]).unwrap();
    assert!(cursor.read_rows(1, &mut [0; 1000]).unwrap_err().to_string().contains("damaged"));
    for codec in [5, 8, 50000, 32773] {
        let source = open(tiff(&[(tags(1000, 390, 8, codec), vec![encode(codec, &noise)])])).unwrap();
        let (whole, pulled) = read_all(&source, &[7]).unwrap();
        assert!(whole == noise[..390_000] && pulled == whole, "codec {codec}");
    }
}

#[test]
fn tags_are_carried_verbatim_and_points_are_shifted_to_corners() {
    let keys = Short(vec![1, 1, 0, 2, 1025, 0, 1, 2, 1026, 34737, 5, 0]);
    let geo = [(33550, Double(vec![2.0, 3.0, 0.0])), (33922, Double(vec![0.0, 0.0, 0.0, 101.0, 198.5, 0.0])), (34735, keys)];
    let mut more = geo.to_vec();
    more.extend([(34737, Text("here|")), (42112, Text("<GDALMetadata>é</GDALMetadata>")), (42113, Text("1.#QNAN"))]);
    let source = open(plain(&more)).unwrap();
    let georef = &source.profile().georef;
    assert_eq!(georef.transform, Some(Affine::north_up(100.0, 200.0, 2.0, 3.0)));
    assert_eq!((georef.raster_type, georef.pixel_scale.len(), georef.tiepoints.len()), (RasterType::Point, 3, 6));
    assert_eq!(georef.keys.as_ref().unwrap().ascii, b"here|");
    assert_eq!(source.profile().gdal_metadata.as_deref(), Some("<GDALMetadata>é</GDALMetadata>"));
    assert!(source.profile().nodata.unwrap().to_f64().is_nan());
    let points = open(plain(&[(33922, Double(vec![1.0; 24]))])).unwrap();
    assert_eq!((points.profile().georef.transform, points.profile().georef.tiepoints.len()), (None, 24));
}

#[test]
fn a_mask_is_the_last_plane_and_overviews_are_passed_over() {
    for (bits, mask) in [(1u16, vec![0b1011_0000, 0b0100_0000]), (8, vec![255, 0, 1, 9, 0, 1, 0, 0])] {
        let with = |flags: u32, cols, bits| {
            let mut tags = tags(cols, 2, bits, 1);
            tags.push((254, Long(vec![flags])));
            tags
        };
        let main = (tags(4, 2, 8, 1), vec![vec![5; 8]]);
        let overview = (with(1, 4, 8), vec![vec![6; 8]]);
        let overview_mask = (with(5, 4, bits), vec![vec![0; 8]]);
        let source = open(tiff(&[main, overview, overview_mask, (with(4, 4, bits), vec![mask])])).unwrap();
        assert!(source.profile().masked && source.planes().len() == 2 && source.planes()[1].pixel_bytes == 1);
        let counters = Counters::new(source.profile(), source.planes());
        let mut out = [9; 8];
        let at = ChunkAt { plane: 1, chunk_row: 0, chunk_col: 0 };
        source.decode_chunk(at, &mut DecodeScratch::default(), &counters, &mut out).unwrap();
        assert_eq!(out.map(|v| v != 0), [true, false, true, true, false, true, false, false]);
    }
}

#[test]
fn costs_are_those_of_the_cheaper_cursor() {
    let cost = |cols: u32, rows: u32, codec: u16| {
        let raw = vec![0; cols as usize * rows as usize];
        open(tiff(&[(tags(cols, rows, 8, codec), vec![encode(codec, &raw)])])).unwrap().planes()[0].stream
    };
    assert_eq!(cost(1000, 1000, 1), StreamCost::RandomRows);
    assert_eq!(cost(1000, 1000, 8), StreamCost::State { bytes: (50 << 10) + 1000 });
    let StreamCost::State { bytes } = cost(100, 100, 8) else { panic!("deflate has state") };
    assert!(bytes < 30 << 10, "{bytes}: a small chunk is held whole");
    let StreamCost::State { bytes } = cost(1000, 1000, 50000) else { panic!("ZSTD has state") };
    assert!(bytes < 1_300_000, "{bytes}: a chunk smaller than a window is held whole");
}

#[test]
fn floats_keep_their_bits() {
    let samples = [f32::from_bits(0x7F80_0001), -0.0, 1.0e-40, f32::MAX];
    let bytes: Vec<u8> = samples.iter().flat_map(|s| s.to_le_bytes()).collect();
    let mut tags = tags(2, 2, 32, 1);
    tags.push((339, Short(vec![3])));
    let source = open(tiff(&[(tags, vec![bytes])])).unwrap();
    assert_eq!(source.profile().sample, SampleType::F32);
    let (whole, _) = read_all(&source, &[1]).unwrap();
    assert_eq!(whole, bytemuck::cast_slice::<f32, u8>(&samples));
}

#[test]
fn a_suspended_cursor_passes_sparse_chunks_and_unpacks_bits() {
    let mut image = tags(1001, 700, 8, 8);
    image.extend([(278, Long(vec![200])), (42113, Text("9"))]);
    let noise: Vec<u8> = (0..1001 * 700u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 19) as u8).collect();
    let strips = noise.chunks(200 * 1001).enumerate().map(|(i, s)| if i == 1 { vec![] } else { encode(8, s) }).collect();
    let bits: Vec<u8> = noise.iter().copied().take(700 * 126).collect();
    let mut mask = tags(1001, 700, 1, 8);
    mask.push((254, Long(vec![4])));
    let source = open(tiff(&[(image, strips), (mask, vec![encode(8, &bits)])])).unwrap();
    assert!(!source.0.image.stream().0 && !source.0.mask.as_ref().unwrap().stream().0, "both decoders are suspended");
    let (whole, pulled) = read_all(&source, &[13]).unwrap();
    assert!(whole == pulled && whole[..200_200] == noise[..200_200] && whole[200_200..400_400].iter().all(|&v| v == 9));
    let counters = Arc::new(Counters::new(source.profile(), source.planes()));
    let mut cursor = source.open_cursor(1, 0, counters.clone()).unwrap();
    let mut out = vec![0; 1001 * 7];
    for seven in 0..100 {
        cursor.read_rows(7, &mut out).unwrap();
        for (i, &got) in out.iter().enumerate() {
            let (row, col) = (seven * 7 + i / 1001, i % 1001);
            assert_eq!(got, (bits[row * 126 + col / 8] >> (7 - col % 8) & 1) * 255, "row {row}, column {col}");
        }
    }
    assert_eq!(counters.decodes(&[1]), (1, 1, 1));
}

#[test]
fn an_odd_nodata_tag_is_read_and_warned_of() {
    // What rasterio 1.4.4 (GDAL 3.10.3) reads, but for words, which it takes for 0.
    for (text, nodata, word) in
        [("-9999 0", Some(-9999.0), "of which -9999 is taken"), ("-9999,", Some(-9999.0), "of which"), ("none", None, "no number")]
    {
        let source = open(plain(&[(42113, Text(text))])).unwrap();
        assert_eq!(source.profile().nodata.map(|n| n.to_f64()), nodata, "{text}");
        let [warning] = &source.profile().warnings[..] else { panic!("{text}: {:?}", source.profile().warnings) };
        assert!(warning.contains(&format!("nodata tag holds '{text}'")) && warning.contains(word), "{warning}");
    }
    // Integers: the value without its fraction, which is told too.
    let source = open(plain(&[(42113, Text("7.5"))])).unwrap();
    assert!(source.profile().warnings[0].contains("cut to a whole number"), "{:?}", source.profile().warnings);
    for plain_text in ["-9999", "nan", "255"] {
        assert!(open(plain(&[(42113, Text(plain_text))])).unwrap().profile().warnings.is_empty(), "{plain_text}");
    }
}
