//! SIGTERM while a command runs: the server goes by itself, the command goes on, and the next server takes it over.

use std::time::{Duration, Instant};

use super::server::{Repository, Yard, deliver, push};

const SLOW: &str = r#"
repository: acme/shop
environments:
  staging: { on: [{ push: main }] }
steps:
  - name: slow
    command:
      script: |
        echo "$BOTADURA_DEPLOYMENT begins" >> $ROOT/ledger
        until test -e $ROOT/go; do sleep 0.05; done
        echo "$BOTADURA_DEPLOYMENT ends" >> $ROOT/ledger
  - name: after
    command: { script: 'echo "$BOTADURA_DEPLOYMENT after" >> $ROOT/ledger' }
"#;

pub fn wait_for(what: &str, is_there: impl Fn() -> bool) {
    let until = Instant::now() + Duration::from_mins(1);
    while !is_there() {
        assert!(Instant::now() < until, "{what} did not come");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn a_stop_during_a_command_leaves_it_to_the_next_server() {
    let mut yard = Yard::new(&[("shop", SLOW)]);
    let repository = Repository::create(yard.root(), "acme/shop");
    yard.start();
    let (before, after) = repository.commit("main", "1");
    assert_eq!(deliver(yard.port, "delivery-1", &push(("acme/shop", 1), "refs/heads/main", &before, &after)), Some(202));
    wait_for("the command", || yard.read("ledger").contains("begins"));
    assert_eq!(yard.terminate(), Some(0), "it goes by itself");
    let look = yard.look();
    assert_eq!(look.deployments[0].result, None, "it is under way");
    yard.start();
    std::fs::write(yard.root().join("go"), "").expect("written");
    let ended = yard.settle(Duration::from_mins(1));
    assert_eq!(ended[0].result.as_deref(), Some("succeeded"));
    assert_eq!(yard.read("ledger"), "1 begins\n1 ends\n1 after\n");
    // The command may also end while nobody is there.
    std::fs::remove_file(yard.root().join("go")).expect("removed");
    let (before, after) = repository.commit("main", "2");
    assert_eq!(deliver(yard.port, "delivery-2", &push(("acme/shop", 1), "refs/heads/main", &before, &after)), Some(202));
    wait_for("the command", || yard.read("ledger").contains("2 begins"));
    assert_eq!(yard.terminate(), Some(0));
    std::fs::write(yard.root().join("go"), "").expect("written");
    wait_for("its end", || yard.read("ledger").contains("2 ends"));
    yard.start();
    let ended = yard.settle(Duration::from_mins(1));
    assert_eq!(ended[1].result.as_deref(), Some("succeeded"));
    assert_eq!(yard.read("ledger").lines().skip(3).collect::<Vec<_>>(), ["2 begins", "2 ends", "2 after"]);
}
