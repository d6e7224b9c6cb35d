//! A mistake in a file: where it stands, what it is, and how it reads in English.

use std::fmt;

use super::{duration, pattern, template};
use crate::domain::ids::NotAName;

mod diagnostic;
mod rule;
pub use diagnostic::{Diagnostic, Severity};
pub use rule::{RULES, Rule};

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

/// What is wrong, with what a sentence about it needs.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum Code {
    // ---- the file
    /// It could not be read from the disk.
    #[error("it cannot be read: {0}")]
    Unreadable(String),
    /// It is too big.
    #[error("it is larger than {0} KiB")]
    TooBig(usize),
    /// There is nothing in it.
    #[error("there is nothing in it")]
    Empty,
    /// It is not YAML; the reader's own words.
    #[error("not valid YAML: {0}")]
    NotYaml(String),
    /// A second document begins.
    #[error("a second document begins here; a file holds one")]
    SecondDocument,
    /// Lists and maps stand too deep in one another.
    #[error("lists and maps stand more than {0} deep in one another")]
    TooDeep(usize),
    /// There are too many values, aliases counted each time.
    #[error("there are more than {0} values, those behind aliases included")]
    TooMany(usize),
    /// An alias of something that is not there yet.
    #[error("this alias stands within what it repeats")]
    CircularAlias,
    /// A key that is not a text.
    #[error("a key must be a text")]
    KeyIsNoText,
    /// A key stands twice in one map.
    #[error("the key '{key}' stands here again; it was given in line {line} already")]
    KeyAgain {
        /// The key.
        key: String,
        /// The line of the first.
        line: usize,
    },
    /// A tag such as `!thing`.
    #[error("the tag {0} means nothing here")]
    UnknownTag(String),
    /// A number that no file needs.
    #[error("the number {0} is out of range")]
    Number(String),

    // ---- its shape
    /// A key that is not known.
    #[error("unknown key '{key}'{}", options(.near.as_deref(), .expected))]
    UnknownKey {
        /// The key.
        key: String,
        /// The nearest known one.
        near: Option<String>,
        /// All known ones.
        expected: Vec<String>,
    },
    /// A key that must be there and is not.
    #[error("the key '{0}' is missing")]
    MissingKey(String),
    /// A key without a value.
    #[error("'{0}' has no value; give it one, or leave the key out")]
    NoValue(String),
    /// A number or a truth value where a text is wanted.
    #[error("expected {expected}, found {text}; write it in quotes: \"{text}\"")]
    Unquoted {
        /// What is wanted.
        expected: String,
        /// What was written.
        text: String,
    },
    /// Something of another kind.
    #[error("expected {expected}, found {found}")]
    WrongType {
        /// What is wanted.
        expected: String,
        /// What is there.
        found: String,
    },
    /// Another thing that the reader says.
    #[error("{0}")]
    Shape(String),
    /// Something of the language that this server does not have.
    #[error("the {what} '{name}' is not built into this server yet")]
    NotBuiltIn {
        /// What sort of thing (`step kind`, `key`, `trigger`).
        what: &'static str,
        /// Its name.
        name: String,
    },

    // ---- its values
    /// Not a name.
    #[error(transparent)]
    Name(#[from] NotAName),
    /// Not a template.
    #[error("not a template: {0}")]
    Template(#[from] template::Error),
    /// Not a pattern.
    #[error(transparent)]
    Pattern(#[from] pattern::Error),
    /// Not a span of time.
    #[error(transparent)]
    Duration(#[from] duration::Error),
    /// Not one of the words that may stand here.
    #[error("{text:?} is not one of {}", .expected.join(", "))]
    Word {
        /// What was written.
        text: String,
        /// What may be.
        expected: &'static [&'static str],
    },
    /// A number outside its bounds.
    #[error("{number} is out of bounds; give a number from {least} to {most}")]
    Bounds {
        /// What was written.
        number: u64,
        /// The least.
        least: u64,
        /// The most.
        most: u64,
    },
    /// A span of time that must not be zero.
    #[error("it must be longer than nothing")]
    Zero,
    /// An empty text or list.
    #[error("it is empty; {0}")]
    Nothing(&'static str),
    /// Not of the form that is wanted.
    #[error("{text:?} is not {wanted}")]
    Form {
        /// What was written.
        text: String,
        /// What is wanted, in words.
        wanted: &'static str,
    },
    /// Exactly one of some keys must be there.
    #[error("give exactly one of {}; found {}", .of.join(", "), if .found.is_empty() { "none".to_owned() } else { .found.join(" and ") })]
    ExactlyOne {
        /// The keys.
        of: &'static [&'static str],
        /// Those that are there.
        found: Vec<&'static str>,
    },
    /// A key that means nothing beside what else is there.
    #[error("'{key}' means nothing here: {why}")]
    Useless {
        /// The key.
        key: &'static str,
        /// Why.
        why: &'static str,
    },

    // ---- how its parts fit
    /// No such environment.
    #[error("there is no environment '{name}'{}", options(.near.as_deref(), .known))]
    UnknownEnvironment {
        /// The name.
        name: String,
        /// The nearest one.
        near: Option<String>,
        /// All there are.
        known: Vec<String>,
    },
    /// Two steps of one name.
    #[error("a step before is called '{0}' too; names are unique in a file")]
    StepAgain(String),
    /// A step that is done nowhere.
    #[error("'only' and 'except' together leave no environment in which this step is done")]
    StepNowhere,
    /// A name in a template that means nothing.
    #[error("nothing is called '{name}' in a template here{}", options(.near.as_deref(), .known))]
    UnknownValue {
        /// The name.
        name: String,
        /// The nearest one.
        near: Option<String>,
        /// What there is.
        known: Vec<String>,
    },
    /// A variable that is not there everywhere.
    #[error("'vars.{name}' has no value in the environment '{environment}', where this step is done; give it one there, or a default here")]
    VariableMissing {
        /// The variable.
        name: String,
        /// Where it is missing.
        environment: String,
    },
    /// An address that is nowhere given.
    #[error("the environment '{0}' has no 'url', and no step before this one serves one")]
    NoUrl(String),
    /// No such step.
    #[error("no step is called '{name}'{}", options(.near.as_deref(), .known))]
    UnknownStep {
        /// The name.
        name: String,
        /// The nearest one.
        near: Option<String>,
        /// All there are.
        known: Vec<String>,
    },
    /// A step that is not done before this one.
    #[error("the step '{0}' is not done before this one")]
    StepNotEarlier(String),
    /// A step that is not part of the plan.
    #[error("the step '{step}' is not done in the environment '{environment}', where this step is")]
    StepNotInPlan {
        /// The step that is meant.
        step: String,
        /// Where it is not done.
        environment: String,
    },
    /// An output that the step's kind does not have.
    #[error("the step '{step}' has no output '{output}'{}", options(None, .known))]
    UnknownOutput {
        /// The step.
        step: String,
        /// The output.
        output: String,
        /// What it has.
        known: Vec<String>,
    },
    /// A path that the step does not produce.
    #[error("the step '{step}' does not produce '{path}'{}", options(None, .known))]
    NotProduced {
        /// The step.
        step: String,
        /// The path.
        path: String,
        /// What it produces.
        known: Vec<String>,
    },
    /// One variable given twice.
    #[error("'{0}' stands in 'env' and in 'secrets'")]
    EnvAndSecret(String),
    /// A template in a script.
    #[error(
        "a script has no templates, so that no value can ever be read as a command; put it into 'env' (env: {{ NAME: \"{{{{ … }}}}\" }}) and write \"$NAME\""
    )]
    TemplateInScript,
    /// A role that the server's file does not have.
    #[error("the server's file has no role '{name}'{}", options(.near.as_deref(), .known))]
    UnknownRole {
        /// The role.
        name: String,
        /// The nearest one.
        near: Option<String>,
        /// All there are.
        known: Vec<String>,
    },
    /// A secret of the server's own.
    #[error("this secret is the server's own; no application may read it")]
    ServersSecret,
    /// Two files describe one application.
    #[error("the application '{name}' is described by {other} too; a file's name is its application's, once")]
    ApplicationAgain {
        /// The application.
        name: String,
        /// The other file.
        other: String,
    },

    // ---- what it left behind
    /// A target that left a release, and one without a past that may be the same.
    #[error(
        "'{old}' left a release in {environment} and is not here any more; if '{new}' is what it was, say `was: {old}`, or its release is \
         neither carried over nor restored; if it is another thing, the next deployment there settles this"
    )]
    StepRenamed {
        /// The step that is not here any more.
        old: String,
        /// The one that may be it.
        new: String,
        /// Where it left a release.
        environment: String,
    },
    /// A target that left a release, and nothing that may be the same.
    #[error("'{step}' left a release in {environment} and is not here any more; what it left stays there, and nobody looks after it")]
    StepGone {
        /// The step.
        step: String,
        /// Where.
        environment: String,
    },
    /// A step's earlier name that nobody can look up.
    #[error("whether '{0}' left anything is not known, because the store cannot be read from here; check this where the server is")]
    NotVerified(String),
}

/// What may stand there instead: the nearest, else all of them.
fn options(near: Option<&str>, all: &[String]) -> String {
    match (near, all) {
        (Some(near), _) => format!("; did you mean '{near}'?"),
        (None, []) => String::new(),
        (None, [one]) => format!("; there is {one}"),
        (None, all) => format!("; there are {}", all.join(", ")),
    }
}

/// The word that was probably meant.
pub(crate) fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<String> {
    let allowed = (word.chars().count() / 3).min(3);
    let distance = |other: &&str| strsim::osa_distance(word, other);
    let best = known.into_iter().min_by_key(distance)?;
    (distance(&best) <= allowed).then(|| best.to_owned())
}
