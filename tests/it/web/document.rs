//! The `OpenAPI` document against the router, and against itself.

use std::collections::{BTreeMap, BTreeSet};

use botadura::web::api::document;
use serde_json::Value;

use super::Door;

const METHODS: [&str; 6] = ["get", "post", "put", "patch", "delete", "trace"];

fn paths() -> BTreeMap<String, BTreeSet<String>> {
    let document = document();
    let paths = document["paths"].as_object().expect("paths").clone();
    paths.into_iter().map(|(path, methods)| (path, methods.as_object().expect("methods").keys().cloned().collect())).collect()
}

/// An address that fits a path.
fn address(path: &str) -> String {
    path.replace("{id}", "7").replace("{application}", "shop").replace("{environment}", "staging").replace("{name}", "ci")
}

#[tokio::test]
async fn what_the_document_names_is_there_and_nothing_else() {
    let door = Door::open().await;
    for (path, methods) in paths() {
        for method in METHODS {
            let line = format!("{} {}", method.to_uppercase(), address(&path));
            let answer = door.api(&line, &[], "").await;
            if methods.contains(method) {
                let nothing = answer.status == 404 && answer.body.contains("there is nothing at this address");
                assert!(answer.status != 405 && answer.status != 501 && !nothing, "{line}: {answer:?}");
                assert!(answer.status < 500 || answer.status == 502, "502 where nobody is there whom it asks: {line}: {answer:?}");
            } else {
                assert_eq!((answer.status, answer.code().as_str()), (405, "method_not_allowed"), "{line}");
                let allow = answer.head.lines().find_map(|line| line.strip_prefix("allow: ")).expect("an Allow header");
                let told: BTreeSet<String> =
                    allow.split(", ").filter(|word| !matches!(*word, "head" | "options")).map(str::to_owned).collect();
                assert_eq!(told, methods, "{line}");
            }
        }
        let options = door.api(&format!("OPTIONS {}", address(&path)), &[], "").await;
        assert!(options.status == 204 && options.head.contains("allow: "), "{options:?}");
        if methods.contains("get") {
            let get = door.api(&format!("GET {}", address(&path)), &[], "").await;
            let head = door.api(&format!("HEAD {}", address(&path)), &[], "").await;
            assert_eq!((head.status, head.body.as_str()), (get.status, ""), "{path}");
        }
    }
    let open = door.send("GET /api/v1/openapi.json", &[], b"").await;
    assert_eq!((open.status, open.json()), (200, document()), "it is no secret");
}

#[tokio::test]
async fn every_operation_refuses_parameters_that_it_does_not_know() {
    let door = Door::open().await;
    for (path, methods) in paths() {
        for method in methods {
            let line = format!("{} {}?sudo=1", method.to_uppercase(), address(&path));
            let answer = door.api(&line, &[], "").await;
            assert_eq!((answer.status, answer.code().as_str()), (400, "invalid_parameters"), "{line}");
        }
    }
    for wrong in
        ["limit=0", "limit=1001", "limit=", "before=0", "before=-1", "result=good", "environment=x", "application=-x", "limit=1&limit=2"]
    {
        let answer = door.api(&format!("GET /api/v1/deployments?{wrong}"), &[], "").await;
        assert_eq!((answer.status, answer.code().as_str()), (400, "invalid_parameters"), "{wrong}");
    }
}

#[test]
fn every_name_in_the_document_leads_somewhere_and_ids_stand_once() {
    let document = document();
    let mut ids = BTreeSet::new();
    let mut told = Vec::new();
    for (path, methods) in document["paths"].as_object().expect("paths") {
        for (method, operation) in methods.as_object().expect("methods") {
            assert!(ids.insert(operation["operationId"].as_str().expect("an id").to_owned()), "{operation}");
            let answers: Vec<&str> = operation["responses"].as_object().expect("answers").keys().map(String::as_str).collect();
            told.push(format!(
                "{} {path}: {} [{}]",
                method.to_uppercase(),
                operation["summary"].as_str().expect("a line"),
                answers.join(" ")
            ));
        }
    }
    insta::assert_snapshot!(told.join("\n"));
    let text = document.to_string();
    for reference in text.split("\"$ref\":\"#").skip(1) {
        let pointer = reference.split('"').next().unwrap_or_default();
        assert!(document.pointer(pointer).is_some(), "{pointer}");
    }
    for (name, schema) in document["components"]["schemas"].as_object().expect("schemas") {
        assert!(!name.ends_with(|c: char| c.is_ascii_digit()), "two types are called alike: {name}");
        assert!(name == "Duration" || schema.get("description").is_some(), "{name} says nothing of itself");
    }
}

#[tokio::test]
async fn an_application_is_shown_with_its_gates_and_without_its_secrets() {
    let door = Door::open().await;
    let answer = door.api("GET /api/v1/applications/shop", &[], "").await;
    assert_eq!(answer.status, 200, "{answer:?}");
    for hidden in ["hush-hush", "whisper", "PASSWORD", "QUIET", "SHOP_"] {
        assert!(!answer.body.contains(hidden), "{hidden} in {}", answer.body);
    }
    insta::assert_json_snapshot!(answer.json());
    let validator = jsonschema::validator_for(&whole("ApplicationView")).expect("a schema");
    assert!(validator.is_valid(&answer.json()));
    assert_eq!(door.api("GET /api/v1/applications/shoe", &[], "").await.status, 404);
}

/// A schema of the document that stands by itself.
fn whole(name: &str) -> Value {
    let document = document();
    serde_json::json!({ "$ref": format!("#/components/schemas/{name}"), "components": document["components"] })
}
