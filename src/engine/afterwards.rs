//! Points of checklists that are ticked after a deployment: when their time is over, the open ones are told. They never
//! roll anything back.

use jiff::Timestamp;

use super::Core;
use crate::{
    domain::{
        ids::{DeploymentId, EnvironmentId},
        manifest::AfterPoints,
        policy::Tick,
        story::Overdue,
        version::Version,
    },
    store::{Reader, Result},
};

/// A version that runs, and one of its environment's lists of points after it came.
struct Due {
    deployment: DeploymentId,
    environment: EnvironmentId,
    version: Version,
    at: Timestamp,
    list: AfterPoints,
}

impl Core {
    /// Notes down which points are open whose time is over. Answers when the next ones' is, or none when there was
    /// something to note down.
    pub(super) async fn look_afterwards(&self, now: Timestamp) -> Result<Option<Vec<Timestamp>>> {
        let mut reader = self.parts.store.read().await?;
        let mut next = Vec::new();
        for due in self.due(&mut reader).await? {
            if due.at > now {
                next.push(due.at);
                continue;
            }
            let ticks = reader.ticks(&due.environment, &due.version).await?;
            drop(reader);
            let mut tx = self.parts.store.write().await?;
            tx.keep_overdue(due.deployment, &Overdue { at: due.at, points: open(&due.list, &ticks) }).await?;
            tx.commit().await?;
            self.parts.bells.changed.ring();
            return Ok(None);
        }
        Ok(Some(next))
    }

    /// The lists that nothing is noted down of yet, of every version that runs.
    async fn due(&self, reader: &mut Reader) -> Result<Vec<Due>> {
        let mut all = Vec::new();
        for (environment, row) in reader.environments().await? {
            let Some(application) = self.parts.catalogue.application(&environment.application) else { continue };
            let Some(rules) = application.environments.get(&environment.name) else { continue };
            let Some(running) = row.running.filter(|_| !rules.checklist.after.is_empty()) else { continue };
            let Some(summary) = reader.summary(running).await?.filter(|summary| summary.kind == "deploy") else { continue };
            let (Some(version), Some(ended)) = (summary.version, summary.ended_at) else { continue };
            let noted: Vec<Timestamp> = reader.overdue(running).await?.into_iter().map(|overdue| overdue.at).collect();
            for list in &rules.checklist.after {
                let Ok(at) = ended.checked_add(list.within) else { continue };
                if !noted.contains(&at) {
                    let (environment, version, list) = (environment.clone(), version.clone(), list.clone());
                    all.push(Due { deployment: running, environment, version, at, list });
                }
            }
        }
        Ok(all)
    }
}

/// The points that nobody has ticked.
fn open(list: &AfterPoints, ticks: &[Tick]) -> Vec<String> {
    let ticked = |text: &str| ticks.iter().any(|tick| tick.point == text);
    list.points.iter().filter(|point| !ticked(&point.text)).map(|point| point.text.clone()).collect()
}
