//! The grammar of slash-commands: one line, from its words to what is asked for.
//!
//! A line is hostile text. What comes out is made of parsed names alone, and of words that are shown and never run. Which
//! lines of a comment are commands is not decided here.

use std::{borrow::Cow, time::Duration};

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    ids::{ApplicationName, DeploymentId, EnvironmentId, EnvironmentName, RunbookName},
    manifest::{Application, duration, mistake::nearest},
    request::{Ask, Scope, Which},
};

mod words;
use words::Words;

/// The commands there are.
pub const COMMANDS: [&str; 20] = [
    "deploy", "plan", "promote", "rollback", "approve", "reject", "tick", "cancel", "retry", "pause", "resume", "advance", "lock",
    "unlock", "status", "history", "why", "run", "help", "botadura",
];

/// What somebody types.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// `/deploy [app] <environment> [ref]`
    Deploy(Deploy),
    /// `/plan [app] <environment> [ref]`
    Plan(Deploy),
    /// `/promote [app] <from> <to>`
    Promote {
        /// Where it runs.
        from: EnvironmentId,
        /// Where it goes.
        to: EnvironmentId,
    },
    /// `/rollback [app] <environment> [to]`
    Rollback {
        /// Where.
        environment: EnvironmentId,
        /// A deployment's number, a tag or a SHA.
        to: Option<String>,
        /// Also take back what has an `undo`.
        with_undo: bool,
        /// Although somebody else's lock is there.
        steal: bool,
    },
    /// `/approve [deployment]`
    Approve(Option<DeploymentId>),
    /// `/reject [deployment] [reason]`
    Reject {
        /// Which.
        deployment: Option<DeploymentId>,
        /// Why.
        reason: Option<String>,
    },
    /// `/tick <n> [deployment]`
    Tick {
        /// The point's number.
        point: u32,
        /// Whose checklist.
        deployment: Option<DeploymentId>,
    },
    /// `/cancel [deployment]`
    Cancel {
        /// Which.
        deployment: Option<DeploymentId>,
        /// What was changed stays as it is.
        leave: bool,
    },
    /// `/retry [deployment]`
    Retry(Option<DeploymentId>),
    /// `/pause`
    Pause,
    /// `/resume`
    Resume,
    /// `/advance`
    Advance,
    /// `/lock [app] <environment> [for 2h] [reason]`
    Lock {
        /// Where.
        environment: EnvironmentId,
        /// For how long; none: until it is unlocked.
        span: Option<Duration>,
        /// Why.
        reason: Option<String>,
        /// Although somebody else's lock is there.
        steal: bool,
    },
    /// `/unlock [app] <environment>`
    Unlock {
        /// Where.
        environment: EnvironmentId,
        /// Although it is somebody else's lock.
        steal: bool,
    },
    /// `/status [app]`
    Status(Option<ApplicationName>),
    /// `/history [app] [environment]`
    History {
        /// Of this application.
        application: Option<ApplicationName>,
        /// Of this environment.
        environment: Option<EnvironmentName>,
    },
    /// `/why [app] <environment>`
    Why(EnvironmentId),
    /// `/run [app] <runbook>`
    Run {
        /// Whose.
        application: ApplicationName,
        /// Which.
        runbook: RunbookName,
        /// Take back what its last run did.
        undo: bool,
    },
    /// `/help`
    Help,
}

/// What `/deploy` and `/plan` take.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deploy {
    /// Where to.
    pub environment: EnvironmentId,
    /// A branch, a tag or a SHA.
    pub reference: Option<String>,
    /// The tag that the version is to carry.
    pub tag: Option<String>,
    /// Which of the strategies of its traffic.
    pub strategy: Option<String>,
    /// Also when that version runs there already.
    pub again: bool,
    /// Waits for somebody's lock, which everything that is proposed does.
    pub when_free: bool,
    /// Why somebody breaks the glass.
    pub emergency: Option<String>,
}

/// The names that a command may mean, by application.
#[derive(Debug, Clone, Default)]
pub struct Known {
    /// Each application with its environments and runbooks.
    pub applications: Vec<(ApplicationName, Vec<EnvironmentName>, Vec<RunbookName>)>,
}

/// A word of ours, or one that was read back.
type Text = Cow<'static, str>;

/// Why a line is not a command.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Mistake {
    /// It does not begin with `/`.
    #[error("a command begins with '/'")]
    NotACommand,
    /// A quotation mark that is not closed.
    #[error("a quotation mark is not closed")]
    Quotation,
    /// No such command.
    #[error("there is no command '/{word}'; {}", .near.as_deref().map_or("/help lists those that there are".to_owned(), |near| format!("did you mean '/{near}'?")))]
    UnknownCommand {
        /// What was typed.
        word: String,
        /// The nearest one.
        near: Option<String>,
    },
    /// No such flag for this command.
    #[error("'/{command}' has no '--{flag}'{}", meant(.near.as_deref()))]
    UnknownFlag {
        /// The command.
        command: Text,
        /// What was typed.
        flag: String,
        /// The nearest one.
        near: Option<String>,
    },
    /// A flag without its value.
    #[error("'--{0}' needs a value")]
    NoValue(String),
    /// Something is missing.
    #[error("'/{command}' needs {}: {usage}", plainly(.what))]
    Missing {
        /// The command.
        command: Text,
        /// What.
        what: Text,
        /// How it is written.
        usage: Text,
    },
    /// There is more than is understood.
    #[error("'{word}' is not understood here: {usage}")]
    TooMuch {
        /// The first word of it.
        word: String,
        /// How it is written.
        usage: Text,
    },
    /// No application or environment of this name.
    #[error("there is no {what} '{name}'{}", instead(.near.as_deref(), .known))]
    Unknown {
        /// What sort of thing.
        what: Text,
        /// What was typed.
        name: String,
        /// The nearest one.
        near: Option<String>,
        /// Those that there are.
        known: Vec<String>,
    },
    /// Several applications have it.
    #[error("several applications have '{name}'; name one before it: {}", list(.applications))]
    Which {
        /// What was typed.
        name: String,
        /// The applications.
        applications: Vec<String>,
    },
    /// It does not say which deployment, and nothing around it does.
    #[error("name the deployment by its number; botadura status and botadura history show them")]
    WhichDeployment,
    /// It does nothing that could be told beforehand.
    #[error("this command changes nothing, so there is nothing to tell beforehand")]
    OnlyShows,
    /// Something of the language that this server does not have.
    #[error("{0} is not built into this server yet")]
    NotBuiltIn(Text),
    /// Not what was wanted there.
    #[error("'{text}' is not {}", plainly(.wanted))]
    Form {
        /// What was typed.
        text: String,
        /// What was wanted.
        wanted: Text,
    },
}

/// A key of what is wanted, in English.
fn plainly(key: &str) -> &str {
    match key {
        "an_environment" => "an environment",
        "a_runbook" => "a runbook",
        "a_point" | "point" => "a point's number",
        "a_span" | "span" => "a span of time (30m, 2h, 1d)",
        "number" => "a deployment's number",
        "reference" => "a branch, a tag or a commit",
        other => other,
    }
}

impl Known {
    /// The names in these applications' files.
    pub fn of<'a>(applications: impl IntoIterator<Item = &'a Application>) -> Self {
        let names = |application: &Application| {
            (application.name.clone(), application.environments.keys().cloned().collect(), application.runbooks.keys().cloned().collect())
        };
        Self { applications: applications.into_iter().map(names).collect() }
    }
}

/// What a command comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Meant {
    /// Something is to be done.
    Ask(Ask),
    /// What would be done is to be shown.
    Show(Ask),
    /// Why an environment is as it is.
    Why(EnvironmentId),
}

impl Command {
    /// What it comes to at this time, where it stands alone: nothing beside it says which deployment is meant.
    pub fn meant(self, now: Timestamp) -> Result<Meant, Mistake> {
        let numbered = |number: Option<DeploymentId>| number.ok_or(Mistake::WhichDeployment);
        Ok(Meant::Ask(match self {
            Self::Deploy(deploy) => deploy.ask()?,
            Self::Plan(deploy) => return Ok(Meant::Show(deploy.ask()?)),
            Self::Why(environment) => return Ok(Meant::Why(environment)),
            Self::Promote { from, to } => Ask::Promote { from, to },
            Self::Rollback { environment, to, with_undo, steal } => Ask::Rollback { environment, to, with_undo, steal },
            Self::Approve(deployment) => Ask::Approve { deployment: numbered(deployment)? },
            Self::Reject { deployment, reason } => Ask::Reject { deployment: numbered(deployment)?, reason },
            Self::Cancel { deployment, leave } => Ask::Cancel { deployment: numbered(deployment)?, leave },
            Self::Retry(deployment) => Ask::Retry { deployment: numbered(deployment)? },
            Self::Lock { environment, span, reason, steal } => {
                let until = span.map(|span| now.saturating_add(span).unwrap_or(Timestamp::MAX));
                Ask::Lock { scope: Scope::Environment(environment), reason, until, steal }
            }
            Self::Unlock { environment, steal } => Ask::Unlock { scope: Scope::Environment(environment), steal },
            Self::Run { application, runbook, undo } => Ask::Run { application, runbook, undo },
            Self::Tick { point, deployment } => Ask::Tick { deployment: numbered(deployment)?, point: Which::Number(point), off: false },
            Self::Pause | Self::Resume | Self::Advance => return Err(Mistake::NotBuiltIn("traffic".into())),
            Self::Status(_) | Self::History { .. } | Self::Help => return Err(Mistake::OnlyShows),
        }))
    }
}

impl Deploy {
    /// The same, if nothing of it is yet to come.
    pub fn built_in(self) -> Result<Self, Mistake> {
        let later = [("--strategy", self.strategy.is_some()), ("--tag", self.tag.is_some())];
        if let Some((flag, _)) = later.into_iter().find(|(_, given)| *given) {
            return Err(Mistake::NotBuiltIn(flag.into()));
        }
        Ok(self)
    }

    fn ask(self) -> Result<Ask, Mistake> {
        let Self { environment, reference, again, emergency, .. } = self.built_in()?;
        Ok(Ask::Deploy { environment, reference, again, emergency })
    }
}

fn meant(near: Option<&str>) -> String {
    near.map(|near| format!("; did you mean '--{near}'?")).unwrap_or_default()
}

/// The nearest, else all that there are.
fn instead(near: Option<&str>, known: &[String]) -> String {
    near.map_or_else(|| format!("; there are {}", list(known)), |near| format!("; did you mean '{near}'?"))
}

fn list(words: &[String]) -> String {
    if words.is_empty() { "none".to_owned() } else { words.join(", ") }
}

/// Reads one line.
pub fn parse(line: &str, known: &Known) -> Result<Command, Mistake> {
    let rest = line.trim().strip_prefix('/').ok_or(Mistake::NotACommand)?;
    let mut words = Words::split(rest, known)?;
    let word = words.next().unwrap_or_default();
    let Some(name) = COMMANDS.into_iter().find(|name| *name == word) else {
        let near = nearest(&word.to_lowercase(), COMMANDS);
        return Err(Mistake::UnknownCommand { word: shortened(&word), near });
    };
    words.begin(name);
    let command = match name {
        "deploy" => Command::Deploy(deploy(&mut words)?),
        "plan" => Command::Plan(deploy(&mut words)?),
        "promote" => promote(&mut words)?,
        "rollback" => rollback(&mut words)?,
        "approve" => Command::Approve(words.number()?),
        "reject" => Command::Reject { deployment: words.number()?, reason: words.rest() },
        "tick" => tick(&mut words)?,
        "cancel" => Command::Cancel { leave: words.flag("leave"), deployment: words.number()? },
        "retry" => Command::Retry(words.number()?),
        "pause" => Command::Pause,
        "resume" => Command::Resume,
        "advance" => Command::Advance,
        "lock" => lock(&mut words)?,
        "unlock" => Command::Unlock { steal: words.flag("steal"), environment: words.environment()? },
        "status" => Command::Status(words.application()?),
        "history" => history(&mut words)?,
        "why" => Command::Why(words.environment()?),
        "run" => run(&mut words)?,
        _ => Command::Help,
    };
    words.end()?;
    Ok(command)
}

fn deploy(words: &mut Words<'_>) -> Result<Deploy, Mistake> {
    let (again, when_free) = (words.flag("again"), words.flag("when-free"));
    let (strategy, tag, emergency) = (words.value("strategy")?, words.value("tag")?, words.value("emergency")?);
    Ok(Deploy { environment: words.environment()?, reference: words.reference()?, tag, strategy, again, when_free, emergency })
}

fn promote(words: &mut Words<'_>) -> Result<Command, Mistake> {
    let from = words.environment()?;
    let to = words.environment_of(&from.application)?;
    Ok(Command::Promote { from, to })
}

fn rollback(words: &mut Words<'_>) -> Result<Command, Mistake> {
    let (with_undo, steal) = (words.flag("with-undo"), words.flag("steal"));
    Ok(Command::Rollback { environment: words.environment()?, to: words.reference()?, with_undo, steal })
}

fn tick(words: &mut Words<'_>) -> Result<Command, Mistake> {
    let Some(text) = words.next() else { return Err(words.missing("a_point")) };
    let point = text.parse().map_err(|_| Mistake::Form { text: shortened(&text), wanted: "point".into() })?;
    Ok(Command::Tick { point, deployment: words.number()? })
}

fn lock(words: &mut Words<'_>) -> Result<Command, Mistake> {
    let (steal, given) = (words.flag("steal"), words.value("reason")?);
    let flagged = words.value("for")?;
    let environment = words.environment()?;
    let written = match flagged {
        None if words.next_is("for") => Some(words.next().ok_or_else(|| words.missing("a_span"))?),
        flagged => flagged,
    };
    let span = written.map(|text| self::span(&text)).transpose()?;
    let mut lock = (span, given.or_else(|| words.rest()));
    // `/lock production database move for 2h` says the same.
    if let (None, Some((reason, last))) = (lock.0, lock.1.as_deref().and_then(|reason| reason.rsplit_once(" for ")))
        && let Ok(span) = self::span(last)
    {
        lock = (Some(span), Some(reason.to_owned()));
    }
    let (span, reason) = lock;
    Ok(Command::Lock { environment, span, reason, steal })
}

/// A span of time that is not over at once.
fn span(text: &str) -> Result<Duration, Mistake> {
    let span = duration::parse(text).ok().filter(|span| !span.is_zero());
    span.ok_or_else(|| Mistake::Form { text: shortened(text), wanted: "span".into() })
}

fn history(words: &mut Words<'_>) -> Result<Command, Mistake> {
    if let Some(application) = words.application_if_it_is_one() {
        let environment = words.has_more().then(|| words.environment_of(&application)).transpose()?.map(|id| id.name);
        return Ok(Command::History { application: Some(application), environment });
    }
    if !words.has_more() {
        return Ok(Command::History { application: None, environment: None });
    }
    let EnvironmentId { application, name, .. } = words.environment()?;
    Ok(Command::History { application: Some(application), environment: Some(name) })
}

fn run(words: &mut Words<'_>) -> Result<Command, Mistake> {
    let undo = words.flag("undo");
    let (application, runbook) = words.runbook()?;
    Ok(Command::Run { application, runbook, undo })
}

fn shortened(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(60).collect()
}

#[cfg(test)]
mod tests;
