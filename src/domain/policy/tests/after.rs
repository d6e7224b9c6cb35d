//! A version must have proved itself elsewhere first.

use super::{stays::passage, *};
use crate::domain::{
    manifest::{After, Promote},
    policy::{Clearer, Passage, There, stays},
};

/// Production asks for so many minutes in staging.
fn scene(soak: i64, history: &[Passage]) -> Scene {
    let mut scene = Scene::of(proposal(9, "ada", true));
    let soak = (soak > 0).then(|| Duration::from_mins(soak.unsigned_abs()));
    let environment = "staging".parse().expect("a name");
    scene.environment.after = Some(After { environment, soak, promote: Promote::Manual, checklist: false });
    scene.known.stays = stays(history);
    scene
}

fn after(scene: &Scene) -> (Verdict, There, Option<Timestamp>) {
    let gate = scene.gate(|finding| matches!(finding, Finding::After { .. }));
    let Finding::After { there, .. } = gate.finding else { unreachable!("it was looked for") };
    (gate.verdict, there, gate.opens)
}

#[test]
fn a_version_that_was_never_there_waits_for_whoever_may_deploy_there() {
    let scene = scene(0, &[passage(1, 'c', 0)]);
    let gate = scene.gate(|finding| matches!(finding, Finding::After { .. }));
    assert_eq!(gate.verdict, Verdict::Waiting);
    assert_eq!(gate.clears, [Clearer::DeployersOf("shop/staging".parse().expect("an environment"))]);
}

#[test]
fn the_same_commit_or_the_same_files_count() {
    assert_eq!(scene(0, &[passage(1, 'a', 0)]).verdict(), Verdict::Open, "the same commit");
    assert_eq!(scene(0, &[passage(1, 'b', 0)]).verdict(), Verdict::Open, "a merge commit of a tested branch: the same tree");
}

#[test]
fn a_soak_runs_from_the_end_of_the_steps_and_opens_by_itself() {
    let mut scene = scene(60, &[passage(1, 'a', 0)]);
    scene.now = at(60);
    assert_eq!(after(&scene), (Verdict::Waiting, There::Soaks { deployment: DeploymentId(1), since: at(1) }, Some(at(61))));
    assert_eq!(scene.decide().look_again(), Some(at(61)));
    scene.now = at(61);
    assert_eq!(after(&scene), (Verdict::Open, There::Proved { deployment: DeploymentId(1) }, None));
}

#[test]
fn a_soak_that_is_broken_refuses_and_says_by_what() {
    for rollback in [false, true] {
        let mut scene = scene(60, &[passage(1, 'a', 0), Passage { rollback, ..passage(2, 'c', 30) }]);
        scene.now = at(500);
        let (verdict, there, _) = after(&scene);
        assert_eq!(verdict, Verdict::Refused);
        let at = (!rollback).then(|| at(30));
        assert_eq!(there, There::Left { deployment: DeploymentId(1), by: DeploymentId(2), at });
        assert!(scene.decide().refused().is_some());
    }
}

#[test]
fn what_once_soaked_in_full_counts_although_something_else_runs_there_now() {
    let mut scene = scene(60, &[passage(1, 'a', 0), passage(2, 'c', 61)]);
    scene.now = at(62);
    assert_eq!(after(&scene).0, Verdict::Open);
}

#[test]
fn what_was_rolled_back_does_not_count_however_long_it_was_there() {
    let bad = Passage { reverted_by: Some(DeploymentId(2)), ..passage(1, 'a', 0) };
    for soak in [0, 60] {
        let mut scene = scene(soak, &[bad.clone(), Passage { rollback: true, ..passage(2, 'c', 400) }]);
        scene.now = at(500);
        assert_eq!(after(&scene).0, Verdict::Refused);
        scene.known.stays = stays(std::slice::from_ref(&bad));
        assert_eq!(after(&scene).0, Verdict::Refused, "also while the rollback has done nothing yet");
    }
}

#[test]
fn what_runs_there_again_soaks_again() {
    let mut scene = scene(60, &[passage(1, 'a', 0), passage(2, 'c', 30), passage(3, 'a', 100)]);
    scene.now = at(150);
    assert_eq!(after(&scene), (Verdict::Waiting, There::Soaks { deployment: DeploymentId(3), since: at(101) }, Some(at(161))));
}

proptest! {
    /// A soak is over exactly when it was long enough unbroken, whatever came after.
    #[test]
    fn a_soak_is_over_when_it_was_long_enough(soak in 1..200_i64, broken in prop::option::of(2..300_i64), now in 1..400_i64) {
        let mut history = vec![passage(1, 'a', 0)];
        history.extend(broken.filter(|broken| *broken <= now).map(|broken| passage(2, 'c', broken)));
        let mut scene = scene(soak, &history);
        scene.now = at(now);
        let until = broken.filter(|broken| *broken <= now).unwrap_or(now);
        let verdict = after(&scene).0;
        prop_assert_eq!(verdict == Verdict::Open, until > soak);
        prop_assert_eq!(verdict == Verdict::Refused, until <= soak && (until < now || broken == Some(now)));
        if let Some(again) = scene.decide().look_again() {
            prop_assert!(again > scene.now);
        }
    }
}
