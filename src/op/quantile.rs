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
    raster::Histogram,
};
use std::{fmt, str::FromStr, sync::Arc};

#[doc = include_str!("../../docs/operators/quantile.md")]
#[derive(Clone, Debug, PartialEq)]
pub struct Quantile {
    /// How many classes, 2 to 255.
    pub classes: usize,
    /// Ascending breaks, one less than there are classes; `None`: those of the raster.
    pub breaks: Option<Vec<f32>>,
}

/// Breaks as a text: numbers with commas between them.
struct Breaks(Vec<f32>);

impl FromStr for Breaks {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let numbers = text.split(',').map(|word| word.trim().parse()).collect::<std::result::Result<_, _>>();
        let refused = |_| Error::Usage { what: "breaks", given: text.to_owned(), accepted: "numbers, such as 10,20,30".to_owned() };
        numbers.map(Self).map_err(refused)
    }
}

impl fmt::Display for Breaks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.iter().map(f32::to_string).collect::<Vec<_>>().join(","))
    }
}

impl Default for Quantile {
    fn default() -> Self {
        Self { classes: 4, breaks: None }
    }
}

pub(super) const INFO: OperatorInfo = OperatorInfo {
    name: "quantile",
    summary: "classes of equal count, 1 (least samples) to 255",
    unit: "classes",
    doc: include_str!("../../docs/operators/quantile.md"),
    about: "Classes of equal count, by a histogram of all samples",
    usage: "Examples:
  swath quantile dem.tif quarters.tif
  swath quantile dem.tif percentiles.tif --classes 100
  swath pipeline read dem.tif ! slope ! quantile --classes 10 ! write deciles.tif",
    options: &[&[
        classes::option("4"),
        OptionInfo::text("breaks", |text| text.parse::<Breaks>().map(drop), "Z,...", "Where classes meet, as a survey found it").hidden(),
    ]],
    build,
    examples,
    agreement: Agreement::EXACT,
    shader: classes_shader!("quantile.wgsl"),
    params: ClassesParams::LAYOUT,
    constants: &[abi::CONSTANTS, classes::CONSTANTS],
};

fn build(options: &Options) -> Result<Arc<dyn Operator>> {
    let breaks: Option<Breaks> = options.find("breaks")?;
    Ok(Arc::new(Quantile { classes: options.get("classes")?, breaks: breaks.map(|Breaks(breaks)| breaks) }))
}

fn examples() -> Vec<Arc<dyn Operator>> {
    let ascending = (0..254u32).map(|k| 200.0 + k as f32 * k as f32 * 0.03).collect();
    vec![
        Arc::new(Quantile { classes: 4, breaks: Some(vec![431.25, 640.0, 640.0]) }),
        Arc::new(Quantile { classes: 255, breaks: Some(ascending) }),
    ]
}

impl Quantile {
    fn breaks(&self) -> &[f32] {
        self.breaks.as_deref().unwrap_or_default()
    }

    fn breaks_of(&self, histogram: &Histogram) -> Vec<f32> {
        let share = |k: usize| k as f64 / self.classes as f64;
        // Of nothing, nothing is computed: any breaks do.
        (1..self.classes).map(|k| histogram.split(share(k)).unwrap_or(0.0)).collect()
    }
}

impl Operator for Quantile {
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
            options.put_some("breaks", self.breaks.clone().map(Breaks));
        }))
    }

    fn check(&self) -> Result<()> {
        classes::check(self.classes)?;
        match &self.breaks {
            Some(breaks) if breaks.len() + 1 != self.classes || !breaks.is_sorted() || breaks.iter().any(|b| b.is_nan()) => {
                Err(Error::Usage {
                    what: "breaks",
                    given: format!("{breaks:?}"),
                    accepted: format!("{} ascending numbers, one less than there are classes", self.classes - 1),
                })
            }
            _ => Ok(()),
        }
    }

    fn row_factors(&self, _grid: &GridInfo, _row: usize) -> [f32; 4] {
        [0.0; 4]
    }

    fn survey(&self) -> Option<Survey> {
        self.breaks.is_none().then_some(Survey { histogram: true })
    }

    fn surveyed(&self, inputs: &[Surveyed]) -> Result<Arc<dyn Operator>> {
        let [Surveyed { histogram: Some(histogram), .. }] = inputs else {
            return Err(Error::Internal("quantile takes one survey with a histogram"));
        };
        Ok(Arc::new(Self { breaks: Some(self.breaks_of(histogram)), ..self.clone() }))
    }

    fn gpu_kernel(&self) -> GpuKernel {
        GpuKernel { wgsl: INFO.shader.text(), params: classes::params(self.breaks()) }
    }

    fn compute_rows(&self, task: &mut RowsTask<'_>) {
        classes::compute(task, self.breaks());
    }
}
