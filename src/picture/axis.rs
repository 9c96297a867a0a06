//! Rows or columns of a raster on paper: to scale, the middle left out where it would not fit.

use crate::raster::Span;

/// Width of the tear that stands for what is left out.
const TEAR: f64 = 26.0;

/// One direction of the drawing.
pub struct Axis {
    /// Points a pixel of the raster.
    scale: f64,
    /// What is shown, and where it begins.
    pieces: Vec<(Span, f64)>,
}

impl Axis {
    /// `count` rows or columns from `origin` on. Whole where they fit in `most` points; else the first and the last of
    /// them, in whole steps of `step` where that is possible.
    pub fn new(origin: f64, count: usize, scale: f64, most: f64, step: usize) -> Self {
        if count as f64 * scale <= most * 1.001 {
            return Self { scale, pieces: vec![(Span::new(0, count), origin)] };
        }
        let shown = |share: f64| -> usize {
            let fits = ((most - TEAR) * share / scale) as usize;
            if fits >= step { fits / step * step } else { fits }
        };
        let (head, tail) = (shown(0.62), shown(0.38));
        // The last step may be shorter than the others.
        let last = if tail >= step { (count - 1) / step * step + step - tail } else { count - tail };
        let (head, tail) = (Span::new(0, head), Span::new(last.min(count - 1), count));
        let second = origin + head.len() as f64 * scale + TEAR;
        Self { scale, pieces: vec![(head, origin), (tail, second)] }
    }

    /// Points from the beginning to the end.
    pub fn end(&self) -> f64 {
        self.pieces.last().map_or(0.0, |(span, at)| at + span.len() as f64 * self.scale)
    }

    /// The place of the edge before a row or column, if it is shown.
    pub fn edge(&self, before: usize) -> Option<f64> {
        let shown = |span: &Span| (span.start..=span.end).contains(&before);
        self.pieces.iter().find(|(span, _)| shown(span)).map(|(span, at)| at + (before - span.start) as f64 * self.scale)
    }

    /// The shown parts of a span as `(place, length)`.
    pub fn parts(&self, of: Span) -> Vec<(f64, f64)> {
        let parts = self.pieces.iter().map(|(span, at)| (span.intersect(of), span, at));
        parts
            .filter(|(part, ..)| !part.is_empty())
            .map(|(part, span, at)| (at + (part.start - span.start) as f64 * self.scale, part.len() as f64 * self.scale))
            .collect()
    }

    /// The tear and what it leaves out.
    pub fn tear(&self) -> Option<(f64, Span)> {
        let [(head, at), (tail, _)] = self.pieces.as_slice() else { return None };
        Some((at + head.len() as f64 * self.scale + TEAR / 2.0, Span::new(head.end, tail.start)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_fits_is_whole_and_what_does_not_keeps_both_ends() {
        let whole = Axis::new(10.0, 100, 2.0, 200.0, 8);
        assert_eq!((whole.edge(100), whole.end(), whole.tear()), (Some(210.0), 210.0, None));
        let cut = Axis::new(0.0, 1003, 1.0, 226.0, 10);
        let (_, out) = cut.tear().unwrap();
        assert_eq!((cut.edge(120), cut.edge(500), out.start), (Some(120.0), None, 120));
        assert!(out.end % 10 == 0 && cut.edge(1003).is_some() && cut.end() <= 226.0, "{out}");
        assert_eq!(cut.parts(Span::new(110, 1003)).len(), 2);
        assert_eq!(cut.parts(Span::new(300, 400)), []);
    }
}
