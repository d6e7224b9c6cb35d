//! The real server notices by itself that its files have changed, and reads them again when it is told to.

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use serde_json::Value;

use super::{server::Yard, stop::wait_for};

const SHOP: &str = "repository: acme/shop\nenvironments: { staging: {} }\nsteps:\n  - { name: a, command: { argv: [\"true\"] } }\n";

fn configuration(yard: &Yard) -> Value {
    let token = format!("Bearer {}", yard.read("data/token").trim());
    yard.get("/api/v1/configuration", &[("authorization", token.as_str())])
}

/// What is wrong with the files, in words.
fn wrong(yard: &Yard) -> String {
    configuration(yard)["error"]["mistakes"].to_string()
}

fn digest(yard: &Yard) -> String {
    configuration(yard)["in_force_digest"].to_string()
}

/// Waits until other files are in force than those of this digest. Answers theirs.
fn other_than(yard: &Yard, what: &str, old: &str) -> String {
    wait_for(what, || digest(yard) != old && configuration(yard)["error"].is_null());
    digest(yard)
}

#[test]
fn files_that_change_appear_or_vanish_are_noticed() {
    let mut yard = Yard::new(&[("shop", SHOP)]);
    yard.start();
    let apps = yard.root().join("apps");
    let first = digest(&yard);
    std::fs::write(apps.join("shop.yaml"), SHOP.replace("staging", "production")).expect("written");
    let second = other_than(&yard, "the file that changed", &first);
    // As editors do it.
    std::fs::write(apps.join("shop.yaml.new"), SHOP).expect("written");
    std::fs::rename(apps.join("shop.yaml.new"), apps.join("shop.yaml")).expect("renamed");
    let third = other_than(&yard, "the file that was replaced", &second);
    assert_eq!(third, first, "it is what it was");
    std::fs::write(apps.join("other.yaml"), SHOP).expect("written");
    let fourth = other_than(&yard, "the new file", &third);
    std::fs::remove_file(apps.join("other.yaml")).expect("removed");
    assert_eq!(other_than(&yard, "the file that vanished", &fourth), first);

    std::fs::write(apps.join("shop.yaml"), SHOP.replace("steps", "stepz")).expect("written");
    wait_for("the mistake", || wrong(&yard).contains("stepz"));
    assert_eq!(digest(&yard), first);
    assert!(yard.read("log").contains("unknown key 'stepz'"), "{}", yard.read("log"));
    assert_eq!(yard.terminate(), Some(0));
}

#[test]
fn a_folder_that_a_link_leads_to_is_swapped_as_kubernetes_does() {
    let mut yard = Yard::new(&[]);
    let apps = yard.root().join("apps");
    let swap = |version: &str, text: &str| {
        std::fs::create_dir(apps.join(version)).expect("a folder");
        std::fs::write(apps.join(version).join("shop.yaml"), text).expect("written");
        std::os::unix::fs::symlink(version, apps.join("..data_tmp")).expect("a link");
        std::fs::rename(apps.join("..data_tmp"), apps.join("..data")).expect("renamed");
    };
    swap("..1", SHOP);
    std::os::unix::fs::symlink("..data/shop.yaml", apps.join("shop.yaml")).expect("a link");
    yard.start();
    let first = digest(&yard);
    swap("..2", &SHOP.replace("staging", "production"));
    other_than(&yard, "the other folder", &first);
    assert_eq!(yard.terminate(), Some(0));
}

#[test]
fn a_hang_up_reads_the_files_again_whether_they_have_changed_or_not() {
    let mut yard = Yard::new(&[("shop", SHOP)]);
    yard.start();
    let before = configuration(&yard)["loaded_at"].clone();
    let pid = yard.child.as_ref().and_then(|child| i32::try_from(child.id()).ok()).expect("a server");
    kill(Pid::from_raw(pid), Signal::SIGHUP).expect("signalled");
    wait_for("the reload", || configuration(&yard)["loaded_at"] != before);
    assert_eq!(yard.terminate(), Some(0));
}
