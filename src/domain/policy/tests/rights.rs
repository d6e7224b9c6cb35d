//! Who may ask for something.

use super::*;
use crate::domain::{
    manifest::Runbook,
    policy::{Clearer, may_ask},
};

fn rights(scene: &Scene) -> Gate {
    scene.gate(|finding| matches!(finding, Finding::Rights { .. }))
}

#[test]
fn who_may_ask_is_one_table() {
    let (ada, lucia) = (person("ada"), Actor::Vouched("lucia".to_owned()));
    let (token, bot) = (Actor::Token("ci".to_owned()), Actor::Bot("dependabot".to_owned()));
    let devops = ["devops".to_owned()];
    let seen = |roles: &[&str], may_write| Seen { roles: roles.iter().map(ToString::to_string).collect(), may_write, ..Seen::default() };
    let cases: [(&Actor, &[String], Seen, bool); 12] = [
        (&Actor::Operator, &devops, seen(&[], Some(false)), true),
        (&Actor::Botadura, &devops, seen(&[], None), true),
        (&token, &devops, seen(&[], None), true),
        (&ada, &devops, seen(&["devops"], Some(false)), true),
        (&ada, &devops, seen(&["qa"], Some(true)), false),
        (&ada, &devops, seen(&[], None), false),
        (&lucia, &devops, seen(&["devops"], None), true),
        (&bot, &devops, seen(&[], Some(true)), false),
        (&ada, &[], seen(&[], Some(true)), true),
        (&ada, &[], seen(&[], Some(false)), false),
        (&ada, &[], seen(&[], None), true),
        (&lucia, &[], seen(&[], None), true),
    ];
    for (actor, deployers, seen, may) in cases {
        assert_eq!(may_ask(actor, deployers, &seen), may, "{actor:?} {deployers:?} {seen:?}");
    }
}

#[test]
fn a_persons_word_needs_rights_and_a_push_only_where_pushers_must_be_trusted() {
    for (automatic, trusted, open) in [(false, false, false), (true, false, true), (true, true, false)] {
        let mut scene = Scene::of(proposal(1, "ada", automatic));
        scene.environment.deployers = vec!["devops".to_owned()];
        scene.environment.trusted_pushers = trusted;
        assert_eq!(rights(&scene).verdict == Verdict::Open, open, "{automatic} {trusted}");
        let wanted = if open { Vec::new() } else { vec![Clearer::Roles(vec!["devops".to_owned()])] };
        assert_eq!(rights(&scene).clears, wanted);
        scene.seen.roles = vec!["devops".to_owned()];
        assert_eq!(scene.verdict(), Verdict::Open);
    }
}

#[test]
fn a_runbook_has_its_own_deployers_or_the_environments() {
    let mut scene = Scene::of(proposal(1, "ada", false));
    let runbook = |deployers: &[&str]| Runbook {
        environment: "production".parse().expect("a name"),
        deployers: deployers.iter().map(ToString::to_string).collect(),
        approvals: Some(wanted(&[(1, &["lead"])])),
        on: Vec::new(),
        concurrent: false,
        reference: None,
        stages: Vec::new(),
    };
    scene.proposal.purpose = Purpose::Run { runbook: "failover".parse().expect("a name"), undo: false };
    scene.environment.deployers = vec!["devops".to_owned()];
    scene.application.runbooks.insert("failover".parse().expect("a name"), runbook(&["oncall"]));
    scene.seen.roles = vec!["devops".to_owned()];
    assert_eq!(rights(&scene).verdict, Verdict::Waiting);
    scene.application.runbooks.insert("failover".parse().expect("a name"), runbook(&[]));
    assert_eq!(rights(&scene).verdict, Verdict::Open);
    assert_eq!(scene.verdict(), Verdict::Waiting, "its approvals are its own");
    scene.proposal.approvals = vec![approval("lucia", &["lead"])];
    assert_eq!(scene.verdict(), Verdict::Open);
}

#[test]
fn a_runbook_heeds_locks_and_the_slot_and_nothing_else() {
    let mut scene = Scene::of(proposal(1, "ada", true));
    let name = || "failover".parse().expect("a name");
    let runbook = |concurrent| Runbook {
        environment: "production".parse().expect("a name"),
        deployers: Vec::new(),
        approvals: None,
        on: Vec::new(),
        concurrent,
        reference: None,
        stages: Vec::new(),
    };
    scene.application.runbooks.insert(name(), runbook(false));
    scene.environment.production = true;
    scene.environment.approvals = Some(wanted(&[(1, &[])]));
    scene.known.hold = Some(Hold { why: HoldReason::NeedsHuman, deployment: DeploymentId(0), since: at(0) });
    scene.proposal.purpose = Purpose::Run { runbook: name(), undo: false };
    assert_eq!(scene.verdict(), Verdict::Open);
    scene.known.slot = Some(DeploymentId(0));
    assert_eq!(scene.verdict(), Verdict::Waiting);
    scene.application.runbooks.insert(name(), runbook(true));
    assert_eq!(scene.verdict(), Verdict::Open, "it runs beside whatever is in the slot");
    scene.known.locks = vec![lock("lucia", "shop", None)];
    assert_eq!(scene.verdict(), Verdict::Waiting);
}

#[test]
fn the_end_of_a_preview_heeds_locks_and_the_slot() {
    let mut scene = Scene::of(proposal(1, "ada", true));
    scene.proposal.purpose = Purpose::Remove;
    scene.environment.deployers = vec!["devops".to_owned()];
    scene.environment.trusted_pushers = true;
    assert_eq!(scene.verdict(), Verdict::Open);
    scene.known.locks = vec![lock("lucia", "shop", None)];
    assert_eq!(scene.verdict(), Verdict::Waiting);
}
