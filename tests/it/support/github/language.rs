//! `checks` and `workflow` are not read from files yet: they go through them as commands, and are what they mean again
//! afterwards. Both are written as JSON, which is YAML too.

use std::time::Duration;

use botadura::domain::manifest::{Action, Application, Checks, Invocation, Workflow, template::Template};
use serde_json::Value;

const MARK: &str = "$JSON$";

/// The file's text, with those steps as commands.
pub fn written_as_commands(text: &str) -> String {
    let line = |line: &str| {
        let kind = ["checks", "workflow"].into_iter().find_map(|kind| {
            let start = line.find(&format!("{kind}: "))?;
            matches!(line[start + kind.len() + 2..].chars().next(), Some('[' | '{')).then_some((kind, start))
        });
        kind.map_or_else(
            || line.to_owned(),
            |(kind, start)| format!("{}command: {{ argv: ['{MARK}', {kind}, '{}'] }}", &line[..start], &line[start + kind.len() + 2..]),
        )
    };
    text.lines().map(line).collect::<Vec<_>>().join("\n")
}

/// The application with those steps as they were meant.
pub fn meant(mut application: Application) -> Application {
    for step in application.stages.iter_mut().flatten() {
        let Action::Command(command) = &step.action else { continue };
        let Invocation::Argv(argv) = &command.run else { continue };
        let words: Vec<&str> = argv.iter().map(Template::source).collect();
        if let [MARK, kind, json] = words[..] {
            let value: Value = serde_json::from_str(json).expect("JSON");
            step.action = if kind == "checks" { Action::Checks(checks(&value)) } else { Action::Workflow(workflow(&value)) };
        }
    }
    application
}

fn texts(value: &Value) -> Vec<String> {
    value.as_array().into_iter().flatten().map(|text| text.as_str().expect("a text").to_owned()).collect()
}

fn checks(value: &Value) -> Checks {
    let names = texts(if value.is_array() { value } else { &value["names"] });
    Checks { names, appear_within: Duration::from_mins(10) }
}

fn workflow(value: &Value) -> Workflow {
    let inputs = value["inputs"].as_object().cloned().unwrap_or_default();
    let template = |value: Value| value.as_str().expect("a text").parse().expect("a template");
    Workflow {
        file: value["file"].as_str().expect("a file").to_owned(),
        inputs: inputs.into_iter().map(|(name, value)| (name, template(value))).collect(),
        outputs: value["outputs"] == "artifact",
        artifacts: texts(&value["artifacts"]),
    }
}
