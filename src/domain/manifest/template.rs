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
    Hole { name: String, default: Option<Fallback> },
}

/// What stands in for a value that is not there.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Fallback {
    Text(String),
    Name(String),
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

    /// The names in its holes, with whether each has a default; a default's own name comes after, without one.
    pub fn names(&self) -> impl Iterator<Item = (&str, bool)> {
        self.parts.iter().flat_map(|part| {
            let (name, fallback) = match part {
                Part::Text(_) => (None, None),
                Part::Hole { name, default: None } => (Some((name.as_str(), false)), None),
                Part::Hole { name, default: Some(Fallback::Text(_)) } => (Some((name.as_str(), true)), None),
                Part::Hole { name, default: Some(Fallback::Name(other)) } => (Some((name.as_str(), true)), Some((other.as_str(), false))),
            };
            name.into_iter().chain(fallback)
        })
    }

    /// The text with every hole filled. An unknown or empty value is an error unless it has a default.
    pub fn render<'a>(&self, value: impl Fn(&str) -> Option<&'a str>) -> Result<String, Error> {
        let mut text = String::new();
        let value = |name: &str| value(name).filter(|value| !value.is_empty());
        for part in &self.parts {
            match part {
                Part::Text(literal) => text.push_str(literal),
                Part::Hole { name, default } => match (value(name), default) {
                    (Some(found), _) => text.push_str(found),
                    (None, Some(Fallback::Text(default))) => text.push_str(default),
                    (None, Some(Fallback::Name(other))) => {
                        text.push_str(value(other).ok_or_else(|| Error::NoValue(other.clone()))?);
                    }
                    (None, None) => return Err(Error::NoValue(name.clone())),
                },
            }
        }
        Ok(text)
    }

    /// The text as far as it can be filled. A hole of which `later` says that its value comes while steps run stays as it
    /// stands, with its default; so does one that has no value and no default.
    pub fn fill<'a>(&self, value: impl Fn(&str) -> Option<&'a str>, later: impl Fn(&str) -> bool) -> String {
        let value = |name: &str| value(name).filter(|value| !value.is_empty());
        let mut text = String::new();
        for part in &self.parts {
            let (name, default) = match part {
                Part::Text(literal) => {
                    text.push_str(literal);
                    continue;
                }
                Part::Hole { name, default } => (name, default),
            };
            let known = value(name).or_else(|| match default {
                Some(Fallback::Text(default)) if !later(name) => Some(default),
                Some(Fallback::Name(other)) if !later(name) => value(other),
                _ => None,
            });
            match (known, default) {
                (Some(known), _) => text.push_str(known),
                (None, None) => text.extend(["{{ ", name, " }}"]),
                (None, Some(Fallback::Text(default))) => text.extend(["{{ ", name, " | default('", default, "') }}"]),
                (None, Some(Fallback::Name(other))) => text.extend(["{{ ", name, " | default(", other, ") }}"]),
            }
        }
        text
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
    if !is_name(name) {
        return Err(wrong());
    }
    let default = filter.map(|filter| parse_default(filter).ok_or_else(wrong)).transpose()?;
    Ok(Part::Hole { name: name.to_owned(), default })
}

fn is_name(text: &str) -> bool {
    text.split('.').all(|word| !word.is_empty() && word.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-')))
}

/// `default('text')`, `default("text")`, `default(8080)` or `default(version.sha)`: the one filter there is. What stands
/// without quotes is a name when it has a dot and begins with a letter, else the text itself.
fn parse_default(filter: &str) -> Option<Fallback> {
    let inner = filter.strip_prefix("default")?.trim_start().strip_prefix('(')?.strip_suffix(')')?.trim();
    let quoted = |quote: char| inner.strip_prefix(quote).and_then(|rest| rest.strip_suffix(quote)).filter(|text| !text.contains(quote));
    if let Some(text) = quoted('\'').or_else(|| quoted('"')) {
        return Some(Fallback::Text(text.to_owned()));
    }
    if inner.is_empty() || inner.contains(['\'', '"', '(', ')', '|']) {
        return None;
    }
    let is_reference = inner.contains('.') && inner.starts_with(|c: char| c.is_ascii_alphabetic()) && is_name(inner);
    Some(if is_reference { Fallback::Name(inner.to_owned()) } else { Fallback::Text(inner.to_owned()) })
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn render(source: &str) -> Result<String, Error> {
        let value = |name: &str| match name {
            "version.sha" => Some("c0ffee"),
            "version.tag" => Some(""),
            "vars.evil" => Some("{{ version.sha }}"),
            _ => None,
        };
        source.parse::<Template>()?.render(value)
    }

    #[test]
    fn holes_are_filled() {
        for (source, text) in [
            ("", ""),
            ("plain } }} text {", "plain } }} text {"),
            ("{{version.sha}}-{{  version.sha  }}", "c0ffee-c0ffee"),
            ("{{ vars.evil }}", "{{ version.sha }}"),
            ("{{ version.tag | default('none yet') }}", "none yet"),
            ("{{ version.tag | default(\"it's\") }}", "it's"),
            ("{{ version.tag|default(8080) }}", "8080"),
            ("{{ version.tag | default(1.5) }}", "1.5"),
            ("{{ version.tag | default('') }}", ""),
            ("{{ version.tag | default(version.sha) }}", "c0ffee"),
            ("{{ version.tag | default('version.sha') }}", "version.sha"),
            ("{{ version.sha | default(vars.none) }}", "c0ffee"),
        ] {
            assert_eq!(render(source).as_deref(), Ok(text), "{source}");
        }
    }

    #[test]
    fn an_unknown_or_empty_value_is_an_error() {
        for name in ["version.tag", "vars.none"] {
            assert_eq!(render(&format!("{{{{ {name} }}}}")), Err(Error::NoValue(name.to_owned())));
        }
        assert_eq!(render("{{ version.tag | default(vars.none) }}"), Err(Error::NoValue("vars.none".to_owned())));
    }

    #[test]
    fn what_is_not_a_template_is_refused() {
        for source in [
            "{{",
            "{{ a",
            "{{ }}",
            "{{ a b }}",
            "{{ a. }}",
            "{{ .a }}",
            "{{ a | upper }}",
            "{{ a | default }}",
            "{{ a | default() }}",
            "{{ a | default('x }}",
            "{{ a | default('x) }}",
            "{{ a | default('x') | default('y') }}",
            "{{ a || default(x) }}",
            "{{ {{ a }} }}",
        ] {
            assert!(source.parse::<Template>().is_err(), "{source}");
        }
    }

    #[test]
    fn names_are_told_with_those_in_defaults() {
        let template: Template = "{{ a.b | default(c.d) }} {{ e }}".parse().expect("a template");
        assert_eq!(template.names().collect::<Vec<_>>(), [("a.b", true), ("c.d", false), ("e", false)]);
    }

    proptest! {
        #[test]
        fn nothing_panics_and_the_source_is_kept(source in r"[\PC{}|()'.a-z]{0,40}") {
            if let Ok(template) = source.parse::<Template>() {
                prop_assert_eq!(template.source(), &source);
                let _ = template.render(|_| Some("x"));
            }
        }

        #[test]
        fn a_value_is_never_read_again(value in r"\PC{1,20}") {
            let template: Template = "<{{ vars.x }}>".parse().expect("a template");
            prop_assert_eq!(template.render(|_| Some(value.as_str())), Ok(format!("<{value}>")));
        }
    }
}
