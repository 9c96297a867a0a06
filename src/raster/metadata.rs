//! `GDAL_METADATA`: named texts of a raster and of its bands, as GDAL keeps them in a TIFF.

use super::{
    metadata_item::MetadataItem,
    metadata_xml::{escaped, items},
};
use std::{collections::HashMap, fmt::Write as _, ops::Range};

/// All items, in their order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Metadata {
    /// The items.
    pub items: Vec<MetadataItem>,
}

impl Metadata {
    /// Reads GDAL's XML; what is no item of it is passed over.
    pub fn parse(xml: &str) -> Self {
        Self { items: items(xml).into_iter().map(|element| element.item).collect() }
    }

    /// The bytes of GDAL's XML that statistics take, in their order.
    pub fn statistics_within(xml: &str) -> Vec<Range<usize>> {
        items(xml).into_iter().filter(|element| element.item.is_statistic()).map(|element| element.span).collect()
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
            // GDAL escapes values, and undoes it, twice: what is escaped once it cuts at an '&'.
            let _ = writeln!(xml, "  <Item {attributes}>{}</Item>", escaped(&escaped(&item.value)));
        }
        xml + "</GDALMetadata>\n"
    }

    /// What describes the raster or one of these bands; the bands are numbered anew, in their order.
    #[must_use]
    pub fn of_bands(mut self, bands: &[usize]) -> Self {
        let mut places: HashMap<usize, Vec<usize>> = HashMap::new();
        for (place, &band) in bands.iter().enumerate() {
            places.entry(band).or_default().push(place);
        }
        let mut items = Vec::new();
        for item in self.items.drain(..) {
            match item.band {
                None => items.push(item),
                Some(band) => {
                    let places = places.get(&band).into_iter().flatten();
                    items.extend(places.map(|&place| MetadataItem { band: Some(place), ..item.clone() }));
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

    /// Sets many items, one after the other, as [`set`](Self::set) does; besides, of items that have a role in GDAL one of the same role
    /// and band goes, whatever the letters of its name. The time is proportional to their number.
    pub fn set_all(&mut self, items: impl IntoIterator<Item = MetadataItem>) {
        let key = |item: &MetadataItem| (item.name.clone(), item.band, item.domain.clone());
        let role = |item: &MetadataItem| item.role.clone().map(|role| (role, item.band));
        let mut all: Vec<Option<MetadataItem>> = Vec::new();
        let (mut by_key, mut by_role) = (HashMap::<_, usize>::new(), HashMap::<_, Vec<usize>>::new());
        let old = self.items.drain(..).map(|item| (item, false));
        for (item, replaces) in old.chain(items.into_iter().map(|item| (item, true))) {
            let role = role(&item);
            if let (true, Some(role)) = (replaces, &role) {
                by_role.remove(role).into_iter().flatten().for_each(|at| all[at] = None);
            }
            let at = match by_key.get(&key(&item)).copied().filter(|&at| replaces && all[at].is_some()) {
                Some(at) => at,
                None => {
                    all.push(None);
                    all.len() - 1
                }
            };
            match replaces {
                true => by_key.insert(key(&item), at),
                false => Some(*by_key.entry(key(&item)).or_insert(at)),
            };
            if let Some(role) = role {
                by_role.entry(role).or_default().push(at);
            }
            all[at] = Some(item);
        }
        self.items = all.into_iter().flatten().collect();
    }

    /// The text of an item in the default domain.
    pub fn get(&self, name: &str, band: Option<usize>) -> Option<&str> {
        let found = self.items.iter().find(|item| item.name == name && item.band == band && item.domain.is_none());
        found.map(|item| item.value.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const XML: &str = "<GDALMetadata>\n  <Item name=\"source\">a &amp;lt;b&amp;gt; &amp;amp; c</Item>\n  \
        <Item name=\"DESCRIPTION\" sample=\"0\" role=\"description\">red</Item>\n  \
        <Item name=\"STATISTICS_MEAN\" sample=\"1\">7</Item>\n  \
        <Item name=\"SCALE\" sample=\"1\" role=\"scale\">0.5</Item>\n  \
        <Item name=\"k\" domain=\"IMAGERY\">v</Item>\n</GDALMetadata>\n";

    #[test]
    fn gdals_xml_comes_back_as_it_was() {
        let metadata = Metadata::parse(XML);
        assert_eq!((metadata.items.len(), metadata.to_xml().as_str()), (5, XML));
        assert_eq!(metadata.get("source", None), Some("a <b> & c"));
        // What other writers escape once is read, too.
        let once =
            "<GDALMetadata><Item name=\"a\">R&amp;D</Item><Item name=\"b\">caf&#233;</Item><Item name=\"c\">x & y</Item></GDALMetadata>";
        let once = Metadata::parse(once);
        assert_eq!(["a", "b", "c"].map(|name| once.get(name, None)), [Some("R&D"), Some("caf\u{e9}"), Some("x & y")]);
        assert!(once.to_xml().contains("<Item name=\"a\">R&amp;amp;D</Item>"));
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
    fn many_items_are_set_as_each_of_them_would_be() {
        let items = [
            MetadataItem::new("description", Some(0), "nir"),
            MetadataItem::new("author", None, "x"),
            MetadataItem::new("Scale", Some(1), "2"),
            MetadataItem::new("author", None, "y"),
            MetadataItem::new("source", None, "z"),
        ];
        let (mut one_by_one, mut together) = (Metadata::parse(XML), Metadata::parse(XML));
        items.iter().for_each(|item| one_by_one.set(item.clone()));
        together.set_all(items);
        let sorted = |mut metadata: Metadata| {
            metadata.items.sort_by(|a, b| (&a.name, a.band).cmp(&(&b.name, b.band)));
            metadata
        };
        assert_eq!(sorted(together), sorted(one_by_one));
        // Roles are found whatever the name.
        let mut metadata = Metadata::default();
        let item = |name: &str| MetadataItem { role: Some("scale".into()), ..MetadataItem::new(name, Some(0), name) };
        metadata.set_all([item("SCALE"), item("Scale2")]);
        assert_eq!(metadata.items, [item("Scale2")]);
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
