use super::{
    abi::{self, shader_constants},
    agreement::Agreement,
    edges::{self, Edges},
    info::OperatorInfo,
    large,
    named_option::named_option,
    option_info::{GdalAlias, OptionInfo},
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

#[doc = include_str!("../../docs/operators/tri.md")]
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Tri {
    /// Root of the sum of squares, or mean difference.
    pub algorithm: TriAlgorithm,
    /// What happens at borders and beside missing heights.
    pub edges: Edges,
}

named_option! {
    /// What is made of the differences: GDAL's `--algorithm` (`-alg`).
    "algorithm" TriAlgorithm {
        /// Root of the sum of their squares; for land.
        #[default]
        Riley = "Riley",
        /// Mean of their magnitudes; for the sea floor.
        Wilson = "Wilson",
    }
}

shader_constants! { CONSTANTS:
    WILSON: u32 = 1;
    EIGHTH: f32 = 0.125;
}

pub(super) const INFO: OperatorInfo = OperatorInfo {
    name: "tri",
    summary: "terrain ruggedness index, in the heights' unit",
    unit: "the heights'",
    doc: include_str!("../../docs/operators/tri.md"),
    about: "Terrain ruggedness index: how much heights differ from their neighbours",
    usage: "Examples:
  swath tri dem.tif tri.tif
  swath tri dem.tif tri.tif --algorithm Wilson
  swath tri dem.tif tri.tif -alg Wilson -compute_edges   (as gdaldem)",
    options: &[
        &[OptionInfo::choice("algorithm", TriAlgorithm::CHOICE, "ALG", "Root of the sum of squared differences, or mean difference")
            .gdal(&[GdalAlias::is("-alg")])],
        edges::OPTIONS,
    ],
    build,
    examples,
    agreement: Agreement { ulp: 8, ..Agreement::EXACT },
    shader: relief_shader!("tri.wgsl"),
    params: ReliefParams::LAYOUT,
    constants: &[abi::CONSTANTS, edges::CONSTANTS, large::CONSTANTS, CONSTANTS],
};

fn build(options: &Options) -> Result<Arc<dyn Operator>> {
    Ok(Arc::new(Tri { algorithm: options.get("algorithm")?, edges: edges::of(options)? }))
}

fn examples() -> Vec<Arc<dyn Operator>> {
    let algorithm = TriAlgorithm::Wilson;
    vec![
        Arc::new(Tri::default()),
        Arc::new(Tri { edges: Edges::Wrap, ..Tri::default() }),
        Arc::new(Tri { edges: Edges::Missing, ..Tri::default() }),
        Arc::new(Tri { algorithm, ..Tri::default() }),
        Arc::new(Tri { algorithm, edges: Edges::Missing }),
    ]
}

impl Stencil for Tri {
    const INFO: &'static OperatorInfo = &INFO;
    const KEEPS_UNIT: bool = true;

    fn edges(&self) -> Edges {
        self.edges
    }

    fn write(&self, options: &mut Written) {
        options.put("algorithm", self.algorithm);
        edges::write(options, self.edges);
    }

    fn params(&self) -> Vec<u8> {
        ReliefParams::bytes(self.edges, if self.algorithm == TriAlgorithm::Wilson { WILSON } else { 0 })
    }

    fn fill<T: Real>(&self, task: &mut RowsTask<'_, T>) {
        match self.algorithm {
            TriAlgorithm::Riley => stencil::compute(task, self.edges.beyond(), Kernel::<false>),
            TriAlgorithm::Wilson => stencil::compute(task, self.edges.beyond(), Kernel::<true>),
        }
    }
}

#[derive(Clone, Copy)]
struct Kernel<const IS_WILSON: bool>;

impl<T: Real, const IS_WILSON: bool> stencil::Kernel<T> for Kernel<IS_WILSON> {
    #[inline(always)]
    fn sample(self, w: &window::Window<T>, _factors: [T; 4]) -> T {
        let [a, b, c, d, f, g, h, i] = w.above_centre();
        if IS_WILSON {
            let sum = ((a.abs() + b.abs()) + (c.abs() + d.abs())) + ((f.abs() + g.abs()) + (h.abs() + i.abs()));
            return w.unscaled(T::of(EIGHTH) * sum);
        }
        let squares = ((a * a + b * b) + (c * c + d * d)) + ((f * f + g * g) + (h * h + i * i));
        w.unscaled(squares.sqrt())
    }
}
