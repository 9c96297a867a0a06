//! Nodata values as other people's software writes them.

use crate::raster::{Nodata, NodataError};

/// What a text declares.
#[derive(Debug, PartialEq)]
pub(super) struct NodataText {
    /// The value; `None` where there is no number.
    pub nodata: Option<Nodata>,
    /// What is odd about the text, where it is not just a number: the end of a sentence whose subject is the text's place.
    pub odd: Option<String>,
}

/// Reads a text: a number, or a number in front of something else, as GDAL reads it.
pub(super) fn read(text: &str) -> NodataText {
    let trimmed = text.trim_matches(|c: char| c.is_whitespace() || c == '\0');
    if let Some(nodata) = number(trimmed) {
        return NodataText { nodata: Some(nodata), odd: None };
    }
    let shown: String = trimmed.chars().take(40).collect();
    match number_in_front(trimmed) {
        Some(nodata) => {
            NodataText { nodata: Some(nodata), odd: Some(format!("holds '{}', of which {nodata} is taken", shown.escape_debug())) }
        }
        None => {
            NodataText { nodata: None, odd: Some(format!("holds '{}', which is no number: no value is missing", shown.escape_debug())) }
        }
    }
}

fn number(text: &str) -> Option<Nodata> {
    // What the C library of older Windows printed for NaN and infinities.
    let lower = text.to_ascii_lowercase();
    if lower.contains("#qnan") || lower.contains("#snan") || lower.contains("#ind") {
        return Some(Nodata::Float(f64::NAN));
    }
    if lower.contains("#inf") {
        return Some(Nodata::Float(if lower.starts_with('-') { f64::NEG_INFINITY } else { f64::INFINITY }));
    }
    match text.parse() {
        // What GDAL reads in it.
        Err(NodataError::Beyond { nearest, .. }) => Some(Nodata::Float(nearest)),
        parsed => parsed.ok(),
    }
}

/// The longest number that a text begins with; a comma may stand for the point.
fn number_in_front(text: &str) -> Option<Nodata> {
    /// No number that is worth reading is longer.
    const LONGEST: usize = 64;
    let ends = text.char_indices().map(|(at, c)| at + c.len_utf8()).take(LONGEST);
    let prefixes: Vec<&str> = ends.map(|end| &text[..end]).collect();
    let begins_as_number = |prefix: &&&str| prefix.contains(|c: char| c.is_ascii_digit());
    prefixes.iter().rev().filter(begins_as_number).find_map(|prefix| number(prefix).or_else(|| number(&prefix.replacen(',', ".", 1))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_number_in_front_is_taken_and_told() {
        // As rasterio 1.4.4 (GDAL 3.10.3) reads tags with these texts.
        for (text, taken) in [("-9999 0", "-9999"), ("-9999,", "-9999"), ("-9999abc", "-9999"), ("-9,999", "-9.999e0"), ("1e5x", "1e5")] {
            let read = read(text);
            assert_eq!(read.nodata.map(|n| n.to_f64()), taken.parse().ok(), "{text}");
            assert!(read.odd.as_ref().is_some_and(|odd| odd.contains(text)), "{read:?}");
        }
    }

    #[test]
    fn plain_numbers_are_not_odd_and_words_declare_nothing() {
        for text in ["-9999", " -9999.0 ", "nan", "-1.#IND", "1.#QNAN", "inf", "1e400", "-1.#INF"] {
            assert!(matches!(read(text), NodataText { nodata: Some(_), odd: None }), "{text}");
        }
        for text in [" ", "none", "abc", "-", "\u{e9}"] {
            assert!(matches!(read(text), NodataText { nodata: None, odd: Some(_) }), "{text}");
        }
        assert_eq!(read("-1.#INF").nodata, Some(Nodata::Float(f64::NEG_INFINITY)));
    }
}
