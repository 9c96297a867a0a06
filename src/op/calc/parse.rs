//! From text to a typed formula. The grammar is `grammar.pest`; its tree is never kept: values are typed as they are met.

use super::{
    build::{Builder, Kind, Names, Value},
    error::ExpressionError,
};
use crate::graph::{Binary, Formula, Operand, Step};
use pest::{
    Parser as _,
    error::{ErrorVariant, InputLocation},
    iterators::{Pair, Pairs},
    pratt_parser::{Assoc, Op, PrattParser},
};
use std::{cell::RefCell, collections::BTreeSet, ops::Range, sync::LazyLock};

// What is derived has no docs.
mod grammar {
    #![allow(missing_docs, reason = "the rules are documented in the grammar")]

    /// The grammar's parser.
    #[derive(pest_derive::Parser)]
    #[grammar = "op/calc/grammar.pest"]
    pub struct Grammar;
}
use grammar::{Grammar, Rule};

/// Bytes of the longest expression.
pub const MAX_BYTES: usize = 4096;
/// Brackets and conditions that may stand in each other, and signs of power in all: each costs stack.
pub const MAX_DEPTH: usize = 64;

static PRECEDENCE: LazyLock<PrattParser<Rule>> = LazyLock::new(|| {
    use Assoc::{Left, Right};
    let left = |rule| Op::infix(rule, Left);
    PrattParser::new()
        .op(left(Rule::or))
        .op(left(Rule::and))
        .op(Op::prefix(Rule::not))
        .op(left(Rule::lt) | left(Rule::le) | left(Rule::gt) | left(Rule::ge) | left(Rule::eq) | left(Rule::ne))
        .op(left(Rule::add) | left(Rule::subtract))
        .op(left(Rule::times) | left(Rule::over) | left(Rule::modulo))
        .op(Op::prefix(Rule::minus) | Op::prefix(Rule::plus))
        .op(Op::infix(Rule::power, Right))
});

/// A formula, and the names of its inputs in order.
pub fn parse(text: &str, names: Names<'_>) -> Result<(Formula, Vec<String>), ExpressionError> {
    refuse_excess(text)?;
    let mut tree = Grammar::parse(Rule::whole, text).map_err(|error| explain(text, &error))?;
    let builder = RefCell::new(Builder { text, names, formula: Formula::new(names.most()) });
    let Some(choice) = tree.next().and_then(|whole| whole.into_inner().next()) else {
        return Err(ExpressionError::new(text, 0..0, "a value is expected"));
    };
    let value = of_choice(choice, &builder)?;
    let Builder { formula, .. } = builder.into_inner();
    if value.kind == Kind::Missing {
        return Err(ExpressionError::new(text, value.at, "this is missing everywhere"));
    }
    let formula = formula.with_result(value.step);
    let used: BTreeSet<usize> =
        formula.steps().iter().filter_map(|step| if let Step::Input(input) = step { Some(*input) } else { None }).collect();
    if used.is_empty() {
        return Err(ExpressionError::new(text, value.at, "an input is expected: this is the same at every pixel"));
    }
    let place = |input| Operand::Input(used.iter().position(|used| *used == input).unwrap_or_default());
    let stands: Vec<Operand<'_>> = (0..names.most()).map(place).collect();
    Ok((formula.over(used.len(), &stands), used.iter().map(|&input| names.name(input)).collect()))
}

/// What could use up the stack, or take for ever, is refused before the grammar sees it.
fn refuse_excess(text: &str) -> Result<(), ExpressionError> {
    let refuse = |at: usize, problem: String| Err(ExpressionError::new(text, at..at + 1, problem));
    if text.len() > MAX_BYTES {
        let end = text.char_indices().map(|(at, _)| at).take_while(|&at| at <= MAX_BYTES).last().unwrap_or_default();
        return refuse(end, format!("an expression has up to {MAX_BYTES} bytes, this one {}: it is too long", text.len()));
    }
    let (mut depth, mut conditions, mut powers) = (0usize, 0usize, 0usize);
    for (at, letter) in text.char_indices() {
        match letter {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            '?' => conditions += 1,
            '^' => powers += 1,
            '*' if text[at + 1..].starts_with('*') => powers += 1,
            _ => continue,
        }
        if depth > MAX_DEPTH || conditions > MAX_DEPTH {
            return refuse(at, format!("brackets and conditions are {MAX_DEPTH} deep at most: this is one more"));
        }
        if powers > MAX_DEPTH {
            return refuse(at, format!("an expression has up to {MAX_DEPTH} signs of power: this is one more"));
        }
    }
    Ok(())
}

/// The grammar's complaint in our words.
fn explain(text: &str, error: &pest::error::Error<Rule>) -> ExpressionError {
    let at = match error.location {
        InputLocation::Pos(at) | InputLocation::Span((at, _)) => at,
    };
    let mut expected: Vec<&str> = Vec::new();
    if let ErrorVariant::ParsingError { positives, .. } = &error.variant {
        for rule in positives {
            let words = match rule {
                Rule::close => "')'",
                Rule::comma => "','",
                Rule::colon => "':'",
                Rule::EOI => "the end",
                Rule::power | Rule::times | Rule::over | Rule::modulo | Rule::add | Rule::subtract => "an operator",
                Rule::le | Rule::ge | Rule::lt | Rule::gt | Rule::eq | Rule::ne | Rule::and | Rule::or | Rule::ask => "an operator",
                _ => "a value",
            };
            if !expected.contains(&words) {
                expected.push(words);
            }
        }
    }
    // What could follow anywhere is worth a word only where nothing else could.
    if expected.len() > 1 {
        expected.retain(|words| *words != "the end");
    }
    let expected = match expected.split_last() {
        None => "something else".to_owned(),
        Some((last, [])) => (*last).to_owned(),
        Some((last, others)) => format!("{} or {last}", others.join(", ")),
    };
    let rest = &text[at.min(text.len())..];
    let hint = match rest.chars().next() {
        Some('=') => "; '==' compares",
        Some('&') => "; '&&' or 'and' joins truth values",
        Some('|') => "; '||' or 'or' joins truth values",
        _ => "",
    };
    let end = at + rest.chars().next().map_or(0, char::len_utf8);
    let place = if rest.is_empty() { " before the end" } else { "" };
    ExpressionError::new(text, at..end, format!("{expected} is expected{place}{hint}"))
}

/// Where a pair stands, without blanks behind it.
fn place(pair: &Pair<'_, Rule>) -> Range<usize> {
    let span = pair.as_span();
    span.start()..span.start() + span.as_str().trim_end().len()
}

type Shared<'a, 'b> = &'a RefCell<Builder<'b>>;

fn of_choice(choice: Pair<'_, Rule>, builder: Shared<'_, '_>) -> Result<Value, ExpressionError> {
    let at = place(&choice);
    let mut parts = choice.into_inner().filter(|part| !matches!(part.as_rule(), Rule::ask | Rule::colon));
    let missing = |builder: Shared<'_, '_>| builder.borrow().error(at.clone(), "a value is expected");
    let Some(chain) = parts.next() else { return missing(builder) };
    let condition = of_chain(chain.into_inner(), builder)?;
    match (parts.next(), parts.next()) {
        (Some(x), Some(y)) => {
            let (x, y) = (of_choice(x, builder)?, of_choice(y, builder)?);
            builder.borrow_mut().choice(&condition, &x, &y, at, "'?'")
        }
        _ => Ok(condition),
    }
}

fn of_chain(pairs: Pairs<'_, Rule>, builder: Shared<'_, '_>) -> Result<Value, ExpressionError> {
    PRECEDENCE
        .map_primary(|atom| of_atom(atom, builder))
        .map_prefix(|sign, value: Result<Value, ExpressionError>| {
            let (value, from) = (value?, place(&sign).start);
            match sign.as_rule() {
                Rule::not => builder.borrow_mut().not(&value, from),
                Rule::minus => Ok(builder.borrow_mut().negative(&value, from)),
                _ => Ok(Value { at: from..value.at.end, open_comparison: false, ..value }),
            }
        })
        .map_infix(|x, sign, y| {
            let (x, y) = (x?, y?);
            let (at, mut builder) = (place(&sign), builder.borrow_mut());
            match sign.as_rule() {
                Rule::add => Ok(builder.arithmetic(Binary::Add, &x, &y)),
                Rule::subtract => Ok(builder.arithmetic(Binary::Subtract, &x, &y)),
                Rule::times => Ok(builder.arithmetic(Binary::Multiply, &x, &y)),
                Rule::over => Ok(builder.arithmetic(Binary::Divide, &x, &y)),
                Rule::modulo => Ok(builder.arithmetic(Binary::Remainder, &x, &y)),
                Rule::power => Ok(builder.arithmetic(Binary::Power, &x, &y)),
                Rule::and => builder.logic(Binary::And, &x, &y, "and"),
                Rule::or => builder.logic(Binary::Or, &x, &y, "or"),
                Rule::lt => builder.comparison(Binary::Less, false, &x, &y, at),
                Rule::gt => builder.comparison(Binary::Less, true, &x, &y, at),
                Rule::le => builder.comparison(Binary::LessOrEqual, false, &x, &y, at),
                Rule::ge => builder.comparison(Binary::LessOrEqual, true, &x, &y, at),
                Rule::eq => builder.comparison(Binary::Equal, false, &x, &y, at),
                _ => builder.comparison(Binary::NotEqual, false, &x, &y, at),
            }
        })
        .parse(pairs)
}

fn of_atom(atom: Pair<'_, Rule>, builder: Shared<'_, '_>) -> Result<Value, ExpressionError> {
    let at = place(&atom);
    match atom.as_rule() {
        Rule::number => builder.borrow_mut().number(atom.as_str(), at),
        Rule::name => builder.borrow_mut().name(atom.as_str(), at),
        Rule::call => {
            let (mut name, mut operands) = (None, Vec::new());
            for part in atom.into_inner() {
                match part.as_rule() {
                    Rule::name => name = Some(part),
                    Rule::choice => operands.push(of_choice(part, builder)?),
                    _ => {}
                }
            }
            let Some(name) = name else { return builder.borrow().error(at, "a function is expected") };
            builder.borrow_mut().call(name.as_str(), place(&name), &operands, at)
        }
        _ => match atom.into_inner().find(|part| part.as_rule() == Rule::choice) {
            // Brackets close a comparison, and belong to what they hold.
            Some(choice) => Ok(Value { at, open_comparison: false, ..of_choice(choice, builder)? }),
            None => builder.borrow().error(at, "a value is expected"),
        },
    }
}
