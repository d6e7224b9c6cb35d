//! What there is to tell about a proposal and the deployment that it became.
//!
//! Every surface renders this, none looks at the journal itself. A beat has a key, so that a surface which cannot edit
//! what it has shown (a terminal) tells each of them once.

use std::time::Duration;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    deployment::{Answer, Entry, Outcome, State},
    ids::{Actor, DeploymentId, EnvironmentId},
    plan::{Kind, Phase, Plan, PlannedOp, SkipReason},
    policy::{Decision, Finding, Gate, HoldReason, Origin, Purpose, Verdict},
    release::Reason,
    version::Version,
};

/// A proposal or deployment as people are told of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Story {
    /// Its number.
    pub id: DeploymentId,
    /// Where to.
    pub environment: EnvironmentId,
    /// What; none for what was there before Botadura came.
    pub version: Option<Version>,
    /// What is done.
    #[serde(default)]
    pub purpose: Purpose,
    /// How it came to be.
    pub origin: Origin,
    /// The deployment that it takes back.
    pub reverts: Option<DeploymentId>,
    /// What happened, in order.
    pub beats: Vec<Beat>,
}

/// One thing that happened.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Beat {
    /// The same for the same thing, whenever it is told.
    pub key: String,
    /// When.
    pub at: Timestamp,
    /// What.
    pub what: Telling,
}

/// What happened, as a code and its arguments.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Telling {
    /// A version was proposed.
    Proposed,
    /// It waits at this gate.
    Waits {
        /// The first one that is not open: with who can clear it, its parts and its times.
        gate: Gate,
    },
    /// It ended without becoming a deployment; the reason is the store's.
    Dropped {
        /// Why.
        why: Dropped,
    },
    /// It took the slot.
    Begun {
        /// How many steps it has.
        steps: usize,
    },
    /// Another owner took it up.
    Resumed,
    /// Somebody wants it to stop.
    Stopping {
        /// Who.
        by: Actor,
        /// What was changed stays as it is.
        leave: bool,
    },
    /// A step was left out.
    Skipped {
        /// The step.
        step: String,
        /// Why.
        why: SkipReason,
    },
    /// A step is done.
    Done {
        /// The step.
        step: String,
        /// What was done with it.
        op: String,
        /// How long it took.
        took: Duration,
    },
    /// A step has a passing trouble.
    Trouble {
        /// The step.
        step: String,
        /// Which.
        reason: Reason,
    },
    /// A step failed.
    Failed {
        /// The step.
        step: String,
        /// What was done with it.
        op: String,
        /// Why.
        reason: Reason,
    },
    /// It is over.
    Ended {
        /// How.
        outcome: Outcome,
        /// The step that decided it, where it is about one.
        step: Option<String>,
        /// How long it took.
        took: Duration,
        /// What it had changed was left as it is, because whoever stopped it wished so.
        left: bool,
        /// The rollback that follows.
        rollback: Option<DeploymentId>,
    },
    /// The environment is kept back because of it.
    KeptBack {
        /// Why.
        why: HoldReason,
    },
    /// Somebody broke the glass.
    Emergency {
        /// Why.
        reason: String,
        /// The gates that would be closed.
        gates: Vec<Gate>,
    },
    /// The time for points of a checklist is over, and these are open.
    PointsOpen {
        /// What they say.
        points: Vec<String>,
    },
}

/// Points of a checklist whose time after a deployment is over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Overdue {
    /// When it was over.
    pub at: Timestamp,
    /// Those that nobody had ticked by then.
    pub points: Vec<String>,
}

/// The last part of every story: points that nobody ticked in time.
pub fn afterwards(overdue: &[Overdue]) -> Vec<Beat> {
    let open = overdue.iter().filter(|overdue| !overdue.points.is_empty());
    open.map(|overdue| Beat {
        key: format!("points {}", overdue.at),
        at: overdue.at,
        what: Telling::PointsOpen { points: overdue.points.clone() },
    })
    .collect()
}

/// Why a proposal ended without becoming a deployment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Dropped {
    /// A newer one took its place.
    Superseded {
        /// Which.
        by: DeploymentId,
    },
    /// Somebody refused it.
    Rejected {
        /// Who.
        by: Actor,
        /// Why.
        reason: Option<String>,
    },
    /// Somebody took it back.
    Withdrawn {
        /// Who.
        by: Actor,
    },
    /// Nobody agreed in time.
    Expired,
    /// It could not be planned.
    Impossible {
        /// Why.
        reason: String,
    },
    /// A gate will never open for it.
    Refused {
        /// That gate.
        gate: Box<Gate>,
    },
}

impl Dropped {
    /// Whether what people agreed to stays agreed: nobody refused it, and it was not given up for lack of agreement.
    pub fn keeps_approvals(&self) -> bool {
        match self {
            Self::Superseded { .. } | Self::Withdrawn { .. } => true,
            Self::Refused { gate } => matches!(gate.finding, Finding::After { .. }),
            Self::Rejected { .. } | Self::Expired | Self::Impossible { .. } => false,
        }
    }
}

/// What is known of a deployment that took the slot.
#[derive(Debug, Clone)]
pub struct Told<'a> {
    /// What it does.
    pub plan: &'a Plan,
    /// Its journal.
    pub journal: &'a [(Entry, Timestamp)],
    /// The deployment that took it back.
    pub reverted_by: Option<DeploymentId>,
    /// Somebody asked for it in person.
    pub in_person: bool,
}

/// What is known of a proposal.
#[derive(Debug, Clone)]
pub struct Asked<'a> {
    /// When it came to be.
    pub at: Timestamp,
    /// How.
    pub origin: &'a Origin,
    /// The latest decision about it.
    pub decision: Option<&'a Decision>,
    /// Why it ended without becoming a deployment.
    pub dropped: Option<&'a Dropped>,
    /// It stands at its gates still.
    pub waits: bool,
}

/// The first part of every story: proposed, and what it waits for or why it ended, as it is `now`.
pub fn before(asked: &Asked<'_>, now: Timestamp) -> Vec<Beat> {
    let mut beats = vec![Beat { key: "proposed".to_owned(), at: asked.at, what: Telling::Proposed }];
    if let Some((reason, decision)) = asked.origin.emergency.as_ref().zip(asked.decision) {
        let gates = decision.broken_open().cloned().collect();
        beats.push(Beat { key: "emergency".to_owned(), at: asked.at, what: Telling::Emergency { reason: reason.clone(), gates } });
    }
    if let Some(why) = asked.dropped {
        beats.push(Beat { key: "dropped".to_owned(), at: now, what: Telling::Dropped { why: why.clone() } });
    }
    let closed = asked.decision.filter(|_| asked.waits).and_then(Decision::closed);
    beats.extend(closed.filter(|gate| gate.verdict == Verdict::Waiting).map(|gate| waiting(now, gate)));
    beats
}

fn waiting(at: Timestamp, gate: &Gate) -> Beat {
    let key = serde_json::to_string(&gate.finding).unwrap_or_default();
    Beat { key: format!("waits {key}"), at, what: Telling::Waits { gate: gate.clone() } }
}

/// The second part: what its journal says.
pub fn during(told: &Told<'_>) -> Vec<Beat> {
    let mut beats = Vec::new();
    let mut state = State::new(told.plan);
    for (place, (entry, at)) in told.journal.iter().enumerate() {
        let before = state.clone();
        if let Ok(after) = super::deployment::next(state.clone(), entry, *at) {
            state = after;
        }
        let tellings = match entry {
            Entry::Begun => begun(told.plan),
            Entry::Resumed => vec![Telling::Resumed],
            Entry::Observed { .. } | Entry::Called { .. } | Entry::Heard { .. } => Vec::new(),
            Entry::Answered { run, answer } => answered(told.plan, &before, *run, answer, *at),
            Entry::CancelRequested { by, leave, .. } => vec![Telling::Stopping { by: by.clone(), leave: *leave }],
            Entry::Ended { outcome } => ended(told, &state, outcome, *at),
        };
        beats.extend(tellings.into_iter().enumerate().map(|(part, what)| Beat { key: format!("journal {place}.{part}"), at: *at, what }));
    }
    beats
}

fn begun(plan: &Plan) -> Vec<Telling> {
    let steps = plan.of(Phase::Forward).filter(|(_, run)| run.skip.is_none()).count();
    let skipped = plan.of(Phase::Forward).filter_map(|(_, run)| {
        let skip = run.skip.as_ref()?;
        Some(Telling::Skipped { step: run.step.name.to_string(), why: skip.why.clone() })
    });
    std::iter::once(Telling::Begun { steps }).chain(skipped).collect()
}

/// Cleaning up and retiring are told only when they fail: they are no news.
fn answered(plan: &Plan, before: &State, place: usize, answer: &Answer, at: Timestamp) -> Vec<Telling> {
    let Some(planned) = plan.runs.get(place) else { return Vec::new() };
    let step = planned.step.name.to_string();
    let op = planned.op.word().to_owned();
    let told = match answer {
        Answer::Done { .. } if planned.phase == Phase::Forward => {
            Some(Telling::Done { step, op, took: span(before.runs[place].started.unwrap_or(at), at) })
        }
        Answer::Retry { reason, .. } | Answer::Again { reason, .. } if before.runs[place].retries == 0 => {
            Some(Telling::Trouble { step, reason: reason.clone() })
        }
        Answer::Failed { reason } => Some(Telling::Failed { step, op, reason: reason.clone() }),
        Answer::Stuck { reason, .. } if planned.op != PlannedOp::CleanUp => Some(Telling::Failed { step, op, reason: reason.clone() }),
        _ => None,
    };
    told.into_iter().collect()
}

fn ended(told: &Told<'_>, state: &State, outcome: &Outcome, at: Timestamp) -> Vec<Telling> {
    let took = span(state.begun.unwrap_or(at), at);
    let step = decided_by(outcome).and_then(|place| told.plan.runs.get(place)).map(|run| run.step.name.to_string());
    let left = matches!(outcome, Outcome::Cancelled { .. }) && state.cancel.as_ref().is_some_and(|cancel| cancel.leave);
    let end = Telling::Ended { outcome: outcome.clone(), step, took, left, rollback: told.reverted_by };
    let kept = keeps_back(told, state, outcome).map(|why| Telling::KeptBack { why });
    std::iter::once(end).chain(kept).collect()
}

/// What this end keeps the environment back for. It is told of the deployment itself, not of the environment, which may
/// be let go again before anybody has been told.
fn keeps_back(told: &Told<'_>, state: &State, outcome: &Outcome) -> Option<HoldReason> {
    let back = state.cancel.as_ref().is_some_and(|cancel| cancel.back);
    match (told.plan.kind, outcome) {
        (_, Outcome::NeedsHuman { .. }) => Some(HoldReason::NeedsHuman),
        (Kind::Deploy, Outcome::Failed { .. }) => told.reverted_by.map(|_| HoldReason::RolledBack),
        (Kind::Deploy, Outcome::Cancelled { .. }) => back.then_some(HoldReason::RolledBack),
        (Kind::Rollback, Outcome::Succeeded) => told.in_person.then_some(HoldReason::RolledBack),
        _ => None,
    }
}

/// The place of the run that an end is about.
fn decided_by(outcome: &Outcome) -> Option<usize> {
    match outcome {
        Outcome::Failed { run, .. } => Some(*run),
        Outcome::NeedsHuman { run, .. } => *run,
        Outcome::Succeeded | Outcome::Cancelled { .. } => None,
    }
}

fn span(from: Timestamp, to: Timestamp) -> Duration {
    Duration::try_from(to.duration_since(from)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::domain::{
        manifest::read,
        plan::{Inputs, deploy},
    };

    const SHOP: &str = "repository: acme/shop\nenvironments: { staging: {} }\nsteps: [{ name: build, command: { argv: [make] } }]\n";

    fn plan() -> Plan {
        let application = read("shop".parse().expect("a name"), "shop.yaml", SHOP).expect("it is right");
        let sha: crate::domain::version::Sha = "c".repeat(40).parse().expect("a SHA");
        let version = Version { sha: sha.clone(), tree: sha, branch: None, tag: None, pull_request: None };
        let environment = "shop/staging".parse().expect("an environment");
        let inputs = Inputs {
            application: &application,
            environment: &environment,
            version: Some(&version),
            actor: &Actor::Operator,
            good: None,
            unchanged: BTreeSet::new(),
            retried: None,
            promoted: None,
        };
        deploy(&inputs).expect("it can be planned")
    }

    fn end(plan: &Plan, entries: Vec<Entry>) -> Option<Telling> {
        let journal: Vec<_> = entries.into_iter().map(|entry| (entry, Timestamp::UNIX_EPOCH)).collect();
        let beats = during(&Told { plan, journal: &journal, reverted_by: None, in_person: false });
        beats.into_iter().last().map(|beat| beat.what)
    }

    #[test]
    fn an_end_names_the_step_that_decided_it() {
        let (plan, reason) = (plan(), Reason::new("exit 1"));
        let answered = Entry::Answered { run: 0, answer: Answer::Failed { reason: reason.clone() } };
        let outcome = Outcome::Failed { run: 0, reason };
        let told = end(&plan, vec![Entry::Begun, Entry::Called { runs: vec![0] }, answered, Entry::Ended { outcome }]);
        assert!(matches!(told, Some(Telling::Ended { step: Some(step), left: false, .. }) if step == "build"));
    }

    #[test]
    fn whoever_stops_it_may_leave_what_it_changed() {
        let (plan, by) = (plan(), Actor::Operator);
        for wish in [true, false] {
            let stop = Entry::CancelRequested { by: by.clone(), leave: wish, back: false };
            let stopping = end(&plan, vec![Entry::Begun, stop.clone()]);
            assert_eq!(stopping, Some(Telling::Stopping { by: by.clone(), leave: wish }));
            let outcome = Outcome::Cancelled { by: by.clone() };
            let told = end(&plan, vec![Entry::Begun, stop, Entry::Ended { outcome }]);
            assert!(matches!(told, Some(Telling::Ended { left, step: None, .. }) if left == wish));
        }
    }
}
