//! Streams are read by other people's decoders and by a plain one; sizes, memory and bytes are as promised.

mod inflate;
mod tiles;

use super::*;
use inflate::inflate;
use libdeflater::Decompressor;
use std::io::{Read, Write};
use tiles::{KINDS, Random, content, tile};

/// Encodes a tile in a room of its bound and inflates it by libdeflate and zlib-rs, and, if `plainly`, by the plain decoder.
fn check(encoder: &mut PlaneDeflate, raw: &[u8], rows: Rows, plainly: bool) -> Vec<u8> {
    let mut out = vec![0xEE; bound(raw.len())];
    let len = encoder.encode(raw, rows, &mut out).expect("the bound is enough");
    out.truncate(len);
    if plainly {
        let plain = inflate(&out).unwrap_or_else(|wrong| panic!("{rows:?}: {wrong}"));
        assert!(plain == raw, "{rows:?}: the plain decoder reads other bytes");
    }
    let mut back = vec![0; raw.len()];
    assert_eq!(Decompressor::new().zlib_decompress(&out, &mut back), Ok(raw.len()), "{rows:?}");
    assert!(back == raw, "{rows:?}: libdeflate reads other bytes");
    back.clear();
    flate2::read::ZlibDecoder::new(&out[..]).read_to_end(&mut back).expect("a stream for zlib-rs");
    assert!(back == raw, "{rows:?}: zlib-rs reads other bytes");
    out
}

#[test]
fn the_state_stays_within_its_bound_and_near_it() {
    for number in 0..2000 {
        let (raw, rows) = tile(number, 40_000);
        let mut encoder = PlaneDeflate::default();
        encoder.outlook(&raw, rows);
        encoder.encode(&raw, rows, &mut vec![0; bound(raw.len())]).expect("the bound is enough");
        let (held, bytes) = (encoder.held_bytes(), state_bytes(raw.len(), rows));
        assert!(held <= bytes && bytes < held + (40 << 10), "{rows:?}: {held} of {bytes}");
    }
}

#[test]
fn ten_thousand_tiles_come_back_by_every_decoder() {
    let mut encoder = PlaneDeflate::default();
    for number in 0..10_000 {
        let (raw, rows) = tile(number, 3000);
        check(&mut encoder, &raw, rows, true);
    }
}

#[test]
fn large_tiles_come_back_too() {
    let mut encoder = PlaneDeflate::default();
    let mut random = Random(5);
    for kind in 0..KINDS {
        for (cols, planes, side_by_side) in [(600, 4, 1), (2000, 1, 1), (900, 1, 2), (40_000, 2, 1)] {
            let rows = Rows { row_bytes: cols * planes * side_by_side, planes, side_by_side };
            let raw = content(kind, (700 << 10) / rows.row_bytes, cols, 1, rows, &mut random);
            check(&mut encoder, &raw, rows, false);
        }
    }
}

/// `SWATH_TILES=N SWATH_TILES_LOG=FILE cargo test --release --lib plane_deflate::tests::as_many -- --ignored`.
#[test]
#[ignore = "takes minutes: scripts/deflate-long-run.sh"]
fn as_many_tiles_as_are_asked_for_come_back() {
    let count: u64 = std::env::var("SWATH_TILES").ok().and_then(|count| count.parse().ok()).unwrap_or(1_000_000);
    let from: u64 = std::env::var("SWATH_FIRST_TILE").ok().and_then(|first| first.parse().ok()).unwrap_or(0);
    let log = std::env::var_os("SWATH_TILES_LOG").expect("a file for the log");
    let mut log = std::fs::File::create(log).expect("a log");
    let mut encoder = PlaneDeflate::default();
    let (mut raw_bytes, mut packed_bytes) = (0u64, 0u64);
    for number in from..from + count {
        // Every hundredth has up to 2 MiB, so that bands end within tiles.
        let size = if number % 100 == 7 { 2 << 20 } else { 12_000 };
        let (raw, rows) = tile(number, size);
        let packed = check(&mut encoder, &raw, rows, number % 20 == 3 && raw.len() < 100_000);
        raw_bytes += raw.len() as u64;
        packed_bytes += packed.len() as u64;
        if (number + 1).is_multiple_of(10_000) {
            writeln!(log, "{} tiles, {raw_bytes} raw bytes, {packed_bytes} encoded: all the same", number + 1 - from).expect("a log");
        }
    }
    let readers = "read back by libdeflate and zlib-rs, one in 20 by the plain decoder too";
    writeln!(log, "done: {count} tiles from {from}, {raw_bytes} raw bytes, {packed_bytes} encoded, {readers}").expect("a log");
}

/// Any bytes in any arrangement: what a fuzzer would find first.
#[test]
fn changed_bytes_and_odd_arrangements_come_back() {
    let mut random = Random(99);
    let mut encoder = PlaneDeflate::default();
    for number in 0..3000 {
        let (mut raw, mut rows) = tile(number, 2000);
        for _ in 0..random.below(40) {
            let at = random.below(raw.len());
            raw[at] = random.next() as u8;
        }
        match random.below(4) {
            // Not whole rows, or no planes: stored.
            0 => rows.row_bytes = random.below(70),
            1 => rows.planes = random.below(12),
            2 => raw.truncate(random.below(raw.len() + 1)),
            _ => rows = Rows { row_bytes: raw.len(), planes: 1, side_by_side: random.below(9) },
        }
        let mut out = vec![0; bound(raw.len())];
        let len = encoder.encode(&raw, rows, &mut out).unwrap();
        assert_eq!(inflate(&out[..len]).unwrap(), raw);
    }
}

#[test]
fn a_room_that_is_too_short_is_refused_or_enough() {
    let mut encoder = PlaneDeflate::default();
    for number in 0..400 {
        let (raw, rows) = tile(number, 1000);
        let full = check(&mut encoder, &raw, rows, false);
        for room in [0, 1, full.len() / 2, full.len().saturating_sub(1), full.len(), full.len() + 63] {
            let mut out = vec![0; room];
            if let Some(len) = encoder.encode(&raw, rows, &mut out) {
                assert_eq!(inflate(&out[..len]).unwrap(), raw, "in {room} bytes, of {}", full.len());
            }
        }
    }
}

#[test]
fn noise_grows_by_stored_blocks_alone() {
    let mut random = Random(3);
    let raw: Vec<u8> = (0..1 << 20).map(|_| random.next() as u8).collect();
    let rows = Rows { row_bytes: 2048, planes: 4, side_by_side: 1 };
    let packed = check(&mut PlaneDeflate::default(), &raw, rows, false);
    assert!(packed.len() <= raw.len() + 5 * 18 + 6 + 2, "{}", packed.len());
}

/// A tile of 128 rows, every byte of a plane being below a limit, or the plane's rows all the same.
fn planes_of(limits: [usize; 4], cols: usize, same_rows: bool) -> (Vec<u8>, Rows) {
    let mut random = Random(7);
    let mut row = || -> Vec<u8> { limits.iter().flat_map(|&limit| vec![limit; cols]).map(|limit| random.below(limit) as u8).collect() };
    let raw = if same_rows { row().repeat(128) } else { (0..128).flat_map(|_| row()).collect() };
    (raw, Rows { row_bytes: 4 * cols, planes: 4, side_by_side: 1 })
}

#[test]
fn noise_is_told_from_planes_in_which_a_search_could_gain() {
    let mut encoder = PlaneDeflate::default();
    let mut is_noise = |limits, cols, same_rows| {
        let (raw, rows) = planes_of(limits, cols, same_rows);
        encoder.outlook(&raw, rows) == Outlook::Noise
    };
    assert!(is_noise([1, 256, 256, 256], 512, false), "both planes of low bytes");
    assert!(is_noise([1, 8, 200, 64], 512, false), "under small steps");
    assert!(!is_noise([1, 256, 200, 64], 512, false), "not under large ones");
    assert!(!is_noise([1, 8, 64, 64], 512, false), "six bits are not noise");
    assert!(!is_noise([1, 1, 1, 1], 512, false), "zeros");
    assert!(!is_noise([1, 256, 256, 256], 4096, true), "rows repeat");
    let (raw, rows) = planes_of([256; 4], 512, false);
    assert_eq!(encoder.outlook(&raw, Rows { planes: 2, ..rows }), Outlook::Open, "two planes have no two low ones");
    assert_eq!(encoder.outlook(&raw[1..], rows), Outlook::Open, "not whole rows");
    let (raw, rows) = planes_of([1, 8, 64, 64], 512, false);
    assert_eq!(encoder.outlook(&raw, rows), Outlook::Repeats, "elevations of few digits");
    let (raw, rows) = planes_of([1, 1, 256, 256], 512, false);
    let gone: Vec<u8> = raw.iter().enumerate().map(|(k, &byte)| if k % 512 < 300 { 0 } else { byte }).collect();
    assert_eq!((encoder.outlook(&raw, rows), encoder.outlook(&gone, rows)), (Outlook::Noise, Outlook::Repeats), "holes");
}

#[test]
fn one_plane_is_noise_by_its_entropy_and_repeats() {
    let mut encoder = PlaneDeflate::default();
    let mut outlook = |limit, side_by_side, same_rows| {
        let (raw, rows) = planes_of([limit; 4], 512, same_rows);
        encoder.outlook(&raw, Rows { planes: 1, side_by_side, ..rows })
    };
    for (limit, side_by_side, wanted) in
        [(3, 1, Outlook::Repeats), (10, 1, Outlook::Noise), (10, 2, Outlook::Repeats), (60, 2, Outlook::Noise)]
    {
        assert_eq!(outlook(limit, side_by_side, false), wanted, "{limit} values, {side_by_side} bytes");
    }
    assert_eq!(outlook(200, 1, true), Outlook::Repeats, "rows repeat");
}

#[test]
fn more_tokens_than_there_is_room_for_are_written_otherwise() {
    let rows = Rows { row_bytes: 8192, planes: 4, side_by_side: 1 };
    // Counted rows have zeros, those between have none: planes seem sparse, and have too many tokens.
    let mut random = Random(11);
    let raw: Vec<u8> = (0..512 << 10).map(|k| if k / 8192 % 4 == 0 { 0 } else { random.next() as u8 | 1 }).collect();
    check(&mut PlaneDeflate::default(), &raw, rows, true);
}

#[test]
fn bytes_do_not_depend_on_the_tiles_before_or_the_thread() {
    let all: Vec<_> = (0..200).map(|number| tile(number, 40_000)).collect();
    let one = |tiles: &[(Vec<u8>, Rows)]| -> Vec<Vec<u8>> {
        let mut encoder = PlaneDeflate::default();
        tiles.iter().map(|(raw, rows)| check(&mut encoder, raw, *rows, false)).collect()
    };
    let together = one(&all);
    for threads in [2, 8] {
        let parts: Vec<Vec<Vec<u8>>> = std::thread::scope(|scope| {
            let handles: Vec<_> = all.chunks(all.len() / threads).map(|part| scope.spawn(|| one(part))).collect();
            handles.into_iter().map(|handle| handle.join().unwrap()).collect()
        });
        assert!(parts.concat() == together, "{threads} threads");
    }
}

/// FNV-1a.
fn hash(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, &byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

/// Whoever changes these hashes changes the bytes of every file that the encoder writes. A debug build and a release build have
/// the same; so have all machines.
#[test]
fn the_bytes_of_each_kind_are_pinned() {
    let mut encoder = PlaneDeflate::default();
    let hashes: Vec<u64> = (0..KINDS)
        .map(|kind| {
            let mut random = Random(kind as u64);
            let mut packed = Vec::new();
            for (cols, planes, side_by_side) in [(200, 4, 1), (300, 1, 1), (150, 1, 2), (50, 8, 1), (400, 2, 1)] {
                let rows = Rows { row_bytes: cols * planes * side_by_side, planes, side_by_side };
                let raw = content(kind, 90, cols, 1, rows, &mut random);
                packed.extend(check(&mut encoder, &raw, rows, false));
            }
            hash(&packed)
        })
        .collect();
    assert_eq!(hashes, PINNED, "{hashes:#x?}");
}

const PINNED: [u64; KINDS] = [
    0xe4b26e63fa91df8e,
    0x65a7d5b353bab4b2,
    0x89fbfbc275ce902a,
    0xb865faf166ec0385,
    0xe83e2d3b221ef9db,
    0x7a66cc18b2f07882,
    0xbe68896a64b454fc,
    0xfaff11aa64313c7c,
    0x4a27a70623264d63,
    0x44d381143ec57299,
];
