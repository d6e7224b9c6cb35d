//! What is to be done now, by the state alone.

use std::time::Duration;

use jiff::Timestamp;

use super::{Answer, Outcome, RETRY_LIMIT, Run, State, Status, Wake};
use crate::domain::{
    plan::{Phase, Plan},
    release::Reason,
};

/// What the executor does next with a deployment.
#[derive(Debug, Clone, PartialEq)]
pub enum Todo {
    /// Call these runs' steps.
    Advance(Vec<usize>),
    /// These runs took longer than they may: record that they failed.
    Expire(Vec<usize>),
    /// Nothing before this time.
    Wait(Timestamp),
    /// It is over.
    End(Outcome),
}

impl State {
    /// What is to be done at this time. Total: there is always exactly one answer.
    pub fn todo(&self, plan: &Plan, now: Timestamp) -> Todo {
        let verdict = self.verdict();
        let phase = match &verdict {
            None => Phase::Forward,
            Some(Outcome::Succeeded) => Phase::AfterSuccess,
            Some(Outcome::Failed { .. } | Outcome::Cancelled { .. }) => Phase::AfterFailure,
            Some(human @ Outcome::NeedsHuman { .. }) => return Todo::End(human.clone()),
        };
        let open: Vec<usize> = self.open(phase);
        let expired: Vec<usize> = open.iter().copied().filter(|&place| self.deadline(plan, place).is_some_and(|d| now >= d)).collect();
        if !expired.is_empty() {
            return Todo::Expire(expired);
        }
        let due: Vec<usize> = open.iter().copied().filter(|&place| self.runs[place].due() <= now).collect();
        if !due.is_empty() {
            return Todo::Advance(due);
        }
        let soonest = open.iter().map(|&place| self.next_look(plan, place)).min();
        match (soonest, verdict) {
            (Some(moment), _) => Todo::Wait(moment),
            (None, Some(outcome)) => Todo::End(outcome),
            (None, None) => Todo::End(Outcome::Succeeded),
        }
    }

    /// When a run's present attempt must be over, once it has begun.
    pub fn deadline(&self, plan: &Plan, place: usize) -> Option<Timestamp> {
        let started = self.runs[place].started?;
        Some(started.saturating_add(plan.runs[place].timeout()).unwrap_or(Timestamp::MAX))
    }

    /// The runs of a phase's first unfinished stage that have something to do.
    fn open(&self, phase: Phase) -> Vec<usize> {
        let wanted = |run: &Run| run.phase == phase && !run.is_final() && self.is_needed(run);
        let stage = self.runs.iter().filter(|run| wanted(run)).map(|run| run.stage).min();
        self.runs.iter().enumerate().filter(|(_, run)| wanted(run) && Some(run.stage) == stage).map(|(place, _)| place).collect()
    }

    /// Cleaning up is for what was begun and not finished; retiring is for what was done.
    fn is_needed(&self, run: &Run) -> bool {
        let forward = &self.runs[run.of];
        match run.phase {
            Phase::Forward => true,
            Phase::AfterFailure => forward.is_touched() && !matches!(forward.status, Status::Done { .. }),
            Phase::AfterSuccess => matches!(forward.status, Status::Done { .. }),
        }
    }

    fn next_look(&self, plan: &Plan, place: usize) -> Timestamp {
        let due = self.runs[place].due();
        self.deadline(plan, place).map_or(due, |deadline| due.min(deadline))
    }
}

impl Run {
    /// When it is called next.
    fn due(&self) -> Timestamp {
        match &self.status {
            Status::Active { wake: Some(wake), .. } => wake.at,
            _ => Timestamp::MIN,
        }
    }
}

/// What the journal keeps of an answer: the limits on retries and attempts are applied here, so that no step has any of
/// its own. `retries` is what the manifest allows.
pub fn settle_answer(answer: Answer, run: &Run, retries: u32, now: Timestamp) -> Answer {
    match answer {
        Answer::Retry { reason, .. } if run.retries >= RETRY_LIMIT => settle_answer(
            Answer::Failed { reason: Reason { what: format!("gave up after {RETRY_LIMIT} tries: {}", reason.what), ..reason } },
            run,
            retries,
            now,
        ),
        Answer::Retry { reason, memo, .. } => Answer::Retry { reason, memo, wake: Wake::at(later(now, back_off(run.retries + 1))) },
        Answer::Unknown { .. } if run.retries >= RETRY_LIMIT => Answer::Stuck {
            reason: Reason::new("it cannot be told whether the last call had an effect"),
            by_hand: vec![],
        },
        Answer::Failed { reason } if run.attempt <= retries => {
            Answer::Again { reason, wake: Wake::at(later(now, back_off(run.attempt))) }
        }
        other => other,
    }
}

fn later(now: Timestamp, wait: Duration) -> Timestamp {
    now.saturating_add(wait).unwrap_or(Timestamp::MAX)
}

/// How long to wait before try number `n` (from 1): one second, doubled each time, at most two minutes.
pub fn back_off(n: u32) -> Duration {
    Duration::from_secs(1_u64.checked_shl(n.saturating_sub(1)).map_or(120, |seconds| seconds.min(120)))
}
