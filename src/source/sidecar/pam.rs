//! `.aux.xml`: what GDAL keeps beside a file that cannot hold it, or that was opened for reading.

use crate::{
    raster::{Affine, Crs, MetadataItem, Nodata, Profile, UNIT_ITEM},
    source::nodata_text,
};
use quick_xml::{Reader, events::Event};

/// Most elements that are read, and most levels of them: real files have far fewer.
const MAX_ELEMENTS: usize = 100_000;
const MAX_DEPTH: usize = 32;

/// What a `.aux.xml` says, as far as it can be honoured.
#[derive(Debug, Default)]
pub(super) struct Pam {
    srs: Option<String>,
    transform: Option<Affine>,
    /// Six numbers a point: column, row, 0, x, y, z.
    control_points: Vec<f64>,
    control_points_srs: Option<String>,
    items: Vec<MetadataItem>,
    /// By band, from 0.
    nodata: Vec<(usize, Nodata)>,
    /// What is odd about it or cannot be honoured.
    warnings: Vec<String>,
}

/// An element of XML with what is in it.
#[derive(Debug, Default)]
struct Element {
    name: String,
    attributes: Vec<(String, String)>,
    text: String,
    children: Vec<Element>,
}

impl Element {
    fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    fn child(&self, name: &str) -> Option<&Element> {
        self.children.iter().find(|child| child.name == name)
    }

    fn number(&self, attribute: &str) -> Option<f64> {
        self.attribute(attribute)?.trim().parse().ok().filter(|n: &f64| n.is_finite())
    }

    /// The tree of a text, under a root without a name.
    fn parse(text: &str) -> Result<Self, String> {
        let mut reader = Reader::from_str(text.trim_start_matches('\u{feff}'));
        reader.config_mut().expand_empty_elements = true;
        let mut open = vec![Self::default()];
        for _ in 0..MAX_ELEMENTS {
            let event = reader.read_event().map_err(|error| error.to_string())?;
            let Some(here) = open.last_mut() else { return Err("its elements do not match".to_owned()) };
            match event {
                Event::Start(head) => {
                    let mut element = Self { name: head.name().0.to_owned(), ..Self::default() };
                    for attribute in head.attributes().with_checks(false).flatten() {
                        element.attributes.push((attribute.key.0.to_owned(), plain(&attribute.value)));
                    }
                    open.push(element);
                    if open.len() > MAX_DEPTH {
                        return Err(format!("its elements are nested more than {MAX_DEPTH} deep"));
                    }
                }
                Event::End(_) => {
                    let Some(done) = open.pop() else { break };
                    let Some(parent) = open.last_mut() else { return Err("its elements do not match".to_owned()) };
                    parent.children.push(done);
                }
                Event::Text(text) => here.text.push_str(&text),
                Event::GeneralRef(name) => here.text.push_str(&plain(&format!("&{};", &*name))),
                Event::CData(text) => here.text.push_str(&text),
                Event::Eof => break,
                _ => {}
            }
        }
        match open.pop() {
            Some(root) if open.is_empty() => Ok(root),
            _ => Err("it ends inside an element, or is too large".to_owned()),
        }
    }
}

/// The text that XML stands for; one that is no XML stays.
fn plain(text: &str) -> String {
    quick_xml::escape::unescape(text).map_or_else(|_| text.to_owned(), |plain| plain.into_owned())
}

impl Pam {
    /// Reads the text of a `.aux.xml`.
    ///
    /// # Errors
    /// What is wrong with it, where it is no XML or of something else.
    pub fn parse(text: &str) -> Result<Self, String> {
        let root = Element::parse(text)?;
        let Some(dataset) = root.child("PAMDataset") else { return Err("it has no PAMDataset".to_owned()) };
        let mut pam = Self::default();
        for element in &dataset.children {
            match element.name.as_str() {
                "SRS" => pam.srs = Some(element.text.trim().to_owned()).filter(|srs| !srs.is_empty()),
                "GeoTransform" => pam.geo_transform(&element.text),
                "GCPList" => pam.gcp_list(element),
                "Metadata" => pam.metadata(element, None),
                "PAMRasterBand" => pam.band(element),
                // Which program wrote it, and what GDAL computes again.
                "Subdatasets" | "Xform" => pam.warnings.push(format!("holds {}, which is not honoured", element.name)),
                _ => {}
            }
        }
        Ok(pam)
    }

    /// `c, a, b, f, d, e`, in GDAL's order.
    fn geo_transform(&mut self, text: &str) {
        let numbers: Option<Vec<f64>> = text.split(',').map(|n| n.trim().parse().ok().filter(|n: &f64| n.is_finite())).collect();
        match numbers.as_deref() {
            Some(&[c, a, b, f, d, e]) if a * e != b * d => self.transform = Some(Affine { a, b, c, d, e, f }),
            _ => self.warnings.push("holds a GeoTransform that is none".to_owned()),
        }
    }

    fn gcp_list(&mut self, list: &Element) {
        self.control_points_srs = list.attribute("Projection").map(str::to_owned).filter(|srs| !srs.trim().is_empty());
        for point in list.children.iter().filter(|child| child.name == "GCP") {
            let numbers = ["Pixel", "Line", "X", "Y"].map(|name| point.number(name));
            match numbers {
                [Some(col), Some(row), Some(x), Some(y)] => {
                    self.control_points.extend([col, row, 0.0, x, y, point.number("Z").unwrap_or(0.0)]);
                }
                _ => self.warnings.push("holds a control point that is none".to_owned()),
            }
        }
    }

    fn metadata(&mut self, metadata: &Element, band: Option<usize>) {
        let domain = metadata.attribute("domain").filter(|domain| !domain.is_empty());
        if metadata.attribute("format").is_some() {
            self.foreign(metadata, domain.unwrap_or_default());
            return;
        }
        if matches!(domain, Some("IMAGE_STRUCTURE" | "DERIVED_SUBDATASETS")) {
            return;
        }
        for item in metadata.children.iter().filter(|child| child.name == "MDI") {
            let Some(name) = item.attribute("key") else { continue };
            if (name, domain, band) == ("AREA_OR_POINT", None, None) {
                if item.text.trim().eq_ignore_ascii_case("Point") {
                    self.warnings.push("says AREA_OR_POINT=Point, which is not taken".to_owned());
                }
                continue;
            }
            let domain = domain.map(str::to_owned);
            self.items.push(MetadataItem { name: name.to_owned(), band, value: item.text.clone(), role: None, domain });
        }
    }

    /// XML of other programs. Esri's says where the raster is, mostly that it is where it is.
    fn foreign(&mut self, metadata: &Element, domain: &str) {
        let xform = metadata.child("GeodataXform").and_then(|xform| xform.attribute("xsi:type")).unwrap_or_default();
        match (domain, xform.rsplit(':').next().unwrap_or_default()) {
            ("xml:ESRI", "" | "IdentityXform") => {}
            ("xml:ESRI", xform) => self.warnings.push(format!("holds a transform of Esri ({xform}), which is not honoured")),
            (other, _) => self.warnings.push(format!("holds metadata as XML ({other}), which are not honoured")),
        }
    }

    fn band(&mut self, element: &Element) {
        let Some(band) = element.attribute("band").and_then(|text| text.trim().parse::<usize>().ok()?.checked_sub(1)) else {
            self.warnings.push("holds a band without a number".to_owned());
            return;
        };
        let mut lost = Vec::new();
        for child in &element.children {
            let text = child.text.as_str();
            match child.name.as_str() {
                "Metadata" => self.metadata(child, Some(band)),
                "Description" => self.items.push(MetadataItem::new("DESCRIPTION", Some(band), text)),
                "UnitType" => self.items.push(MetadataItem::new(UNIT_ITEM, Some(band), text)),
                "Offset" => self.items.push(MetadataItem::new("OFFSET", Some(band), text.trim())),
                "Scale" => self.items.push(MetadataItem::new("SCALE", Some(band), text.trim())),
                "NoDataValue" => {
                    let read = nodata_text::read(text);
                    self.warnings.extend(read.odd.map(|odd| format!("{odd} (nodata of band {})", band + 1)));
                    self.nodata.extend(exact(child).or(read.nodata).map(|nodata| (band, nodata)));
                }
                "ColorInterp" if matches!(text.trim(), "Undefined" | "Gray" | "Palette" | "Red" | "Green" | "Blue" | "Alpha") => {
                    self.items.push(MetadataItem::new("COLORINTERP", Some(band), text.trim()));
                }
                "ColorInterp" => lost.push("its colour interpretation"),
                "ColorTable" => lost.push("its colour table"),
                "CategoryNames" => lost.push("its category names"),
                "GDALRasterAttributeTable" => lost.push("its attribute table"),
                // Histograms and old statistics are made of the samples again.
                _ => {}
            }
        }
        if !lost.is_empty() {
            self.warnings.push(format!("holds of band {} {}, which is not honoured", band + 1, lost.join(", ")));
        }
    }

    /// Puts its metadata over those of the file, of which `xml` is the text; those of bands that the file lacks are left out.
    pub fn merged_metadata(&self, xml: Option<String>, bands: usize) -> Option<String> {
        let items: Vec<MetadataItem> = self.items.iter().filter(|item| item.band.is_none_or(|band| band < bands)).cloned().collect();
        if items.is_empty() {
            return xml;
        }
        let mut metadata = crate::raster::Metadata::parse(xml.as_deref().unwrap_or_default());
        // What GDAL gives a role has one item, whatever its letters.
        metadata.set_all(items);
        Some(metadata.to_xml())
    }

    /// Puts all else that it says over what the file says; `name` is its own name, for warnings.
    pub fn apply(&self, profile: &mut Profile, name: &str) {
        let mut warnings: Vec<String> = self.warnings.iter().map(|warning| format!("{name} {warning}")).collect();
        self.apply_nodata(profile, name, &mut warnings);
        let georef = &mut profile.georef;
        if let Some(transform) = self.transform {
            if let Some(own) = georef.transform.filter(|own| !is_near(own, &transform, profile.cols, profile.rows)) {
                let (x, y) = ((own.c, transform.c), (own.f, transform.f));
                warnings.push(format!("its tags place its corner at {}, {}, {name} at {}, {}, which is taken", x.0, y.0, x.1, y.1));
            }
            georef.transform = Some(transform);
            (georef.pixel_scale, georef.tiepoints, georef.matrix) = (Vec::new(), Vec::new(), Vec::new());
        }
        let mut srs = self.srs.as_deref();
        if !self.control_points.is_empty() {
            if georef.transform.is_none() {
                georef.tiepoints = self.control_points.clone();
                srs = srs.or(self.control_points_srs.as_deref());
            } else {
                warnings.push(format!("{name} holds control points, which are not taken beside a transform"));
            }
        }
        if let Some(srs) = srs {
            match srs.parse::<Crs>() {
                Ok(crs) => {
                    let before = georef.epsg();
                    georef.set_crs(&crs);
                    if let (Some(before), Some(after)) = (before, georef.epsg())
                        && before != after
                    {
                        warnings.push(format!("its keys name EPSG:{before}, {name} EPSG:{after}, which is taken"));
                    }
                }
                Err(error) => warnings.push(format!("{name} holds a CRS that is not honoured: {error}")),
            }
        }
        profile.warnings.extend(warnings);
    }

    fn apply_nodata(&self, profile: &mut Profile, name: &str, warnings: &mut Vec<String>) {
        let of_bands: Vec<&(usize, Nodata)> = self.nodata.iter().filter(|(band, _)| *band < profile.bands).collect();
        let Some(&&(_, first)) = of_bands.first() else { return };
        let same = |a: &Nodata, b: &Nodata| a.to_string() == b.to_string();
        let all = of_bands.len() == profile.bands && of_bands.iter().all(|(_, nodata)| same(nodata, &first));
        if !all && profile.bands > 1 {
            let listed: Vec<String> = of_bands.iter().map(|(band, nodata)| format!("band {}: {nodata}", band + 1)).collect();
            warnings
                .push(format!("{name} holds nodata values of their own for some bands ({}): {first} is taken for all", listed.join(", ")));
        }
        let equal = |own: &Nodata| {
            let of = |nodata: &Nodata| nodata.matching(profile.sample);
            same(own, &first) || of(own).is_some() && of(own) == of(&first)
        };
        if let Some(own) = profile.nodata.filter(|own| !equal(own)) {
            warnings.push(format!("its nodata tag holds {own}, {name} {first}, which is taken"));
        }
        profile.nodata = Some(first);
    }
}

/// Whether two transforms agree within a thousandth of a pixel at all corners.
pub(super) fn is_near(a: &Affine, b: &Affine, cols: usize, rows: usize) -> bool {
    let size = (a.a.abs() + a.b.abs()).max(a.d.abs() + a.e.abs());
    [(0, 0), (cols, 0), (0, rows), (cols, rows)].iter().all(|&(col, row)| {
        let ((ax, ay), (bx, by)) = (a.apply(col as f64, row as f64), b.apply(col as f64, row as f64));
        (ax - bx).abs().max((ay - by).abs()) <= 1e-3 * size
    })
}

/// The value by its bits, which GDAL writes beside the text where the text does not have them all.
fn exact(nodata: &Element) -> Option<Nodata> {
    let hex = nodata.attribute("le_hex_equiv")?;
    let bits = u64::from_str_radix(hex, 16).ok().filter(|_| hex.len() == 16)?;
    Some(Nodata::Float(f64::from_bits(bits.swap_bytes())))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::raster::{Metadata, SampleType};

    fn applied(inside: &str, mut profile: Profile) -> Profile {
        let pam = Pam::parse(&format!("<?xml version=\"1.0\"?>\n<!-- a -->\n<PAMDataset>{inside}</PAMDataset>")).unwrap();
        profile.gdal_metadata = pam.merged_metadata(profile.gdal_metadata.take(), profile.bands);
        pam.apply(&mut profile, "a.tif.aux.xml");
        profile
    }

    fn plain_profile() -> Profile {
        Profile::new(10, 10, 1, SampleType::F32)
    }

    #[test]
    fn what_gdal_keeps_beside_a_file_is_taken() {
        let all = "<SRS dataAxisToSRSAxisMapping=\"1,2\">EPSG:32634</SRS><GeoTransform> 1000, 5, 0, 2000, 0, -5</GeoTransform>
            <Metadata><MDI key=\"A\">R&amp;D</MDI></Metadata><Metadata domain=\"X\"><MDI key=\"k\">v</MDI></Metadata>
            <PAMRasterBand band=\"1\"><NoDataValue le_hex_equiv=\"000000E0FFFFEFC7\">-3.40282346638529E+38</NoDataValue>
            <Description>height</Description><UnitType>ft</UnitType><Histograms><HistItem/></Histograms>
            <Metadata><MDI key=\"STATISTICS_MEAN\">42</MDI></Metadata></PAMRasterBand>";
        let profile = applied(all, plain_profile());
        assert_eq!(profile.warnings, [""; 0]);
        assert_eq!(profile.georef.transform, Some(Affine::north_up(1000.0, 2000.0, 5.0, 5.0)));
        assert_eq!((profile.georef.epsg(), profile.nodata), (Some(32634), Some(Nodata::Float(f64::from(f32::MIN)))));
        let metadata = Metadata::parse(profile.gdal_metadata.as_deref().unwrap());
        let of = |name, band| metadata.get(name, band);
        assert_eq!((of("A", None), of("DESCRIPTION", Some(0)), of("UNITTYPE", Some(0))), (Some("R&D"), Some("height"), Some("ft")));
        assert_eq!((of("STATISTICS_MEAN", Some(0)), of("k", None)), (Some("42"), None));
    }

    #[test]
    fn what_contradicts_the_file_is_taken_and_told() {
        let xml = "<GDALMetadata><Item name=\"SCALE\" sample=\"0\" role=\"scale\">9</Item><Item name=\"T\">t</Item></GDALMetadata>";
        let mut own = Profile { nodata: Some(Nodata::Integer(5)), gdal_metadata: Some(xml.to_owned()), ..plain_profile() };
        own.georef.transform = Some(Affine::north_up(0.0, 0.0, 1.0, 1.0));
        own.georef.set_crs(&"EPSG:32633".parse().unwrap());
        let profile = applied(
            "<SRS>EPSG:32634</SRS><GeoTransform>1000,5,0,2000,0,-5</GeoTransform><PAMRasterBand band=\"1\"><NoDataValue>7</NoDataValue><Scale>2</Scale></PAMRasterBand>",
            own,
        );
        assert_eq!((profile.nodata, profile.georef.epsg()), (Some(Nodata::Integer(7)), Some(32634)));
        assert_eq!(profile.warnings.len(), 3, "{:?}", profile.warnings);
        let metadata = Metadata::parse(profile.gdal_metadata.as_deref().unwrap());
        assert_eq!((metadata.get("SCALE", Some(0)), metadata.get("T", None), metadata.items.len()), (Some("2"), Some("t"), 2));
    }

    #[test]
    fn control_points_are_taken_where_there_is_no_transform() {
        let points = "<GCPList Projection=\"EPSG:4326\"><GCP Id=\"1\" Pixel=\"0.5\" Line=\"2\" X=\"10\" Y=\"50\"/></GCPList>";
        let profile = applied(points, plain_profile());
        assert_eq!((profile.georef.tiepoints.as_slice(), profile.georef.epsg()), ([0.5, 2.0, 0.0, 10.0, 50.0, 0.0].as_slice(), Some(4326)));
        let mut placed = plain_profile();
        placed.georef.transform = Some(Affine::north_up(0.0, 0.0, 1.0, 1.0));
        let profile = applied(points, placed);
        assert!(profile.georef.tiepoints.is_empty() && profile.warnings[0].contains("control points"), "{:?}", profile.warnings);
    }

    #[test]
    fn what_cannot_be_honoured_is_named() {
        for (inside, word) in [
            ("<SRS>nonsense</SRS>", "CRS"),
            ("<GeoTransform>1,2,3</GeoTransform>", "GeoTransform"),
            ("<PAMRasterBand band=\"1\"><ColorTable><Entry c1=\"0\"/></ColorTable></PAMRasterBand>", "colour table"),
            ("<PAMRasterBand band=\"1\"><NoDataValue>none</NoDataValue></PAMRasterBand>", "no number"),
            ("<Metadata domain=\"xml:X\" format=\"xml\"><a/></Metadata>", "xml:X"),
            (
                "<Metadata domain=\"xml:ESRI\" format=\"xml\"><GeodataXform xsi:type=\"typens:PolynomialXform\"/></Metadata>",
                "PolynomialXform",
            ),
        ] {
            let profile = applied(inside, plain_profile());
            assert!(profile.warnings.len() == 1 && profile.warnings[0].contains(word), "{inside}: {:?}", profile.warnings);
        }
        let two = "<PAMRasterBand band=\"1\"><NoDataValue>1</NoDataValue></PAMRasterBand><PAMRasterBand band=\"2\"><NoDataValue>2</NoDataValue></PAMRasterBand>";
        let profile = applied(two, Profile::new(4, 4, 2, SampleType::U8));
        assert!(profile.warnings[0].contains("band 2: 2") && profile.nodata == Some(Nodata::Integer(1)), "{:?}", profile.warnings);
        let identity = "<Metadata domain=\"xml:ESRI\" format=\"xml\"><GeodataXform xsi:type=\"typens:IdentityXform\"/></Metadata>";
        assert!(applied(identity, plain_profile()).warnings.is_empty());
    }

    #[test]
    fn broken_xml_is_an_error_and_never_a_panic() {
        let deep = "<a>".repeat(100);
        for text in
            ["", "hello", "<PAMDataset>", "<PAMDataset><a></b></PAMDataset>", "</PAMDataset>", "<other/>", deep.as_str(), "<PAMDataset a"]
        {
            assert!(Pam::parse(text).is_err(), "{text}");
        }
        for band in ["", "0", "x", "99999999999999999999"] {
            let pam = Pam::parse(&format!("<PAMDataset><PAMRasterBand band=\"{band}\"/></PAMDataset>")).unwrap();
            assert_eq!(pam.warnings.len(), 1, "{band}");
        }
    }
}
