//! A disk that is full while deployments run: no effect without its intent, nothing acknowledged is lost, and it goes on
//! when there is room again.
//!
//! The server's files may not grow over a limit (`ulimit -f`), which is the system's own refusal of a write; room
//! returns when the limit is taken away from the running server.

use std::time::Duration;

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
    command: { script: 'echo "$BOTADURA_DEPLOYMENT first" >> $ROOT/ledger' }
  - name: second
    command: { script: 'echo "$BOTADURA_DEPLOYMENT second" >> $ROOT/ledger' }
"#;

#[test]
fn a_full_disk_during_deployments_loses_and_doubles_nothing() {
    let mut yard = Yard::new(&[("shop", SHOP)]);
    let repository = Repository::create(yard.root(), "acme/shop");
    let plain = yard.serve();
    let mut limited = std::process::Command::new("bash");
    // In units of 1,024 bytes, above what opening the store takes.
    limited.args(["-c", r#"trap '' XFSZ; ulimit -S -f 1500; exec "$0" "$@""#]).arg(plain.get_program()).args(plain.get_args());
    limited.env_clear().envs(plain.get_envs().filter_map(|(name, value)| Some((name, value?)))).current_dir(yard.root());
    limited.stdin(std::process::Stdio::null()).stdout(std::process::Stdio::null()).stderr(std::process::Stdio::null());
    yard.start_as(limited);
    let (mut acknowledged, mut refused) = (Vec::new(), 0);
    for number in 0..400 {
        let (before, after) = repository.commit("main", &number.to_string());
        let id = format!("delivery-{number}");
        match deliver(yard.port, &id, &push(("acme/shop", 1), "refs/heads/main", &before, &after)) {
            Some(202) => acknowledged.push(id),
            Some(503) => refused += 1,
            other => panic!("{other:?}"),
        }
        if refused == 5 {
            break;
        }
    }
    assert_eq!(refused, 5, "the limit was never reached");
    // It lives, and does nothing that it could not write down.
    let full = yard.look();
    assert!(full.unannounced.is_empty(), "{:?}", full.unannounced);
    let effects = yard.read("ledger").lines().count();
    let pid = yard.child.as_ref().expect("a server").id().to_string();
    let freed = std::process::Command::new("prlimit").args(["--pid", &pid, "--fsize=unlimited:unlimited"]).status();
    assert!(freed.expect("prlimit runs").success());
    let ended = yard.settle(Duration::from_mins(4));
    let look = yard.look();
    for id in &acknowledged {
        assert_eq!(look.deliveries.get(id).map(String::as_str), Some("settled"), "{id}");
    }
    assert!(look.unannounced.is_empty(), "{:?}", look.unannounced);
    let mut ledger: Vec<String> = yard.read("ledger").lines().map(str::to_owned).collect();
    ledger.sort();
    let mut wanted: Vec<String> =
        ended.iter().flat_map(|deployment| ["first", "second"].map(|step| format!("{} {step}", deployment.id))).collect();
    wanted.sort();
    assert_eq!(ledger, wanted);
    assert!(ended.iter().all(|deployment| deployment.result.as_deref() == Some("succeeded")), "{ended:?}");
    wait_for("the slot", || yard.look().environments.values().all(|(slot, _)| slot.is_none()));
    figure(&format!(
        "full disk: {} acknowledged, {} effects before there was room, {} deployments ended, 0 effects without intent, 0 lost, 0 doubled",
        acknowledged.len(),
        effects,
        ended.len()
    ));
}
