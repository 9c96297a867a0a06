//! `swath reclassify` and `color-map`.

use super::{values::named, verb::OperatorOptions};
use clap::Args;
use std::{fs, path::Path, sync::Arc};
use swath::{
    graph::Operator,
    op::{ColorEntry, ColorMap, ColorSelection, Reclassify},
};

const HOW: &str = "How it is computed";

/// Options of `reclassify`.
#[derive(Args, Debug)]
pub struct ReclassifyOptions {
    /// Rules such as '[0,10)=1; [10,20)=2; 30=3; NO_DATA=0; DEFAULT=PASS_THROUGH', or @FILE that holds them
    #[arg(short, long, value_parser = mapping, value_name = "RULES|@FILE", allow_hyphen_values = true, help_heading = HOW)]
    mapping: Reclassify,
}

impl OperatorOptions for ReclassifyOptions {
    const ABOUT: &'static str = "Ranges and values become classes";
    const EXAMPLES: &'static str = "Examples:
  swath reclassify slope.tif classes.tif --mapping '[0,5)=1; [5,15)=2; [15,INF]=3'
  swath reclassify cover.tif forest.tif --mapping '10=1; 20=1; DEFAULT=NO_DATA'
  swath reclassify dem.tif land.tif -m '[-INF,0]=NO_DATA; DEFAULT=PASS_THROUGH'
  swath reclassify dem.tif classes.tif --mapping @classes.txt --dtype int16 --nodata -1

A range's end is included by [ and ], excluded by ( and ). Samples that no rule names are missing, unless DEFAULT says otherwise.";

    fn operator(&self) -> Arc<dyn Operator> {
        Arc::new(self.mapping.clone())
    }
}

/// Options of `color-map`.
#[derive(Args, Debug)]
pub struct ColorMapOptions {
    /// A file of lines 'value red green blue [alpha]', as gdaldem has them, or a ramp's name
    #[arg(long, value_parser = colors, value_name = "FILE|RAMP", default_value = "viridis", help_heading = HOW)]
    color_map: Colors,
    /// What the colour of a sample is that lies between two values
    #[arg(long, value_parser = named(ColorSelection::ALL, ColorSelection::as_str), ignore_case = true, default_value = "interpolate", help_heading = HOW)]
    color_selection: ColorSelection,
    /// A fourth band, alpha
    #[arg(long, help_heading = HOW)]
    add_alpha: bool,
    /// What percentages are of [default: the least and the greatest sample, found in a pass before]
    #[arg(long, value_parser = range, value_name = "MIN,MAX", allow_hyphen_values = true, help_heading = HOW)]
    range: Option<(f64, f64)>,
}

/// Wrapped, since a list would be several values to clap.
#[derive(Clone, Debug)]
struct Colors(Vec<ColorEntry>);

impl OperatorOptions for ColorMapOptions {
    const ABOUT: &'static str = "A colour for each sample, by a colour file or a named ramp";
    const EXAMPLES: &'static str = "Examples:
  swath color-map dem.tif picture.tif --color-map relief.txt
  swath color-map dem.tif picture.tif --color-map viridis --range 0,2500 --add-alpha
  swath color-map classes.tif picture.tif --color-map classes.txt --color-selection exact
  swath color-map dem.tif picture.tif --color-map relief.txt -alpha -nearest_color_entry   (as gdaldem)

Ramps: viridis, magma, inferno, plasma, cividis, turbo, cubehelix, greys, blues, greens, oranges, yellow-green-blue,
yellow-orange-red, brown-green, red-blue, red-yellow-blue, spectral; each also with _r, the other way round.";

    fn operator(&self) -> Arc<dyn Operator> {
        let Self { color_map: Colors(colors), color_selection, add_alpha, range } = self;
        Arc::new(ColorMap { colors: colors.clone(), selection: *color_selection, add_alpha: *add_alpha, range: *range })
    }
}

fn read(path: &Path) -> Result<String, String> {
    fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))
}

fn mapping(text: &str) -> Result<Reclassify, String> {
    let rules = match text.strip_prefix('@') {
        Some(path) => read(Path::new(path))?,
        None => text.to_owned(),
    };
    rules.parse().map_err(|error: swath::error::Error| error.to_string())
}

/// A file, else a ramp.
fn colors(text: &str) -> Result<Colors, String> {
    let path = Path::new(text);
    let found = if path.is_file() { ColorMap::parse(&read(path)?) } else { ColorMap::ramp(text) };
    found.map(Colors).map_err(|error| match error {
        swath::error::Error::Usage { what: "colour ramp", accepted, .. } => format!("neither a file nor a ramp; ramps are {accepted}"),
        other => other.to_string(),
    })
}

fn range(text: &str) -> Result<(f64, f64), String> {
    let number = |text: &str| text.trim().parse::<f64>().ok().filter(|number| number.is_finite());
    let both = text.split_once(',').and_then(|(least, greatest)| number(least).zip(number(greatest)));
    both.filter(|(least, greatest)| least < greatest)
        .ok_or_else(|| "two numbers, the less one first, such as 0,2500, are accepted".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_win_over_ramps_and_what_is_neither_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("viridis");
        fs::write(&path, "0 red\n1 blue\n").unwrap();
        assert_eq!(colors(path.to_str().unwrap()).unwrap().0.len(), 2);
        assert_eq!(colors("Viridis_r").unwrap().0.len(), 256);
        assert!(colors("virdis").unwrap_err().starts_with("neither a file nor a ramp; ramps are viridis, magma"));
        fs::write(&path, "0 red\n1 bleu\n").unwrap();
        assert!(colors(path.to_str().unwrap()).unwrap_err().contains("2: 1 bleu"));
    }

    #[test]
    fn the_help_names_every_ramp() {
        let help = ColorMapOptions::EXAMPLES.replace('\n', " ");
        assert!(ColorMap::ramps().all(|name| help.contains(&format!("{name},")) || help.contains(&format!("{name};"))));
    }

    #[test]
    fn ranges_and_mappings_are_read_from_the_line_and_from_files() {
        assert_eq!(range("-5, 1e3"), Ok((-5.0, 1000.0)));
        assert!(range("5,5").is_err() && range("5").is_err() && range("a,b").is_err());
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("rules.txt");
        fs::write(&path, "# two classes\n[0,1)=1\n[1,2)=2\n").unwrap();
        assert_eq!(mapping(&format!("@{}", path.display())).unwrap(), mapping("[0,1)=1;[1,2)=2").unwrap());
        assert!(mapping("@no such file").unwrap_err().contains("no such file"));
        assert!(mapping("[0,1=2").unwrap_err().contains("character 5"));
    }
}
