//! A mistake as programs read it: a stable word for what it is, how bad it is, and the sentence in two.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Code, Mistake, shortened};

/// How bad something is. Only an error keeps a file from being used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The file cannot be used as it is.
    Error,
    /// It can, and probably does not do what was meant.
    Warning,
    /// Something to know.
    Note,
}

/// A mistake as programs read it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Diagnostic {
    /// The file, as it was named.
    pub file: String,
    /// From 1; none when it is about the file as a whole.
    pub line: Option<usize>,
    /// From 1, in characters.
    pub column: Option<usize>,
    /// The column after the last character that is wrong.
    pub end_column: Option<usize>,
    /// The rule's id.
    pub code: String,
    /// How bad it is.
    pub severity: Severity,
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    pub help: Option<String>,
}

impl Mistake {
    /// How bad it is.
    pub fn severity(&self) -> Severity {
        self.code.severity()
    }

    /// What programs read.
    pub fn diagnostic(&self) -> Diagnostic {
        let (message, help) = self.code.told();
        Diagnostic {
            file: self.file.clone(),
            line: self.place.map(|place| place.line),
            column: self.place.map(|place| place.column),
            end_column: self.place.map(|place| place.column + place.width),
            code: self.code.rule().id.to_owned(),
            severity: self.severity(),
            message,
            help,
        }
    }
}

impl Code {
    /// How bad it is.
    pub fn severity(&self) -> Severity {
        match self {
            Self::StepGone { .. } | Self::NoFile(_) | Self::TooFew { .. } => Severity::Warning,
            Self::NotVerified(_) => Severity::Note,
            _ => Severity::Error,
        }
    }

    /// Whether what stands there may be a secret, which is not shown.
    pub fn may_be_secret(&self) -> bool {
        matches!(self, Self::WrongType { expected, .. } | Self::Unquoted { expected, .. } if expected.contains("secret"))
    }

    /// The sentence in two: what is wrong, and what to do about it. Sentences are written so: `WRONG; ADVICE`.
    pub fn told(&self) -> (String, Option<String>) {
        if let Self::ExactlyOne { of, found } = self {
            let wrong = match &found[..] {
                [] => "one of some keys is needed here, and none is given".to_owned(),
                found => format!("{} exclude one another", found.join(" and ")),
            };
            return (wrong, Some(format!("give exactly one of {}", of.join(", "))));
        }
        let sentence = self.to_string();
        // Here both halves are needed to understand either.
        let is_whole = matches!(self, Self::NoMore { .. } | Self::Shape(_) | Self::NotYaml(_) | Self::Unreadable(_));
        match end_of_what_is_wrong(&sentence).filter(|_| !is_whole) {
            Some(end) => (shortened(sentence[..end].to_owned()), Some(shortened(sentence[end + 2..].to_owned()))),
            None => (shortened(sentence), None),
        }
    }
}

/// Where the first `; ` stands that is no part of what the sentence quotes.
fn end_of_what_is_wrong(sentence: &str) -> Option<usize> {
    let mut quote = None;
    let mut before = ' ';
    for (at, c) in sentence.char_indices() {
        let after = sentence[at + c.len_utf8()..].chars().next();
        match quote {
            None if matches!(c, '"' | '`') || (c == '\'' && !before.is_alphanumeric()) => quote = Some(c),
            Some(open) if c == open && before != '\\' && (c != '\'' || after.is_none_or(|after| !after.is_alphanumeric())) => quote = None,
            None if c == ';' && after == Some(' ') => return Some(at),
            _ => {}
        }
        before = c;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sentence_is_told_in_two() {
        let (wrong, advice) = Code::UnknownKey { key: "a; b".into(), near: Some("ab".into()), expected: vec![] }.told();
        assert_eq!((wrong.as_str(), advice.as_deref()), ("unknown key 'a; b'", Some("did you mean 'ab'?")));
        let (wrong, advice) = Code::ServersSecret.told();
        assert_eq!((wrong.as_str(), advice.as_deref()), ("this secret is the server's own", Some("no application may read it")));
        let (wrong, advice) = Code::UnknownRole { name: "it's".into(), near: None, known: vec!["qa".into()] }.told();
        assert_eq!((wrong.as_str(), advice.as_deref()), ("the server's file has no role 'it's'", Some("there is qa")));
        let (wrong, advice) = Code::ExactlyOne { of: &["a", "b", "c"], found: vec!["a", "c"] }.told();
        assert_eq!((wrong.as_str(), advice.as_deref()), ("a and c exclude one another", Some("give exactly one of a, b, c")));
        let (wrong, advice) = Code::Form { text: "\"; x".into(), wanted: "y" }.told();
        assert_eq!((wrong.as_str(), advice), (r#""\"; x" is not y"#, None));
    }

    #[test]
    fn what_a_file_says_makes_no_sentence_endless() {
        let (wrong, advice) = Code::UnknownStep { name: "ü".repeat(5000), near: None, known: vec!["x".repeat(5000)] }.told();
        assert!(wrong.chars().count() <= 601 && advice.is_some_and(|advice| advice.chars().count() <= 601));
    }
}
