//! Whoever breaks the glass opens the gates of time and of people, and no others.

use super::{stays::passage, *};
use crate::domain::{
    manifest::{After, Freeze, Point, Promote, pattern::Patterns, window::Edge},
    policy::{Protection, PullRequest, stays},
};

/// Everything that can be in the way is in the way; each flag takes one of the things away that no emergency opens:
/// rights, forks, protection, locks, the slot.
fn besieged([rights, fork, protected, lock_free, slot_free]: [bool; 5]) -> Scene {
    let mut scene = Scene::of(proposal(9, "ada", false));
    let rules = &mut scene.environment;
    let environment = "staging".parse().expect("a name");
    rules.after = Some(After { environment, soak: Some(Duration::from_hours(24)), promote: Promote::Manual, checklist: true });
    rules.require_tag = Patterns::new(["v*"]).ok();
    rules.approvals = Some(wanted(&[(2, &["lead"])]));
    rules.checklist.before = vec![Point { text: "Team told".to_owned(), satisfied_by: None }];
    let day = |hour| Edge::Daily(jiff::civil::time(hour, 0, 0, 0));
    rules.freeze = vec![Freeze { from: day(0), to: day(23), zone: "UTC".to_owned(), reason: None }];
    rules.production = true;
    rules.deployers = vec!["devops".to_owned()];
    rules.queue = Queue::Every;
    scene.application.environments.get_mut(&name("staging")).expect("there").checklist.leaving =
        vec![Point { text: "Login works".to_owned(), satisfied_by: None }];
    scene.known.stays = stays(&[passage(1, 'a', 0)]);
    scene.known.waiting = vec![proposal(8, "bob", true)];
    scene.seen.roles = if rights { vec!["devops".to_owned()] } else { Vec::new() };
    scene.proposal.version.as_mut().expect("a version").pull_request = Some(7);
    scene.seen.pull_request = Some(PullRequest { number: 7, fork: !fork, draft: false, open: true, behind: Some(false) });
    scene.seen.protection = Some(Protection { reachable_from: protected.then(|| "main".parse().expect("a branch")), known: true });
    scene.known.locks = if lock_free { Vec::new() } else { vec![lock("lucia", "shop", None)] };
    scene.known.slot = if slot_free { None } else { Some(DeploymentId(5)) };
    scene
}

#[test]
fn time_and_people_give_way_and_the_tree_says_so() {
    let mut scene = besieged([true; 5]);
    assert_eq!(scene.verdict(), Verdict::Waiting);
    scene.proposal.origin.emergency = Some("checkout is down".to_owned());
    let decision = scene.decide();
    assert_eq!(decision.verdict(), Verdict::Open);
    let broken: Vec<String> = decision.broken_open().map(|gate| format!("{:?}", gate.finding)).collect();
    let words = ["After", "Checklist", "Tagged", "Frozen", "Checklist", "Approved", "Turn"];
    assert_eq!(broken.len(), words.len(), "{broken:#?}");
    assert!(broken.iter().zip(words).all(|(finding, word)| finding.starts_with(word)), "{broken:#?}");
}

#[test]
fn without_a_reason_or_by_a_trigger_nothing_gives_way() {
    for (reason, automatic) in [(None, false), (Some(" "), false), (Some("checkout is down"), true)] {
        let mut scene = besieged([true; 5]);
        scene.proposal.origin.emergency = reason.map(str::to_owned);
        scene.proposal.origin.automatic = automatic;
        assert_eq!(scene.verdict(), Verdict::Waiting, "{reason:?} {automatic}");
        assert_eq!(scene.decide().broken_open().count(), 0);
    }
}

proptest! {
    /// Rights, forks, protection, locks and the slot hold in every emergency.
    #[test]
    fn no_emergency_opens_rights_forks_protection_locks_or_the_slot(free in any::<[bool; 5]>()) {
        let mut scene = besieged(free);
        scene.proposal.origin.emergency = Some("checkout is down".to_owned());
        prop_assert_eq!(scene.verdict() == Verdict::Open, free.iter().all(|free| *free));
        for gate in scene.decide().broken_open() {
            let never = matches!(
                gate.finding,
                Finding::Rights { .. } | Finding::Fork { .. } | Finding::Protected { .. } | Finding::Locked { .. } | Finding::Slot { .. }
            );
            prop_assert!(!never);
        }
    }

    /// A decision is as open as its least open gate, and says truly when it must be looked at again.
    #[test]
    fn together_they_are_as_open_as_the_least_open_one(free in any::<[bool; 5]>(), now in 0..100_000_i64) {
        let mut scene = besieged(free);
        scene.now = at(now);
        let decision = scene.decide();
        prop_assert_eq!(Some(decision.verdict()), decision.gates.iter().map(|gate| gate.verdict).max());
        prop_assert!(decision.look_again().is_none_or(|again| again > scene.now));
        for gate in &decision.gates {
            prop_assert!(gate.verdict == Verdict::Waiting || gate.opens.is_none());
            prop_assert!(gate.verdict != Verdict::Open || gate.emergency || gate.clears.is_empty());
        }
    }
}
