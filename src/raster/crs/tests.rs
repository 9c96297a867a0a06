//! Keys against those that GDAL 3.6.2 wrote: `gdal_translate -a_srs TEXT -of GTiff in.tif out.tif`, all that differ from
//! those of a plain CRS. `tests/oracle/check_crs.py` compares with the GDAL that is installed, every code of the registry.

use super::*;

/// `id=value` of every key but the raster's type.
fn keys(text: &str) -> String {
    let crs: Crs = text.parse().unwrap_or_else(|e| panic!("{e}"));
    let shown = crs.keys.iter().map(|(id, value)| match value {
        KeyValue::Short(value) => format!("{id}={value}"),
        KeyValue::Double(values) => format!("{id}={}", values.iter().map(f64::to_string).collect::<Vec<_>>().join(",")),
        KeyValue::Text(text) => format!("{id}={text}"),
    });
    shown.collect::<Vec<_>>().join(" ")
}

fn refused(text: &str) -> String {
    text.parse::<Crs>().unwrap_err().to_string()
}

#[test]
fn codes_are_written_with_names_and_units() {
    assert_eq!(keys("EPSG:4326"), "1024=2 2048=4326 2049=WGS 84 2054=9102 2057=6378137 2059=298.257223563");
    assert_eq!(keys("32633"), "1024=1 1026=WGS 84 / UTM zone 33N 2049=WGS 84 2054=9102 3072=32633 3076=9001");
    assert_eq!(keys("epsg:2227"), "1024=1 1026=NAD83 / California zone 3 (ftUS) 2049=NAD83 2054=9102 3072=2227 3076=9003");
    assert_eq!(
        keys("urn:ogc:def:crs:EPSG::27572"),
        "1024=1 1026=NTF (Paris) / Lambert zone II 2049=NTF (Paris) 2054=9105 3072=27572 3076=9001"
    );
    assert_eq!(keys("EPSG:4979"), "1024=2 2048=4326 4096=4979");
    assert_eq!(keys("EPSG:32633+5773"), "1024=1 1026=WGS 84 / UTM zone 33N + EGM96 height 3072=32633 4096=5773");
    assert_eq!(keys("EPSG:9707"), "1024=2 1026=WGS 84 + EGM96 height 2048=4326 4096=5773");
    assert_eq!(keys("+init=epsg:3857"), keys("EPSG:3857"));
}

#[test]
fn proj_strings_are_spelled_out() {
    let nad83 = "2048=4269 2049=unknown 2054=9102 2057=6378137 2059=298.257222101 3072=32767 3074=32767";
    let wgs84 = "2048=4326 2049=unknown 2054=9102 2057=6378137 2059=298.257223563 3072=32767 3074=32767";
    assert_eq!(keys("+proj=utm +zone=33 +datum=WGS84"), "1024=1 1026=unknown 2049=unknown 2054=9102 3072=32633 3076=9001");
    assert_eq!(
        keys("+proj=tmerc +lat_0=49 +lon_0=-2 +k=0.9996012717 +x_0=400000 +y_0=-100000 +ellps=airy +units=m"),
        "1024=1 1026=unknown 2048=32767 2049=GCS Name = unknown|Datum = Unknown based on Airy 1830 ellipsoid|Ellipsoid = Airy 1830|Primem = \
         Greenwich| 2050=32767 2054=9102 2056=32767 2057=6377563.396 2059=299.3249646 2061=0 3072=32767 3074=32767 3075=1 3076=9001 3080=-2 \
         3081=49 3082=400000 3083=-100000 3092=0.9996012717"
    );
    for (text, rest) in [
        (
            "+proj=lcc +lat_1=33 +lat_2=45 +lat_0=39 +lon_0=-96 +datum=NAD83 +units=us-ft",
            "3075=8 3076=9003 3078=33 3079=45 3084=-96 3085=39 3086=0 3087=0",
        ),
        (
            "+proj=aea +lat_1=29.5 +lat_2=45.5 +lat_0=23 +lon_0=-96 +x_0=1 +y_0=2 +datum=NAD83",
            "3075=11 3076=9001 3078=29.5 3079=45.5 3080=-96 3081=23 3082=1 3083=2",
        ),
        (
            "+proj=eqdc +lat_0=1 +lon_0=2 +lat_1=3 +lat_2=4 +x_0=5 +y_0=6 +datum=NAD83",
            "3075=13 3076=9001 3078=3 3079=4 3080=2 3081=1 3082=5 3083=6",
        ),
        ("+proj=mill +lon_0=2 +R_A +datum=NAD83", "3075=20 3076=9001 3082=0 3083=0 3088=2 3089=0"),
        ("+proj=stere +lat_0=10 +lon_0=2 +k=0.9 +datum=NAD83", "3075=14 3076=9001 3082=0 3083=0 3088=2 3089=10 3092=0.9"),
    ] {
        assert_eq!(keys(text), format!("1024=1 1026=unknown {nad83} {rest}"), "{text}");
    }
    for (text, rest) in [
        ("+proj=merc +lon_0=3 +k=0.9 +datum=WGS84", "3075=7 3076=9001 3080=3 3081=0 3082=0 3083=0 3092=0.9"),
        ("+proj=merc +lat_ts=3 +datum=WGS84", "3075=7 3076=9001 3078=3 3080=0 3081=0 3082=0 3083=0"),
        ("+proj=stere +lat_0=90 +lat_ts=70 +lon_0=-45 +datum=WGS84", "3075=15 3076=9001 3081=70 3082=0 3083=0 3092=1 3095=-45"),
        (
            "+proj=stere +lat_0=-90 +k=0.97276901289 +lon_0=0 +x_0=6 +datum=WGS84",
            "3075=15 3076=9001 3081=-90 3082=6 3083=0 3092=0.97276901289 3095=0",
        ),
        ("+proj=eqc +lat_ts=10 +lon_0=20 +datum=WGS84", "3075=17 3076=9001 3078=10 3082=0 3083=0 3088=20 3089=0"),
        ("+proj=cea +lat_ts=30 +datum=WGS84", "3075=28 3076=9001 3078=30 3080=0 3082=0 3083=0"),
        ("+proj=robin +datum=WGS84", "3075=23 3076=9001 3082=0 3083=0 3088=0"),
        ("+proj=aeqd +lat_0=40 +lon_0=10 +datum=WGS84", "3075=12 3076=9001 3082=0 3083=0 3088=10 3089=40"),
    ] {
        assert_eq!(keys(text), format!("1024=1 1026=unknown {wgs84} {rest}"), "{text}");
    }
    assert!(keys("+proj=sinu +lon_0=0 +R=6371007.181 +units=m +no_defs").contains("2057=6371007.181 2058=6371007.181 2061=0"));
    assert!(keys("+proj=longlat +ellps=intl +towgs84=-87,-98,-121").ends_with("2057=6378388 2059=297 2061=0 2062=-87,-98,-121"));
    assert!(keys("+proj=longlat +datum=OSGB36").contains("2049=GCS Name = unknown|Primem = Greenwich| 2050=6277 2054=9102 2057="));
    let omerc = "+proj=omerc +lat_0=4 +lonc=115 +alpha=53.31582047222222 +k=0.99984 +gamma=53.13010236111111 +ellps=WGS84";
    assert!(
        keys(omerc)
            .ends_with("3075=9815 3076=9001 3082=0 3083=0 3088=115 3089=4 3093=0.99984 3094=53.31582047222222 3096=53.13010236111111")
    );
    let web = "+proj=merc +a=6378137 +b=6378137 +lat_ts=0 +lon_0=0 +x_0=0 +y_0=0 +k=1 +units=m +nadgrids=@null +no_defs";
    assert_eq!(keys(web), keys("EPSG:3857"));
    // A false origin is in metres there, and in the CRS's unit in the keys.
    assert!(keys("+proj=cass +lat_0=10 +x_0=86501 +ellps=intl +to_meter=0.5").contains("3059=1 3072=32767 3073=LUnits = unknown"));
    assert!(keys("+proj=cass +lat_0=10 +x_0=86501 +ellps=intl +to_meter=0.5").ends_with("3077=0.5 3080=0 3081=10 3082=173002 3083=0"));
}

const WGS84: &str = r#"GEOGCS["WGS 84",DATUM["WGS_1984",SPHEROID["WGS 84",6378137,298.257223563,AUTHORITY["EPSG","7030"]],AUTHORITY["EPSG","6326"]],PRIMEM["Greenwich",0],UNIT["degree",0.0174532925199433],AUTHORITY["EPSG","4326"]]"#;
const TM: &str = r#"PROJECTION["Transverse_Mercator"],PARAMETER["latitude_of_origin",1],PARAMETER["central_meridian",9],PARAMETER["scale_factor",0.9996],PARAMETER["false_easting",500000],PARAMETER["false_northing",0]"#;

#[test]
fn wkt_of_both_versions_is_read() {
    assert_eq!(
        keys(&format!(r#"PROJCS["Local TM",{WGS84},{TM},UNIT["US survey foot",0.3048006096012192]]"#)),
        "1024=1 1026=Local TM 2048=4326 2049=WGS 84 2054=9102 2057=6378137 2059=298.257223563 3059=1 3072=32767 3074=32767 3075=1 3076=9003 3080=9 \
         3081=1 3082=500000 3083=0 3092=0.9996"
    );
    let esri = r#"PROJCS["My UTM",GEOGCS["GCS_WGS_1984",DATUM["D_WGS_1984",SPHEROID["WGS_1984",6378137.0,298.257223563]],PRIMEM["Greenwich",0.0],UNIT["Degree",0.0174532925199433]],PROJECTION["Transverse_Mercator"],PARAMETER["False_Easting",500000.0],PARAMETER["False_Northing",0.0],PARAMETER["Central_Meridian",15.0],PARAMETER["Scale_Factor",0.9996],PARAMETER["Latitude_Of_Origin",0.0],UNIT["Meter",1.0]]"#;
    assert_eq!(keys(esri), "1024=1 1026=My UTM 2049=WGS 84 2054=9102 3072=32633 3076=9001");
    let two = r#"PROJCRS["NZ own",BASEGEOGCRS["WGS 84",DATUM["World Geodetic System 1984",ELLIPSOID["WGS 84",6378137,298.257223563,LENGTHUNIT["metre",1]]],PRIMEM["Greenwich",0,ANGLEUNIT["degree",0.0174532925199433]],ID["EPSG",4326]],CONVERSION["foo",METHOD["Lambert Conic Conformal (2SP)",ID["EPSG",9802]],PARAMETER["Latitude of false origin",1,ANGLEUNIT["degree",0.0174532925199433]],PARAMETER["Longitude of false origin",2,ANGLEUNIT["degree",0.0174532925199433]],PARAMETER["Latitude of 1st standard parallel",3,ANGLEUNIT["degree",0.0174532925199433]],PARAMETER["Latitude of 2nd standard parallel",4,ANGLEUNIT["degree",0.0174532925199433]],PARAMETER["Easting at false origin",5,LENGTHUNIT["metre",1]],PARAMETER["Northing at false origin",6,LENGTHUNIT["metre",1]]],CS[Cartesian,2],AXIS["easting",east],AXIS["northing",north],LENGTHUNIT["kilometre",1000]]"#;
    assert_eq!(
        keys(two),
        "1024=1 1026=NZ own 2048=4326 2049=WGS 84 2054=9102 2057=6378137 2059=298.257223563 3059=1 3072=32767 3073=LUnits = kilometre 3074=32767 \
         3075=8 3076=32767 3077=1000 3078=3 3079=4 3084=2 3085=1 3086=0.005 3087=0.006"
    );
    let datum = r#"PROJCS["odd",GEOGCS["X",DATUM["DHDN",SPHEROID["Bessel 1841",6377397.155,299.1528128,AUTHORITY["EPSG","7004"]],AUTHORITY["EPSG","6314"]],PRIMEM["Greenwich",0],UNIT["degree",0.0174532925199433]],"#;
    assert!(keys(&format!(r#"{datum}{TM},UNIT["rod",5.03]]"#)).starts_with(
        "1024=1 1026=odd 2048=32767 2049=GCS Name = X|Primem = Greenwich| 2050=6314 2054=9102 2057=6377397.155 2059=299.1528128 2061=0 3059=1"
    ));
    // A code at the root says all.
    assert_eq!(keys(&format!(r#"PROJCS["x",{WGS84},{TM},UNIT["metre",1],AUTHORITY["EPSG","25832"]]"#)), keys("EPSG:25832"));
    assert_eq!(keys(WGS84), keys("EPSG:4326"));
    // A prime meridian is in the CRS's own unit.
    let grads =
        r#"GEOGCS["My GCS",DATUM["My_Datum",SPHEROID["My Ell",6378388,297.1]],PRIMEM["Paris",2.5969213],UNIT["grad",0.01570796326794897]]"#;
    assert_eq!(
        keys(grads),
        "1024=2 2048=32767 2049=GCS Name = My GCS|Datum = My_Datum|Ellipsoid = My Ell|Primem = Paris|AUnits = grad| 2050=32767 2054=9105 2056=32767 \
         2057=6378388 2059=297.1 2061=2.5969213"
    );
    let heights = r#"COMPD_CS["both",GEOGCS["WGS 84",DATUM["WGS_1984",SPHEROID["WGS 84",6378137,298.257223563]],PRIMEM["Greenwich",0],UNIT["degree",0.0174532925199433],AUTHORITY["EPSG","4326"]],VERT_CS["mine",VERT_DATUM["my vd",2005],UNIT["foot",0.3048]]]"#;
    assert!(keys(heights).ends_with("4096=32767 4097=mine 4098=32767 4099=9002"));
}

#[test]
fn only_web_mercator_itself_is_web_mercator() {
    let web = keys("EPSG:3857");
    let sphere = "+proj=merc +a=6378137 +b=6378137 +nadgrids=@null";
    for same in [
        "+proj=webmerc +datum=WGS84",
        "+proj=webmerc +datum=WGS84 +lon_0=0 +x_0=0 +k=1 +units=m +wktext +no_defs",
        &format!("{sphere} +lat_ts=0 +k=1 +to_meter=1"),
    ] {
        assert_eq!(keys(same), web, "{same}");
    }
    for (text, told) in [
        ("+proj=webmerc +lon_0=150 +datum=WGS84", "only EPSG:3857 has keys"),
        ("+proj=webmerc +datum=WGS84 +units=km", "only EPSG:3857 has keys"),
        ("+proj=webmerc +datum=WGS84 +k=0.5", "only EPSG:3857 has keys"),
        ("+proj=webmerc +datum=NAD83", "only EPSG:3857 has keys"),
        ("+proj=webmerc +ellps=bessel", "only EPSG:3857 has keys"),
        ("+proj=webmerc +datum=WGS84 +nonsense=3", "+nonsense is not known"),
    ] {
        assert!(refused(text).contains(told), "{text}: {}", refused(text));
    }
    // On the sphere there are other Mercators.
    let kilometres = keys(&format!("{sphere} +lat_ts=0 +lon_0=0 +x_0=0 +y_0=0 +k=1 +units=km"));
    assert!(kilometres.contains("2057=6378137 2058=6378137") && kilometres.contains("3077=1000 3078=0 3080=0"), "{kilometres}");
    assert!(keys(&format!("{sphere} +lon_0=150")).ends_with("3075=7 3076=9001 3080=150 3081=0 3082=0 3083=0 3092=1"));
    let wkt = |unit: &str, more: &str| {
        format!(r#"PROJCS["w",{WGS84},PROJECTION["Mercator_Auxiliary_Sphere"],PARAMETER["Central_Meridian",0],{more}UNIT{unit}]"#)
    };
    assert_eq!(keys(&wkt(r#"["Meter",1]"#, r#"PARAMETER["Auxiliary_Sphere_Type",0],"#)), web);
    assert!(refused(&wkt(r#"["km",1000]"#, "")).contains("only EPSG:3857"));
    assert!(refused(&wkt(r#"["Meter",1]"#, r#"PARAMETER["Scale_Factor",0.5],"#)).contains("only EPSG:3857"));
}

#[test]
fn words_beside_a_code_may_only_say_the_same() {
    let utm = keys("EPSG:32633");
    assert_eq!(keys("+init=epsg:32633 +no_defs +type=crs"), utm);
    assert_eq!(keys("+init=epsg:32633 +proj=utm +zone=33 +datum=WGS84 +units=m +no_defs +ellps=WGS84 +towgs84=0,0,0"), utm);
    for text in ["+init=epsg:32633 +units=km", "+init=epsg:32633 +proj=utm +zone=34 +datum=WGS84", "+init=epsg:4326 +lon_0=5"] {
        assert!(refused(text).contains("says all"), "{text}");
    }
}

#[test]
fn words_that_no_key_can_hold_are_refused() {
    for (text, told) in [
        (
            "+proj=lcc +lat_1=44.1833 +lat_2=45.7 +lat_0=43.3166 +lon_0=-84.3333 +x_0=609601.2 +k_0=1.0000382 +ellps=clrk66",
            "+proj=lcc has no GeoKey for Scale 1.0000382",
        ),
        ("+proj=aea +lat_1=20 +lat_2=30 +k=0.5", "has no GeoKey for Scale 0.5"),
        ("+proj=laea +lat_0=50 +lat_ts=3", "+lat_ts is not known"),
        ("+proj=stere +lat_0=90 +lat_ts=70 +k=0.9", "has no GeoKey for Scale 0.9"),
        ("+proj=mill +datum=WGS84", "on a sphere, or with +R_A"),
        ("+proj=robin +lat_0=10", "has no GeoKey for Latitude 10"),
        ("+proj=tmerc +lon_0=9 +lat_1=30", "has no GeoKey for Parallel1 30"),
        ("+proj=tmerc +lon_0=9 +lon_0=8", "+lon_0 is given twice"),
        ("+proj=tmerc +lon_0=9 +k=0.9 +k_0=0.8", "+k_0=0.8 is given beside another Scale"),
        ("+proj=longlat +datum=WGS84 +units=km", "+units is not known"),
        ("+proj=longlat +datum=NAD27 +ellps=bessel", "+datum=NAD27 has an ellipsoid of its own"),
        ("+proj=longlat +a=-5", "semi-major axis of -5"),
        ("+proj=longlat +pm=nan", "+pm=nan is not known"),
    ] {
        assert!(refused(text).contains(told), "{text}: {}", refused(text));
    }
    // PROJ's Mercator knows no latitude of origin: the word changes nothing there.
    assert_eq!(keys("+proj=merc +lat_0=30 +datum=WGS84"), keys("+proj=merc +datum=WGS84"));
    // The sign of a polar parallel is the pole's.
    assert!(keys("+proj=stere +lat_0=-90 +lat_ts=71 +datum=WGS84").contains("3081=-71"));
    // Zones of NAD83 end at 23: EPSG:26933 is a plane of North Carolina.
    assert!(keys("+proj=utm +zone=23 +datum=NAD83").contains("3072=26923"));
    assert!(
        keys("+proj=utm +zone=33 +datum=NAD83").contains("3072=32767") && keys("+proj=utm +zone=30 +datum=NAD27").contains("3072=32767")
    );
    // A false origin of UTM is in metres there, and in the CRS's unit in the keys.
    assert!(keys("+proj=utm +zone=33 +south +ellps=intl +units=km").contains("3082=500 3083=10000"));
    let cone = |more: &str| {
        format!(r#"PROJCS["c",{WGS84},PROJECTION["Lambert_Conformal_Conic"],PARAMETER["Central_Meridian",-84],{more}UNIT["Meter",1]]"#)
    };
    let two = r#"PARAMETER["Standard_Parallel_1",44],PARAMETER["Standard_Parallel_2",45],PARAMETER["Latitude_Of_Origin",43],"#;
    assert!(refused(&cone(&format!(r#"{two}PARAMETER["Scale_Factor",1.0000382],"#))).contains("has no GeoKey for Scale 1.0000382"));
    assert!(keys(&cone(&format!(r#"{two}PARAMETER["Scale_Factor",1],"#))).contains("3075=8"));
    // One parallel away from the origin is two that are one.
    let one = r#"PARAMETER["Standard_Parallel_1",44],PARAMETER["Latitude_Of_Origin",43],"#;
    assert!(keys(&cone(one)).ends_with("3075=8 3076=9001 3078=44 3079=44 3084=-84 3085=43 3086=0 3087=0"));
    assert!(refused(&cone(&format!(r#"{one}PARAMETER["Scale_Factor",0.5],"#))).contains("has no GeoKey for Scale 0.5"));
    let mercator = format!(r#"PROJCS["m",{WGS84},PROJECTION["Mercator_1SP"],PARAMETER["latitude_of_origin",30],UNIT["metre",1]]"#);
    assert!(refused(&mercator).contains("has no GeoKey for Latitude 30"));
    let cassini = |axes: &str| format!(r#"PROJCS["c",{WGS84},PROJECTION["Cassini_Soldner"],UNIT["metre",1]{axes}]"#);
    assert!(refused(&cassini(r#",AXIS["x",SOUTH],AXIS["y",WEST]"#)).contains("axes point to the south and the west"));
    assert_eq!(keys(&cassini(r#",AXIS["N",NORTH],AXIS["E",EAST]"#)), keys(&cassini("")));
}

#[test]
fn a_bound_crs_keeps_its_shift() {
    let source = r#"GEOGCRS["DHDN",DATUM["Deutsches Hauptdreiecksnetz",ELLIPSOID["Bessel 1841",6377397.155,299.1528128,LENGTHUNIT["metre",1]]],PRIMEM["Greenwich",0],CS[ellipsoidal,2],AXIS["lat",north],AXIS["lon",east],ANGLEUNIT["degree",0.0174532925199433]]"#;
    let target = r#"GEOGCRS["WGS 84",DATUM["World Geodetic System 1984",ELLIPSOID["WGS 84",6378137,298.257223563]],CS[ellipsoidal,2],AXIS["lat",north],AXIS["lon",east],ANGLEUNIT["degree",0.0174532925199433],ID["EPSG",4326]]"#;
    let bound = |source: &str, target: &str, method: &str, parameters: &str| {
        format!(r#"BOUNDCRS[SOURCECRS[{source}],TARGETCRS[{target}],ABRIDGEDTRANSFORMATION["x",METHOD{method}{parameters}]]"#)
    };
    let three = r#",PARAMETER["X-axis translation",598.1,ID["EPSG",8605]],PARAMETER["Y-axis translation",73.7,ID["EPSG",8606]],PARAMETER["Z-axis translation",418.2,ID["EPSG",8607]]"#;
    let seven = format!(
        r#"{three},PARAMETER["X-axis rotation",0.202,ID["EPSG",8608]],PARAMETER["Y-axis rotation",0.045,ID["EPSG",8609]],PARAMETER["Z-axis rotation",-2.455,ID["EPSG",8610]],PARAMETER["Scale difference",1.0000067,ID["EPSG",8611]]"#
    );
    let vector = r#"["Position Vector transformation (geog2D domain)",ID["EPSG",9606]]"#;
    assert!(keys(&bound(source, target, vector, &seven)).ends_with("2062=598.1,73.7,418.2,0.202,0.045,-2.455,6.7"));
    let frame = r#"["Coordinate Frame rotation (geog2D domain)",ID["EPSG",9607]]"#;
    assert!(keys(&bound(source, target, frame, &seven)).ends_with("2062=598.1,73.7,418.2,-0.202,-0.045,2.455,6.7"));
    let translations = r#"["Geocentric translations (geog2D domain)",ID["EPSG",9603]]"#;
    assert!(keys(&bound(source, target, translations, three)).ends_with("2062=598.1,73.7,418.2"));
    let projected = format!(
        r#"PROJCRS["g",BASE{},CONVERSION["c",METHOD["Transverse Mercator",ID["EPSG",9807]],PARAMETER["Longitude of natural origin",9]],CS[Cartesian,2],AXIS["e",east],AXIS["n",north],LENGTHUNIT["metre",1]]"#,
        source
    );
    assert!(keys(&bound(&projected, target, vector, &seven)).contains("2062=598.1,73.7,418.2,0.202,0.045,-2.455,6.7 3072=32767"));
    let coded = r#"GEOGCRS["DHDN",DATUM["x",ELLIPSOID["Bessel 1841",6377397.155,299.1528128]],ID["EPSG",4314]]"#;
    assert!(
        keys(&bound(coded, target, vector, &seven)).contains("2048=4314")
            && keys(&bound(coded, target, vector, &seven)).contains("2062=598.1")
    );
    let old =
        r#"GEOGCS["DHDN",DATUM["x",SPHEROID["Bessel 1841",6377397.155,299.1528128],TOWGS84[598.1,73.7,418.2]],AUTHORITY["EPSG","4314"]]"#;
    assert!(keys(old).ends_with("2062=598.1,73.7,418.2"));
    for (text, told) in [
        (bound(source, target, r#"["NTv2",ID["EPSG",9615]]"#, r#",PARAMETERFILE["f","BETA2007.gsb"]"#), "method 'NTv2'"),
        (bound(source, source, vector, &seven), "leads to 'DHDN'"),
        (bound(source, target, translations, &seven), "parameter 'X-axis rotation'"),
        (bound(source, target, vector, r#",PARAMETER["Scale difference",6.7]"#), "a scale of 6.7"),
    ] {
        assert!(refused(&text).contains(told), "{}", refused(&text));
    }
}

#[test]
fn what_cannot_be_written_is_told_in_one_line() {
    for (text, told) in [
        ("", "an EPSG code such as EPSG:32633, WKT, or a PROJ string is accepted"),
        ("ESRI:54030", "is accepted"),
        ("EPSG:4978", "'WGS 84' (EPSG:4978) has no two axes across the ground"),
        ("EPSG:5773", "is a vertical CRS; name a horizontal one before it, such as EPSG:4326+5773"),
        ("EPSG:1", "has no EPSG:1"),
        ("EPSG:99999", "a code is a number from 1 to 32766"),
        ("EPSG:32633+4326", "EPSG:4326 is no vertical CRS"),
        ("+proj=moll +datum=WGS84", "projection method 'moll' has no GeoKeys here"),
        ("+proj=merc +ellps=nowhere", "+ellps=nowhere is not known"),
        ("+proj=merc +geoidgrids=egm.gtx", "+geoidgrids is not known"),
        ("+proj=aea +lat_1=1", "needs a value of Parallel2"),
        ("+proj=utm +zone=61", "+zone: 1 to 60"),
        ("GEOGCS[\"a\"", "it ends within brackets"),
        ("GEOGCS[\"a\"]", "'a' has no datum"),
        ("LOCAL_CS[\"site\",UNIT[\"metre\",1]]", "LOCAL_CS is not accepted"),
        ("{\"type\":\"GeographicCRS\"}", "PROJJSON is not read"),
    ] {
        let refused = refused(text);
        assert!(refused.contains(told) && !refused.contains('\n'), "{text}: {refused}");
    }
    assert!(refused(&format!("PROJCS[\"x\",\n{WGS84},PROJECTION[\"Bonne\"]]")).contains("projection method 'Bonne'"));
}

#[test]
fn tags_hold_what_the_keys_say_and_our_readers_understand_them() {
    let mut georef = Georeferencing { raster_type: RasterType::Point, ..Georeferencing::default() };
    georef.set_crs(&"EPSG:2227".parse().unwrap());
    assert_eq!(georef.keys.as_ref().unwrap().directory[..12], [1, 1, 1, 7, 1024, 0, 1, 1, 1025, 0, 1, 2]);
    assert_eq!((georef.epsg(), georef.linear_unit_m()), (Some(2227), 1200.0 / 3937.0));
    assert_eq!(georef.crs_name().as_deref(), Some("NAD83 / California zone 3 (ftUS)"));
    georef.set_crs(&"EPSG:2227+5703".parse().unwrap());
    // The unit stands in no key there.
    assert_eq!(georef.linear_unit_m(), 1200.0 / 3937.0);
    assert_eq!(georef.vertical_crs().unwrap(), (5703, "NAVD88 height".to_owned()));
    georef.set_crs(&"+proj=lcc +lat_1=33 +lat_2=45 +lon_0=-96 +R=6370000".parse().unwrap());
    assert_eq!((georef.ellipsoid().semi_major_m, georef.epsg(), georef.crs_name().as_deref()), (6_370_000.0, None, Some("unknown")));
}

#[test]
fn names_that_no_key_can_point_to_are_refused() {
    let named = |length: usize| {
        let name = "x".repeat(length);
        format!(
            "GEOGCS[\"{name}\",DATUM[\"d\",SPHEROID[\"s\",6378137,298.257]],PRIMEM[\"Greenwich\",0],UNIT[\"degree\",0.0174532925199433]]"
        )
    };
    assert!(named(15_000).parse::<Crs>().is_ok());
    let message = named(70_000).parse::<Crs>().unwrap_err().to_string();
    assert!(message.contains("where GeoTIFF keys hold 65535") && message.len() < 400, "{message}");
}
