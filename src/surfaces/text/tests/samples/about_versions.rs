//! Samples of the gates about a version.

use jiff::civil::{Weekday, time};

use super::{ana, at, gate, id, production, words};
use crate::domain::{
    ids::{Actor, EnvironmentId},
    manifest::{Freeze, Outdated, window::Edge},
    policy::{Clearer, Finding, Gate, There, Verdict},
};

fn staging() -> EnvironmentId {
    "shop/staging".parse().expect("valid")
}

fn after(there: There, verdict: Verdict, clears: Vec<Clearer>) -> Gate {
    gate(Finding::After { environment: staging(), there }, verdict, clears)
}

pub fn left(rolled_back: bool) -> Gate {
    let at = (!rolled_back).then(|| at(3600));
    after(There::Left { deployment: id(38), by: id(39), at }, Verdict::Refused, Vec::new())
}

fn soaks() -> Gate {
    let there = There::Soaks { deployment: id(38), since: at(-3600) };
    Gate { opens: Some(at(82_800)), ..after(there, Verdict::Waiting, Vec::new()) }
}

fn freeze(reason: Option<&str>) -> Gate {
    let (from, to) = (Edge::Weekly(Weekday::Friday, time(16, 0, 0, 0)), Edge::Weekly(Weekday::Monday, time(8, 0, 0, 0)));
    let window = Freeze { from, to, zone: "America/Mexico_City".to_owned(), reason: reason.map(str::to_owned) };
    Gate { opens: Some(at(40_000)), ..gate(Finding::Frozen { window: Some(window) }, Verdict::Waiting, Vec::new()) }
}

fn checklist() -> Gate {
    let point = |number, text: &str, by: Option<Actor>, by_itself| {
        let verdict = if by.is_some() || by_itself { Verdict::Open } else { Verdict::Waiting };
        gate(Finding::Point { number, text: text.to_owned(), by, by_itself }, verdict, Vec::new())
    };
    let parts = vec![
        point(1, "Team told.", Some(ana()), false),
        point(2, "Documentation updated", None, true),
        point(3, "Rollback plan ready", None, false),
    ];
    let finding = Finding::Checklist { environment: production(), id: Some(id(42)), ticked: 2, points: 3 };
    Gate { parts, ..gate(finding, Verdict::Waiting, vec![Clearer::DeployersOf(production())]) }
}

/// Gates that somebody broke open.
pub fn broken_open() -> Vec<Gate> {
    [soaks(), freeze(Some("weekend")), checklist(), super::approvals()]
        .map(|gate| Gate { verdict: Verdict::Open, opens: None, expires: None, emergency: true, ..gate })
        .to_vec()
}

fn pull_requests() -> Vec<Gate> {
    let number = 17;
    let committers = || vec![Clearer::Committers];
    let fork = |fork, verdict| gate(Finding::Fork { number, fork }, verdict, Vec::new());
    let draft = |draft, verdict, clears| gate(Finding::Draft { number, draft }, verdict, clears);
    let base = |behind, rule, verdict| gate(Finding::UpToDate { number, behind, rule }, verdict, Vec::new());
    vec![
        fork(Some(false), Verdict::Open),
        fork(Some(true), Verdict::Open),
        fork(Some(true), Verdict::Refused),
        fork(None, Verdict::Waiting),
        draft(Some(false), Verdict::Open, Vec::new()),
        draft(Some(true), Verdict::Open, Vec::new()),
        draft(Some(true), Verdict::Waiting, committers()),
        draft(None, Verdict::Open, Vec::new()),
        draft(None, Verdict::Waiting, committers()),
        base(Some(false), Outdated::Refuse, Verdict::Open),
        base(Some(true), Outdated::Allow, Verdict::Open),
        base(Some(true), Outdated::Warn, Verdict::Open),
        base(Some(true), Outdated::Refuse, Verdict::Refused),
        base(None, Outdated::Warn, Verdict::Waiting),
    ]
}

pub fn gates() -> Vec<Gate> {
    let rights = |from: &[&str], trigger| Finding::Rights { by: ana(), from: words(from), trigger };
    let protected = |branch: Option<&str>, known| Finding::Protected { branch: branch.map(|name| name.parse().expect("a branch")), known };
    let closed = |finding| gate(finding, Verdict::Waiting, vec![Clearer::Committers]);
    let open = |finding| gate(finding, Verdict::Open, Vec::new());
    let list = |id, ticked| Finding::Checklist { environment: staging(), id, ticked, points: 7 };
    let tag = |tag: Option<&str>| Finding::Tagged { pattern: words(&["v*"]), tag: tag.map(|name| name.parse().expect("a tag")) };
    let mut gates = vec![
        open(rights(&["devops"], false)),
        open(rights(&["devops"], true)),
        gate(rights(&["devops", "lead"], false), Verdict::Waiting, vec![Clearer::Roles(words(&["devops", "lead"]))]),
        closed(rights(&[], false)),
    ];
    gates.extend(pull_requests());
    gates.extend([
        open(protected(Some("main"), true)),
        open(protected(Some("main"), false)),
        closed(protected(None, true)),
        closed(protected(None, false)),
        after(There::Proved { deployment: id(38) }, Verdict::Open, Vec::new()),
        after(There::Never, Verdict::Waiting, vec![Clearer::DeployersOf(staging())]),
        soaks(),
        left(true),
        left(false),
        open(tag(Some("v1.2.0"))),
        closed(tag(None)),
        open(Finding::Frozen { window: None }),
        freeze(Some("weekend")),
        freeze(None),
        checklist(),
        open(list(Some(id(38)), 7)),
        gate(list(None, 0), Verdict::Waiting, vec![Clearer::DeployersOf(staging())]),
    ]);
    gates.extend(broken_open());
    gates
}
