//! The server's file, right and wrong.

use super::*;
use crate::domain::manifest::{Action, Mistake};

const LEAST: &str = "github: { webhook_secrets: [{ env: SECRET }] }\n";

fn read_text(text: &str) -> Result<Settings, Vec<Mistake>> {
    read(Path::new("botadura.yaml"), text)
}

fn lines(mistakes: &[Mistake]) -> Vec<String> {
    mistakes.iter().map(ToString::to_string).collect()
}

#[test]
fn everything_but_the_webhooks_secret_has_a_default() {
    let settings = read_text(LEAST).expect("no mistake");
    assert_eq!(settings.listen.to_string(), "127.0.0.1:8080");
    assert_eq!(settings.store, Store::Sqlite("data/botadura.db".into()));
    assert_eq!(settings.data_folder(), Path::new("data"));
    assert_eq!(settings.applications, ["apps/*.yaml"]);
    assert_eq!(settings.github.api_url, "https://api.github.com");
    assert_eq!(settings.github.clone_url.source(), "https://github.com/{{ repository }}.git");
    assert_eq!(settings.retention.logs.as_secs(), 180 * 86_400);
    assert_eq!(settings.artifacts, Path::new("data/artifacts"));
    assert_eq!(settings.locale, Locale::En);
    assert_eq!(settings.secrets(), [SecretReference::Env("SECRET".into())]);
    assert!(settings.not_built_in().is_empty() && settings.run_as.is_none() && settings.github.app.is_none());
}

#[test]
fn parts_that_come_later_are_accepted_and_told() {
    let text = format!(
        "{LEAST}slack: {{ bot_token: {{ env: X }}, app_token: {{ file: y }} }}\npeople: {{ lucia: U012ABCDEF }}\nrepository_config: {{}}\n"
    );
    let settings = read_text(&text).expect("no mistake");
    assert_eq!(settings.not_built_in(), ["slack", "people"]);
    let folder = read::absolute(Path::new(""));
    let own = [SecretReference::Env("SECRET".into()), SecretReference::Env("X".into()), SecretReference::File(folder.join("y"))];
    assert_eq!(settings.secrets(), own);
}

/// The server's file of the six applications, as it stands.
const WHOLE: &str = include_str!("../../tests/fixtures/config/botadura.yaml");

#[test]
fn a_whole_file_is_read() {
    let settings = read_text(WHOLE).expect("no mistake");
    let slack = settings.slack.as_ref().expect("Slack");
    assert_eq!((slack.api_url.as_str(), slack.app_token.is_some()), ("https://slack.com/api", true));
    assert_eq!(settings.aws.as_ref().and_then(|aws| aws.region.as_deref()), Some("us-east-1"));
    assert_eq!(settings.kubernetes.as_ref().expect("clusters")["default"].as_deref(), Some("production"));
    assert_eq!(settings.people["lucia"], "U012ABCDEF");
    assert_eq!(settings.not_built_in(), ["slack", "aws", "kubernetes", "vercel", "render", "firebase", "people"]);
    assert_eq!(settings.secrets().len(), 5);
    let around = settings.surroundings();
    assert_eq!(around.clusters, Some(["default".to_owned()].into()));
    for entry in std::fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("config/examples/apps")).expect("the examples").flatten() {
        let text = std::fs::read_to_string(entry.path()).expect("a file");
        let name = entry.path().file_stem().expect("a name").to_string_lossy().parse().expect("a name");
        let read = crate::domain::manifest::read_within(name, &entry.path().to_string_lossy(), &text, &around);
        read.unwrap_or_else(|mistakes| panic!("{:#?}", lines(&mistakes)));
    }
}

#[test]
fn the_schema_agrees_with_the_reader() {
    let validator = jsonschema::validator_for(&schema()).expect("a schema");
    let value = |text: &str| crate::domain::manifest::yaml::Document::read("botadura.yaml", text).expect("YAML").value().clone();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("config");
    let own = ["botadura.yaml", "examples/botadura.yaml"].map(|name| std::fs::read_to_string(folder.join(name)).expect("a file"));
    for text in own.iter().map(String::as_str).chain([WHOLE, LEAST]) {
        let errors: Vec<String> = validator.iter_errors(&value(text)).map(|error| error.to_string()).collect();
        assert_eq!(errors, Vec::<String>::new(), "{text}");
    }
    for more in [
        "stor: x",
        "listen: 8080",
        "locale: fr",
        "roles: { qa: \"user:lucia\" }",
        "slack: {}",
        "slack: { bot_token: { env: A }, token: x }",
        "kubernetes: { default: production }",
        "kubernetes: { default: { contxt: production } }",
        "commands: { run_as: deploy, container: { engine: podman, image: x } }",
        "commands: { container: { engine: lxc, image: x } }",
        "retention: { logs: 90 }",
        "retention: { logs: 90 days }",
        "repository_config: { acme/shop: {} }",
        "vercel: https://api.vercel.com",
        "aws: { regio: x }",
    ] {
        let text = format!("{LEAST}{more}\n");
        assert!(read_text(&text).is_err() && !validator.is_valid(&value(&text)), "{more}");
    }
    insta::assert_snapshot!(format!("{:#}", schema()));
}

#[test]
fn mistakes_about_vendors_are_told_with_their_places() {
    let mut told = String::new();
    for text in [
        "slack: { bot_token: { env: A } }",
        "slack: { signing_secret: { env: A } }",
        "slack: { bot_token: xoxb-1234, app_token: { env: A } }",
        "slack: { bot_token: { aws_secret: a }, app_token: { env: \"1\" }, api_url: slack.com }",
        "slack: { bot_token: { env: A }, app_token: { env: B }, channel: x }",
        "aws: { region: us, endpoint_url: localhost }",
        "aws: { region: us-east-1, profile: x }",
        "kubernetes: { \"-x\": {}, ok: { context: \"-y\" } }",
        "kubernetes: { default: }",
        "vercel: { api_url: \"\" }",
        "render: { token: { env: A } }",
        "firebase: x",
        "people: { lucia: lucia, \"-x\": U012ABCDEF }",
        "repository_config: { shop: { environments: [a] }, acme/shop: { environments: [], secrets: [{ vault: x }] } }",
        "repository_config: { shop: { environments: [-a] }, acme/*: { environments: [], secrets: [{ env: A, file: b }] } }",
        "commands: { container: { engine: lxc, image: -x } }",
        "commands: { container: podman }",
        "outgoing: { allow_host: [x] }",
        "github: { webhook_secrets: [{ env: A }] }",
    ] {
        let text = format!("{LEAST}{text}\n");
        let mistakes = read_text(&text).expect_err(&text);
        told.push_str(text.trim_start_matches(LEAST));
        told.push_str(&(lines(&mistakes).join("\n") + "\n\n"));
    }
    insta::assert_snapshot!(told);
}

#[test]
fn mistakes_are_told_with_their_places() {
    for (text, expected) in [
        ("listen: 0.0.0.0:1\n", vec!["1:1: the key 'github' is missing"]),
        (
            "github: {}\n",
            vec![
                "1:9: it is empty; without a secret nobody could tell GitHub's webhooks from forged ones; name one (webhook_secrets: [{ env: GITHUB_WEBHOOK_SECRET }])",
            ],
        ),
        (
            "github: { webhook_secrets: [{ env: A, file: b }, { aws_secret: c }], app_id: 1 }\n",
            vec![
                "1:9: the key 'private_key' is missing",
                "1:29: give exactly one of env, file, aws_secret, aws_parameter; found env and file",
                "1:64: the secret reference 'aws_secret' is not built into this server yet",
            ],
        ),
        (
            "github: { webhook_secrets: [{ env: A }], api_url: api.github.com, clone_url: \"ext::sh {{ repository }}\" }\n",
            vec![
                "1:51: \"api.github.com\" is not an address (https://deploy.example.com)",
                "1:78: \"ext::sh {{ repository }}\" is not where repositories are cloned from (https://github.com/{{ repository }}.git)",
            ],
        ),
        (
            "listen: 8080\nlistn: x\ngithub: { webhook_secrets: [{ env: A }] }\n",
            vec!["1:9: expected a text, found 8080; write it in quotes: \"8080\"", "2:1: unknown key 'listn'; did you mean 'listen'?"],
        ),
        (
            "github: { webhook_secrets: [{ env: A }] }\nlisten: here\nstore: postgres://u:p@h/d\nlocale: fr\nartifacts:\n",
            vec![
                "2:9: \"here\" is not an address and a port (0.0.0.0:8080)",
                "3:8: the store 'postgres' is not built into this server yet",
                "4:9: \"fr\" is not one of en, es",
                "5:1: 'artifacts' has no value; give it one, or leave the key out",
            ],
        ),
        (
            "github: { webhook_secrets: [{ env: A }] }\nstore: mysql://u:password@h\npublic_url: deploy.example.com\n",
            vec![
                "2:8: \"…\" is not a store (sqlite:data/botadura.db)",
                "3:13: \"deploy.example.com\" is not an address (https://deploy.example.com)",
            ],
        ),
        (
            "github: { webhook_secrets: [{ env: A }] }\nroles: { qa: [lucia, \"team:acme\", \"user:lucia\"], none: [] }\n",
            vec![
                "2:15: \"lucia\" is not a member of a role (user:LOGIN or team:ORGANISATION/TEAM)",
                "2:22: \"team:acme\" is not a member of a role (user:LOGIN or team:ORGANISATION/TEAM)",
                "2:56: it is empty; name who has the role, or leave it out",
            ],
        ),
        (
            "github: { webhook_secrets: [{ env: A }] }\ncommands: { run_as: root, container: { engine: podman, image: x } }\noutgoing: { allow_hosts: [\"http://x\"] }\nretention: { logs: 0s, deliveries: 90, artifact: 1d }\n",
            vec![
                "2:21: \"root\" is not a user's name (not root)",
                "2:27: the key 'container' is not built into this server yet",
                "3:27: \"http://x\" is not a host (prometheus, 10.0.0.5, *.internal)",
                "4:20: it must be longer than nothing",
                "4:36: expected a span of time (30s, 5m, 1h30m, 14d), found the number 90",
                "4:40: unknown key 'artifact'; did you mean 'artifacts'?",
            ],
        ),
        (
            "github: { webhook_secrets: [{ env: A }] }\ncommands: { run_as: root, container: { engine: podman, image: x } }\noutgoing: { allow_hosts: [\"http://x\"] }\nretention: { logs: 0s, deliveries: 90 days }\napplications: [\"\", \"[\"]\n",
            vec![
                "2:21: \"root\" is not a user's name (not root)",
                "2:27: the key 'container' is not built into this server yet",
                "3:27: \"http://x\" is not a host (prometheus, 10.0.0.5, *.internal)",
                "4:20: it must be longer than nothing",
                "4:36: \"90 days\" is not a span of time; write 30s, 5m, 1h30m or 14d, the larger unit first",
                "5:16: \"\" is not a pattern of files (apps/*.yaml)",
                "5:20: \"[\" is not a pattern of files (apps/*.yaml)",
            ],
        ),
    ] {
        let told = lines(&read_text(text).expect_err(text));
        let expected: Vec<String> = expected.iter().map(|line| format!("botadura.yaml:{line}")).collect();
        assert_eq!(told, expected, "{text}");
    }
}

fn write(folder: &Path, name: &str, text: &str) {
    let path = folder.join(name);
    std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
    std::fs::write(path, text).expect("written");
}

#[test]
fn applications_agree_with_the_servers_file() {
    let folder = tempfile::tempdir().expect("a folder");
    let settings = "github: { webhook_secrets: [{ file: secret }] }\nroles: { qa: [\"user:lucia\"] }\napplications: [\"apps/*.yaml\", \"more/*.yaml\"]\n";
    write(folder.path(), "botadura.yaml", settings);
    let shop = |more: &str| {
        format!(
            "repository: acme/shop\nenvironments: {{ a: {{ approvals: {{ count: 1, from: [qa] }} }} }}\nsteps: [{{ command: {{ argv: [make] }}{more} }}]\n"
        )
    };
    write(folder.path(), "apps/shop.yaml", &shop(""));
    write(folder.path(), "apps/.#shop.yaml", "{");
    write(folder.path(), "apps/README.md", "no application");
    let server = folder.path().join("botadura.yaml");
    let read = everything(&server).expect("applications").applications;
    assert_eq!(read.iter().map(|(_, application)| application.name.as_str()).collect::<Vec<_>>(), ["shop"]);

    write(folder.path(), "more/shop.yaml", &shop(""));
    let secret = folder.path().canonicalize().expect("a folder").join("secret");
    write(
        folder.path(),
        "apps/thief.yaml",
        &shop(&format!(", secrets: {{ A: {{ file: {} }}, B: {{ file: ./secret }} }}", secret.display())),
    );
    write(folder.path(), "apps/-x.yaml", &shop(""));
    write(folder.path(), "apps/role.yaml", &shop("").replace("qa", "nobody"));
    let told = lines(&everything(&server).expect_err("mistakes"));
    let told: Vec<String> = told.iter().map(|line| line.replace(&folder.path().display().to_string(), ".")).collect();
    assert_eq!(
        told,
        [
            "./apps/-x.yaml: \"-x\" is not an application's name (letters, digits, '-', '_' and '.', a letter or digit first)",
            "./apps/role.yaml:2:52: the server's file has no role 'nobody'; there is qa",
            "./apps/thief.yaml:3:52: this secret is the server's own; no application may read it",
            &format!(
                "./apps/thief.yaml:3:{}: this secret is the server's own; no application may read it",
                52 + 15 + secret.display().to_string().len()
            ),
            "./more/shop.yaml: the application 'shop' is described by ./apps/shop.yaml too; a file's name is its application's, once",
        ]
    );
}

#[test]
fn a_file_that_is_not_there_is_told() {
    let told = lines(&load(Path::new("nowhere/botadura.yaml")).expect_err("no file"));
    assert_eq!(told, ["nowhere/botadura.yaml: it cannot be read: No such file or directory (os error 2)"]);
}

#[test]
fn the_examples_hold_no_mistake() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("config");
    load(&folder.join("botadura.yaml")).expect("config/botadura.yaml");
    let examples = everything(&folder.join("examples/botadura.yaml")).expect("config/examples");
    assert!(examples.warnings.is_empty());
    assert_eq!(examples.applications.len(), 7);
    let shop = examples.applications.iter().find(|(_, application)| application.name.as_str() == "shop");
    let (_, shop) = shop.expect("the shop");
    assert_eq!(shop.environments.len(), 2);
    assert!(shop.stages.iter().flatten().any(|step| matches!(step.action, Action::Directory(_))));
}

#[test]
fn a_mistake_is_told_in_a_bearable_length() {
    let told = lines(&read_text(&"a".repeat(500_000)).expect_err("no settings"));
    assert!(told[0].starts_with("botadura.yaml:1:1: expected the server's settings (a map), found the text") && told[0].len() < 1_000);
}
