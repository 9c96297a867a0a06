//! The outline of a neighbourhood, as it is asked for.

use super::outline::Outline;
use crate::{
    error::Result,
    op::{
        matrix::Matrix,
        named_option::named_option,
        option_info::OptionInfo,
        options::{Options, Written},
    },
};

named_option! {
    /// The outline of a neighbourhood.
    "shape" FocalShape {
        /// All pixels up to `radius` columns and rows away.
        #[default]
        Box = "box",
        /// Pixels whose centre is no farther than `radius`.
        Circle = "circle",
        /// The circle without the pixels whose centre is no farther than `inner`.
        Annulus = "annulus",
        /// The pixels of the footprint, `mask`.
        Custom = "custom",
    }
}

/// The outline of a neighbourhood with all that says how large it is.
#[derive(Clone, Debug, PartialEq)]
pub struct Shape {
    /// Which outline.
    pub shape: FocalShape,
    /// How far it reaches, in pixels: 1 to 64. A custom outline has its own reach.
    pub radius: usize,
    /// Radius of the annulus's hole, less than `radius`; what is as far or nearer does not belong.
    pub inner: usize,
    /// Rows of the custom outline, from north to south: an odd number of as many columns, odd as well, up to 129.
    pub mask: Vec<Vec<bool>>,
}

impl Default for Shape {
    /// The nine pixels of a box of radius 1.
    fn default() -> Self {
        Self { shape: FocalShape::default(), radius: 1, inner: 0, mask: Vec::new() }
    }
}

/// How it is asked for.
pub(crate) const OPTIONS: &[OptionInfo] = &[
    OptionInfo::choice("shape", FocalShape::CHOICE, "SHAPE", "Outline of the neighbourhood").default_with("footprint", "custom"),
    OptionInfo::count("radius", "PIXELS", "How far it reaches, in pixels: 1 to 64").default("1").not_with(
        "shape",
        "custom",
        "a footprint, which is as large as its rows and columns",
    ),
    OptionInfo::count("inner", "PIXELS", "Radius of an annulus's hole, in pixels")
        .default("0")
        .default_words("0, the centre alone")
        .only_with("shape", &["annulus"]),
    OptionInfo::matrix(
        "footprint",
        "ROWS",
        "Rows of a custom outline, parted by semicolons, or a text file of them: what is not 0 belongs",
    )
    .aliases(&["weights"])
    .only_with("shape", &["custom"])
    .needed_by("shape", "custom", "0 1 0; 1 1 1; 0 1 0"),
];

impl Shape {
    /// What [`OPTIONS`] say.
    pub(crate) fn of_options(options: &Options) -> Result<Self> {
        let footprint: Option<Matrix> = options.find("footprint")?;
        let mask = footprint.as_ref().map(Matrix::mask).unwrap_or_default();
        Ok(Self { shape: options.get("shape")?, radius: options.get("radius")?, inner: options.get("inner")?, mask })
    }

    /// Writes what [`of_options`](Self::of_options) reads.
    pub(crate) fn write(&self, options: &mut Written) {
        options.put_some("footprint", (!self.mask.is_empty()).then(|| Matrix::of_mask(&self.mask)));
        options.put("shape", self.shape);
        options.put("radius", self.radius);
        options.put("inner", self.inner);
    }

    /// Its pixels.
    pub(crate) fn outline(&self) -> Outline {
        let (radius, inner) = (self.radius as isize, self.inner as isize);
        let distance = |row: isize, col: isize| row * row + col * col;
        match self.shape {
            FocalShape::Box => Outline::of(self.reach(), |_, _| true),
            FocalShape::Circle => Outline::of(self.reach(), |row, col| distance(row, col) <= radius * radius),
            FocalShape::Annulus => {
                Outline::of(self.reach(), |row, col| (inner * inner + 1..=radius * radius).contains(&distance(row, col)))
            }
            FocalShape::Custom => {
                let (rows, cols) = self.reach();
                Outline::of((rows, cols), |row, col| self.mask[(row + rows as isize) as usize][(col + cols as isize) as usize])
            }
        }
    }

    /// Rows above and below, columns left and right.
    pub(crate) fn reach(&self) -> (usize, usize) {
        match self.shape {
            FocalShape::Custom => (self.mask.len() / 2, self.mask.first().map_or(0, Vec::len) / 2),
            _ => (self.radius, self.radius),
        }
    }
}
