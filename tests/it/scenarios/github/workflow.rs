//! `workflow`.

use super::{minutes, zipped};
use crate::support::{
    github::{Fault, Workflow},
    world::World,
};

const BUILD: &str = r#"
repository: acme/shop
environments:
  staging: { on: [{ push: main }] }
steps:
  - name: build
    workflow: {"file": "build.yml", "inputs": {"version": "{{ version.sha }}"}, "outputs": "artifact", "artifacts": ["web"]}
  - name: ship
    command:
      script: 'echo "$IMAGE $(cat web/index.html)" >> $ROOT/shipped'
      # a command's own variables are beside it
    env: { IMAGE: "{{ steps.build.image }}" }
"#;

const PLAIN: &str = r#"
repository: acme/shop
environments:
  staging: { on: [{ push: main }] }
steps:
  - name: build
    workflow: {"file": "build.yml", "inputs": {"version": "{{ version.sha }}"}}
"#;

fn built() -> Workflow {
    let outputs = zipped(&[("outputs.json", r#"{"image": "registry/shop@sha256:1"}"#)]);
    Workflow {
        artifacts: vec![("web", zipped(&[("index.html", "hello"), ("css/a.css", "a")])), ("botadura-outputs", outputs)],
        ..Workflow::default()
    }
}

/// A world in which this workflow is wanted.
fn wanted(manifest: &str, workflow: Workflow) -> (World, String) {
    let mut world = World::with(manifest).github().start();
    world.github().workflow("build.yml", workflow);
    world.github().ledger(world.root().join("ledger"));
    let sha = world.push("main", &[("VERSION", "1")]);
    (world, sha)
}

fn is(world: &World, result: &str) {
    assert_eq!(world.history("staging"), [format!("1 {result}")], "{}\n{}", world.timeline(), world.why(1));
}

fn fails(world: &World, because: &str) {
    is(world, "failed");
    assert!(world.why(1).contains(because), "{}", world.why(1));
}

#[test]
fn a_workflow_is_dispatched_followed_and_what_it_leaves_is_used() {
    let (mut world, sha) = wanted(BUILD, built());
    world.settle();
    is(&world, "running");
    for _ in 0..4 {
        world.advance(minutes(1));
    }
    is(&world, "succeeded");
    assert_eq!(world.read("shipped"), "registry/shop@sha256:1 hello\n");
    let runs = world.github().runs();
    let inputs: Vec<_> = runs.iter().map(|run| (run.inputs["version"].as_str(), run.reference.as_str())).collect();
    assert_eq!(inputs, [(Some(sha.as_str()), "main")]);
    assert_eq!(world.log(1), "build: success\ntest: in_progress\ntest: success\n");
}

#[test]
fn the_end_of_a_run_is_heard_of() {
    let (mut world, _) = wanted(PLAIN, Workflow { looks: None, ..Workflow::default() });
    world.settle();
    let run = world.github().runs()[0].id;
    world.github().end_run(run, "success");
    world.settle();
    is(&world, "running");
    let before = world.now();
    world.deliver("workflow_run", &world.github().workflow_run_payload(run));
    world.settle();
    is(&world, "succeeded");
    assert_eq!(world.now(), before);
}

#[test]
fn a_run_that_fails_names_its_job_and_step_and_where_to_look() {
    let (mut world, _) = wanted(PLAIN, Workflow { conclusion: "failure", ..Workflow::default() });
    world.settle();
    world.advance(minutes(1));
    fails(&world, "ended with failure: `test` at `unit tests`");
    assert!(world.why(1).contains("https://github.example/acme/shop/actions/runs/"), "{}", world.why(1));
}

#[test]
fn a_dispatch_whose_answer_is_lost_is_adopted_and_not_made_again() {
    for lag in [0, 1] {
        let (mut world, _) = wanted(PLAIN, Workflow::default());
        world.github().run_by("launcher[bot]", "build.yml");
        world.github().run_by("ada", "build.yml");
        world.github().spoil("dispatches", Fault::Unanswered, 1);
        world.settle();
        world.github().lag(lag);
        for _ in 0..4 {
            world.advance(minutes(1));
        }
        is(&world, "succeeded");
        assert_eq!(world.github().asked("dispatches"), 1);
        assert_eq!(world.github().runs().len(), 3);
    }
}

#[test]
fn a_dispatch_that_github_never_heard_is_made_again_after_two_looks_apart() {
    let (mut world, _) = wanted(PLAIN, Workflow::default());
    world.github().spoil("dispatches", Fault::Unheard, 1);
    world.settle();
    world.advance(std::time::Duration::from_secs(2));
    assert_eq!(world.github().asked("dispatches"), 1, "one look is not enough");
    for _ in 0..4 {
        world.advance(minutes(1));
    }
    is(&world, "succeeded");
    assert_eq!((world.github().asked("dispatches"), world.github().runs().len()), (2, 1));
}

#[test]
fn where_two_runs_may_be_the_one_a_person_is_asked() {
    let (mut world, _) = wanted(PLAIN, Workflow { looks: None, ..Workflow::default() });
    world.github().spoil("dispatches", Fault::Unanswered, 1);
    world.settle();
    let other = world.github().run_by("launcher[bot]", "build.yml");
    world.advance(minutes(1));
    is(&world, "needs_human");
    assert!(world.timeline().contains(&format!("gh run cancel {other} --repo acme/shop")), "{}", world.timeline());
    assert_eq!(world.github().asked("dispatches"), 1);
}

#[test]
fn an_older_server_does_not_say_which_run_it_is_and_it_is_found() {
    let (mut world, _) = wanted(PLAIN, Workflow { tells: false, ..Workflow::default() });
    world.github().lag(3);
    world.settle();
    for _ in 0..5 {
        world.advance(minutes(1));
    }
    is(&world, "succeeded");
    assert_eq!((world.github().asked("dispatches"), world.github().runs().len()), (1, 1));
}

#[test]
fn a_cancelled_deployment_cancels_its_run() {
    let (mut world, _) = wanted(PLAIN, Workflow { looks: None, ..Workflow::default() });
    world.settle();
    world.cancel("ada", 1);
    world.settle();
    world.advance(minutes(1));
    is(&world, "cancelled");
    let runs = world.github().runs();
    assert_eq!((runs[0].cancelled, runs[0].conclusion.as_deref()), (1, Some("cancelled")));
}

#[test]
fn a_run_that_takes_too_long_is_cancelled() {
    let (mut world, _) = wanted(PLAIN, Workflow { looks: None, ..Workflow::default() });
    world.settle();
    world.advance(minutes(59));
    is(&world, "running");
    world.advance(minutes(2));
    world.advance(minutes(1));
    fails(&world, "longer than it may");
    assert_eq!(world.github().runs()[0].cancelled, 1);
}

#[test]
fn a_workflow_that_is_not_there_or_refuses_its_inputs_says_so() {
    let mut world = World::with(PLAIN).github().start();
    world.push("main", &[("VERSION", "1")]);
    world.settle();
    fails(&world, ".github/workflows/build.yml");
    let (mut world, _) = wanted(PLAIN, Workflow::default());
    world.github().spoil("dispatches", Fault::Status(422), 1);
    world.settle();
    // It is looked for in vain, twice.
    world.advance(minutes(1));
    fails(&world, "on: workflow_dispatch");
    assert!(world.github().runs().is_empty());
}

#[test]
fn outputs_that_are_not_flat_texts_are_refused() {
    let deep = zipped(&[("outputs.json", r#"{"image": {"a": "b"}}"#)]);
    let large = zipped(&[("outputs.json", &format!(r#"{{"image": "{}"}}"#, "x".repeat(70_000)))]);
    let link = zipped(&[("other.json", "{}")]);
    for (zip, because) in
        [(deep, "is not a string"), (large, "larger than"), (link, "no `outputs.json`"), (b"no zip".to_vec(), "could not be read")]
    {
        let mut workflow = built();
        workflow.artifacts[1].1 = zip;
        let (mut world, _) = wanted(BUILD, workflow);
        world.settle();
        for _ in 0..3 {
            world.advance(minutes(1));
        }
        fails(&world, because);
    }
}

#[test]
fn an_artifact_that_leads_out_of_its_place_is_refused() {
    for name in ["../../evil", "/tmp/evil"] {
        let mut workflow = built();
        workflow.artifacts[0].1 = zipped(&[(name, "x")]);
        let (mut world, _) = wanted(BUILD, workflow);
        world.settle();
        for _ in 0..3 {
            world.advance(minutes(1));
        }
        fails(&world, "does not lie in it");
    }
}

#[test]
fn an_artifact_that_is_missing_is_named() {
    let mut workflow = built();
    workflow.artifacts.remove(0);
    let (mut world, _) = wanted(BUILD, workflow);
    world.settle();
    for _ in 0..3 {
        world.advance(minutes(1));
    }
    fails(&world, "no artifact `web`");
}

/// What the two looks are for: a list that lags for longer than both hides the run, and it is dispatched again.
#[test]
fn a_list_that_lags_for_longer_than_two_looks_is_not_enough_to_find_a_run() {
    let (mut world, _) = wanted(PLAIN, Workflow::default());
    world.github().spoil("dispatches", Fault::Unanswered, 1);
    world.settle();
    world.github().lag(2);
    for _ in 0..5 {
        world.advance(minutes(1));
    }
    assert_eq!(world.github().asked("dispatches"), 2);
}
