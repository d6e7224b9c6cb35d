//! Every sentence that a person reads, in English and Spanish.
//!
//! The sentences stand in `en.ftl` and `es.ftl`; here is only which of them is said when, and with what. Whatever comes
//! from outside (branch names, reasons, output) goes through [`harmless`] on its way into a sentence: nothing that is
//! returned from here can move a terminal's cursor, ring its bell or turn the direction of a line. Escaping for Markdown
//! or HTML is the business of who puts it there.

use std::{fmt, str::FromStr};

use fluent_bundle::{FluentArgs, FluentResource, FluentValue, concurrent::FluentBundle};
use unic_langid::LanguageIdentifier;

use crate::domain::{ids::Actor, request::Scope, version::Version};

mod audits;
mod commands;
mod decisions;
mod gates;
mod harmless;
mod replies;
mod simulations;
mod stories;
#[cfg(test)]
mod tests;
mod times;
pub use harmless::harmless;
#[cfg(test)]
pub(super) use tests::samples;

/// A language that people are spoken to in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Locale {
    /// English.
    #[default]
    En,
    /// Spanish.
    Es,
}

/// Why a text is not a language.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no language {0:?}; there are en and es")]
pub struct NotALocale(String);

impl FromStr for Locale {
    type Err = NotALocale;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "en" => Ok(Self::En),
            "es" => Ok(Self::Es),
            _ => Err(NotALocale(text.chars().take(20).collect())),
        }
    }
}

/// Something said: one line, and what belongs to it: where to look, what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    /// What happened and what it means.
    pub line: String,
    /// Lines of their own, to be indented.
    pub details: Vec<String>,
}

impl Said {
    fn new(line: String) -> Self {
        Self { line, details: Vec::new() }
    }

    fn with(mut self, details: impl IntoIterator<Item = String>) -> Self {
        self.details.extend(details);
        self
    }

    /// All of it as lines, the details indented.
    pub fn lines(&self) -> Vec<String> {
        std::iter::once(self.line.clone()).chain(self.details.iter().map(|line| format!("    {line}"))).collect()
    }
}

/// Its lines, the details indented.
impl fmt::Display for Said {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.lines().join("\n"))
    }
}

/// The sentences of one language.
pub struct Text {
    bundle: FluentBundle<FluentResource>,
    place: Place,
}

/// Where somebody reads, and so can do what a sentence says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// A terminal, with the program.
    Terminal,
    /// A conversation, with slash-commands.
    Comment,
}

impl Place {
    /// What stands before the name of a command there, and the word for the place in messages.
    fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Terminal => ("botadura ", "terminal"),
            Self::Comment => ("/", "comment"),
        }
    }
}

impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Text").field("locales", &self.bundle.locales).finish_non_exhaustive()
    }
}

/// The sentences of every language, for who reads them in a conversation.
#[derive(Debug)]
pub struct Texts {
    english: Text,
    spanish: Text,
}

impl Default for Texts {
    fn default() -> Self {
        Self { english: Text::for_comments(Locale::En), spanish: Text::for_comments(Locale::Es) }
    }
}

impl Texts {
    /// Those of one language.
    pub fn of(&self, locale: Locale) -> &Text {
        match locale {
            Locale::En => &self.english,
            Locale::Es => &self.spanish,
        }
    }
}

/// The arguments of a message, by their names.
type Args<'a> = &'a [(&'static str, FluentValue<'static>)];

impl Text {
    /// The sentences of this language.
    pub fn new(locale: Locale) -> Self {
        let (language, messages) = match locale {
            Locale::En => ("en", include_str!("en.ftl")),
            Locale::Es => ("es", include_str!("es.ftl")),
        };
        let language: LanguageIdentifier = language.parse().expect("it is a language's tag");
        let mut bundle = FluentBundle::new_concurrent(vec![language]);
        // The marks that keep directions apart would be seen in terminals; `harmless` takes out what they are for.
        bundle.set_use_isolating(false);
        let resource = FluentResource::try_new(messages.to_owned()).expect("a test reads the catalogue that is compiled in");
        bundle.add_resource(resource).expect("a test looks for messages that stand twice");
        Self { bundle, place: Place::Terminal }
    }

    /// The same, for who reads it in a conversation: commands are given with a slash there.
    pub fn for_comments(locale: Locale) -> Self {
        Self { place: Place::Comment, ..Self::new(locale) }
    }

    /// A message with its arguments. That every message and argument is there is held by tests in both languages; in the
    /// face of a mistake its id is better than nothing.
    fn say(&self, id: &str, args: Args<'_>) -> String {
        let pattern = self.bundle.get_message(id).and_then(|message| message.value());
        debug_assert!(pattern.is_some(), "there is no message {id}");
        let Some(pattern) = pattern else { return id.to_owned() };
        let mut args: FluentArgs<'_> = args.iter().map(|(name, value)| (*name, value.clone())).collect();
        let (command, place) = self.place.words();
        args.set("command", command);
        args.set("where", place);
        let mut errors = Vec::new();
        let said = self.bundle.format_pattern(pattern, Some(&args), &mut errors).into_owned();
        debug_assert!(errors.is_empty(), "{id}: {errors:?}");
        said
    }

    /// A message that takes no arguments.
    fn word(&self, id: &str) -> String {
        self.say(id, &[])
    }

    fn actor(&self, actor: &Actor) -> String {
        match actor {
            Actor::Operator => self.word("actor-operator"),
            Actor::Botadura => self.word("actor-botadura"),
            Actor::Token(name) => self.say("actor-token", &[("name", text(name))]),
            Actor::Person(login) | Actor::Vouched(login) | Actor::Bot(login) => harmless(login),
        }
    }

    /// Whose word something is, and who vouches for that where GitHub does not.
    fn attributed(&self, actor: &Actor) -> String {
        match actor {
            Actor::Vouched(login) => self.say("actor-vouched", &[("login", text(login))]),
            other => self.actor(other),
        }
    }

    fn scope(&self, scope: &Scope) -> String {
        match scope {
            Scope::Everything => self.word("scope-everything"),
            Scope::Application(name) => self.say("scope-application", &[("application", text(name))]),
            Scope::Environment(id) => harmless(&id.to_string()),
        }
    }

    /// A version; where it is not known, what was there before Botadura came.
    fn version(&self, version: Option<&Version>) -> String {
        version.map_or_else(|| self.word("earlier-state"), |version| harmless(&version.to_string()))
    }

    /// Several, of which each will do.
    fn any_of(&self, words: &[String]) -> String {
        let words: Vec<String> = words.iter().map(|word| harmless(word)).collect();
        words.join(&self.word("or"))
    }

    /// All of several; a word of its own for none.
    fn all_of(&self, words: &[String]) -> String {
        if words.is_empty() { self.word("none") } else { words.iter().map(|word| harmless(word)).collect::<Vec<_>>().join(", ") }
    }
}

/// An argument that is text, made harmless.
fn text(value: impl fmt::Display) -> FluentValue<'static> {
    FluentValue::from(harmless(&value.to_string()))
}

/// An argument whose absence the message itself words.
fn perhaps(value: Option<impl fmt::Display>, absent: &'static str) -> FluentValue<'static> {
    value.map_or_else(|| FluentValue::from(absent), text)
}

/// The first line of a reason without its full stop, for the middle of a sentence.
fn clause(reason: &str) -> FluentValue<'static> {
    let first = reason.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or("?");
    text(first.trim_end_matches(['.', ':']))
}
