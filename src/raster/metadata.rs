//! `GDAL_METADATA`: named texts of a raster and of its bands, as GDAL keeps them in a TIFF.

use std::fmt::Write as _;

/// One named text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MetadataItem {
    /// Its name, such as `DESCRIPTION`.
    pub name: String,
    /// The band that it is of, the first is 0; `None`: the whole raster.
    pub band: Option<usize>,
    /// Its text.
    pub value: String,
    /// What GDAL takes it for: `description`, `scale`, `offset`, `unittype`, `colorinterp`.
    pub role: Option<String>,
    /// GDAL's domain of metadata, where it is not the default one.
    pub domain: Option<String>,
}

/// All items, in their order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Metadata {
    /// The items.
    pub items: Vec<MetadataItem>,
}

/// What has a role of its own in GDAL.
const ROLES: [&str; 5] = ["DESCRIPTION", "SCALE", "OFFSET", "UNITTYPE", "COLORINTERP"];
/// Name of the item that has the unit of a band's samples.
pub const UNIT_ITEM: &str = "UNITTYPE";
/// How names of statistics begin.
const STATISTICS: &str = "STATISTICS_";

impl MetadataItem {
    /// An item of the whole raster, or of a band (the first is 0).
    pub fn new(name: impl Into<String>, band: Option<usize>, value: impl Into<String>) -> Self {
        let name = name.into();
        let role = band.and_then(|_| ROLES.iter().find(|role| name.eq_ignore_ascii_case(role))).map(|role| role.to_ascii_lowercase());
        let name = if role.is_some() { name.to_ascii_uppercase() } else { name };
        Self { name, band, value: value.into(), role, domain: None }
    }

    /// Whether it is one of the statistics that GDAL keeps of a band.
    pub fn is_statistic(&self) -> bool {
        self.name.starts_with(STATISTICS)
    }
}

impl Metadata {
    /// Reads GDAL's XML; what is no item of it is passed over.
    pub fn parse(xml: &str) -> Self {
        let mut items = Vec::new();
        let mut rest = xml;
        while let Some(at) = rest.find("<Item") {
            rest = &rest[at + "<Item".len()..];
            let Some(head_end) = rest.find('>') else { break };
            let (head, body) = (&rest[..head_end], &rest[head_end + 1..]);
            let (value, tail) = match head.ends_with('/') {
                true => ("", body),
                false => match body.find("</Item>") {
                    Some(end) => (&body[..end], &body[end + "</Item>".len()..]),
                    None => break,
                },
            };
            rest = tail;
            let Some(name) = attribute(head, "name") else { continue };
            items.push(MetadataItem {
                name,
                band: attribute(head, "sample").and_then(|text| text.parse().ok()),
                value: unescaped(value),
                role: attribute(head, "role"),
                domain: attribute(head, "domain"),
            });
        }
        Self { items }
    }

    /// GDAL's XML; empty where there is no item.
    pub fn to_xml(&self) -> String {
        if self.items.is_empty() {
            return String::new();
        }
        let mut xml = "<GDALMetadata>\n".to_owned();
        for item in &self.items {
            let mut attributes = format!("name=\"{}\"", escaped(&item.name));
            // Writing to a String cannot fail.
            if let Some(band) = item.band {
                let _ = write!(attributes, " sample=\"{band}\"");
            }
            for (key, value) in [("role", &item.role), ("domain", &item.domain)] {
                if let Some(value) = value {
                    let _ = write!(attributes, " {key}=\"{}\"", escaped(value));
                }
            }
            let _ = writeln!(xml, "  <Item {attributes}>{}</Item>", escaped(&item.value));
        }
        xml + "</GDALMetadata>\n"
    }

    /// What describes the raster or one of these bands; the bands are numbered anew, in their order.
    #[must_use]
    pub fn of_bands(mut self, bands: &[usize]) -> Self {
        let mut items = Vec::new();
        for item in self.items.drain(..) {
            match item.band {
                None => items.push(item),
                Some(band) => {
                    let places = bands.iter().enumerate().filter(|(_, wanted)| **wanted == band);
                    items.extend(places.map(|(place, _)| MetadataItem { band: Some(place), ..item.clone() }));
                }
            }
        }
        Self { items }
    }

    /// All but statistics: they are those of other samples.
    #[must_use]
    pub fn without_statistics(mut self) -> Self {
        self.items.retain(|item| !item.is_statistic());
        self
    }

    /// Whether there are statistics.
    pub fn has_statistics(&self) -> bool {
        self.items.iter().any(MetadataItem::is_statistic)
    }

    /// Sets an item; one of the same name, band and domain goes.
    pub fn set(&mut self, item: MetadataItem) {
        let same = |other: &MetadataItem| (&other.name, other.band, &other.domain) == (&item.name, item.band, &item.domain);
        match self.items.iter().position(same) {
            Some(at) => self.items[at] = item,
            None => self.items.push(item),
        }
    }

    /// The text of an item in the default domain.
    pub fn get(&self, name: &str, band: Option<usize>) -> Option<&str> {
        let found = self.items.iter().find(|item| item.name == name && item.band == band && item.domain.is_none());
        found.map(|item| item.value.as_str())
    }
}

/// The value of an attribute in the head of an element.
fn attribute(head: &str, name: &str) -> Option<String> {
    let mut rest = head;
    loop {
        let at = rest.find(name)?;
        let before = rest[..at].chars().next_back();
        let tail = rest[at + name.len()..].trim_start();
        rest = &rest[at + name.len()..];
        if before.is_some_and(char::is_whitespace)
            && let Some(tail) = tail.strip_prefix('=')
        {
            let tail = tail.trim_start();
            let quote = tail.chars().next().filter(|c| matches!(c, '"' | '\''))?;
            let end = tail[1..].find(quote)?;
            return Some(unescaped(&tail[1..=end]));
        }
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

fn unescaped(text: &str) -> String {
    text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&apos;", "'").replace("&amp;", "&")
}

#[cfg(test)]
mod tests {
    use super::*;

    const XML: &str = "<GDALMetadata>\n  <Item name=\"source\">a &lt;b&gt; &amp; c</Item>\n  \
        <Item name=\"DESCRIPTION\" sample=\"0\" role=\"description\">red</Item>\n  \
        <Item name=\"STATISTICS_MEAN\" sample=\"1\">7</Item>\n  \
        <Item name=\"SCALE\" sample=\"1\" role=\"scale\">0.5</Item>\n  \
        <Item name=\"k\" domain=\"IMAGERY\">v</Item>\n</GDALMetadata>\n";

    #[test]
    fn gdals_xml_comes_back_as_it_was() {
        let metadata = Metadata::parse(XML);
        assert_eq!((metadata.items.len(), metadata.to_xml().as_str()), (5, XML));
        assert_eq!(metadata.get("source", None), Some("a <b> & c"));
        assert_eq!((metadata.get("k", None), metadata.get("SCALE", Some(1))), (None, Some("0.5")));
        assert_eq!(Metadata::parse("<GDALMetadata></GDALMetadata>").to_xml(), "");
        for broken in ["<Item", "<Item name=\"a\"", "<Item name=\"a\">b", "<Item name=>b</Item>", "<Item>b</Item>"] {
            assert!(Metadata::parse(broken).items.is_empty(), "{broken}");
        }
        assert_eq!(Metadata::parse("<Item rename='x' name = 'a' sample='2' />").items[0], MetadataItem::new("a", Some(2), ""));
    }

    #[test]
    fn bands_take_their_items_along_and_statistics_can_go() {
        let second = Metadata::parse(XML).of_bands(&[1, 1]);
        assert_eq!((second.get("SCALE", Some(0)), second.get("SCALE", Some(1))), (Some("0.5"), Some("0.5")));
        assert_eq!((second.get("DESCRIPTION", Some(0)), second.get("source", None).is_some()), (None, true));
        assert!(second.has_statistics() && !second.without_statistics().has_statistics());
    }

    #[test]
    fn what_is_set_replaces_and_has_its_role() {
        let mut metadata = Metadata::parse(XML);
        metadata.set(MetadataItem::new("description", Some(0), "nir"));
        metadata.set(MetadataItem::new("author", None, "x"));
        assert_eq!((metadata.items.len(), metadata.get("DESCRIPTION", Some(0))), (6, Some("nir")));
        assert_eq!(metadata.items[1].role.as_deref(), Some("description"));
    }
}
