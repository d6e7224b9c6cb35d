//! Times in which nothing begins.

use std::time::Duration;

use serde_json::json;

use crate::support::world::World;

/// Staging by `main`, with these freezes. The one step can be held up.
fn world(freeze: &str) -> World {
    World::with(&format!(
        r#"
repository: acme/shop
environments: {{ staging: {{ on: [{{ push: main }}], freeze: [{freeze}] }} }}
steps:
  - name: ship
    command:
      script: |
        touch $ROOT/at-$BOTADURA_DEPLOYMENT
        while [ -e $ROOT/stay ]; do sleep 0.02; done
        echo "$BOTADURA_DEPLOYMENT" >> $ROOT/ledger
"#
    ))
    .start()
}

/// The same with something to go back to.
fn restorable(freeze: &str) -> World {
    World::with(&format!(
        "repository: acme/shop\nenvironments: {{ staging: {{ on: [{{ push: main }}], freeze: [{freeze}] }} }}\n\
         steps: [{{ name: site, directory: {{ root: $ROOT/www, from: site }} }}]\n"
    ))
    .start()
}

fn weekend(zone: &str) -> String {
    format!("{{ from: \"Fri 16:00\", to: \"Mon 08:00\", zone: {zone}, reason: weekend }}")
}

#[test]
fn out_of_hours_a_push_waits_and_begins_when_they_are_over() {
    let mut world = world(&weekend("America/Mexico_City"));
    world.wait_until("2026-03-06T21:59:59Z");
    world.push("main", &[("VERSION", "1")]);
    world.settle();
    assert_eq!(world.history("staging"), ["1 succeeded"], "a second before it begins");
    world.wait_until("2026-03-06T22:00:00Z");
    world.push("main", &[("VERSION", "2")]);
    world.settle();
    assert_eq!(world.waits_for(2)["opens"], json!("2026-03-09T14:00:00Z"));
    assert!(world.timeline().contains("nothing begins now (weekend)"), "{}", world.timeline());
    world.wait_until("2026-03-09T13:59:59Z");
    assert_eq!(world.history("staging").len(), 1);
    world.wait_until("2026-03-09T14:00:00Z");
    assert_eq!(world.history("staging"), ["1 succeeded", "2 succeeded"]);
}

#[test]
fn a_freeze_ends_on_the_zones_own_clock_also_where_that_was_set_meanwhile() {
    for (zone, during, ends) in [
        ("Europe/Madrid", "2026-03-28T12:00:00Z", "2026-03-30T06:00:00Z"),
        ("America/New_York", "2026-03-07T12:00:00Z", "2026-03-09T12:00:00Z"),
        ("Europe/Madrid", "2026-10-24T12:00:00Z", "2026-10-26T07:00:00Z"),
        ("America/New_York", "2026-10-31T12:00:00Z", "2026-11-02T13:00:00Z"),
    ] {
        let mut world = world(&weekend(zone));
        world.wait_until(during);
        world.push("main", &[("VERSION", "1")]);
        world.settle();
        assert_eq!(world.waits_for(1)["opens"], json!(ends), "{zone}");
        let end: jiff::Timestamp = ends.parse().expect("a time");
        world.wait_until(&(end - jiff::SignedDuration::from_secs(1)).to_string());
        assert!(world.history("staging").is_empty(), "{zone}");
        world.advance(Duration::from_secs(1));
        assert_eq!(world.history("staging"), ["1 succeeded"], "{zone}");
    }
}

#[test]
fn a_freeze_never_stops_what_has_begun() {
    let mut world = world(&weekend("UTC"));
    world.wait_until("2026-03-06T15:59:00Z");
    world.write("stay", "");
    world.push("main", &[("VERSION", "1")]);
    world.made("at-1");
    world.clock.advance(Duration::from_mins(20));
    world.unblock("stay");
    world.settle();
    assert_eq!(world.history("staging"), ["1 succeeded"]);
}

#[test]
fn a_rollback_heeds_no_freeze() {
    let mut world = restorable(&weekend("UTC"));
    for version in ["1", "2"] {
        world.push("main", &[("site/index.html", version)]);
        world.settle();
    }
    world.wait_until("2026-03-07T12:00:00Z");
    world.roll_back("lucia", "staging");
    world.settle();
    assert_eq!(world.history("staging"), ["1 succeeded", "2 succeeded", "3 succeeded"]);
}

/// A week of gates, with a deployment at each time that is free.
#[test]
fn a_week_of_gates_passes_in_a_moment() {
    let mut world = world(
        "{ from: \"Fri 16:00\", to: \"Mon 08:00\", zone: UTC, reason: weekend }, { from: \"18:00\", to: \"09:00\", zone: UTC, reason: night }",
    );
    let mut seen = 0;
    let mut began = Vec::new();
    for hour in 0..24 * 7 {
        if hour % 6 == 0 {
            world.push("main", &[("VERSION", &hour.to_string())]);
        }
        world.settle();
        let all = world.history("staging");
        began.extend(all[seen..].iter().map(|one| format!("{} {one}", world.now().strftime("%a %H:%M"))));
        seen = all.len();
        world.advance(Duration::from_hours(1));
    }
    insta::assert_snapshot!(began.join("\n"));
}
