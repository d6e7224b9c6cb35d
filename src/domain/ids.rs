//! The names of things, as types that only a parser can make.
//!
//! Names that come from outside (repositories, branches, step names) are hostile until parsed: none may begin with a
//! dash, hold a control character or be empty, so that none can ever be read as an option by a program that gets it as
//! an argument.

use std::{fmt, str::FromStr};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize, de};

/// Why a text is not a name of the wanted kind.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is not {wanted}")]
pub struct NotAName {
    /// The text as it was given, shortened.
    pub text: String,
    /// What was expected, in words.
    pub wanted: &'static str,
}

impl NotAName {
    pub(crate) fn new(text: &str, wanted: &'static str) -> Self {
        Self { text: text.chars().take(100).collect(), wanted }
    }
}

/// Declares a newtype over `String` that is made by parsing alone, also when it is deserialised. A pattern says in its JSON
/// Schema what its parser says.
macro_rules! name {
    ($(#[$doc:meta])* $type:ident, $wanted:literal, $valid:expr $(, pattern = $pattern:literal)?) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema)]
        #[serde(try_from = "String", into = "String")]
        $(#[schemars(extend("pattern" = $pattern))])?
        pub struct $type(String);

        impl $type {
            /// The name as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl std::str::FromStr for $type {
            type Err = $crate::domain::ids::NotAName;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                let valid: fn(&str) -> bool = $valid;
                if valid(text) {
                    Ok(Self(text.to_owned()))
                } else {
                    Err($crate::domain::ids::NotAName::new(text, $wanted))
                }
            }
        }

        impl TryFrom<String> for $type {
            type Error = $crate::domain::ids::NotAName;

            fn try_from(text: String) -> Result<Self, Self::Error> {
                text.parse()
            }
        }

        impl From<$type> for String {
            fn from(name: $type) -> Self {
                name.0
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}
pub(crate) use name;

/// A short word of letters, digits, `-`, `_` and `.`, which begins with a letter or a digit.
fn is_word(text: &str) -> bool {
    text.len() <= 100
        && text.starts_with(|c: char| c.is_ascii_alphanumeric())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'))
}

name! {
    /// An application: the stem of its file in `config/apps/`.
    ApplicationName, "an application's name (letters, digits, '-', '_' and '.', a letter or digit first)", is_word,
    pattern = "^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$"
}

name! {
    /// An environment within its application: `staging`, `production`.
    EnvironmentName, "an environment's name (letters, digits, '-', '_' and '.', a letter or digit first)", is_word,
    pattern = "^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$"
}

name! {
    /// A step within its application's plan.
    StepName, "a step's name (letters, digits, '-', '_' and '.', a letter or digit first)", is_word,
    pattern = "^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$"
}

name! {
    /// A runbook within its application.
    RunbookName, "a runbook's name (letters, digits, '-', '_' and '.', a letter or digit first)", is_word,
    pattern = "^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$"
}

name! {
    /// A token of the API. One name is one actor for ever.
    TokenName, "a token's name (letters, digits, '-', '_' and '.', a letter or digit first)", is_word,
    pattern = "^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$"
}

name! {
    /// A repository as GitHub writes it: `owner/name`.
    RepositoryName, "a repository (owner/name)", |text| {
        text.split_once('/').is_some_and(|(owner, name)| is_word(owner) && is_repository(name))
    }
}

impl RepositoryName {
    /// Whether it is the same one. GitHub's names differ in more than case.
    pub fn is(&self, other: &Self) -> bool {
        self.0.eq_ignore_ascii_case(&other.0)
    }
}

/// GitHub's repository names may begin with a dot or an underscore (`.github`), but not be `.` or `..`.
fn is_repository(text: &str) -> bool {
    !matches!(text, "" | "." | "..")
        && text.len() <= 100
        && !text.starts_with('-')
        && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'))
}

/// GitHub's numeric id of a repository. It survives renames and transfers; a re-created name gets another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct RepositoryId(pub i64);

/// The id of one delivery: GitHub's `X-GitHub-Delivery`, or one that we gave.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct DeliveryId(pub String);

impl fmt::Display for DeliveryId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The number of a proposal and of the deployment that it becomes: one sequence for the whole store, so that
/// "deployment 42" means one thing from the first question to the last line of its history.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, JsonSchema)]
#[schemars(extend("minimum" = 1))]
pub struct DeploymentId(pub i64);

/// JSON knows one kind of number: `42.0` is 42.
impl<'de> Deserialize<'de> for DeploymentId {
    fn deserialize<D: de::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Clone, Copy)]
        struct Number;

        impl de::Visitor<'_> for Number {
            type Value = DeploymentId;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a deployment's number (1, 2, 3 …)")
            }

            fn visit_i64<E: de::Error>(self, number: i64) -> Result<Self::Value, E> {
                if number > 0 { Ok(DeploymentId(number)) } else { Err(E::invalid_value(de::Unexpected::Signed(number), &self)) }
            }

            fn visit_u64<E: de::Error>(self, number: u64) -> Result<Self::Value, E> {
                let signed = i64::try_from(number).map_err(|_| E::invalid_value(de::Unexpected::Unsigned(number), &self))?;
                self.visit_i64(signed)
            }

            fn visit_f64<E: de::Error>(self, number: f64) -> Result<Self::Value, E> {
                // What prints like a whole number is one.
                let whole = format!("{number:.0}").parse().ok().filter(|_| number.fract() == 0.0);
                whole.map_or_else(|| Err(E::invalid_value(de::Unexpected::Float(number), &self)), |whole| self.visit_i64(whole))
            }
        }

        deserializer.deserialize_i64(Number)
    }
}

impl fmt::Display for DeploymentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// Where one version of an application runs: `shop/production`, or for a preview `shop/preview/17`, whose instance is
/// the pull request's number.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(extend("pattern" = "^[A-Za-z0-9][A-Za-z0-9._-]{0,99}/[A-Za-z0-9][A-Za-z0-9._-]{0,99}(/[0-9]{1,19})?$"))]
pub struct EnvironmentId {
    /// The application.
    pub application: ApplicationName,
    /// The environment as the application's file names it.
    pub name: EnvironmentName,
    /// The pull request of a preview.
    pub instance: Option<u64>,
}

impl EnvironmentId {
    /// The environment itself, not an instance of it.
    pub fn new(application: ApplicationName, name: EnvironmentName) -> Self {
        Self { application, name, instance: None }
    }
}

impl fmt::Display for EnvironmentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.application, self.name)?;
        self.instance.map_or(Ok(()), |number| write!(f, "/{number}"))
    }
}

impl FromStr for EnvironmentId {
    type Err = NotAName;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = || NotAName::new(text, "an environment (application/name)");
        let mut parts = text.split('/');
        let application = parts.next().and_then(|p| p.parse().ok()).ok_or_else(wrong)?;
        let name = parts.next().and_then(|p| p.parse().ok()).ok_or_else(wrong)?;
        let instance = parts.next().map(|p| p.parse().map_err(|_| wrong())).transpose()?;
        if parts.next().is_some() {
            return Err(wrong());
        }
        Ok(Self { application, name, instance })
    }
}

impl TryFrom<String> for EnvironmentId {
    type Error = NotAName;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<EnvironmentId> for String {
    fn from(id: EnvironmentId) -> Self {
        id.to_string()
    }
}

/// Who asks: a GitHub login, or the operator on the server's own machine.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Actor {
    /// A person on GitHub.
    Person(String),
    /// A person on GitHub in whose name the holder of the server's own token asks. Nobody but that holder vouches for it.
    Vouched(String),
    /// A bot or an app on GitHub.
    Bot(String),
    /// Whoever holds the token of this name.
    Token(String),
    /// Whoever holds the server's own token.
    Operator,
    /// Botadura itself.
    Botadura,
}

impl Actor {
    /// Whether it is the same one. Logins differ in more than case.
    pub fn is(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Bot(one), Self::Bot(two)) => one.eq_ignore_ascii_case(two),
            _ => match (self.login(), other.login()) {
                (Some(one), Some(two)) => one.eq_ignore_ascii_case(two),
                _ => self == other,
            },
        }
    }

    /// The GitHub login of a person.
    pub fn login(&self) -> Option<&str> {
        match self {
            Self::Person(login) | Self::Vouched(login) => Some(login),
            _ => None,
        }
    }
}

impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Person(login) | Self::Vouched(login) | Self::Bot(login) => f.write_str(login),
            Self::Token(name) => write!(f, "token:{name}"),
            Self::Operator => f.write_str("operator"),
            Self::Botadura => f.write_str("botadura"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_could_be_an_option_or_leave_its_folder_is_refused() {
        for text in ["", "-rf", "..", "a/b/c", "a b", "a\n", "--upload-pack=x", ".", "a/../b", "/a"] {
            assert!(text.parse::<StepName>().is_err(), "{text:?}");
            assert!(text.parse::<RepositoryName>().is_err(), "{text:?}");
        }
        assert!("acme/.github".parse::<RepositoryName>().is_ok());
        assert!("acme/..".parse::<RepositoryName>().is_err());
        assert!("acme/-x".parse::<RepositoryName>().is_err());
    }

    #[test]
    fn a_deployments_number_is_a_whole_number_from_one() {
        for (text, number) in
            [("1", Some(1)), ("42.0", Some(42)), ("1e3", Some(1000)), ("0", None), ("-1", None), ("1.5", None), ("\"1\"", None)]
        {
            assert_eq!(serde_json::from_str::<DeploymentId>(text).ok().map(|id| id.0), number, "{text}");
        }
        assert!(
            serde_json::from_str::<DeploymentId>("1e300").is_err() && serde_json::from_str::<DeploymentId>("18446744073709551615").is_err()
        );
    }

    #[test]
    fn an_environment_with_an_instance_is_read_back_as_it_was_written() {
        for text in ["shop/production", "shop/preview/17"] {
            assert_eq!(text.parse::<EnvironmentId>().expect("valid").to_string(), text);
        }
        assert!("shop/preview/x".parse::<EnvironmentId>().is_err());
        assert!("shop".parse::<EnvironmentId>().is_err());
    }
}
