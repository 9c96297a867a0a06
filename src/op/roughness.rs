use super::{
    abi,
    agreement::Agreement,
    edges::{self, Edges},
    info::OperatorInfo,
    large,
    math::{max, min},
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

#[doc = include_str!("../../docs/operators/roughness.md")]
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Roughness {
    /// What happens at borders and beside missing heights.
    pub edges: Edges,
}

pub(super) const INFO: OperatorInfo = OperatorInfo {
    name: "roughness",
    summary: "range of the nine heights, in their unit",
    unit: "the heights'",
    doc: include_str!("../../docs/operators/roughness.md"),
    about: "Range of the nine heights of a neighbourhood",
    usage: "Examples:
  swath roughness dem.tif roughness.tif
  swath roughness dem.tif roughness.tif --no-edges",
    options: &[edges::OPTIONS],
    build,
    examples,
    agreement: Agreement { ulp: 1, ..Agreement::EXACT },
    shader: relief_shader!("roughness.wgsl"),
    params: ReliefParams::LAYOUT,
    constants: &[abi::CONSTANTS, edges::CONSTANTS, large::CONSTANTS],
};

fn build(options: &Options) -> Result<Arc<dyn Operator>> {
    Ok(Arc::new(Roughness { edges: edges::of(options)? }))
}

fn examples() -> Vec<Arc<dyn Operator>> {
    vec![Arc::new(Roughness::default()), Arc::new(Roughness { edges: Edges::Missing }), Arc::new(Roughness { edges: Edges::Nearest })]
}

impl Stencil for Roughness {
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
        let most = max(max(max(w.a, w.b), max(w.c, w.d)), max(max(w.f, w.g), max(w.h, w.i)));
        let least = min(min(min(w.a, w.b), min(w.c, w.d)), min(min(w.f, w.g), min(w.h, w.i)));
        w.unscaled(max(most, w.e) - min(least, w.e))
    }
}
