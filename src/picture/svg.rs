//! A little SVG: shapes and words, nothing that needs a library.

use std::fmt::Write as _;

/// Ink of words and frames.
pub const INK: &str = "#24292f";
/// Words of lesser weight, ticks.
pub const DIM: &str = "#6e7781";

/// A drawing in progress.
pub struct Svg {
    body: String,
}

/// Which point of the words stands at their place.
#[derive(Clone, Copy)]
pub enum Anchor {
    Start,
    Middle,
    End,
}

impl Svg {
    pub fn new() -> Self {
        Self { body: String::new() }
    }

    /// A filled rectangle, `style` as attributes.
    pub fn rect(&mut self, (x, y): (f64, f64), (w, h): (f64, f64), style: &str) {
        self.push(format_args!("<rect x=\"{x:.2}\" y=\"{y:.2}\" width=\"{:.2}\" height=\"{:.2}\" {style}/>", w.max(0.0), h.max(0.0)));
    }

    /// As [`rect`](Self::rect), with words that appear under the mouse.
    pub fn hint(&mut self, (x, y): (f64, f64), (w, h): (f64, f64), style: &str, words: &str) {
        let words = escape(words);
        self.push(format_args!("<rect x=\"{x:.2}\" y=\"{y:.2}\" width=\"{w:.2}\" height=\"{h:.2}\" {style}><title>{words}</title></rect>"));
    }

    pub fn line(&mut self, (x1, y1): (f64, f64), (x2, y2): (f64, f64), style: &str) {
        self.push(format_args!("<line x1=\"{x1:.2}\" y1=\"{y1:.2}\" x2=\"{x2:.2}\" y2=\"{y2:.2}\" {style}/>"));
    }

    /// A path through points.
    pub fn path(&mut self, points: &[(f64, f64)], style: &str) {
        let points: Vec<String> = points.iter().map(|(x, y)| format!("{x:.1},{y:.1}")).collect();
        self.push(format_args!("<polyline points=\"{}\" {style}/>", points.join(" ")));
    }

    pub fn text(&mut self, (x, y): (f64, f64), size: f64, anchor: Anchor, words: &str) {
        self.styled((x, y), size, anchor, &format!("fill=\"{INK}\""), words);
    }

    pub fn dim(&mut self, (x, y): (f64, f64), size: f64, anchor: Anchor, words: &str) {
        self.styled((x, y), size, anchor, &format!("fill=\"{DIM}\""), words);
    }

    pub fn bold(&mut self, (x, y): (f64, f64), size: f64, words: &str) {
        self.styled((x, y), size, Anchor::Start, &format!("fill=\"{INK}\" font-weight=\"600\""), words);
    }

    fn styled(&mut self, (x, y): (f64, f64), size: f64, anchor: Anchor, style: &str, words: &str) {
        let anchor = match anchor {
            Anchor::Start => "start",
            Anchor::Middle => "middle",
            Anchor::End => "end",
        };
        let words = escape(words);
        self.push(format_args!("<text x=\"{x:.1}\" y=\"{y:.1}\" font-size=\"{size}\" text-anchor=\"{anchor}\" {style}>{words}</text>"));
    }

    fn push(&mut self, element: std::fmt::Arguments<'_>) {
        // Writing to a string cannot fail.
        let _ = self.body.write_fmt(element);
        self.body.push('\n');
    }

    /// The whole document.
    pub fn finish(self, width: f64, height: f64) -> String {
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width:.0}\" height=\"{height:.0}\" viewBox=\"0 0 {width:.0} {height:.0}\" \
             font-family=\"ui-sans-serif, 'Segoe UI', Helvetica, Arial, sans-serif\">\n\
             <defs><pattern id=\"kept\" width=\"6\" height=\"6\" patternUnits=\"userSpaceOnUse\" patternTransform=\"rotate(45)\">\
             <rect width=\"2.4\" height=\"6\" fill=\"#8250df\"/></pattern></defs>\n\
             <rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n{}</svg>",
            self.body
        )
    }
}

/// `1,234,567`.
pub fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// The end of a long name, after an ellipsis.
pub fn shortened(name: &str, most: usize) -> String {
    let length = name.chars().count();
    if length <= most { name.to_owned() } else { format!("…{}", name.chars().skip(length - most + 1).collect::<String>()) }
}

fn escape(words: &str) -> String {
    words
        .chars()
        // XML has no control characters.
        .map(|c| if c.is_control() { ' ' } else { c })
        .flat_map(|c| match c {
            '&' => "&amp;".chars().collect::<Vec<_>>(),
            '<' => "&lt;".chars().collect(),
            '>' => "&gt;".chars().collect(),
            '"' => "&quot;".chars().collect(),
            c => vec![c],
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_escaped_grouped_and_shortened() {
        assert_eq!(escape("a<b>&\"c\u{7}"), "a&lt;b&gt;&amp;&quot;c ");
        assert_eq!((grouped(7), grouped(1234), grouped(1_234_567)), ("7".into(), "1,234".into(), "1,234,567".into()));
        assert_eq!((shortened("dem.tif", 8), shortened("/long/dem.tif", 8)), ("dem.tif".into(), "…dem.tif".into()));
    }
}
