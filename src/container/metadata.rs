//! `GDAL_METADATA` with statistics in it.

use crate::encode::Statistics;

/// Longest text of a number.
const NUMBER: usize = 25;
const END: &str = "</GDALMetadata>";

/// The metadata with statistics of every band instead of whatever statistics were there, and blanks behind them up to
/// [`room`]; bands without a valid sample have none.
pub(super) fn with_statistics(xml: Option<&str>, bands: &[Statistics], pixels: u64) -> String {
    let mut text = merged(xml, bands.iter().map(|band| values(band, pixels)));
    let room = room(xml, bands.len());
    text.extend(std::iter::repeat_n(' ', room.saturating_sub(text.len())));
    text
}

/// Bytes of [`with_statistics`], whatever the statistics.
pub(super) fn room(xml: Option<&str>, bands: usize) -> usize {
    let longest = || Some(std::array::from_fn(|_| "9".repeat(NUMBER)));
    merged(xml, (0..bands).map(|_| longest())).len()
}

/// GDAL's names, in its order.
const NAMES: [&str; 5] = ["STATISTICS_MAXIMUM", "STATISTICS_MEAN", "STATISTICS_MINIMUM", "STATISTICS_STDDEV", "STATISTICS_VALID_PERCENT"];

fn values(band: &Statistics, pixels: u64) -> Option<[String; 5]> {
    let percent = 100.0 * (band.valid + band.infinite) as f64 / pixels as f64;
    let all = [band.max, band.mean, band.min, band.stddev(), percent];
    (band.valid > 0 && all.iter().all(|v| !v.is_nan())).then(|| all.map(number))
}

/// The shortest text that parses to the same bits.
fn number(value: f64) -> String {
    let plain = value == 0.0 || (1e-5..1e15).contains(&value.abs());
    if plain { format!("{value}") } else { format!("{value:e}") }
}

fn merged(xml: Option<&str>, bands: impl Iterator<Item = Option<[String; 5]>>) -> String {
    let kept = without_statistics(xml.map(str::trim).filter(|xml| xml.ends_with(END)).unwrap_or("<GDALMetadata>\n</GDALMetadata>"));
    let mut text = kept[..kept.len() - END.len()].to_owned();
    for (band, values) in bands.enumerate() {
        for (name, value) in NAMES.iter().zip(values.iter().flatten()) {
            text += &format!("  <Item name=\"{name}\" sample=\"{band}\">{value}</Item>\n");
        }
    }
    text + END + "\n"
}

/// The metadata without items that state statistics.
fn without_statistics(xml: &str) -> String {
    let mut text = String::with_capacity(xml.len());
    let mut rest = xml;
    while let Some(at) = rest.find("<Item") {
        let end = rest[at..].find("</Item>").map_or(rest.len(), |end| at + end + "</Item>".len());
        let item = &rest[at..end];
        let head = item.split('>').next().unwrap_or_default();
        if head.contains("\"STATISTICS_") {
            text.push_str(rest[..at].trim_end_matches([' ', '\t']));
            rest = rest[end..].strip_prefix('\n').unwrap_or(&rest[end..]);
        } else {
            text.push_str(&rest[..end]);
            rest = &rest[end..];
        }
    }
    text + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statistics_replace_older_ones_and_leave_all_else() {
        let old = "<GDALMetadata>\n  <Item name=\"STATISTICS_MEAN\" sample=\"0\">1</Item>\n  \
                   <Item name=\"DESCRIPTION\" sample=\"0\" role=\"description\">height</Item>\n</GDALMetadata>\n";
        let mut band = Statistics::default();
        (band.valid, band.min, band.max, band.mean) = (3, -1.5, 1e20, 0.1);
        let new = with_statistics(Some(old), &[band, Statistics::default()], 4);
        assert_eq!(new.matches("STATISTICS_MEAN").count(), 1);
        assert!(
            new.contains(">0.1</Item>") && new.contains(">1e20</Item>") && new.contains(">75</Item>") && new.contains(">height</Item>")
        );
        assert_eq!(new.len(), room(Some(old), 2));
        assert!(new.trim_end().ends_with(END) && new.matches("<Item").count() == 6);
        assert!(room(None, 1) > 100);
    }
}
