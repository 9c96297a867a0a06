use super::{
    Agreement, Edges, OperatorInfo,
    abi::{self, shader_constants},
    real::Real,
    relief::{ReliefParams, relief_shader},
    stencil::{self, Stencil},
};
use crate::graph::{Operator, RowsTask};
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
    options: &[("radius", "PIXELS"), ("shape", "box|circle|annulus|custom"), ("inner", "PIXELS"), ("footprint", "ROWS"), ("no-edges", "")],
    examples,
    agreement: Agreement { ulp: 1, relief: 2e-7, ..Agreement::EXACT },
    shader: relief_shader!("tpi.wgsl"),
    params: ReliefParams::LAYOUT,
    constants: &[abi::CONSTANTS, stencil::CONSTANTS, CONSTANTS],
};

fn examples() -> Vec<Arc<dyn Operator>> {
    vec![Arc::new(Tpi::default()), Arc::new(Tpi { edges: Edges::Missing })]
}

impl Stencil for Tpi {
    const INFO: &'static OperatorInfo = &INFO;

    fn params(&self) -> Vec<u8> {
        ReliefParams::bytes(self.edges, 0)
    }

    fn fill<T: Real>(&self, task: &mut RowsTask<'_, T>) {
        stencil::compute(task, self.edges, Kernel);
    }
}

#[derive(Clone, Copy)]
struct Kernel;

impl<T: Real> stencil::Kernel<T> for Kernel {
    #[inline(always)]
    fn sample(self, w: &stencil::Window<T>, _factors: [T; 4]) -> T {
        T::of(-EIGHTH) * (((w.a + w.b) + (w.c + w.d)) + ((w.f + w.g) + (w.h + w.i)))
    }
}
