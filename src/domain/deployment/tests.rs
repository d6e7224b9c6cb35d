//! The journal's meaning: tables for what must be so, properties for what must always be so.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use proptest::prelude::*;

use super::{Answer, Entry, Limits, Outcome, Past, RECOVERY_LIMIT, RETRY_LIMIT, State, Status, Todo, Wake, next, settle_answer};
use crate::domain::{
    aftermath::{Running, aftermath},
    ids::{Actor, DeploymentId, EnvironmentId},
    manifest::{self, Application},
    plan::{self, Inputs, Phase, Plan, PlannedOp},
    policy::HoldReason,
    release::{Memo, Observation, Outputs, Reason, Release},
    version::Version,
};

mod renamed;

const APPLICATION: &str = r"
repository: acme/shop
environments: { production: { on: [{ push: main }] } }
steps:
  - name: build
    command: { script: make }
    produces: [out]
  - name: migrate
    command: { script: up }
    undo: { command: { script: down } }
  - parallel:
      - { name: web, directory: { root: /srv/web } }
      - { name: api, directory: { root: /srv/api } }
  - http: { url: 'http://localhost/health' }
";

fn application() -> Application {
    manifest::read("shop".parse().expect("a name"), "shop.yaml", APPLICATION).unwrap_or_else(|mistakes| panic!("{mistakes:#?}"))
}

fn version(digit: char) -> Version {
    let sha = |c: char| c.to_string().repeat(40).parse().expect("a SHA");
    Version { sha: sha(digit), tree: sha(digit), branch: None, tag: None, pull_request: None }
}

fn plan_of(version: &Version, good: Option<&Past>) -> Plan {
    plan::deploy(&Inputs {
        application: &application(),
        environment: &environment(),
        version: Some(version),
        actor: &Actor::Person("ada".to_owned()),
        good,
        unchanged: BTreeSet::new(),
        retried: None,
        promoted: None,
    })
    .expect("a plan")
}

fn environment() -> EnvironmentId {
    "shop/production".parse().expect("an environment")
}

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_000_000 + seconds).expect("a time")
}

fn release(id: &str) -> Release {
    Release { kind: "directory".to_owned(), target: "/srv".to_owned(), id: id.to_owned(), details: BTreeMap::new() }
}

fn done(release: Option<Release>) -> Answer {
    Answer::Done { outputs: Outputs::new(), release, artifacts: Vec::new() }
}

fn failed() -> Answer {
    Answer::Failed { reason: Reason::new("no") }
}

/// Journals the first call of those that were not called yet.
fn call(state: State, runs: &[usize], moment: Timestamp) -> (State, Option<Entry>) {
    let pending: Vec<usize> = runs.iter().copied().filter(|run| state.runs[*run].status == Status::Pending).collect();
    if pending.is_empty() {
        return (state, None);
    }
    let called = Entry::Called { runs: pending };
    (next(state, &called, moment).expect("what is to be called can be"), Some(called))
}

/// Carries a plan on with these answers until it ends or waits; what is called is answered by the function.
fn carry(plan: &Plan, answer: impl Fn(&plan::PlannedRun) -> Answer) -> (State, Outcome) {
    let mut state = next(State::new(plan), &Entry::Begun, at(0)).expect("it begins");
    for second in 1..1000 {
        match state.todo(plan, at(second)) {
            Todo::Advance(runs) => {
                for &run in runs.iter().filter(|run| plan.runs[**run].observe) {
                    state = next(state, &Entry::Observed { run, observation: Observation::Absent }, at(second)).expect("observed");
                }
                state = call(state, &runs, at(second)).0;
                for run in runs {
                    let answer = answer(&plan.runs[run]);
                    state = next(state, &Entry::Answered { run, answer }, at(second)).expect("answered");
                }
            }
            Todo::Wait(moment) => panic!("it waits until {moment}"),
            Todo::End(outcome) => {
                state = next(state, &Entry::Ended { outcome: outcome.clone() }, at(second)).expect("ended");
                return (state, outcome);
            }
        }
    }
    panic!("it never ends: {state:?}");
}

fn past(id: i64, version: &Version, plan: Plan, state: State) -> Past {
    Past { id: DeploymentId(id), version: Some(version.clone()), plan, state }
}

fn good(id: i64, version: &Version, before: Option<&Past>) -> Past {
    let plan = plan_of(version, before);
    let (state, outcome) = carry(&plan, |run| {
        done((run.phase == Phase::Forward && plan::is_target(&run.step.action)).then(|| release(&format!("{}-{id}", run.step.name))))
    });
    assert_eq!(outcome, Outcome::Succeeded);
    past(id, version, plan, state)
}

fn ops(plan: &Plan, phase: Phase) -> Vec<String> {
    plan.of(phase)
        .map(|(_, run)| match (&run.op, &run.skip) {
            (_, Some(_)) => format!("{} kept {}", run.stage, run.step.name),
            (PlannedOp::Restore(release), _) => format!("{} restore {} to {}", run.stage, run.step.name, release.id),
            (op, _) => format!("{} {} {}", run.stage, op.word(), run.step.name),
        })
        .collect()
}

#[test]
fn a_deployment_that_fails_late_restores_every_target_in_reverse_and_verifies_what_came_back() {
    let first = good(1, &version('a'), None);
    let plan = plan_of(&version('b'), Some(&first));
    let (state, outcome) = carry(&plan, |run| if run.step.name.as_str() == "http" { failed() } else { done(None) });
    let ended = past(2, &version('b'), plan, state);
    let after = aftermath(&ended, outcome, Some(&first), &BTreeSet::new());
    assert_eq!((after.hold, after.running), (Some(HoldReason::RolledBack), Running::AsBefore));
    let back = after.successor.expect("a rollback");
    assert_eq!(ops(&back, Phase::Forward), ["1 restore web to web-1", "1 restore api to api-1", "2 apply http"]);
    assert_eq!(back.scope["version.sha"], version('a').sha.to_string(), "what is verified is the version that came back");
}

#[test]
fn a_target_that_was_not_reached_is_carried_over_and_the_record_names_a_release_for_it() {
    let first = good(1, &version('a'), None);
    let plan = plan_of(&version('b'), Some(&first));
    let (state, outcome) = carry(&plan, |run| if run.step.name.as_str() == "migrate" { failed() } else { done(None) });
    let ended = past(2, &version('b'), plan, state);
    let after = aftermath(&ended, outcome, Some(&first), &BTreeSet::new());
    assert_eq!(after.successor, None, "nothing that can be restored was touched");
    assert_eq!(after.hold, None, "and nothing is kept back");
}

#[test]
fn a_first_deployment_that_fails_takes_away_what_it_brought() {
    let plan = plan_of(&version('a'), None);
    let (state, outcome) = carry(&plan, |run| if run.step.name.as_str() == "http" { failed() } else { done(Some(release("x"))) });
    let after = aftermath(&past(1, &version('a'), plan, state), outcome, None, &BTreeSet::new());
    let back = after.successor.expect("a rollback");
    assert_eq!(ops(&back, Phase::Forward), ["1 remove web", "1 remove api"]);
    let (state, outcome) = carry(&back, |_| done(None));
    let ended = Past { id: DeploymentId(2), version: None, plan: back, state };
    assert_eq!(aftermath(&ended, outcome, None, &BTreeSet::new()).running, Running::Nothing);
}

#[test]
fn an_undo_is_offered_and_not_automatic_and_runs_as_the_version_that_it_takes_back() {
    let first = good(1, &version('a'), None);
    let second = good(2, &version('b'), Some(&first));
    let uncertain = BTreeSet::new();
    let back = |undo, direct| {
        plan::rollback(&plan::Back { from: &second, to: Some(&first), uncertain: &uncertain, direct, undo }).expect("a plan")
    };
    assert!(!ops(&back(false, true), Phase::Forward).iter().any(|op| op.contains("undo")));
    assert!(!ops(&back(true, false), Phase::Forward).iter().any(|op| op.contains("undo")), "only one deployment back");
    let plan = back(true, true);
    let (_, undo) = plan.of(Phase::Forward).find(|(_, run)| run.op == PlannedOp::Undo).expect("an undo");
    assert_eq!(undo.own.as_ref().expect("its own values").scope["version.sha"], version('b').sha.to_string());
    assert_eq!(ops(&plan, Phase::Forward)[2], "2 undo migrate.undo", "after the targets, which come after it on the way forward");
}

#[test]
fn going_back_twice_is_not_going_forward() {
    let first = good(1, &version('a'), None);
    let second = good(2, &version('b'), Some(&first));
    let uncertain = BTreeSet::new();
    let back = |from: &Past, to: &Past| {
        plan::rollback(&plan::Back { from, to: Some(to), uncertain: &uncertain, direct: false, undo: false }).expect("a plan")
    };
    let once = back(&second, &first);
    let (state, _) = carry(&once, |run| {
        done(match &run.op {
            PlannedOp::Restore(release) => Some(release.clone()),
            _ => None,
        })
    });
    let once = past(3, &version('a'), once, state);
    let twice = back(&once, &second);
    assert_eq!(ops(&twice, Phase::Forward), ["1 restore web to web-2", "1 restore api to api-2", "2 apply http"]);
}

#[test]
fn a_rollback_that_fails_needs_a_human_and_has_no_rollback_of_its_own() {
    let first = good(1, &version('a'), None);
    let second = good(2, &version('b'), Some(&first));
    let uncertain = BTreeSet::new();
    let plan =
        plan::rollback(&plan::Back { from: &second, to: Some(&first), uncertain: &uncertain, direct: true, undo: false }).expect("a plan");
    let (state, outcome) = carry(&plan, |run| if run.step.name.as_str() == "web" { failed() } else { done(None) });
    let after = aftermath(&past(3, &version('a'), plan, state), outcome, Some(&second), &uncertain);
    assert!(matches!(after.outcome, Outcome::NeedsHuman { .. }));
    assert_eq!((after.successor, after.hold), (None, Some(HoldReason::NeedsHuman)));
    assert!(after.uncertain.contains(&"web".parse().expect("a name")), "nobody knows how web stands");
}

#[test]
fn a_cancel_outranks_the_failures_that_it_causes() {
    let plan = plan_of(&version('a'), None);
    let mut state = next(State::new(&plan), &Entry::Begun, at(0)).expect("begun");
    state = next(state, &Entry::Called { runs: vec![0] }, at(1)).expect("called");
    let cancel = Entry::CancelRequested { by: Actor::Operator, leave: true, back: false };
    state = next(state, &cancel, at(2)).expect("cancelled");
    assert!(next(state.clone(), &cancel, at(3)).is_err(), "a second one changes nothing");
    state = next(state, &Entry::Answered { run: 0, answer: failed() }, at(4)).expect("a late answer is a fact");
    assert_eq!(state.verdict(), Some(Outcome::Cancelled { by: Actor::Operator }));
}

#[test]
fn a_deployment_that_takes_its_server_down_is_put_aside() {
    let plan = plan_of(&version('a'), None);
    let mut state = next(State::new(&plan), &Entry::Begun, at(0)).expect("begun");
    for time in 0..=RECOVERY_LIMIT {
        assert!(matches!(state.todo(&plan, at(1)), Todo::Advance(_)), "taken up {time} times");
        state = next(state, &Entry::Resumed, at(1)).expect("resumed");
    }
    assert!(matches!(state.todo(&plan, at(1)), Todo::End(Outcome::NeedsHuman { .. })));
}

#[test]
fn limits_on_retries_time_and_attempts_are_applied_to_whatever_a_step_answers() {
    let plan = plan_of(&version('a'), None);
    let mut run = State::new(&plan).runs[0].clone();
    let limits = |deadline: i64| Limits { now: at(10), deadline: Some(at(deadline)), attempts: 1 };
    let retry = || Answer::Retry { reason: Reason::new("busy"), memo: Memo::Null, wake: Wake::at(Timestamp::MIN) };
    assert!(matches!(settle_answer(retry(), &run, &limits(99)), Answer::Retry { wake, .. } if wake.at > at(10)));
    assert!(matches!(settle_answer(failed(), &run, &limits(99)), Answer::Again { .. }), "one further attempt");
    run.attempt = 2;
    assert!(matches!(settle_answer(failed(), &run, &limits(99)), Answer::Failed { .. }), "and no more");
    assert!(matches!(settle_answer(retry(), &run, &limits(10)), Answer::Failed { .. }), "its time is over");
    run.retries = RETRY_LIMIT;
    assert!(matches!(settle_answer(retry(), &run, &limits(99)), Answer::Failed { .. }), "it gives up");
}

#[test]
fn what_is_heard_of_wakes_those_who_wait_for_it_and_nobody_else() {
    let plan = plan_of(&version('a'), None);
    let mut state = next(State::new(&plan), &Entry::Begun, at(0)).expect("begun");
    state = next(state, &Entry::Called { runs: vec![0] }, at(1)).expect("called");
    let wake = Wake { at: at(100), on: Some("run 7".to_owned()) };
    state = next(state, &Entry::Answered { run: 0, answer: Answer::Waiting { memo: Memo::Null, wake } }, at(2)).expect("waits");
    let heard = |on: &str| Entry::Heard { on: on.to_owned() };
    let other = next(state.clone(), &heard("run 8"), at(3)).expect("heard");
    assert_eq!((other.todo(&plan, at(3)), other == state), (Todo::Wait(at(100)), true));
    let woken = next(state, &heard("run 7"), at(3)).expect("heard");
    assert_eq!(woken.todo(&plan, at(3)), Todo::Advance(vec![0]));
    assert_eq!(next(woken.clone(), &heard("run 7"), at(4)), Ok(woken), "hearing it twice changes nothing");
}

fn entries() -> impl Strategy<Value = Entry> {
    let place = 0..14_usize;
    let wake = || Wake { at: at(5), on: Some("news".to_owned()) };
    prop_oneof![
        Just(Entry::Begun),
        Just(Entry::Resumed),
        prop_oneof![Just("news"), Just("olds")].prop_map(|on| Entry::Heard { on: on.to_owned() }),
        place.clone().prop_map(|run| Entry::Called { runs: vec![run] }),
        place.clone().prop_map(|run| Entry::Observed { run, observation: Observation::Absent }),
        (place.clone(), 0..6_u8).prop_map(move |(run, kind)| Entry::Answered {
            run,
            answer: match kind {
                0 | 1 => done(Some(release("r"))),
                2 => Answer::Waiting { memo: Memo::Null, wake: wake() },
                3 => Answer::Again { reason: Reason::new("again"), wake: wake() },
                4 => failed(),
                _ => Answer::Unknown { memo: Memo::Null, wake: wake() },
            }
        }),
        any::<bool>().prop_map(|leave| Entry::CancelRequested { by: Actor::Operator, leave, back: !leave }),
        Just(Entry::Ended { outcome: Outcome::Succeeded }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, ..ProptestConfig::default() })]

    /// Whatever is thrown at it: no panic, a refused entry changes nothing, a final run stays as it is, and there is
    /// always exactly one thing to do.
    #[test]
    fn the_transition_function_is_total(journal in proptest::collection::vec(entries(), 0..60)) {
        let plan = plan_of(&version('a'), None);
        let mut state = State::new(&plan);
        for (second, entry) in journal.iter().enumerate() {
            let moment = at(i64::try_from(second).unwrap_or(0));
            let before = state.clone();
            if let Ok(after) = next(state.clone(), entry, moment) {
                for (old, new) in before.runs.iter().zip(&after.runs) {
                    prop_assert!(!old.is_final() || old.status == new.status, "{entry:?} changed what was over");
                }
                prop_assert!(before.ended.is_none(), "{entry:?} after the end");
                state = after;
            }
            if state.begun.is_some() && state.ended.is_none() {
                let todo = state.todo(&plan, moment);
                if let Todo::Advance(runs) = &todo {
                    prop_assert!(!runs.is_empty());
                    let stage = |run: &usize| (state.runs[*run].phase, state.runs[*run].stage);
                    prop_assert!(runs.iter().all(|run| stage(run) == stage(&runs[0])), "one stage at a time");
                }
            }
        }
    }

    /// Answering what it asks for always leads to an end.
    #[test]
    fn it_always_comes_to_an_end(choices in proptest::collection::vec(0..8_u8, 64), cancel in proptest::option::of(0..20_usize)) {
        let plan = plan_of(&version('a'), None);
        let mut state = next(State::new(&plan), &Entry::Begun, at(0)).expect("begun");
        let mut choices = choices.into_iter();
        for second in 1..500 {
            let moment = at(second * 200);
            if cancel == usize::try_from(second).ok()
                && let Ok(stopped) = next(state.clone(), &Entry::CancelRequested { by: Actor::Operator, leave: false, back: false }, moment)
            {
                state = stopped;
            }
            match state.todo(&plan, moment) {
                Todo::Advance(runs) => {
                    state = call(state, &runs, moment).0;
                    for run in runs {
                    let answer = match choices.next() {
                        Some(0) => failed(),
                        Some(1) => Answer::Waiting { memo: Memo::Null, wake: Wake::at(moment) },
                        Some(2) => Answer::Unknown { memo: Memo::Null, wake: Wake::at(moment) },
                        Some(3) => Answer::Stuck { reason: Reason::new("stuck"), by_hand: Vec::new() },
                        _ => done(None),
                    };
                    let limits = Limits { now: moment, deadline: state.deadline(&plan, run), attempts: 0 };
                    let answer = settle_answer(answer, &state.runs[run], &limits);
                    state = next(state, &Entry::Answered { run, answer }, moment).expect("what was called may answer");
                    }
                }
                Todo::Wait(until) => prop_assert!(until > moment),
                Todo::End(outcome) => {
                    let ended = next(state, &Entry::Ended { outcome }, moment);
                    prop_assert!(ended.is_ok());
                    return Ok(());
                }
            }
        }
        prop_assert!(false, "it never ended: {state:?}");
    }

    /// A journal read again gives the same state, and a journal cut anywhere can be gone on with.
    #[test]
    fn a_journal_cut_anywhere_can_be_gone_on_with(cut in 0..40_usize) {
        let plan = plan_of(&version('a'), None);
        let mut journal = vec![(Entry::Begun, at(0))];
        let mut state = State::replay(&plan, journal.iter().map(|(entry, at)| (entry, *at))).expect("begun");
        for second in 1.. {
            if journal.len() > cut {
                state = State::replay(&plan, journal.iter().map(|(entry, at)| (entry, *at))).expect("the journal is legal");
                state = next(state, &Entry::Resumed, at(second)).expect("resumed");
                journal.push((Entry::Resumed, at(second)));
            }
            match state.todo(&plan, at(second)) {
                Todo::Advance(runs) => {
                    let (after, called) = call(state, &runs, at(second));
                    state = after;
                    journal.extend(called.map(|called| (called, at(second))));
                    for run in runs {
                    let answered = Entry::Answered { run, answer: done(None) };
                    state = next(state, &answered, at(second)).expect("answered");
                    journal.push((answered, at(second)));
                    }
                }
                Todo::Wait(_) => prop_assert!(false, "nothing waits here"),
                Todo::End(outcome) => {
                    prop_assert_eq!(outcome, Outcome::Succeeded);
                    break;
                }
            }
        }
    }
}
