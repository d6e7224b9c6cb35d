//! What would become of something, with nothing of it done: the answer to "what if".

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    command::{self, Known, Meant, Mistake},
    event::Event,
    ids::{Actor, DeploymentId, EnvironmentId},
    plan::{Digest, Outline},
    policy::{Decision, Origin, Purpose},
    reply::Reply,
    request::{Ask, Request},
    rights::Rights,
    version::Version,
};

/// What would become of a delivery.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Simulation {
    /// The time at which it would come.
    pub at: Timestamp,
    /// What it is understood as.
    pub heard: Heard,
    /// What would be answered.
    pub reply: Reply,
    /// Each proposal that would be looked at.
    pub cases: Vec<Case>,
    /// What could not be looked up, and what was taken for it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub assumed: Vec<Assumption>,
}

/// Something that is asked about.
#[derive(Debug, Clone)]
pub enum Question {
    /// What would become of a webhook.
    Event {
        /// What GitHub calls it.
        name: String,
        /// Its body.
        body: Vec<u8>,
        /// Who is taken to have done it, instead of who did.
        actor: Option<Actor>,
    },
    /// What would become of a wish.
    Request(Request),
    /// Why an environment is as it is: each proposal that waits there. Where none does, what would become of the head of
    /// the branch that it follows.
    Why {
        /// Which.
        environment: EnvironmentId,
        /// Who asks.
        actor: Actor,
    },
}

impl Question {
    /// What would become of a slash-command that this actor gives at this time.
    pub fn command(line: &str, known: &Known, actor: Actor, now: Timestamp) -> Result<Self, Mistake> {
        Ok(match command::parse(line, known)?.meant(now)? {
            Meant::Ask(ask) | Meant::Show(ask) => Self::wish(ask, actor),
            Meant::Why(environment) => Self::Why { environment, actor },
        })
    }

    /// What would become of a wish, if nothing but the gates stood in its way.
    pub fn wish(ask: Ask, actor: Actor) -> Self {
        Self::Request(Request { actor, ask, rights: Rights::Everything })
    }

    /// What would be done to bring a version into an environment, also where it runs already.
    pub fn deploy(environment: EnvironmentId, reference: Option<String>, actor: Actor) -> Self {
        Self::wish(Ask::Deploy { environment, reference, again: true, emergency: None }, actor)
    }

    /// What would become of a delivery that is recorded: its source, what it is called there, its body.
    pub fn recorded(source: &str, event: &str, body: Vec<u8>) -> Result<Self, serde_json::Error> {
        match source {
            "api" => Ok(Self::Request(serde_json::from_slice(&body)?)),
            _ => Ok(Self::Event { name: event.to_owned(), body, actor: None }),
        }
    }
}

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoAnswer {
    /// It cannot be read, or makes no sense.
    #[error("{0}")]
    Unreadable(String),
    /// Something that must be asked does not answer.
    #[error("{0}")]
    Unreachable(String),
    /// The store refused.
    #[error("{0}")]
    Store(String),
}

/// What a delivery is understood as.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Heard {
    /// Something that happened.
    Event(Event),
    /// Something that somebody asks for.
    Request(Request),
    /// A question about an environment.
    Why(EnvironmentId),
    /// Nothing that matters.
    Nothing,
}

/// A proposal that would be looked at, and what would follow.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Case {
    /// The number that it would have, or has.
    pub id: DeploymentId,
    /// Where to.
    pub environment: EnvironmentId,
    /// What.
    pub version: Option<Version>,
    /// What is to be done.
    pub purpose: Purpose,
    /// How it would come to be.
    pub origin: Origin,
    /// The gates.
    pub decision: Decision,
    /// What would be done once they are open; none where that cannot be.
    pub plan: Option<Planned>,
    /// Why it cannot be planned, or could not be carried out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cannot: Vec<String>,
}

/// What would be done.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Planned {
    /// What people agree to.
    pub digest: Digest,
    /// Step by step, and what going back would restore.
    pub outline: Outline,
}

/// What was taken for something that could not be looked up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Assumption {
    /// The repository could not be asked: what the payload says is taken to be so, and everything as changed.
    Repository {
        /// Why.
        why: String,
    },
    /// Whoever asks may not deploy there: the gates are told as the operator would meet them.
    Rights {
        /// Who may: the roles; empty: whoever may write to the repository.
        roles: Vec<String>,
    },
}
