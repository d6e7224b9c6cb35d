//! What people must tick first.

use super::{stays::passage, *};
use crate::domain::{
    manifest::{After, Point, Promote, Satisfied, pattern::Patterns},
    policy::{Tick, stays},
};

fn point(text: &str, satisfied_by: Option<Satisfied>) -> Point {
    Point { text: text.to_owned(), satisfied_by }
}

fn tick(environment: &str, point: &str, commit: char, tree: char) -> Tick {
    let environment = environment.parse().expect("an environment");
    Tick { environment, sha: sha(commit), tree: sha(tree), point: point.to_owned(), by: person("lucia"), at: at(1) }
}

#[test]
fn every_point_is_ticked_here_for_this_version_or_for_the_same_files() {
    let mut scene = Scene::of(proposal(1, "ada", true));
    scene.environment.checklist.before = vec![point("Team told", None), point("Plan ready", None)];
    assert_eq!(scene.verdict(), Verdict::Waiting);
    let cases = [
        ("the commit and the files", tick("shop/production", "Plan ready", 'a', 'f'), tick("shop/production", "Team told", 'f', 'b'), true),
        ("one twice", tick("shop/production", "Plan ready", 'a', 'b'), tick("shop/production", "Plan ready", 'f', 'b'), false),
        ("elsewhere", tick("shop/production", "Plan ready", 'a', 'b'), tick("shop/staging", "Team told", 'a', 'b'), false),
        ("other files", tick("shop/production", "Plan ready", 'a', 'b'), tick("shop/production", "Team told", 'e', 'f'), false),
    ];
    for (name, one, other, open) in cases {
        scene.known.ticks = vec![one, other];
        assert_eq!(scene.verdict() == Verdict::Open, open, "{name}");
    }
}

#[test]
fn points_are_satisfied_by_steps_and_by_changed_files() {
    let mut scene = Scene::of(proposal(1, "ada", true));
    let changed = Satisfied::Changed(Patterns::new(["CHANGELOG.md"]).expect("patterns"));
    scene.environment.checklist.before =
        vec![point("Told", Some(changed)), point("Tested", Some(Satisfied::Step("e2e".parse().expect("a name"))))];
    let open = |scene: &Scene| {
        let gate = scene.gate(|finding| matches!(finding, Finding::Checklist { .. }));
        gate.parts.iter().map(|part| part.verdict == Verdict::Open).collect::<Vec<_>>()
    };
    assert_eq!(open(&scene), [false, false], "no comparison is to be had");
    scene.seen.changed = Some(vec!["src/main.rs".to_owned()]);
    assert_eq!(open(&scene), [false, false]);
    scene.seen.changed = Some(vec!["src/main.rs".to_owned(), "CHANGELOG.md".to_owned()]);
    assert_eq!(open(&scene), [true, false]);
    scene.known.done = ["e2e".parse().expect("a name")].into();
    assert_eq!((open(&scene), scene.verdict()), (vec![true, true], Verdict::Open));
}

#[test]
fn the_points_of_where_it_must_have_been_are_ticked_there() {
    let mut scene = Scene::of(proposal(9, "ada", true));
    let environment = "staging".parse().expect("a name");
    scene.environment.after = Some(After { environment, soak: None, promote: Promote::Manual, checklist: true });
    let staging = scene.application.environments.get_mut(&name("staging")).expect("it is there");
    staging.checklist.before = vec![point("Data loaded", None)];
    staging.checklist.leaving = vec![point("Login works", None)];
    scene.known.stays = stays(&[passage(3, 'a', 0)]);
    let gate = |scene: &Scene| scene.gate(|finding| matches!(finding, Finding::Checklist { .. }));
    let Finding::Checklist { id, ticked, points, .. } = gate(&scene).finding else { unreachable!("it was looked for") };
    assert_eq!((id, ticked, points), (Some(DeploymentId(3)), 0, 1));
    assert!(matches!(gate(&scene).parts[0].finding, Finding::Point { number: 2, .. }), "numbers count all points of staging");
    scene.known.ticks = vec![tick("shop/staging", "Login works", 'a', 'a')];
    assert_eq!(scene.verdict(), Verdict::Open);
}
