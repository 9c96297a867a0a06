use super::{
    abi,
    agreement::Agreement,
    classes::{self, ClassesParams, classes_shader},
    info::OperatorInfo,
    option_info::OptionInfo,
    options::{Options, Written},
};
use crate::{
    error::{Error, Result},
    graph::{Footprint, GpuKernel, GridInfo, Operator, OperatorOutput, RowsTask, Survey, Surveyed},
};
use std::sync::Arc;

#[doc = include_str!("../../docs/operators/equal-interval.md")]
#[derive(Clone, Debug, PartialEq)]
pub struct EqualInterval {
    /// How many classes, 2 to 255.
    pub classes: usize,
    /// Least and greatest sample of the range; `None`: the raster's.
    pub range: Option<(f64, f64)>,
}

impl Default for EqualInterval {
    fn default() -> Self {
        Self { classes: 5, range: None }
    }
}

pub(super) const INFO: OperatorInfo = OperatorInfo {
    name: "equal-interval",
    summary: "classes of equal width between least and greatest sample, 1 to 255",
    unit: "classes",
    doc: include_str!("../../docs/operators/equal-interval.md"),
    about: "Classes of equal width between the least and the greatest sample",
    usage: "Examples:
  swath equal-interval dem.tif classes.tif
  swath equal-interval dem.tif classes.tif --classes 10 --min 0 --max 4000   (no pass before)
  swath pipeline read dem.tif ! slope ! equal-interval --classes 8 ! write classes.tif",
    options: &[&[
        classes::option("5"),
        OptionInfo::number("min", "Z", "Where the first begins; with --max")
            .default_words("the least sample, found in a pass before")
            .requires(&["max"]),
        OptionInfo::number("max", "Z", "Where the last ends; with --min")
            .default_words("the greatest sample, found in a pass before")
            .requires(&["min"]),
    ]],
    build,
    examples,
    agreement: Agreement::EXACT,
    shader: classes_shader!("equal_interval.wgsl"),
    params: ClassesParams::LAYOUT,
    constants: &[abi::CONSTANTS, classes::CONSTANTS],
};

fn build(options: &Options) -> Result<Arc<dyn Operator>> {
    let (min, max): (Option<f64>, Option<f64>) = (options.find("min")?, options.find("max")?);
    Ok(Arc::new(EqualInterval { classes: options.get("classes")?, range: min.zip(max) }))
}

fn examples() -> Vec<Arc<dyn Operator>> {
    vec![
        Arc::new(EqualInterval { classes: 5, range: Some((200.0, 1100.0)) }),
        Arc::new(EqualInterval { classes: 255, range: Some((-100.0, 2500.0)) }),
        Arc::new(EqualInterval { classes: 2, range: Some((500.0, 500.0)) }),
    ]
}

impl EqualInterval {
    fn breaks(&self) -> Vec<f32> {
        let (min, max) = self.range.unwrap_or((0.0, 1.0));
        if min == max {
            // One value is of the first class, as quantiles have it.
            return vec![(min as f32).next_up(); self.classes - 1];
        }
        let share = |k: usize| k as f64 / self.classes as f64;
        (1..self.classes).map(|k| (min + share(k) * (max - min)) as f32).collect()
    }
}

impl Operator for EqualInterval {
    fn name(&self) -> &'static str {
        INFO.name
    }

    fn footprint(&self) -> Footprint {
        Footprint::default()
    }

    fn output(&self) -> OperatorOutput {
        classes::output()
    }

    fn options(&self) -> Option<Vec<(&'static str, String)>> {
        Some(Written::of(INFO.options, |options| {
            options.put("classes", self.classes);
            options.put_some("min", self.range.map(|range| range.0));
            options.put_some("max", self.range.map(|range| range.1));
        }))
    }

    fn check(&self) -> Result<()> {
        classes::check(self.classes)?;
        match self.range {
            Some((min, max)) if !(min <= max && min.is_finite() && max.is_finite()) => Err(Error::Usage {
                what: "range of classes",
                given: format!("{min} to {max}"),
                accepted: "a least number and one that is not less".to_owned(),
            }),
            _ => Ok(()),
        }
    }

    fn row_factors(&self, _grid: &GridInfo, _row: usize) -> [f32; 4] {
        [0.0; 4]
    }

    fn survey(&self) -> Option<Survey> {
        self.range.is_none().then(Survey::default)
    }

    fn surveyed(&self, inputs: &[Surveyed]) -> Result<Arc<dyn Operator>> {
        let [found] = inputs else { return Err(Error::Internal("equal-interval takes one survey")) };
        // Of nothing, nothing is computed: any range does.
        let range = if found.valid > 0 { (found.min, found.max) } else { (0.0, 0.0) };
        Ok(Arc::new(Self { range: Some(range), ..self.clone() }))
    }

    fn gpu_kernel(&self) -> GpuKernel {
        GpuKernel { wgsl: INFO.shader.text(), params: classes::params(&self.breaks()) }
    }

    fn compute_rows(&self, task: &mut RowsTask<'_>) {
        classes::compute(task, &self.breaks());
    }
}
