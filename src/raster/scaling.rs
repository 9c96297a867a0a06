use super::Metadata;
use serde::Serialize;

/// What a band's samples as they are stored stand for: `sample * scale + offset` (GDAL's scale and offset of a band).
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Scaling {
    /// What one step of the stored samples is, in the values' unit; not 0.
    pub scale: f64,
    /// What a stored 0 stands for.
    pub offset: f64,
}

impl Scaling {
    /// Samples that are the values.
    pub const NONE: Self = Self { scale: 1.0, offset: 0.0 };

    /// What the metadata declare of a band, the first is 0: [`NONE`](Self::NONE) where they say nothing.
    ///
    /// # Errors
    /// The text that is no finite number, or a scale of 0.
    pub fn declared(metadata: &Metadata, band: usize) -> Result<Self, String> {
        let number = |role: &str, default: f64| {
            let of_role = |item: &&super::MetadataItem| item.band == Some(band) && item.role.as_deref() == Some(role);
            let Some(item) = metadata.items.iter().find(of_role) else { return Ok(default) };
            let number = item.value.trim().parse().ok().filter(|n: &f64| n.is_finite());
            number.ok_or_else(|| format!("its {role} '{}' of band {} is no finite number", item.value, band + 1))
        };
        let declared = Self { scale: number("scale", 1.0)?, offset: number("offset", 0.0)? };
        if declared.scale == 0.0 {
            return Err(format!("its scale of band {} is 0, which leaves nothing of the samples", band + 1));
        }
        Ok(declared)
    }

    /// The value that a stored sample stands for.
    #[inline(always)]
    pub fn value_of(self, stored: f64) -> f64 {
        stored * self.scale + self.offset
    }

    /// The inverse, not rounded.
    #[inline(always)]
    pub fn stored_of(self, value: f64) -> f64 {
        (value - self.offset) / self.scale
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::raster::MetadataItem;

    #[test]
    fn scale_and_offset_are_the_bands_own_and_are_numbers() {
        let of = |items: &[(&str, usize, &str)]| Metadata {
            items: items.iter().map(|(name, band, value)| MetadataItem::new(*name, Some(*band), *value)).collect(),
        };
        let two = of(&[("SCALE", 0, " 0.5 "), ("OFFSET", 1, "-3"), ("OFFSET", 0, "1e2")]);
        assert_eq!(Scaling::declared(&two, 0), Ok(Scaling { scale: 0.5, offset: 100.0 }));
        assert_eq!(Scaling::declared(&two, 1), Ok(Scaling { scale: 1.0, offset: -3.0 }));
        assert_eq!(Scaling::declared(&two, 2), Ok(Scaling::NONE));
        assert_eq!(Scaling { scale: 0.5, offset: 100.0 }.stored_of(Scaling { scale: 0.5, offset: 100.0 }.value_of(7.0)), 7.0);
        for (items, told) in
            [(of(&[("SCALE", 0, "x")]), "scale 'x' of band 1"), (of(&[("SCALE", 0, "0")]), "is 0"), (of(&[("OFFSET", 0, "nan")]), "'nan'")]
        {
            assert!(Scaling::declared(&items, 0).unwrap_err().contains(told));
        }
    }
}
