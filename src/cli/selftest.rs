//! `swath selftest`: every operator on an adapter against its CPU twin.

use super::{
    devices::table,
    options::Talk,
    run::{begin, pretty},
    say,
    stop::{Outcome, Stop},
    synth,
    values::Size,
};
use clap::Args;
use ndarray::{Array2, Array3, Axis};
use serde::Serialize;
use serde_json::json;
use std::{
    fs,
    path::{Path, PathBuf},
};
use swath::{
    execute::Context,
    graph::Raster,
    job::{ArrayOutput, Job, Precision, compute_array, compute_bands},
    op::{Agreement, Focal, FocalBorder, FocalStat, GradientAlgorithm, OperatorInfo, REGISTRY, Slope},
    plan::Budget,
    raster::{Nodata, SampleType, is_missing},
};

/// Every operator on this machine's adapter against its CPU twin
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  swath selftest
  swath selftest --adapter llvmpipe --json")]
pub struct SelftestArgs {
    /// The GPU whose name contains this [default: any hardware GPU]
    #[arg(long, value_name = "NAME")]
    adapter: Option<String>,
    /// As JSON
    #[arg(long)]
    json: bool,
    /// A row an operator, as Markdown
    #[arg(long, conflicts_with = "json")]
    markdown: bool,
    /// Leave the model and every result there as raw float32: `dem.f32`, `NNN.cpu.f32`, `NNN.gpu.f32`, and `NNN.f64.f32` of a
    /// float64 twin, `NNN` being the variant's place in the list
    #[arg(long, value_name = "FOLDER")]
    dump: Option<PathBuf>,
    #[command(flatten)]
    talk: Talk,
}

/// Odd in both directions, so that workgroups and tiles end inside.
const SIZE: Size = Size { cols: 517, rows: 389 };
const SEED: u64 = 20;
const MISSING: f64 = 0.02;
/// Where a result is smaller than this share of the greatest, an ulp says nothing.
const SMALL: f64 = 1e-3;
/// Degrees beyond which an aspect is compared.
const SLOPING: f32 = 1.0;

/// What came of one variant of an operator.
#[derive(Debug, Default, PartialEq, Serialize)]
struct Finding {
    operator: &'static str,
    variant: String,
    pixels: u64,
    max_ulp: u32,
    max_units: f64,
    /// How far each twin, CPU and GPU, is from the float64 twin's result, which is rounded once; nothing where there is no
    /// such twin.
    from_float64: Option<[Apart; 2]>,
    /// Pixels that are missing in one twin only.
    missing_differs: u64,
    /// Pixels beyond the bound.
    beyond: u64,
    pass: bool,
}

/// Greatest errors.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
struct Apart {
    /// In the result's unit.
    units: f64,
    /// In units in the last place of the true result, where that is at least [`SMALL`] of the greatest.
    ulp: f64,
}

impl Apart {
    fn or(self, other: Self) -> Self {
        Self { units: self.units.max(other.units), ulp: self.ulp.max(other.ulp) }
    }

    fn brief(self) -> String {
        let units = brief(self.units);
        if self.units == 0.0 { units } else { format!("{units}, {:.1} ulp", self.ulp) }
    }
}

impl SelftestArgs {
    pub fn run(self) -> Outcome {
        begin(self.talk);
        let gpu = Context::gpu(self.adapter.as_deref())?;
        say::note(&gpu.describe());
        let findings = compare_all(&gpu, self.dump.as_deref())?;
        let failed = findings.iter().filter(|f| !f.pass).count();
        if self.json {
            let report =
                json!({ "adapter": gpu.adapter(), "pass": failed == 0, "rows": SIZE.rows, "cols": SIZE.cols, "operators": findings });
            say::out(&pretty(&report))?;
        } else if self.markdown {
            say::out(&as_markdown(&findings, &gpu))?;
        } else {
            say::out(&as_text(&findings))?;
        }
        match failed {
            0 => Ok(()),
            n => Err(Stop::failed(format!("{n} of {} variants differ by more than their bound", findings.len()))),
        }
    }
}

fn compare_all(gpu: &Context, dump: Option<&Path>) -> Outcome<Vec<Finding>> {
    let (cpu, budget) = (Context::cpu(), Budget::detect());
    let nodata = Some(Nodata::Integer(-9999));
    let dem = Raster::from_source(synth::source(SIZE, SampleType::F32, nodata, SEED, MISSING)?);
    let sloping = sloping(&dem, &cpu, budget)?;
    let mut findings = Vec::new();
    leave(dump, "dem", compute_array(&dem, &cpu, budget)?.iter())?;
    for info in REGISTRY {
        for operator in (info.examples)() {
            let variant = format!("{operator:?}");
            let radius = operator.footprint().halo_rows.max(1);
            // Neighbours of the first column are those at the other end where columns wrap.
            let border = if operator.needs_whole_rows() { FocalBorder::Wrap } else { FocalBorder::Missing };
            let relief = compute_array(&dem.apply(Focal { stat: FocalStat::Range, radius, border, ..Focal::default() }), &cpu, budget)?;
            let is_wide = operator.has_f64_twin() && operator.bands() == 1;
            let raster = dem.apply_shared(operator);
            let of_cpu = compute_bands(&raster, &cpu, budget)?;
            let of_gpu = compute_bands(&raster, gpu, budget)?;
            let mut finding = compare(info, variant, [&of_cpu, &of_gpu], &relief, &sloping);
            let place = findings.len();
            leave(dump, &format!("{place:03}.cpu"), of_cpu.iter())?;
            leave(dump, &format!("{place:03}.gpu"), of_gpu.iter())?;
            if is_wide {
                let output = ArrayOutput::new();
                Job::new().write_array(raster, &output).precision(Precision::F64).plan(budget)?.run()?;
                let truth = output.take().unwrap_or_default();
                leave(dump, &format!("{place:03}.f64"), truth.iter())?;
                let truth = truth.insert_axis(Axis(2));
                finding.from_float64 = Some([&of_cpu, &of_gpu].map(|of| apart(info, of, &truth, &sloping)));
            }
            findings.push(finding);
        }
    }
    Ok(findings)
}

/// Writes an array in raw samples, native order.
fn leave<'a>(dump: Option<&Path>, name: &str, samples: impl Iterator<Item = &'a f32>) -> Outcome {
    let Some(folder) = dump else { return Ok(()) };
    let path = folder.join(format!("{name}.f32"));
    let bytes: Vec<u8> = samples.flat_map(|sample| sample.to_ne_bytes()).collect();
    fs::write(&path, bytes).map_err(|error| Stop::failed(format!("{}: cannot write it: {error}", path.display())))
}

/// Where the ground slopes by either way of estimating it.
fn sloping(dem: &Raster, cpu: &Context, budget: Budget) -> Outcome<Array2<bool>> {
    let mut sloping = Array2::from_elem((SIZE.rows, SIZE.cols), true);
    for &gradient_alg in GradientAlgorithm::ALL {
        let slope = compute_array(&dem.apply(Slope { gradient_alg, ..Slope::default() }), cpu, budget)?;
        sloping.zip_mut_with(&slope, |both, &degrees| *both &= degrees > SLOPING);
    }
    Ok(sloping)
}

/// `relief` is the greatest difference within each neighbourhood.
fn compare(info: &OperatorInfo, variant: String, [a, b]: [&Array3<f32>; 2], relief: &Array2<f32>, sloping: &Array2<bool>) -> Finding {
    let bound = info.agreement;
    let mut finding = Finding { operator: info.name, variant, pixels: relief.len() as u64, ..Finding::default() };
    let bands = a.axis_iter(Axis(2)).zip(b.axis_iter(Axis(2)));
    let samples = bands.flat_map(|(a, b)| a.into_iter().zip(b).zip(sloping).zip(relief));
    for (((&a, &b), &slopes), &relief) in samples {
        if is_missing(a) || is_missing(b) {
            finding.missing_differs += u64::from(is_missing(a) != is_missing(b));
            continue;
        }
        if bound.on_slopes && !slopes {
            continue;
        }
        let (ulp, units) = difference(&bound, a, b);
        finding.max_ulp = finding.max_ulp.max(ulp);
        finding.max_units = finding.max_units.max(units);
        finding.beyond += u64::from(ulp > bound.ulp && units > bound.units + bound.relief * f64::from(relief));
    }
    finding.pass = a.dim() == b.dim() && finding.missing_differs == 0 && finding.beyond == 0;
    finding
}

/// Greatest errors of results, as they are before anything rounds them to bytes.
fn apart(info: &OperatorInfo, of: &Array3<f32>, truth: &Array3<f32>, sloping: &Array2<bool>) -> Apart {
    let bound = Agreement { rounded: false, ..info.agreement };
    let counted = of.iter().zip(truth).zip(sloping).filter(|(_, slopes)| !bound.on_slopes || **slopes).map(|(pair, _)| pair);
    let valid = || counted.clone().filter(|(a, b)| !is_missing(**a) && !is_missing(**b));
    let greatest = valid().map(|(_, &truth)| f64::from(truth.abs())).fold(0.0, f64::max);
    valid().fold(Apart::default(), |worst, (&of, &truth)| {
        let units = difference(&bound, of, truth).1;
        let ulp = f64::from(truth.abs().next_up()) - f64::from(truth.abs());
        let tells = truth != 0.0 && f64::from(truth.abs()) >= SMALL * greatest;
        worst.or(Apart { units, ulp: if tells { units / ulp } else { 0.0 } })
    })
}

/// In units in the last place, and in units of the result.
fn difference(bound: &Agreement, a: f32, b: f32) -> (u32, f64) {
    let as_written = |sample: f32| if bound.rounded { (sample + 0.5).floor() } else { sample };
    let (a, b) = (as_written(a), as_written(b));
    let apart = (f64::from(a) - f64::from(b)).abs();
    let units = bound.turn.map_or(apart, |turn| apart.min(turn - apart));
    // Ordered as the numbers are, zero in the middle.
    let place = |sample: f32| {
        let bits = sample.to_bits() as i32;
        i64::from(if bits < 0 { i32::MIN - bits } else { bits })
    };
    ((place(a) - place(b)).unsigned_abs().min(u64::from(u32::MAX)) as u32, units)
}

fn as_text(findings: &[Finding]) -> String {
    let head = ["", "OPERATOR", "ULP", "UNITS", "CPU FROM FLOAT64", "GPU FROM FLOAT64", "MISSING DIFFERS", "BEYOND BOUND", "VARIANT"];
    let mut rows = vec![head.map(String::from)];
    for f in findings {
        let verdict = if f.pass { "pass" } else { "FAIL" };
        let [of_cpu, of_gpu] = f.from_float64.map_or(["-".to_owned(), "-".to_owned()], |errors| errors.map(|e| brief(e.units)));
        let (missing, beyond) = (f.missing_differs.to_string(), f.beyond.to_string());
        let (ulp, units) = (f.max_ulp.to_string(), brief(f.max_units));
        rows.push([verdict.into(), f.operator.into(), ulp, units, of_cpu, of_gpu, missing, beyond, f.variant.clone()]);
    }
    table(&rows)
}

fn brief(units: f64) -> String {
    if units == 0.0 { "0".to_owned() } else { format!("{units:.1e}") }
}

/// A row an operator, the greatest of its variants: the first columns of the table in docs/ACCURACY.md.
fn as_markdown(findings: &[Finding], gpu: &Context) -> String {
    let on = gpu.adapter().map(|adapter| adapter.name.split(" (").next().unwrap_or_default().to_owned()).unwrap_or_default();
    let mut lines = vec![
        format!("| operator | variants | unit | CPU against float64 | {on} against float64 | twins apart | within bounds |"),
        "|---|---|---|---|---|---|---|".to_owned(),
    ];
    for info in REGISTRY {
        let of: Vec<&Finding> = findings.iter().filter(|f| f.operator == info.name).collect();
        let from_float64 = |twin: usize| {
            let errors = of.iter().filter_map(|f| f.from_float64).map(|errors| errors[twin]);
            errors.reduce(Apart::or).map_or("-".to_owned(), Apart::brief)
        };
        let pass = if of.iter().all(|f| f.pass) { "yes" } else { "NO" };
        let twins = brief(of.iter().map(|f| f.max_units).fold(0.0, f64::max));
        let (cpu, gpu) = (from_float64(0), from_float64(1));
        lines.push(format!("| `{}` | {} | {} | {cpu} | {gpu} | {twins} | {pass} |", info.name, of.len(), info.unit));
    }
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAIN: Agreement = Agreement::EXACT;

    #[test]
    fn differences_are_counted_in_ulp_and_in_units() {
        assert_eq!(difference(&PLAIN, 1.0, 1.0 + f32::EPSILON), (1, f64::from(f32::EPSILON)));
        assert_eq!(difference(&PLAIN, -0.0, 0.0).0, 0);
        assert_eq!(difference(&PLAIN, f32::from_bits(1), -f32::from_bits(1)).0, 2);
        assert_eq!(difference(&Agreement { turn: Some(360.0), ..PLAIN }, 359.5, 0.5).1, 1.0);
        assert_eq!(difference(&Agreement { rounded: true, ..PLAIN }, 1.49, 1.51).1, 1.0);
    }

    #[test]
    fn errors_are_told_in_units_and_in_ulp_where_not_small() {
        let truth = ndarray::arr3(&[[[1.0f32], [1e-6], [0.0], [f32::NAN]]]);
        let of = ndarray::arr3(&[[[1.0 + 2.0 * f32::EPSILON], [3e-6], [-1e-7], [5.0]]]);
        let found = apart(&REGISTRY[0], &of, &truth, &Array2::from_elem((1, 4), true));
        assert_eq!((found.ulp, found.units), (2.0, f64::from(3e-6f32) - f64::from(1e-6f32)));
        assert_eq!(apart(&REGISTRY[0], &truth, &truth, &Array2::from_elem((1, 4), true)).brief(), "0");
    }

    #[test]
    fn a_sample_missing_in_one_twin_fails() {
        let (a, b) = (Array3::from_elem((1, 2, 2), 1.0), ndarray::arr3(&[[[1.0, 1.0], [1.0, f32::NAN]]]));
        let (relief, sloping) = (Array2::zeros((1, 2)), Array2::from_elem((1, 2), true));
        assert!(compare(&REGISTRY[0], String::new(), [&a, &a], &relief, &sloping).pass);
        let finding = compare(&REGISTRY[0], String::new(), [&a, &b], &relief, &sloping);
        assert_eq!((finding.missing_differs, finding.pass), (1, false));
    }
}
