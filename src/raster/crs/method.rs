//! Projection methods that GeoKeys have a code for, and where their parameters go.

/// A parameter of a projection, whatever it is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Parameter {
    /// Latitude of the natural origin, of the false origin or of the centre.
    Latitude,
    /// Longitude of the same.
    Longitude,
    /// Scale factor there.
    Scale,
    /// False easting.
    Easting,
    /// False northing.
    Northing,
    /// First, or only, standard parallel; latitude of true scale.
    Parallel1,
    /// Second standard parallel.
    Parallel2,
    /// Azimuth of the initial line.
    Azimuth,
    /// Angle from the rectified to the skew grid.
    Skew,
}

use Parameter::{Azimuth, Easting, Latitude, Longitude, Northing, Parallel1, Parallel2, Scale, Skew};

/// Every parameter, in the order of their discriminants.
const ALL: [Parameter; 9] = [Latitude, Longitude, Scale, Easting, Northing, Parallel1, Parallel2, Azimuth, Skew];

/// A projection method.
#[derive(Debug)]
pub(super) struct Method {
    /// `ProjMethodGeoKey`.
    pub code: u16,
    /// Its name in PROJ strings.
    pub proj: &'static str,
    /// Its names in WKT, small letters and digits alone: the OGC's, Esri's and EPSG's.
    pub names: &'static [&'static str],
    /// EPSG's codes of it.
    pub epsg: &'static [u16],
    /// Its keys.
    pub keys: &'static [(u16, Parameter)],
}

const NATURAL: &[(u16, Parameter)] = &[(3080, Longitude), (3081, Latitude), (3082, Easting), (3083, Northing), (3092, Scale)];
const CENTRE: &[(u16, Parameter)] = &[(3082, Easting), (3083, Northing), (3088, Longitude), (3089, Latitude)];
const CENTRE_LONGITUDE: &[(u16, Parameter)] = &[(3082, Easting), (3083, Northing), (3088, Longitude)];
const TWO_PARALLELS: &[(u16, Parameter)] =
    &[(3078, Parallel1), (3079, Parallel2), (3080, Longitude), (3081, Latitude), (3082, Easting), (3083, Northing)];
const OBLIQUE: &[(u16, Parameter)] =
    &[(3082, Easting), (3083, Northing), (3088, Longitude), (3089, Latitude), (3093, Scale), (3094, Azimuth), (3096, Skew)];

macro_rules! methods {
    ($($code:literal $proj:literal [$($name:literal),*] [$($epsg:literal),*] $keys:expr;)*) => {
        &[$(Method { code: $code, proj: $proj, names: &[$($name),*], epsg: &[$($epsg),*], keys: $keys }),*]
    };
}

/// Every method that can be written. Of two with one name the first is the one without what makes the second
/// (a second parallel, a latitude of true scale).
pub(super) const METHODS: &[Method] = methods! {
    1 "tmerc" ["transversemercator", "gausskruger"] [9807] NATURAL;
    27 "" ["transversemercatorsouthorientated", "transversemercatorsouthoriented"] [9808] NATURAL;
    7 "merc" ["mercator1sp", "mercatorvarianta", "mercator"] [9804] NATURAL;
    7 "merc" ["mercator2sp", "mercatorvariantb", "mercator"] [9805]
        &[(3078, Parallel1), (3080, Longitude), (3081, Latitude), (3082, Easting), (3083, Northing)];
    9 "lcc" ["lambertconformalconic1sp", "lambertconicconformal1sp", "lambertconformalconic"] [9801] NATURAL;
    8 "lcc" ["lambertconformalconic2sp", "lambertconicconformal2sp", "lambertconformalconic"] [9802]
        &[(3078, Parallel1), (3079, Parallel2), (3084, Longitude), (3085, Latitude), (3086, Easting), (3087, Northing)];
    10 "laea" ["lambertazimuthalequalarea", "lambertazimuthalequalareaspherical"] [9820, 1027] CENTRE;
    11 "aea" ["albersconicequalarea", "albersequalarea", "albers"] [9822] TWO_PARALLELS;
    12 "aeqd" ["azimuthalequidistant", "modifiedazimuthalequidistant"] [1125, 9832] CENTRE;
    13 "eqdc" ["equidistantconic"] [1119] TWO_PARALLELS;
    14 "stere" ["stereographic"] [] &[(3082, Easting), (3083, Northing), (3088, Longitude), (3089, Latitude), (3092, Scale)];
    15 "" ["polarstereographic", "polarstereographicvarianta", "polarstereographicvariantb", "stereographicnorthpole", "stereographicsouthpole"]
        [9810, 9829] &[(3081, Latitude), (3082, Easting), (3083, Northing), (3092, Scale), (3095, Longitude)];
    16 "sterea" ["obliquestereographic", "doublestereographic"] [9809] NATURAL;
    17 "eqc" ["equirectangular", "equidistantcylindrical", "equidistantcylindricalspherical", "platecarree"] [1028, 1029]
        &[(3078, Parallel1), (3082, Easting), (3083, Northing), (3088, Longitude), (3089, Latitude)];
    18 "cass" ["cassinisoldner", "cassini"] [9806] &[(3080, Longitude), (3081, Latitude), (3082, Easting), (3083, Northing)];
    19 "gnom" ["gnomonic"] [] CENTRE;
    20 "mill" ["millercylindrical"] [] CENTRE;
    21 "ortho" ["orthographic"] [9840] CENTRE;
    22 "poly" ["polyconic", "americanpolyconic"] [9818] NATURAL;
    23 "robin" ["robinson"] [] CENTRE_LONGITUDE;
    24 "sinu" ["sinusoidal"] [] CENTRE_LONGITUDE;
    25 "vandg" ["vandergrinten", "vandergrinteni"] [] CENTRE_LONGITUDE;
    28 "cea" ["cylindricalequalarea", "lambertcylindricalequalarea", "lambertcylindricalequalareaspherical"] [9835, 9834]
        &[(3078, Parallel1), (3080, Longitude), (3082, Easting), (3083, Northing)];
    3 "" ["hotineobliquemercator", "hotineobliquemercatorvarianta", "rectifiedskeworthomorphicnaturalorigin", "hotineobliquemercatorazimuthnaturalorigin"]
        [9812] OBLIQUE;
    9815 "omerc" ["hotineobliquemercatorazimuthcenter", "hotineobliquemercatorvariantb", "obliquemercator", "rectifiedskeworthomorphiccenter"]
        [9815] OBLIQUE;
};

/// Small letters and digits of a name: writers differ in all else.
pub(super) fn plain(name: &str) -> String {
    name.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect()
}

impl Parameter {
    /// The parameter of a name in WKT, by any of its vocabularies.
    pub fn named(name: &str) -> Option<Self> {
        Some(match plain(name).as_str() {
            "latitudeoforigin"
            | "latitudeofcenter"
            | "latitudeofnaturalorigin"
            | "latitudeoffalseorigin"
            | "latitudeofprojectioncentre"
            | "sphericallatitudeoforigin" => Latitude,
            "centralmeridian"
            | "longitudeofcenter"
            | "longitudeoforigin"
            | "longitudeofnaturalorigin"
            | "longitudeoffalseorigin"
            | "longitudeofprojectioncentre"
            | "sphericallongitudeoforigin" => Longitude,
            "scalefactor" | "scalefactoratnaturalorigin" | "scalefactoroninitialline" | "scalefactoratprojectioncentre" => Scale,
            "falseeasting" | "eastingatfalseorigin" | "eastingatprojectioncentre" => Easting,
            "falsenorthing" | "northingatfalseorigin" | "northingatprojectioncentre" => Northing,
            "standardparallel1" | "latitudeof1ststandardparallel" | "latitudeofstandardparallel" => Parallel1,
            "standardparallel2" | "latitudeof2ndstandardparallel" => Parallel2,
            "azimuth" | "azimuthofinitialline" | "azimuthatprojectioncentre" => Azimuth,
            "rectifiedgridangle" | "anglefromrectifiedtoskewgrid" => Skew,
            _ => return None,
        })
    }

    /// What it is where nothing is said; `None`: it must be said.
    pub fn default(self) -> Option<f64> {
        match self {
            Scale => Some(1.0),
            Latitude | Longitude | Easting | Northing | Parallel1 => Some(0.0),
            Parallel2 | Azimuth | Skew => None,
        }
    }

    /// Whether it is an angle.
    pub fn is_angle(self) -> bool {
        matches!(self, Latitude | Longitude | Parallel1 | Parallel2 | Azimuth | Skew)
    }

    /// Whether it is a length.
    pub fn is_length(self) -> bool {
        matches!(self, Easting | Northing)
    }
}

/// Values of parameters, by parameter; angles in degrees, lengths in the CRS's unit.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Values([Option<f64>; ALL.len()]);

impl Values {
    pub fn set(&mut self, parameter: Parameter, value: f64) {
        self.0[parameter as usize] = Some(value);
    }

    pub fn get(&self, parameter: Parameter) -> Option<f64> {
        self.0[parameter as usize]
    }

    /// The value, or what it is where nothing is said.
    pub fn or_default(&self, parameter: Parameter) -> Option<f64> {
        self.get(parameter).or(parameter.default())
    }

    /// Forgets a value that another one stands for.
    fn drop(&mut self, parameter: Parameter) {
        self.0[parameter as usize] = None;
    }

    /// A value that was given, changes something, and has no key in the method.
    pub fn without_key(&self, method: &Method) -> Option<(Parameter, f64)> {
        let says = |parameter: Parameter, value: f64| match (method.code, parameter) {
            // By definition at the equator: readers ignore another one.
            (7, Latitude) => false,
            // Beside a parallel of true scale there is no other scale.
            (15, Scale) => self.get(Latitude).is_none_or(|latitude| latitude.abs() == 90.0),
            _ => method.keys.iter().any(|(_, key)| *key == parameter) && value.is_finite(),
        };
        self.effective().find(|(parameter, value)| !says(*parameter, *value))
    }

    /// Whether nothing differs from what it is where nothing is said.
    pub fn all_neutral(&self) -> bool {
        self.effective().next().is_none()
    }

    fn effective(&self) -> impl Iterator<Item = (Parameter, f64)> {
        ALL.into_iter()
            .filter_map(|parameter| Some((parameter, self.get(parameter)?)))
            .filter(|(parameter, value)| *value != parameter.default().unwrap_or(0.0))
    }

    /// Whether these are a zone of UTM: its number, negative in the south.
    pub fn utm_zone(&self) -> Option<i32> {
        let near = |parameter, wanted: f64| (self.or_default(parameter).unwrap_or(f64::NAN) - wanted).abs() < 1e-9;
        let zone = (self.or_default(Longitude)? + 183.0) / 6.0;
        let fits =
            zone.fract() == 0.0 && (1.0..=60.0).contains(&zone) && near(Latitude, 0.0) && near(Scale, 0.9996) && near(Easting, 500_000.0);
        match (fits, near(Northing, 0.0), near(Northing, 10_000_000.0)) {
            (true, true, _) => Some(zone as i32),
            (true, _, true) => Some(-zone as i32),
            _ => None,
        }
    }
}

/// The method of a name in WKT (or an EPSG code of it) with these parameters.
pub(super) fn by_name(name: &str, epsg: Option<u16>, values: &mut Values) -> Option<&'static Method> {
    let name = plain(name);
    let known = |method: &&Method| epsg.is_some_and(|code| method.epsg.contains(&code)) || method.names.contains(&name.as_str());
    let mut found = METHODS.iter().filter(known);
    let (first, second) = (found.next()?, found.next());
    Some(choose(first, second, values))
}

/// The method of a name in a PROJ string with these parameters.
pub(super) fn by_proj(name: &str, values: &mut Values) -> Option<&'static Method> {
    let mut found = METHODS.iter().filter(|method| method.proj == name);
    let (first, second) = (found.next()?, found.next());
    let chosen = choose(first, second, values);
    let polar = chosen.code == 14 && values.or_default(Latitude).is_some_and(|lat| (lat.abs() - 90.0).abs() < 1e-9);
    Some(if polar { settle(of_code(15)?, values) } else { chosen })
}

pub(super) fn of_code(code: u16) -> Option<&'static Method> {
    METHODS.iter().find(|method| method.code == code)
}

fn choose(first: &'static Method, second: Option<&'static Method>, values: &mut Values) -> &'static Method {
    let with_more = match first.code {
        // A cone with one parallel given twice is that of one parallel.
        9 => {
            let (origin, parallel) = (values.get(Latitude), values.get(Parallel1));
            match values.get(Parallel2) {
                Some(second) => Some(second) != parallel || origin != parallel,
                // One parallel away from the origin is two that are one.
                None => parallel.is_some() && origin.is_some() && origin != parallel,
            }
        }
        _ => values.get(Parallel1).is_some(),
    };
    let chosen = second.filter(|_| with_more).unwrap_or(first);
    if let (9, 8, Some(parallel), None) = (first.code, chosen.code, values.get(Parallel1), values.get(Parallel2)) {
        values.set(Parallel2, parallel);
    }
    settle(chosen, values)
}

/// Puts values where the method's keys expect them.
fn settle(method: &'static Method, values: &mut Values) -> &'static Method {
    match (method.code, values.get(Parallel1)) {
        // The latitude of true scale stands for the pole.
        (15, Some(parallel)) => {
            // Its sign is the pole's, whatever was given.
            let pole = values.get(Latitude).filter(|latitude| *latitude != 0.0).unwrap_or(parallel);
            values.set(Latitude, parallel.abs().copysign(pole));
            values.drop(Parallel1);
        }
        (9, Some(parallel))
            if values.get(Latitude).unwrap_or(parallel) == parallel && values.get(Parallel2).unwrap_or(parallel) == parallel =>
        {
            values.set(Latitude, parallel);
            values.drop(Parallel1);
            values.drop(Parallel2);
        }
        _ => {}
    }
    // Without a word of the grid's angle it is the line's.
    if let (3 | 9815, None, Some(azimuth)) = (method.code, values.get(Skew), values.get(Azimuth)) {
        values.set(Skew, azimuth);
    }
    method
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_name_may_be_two_methods_and_the_parameters_say_which() {
        let mut values = Values::default();
        assert_eq!(by_name("Mercator", None, &mut values).unwrap().keys.len(), 5);
        assert_eq!(by_proj("stere", &mut values).unwrap().code, 14);
        values.set(Parallel1, 70.0);
        values.set(Latitude, 90.0);
        assert_eq!(by_name("Mercator", None, &mut values).unwrap().keys[0], (3078, Parallel1));
        let mut cone = Values::default();
        cone.set(Parallel1, 70.0);
        assert_eq!(by_name("Lambert_Conformal_Conic", None, &mut cone).unwrap().code, 9);
        let mut cone = values;
        assert_eq!((by_name("Lambert_Conformal_Conic", None, &mut cone).unwrap().code, cone.get(Parallel2)), (8, Some(70.0)));
        assert_eq!((by_proj("stere", &mut values).unwrap().code, values.get(Latitude)), (15, Some(70.0)));
        values.set(Parallel2, 45.0);
        assert_eq!(by_name("Lambert_Conformal_Conic", None, &mut values).unwrap().code, 8);
        assert_eq!(by_name("whatever", Some(9820), &mut values).unwrap().code, 10);
        assert!(by_name("Bonne", None, &mut values).is_none());
    }

    #[test]
    fn zones_of_utm_are_known_by_their_numbers() {
        let mut values = Values::default();
        for (parameter, value) in [(Longitude, 15.0), (Scale, 0.9996), (Easting, 5e5), (Northing, 1e7)] {
            values.set(parameter, value);
        }
        assert_eq!(values.utm_zone(), Some(-33));
        values.set(Northing, 0.0);
        assert_eq!(values.utm_zone(), Some(33));
        values.set(Longitude, 16.0);
        assert_eq!(values.utm_zone(), None);
    }
}
