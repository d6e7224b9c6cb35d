//! The one total function from a state and an entry to the next state.

use jiff::Timestamp;

use super::{Answer, Cancel, Entry, RECOVERY_LIMIT, Run, State, Status};
use crate::domain::{plan::Phase, release::Memo};

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
            for run in state.runs.iter_mut().filter(|run| matches!(run.status, Status::Active { .. })) {
                run.looks = true;
            }
            Ok(())
        }
        Entry::Observed { run, observation } => {
            let run = state.runs.get_mut(*run).ok_or("there is no such run")?;
            if run.status != Status::Pending || run.observed.is_some() {
                return Err("what was there before is known, or gone");
            }
            run.observed = Some(observation.clone());
            state.recoveries = 0;
            Ok(())
        }
        Entry::Called { runs } => runs.iter().try_for_each(|place| called(state, *place, at)),
        Entry::Answered { run, answer } => {
            answered(state, *run, answer, at)?;
            state.recoveries = 0;
            Ok(())
        }
        Entry::Heard { on } => {
            for run in &mut state.runs {
                if let Status::Active { wake, .. } = &mut run.status
                    && wake.as_ref().is_some_and(|wake| wake.on.as_ref() == Some(on))
                {
                    *wake = None;
                }
            }
            Ok(())
        }
        Entry::CancelRequested { .. } if state.verdict().is_some() => Err("it is decided already how it ends"),
        Entry::Ended { .. } if state.verdict().is_none() && state.recoveries <= RECOVERY_LIMIT => Err("it is not over"),
        Entry::CancelRequested { by, leave, back } => {
            state.cancel = Some(Cancel { by: by.clone(), leave: *leave, back: *back });
            Ok(())
        }
        Entry::Ended { outcome } => {
            state.ended = Some((outcome.clone(), at));
            Ok(())
        }
    }
}

/// A run's turn has come.
fn called(state: &mut State, place: usize, at: Timestamp) -> Result<(), &'static str> {
    let forward_over = state.verdict().is_some();
    let run = state.runs.get(place).ok_or("there is no such run")?;
    if run.status != Status::Pending {
        return Err("the run has been called already");
    }
    if (run.phase == Phase::Forward) == forward_over {
        return Err("its phase is over, or has not come");
    }
    let earlier_open = |other: &Run| other.phase == run.phase && other.stage < run.stage && !other.is_final();
    if run.phase == Phase::Forward && state.runs.iter().any(earlier_open) {
        return Err("an earlier stage is not over");
    }
    let run = &mut state.runs[place];
    run.status = Status::Active { wake: None, trouble: None };
    run.started = Some(at);
    Ok(())
}

/// A step's answer. While the deployment is failing or being cancelled, steps that were in the middle of a call still
/// answer: what they did is a fact.
fn answered(state: &mut State, place: usize, answer: &Answer, at: Timestamp) -> Result<(), &'static str> {
    let run = state.runs.get_mut(place).ok_or("there is no such run")?;
    if !matches!(run.status, Status::Active { .. }) {
        return Err("the run has not been called, or is over");
    }
    record(run, answer, at);
    Ok(())
}

fn record(run: &mut Run, answer: &Answer, at: Timestamp) {
    run.looks = matches!(answer, Answer::Unknown { .. });
    match answer {
        Answer::Waiting { memo, .. } | Answer::Retry { memo, .. } | Answer::Unknown { memo, .. } => run.memo = memo.clone(),
        _ => {}
    }
    run.retries = match answer {
        Answer::Retry { .. } | Answer::Unknown { .. } => run.retries + 1,
        _ => 0,
    };
    run.status = match answer {
        Answer::Done { outputs, release, artifacts } => {
            Status::Done { outputs: outputs.clone(), release: release.clone(), artifacts: artifacts.clone() }
        }
        Answer::Waiting { wake, .. } | Answer::Unknown { wake, .. } => Status::Active { wake: Some(wake.clone()), trouble: None },
        Answer::Retry { reason, wake, .. } => Status::Active { wake: Some(wake.clone()), trouble: Some(reason.clone()) },
        Answer::Again { reason, wake } => {
            run.attempt += 1;
            run.memo = Memo::Null;
            run.started = Some(wake.at);
            Status::Active { wake: Some(wake.clone()), trouble: Some(reason.clone()) }
        }
        Answer::Failed { reason } => Status::Failed { reason: reason.clone() },
        Answer::Stuck { reason, by_hand } => Status::Stuck { reason: reason.clone(), by_hand: by_hand.clone() },
    };
    if run.is_final() {
        run.finished = Some(at);
    }
}
