/// One named text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MetadataItem {
    /// Its name, such as `DESCRIPTION`.
    pub name: String,
    /// The band that it is of, the first is 0; `None`: the whole raster.
    pub band: Option<usize>,
    /// Its text.
    pub value: String,
    /// What GDAL takes it for: `description`, `scale`, `offset`, `unittype`, `colorinterp`.
    pub role: Option<String>,
    /// GDAL's domain of metadata, where it is not the default one.
    pub domain: Option<String>,
}

/// Name of the item that has the unit of a band's samples.
pub const UNIT_ITEM: &str = "UNITTYPE";

/// What has a role of its own in GDAL.
const ROLES: [&str; 5] = ["DESCRIPTION", "SCALE", "OFFSET", UNIT_ITEM, "COLORINTERP"];
/// How names of statistics begin.
const STATISTICS: &str = "STATISTICS_";

impl MetadataItem {
    /// An item of the whole raster, or of a band (the first is 0).
    pub fn new(name: impl Into<String>, band: Option<usize>, value: impl Into<String>) -> Self {
        let name = name.into();
        let role = band.and_then(|_| ROLES.iter().find(|role| name.eq_ignore_ascii_case(role))).map(|role| role.to_ascii_lowercase());
        let name = if role.is_some() { name.to_ascii_uppercase() } else { name };
        Self { name, band, value: value.into(), role, domain: None }
    }

    /// Whether it is one of the statistics that GDAL keeps of a band.
    pub fn is_statistic(&self) -> bool {
        self.name.starts_with(STATISTICS)
    }
}
