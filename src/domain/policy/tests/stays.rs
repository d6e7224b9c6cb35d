//! What ran in an environment, as its history says.

use proptest::prelude::*;

use super::*;
use crate::domain::policy::{Broken, Passage, Stay, stays};

/// A deployment that began at this minute and was done at the next one.
pub fn passage(id: i64, digit: char, begun: i64) -> Passage {
    let version = Version { sha: sha(digit), tree: sha(digit), branch: None, tag: None, pull_request: None };
    Passage {
        id: DeploymentId(id),
        version: Some(version),
        begun: at(begun),
        succeeded: Some(at(begun + 1)),
        touched: true,
        rollback: false,
        reverted_by: None,
    }
}

fn failed(id: i64, digit: char, begun: i64, touched: bool) -> Passage {
    Passage { succeeded: None, touched, ..passage(id, digit, begun) }
}

/// Each stay as `number from-until by`.
fn told(history: &[Passage]) -> Vec<String> {
    let minute = |at: Timestamp| (at.as_second() - super::at(0).as_second()) / 60;
    let line = |stay: &Stay| match &stay.until {
        None => format!("{} {}-", stay.deployment, minute(stay.from)),
        Some(Broken { at, by, rolled_back }) => {
            format!("{} {}-{} {}{by}", stay.deployment, minute(stay.from), minute(*at), if *rolled_back { "back " } else { "" })
        }
    };
    stays(history).iter().map(line).collect()
}

#[test]
fn a_version_stays_until_the_next_one_begins() {
    assert_eq!(told(&[passage(1, 'a', 0), passage(2, 'b', 10)]), ["2 11-", "1 1-10 2"]);
    assert_eq!(told(&[passage(2, 'b', 10), passage(1, 'a', 0)]), ["2 11-", "1 1-10 2"], "in whatever order they come");
    assert!(told(&[]).is_empty());
}

#[test]
fn what_failed_before_it_touched_anything_ends_nothing_and_what_touched_something_does() {
    assert_eq!(told(&[passage(1, 'a', 0), failed(2, 'b', 10, false)]), ["1 1-"]);
    assert_eq!(told(&[passage(1, 'a', 0), failed(2, 'b', 10, true)]), ["1 1-10 2"]);
}

#[test]
fn a_rollback_ends_what_it_takes_away_and_begins_anew_what_it_brings_back() {
    let bad = Passage { reverted_by: Some(DeploymentId(3)), ..passage(2, 'b', 10) };
    let back = Passage { rollback: true, ..passage(3, 'a', 20) };
    let history = [passage(1, 'a', 0), bad, back];
    assert_eq!(told(&history), ["3 21-", "2 11-20 back 3", "1 1-10 2"]);
    let of_it: Vec<_> = stays(&history).iter().map(|stay| stay.taken_back).collect();
    assert_eq!(of_it, [None, Some(DeploymentId(3)), None]);
}

#[test]
fn what_takes_everything_away_leaves_nothing_that_stays() {
    let removal = Passage { version: None, ..passage(2, 'b', 10) };
    assert_eq!(told(&[passage(1, 'a', 0), removal]), ["1 1-10 2"]);
}

proptest! {
    /// Stays follow on each other, never overlap, and at most the newest is still there.
    #[test]
    fn stays_follow_on_each_other(outcomes in prop::collection::vec((any::<bool>(), any::<bool>()), 0..12)) {
        let history: Vec<Passage> = outcomes.iter().zip(1..).map(|((good, touched), id)| {
            if *good { passage(id, 'a', id * 10) } else { failed(id, 'a', id * 10, *touched) }
        }).collect();
        let stays = stays(&history);
        prop_assert_eq!(stays.len(), outcomes.iter().filter(|(good, _)| *good).count());
        for pair in stays.windows(2) {
            let broken = pair[1].until.as_ref().expect("only the newest is still there");
            prop_assert!(pair[1].from <= broken.at && broken.at <= pair[0].from);
        }
    }
}
