//! From a rule's text to what it says. A value keeps the unit that it was written with until its figure's is known.

use std::{fmt, str::FromStr, time::Duration};

use super::{Condition, Op, Rule, Value};
use crate::domain::manifest::{duration, model::Unit};

/// Why a text is not a rule.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// Not of any form.
    #[error(
        "{0:?} is not a rule; write \"errors > 5% for 5m\", \"errors > previous + 1% for 5m\", \"health fails for 3m\", \"alarm fires\" or \"alert NAME fires\""
    )]
    NotARule(String),
    /// No time.
    #[error("{0:?} does not say for how long; end it with one (… for 5m)")]
    NoTime(String),
    /// Something else than a comparison.
    #[error("{0:?} is no comparison; there are <, <=, >, >=")]
    NotAnOp(String),
    /// Something else than a value.
    #[error("{0:?} is not a value; write 5, 0.5, 5%, 200ms or 2s")]
    NotAValue(String),
    /// Something else than a span of time.
    #[error(transparent)]
    Duration(#[from] duration::Error),
    /// No time at all.
    #[error("a rule must last longer than nothing")]
    Zero,
    /// A value in a unit that the figure's cannot be converted to.
    #[error("{value} cannot be compared with '{metric}', which is {}", unit.in_words())]
    NotOfUnit {
        /// The value.
        value: String,
        /// The figure.
        metric: String,
        /// Its unit.
        unit: Unit,
    },
}

/// A rule as it is written.
#[derive(Debug, Clone, PartialEq)]
pub struct Written {
    metric: String,
    clause: Clause,
}

#[derive(Debug, Clone, PartialEq)]
enum Clause {
    Compares { op: Op, previous: bool, with: Amount, lasts: Duration },
    Fails { lasts: Duration },
    Fires,
    Alert,
}

/// A number with the unit that it was written with.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Amount {
    number: f64,
    suffix: Suffix,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Suffix {
    None,
    Percent,
    Milliseconds,
    Seconds,
    Minutes,
    Hours,
}

/// The suffixes as they are written; of two that fit, the longer first.
const SUFFIXES: [(&str, Suffix); 6] = [
    ("%", Suffix::Percent),
    ("ms", Suffix::Milliseconds),
    ("s", Suffix::Seconds),
    ("m", Suffix::Minutes),
    ("h", Suffix::Hours),
    ("", Suffix::None),
];

const OPS: [(&str, Op); 4] = [("<", Op::Less), ("<=", Op::AtMost), (">", Op::More), (">=", Op::AtLeast)];

/// The longest text that is shown of what is wrong.
const SHOWN: usize = 80;

impl Written {
    /// The figure of the manifest that it looks at.
    pub fn metric(&self) -> Option<&str> {
        (self.clause != Clause::Alert).then_some(self.metric.as_str())
    }

    /// The unit that its value suggests for its figure.
    pub fn suggests(&self) -> Option<Unit> {
        let Clause::Compares { with, .. } = &self.clause else { return None };
        match with.suffix {
            Suffix::None => None,
            Suffix::Percent => Some(Unit::Ratio),
            Suffix::Milliseconds | Suffix::Seconds | Suffix::Minutes | Suffix::Hours => Some(Unit::Seconds),
        }
    }

    /// The rule, its value in the figure's unit. `source` is its text as it stands in the file.
    pub fn within(self, source: &str, unit: Unit) -> Result<Rule, Error> {
        let metric = self.metric;
        let says = match self.clause {
            Clause::Compares { op, previous, with, lasts } => {
                let value = with.within(unit).ok_or_else(|| Error::NotOfUnit { value: with.to_string(), metric: metric.clone(), unit })?;
                let with = if previous { Value::Previous(value) } else { Value::Plain(value) };
                Condition::Compares { metric, op, with, lasts }
            }
            Clause::Fails { lasts } => Condition::Fails { metric, lasts },
            Clause::Fires => Condition::Fires { metric },
            Clause::Alert => Condition::Alert { name: metric },
        };
        Ok(Rule { source: source.to_owned(), says })
    }
}

impl Amount {
    fn within(self, unit: Unit) -> Option<f64> {
        let Self { number, suffix } = self;
        let seconds = match suffix {
            Suffix::Milliseconds => Some(number / 1000.0),
            Suffix::Seconds => Some(number),
            Suffix::Minutes => Some(number * 60.0),
            Suffix::Hours => Some(number * 3600.0),
            Suffix::None | Suffix::Percent => None,
        };
        match (unit, suffix) {
            (_, Suffix::None) | (Unit::Percent, Suffix::Percent) | (Unit::Milliseconds, Suffix::Milliseconds) => Some(number),
            (Unit::Ratio, Suffix::Percent) => Some(number / 100.0),
            (Unit::Seconds, _) => seconds,
            (Unit::Milliseconds, _) => seconds.map(|seconds| seconds * 1000.0),
            (Unit::Ratio | Unit::Percent | Unit::Count, _) => None,
        }
    }
}

impl FromStr for Amount {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let wrong = || Error::NotAValue(shown(text));
        let (digits, suffix) = SUFFIXES.iter().find_map(|(word, suffix)| Some((text.strip_suffix(word)?, *suffix))).ok_or_else(wrong)?;
        let unsigned = digits.strip_prefix('-').unwrap_or(digits);
        let is_number = unsigned.starts_with(|c: char| c.is_ascii_digit())
            && unsigned.ends_with(|c: char| c.is_ascii_digit())
            && unsigned.len() <= 20
            && unsigned.bytes().all(|b| b.is_ascii_digit() || b == b'.');
        let number = digits.parse().ok().filter(|_| is_number).ok_or_else(wrong)?;
        Ok(Self { number, suffix })
    }
}

impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let suffix = SUFFIXES.iter().find(|(_, suffix)| *suffix == self.suffix).map_or("", |(word, _)| word);
        write!(f, "{}{suffix}", self.number)
    }
}

impl FromStr for Written {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let spaced = spaced(text);
        let words: Vec<&str> = spaced.split_whitespace().collect();
        let wrong = || Error::NotARule(shown(text));
        let rule = |metric: &str, clause| {
            if is_metric(metric) { Ok(Self { metric: metric.to_owned(), clause }) } else { Err(wrong()) }
        };
        match words[..] {
            ["alert", name, "fires"] if !name.starts_with('-') => Ok(Self { metric: name.to_owned(), clause: Clause::Alert }),
            [metric, "fires"] => rule(metric, Clause::Fires),
            [metric, "fails", "for", span] => rule(metric, Clause::Fails { lasts: lasts(span)? }),
            [metric, "fails"] if is_metric(metric) => Err(Error::NoTime(shown(text))),
            [metric, op, ref with @ .., "for", span] if is_metric(metric) => {
                let op = OPS.iter().find(|(word, _)| *word == op).ok_or_else(|| Error::NotAnOp(shown(op)))?.1;
                let (previous, with) = amount(with).ok_or_else(wrong)?;
                rule(metric, Clause::Compares { op, previous, with: with?, lasts: lasts(span)? })
            }
            [metric, op, ..] if is_metric(metric) && OPS.iter().any(|(word, _)| *word == op) && !words.contains(&"for") => {
                Err(Error::NoTime(shown(text)))
            }
            _ => Err(wrong()),
        }
    }
}

/// What a figure is compared with: `5%`, `previous`, `previous + 1%`.
fn amount(words: &[&str]) -> Option<(bool, Result<Amount, Error>)> {
    let more =
        |word: &str, sign: f64| {
            word.parse().and_then(|Amount { number, suffix }| {
                if number < 0.0 { Err(Error::NotAValue(shown(word))) } else { Ok(Amount { number: sign * number, suffix }) }
            })
        };
    match *words {
        ["previous"] => Some((true, Ok(Amount { number: 0.0, suffix: Suffix::None }))),
        ["previous", "+", value] => Some((true, more(value, 1.0))),
        ["previous", "-", value] => Some((true, more(value, -1.0))),
        [value] => Some((false, value.parse())),
        _ => None,
    }
}

fn lasts(span: &str) -> Result<Duration, Error> {
    match duration::parse(span)? {
        Duration::ZERO => Err(Error::Zero),
        lasts => Ok(lasts),
    }
}

/// A figure's name. `alert` begins another sort of rule.
pub(in crate::domain::manifest) fn is_metric(text: &str) -> bool {
    text.len() <= 100
        && text != "alert"
        && text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.'))
}

/// The text with spaces around its comparison, which people leave out.
fn spaced(text: &str) -> String {
    let is_op = |c: char| matches!(c, '<' | '>' | '=' | '!');
    let mut spaced = String::new();
    let mut before = None;
    for c in text.chars() {
        if before.is_some_and(|before| is_op(before) != is_op(c)) {
            spaced.push(' ');
        }
        spaced.push(c);
        before = Some(c);
    }
    spaced
}

fn shown(text: &str) -> String {
    text.chars().take(SHOWN).collect()
}

/// As it would be written; the text that it came from may have other spaces and spans.
impl fmt::Display for Written {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { metric, clause } = self;
        match clause {
            Clause::Compares { op, previous, with, lasts } => {
                let op = OPS.iter().find(|(_, other)| other == op).map_or("", |(word, _)| word);
                write!(f, "{metric} {op} ")?;
                match (previous, with.number) {
                    (false, _) => write!(f, "{with}")?,
                    (true, number) if number < 0.0 => write!(f, "previous - {}", Amount { number: -number, ..*with })?,
                    (true, _) => write!(f, "previous + {with}")?,
                }
                write!(f, " for {}", duration::text(*lasts))
            }
            Clause::Fails { lasts } => write!(f, "{metric} fails for {}", duration::text(*lasts)),
            Clause::Fires => write!(f, "{metric} fires"),
            Clause::Alert => write!(f, "alert {metric} fires"),
        }
    }
}

#[cfg(test)]
mod tests;
