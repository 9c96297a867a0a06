//! What an option of an operator is: one description, from which its part of the command line, of pages, of JSON and of
//! [`build`](super::build) is made.

use super::{matrix::Matrix, pair::Pair};
use crate::error::{Error, Result};

/// The options of an operator, in groups, since operators share some.
pub type OptionGroups = &'static [&'static [OptionInfo]];

/// An option of an operator.
#[derive(Clone, Copy, Debug)]
pub struct OptionInfo {
    /// Its name: lower-case words with hyphens between them.
    pub name: &'static str,
    /// What it takes.
    pub kind: OptionKind,
    /// What stands for its value in texts, such as `PIXELS`; empty for a switch.
    pub value_name: &'static str,
    /// What it does, as the command line says it.
    pub help: &'static str,
    /// The value that holds where none is given; `None`: the option is absent then.
    pub default: Option<&'static str>,
    /// Another option and a value: the default where that option is given.
    pub default_with: Option<(&'static str, &'static str)>,
    /// The default in words, where the value does not say enough.
    pub default_words: Option<&'static str>,
    /// Whether it must be given.
    pub required: bool,
    /// Whether the command line takes it without its name, by its place.
    pub positional: bool,
    /// Whether help, pages and lists leave it out.
    pub hidden: bool,
    /// Its letter on the command line.
    pub short: Option<char>,
    /// Other names that are accepted.
    pub aliases: &'static [&'static str],
    /// What GDAL's programs call it.
    pub gdal: &'static [GdalAlias],
    /// How the command line reads its value from a file.
    pub file: FileForm,
    /// Options that it does not go with.
    pub excludes: &'static [&'static str],
    /// Options that must be given with it.
    pub requires: &'static [&'static str],
    /// An option, and those of its values that this one has a meaning with.
    pub only_with: Option<(&'static str, &'static [&'static str])>,
    /// An option, its value that leaves no room for this one, and why.
    pub not_with: Option<(&'static str, &'static str, &'static str)>,
    /// An option and its value that must not be given without this one, and an example of this one's value.
    pub needed_by: Option<(&'static str, &'static str, &'static str)>,
}

/// What an option takes.
#[derive(Clone, Copy, Debug)]
pub enum OptionKind {
    /// Nothing on the command line; elsewhere `true` or `false`.
    Switch,
    /// One of several names, in any case.
    Choice(&'static Choice),
    /// A number.
    Number,
    /// A whole number.
    Count,
    /// Two numbers with a comma between them.
    Pair {
        /// Whether both must be finite and the first one the smaller.
        ascending: bool,
    },
    /// Rows of numbers: those of a row separated by blanks or commas, rows by semicolons or line ends.
    Matrix,
    /// A text of its own form.
    Text(fn(&str) -> Result<()>),
    /// A raster. Rasters are no values of options, except on the command line.
    Raster,
}

/// The names that an option takes; the first is the default.
#[derive(Clone, Copy, Debug)]
pub struct Choice {
    /// In the order in which they are listed.
    pub values: &'static [ChoiceValue],
}

/// One name that an option takes.
#[derive(Clone, Copy, Debug)]
pub struct ChoiceValue {
    /// As it is written.
    pub name: &'static str,
    /// What it means: lines of Markdown.
    pub about: &'static [&'static str],
}

/// An option of one dash, as GDAL's programs spell it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GdalAlias {
    /// With its dash.
    pub flag: &'static str,
    /// The value that it stands for; `None`: it takes the option's value, or is a switch as the option is.
    pub value: Option<&'static str>,
}

/// How the command line reads the value of an option from a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileForm {
    /// Not at all.
    Never,
    /// `@FILE`.
    At,
    /// The name of a file that exists wins over any other meaning.
    Existing,
    /// What has other characters than numbers have is a file's name; lines that begin with `#` are remarks.
    Numbers,
}

impl GdalAlias {
    /// The option itself under another name.
    pub const fn is(flag: &'static str) -> Self {
        Self { flag, value: None }
    }

    /// One value of the option.
    pub const fn of(flag: &'static str, value: &'static str) -> Self {
        Self { flag, value: Some(value) }
    }
}

impl OptionKind {
    /// What is accepted, in words.
    pub fn accepted(&self) -> String {
        match self {
            Self::Switch => "true or false".to_owned(),
            Self::Choice(choice) => choice.names().collect::<Vec<_>>().join(", "),
            Self::Number => "a number".to_owned(),
            Self::Count => "a whole number".to_owned(),
            Self::Pair { ascending: false } => "two numbers, such as 0,255".to_owned(),
            Self::Pair { ascending: true } => "two numbers, the less one first, such as 0,2500".to_owned(),
            Self::Matrix => "rows such as '0 1 0; 1 1 1; 0 1 0'".to_owned(),
            Self::Text(_) => "a text".to_owned(),
            Self::Raster => "a raster, which is an input of the operator and no value".to_owned(),
        }
    }
}

impl Choice {
    /// The names.
    pub fn names(&self) -> impl Iterator<Item = &'static str> + use<> {
        self.values.iter().map(|value| value.name)
    }
}

impl OptionInfo {
    const fn new(name: &'static str, kind: OptionKind, value_name: &'static str, help: &'static str) -> Self {
        Self {
            name,
            kind,
            value_name,
            help,
            default: None,
            default_with: None,
            default_words: None,
            required: false,
            positional: false,
            hidden: false,
            short: None,
            aliases: &[],
            gdal: &[],
            file: FileForm::Never,
            excludes: &[],
            requires: &[],
            only_with: None,
            not_with: None,
            needed_by: None,
        }
    }

    /// An option that takes nothing.
    pub const fn switch(name: &'static str, help: &'static str) -> Self {
        Self::new(name, OptionKind::Switch, "", help)
    }

    /// An option that takes one of several names; the first is the default.
    pub const fn choice(name: &'static str, choice: &'static Choice, value_name: &'static str, help: &'static str) -> Self {
        let mut option = Self::new(name, OptionKind::Choice(choice), value_name, help);
        option.default = Some(choice.values[0].name);
        option
    }

    /// An option that takes a number.
    pub const fn number(name: &'static str, value_name: &'static str, help: &'static str) -> Self {
        Self::new(name, OptionKind::Number, value_name, help)
    }

    /// An option that takes a whole number.
    pub const fn count(name: &'static str, value_name: &'static str, help: &'static str) -> Self {
        Self::new(name, OptionKind::Count, value_name, help)
    }

    /// An option that takes two numbers.
    pub const fn pair(name: &'static str, value_name: &'static str, help: &'static str) -> Self {
        Self::new(name, OptionKind::Pair { ascending: false }, value_name, help)
    }

    /// An option that takes two numbers, the smaller one first.
    pub const fn range(name: &'static str, value_name: &'static str, help: &'static str) -> Self {
        Self::new(name, OptionKind::Pair { ascending: true }, value_name, help)
    }

    /// An option that takes rows of numbers.
    pub const fn matrix(name: &'static str, value_name: &'static str, help: &'static str) -> Self {
        let mut option = Self::new(name, OptionKind::Matrix, value_name, help);
        option.file = FileForm::Numbers;
        option
    }

    /// An option that takes a text, which `check` accepts or refuses.
    pub const fn text(name: &'static str, check: fn(&str) -> Result<()>, value_name: &'static str, help: &'static str) -> Self {
        Self::new(name, OptionKind::Text(check), value_name, help)
    }

    /// An input that the command line names as an option.
    pub const fn raster(name: &'static str, value_name: &'static str, help: &'static str) -> Self {
        Self::new(name, OptionKind::Raster, value_name, help)
    }

    /// With a value that holds where none is given.
    pub const fn default(mut self, value: &'static str) -> Self {
        self.default = Some(value);
        self
    }

    /// With another default where `option` is given.
    pub const fn default_with(mut self, option: &'static str, value: &'static str) -> Self {
        self.default_with = Some((option, value));
        self
    }

    /// With words for what holds where none is given.
    pub const fn default_words(mut self, words: &'static str) -> Self {
        self.default_words = Some(words);
        self
    }

    /// It must be given.
    pub const fn required(mut self) -> Self {
        self.required = true;
        self
    }

    /// The command line takes it by its place.
    pub const fn positional(mut self) -> Self {
        self.positional = true;
        self
    }

    /// Help, pages and lists leave it out.
    pub const fn hidden(mut self) -> Self {
        self.hidden = true;
        self
    }

    /// With a letter on the command line.
    pub const fn short(mut self, letter: char) -> Self {
        self.short = Some(letter);
        self
    }

    /// With other names that are accepted.
    pub const fn aliases(mut self, names: &'static [&'static str]) -> Self {
        self.aliases = names;
        self
    }

    /// With GDAL's names.
    pub const fn gdal(mut self, aliases: &'static [GdalAlias]) -> Self {
        self.gdal = aliases;
        self
    }

    /// The command line reads its value from files.
    pub const fn file(mut self, form: FileForm) -> Self {
        self.file = form;
        self
    }

    /// It does not go with these options.
    pub const fn excludes(mut self, options: &'static [&'static str]) -> Self {
        self.excludes = options;
        self
    }

    /// These options must be given with it.
    pub const fn requires(mut self, options: &'static [&'static str]) -> Self {
        self.requires = options;
        self
    }

    /// It has a meaning with these values of `option` alone.
    pub const fn only_with(mut self, option: &'static str, values: &'static [&'static str]) -> Self {
        self.only_with = Some((option, values));
        self
    }

    /// This value of `option` leaves no room for it.
    pub const fn not_with(mut self, option: &'static str, value: &'static str, why: &'static str) -> Self {
        self.not_with = Some((option, value, why));
        self
    }

    /// This value of `option` must not be given without it.
    pub const fn needed_by(mut self, option: &'static str, value: &'static str, example: &'static str) -> Self {
        self.needed_by = Some((option, value, example));
        self
    }

    /// Whether `name` is its name or another that is accepted; underscores are as good as hyphens.
    pub fn is_named(&self, name: &str) -> bool {
        let same = |known: &str| known == name || known == name.replace('_', "-");
        same(self.name) || self.aliases.iter().any(|alias| same(alias))
    }

    /// The default as help and pages have it, if there is one to tell.
    pub fn default_text(&self) -> Option<String> {
        if let Some(words) = self.default_words {
            return Some(words.to_owned());
        }
        let default = self.default?;
        Some(match self.default_with {
            Some((option, value)) => format!("{default}, or {value} with --{option}"),
            None => default.to_owned(),
        })
    }

    /// Whether the option takes this value.
    ///
    /// # Errors
    /// [`Error::Usage`], naming the option, the value and what is accepted; that of the text's own form for
    /// [`OptionKind::Text`].
    pub fn check(&self, text: &str) -> Result<()> {
        let pair = |ascending: bool| {
            let fits = |Pair([a, b]): Pair| !ascending || (a < b && a.is_finite() && b.is_finite());
            text.parse().is_ok_and(fits)
        };
        let fits = match self.kind {
            OptionKind::Switch => text.parse::<bool>().is_ok(),
            OptionKind::Choice(choice) => choice.names().any(|name| name.eq_ignore_ascii_case(text)),
            OptionKind::Number => text.parse::<f64>().is_ok(),
            OptionKind::Count => text.parse::<usize>().is_ok(),
            OptionKind::Pair { ascending } => pair(ascending),
            OptionKind::Matrix => return text.parse::<Matrix>().map(drop).map_err(|problem| self.refused(text, problem)),
            OptionKind::Text(check) => return check(text),
            OptionKind::Raster => false,
        };
        if fits { Ok(()) } else { Err(self.refused(text, self.kind.accepted())) }
    }

    fn refused(&self, text: &str, accepted: String) -> Error {
        Error::Usage { what: self.name, given: text.to_owned(), accepted }
    }
}
