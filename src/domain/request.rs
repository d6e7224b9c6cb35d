//! What somebody asks for, whatever door it came through.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    ids::{Actor, ApplicationName, DeploymentId, EnvironmentId, RunbookName},
    rights::Rights,
    version::RefName,
};

/// A wish and whose it is. It is decided like a push: nothing that comes by the API or the terminal can do more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Request {
    /// Who asks.
    pub actor: Actor,
    /// What for.
    pub ask: Ask,
    /// What whoever asks may do: everything, unless a token says less.
    #[serde(default, skip_serializing_if = "Rights::is_everything")]
    pub rights: Rights,
}

/// What is asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Ask {
    /// Bring a version into an environment.
    Deploy {
        /// Where to.
        environment: EnvironmentId,
        /// A branch, a tag or a full SHA; none: the head of the branch that the environment follows.
        #[serde(default)]
        reference: Option<String>,
        /// Also when that version runs there already.
        #[serde(default)]
        again: bool,
        /// Why the glass is broken: gates of time and of people open for it, and it is told loudly.
        #[serde(default)]
        emergency: Option<String>,
    },
    /// Bring an earlier version back.
    Rollback {
        /// Where.
        environment: EnvironmentId,
        /// A deployment's number, a tag or a SHA; none: the last good one before what runs.
        #[serde(default)]
        to: Option<String>,
        /// Also take back what has an `undo`.
        #[serde(default)]
        with_undo: bool,
        /// Although somebody else's lock is there.
        #[serde(default)]
        steal: bool,
    },
    /// Agree to a proposal.
    Approve {
        /// Which.
        deployment: DeploymentId,
    },
    /// Refuse a proposal.
    Reject {
        /// Which.
        deployment: DeploymentId,
        /// Why.
        #[serde(default)]
        reason: Option<String>,
    },
    /// Nobody else deploys there.
    Lock {
        /// Where.
        scope: Scope,
        /// Why.
        #[serde(default)]
        reason: Option<String>,
        /// Until then; none: until it is unlocked.
        #[serde(default)]
        until: Option<Timestamp>,
        /// Although somebody else's lock is there.
        #[serde(default)]
        steal: bool,
    },
    /// Take a lock away; also what keeps an environment back.
    Unlock {
        /// Where.
        scope: Scope,
        /// Although it is somebody else's lock.
        #[serde(default)]
        steal: bool,
    },
    /// Stop a running deployment, or withdraw a waiting one.
    Cancel {
        /// Which.
        deployment: DeploymentId,
        /// What was changed stays as it is.
        #[serde(default)]
        leave: bool,
    },
    /// Run a failed deployment again.
    Retry {
        /// Which.
        deployment: DeploymentId,
    },
    /// Run a runbook.
    Run {
        /// Whose.
        application: ApplicationName,
        /// Which.
        runbook: RunbookName,
        /// Take back what its last run did.
        #[serde(default)]
        undo: bool,
    },
    /// Bring what runs in one environment into another.
    Promote {
        /// Where it runs.
        from: EnvironmentId,
        /// Where it goes.
        to: EnvironmentId,
    },
    /// Tick a point of a checklist, for the version that a proposal or deployment brings.
    Tick {
        /// Which.
        deployment: DeploymentId,
        /// The point.
        point: Which,
        /// It is not ticked any more.
        #[serde(default)]
        off: bool,
    },
}

/// A point of a checklist, as people name it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Which {
    /// Its number among all points of its environment, from 1.
    Number(u32),
    /// Its text.
    Text(String),
}

/// `2`, or the text itself.
impl std::fmt::Display for Which {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Number(number) => write!(f, "{number}"),
            Self::Text(text) => f.write_str(text),
        }
    }
}

impl std::str::FromStr for Which {
    type Err = std::convert::Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(text.parse().map_or_else(|_| Self::Text(text.to_owned()), Self::Number))
    }
}

/// What a lock is about.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(extend("pattern" = "^[A-Za-z0-9][A-Za-z0-9._-]{0,99}(/[A-Za-z0-9][A-Za-z0-9._-]{0,99}(/[0-9]{1,19})?)?$"))]
pub enum Scope {
    /// Every environment of every application.
    Everything,
    /// Every environment of one application.
    Application(ApplicationName),
    /// One environment.
    Environment(EnvironmentId),
}

impl Scope {
    /// Whether a lock of this scope is about this environment.
    pub fn covers(&self, environment: &EnvironmentId) -> bool {
        match self {
            Self::Everything => true,
            Self::Application(name) => environment.application == *name,
            Self::Environment(id) => id == environment,
        }
    }
}

/// `everything`, `shop`, `shop/production`.
impl std::fmt::Display for Scope {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Everything => f.write_str("everything"),
            Self::Application(name) => write!(f, "{name}"),
            Self::Environment(id) => write!(f, "{id}"),
        }
    }
}

impl std::str::FromStr for Scope {
    type Err = super::ids::NotAName;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text == "everything" {
            Ok(Self::Everything)
        } else if text.contains('/') {
            text.parse().map(Self::Environment)
        } else {
            text.parse().map(Self::Application)
        }
    }
}

impl TryFrom<String> for Scope {
    type Error = super::ids::NotAName;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<Scope> for String {
    fn from(scope: Scope) -> Self {
        scope.to_string()
    }
}

/// A branch, a tag or a commit, as people write it after `/deploy production`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reference {
    /// A full SHA.
    Commit(super::version::Sha),
    /// A branch or a tag.
    Name(RefName),
}

impl std::str::FromStr for Reference {
    type Err = super::ids::NotAName;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse().map(Self::Commit).or_else(|_| text.parse().map(Self::Name))
    }
}
