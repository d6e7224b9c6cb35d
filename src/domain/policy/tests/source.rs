//! Where a version comes from: pull requests, protected branches, tags.

use super::*;
use crate::domain::{
    manifest::{Allowed, Outdated, pattern::Patterns},
    policy::{Protection, PullRequest, Tag},
};

const FINE: PullRequest = PullRequest { number: 7, fork: false, draft: false, open: true, behind: Some(false) };

fn from_pull_request(seen: Option<PullRequest>) -> Scene {
    let mut scene = Scene::of(proposal(1, "ada", true));
    scene.proposal.version.as_mut().expect("a version").pull_request = Some(7);
    scene.seen.pull_request = seen;
    scene
}

#[test]
fn a_pull_requests_version_is_judged_by_what_is_known_of_it() {
    let (deny, allow) = (Allowed::Deny, Allowed::Allow);
    let fork = |fork| PullRequest { fork, ..FINE };
    let draft = |draft| PullRequest { draft, ..FINE };
    let behind = |behind| PullRequest { behind, ..FINE };
    let cases = [
        ("fine", Some(FINE), deny, deny, Outdated::Refuse, Verdict::Open),
        ("a fork", Some(fork(true)), deny, deny, Outdated::Refuse, Verdict::Refused),
        ("a fork, allowed", Some(fork(true)), allow, deny, Outdated::Refuse, Verdict::Open),
        ("a draft", Some(draft(true)), deny, deny, Outdated::Refuse, Verdict::Waiting),
        ("a draft, allowed", Some(draft(true)), deny, allow, Outdated::Refuse, Verdict::Open),
        ("behind", Some(behind(Some(true))), deny, deny, Outdated::Refuse, Verdict::Refused),
        ("behind, warned", Some(behind(Some(true))), deny, deny, Outdated::Warn, Verdict::Open),
        ("behind, allowed", Some(behind(Some(true))), deny, deny, Outdated::Allow, Verdict::Open),
        ("perhaps behind", Some(behind(None)), deny, deny, Outdated::Warn, Verdict::Waiting),
        ("perhaps behind, allowed", Some(behind(None)), deny, deny, Outdated::Allow, Verdict::Open),
        ("nothing is known", None, deny, deny, Outdated::Allow, Verdict::Waiting),
        ("nothing is known, all allowed", None, allow, allow, Outdated::Allow, Verdict::Open),
        ("another one is known", Some(PullRequest { number: 8, ..FINE }), deny, deny, Outdated::Allow, Verdict::Waiting),
    ];
    for (name, seen, forks, drafts, outdated, verdict) in cases {
        let mut scene = from_pull_request(seen);
        (scene.environment.forks, scene.environment.drafts, scene.environment.outdated) = (forks, drafts, outdated);
        assert_eq!(scene.verdict(), verdict, "{name}");
    }
}

#[test]
fn a_fork_never_comes_into_production() {
    let mut scene = from_pull_request(Some(PullRequest { fork: true, ..FINE }));
    scene.environment.forks = Allowed::Allow;
    scene.environment.production = true;
    scene.seen.protection = Some(Protection { reachable_from: "main".parse().ok(), known: true });
    assert_eq!(scene.verdict(), Verdict::Refused);
}

#[test]
fn what_is_from_no_pull_request_is_not_asked_about_one() {
    let scene = Scene::of(proposal(1, "ada", true));
    assert!(!scene.decide().gates.iter().any(|gate| matches!(gate.finding, Finding::Fork { .. } | Finding::Draft { .. })));
}

#[test]
fn production_takes_what_a_protected_branch_holds_alone() {
    let mut scene = Scene::of(proposal(1, "ada", true));
    let held = |branch: Option<&str>, known| Some(Protection { reachable_from: branch.and_then(|name| name.parse().ok()), known });
    for (production, seen, verdict) in [
        (false, None, Verdict::Open),
        (true, None, Verdict::Waiting),
        (true, held(None, true), Verdict::Waiting),
        (true, held(None, false), Verdict::Waiting),
        (true, held(Some("main"), true), Verdict::Open),
        (true, held(Some("main"), false), Verdict::Open),
    ] {
        scene.environment.production = production;
        scene.seen.protection = seen.clone();
        assert_eq!(scene.verdict(), verdict, "{seen:?}");
    }
}

#[test]
fn a_version_that_needs_a_tag_waits_until_there_is_one_on_these_files() {
    let mut scene = Scene::of(proposal(1, "ada", true));
    scene.environment.require_tag = Patterns::new(["v*"]).ok();
    let tag = |name: &str, commit, tree| Tag { name: name.parse().expect("a tag"), sha: sha(commit), tree: sha(tree) };
    let found = |scene: &Scene| match scene.gate(|finding| matches!(finding, Finding::Tagged { .. })).finding {
        Finding::Tagged { tag, .. } => tag.map(|tag| tag.to_string()),
        _ => None,
    };
    assert_eq!((scene.verdict(), found(&scene)), (Verdict::Waiting, None));
    scene.seen.tags = vec![tag("other", 'a', 'b'), tag("v9", 'c', 'c')];
    assert_eq!(found(&scene), None, "another pattern, other files");
    scene.seen.tags.push(tag("v1", 'd', 'b'));
    assert_eq!((scene.verdict(), found(&scene).as_deref()), (Verdict::Open, Some("v1")), "a commit with the same files");
    scene.seen.tags.push(tag("v0", 'a', 'b'));
    assert_eq!(found(&scene).as_deref(), Some("v0"), "the commit itself comes first");
    scene.proposal.version.as_mut().expect("a version").tag = "v2".parse().ok();
    assert_eq!(found(&scene).as_deref(), Some("v2"), "the one that it came by comes before all");
}
