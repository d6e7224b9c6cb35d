//! Manifests with mistakes, each told with its place.

use super::*;
use crate::domain::manifest::model::{Action, From, Invocation, Queue, Text, Trigger};

mod mistakes;
mod mistakes_in_steps;

const STEPS: &str = r#"repository: acme/shop
environments:
  staging: { vars: { port: "1" } }
  production: { url: "https://shop.example" }
steps:
"#;

const ENVIRONMENTS: &str = "repository: acme/shop\nsteps: [{ command: { argv: [make] } }]\nenvironments:\n";

fn around() -> Surroundings {
    Surroundings {
        roles: Some(["qa".to_owned(), "devops".to_owned()].into()),
        clusters: Some(["default".to_owned(), "west".to_owned()].into()),
        reserved: vec![SecretReference::File("/run/key".into())],
        folder: "/etc/botadura".into(),
    }
}

fn read_shop(text: &str) -> Result<Application, Vec<Mistake>> {
    read_within("shop".parse().expect("a name"), "shop.yaml", text, &around())
}

/// A file, in two parts, and the lines that it must be told with, without its name.
type Case = (&'static str, &'static str, &'static [&'static str]);
type Cases = &'static [Case];

fn check(cases: Cases) {
    for (head, text, expected) in cases {
        let mistakes = read_shop(&format!("{head}{text}")).expect_err(text);
        let told: Vec<String> = mistakes.iter().map(|mistake| mistake.to_string().replacen("shop.yaml", "", 1)).collect();
        assert_eq!(told, *expected, "{text}");
    }
}

#[test]
fn a_whole_file_is_read() {
    let shop = read_shop(
        r#"
repository: acme/shop
paths: ["**", "!docs/**"]
environments:
  staging: { on: [{ push: main }, { tag: ["v*", "!v0*"] }], vars: { port: "8081" } }
  production:
    queue: every
    url: "https://{{ environment.name }}.example"
    vars: { port: "8080" }
    approvals: { all: [{ count: 1, from: [qa] }, { count: 2 }], allow_requester: true }
steps:
  - { name: build, command: { argv: [make, "{{ version.sha }}"], before: [[npm, ci]], cwd: web }, produces: [web/dist], timeout: 1h30m, retries: 2 }
  - parallel:
      - directory:
          root: "/srv/{{ environment.name }}"
          from: { step: build, path: web/dist }
          serve: { command: [./serve], ready: /health, listen: "127.0.0.1:{{ vars.port }}", drain: 0s }
        secrets: { TOKEN: { file: token } }
      - { directory: { root: /srv/files, keep: 2, reload: [nginx, -s, reload] }, except: [staging] }
  - http: { url: "{{ steps.directory.url }}/health", headers: { A: { secret: { env: X } } }, expect: { status: 204, json: { error: null } } }
  - { http: { url: "{{ environment.url }}" }, verify: true, only: [production] }
  - { command: { script: 'echo "$V"' }, env: { V: "{{ version.tag | default(version.sha) }}" }, undo: { automatic: true, command: { argv: [undo] } } }
"#,
    )
    .expect("no mistake");
    let names: Vec<Vec<&str>> = shop.stages.iter().map(|stage| stage.iter().map(|step| step.name.as_str()).collect()).collect();
    assert_eq!(names, [vec!["build"], vec!["directory", "directory-2"], vec!["http"], vec!["http-2"], vec!["command"]]);
    assert!(shop.paths.matches("src/a") && !shop.paths.matches("docs/a"));
    let staging = &shop.environments[0];
    assert!(matches!(&staging.on[..], [Trigger::Push(_), Trigger::Tag(tags)] if tags.matches("v1") && !tags.matches("v0.1")));
    let production = &shop.environments[1];
    assert_eq!(production.queue, Queue::Every);
    let approvals = production.approvals.as_ref().expect("approvals");
    assert_eq!((approvals.parts.len(), approvals.expires.as_secs(), approvals.allow_requester), (2, 86_400, true));
    let Action::Directory(directory) = &shop.stages[1][0].action else { panic!("not a directory") };
    assert!(matches!(&directory.from, From::Step { step, path } if step.as_str() == "build" && path == "web/dist"));
    let serve = directory.serve.as_ref().expect("it serves");
    assert_eq!((serve.port, serve.drain, directory.keep), (None, Duration::ZERO, 5));
    assert_eq!(shop.stages[1][0].secrets["TOKEN"], SecretReference::File("/etc/botadura/token".into()));
    let Action::Http(http) = &shop.stages[2][0].action else { panic!("not a request") };
    assert_eq!((http.method.as_str(), http.attempts, http.every.as_secs(), http.timeout.as_secs()), ("GET", 5, 5, 10));
    assert_eq!(http.expect.status, [204]);
    assert!(matches!(http.headers["A"], Text::Secret(_)));
    let Action::Command(command) = &shop.stages[4][0].action else { panic!("not a command") };
    assert!(matches!(&command.run, Invocation::Script(_)));
    assert_eq!(shop.stages[0][0].timeout(), Duration::from_mins(90));
}

#[test]
fn what_is_read_survives_being_stored() {
    let text = format!("{STEPS}  - http: {{ url: https://x, expect: {{ json: {{ a: [1] }} }} }}\n  - directory: {{ root: /srv }}\n");
    let shop = read_shop(&text).expect("no mistake");
    let stored = serde_json::to_string(&shop).expect("JSON");
    assert_eq!(serde_json::from_str::<Application>(&stored).expect("an application"), shop);
}

/// The six applications that the project is tried with, as they stand.
const SIX: [(&str, &str); 6] = [
    ("backend-testeos", include_str!("../../../../config/examples/apps/backend-testeos.yaml")),
    ("chatnomina", include_str!("../../../../config/examples/apps/chatnomina.yaml")),
    ("conductores", include_str!("../../../../config/examples/apps/conductores.yaml")),
    ("hydrous-chat", include_str!("../../../../config/examples/apps/hydrous-chat.yaml")),
    ("listacompra", include_str!("../../../../config/examples/apps/listacompra.yaml")),
    ("tecnomundo", include_str!("../../../../config/examples/apps/tecnomundo.yaml")),
];

fn lines(mistakes: &[Mistake]) -> String {
    mistakes.iter().map(|mistake| format!("{mistake}\n")).collect()
}

#[test]
fn the_six_applications_are_read_and_survive_being_stored() {
    for (name, text) in SIX {
        let read =
            read(name.parse().expect("a name"), &format!("{name}.yaml"), text).unwrap_or_else(|mistakes| panic!("{}", lines(&mistakes)));
        let stored = serde_json::to_string(&read).expect("JSON");
        assert_eq!(serde_json::from_str::<Application>(&stored).expect("an application"), read, "{name}");
    }
}

proptest::proptest! {
    #[test]
    fn nothing_panics(text in r"[\PC\n\[\]{}:,&*!|> -]{0,60}") {
        let _ = read_shop(&format!("{STEPS}  - {text}"));
        let _ = read_shop(&format!("{ENVIRONMENTS}  a: {text}"));
    }
}
