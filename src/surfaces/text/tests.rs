//! Both languages say everything, and say it harmlessly.

use std::collections::{BTreeMap, BTreeSet};

use super::*;
use crate::domain::{
    deployment::Outcome,
    history::Fault,
    plan::SkipReason,
    policy::{Finding, HoldReason},
    reply::{Answered, Done, Refusal, Reply},
    story::{Beat, Dropped, Story, Telling},
};

pub mod samples;

const ENGLISH: &str = include_str!("en.ftl");
const SPANISH: &str = include_str!("es.ftl");

/// The messages of a catalogue with the arguments of each.
fn messages(catalogue: &str) -> BTreeMap<String, BTreeSet<String>> {
    let mut messages: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut id = String::new();
    for line in catalogue.lines().filter(|line| !line.starts_with('#')) {
        if let Some((name, _)) = line.split_once(" = ").filter(|(name, _)| name.starts_with(|c: char| c.is_ascii_lowercase())) {
            name.clone_into(&mut id);
            assert!(messages.insert(id.clone(), BTreeSet::new()).is_none(), "{id} stands twice");
        }
        let args = line.split('$').skip(1).map(|rest| rest.chars().take_while(|c| c.is_ascii_lowercase() || *c == '-').collect());
        messages.entry(id.clone()).or_default().extend(args);
    }
    messages.remove("");
    messages
}

#[test]
fn both_languages_have_the_same_messages_with_the_same_arguments() {
    let (english, spanish) = (messages(ENGLISH), messages(SPANISH));
    assert!(english.len() > 100, "the catalogue was read");
    assert_eq!(english, spanish);
}

#[test]
fn the_code_and_the_catalogue_name_the_same_messages() {
    let code = [
        include_str!("mod.rs"),
        include_str!("audits.rs"),
        include_str!("commands.rs"),
        include_str!("decisions.rs"),
        include_str!("gates.rs"),
        include_str!("replies.rs"),
        include_str!("simulations.rs"),
        include_str!("stories.rs"),
        include_str!("times.rs"),
    ]
    .join("\n");
    // Built from two parts: `duration-minutes` and `-seconds`.
    let built = ["duration-minutes-seconds", "duration-hours-minutes", "duration-days-hours"];
    for id in messages(ENGLISH).into_keys().filter(|id| !built.contains(&id.as_str())) {
        assert!(code.contains(&format!("\"{id}\"")), "nobody says {id}");
    }
}

/// Asserts that the samples hold every variant. A new one does not compile until it is named here, and does not pass
/// until there is a sample of it.
macro_rules! every {
    ($samples:expr, $type:ident: $($variant:ident)*) => {{
        let name = |sample: &$type| match sample { $($type::$variant { .. } => stringify!($variant),)* };
        let there: BTreeSet<&str> = $samples.iter().map(name).collect();
        assert_eq!(there, BTreeSet::from([$(stringify!($variant)),*]));
    }};
}

#[test]
fn there_is_a_sample_of_every_variant() {
    let tellings: Vec<Telling> = samples::stories().into_iter().flat_map(|story| story.beats).map(|beat| beat.what).collect();
    every!(tellings, Telling: Proposed Waits Dropped Begun Resumed Stopping Skipped Done Trouble Failed Ended KeptBack Emergency PointsOpen);
    every!(samples::dropped(), Dropped: Superseded Rejected Withdrawn Expired Impossible Refused);
    every!(samples::outcomes(), Outcome: Succeeded Failed Cancelled NeedsHuman);
    every!([SkipReason::Unchanged, SkipReason::TakenOver(samples::id(1))], SkipReason: Unchanged TakenOver);
    every!([HoldReason::RolledBack, HoldReason::NeedsHuman], HoldReason: RolledBack NeedsHuman);
    every!(samples::refusals(), Refusal:
        NoApplication NoEnvironment NoDeployment NotWaiting NotRunning NotFailed NoReference NameTheVersion RunsAlready
        NothingToGoBackTo NotGoodHere NoWayBack UndoOneOnly Busy RollbackUnderWay TooLate Locked NotLocked NoApprovalNeeded OwnRequest
        NotAmong ApprovedBefore ForeignRepository NoRunbook NothingToUndo NothingRuns NotFromThere TooManyPreviews CannotPlan
        NotDeployer NoReason NoPoint TooOld Changed TooMany HeadMoved Which OutOfScope);
    every!(samples::replies(), Reply: Closed Decided Done Refused Heard Misread Shown Delayed Parked);
    let faults: Vec<Fault> = samples::audits().into_iter().flat_map(|report| report.wrong).map(|wrong| wrong.fault).collect();
    every!(faults, Fault: Row Order Unreadable Deployment Proposal Approvals Journal Disagrees Missing End);
    every!(samples::answers(), Answered: Proposed ToRun ToRemove Joined Unchanged Refused);
    every!(samples::done(), Done: RollingBack Approved Rejected Locked Unlocked Cancelling Withdrawn Ticked);
    let gates = samples::gates();
    let findings: Vec<Finding> = gates.iter().chain(gates.iter().flat_map(|gate| &gate.parts)).map(|gate| gate.finding.clone()).collect();
    every!(findings, Finding: KeptBack Locked Approved ApprovedBy ApprovalExpired Turn Slot Rights Fork Draft UpToDate
        Protected After Tagged Frozen Checklist Point);
}

/// Everything that can be said. A message or an argument that is missing stops it.
fn catalogue(locale: Locale) -> String {
    let text = Text::new(locale);
    let mut lines = vec!["# Replies".to_owned()];
    lines.extend(samples::replies().iter().flat_map(|reply| text.reply(reply)));
    lines.push("\n# Refusals".to_owned());
    lines.extend(samples::refusals().iter().map(|refusal| text.refusal(refusal)));
    lines.push("\n# Decisions".to_owned());
    for decision in samples::decisions() {
        lines.extend(text.decision(samples::id(42), &samples::production(), &decision));
    }
    lines.push("\n# Gates".to_owned());
    lines.extend(samples::gates().iter().flat_map(|gate| text.gate(samples::id(42), &samples::production(), gate)));
    lines.push("\n# Stories".to_owned());
    for story in samples::stories() {
        lines.extend(text.story(&story));
    }
    lines.push("\n# Headlines while it goes on".to_owned());
    for story in samples::stories() {
        lines.extend((1..=story.beats.len()).map(|n| text.headline(&Story { beats: story.beats[..n].to_vec(), ..story.clone() })));
    }
    lines.push("\n# What would become of something".to_owned());
    lines.extend(text.simulation(&samples::simulation()));
    lines.push("\n# Outcomes".to_owned());
    lines.extend(samples::outcomes().iter().map(|outcome| text.outcome(outcome)));
    lines.push("\n# Audits".to_owned());
    lines.extend(samples::audits().iter().flat_map(|report| text.audit(report)));
    lines.push("\n# Times".to_owned());
    lines.extend(
        [0, 850, 999, 1_000, 12_345, 59_999, 60_000, 250_000, 3_600_000, 7_380_000, 273_600_000]
            .map(|milliseconds| text.duration(std::time::Duration::from_millis(milliseconds))),
    );
    lines.extend([-273_600, -90, 0, 30, 1_230, 90_000].map(|seconds| text.moment(samples::at(seconds), samples::at(0))));
    lines.join("\n")
}

#[test]
fn everything_is_said_in_english() {
    insta::assert_snapshot!("english", catalogue(Locale::En));
}

#[test]
fn everything_is_said_in_spanish() {
    insta::assert_snapshot!("spanish", catalogue(Locale::Es));
}

#[test]
fn a_language_is_read_from_its_tag() {
    assert_eq!("es".parse(), Ok(Locale::Es));
    assert!("de".parse::<Locale>().is_err());
}

#[test]
fn text_from_outside_does_nothing_to_a_terminal() {
    let evil = "x\u{1b}]0;owned\u{7}\r\u{202e}y\n\u{9b}2J";
    let person = Actor::Person(evil.to_owned());
    let reason = crate::domain::release::Reason::new(evil).look(format!("{evil}\n{evil}")).remedy(evil);
    let mut story = samples::stories().remove(0);
    story.version = story.version.map(|version| Version { branch: "a\u{202e}b".parse().ok(), tag: None, ..version });
    story.origin.actor = person.clone();
    let outcome = Outcome::NeedsHuman { run: None, reason: reason.clone(), by_hand: vec![evil.to_owned()] };
    let took = std::time::Duration::ZERO;
    let tellings = [
        Telling::Proposed,
        Telling::Stopping { by: person.clone(), leave: false },
        Telling::Done { step: evil.to_owned(), op: evil.to_owned(), took },
        Telling::Failed { step: evil.to_owned(), op: "apply".to_owned(), reason: reason.clone() },
        Telling::Trouble { step: evil.to_owned(), reason },
        Telling::Dropped { why: Dropped::Rejected { by: person.clone(), reason: Some(evil.to_owned()) } },
        Telling::Ended { outcome, step: Some(evil.to_owned()), took, left: false, rollback: None },
    ];
    story.beats = tellings.into_iter().map(|what| Beat { key: String::new(), at: samples::at(0), what }).collect();
    let lock = crate::domain::policy::Lock { owner: person, reason: Some(evil.to_owned()), ..samples::lock() };
    for text in [Text::new(Locale::En), Text::new(Locale::Es)] {
        let mut lines = text.story(&story);
        lines.push(text.refusal(&Refusal::Locked { lock: lock.clone() }));
        lines.push(text.refusal(&Refusal::NoApplication { name: evil.to_owned(), there_are: vec![evil.to_owned()] }));
        lines.push(text.refusal(&Refusal::NotAmong { roles: vec![evil.to_owned()] }));
        lines.extend(text.reply(&Reply::Closed { reason: evil.to_owned() }));
        for line in lines {
            assert!(!line.contains(|c: char| c.is_control() || c == '\u{202e}'), "{line:?}");
        }
    }
}
