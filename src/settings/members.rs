//! Who has a role: people, and teams of an organisation.

use std::{fmt, str::FromStr};

use crate::domain::ids::NotAName;

/// Who has a role.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Member {
    /// `user:LOGIN`, compared without regard to case.
    User(String),
    /// `team:ORGANISATION/SLUG`.
    Team {
        /// The organisation.
        organization: String,
        /// The team, as it stands in its address.
        slug: String,
    },
}

impl Member {
    /// The login of a person, in lower case; none for a team.
    pub fn login(&self) -> Option<String> {
        match self {
            Self::User(login) => Some(login.to_ascii_lowercase()),
            Self::Team { .. } => None,
        }
    }
}

impl FromStr for Member {
    type Err = NotAName;

    fn from_str(text: &str) -> Result<Self, NotAName> {
        let is_login = |text: &str| {
            text.len() <= 100
                && text.starts_with(|c: char| c.is_ascii_alphanumeric())
                && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'))
        };
        let member = match text.split_once(':') {
            Some(("user", login)) if is_login(login) => Some(Self::User(login.to_owned())),
            Some(("team", team)) => team
                .split_once('/')
                .filter(|(organization, slug)| is_login(organization) && is_login(slug))
                .map(|(organization, slug)| Self::Team { organization: organization.to_owned(), slug: slug.to_owned() }),
            _ => None,
        };
        member.ok_or_else(|| NotAName::new(text, "a member of a role (user:LOGIN or team:ORGANISATION/TEAM)"))
    }
}

impl fmt::Display for Member {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::User(login) => write!(f, "user:{login}"),
            Self::Team { organization, slug } => write!(f, "team:{organization}/{slug}"),
        }
    }
}
