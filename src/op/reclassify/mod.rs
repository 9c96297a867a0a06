mod mapping;

pub use mapping::Rule;

use super::{
    abi::{self, shader_constants, uniform},
    agreement::Agreement,
    info::OperatorInfo,
    option_info::{FileForm, OptionInfo},
    options::{Options, Written},
    shader::shader,
    steps::{self, STEP_BYTES, Steps, is_missing},
};
use crate::{
    error::{Error, Result},
    graph::{Footprint, GpuKernel, GridInfo, Operator, OperatorOutput, RowsTask},
    raster::{Nodata, SampleType},
};
use std::{fmt, str::FromStr, sync::Arc};

#[doc = include_str!("../../../docs/operators/reclassify.md")]
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Reclassify {
    /// The rules, in any order.
    pub rules: Vec<Rule>,
}

/// What a rule names.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum ClassFrom {
    /// The samples from the first number to the second, each of which may be excluded: `(number, is included)`.
    Range((f32, bool), (f32, bool)),
    /// Missing samples.
    NoData,
    /// Every sample that no other rule names.
    Default,
}

/// What samples become.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum ClassTo {
    /// A number.
    Value(f32),
    /// Missing.
    NoData,
    /// The sample itself.
    PassThrough,
}

uniform! {
    /// `Params` of `shaders/reclassify.wgsl`.
    pub struct ReclassifyParams {
        /// What missing becomes: bits of a number, `PASS_THROUGH` or `NO_DATA`.
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
    PASS_THROUGH: u32 = 0x7fa0_0001;
    NO_DATA: u32 = 0x7fa0_0002;
}

pub(super) const INFO: OperatorInfo = OperatorInfo {
    name: "reclassify",
    summary: "ranges and values become classes, in the least type that has them",
    unit: "classes",
    doc: include_str!("../../../docs/operators/reclassify.md"),
    about: "Ranges and values become classes",
    usage: "Examples:
  swath reclassify slope.tif classes.tif --mapping '[0,5)=1; [5,15)=2; [15,INF]=3'
  swath reclassify cover.tif forest.tif --mapping '10=1; 20=1; DEFAULT=NO_DATA'
  swath reclassify dem.tif land.tif -m '[-INF,0]=NO_DATA; DEFAULT=PASS_THROUGH'
  swath reclassify dem.tif classes.tif --mapping @classes.txt --dtype int16 --nodata -1

A range's end is included by [ and ], excluded by ( and ). Samples that no rule names are missing, unless DEFAULT says otherwise.",
    options: &[&[OptionInfo::text(
        "mapping",
        |text| text.parse::<Reclassify>().map(drop),
        "RULES|@FILE",
        "Rules such as '[0,10)=1; [10,20)=2; 30=3; NO_DATA=0; DEFAULT=PASS_THROUGH', or @FILE that holds them",
    )
    .short('m')
    .file(FileForm::At)
    .required()]],
    build,
    examples,
    agreement: Agreement::EXACT,
    shader: shader!("include/grid.wgsl", "include/steps.wgsl", "reclassify.wgsl"),
    params: ReclassifyParams::LAYOUT,
    constants: &[abi::CONSTANTS, steps::CONSTANTS, CONSTANTS],
};

fn build(options: &Options) -> Result<Arc<dyn Operator>> {
    Ok(Arc::new(options.get::<Reclassify>("mapping")?))
}

fn examples() -> Vec<Arc<dyn Operator>> {
    let texts = [
        "[-INF,400)=1; [400,450)=2; (450,501.5]=3; 560=4; DEFAULT=9",
        "(-100,500]=PASS_THROUGH; NO_DATA=-7.5; (500,INF)=NO_DATA",
        "[500,510)=-300; NO_DATA=NO_DATA; DEFAULT=PASS_THROUGH",
    ];
    // Texts of ours parse.
    texts.map(|text| Arc::new(text.parse::<Reclassify>().unwrap_or_default()) as Arc<dyn Operator>).to_vec()
}

impl FromStr for Reclassify {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        Ok(Self { rules: mapping::parse(text)? })
    }
}

impl fmt::Display for Reclassify {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.rules.iter().map(Rule::to_string).collect::<Vec<_>>().join("; "))
    }
}

impl ClassTo {
    fn code(self) -> u32 {
        match self {
            Self::Value(value) => value.to_bits(),
            Self::NoData => NO_DATA,
            Self::PassThrough => PASS_THROUGH,
        }
    }

    #[inline(always)]
    fn of(self, sample: f32) -> f32 {
        match self {
            Self::Value(value) => value,
            Self::NoData => f32::NAN,
            Self::PassThrough => sample,
        }
    }
}

/// The rules, looked up.
struct Classes {
    /// Ranges of places, first and last, in ascending order.
    ranges: Vec<(u32, u32, ClassTo)>,
    missing: ClassTo,
    otherwise: ClassTo,
}

impl Classes {
    fn of(&self, sample: f32) -> ClassTo {
        if is_missing(sample) {
            return self.missing;
        }
        let place = steps::place_of(sample);
        let next = self.ranges.partition_point(|range| range.0 <= place);
        match next.checked_sub(1).map(|at| self.ranges[at]) {
            Some((_, last, to)) if place <= last => to,
            _ => self.otherwise,
        }
    }
}

impl Reclassify {
    fn classes(&self) -> Classes {
        let mut classes = Classes { ranges: Vec::new(), missing: ClassTo::NoData, otherwise: ClassTo::NoData };
        for rule in &self.rules {
            match rule.from {
                ClassFrom::NoData => classes.missing = rule.to,
                ClassFrom::Default => classes.otherwise = rule.to,
                ClassFrom::Range(..) => classes.ranges.extend(rule.places().map(|(first, last)| (first, last, rule.to))),
            }
        }
        classes.ranges.sort_by_key(|range| range.0);
        classes
    }

    fn values(&self) -> impl Iterator<Item = f32> + '_ {
        self.rules.iter().filter_map(|rule| if let ClassTo::Value(value) = rule.to { Some(value) } else { None })
    }

    fn is_spare(&self, value: i64) -> bool {
        self.values().all(|class| f64::from(class) != value as f64)
    }
}

impl Operator for Reclassify {
    fn name(&self) -> &'static str {
        INFO.name
    }

    fn is_per_band(&self) -> bool {
        true
    }

    fn footprint(&self) -> Footprint {
        Footprint::default()
    }

    fn output(&self) -> OperatorOutput {
        let passes = self.rules.iter().any(|rule| rule.to == ClassTo::PassThrough);
        let integers = [
            (SampleType::U8, 0, 255, true),
            (SampleType::I16, -32_768, 32_767, false),
            (SampleType::U16, 0, 65_535, true),
            (SampleType::I32, -2_147_483_648, 2_147_483_647, false),
        ];
        let fits = |least: i64, greatest: i64| {
            let whole = |class: f32| class.fract() == 0.0 && f64::from(class) >= least as f64 && f64::from(class) <= greatest as f64;
            !passes && self.values().all(whole)
        };
        for (sample, least, greatest, from_above) in integers {
            if !fits(least, greatest) {
                continue;
            }
            // Rules are fewer than the numbers that are tried.
            let tries = (0..=self.rules.len() as i64).map(|i| if from_above { greatest - i } else { least + i });
            if let Some(spare) = tries.filter(|n| (least..=greatest).contains(n)).find(|&n| self.is_spare(n)) {
                let byte_range = (sample == SampleType::U8).then_some(if spare == 255 { (0, 254) } else { (0, 255) });
                return OperatorOutput { sample, nodata: Nodata::Integer(spare.into()), byte_range };
            }
        }
        let nodata = if self.is_spare(-9999) { Nodata::Integer(-9999) } else { Nodata::Float(f64::NAN) };
        OperatorOutput { sample: SampleType::F32, nodata, byte_range: None }
    }

    fn options(&self) -> Option<Vec<(&'static str, String)>> {
        Some(Written::of(INFO.options, |options| {
            options.put("mapping", self);
        }))
    }

    fn check(&self) -> Result<()> {
        mapping::check(&self.rules)
    }

    fn row_factors(&self, _grid: &GridInfo, _row: usize) -> [f32; 4] {
        [0.0; 4]
    }

    fn gpu_kernel(&self) -> GpuKernel {
        let params = ReclassifyParams { missing: self.classes().missing.code(), ..ReclassifyParams::default() };
        GpuKernel { wgsl: INFO.shader.text(), params: bytemuck::bytes_of(&params).to_vec() }
    }

    fn gpu_table(&self) -> Vec<u8> {
        let classes = self.classes();
        let cuts: Vec<f32> =
            classes.ranges.iter().flat_map(|&(first, last, _)| [first, last.saturating_add(1)]).map(steps::sample_at).collect();
        Steps::of(|sample| classes.of(sample).code(), cuts).bytes()
    }

    fn most_table_bytes(&self) -> usize {
        (2 * self.rules.len() + 2) * STEP_BYTES
    }

    fn compute_rows(&self, task: &mut RowsTask<'_>) {
        let classes = self.classes();
        for (row, out) in task.rows.iter().zip(task.out.chunks_exact_mut(task.cols.len().max(1))) {
            let samples = task.inputs[0].row(row).unwrap_or_default();
            for (out, &sample) in out.iter_mut().zip(samples) {
                *out = classes.of(sample).of(sample);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_type_is_the_least_that_has_all_classes_and_one_to_spare() {
        for (text, sample, nodata) in [
            ("1=1; 2=254", SampleType::U8, "255"),
            ("1=255; 2=254", SampleType::U8, "253"),
            ("1=-1", SampleType::I16, "-32768"),
            ("1=-32768; 2=-32767", SampleType::I16, "-32766"),
            ("1=40000", SampleType::U16, "65535"),
            ("1=-1; 2=40000", SampleType::I32, "-2147483648"),
            ("1=1.5", SampleType::F32, "-9999"),
            ("1=1.5; 2=-9999", SampleType::F32, "nan"),
            ("1=PASS_THROUGH; 2=1", SampleType::F32, "-9999"),
        ] {
            let output = text.parse::<Reclassify>().unwrap().output();
            assert_eq!((output.sample, output.nodata.to_string().as_str()), (sample, nodata), "{text}");
        }
        let all: Vec<String> = (0..256).map(|n| format!("{n}={n}")).collect();
        assert_eq!(all.join(";").parse::<Reclassify>().unwrap().output().sample, SampleType::I16);
    }

    #[test]
    fn every_sample_becomes_what_its_rule_says() {
        let operator: Reclassify = "[-INF,10)=1; [10,20)=2; (20,25]=PASS_THROUGH; 30=3; NO_DATA=8; DEFAULT=NO_DATA".parse().unwrap();
        let classes = operator.classes();
        let of = |sample: f32| classes.of(sample).of(sample);
        for (sample, class) in [
            (f32::NEG_INFINITY, 1.0),
            (9.999_999, 1.0),
            (10.0, 2.0),
            (20.0, f32::NAN),
            (20.5, 20.5),
            (25.0, 25.0),
            (25.000_002, f32::NAN),
            (30.0, 3.0),
            (f32::INFINITY, f32::NAN),
            (f32::NAN, 8.0),
        ] {
            assert!(of(sample) == class || of(sample).is_nan() && class.is_nan(), "{sample} becomes {}, not {class}", of(sample));
        }
    }
}
