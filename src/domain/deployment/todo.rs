//! What is to be done now, by the state alone.

use std::time::Duration;

use jiff::Timestamp;

use super::{Answer, Outcome, RECOVERY_LIMIT, RETRY_LIMIT, Run, State, Status, Wake};
use crate::domain::{
    plan::{Phase, Plan},
    release::Reason,
};

/// What the executor does next with a deployment.
#[derive(Debug, Clone, PartialEq)]
pub enum Todo {
    /// Call these runs' steps.
    Advance(Vec<usize>),
    /// Nothing before this time.
    Wait(Timestamp),
    /// It is over.
    End(Outcome),
}

impl State {
    /// What is to be done at this time. Total: there is always exactly one answer.
    pub fn todo(&self, plan: &Plan, now: Timestamp) -> Todo {
        if self.recoveries > RECOVERY_LIMIT {
            return Todo::End(poisoned(self.recoveries));
        }
        let verdict = self.verdict();
        let phase = match &verdict {
            None => Phase::Forward,
            Some(Outcome::Succeeded) => Phase::AfterSuccess,
            Some(_) => Phase::AfterFailure,
        };
        let open: Vec<usize> = self.open(phase);
        let looks = open.iter().map(|&place| (place, self.next_look(plan, place)));
        let due: Vec<usize> = looks.clone().filter(|(_, moment)| *moment <= now).map(|(place, _)| place).collect();
        if !due.is_empty() {
            return Todo::Advance(due);
        }
        match (looks.map(|(_, moment)| moment).min(), verdict) {
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

    /// Cleaning up is for what was begun and not finished, unless a human must see it as it is; retiring is for what was
    /// done.
    fn is_needed(&self, run: &Run) -> bool {
        let forward = &self.runs[run.of];
        match run.phase {
            Phase::Forward => true,
            Phase::AfterFailure => forward.is_touched() && !matches!(forward.status, Status::Done { .. } | Status::Stuck { .. }),
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

/// A deployment that takes its server down with it is put aside, so that the others go on.
fn poisoned(times: u32) -> Outcome {
    let reason = Reason::new(format!("it was taken up again {times} times and never got further"))
        .remedy("look at the server's log for what ended it, then retry the deployment or roll it back");
    Outcome::NeedsHuman { run: None, reason, by_hand: Vec::new() }
}

/// What the journal keeps of an answer: the limits on time, retries and attempts are applied here, so that no step has
/// any of its own.
pub fn settle_answer(answer: Answer, run: &Run, limits: &Limits) -> Answer {
    let failed = |reason: Reason| settle_answer(Answer::Failed { reason }, run, limits);
    let next = Wake::at(later(limits.now, back_off(run.retries + 1)));
    let late = limits.deadline.is_some_and(|deadline| limits.now >= deadline);
    match answer {
        Answer::Waiting { .. } | Answer::Retry { .. } | Answer::Unknown { .. } if late => {
            failed(Reason::new("it took longer than it may").remedy("give the step a longer `timeout`, or find out what it waits for"))
        }
        Answer::Retry { reason, .. } if run.retries >= RETRY_LIMIT => {
            failed(Reason { what: format!("gave up after {RETRY_LIMIT} tries: {}", reason.what), ..reason })
        }
        Answer::Retry { reason, memo, .. } => Answer::Retry { reason, memo, wake: next },
        Answer::Unknown { .. } if run.retries >= RETRY_LIMIT => {
            Answer::Stuck { reason: Reason::new("it cannot be told whether the last call had an effect"), by_hand: vec![] }
        }
        Answer::Unknown { memo, .. } => Answer::Unknown { memo, wake: next },
        Answer::Failed { reason } if run.attempt <= limits.attempts => {
            Answer::Again { reason, wake: Wake::at(later(limits.now, back_off(run.attempt))) }
        }
        other => other,
    }
}

/// What an answer is measured against.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// The time.
    pub now: Timestamp,
    /// When the attempt must be over.
    pub deadline: Option<Timestamp>,
    /// How many further attempts a failure has.
    pub attempts: u32,
}

fn later(now: Timestamp, wait: Duration) -> Timestamp {
    now.saturating_add(wait).unwrap_or(Timestamp::MAX)
}

/// How long to wait before try number `n` (from 1): one second, doubled each time, at most two minutes.
pub fn back_off(n: u32) -> Duration {
    Duration::from_secs(1_u64.checked_shl(n.saturating_sub(1)).map_or(120, |seconds| seconds.min(120)))
}
