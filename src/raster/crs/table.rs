//! The EPSG registry as a table of text: what a GeoTIFF says of a CRS beside its code.

/// Made by `scripts/make_epsg_table.py`, which says what the columns are. The dataset is IOGP's.
const TABLE: &str = include_str!("epsg.tsv");

/// One CRS of the registry.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Entry {
    Projected { base: u16, unit: u16, name: &'static str },
    Geographic { unit: u16, semi_major_m: f64, inverse_flattening: f64, name: &'static str },
    Geographic3d { flat: Option<u16>, name: &'static str },
    Compound { across: u16, up: u16, name: &'static str },
    Vertical { unit: u16, name: &'static str },
    Geocentric { name: &'static str },
}

impl Entry {
    pub fn name(&self) -> &'static str {
        match *self {
            Self::Projected { name, .. }
            | Self::Geographic { name, .. }
            | Self::Geographic3d { name, .. }
            | Self::Compound { name, .. }
            | Self::Vertical { name, .. }
            | Self::Geocentric { name } => name,
        }
    }
}

/// The CRS of a code; `None` if the registry has none.
pub(super) fn find(code: u16) -> Option<Entry> {
    let line = line_of(code)?;
    let mut fields = line.split('\t').skip(1);
    let kind = fields.next()?;
    let mut next = || fields.next();
    let number = |text: Option<&'static str>| text?.parse::<u16>().ok();
    Some(match kind {
        "P" => Entry::Projected { base: number(next())?, unit: number(next())?, name: next()? },
        "G" => Entry::Geographic {
            unit: number(next())?,
            semi_major_m: next()?.parse().ok()?,
            inverse_flattening: next()?.parse().ok()?,
            name: next()?,
        },
        "3" => Entry::Geographic3d { flat: number(next()), name: next()? },
        "C" => Entry::Compound { across: number(next())?, up: number(next())?, name: next()? },
        "V" => Entry::Vertical { unit: number(next())?, name: next()? },
        _ => Entry::Geocentric { name: next()? },
    })
}

/// Lines ascend by code: halves are tried.
fn line_of(code: u16) -> Option<&'static str> {
    let (mut low, mut high) = (0, TABLE.len());
    while low < high {
        let middle = (low + high) / 2;
        let start = TABLE[..middle].rfind('\n').map_or(0, |at| at + 1);
        let end = TABLE[middle..].find('\n').map_or(TABLE.len(), |at| middle + at);
        let line = &TABLE[start..end];
        // The comment stands before all codes.
        match line.split('\t').next().and_then(|text| text.parse::<u16>().ok()).unwrap_or(0).cmp(&code) {
            std::cmp::Ordering::Equal => return Some(line),
            std::cmp::Ordering::Less => low = end + 1,
            std::cmp::Ordering::Greater => high = start,
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_is_found_by_its_code_and_understood() {
        let mut before = 0;
        for line in TABLE.lines().filter(|line| !line.starts_with('#')) {
            let code: u16 = line.split('\t').next().unwrap().parse().unwrap();
            assert!(code > before, "{line}");
            before = code;
            let entry = find(code).unwrap_or_else(|| panic!("{line}"));
            assert_eq!(entry.name(), line.rsplit('\t').next().unwrap());
            let base = match entry {
                Entry::Projected { base, .. } => Some(base),
                Entry::Compound { across, up, .. } => find(up).and(Some(across)),
                _ => None,
            };
            assert!(base.is_none_or(|base| find(base).is_some()), "{line}");
        }
        assert!(before > 32_000);
        assert_eq!((find(0), find(1), find(65_535)), (None, None, None));
    }
}
