//! When nothing begins.

use super::*;
use crate::domain::manifest::{Freeze, window::Edge};

fn weekend() -> Freeze {
    let edge = |day, hour| Edge::Weekly(day, jiff::civil::time(hour, 0, 0, 0));
    let (from, to) = (edge(jiff::civil::Weekday::Friday, 16), edge(jiff::civil::Weekday::Monday, 8));
    Freeze { from, to, zone: "America/Mexico_City".to_owned(), reason: Some("weekend".to_owned()) }
}

fn moment(text: &str) -> Timestamp {
    text.parse().expect("a time")
}

#[test]
fn a_freeze_says_why_and_opens_by_itself() {
    let mut scene = Scene::of(proposal(1, "ada", true));
    scene.environment.freeze = vec![weekend()];
    scene.now = moment("2026-11-27T21:59:59Z");
    assert_eq!(scene.verdict(), Verdict::Open, "Friday 15:59:59 in Mexico City");
    scene.now = moment("2026-11-27T22:00:00Z");
    let gate = scene.gate(|finding| matches!(finding, Finding::Frozen { .. }));
    assert_eq!((gate.verdict, gate.opens), (Verdict::Waiting, Some(moment("2026-11-30T14:00:00Z"))));
    scene.now = moment("2026-11-30T14:00:00Z");
    assert_eq!(scene.verdict(), Verdict::Open, "Monday 08:00");
}

#[test]
fn windows_that_touch_are_one() {
    let mut scene = Scene::of(proposal(1, "ada", true));
    let monday = |from, to| {
        let edge = |hour| Edge::Weekly(jiff::civil::Weekday::Monday, jiff::civil::time(hour, 0, 0, 0));
        Freeze { from: edge(from), to: edge(to), ..weekend() }
    };
    scene.environment.freeze = vec![monday(9, 12), weekend(), monday(8, 10)];
    scene.now = moment("2026-11-28T12:00:00Z");
    let gate = scene.gate(|finding| matches!(finding, Finding::Frozen { .. }));
    assert_eq!(gate.opens, Some(moment("2026-11-30T18:00:00Z")), "Monday 12:00");
}

#[test]
fn windows_that_never_end_open_never() {
    let mut scene = Scene::of(proposal(1, "ada", true));
    let daily = |from, to| {
        let edge = |hour| Edge::Daily(jiff::civil::time(hour, 0, 0, 0));
        Freeze { from: edge(from), to: edge(to), ..weekend() }
    };
    scene.environment.freeze = vec![daily(0, 12), daily(12, 0)];
    let gate = scene.gate(|finding| matches!(finding, Finding::Frozen { .. }));
    assert_eq!((gate.verdict, gate.opens), (Verdict::Waiting, None));
}

#[test]
fn a_zone_that_nobody_knows_keeps_everything_closed() {
    let mut scene = Scene::of(proposal(1, "ada", true));
    scene.environment.freeze = vec![Freeze { zone: "Atlantis/Poseidonis".to_owned(), ..weekend() }];
    assert_eq!(scene.verdict(), Verdict::Waiting);
}
