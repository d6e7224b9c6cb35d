//! A mistake in a file: where it stands, what it is, and how it reads in English.

use std::fmt;

mod code;
pub use code::Code;

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
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// From 1.
    pub line: usize,
    /// From 1, in characters.
    pub column: usize,
}

/// `config/apps/shop.yaml:12:7: unknown key 'stepz'; did you mean 'steps'?`
impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sentence = self.code.to_string();
        let (shown, more) = match sentence.char_indices().nth(LONGEST) {
            Some((end, _)) => (&sentence[..end], "…"),
            None => (sentence.as_str(), ""),
        };
        match self.place {
            Some(Place { line, column }) => write!(f, "{}:{line}:{column}: {shown}{more}", self.file),
            None => write!(f, "{}: {shown}{more}", self.file),
        }
    }
}

impl std::error::Error for Mistake {}

/// The word that was probably meant.
pub(crate) fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<String> {
    let allowed = (word.chars().count() / 3).min(3);
    let distance = |other: &&str| strsim::osa_distance(word, other);
    let best = known.into_iter().min_by_key(distance)?;
    (distance(&best) <= allowed).then(|| best.to_owned())
}
