//! What would become of something: asked, answered, and nothing of it done. And the one thing that is: a recorded delivery
//! dealt with once more.

use actix_web::{
    HttpRequest, HttpResponse,
    http::StatusCode,
    web::{Data, Json, Path, Payload, Query},
};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use super::{deliveries::Named, environments::Place, parameters::Instance};
use crate::{
    domain::{
        command::Known,
        ids::{Actor, EnvironmentId},
        manifest::mistake::nearest,
        request::Ask,
        simulation::{NoAnswer, Question, Simulation},
    },
    web::{Shared, body, problem::Problem, token::Caller},
};

/// The largest question, in bytes: as large as a webhook may be.
const LARGEST: usize = crate::web::LARGEST_BODY;

/// What is asked about.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Wanted {
    /// What would come.
    what: What,
    /// The GitHub login of whoever is taken to do or ask it; without one, who does, or the caller.
    #[serde(rename = "as")]
    #[schemars(extend("pattern" = "^[A-Za-z0-9_][A-Za-z0-9_-]{0,99}$"))]
    actor: Option<String>,
    /// When; now without it.
    at: Option<Timestamp>,
}

/// What would come.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(super) enum What {
    /// A webhook.
    Event {
        /// What GitHub calls it: `push`, `pull_request`.
        name: String,
        /// Its body.
        #[schemars(with = "serde_json::Map<String, Value>")]
        payload: Value,
    },
    /// A wish, as it is sent to `/requests`.
    Request(Ask),
    /// A slash-command.
    Command(String),
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Version {
    /// A branch, a tag or a full SHA; without it, the head of the branch that the environment follows.
    #[serde(rename = "ref")]
    reference: Option<String>,
    /// The pull request of a preview.
    instance: Option<Instance>,
}

pub(super) async fn simulate(
    request: HttpRequest,
    mut payload: Payload,
    caller: Caller,
    shared: Data<Shared>,
) -> Result<Json<Simulation>, Problem> {
    let wanted: Wanted = body::json(&request, &mut payload, &shared, LARGEST).await?;
    let named = wanted.actor.map(|login| person(&login)).transpose()?;
    let asked_by = named.clone().unwrap_or(caller.actor);
    let question = match wanted.what {
        What::Event { name, payload } => {
            let body = serde_json::to_vec(&payload).map_err(|error| Problem::bad("invalid_request", error.to_string()))?;
            Question::Event { name, body, actor: named }
        }
        What::Request(wish) => Question::wish(wish, asked_by),
        What::Command(line) => {
            let applications = (shared.parts.links.applications)();
            let known = Known::of(applications.iter().map(AsRef::as_ref));
            let now = wanted.at.unwrap_or_else(|| shared.parts.clock.now());
            let question = Question::command(&line, &known, asked_by, now);
            question.map_err(|mistake| Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "not_a_command", mistake.to_string()))?
        }
    };
    answer(&shared, question, wanted.at).await
}

fn person(login: &str) -> Result<Actor, Problem> {
    let valid = (1..=100).contains(&login.len())
        && !login.starts_with('-')
        && login.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
    if valid { Ok(Actor::Person(login.to_owned())) } else { Err(Problem::bad("invalid_login", "'as' is not a GitHub login")) }
}

pub(super) async fn why(
    place: Path<Place>,
    wanted: Query<super::environments::Wanted>,
    caller: Caller,
    shared: Data<Shared>,
) -> Result<Json<Simulation>, Problem> {
    let environment = there(&shared, place.id(wanted.instance()))?;
    answer(&shared, Question::Why { environment, actor: caller.actor }, None).await
}

pub(super) async fn plan(
    place: Path<Place>,
    wanted: Query<Version>,
    caller: Caller,
    shared: Data<Shared>,
) -> Result<Json<Simulation>, Problem> {
    let environment = there(&shared, place.id(wanted.instance.map(|number| number.0)))?;
    answer(&shared, Question::deploy(environment, wanted.into_inner().reference, caller.actor), None).await
}

fn there(shared: &Shared, id: EnvironmentId) -> Result<EnvironmentId, Problem> {
    let there_are = (shared.parts.links.environments)();
    if there_are.contains(&EnvironmentId { instance: None, ..id.clone() }) {
        return Ok(id);
    }
    Err(Problem::not_found(no_environment(&id, &there_are)))
}

/// That there is no such environment, with the one that was probably meant, else all that there are.
pub fn no_environment(id: &EnvironmentId, there_are: &[EnvironmentId]) -> String {
    let names: Vec<String> = there_are.iter().map(ToString::to_string).collect();
    let same = names.iter().filter(|name| name.starts_with(&format!("{}/", id.application)));
    let text = id.to_string();
    let near = nearest(&text, same.map(String::as_str)).or_else(|| nearest(&text, names.iter().map(String::as_str)));
    match near {
        Some(near) => format!("there is no environment {id}; did you mean {near}?"),
        None if names.is_empty() => format!("there is no environment {id}; none is configured"),
        None => format!("there is no environment {id}; there are {}", names.join(", ")),
    }
}

pub(super) async fn delivery(named: Path<Named>, shared: Data<Shared>) -> Result<Json<Simulation>, Problem> {
    let found = shared.parts.store.read().await?.delivery(&named.id).await?.ok_or_else(none)?;
    let question = Question::recorded(&found.source, &found.event, found.body).map_err(|error| unreadable(error.to_string()))?;
    answer(&shared, question, None).await
}

pub(super) async fn replay(named: Path<Named>, shared: Data<Shared>) -> Result<HttpResponse, Problem> {
    let mut tx = shared.parts.store.write().await?;
    if tx.delivery_line(&named.id).await?.is_none() {
        return Err(none());
    }
    tx.reopen_delivery(&named.id).await?;
    let line = tx.delivery_line(&named.id).await?.ok_or_else(none)?;
    tx.commit().await?;
    (shared.parts.links.ring)();
    Ok(HttpResponse::Accepted().json(line))
}

async fn answer(shared: &Shared, question: Question, at: Option<Timestamp>) -> Result<Json<Simulation>, Problem> {
    (shared.parts.links.inquire)(question, at).await.map(Json).map_err(|none| match none {
        NoAnswer::Unreadable(why) => unreadable(why),
        NoAnswer::Unreachable(why) => Problem::new(StatusCode::BAD_GATEWAY, "no_answer", why),
        NoAnswer::Store(why) => {
            tracing::warn!(why, "the store could not answer a question");
            Problem::busy("the store cannot answer just now; try again in a few seconds")
        }
    })
}

fn unreadable(why: String) -> Problem {
    Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "unreadable", why)
}

fn none() -> Problem {
    Problem::not_found("there is no delivery with this id")
}
