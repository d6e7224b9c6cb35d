//! Samples of all that can be said.

mod about_versions;
mod commands;

pub use commands::{mistakes, shown};

use std::time::Duration;

use jiff::Timestamp;

use crate::domain::{
    deployment::Outcome,
    history::{Fault, Head, Report, Wrong},
    ids::{Actor, DeploymentId, EnvironmentId, RunbookName},
    plan::{BackTo, Line, Outline, SkipReason, WayBack},
    policy::{Cause, Clearer, Decision, Finding, Gate, Hold, HoldReason, Lock, Origin, Purpose, Verdict},
    release::Reason,
    reply::{Answered, Done, Refusal, Reply},
    request::Scope,
    simulation::{Assumption, Case, Heard, Planned, Simulation},
    story::{Beat, Dropped, Story, Telling},
    version::Version,
};

pub fn id(number: i64) -> DeploymentId {
    DeploymentId(number)
}

/// So many seconds after 2026-03-01 03:12:00 UTC.
pub fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_772_334_720 + seconds).expect("in range")
}

pub fn production() -> EnvironmentId {
    "shop/production".parse().expect("valid")
}

pub fn version(digits: &str, tag: Option<&str>) -> Version {
    let sha = format!("{digits:0<40}").parse().expect("a SHA");
    let tree = "7".repeat(40).parse().expect("a SHA");
    Version { sha, tree, branch: None, tag: tag.map(|tag| tag.parse().expect("a tag")), pull_request: None }
}

fn failover() -> RunbookName {
    "failover".parse().expect("valid")
}

fn ana() -> Actor {
    Actor::Person("ana".to_owned())
}

fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

pub fn lock() -> Lock {
    Lock {
        scope: Scope::Environment(production()),
        owner: ana(),
        reason: Some("Sale until noon.".to_owned()),
        since: at(-600),
        until: Some(at(36_000)),
    }
}

fn wide_lock() -> Lock {
    Lock { scope: Scope::Everything, owner: Actor::Operator, reason: None, since: at(-600), until: None }
}

pub fn refusals() -> Vec<Refusal> {
    let application = "shop".parse().expect("valid");
    vec![
        Refusal::NoApplication { name: "shpo".to_owned(), there_are: words(&["blog", "shop"]) },
        Refusal::NoApplication { name: "shop".to_owned(), there_are: Vec::new() },
        Refusal::NoEnvironment { name: "prod".to_owned(), there_are: words(&["staging", "production"]) },
        Refusal::NoDeployment { id: id(42) },
        Refusal::NotWaiting { id: id(42) },
        Refusal::NotRunning { id: id(42) },
        Refusal::NotFailed { id: id(42) },
        Refusal::NoReference { reference: "relase/1.2".to_owned() },
        Refusal::NameTheVersion,
        Refusal::RunsAlready { id: id(41) },
        Refusal::NothingToGoBackTo,
        Refusal::NoWayBack { step: "site".to_owned(), reason: "no earlier release of it is known".to_owned() },
        Refusal::NotGoodHere { to: "v0.9".to_owned() },
        Refusal::UndoOneOnly,
        Refusal::Busy { id: id(42) },
        Refusal::RollbackUnderWay { id: id(43) },
        Refusal::TooLate { id: id(42) },
        Refusal::Locked { lock: lock() },
        Refusal::Locked { lock: wide_lock() },
        Refusal::NotLocked { scope: Scope::Environment(production()) },
        Refusal::NotLocked { scope: Scope::Application(application) },
        Refusal::NoApprovalNeeded,
        Refusal::OwnRequest,
        Refusal::NotAmong { roles: words(&["qa", "product-owner"]) },
        Refusal::ApprovedBefore,
        Refusal::ForeignRepository { application: "shop".to_owned() },
        Refusal::NoRunbook { name: "failovr".to_owned(), there_are: words(&["failover"]) },
        Refusal::NothingToUndo { runbook: "failover".to_owned() },
        Refusal::NothingRuns { environment: production() },
        Refusal::TooOld { minutes: 15 },
        Refusal::Changed,
        Refusal::TooMany { most: 10 },
        Refusal::HeadMoved { seen: Some(sha("c0ffee0")), now: sha("decade1"), confirm: format!("/deploy production {}", sha("decade1")) },
        Refusal::HeadMoved { seen: None, now: sha("decade1"), confirm: format!("/deploy production {}", sha("decade1")) },
        Refusal::Which { there_are: vec![id(41), id(42)] },
        Refusal::Which { there_are: Vec::new() },
        Refusal::NotFromThere { from: production(), to: production() },
        Refusal::TooManyPreviews { count: 20 },
        Refusal::CannotPlan { reason: "shop has no environment production any more".to_owned() },
        Refusal::NotDeployer { roles: words(&["devops", "lead"]) },
        Refusal::NotDeployer { roles: Vec::new() },
        Refusal::NoReason,
        Refusal::NoPoint { point: "9".to_owned(), there_are: words(&["Team told", "Rollback plan ready"]) },
        Refusal::NoPoint { point: "9".to_owned(), there_are: Vec::new() },
        Refusal::OutOfScope { needed: "deploy:shop/production".parse().expect("valid") },
    ]
}

pub fn answers() -> Vec<Answered> {
    vec![
        Answered::Proposed { id: id(42), version: version("c0ffee0", Some("v1.2.0")), supersedes: Vec::new() },
        Answered::Proposed { id: id(42), version: version("c0ffee0", None), supersedes: vec![id(40), id(41)] },
        Answered::Joined { id: id(42) },
        Answered::Unchanged { with: id(41) },
        Answered::ToRun { id: id(42), runbook: failover(), undo: false },
        Answered::ToRun { id: id(42), runbook: failover(), undo: true },
        Answered::ToRemove { id: id(42) },
        Answered::Refused { refusal: Refusal::RunsAlready { id: id(41) } },
    ]
}

pub fn done() -> Vec<Done> {
    vec![
        Done::RollingBack { id: id(43), version: Some(version("beef", Some("v1.1.0"))) },
        Done::RollingBack { id: id(43), version: None },
        Done::Approved { id: id(42) },
        Done::Rejected { id: id(42) },
        Done::Locked { lock: lock(), from: None },
        Done::Locked { lock: wide_lock(), from: Some(ana()) },
        Done::Unlocked { scope: Scope::Environment(production()) },
        Done::Cancelling { id: id(42) },
        Done::Withdrawn { id: id(42) },
        Done::Ticked { environment: production(), number: 2, text: "Team told.".to_owned(), off: false, already: false },
        Done::Ticked { environment: production(), number: 2, text: "Team told.".to_owned(), off: true, already: false },
        Done::Ticked { environment: production(), number: 2, text: "Team told.".to_owned(), off: false, already: true },
        Done::Ticked { environment: production(), number: 2, text: "Team told.".to_owned(), off: true, already: true },
    ]
}

pub fn replies() -> Vec<Reply> {
    let decided = answers().into_iter().map(|answer| (production(), answer)).collect();
    let mut replies = vec![
        Reply::Closed { reason: "the branch was deleted".to_owned() },
        Reply::Decided { answers: Vec::new() },
        Reply::Decided { answers: decided },
        Reply::Refused { refusal: Refusal::NameTheVersion },
        Reply::Heard { commands: 1 },
        Reply::Heard { commands: 3 },
        Reply::Delayed { reason: "git could not reach github.com".to_owned() },
        Reply::Parked { reason: "the repository asks for a password".to_owned() },
    ];
    replies.extend(mistakes().into_iter().map(|mistake| Reply::Misread { mistake }));
    replies.extend(shown().into_iter().map(|shown| Reply::Shown { shown }));
    replies.extend(done().into_iter().map(|done| Reply::Done { done }));
    replies
}

fn gate(finding: Finding, verdict: Verdict, clears: Vec<Clearer>) -> Gate {
    Gate { finding, verdict, clears, opens: None, expires: None, parts: Vec::new(), emergency: false }
}

pub fn approvals() -> Gate {
    let qa = Finding::ApprovedBy { from: words(&["qa"]), by: vec![ana()], needed: 1 };
    let owner = Finding::ApprovedBy { from: words(&["product-owner", "lead"]), by: Vec::new(), needed: 1 };
    let parts =
        vec![gate(qa, Verdict::Open, Vec::new()), gate(owner, Verdict::Waiting, vec![Clearer::Roles(words(&["product-owner", "lead"]))])];
    let whole = gate(Finding::Approved { given: 1, needed: 2 }, Verdict::Waiting, Vec::new());
    Gate { parts, expires: Some(at(86_400)), ..whole }
}

pub fn gates() -> Vec<Gate> {
    let mut gates = gates_of_the_queue();
    gates.extend(about_versions::gates());
    gates
}

fn gates_of_the_queue() -> Vec<Gate> {
    let hold = |why| Some(Hold { why, deployment: id(41), since: at(-600) });
    let kept = |hold, revert, verdict, clears| gate(Finding::KeptBack { hold, revert }, verdict, clears);
    let anybody = Finding::ApprovedBy { from: Vec::new(), by: vec![ana()], needed: 2 };
    let parts = vec![gate(anybody, Verdict::Waiting, vec![Clearer::Deployers])];
    let locked = gate(Finding::Locked { lock: Some(lock()) }, Verdict::Waiting, vec![Clearer::Actor(ana())]);
    vec![
        kept(None, false, Verdict::Open, Vec::new()),
        kept(hold(HoldReason::RolledBack), false, Verdict::Open, Vec::new()),
        kept(hold(HoldReason::NeedsHuman), false, Verdict::Open, Vec::new()),
        kept(hold(HoldReason::RolledBack), true, Verdict::Open, Vec::new()),
        kept(hold(HoldReason::RolledBack), false, Verdict::Waiting, vec![Clearer::Deployers]),
        kept(hold(HoldReason::NeedsHuman), true, Verdict::Waiting, vec![Clearer::Deployers]),
        gate(Finding::Locked { lock: None }, Verdict::Open, Vec::new()),
        gate(Finding::Locked { lock: Some(lock()) }, Verdict::Open, Vec::new()),
        Gate { opens: lock().until, ..locked },
        gate(Finding::Locked { lock: Some(wide_lock()) }, Verdict::Waiting, vec![Clearer::Actor(Actor::Operator)]),
        approvals(),
        gate(Finding::Approved { given: 2, needed: 2 }, Verdict::Open, Vec::new()),
        Gate { parts, ..gate(Finding::Approved { given: 1, needed: 2 }, Verdict::Waiting, Vec::new()) },
        gate(Finding::ApprovalExpired { at: at(86_400) }, Verdict::Refused, Vec::new()),
        gate(Finding::Turn { behind: None }, Verdict::Open, Vec::new()),
        gate(Finding::Turn { behind: Some(id(41)) }, Verdict::Waiting, Vec::new()),
        gate(Finding::Slot { taken_by: None }, Verdict::Open, Vec::new()),
        gate(Finding::Slot { taken_by: Some(id(41)) }, Verdict::Waiting, Vec::new()),
    ]
}

pub fn decisions() -> Vec<Decision> {
    let free = |finding| gate(finding, Verdict::Open, Vec::new());
    let others = [Finding::Turn { behind: None }, Finding::Slot { taken_by: None }].map(free);
    let kept = free(Finding::KeptBack { hold: None, revert: false });
    let lock = free(Finding::Locked { lock: None });
    let with = |gate| Decision { gates: [kept.clone(), lock.clone(), gate].into_iter().chain(others.clone()).collect() };
    vec![
        with(approvals()),
        with(free(Finding::Approved { given: 2, needed: 2 })),
        with(gate(Finding::ApprovalExpired { at: at(86_400) }, Verdict::Refused, Vec::new())),
    ]
}

pub fn dropped() -> Vec<Dropped> {
    vec![
        Dropped::Superseded { by: id(43) },
        Dropped::Rejected { by: ana(), reason: Some("not on a Friday.".to_owned()) },
        Dropped::Rejected { by: Actor::Operator, reason: None },
        Dropped::Withdrawn { by: ana() },
        Dropped::Expired,
        Dropped::Impossible { reason: "shop has no environment production any more".to_owned() },
        Dropped::Refused { gate: Box::new(about_versions::left(true)) },
        Dropped::Refused { gate: Box::new(about_versions::left(false)) },
    ]
}

fn unhealthy() -> Reason {
    Reason::new("http://127.0.0.1:4012/health answered 500, and 200 was wanted")
        .look("10%\r100%\tready\n\u{1b}[31mdatabase: connection refused\u{1b}[0m\nboot: giving up")
}

fn stuck() -> Reason {
    Reason::new("it cannot be told whether the last call had an effect")
        .look("/var/lib/botadura/jobs/7")
        .remedy("look at the provider's own page")
}

pub fn outcomes() -> Vec<Outcome> {
    vec![
        Outcome::Succeeded,
        Outcome::Failed { run: 2, reason: unhealthy() },
        Outcome::Cancelled { by: ana() },
        Outcome::NeedsHuman {
            run: Some(1),
            reason: stuck(),
            by_hand: words(&["tail -n 100 /var/lib/botadura/jobs/7/output", "botadura retry 42"]),
        },
    ]
}

pub fn told(number: i64, reverts: Option<i64>, whats: Vec<Telling>) -> Story {
    let beats = whats.into_iter().zip(0..).map(|(what, n)| Beat { key: format!("{number} {n}"), at: at(n * 3), what }).collect();
    let automatic = reverts.is_none();
    let actor = if automatic { ana() } else { Actor::Botadura };
    let origin = Origin::new(actor, automatic, "d-1");
    let version = if automatic { version("c0ffee0", Some("v1.2.0")) } else { version("beef", Some("v1.1.0")) };
    Story {
        id: id(number),
        environment: production(),
        version: Some(version),
        purpose: Purpose::Deploy,
        origin,
        reverts: reverts.map(id),
        beats,
    }
}

fn step(name: &str, op: &str, milliseconds: u64) -> Telling {
    Telling::Done { step: name.to_owned(), op: op.to_owned(), took: Duration::from_millis(milliseconds) }
}

fn ended(outcome: Outcome, left: bool, rollback: Option<i64>) -> Telling {
    let step = matches!(outcome, Outcome::Failed { .. } | Outcome::NeedsHuman { .. }).then(|| "health".to_owned());
    Telling::Ended { outcome, step, took: Duration::from_millis(12_345), left, rollback: rollback.map(id) }
}

/// A deployment that fails its health check, and the rollback that follows.
pub fn with_rollback() -> [Story; 2] {
    let [_, failed, ..] = &outcomes()[..] else { unreachable!("there are four") };
    let trouble = Telling::Trouble { step: "health".to_owned(), reason: Reason::new("connection refused") };
    let forward = told(
        42,
        None,
        vec![
            Telling::Proposed,
            Telling::Waits { gate: approvals() },
            Telling::Begun { steps: 3 },
            Telling::Skipped { step: "assets".to_owned(), why: SkipReason::Unchanged },
            step("build", "apply", 3_210),
            step("site", "apply", 850),
            trouble.clone(),
            trouble,
            Telling::Resumed,
            Telling::Failed { step: "health".to_owned(), op: "apply".to_owned(), reason: unhealthy() },
            ended(failed.clone(), false, Some(43)),
            Telling::KeptBack { why: HoldReason::RolledBack },
        ],
    );
    let back = vec![
        Telling::Begun { steps: 2 },
        step("site", "restore", 420),
        step("health", "apply", 95),
        ended(Outcome::Succeeded, false, None),
    ];
    let mut back = told(43, Some(42), back);
    for beat in &mut back.beats {
        beat.at = at(33) + (beat.at - at(0));
    }
    [forward, back]
}

pub fn stories() -> Vec<Story> {
    let [succeeded, failed, cancelled, human] = &outcomes()[..] else { unreachable!("there are four") };
    let ends = [
        (succeeded, false, None),
        (succeeded, false, Some(43)),
        (failed, false, None),
        (cancelled, true, None),
        (cancelled, false, Some(43)),
        (cancelled, false, None),
        (human, false, None),
    ];
    let mut stories = Vec::from(with_rollback());
    stories.extend(dropped().into_iter().map(|why| told(42, None, vec![Telling::Proposed, Telling::Dropped { why }])));
    stories.extend(
        ends.map(|(outcome, left, rollback)| told(42, None, vec![Telling::Begun { steps: 1 }, ended(outcome.clone(), left, rollback)])),
    );
    stories.extend(
        gates().into_iter().filter(|gate| gate.verdict == Verdict::Waiting).map(|gate| told(42, None, vec![Telling::Waits { gate }])),
    );
    let failures = ["apply", "restore", "clean-up", "retire", "remove", "undo", "by-hand"];
    let failures = failures.map(|op| Telling::Failed { step: "site".to_owned(), op: op.to_owned(), reason: stuck() });
    stories.push(told(42, None, failures.to_vec()));
    stories.push(told(
        42,
        None,
        vec![
            Telling::Begun { steps: 0 },
            Telling::Skipped { step: "build".to_owned(), why: SkipReason::TakenOver(id(40)) },
            Telling::Stopping { by: ana(), leave: false },
            Telling::Stopping { by: Actor::Operator, leave: true },
            Telling::KeptBack { why: HoldReason::NeedsHuman },
        ],
    ));
    let first = vec![
        Telling::Begun { steps: 1 },
        step("site", "remove", 20),
        step("migrate", "undo", 1_200),
        ended(Outcome::Succeeded, false, None),
    ];
    stories.push(Story { version: None, ..told(43, Some(42), first) });
    let failed_back = ended(Outcome::NeedsHuman { run: Some(0), reason: unhealthy(), by_hand: Vec::new() }, false, None);
    let reason = unhealthy();
    stories.push(told(43, Some(42), vec![Telling::Failed { step: "health".to_owned(), op: "apply".to_owned(), reason }, failed_back]));
    let mut asked = told(42, None, vec![Telling::Proposed]);
    asked.origin.automatic = false;
    stories.push(asked.clone());
    let open = [words(&["No critical errors in the logs", "Critical functions work"]), words(&["Users' feedback read"])];
    stories.push(told(42, None, open.map(|points| Telling::PointsOpen { points }).to_vec()));
    let reason = "checkout is down.".to_owned();
    let emergency = Telling::Emergency { reason, gates: about_versions::broken_open() };
    stories.push(Story { beats: told(42, None, vec![Telling::Proposed, emergency]).beats, ..asked.clone() });
    let causes = [Cause::Schedule, Cause::Promotion { from: id(41) }, Cause::PullRequest];
    stories.extend(causes.map(|cause| Story { origin: Origin { cause, ..asked.origin.clone() }, ..asked.clone() }));
    let actors = [Actor::Vouched("ana".to_owned()), Actor::Token("ci".to_owned())];
    stories.extend(actors.map(|actor| Story { origin: Origin { actor, ..asked.origin.clone() }, ..asked.clone() }));
    stories.extend(work());
    asked.origin.retries = Some(id(41));
    stories.push(Story { beats: Vec::new(), ..asked.clone() });
    stories.push(asked);
    stories
}

/// Runbooks and removals: how each begins and ends.
fn work() -> Vec<Story> {
    let outcomes = outcomes();
    let run = |undo| Purpose::Run { runbook: failover(), undo };
    let story = |purpose, outcome: &Outcome| {
        let beats = vec![Telling::Proposed, Telling::Begun { steps: 2 }, ended(outcome.clone(), false, None)];
        Story { version: None, purpose, ..told(44, None, beats) }
    };
    vec![
        story(run(false), &outcomes[0]),
        story(run(false), &outcomes[1]),
        story(run(true), &outcomes[0]),
        story(run(true), &outcomes[1]),
        story(Purpose::Remove, &outcomes[0]),
        story(Purpose::Remove, &outcomes[2]),
    ]
}

pub fn audits() -> Vec<Report> {
    let head = || Head { count: 2, hash: "c0ffee".repeat(10) };
    let in_a_row = [
        Fault::Row,
        Fault::Order,
        Fault::Unreadable,
        Fault::Deployment,
        Fault::Proposal,
        Fault::Approvals,
        Fault::Journal,
        Fault::Disagrees,
    ];
    let mut wrong = in_a_row.map(|fault| Wrong { row: Some(7), deployment: Some(id(42)), fault }).to_vec();
    wrong.push(Wrong { row: None, deployment: None, fault: Fault::End });
    wrong.push(Wrong { row: None, deployment: Some(id(43)), fault: Fault::Missing });
    vec![
        Report { rows: 2, head: head(), before: 0, wrong: Vec::new() },
        Report { rows: 7, head: head(), before: 3, wrong: wrong.clone() },
        Report { rows: 0, head: head(), before: 0, wrong: wrong.split_off(9) },
    ]
}

/// A simulation of all that can be said of a plan.
pub fn simulation() -> Simulation {
    let name = |name: &str| name.parse().expect("valid");
    let line = |step: &str, op: &str| Line {
        step: name(step),
        kind: "command".to_owned(),
        op: op.to_owned(),
        stage: 0,
        skip: None,
        rebuilt: None,
        does: vec![("run.argv".to_owned(), "make \u{1b}[2J".to_owned()), ("cwd".to_owned(), "web".to_owned())],
    };
    let steps = vec![
        line("build", "apply"),
        Line { rebuilt: Some("run.argv is `make production`, and was `make staging`".to_owned()), ..line("assets", "apply") },
        Line { skip: Some(SkipReason::Unchanged), stage: 1, ..line("site", "apply") },
        Line { skip: Some(SkipReason::TakenOver(id(40))), stage: 1, ..line("docs", "apply") },
        Line { stage: 2, ..line("migrate.undo", "undo") },
        Line { stage: 3, ..line("web", "remove") },
    ];
    let back = vec![
        WayBack { step: name("web"), to: BackTo::Release { id: "41-beef000".to_owned(), version: Some(version("beef", Some("v1.1.0"))) } },
        WayBack { step: name("site"), to: BackTo::Stays },
        WayBack { step: name("api"), to: BackTo::Found },
    ];
    let digest = serde_json::from_value("5".repeat(64).into()).expect("a digest");
    let case = Case {
        id: id(42),
        environment: production(),
        version: Some(version("c0ffee0", Some("v1.2.0"))),
        purpose: Purpose::Deploy,
        origin: Origin::new(ana(), true, "d-1"),
        decision: decisions().remove(0),
        plan: Some(Planned { digest, outline: Outline { steps, back } }),
        cannot: vec!["the step kind `helm` is not built into this server yet".to_owned()],
    };
    Simulation {
        at: at(0),
        heard: Heard::Nothing,
        reply: replies().remove(2),
        cases: vec![case],
        assumed: vec![
            Assumption::Repository { why: "no route to host".to_owned() },
            Assumption::Rights { roles: vec![] },
            Assumption::Rights { roles: vec!["lead".to_owned()] },
        ],
    }
}

fn sha(short: &str) -> crate::domain::version::Sha {
    format!("{short}{}", "0".repeat(40 - short.len())).parse().expect("a SHA")
}
