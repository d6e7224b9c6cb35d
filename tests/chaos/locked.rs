//! Somebody else has locked the database (a back-up, a person with a shell) while a deployment is under way: deliveries
//! are refused in time to be sent again, and everything goes on when it is free.

use std::{
    path::Path,
    time::{Duration, Instant},
};

use super::{
    figure,
    server::{Repository, Yard, deliver, push},
    stop::wait_for,
};

const SHOP: &str = r#"
repository: acme/shop
environments:
  staging: { on: [{ push: main }], queue: every }
steps:
  - name: first
    command: { script: 'echo "$BOTADURA_DEPLOYMENT first" >> $ROOT/ledger; until test -e $ROOT/go; do sleep 0.05; done' }
  - name: second
    command: { script: 'echo "$BOTADURA_DEPLOYMENT second" >> $ROOT/ledger' }
"#;

/// Longer than a write waits for the lock (5 s), and than one waits for a connection (8 s).
const HELD: Duration = Duration::from_secs(12);

/// GitHub hangs up after 10 s.
const PATIENCE: Duration = Duration::from_secs(10);

#[test]
fn a_locked_database_refuses_in_time_and_loses_nothing() {
    let mut yard = Yard::new(&[("shop", SHOP)]);
    let repository = Repository::create(yard.root(), "acme/shop");
    yard.start();
    let (before, after) = repository.commit("main", "1");
    let first = push(("acme/shop", 1), "refs/heads/main", &before, &after);
    assert_eq!(deliver(yard.port, "delivery-1", &first), Some(202));
    wait_for("the command", || yard.read("ledger").contains("1 first"));

    let path = yard.root().join("data/botadura.db");
    let (held, is_held) = std::sync::mpsc::channel();
    let holder = std::thread::spawn(move || hold(&path, || held.send(()).expect("somebody listens")));
    is_held.recv().expect("the lock");
    // The command ends while its end cannot be written down.
    std::fs::write(yard.root().join("go"), "").expect("written");
    let (before, after) = repository.commit("main", "2");
    let second = push(("acme/shop", 1), "refs/heads/main", &before, &after);
    let mut refused = 0;
    loop {
        let asked = Instant::now();
        match deliver(yard.port, "delivery-2", &second) {
            Some(202) => break,
            Some(503) => refused += 1,
            other => panic!("{other:?}"),
        }
        assert!(asked.elapsed() < PATIENCE, "refused too late: {:?}", asked.elapsed());
    }
    holder.join().expect("let go");
    assert!(refused > 0, "the lock was never in the way");
    let ended = yard.settle(Duration::from_mins(1));
    assert!(ended.iter().all(|deployment| deployment.result.as_deref() == Some("succeeded")), "{ended:?}");
    assert_eq!(yard.read("ledger"), "1 first\n1 second\n2 first\n2 second\n");
    figure(&format!("locked database: held for {HELD:?}, {refused} refused with 503, 0 lost, 0 doubled"));
}

fn hold(path: &Path, told: impl FnOnce()) {
    use sqlx::{AnyConnection, Connection, Executor};
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        sqlx::any::install_default_drivers();
        let mut store = AnyConnection::connect(&format!("sqlite://{}?mode=rw", path.display())).await.expect("a connection");
        store.execute("PRAGMA busy_timeout = 5000").await.expect("set");
        store.execute("BEGIN IMMEDIATE").await.expect("the lock");
        told();
        tokio::time::sleep(HELD).await;
        store.execute("COMMIT").await.expect("let go");
    });
}
