//! Options that were given to an operator by name, and the way back: an operator's fields as options.

use super::{
    nearest::nearest,
    option_info::{OptionGroups, OptionInfo, OptionKind},
};
use crate::error::{Error, OptionsProblem, Result};
use std::str::FromStr;

/// The options of one operator: what was given, checked against their descriptions, and defaults for the others.
#[derive(Clone, Debug)]
pub struct Options {
    operator: &'static str,
    known: OptionGroups,
    given: Vec<(&'static OptionInfo, String)>,
}

impl Options {
    /// The options of an operator whose names and values these are.
    ///
    /// # Errors
    /// [`Error::Usage`] for a name that the operator does not have, one that is given twice, and a value that it does not take;
    /// [`Error::Options`] for options that do not go together, and for one that is missing.
    pub fn new<'a>(operator: &'static str, known: OptionGroups, pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> Result<Self> {
        let mut options = Self { operator, known, given: Vec::new() };
        for (name, text) in pairs {
            let option = options.all().find(|option| option.is_named(name)).ok_or_else(|| options.unknown(name))?;
            if options.given(option.name).is_some() {
                return Err(Error::Usage { what: option.name, given: text.to_owned(), accepted: "one value, not two".to_owned() });
            }
            option.check(text)?;
            options.given.push((option, text.to_owned()));
        }
        options.check()?;
        Ok(options)
    }

    /// The value of an option: what was given, else its default.
    ///
    /// # Errors
    /// [`Error::Usage`] where there is neither, or the value is not what the operator takes.
    pub fn get<T: FromStr>(&self, name: &'static str) -> Result<T> {
        self.find(name)?.ok_or_else(|| OptionsProblem::Missing { operator: self.operator, option: name }.into())
    }

    /// As [`get`](Self::get), and `None` where there is no value.
    ///
    /// # Errors
    /// [`Error::Usage`] where the value is not what the operator takes.
    pub fn find<T: FromStr>(&self, name: &'static str) -> Result<Option<T>> {
        let Some(text) = self.value(name)? else { return Ok(None) };
        let refused = || Error::Usage { what: name, given: text.to_owned(), accepted: "a value of another kind".to_owned() };
        text.parse().map(Some).map_err(|_| refused())
    }

    /// Whether a switch is on.
    ///
    /// # Errors
    /// As [`find`](Self::find).
    pub fn is_on(&self, name: &'static str) -> Result<bool> {
        Ok(self.find(name)?.unwrap_or(false))
    }

    /// Whether a value was given, not left to the default.
    pub fn is_given(&self, name: &str) -> bool {
        self.given(name).is_some()
    }

    /// The text of an option: what was given, else its default.
    ///
    /// # Errors
    /// [`Error::Internal`] for an option that the operator does not have.
    pub fn value(&self, name: &str) -> Result<Option<&str>> {
        let option = self.all().find(|option| option.name == name);
        let option = option.ok_or(Error::Internal("an operator reads an option that its row does not have"))?;
        Ok(self.given(name).or_else(|| self.default_of(option)))
    }

    fn all(&self) -> impl Iterator<Item = &'static OptionInfo> + use<> {
        self.known.iter().copied().flatten()
    }

    fn given(&self, name: &str) -> Option<&str> {
        self.given.iter().find(|(option, _)| option.name == name).map(|(_, text)| text.as_str())
    }

    fn default_of(&self, option: &OptionInfo) -> Option<&'static str> {
        match option.default_with {
            Some((other, value)) if self.given(other).is_some() => Some(value),
            _ => option.default,
        }
    }

    fn unknown(&self, name: &str) -> Error {
        let names: Vec<&str> = self.all().filter(|option| !option.hidden).map(|option| option.name).collect();
        let guess = nearest(name, &names).map(|near| format!("; did you mean '{near}'?")).unwrap_or_default();
        let accepted = match &names[..] {
            [] => format!("{} has no options", self.operator),
            names => format!("{} has {}{guess}", self.operator, names.join(", ")),
        };
        Error::Usage { what: "option", given: name.to_owned(), accepted }
    }

    /// Refuses options that do not go together.
    fn check(&self) -> Result<()> {
        let is = |option: &str, value: &str| {
            let found = self.all().find(|known| known.name == option).and_then(|known| self.given(option).or(self.default_of(known)));
            found.is_some_and(|found| found.eq_ignore_ascii_case(value))
        };
        // A switch that is off is as good as not given.
        let given = |name: &str| self.given(name).is_some_and(|text| text != "false");
        for (option, text) in self.given.iter().filter(|(option, _)| given(option.name)) {
            // Rows and rules are too long to be repeated.
            let shown = matches!(option.kind, OptionKind::Number | OptionKind::Count).then(|| text.clone());
            let option: &'static OptionInfo = option;
            if let Some((with, accepted)) = option.only_with
                && !accepted.iter().any(|value| is(with, value))
            {
                let found = self.value(with)?.unwrap_or_default().to_lowercase();
                return Err(OptionsProblem::OnlyWith { option: option.name, given: shown, with, accepted, found }.into());
            }
            if let Some((with, value, why)) = option.not_with
                && is(with, value)
            {
                return Err(OptionsProblem::NotWith { option: option.name, given: shown, why }.into());
            }
            if let Some(other) = option.excludes.iter().find(|other| given(other)) {
                return Err(OptionsProblem::Excludes { option: option.name, other }.into());
            }
            if let Some(missing) = option.requires.iter().find(|other| !given(other)) {
                return Err(OptionsProblem::Requires { option: option.name, missing }.into());
            }
        }
        for option in self.all().filter(|option| self.given(option.name).is_none()) {
            if let Some((with, value, example)) = option.needed_by
                && is(with, value)
            {
                let (missing, value_name) = (option.name, option.value_name);
                return Err(OptionsProblem::Needs { option: with, value, missing, value_name, example }.into());
            }
            if option.required {
                return Err(OptionsProblem::Missing { operator: self.operator, option: option.name }.into());
            }
        }
        Ok(())
    }
}

/// An operator's fields, written as options that build it again.
#[derive(Clone, Debug)]
pub struct Written {
    known: OptionGroups,
    options: Vec<(&'static str, String)>,
}

impl Written {
    /// What `write` puts of an operator with these options.
    pub fn of(known: OptionGroups, write: impl FnOnce(&mut Self)) -> Vec<(&'static str, String)> {
        let mut written = Self { known, options: Vec::new() };
        write(&mut written);
        written.options
    }

    /// An option, unless its value is the one that holds anyway; after those that its default depends on.
    pub fn put(&mut self, name: &'static str, value: impl ToString) {
        let text = value.to_string();
        let option = self.known.iter().copied().flatten().find(|option| option.name == name);
        let default = option.and_then(|option| match option.default_with {
            Some((other, value)) if self.options.iter().any(|(written, _)| *written == other) => Some(value),
            _ => option.default,
        });
        if default != Some(&*text) {
            self.options.push((name, text));
        }
    }

    /// An option that may be absent.
    pub fn put_some(&mut self, name: &'static str, value: Option<impl ToString>) {
        if let Some(value) = value {
            self.put(name, value);
        }
    }

    /// A switch.
    pub fn put_switch(&mut self, name: &'static str, on: bool) {
        if on {
            self.put(name, true);
        }
    }
}
