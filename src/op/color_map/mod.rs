mod file;
mod perceptual;
mod ramp;

use super::{
    abi::{self, shader_constants, uniform},
    agreement::Agreement,
    info::OperatorInfo,
    named_option::named_option,
    option_info::{FileForm, GdalAlias, OptionInfo},
    options::{Options, Written},
    pair::Pair,
    shader::shader,
    steps::{self, STEP_BYTES, Steps, at_least, is_missing, more_than},
};
use crate::{
    error::{Error, Result},
    graph::{Colors, Footprint, GpuKernel, GridInfo, Operator, OperatorOutput, RowsTask, Survey, Surveyed},
    raster::{Nodata, SampleType},
};
use ramp::{NOTHING, Ramp};
use std::{fmt, str::FromStr, sync::Arc};

#[doc = include_str!("../../../docs/operators/color-map.md")]
#[derive(Clone, Debug, PartialEq)]
pub struct ColorMap {
    /// The colours, in any order.
    pub colors: Vec<ColorEntry>,
    /// What lies between them.
    pub selection: ColorSelection,
    /// Whether there is a fourth band, alpha.
    pub add_alpha: bool,
    /// What percentages are of; `None`: the least and the greatest sample.
    pub range: Option<(f64, f64)>,
}

/// A colour and where it stands.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ColorEntry {
    /// Where.
    pub at: ColorPlace,
    /// Red, green, blue, alpha.
    pub color: [u8; 4],
}

/// Where a colour stands.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum ColorPlace {
    /// At a number.
    Value(f64),
    /// At 0 (the least) to 100 (the greatest).
    Percent(f64),
    /// At missing samples.
    Missing,
}

named_option! {
    /// What the colour of a sample is that lies between two numbers: GDAL's `--color-selection`.
    "color-selection" ColorSelection {
        /// Between both colours.
        #[default]
        Interpolate = "interpolate",
        /// None (0 0 0 0): only the numbers themselves have colours.
        Exact = "exact",
        /// That of the nearer number, of the greater one in the middle.
        Nearest = "nearest",
    }
}

uniform! {
    /// `Params` of `shaders/color_map.wgsl`.
    pub struct ColorMapParams {
        /// The colour of missing, red in the lowest byte.
        missing: u32,
        /// Zero.
        pad0: u32,
        /// Zero.
        pad1: u32,
        /// Zero.
        pad2: u32,
    }
}

shader_constants! { CONSTANTS:
    BITS_PER_BAND: u32 = 8;
    BAND_MASK: u32 = 255;
}

pub(super) const INFO: OperatorInfo = OperatorInfo {
    name: "color-map",
    summary: "a colour for each sample: GDAL's colour files, or a named ramp",
    unit: "bytes",
    doc: include_str!("../../../docs/operators/color-map.md"),
    about: "A colour for each sample, by a colour file or a named ramp",
    usage: "Examples:
  swath color-map dem.tif picture.tif --color-map relief.txt
  swath color-map dem.tif picture.tif --color-map viridis --range 0,2500 --add-alpha
  swath color-map classes.tif picture.tif --color-map classes.txt --color-selection exact
  swath color-map dem.tif picture.tif --color-map relief.txt -alpha -nearest_color_entry   (as gdaldem)

Ramps: viridis, magma, inferno, plasma, cividis, turbo, cubehelix, greys, blues, greens, oranges, yellow-green-blue,
yellow-orange-red, brown-green, red-blue, red-yellow-blue, spectral; each also with _r, the other way round.",
    options: &[&[
        OptionInfo::text(
            "color-map",
            |text| text.parse::<ColorText>().map(drop),
            "FILE|RAMP",
            "A file of lines 'value red green blue [alpha]', as gdaldem has them, or a ramp's name",
        )
        .default("viridis")
        .file(FileForm::Existing),
        OptionInfo::choice(
            "color-selection",
            ColorSelection::CHOICE,
            "COLOR_SELECTION",
            "What the colour of a sample is that lies between two values",
        )
        .gdal(&[GdalAlias::of("-exact_color_entry", "exact"), GdalAlias::of("-nearest_color_entry", "nearest")]),
        OptionInfo::switch("add-alpha", "A fourth band, alpha").gdal(&[GdalAlias::is("-alpha")]),
        OptionInfo::range("range", "MIN,MAX", "What percentages are of")
            .default_words("the least and the greatest sample, found in a pass before"),
    ]],
    build,
    examples,
    agreement: Agreement::EXACT,
    shader: shader!("include/grid.wgsl", "include/steps.wgsl", "color_map.wgsl"),
    params: ColorMapParams::LAYOUT,
    constants: &[abi::CONSTANTS, steps::CONSTANTS, CONSTANTS],
};

fn build(options: &Options) -> Result<Arc<dyn Operator>> {
    let ColorText(colors) = options.get("color-map")?;
    let range = options.find::<Pair>("range")?.map(|Pair([least, greatest])| (least, greatest));
    Ok(Arc::new(ColorMap { colors, selection: options.get("color-selection")?, add_alpha: options.is_on("add-alpha")?, range }))
}

fn examples() -> Vec<Arc<dyn Operator>> {
    const FILE: &str = "0 0 60 0\n400 250 250 10 200\n501.3 120 60 0\n560 grey 99\n700 255 255 255\nnv 1 2 3 4\n";
    let of = |selection, add_alpha| {
        // A text of ours parses.
        let colors = file::parse(FILE).unwrap_or_default();
        Arc::new(ColorMap { colors, selection, add_alpha, range: None }) as Arc<dyn Operator>
    };
    vec![
        of(ColorSelection::Interpolate, false),
        of(ColorSelection::Interpolate, true),
        of(ColorSelection::Nearest, true),
        of(ColorSelection::Exact, false),
        Arc::new(ColorMap { range: Some((450.0, 620.0)), ..ColorMap::default() }),
    ]
}

/// The colours as a text: a ramp's name, or what a colour file holds.
#[derive(Clone, Debug, PartialEq)]
struct ColorText(Vec<ColorEntry>);

impl FromStr for ColorText {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        // A file's lines have several words.
        let is_name = !text.trim().is_empty() && !text.contains(char::is_whitespace);
        let colors = if is_name { ColorMap::ramp(text) } else { ColorMap::parse(text) };
        colors.map(Self)
    }
}

impl fmt::Display for ColorText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let reversed = |name: &str| format!("{name}_r");
        let names = ColorMap::ramps().flat_map(|name| [name.to_owned(), reversed(name)]);
        let named = names.into_iter().find(|name| perceptual::entries(name).is_some_and(|entries| entries == self.0));
        f.write_str(&named.unwrap_or_else(|| file::text(&self.0)))
    }
}

impl Default for ColorMap {
    /// Viridis, from the least sample to the greatest.
    fn default() -> Self {
        let colors = perceptual::entries("viridis").unwrap_or_default();
        Self { colors, selection: ColorSelection::default(), add_alpha: false, range: None }
    }
}

impl ColorMap {
    /// The colours of a file in GDAL's format, from its text.
    ///
    /// # Errors
    /// [`Error::Usage`] with the line that is wrong.
    pub fn parse(text: &str) -> Result<Vec<ColorEntry>> {
        file::parse(text)
    }

    /// The colours of a built-in ramp, from 0 to 100 percent; `NAME_r` is the other way round.
    ///
    /// # Errors
    /// [`Error::Usage`] with the names that there are.
    pub fn ramp(name: &str) -> Result<Vec<ColorEntry>> {
        perceptual::entries(name).ok_or_else(|| Error::Usage {
            what: "colour ramp",
            given: name.to_owned(),
            accepted: format!("{}, each also with _r", perceptual::names().collect::<Vec<_>>().join(", ")),
        })
    }

    /// Names of the built-in ramps.
    pub fn ramps() -> impl Iterator<Item = &'static str> {
        perceptual::names()
    }

    fn has_percentages(&self) -> bool {
        self.colors.iter().any(|entry| matches!(entry.at, ColorPlace::Percent(_)))
    }

    /// The colours at numbers.
    fn stops(&self, (least, greatest): (f64, f64)) -> Ramp {
        let number = |entry: &ColorEntry| {
            let at = match entry.at {
                ColorPlace::Value(value) => value,
                ColorPlace::Percent(percent) => least + (greatest - least) * percent / 100.0,
                ColorPlace::Missing => return None,
            };
            Some((at, entry.color))
        };
        Ramp::new(self.colors.iter().filter_map(number).collect(), self.selection)
    }

    fn missing(&self) -> [u8; 4] {
        let entry = self.colors.iter().rev().find(|entry| entry.at == ColorPlace::Missing);
        entry.map_or(NOTHING, |entry| entry.color)
    }

    /// Most steps that the colours can have, wherever their percentages turn out to lie.
    fn most_steps(&self) -> usize {
        let apart = |a: [u8; 4], b: [u8; 4]| a.iter().zip(b).map(|(a, b)| usize::from(a.abs_diff(b))).sum::<usize>();
        let mut ordered: Vec<(f64, [u8; 4])> = Vec::new();
        let (mut numbers, mut percentages) = (false, false);
        for entry in &self.colors {
            match entry.at {
                ColorPlace::Value(at) => (numbers, _) = (true, ordered.push((at, entry.color))),
                ColorPlace::Percent(at) => (percentages, _) = (true, ordered.push((at, entry.color))),
                ColorPlace::Missing => {}
            }
        }
        ordered.sort_by(|a, b| a.0.total_cmp(&b.0));
        let turns = if numbers && percentages {
            // Any may stand beside any.
            ordered.len() * 4 * usize::from(u8::MAX)
        } else {
            ordered.windows(2).map(|pair| apart(pair[0].1, pair[1].1)).sum()
        };
        turns + 2 * ordered.len() + 2
    }
}

impl Operator for ColorMap {
    fn name(&self) -> &'static str {
        INFO.name
    }

    fn bands(&self) -> usize {
        if self.add_alpha { 4 } else { 3 }
    }

    fn colors(&self) -> Colors {
        if self.add_alpha { Colors::Rgba } else { Colors::Rgb }
    }

    fn may_be_missing(&self) -> bool {
        false
    }

    fn footprint(&self) -> Footprint {
        Footprint::default()
    }

    fn output(&self) -> OperatorOutput {
        OperatorOutput { sample: SampleType::U8, nodata: Nodata::Integer(0), byte_range: Some((0, u8::MAX)) }
    }

    fn options(&self) -> Option<Vec<(&'static str, String)>> {
        Some(Written::of(INFO.options, |options| {
            options.put("color-map", ColorText(self.colors.clone()));
            options.put("color-selection", self.selection);
            options.put_switch("add-alpha", self.add_alpha);
            options.put_some("range", self.range.map(|(least, greatest)| Pair([least, greatest])));
        }))
    }

    fn check(&self) -> Result<()> {
        let refuse = |what, given: String, accepted: &str| Err(Error::Usage { what, given, accepted: accepted.to_owned() });
        if self.colors.is_empty() {
            return refuse("number of colours", "0".to_owned(), "1 or more");
        }
        for entry in &self.colors {
            match entry.at {
                ColorPlace::Value(value) if value.is_nan() => return refuse("place of a colour", "NaN".to_owned(), "a number"),
                ColorPlace::Percent(p) if !(0.0..=100.0).contains(&p) => {
                    return refuse("place of a colour", format!("{p}%"), "0% to 100%");
                }
                _ => {}
            }
        }
        match self.range {
            Some((least, greatest)) if !(least <= greatest && least.is_finite() && greatest.is_finite()) => {
                refuse("range", format!("{least},{greatest}"), "two numbers, the less one first")
            }
            _ => Ok(()),
        }
    }

    fn row_factors(&self, _grid: &GridInfo, _row: usize) -> [f32; 4] {
        [0.0; 4]
    }

    fn survey(&self) -> Option<Survey> {
        (self.has_percentages() && self.range.is_none()).then(Survey::default)
    }

    fn surveyed(&self, inputs: &[Surveyed]) -> Result<Arc<dyn Operator>> {
        // Where nothing is valid, no colour stands anywhere.
        let range = inputs.first().filter(|found| found.valid > 0).map_or((0.0, 0.0), |found| (found.min, found.max));
        Ok(Arc::new(Self { range: Some(range), ..self.clone() }))
    }

    fn gpu_kernel(&self) -> GpuKernel {
        let params = ColorMapParams { missing: u32::from_le_bytes(self.missing()), ..ColorMapParams::default() };
        GpuKernel { wgsl: INFO.shader.text(), params: bytemuck::bytes_of(&params).to_vec() }
    }

    fn gpu_table(&self) -> Vec<u8> {
        let ramp = self.stops(self.range.unwrap_or_default());
        let cuts: Vec<f32> = ramp.turns().flat_map(|at| [at_least(at), more_than(at)]).collect();
        Steps::of(|sample| u32::from_le_bytes(ramp.color(sample.into())), cuts).bytes()
    }

    fn most_table_bytes(&self) -> usize {
        self.most_steps() * STEP_BYTES
    }

    fn compute_rows(&self, task: &mut RowsTask<'_>) {
        let (ramp, missing, bands) = (self.stops(self.range.unwrap_or_default()), self.missing(), self.bands());
        for (row, out) in task.rows.iter().zip(task.out.chunks_exact_mut((task.cols.len() * bands).max(1))) {
            let samples = task.inputs[0].row(row).unwrap_or_default();
            for (pixel, &sample) in out.chunks_exact_mut(bands).zip(samples) {
                let color = if is_missing(sample) { missing } else { ramp.color(sample.into()) };
                for (out, &byte) in pixel.iter_mut().zip(&color) {
                    *out = byte.into();
                }
            }
        }
    }
}
