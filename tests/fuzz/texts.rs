//! Texts: expressions, options of operators, colour files, CRSs, metadata, keys.

use crate::engine::Target;
use std::borrow::Cow;
use swath::{
    op::{Calc, ColorMap, REGISTRY, build},
    raster::{Crs, GeoTags, Georeferencing, Metadata, RasterType},
};

pub fn targets() -> Vec<Target> {
    vec![expression(), options(), colours(), crs(), metadata(), keys()]
}

/// A target of a text; what is no UTF-8 is made so.
fn text(name: &str, seeds: &[&str], words: &'static [&'static str], run: fn(Cow<'_, str>) -> String) -> Target {
    Target {
        name: name.to_owned(),
        seeds: seeds.iter().map(|seed| seed.as_bytes().to_vec()).collect(),
        words,
        most: 8 << 10,
        memory: |_| 32 << 20,
        run: Box::new(move |input| run(String::from_utf8_lossy(input))),
    }
}

fn expression() -> Target {
    let seeds = ["(A-B)/(A+B)", "where(A > 3 and not missing(B), sqrt(A) ** 2, -1e-3)", "clamp(A, min(B, 2), max(3, C)) % 2 // 1"];
    let words = &["A", "(", ")", "**", "where(", "missing(", " and ", " or ", "not ", "1e308", "min(", ",", "-", "<=", "%", "//"];
    text("expression", &seeds, words, |text| match Calc::parse(&text) {
        Ok(calc) => format!("{} inputs", calc.input_names().len()),
        Err(error) => error.to_string(),
    })
}

/// An operator's name, then a line for each option: its name, a space, its value.
fn options() -> Target {
    let seeds: Vec<String> = REGISTRY
        .iter()
        .flat_map(|info| {
            (info.examples)().into_iter().map(|operator| {
                let options = operator.options().unwrap_or_default();
                let lines: Vec<String> = options.iter().map(|(name, value)| format!("{name} {value}")).collect();
                format!("{}\n{}", info.name, lines.join("\n"))
            })
        })
        .collect();
    let seeds: Vec<&str> = seeds.iter().map(String::as_str).collect();
    let words = &["radius ", "kernel ", "map ", "1,2,3;", ":", "inf", "nan", "1e39", "true", "=", "99999999999"];
    text("options", &seeds, words, |text| {
        let (name, rest) = text.split_once('\n').unwrap_or((&text, ""));
        let options: Vec<(&str, &str)> = rest.lines().filter_map(|line| line.split_once(' ')).collect();
        build(name, &options).map_or_else(|error| error.to_string(), |operator| operator.name().to_owned())
    })
}

fn colours() -> Target {
    let seeds = ["0 255 0 0\n50% #00ff00\nnv 0 0 0 0\ndefault white\n100 0 0 255 128 # blue", "-1e30,1,2,3"];
    let words = &["nv ", "%", "default ", "#ff0000", "white", "nan ", "1e400 ", "\r\n", "\t", "256"];
    text("colours", &seeds, words, |text| {
        ColorMap::parse(&text).map_or_else(|error| error.to_string(), |entries| format!("{} entries", entries.len().min(9)))
    })
}

fn crs() -> Target {
    let seeds = [
        "EPSG:32633+5773",
        "+proj=lcc +lat_1=30 +lat_2=60 +lat_0=40 +lon_0=10 +x_0=0 +y_0=0 +ellps=GRS80 +units=m +no_defs",
        "GEOGCS[\"WGS 84\",DATUM[\"WGS_1984\",SPHEROID[\"WGS 84\",6378137,298.257223563]],PRIMEM[\"Greenwich\",0],UNIT[\"degree\",0.0174532925199433],AUTHORITY[\"EPSG\",\"4326\"]]",
        "PROJCRS[\"UTM 33N\",BASEGEOGCRS[\"WGS 84\",DATUM[\"World\",ELLIPSOID[\"WGS 84\",6378137,298.257223563,LENGTHUNIT[\"metre\",1]]]],CONVERSION[\"UTM\",METHOD[\"Transverse Mercator\",ID[\"EPSG\",9807]],PARAMETER[\"Latitude of natural origin\",0,ANGLEUNIT[\"degree\",0.0174532925199433]],PARAMETER[\"Longitude of natural origin\",15],PARAMETER[\"Scale factor at natural origin\",0.9996]],CS[Cartesian,2],LENGTHUNIT[\"metre\",1]]",
    ];
    let words =
        &["PROJCS[", "GEOGCS[", "BOUNDCRS[", "COMPD_CS[", "PARAMETER[", "]", "\"", "+proj=", "+lat_0=", "EPSG:", "1e309", ",", "TOWGS84["];
    text("crs", &seeds, words, |text| match text.parse::<Crs>() {
        Ok(crs) => {
            let mut georef = Georeferencing::default();
            georef.set_crs(&crs);
            let tags = crs.to_geo_tags(RasterType::Point);
            assert_eq!(tags.listed().len(), usize::from(tags.directory[3]));
            let _ = (georef.ellipsoid(), georef.linear_unit_m(), georef.crs_name(), georef.vertical_crs());
            format!("{:?}", georef.epsg().is_some())
        }
        Err(error) => error.to_string(),
    })
}

fn metadata() -> Target {
    let seeds = [
        "<GDALMetadata>\n<Item name=\"a\" sample=\"0\" role=\"scale\">0.5</Item><Item name='b'>&amp;lt; &#233;</Item></GDALMetadata>",
        "<Item name=\"c\"><![CDATA[x < y]]></Item><!-- <Item/> --><Item name=\"STATISTICS_MEAN\" sample=\"1\">7</Item>",
    ];
    let words = &["<Item name=\"", "</Item>", "<![CDATA[", "]]>", "<!--", "-->", "&amp;", "&#x", ";", "sample=\"", "<?xml", "<!DOCTYPE ["];
    text("metadata", &seeds, words, |text| {
        let read = Metadata::parse(&text);
        let again = Metadata::parse(&read.to_xml());
        assert_eq!(again.items.len(), read.items.len(), "an item is lost");
        let values = |metadata: &Metadata| metadata.items.iter().map(|item| (item.name.clone(), item.value.clone())).collect::<Vec<_>>();
        assert_eq!(values(&again), values(&read), "an item is written otherwise");
        for span in Metadata::statistics_within(&text) {
            assert!(text.get(span).is_some());
        }
        format!("{} items", read.items.len().min(9))
    })
}

/// A directory of keys with its numbers and texts, as a raster's georeferencing takes them.
fn keys() -> Target {
    let seed = |code: &str| {
        let tags = code.parse::<Crs>().unwrap().to_geo_tags(RasterType::Area);
        let shorts = tags.directory.iter().flat_map(|short| short.to_le_bytes());
        let head = [tags.directory.len() as u8, tags.doubles.len() as u8];
        head.into_iter()
            .chain(shorts)
            .chain(tags.doubles.iter().flat_map(|double| double.to_le_bytes()))
            .chain(tags.ascii.clone())
            .collect()
    };
    let run = |input: &[u8]| {
        let Some((&[shorts, doubles], rest)) = input.split_first_chunk::<2>() else { return "too short".to_owned() };
        let (shorts, rest) = rest.split_at(rest.len().min(2 * usize::from(shorts)));
        let (doubles, ascii) = rest.split_at(rest.len().min(8 * usize::from(doubles)));
        let keys = GeoTags {
            directory: shorts.chunks_exact(2).map(|two| u16::from_le_bytes([two[0], two[1]])).collect(),
            doubles: doubles.chunks_exact(8).filter_map(|eight| Some(f64::from_le_bytes(eight.try_into().ok()?))).collect(),
            ascii: ascii.to_vec(),
        };
        let listed = keys.listed();
        let mut georef = Georeferencing { keys: Some(keys), ..Georeferencing::default() };
        georef.find_spelled_out();
        let ellipsoid = georef.ellipsoid();
        let _ = (ellipsoid.eccentricity(), ellipsoid.metres_per_radian(0.5), georef.same_crs(&Georeferencing::default()));
        let units = (georef.linear_unit_m(), georef.height_unit_m(), georef.angular_unit_radians());
        assert!(units.0.is_finite() && units.1.is_finite() && units.2.is_finite(), "{units:?}");
        format!("{:?} {:?} {:?} {}", georef.model_type(), georef.epsg().is_some(), georef.vertical_crs().is_some(), listed.len().min(20))
    };
    Target {
        name: "keys".to_owned(),
        seeds: ["EPSG:32633+5773", "EPSG:4326", "+proj=lcc +lat_1=30 +lat_2=60 +ellps=GRS80", "+proj=laea +lat_0=5 +units=us-ft"]
            .map(seed)
            .to_vec(),
        words: &["PROJCS[", "ESRI PE String = ", "|", "\u{b1}\u{87}"],
        most: 4 << 10,
        memory: |_| 16 << 20,
        run: Box::new(run),
    }
}
