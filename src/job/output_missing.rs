//! What stands for missing in an output: a value, a mask, NaN, or nothing.

use crate::{
    encode::{MaskFrom, MissingRule, mask_fill},
    error::{Error, Result},
    graph::{Destination, NodataChoice, WriteOptions},
    raster::{Nodata, Profile, SampleType, Sentinel},
};

/// The nodata value that an output declares.
#[derive(Debug)]
pub struct Declared {
    /// The value; `None` for none.
    pub nodata: Option<Nodata>,
    /// What of it was not asked for.
    pub warnings: Vec<String>,
}

impl Declared {
    /// The value for samples of a type; `default` is what is declared unless something else is asked for.
    ///
    /// # Errors
    /// [`Error::Usage`] for a value that is asked for and that the type cannot hold.
    pub fn of(destination: &Destination, sample: SampleType, default: Option<Nodata>) -> Result<Self> {
        let path = destination.path.display();
        let none = Self { nodata: None, warnings: Vec::new() };
        let (wanted, held, why) = match (destination.options.nodata, default) {
            (NodataChoice::None, _) => return Ok(none),
            (NodataChoice::Auto, None) => return Ok(none),
            (NodataChoice::Auto, _) if destination.options.mask => return Ok(none),
            (NodataChoice::Auto, Some(default)) => (default, default.fitted(sample), "cannot hold"),
            (NodataChoice::Value(value), _) => (value, value.rounded(sample), "rounds"),
        };
        if held.to_f64().is_infinite() && wanted.to_f64().is_finite() {
            sentinel(wanted, sample)?;
        }
        sentinel(held, sample)?;
        let same = wanted.sentinel(sample).is_ok();
        let warnings = if same { Vec::new() } else { vec![format!("{path}: nodata is {held}: {sample} {why} {wanted}")] };
        Ok(Self { nodata: Some(held), warnings })
    }
}

/// What stands for missing in a copy.
#[derive(Debug)]
pub struct CopyMissing {
    /// The declared value.
    pub nodata: Option<Nodata>,
    /// What happens to missing samples.
    pub rule: MissingRule,
    /// Where the mask of the file comes from, if it has one.
    pub mask: Option<MaskFrom>,
    /// What was not asked for.
    pub warnings: Vec<String>,
}

impl CopyMissing {
    /// What stands for missing in the copy of a source.
    ///
    /// # Errors
    /// [`Error::Usage`] for a value that the type cannot hold, and where nothing says that a sample is missing.
    pub fn of(destination: &Destination, from: &Profile) -> Result<Self> {
        let options = &destination.options;
        let sample = options.sample.unwrap_or(from.sample);
        let same_type = sample == from.sample;
        if keeps_mask(from, options) {
            return Self::beside_mask(destination, from, sample);
        }
        if let Some(fill) = mask_becomes(from, options) {
            let Declared { nodata, mut warnings } = Declared::of(destination, sample, None)?;
            let to = sentinel(nodata.unwrap_or(mask_fill(sample)), sample)?;
            let rule =
                if same_type { MissingRule::Verbatim { declared: Some(fill) } } else { MissingRule::SentinelTo { from: Some(fill), to } };
            let path = destination.path.display();
            warnings.push(format!("{path}: the mask becomes nodata {}: valid samples of that value are missing", written(nodata)));
            return Ok(Self { nodata, rule, mask: None, warnings });
        }
        let declared = from.nodata.and_then(|n| n.matching(from.sample));
        let may_be_missing = declared.is_some() || from.sample.is_float();
        if options.mask {
            let rule = MissingRule::SentinelTo { from: declared, to: sentinel(mask_fill(sample), sample)? };
            return Ok(Self { nodata: None, rule, mask: Some(MaskFrom::Samples), warnings: Vec::new() });
        }
        let verbatim = MissingRule::Verbatim { declared };
        match options.nodata {
            NodataChoice::Auto if same_type => Ok(Self { nodata: from.nodata, rule: verbatim, mask: None, warnings: Vec::new() }),
            NodataChoice::None if !may_be_missing => {
                Ok(Self { nodata: None, rule: MissingRule::Verbatim { declared: None }, mask: None, warnings: Vec::new() })
            }
            NodataChoice::None if same_type && declared.is_none_or(|d| d.is_nan()) => {
                Ok(Self { nodata: None, rule: verbatim, mask: None, warnings: Vec::new() })
            }
            NodataChoice::None if sample.is_float() => {
                let rule = MissingRule::SentinelTo { from: declared, to: sentinel(Nodata::Float(f64::NAN), sample)? };
                Ok(Self { nodata: None, rule, mask: None, warnings: Vec::new() })
            }
            NodataChoice::None => Err(nothing_for_missing(sample)),
            NodataChoice::Auto | NodataChoice::Value(_) => {
                // A value that no sample of the source can have stands for nothing.
                let default = from.nodata.filter(|n| declared.is_some() || n.sentinel(sample).is_ok());
                let Declared { nodata, warnings } = Declared::of(destination, sample, default)?;
                let rule = match nodata {
                    None => MissingRule::Verbatim { declared: None },
                    Some(nodata) => MissingRule::SentinelTo { from: declared, to: sentinel(nodata, sample)? },
                };
                Ok(Self { nodata, rule, mask: None, warnings })
            }
        }
    }

    /// Where the mask of the source is kept: samples are the source's, and a declared value is carried along.
    fn beside_mask(destination: &Destination, from: &Profile, sample: SampleType) -> Result<Self> {
        let mut warnings = Vec::new();
        let same_type = sample == from.sample;
        let nodata = match destination.options.nodata {
            _ if destination.options.mask => None,
            NodataChoice::None => None,
            NodataChoice::Auto if same_type => from.nodata,
            NodataChoice::Auto => {
                let held = from.nodata.map(|n| n.rounded(sample)).filter(|n| n.sentinel(sample).is_ok());
                if let (Some(lost), None) = (from.nodata, held) {
                    let path = destination.path.display();
                    warnings.push(format!("{path}: nodata {lost} is left out: {sample} cannot hold it, and the mask says what is missing"));
                }
                held
            }
            NodataChoice::Value(_) => {
                let declared = Declared::of(destination, sample, None)?;
                warnings.extend(declared.warnings);
                let path = destination.path.display();
                warnings.push(format!(
                    "{path}: the mask is kept beside nodata {}, which {} cannot hold",
                    written(declared.nodata),
                    from.sample
                ));
                declared.nodata
            }
        };
        let rule = match same_type {
            true => MissingRule::Verbatim { declared: None },
            false => MissingRule::SentinelTo { from: None, to: sentinel(mask_fill(sample), sample)? },
        };
        Ok(Self { nodata, rule, mask: Some(MaskFrom::Band), warnings })
    }
}

fn written(nodata: Option<Nodata>) -> String {
    nodata.map(|n| n.to_string()).unwrap_or_default()
}

/// What masked pixels of a source become in its copy, in the source's type: the value that is asked for instead of a mask.
pub fn mask_becomes(from: &Profile, options: &WriteOptions) -> Option<Sentinel> {
    let value = options.nodata.value().filter(|_| from.masked && !options.mask)?;
    // As the output has it: rounded once, to the output's type.
    value.rounded(options.sample.unwrap_or(from.sample)).matching(from.sample)
}

/// Whether the mask of a source becomes one of the file: unless a value is asked for that can stand for it.
pub fn keeps_mask(from: &Profile, options: &WriteOptions) -> bool {
    from.masked && mask_becomes(from, options).is_none()
}

/// The refusal of integers of which some may be missing, where nothing can say which.
pub fn nothing_for_missing(sample: SampleType) -> Error {
    Error::Usage {
        what: "nodata",
        given: "none".to_owned(),
        accepted: format!("{sample} samples may be missing, which a value, a mask or a type of floats can say"),
    }
}

/// The sentinel of a value.
///
/// # Errors
/// [`Error::Usage`] where the sample type cannot hold it.
pub fn sentinel(nodata: Nodata, sample: SampleType) -> Result<Sentinel> {
    nodata.sentinel(sample).map_err(|e| Error::Usage {
        what: "nodata",
        given: nodata.to_string(),
        accepted: format!("{e}; choose --nodata to fit --dtype {sample}"),
    })
}
