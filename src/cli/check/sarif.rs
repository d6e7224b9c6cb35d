//! SARIF 2.1.0, as GitHub's code scanning reads it.

use std::path::Path;

use indexmap::IndexMap;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};

use crate::domain::manifest::{Diagnostic, Severity, mistake::RULES};

/// What stands as it is in the path of a URI.
const IN_A_PATH: &AsciiSet = &NON_ALPHANUMERIC.remove(b'/').remove(b'.').remove(b'-').remove(b'_').remove(b'~');

/// The log of one run.
pub(super) fn log(diagnostics: &[Diagnostic]) -> Value {
    let here = std::path::absolute(".").unwrap_or_default();
    let mut rules: IndexMap<&str, Value> = IndexMap::new();
    for one in diagnostics {
        let text = RULES.iter().find(|rule| rule.id == one.code).map_or("", |rule| rule.text);
        let level = json!({ "level": one.severity.level() });
        rules
            .entry(&one.code)
            .or_insert_with(|| json!({ "id": one.code, "shortDescription": { "text": text }, "defaultConfiguration": level }));
    }
    let results: Vec<Value> = diagnostics.iter().map(|one| result(one, rules.get_index_of(one.code.as_str()), &here)).collect();
    json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "Botadura",
                "version": env!("CARGO_PKG_VERSION"),
                "informationUri": env!("CARGO_PKG_REPOSITORY"),
                "rules": rules.into_values().collect::<Vec<_>>(),
            } },
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    })
}

fn result(one: &Diagnostic, rule: Option<usize>, here: &Path) -> Value {
    let text = match &one.help {
        Some(help) => format!("{}; {help}", one.message),
        None => one.message.clone(),
    };
    // GitHub shows nothing that has no line.
    let mut region = json!({ "startLine": one.line.unwrap_or(1) });
    if let (Some(column), Some(end)) = (one.column, one.end_column) {
        region["startColumn"] = column.into();
        region["endColumn"] = end.into();
    }
    json!({
        "ruleId": one.code,
        "ruleIndex": rule,
        "level": one.severity.level(),
        "message": { "text": text },
        "locations": [{ "physicalLocation": { "artifactLocation": { "uri": uri(&one.file, here) }, "region": region } }],
    })
}

/// A file below the folder that we are in by its way from there, any other by its whole address.
fn uri(file: &str, here: &Path) -> String {
    let path = Path::new(file);
    let relative = path.strip_prefix(here).or_else(|_| path.strip_prefix("."));
    let shown = relative.unwrap_or(path).to_string_lossy().into_owned();
    let encoded = utf8_percent_encode(&shown, IN_A_PATH).to_string();
    if encoded.starts_with('/') { format!("file://{encoded}") } else { encoded }
}

impl Severity {
    /// SARIF's word for it.
    fn level(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Note => "note",
        }
    }
}
