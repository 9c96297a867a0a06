//! What operators share that are plain structs and have a formula.

/// Implements [`Operator`](crate::graph::Operator) for a struct with `steps() -> Formula`, `written() -> OperatorOutput`,
/// `write(&mut Written)`, `accepted() -> Result<()>` and `KEEPS_UNIT`, whether results are in the samples' unit; if it is `scaled`, with
/// `stands_for() -> Vec<Scaling>` too.
macro_rules! local_operator {
    ($name:ident) => {
        impl $name {
            fn stands_for(&self) -> Vec<$crate::raster::Scaling> {
                Vec::new()
            }
        }

        $crate::op::pointwise::local_operator!($name scaled);
    };
    ($name:ident scaled) => {
        impl $crate::graph::Operator for $name {
            fn name(&self) -> &'static str {
                INFO.name
            }

            fn is_per_band(&self) -> bool {
                true
            }

            fn units(&self, inputs: &[Vec<String>]) -> Vec<String> {
                if Self::KEEPS_UNIT { $crate::op::info::kept_unit(inputs) } else { Vec::new() }
            }

            fn footprint(&self) -> $crate::graph::Footprint {
                $crate::graph::Footprint::default()
            }

            fn output(&self) -> $crate::graph::OperatorOutput {
                self.written()
            }

            fn scaling(&self) -> Vec<$crate::raster::Scaling> {
                self.stands_for()
            }

            fn options(&self) -> Option<Vec<(&'static str, String)>> {
                Some($crate::op::Written::of(INFO.options, |options| self.write(options)))
            }

            fn check(&self) -> $crate::error::Result<()> {
                self.accepted()
            }

            fn row_factors(&self, _grid: &$crate::graph::GridInfo, _row: usize) -> [f32; 4] {
                [0.0; 4]
            }

            fn gpu_kernel(&self) -> $crate::graph::GpuKernel {
                $crate::op::pointwise::kernel(&self.steps())
            }

            fn formula(&self) -> Option<::std::sync::Arc<$crate::graph::Formula>> {
                Some(::std::sync::Arc::new(self.steps()))
            }

            fn compute_rows(&self, task: &mut $crate::graph::RowsTask<'_>) {
                $crate::op::pointwise::compute(&self.steps(), task);
            }

            fn cpu_scratch_bytes(&self) -> usize {
                $crate::op::pointwise::scratch_bytes(&self.steps())
            }

            fn has_f64_twin(&self) -> bool {
                true
            }

            fn compute_rows_f64(&self, task: &mut $crate::graph::RowsTask<'_, f64>) {
                $crate::op::pointwise::compute(&self.steps(), task);
            }
        }
    };
}
pub(crate) use local_operator;
