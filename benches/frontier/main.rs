//! Size and speed of deflate encoders, class by class and tile by tile: libdeflate at three levels, the encoder of
//! `codec::plane_deflate`, and the default, which chooses between them.
//!
//! Seconds are those of the thread, not of the clock, and medians of rounds in which all encoders take turns, so that another
//! program's load hits all of them alike. `benches/frontier.py` makes the page's table and says which goals are met.
//!
//! ```text
//! cargo bench --bench frontier -- [--runs 5] [--sides 256,512,1024] [--class TEXT] [--tiles 12] [--encoders A,B] [--json FILE]
//! ```

mod classes;
mod land;

use classes::Class;
use libdeflater::Decompressor;
use serde_json::{Value, json};
use std::{hint::black_box, time::Duration};
use swath::{
    codec::{Compression, Encoder, Shape, plane_deflate},
    raster::Predictor,
};

/// Seconds of this thread.
fn thread_seconds() -> f64 {
    #[cfg(unix)]
    {
        let now = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
        Duration::new(now.tv_sec as u64, now.tv_nsec as u32).as_secs_f64()
    }
    #[cfg(not(unix))]
    {
        use std::{sync::OnceLock, time::Instant};
        static BEGAN: OnceLock<Instant> = OnceLock::new();
        BEGAN.get_or_init(Instant::now).elapsed().as_secs_f64()
    }
}

/// The new encoder alone, whatever the tile.
struct Planes(plane_deflate::PlaneDeflate);

impl Encoder for Planes {
    fn encode(&mut self, raw: &[u8], shape: Shape, packed: &mut [u8]) -> Option<usize> {
        let width = shape.sample.bytes();
        let (planes, side_by_side) = if shape.predictor == Predictor::Float { (width, 1) } else { (1, width) };
        self.0.encode(raw, plane_deflate::Rows { row_bytes: shape.row_bytes(), planes, side_by_side }, packed)
    }
}

const ENCODERS: [&str; 6] = ["libdeflate 1", "libdeflate 4", "libdeflate 6", "zlib-rs 6", "new", "default"];

struct ZlibRs(flate2::Compress);

impl Encoder for ZlibRs {
    fn encode(&mut self, raw: &[u8], _: Shape, packed: &mut [u8]) -> Option<usize> {
        self.0.reset();
        self.0.compress(raw, packed, flate2::FlushCompress::Finish).ok()?;
        Some(self.0.total_out() as usize)
    }
}

fn encoder(name: &str) -> Box<dyn Encoder> {
    match name {
        "new" => Box::new(Planes(plane_deflate::PlaneDeflate::default())),
        "default" => Compression::deflate_auto().encoder().expect("an encoder"),
        "zlib-rs 6" => Box::new(ZlibRs(flate2::Compress::new(flate2::Compression::new(6), true))),
        level => Compression::deflate(level[11..].parse().expect("a level")).encoder().expect("an encoder"),
    }
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_unstable_by(f64::total_cmp);
    values[values.len() / 2]
}

/// Raw bytes a second, in 10^6.
fn rate(raw: usize, seconds: f64) -> f64 {
    raw as f64 / 1e6 / seconds
}

/// Encodes all tiles; returns seconds and the streams.
fn encode(encoder: &mut dyn Encoder, tiles: &[(Vec<u8>, Shape)], packed: &mut [u8]) -> (f64, Vec<Vec<u8>>) {
    let (mut seconds, mut streams) = (0.0, Vec::new());
    for (raw, shape) in tiles {
        let began = thread_seconds();
        let len = encoder.encode(black_box(raw), *shape, packed).expect("the bound is enough");
        seconds += thread_seconds() - began;
        streams.push(packed[..len].to_vec());
    }
    (seconds, streams)
}

/// Decodes all streams; returns seconds.
fn decode(tiles: &[(Vec<u8>, Shape)], streams: &[Vec<u8>], out: &mut [u8]) -> f64 {
    let mut decompressor = Decompressor::new();
    let mut seconds = 0.0;
    for ((raw, _), stream) in tiles.iter().zip(streams) {
        let began = thread_seconds();
        let len = decompressor.zlib_decompress(black_box(stream), &mut out[..raw.len()]).expect("a stream");
        seconds += thread_seconds() - began;
        assert!(out[..len] == raw[..], "a stream is of other bytes");
    }
    seconds
}

struct Options {
    runs: usize,
    sides: Vec<usize>,
    class: String,
    most: usize,
    encoders: Vec<&'static str>,
    json: Option<String>,
}

impl Options {
    fn of_arguments() -> Self {
        let mut options = Self {
            runs: 5,
            sides: vec![512, 256, 1024],
            class: String::new(),
            most: 12,
            encoders: ENCODERS.iter().copied().filter(|name| !name.starts_with("zlib")).collect(),
            json: None,
        };
        let mut arguments = std::env::args().skip(1);
        while let Some(argument) = arguments.next() {
            let mut value = || arguments.next().unwrap_or_else(|| panic!("{argument} takes a value"));
            match argument.as_str() {
                "--runs" => options.runs = value().parse().expect("a number of rounds"),
                "--sides" => options.sides = value().split(',').map(|side| side.parse().expect("sides of tiles")).collect(),
                "--class" => options.class = value(),
                "--tiles" => options.most = value().parse().expect("a number of tiles"),
                "--encoders" => {
                    let wanted = value();
                    options.encoders = ENCODERS.iter().copied().filter(|name| wanted.split(',').any(|w| w == *name)).collect();
                }
                "--json" => options.json = Some(value()),
                // Cargo's own.
                "--bench" => {}
                other => panic!("{other} is not an option"),
            }
        }
        options
    }
}

/// One class at one side of tiles.
fn measure(class: &Class, side: usize, options: &Options) -> Value {
    let tiles = class.tiles(side, options.most);
    let raw: usize = tiles.iter().map(|(raw, _)| raw.len()).sum();
    let bound = tiles.iter().map(|(raw, _)| Compression::deflate_auto().bound(raw.len())).max().unwrap_or(0);
    let (mut packed, mut out) = (vec![0; bound], vec![0; bound]);
    let mut all: Vec<_> = options.encoders.iter().map(|name| (*name, encoder(name), Vec::new(), Vec::new(), Vec::new())).collect();
    let count = all.len();
    for round in 0..options.runs {
        for turn in 0..count {
            let (_, encoder, encoded, decoded, streams) = &mut all[(turn + round) % count];
            let (seconds, made) = encode(encoder.as_mut(), &tiles, &mut packed);
            assert!(streams.is_empty() || *streams == made, "an encoder makes other bytes of the same tiles");
            *streams = made;
            encoded.push(seconds);
            decoded.push(decode(&tiles, streams, &mut out));
        }
    }
    let size = |streams: &[Vec<u8>]| streams.iter().map(Vec::len).sum::<usize>();
    let results: serde_json::Map<String, Value> = all
        .iter()
        .map(|(name, _, encoded, decoded, streams)| {
            let (encode, decode) = (rate(raw, median(encoded.clone())), rate(raw, median(decoded.clone())));
            let best = rate(raw, encoded.iter().copied().fold(f64::MAX, f64::min));
            let bytes = size(streams);
            (
                (*name).to_owned(),
                json!({ "bytes": bytes, "ratio": raw as f64 / bytes as f64, "encode": encode, "best": best, "decode": decode }),
            )
        })
        .collect();
    // Which encoder the default took: the bytes tell.
    let streams = |wanted: &str| all.iter().find(|(name, ..)| *name == wanted).map(|(_, _, _, _, streams)| streams);
    let taken = match (streams("default"), streams("new")) {
        (Some(default), Some(new)) => default.iter().zip(new).filter(|(a, b)| a == b).count(),
        _ => 0,
    };
    json!({ "class": class.name, "side": side, "tiles": tiles.len(), "raw": raw, "taken": taken, "encoders": results })
}

fn line(result: &Value) -> String {
    let mut line =
        format!("{:<28} {:>4} {:>2}/{:<2}", result["class"].as_str().unwrap_or(""), result["side"], result["taken"], result["tiles"]);
    let of = |name: &str, what: &str| result["encoders"][name][what].as_f64();
    for (name, encoder) in result["encoders"].as_object().into_iter().flatten() {
        let number = |what: &str| encoder[what].as_f64().unwrap_or(0.0);
        line += &format!(" | {name} {:.3} {:.0} d{:.0}", number("ratio"), number("encode"), number("decode"));
    }
    for name in ["new", "default"] {
        if let (Some(bytes), Some(six), Some(speed), Some(six_speed)) =
            (of(name, "bytes"), of("libdeflate 6", "bytes"), of(name, "encode"), of("libdeflate 6", "encode"))
        {
            line += &format!(" | {name} {:+.1} % {:.1}x", (bytes / six - 1.0) * 100.0, speed / six_speed);
        }
    }
    if let (Some(speed), Some(four)) = (of("default", "encode"), of("libdeflate 4", "encode")) {
        line += &format!(" ({:.3} of 4's time)", four / speed);
    }
    line
}

fn main() {
    let options = Options::of_arguments();
    let largest = options.sides.iter().copied().max().unwrap_or(512);
    let synthetic = classes::synthetic(2048.max(largest)).expect("classes");
    let mut results = Vec::new();
    let chosen = |class: &&Class| class.name.contains(&options.class);
    for &side in &options.sides {
        for class in synthetic.iter().filter(chosen) {
            results.push(measure(class, side, &options));
            println!("{}", results.last().map(line).unwrap_or_default());
        }
    }
    for class in classes::real().expect("models").iter().filter(chosen) {
        results.push(measure(class, 256, &options));
        println!("{}", results.last().map(line).unwrap_or_default());
    }
    if let Some(path) = &options.json {
        std::fs::write(path, serde_json::to_vec_pretty(&results).expect("JSON")).expect("the file of --json");
    }
}
