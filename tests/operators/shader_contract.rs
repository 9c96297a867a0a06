//! What each shader's text declares against what its Rust side declares, without a GPU.

use std::{collections::BTreeMap, sync::Arc};
use swath::{
    execute::gpu::PACK_BYTE,
    graph::Operator,
    op::{ARRANGERS, GridUniform, OperatorInfo, PARTS, REGISTRY, UniformLayout},
    plan::{KERNEL_WORKGROUP, PACK_WORKGROUP},
};
use wgpu::naga::{
    self, AddressSpace, Expression, Literal, Module, TypeInner,
    valid::{Capabilities, ValidationFlags, Validator},
};

/// Those that compute, those that only move samples, and parts.
fn all() -> impl Iterator<Item = &'static OperatorInfo> {
    REGISTRY.iter().chain(ARRANGERS).chain(PARTS)
}

fn module(info: &OperatorInfo, operator: &dyn Operator) -> Module {
    let text = crate::twins::shader_text(info, operator);
    let module = naga::front::wgsl::parse_str(&text).unwrap_or_else(|e| panic!("{}", e.emit_to_string(&text)));
    let mut validator = Validator::new(ValidationFlags::all(), Capabilities::empty());
    validator.validate(&module).unwrap_or_else(|e| panic!("{}", e.emit_to_string(&text)));
    module
}

/// One operator a shader: all examples, where each has a shader of its own, else the first.
fn examples() -> Vec<(&'static OperatorInfo, Arc<dyn Operator>)> {
    let of = |info: &'static OperatorInfo| {
        let made = |(at, operator): &(usize, Arc<dyn Operator>)| *at == 0 || operator.formula().is_some();
        (info.examples)().into_iter().enumerate().filter(made).map(move |(_, operator)| (info, operator))
    };
    all().flat_map(of).collect()
}

/// Name, offset and size of each member, and the size of the whole.
fn layout(module: &Module, name: &str) -> (Vec<(String, usize, usize)>, usize) {
    let (_, ty) = module.types.iter().find(|(_, ty)| ty.name.as_deref() == Some(name)).expect("a struct of that name");
    let TypeInner::Struct { members, span } = &ty.inner else { panic!("{name} is no struct") };
    let size = |ty| module.types[ty].inner.size(module.to_ctx()) as usize;
    let member = |m: &naga::StructMember| (m.name.clone().expect("named"), m.offset as usize, size(m.ty));
    (members.iter().map(member).collect(), *span as usize)
}

fn rust_layout(layout: &UniformLayout) -> (Vec<(String, usize, usize)>, usize) {
    (layout.fields.iter().map(|f| (f.name.to_owned(), f.offset, f.bytes)).collect(), layout.bytes)
}

#[test]
fn uniforms_have_one_layout_on_both_sides() {
    for (info, operator) in examples() {
        let module = module(info, &*operator);
        assert_eq!(layout(&module, "Grid"), rust_layout(&GridUniform::LAYOUT), "Grid of {}", info.name);
        assert_eq!(layout(&module, "Params"), rust_layout(&info.params), "Params of {}", info.name);
        for example in (info.examples)() {
            // Some statistics run a kernel of their own.
            let kernel = example.gpu_kernel();
            let known = |info: &OperatorInfo| kernel.wgsl == info.shader.text() && kernel.params.len() == info.params.bytes;
            let made = example.formula().is_some() && kernel.params.len() == info.params.bytes;
            assert!(made || known(info) || PARTS.iter().any(known), "{example:?}");
        }
        let made = operator.gpu_kernel().wgsl.strip_prefix(&info.shader.text()).map(str::len);
        assert_eq!(made.is_some_and(|bytes| bytes > 0), operator.formula().is_some(), "{operator:?}: {made:?}");
    }
}

#[test]
fn constants_have_the_same_bits_on_both_sides() {
    for (info, operator) in examples() {
        let module = module(info, &*operator);
        let shader: BTreeMap<&str, u32> = module
            .constants
            .iter()
            .map(|(_, constant)| {
                let bits = match module.global_expressions[constant.init] {
                    Expression::Literal(Literal::F32(value)) => value.to_bits(),
                    Expression::Literal(Literal::U32(value)) => value,
                    Expression::Literal(Literal::I32(value)) => value as u32,
                    ref other => panic!("a constant that is neither f32 nor u32: {other:?}"),
                };
                (constant.name.as_deref().expect("named"), bits)
            })
            .collect();
        let rust: BTreeMap<&str, u32> = info.constants.iter().flat_map(|table| table.iter()).map(|c| (c.name, c.bits)).collect();
        assert_eq!(shader, rust, "{}", info.name);
    }
}

/// Columns and rows of the workgroups of a module's entry point.
fn workgroup(module: &Module) -> [usize; 2] {
    let [x, y, _] = module.entry_points[0].workgroup_size;
    [x as usize, y as usize]
}

#[test]
fn workgroups_are_those_that_plans_count() {
    for (info, operator) in examples() {
        assert_eq!(workgroup(&module(info, &*operator)), KERNEL_WORKGROUP, "{}", info.name);
    }
    assert_eq!(workgroup(&naga::front::wgsl::parse_str(PACK_BYTE).unwrap()), PACK_WORKGROUP);
}

#[test]
fn bindings_and_the_entry_point_are_the_abi() {
    for (info, operator) in examples() {
        let module = module(info, &*operator);
        let binding = |(_, v): (_, &naga::GlobalVariable)| {
            let at = v.binding.expect("every global is bound");
            let writes = matches!(v.space, AddressSpace::Storage { access } if access.contains(naga::StorageAccess::STORE));
            ((at.group, at.binding), v.name.clone().expect("named"), v.space == AddressSpace::Uniform, writes)
        };
        let shared = |v: &naga::GlobalVariable| v.space == AddressSpace::WorkGroup;
        let mut bindings: Vec<_> = module.global_variables.iter().filter(|(_, v)| !shared(v)).map(binding).collect();
        bindings.sort();
        let expected = [("grid", true, false), ("params", true, false), ("row_factors", false, false), ("output", false, true)];
        let inputs = if operator.is_dispatched_by_input() { 1 } else { operator.inputs() };
        let inputs: Vec<String> = (0..inputs).map(|k| format!("input{k}")).collect();
        let table = (operator.most_table_bytes() > 0).then_some(("steps", false, false));
        let all = expected.into_iter().chain(inputs.iter().map(|name| (name.as_str(), false, false))).chain(table);
        let all: Vec<_> = all.zip(0..).map(|((name, uniform, writes), at)| ((0, at), name.to_owned(), uniform, writes)).collect();
        assert_eq!(bindings, all, "{}", info.name);
        let [entry] = &module.entry_points[..] else { panic!("{} has one entry point", info.name) };
        assert_eq!((entry.name.as_str(), entry.stage, entry.workgroup_size), ("main", naga::ShaderStage::Compute, [16, 16, 1]));
    }
}

#[test]
fn shaders_call_no_loosely_specified_function() {
    let loose =
        ["atan", "atan2", "sin", "cos", "tan", "asin", "acos", "exp", "exp2", "log", "log2", "pow", "inverseSqrt", "length", "normalize"];
    for (info, operator) in examples() {
        let text = crate::twins::shader_text(info, &*operator);
        let code: String = text.lines().map(|line| line.split("//").next().unwrap_or_default()).collect::<Vec<_>>().join("\n");
        for name in loose {
            let calls =
                code.match_indices(&format!("{name}(")).any(|(at, _)| !code[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_'));
            assert!(!calls, "{} calls {name}", info.name);
        }
    }
}

#[test]
fn the_accuracy_table_has_every_operator() {
    let table = include_str!("../../docs/ACCURACY.md");
    let stale: Vec<&str> = REGISTRY.iter().map(|info| info.name).filter(|name| !table.contains(&format!("\n| `{name}` |"))).collect();
    assert!(stale.is_empty(), "docs/ACCURACY.md lacks {stale:?}: tests/oracle/accuracy_table.py SWATH --update docs/ACCURACY.md");
}

#[test]
fn every_page_says_what_overflow_infinity_and_corners_give() {
    for info in REGISTRY.iter().chain(ARRANGERS) {
        let page = info.doc.to_lowercase();
        let says = |words: &[&str]| words.iter().any(|word| page.contains(word));
        assert!(says(&["infinit"]), "{}: what of an infinite sample?", info.name);
        assert!(says(&["overflow", "beyond float32", "beyond the range"]), "{}: what of an overflow?", info.name);
        assert!(!says(&["--border"]) || says(&["corner"]), "{}: what of the raster's corners?", info.name);
    }
}

#[test]
fn names_are_unique_and_found_in_any_case() {
    for info in all() {
        assert!(ARRANGERS.iter().chain(PARTS).any(|other| other.name == info.name) || swath::op::find(&info.name.to_uppercase()).is_some());
        assert_eq!(all().filter(|other| other.name == info.name).count(), 1);
        assert!(!info.summary.is_empty() && info.summary.len() < 80 && !info.unit.is_empty());
    }
    assert!(swath::op::find("sharpen").is_none());
}
