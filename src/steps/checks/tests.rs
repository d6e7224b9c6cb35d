//! Which checks pass: tables, and histories against an oracle that knows no maps.

use proptest::prelude::*;

use super::*;

fn run(id: u64, name: &str, app: u64, state: &str) -> CheckRun {
    let is_open = matches!(state, "queued" | "in_progress");
    CheckRun {
        id,
        name: name.to_owned(),
        status: if is_open { state } else { "completed" }.to_owned(),
        conclusion: (!is_open).then(|| state.to_owned()),
        html_url: Some(format!("https://github.example/{id}")),
        external_id: None,
        app: Some(App { id: app }),
    }
}

fn status(id: u64, context: &str, state: &str) -> Status {
    Status { id, context: context.to_owned(), state: state.to_owned(), target_url: None }
}

fn verdict(names: &[&str], runs: Vec<CheckRun>, statuses: Vec<Status>) -> Verdict {
    let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    judge(&names, &said(runs, statuses))
}

#[test]
fn what_passes_what_waits_and_what_fails() {
    for state in ["success", "neutral", "skipped"] {
        assert_eq!(verdict(&["a"], vec![run(1, "a", 1, state)], vec![]), Verdict::Passed, "{state}");
    }
    for state in ["queued", "in_progress"] {
        assert_eq!(verdict(&["a"], vec![run(1, "a", 1, state)], vec![]), Verdict::Pending, "{state}");
    }
    for state in ["failure", "cancelled", "timed_out", "action_required", "stale", "startup_failure", "a word that comes later"] {
        assert!(matches!(verdict(&["a"], vec![run(1, "a", 1, state)], vec![]), Verdict::Failed(_)), "{state}");
    }
    for (state, expected) in [("success", Verdict::Passed), ("pending", Verdict::Pending)] {
        assert_eq!(verdict(&["a"], vec![], vec![status(1, "a", state)]), expected);
    }
    for state in ["failure", "error", "something"] {
        assert!(matches!(verdict(&["a"], vec![], vec![status(1, "a", state)]), Verdict::Failed(_)), "{state}");
    }
    let strange = CheckRun { status: "unheard of".to_owned(), ..run(1, "a", 1, "queued") };
    assert!(matches!(verdict(&["a"], vec![strange], vec![]), Verdict::Failed(_)));
    let without = CheckRun { conclusion: None, ..run(1, "a", 1, "success") };
    assert!(matches!(verdict(&["a"], vec![without], vec![]), Verdict::Failed(_)));
}

#[test]
fn a_failure_outranks_what_is_missing_and_what_is_missing_outranks_what_waits() {
    let runs = vec![run(1, "a", 1, "failure"), run(2, "b", 1, "queued")];
    assert!(matches!(verdict(&["c", "b", "a"], runs.clone(), vec![]), Verdict::Failed(_)));
    assert_eq!(verdict(&["c", "b"], runs, vec![]), Verdict::Missing(vec!["c".to_owned()]));
}

#[test]
fn many_names_are_told_in_short() {
    let there: Vec<Said> = (0..40).map(|number| Said { name: format!("{number:02}"), how: How::Passed }).collect();
    let reason = not_there(&["x".to_owned()], &there);
    assert!(reason.what.ends_with("`28`, `29` and 10 more"), "{reason}");
    assert!(not_there(&["x".to_owned()], &[]).what.ends_with("there are none at all"));
}

/// The rule once more, by looking through everything again and again.
fn oracle(names: &[&str], runs: &[CheckRun], statuses: &[Status]) -> (bool, bool, bool) {
    let (mut failed, mut missing, mut open) = (false, false, false);
    for name in names {
        let mut found = false;
        for run in runs.iter().filter(|run| run.name == *name) {
            found = true;
            let app = |run: &CheckRun| run.app.as_ref().map(|app| app.id);
            let newer = |other: &&CheckRun| other.name == *name && app(other) == app(run) && other.id > run.id;
            if runs.iter().any(|other| newer(&other)) {
                continue;
            }
            match run.conclusion.as_deref() {
                None => open = true,
                Some("success" | "neutral" | "skipped") => {}
                Some(_) => failed = true,
            }
        }
        for status in statuses.iter().filter(|status| status.context == *name) {
            found = true;
            if statuses.iter().any(|other| other.context == *name && other.id > status.id) {
                continue;
            }
            open |= status.state == "pending";
            failed |= !matches!(status.state.as_str(), "pending" | "success");
        }
        missing |= !found;
    }
    (failed, missing, open)
}

fn histories() -> impl Strategy<Value = (Vec<CheckRun>, Vec<Status>)> {
    let name = || prop::sample::select(vec!["a", "b", "c"]);
    let state = prop::sample::select(vec!["success", "success", "success", "skipped", "failure", "queued", "cancelled"]);
    let set = prop::sample::select(vec!["success", "success", "pending", "error"]);
    let runs = prop::collection::vec((name(), 1..3_u64, state), 0..12);
    let statuses = prop::collection::vec((name(), set), 0..6);
    // Numbers rise, and what is listed has any order.
    let runs =
        runs.prop_map(|all| (1..).zip(all).map(|(id, (name, app, state))| run(id, name, app, state)).collect::<Vec<_>>()).prop_shuffle();
    let statuses =
        statuses.prop_map(|all| (1..).zip(all).map(|(id, (name, state))| status(id, name, state)).collect::<Vec<_>>()).prop_shuffle();
    (runs, statuses)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 20_000, ..ProptestConfig::default() })]

    /// Five histories of one commit for each case: those that lack one more of their last entries.
    #[test]
    fn the_verdict_is_the_oracles((runs, statuses) in histories()) {
        for left_out in 0..5 {
            let runs: Vec<CheckRun> = runs.iter().skip(left_out).cloned().collect();
            let expected = oracle(&["a", "b"], &runs, &statuses);
            let found = verdict(&["a", "b"], runs, statuses.clone());
            let as_expected = match expected {
                (true, _, _) => matches!(found, Verdict::Failed(_)),
                (false, true, _) => matches!(found, Verdict::Missing(_)),
                (false, false, true) => found == Verdict::Pending,
                (false, false, false) => found == Verdict::Passed,
            };
            prop_assert!(as_expected, "{expected:?} {found:?}");
        }
    }
}
