//! GDAL's colour files: `value R G B [A]` or `value name [A]` a line; `value` may be `nv` or a percentage.

use super::{ColorEntry, ColorPlace};
use crate::error::{Error, Result};

/// Names as GDAL has them, and its shades.
const NAMES: [(&str, [u8; 3]); 16] = [
    ("white", [255, 255, 255]),
    ("black", [0, 0, 0]),
    ("red", [255, 0, 0]),
    ("green", [0, 255, 0]),
    ("blue", [0, 0, 255]),
    ("yellow", [255, 255, 0]),
    ("magenta", [255, 0, 255]),
    ("cyan", [0, 255, 255]),
    ("aqua", [0, 191, 191]),
    ("grey", [191, 191, 191]),
    ("gray", [191, 191, 191]),
    ("orange", [255, 127, 0]),
    ("brown", [191, 127, 63]),
    ("purple", [127, 0, 255]),
    ("violet", [127, 0, 255]),
    ("indigo", [0, 127, 255]),
];
const OPAQUE: u8 = 255;

/// The entries of a colour file's text.
///
/// # Errors
/// [`Error::Usage`] with the line that is wrong.
pub(super) fn parse(text: &str) -> Result<Vec<ColorEntry>> {
    let mut entries = Vec::new();
    for (number, line) in (1..).zip(text.trim_start_matches('\u{feff}').lines()) {
        let words: Vec<&str> = line.split([' ', ',', '\t', ':']).filter(|word| !word.is_empty()).collect();
        if words.first().is_none_or(|word| word.starts_with(['#', '/'])) {
            continue;
        }
        entries.push(entry(&words).map_err(|accepted| Error::Usage {
            what: "line of the colour file",
            given: format!("{number}: {}", line.trim()),
            accepted,
        })?);
    }
    if entries.is_empty() {
        let accepted = "at least one line 'value red green blue'".to_owned();
        return Err(Error::Usage { what: "colour file", given: "no colours".to_owned(), accepted });
    }
    Ok(entries)
}

fn entry(words: &[&str]) -> std::result::Result<ColorEntry, String> {
    let byte = |word: &str| word.parse::<u8>().map_err(|_| format!("a whole number from 0 to 255, not '{word}'"));
    let at = place(words[0])?;
    let (color, alpha) = match words[1..] {
        [] => return Err("red, green and blue after the value, or a colour's name".to_owned()),
        [name] => (named(name)?, OPAQUE),
        [name, alpha] => (named(name)?, byte(alpha)?),
        [r, g, b] => ([byte(r)?, byte(g)?, byte(b)?], OPAQUE),
        [r, g, b, alpha, ..] => ([byte(r)?, byte(g)?, byte(b)?], byte(alpha)?),
    };
    Ok(ColorEntry { at, color: [color[0], color[1], color[2], alpha] })
}

fn place(word: &str) -> std::result::Result<ColorPlace, String> {
    if word.eq_ignore_ascii_case("nv") || word.eq_ignore_ascii_case("nan") {
        return Ok(ColorPlace::Missing);
    }
    if let Some(number) = word.strip_suffix('%') {
        let percent = number.parse::<f64>().ok().filter(|p| (0.0..=100.0).contains(p));
        return percent.map(ColorPlace::Percent).ok_or_else(|| format!("0% to 100%, not '{word}'"));
    }
    let value = word.parse::<f64>().ok().filter(|v| !v.is_nan());
    value.map(ColorPlace::Value).ok_or_else(|| format!("a number, a percentage or nv, not '{word}'"))
}

fn named(word: &str) -> std::result::Result<[u8; 3], String> {
    let found = NAMES.iter().find(|(name, _)| name.eq_ignore_ascii_case(word));
    found.map(|&(_, color)| color).ok_or_else(|| {
        let names: Vec<&str> = NAMES.iter().map(|(name, _)| *name).collect();
        format!("a colour's name ({}) or three numbers, not '{word}'", names.join(", "))
    })
}

/// The text of a colour file with these entries.
pub(super) fn text(entries: &[ColorEntry]) -> String {
    let line = |ColorEntry { at, color: [red, green, blue, alpha] }: &ColorEntry| {
        let place = match at {
            ColorPlace::Value(value) => value.to_string(),
            ColorPlace::Percent(percent) => format!("{percent}%"),
            ColorPlace::Missing => "nv".to_owned(),
        };
        format!("{place} {red} {green} {blue} {alpha}\n")
    };
    entries.iter().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_separator_and_form_is_read() {
        let text = "# a comment\n/ another\n\n  0 1 2 3\r\n10.5,4,5,6,7\n20%:grey\n-1e3\tOrange 9\nnv 8 8 8\n";
        let entry = |at, color| ColorEntry { at, color };
        let expected = [
            entry(ColorPlace::Value(0.0), [1, 2, 3, 255]),
            entry(ColorPlace::Value(10.5), [4, 5, 6, 7]),
            entry(ColorPlace::Percent(20.0), [191, 191, 191, 255]),
            entry(ColorPlace::Value(-1e3), [255, 127, 0, 9]),
            entry(ColorPlace::Missing, [8, 8, 8, 255]),
        ];
        assert_eq!(parse(text).unwrap(), expected);
        assert_eq!(parse(&super::text(&expected)).unwrap(), expected);
    }

    #[test]
    fn what_is_wrong_is_told_with_its_line() {
        for (text, told) in [
            ("0 red\n5 pnk", "2: 5 pnk"),
            ("abc red", "a number, a percentage or nv, not 'abc'"),
            ("101% red", "0% to 100%, not '101%'"),
            ("0 300 0 0", "a whole number from 0 to 255, not '300'"),
            ("0", "red, green and blue after the value"),
            ("# nothing\n", "no colours"),
        ] {
            let error = parse(text).unwrap_err();
            assert!(error.is_refusal() && error.to_string().contains(told), "{error}");
        }
    }
}
