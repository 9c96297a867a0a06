use super::{
    abi::{self, shader_constants, uniform},
    agreement::Agreement,
    edges::{self, Edges},
    gradient,
    info::OperatorInfo,
    large, math,
    named_option::named_option,
    option_info::{GdalAlias, OptionInfo},
    options::{Options, Written},
    real::Real,
    shader::terrain_shader,
    stencil::{self, Stencil},
    terrain::{self, GradientAlgorithm},
    window,
};
use crate::{
    error::Result,
    graph::{CellSize, GridInfo, Operator, RowsTask},
};
use std::sync::Arc;

#[doc = include_str!("../../docs/operators/slope.md")]
#[derive(Clone, Debug, PartialEq)]
pub struct Slope {
    /// How the gradient is estimated.
    pub gradient_alg: GradientAlgorithm,
    /// Degrees or percent.
    pub unit: SlopeUnit,
    /// Vertical exaggeration.
    pub zfactor: f64,
    /// Horizontal units a vertical unit, along x; with `yscale`.
    pub xscale: Option<f64>,
    /// Horizontal units a vertical unit, along y; with `xscale`.
    pub yscale: Option<f64>,
    /// What happens at borders and beside missing heights.
    pub edges: Edges,
}

named_option! {
    /// What a slope is measured in: GDAL's `--unit` (`-p` for percent).
    "unit" SlopeUnit {
        /// 0 to 90.
        #[default]
        Degree = "degree",
        /// 100 for 45 degrees.
        Percent = "percent",
    }
}

uniform! {
    /// `Params` of `shaders/slope.wgsl`.
    pub struct SlopeParams {
        /// `HORN` or `ZEVENBERGEN_THORNE`.
        gradient_alg: u32,
        /// `UNIT_PERCENT`, or degrees.
        unit: u32,
        /// `EDGES_EXTRAPOLATE` to `EDGES_EXTRAPOLATE_CORNERS`.
        edges: u32,
        /// Zero.
        pad0: u32,
    }
}

shader_constants! { CONSTANTS:
    UNIT_PERCENT: u32 = 1;
    PERCENT: f32 = 100.0;
}

pub(super) const INFO: OperatorInfo = OperatorInfo {
    name: "slope",
    summary: "steepness in degrees or percent",
    unit: "degrees or percent",
    doc: include_str!("../../docs/operators/slope.md"),
    about: "Steepness in degrees or percent",
    usage: "Examples:
  swath slope dem.tif slope.tif
  swath slope dem.tif slope.tif --unit percent --backend cpu --threads 2
  swath slope dem.tif slope.tif --host-memory 64M --dry-run
  swath slope dem.tif slope.tif -p -s 111120 -alg ZevenbergenThorne   (as gdaldem)",
    options: &[
        &[OptionInfo::choice("unit", SlopeUnit::CHOICE, "UNIT", "What it is measured in").gdal(&[GdalAlias::of("-p", "percent")])],
        terrain::ZFACTOR,
        terrain::GRADIENT_ALG,
        terrain::SCALE,
        edges::OPTIONS,
    ],
    build,
    examples,
    agreement: Agreement { ulp: 8, units: 2e-5, ..Agreement::EXACT },
    shader: terrain_shader!("slope.wgsl"),
    params: SlopeParams::LAYOUT,
    constants: &[abi::CONSTANTS, edges::CONSTANTS, large::CONSTANTS, gradient::CONSTANTS, math::CONSTANTS, CONSTANTS],
};

fn build(options: &Options) -> Result<Arc<dyn Operator>> {
    let (xscale, yscale) = terrain::scale_of(options)?;
    Ok(Arc::new(Slope {
        gradient_alg: options.get("gradient-alg")?,
        unit: options.get("unit")?,
        zfactor: options.get("zfactor")?,
        xscale,
        yscale,
        edges: edges::of(options)?,
    }))
}

fn examples() -> Vec<Arc<dyn Operator>> {
    let zt = GradientAlgorithm::ZevenbergenThorne;
    vec![
        Arc::new(Slope::default()),
        Arc::new(Slope { gradient_alg: zt, edges: Edges::Missing, ..Slope::default() }),
        Arc::new(Slope { edges: Edges::Wrap, ..Slope::default() }),
        Arc::new(Slope { edges: Edges::Nearest, ..Slope::default() }),
        Arc::new(Slope { unit: SlopeUnit::Percent, edges: Edges::Missing, zfactor: 2.5, ..Slope::default() }),
        Arc::new(Slope { gradient_alg: zt, unit: SlopeUnit::Percent, xscale: Some(0.5), yscale: Some(3.0), ..Slope::default() }),
    ]
}

impl Default for Slope {
    fn default() -> Self {
        Self {
            gradient_alg: GradientAlgorithm::default(),
            unit: SlopeUnit::default(),
            zfactor: 1.0,
            xscale: None,
            yscale: None,
            edges: Edges::default(),
        }
    }
}

impl Stencil for Slope {
    const INFO: &'static OperatorInfo = &INFO;

    fn verify(&self) -> Result<()> {
        terrain::check_zfactor(self.zfactor)?;
        terrain::check_scale((self.xscale, self.yscale))
    }

    fn cell(&self) -> CellSize {
        terrain::cell_size_of((self.xscale, self.yscale))
    }

    fn factors(&self, grid: &GridInfo, row: usize) -> [f64; 4] {
        terrain::row_factors(grid, row, self.gradient_alg, self.zfactor, (self.xscale, self.yscale))
    }

    fn edges(&self) -> Edges {
        self.edges
    }

    fn write(&self, options: &mut Written) {
        options.put("unit", self.unit);
        options.put("zfactor", self.zfactor);
        options.put("gradient-alg", self.gradient_alg);
        terrain::write_scale(options, (self.xscale, self.yscale));
        edges::write(options, self.edges);
    }

    fn params(&self) -> Vec<u8> {
        let unit = if self.unit == SlopeUnit::Percent { UNIT_PERCENT } else { 0 };
        let params = SlopeParams { gradient_alg: self.gradient_alg.code(), unit, edges: self.edges.code(), pad0: 0 };
        bytemuck::bytes_of(&params).to_vec()
    }

    fn fill<T: Real>(&self, task: &mut RowsTask<'_, T>) {
        const H: u32 = gradient::HORN;
        const ZT: u32 = gradient::ZEVENBERGEN_THORNE;
        match (self.gradient_alg, self.unit) {
            (GradientAlgorithm::Horn, SlopeUnit::Degree) => stencil::compute(task, self.edges.beyond(), Kernel::<H, false>),
            (GradientAlgorithm::Horn, SlopeUnit::Percent) => stencil::compute(task, self.edges.beyond(), Kernel::<H, true>),
            (GradientAlgorithm::ZevenbergenThorne, SlopeUnit::Degree) => stencil::compute(task, self.edges.beyond(), Kernel::<ZT, false>),
            (GradientAlgorithm::ZevenbergenThorne, SlopeUnit::Percent) => stencil::compute(task, self.edges.beyond(), Kernel::<ZT, true>),
        }
    }
}

#[derive(Clone, Copy)]
struct Kernel<const ALGORITHM: u32, const IN_PERCENT: bool>;

impl<T: Real, const ALGORITHM: u32, const IN_PERCENT: bool> stencil::Kernel<T> for Kernel<ALGORITHM, IN_PERCENT> {
    #[inline(always)]
    fn sample(self, window: &window::Window<T>, factors: [T; 4]) -> T {
        let g = gradient::world_gradient(window, gradient::difference::<ALGORITHM, T>(window), factors);
        let rise = (g.p * g.p + g.q * g.q).sqrt();
        if IN_PERCENT { T::of(PERCENT) * rise * g.stretch } else { T::atan2_degrees(rise, T::of(1.0)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unusable_options_are_refused() {
        assert!(Slope::default().check().is_ok());
        for zfactor in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            assert!(Slope { zfactor, ..Slope::default() }.check().unwrap_err().is_refusal());
        }
        assert!(Slope { xscale: Some(2.0), ..Slope::default() }.check().is_err());
    }
}
