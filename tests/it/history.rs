//! The history's chain, and whoever alters something: a store is made as the server makes it, changed behind its back as
//! somebody with the file in their hands could, and looked at.

use std::{
    collections::{BTreeSet, HashSet},
    path::{Path, PathBuf},
    sync::Arc,
};

use botadura::{
    domain::{
        clock::Clock as _,
        deployment::{Entry, Outcome},
        history::{Fault, Head, Report, link},
        ids::{Actor, DeploymentId, EnvironmentId},
        plan::{Carried, Kind, Plan},
        policy::{Decision, Finding, Gate, Origin, Purpose, Verdict},
        version::Version,
    },
    store::{self, Journal as _, NewDeployment, Opened, Store},
};
use sqlx::{AnyConnection, Connection as _, Row as _};
use tempfile::TempDir;

use crate::support::{clock::Hand, figure};

/// A store that nobody has open.
struct Kept {
    folder: TempDir,
}

impl Kept {
    fn path(&self) -> PathBuf {
        self.folder.path().join("botadura.db")
    }

    /// The same once more, to be altered.
    fn copy(&self) -> Self {
        let copy = Self { folder: folder() };
        std::fs::copy(self.path(), copy.path()).expect("copied");
        copy
    }

    /// Does this behind the server's back. Whoever has the file can take the triggers away.
    async fn alter(self, statements: &[String]) -> Self {
        let mut connection = connect(&self.path()).await;
        for trigger in ["history_is_not_changed", "history_is_not_deleted", "history_before_is_not_added"] {
            run(&mut connection, &format!("DROP TRIGGER {trigger}")).await.expect("dropped");
        }
        for statement in statements {
            run(&mut connection, statement).await.unwrap_or_else(|error| panic!("{statement}: {error}"));
        }
        connection.close().await.expect("closed");
        self
    }

    async fn audit(&self) -> Report {
        store::audit(&self.path()).await.expect("it can be read")
    }
}

/// Where syncing costs nothing, if there is such a place: thousands of commits are not what is tried here.
fn folder() -> TempDir {
    TempDir::new_in("/dev/shm").or_else(|_| TempDir::new()).expect("a folder")
}

async fn connect(path: &Path) -> AnyConnection {
    sqlx::any::install_default_drivers();
    AnyConnection::connect(&format!("sqlite://{}", path.display())).await.expect("a connection")
}

async fn run(connection: &mut AnyConnection, statement: &str) -> sqlx::Result<()> {
    sqlx::raw_sql(sqlx::AssertSqlSafe(statement.to_owned())).execute(connection).await.map(|_| ())
}

async fn open(path: PathBuf, clock: &Hand) -> Opened {
    let config = store::Config { path, surfaces: vec!["console"] };
    store::open(config, Arc::new(clock.clone()), || "fresh".to_owned()).await.expect("a store")
}

fn version() -> Version {
    let sha = || "c0ffee0000000000000000000000000000000000".parse().expect("a SHA");
    Version { sha: sha(), tree: sha(), branch: Some("main".parse().expect("a name")), tag: None, pull_request: None }
}

fn environment(place: usize) -> EnvironmentId {
    if place.is_multiple_of(2) { "shop/staging" } else { "shop/production" }.parse().expect("an environment")
}

/// As many deployments as wanted have begun, each with an approval.
async fn begin(store: &Store, count: usize) {
    let plan =
        Plan { kind: Kind::Deploy, runs: Vec::new(), carried: Carried::default(), scope: std::collections::BTreeMap::new(), runbook: None };
    let (version, repository) = (version(), "acme/shop".parse().expect("a name"));
    let origin = Origin::new(Actor::Person("ada".to_owned()), true, "d".to_owned());
    let part = Finding::ApprovedBy { from: Vec::new(), by: vec![Actor::Person("lucia".to_owned())], needed: 1 };
    let gate =
        |finding, parts| Gate { finding, verdict: Verdict::Open, clears: Vec::new(), opens: None, expires: None, parts, emergency: false };
    let decision = Decision { gates: vec![gate(Finding::Approved { given: 1, needed: 1 }, vec![gate(part, Vec::new())])] };
    let mut tx = store.write().await.expect("a transaction");
    for place in 0..count {
        let environment = environment(place);
        let id = tx.propose(&environment, Some(&version), &Purpose::Deploy, &origin).await.expect("proposed");
        tx.approve(id, &Actor::Person("lucia".to_owned()), &[], &plan.digest()).await.expect("approved");
        tx.begin_proposal(id, &decision).await.expect("begun");
        let new = NewDeployment {
            id,
            environment: &environment,
            version: Some(&version),
            origin: &origin,
            repository: &repository,
            plan: &plan,
            reverts: None,
        };
        tx.begin_deployment(&new).await.expect("begun");
        tx.append_unclaimed(id, &Entry::Begun).await.expect("appended");
    }
    tx.commit().await.expect("committed");
}

/// Ends whatever has begun, in its order.
async fn end_all(store: &Store, clock: &Hand) {
    while let Some(claim) = store.claim("test", clock.now()).await.expect("the store answers") {
        let tx = store.end(&claim, &Outcome::Succeeded).await.expect("ended");
        store.commit(tx).await.expect("committed");
    }
}

/// A store in which so many deployments have ended.
async fn ended(count: usize) -> Kept {
    let (kept, clock) = (Kept { folder: folder() }, Hand::new());
    let opened = open(kept.path(), &clock).await;
    begin(&opened.store, count).await;
    end_all(&opened.store, &clock).await;
    opened.store.close().await;
    kept
}

fn faults(report: &Report) -> HashSet<(Option<i64>, Fault)> {
    report.wrong.iter().map(|wrong| (wrong.deployment.map(|id| id.0), wrong.fault)).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_of_ten_thousand_altered_rows_is_found() {
    const ROWS: i64 = 10_000;
    let kept = ended(usize::try_from(ROWS).expect("small")).await;
    let clean = kept.audit().await;
    assert_eq!((clean.rows, clean.wrong.len(), clean.head.count), (ROWS, 0, ROWS));
    // One character of each row, in one of five ways: each is found by itself.
    let statements = [
        "UPDATE history SET body = replace(body, '\"succeeded\"', '\"succeedeD\"') WHERE deployment % 5 = 0",
        "UPDATE journal SET at = at + 1 WHERE seq = 1 AND deployment % 5 = 1",
        "UPDATE approval SET roles = '[ ]' WHERE proposal % 5 = 2",
        "UPDATE deployment SET result = 'failed' WHERE id % 5 = 3",
        "UPDATE proposal SET origin = replace(origin, 'ada', 'eve') WHERE id % 5 = 4",
    ];
    let report = kept.copy().alter(&statements.map(str::to_owned)).await.audit().await;
    let kinds = [Fault::Row, Fault::Journal, Fault::Approvals, Fault::Deployment, Fault::Proposal];
    let expected: HashSet<_> = (1..=ROWS).map(|id| (Some(id), kinds[usize::try_from(id % 5).expect("small")])).collect();
    let found = faults(&report);
    assert!(expected.is_subset(&found), "{:?} are not found", expected.difference(&found).next());
    figure(&format!("audit: {ROWS} of {ROWS} rows altered, each in one of five ways, all found"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_nobody_altered_is_not_blamed() {
    let kept = ended(400).await;
    let every_other: BTreeSet<DeploymentId> = (1..=400).filter(|id| id % 2 == 0).map(DeploymentId).collect();
    for statement in [
        "UPDATE history SET body = body || ' ' WHERE seq % 2 = 0",
        "UPDATE journal SET at = at + 1 WHERE seq = 1 AND deployment % 2 = 0",
        "UPDATE approval SET actor = '{\"person\":\"mallory\"}' WHERE proposal % 2 = 0",
        "UPDATE deployment SET result = 'failed' WHERE id % 2 = 0",
        "UPDATE proposal SET origin = replace(origin, 'ada', 'eve') WHERE id % 2 = 0",
    ] {
        let report = kept.copy().alter(&[statement.to_owned()]).await.audit().await;
        assert_eq!(report.deployments(), every_other, "{statement}");
    }
}

/// What somebody may do to one row of a small store, and what is found: the deployment, and the fault.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_is_altered_is_found() {
    let kept = ended(6).await;
    assert_eq!(faults(&kept.audit().await), HashSet::new());
    let columns = |table: &str, key: &str, columns: &[&str]| -> Vec<String> {
        let one = |column: &&str| match *column {
            "at" | "begun_at" | "ended_at" | "reverts" => format!("UPDATE {table} SET {column} = coalesce({column}, 0) + 1 WHERE {key}"),
            _ => format!("UPDATE {table} SET {column} = coalesce({column}, '') || ' ' WHERE {key}"),
        };
        columns.iter().map(one).collect()
    };
    let mut tried = 0;
    for (fault, statements) in [
        (
            Fault::Deployment,
            columns(
                "deployment",
                "id = 3",
                &[
                    "environment",
                    "sha",
                    "version",
                    "origin",
                    "repository",
                    "plan",
                    "digest",
                    "reverts",
                    "begun_at",
                    "ended_at",
                    "result",
                    "kind",
                    "runbook",
                ],
            ),
        ),
        (
            Fault::Deployment,
            vec!["DELETE FROM deployment WHERE id = 3".to_owned(), "UPDATE deployment SET result = x'00' WHERE id = 3".to_owned()],
        ),
        (
            Fault::Proposal,
            columns("proposal", "id = 3", &["environment", "sha", "version", "purpose", "origin", "at", "state", "closed", "decision"]),
        ),
        (Fault::Proposal, vec!["DELETE FROM proposal WHERE id = 3".to_owned()]),
        (Fault::Approvals, columns("approval", "proposal = 3", &["actor", "at", "roles", "digest"])),
        (
            Fault::Approvals,
            vec![
                "DELETE FROM approval WHERE proposal = 3".to_owned(),
                "INSERT INTO approval SELECT proposal, '\"operator\"', at, roles, digest FROM approval WHERE proposal = 3".to_owned(),
            ],
        ),
        (Fault::Journal, columns("journal", "deployment = 3 AND seq = 2", &["at", "entry"])),
        (
            Fault::Journal,
            vec![
                "DELETE FROM journal WHERE deployment = 3 AND seq = 1".to_owned(),
                "UPDATE journal SET seq = 3 WHERE deployment = 3 AND seq = 2".to_owned(),
                "INSERT INTO journal SELECT deployment, 3, at, entry FROM journal WHERE deployment = 3 AND seq = 1".to_owned(),
            ],
        ),
        (Fault::Row, columns("history", "seq = 3", &["body", "hash"])),
        (Fault::Order, columns("history", "seq = 3", &["previous"])),
        (Fault::Disagrees, columns("history", "seq = 3", &["environment"])),
    ] {
        for statement in statements {
            let report = kept.copy().alter(std::slice::from_ref(&statement)).await.audit().await;
            assert!(faults(&report).contains(&(Some(3), fault)), "{statement}: {report:?}");
            tried += 1;
        }
    }
    figure(&format!("audit: {tried} kinds of alteration of one row, all found"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rows_that_are_taken_out_moved_or_written_anew_are_missed() {
    let kept = ended(6).await;
    let told = async |statements: &[&str]| {
        let statements: Vec<String> = statements.iter().map(|text| (*text).to_owned()).collect();
        faults(&kept.copy().alter(&statements).await.audit().await)
    };
    let gone = told(&["DELETE FROM history WHERE seq = 3"]).await;
    assert_eq!(gone, HashSet::from([(Some(4), Fault::Order), (Some(3), Fault::Missing)]));
    let cut = told(&["DELETE FROM history WHERE seq = 6"]).await;
    assert_eq!(cut, HashSet::from([(None, Fault::End), (Some(6), Fault::Missing)]));
    // Also when the deployment is taken out with it, or hidden among those from before.
    let both = told(&["DELETE FROM history WHERE seq = 6", "DELETE FROM deployment WHERE id = 6"]).await;
    assert_eq!(both, HashSet::from([(None, Fault::End)]));
    let hidden = told(&["DELETE FROM history", "DELETE FROM meta WHERE name = 'history'", "INSERT INTO history_before VALUES (1)"]).await;
    assert_eq!(hidden, (2..=6).map(|id| (Some(id), Fault::Missing)).collect());
    let swapped = told(&[
        "UPDATE history SET seq = 90 WHERE seq = 3",
        "UPDATE history SET seq = 3 WHERE seq = 4",
        "UPDATE history SET seq = 4 WHERE seq = 90",
    ])
    .await;
    assert!(
        [3, 4].iter().all(|id| swapped.contains(&(Some(*id), Fault::Order)) && swapped.contains(&(Some(*id), Fault::Row))),
        "{swapped:?}"
    );
    let before = told(&["INSERT INTO history SELECT 0, 77, environment, body, previous, hash FROM history WHERE seq = 1"]).await;
    assert!(before.contains(&(Some(77), Fault::Order)), "{before:?}");
    let headless = told(&["DELETE FROM meta WHERE name = 'history'"]).await;
    assert_eq!(headless, HashSet::from([(None, Fault::End)]));
}

/// Somebody who knows how a row is hashed, and hashes the one that they altered, or all after it, or all and the head.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_hashes_anew_is_found_all_the_same() {
    let kept = ended(6).await;
    for last in [3, 6] {
        let copy = kept.copy();
        let mut connection = connect(&copy.path()).await;
        let rows = sqlx::query("SELECT seq, previous, body FROM history ORDER BY seq").fetch_all(&mut connection).await.expect("rows");
        connection.close().await.expect("closed");
        let (mut statements, mut hash) = (Vec::new(), rows[2].get::<String, _>("previous"));
        for row in &rows[2..last] {
            let (seq, mut body): (i64, String) = (row.get("seq"), row.get("body"));
            if seq == 3 {
                body = body.replace("succeeded", "cancelled");
            }
            let new = link(&hash, seq, &body);
            statements.push(format!("UPDATE history SET body = '{body}', previous = '{hash}', hash = '{new}' WHERE seq = {seq}"));
            hash = new;
        }
        if last == 6 {
            let head = serde_json::to_string(&Head { count: 6, hash }).expect("JSON");
            statements.push(format!("UPDATE meta SET value = '{head}' WHERE name = 'history'"));
        }
        let report = copy.alter(&statements).await.audit().await;
        let mut expected = HashSet::from([(Some(3), Fault::Disagrees)]);
        if last == 3 {
            expected.insert((Some(4), Fault::Order));
        }
        assert_eq!(faults(&report), expected, "hashed anew up to {last}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_history_is_appended_to_only_and_in_the_transaction_of_the_end() {
    let (kept, clock) = (Kept { folder: folder() }, Hand::new());
    let opened = open(kept.path(), &clock).await;
    begin(&opened.store, 2).await;
    let claim = opened.store.claim("test", clock.now()).await.expect("an answer").expect("it is due");
    drop(opened.store.end(&claim, &Outcome::Succeeded).await.expect("ended"));
    assert_eq!(kept.audit().await.rows, 0, "what is not committed is in neither");
    let tx = opened.store.end(&claim, &Outcome::Succeeded).await.expect("ended");
    opened.store.commit(tx).await.expect("committed");
    let report = kept.audit().await;
    assert_eq!((report.rows, report.wrong.len()), (1, 0), "while a server has it");
    opened.store.close().await;
    let mut connection = connect(&kept.path()).await;
    for statement in ["UPDATE history SET hash = ''", "DELETE FROM history", "INSERT INTO history_before VALUES (1)"] {
        let refused = run(&mut connection, statement).await.expect_err("it is appended to only").to_string();
        assert!(refused.contains("appended to only") || refused.contains("when the history began"), "{refused}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_ended_before_there_was_a_history_is_told_as_such() {
    let kept = ended(3).await;
    // As the migration leaves a store in which deployments had ended.
    let old = [
        "DELETE FROM history",
        "DELETE FROM meta WHERE name = 'history'",
        "INSERT INTO history_before SELECT id FROM deployment WHERE ended_at IS NOT NULL",
    ];
    let kept = kept.alter(&old.map(str::to_owned)).await;
    let clock = Hand::new();
    let opened = open(kept.path(), &clock).await;
    begin(&opened.store, 2).await;
    end_all(&opened.store, &clock).await;
    opened.store.close().await;
    let report = kept.audit().await;
    assert_eq!((report.before, report.rows, report.wrong.len()), (3, 2, 0));
    // Whoever counts one more among them is found by the first row's hash.
    let mut connection = connect(&kept.path()).await;
    run(&mut connection, "INSERT INTO history_before VALUES (99)").await.expect("the trigger is gone");
    connection.close().await.expect("closed");
    assert_eq!(faults(&kept.audit().await), HashSet::from([(Some(4), Fault::Order)]));
}

#[tokio::test]
async fn what_is_no_store_cannot_be_read() {
    let folder = folder();
    assert!(store::audit(&folder.path().join("nothing.db")).await.is_err());
    std::fs::write(folder.path().join("text.db"), "not a database, whatever it is called, and long enough to be one").expect("written");
    assert!(store::audit(&folder.path().join("text.db")).await.is_err());
}
