//! `botadura check`: what is wrong with the files, shown as a good compiler does. It needs no server.

mod files;
mod left;
mod sarif;

use std::{collections::BTreeSet, io::Write as _, path::Path, process::ExitCode};

use super::{arguments::CheckArguments, failure::Failure, mistakes::rendered};
use crate::{
    cli::arguments::Format,
    domain::manifest::{Code, Diagnostic, Mistake, Severity},
};

/// Mistakes were found.
const MISTAKES: u8 = 1;

/// Something could not be read, so that nobody knows whether it is right.
const UNREADABLE: u8 = 2;

/// What was found.
#[derive(Debug, Default)]
struct Findings {
    /// The files that were looked at.
    files: BTreeSet<String>,
    /// In the files' order, and in each by their places.
    mistakes: Vec<Mistake>,
}

/// Looks at the files and says what is wrong with them.
pub(super) fn check(config: &Path, arguments: &CheckArguments) -> Result<ExitCode, Failure> {
    let findings = files::look(config, &arguments.paths);
    let mut out = anstream::stdout();
    // Where nobody reads any more (`| head`), nothing is said; the exit code says it all the same.
    let _ = match arguments.format {
        Format::Human => write!(out, "{}{}", rendered(&findings.mistakes), findings.summary()),
        Format::Json => writeln!(out, "{}", as_json(&findings.diagnostics())?),
        Format::Sarif => writeln!(out, "{}", as_json(&sarif::log(&findings.diagnostics()))?),
    };
    Ok(findings.exit_code())
}

fn as_json(value: &impl serde::Serialize) -> Result<String, Failure> {
    serde_json::to_string_pretty(value).map_err(|error| Failure::Failed(error.to_string()))
}

impl Findings {
    fn add(&mut self, mistakes: impl IntoIterator<Item = Mistake>) {
        self.mistakes.extend(mistakes);
    }

    fn diagnostics(&self) -> Vec<Diagnostic> {
        self.mistakes.iter().map(Mistake::diagnostic).collect()
    }

    fn count(&self, severity: Severity) -> usize {
        self.mistakes.iter().filter(|mistake| mistake.severity() == severity).count()
    }

    fn exit_code(&self) -> ExitCode {
        if self.mistakes.iter().any(|mistake| matches!(mistake.code, Code::Unreadable(_))) {
            UNREADABLE.into()
        } else if self.count(Severity::Error) > 0 {
            MISTAKES.into()
        } else {
            ExitCode::SUCCESS
        }
    }

    /// `2 mistakes and 1 warning in 3 files`
    fn summary(&self) -> String {
        let counted = |number: usize, one: &str, many: &str| format!("{number} {}", if number == 1 { one } else { many });
        let mut parts = Vec::new();
        let found =
            [(Severity::Error, "mistake", "mistakes"), (Severity::Warning, "warning", "warnings"), (Severity::Note, "note", "notes")];
        for (severity, one, many) in found {
            match self.count(severity) {
                0 => {}
                number => parts.push(counted(number, one, many)),
            }
        }
        if parts.is_empty() {
            parts.push("no mistake".to_owned());
        }
        format!("{} in {}\n", parts.join(", "), counted(self.files.len(), "file", "files"))
    }
}
