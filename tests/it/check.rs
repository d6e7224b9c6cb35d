//! `botadura check`, as a person and as a program meet it.

use std::{
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};

use serde_json::{Value, json};
use tempfile::TempDir;

const SERVER: &str = "github: { webhook_secrets: [{ env: SECRET }] }\nroles: { qa: [\"user:lucia\"] }\n";

const SHOP: &str = "repository: acme/shop\nenvironments: { staging: {} }\nsteps:\n  - { name: web, directory: { root: /srv/shop } }\n";

/// A folder with these files.
fn folder(files: &[(&str, &[u8])]) -> TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    for (name, content) in files {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        std::fs::write(path, content).expect("written");
    }
    folder
}

fn command(folder: &Path, line: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_botadura"));
    command.arg("check").args(line.split_whitespace()).current_dir(folder).env_clear().stdin(Stdio::null());
    command
}

fn check(folder: &Path, line: &str) -> (Option<i32>, String) {
    let Output { status, stdout, stderr } = command(folder, line).output().expect("the binary");
    assert_eq!(String::from_utf8_lossy(&stderr), "", "nothing is said beside it");
    (status.code(), String::from_utf8(stdout).expect("text"))
}

/// What it finds, as programs read it.
fn found(folder: &Path, line: &str) -> (Option<i32>, Vec<Value>) {
    let (code, text) = check(folder, &format!("{line} --format json"));
    (code, serde_json::from_str(&text).expect("a list"))
}

fn codes(found: &[Value]) -> Vec<String> {
    found.iter().map(|one| format!("{} {}", one["file"].as_str().unwrap_or_default(), one["code"].as_str().unwrap_or_default())).collect()
}

#[test]
fn every_mistake_of_every_file_is_shown_in_its_line() {
    let folder = folder(&[
        ("config/botadura.yaml", b"listen: 8080\ngithub: { webhook_secrets: [{ env: SECRET }], appid: 3 }\nroles: { qa: [\"user:lucia\"] }\n"),
        ("config/apps/keys.yaml", b"repository: acme/shop\nstepz: []\nenvironments:\n  staging: { on: [{ psh: main }] }\n"),
        (
            "config/apps/meaning.yaml",
            b"repository: shop\nenvironments:\n  staging: { on: [{ push: main }], vars: { a: \"1\" } }\n  production:\n    approvals:\n      count: 1\n      from: [qq]\nsteps:\n  - name: build\n    command: { script: \"echo {{ version.sha }}\" }\n    timeout: 5 minutes\n  - name: build\n    http: { url: \"https://{{ vars.b }}/{{ steps.bild.url }}\" }\n    only: [stagin]\n  - { command: { argv: [make] }, http: { url: https://x.example } }\n",
        ),
        ("config/apps/tabs.yaml", b"repository: acme/shop\nsteps:\n\t- command: {}\n"),
        ("config/apps/windows.yaml", b"\xef\xbb\xbfrepository: acme/shop\r\nenvironments:\r\n  staging: { on: [{ push: main }] }\r\nsteps:\r\n  - { nme: \"\xc3\xb1and\xc3\xba \xe6\x97\xa5\xe6\x9c\xac\", comand: {} }\r\n"),
    ]);
    let (code, text) = check(folder.path(), "");
    assert_eq!(code, Some(1));
    insta::assert_snapshot!(text);
}

#[test]
fn what_an_application_names_is_looked_up_in_the_servers_file_when_that_is_there() {
    let shop = SHOP.replace("staging: {}", "staging: { approvals: { count: 1, from: [qq] } }");
    let folder = folder(&[("config/botadura.yaml", SERVER.as_bytes()), ("shop.yaml", shop.as_bytes())]);
    let (code, mistakes) = found(folder.path(), "shop.yaml");
    assert_eq!((code, codes(&mistakes)), (Some(1), vec!["shop.yaml unknown-role".to_owned()]));
    std::fs::remove_file(folder.path().join("config/botadura.yaml")).expect("removed");
    assert_eq!(found(folder.path(), "shop.yaml"), (Some(0), vec![]), "nobody knows which roles there are");
    let (code, unreadable) = found(folder.path(), "shop.yaml --config server.yaml");
    assert_eq!((code, codes(&unreadable)), (Some(2), vec!["server.yaml unreadable".to_owned()]), "somebody has named it");
}

#[test]
fn a_mistake_in_the_servers_file_hides_none_of_the_applications_roles() {
    let shop = SHOP.replace("staging: {}", "staging: { approvals: { count: 1, from: [qq] } }");
    for (server, expected) in [
        (format!("{SERVER}store: 5\n"), vec!["config/botadura.yaml unquoted", "config/apps/shop.yaml unknown-role"]),
        (format!("{SERVER}vault: {{}}\n"), vec!["config/botadura.yaml unknown-key", "config/apps/shop.yaml unknown-role"]),
        // What roles there are is not known, so nothing is said of them.
        (SERVER.replace("[\"user:lucia\"]", "5"), vec!["config/botadura.yaml wrong-type"]),
    ] {
        let folder = folder(&[("config/botadura.yaml", server.as_bytes()), ("config/apps/shop.yaml", shop.as_bytes())]);
        let (code, mistakes) = found(folder.path(), "");
        let (mut told, mut expected) = (codes(&mistakes), expected);
        told.sort();
        expected.sort_unstable();
        assert_eq!((code, told), (Some(1), expected.into_iter().map(str::to_owned).collect()), "{server}");
    }
}

#[test]
fn folders_are_looked_into_and_files_told_apart_by_what_they_say() {
    let role = SHOP.replace("staging: {}", "staging: { approvals: { count: 1, from: [nobody] } }");
    let folder = folder(&[
        ("one/botadura.yaml", SERVER.as_bytes()),
        ("one/apps/shop.yaml", role.as_bytes()),
        ("two/server.yml", SERVER.replace("qa", "nobody").as_bytes()),
        ("two/apps/shop.yaml", role.as_bytes()),
        ("two/apps/notes.txt", b"no file of ours"),
        ("two/apps/.hidden.yaml", b"{"),
    ]);
    let (code, mistakes) = found(folder.path(), ".");
    assert_eq!((code, codes(&mistakes)), (Some(1), vec!["./one/apps/shop.yaml unknown-role".to_owned()]));
    assert_eq!(check(folder.path(), "two").1, "no mistake in 2 files\n");
    assert_eq!(check(folder.path(), "two/server.yml").1, "no mistake in 1 file\n");
}

#[test]
fn exit_codes_tell_mistakes_from_what_cannot_be_read() {
    let folder = folder(&[
        ("config/botadura.yaml", SERVER.as_bytes()),
        ("config/apps/shop.yaml", SHOP.as_bytes()),
        ("empty.yaml", b""),
        ("text.yaml", b"just text"),
        ("no.yaml", b"{[}"),
        ("bytes.yaml", b"repository: acme/shop\n# \xff\xfe\n"),
        ("nul.yaml", b"repository: \0\n"),
    ]);
    for (line, expected) in [("", 0), ("empty.yaml", 1), ("text.yaml", 1), ("no.yaml", 1), ("nul.yaml", 1), ("bytes.yaml", 2)] {
        assert_eq!(check(folder.path(), line).0, Some(expected), "{line}");
    }
    for line in ["nowhere.yaml", "nowhere.yaml text.yaml", "--config nowhere.yaml"] {
        assert_eq!(check(folder.path(), line).0, Some(2), "{line}");
    }
    let (_, told) = found(folder.path(), "bytes.yaml");
    assert_eq!(told[0]["message"], "it cannot be read: line 2 is not text in UTF-8");
    let wrong = command(folder.path(), "--format xml").output().expect("the binary");
    assert_eq!(wrong.status.code(), Some(2));
    let help = command(folder.path(), "--help").output().expect("the binary");
    assert!(String::from_utf8_lossy(&help.stdout).contains("1  mistakes"));
}

#[test]
fn programs_read_the_same_as_people() {
    let folder = folder(&[
        ("config/botadura.yaml", SERVER.as_bytes()),
        ("shop.yaml", b"stepz: []\nrepository: acme/shop\nenvironments: { a: {} }\nsteps: [{ command: { argv: [x] } }]\n"),
    ]);
    let (code, mistakes) = found(folder.path(), "shop.yaml");
    assert_eq!(code, Some(1));
    let expected = json!([{
        "file": "shop.yaml", "line": 1, "column": 1, "end_column": 6, "code": "unknown-key", "severity": "error",
        "message": "unknown key 'stepz'", "help": "did you mean 'steps'?",
    }]);
    assert_eq!(json!(mistakes), expected);
}

#[test]
fn code_scanning_reads_it() {
    let folder = folder(&[
        ("config/botadura.yaml", b"github: { webhook_secrets: [{ env: SECRET }], appid: 3 }\n"),
        ("config/apps/a b.yaml", b"repository: acme/shop\n"),
        ("config/apps/ok.yaml", b"\xff"),
    ]);
    let here = folder.path().canonicalize().expect("a folder");
    let (code, text) = check(&here, "--format sarif");
    assert_eq!(code, Some(2));
    let log: Value = serde_json::from_str(&text).expect("JSON");
    // One pattern has a bracket too many, which is no regular expression everywhere.
    let text_of_schema = std::fs::read_to_string(schema()).expect("readable").replace("{2}]?$", "{2}$");
    let schema: Value = serde_json::from_str(&text_of_schema).expect("JSON");
    let validator = jsonschema::validator_for(&schema).expect("a schema");
    let errors: Vec<String> = validator.iter_errors(&log).map(|error| format!("{} {error}", error.instance_path())).collect();
    assert_eq!(errors, Vec::<String>::new());
    assert!(!validator.is_valid(&json!({ "version": "2.1.0", "runs": [{ "results": [] }] })), "the schema refuses what is wrong");
    insta::assert_snapshot!(text.replace(env!("CARGO_PKG_VERSION"), "VERSION"));
    let absolute = here.join("config/apps/a b.yaml").display().to_string();
    let all = command(&here, "--format sarif").arg(absolute).output().expect("the binary");
    let log: Value = serde_json::from_slice(&all.stdout).expect("JSON");
    let uris = log["runs"][0]["results"].as_array().expect("results").iter();
    let uris: Vec<&str> = uris.filter_map(|one| one["locations"][0]["physicalLocation"]["artifactLocation"]["uri"].as_str()).collect();
    assert!(uris.contains(&"config/apps/a%20b.yaml"), "{uris:?}");
}

/// The schema of SARIF 2.1.0, as a package brings it.
fn schema() -> PathBuf {
    let cache = std::env::var_os("BOTADURA_TEST_CACHE")
        .map_or_else(|| PathBuf::from(std::env::var_os("HOME").expect("HOME is set")).join(".cache/botadura-test"), PathBuf::from);
    let file = cache.join("npm-jest-sarif-1.0.0-beta.0/node_modules/@microsoft/jest-sarif/lib/schemas/sarif-2.1.0-rtm.5.json");
    assert!(file.is_file(), "SARIF's schema is not in {}: run tests/counterparts/sarif-schema.sh", file.display());
    file
}

#[test]
fn colours_are_for_terminals_that_want_them() {
    let folder = folder(&[("shop.yaml", b"stepz: []\n")]);
    let shown = |color: &[(&str, &str)]| {
        let mut command = command(folder.path(), "shop.yaml");
        String::from_utf8(command.envs(color.iter().copied()).output().expect("the binary").stdout).expect("text")
    };
    assert!(!shown(&[]).contains('\u{1b}'), "a pipe is no terminal");
    assert!(shown(&[("CLICOLOR_FORCE", "1")]).contains('\u{1b}'));
    // `script` gives it a terminal.
    let on_a_terminal = |no_color: Option<&str>| {
        let line = format!("{} check shop.yaml", env!("CARGO_BIN_EXE_botadura"));
        let mut command = Command::new("script");
        command.args(["-qec", &line, "/dev/null"]).current_dir(folder.path()).env_clear().stdin(Stdio::null());
        command.env("PATH", std::env::var("PATH").unwrap_or_default()).env("TERM", "xterm").env("SHELL", "/bin/sh");
        if let Some(value) = no_color {
            command.env("NO_COLOR", value);
        }
        String::from_utf8(command.output().expect("util-linux has `script`").stdout).expect("text")
    };
    assert!(on_a_terminal(None).contains("\u{1b}["), "{}", on_a_terminal(None));
    assert!(!on_a_terminal(Some("1")).contains('\u{1b}') && on_a_terminal(Some("1")).contains("stepz"));
}

#[test]
fn whatever_the_bytes_are_it_ends_in_good_order() {
    let long = format!("repository: acme/shop\n{}stepz: []\n", " ".repeat(300_000));
    let wide = format!("{{ stepz: 1, {} }}\n", "\"日本\": 1, ".repeat(40_000));
    let folder = folder(&[
        ("long.yaml", long.as_bytes()),
        ("wide.yaml", wide.as_bytes()),
        ("huge.yaml", "#".repeat(2_000_000).as_bytes()),
        ("cut.yaml", "é".repeat(600_000).as_bytes()),
        ("escapes.yaml", b"\"\\x1b[31mred\\nline\\u202e\": 1\n"),
        ("marks.yaml", "e\u{301}\u{200d}\u{fe0f}\u{202e}: 1\n\u{85}\u{2028}x: 1\n".as_bytes()),
        ("returns.yaml", b"repository: acme/shop\rstepz: []\renvironments: {}\r"),
    ]);
    for file in ["long", "wide", "huge", "cut", "escapes", "marks", "returns"] {
        for format in ["human", "json", "sarif"] {
            let (code, text) = check(folder.path(), &format!("{file}.yaml --format {format}"));
            assert_eq!(code, Some(1), "{file} {format} {text:.2000}");
            assert!(!text.contains('\u{1b}') && (format != "human" || text.len() < 200_000), "{file} {format}");
        }
    }
    let (_, text) = check(folder.path(), "returns.yaml");
    assert!(text.contains("2 | stepz: []") && text.contains("returns.yaml:2:1"), "{text}");
    let (_, text) = check(folder.path(), "huge.yaml cut.yaml");
    assert!(text.contains("it is larger than 1024 KiB") && text.ends_with("2 mistakes in 2 files\n"), "{text}");
}

#[test]
fn other_commands_show_mistakes_in_the_same_way() {
    let folder = folder(&[("config/botadura.yaml", b"listen: 8080\ngithub: { webhook_secrets: [{ env: SECRET }] }\n")]);
    for line in ["status", "serve"] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_botadura"));
        let output = command.arg(line).current_dir(folder.path()).env_clear().stdin(Stdio::null()).output().expect("the binary");
        assert_eq!(output.status.code(), Some(2));
        let told = String::from_utf8(output.stderr).expect("text");
        let shown =
            "error[unquoted]: expected a text, found 8080\n --> config/botadura.yaml:1:9\n  |\n1 | listen: 8080\n  |         ^^^^\n";
        assert!(told.starts_with(shown) && told.ends_with("`botadura check` shows them again\n"), "{told}");
    }
}
