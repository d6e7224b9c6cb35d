//! Gates, one by one and together.

mod after;
mod checklist;
mod emergency;
mod rights;
mod source;
mod stays;
mod time;
mod week;

use std::time::Duration;

use jiff::Timestamp;
use proptest::prelude::*;

use super::{
    Approval, Decision, Facts, Finding, Gate, Hold, HoldReason, Known, Lock, Origin, Proposal, Purpose, Seen, Verdict, decide, superseded,
};
use crate::domain::{
    ids::{Actor, DeploymentId, EnvironmentName},
    manifest::{Application, ApprovalPart, Approvals, Environment, Queue, read},
    plan::Digest,
    request::Scope,
    version::{Sha, Version},
};

fn at(minutes: i64) -> Timestamp {
    Timestamp::from_second(1_000_000 + minutes * 60).expect("a time")
}

fn person(login: &str) -> Actor {
    Actor::Person(login.to_owned())
}

fn sha(digit: char) -> Sha {
    digit.to_string().repeat(40).parse().expect("a SHA")
}

fn name(text: &str) -> EnvironmentName {
    text.parse().expect("an environment's name")
}

fn digest(text: &str) -> Digest {
    serde_json::from_value(serde_json::Value::String(text.to_owned())).expect("a digest")
}

fn proposal(id: i64, by: &str, automatic: bool) -> Proposal {
    let version = Version { sha: sha('a'), tree: sha('b'), branch: None, tag: None, pull_request: None };
    Proposal {
        id: DeploymentId(id),
        environment: "shop/production".parse().expect("an environment"),
        version: Some(version),
        purpose: Purpose::Deploy,
        origin: Origin::new(person(by), automatic, "d".to_owned()),
        at: at(0),
        approvals: Vec::new(),
    }
}

fn approval(by: &str, roles: &[&str]) -> Approval {
    Approval { by: person(by), at: at(1), roles: roles.iter().map(ToString::to_string).collect(), digest: digest("plan") }
}

fn wanted(parts: &[(u32, &[&str])]) -> Approvals {
    let part = |(count, from): &(u32, &[&str])| ApprovalPart { count: *count, from: from.iter().map(ToString::to_string).collect() };
    Approvals { parts: parts.iter().map(part).collect(), allow_requester: false, expires: Duration::from_hours(24) }
}

/// What a proposal meets when nothing is in its way.
struct Scene {
    application: Application,
    environment: Environment,
    proposal: Proposal,
    known: Known,
    seen: Seen,
    digest: Option<Digest>,
    now: Timestamp,
}

/// An application with the environments that the scenes speak of.
fn shop() -> Application {
    let text =
        "repository: acme/shop\nenvironments: { staging: {}, production: {} }\nsteps: [{ name: build, command: { argv: [make] } }]\n";
    read("shop".parse().expect("a name"), "shop.yaml", text).expect("it is right")
}

impl Scene {
    fn of(proposal: Proposal) -> Self {
        let application = shop();
        let environment = application.environments[&name("production")].clone();
        let (known, seen) = (Known::default(), Seen::default());
        Self { application, environment, proposal, known, seen, digest: Some(digest("plan")), now: at(2) }
    }

    fn decide(&self) -> Decision {
        decide(&Facts {
            now: self.now,
            proposal: &self.proposal,
            application: &self.application,
            environment: &self.environment,
            digest: self.digest.as_ref(),
            known: &self.known,
            seen: &self.seen,
        })
    }

    fn verdict(&self) -> Verdict {
        self.decide().verdict()
    }

    /// The one gate of a kind.
    fn gate(&self, of: fn(&Finding) -> bool) -> Gate {
        let decision = self.decide();
        let mut found = decision.gates.into_iter().filter(|gate| of(&gate.finding));
        let gate = found.next().expect("there is such a gate");
        assert!(found.next().is_none(), "there is one of them");
        gate
    }
}

fn lock(owner: &str, scope: &str, until: Option<Timestamp>) -> Lock {
    let scope: Scope = scope.parse().expect("a scope");
    Lock { scope, owner: person(owner), reason: None, since: at(0), until }
}

#[test]
fn a_lock_keeps_everybody_out_but_its_owner_and_opens_when_its_time_is_over() {
    for scope in ["shop/production", "shop", "everything"] {
        let mut scene = Scene::of(proposal(1, "ada", true));
        scene.known.locks = vec![lock("lucia", scope, Some(at(30)))];
        assert_eq!(scene.verdict(), Verdict::Waiting, "{scope}");
        assert_eq!(scene.decide().look_again(), Some(at(30)));
        scene.now = at(30);
        assert_eq!(scene.verdict(), Verdict::Open, "its time is over");
        scene.now = at(2);
        scene.proposal = proposal(1, "LUCIA", true);
        assert_eq!(scene.verdict(), Verdict::Open, "the owner, whatever the case of the login");
    }
    let mut scene = Scene::of(proposal(1, "ada", true));
    scene.known.locks = vec![lock("lucia", "shop/staging", None), lock("lucia", "other", None)];
    assert_eq!(scene.verdict(), Verdict::Open, "locks of other places");
    scene.known.locks = vec![lock("ada", "shop/production", None)];
    let own = scene.decide().gates.into_iter().find(|gate| matches!(gate.finding, Finding::Locked { lock: Some(_) }));
    assert_eq!(own.map(|gate| (gate.verdict, gate.clears.len())), Some((Verdict::Open, 0)), "it is told to its owner too");
}

#[test]
fn after_a_rollback_automatic_triggers_wait_and_people_and_reverts_pass() {
    let mut scene = Scene::of(proposal(2, "ada", true));
    scene.known.hold = Some(Hold { why: HoldReason::RolledBack, deployment: DeploymentId(1), since: at(0) });
    assert_eq!(scene.verdict(), Verdict::Waiting);
    scene.known.good_trees = vec![sha('b')];
    assert_eq!(scene.verdict(), Verdict::Open, "it brings back what was good");
    scene.known.hold = Some(Hold { why: HoldReason::NeedsHuman, deployment: DeploymentId(1), since: at(0) });
    assert_eq!(scene.verdict(), Verdict::Waiting, "where a human is needed, a revert is not enough");
    scene.proposal.origin.automatic = false;
    assert_eq!(scene.verdict(), Verdict::Open, "people who come to help are never refused");
}

#[test]
fn approvals_count_once_a_person_never_ones_own_in_time_and_for_exactly_this() {
    let mut scene = Scene::of(proposal(1, "ada", false));
    scene.environment.approvals = Some(wanted(&[(2, &["lead"])]));
    let cases: [(&str, Vec<Approval>, Verdict); 6] = [
        ("nobody", vec![], Verdict::Waiting),
        ("two of them", vec![approval("lucia", &["lead"]), approval("marta", &["lead"])], Verdict::Open),
        ("one twice", vec![approval("lucia", &["lead"]), approval("Lucia", &["lead"])], Verdict::Waiting),
        ("one's own", vec![approval("lucia", &["lead"]), approval("Ada", &["lead"])], Verdict::Waiting),
        ("a wrong role", vec![approval("lucia", &["lead"]), approval("marta", &["qa"])], Verdict::Waiting),
        (
            "another plan",
            vec![approval("lucia", &["lead"]), Approval { digest: digest("other"), ..approval("marta", &["lead"]) }],
            Verdict::Waiting,
        ),
    ];
    for (name, approvals, verdict) in cases {
        scene.proposal.approvals = approvals;
        assert_eq!(scene.verdict(), verdict, "{name}");
    }
    scene.environment.approvals.as_mut().expect("set").allow_requester = true;
    scene.proposal.approvals = vec![approval("lucia", &["lead"]), approval("ada", &["lead"])];
    assert_eq!(scene.verdict(), Verdict::Open, "one's own, where that is allowed");
    scene.proposal.approvals.clear();
    scene.now = at(24 * 60);
    assert_eq!(scene.verdict(), Verdict::Refused, "nobody agreed in time");
}

#[test]
fn whoever_could_clear_two_parts_moves_over_for_whoever_can_clear_only_one() {
    for order in [["po", "qa"], ["qa", "po"]] {
        let mut scene = Scene::of(proposal(1, "ada", false));
        scene.environment.approvals = Some(wanted(&[(1, &[order[0]]), (1, &[order[1]])]));
        scene.proposal.approvals = vec![approval("lucia", &["po", "qa"]), approval("marta", &["po"])];
        assert_eq!(scene.verdict(), Verdict::Open, "{order:?}");
        scene.proposal.approvals.pop();
        assert_eq!(scene.verdict(), Verdict::Waiting, "one person clears one part only");
    }
}

#[test]
fn with_every_each_has_its_turn_and_with_latest_an_approved_one_goes_first() {
    let mut scene = Scene::of(proposal(2, "ada", true));
    scene.known.waiting = vec![proposal(1, "bob", true)];
    assert_eq!(scene.verdict(), Verdict::Open, "latest does not wait for older ones");
    scene.environment.queue = Queue::Every;
    assert_eq!(scene.verdict(), Verdict::Waiting);
    scene.environment.queue = Queue::Latest;
    scene.environment.approvals = Some(wanted(&[(1, &[])]));
    scene.proposal.approvals = vec![approval("lucia", &[])];
    scene.known.waiting[0].approvals = vec![approval("bob", &[])];
    assert_eq!(scene.verdict(), Verdict::Open, "its author's own agreement does not make it an approved one");
    scene.known.waiting[0].approvals = vec![approval("marta", &[])];
    assert_eq!(scene.verdict(), Verdict::Waiting);
}

#[test]
fn what_is_itself_kept_back_or_locked_out_is_before_nobody() {
    let mut scene = Scene::of(proposal(2, "ada", false));
    scene.environment.queue = Queue::Every;
    scene.known.waiting = vec![proposal(1, "bob", true)];
    scene.known.hold = Some(Hold { why: HoldReason::NeedsHuman, deployment: DeploymentId(0), since: at(0) });
    assert_eq!(scene.verdict(), Verdict::Open, "the one who comes to help gets through");
    scene.known.hold = None;
    scene.known.locks = vec![lock("ada", "shop/production", None)];
    assert_eq!(scene.verdict(), Verdict::Open, "so does the lock's owner");
}

#[test]
fn a_push_replaces_pushes_that_nobody_approved_and_a_person_replaces_both() {
    let approved = Proposal { approvals: vec![approval("lucia", &[])], ..proposal(3, "ada", true) };
    let waiting = [proposal(1, "ada", true), proposal(2, "bob", false), approved];
    let origin = |automatic| Origin::new(person("ada"), automatic, "d");
    let ids = |queue, automatic| superseded(queue, &origin(automatic), &waiting).iter().map(|id| id.0).collect::<Vec<_>>();
    assert_eq!(ids(Queue::Latest, true), [1]);
    assert_eq!(ids(Queue::Latest, false), [1, 2]);
    assert!(ids(Queue::Every, false).is_empty());
    let hotfix = Origin { emergency: Some("checkout is down".to_owned()), ..origin(false) };
    let all: Vec<_> = superseded(Queue::Latest, &hotfix, &waiting).iter().map(|id| id.0).collect();
    assert_eq!(all, [1, 2, 3], "what is older must not come after a hotfix");
}

#[test]
fn the_slot_is_the_last_gate_and_names_who_is_in_it() {
    let mut scene = Scene::of(proposal(2, "ada", true));
    scene.known.slot = Some(DeploymentId(1));
    let decision = scene.decide();
    assert!(matches!(decision.closed(), Some(Gate { finding: Finding::Slot { taken_by: Some(DeploymentId(1)) }, .. })));
    assert_eq!(decision.look_again(), None, "it is looked at when the slot is free, not on a timer");
}

proptest! {
    /// A decision is as open as its least open gate; who waits for time says until when.
    #[test]
    fn a_decision_is_as_open_as_its_least_open_gate(
        locked in any::<bool>(), held in any::<bool>(), taken in any::<bool>(), given in 0..4_usize, now in 0..3000_i64, automatic in any::<bool>()
    ) {
        let mut scene = Scene::of(proposal(5, "ada", automatic));
        scene.now = at(now);
        scene.environment.approvals = Some(wanted(&[(2, &["lead"])]));
        scene.proposal.approvals = ["lucia", "marta", "eva"].iter().take(given).map(|login| approval(login, &["lead"])).collect();
        scene.known.locks = if locked { vec![lock("lucia", "shop", Some(at(1000)))] } else { vec![] };
        scene.known.hold = held.then_some(Hold { why: HoldReason::RolledBack, deployment: DeploymentId(1), since: at(0) });
        scene.known.slot = taken.then_some(DeploymentId(4));
        let decision = scene.decide();
        let worst = decision.gates.iter().map(|gate| gate.verdict).max();
        prop_assert_eq!(Some(decision.verdict()), worst);
        let open = (!locked || now >= 1000) && (!held || !automatic) && !taken && given >= 2;
        prop_assert_eq!(decision.verdict() == Verdict::Open, open);
        prop_assert_eq!(decision.verdict() == Verdict::Refused, given < 2 && now >= 24 * 60);
        if let Some(again) = decision.look_again() {
            prop_assert!(again > scene.now, "it would be looked at for ever");
        }
    }
}
