//! Texts that give a CRS by its code: EPSG's, and the OGC's URNs and URLs of codes.

/// What a code may have: what is wrong with it.
pub(super) type Code = Result<u16, String>;

/// CRSs of the OGC that are EPSG's with longitude first, as rasters have it anyway.
const OGC: [(&str, u16); 3] = [("crs84", 4326), ("crs83", 4269), ("crs27", 4267)];
/// URL of two codes, each a URL of its own.
const COMPOUND: &str = "://www.opengis.net/def/crs-compound?1=";

/// A horizontal and perhaps a vertical code, where the text is a way of giving codes.
pub(super) fn codes(text: &str) -> Option<(Code, Option<Code>)> {
    let lower = text.to_ascii_lowercase();
    if let Some((_, both)) = lower.split_once(COMPOUND) {
        let (across, up) = both.split_once("&2=")?;
        return Some((one(across)?, Some(one(up)?)));
    }
    if let Some(both) = lower.strip_prefix("urn:ogc:def:crs,") {
        let (across, up) = both.split_once(',')?;
        return Some((one(across)?, Some(one(up)?)));
    }
    match lower.split_once('+') {
        Some((across, up)) if !across.is_empty() => Some((one(across)?, Some(one(up)?))),
        _ => Some((one(&lower)?, None)),
    }
}

/// A code in small letters: `epsg:32633`, `32633`, `crs84`, `urn:ogc:def:crs:epsg:8.5:32633`, `http://www.opengis.net/def/crs/epsg/0/32633`.
fn one(text: &str) -> Option<Code> {
    if text == "wgs84" {
        return Some(Ok(4326));
    }
    let rest = ["urn:ogc:def:crs:", "urn:x-ogc:def:crs:", "crs:"].into_iter().find_map(|prefix| text.strip_prefix(prefix));
    if let Some(rest) = rest {
        // Authority, version (which may be empty, or not there at all) and code.
        let (authority, rest) = rest.split_once(':')?;
        return of(authority, rest.rsplit_once(':').map_or(rest, |(_, code)| code));
    }
    let url = ["http://", "https://"].into_iter().find_map(|scheme| text.strip_prefix(scheme));
    if let Some(path) = url {
        if let Some(code) = path.strip_prefix("www.opengis.net/gml/srs/epsg.xml#") {
            return of("epsg", code);
        }
        let mut parts = path.strip_prefix("www.opengis.net/def/crs/")?.trim_end_matches('/').split('/');
        return match (parts.next(), parts.next(), parts.next(), parts.next()) {
            (Some(authority), Some(_version), Some(code), None) => of(authority, code),
            _ => None,
        };
    }
    match text.split_once(':') {
        Some((authority, code)) => of(authority, code),
        None if OGC.iter().any(|(name, _)| *name == text) => of("ogc", text),
        None => (!text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())).then(|| number(text)),
    }
}

/// The code of an authority.
fn of(authority: &str, code: &str) -> Option<Code> {
    match authority {
        "epsg" => Some(number(code)),
        "ogc" => OGC.iter().find(|(name, _)| *name == code).map(|(_, code)| Ok(*code)),
        _ => None,
    }
}

fn number(text: &str) -> Code {
    text.parse().map_err(|_| "a code is a number from 1 to 32766".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_come_as_numbers_urns_and_urls() {
        for (text, code) in [
            ("EPSG:32633", 32633),
            ("32633", 32633),
            ("WGS84", 4326),
            ("CRS84", 4326),
            ("OGC:CRS84", 4326),
            ("OGC:CRS27", 4267),
            ("urn:ogc:def:crs:EPSG::4326", 4326),
            ("urn:ogc:def:crs:EPSG:8.5:4326", 4326),
            ("urn:x-ogc:def:crs:EPSG:6.9:27700", 27700),
            ("urn:x-ogc:def:crs:EPSG:27700", 27700),
            ("urn:ogc:def:crs:OGC:1.3:CRS84", 4326),
            ("urn:ogc:def:crs:OGC::CRS83", 4269),
            ("http://www.opengis.net/def/crs/OGC/1.3/CRS84", 4326),
            ("https://www.opengis.net/def/crs/OGC/0/CRS84", 4326),
            ("http://www.opengis.net/def/crs/EPSG/0/32633", 32633),
            ("http://www.opengis.net/def/crs/EPSG/8.5/32633", 32633),
            ("http://www.opengis.net/gml/srs/epsg.xml#4326", 4326),
        ] {
            assert_eq!(codes(text), Some((Ok(code), None)), "{text}");
        }
        for text in [
            "EPSG:27700+5701",
            "27700+5701",
            "EPSG:27700+EPSG:5701",
            "urn:ogc:def:crs,crs:EPSG::27700,crs:EPSG:8.5:5701",
            "http://www.opengis.net/def/crs-compound?1=http://www.opengis.net/def/crs/EPSG/0/27700&2=http://www.opengis.net/def/crs/EPSG/0/5701",
        ] {
            assert_eq!(codes(text), Some((Ok(27700), Some(Ok(5701)))), "{text}");
        }
        for text in
            ["ESRI:54030", "urn:ogc:def:crs:IGNF::LAMB93", "http://example.org/4326", "+proj=utm", "http://www.opengis.net/def/crs/EPSG"]
        {
            assert_eq!(codes(text), None, "{text}");
        }
        assert!(codes("EPSG:99999").unwrap().0.is_err() && codes("EPSG:8.5:4326").unwrap().0.is_err());
    }
}
