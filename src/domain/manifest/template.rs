//! Templates: `{{ version.sha }}`, `{{ vars.port | default('8080') }}`.
//!
//! A template never reaches a shell, and a value is never read as a template again: the parts are kept apart from the
//! first parse to the last byte.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// A text with holes, parsed. It is written and read as the text that it came from.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Template {
    source: String,
    parts: Vec<Part>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Part {
    Text(String),
    Hole { name: String, default: Option<String> },
}

/// Why a text is not a template, or why a template has no value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// `{{` without its `}}`.
    #[error("'{{{{' is not closed by '}}}}' in {0:?}")]
    Unclosed(String),
    /// Something else than a name, or a name and `default(…)`, in a hole.
    #[error("{0:?} is not a name such as version.sha, nor a name and a default such as vars.port | default('8080')")]
    NotAName(String),
    /// A value is needed and is not there, or is empty.
    #[error("{{{{ {0} }}}} has no value here; give it one, or a default: {{{{ {0} | default('…') }}}}")]
    NoValue(String),
}

impl Template {
    /// A template that has no holes and is this text, whatever stands in it.
    pub fn literal(text: impl Into<String>) -> Self {
        let text = text.into();
        Self { source: text.clone(), parts: vec![Part::Text(text)] }
    }

    /// The text as it was written.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// The names in its holes, with whether each has a default.
    pub fn names(&self) -> impl Iterator<Item = (&str, bool)> {
        self.parts.iter().filter_map(|part| match part {
            Part::Text(_) => None,
            Part::Hole { name, default } => Some((name.as_str(), default.is_some())),
        })
    }

    /// The text with every hole filled. An unknown or empty value is an error unless it has a default.
    pub fn render<'a>(&self, value: impl Fn(&str) -> Option<&'a str>) -> Result<String, Error> {
        let mut text = String::new();
        for part in &self.parts {
            match part {
                Part::Text(literal) => text.push_str(literal),
                Part::Hole { name, default } => match (value(name).filter(|v| !v.is_empty()), default) {
                    (Some(found), _) => text.push_str(found),
                    (None, Some(default)) => text.push_str(default),
                    (None, None) => return Err(Error::NoValue(name.clone())),
                },
            }
        }
        Ok(text)
    }
}

impl FromStr for Template {
    type Err = Error;

    fn from_str(source: &str) -> Result<Self, Error> {
        let mut parts = Vec::new();
        let mut rest = source;
        while let Some((before, after)) = rest.split_once("{{") {
            let (hole, after) = after.split_once("}}").ok_or_else(|| Error::Unclosed(source.to_owned()))?;
            if !before.is_empty() {
                parts.push(Part::Text(before.to_owned()));
            }
            parts.push(parse_hole(hole.trim())?);
            rest = after;
        }
        if !rest.is_empty() {
            parts.push(Part::Text(rest.to_owned()));
        }
        Ok(Self { source: source.to_owned(), parts })
    }
}

fn parse_hole(hole: &str) -> Result<Part, Error> {
    let wrong = || Error::NotAName(hole.to_owned());
    let (name, filter) = match hole.split_once('|') {
        Some((name, filter)) => (name.trim(), Some(filter.trim())),
        None => (hole, None),
    };
    let is_name = !name.is_empty()
        && name.split('.').all(|word| !word.is_empty() && word.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-')));
    if !is_name {
        return Err(wrong());
    }
    let default = filter.map(|filter| parse_default(filter).ok_or_else(wrong)).transpose()?;
    Ok(Part::Hole { name: name.to_owned(), default })
}

/// `default('text')`, `default("text")`, or `default(name)`: the one filter there is. What stands without quotes is
/// taken as it is.
fn parse_default(filter: &str) -> Option<String> {
    let inner = filter.strip_prefix("default")?.trim_start().strip_prefix('(')?.strip_suffix(')')?.trim();
    let quoted = |quote: char| inner.strip_prefix(quote).and_then(|rest| rest.strip_suffix(quote));
    Some(quoted('\'').or_else(|| quoted('"')).unwrap_or(inner).to_owned())
}

impl TryFrom<String> for Template {
    type Error = Error;

    fn try_from(source: String) -> Result<Self, Error> {
        source.parse()
    }
}

impl From<Template> for String {
    fn from(template: Template) -> Self {
        template.source
    }
}

impl fmt::Display for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.source)
    }
}
