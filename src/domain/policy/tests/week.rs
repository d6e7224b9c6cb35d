//! A week of gates: whoever waits is looked at exactly when something changes, and gets through at the right moment.

use super::{stays::passage, *};
use crate::domain::{
    manifest::{After, Freeze, Promote, window::Edge},
    policy::stays,
};

/// Two days of soak, the weekend frozen, a lock on Monday morning: what waits from Thursday on begins on Monday at noon.
#[test]
fn a_week_passes_in_looks() {
    let mut scene = Scene::of(proposal(9, "ada", true));
    let thursday: Timestamp = "2026-11-26T10:00:00Z".parse().expect("a time");
    let environment = "staging".parse().expect("a name");
    scene.environment.after = Some(After { environment, soak: Some(Duration::from_hours(48)), promote: Promote::Manual, checklist: false });
    let edge = |day, hour| Edge::Weekly(day, jiff::civil::time(hour, 0, 0, 0));
    let (from, to) = (edge(jiff::civil::Weekday::Friday, 16), edge(jiff::civil::Weekday::Monday, 8));
    scene.environment.freeze = vec![Freeze { from, to, zone: "Europe/Madrid".to_owned(), reason: None }];
    let mut there = passage(1, 'a', 0);
    (there.begun, there.succeeded) = (thursday, Some(thursday));
    scene.known.stays = stays(&[there]);
    let noon: Timestamp = "2026-11-30T12:00:00Z".parse().expect("a time");
    scene.known.locks = vec![lock("lucia", "shop/production", Some(noon))];
    scene.now = thursday;
    let mut looks = Vec::new();
    loop {
        let decision = scene.decide();
        looks.push(format!("{} {:?}", scene.now, decision.verdict()));
        let Some(again) = decision.look_again().filter(|_| decision.verdict() == Verdict::Waiting) else { break };
        assert!(again > scene.now);
        scene.now = again;
    }
    assert_eq!(
        looks,
        ["2026-11-26T10:00:00Z Waiting", "2026-11-28T10:00:00Z Waiting", "2026-11-30T07:00:00Z Waiting", "2026-11-30T12:00:00Z Open"]
    );
}
