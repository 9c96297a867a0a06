//! Neighbouring local operators become one: one dispatch, one pass over the rows, no window in between.
//!
//! A local operator takes in each input that is a local operator too and has no other consumer, or computes in float64. The joined formula does what the
//! two did, step by step, so that no bit changes.

use super::builder;
use crate::{
    graph::{Formula, Node, Operand, Operator, Raster},
    job::{precision::Precision, requested::Requested, settings::PassSettings},
    op::{MAX_INPUTS, Pointwise},
};
use std::{collections::HashMap, sync::Arc};

/// Steps of the longest formula that fusion makes: kernels and registers stay small.
const MAX_STEPS: usize = 512;

/// The same outputs, neighbours fused.
pub fn fuse(requested: &Requested, settings: &PassSettings) -> Requested {
    let device = settings.context.limits();
    let most_inputs = device.map_or(MAX_INPUTS, |device| device.max_inputs.min(MAX_INPUTS));
    let on_host = device.is_none() || !builder::runs_on_device(requested, settings.precision);
    let wide = Some(settings.precision).filter(|precision| on_host && *precision != Precision::F32);
    let mut fusion = Fusion { consumers: HashMap::new(), done: Vec::new(), most_inputs, wide };
    requested.outputs.iter().for_each(|output| fusion.count(&output.raster));
    requested.map(|raster| fusion.fused(raster))
}

struct Fusion {
    /// By node: how many operators and outputs take it.
    consumers: HashMap<*const Node, usize>,
    /// Rasters and what they became.
    done: Vec<(Raster, Raster)>,
    /// What one kernel reads at most.
    most_inputs: usize,
    /// How wide sources are read, where float64 twins may compute: there a fused operator rounds once, so that it must not
    /// depend on other consumers whether operators fuse.
    wide: Option<Precision>,
}

/// A local operator, and its inputs.
struct Local<'a> {
    operator: &'a dyn Operator,
    formula: Arc<Formula>,
    inputs: &'a [Raster],
}

/// The local operator that a raster is, if it is a sound one.
fn local(raster: &Raster) -> Option<Local<'_>> {
    let Node::Operator { operator, inputs } = raster.node() else { return None };
    let formula = operator.formula()?;
    let plain = operator.bands() == 1 && operator.input_bands() == 1;
    let sound = inputs.len() == formula.inputs() && operator.check().is_ok();
    (plain && sound).then_some(Local { operator: operator.as_ref(), formula, inputs })
}

impl Fusion {
    /// Counts one more consumer of a raster, and its inputs' where it is new.
    fn count(&mut self, raster: &Raster) {
        let node: &Node = raster.node();
        let count = self.consumers.entry(std::ptr::from_ref(node)).or_default();
        *count += 1;
        if let (1, Node::Operator { inputs, .. }) = (*count, node) {
            for (at, input) in inputs.iter().enumerate() {
                // An operator is one consumer, however often it names an input.
                if !inputs[..at].iter().any(|other| other.same(input)) {
                    self.count(input);
                }
            }
        }
    }

    fn fused(&mut self, raster: &Raster) -> Raster {
        if let Some((_, done)) = self.done.iter().find(|(from, _)| from.same(raster)) {
            return done.clone();
        }
        let fused = match raster.node() {
            Node::Source { .. } => raster.clone(),
            Node::Operator { operator, inputs } => {
                let after: Vec<Raster> = inputs.iter().map(|input| self.fused(input)).collect();
                let joined = local(raster).and_then(|outer| self.join(&outer, &after));
                joined.unwrap_or_else(|| {
                    let same = inputs.iter().zip(&after).all(|(before, after)| before.same(after));
                    if same { raster.clone() } else { Raster::combine(operator.clone(), after) }
                })
            }
        };
        self.done.push((raster.clone(), fused.clone()));
        fused
    }

    /// Whether a local operator computes in float64.
    fn is_wide(&self, local: &Local<'_>) -> bool {
        self.wide.is_some_and(|precision| builder::reads_wide(precision, local.operator, local.inputs))
    }

    /// `outer` with those of its inputs taken in that are local and its own; `None` where there are none, or it would be too much.
    fn join(&self, outer: &Local<'_>, after: &[Raster]) -> Option<Raster> {
        let own = |input: &Raster| self.consumers.get(&std::ptr::from_ref(input.node())) == Some(&1);
        let inner: Vec<Option<Local<'_>>> =
            outer.inputs.iter().zip(after).map(|(before, after)| local(after).filter(|inner| own(before) || self.is_wide(inner))).collect();
        if inner.iter().all(Option::is_none) {
            return None;
        }
        let mut inputs: Vec<Raster> = Vec::new();
        let mut place = |input: &Raster| {
            let known = inputs.iter().position(|known| known.same(input));
            known.unwrap_or_else(|| {
                inputs.push(input.clone());
                inputs.len() - 1
            })
        };
        let mut places = Vec::new();
        for (taken, after) in inner.iter().zip(after) {
            places.push(match taken {
                Some(taken) => taken.inputs.iter().map(&mut place).collect(),
                None => vec![place(after)],
            });
        }
        let operands: Vec<Operand<'_>> = inner
            .iter()
            .zip(places)
            .map(|(taken, places)| match taken {
                Some(taken) => Operand::Formula(&taken.formula, places),
                None => Operand::Input(places[0]),
            })
            .collect();
        let formula = outer.formula.over(inputs.len(), &operands);
        if inputs.len() > self.most_inputs || formula.steps().len() > MAX_STEPS {
            return None;
        }
        let mut names: Vec<&str> = Vec::new();
        for (at, taken) in inner.iter().enumerate() {
            // An input that is named twice is one operator.
            let again = after[..at].iter().any(|other| other.same(&after[at]));
            names.extend(taken.as_ref().filter(|_| !again).map(|taken| taken.operator.name()));
        }
        names.push(outer.operator.name());
        Some(Raster::combine(
            Arc::new(Pointwise::new(names.join("+"), formula, outer.operator.output()).scaled(outer.operator.scaling())),
            inputs,
        ))
    }
}
