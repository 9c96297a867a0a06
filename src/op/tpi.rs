use super::{
    abi::{self, shader_constants},
    agreement::Agreement,
    edges::{self, Edges},
    focal::{Focal, FocalStat},
    info::OperatorInfo,
    large,
    neighbourhood::{FocalBorder, FocalMissing, Shape, shape},
    options::{Options, Written},
    real::Real,
    relief::{ReliefParams, relief_shader},
    stencil::{self, Stencil},
    window,
};
use crate::{
    error::Result,
    graph::{Operator, RowsTask},
};
use std::sync::Arc;

#[doc = include_str!("../../docs/operators/tpi.md")]
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Tpi {
    /// What happens at borders and beside missing heights.
    pub edges: Edges,
}

shader_constants! { CONSTANTS:
    EIGHTH: f32 = 0.125;
}

pub(super) const INFO: OperatorInfo = OperatorInfo {
    name: "tpi",
    summary: "height above the mean of the neighbours, in its unit",
    unit: "the heights'",
    doc: include_str!("../../docs/operators/tpi.md"),
    about: "Topographic position index: height above the mean of the neighbours",
    usage: "Examples:
  swath tpi dem.tif tpi.tif
  swath tpi dem.tif tpi.tif --no-edges
  swath tpi dem.tif ridges.tif --radius 20
  swath tpi dem.tif tpi.tif --shape annulus --radius 20 --inner 10",
    options: &[shape::OPTIONS, edges::OPTIONS],
    build,
    examples,
    agreement: Agreement { ulp: 1, relief: 2e-7, ..Agreement::EXACT },
    shader: relief_shader!("tpi.wgsl"),
    params: ReliefParams::LAYOUT,
    constants: &[abi::CONSTANTS, edges::CONSTANTS, large::CONSTANTS, CONSTANTS],
};

fn build(options: &Options) -> Result<Arc<dyn Operator>> {
    let (shape, edges) = (Shape::of_options(options)?, edges::of(options)?);
    if shape == Shape::default() {
        return Ok(Arc::new(Tpi { edges }));
    }
    let wide = Tpi { edges }.over(shape);
    // Beyond radius 1 nothing goes on linearly unless that is asked for.
    let asked = edges == Edges::Extrapolate && options.is_given("border");
    Ok(Arc::new(if asked { Focal { border: FocalBorder::Extrapolate, ..wide } } else { wide }))
}

fn examples() -> Vec<Arc<dyn Operator>> {
    vec![Arc::new(Tpi::default()), Arc::new(Tpi { edges: Edges::Missing }), Arc::new(Tpi { edges: Edges::Wrap })]
}

impl Tpi {
    /// The index over a wider neighbourhood, which is [`Focal`]'s statistic of the name: the mean of those neighbours that there
    /// are, at the raster's border too, or missing where one is missing and edges are. Under [`Edges::Nearest`], [`Edges::Reflect`] and
    /// [`Edges::Wrap`] it goes on beyond the raster as [`FocalBorder`] has it.
    pub fn over(&self, shape: Shape) -> Focal {
        let Shape { shape, radius, inner, mask } = shape;
        let missing = if self.edges == Edges::Missing { FocalMissing::Propagate } else { FocalMissing::Skip };
        let border = match self.edges {
            Edges::Extrapolate | Edges::Missing => FocalBorder::Missing,
            Edges::Nearest => FocalBorder::Nearest,
            Edges::Reflect => FocalBorder::Reflect,
            Edges::Wrap => FocalBorder::Wrap,
        };
        Focal { stat: FocalStat::Tpi, shape, radius, inner, mask, missing, border, ..Focal::default() }
    }
}

impl Stencil for Tpi {
    const INFO: &'static OperatorInfo = &INFO;
    const KEEPS_UNIT: bool = true;

    fn edges(&self) -> Edges {
        self.edges
    }

    fn write(&self, options: &mut Written) {
        edges::write(options, self.edges);
    }

    fn params(&self) -> Vec<u8> {
        ReliefParams::bytes(self.edges, 0)
    }

    fn fill<T: Real>(&self, task: &mut RowsTask<'_, T>) {
        stencil::compute(task, self.edges.beyond(), Kernel);
    }
}

#[derive(Clone, Copy)]
struct Kernel;

impl<T: Real> stencil::Kernel<T> for Kernel {
    #[inline(always)]
    fn sample(self, w: &window::Window<T>, _factors: [T; 4]) -> T {
        let [a, b, c, d, f, g, h, i] = w.above_centre();
        w.unscaled(T::of(-EIGHTH) * (((a + b) + (c + d)) + ((f + g) + (h + i))))
    }
}
