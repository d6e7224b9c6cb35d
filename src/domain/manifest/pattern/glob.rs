//! One pattern: its characters as a list of pieces, and the walk over all places in it at once.

use std::{iter::Peekable, str::FromStr};

/// The longest pattern that is read, in characters.
const LONGEST: usize = 512;

/// One pattern without its `!`.
#[derive(Debug, Clone)]
pub(super) struct Glob(Vec<Piece>);

#[derive(Debug, Clone)]
enum Piece {
    /// A character of this set, this often.
    One(Set, Often),
    /// `*`: any characters but `/`.
    Star,
    /// `**`: any characters.
    Stars,
    /// `**/` where a folder's name begins: any number of whole folders, also none.
    Folders,
}

#[derive(Debug, Clone)]
enum Set {
    Only(char),
    Ranges(Vec<(char, char)>),
}

#[derive(Debug, Clone, Copy)]
enum Often {
    Once,
    AtMostOnce,
    AtLeastOnce,
}

/// What is wrong with a pattern.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Why {
    /// There is nothing in it.
    #[error("it is empty")]
    Empty,
    /// It is longer than anybody needs.
    #[error("it is longer than {LONGEST} characters")]
    TooLong,
    /// `?` or `+` where no character stands before it.
    #[error("'{0}' repeats the character before it, and there is none")]
    NothingToRepeat(char),
    /// `[` without its `]`.
    #[error("'[' is not closed by ']'")]
    Unclosed,
    /// `[]`.
    #[error("'[]' names no character")]
    NoCharacter,
    /// Something in `[]` that is neither a character nor a range.
    #[error("'[…]' names single characters and ranges such as a-z or 0-9, not {0}")]
    NotARange(String),
    /// A backslash at the end.
    #[error("'\\' at the end has nothing to escape")]
    NothingToEscape,
}

impl FromStr for Glob {
    type Err = Why;

    fn from_str(text: &str) -> Result<Self, Why> {
        if text.is_empty() {
            return Err(Why::Empty);
        }
        if text.chars().count() > LONGEST {
            return Err(Why::TooLong);
        }
        let mut pieces: Vec<Piece> = Vec::new();
        let mut rest = text.chars().peekable();
        let mut folder_begins = true;
        while let Some(c) = rest.next() {
            let begins = std::mem::replace(&mut folder_begins, c == '/');
            match c {
                '*' if rest.next_if_eq(&'*').is_some() => {
                    while rest.next_if_eq(&'*').is_some() {}
                    let folders = begins && rest.next_if_eq(&'/').is_some();
                    folder_begins = folders;
                    pieces.push(if folders { Piece::Folders } else { Piece::Stars });
                }
                '*' => pieces.push(Piece::Star),
                '?' | '+' => match pieces.last_mut() {
                    Some(Piece::One(_, often @ Often::Once)) => {
                        *often = if c == '?' { Often::AtMostOnce } else { Often::AtLeastOnce };
                    }
                    _ => return Err(Why::NothingToRepeat(c)),
                },
                '[' => pieces.push(Piece::One(Set::Ranges(ranges(&mut rest)?), Often::Once)),
                '\\' => pieces.push(Piece::One(Set::Only(rest.next().ok_or(Why::NothingToEscape)?), Often::Once)),
                c => pieces.push(Piece::One(Set::Only(c), Often::Once)),
            }
        }
        Ok(Self(pieces))
    }
}

/// What stands between `[` and `]`.
fn ranges(rest: &mut Peekable<impl Iterator<Item = char>>) -> Result<Vec<(char, char)>, Why> {
    let mut ranges = Vec::new();
    loop {
        let first = match rest.next().ok_or(Why::Unclosed)? {
            ']' if ranges.is_empty() => return Err(Why::NoCharacter),
            ']' => return Ok(ranges),
            c @ ('^' | '!' | '[' | '/' | '\\') => return Err(Why::NotARange(c.to_string())),
            c => c,
        };
        if rest.next_if_eq(&'-').is_none() {
            ranges.push((first, first));
            continue;
        }
        let last = rest.next().ok_or(Why::Unclosed)?;
        let alike =
            [char::is_ascii_digit, char::is_ascii_lowercase, char::is_ascii_uppercase].iter().any(|kind| kind(&first) && kind(&last));
        if !alike || first > last {
            return Err(Why::NotARange(format!("{first}-{last}")));
        }
        ranges.push((first, last));
    }
}

impl Set {
    fn holds(&self, c: char) -> bool {
        match self {
            Self::Only(only) => *only == c,
            Self::Ranges(ranges) => ranges.iter().any(|(first, last)| (*first..=*last).contains(&c)),
        }
    }
}

/// The places in a pattern where a walk may stand: the piece that comes next, each marked once.
struct Places<'a> {
    pieces: &'a [Piece],
    marked: Vec<bool>,
}

impl Places<'_> {
    /// Comes to a place, and to those behind it that may be skipped.
    fn arrive(&mut self, mut place: usize) {
        loop {
            self.marked[place] = true;
            match self.pieces.get(place) {
                Some(Piece::Star | Piece::Stars | Piece::Folders | Piece::One(_, Often::AtMostOnce)) => place += 1,
                _ => return,
            }
        }
    }

    /// Reads one character at a place of the walk before.
    fn read(&mut self, place: usize, c: char) {
        match &self.pieces[place] {
            Piece::Star if c != '/' => self.arrive(place),
            Piece::Stars => self.arrive(place),
            Piece::Folders => {
                self.marked[place] = true;
                if c == '/' {
                    self.arrive(place + 1);
                }
            }
            Piece::One(set, often) if set.holds(c) => {
                if matches!(often, Often::AtLeastOnce) {
                    self.marked[place] = true;
                }
                self.arrive(place + 1);
            }
            Piece::Star | Piece::One(..) => {}
        }
    }
}

impl Glob {
    /// Whether it matches the whole name.
    pub(super) fn matches(&self, name: &str) -> bool {
        let end = self.0.len();
        let places = || Places { pieces: &self.0, marked: vec![false; end + 1] };
        let (mut here, mut next) = (places(), places());
        here.arrive(0);
        for c in name.chars() {
            next.marked.fill(false);
            for place in (0..end).filter(|place| here.marked[*place]) {
                next.read(place, c);
            }
            std::mem::swap(&mut here, &mut next);
        }
        here.marked[end]
    }
}
