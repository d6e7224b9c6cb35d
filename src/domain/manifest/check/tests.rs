//! Manifests with mistakes, each told with its place.

use super::*;
use crate::domain::manifest::model::{Action, Environment, From, Invocation, Metric, NotBuiltIn, Outdated, Queue, Step, Text, Trigger};

mod mistakes;
mod mistakes_in_steps;
mod told;

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
        people: [("qa".to_owned(), ["lucia".to_owned()].into())].into(),
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
    mistakes.iter().fold(String::new(), |told, mistake| told + &mistake.to_string() + "\n")
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

fn one_of_six(name: &str) -> Application {
    let (_, text) = SIX.iter().find(|(known, _)| *known == name).expect("one of the six");
    read(name.parse().expect("a name"), name, text).expect("no mistake")
}

fn environment<'a>(application: &'a Application, name: &str) -> &'a Environment {
    application.environments.iter().find(|(known, _)| known.as_str() == name).expect("an environment").1
}

#[test]
fn what_is_left_out_means_what_is_usual() {
    let tecnomundo = one_of_six("tecnomundo");
    let (staging, production) = (environment(&tecnomundo, "staging"), environment(&tecnomundo, "production"));
    assert_eq!((staging.outdated, production.outdated), (Outdated::Warn, Outdated::Refuse));
    // Its points are ticked before a version goes on, because production waits for them.
    assert_eq!((staging.checklist.leaving.len(), staging.checklist.before.len()), (7, 0));
    assert_eq!((production.checklist.leaving.len(), production.checklist.before.len(), production.checklist.after.len()), (0, 4, 2));
    assert_eq!(staging.watch, production.watch);
    assert_eq!(production.watch.as_ref().map(|watch| (watch.lasts.as_secs(), watch.rollback_when.len())), Some((86_400, 4)));
    assert_eq!((production.goals.success, production.goals.downtime), (Some(0.95), Some(0.0)));
    assert_eq!(production.freeze[0].from.to_string(), "Fri 16:00");
    let listacompra = one_of_six("listacompra");
    assert_eq!(environment(&listacompra, "production").checklist.before.len(), 4);
    let conductores = one_of_six("conductores");
    let names = |stages: &[Vec<Step>]| stages.iter().flatten().map(|step| step.name.to_string()).collect::<Vec<_>>().join(" ");
    assert_eq!(names(&conductores.stages), "checks build migrate migrated backend frontend http");
    assert_eq!(names(&conductores.runbooks[0].stages), "ecs_service ecs_service-2 http");
}

#[test]
fn units_are_given_or_follow_or_are_assumed() {
    use std::fmt::Write as _;
    let mut told = String::new();
    for (name, _) in SIX {
        for (metric, Metric { unit, assumed, .. }) in one_of_six(name).metrics {
            let _ = writeln!(told, "{name} {metric}: {unit:?}{}", if assumed { ", assumed" } else { "" });
        }
    }
    insta::assert_snapshot!(told);
}

#[test]
fn what_is_not_built_in_is_told_once() {
    let shop = one_of_six("chatnomina").not_built_in();
    let (built, rest): (Vec<_>, Vec<_>) = shop.kinds.iter().partition(|kind| matches!(**kind, "command" | "http" | "directory"));
    assert!(built.is_empty() && rest.contains(&"image") && rest.contains(&"route53"), "{:?}", shop.kinds);
    assert_eq!(rest.len(), rest.iter().collect::<std::collections::HashSet<_>>().len());
    assert_eq!(shop.keys, ["slack", "watch", "aws_secret"]);
    let none = read_shop(&format!("{STEPS}  - command: {{ argv: [make] }}\n")).expect("no mistake").not_built_in();
    assert_eq!(none, NotBuiltIn::default());
}

/// A text that people might try where a name, a rule or a list is wanted.
const HOSTILE: &str = r"[\\PC\\n\\[\\]{}:,&*!|> -]{0,60}";

proptest::proptest! {
    #[test]
    fn nothing_panics(text in HOSTILE) {
        let _ = read_shop(&format!("{STEPS}  - {text}"));
        let _ = read_shop(&format!("{ENVIRONMENTS}  a: {text}"));
        let _ = read_shop(&format!("{STEPS}  - command: {{ argv: [make] }}\nmetrics: {text}"));
    }

    #[test]
    fn nothing_panics_where_a_text_is_wanted(text in r"\PC{0,40}", at in 0..PLACES.len()) {
        let quoted = serde_json::to_string(&text).expect("JSON");
        let _ = read_shop(&PLACES[at].replace('@', &quoted));
    }

    #[test]
    fn what_a_file_is_cut_to_never_panics(file in 0..SIX.len(), cut in 0usize..5000) {
        let (name, text) = SIX[file];
        let end = (0..=cut.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
        let _ = read(name.parse().expect("a name"), "cut.yaml", &text[..end]);
    }
}

/// Files with a hole (`@`) for any text.
const PLACES: [&str; 9] = [
    "repository: @\nenvironments: { a: {} }\nsteps: [{ command: { argv: [a] } }]",
    "repository: a/b\nenvironments: { @: { url: @, vars: { @: @ }, require_tag: @, queue: @ } }\nsteps: [{ command: { argv: [@] } }]",
    "repository: a/b\nenvironments: { a: { freeze: [{ from: @, to: @, zone: @ }], on: [{ push: @ }, { schedule: @, zone: @ }] } }\nsteps: [{ command: { argv: [a] } }]",
    "repository: a/b\nenvironments: { a: { watch: { for: 1h, rollback_when: [@] }, checklist: [@] } }\nsteps: [{ name: @, command: { argv: [a] } }]",
    "repository: a/b\nenvironments: { a: {} }\nsteps: [{ checks: [@] }, { workflow: { file: @, inputs: { @: @ } } }]",
    "repository: a/b\nenvironments: { a: {} }\nsteps: [{ helm: { release: @, chart: @, namespace: @, set: { @: @ } } }]",
    "repository: a/b\nenvironments: { a: {} }\nsteps: [{ s3_site: { bucket: @, from: { step: @, artifact: @ } } }]",
    "repository: a/b\nslack: @\ncontacts: [{ name: @, email: @, slack: @ }]\nlinks: { a: @ }\nenvironments: { a: {} }\nsteps: [{ command: { argv: [a] } }]",
    "repository: a/b\nmetrics: { @: { cloudwatch: { namespace: @, name: @, statistic: @ } } }\nrunbooks: { @: { environment: @, ref: @, steps: [{ http: { url: @ } }] } }\nenvironments: { a: {} }\nsteps: [{ command: { argv: [a] } }]",
];
