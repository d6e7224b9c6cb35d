//! The scenarios that are swept.

use botadura::domain::{ids::DeploymentId, request::Ask};

use super::{Scenario, Snapshot};
use crate::{
    scenarios::zipped,
    support::{github::Workflow, world::World},
};

/// A build, what it produces in a folder, and a check. The version whose number is 13 is a bad one.
const SHOP: &str = r#"
repository: acme/shop
environments:
  staging: { on: [{ push: main }] }
steps:
  - name: build
    command:
      script: |
        echo "$BOTADURA_DEPLOYMENT build" >> $ROOT/ledger
        mkdir -p dist && cp VERSION dist/
    build: true
    produces: [dist]
  - name: site
    directory: { root: $ROOT/site, from: { step: build, path: dist } }
  - name: check
    command:
      script: |
        echo "$BOTADURA_DEPLOYMENT check" >> $ROOT/ledger
        test "$(cat VERSION)" != 13
    verify: true
"#;

/// Two folders side by side, then the check.
const PAIR: &str = r#"
repository: acme/shop
environments:
  staging: { on: [{ push: main }] }
steps:
  - parallel:
      - name: left
        directory: { root: $ROOT/site-left, from: . }
      - name: right
        directory: { root: $ROOT/site-right, from: . }
      - name: tell
        command: { script: 'echo "$BOTADURA_DEPLOYMENT tell" >> $ROOT/ledger' }
  - name: check
    command:
      script: |
        echo "$BOTADURA_DEPLOYMENT check" >> $ROOT/ledger
        test "$(cat VERSION)" != 13
"#;

/// A folder, then something that takes its time.
const SLOW: &str = r#"
repository: acme/shop
environments:
  staging: { on: [{ push: main }] }
steps:
  - name: site
    directory: { root: $ROOT/site, from: . }
  - name: slow
    command:
      script: |
        echo "$BOTADURA_DEPLOYMENT slow begins" >> $ROOT/ledger
        until test -e go || test "$(cat VERSION)" = 1; do sleep 0.05; done
        echo "$BOTADURA_DEPLOYMENT slow ends" >> $ROOT/ledger
"#;

/// A real application behind the router, and a request to it.
const SERVED: &str = r#"
repository: acme/shop
environments:
  staging: { on: [{ push: main }] }
steps:
  - name: build
    command:
      script: |
        echo "$BOTADURA_DEPLOYMENT build" >> $ROOT/ledger
        mkdir -p dist && cp VERSION version.txt catalogue.json index.html dist/
    build: true
    produces: [dist]
  - name: site
    directory:
      root: $ROOT/site
      from: { step: build, path: dist }
      serve: { command: ["$BINARY", demo-app], ready: /version, listen: "127.0.0.1:$PORT", drain: 1s }
  - name: health
    http: { url: "http://127.0.0.1:$PORT/health", expect: { status: 200 }, attempts: 2, every: 1s }
"#;

/// GitHub's checks, a workflow that builds, and what it built in a folder.
const ON_GITHUB: &str = r#"
repository: acme/shop
environments:
  staging: { on: [{ push: main }] }
steps:
  - name: gate
    checks: ["unit"]
  - name: build
    workflow: {"file": "build.yml", "inputs": {"version": "{{ version.sha }}"}, "outputs": "artifact", "artifacts": ["web"]}
  - name: use
    command:
      script: 'echo "$BOTADURA_DEPLOYMENT $IMAGE $(cat web/index.html) $(cat VERSION)" >> $ROOT/ledger'
    env: { IMAGE: "{{ steps.build.image }}" }
"#;

const SUCCESS: Scenario = Scenario {
    name: "success",
    manifest: SHOP,
    given: nothing,
    when: |world| push(world, "1"),
    halved: false,
    then: |world, left| {
        assert_eq!(left.history, ["1 succeeded"], "{}", world.timeline());
        assert_eq!(left.ledger, ["1 build", "1 check"]);
        stands(left, "site", "1");
    },
};

const FAILURE: Scenario = Scenario {
    name: "failure with rollback",
    manifest: SHOP,
    given: |world| push(world, "1"),
    when: |world| push(world, "13"),
    halved: false,
    then: |world, left| {
        assert_eq!(left.history, ["1 succeeded", "2 failed", "3 succeeded"], "{}", world.timeline());
        assert_eq!(left.ledger, ["1 build", "1 check", "2 build", "2 check", "3 check"]);
        stands(left, "site", "1");
    },
};

const CANCEL: Scenario = Scenario {
    name: "cancel in the middle of a command",
    manifest: SLOW,
    given: |world| push(world, "1"),
    when: |world| {
        push(world, "2");
        let over = |world: &World| !snapshot_is_open(world, "2 running");
        world.wait_for("the command", |world| world.read("ledger").contains("2 slow begins") || over(world));
        world.insist(&Ask::Cancel { deployment: DeploymentId(2), leave: false });
    },
    halved: false,
    then: |world, left| {
        assert_eq!(left.history, ["1 succeeded", "2 cancelled", "3 succeeded"], "{}", world.timeline());
        assert_eq!(left.ledger, ["1 slow begins", "1 slow ends", "2 slow begins"]);
        stands(left, "site", "1");
    },
};

const PARALLEL: Scenario = Scenario {
    name: "a parallel group that goes back",
    manifest: PAIR,
    given: |world| push(world, "1"),
    when: |world| push(world, "13"),
    halved: true,
    then: |world, left| {
        assert_eq!(left.history, ["1 succeeded", "2 failed", "3 succeeded"], "{}", world.timeline());
        assert_eq!(left.ledger, ["1 check", "1 tell", "2 check", "2 tell"]);
        stands(left, "site-left", "1");
        stands(left, "site-right", "1");
    },
};

const ROLLBACK: Scenario = Scenario {
    name: "rollback by command",
    manifest: SHOP,
    given: |world| {
        push(world, "1");
        super::finish(world);
        push(world, "2");
    },
    when: |world| {
        let environment = world.id("staging");
        world.insist(&Ask::Rollback { environment, to: None, with_undo: false, steal: false });
    },
    halved: false,
    then: |world, left| {
        assert_eq!(left.history, ["1 succeeded", "2 succeeded", "3 succeeded"], "{}", world.timeline());
        assert_eq!(left.ledger, ["1 build", "1 check", "2 build", "2 check", "3 check"]);
        stands(left, "site", "1");
    },
};

const FIRST: Scenario = Scenario {
    name: "a first deployment that fails",
    manifest: PAIR,
    given: nothing,
    when: |world| push(world, "13"),
    halved: true,
    then: |world, left| {
        assert_eq!(left.history, ["1 failed", "2 succeeded"], "{}", world.timeline());
        assert!(left.sites.is_empty(), "{:?}", left.sites);
    },
};

const BEHIND_THE_ROUTER: Scenario = Scenario {
    name: "a served application that goes back",
    manifest: SERVED,
    given: |world| serve(world, "1", r#"{"name":"Shop","motto":"m","accent":"red","products":[{"name":"a","price":"1","picture":"p"}]}"#),
    when: |world| serve(world, "2", "not a catalogue"),
    halved: true,
    then: |world, left| {
        assert_eq!(left.history, ["1 succeeded", "2 failed", "3 succeeded"], "{}", world.timeline());
        stands(left, "site", "1");
        let served: Vec<_> = left.sites["site"].served.iter().map(|(release, count)| (&release[..2], *count)).collect();
        assert_eq!(served, [("1-", 1)]);
    },
};

const GITHUB: Scenario = Scenario {
    name: "checks and a workflow",
    manifest: ON_GITHUB,
    given: |world| github(world, Some(2)),
    when: |world| push(world, "1"),
    halved: true,
    then: |world, left| {
        assert_eq!(left.history, ["1 succeeded"], "{}", world.timeline());
        let sha = world.sha(1);
        assert_eq!(left.ledger, ["1 registry/shop@sha256:1 hello 1".to_owned(), format!("build.yml {sha}")]);
    },
};

const GITHUB_CANCELLED: Scenario = Scenario {
    name: "a workflow that is cancelled",
    manifest: ON_GITHUB,
    given: |world| github(world, None),
    when: |world| {
        push(world, "1");
        let over = |world: &World| world.history("staging").iter().any(|line| line != "1 running");
        world.wait_for("the run", |world| !world.github().runs().is_empty() || over(world));
        world.insist(&Ask::Cancel { deployment: DeploymentId(1), leave: false });
        super::finish(world);
        let open = world.github().runs().into_iter().filter(|run| run.conclusion.is_none()).count();
        assert_eq!(open, 0, "a run is left: {}", world.timeline());
    },
    halved: true,
    then: |world, left| {
        assert_eq!(left.history, ["1 cancelled"], "{}", world.timeline());
        assert_eq!(left.ledger, [format!("build.yml {}", world.sha(1))]);
    },
};

fn nothing(_: &mut World) {}

/// The check has passed, and runs go on for this many looks.
fn github(world: &mut World, looks: Option<u32>) {
    world.github().always_passes("unit");
    world.github().ledger(world.root().join("ledger"));
    let outputs = zipped(&[("outputs.json", r#"{"image": "registry/shop@sha256:1"}"#)]);
    let artifacts = vec![("web", zipped(&[("index.html", "hello")])), ("botadura-outputs", outputs)];
    world.github().workflow("build.yml", Workflow { looks, artifacts, ..Workflow::default() });
}

fn push(world: &mut World, version: &str) {
    world.push("main", &[("VERSION", version)]);
}

fn serve(world: &mut World, version: &str, catalogue: &str) {
    world.push("main", &[("VERSION", version), ("version.txt", version), ("catalogue.json", catalogue), ("index.html", "{{name}}")]);
}

fn snapshot_is_open(world: &World, line: &str) -> bool {
    let history = world.history("staging");
    history.len() < 2 || history.iter().any(|one| one == line)
}

fn stands(left: &Snapshot, site: &str, version: &str) {
    assert_eq!(left.sites[site].current.as_deref(), Some(version), "{left:#?}");
    assert!(
        !left.sites[site].releases.iter().any(|release| std::path::Path::new(release).extension().is_some_and(|end| end == "tmp")),
        "{left:#?}"
    );
}

macro_rules! swept {
    ($($module:ident = $scenario:ident;)*) => {
        $(mod $module {
            #[test]
            fn survives_every_crash() {
                super::$scenario.survives_every_crash();
            }

            #[test]
            fn may_be_asked_twice() {
                super::$scenario.may_be_asked_twice();
            }

            #[test]
            fn fails_well_everywhere() {
                super::$scenario.fails_well_everywhere();
            }
        })*
    };
}

swept! {
    success = SUCCESS;
    failure = FAILURE;
    cancel = CANCEL;
    parallel = PARALLEL;
    rollback = ROLLBACK;
    first = FIRST;
    served = BEHIND_THE_ROUTER;
    github = GITHUB;
    github_cancelled = GITHUB_CANCELLED;
}
