//! The questions that one asks before deploying. The running server answers them; where none runs, the files and a copy of
//! the store do.

use std::{io::Read as _, path::Path};

use jiff::Timestamp;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Serialize;
use serde_json::{Value, json};

use super::{ask, say, tell};
use crate::{
    app::{Ambient, Offline},
    cli::{
        ambient,
        arguments::{Command, Shape, place},
        client::Client,
        failure::Failure,
    },
    domain::{
        command::Known,
        ids::{Actor, DeliveryId, EnvironmentId},
        simulation::{NoAnswer, Question, Simulation},
    },
    settings::{self, Settings},
    store::DeliveryLine,
    surfaces::text::Text,
    web::api::no_environment,
};

/// The largest payload that is read, in bytes: as large as a webhook may be.
const LARGEST: u64 = 25 << 20;

/// What is asked.
enum Wanted {
    Event { name: String, payload: Value },
    Line(String),
    Why(EnvironmentId),
    Plan(EnvironmentId, Option<String>),
    Recorded(DeliveryId),
}

/// Answers, and does nothing; but for `replay`, which has a delivery dealt with once more.
pub(super) async fn answer(config: &Path, actor: Option<String>, command: Command) -> Result<(), Failure> {
    let settings = settings::load(config).map_err(Failure::Mistakes)?;
    let (wanted, at, shape) = match command {
        Command::Replay { delivery, dry_run: false, .. } => return replay(&Client::new(&settings, actor)?, DeliveryId(delivery)).await,
        command => wanted(command)?,
    };
    let simulation = match online(&settings, actor.clone(), &wanted, at).await {
        Err(Failure::NoToken(..) | Failure::Unreachable(..)) => Box::pin(offline(config, actor, wanted, at)).await?,
        answered => answered?,
    };
    match shape {
        Shape::Human => Text::new(settings.locale).simulation(&simulation).iter().for_each(|line| say(line)),
        Shape::Json => say(&written(&simulation)?),
    }
    Ok(())
}

/// Something as JSON for other programs.
pub(super) fn written(what: &impl Serialize) -> Result<String, Failure> {
    serde_json::to_string_pretty(what).map_err(|error| Failure::Failed(error.to_string()))
}

/// What a command asks, as if when, and how the answer is written.
fn wanted(command: Command) -> Result<(Wanted, Option<Timestamp>, Shape), Failure> {
    Ok(match command {
        Command::Simulate { event: Some(name), payload: Some(file), at, format, .. } => {
            (Wanted::Event { name, payload: payload(&file)? }, at, format)
        }
        Command::Simulate { line: Some(line), at, format, .. } => (Wanted::Line(line), at, format),
        Command::Why { place: words, format } => match place(&words).map_err(Failure::Usage)? {
            (environment, None) => (Wanted::Why(environment), None, format),
            (_, Some(more)) => {
                return Err(Failure::Usage(format!("'{more}' means nothing here: an environment is wanted, APP ENV or APP/ENV")));
            }
        },
        Command::Plan { place: words, format } => {
            let (environment, reference) = place(&words).map_err(Failure::Usage)?;
            (Wanted::Plan(environment, reference.map(str::to_owned)), None, format)
        }
        Command::Replay { delivery, format, .. } => (Wanted::Recorded(DeliveryId(delivery)), None, format),
        other => return Err(Failure::Usage(format!("{other:?} is no question"))),
    })
}

/// A webhook's payload, of a file or, for `-`, of standard input.
fn payload(file: &Path) -> Result<Value, Failure> {
    let mut bytes = Vec::new();
    let read = if file == Path::new("-") {
        std::io::stdin().lock().take(LARGEST + 1).read_to_end(&mut bytes)
    } else {
        std::fs::File::open(file).and_then(|open| open.take(LARGEST + 1).read_to_end(&mut bytes))
    };
    let wrong = |why: String| Failure::Usage(format!("--payload {}: {why}", file.display()));
    read.map_err(|error| wrong(format!("it cannot be read: {error}")))?;
    if bytes.len() as u64 > LARGEST {
        return Err(wrong(format!("it is larger than a webhook may be, {LARGEST} bytes")));
    }
    serde_json::from_slice(&bytes).map_err(|error| wrong(format!("it is no JSON: {error}")))
}

async fn online(settings: &Settings, actor: Option<String>, wanted: &Wanted, at: Option<Timestamp>) -> Result<Simulation, Failure> {
    let simulate = |what: Value, actor: Option<String>| json!({ "what": what, "as": actor, "at": at });
    match wanted {
        Wanted::Event { name, payload } => {
            let what = json!({ "event": { "name": name, "payload": payload } });
            Client::new(settings, None)?.post("simulations", &simulate(what, actor)).await
        }
        Wanted::Line(line) => Client::new(settings, None)?.post("simulations", &simulate(json!({ "command": line }), actor)).await,
        Wanted::Why(environment) => Client::new(settings, actor)?.get(&path(environment, "why", &[])).await,
        Wanted::Plan(environment, reference) => {
            let reference = reference.as_deref().map(|reference| ("ref", reference));
            Client::new(settings, actor)?.get(&path(environment, "plan", reference.as_slice())).await
        }
        Wanted::Recorded(id) => Client::new(settings, actor)?.get(&format!("deliveries/{}/simulation", encoded(&id.0))).await,
    }
}

fn path(environment: &EnvironmentId, what: &str, more: &[(&str, &str)]) -> String {
    let instance = environment.instance.map(|number| ("instance", number.to_string()));
    let more = more.iter().map(|(key, value)| (*key, encoded(value)));
    let query: Vec<String> = instance.into_iter().chain(more).map(|(key, value)| format!("{key}={value}")).collect();
    let place = format!("environments/{}/{}/{what}", environment.application, environment.name);
    if query.is_empty() { place } else { format!("{place}?{}", query.join("&")) }
}

fn encoded(text: &str) -> String {
    utf8_percent_encode(text, NON_ALPHANUMERIC).to_string()
}

/// What the process has around it, for answers that reach nobody.
pub(super) fn around() -> Result<Ambient, Failure> {
    Ok(Ambient {
        clock: std::sync::Arc::new(crate::clock::System),
        environment: ambient::environment(),
        binary: ambient::binary()?,
        random: std::sync::Arc::new(ambient::random_word),
        surfaces: Vec::new(),
        between: crate::app::Between::default(),
    })
}

async fn offline(config: &Path, actor: Option<String>, wanted: Wanted, at: Option<Timestamp>) -> Result<Simulation, Failure> {
    let loaded = settings::everything(config).map_err(Failure::Mistakes)?;
    let ambient = around()?;
    let offline = Offline::with_past(&loaded, &ambient).await.map_err(|error| Failure::Failed(error.to_string()))?;
    tell("no server answers; the files do, and a copy of the store");
    let named = actor.map(Actor::Person);
    let asked_by = named.clone().unwrap_or(Actor::Operator);
    let question = match wanted {
        Wanted::Event { name, payload } => Question::Event { name, body: written(&payload)?.into_bytes(), actor: named },
        Wanted::Line(line) => {
            let known = Known::of(loaded.applications.iter().map(|(_, application)| application));
            let now = at.unwrap_or_else(|| ambient.clock.now());
            Question::command(&line, &known, asked_by, now).map_err(|mistake| Failure::Failed(mistake.to_string()))?
        }
        Wanted::Why(environment) => Question::Why { environment: there(&loaded, environment)?, actor: asked_by },
        Wanted::Plan(environment, reference) => Question::deploy(there(&loaded, environment)?, reference, asked_by),
        Wanted::Recorded(id) => {
            let unreadable = |error: crate::store::Error| Failure::Failed(error.to_string());
            let found = offline.store().read().await.map_err(unreadable)?.delivery(&id).await.map_err(unreadable)?;
            let found = found.ok_or_else(|| Failure::Failed("there is no delivery with this id".to_owned()))?;
            Question::recorded(&found.source, &found.event, found.body).map_err(|error| Failure::Failed(error.to_string()))?
        }
    };
    offline.inquiry().simulate(&question, at).await.map_err(|none: NoAnswer| Failure::Failed(none.to_string()))
}

/// An environment that the files have.
fn there(loaded: &settings::Loaded, id: EnvironmentId) -> Result<EnvironmentId, Failure> {
    let applications = loaded.applications.iter().map(|(_, application)| application);
    let there_are = applications.flat_map(|application| application.environments.keys().map(|name| (&application.name, name)));
    let there_are: Vec<EnvironmentId> =
        there_are.map(|(name, environment)| EnvironmentId::new(name.clone(), environment.clone())).collect();
    if there_are.iter().any(|known| *known == EnvironmentId { instance: None, ..id.clone() }) {
        return Ok(id);
    }
    Err(Failure::Failed(no_environment(&id, &there_are)))
}

/// Has a recorded delivery dealt with once more, and tells what became of it.
async fn replay(client: &Client, id: DeliveryId) -> Result<(), Failure> {
    let line: DeliveryLine = client.post(&format!("deliveries/{}/replay", encoded(&id.0)), &json!({})).await?;
    let reply = ask::settled(client, &line.id).await?;
    client.text.reply(&reply).iter().for_each(|line| say(line));
    if reply.is_no() { Err(Failure::Told) } else { Ok(()) }
}
