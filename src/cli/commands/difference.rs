//! `botadura diff-decisions`: of everything that is recorded, what changed files would decide otherwise.

use std::path::Path;

use jiff::Timestamp;
use serde::Serialize;
use similar::{ChangeTag, TextDiff};

use super::{
    questions::{around, written},
    say, tell,
};
use crate::{
    app::{Ambient, Offline},
    cli::{arguments::Shape, failure::Failure, when},
    domain::{
        ids::DeliveryId,
        simulation::{Question, Simulation},
    },
    settings::{self, Loaded, Store as Location},
    store::{self, Delivery},
    surfaces::text::Text,
};

/// A delivery of which something else would become.
#[derive(Debug, Serialize)]
struct Difference {
    delivery: DeliveryId,
    event: String,
    received_at: Timestamp,
    /// By the files as they are now.
    before: Simulation,
    /// By the changed ones.
    after: Simulation,
}

/// What was looked at, and what differs.
#[derive(Debug, Serialize)]
struct Report {
    /// How many deliveries were looked at.
    looked_at: usize,
    /// Deliveries that neither can be read by nor answered to.
    unreadable: Vec<DeliveryId>,
    /// The oldest first.
    differences: Vec<Difference>,
}

/// Judges each recorded webhook by itself, at the time at which it came, by what its payload says of the repository, and as
/// if nothing had happened before: once by the files that `against` names, once by those that `config` names.
pub(super) async fn decisions(config: &Path, against: &Path, limit: u32, shape: Shape) -> Result<(), Failure> {
    let ambient = around()?;
    if !against.exists() {
        let missing = against.display();
        return Err(Failure::Usage(format!(
            "--against {missing}: it is not there; give the server's file as it is now, whose deliveries are taken"
        )));
    }
    let (now, then) = (everything(against)?, everything(config)?);
    let Location::Sqlite(path) = &now.settings.store;
    let unreadable = |error: store::Error| Failure::Usage(format!("the deliveries in {} cannot be read: {error}", path.display()));
    let mut deliveries = store::peek(path).await.map_err(unreadable)?.deliveries(limit.into()).await.map_err(unreadable)?;
    deliveries.retain(|delivery| delivery.source == "github");
    deliveries.reverse();
    let report = compared(deliveries, (&now, &then), &ambient).await?;
    match shape {
        Shape::Json => say(&written(&report)?),
        Shape::Human => shown(&Text::new(then.settings.locale), &report),
    }
    if report.differences.is_empty() { Ok(()) } else { Err(Failure::Told) }
}

fn everything(path: &Path) -> Result<Loaded, Failure> {
    settings::everything(path).map_err(Failure::Mistakes)
}

async fn compared(deliveries: Vec<Delivery>, (now, then): (&Loaded, &Loaded), ambient: &Ambient) -> Result<Report, Failure> {
    let failed = |error: crate::app::Error| Failure::Failed(error.to_string());
    let now = Offline::without_past(now, ambient).await.map_err(failed)?;
    let then = Offline::without_past(then, ambient).await.map_err(failed)?;
    let mut report = Report { looked_at: deliveries.len(), unreadable: Vec::new(), differences: Vec::new() };
    for Delivery { id, event, body, received_at, .. } in deliveries {
        let question = Question::Event { name: event.clone(), body, actor: None };
        let before = now.inquiry().simulate_as_told(&question, Some(received_at)).await;
        let after = then.inquiry().simulate_as_told(&question, Some(received_at)).await;
        match (before, after) {
            (Ok(before), Ok(after)) if before == after => {}
            (Ok(before), Ok(after)) => report.differences.push(Difference { delivery: id, event, received_at, before, after }),
            _ => report.unreadable.push(id),
        }
    }
    Ok(report)
}

fn shown(text: &Text, report: &Report) {
    for difference in &report.differences {
        let Difference { delivery, event, received_at, before, after } = difference;
        say(&format!("{event}  {}  {delivery}", when::utc(*received_at)));
        let (before, after) = (text.simulation(before).join("\n"), text.simulation(after).join("\n"));
        for change in TextDiff::from_lines(&before, &after).iter_all_changes() {
            let sign = match change.tag() {
                ChangeTag::Delete => '-',
                ChangeTag::Insert => '+',
                ChangeTag::Equal => continue,
            };
            say(&format!("  {sign} {}", change.value().trim_end_matches('\n')));
        }
    }
    for id in &report.unreadable {
        tell(&format!("{id}: it cannot be judged from what its payload says"));
    }
    let counted = |number: usize| if number == 1 { "1 delivery".to_owned() } else { format!("{number} deliveries") };
    say(&format!("{} looked at, {} would be decided otherwise", counted(report.looked_at), report.differences.len()));
}
