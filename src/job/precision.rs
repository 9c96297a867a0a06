//! What is done where float32 would lose what the result needs of a source.

use super::lower::Lowered;
use crate::{
    error::{Error, Result},
    execute::NodeRun,
    graph::Shift,
    raster::SampleType,
};
use std::{fmt, str::FromStr};

/// In what numbers a job computes.
///
/// Kernels compute in float32. Samples of float64 and of 32- and 64-bit integers may need more: heights a million metres
/// from where they are counted are known to 6 cm only. The result of every operator is float32.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Precision {
    /// Such samples are counted from an origin of their source wherever that leaves results as they are ([`Shift`]: slopes,
    /// ranges, deviations). Elsewhere, on the CPU, they are read as float64 where all operators that take them have a float64
    /// twin (expressions and the other local operators, bands put together); what is left (statistics and sums that move with
    /// the heights, classes and colours, and on a device everything else) takes them rounded to float32, with a warning.
    ///
    /// The origin is the source's own first valid sample, looked for in the middle chunk column first, from the middle to
    /// the right, row by row from the top. It costs the decoding of the chunk that holds it once more (more where valid
    /// samples begin late), when the job starts; the report says so. It does not hang on budget, cut or threads.
    #[default]
    Auto,
    /// Samples are rounded to float32 as they are read.
    F32,
    /// Sources are read as float64, and operators compute in it, on the CPU: an operator of a source rounds its result
    /// once, to float32, and so do local operators in a row that run as one. An operator of another's result starts from float32,
    /// and so does one that takes a source beside another's result, with a warning. Refused for operators without such a twin.
    F64,
}

impl Precision {
    /// Every value.
    pub const ALL: &[Self] = &[Self::Auto, Self::F32, Self::F64];

    /// As it is typed.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::F32 => "f32",
            Self::F64 => "f64",
        }
    }
}

impl fmt::Display for Precision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Precision {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        Self::ALL.iter().copied().find(|p| p.as_str().eq_ignore_ascii_case(text)).ok_or_else(|| Error::Usage {
            what: "precision",
            given: text.to_owned(),
            accepted: Self::ALL.iter().map(|p| p.as_str()).collect::<Vec<_>>().join(", "),
        })
    }
}

/// Settles how each source's samples become numbers, once all nodes are known. The last `outputs` say which nodes are
/// written.
///
/// # Errors
/// [`Error::Usage`] where float64 is demanded of an operator that has none, or of an output that is float32 by nature.
pub(super) fn settle(lowered: &mut Lowered, precision: Precision) -> Result<()> {
    if precision == Precision::F64 {
        return widen(lowered);
    }
    let widened = if precision == Precision::Auto && lowered.spec.device.is_none() { widen_where_rounded(lowered) } else { Vec::new() };
    warn_of_wide_outputs(lowered);
    for node in 0..lowered.nodes.len() {
        let Some((sample, is_scaled)) = read_as_f32(lowered, node) else { continue };
        if widened.contains(&node) || !sample.is_wider_than_f32() && !is_scaled {
            continue;
        }
        let rounding = rounding_consumers(lowered, node);
        if precision == Precision::Auto && rounding.is_empty() {
            lowered.from_origin.push(node);
        } else if sample.is_wider_than_f32() && precision == Precision::Auto {
            for name in rounding {
                lowered.warnings.push(rounded(sample, &name));
            }
        }
    }
    Ok(())
}

/// The source's sample type and whether values are made of its samples, if a node is one whose samples become f32.
fn read_as_f32(lowered: &Lowered, node: usize) -> Option<(SampleType, bool)> {
    match &lowered.nodes[node] {
        NodeRun::Ingest { converter, verbatim: false, .. } => Some((converter.source_sample(), converter.is_scaled())),
        _ => None,
    }
}

/// What takes a node's samples as they are, so that counting them from another origin would show: names.
fn rounding_consumers(lowered: &Lowered, node: usize) -> Vec<String> {
    let written = lowered.spec.outputs.iter().any(|output| output.node == node);
    let mut names = match (&lowered.nodes[node], written) {
        (_, false) => Vec::new(),
        (NodeRun::Operator { operator, .. }, true) => vec![format!("'{}'", operator.name())],
        (_, true) => vec!["an output in memory".to_owned()],
    };
    for (consumer, run) in lowered.nodes.iter().enumerate() {
        let NodeRun::Operator { operator, inputs } = run else { continue };
        if !inputs.contains(&node) {
            continue;
        }
        match operator.shift() {
            // Inputs of one operator may be counted from different origins.
            Shift::Invariant if inputs.len() == 1 => {}
            Shift::Equivariant if inputs.len() == 1 => names.extend(rounding_consumers(lowered, consumer)),
            _ => names.push(format!("'{}'", operator.name())),
        }
    }
    names
}

/// Sources are read as f64.
fn widen(lowered: &mut Lowered) -> Result<()> {
    let refuse = |given: String, accepted: &str| Err(Error::Usage { what: "precision f64 for", given, accepted: accepted.to_owned() });
    for run in &lowered.nodes {
        match run {
            NodeRun::Operator { operator, .. } if !operator.has_f64_twin() => {
                return refuse(operator.name().to_owned(), "auto or f32: it has no float64 twin");
            }
            NodeRun::Resident { source } => return refuse(source.name(), "auto or f32: its rows are float32 on the device"),
            _ => {}
        }
    }
    let narrow = read_narrow(lowered);
    for (node, &narrow) in narrow.iter().enumerate() {
        if !narrow {
            read_wide(lowered, node);
        } else if let Some((sample, _)) = read_as_f32(lowered, node).filter(|(sample, _)| sample.is_wider_than_f32()) {
            let names = rounding_consumers(lowered, node);
            lowered.warnings.extend(names.into_iter().map(|name| rounded(sample, &name)));
        }
    }
    warn_of_wide_outputs(lowered);
    Ok(())
}

/// What is computed in float64 and written in a type that float32 does not fill goes through float32 all the same.
fn warn_of_wide_outputs(lowered: &mut Lowered) {
    let mut warnings = Vec::new();
    for (output, file) in lowered.spec.outputs.iter().zip(&lowered.files) {
        let NodeRun::Operator { operator, inputs } = &lowered.nodes[output.node] else { continue };
        let sample = file.profile.sample;
        let wide = inputs.iter().all(|&input| lowered.samples[input] == SampleType::F64);
        if wide && sample.is_wider_than_f32() && operator.shift() != Shift::Invariant {
            warnings.push(format!("results of '{}' are float32 on their way to {sample}", operator.name()));
        }
    }
    lowered.warnings.append(&mut warnings);
}

fn rounded(sample: SampleType, name: &str) -> String {
    format!("{sample} samples are rounded to float32 for {name}")
}

/// Makes the windows of a source f64.
fn read_wide(lowered: &mut Lowered, node: usize) {
    if let NodeRun::Ingest { converter, verbatim: false, .. } = &mut lowered.nodes[node] {
        *converter = converter.clone().wide();
        lowered.spec.nodes[node].pixel_bytes = converter.window_pixel_bytes();
        lowered.samples[node] = SampleType::F64;
    }
}

/// Reads sources as f64 that float32 would round for an operator, where everything that takes them can: with them goes what
/// these operators take beside them. Says which.
fn widen_where_rounded(lowered: &mut Lowered) -> Vec<usize> {
    let narrow = read_narrow(lowered);
    let is_wide = |node: usize| read_as_f32(lowered, node).is_some_and(|(sample, _)| sample.is_wider_than_f32());
    let mut wide: Vec<bool> =
        (0..narrow.len()).map(|node| !narrow[node] && is_wide(node) && !rounding_consumers(lowered, node).is_empty()).collect();
    loop {
        let before = wide.clone();
        for run in &lowered.nodes {
            let NodeRun::Operator { inputs, .. } = run else { continue };
            if inputs.iter().any(|&input| wide[input]) {
                inputs.iter().for_each(|&input| wide[input] = true);
            }
        }
        if wide == before {
            break;
        }
    }
    let widened: Vec<usize> = (0..wide.len()).filter(|&node| wide[node]).collect();
    widened.iter().for_each(|&node| read_wide(lowered, node));
    widened
}

/// Which nodes are not read as f64: those that are written, those that are computed, those that an operator without a float64
/// twin takes, and those that one takes beside one of these, since its inputs are all of one type.
fn read_narrow(lowered: &Lowered) -> Vec<bool> {
    let computed = |node: usize| !matches!(lowered.nodes[node], NodeRun::Ingest { verbatim: false, .. });
    let written = |node: usize| lowered.spec.outputs.iter().any(|output| output.node == node);
    let mut narrow: Vec<bool> = (0..lowered.nodes.len()).map(|node| computed(node) || written(node)).collect();
    loop {
        let before = narrow.clone();
        for run in &lowered.nodes {
            let NodeRun::Operator { operator, inputs } = run else { continue };
            if inputs.iter().any(|&input| narrow[input]) || !operator.has_f64_twin() {
                inputs.iter().for_each(|&input| narrow[input] = true);
            }
        }
        if narrow == before {
            return narrow;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_in_any_case_and_errors_list_them() {
        assert_eq!("F64".parse::<Precision>().unwrap(), Precision::F64);
        assert_eq!("double".parse::<Precision>().unwrap_err().to_string(), "precision 'double' is not accepted: auto, f32, f64");
    }
}
