//! The one total function from a state and an entry to the next state.

use jiff::Timestamp;

use super::{Answer, Cancel, Entry, Run, State, Status};
use crate::domain::plan::Phase;

/// An entry that cannot follow this state: a bug, or a journal that somebody altered. Never ignored.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{entry} cannot follow: {why}")]
pub struct Illegal {
    /// What was to be appended.
    pub entry: String,
    /// Why it cannot be.
    pub why: &'static str,
}

/// What an entry does to a state. Total: every pair has an answer, and the same entry twice is refused where it would
/// change the meaning.
pub fn next(mut state: State, entry: &Entry, at: Timestamp) -> Result<State, Illegal> {
    match apply(&mut state, entry, at) {
        Ok(()) => Ok(state),
        Err(why) => Err(Illegal { entry: format!("{entry:?}"), why }),
    }
}

fn apply(state: &mut State, entry: &Entry, at: Timestamp) -> Result<(), &'static str> {
    if state.ended.is_some() {
        return Err("the deployment is over");
    }
    if state.begun.is_none() && *entry != Entry::Begun {
        return Err("the deployment has not begun");
    }
    match entry {
        Entry::Begun if state.begun.is_some() => Err("the deployment has begun already"),
        Entry::Begun => {
            state.begun = Some(at);
            Ok(())
        }
        Entry::Resumed => {
            state.recoveries += 1;
            Ok(())
        }
        Entry::Observed { run, observation } => {
            let run = state.runs.get_mut(*run).ok_or("there is no such run")?;
            if run.status != Status::Pending {
                return Err("the run has been begun already");
            }
            run.observed = Some(observation.clone());
            state.recoveries = 0;
            Ok(())
        }
        Entry::Answered { run, answer } => {
            answered(state, *run, answer, at)?;
            state.recoveries = 0;
            Ok(())
        }
        Entry::CancelRequested { .. } if state.verdict().is_some() => Err("it is decided already how it ends"),
        Entry::CancelRequested { by, leave } => {
            state.cancel = Some(Cancel { by: by.clone(), leave: *leave });
            Ok(())
        }
        Entry::Ended { outcome } => {
            state.ended = Some((outcome.clone(), at));
            Ok(())
        }
    }
}

/// A step's answer. While the deployment is failing or being cancelled, forward steps that were in the middle of a call
/// may still answer: what they did is a fact.
fn answered(state: &mut State, place: usize, answer: &Answer, at: Timestamp) -> Result<(), &'static str> {
    let verdict = state.verdict();
    let stage_open = |run: &Run| {
        state.runs.iter().all(|earlier| earlier.phase != run.phase || earlier.stage >= run.stage || earlier.is_final())
    };
    let run = state.runs.get(place).ok_or("there is no such run")?;
    if run.is_final() {
        return Err("the run is over");
    }
    if run.phase == Phase::Forward && !run.is_touched() && verdict.is_some() {
        return Err("nothing new is begun after a failure");
    }
    if run.phase != Phase::Forward && verdict.is_none() {
        return Err("the forward steps are not over");
    }
    if !stage_open(run) {
        return Err("an earlier stage is not over");
    }
    record(&mut state.runs[place], answer, at);
    Ok(())
}

fn record(run: &mut Run, answer: &Answer, at: Timestamp) {
    run.started.get_or_insert(at);
    run.status = match answer {
        Answer::Done { outputs, release, artifacts } => {
            Status::Done { outputs: outputs.clone(), release: release.clone(), artifacts: artifacts.clone() }
        }
        Answer::Waiting { memo, wake } => {
            run.retries = 0;
            Status::Active { memo: memo.clone(), wake: Some(wake.clone()), unknown: false, trouble: None }
        }
        Answer::Retry { reason, memo, wake } => {
            run.retries += 1;
            Status::Active { memo: memo.clone(), wake: Some(wake.clone()), unknown: false, trouble: Some(reason.clone()) }
        }
        Answer::Again { reason, wake } => {
            run.attempt += 1;
            run.retries = 0;
            run.started = Some(wake.at);
            Status::Active {
                memo: serde_json::Value::Null,
                wake: Some(wake.clone()),
                unknown: false,
                trouble: Some(reason.clone()),
            }
        }
        Answer::Unknown { memo } => {
            run.retries += 1;
            Status::Active { memo: memo.clone(), wake: None, unknown: true, trouble: None }
        }
        Answer::Failed { reason } => Status::Failed { reason: reason.clone() },
        Answer::Stuck { reason, by_hand } => Status::Stuck { reason: reason.clone(), by_hand: by_hand.clone() },
    };
    if run.is_final() {
        run.finished = Some(at);
    }
}
