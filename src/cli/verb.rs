//! One operator on the command line: its options once, for its command and for its step of a pipeline.

use super::{
    bands::OperatorBands,
    bilateral::BilateralOptions,
    calc::CalcOptions,
    classes::{ColorMapOptions, ReclassifyOptions},
    convolve::ConvolveOptions,
    focal::FocalOptions,
    index::IndexOptions,
    inputs::{TypedOperator, source},
    local::{CastOptions, ClampOptions, RescaleOptions},
    morphology::MorphologyOptions,
    options::JobOptions,
    run::{Request, run},
    stop::Outcome,
    surface::{CurvatureOptions, EastnessOptions, NormalsOptions, NorthnessOptions, RoughnessOptions, TpiOptions, TriOptions},
    surveyed::{EqualIntervalOptions, QuantileOptions, StandardiseOptions},
    terrain::{AspectOptions, HillshadeOptions, SlopeOptions},
};
use clap::{ArgMatches, Args, Command, FromArgMatches, error::Error as Complaint};
use std::{fmt::Debug, path::PathBuf, sync::Arc};
use swath::graph::{Operator, Raster};

/// Options of one operator and nothing else: files, bands and the job's options are added around them.
pub trait OperatorOptions: Args + Debug {
    /// What the operator yields, in one line.
    const ABOUT: &'static str;
    /// Command lines to learn from.
    const EXAMPLES: &'static str;

    /// Refuses options that do not go together.
    ///
    /// # Errors
    /// Wrong usage.
    fn check(&self) -> Outcome {
        Ok(())
    }

    /// The operator that was typed.
    fn operator(&self) -> Arc<dyn Operator>;
}

/// Options of a step of pipelines: an operator, and where each of its inputs comes from.
pub trait StepOptions: Args + Debug {
    /// What the operator yields, in one line.
    const ABOUT: &'static str;
    /// Whether `-b` says which bands of its one input it is computed over.
    const TAKES_BANDS: bool = false;

    /// The operator that was typed, and its inputs.
    ///
    /// # Errors
    /// Wrong usage.
    fn typed(&self) -> Outcome<TypedOperator>;
}

/// Operators of one input take the step before.
impl<T: OperatorOptions> StepOptions for T {
    const ABOUT: &'static str = <T as OperatorOptions>::ABOUT;
    const TAKES_BANDS: bool = true;

    fn typed(&self) -> Outcome<TypedOperator> {
        OperatorOptions::check(self)?;
        let operator = self.operator();
        operator.check()?;
        Ok(TypedOperator::alone(operator))
    }
}

/// An operator that is a step of pipelines.
pub struct Verb {
    /// As it is typed.
    pub name: &'static str,
    /// What it yields.
    pub about: &'static str,
    options: fn(Command) -> Command,
    typed: fn(&ArgMatches) -> Result<Outcome<TypedOperator>, Complaint>,
}

/// Every operator: a line here makes it a step of pipelines.
pub const VERBS: &[Verb] = &[
    Verb::of::<SlopeOptions>("slope"),
    Verb::of::<AspectOptions>("aspect"),
    Verb::of::<HillshadeOptions>("hillshade"),
    Verb::of::<CurvatureOptions>("curvature"),
    Verb::of::<NorthnessOptions>("northness"),
    Verb::of::<EastnessOptions>("eastness"),
    Verb::of::<NormalsOptions>("normals"),
    Verb::of::<TriOptions>("tri"),
    Verb::of::<TpiOptions>("tpi"),
    Verb::of::<RoughnessOptions>("roughness"),
    Verb::of::<FocalOptions>("focal"),
    Verb::of::<ConvolveOptions>("convolve"),
    Verb::of::<MorphologyOptions>("morphology"),
    Verb::of::<BilateralOptions>("bilateral"),
    Verb::of::<CalcOptions>("calc"),
    Verb::of::<IndexOptions>("index"),
    Verb::of::<RescaleOptions>("rescale"),
    Verb::of::<ClampOptions>("clamp"),
    Verb::of::<CastOptions>("cast"),
    Verb::of::<ReclassifyOptions>("reclassify"),
    Verb::of::<ColorMapOptions>("color-map"),
    Verb::of::<StandardiseOptions>("standardise"),
    Verb::of::<EqualIntervalOptions>("equal-interval"),
    Verb::of::<QuantileOptions>("quantile"),
];

impl Verb {
    const fn of<T: StepOptions>(name: &'static str) -> Self {
        Self { name, about: T::ABOUT, options: augment::<T>, typed: typed::<T> }
    }

    /// A parser of the operator's options alone.
    pub fn command(&self) -> Command {
        (self.options)(Command::new(self.name))
    }

    /// The operator of what the parser found, and its inputs.
    ///
    /// # Errors
    /// clap's, and within them the operator's.
    pub fn typed(&self, matches: &ArgMatches) -> Result<Outcome<TypedOperator>, Complaint> {
        (self.typed)(matches)
    }
}

fn augment<T: StepOptions>(command: Command) -> Command {
    let command = T::augment_args(command);
    if T::TAKES_BANDS { OperatorBands::augment_args(command) } else { command }
}

fn typed<T: StepOptions>(matches: &ArgMatches) -> Result<Outcome<TypedOperator>, Complaint> {
    let typed = T::from_arg_matches(matches)?.typed();
    if !T::TAKES_BANDS {
        return Ok(typed);
    }
    let bands = OperatorBands::from_arg_matches(matches)?;
    Ok(typed.map(|typed| TypedOperator { bands, ..typed }))
}

/// The files of a job of one input.
#[derive(Args, Clone, Debug)]
pub struct Files {
    /// The raster to read
    #[arg(value_name = "INPUT")]
    pub input: PathBuf,
    /// The GeoTIFF to write
    #[arg(value_name = "OUTPUT")]
    pub output: PathBuf,
}

// Its help is the operator's.
#[derive(Args, Debug)]
#[command(about = <T as OperatorOptions>::ABOUT, after_help = T::EXAMPLES)]
pub struct OperatorArgs<T: OperatorOptions> {
    #[command(flatten)]
    files: Files,
    #[command(flatten)]
    bands: OperatorBands,
    #[command(flatten)]
    how: T,
    #[command(flatten)]
    job: JobOptions,
}

impl<T: OperatorOptions> OperatorArgs<T> {
    pub fn run(self) -> Outcome {
        self.how.check()?;
        let operator = self.how.operator();
        operator.check()?;
        let request = Request { inputs: &[&self.files.input], output: &self.files.output, options: &self.job };
        run(&request, || Ok(self.bands.apply(&Raster::from_shared(source(&self.files.input, self.job.place.unscale)?), operator)))
    }
}
