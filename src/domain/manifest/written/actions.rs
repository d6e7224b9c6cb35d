//! Steps that Botadura does by itself: programs, requests, folders of this machine.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use super::{Several, Span, Text, exactly_one, short::either};

/// A program in a checkout of the version: `argv`, or a `script` for `bash -euo pipefail`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, expecting = "a command (a map such as {argv: [make, test]})")]
#[schemars(transform = exactly_one(&["argv", "script"]))]
pub(crate) struct Command {
    /// The program and its arguments, with templates; no shell.
    #[schemars(length(min = 1))]
    pub(crate) argv: Option<Vec<String>>,
    /// A script for `bash -euo pipefail`. It has no templates: values reach it by `env` alone.
    pub(crate) script: Option<String>,
    /// The folder in the workspace; its top when absent.
    pub(crate) cwd: Option<String>,
    /// Programs that are run first, in their order, each to success.
    #[serde(default)]
    pub(crate) before: Vec<Vec<String>>,
    /// It may be run again when nobody knows whether it came to its end.
    #[serde(default)]
    pub(crate) restartable: bool,
}

/// A request whose answer is judged.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, expecting = "a request (a map such as {url: …})")]
pub(crate) struct Http {
    /// Where to.
    pub(crate) url: String,
    /// `GET` when absent.
    pub(crate) method: Option<String>,
    /// Sent with it; a value may be `{ secret: … }`.
    #[serde(default)]
    pub(crate) headers: IndexMap<String, Text>,
    /// What the answer must be; any status from 200 to 299 when absent.
    #[serde(default)]
    pub(crate) expect: Expect,
    /// How many times it is asked before it has failed; 5 when absent.
    #[schemars(range(min = 1, max = 1000))]
    pub(crate) attempts: Option<u32>,
    /// The time between two of them; 5s when absent.
    pub(crate) every: Option<Span>,
    /// How long one may take; 10s when absent.
    pub(crate) timeout: Option<Span>,
    /// Connect to this host or address instead of the URL's, keeping its name.
    pub(crate) resolve: Option<String>,
}

/// What an answer must be.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, expecting = "what is expected (a map such as {status: 200})")]
pub(crate) struct Expect {
    /// Its status, or one of several.
    pub(crate) status: Option<Several<u16>>,
    /// Stands in its body.
    pub(crate) body_contains: Option<String>,
    /// Contained in its body's JSON: each key here has this value there.
    pub(crate) json: Option<Value>,
    /// Headers with their values.
    #[serde(default)]
    pub(crate) headers: IndexMap<String, String>,
}

/// Releases side by side in a folder of this machine.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, expecting = "a directory (a map such as {root: …})")]
pub(crate) struct Directory {
    /// The folder that holds `releases/` and `current`.
    pub(crate) root: String,
    /// What a release is made of; the whole repository when absent.
    pub(crate) from: Option<From>,
    /// How many old releases stay on the disk; 5 when absent.
    #[schemars(range(min = 1, max = 1000))]
    pub(crate) keep: Option<u32>,
    /// The process that serves it; files only when absent.
    pub(crate) serve: Option<Serve>,
    /// A program and its arguments, run after `current` was flipped.
    pub(crate) reload: Option<Vec<String>>,
}

/// A path in the repository, `{step, path}` of a step that produces it, or `{step, artifact}` of a workflow.
#[derive(Debug)]
pub(crate) enum From {
    Path(String),
    Step(FromStep),
}

/// What a step produces, or an artifact that a workflow step fetches.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(transform = exactly_one(&["path", "artifact"]))]
pub(crate) struct FromStep {
    /// The step.
    pub(crate) step: String,
    /// The path that it `produces`.
    pub(crate) path: Option<String>,
    /// The artifact among a workflow's `artifacts`.
    pub(crate) artifact: Option<String>,
}

either!(
    From,
    "a text (a path) or a map ({step, path} or {step, artifact})",
    text(String) => From::Path,
    map(FromStep) => From::Step,
);

/// The process that serves a release.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, expecting = "what serves it (a map such as {command: […]})")]
pub(crate) struct Serve {
    /// The program and its arguments, run in the release's folder, with `PORT` in its environment.
    pub(crate) command: Vec<String>,
    /// Where it listens; `auto` when absent.
    pub(crate) port: Option<Port>,
    /// The path that must answer 200 before it gets a request; `/` when absent.
    pub(crate) ready: Option<String>,
    /// Where the built-in router listens (`127.0.0.1:8080`); no router when absent.
    pub(crate) listen: Option<String>,
    /// How long the old process may finish its requests; 10s when absent.
    pub(crate) drain: Option<Span>,
}

/// `port: 8080` or `port: auto`.
#[derive(Debug)]
pub(crate) enum Port {
    Number(u64),
    Word(String),
}

either!(Port, "a port's number or auto", text(String) => Port::Word, number(u64) => Port::Number);
