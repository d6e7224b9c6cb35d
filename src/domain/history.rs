//! What a deployment came to, as it is kept for ever; the chain that shows when somebody altered it; what an audit found.

use std::collections::BTreeSet;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::{
    deployment::{Entry, Past, State},
    ids::{Actor, ApplicationName, DeploymentId, EnvironmentId, RepositoryName, RunbookName},
    plan::{Digest, Kind, Plan},
    policy::{Approval, Decision, Finding, Gate, Origin},
    version::Version,
};

/// What a deployment came to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Record {
    /// Its number.
    pub id: DeploymentId,
    /// The application.
    pub application: ApplicationName,
    /// Where to.
    pub environment: EnvironmentId,
    /// Whether a version was brought in, or back.
    pub kind: Kind,
    /// The runbook that was run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub runbook: Option<RunbookName>,
    /// What; none for what was there before Botadura came.
    pub version: Option<Version>,
    /// Where the version is from.
    pub repository: RepositoryName,
    /// How it came to be: whose wish it was, and by which delivery.
    pub asked: Origin,
    /// The gates that it went through; none for a rollback.
    pub cleared: Vec<Cleared>,
    /// When it took the slot.
    pub began: Timestamp,
    /// When it ended.
    pub ended: Timestamp,
    /// How long its parts took.
    pub durations: Durations,
    /// How it ended: `succeeded`, `failed`, `cancelled`, `needs_human`.
    pub result: String,
    /// The deployment that it takes back.
    pub reverts: Option<DeploymentId>,
    /// The rollback that followed from its end. One that somebody asked for later says so itself, by `reverts`.
    pub rolled_back: Option<RolledBack>,
    /// What it did and made.
    pub digests: Digests,
    /// What shows that nobody altered what this is made from.
    pub evidence: Evidence,
}

/// A gate that a deployment went through.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Cleared {
    /// Which gate: `approved`, `locked`, `slot`.
    pub gate: String,
    /// What it had found.
    pub finding: Finding,
    /// The people who cleared it; none: it was open by itself.
    pub by: Vec<ClearedBy>,
    /// When it was found open.
    pub at: Timestamp,
}

/// Somebody who cleared a gate.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ClearedBy {
    /// Who.
    pub actor: Actor,
    /// When; none where that is not known.
    pub at: Option<Timestamp>,
}

/// How long the parts of a deployment took, in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Durations {
    /// From the proposal until it took the slot.
    pub waited: u64,
    /// From then until its last step was over.
    pub steps: u64,
    /// How long it was watched after that.
    pub watch: u64,
}

/// The rollback that followed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RolledBack {
    /// As this deployment.
    pub by: DeploymentId,
    /// To this version; none: to what was there before Botadura came.
    pub to: Option<Version>,
}

/// What a deployment did and made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Digests {
    /// Of its plan: what was approved.
    pub plan: Digest,
    /// Of its artifacts, sorted: SHA-256 in hexadecimal.
    pub artifacts: BTreeSet<String>,
}

/// SHA-256, in hexadecimal, of what the store held when a deployment ended, byte by byte.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Evidence {
    /// The deployment, with its plan.
    pub deployment: String,
    /// The proposal that it was, with the decision that let it begin.
    pub proposal: String,
    /// Its approvals.
    pub approvals: String,
    /// Its journal.
    pub journal: String,
}

/// What a record is made from.
#[derive(Debug, Clone)]
pub struct Facts {
    /// Its number.
    pub id: DeploymentId,
    /// Where to.
    pub environment: EnvironmentId,
    /// What.
    pub version: Option<Version>,
    /// How it came to be.
    pub origin: Origin,
    /// Where the version is from.
    pub repository: RepositoryName,
    /// What it meant to do.
    pub plan: Plan,
    /// The plan's digest.
    pub digest: Digest,
    /// The deployment that it takes back.
    pub reverts: Option<DeploymentId>,
    /// When it took the slot.
    pub began: Timestamp,
    /// When it ended.
    pub ended: Timestamp,
    /// How it ended.
    pub result: String,
    /// Its journal.
    pub journal: Vec<(Entry, Timestamp)>,
    /// When it was proposed, and the decision that let it begin.
    pub proposed: Option<(Timestamp, Option<Decision>)>,
    /// Who agreed.
    pub approvals: Vec<Approval>,
    /// The rollback that followed from its end.
    pub rolled_back: Option<RolledBack>,
    /// What shows that nobody altered it.
    pub evidence: Evidence,
}

/// The record of a deployment that has ended.
pub fn record(facts: Facts) -> Record {
    let state = State::replay(&facts.plan, facts.journal.iter().map(|(entry, at)| (entry, *at))).ok();
    let past = state.map(|state| Past { id: facts.id, version: facts.version.clone(), plan: facts.plan.clone(), state });
    let over = past.as_ref().and_then(|past| past.state.runs.iter().filter_map(|run| run.finished).max());
    let artifacts = past.iter().flat_map(Past::artifacts).map(|artifact| artifact.digest).collect();
    let waited = facts.proposed.as_ref().map_or(0, |(at, _)| milliseconds(*at, facts.began));
    let decision = facts.proposed.as_ref().and_then(|(_, decision)| decision.as_ref());
    let cleared = decision.iter().flat_map(|decision| &decision.gates).map(|gate| cleared(gate, &facts.approvals, facts.began));
    Record {
        id: facts.id,
        application: facts.environment.application.clone(),
        cleared: cleared.collect(),
        environment: facts.environment,
        kind: facts.plan.kind,
        runbook: facts.plan.runbook.clone(),
        version: facts.version,
        repository: facts.repository,
        asked: facts.origin,
        began: facts.began,
        ended: facts.ended,
        durations: Durations { waited, steps: milliseconds(facts.began, over.unwrap_or(facts.began)), watch: 0 },
        result: facts.result,
        reverts: facts.reverts,
        rolled_back: facts.rolled_back,
        digests: Digests { plan: facts.digest, artifacts },
        evidence: facts.evidence,
    }
}

fn cleared(gate: &Gate, approvals: &[Approval], began: Timestamp) -> Cleared {
    let mut people = Vec::new();
    for part in std::iter::once(gate).chain(&gate.parts) {
        match &part.finding {
            Finding::ApprovedBy { by, .. } => {
                let when = |actor: &Actor| approvals.iter().filter(|approval| approval.by.is(actor)).map(|approval| approval.at).max();
                people.extend(by.iter().map(|actor| ClearedBy { actor: actor.clone(), at: when(actor) }));
            }
            Finding::Point { by: Some(actor), .. } => people.push(ClearedBy { actor: actor.clone(), at: None }),
            _ => {}
        }
    }
    let at = people.iter().filter_map(|one| one.at).max().unwrap_or(began);
    Cleared { gate: word(&gate.finding), finding: gate.finding.clone(), by: people, at }
}

/// The word for a gate, as its finding is written.
fn word(finding: &Finding) -> String {
    let written = serde_json::to_value(finding).unwrap_or_default();
    let key = written.as_object().and_then(|fields| fields.keys().next().cloned());
    key.or_else(|| written.as_str().map(str::to_owned)).unwrap_or_default()
}

fn milliseconds(from: Timestamp, to: Timestamp) -> u64 {
    u64::try_from(to.duration_since(from).as_millis()).unwrap_or_default()
}

/// What the first row follows: the deployments that ended before there was a history.
pub fn beginning(before: &[DeploymentId]) -> String {
    let mut hash = Sha256::new();
    hash.update(b"botadura history\0");
    for id in before {
        hash.update(id.0.to_be_bytes());
    }
    hex::encode(hash.finalize())
}

/// The hash of a row: over the one before it, its number and its body.
pub fn link(previous: &str, seq: i64, body: &str) -> String {
    let mut hash = Sha256::new();
    hash.update(previous.as_bytes());
    hash.update(seq.to_be_bytes());
    hash.update(body.as_bytes());
    hex::encode(hash.finalize())
}

/// Where the chain has come to: beside it, so that a tail that was cut off is missed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Head {
    /// How many rows there are.
    pub count: i64,
    /// The last one's hash.
    pub hash: String,
}

/// What an audit found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Report {
    /// How many rows were looked at.
    pub rows: i64,
    /// Where the chain has come to. Whoever keeps it elsewhere also finds out when all of the store was replaced.
    pub head: Head,
    /// How many deployments ended before there was a history: nothing can be said of them.
    pub before: usize,
    /// What is not as it was, in the order of the rows.
    pub wrong: Vec<Wrong>,
}

impl Report {
    /// The deployments that something is wrong about.
    pub fn deployments(&self) -> BTreeSet<DeploymentId> {
        self.wrong.iter().filter_map(|wrong| wrong.deployment).collect()
    }
}

/// Something that is not as it was.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Wrong {
    /// The row of the history; none where it is about what is not in it.
    pub row: Option<i64>,
    /// The deployment.
    pub deployment: Option<DeploymentId>,
    /// What is wrong.
    pub fault: Fault,
}

/// What is not as it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Fault {
    /// The row's hash is not that of what it says.
    Row,
    /// The row does not follow the one before it: one was replaced, taken out, put in or moved.
    Order,
    /// The row cannot be read.
    Unreadable,
    /// The deployment itself.
    Deployment,
    /// The proposal that it was.
    Proposal,
    /// Its approvals.
    Approvals,
    /// Its journal.
    Journal,
    /// The row says something else than the deployment, its proposal and its journal amount to.
    Disagrees,
    /// The deployment ended, and the history does not know it.
    Missing,
    /// The history does not end where it must: rows were cut off or put in.
    End,
}
