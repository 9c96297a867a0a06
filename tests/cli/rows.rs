//! Rows of the registry: what they build, what they refuse, and the pages that are made of them.

use crate::snapshot;
use std::{fs, path::Path};
use swath::{
    error::{Error, OptionsProblem},
    graph::Operator,
    op::{Focal, FocalShape, OptionInfo, OptionKind, REGISTRY, STRUCTS, build, operators::Convolve},
    prelude::ConvolveKernel,
};

/// Operators that cannot be built without an option.
const WITHOUT_DEFAULT: &[&str] = &["bilateral", "calc", "rescale", "clamp", "cast", "reclassify"];

fn again(operator: &dyn Operator) -> String {
    let options = operator.options().unwrap_or_else(|| panic!("{operator:?} says no options"));
    let options: Vec<(&str, &str)> = options.iter().map(|(name, value)| (*name, value.as_str())).collect();
    format!("{:?}", build(operator.name(), &options).unwrap_or_else(|error| panic!("{options:?} of {}: {error}", operator.name())))
}

fn refused(name: &str, options: &[(&str, &str)]) -> Error {
    let error = build(name, options).err().unwrap_or_else(|| panic!("{name} {options:?} is accepted"));
    assert!(error.is_refusal(), "{error}");
    error
}

#[test]
fn what_is_built_of_no_options_is_the_default() {
    for (info, (name, default)) in REGISTRY.iter().zip(STRUCTS) {
        let default = default();
        assert_eq!(default.name(), info.name, "{name}");
        match build(info.name, &[]) {
            Ok(built) => assert_eq!(format!("{built:?}"), format!("{default:?}")),
            Err(error) => assert!(WITHOUT_DEFAULT.contains(&info.name) && error.is_refusal(), "{}: {error}", info.name),
        }
        if default.check().is_ok() {
            assert_eq!(again(&*default), format!("{default:?}"));
        }
    }
}

#[test]
fn every_example_survives_as_options() {
    for info in REGISTRY {
        for example in (info.examples)() {
            assert_eq!(again(&*example), format!("{example:?}"));
        }
    }
}

#[test]
fn a_wide_index_is_built_as_the_command_builds_it() {
    let wide = build("tpi", &[("radius", "20"), ("shape", "annulus"), ("inner", "10"), ("no-edges", "true")]).expect("an operator");
    assert_eq!((wide.name(), again(&*wide)), ("focal", format!("{wide:?}")));
    assert_eq!(build("tpi", &[("radius", "1")]).expect("an operator").name(), "tpi");
}

#[test]
fn names_and_values_are_refused_with_what_is_accepted() {
    for (name, options, told) in [
        ("slop", &[][..], "operator 'slop' is not accepted: slope, aspect,"),
        (
            "slope",
            &[("unti", "percent")],
            "option 'unti' is not accepted: slope has unit, zfactor, gradient-alg, scale, xscale, yscale, border, no-edges; did you mean 'unit'?",
        ),
        ("slope", &[("unit", "grad")], "unit 'grad' is not accepted: degree, percent"),
        ("slope", &[("unit", "percent"), ("unit", "degree")], "unit 'degree' is not accepted: one value, not two"),
        ("slope", &[("zfactor", "high")], "zfactor 'high' is not accepted: a number"),
        ("slope", &[("zfactor", "0")], "zfactor '0' is not accepted: a number above 0"),
        ("slope", &[("no-edges", "perhaps")], "no-edges 'perhaps' is not accepted: true or false"),
        ("focal", &[("radius", "1.5")], "radius '1.5' is not accepted: a whole number"),
        ("focal", &[("footprint", "1 x")], "footprint '1 x' is not accepted: 'x' is not a number; rows such as"),
        ("rescale", &[("from", "1")], "from '1' is not accepted: two numbers, such as 0,255"),
        ("color-map", &[("range", "2,1")], "range '2,1' is not accepted: two numbers, the less one first"),
        ("color-map", &[("color-map", "virdis")], "colour ramp 'virdis' is not accepted: viridis,"),
        ("cast", &[("to", "int12")], "to 'int12' is not accepted: uint8,"),
        ("calc", &[("expression", "A +")], "expression 'A +' is not accepted:"),
        ("calc", &[("expression", "A"), ("A", "dem.tif")], "A 'dem.tif' is not accepted: a raster, which is an input"),
    ] {
        let error = refused(name, options).to_string();
        assert!(error.starts_with(told), "{name} {options:?}: {error}");
    }
}

#[test]
fn options_that_do_not_go_together_are_refused() {
    for (name, options, told) in [
        ("focal", &[("inner", "2")][..], "inner 2 goes with shape annulus, not with box"),
        ("focal", &[("percentile", "5")], "percentile 5 goes with stat percentile, not with mean"),
        ("tpi", &[("shape", "custom")], "shape custom takes footprint ROWS, such as '0 1 0; 1 1 1; 0 1 0'"),
        ("morphology", &[("shape", "circle"), ("footprint", "1")], "footprint goes with shape custom, not with circle"),
        (
            "morphology",
            &[("footprint", "1"), ("radius", "2")],
            "radius 2 does not go with a footprint, which is as large as its rows and columns",
        ),
        ("convolve", &[("kernel", "sobel"), ("sigma", "2")], "sigma 2 goes with kernel gaussian or unsharp, not with sobel"),
        ("convolve", &[("normalize", "true")], "normalize takes weights with it"),
        ("slope", &[("scale", "2"), ("xscale", "3")], "scale does not go with xscale"),
        ("slope", &[("xscale", "3")], "xscale takes yscale with it"),
        ("slope", &[("no-edges", "true"), ("compute-edges", "true")], "compute-edges does not go with no-edges"),
        ("equal-interval", &[("min", "0")], "min takes max with it"),
        ("bilateral", &[], "range-sigma is missing: bilateral cannot do without"),
    ] {
        let error = refused(name, options);
        assert_eq!(error.to_string(), told, "{name} {options:?}");
        assert!(matches!(error, Error::Options(_)), "{error:?}");
    }
    // A switch that is off stands in nobody's way, and underscores are as good as hyphens.
    assert!(build("slope", &[("no_edges", "true"), ("compute_edges", "false")]).is_ok());
    // What fields say is held to the same rules.
    let hole = Focal { inner: 2, radius: 4, ..Focal::default() };
    assert!(matches!(hole.check(), Err(Error::Options(OptionsProblem::OnlyWith { option: "inner", .. }))));
    assert!(Focal { shape: FocalShape::Annulus, ..hole }.check().is_ok());
    assert!(Convolve { kernel: ConvolveKernel::Sobel, sigma: 2.0, ..Convolve::default() }.check().is_err());
}

#[test]
fn rules_name_options_that_there_are() {
    for info in REGISTRY {
        let known = |name: &str| info.all_options().find(|option| option.name == name);
        for option in info.all_options() {
            let value = |name: &str, value: &str| known(name).is_some_and(|other| other.check(value).is_ok());
            assert!(option.excludes.iter().chain(option.requires).all(|name| known(name).is_some()), "{}", option.name);
            assert!(option.only_with.is_none_or(|(with, values)| values.iter().all(|text| value(with, text))), "{}", option.name);
            assert!(option.not_with.is_none_or(|(with, text, _)| value(with, text)), "{}", option.name);
            assert!(option.needed_by.is_none_or(|(with, text, example)| value(with, text) && option.check(example).is_ok()));
            assert!(option.default.is_none_or(|text| option.check(text).is_ok()), "{}", option.name);
            assert!(option.default_with.is_none_or(|(with, text)| known(with).is_some() && option.check(text).is_ok()));
            assert_eq!(info.all_options().filter(|other| other.is_named(option.name)).count(), 1, "{} of {}", option.name, info.name);
        }
    }
}

/// Lines of at most this many characters.
const WIDTH: usize = 118;

/// A point of a list, wrapped.
fn point(indent: usize, text: &str) -> String {
    let mut lines = vec![format!("{}-", " ".repeat(indent))];
    for word in text.split_whitespace() {
        let line = lines.last_mut().expect("a line");
        if line.chars().count() + 1 + word.chars().count() > WIDTH {
            lines.push(format!("{}{word}", " ".repeat(indent + 2)));
        } else {
            *line += &format!(" {word}");
        }
    }
    lines.join("\n") + "\n"
}

/// What a page says of an option.
fn described(option: &OptionInfo) -> String {
    let typed = if option.value_name.is_empty() { String::new() } else { format!(" {}", option.value_name) };
    let typed = if option.positional { option.value_name.to_owned() } else { format!("--{}{typed}", option.name) };
    // Brackets are no links.
    let mut text = format!("`{typed}`: {}", option.help.replace('[', "\\[").replace(']', "\\]"));
    text += &option.default_text().map(|default| format!(" (default: {default})")).unwrap_or_default();
    text += if option.required { "; must be given." } else { "." };
    for alias in option.gdal {
        text += &match alias.value {
            Some(value) => format!(" GDAL's `{}` is `{value}`.", alias.flag),
            None => format!(" GDAL's `{}`.", alias.flag),
        };
    }
    let mut lines = point(0, &text);
    if let OptionKind::Choice(choice) = option.kind {
        for value in choice.values {
            lines += &point(2, &format!("`{}`: {}", value.name, value.about.join(" ")));
        }
    }
    lines
}

const MARKS: (&str, &str) = ("<!-- options: scripts/regenerate.sh writes them -->\n", "<!-- end -->\n");

#[test]
fn pages_have_the_options_of_their_rows() {
    for info in REGISTRY {
        let file = format!("docs/operators/{}.md", info.name);
        let page = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(&file)).expect("a page");
        // A page without the marks gets them at its end.
        let (before, after) = match page.split_once(MARKS.0) {
            Some((before, rest)) => (before.to_owned(), rest.split_once(MARKS.1).expect("a mark after the options").1),
            None => (format!("{}\n\n", page.trim_end()), ""),
        };
        let options: String = info.shown_options().map(described).collect();
        snapshot::compare(&file, &format!("{before}{}Options:\n\n{options}{}{after}", MARKS.0, MARKS.1));
    }
}

#[test]
fn the_modules_table_is_the_registrys() {
    let mut table = "| operator | result | shader |\n|---|---|---|\n".to_owned();
    for (info, (name, _)) in REGISTRY.iter().zip(STRUCTS) {
        let shader = info.shader.files.last().map_or("", |(name, _)| name);
        table += &format!("| [`{name}`] | {} | `shaders/{shader}` |\n", info.summary);
    }
    snapshot::compare("docs/OPERATORS.md", &table);
}
