//! The rules as they are typed: `from=to`, parted by semicolons or line ends.

use super::{ClassFrom, ClassTo};
use crate::{
    error::{Error, Result},
    op::steps::place_of,
};
use std::fmt;

/// `from=to`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rule {
    /// What is named.
    pub from: ClassFrom,
    /// What it becomes.
    pub to: ClassTo,
}

const NO_DATA: &str = "NO_DATA";
const DEFAULT: &str = "DEFAULT";
const PASS_THROUGH: &str = "PASS_THROUGH";

impl Rule {
    /// First and last place that a range names; none where it names none.
    pub(super) fn places(&self) -> Option<(u32, u32)> {
        let ClassFrom::Range((first, with_first), (last, with_last)) = self.from else { return None };
        let first = place_of(first) + u32::from(!with_first);
        let last = place_of(last) - u32::from(!with_last);
        (first <= last).then_some((first, last))
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let number = |value: f32| if value.is_infinite() { format!("{value}").to_uppercase() } else { format!("{value}") };
        match self.from {
            ClassFrom::Range((first, true), (last, true)) if first == last => write!(f, "{}", number(first))?,
            ClassFrom::Range((first, with_first), (last, with_last)) => {
                let (open, close) = (if with_first { '[' } else { '(' }, if with_last { ']' } else { ')' });
                write!(f, "{open}{},{}{close}", number(first), number(last))?;
            }
            ClassFrom::NoData => f.write_str(NO_DATA)?,
            ClassFrom::Default => f.write_str(DEFAULT)?,
        }
        match self.to {
            ClassTo::Value(value) => write!(f, "={}", number(value)),
            ClassTo::NoData => write!(f, "={NO_DATA}"),
            ClassTo::PassThrough => write!(f, "={PASS_THROUGH}"),
        }
    }
}

/// The rules of a text.
///
/// # Errors
/// [`Error::Usage`] that points at the character where it goes wrong.
pub(super) fn parse(text: &str) -> Result<Vec<Rule>> {
    let mut reader = Reader { text, at: 0 };
    let mut rules = Vec::new();
    loop {
        reader.skip_separators();
        if reader.rest().is_empty() {
            break;
        }
        rules.push(reader.rule()?);
        reader.skip_blanks();
        if !reader.rest().is_empty() && !reader.rest().starts_with([';', '\n', '#']) {
            return Err(reader.expected("';' or the end after a rule"));
        }
    }
    check(&rules)?;
    Ok(rules)
}

/// Rules that say something, and no two of them of one sample.
pub(super) fn check(rules: &[Rule]) -> Result<()> {
    let refuse = |given: String, accepted: &str| Err(Error::Usage { what: "mapping", given, accepted: accepted.to_owned() });
    if rules.is_empty() {
        return refuse("no rules".to_owned(), "rules such as '[0,10)=1; [10,20)=2; DEFAULT=NO_DATA'");
    }
    let mut ranges: Vec<(u32, u32, &Rule)> = Vec::new();
    for rule in rules {
        if matches!(rule.to, ClassTo::Value(value) if !value.is_finite()) {
            return refuse(rule.to_string(), "a finite number as class");
        }
        match rule.from {
            ClassFrom::Range((first, _), (last, _)) if first.is_nan() || last.is_nan() => {
                return refuse(rule.to_string(), "NO_DATA for NaN");
            }
            ClassFrom::Range(..) => match rule.places() {
                Some((first, last)) => ranges.push((first, last, rule)),
                None => return refuse(rule.to_string(), "a range that holds a number"),
            },
            once if rules.iter().filter(|other| other.from == once).count() > 1 => {
                return refuse(rule.to_string(), "NO_DATA and DEFAULT once each");
            }
            _ => {}
        }
    }
    ranges.sort_by_key(|range| range.0);
    match ranges.windows(2).find(|pair| pair[1].0 <= pair[0].1) {
        Some(pair) => refuse(format!("{}; {}", pair[0].2, pair[1].2), "rules that name no sample twice"),
        None => Ok(()),
    }
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Reader<'a> {
    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn skip_blanks(&mut self) {
        self.at += self.rest().find(|c: char| c != ' ' && c != '\t' && c != '\r').unwrap_or(self.rest().len());
    }

    /// Blanks, empty rules, and comments to the end of their line.
    fn skip_separators(&mut self) {
        loop {
            self.at += self.rest().find(|c: char| !c.is_whitespace() && c != ';').unwrap_or(self.rest().len());
            if !self.rest().starts_with('#') {
                return;
            }
            self.at += self.rest().find('\n').unwrap_or(self.rest().len());
        }
    }

    fn take(&mut self, mark: char) -> bool {
        self.skip_blanks();
        let there = self.rest().starts_with(mark);
        self.at += if there { mark.len_utf8() } else { 0 };
        there
    }

    /// A name or a number: up to a blank or a mark of the rules.
    fn word(&mut self) -> &'a str {
        self.skip_blanks();
        let rest = self.rest();
        let end = rest.find(|c: char| c.is_whitespace() || "=;,[]()#".contains(c)).unwrap_or(rest.len());
        self.at += end;
        &rest[..end]
    }

    fn rule(&mut self) -> Result<Rule> {
        let from = self.from()?;
        if !self.take('=') {
            return Err(self.expected("'='"));
        }
        Ok(Rule { from, to: self.to()? })
    }

    fn from(&mut self) -> Result<ClassFrom> {
        let open = [('[', true), ('(', false)].into_iter().find(|(mark, _)| self.take(*mark));
        if let Some((_, with_first)) = open {
            let first = self.number("a number, -INF or INF")?;
            if !self.take(',') {
                return Err(self.expected("',' between the ends of a range"));
            }
            let last = self.number("a number, -INF or INF")?;
            let close = [(']', true), (')', false)].into_iter().find(|(mark, _)| self.take(*mark));
            let Some((_, with_last)) = close else { return Err(self.expected("']' or ')'")) };
            return Ok(ClassFrom::Range((first, with_first), (last, with_last)));
        }
        let start = self.at;
        match self.word() {
            word if word.eq_ignore_ascii_case(NO_DATA) => Ok(ClassFrom::NoData),
            word if word.eq_ignore_ascii_case(DEFAULT) => Ok(ClassFrom::Default),
            _ => {
                self.at = start;
                let value = self.number("a range such as [0,10), a number, NO_DATA or DEFAULT")?;
                Ok(ClassFrom::Range((value, true), (value, true)))
            }
        }
    }

    fn to(&mut self) -> Result<ClassTo> {
        self.skip_blanks();
        let start = self.at;
        match self.word() {
            word if word.eq_ignore_ascii_case(NO_DATA) => Ok(ClassTo::NoData),
            word if word.eq_ignore_ascii_case(PASS_THROUGH) => Ok(ClassTo::PassThrough),
            _ => {
                self.at = start;
                Ok(ClassTo::Value(self.number("a number, NO_DATA or PASS_THROUGH")?))
            }
        }
    }

    fn number(&mut self, accepted: &str) -> Result<f32> {
        self.skip_blanks();
        let start = self.at;
        // What Rust reads besides (nan, infinity in full) is no number here, but inf is.
        let value = self.word().parse::<f32>().ok().filter(|value| !value.is_nan());
        value.ok_or_else(|| {
            self.at = start;
            self.expected(accepted)
        })
    }

    /// An error that shows the text from where it goes wrong on.
    fn expected(&self, accepted: &str) -> Error {
        let character = self.text[..self.at].chars().count() + 1;
        let found: String = self.rest().chars().take_while(|&c| c != ';' && c != '\n').take(24).collect();
        let found = if found.is_empty() { "the end".to_owned() } else { format!("'{}'", found.trim_end()) };
        Error::Usage { what: "mapping", given: format!("character {character}: {found}"), accepted: accepted.to_owned() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_are_read_and_printed() {
        let text = "# classes\n[-INF, 10) = 1 ;(10,20]=2.5;; 30=-3\n no_data = pass_through # why not\nDEFAULT=NO_DATA;";
        let rules = parse(text).unwrap();
        let printed: Vec<String> = rules.iter().map(Rule::to_string).collect();
        assert_eq!(printed, ["[-INF,10)=1", "(10,20]=2.5", "30=-3", "NO_DATA=PASS_THROUGH", "DEFAULT=NO_DATA"]);
        assert_eq!(parse(&printed.join(";")).unwrap(), rules);
    }

    #[test]
    fn errors_point_at_the_character() {
        for (text, told) in [
            ("[0,10)=1; [10,x)=2", "'character 15: 'x)=2'' is not accepted: a number, -INF or INF"),
            ("[0,10=1", "character 6: '=1'"),
            ("[0 10)=1", "character 4: '10)=1'"),
            ("5", "character 2: the end"),
            ("5=", "character 3: the end"),
            ("5=red", "character 3: 'red'' is not accepted: a number, NO_DATA or PASS_THROUGH"),
            ("5=1 6=2", "character 5: '6=2'' is not accepted: ';' or the end after a rule"),
            ("µ=1", "character 1: 'µ=1'"),
            ("nan=1", "character 1: 'nan=1'"),
        ] {
            let error = parse(text).unwrap_err();
            assert!(error.is_refusal() && error.to_string().contains(told), "{error}");
        }
    }

    #[test]
    fn rules_that_contradict_each_other_or_say_nothing_are_refused() {
        for (text, told) in [
            ("", "no rules"),
            ("[0,10]=1; [10,20]=2", "[0,10]=1; [10,20]=2"),
            ("5=1; 5=2", "5=1; 5=2"),
            ("(3,3)=1", "(3,3)=1"),
            ("[9,3]=1", "[9,3]=1"),
            ("DEFAULT=1; default=2", "DEFAULT=1"),
            ("1=inf", "1=INF"),
        ] {
            let error = parse(text).unwrap_err();
            assert!(error.is_refusal() && error.to_string().contains(told), "{text}: {error}");
        }
        assert!(parse("[0,10)=1; [10,20]=2; (20,INF]=3; [-INF,0)=4").is_ok());
    }
}
