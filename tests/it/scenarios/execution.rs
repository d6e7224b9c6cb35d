//! What steps see, leave, and how they end.

use std::time::Duration;

use serde_json::json;

use crate::support::world::World;

/// Staging with these steps.
fn with(steps: &str) -> World {
    let head = "repository: acme/shop\nenvironments:\n  staging: { on: [{ push: main }], vars: { size: large } }\nsteps:\n";
    World::with(&format!("{head}{steps}")).start()
}

/// A push has come and all is over.
fn pushed(steps: &str) -> World {
    let mut world = with(steps);
    world.push("main", &[("VERSION", "1")]);
    world.settle();
    world
}

#[test]
fn what_a_command_writes_as_output_reaches_later_steps() {
    let world = pushed(
        r#"
  - name: build-it
    command: { script: 'echo "image=shop:7" >> "$BOTADURA_OUTPUT"' }
  - name: ship
    env: { IMAGE: "{{ steps.build-it.image }}", NONE: "{{ steps.build-it.none | default('nothing') }}" }
    command: { script: 'echo "$IMAGE $BOTADURA_STEPS_BUILD_IT_IMAGE $NONE" >> $ROOT/ledger' }
  - name: tell
    command: { argv: [touch, "$ROOT/{{ steps.build-it.image }}"] }
"#,
    );
    assert_eq!(world.read("ledger"), "shop:7 shop:7 nothing\n");
    assert!(world.root().join("shop:7").exists());
}

#[test]
fn what_a_target_and_a_check_tell_reaches_later_steps() {
    let mut world = with(
        r#"
  - name: site
    directory: { root: $ROOT/www }
  - name: check
    http: { url: "$SITE/current/VERSION" }
  - command: { argv: [touch, "$ROOT/{{ steps.site.release }}-{{ steps.check.status }}"] }
"#,
    );
    let sha = world.push("main", &[("VERSION", "1")]);
    world.settle();
    assert!(world.root().join(format!("1-{}-200", &sha[..7])).exists(), "{}", world.timeline());
}

#[test]
fn an_output_that_is_not_there_fails_the_step_that_wants_it() {
    let world = pushed(
        r#"
  - name: one
    command: { argv: ["true"] }
  - name: two
    command: { argv: [touch, "$ROOT/{{ steps.one.image }}"] }
"#,
    );
    assert_eq!(world.history("staging"), ["1 failed"]);
    assert!(world.why(1).contains("steps.one.image"), "{}", world.why(1));
}

#[test]
fn an_output_that_holds_a_secret_is_refused() {
    let world = pushed(
        r#"
  - name: leak
    secrets: { PASSWORD: { env: DEPLOY_PASSWORD } }
    command: { script: 'echo "password=$PASSWORD" >> "$BOTADURA_OUTPUT"' }
"#,
    );
    assert_eq!(world.history("staging"), ["1 failed"]);
    assert!(world.why(1).contains("holds a secret") && !world.told(1).to_string().contains("correct horse"), "{}", world.why(1));
}

#[test]
fn a_command_finds_what_is_declared_in_its_environment_and_nothing_else() {
    let mut world = with("  - command: { script: 'env | cut -d= -f1 | sort > $ROOT/names; env > $ROOT/values' }\n    env: { OWN: mine }\n");
    let sha = world.push("main", &[("VERSION", "1")]);
    world.settle();
    let names = world.lines("names");
    let ours = |name: &&String| !["PWD", "SHLVL", "_"].contains(&name.as_str());
    let names: Vec<&str> = names.iter().filter(ours).map(String::as_str).collect();
    let expected = [
        "BOTADURA_ACTOR",
        "BOTADURA_APPLICATION",
        "BOTADURA_DEPLOYMENT",
        "BOTADURA_ENVIRONMENT",
        "BOTADURA_OUTPUT",
        "BOTADURA_REF",
        "BOTADURA_SHA",
        "BOTADURA_VARS_SIZE",
        "HOME",
        "LANG",
        "OWN",
        "PATH",
        "TMPDIR",
    ];
    assert_eq!(names, expected);
    let values = world.lines("values");
    let expected = [
        "OWN=mine".to_owned(),
        "BOTADURA_ACTOR=ada".to_owned(),
        "BOTADURA_APPLICATION=shop".to_owned(),
        "BOTADURA_REF=main".to_owned(),
        format!("BOTADURA_SHA={sha}"),
        "BOTADURA_VARS_SIZE=large".to_owned(),
    ];
    for line in expected {
        assert!(values.contains(&line), "{line} is not in {values:#?}");
    }
    let home = values.iter().find_map(|line| line.strip_prefix("HOME=")).expect("a home");
    assert_ne!(Some(home), std::env::var("HOME").ok().as_deref());
}

#[test]
fn a_missing_secret_fails_the_step_and_says_which() {
    let world = pushed("  - command: { script: 'touch $ROOT/ran' }\n    secrets: { S: { env: NO_SUCH_SECRET } }\n");
    assert_eq!(world.history("staging"), ["1 failed"]);
    assert!(world.why(1).contains("NO_SUCH_SECRET"), "{}", world.why(1));
    assert!(!world.root().join("ran").exists());
}

#[test]
fn a_missing_program_fails_the_step_and_says_which() {
    let world = pushed("  - command: { argv: [no-such-program, --help] }\n");
    assert_eq!(world.history("staging"), ["1 failed"]);
    assert!(world.why(1).contains("no-such-program"), "{}", world.why(1));
}

#[test]
fn secrets_are_taken_out_of_what_a_step_prints_however_they_are_written() {
    let world = pushed(
        r#"
  - name: chatter
    secrets: { PASSWORD: { env: DEPLOY_PASSWORD } }
    command:
      script: |
        echo "raw $PASSWORD"
        echo "base64 $(printf %s "$PASSWORD" | base64)"
        echo "url $(printf %s "$PASSWORD" | sed 's/ /%20/g') and $(printf %s "$PASSWORD" | sed 's/ /+/g')"
        printf 'in two '; printf 'correct hor'; sleep 0.1; echo 'se battery'
        echo "plain words stay"
"#,
    );
    assert_eq!(world.history("staging"), ["1 succeeded"]);
    let log = world.log(1);
    for leak in ["correct horse", "Y29ycmVjdCBob3JzZSBiYXR0ZXJ5", "correct%20horse", "correct+horse"] {
        assert!(!log.contains(leak), "{leak} in {log}");
    }
    assert!(log.contains("raw ") && log.contains("plain words stay"), "{log}");
}

#[test]
fn a_secret_that_json_writes_otherwise_is_taken_out_too() {
    let world = pushed(
        r#"
  - name: chatter
    secrets: { P: { env: QUOTED_PASSWORD } }
    command: { script: 'echo "{\"password\": \"$(printf %s "$P" | sed "s/[\\\\\"]/\\\\&/g")\"}"; echo over' }
"#,
    );
    let log = world.log(1);
    assert_eq!(world.history("staging"), ["1 succeeded"], "{log}");
    assert!(!log.contains("quoted") && log.contains("password") && log.contains("over"), "{log}");
}

#[test]
fn a_secret_is_taken_out_of_the_reason_of_a_failure() {
    let world = pushed("  - command: { script: 'echo \"no: $P\" >&2; exit 3' }\n    secrets: { P: { env: DEPLOY_PASSWORD } }\n");
    assert_eq!(world.history("staging"), ["1 failed"]);
    let told = world.told(1).to_string();
    assert!(told.contains("no: ") && !told.contains("correct horse"), "{told}");
    assert!(!world.timeline().contains("correct horse"));
}

#[test]
fn the_steps_of_a_group_run_side_by_side() {
    // Each waits for the other: one after the other would never end.
    let one = |own: &str, other: &str| {
        format!(
            "      - name: {own}\n        command: {{ script: 'touch $ROOT/{own}; until [ -e $ROOT/{other} ]; do sleep 0.02; done' }}\n"
        )
    };
    let mut world =
        with(&format!("  - parallel:\n{}{}  - command: {{ script: 'touch $ROOT/after' }}\n", one("left", "right"), one("right", "left")));
    world.push("main", &[("VERSION", "1")]);
    world.settle();
    assert_eq!(world.history("staging"), ["1 succeeded"]);
    assert!(world.root().join("after").exists());
}

#[test]
fn when_one_of_a_group_fails_the_others_are_stopped_and_nothing_follows() {
    let mut world = with(
        r#"
  - parallel:
      - name: slow
        command: { script: 'sleep 1000 & echo $! > $ROOT/child; echo $$ > $ROOT/parent; touch $ROOT/slow; wait' }
      - name: broken
        command: { script: 'until [ -e $ROOT/slow ]; do sleep 0.02; done; exit 9' }
  - command: { script: 'touch $ROOT/after' }
"#,
    );
    world.push("main", &[("VERSION", "1")]);
    world.settle();
    assert_eq!(world.history("staging"), ["1 failed"]);
    assert!(!world.root().join("after").exists());
    assert!(!world.lives("child") && !world.lives("parent"));
    assert!(world.timeline().contains("failed at broken"), "{}", world.timeline());
}

#[test]
fn a_step_is_tried_again_as_often_as_the_file_says() {
    let steps = |retries: u32| {
        format!(
            "  - name: shaky\n    retries: {retries}\n    command: {{ script: 'echo try >> $ROOT/ledger; [ $(wc -l < $ROOT/ledger) -ge 3 ]' }}\n"
        )
    };
    for (retries, ends, tries) in [(2, "1 succeeded", 3), (1, "1 failed", 2), (0, "1 failed", 1)] {
        let mut world = pushed(&steps(retries));
        for _ in 0..5 {
            world.advance(Duration::from_secs(5));
        }
        assert_eq!(world.history("staging"), [ends]);
        assert_eq!(world.lines("ledger").len(), tries);
    }
}

#[test]
fn a_step_that_takes_too_long_is_ended_with_all_that_it_started() {
    let mut world =
        with("  - name: slow\n    timeout: 1m\n    command: { script: 'sleep 1000 & echo $! > $ROOT/child; touch $ROOT/begun; wait' }\n");
    world.push("main", &[("VERSION", "1")]);
    world.made("begun");
    assert!(world.lives("child"));
    world.advance(Duration::from_secs(61));
    assert_eq!(world.history("staging"), ["1 failed"]);
    assert!(world.why(1).contains("longer than 1m"), "{}", world.why(1));
    assert!(!world.lives("child"));
}

#[test]
fn what_a_step_produces_reaches_a_later_one_although_the_workspace_is_gone() {
    let mut world = with(
        r#"
  - name: make
    command: { script: 'mkdir -p dist/deep; cp VERSION dist/deep/copy; echo stray > stray' }
    produces: [dist]
  - name: hold
    command: { script: 'touch $ROOT/holding; while [ -e $ROOT/stay ]; do sleep 0.02; done' }
  - name: use
    command: { script: 'cat dist/deep/copy VERSION >> $ROOT/ledger; [ ! -e stray ]' }
  - name: site
    directory: { root: $ROOT/www, from: { step: make, path: dist } }
"#,
    );
    world.write("stay", "");
    world.push("main", &[("VERSION", "1\n")]);
    world.made("holding");
    world.forget("data/workspaces");
    world.unblock("stay");
    world.settle();
    assert_eq!(world.history("staging"), ["1 succeeded"], "{}", world.why(1));
    assert_eq!(world.read("ledger"), "1\n1\n");
    assert_eq!(world.read("www/current/deep/copy"), "1\n");
}

#[test]
fn what_is_not_produced_does_not_outlive_the_workspace() {
    let mut world = with(
        r#"
  - command: { script: 'touch stray; touch $ROOT/holding; while [ -e $ROOT/stay ]; do sleep 0.02; done' }
  - command: { script: '[ ! -e stray ]' }
"#,
    );
    world.write("stay", "");
    world.push("main", &[("VERSION", "1")]);
    world.made("holding");
    world.forget("data/workspaces");
    world.unblock("stay");
    world.settle();
    assert_eq!(world.history("staging"), ["1 succeeded"], "{}", world.why(1));
}

#[test]
fn what_should_be_kept_and_is_not_there_fails_the_step() {
    for (script, ends) in
        [("mkdir out; echo dump > out/a.sql", "1 succeeded"), ("true", "1 failed"), ("mkdir out; touch out/a.sql", "1 failed")]
    {
        let world = pushed(&format!("  - command: {{ script: '{script}' }}\n    keep: [\"out/*.sql\"]\n"));
        assert_eq!(world.history("staging"), [ends], "{script}: {}", world.why(1));
    }
}

#[test]
fn what_should_be_produced_and_is_not_there_fails_the_step() {
    let world = pushed("  - command: { script: 'true' }\n    produces: [dist]\n");
    assert_eq!(world.history("staging"), ["1 failed"]);
    assert!(world.why(1).contains("dist"), "{}", world.why(1));
}

#[test]
fn a_check_of_the_web_asks_until_it_is_right_or_has_asked_often_enough() {
    let steps = "  - http: { url: \"$SITE/health\", attempts: 3, every: 10s, expect: { body_contains: fine } }\n";
    let mut world = pushed(steps);
    world.write("www/health", "not yet");
    world.advance(Duration::from_secs(10));
    world.write("www/health", "all fine");
    world.advance(Duration::from_secs(10));
    assert_eq!(world.history("staging"), ["1 succeeded"]);
    assert_eq!(world.site.requests(), ["GET /health"; 3]);
    let mut world = pushed(steps);
    for _ in 0..4 {
        world.advance(Duration::from_secs(10));
    }
    assert_eq!((world.history("staging"), world.site.requests().len()), (vec!["1 failed".to_owned()], 3));
}

#[test]
fn a_step_runs_only_where_the_file_says() {
    let steps = r#"
repository: acme/shop
environments:
  staging: { on: [{ push: main }] }
  production: { on: [{ push: main }] }
steps:
  - { only: [staging], command: { script: 'echo "$BOTADURA_ENVIRONMENT only" >> $ROOT/staging' } }
  - { except: [staging], command: { script: 'echo "$BOTADURA_ENVIRONMENT except" >> $ROOT/production' } }
"#;
    let mut world = World::with(steps).start();
    world.push("main", &[("VERSION", "1")]);
    world.settle();
    assert_eq!((world.read("staging"), world.read("production")), ("staging only\n".to_owned(), "production except\n".to_owned()));
}

#[test]
fn a_branchs_name_never_becomes_a_part_of_a_script() {
    let head = "repository: acme/shop\nenvironments:\n  staging: { on: [{ push: \"**\" }] }\nsteps:\n";
    let steps = "  - command: { argv: [touch, \"$ROOT/as-{{ version.short }}-{{ environment.name }}\"] }\n  - command: { script: 'echo \"$BOTADURA_REF\" >> $ROOT/ledger' }\n";
    let mut world = World::with(&format!("{head}{steps}")).start();
    let branch = "x$(touch${IFS}pwned);`id`";
    let sha = world.push(branch, &[("VERSION", "1")]);
    world.settle();
    assert_eq!(world.read("ledger"), format!("{branch}\n"));
    assert!(world.root().join(format!("as-{}-staging", &sha[..7])).exists());
}

#[test]
fn a_failure_tells_where_to_look_and_what_to_do() {
    let world = pushed("  - name: build\n    command: { script: 'echo it is broken; exit 4' }\n");
    assert_eq!(world.told(1)["summary"]["result"], json!("failed"));
    insta::assert_snapshot!(world.timeline());
}
