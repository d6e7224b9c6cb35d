//! `botadura audit verify`: whether somebody altered the history. It reads the store's file and needs no server.

use super::say;
use crate::{
    cli::failure::Failure,
    domain::history::Report,
    settings::{Settings, Store as Location},
    store,
    surfaces::text::Text,
};

/// Looks at the store, and tells what is not as it was.
pub(super) fn verify(settings: &Settings, json: bool) -> Result<(), Failure> {
    let Location::Sqlite(path) = &settings.store;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| Failure::Failed(format!("the command cannot begin: {error}")))?;
    let report = runtime.block_on(store::audit(path));
    let report = report.map_err(|error| Failure::Usage(format!("the history in {} cannot be read: {error}", path.display())))?;
    if json {
        say(&serde_json::to_string_pretty(&report).map_err(|error| Failure::Failed(error.to_string()))?);
    } else {
        tell_all(&Text::new(settings.locale), &report);
    }
    if report.wrong.is_empty() { Ok(()) } else { Err(Failure::Told) }
}

fn tell_all(text: &Text, report: &Report) {
    text.audit(report).iter().for_each(|line| say(line));
}
