//! What northness and eastness share: the twin of `shaders/include/exposure.wgsl`. They differ in a component and a name.

use super::{
    abi::{shader_constants, uniform},
    edges::Edges,
    gradient::{self, Gradient},
    math::{LEAST_DIVISOR, max},
    option_info::{GdalAlias, OptionInfo},
    real::Real,
    stencil,
    terrain::GradientAlgorithm,
    window,
};
use crate::graph::RowsTask;
use std::marker::PhantomData;

shader_constants! { CONSTANTS:
    FLAT_IS_MISSING: u32 = 0;
}

uniform! {
    /// `Params` of `shaders/include/exposure.wgsl`.
    pub struct ExposureParams {
        /// `HORN` or `ZEVENBERGEN_THORNE`.
        gradient_alg: u32,
        /// `FLAT_IS_MISSING`, or 1.
        zero_for_flat: u32,
        /// `EDGES_EXTRAPOLATE` to `EDGES_EXTRAPOLATE_CORNERS`.
        edges: u32,
        /// Zero.
        pad0: u32,
    }
}

/// What becomes of flat ground.
pub(super) const ZERO_FOR_FLAT: OptionInfo =
    OptionInfo::switch("zero-for-flat", "Flat ground is 0, not missing").gdal(&[GdalAlias::is("-zero_for_flat")]);

/// The twin of a shader's `facing`: what is made of the gradient's direction, east and north.
pub(crate) trait Facing: Copy {
    fn of<T: Real>(direction: (T, T)) -> T;
}

/// Declares an operator of the gradient's direction, its line of the registry and all that makes it an operator.
macro_rules! exposure_operator {
    ($Name:ident: $name:literal, $summary:literal, $about:literal, $doc:literal, $own:literal, $Facing:ty) => {
        #[doc = include_str!($doc)]
        #[derive(Clone, Debug, Default, PartialEq)]
        pub struct $Name {
            /// How the gradient is estimated.
            pub gradient_alg: GradientAlgorithm,
            /// Flat ground is 0, not missing.
            pub zero_for_flat: bool,
            /// Horizontal units a vertical unit, along x; with `yscale`. Only their ratio matters here.
            pub xscale: Option<f64>,
            /// Horizontal units a vertical unit, along y; with `xscale`.
            pub yscale: Option<f64>,
            /// What happens at borders and beside missing heights.
            pub edges: Edges,
        }

        pub(super) const INFO: OperatorInfo = OperatorInfo {
            name: $name,
            summary: $summary,
            unit: "1",
            doc: include_str!($doc),
            about: $about,
            usage: concat!(
                "Examples:\n  swath ",
                $name,
                " dem.tif ",
                $name,
                ".tif\n  swath ",
                $name,
                " dem.tif ",
                $name,
                ".tif --zero-for-flat"
            ),
            options: &[&[exposure::ZERO_FOR_FLAT], terrain::GRADIENT_ALG, terrain::SCALE, edges::OPTIONS],
            build,
            examples,
            agreement: Agreement { units: 1e-6, on_slopes: true, ..Agreement::EXACT },
            shader: terrain_shader!("include/exposure.wgsl", $own),
            params: ExposureParams::LAYOUT,
            constants: &[abi::CONSTANTS, edges::CONSTANTS, large::CONSTANTS, gradient::CONSTANTS, math::CONSTANTS, exposure::CONSTANTS],
        };

        fn build(options: &Options) -> Result<Arc<dyn Operator>> {
            let (gradient_alg, zero_for_flat) = (options.get("gradient-alg")?, options.is_on("zero-for-flat")?);
            let (xscale, yscale) = terrain::scale_of(options)?;
            Ok(Arc::new($Name { gradient_alg, zero_for_flat, xscale, yscale, edges: edges::of(options)? }))
        }

        fn examples() -> Vec<Arc<dyn Operator>> {
            let gradient_alg = GradientAlgorithm::ZevenbergenThorne;
            vec![
                Arc::new($Name::default()),
                Arc::new($Name { zero_for_flat: true, xscale: Some(2.0), yscale: Some(0.5), ..$Name::default() }),
                Arc::new($Name { gradient_alg, zero_for_flat: true, edges: Edges::Missing, ..$Name::default() }),
            ]
        }

        impl Stencil for $Name {
            const INFO: &'static OperatorInfo = &INFO;

            fn verify(&self) -> Result<()> {
                terrain::check_scale((self.xscale, self.yscale))
            }

            fn cell(&self) -> crate::graph::CellSize {
                terrain::cell_size_of((self.xscale, self.yscale))
            }

            fn factors(&self, grid: &GridInfo, row: usize) -> [f64; 4] {
                terrain::row_factors(grid, row, self.gradient_alg, 1.0, (self.xscale, self.yscale))
            }

            fn edges(&self) -> Edges {
                self.edges
            }

            fn write(&self, options: &mut Written) {
                options.put_switch("zero-for-flat", self.zero_for_flat);
                options.put("gradient-alg", self.gradient_alg);
                terrain::write_scale(options, (self.xscale, self.yscale));
                edges::write(options, self.edges);
            }

            fn params(&self) -> Vec<u8> {
                let params = ExposureParams {
                    gradient_alg: self.gradient_alg.code(),
                    zero_for_flat: if self.zero_for_flat { 1 } else { exposure::FLAT_IS_MISSING },
                    edges: self.edges.code(),
                    pad0: 0,
                };
                bytemuck::bytes_of(&params).to_vec()
            }

            fn fill<T: Real>(&self, task: &mut RowsTask<'_, T>) {
                exposure::fill::<T, $Facing>(task, self.gradient_alg, self.zero_for_flat, self.edges);
            }
        }
    };
}
pub(crate) use exposure_operator;

/// The gradient's direction. Made long first: squares of tiny gradients would vanish.
#[inline(always)]
fn direction<T: Real>(Gradient { p, q, .. }: Gradient<T>) -> (T, T) {
    let longest = max(max(p.abs(), q.abs()), T::of(LEAST_DIVISOR));
    let (u, v) = (p / longest, q / longest);
    let length = (u * u + v * v).sqrt();
    (u / length, v / length)
}

/// Computes a task.
pub(super) fn fill<T: Real, F: Facing>(task: &mut RowsTask<'_, T>, alg: GradientAlgorithm, zero_for_flat: bool, edges: Edges) {
    let facing = PhantomData::<F>;
    match alg {
        GradientAlgorithm::Horn => stencil::compute(task, edges.beyond(), Kernel::<{ gradient::HORN }, F> { zero_for_flat, facing }),
        GradientAlgorithm::ZevenbergenThorne => {
            stencil::compute(task, edges.beyond(), Kernel::<{ gradient::ZEVENBERGEN_THORNE }, F> { zero_for_flat, facing });
        }
    }
}

#[derive(Clone, Copy)]
struct Kernel<const ALGORITHM: u32, F> {
    zero_for_flat: bool,
    facing: PhantomData<F>,
}

impl<T: Real, const ALGORITHM: u32, F: Facing> stencil::Kernel<T> for Kernel<ALGORITHM, F> {
    #[inline(always)]
    fn sample(self, window: &window::Window<T>, factors: [T; 4]) -> T {
        let g = gradient::difference::<ALGORITHM, T>(window);
        let facing = F::of(direction(gradient::world_gradient(window, g, factors)));
        let flat = if self.zero_for_flat { T::of(0.0) } else { T::MISSING };
        if gradient::is_flat(g) { flat } else { facing }
    }
}
