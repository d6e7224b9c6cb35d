//! Schemathesis asks a running server, with a store that holds something, whatever its `OpenAPI` document allows and forbids.
//!
//! Nothing is excluded. Two things are told it that a document cannot say: which ids there are, so that it comes past "there
//! is no such thing"; and where 422 answers what is well written and makes no sense: a key that was used for another request
//! (as the draft of its header has it), a line that is no command, a version that cannot be planned.

use std::{env, path::PathBuf, process::Command};

use crate::{scenarios::deploy::SIMPLE, support::world::World};

const VERSION: &str = "4.32.5";

const TOLD: &str = r#"
[[operations]]
include-operation-id-regex = "^(ask|simulate|why|plan|simulateDelivery)$"
checks.positive_data_acceptance.expected-statuses = ["2xx", "401", "403", "404", "409", "422", "5xx"]

[[operations]]
include-operation-id-regex = "^get(Deployment|Logs|Proposal)$"
parameters = { "path.id" = 1 }

[[operations]]
include-operation-id-regex = "^(getDelivery|getDeliveryBody|simulateDelivery)$"
parameters = { "path.id" = "delivery-1" }

[[operations]]
include-operation-id-regex = "^(getEnvironment|why|plan)$"
parameters = { "path.application" = "shop", "path.environment" = "staging" }

[[operations]]
include-operation-id = "getApplication"
parameters = { "path.application" = "shop" }
"#;

fn program() -> PathBuf {
    let cache = env::var_os("BOTADURA_TEST_CACHE")
        .map_or_else(|| PathBuf::from(env::var_os("HOME").expect("HOME is set")).join(".cache/botadura-test"), PathBuf::from);
    let program = cache.join(format!("pypi-schemathesis-{VERSION}/bin/schemathesis"));
    assert!(program.exists(), "Schemathesis is not there as {}: run tests/counterparts/schemathesis.sh", program.display());
    program
}

/// Deployments that succeeded, failed and were rolled back, a proposal that waits, tokens, and what was refused.
fn world() -> World {
    let application = SIMPLE
        .replace("{ on: [{ tag: \"v*\" }] }", "{ on: [{ tag: \"v*\" }], approvals: { count: 1, from: [lead] } }")
        .replace("build $(cat VERSION)\"", "build $(cat VERSION)\" >&2; test $(cat VERSION) != bad; echo \"built\"");
    let mut world = World::with(&application).start();
    let good = world.push("main", &[("VERSION", "1")]);
    world.settle();
    world.tag("v1", &good);
    world.settle();
    world.push("main", &[("VERSION", "bad")]);
    world.settle();
    world.approve("marta", 2);
    world.retry("lucia", 3);
    world.settle();
    world.token("reader", &["read:shop/staging"]);
    world.untidy();
    world
}

#[test]
fn nothing_that_the_document_allows_or_forbids_is_answered_otherwise() {
    let world = world();
    world.write("schemathesis.toml", TOLD);
    let examples = if crate::support::is_long() { "200" } else { "8" };
    let mut command = Command::new(program());
    command.current_dir(world.root()).env("NO_COLOR", "1").env("PYTHONHASHSEED", "0");
    command.args(["run", &format!("http://{}/api/v1/openapi.json", world.address()), "--checks", "all", "--seed", "1"]);
    command.args(["--max-examples", examples, "--workers", "1", "--no-color", "--generation-database", "none"]);
    command.args(["--header", &format!("Authorization: Bearer {}", world.own_token())]);
    let output = command.output().expect("Schemathesis starts");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}\n{}", String::from_utf8_lossy(&output.stderr));
    let cases = said
        .lines()
        .find(|line| line.trim().starts_with(char::is_numeric) && line.contains(" generated"))
        .unwrap_or_default()
        .trim()
        .to_owned();
    crate::support::figure(&format!("schemathesis {VERSION}, all checks: {cases}"));
}
