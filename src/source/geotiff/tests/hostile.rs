//! What files claim beyond what they hold: charged before it is allocated, or refused by name.

use super::*;
use std::{
    io,
    sync::atomic::{AtomicU64, Ordering::Relaxed},
};

/// Noise in one ZSTD frame that states its window and not its length, as libtiff writes it.
fn zstd_frame(raw: &[u8], window_log: u32) -> Vec<u8> {
    use std::io::Write;
    let mut encoder = zstd::Encoder::new(Vec::new(), 1).unwrap();
    encoder.set_parameter(zstd::zstd_safe::CParameter::WindowLog(window_log)).unwrap();
    encoder.write_all(raw).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn windows_of_the_first_zstd_frame_are_planned_for() {
    let noise: Vec<u8> = (0..40_000_000u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 17) as u8).collect();
    let (above, below) = noise.split_at(20_000_000);
    let with = |frames: Vec<Vec<u8>>| {
        let mut tags = tags(5000, 4000 * frames.len() as u32, 8, 50000);
        tags.push((278, Long(vec![4000])));
        open(tiff(&[(tags, frames)])).unwrap()
    };
    let state = |source: &GeoTiff| match source.planes()[0].stream {
        StreamCost::State { bytes } => bytes,
        StreamCost::RandomRows => panic!("ZSTD has state"),
    };
    // That of level 22 is charged, and its rows are handed out.
    let wide = with(vec![zstd_frame(above, 24)]);
    assert!(!wide.0.image.stream().0 && state(&wide) > 16 << 20, "{} bytes", state(&wide));
    let (whole, pulled) = read_all(&wide, &[999]).unwrap();
    assert!(whole == above && pulled == above);
    // That of level 19 is charged in any case, so a smaller first one changes nothing.
    let narrow = with(vec![zstd_frame(above, 20), zstd_frame(below, 23)]);
    assert!((8 << 20..9 << 20).contains(&state(&narrow)), "{} bytes", state(&narrow));
    assert!(read_all(&narrow, &[999]).unwrap().1 == noise);
    let message = read_all(&with(vec![zstd_frame(above, 20), zstd_frame(below, 24)]), &[999]).unwrap_err().to_string();
    assert!(message.contains("its ZSTD window is larger than that of the first chunk"), "{message}");
}

#[test]
fn zstd_frames_that_hide_their_length_end_with_the_pixels() {
    let noise: Vec<u8> = (0..400_000u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
    let of = |frame| open(tiff(&[(tags(1000, 390, 8, 50000), vec![frame])])).unwrap();
    // A header that says so is planned for.
    let says = of(zstd::bulk::compress(&noise, 3).unwrap());
    assert!(says.0.image.segment().suspended_bytes > 8 << 20);
    assert!(read_all(&says, &[7]).unwrap().0 == noise[..390_000]);
    let message = read_all(&of(zstd_frame(&noise, 20)), &[7]).unwrap_err().to_string();
    assert!(message.contains("it holds more than the 390000 bytes of its pixels"), "{message}");
}

/// A file of which only the beginning is stored; zeros follow. Counts the bytes that are read.
struct Holes {
    head: Vec<u8>,
    len: u64,
    read: AtomicU64,
}

impl ReadAt for Holes {
    fn read_exact_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<()> {
        self.read.fetch_add(buf.len() as u64, Relaxed);
        buf.fill(0);
        if let Some(head) = self.head.get(offset as usize..) {
            let len = head.len().min(buf.len());
            buf[..len].copy_from_slice(&head[..len]);
        }
        Ok(())
    }

    fn len(&self) -> io::Result<u64> {
        Ok(self.len)
    }
}

/// One row a strip, of which none is stored: their index is in a hole.
fn sparse_strips(rows: u32) -> Holes {
    let mut tags = tags(64, rows, 8, 8);
    tags.push((278, Long(vec![1])));
    let mut head = tiff(&[(tags, vec![vec![1]])]);
    // The entries of offsets and lengths: so many numbers, each list in the hole.
    let entry = |head: &[u8], tag: u16| head.windows(4).position(|w| w[..2] == tag.to_le_bytes() && w[2..] == 4u16.to_le_bytes()).unwrap();
    for (tag, at) in [(273u16, 1u32 << 16), (279, (1 << 16) + 4 * rows)] {
        let place = entry(&head, tag) + 4;
        head[place..place + 4].copy_from_slice(&rows.to_le_bytes());
        head[place + 4..place + 8].copy_from_slice(&at.to_le_bytes());
    }
    Holes { head, len: (1 << 16) + 8 * u64::from(rows), read: AtomicU64::new(0) }
}

#[test]
fn an_index_is_charged_before_it_is_held() {
    let rows = 100_000;
    let source = GeoTiff::reader(sparse_strips(rows), "holes.tif").unwrap();
    assert_eq!(source.resident_bytes(), 16 * rows as usize);
    // It is there once a chunk is asked for.
    let counters = Counters::new(source.profile(), source.planes());
    let mut row = [1; 64];
    for chunk_row in [0, rows as usize - 1] {
        source.decode_chunk(ChunkAt { plane: 0, chunk_row, chunk_col: 0 }, &mut DecodeScratch::default(), &counters, &mut row).unwrap();
    }
    assert_eq!(row, [0; 64]);
    let found = source.validate().unwrap();
    assert_eq!((found.is_sound(), found.levels.len(), found.level_bytes), (true, 1, vec![0]));
    // More are refused without being looked at.
    let many = sparse_strips((1 << 25) + 1);
    let found = validate_reader(&many, "holes.tif").unwrap();
    assert!(found.problems[0].contains("at most 33554432"), "{:?}", found.problems);
    assert!(many.read.into_inner() < 1 << 12);
    let message = GeoTiff::reader(sparse_strips((1 << 25) + 1), "holes.tif").unwrap_err().to_string();
    assert!(message.contains("it has 33554433 chunks, where at most 33554432 are accepted"), "{message}");
}

#[test]
fn directories_that_share_one_index_are_told() {
    const STRIPS: u32 = 600;
    let image = |rows: u32| {
        let mut tags = tags(1, rows, 8, 1);
        tags.push((278, Long(vec![1])));
        tags
    };
    let mut directories = vec![(image(STRIPS), vec![vec![7]; STRIPS as usize])];
    directories.extend((0..3).map(|_| (image(STRIPS), vec![vec![7]])));
    let mut file = tiff(&directories);
    for tag in [273u16, 279] {
        let entry = |count: u32| [&tag.to_le_bytes()[..], &[4, 0], &count.to_le_bytes()].concat();
        let places =
            |file: &[u8], count: u32| -> Vec<usize> { (0..file.len() - 8).filter(|&at| file[at..at + 8] == entry(count)).collect() };
        let list = places(&file, STRIPS)[0];
        for place in places(&file, 1) {
            file.copy_within(list + 4..list + 12, place + 4);
        }
    }
    let found = validate_reader(&file, "x").unwrap();
    assert_eq!(
        (found.pages.len(), &found.problems[..]),
        (
            3,
            &["directory 1", "directory 2", "directory 3"]
                .map(|directory| format!("{directory} shares the bytes of its index with other directories"))[..]
        )
    );
}

#[test]
fn tags_of_too_many_values_are_refused_by_name() {
    let message = |tag: u16, value: Value| open(plain(&[(tag, value)])).map(|source| source.profile().warnings.clone());
    let refused = |tag, value| message(tag, value).unwrap_err().to_string();
    let shorts = |count| Short(vec![0; count]);
    assert!(refused(338, shorts(65_536)).contains("tag 338 has 65536 values, where at most 65535 are accepted"));
    assert!(refused(258, Short(vec![8; 65_536])).contains("tag 258 has 65536 values"));
    assert!(refused(320, shorts((3 << 16) + 1)).contains("tag 320 has 196609 values"));
    assert!(refused(34735, shorts(4 * 65_536 + 1)).contains("tag 34735 has"));
    assert!(refused(33922, Double(vec![0.0; 6 * 65_535 + 1])).contains("tag 33922 has"));
    let long: &'static str = Box::leak("x".repeat(5 << 20).into_boxed_str());
    assert!(refused(42112, Text(long)).contains("tag 42112 has 5242881 values, where at most 3145728 are accepted"));
    assert!(refused(42113, Text(&long[..5000])).contains("tag 42113 has"));
    let warnings = message(270, Text(&long[..2 << 20])).unwrap();
    assert!(warnings[0].contains("(tag 270) is damaged or too large, and is not copied"), "{warnings:?}");
    // However many differ, two are named.
    let differ = refused(258, Short((0..60_000).map(|k| 8 + k % 2).collect()));
    assert!(differ.contains("bits per sample differ between bands (8 and 9)") && differ.len() < 200, "{differ}");
}
