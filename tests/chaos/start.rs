//! What keeps the server from starting, and what it says then.

use std::process::Command;

use super::server::Yard;

const SHOP: &str = "repository: acme/shop\nenvironments: { staging: {} }\nsteps:\n  - { name: a, command: { argv: [\"true\"] } }\n";

/// The exit code, and what was said.
fn refused(yard: &Yard, mut command: Command) -> (Option<i32>, String) {
    let _ = std::fs::remove_file(yard.root().join("said"));
    let said = std::fs::File::create(yard.root().join("said")).expect("a file");
    let status = command.stderr(said).status().expect("the binary");
    (status.code(), yard.read("said"))
}

#[test]
fn a_second_server_on_one_store_does_not_start_and_says_why() {
    let mut yard = Yard::new(&[("shop", SHOP)]);
    yard.start();
    let settings = yard.read("botadura.yaml").replace(&format!(":{}\n", yard.port), ":0\n");
    std::fs::write(yard.root().join("botadura.yaml"), settings).expect("written");
    let (code, said) = refused(&yard, yard.serve());
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("another Botadura runs on") && said.contains("botadura.db"), "{said}");
    yard.kill();
    yard.set("BOTADURA_LOG", Some("error"));
    // The dead one's lock is gone with it.
    let mut child = yard.serve().spawn().expect("the binary");
    std::thread::sleep(std::time::Duration::from_secs(1));
    assert!(child.try_wait().expect("asked").is_none(), "{}", yard.read("log"));
    child.kill().and_then(|()| child.wait()).expect("its end");
}

#[test]
fn without_a_webhook_secret_it_does_not_start_and_says_why() {
    let mut yard = Yard::new(&[("shop", SHOP)]);
    yard.set("WEBHOOK_SECRET", None);
    let (code, said) = refused(&yard, yard.serve());
    assert!(code.is_some_and(|code| code != 0), "{code:?} {said}");
    assert!(said.contains("WEBHOOK_SECRET"), "{said}");
    for value in ["", "short"] {
        yard.set("WEBHOOK_SECRET", Some(value));
        let (code, said) = refused(&yard, yard.serve());
        assert!(code.is_some_and(|code| code != 0), "{code:?} {said}");
        assert!(said.contains("webhook_secrets") || said.contains("WEBHOOK_SECRET"), "{said}");
    }
    let settings = yard.read("botadura.yaml");
    let without = settings.replace("  webhook_secrets: [{ env: WEBHOOK_SECRET }]\n", "");
    assert_ne!(settings, without);
    std::fs::write(yard.root().join("botadura.yaml"), without).expect("written");
    let (code, said) = refused(&yard, yard.serve());
    assert!(code.is_some_and(|code| code != 0), "{code:?} {said}");
    assert!(said.contains("webhook_secrets"), "{said}");
    assert!(!yard.root().join("data/botadura.db").exists() || !said.is_empty());
}

#[test]
fn an_address_that_is_taken_is_told() {
    let yard = Yard::new(&[("shop", SHOP)]);
    let _taken = std::net::TcpListener::bind(("127.0.0.1", yard.port)).expect("a port");
    let (code, said) = refused(&yard, yard.serve());
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains(&yard.port.to_string()), "{said}");
}
