//! What the registry knows of one operator.

use super::{
    abi::{ShaderConstant, UniformLayout},
    agreement::Agreement,
    option_info::{OptionGroups, OptionInfo},
    options::Options,
    shader::Shader,
};
use crate::{
    error::{Error, Result},
    graph::Operator,
};
use std::sync::Arc;

/// What the registry knows of one operator.
#[derive(Debug)]
pub struct OperatorInfo {
    /// Lower-case name.
    pub name: &'static str,
    /// One line, for `swath operators`.
    pub summary: &'static str,
    /// What results are counted in.
    pub unit: &'static str,
    /// Formula, sources, range, edges, what missing means, accuracy: Markdown, a file of `docs/operators`. Nothing of parts.
    pub doc: &'static str,
    /// What its command does, in one line.
    pub about: &'static str,
    /// Command lines to learn from, and whatever else its command's help ends with.
    pub usage: &'static str,
    /// Its options.
    pub options: OptionGroups,
    /// Makes the operator of its options.
    pub build: fn(&Options) -> Result<Arc<dyn Operator>>,
    /// Variants that between them take every option and every branch, for tests, benches and `swath selftest`.
    pub examples: fn() -> Vec<Arc<dyn Operator>>,
    /// How far the twins may be apart.
    pub agreement: Agreement,
    /// The shader's files.
    pub shader: Shader,
    /// The Rust side of its `Params`.
    pub params: UniformLayout,
    /// The Rust side of the constants in its own file and its includes.
    pub constants: &'static [&'static [ShaderConstant]],
}

impl OperatorInfo {
    /// Its options, one after the other.
    pub fn all_options(&self) -> impl Iterator<Item = &'static OptionInfo> + use<> {
        self.options.iter().copied().flatten()
    }

    /// The options that help, pages and lists show.
    pub fn shown_options(&self) -> impl Iterator<Item = &'static OptionInfo> + use<> {
        self.all_options().filter(|option| !option.hidden)
    }

    /// The operator of options with these names and values, checked.
    ///
    /// # Errors
    /// As [`build`](super::build).
    pub fn operator<'a>(&self, options: impl IntoIterator<Item = (&'a str, &'a str)>) -> Result<Arc<dyn Operator>> {
        let operator = (self.build)(&Options::new(self.name, self.options, options)?)?;
        operator.check()?;
        Ok(operator)
    }

    /// Refuses an operator whose fields say what its options could not.
    pub(super) fn check_written(&self, operator: &dyn Operator) -> Result<()> {
        let written = operator.options().unwrap_or_default();
        Options::new(self.name, self.options, written.iter().map(|(name, text)| (*name, text.as_str()))).map(drop)
    }
}

/// For kernels that are part of another operator: none is made by name.
pub(super) fn part_of_another(_: &Options) -> Result<Arc<dyn Operator>> {
    Err(Error::Internal("a part of an operator is not built by its name"))
}

/// The unit of the first band of the first input: what operators have whose results are in their samples' unit.
pub(super) fn kept_unit(inputs: &[Vec<String>]) -> Vec<String> {
    inputs.first().and_then(|bands| bands.first()).cloned().into_iter().collect()
}
