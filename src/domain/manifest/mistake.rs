//! A mistake in a file: where it stands, what it is, and how it reads in English.

use std::fmt;

mod code;
mod conclusion;
mod diagnostic;
mod rules;
mod words;
pub use code::Code;
pub use diagnostic::{Diagnostic, Severity};
pub use rules::{RULES, Rule};

/// The longest sentence that is told, in characters: what it quotes may be as long as the file.
const LONGEST: usize = 600;

/// One mistake in a file.
#[derive(Debug, Clone, PartialEq)]
pub struct Mistake {
    /// The file, as it was named to the reader.
    pub file: String,
    /// Where in it; none when it is about the file as a whole.
    pub place: Option<Place>,
    /// What is wrong.
    pub code: Code,
}

/// A place in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// From 1.
    pub line: usize,
    /// From 1, in characters.
    pub column: usize,
    /// How many characters of the line it takes; 1 where that is not known.
    pub width: usize,
}

impl Place {
    /// Where it begins: its line and its column, by which mistakes are sorted.
    pub fn start(self) -> (usize, usize) {
        (self.line, self.column)
    }
}

/// `config/apps/shop.yaml:12:7: unknown key 'stepz'; did you mean 'steps'?`
impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sentence = shortened(self.code.to_string());
        match self.place {
            Some(Place { line, column, .. }) => write!(f, "{}:{line}:{column}: {sentence}", self.file),
            None => write!(f, "{}: {sentence}", self.file),
        }
    }
}

/// A sentence that nobody's file makes too long.
fn shortened(mut sentence: String) -> String {
    if let Some((end, _)) = sentence.char_indices().nth(LONGEST) {
        sentence.truncate(end);
        sentence.push('…');
    }
    sentence
}

impl std::error::Error for Mistake {}

/// The word that was probably meant.
pub(crate) fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<String> {
    let length = word.chars().count();
    let allowed = if length < 2 { 0 } else { (length / 3).clamp(1, 3) };
    let distance = |other: &&str| strsim::osa_distance(word, other);
    // Of some words people write the beginning alone.
    let begins = |other: &str| length >= 3 && other.starts_with(word);
    let best = known.into_iter().min_by_key(|other| (!begins(other), distance(other)))?;
    (begins(best) || distance(&best) <= allowed).then(|| best.to_owned())
}
