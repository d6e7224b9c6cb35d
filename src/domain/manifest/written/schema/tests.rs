//! The schema of an application's file agrees with the reader.

use jsonschema::Validator;

use crate::domain::manifest::{read, schema, yaml::Document};

const EXAMPLES: [&str; 7] = [
    include_str!("../../../../../config/examples/apps/backend-testeos.yaml"),
    include_str!("../../../../../config/examples/apps/chatnomina.yaml"),
    include_str!("../../../../../config/examples/apps/conductores.yaml"),
    include_str!("../../../../../config/examples/apps/hydrous-chat.yaml"),
    include_str!("../../../../../config/examples/apps/listacompra.yaml"),
    include_str!("../../../../../config/examples/apps/shop.yaml"),
    include_str!("../../../../../config/examples/apps/tecnomundo.yaml"),
];

fn validator() -> Validator {
    jsonschema::validator_for(&schema()).expect("a schema")
}

fn application(environment: &str, step: &str) -> String {
    format!("repository: acme/shop\nenvironments: {{ a: {environment} }}\nsteps: [{step}]\n")
}

#[test]
fn what_is_read_is_valid() {
    let validator = validator();
    for text in EXAMPLES {
        let document = Document::read("example.yaml", text).expect("YAML");
        let errors: Vec<String> =
            validator.iter_errors(document.value()).map(|error| format!("{}: {error}", error.instance_path())).collect();
        assert_eq!(errors, Vec::<String>::new(), "{text}");
    }
}

#[test]
fn what_is_of_a_wrong_shape_is_invalid() {
    const COMMAND: &str = "{ command: { argv: [make] } }";
    let validator = validator();
    let is_valid = |text: &str| validator.is_valid(Document::read("shop.yaml", text).expect("YAML").value());
    assert!(is_valid(&application("{}", COMMAND)));
    for (environment, step) in [
        ("{}", "{}"),
        ("{}", "{ name: a }"),
        ("{}", "{ comand: { argv: [make] } }"),
        ("{}", "{ command: { argv: [make] }, http: { url: https://x } }"),
        ("{}", "{ command: {} }"),
        ("{}", "{ command: { argv: [make], script: make } }"),
        ("{}", "{ command: { argv: [1] } }"),
        ("{}", "{ command: { argv: [make] }, retries: 11 }"),
        ("{}", "{ command: { argv: [make] }, retries: -1 }"),
        ("{}", "{ command: { argv: [make] }, timeout: 5 }"),
        ("{}", "{ command: { argv: [make] }, timeout: soon }"),
        ("{}", "{ command: { argv: [make] }, undo: { automatic: true } }"),
        ("{}", "{ command: { argv: [make] }, secrets: { A: secret } }"),
        ("{}", "{ command: { argv: [make] }, secrets: { A: {} } }"),
        ("{}", "{ command: { argv: [make] }, verify: on }"),
        ("{}", "{ checks: test }"),
        ("{}", "{ image: { registry: {}, repository: a } }"),
        ("{}", "{ ecs_service: { cluster: c, image: i } }"),
        ("{}", "{ s3_site: { bucket: b, from: { step: a } } }"),
        ("{}", "{ vercel: { project: p, token: abc } }"),
        ("{}", "{ http: { url: https://x, expect: { status: ok } } }"),
        ("{}", "{ parallel: [], command: { argv: [make] } }"),
        ("{ on: [{}] }", COMMAND),
        ("{ on: [{ push: main, tag: v1 }] }", COMMAND),
        ("{ on: { push: main } }", COMMAND),
        ("{ queue: newest }", COMMAND),
        ("{ approvals: { from: [qa] } }", COMMAND),
        ("{ approvals: { count: 21 } }", COMMAND),
        ("{ vars: { port: 8080 } }", COMMAND),
        ("{ url: }", COMMAND),
        ("{ checklist: Login }", COMMAND),
        ("{ goals: { success: 95 } }", COMMAND),
        ("{ freeze: [{ from: \"22:00\" }] }", COMMAND),
        ("{ after: staging }", COMMAND),
        ("{ watch: { rollback_when: [] } }", COMMAND),
    ] {
        let text = application(environment, step);
        assert!(read("shop".parse().expect("a name"), "shop.yaml", &text).is_err(), "{text}");
        assert!(!is_valid(&text), "{text}");
    }
}

#[test]
fn the_schema_is_told() {
    insta::assert_snapshot!(format!("{:#}", schema()));
}
