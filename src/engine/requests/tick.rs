//! `tick`: somebody says that a point of a checklist is done for a version.

use super::{Actor, Core, Decided, DeploymentId, Done, EnvironmentId, Refusal, Reply, Trouble, Version};
use crate::{
    domain::{
        manifest::Checklist,
        policy::{Purpose, Tick},
        request::Which,
    },
    store::Reader,
};

impl Core {
    pub(super) async fn tick(&self, actor: &Actor, id: DeploymentId, which: &Which, off: bool) -> Result<Decided, Trouble> {
        let mut reader = self.parts.store.read().await?;
        let Some((environment, version)) = brought(&mut reader, id).await? else {
            return self.refuse(Refusal::NoDeployment { id }).await;
        };
        let has_begun = reader.deployment(id).await?.is_some();
        drop(reader);
        let application = match self.find(&environment) {
            Ok(application) => application,
            Err(refusal) => return self.refuse(refusal).await,
        };
        if let Some(refusal) = self.may_not(&application, &environment, &Purpose::Deploy, actor).await? {
            return self.refuse(refusal).await;
        }
        let Some(rules) = application.environments.get(&environment.name) else {
            return self.refuse(Refusal::NoDeployment { id }).await;
        };
        // What is looked at afterwards cannot be seen before the version comes.
        let late: usize = if has_begun { 0 } else { rules.checklist.after.iter().map(|after| after.points.len()).sum() };
        let open = rules.checklist.points().count().saturating_sub(late);
        let found = find(&rules.checklist, which).filter(|(number, _)| usize::try_from(*number).is_ok_and(|number| number <= open));
        let Some((number, text)) = found else {
            let there_are = rules.checklist.points().take(open).map(|point| point.text.clone()).collect();
            return self.refuse(Refusal::NoPoint { point: which.to_string(), there_are }).await;
        };
        let Some(version) = version else { return self.refuse(Refusal::NoDeployment { id }).await };
        let mut tx = self.parts.store.write().await?;
        let changed = if off {
            tx.untick(&environment, &version, &text).await?
        } else {
            let (sha, tree) = (version.sha, version.tree);
            let tick = Tick { environment: environment.clone(), sha, tree, point: text.clone(), by: actor.clone(), at: tx.now() };
            tx.tick(&tick).await?
        };
        tx.look_at_application(&environment.application).await?;
        Ok(Decided { tx, reply: Reply::Done { done: Done::Ticked { environment, number, text, off, already: !changed } } })
    }
}

/// The point that somebody means, with its number.
fn find(checklist: &Checklist, which: &Which) -> Option<(u32, String)> {
    let named = |(number, text): &(u32, &String)| match which {
        Which::Number(wanted) => wanted == number,
        Which::Text(wanted) => wanted.trim().eq_ignore_ascii_case(text.trim()),
    };
    let mut points = checklist.points().zip(1..).map(|(point, number)| (number, &point.text));
    points.find(named).map(|(number, text)| (number, text.clone()))
}

/// Where a proposal or deployment goes, and what it brings.
async fn brought(reader: &mut Reader, id: DeploymentId) -> Result<Option<(EnvironmentId, Option<Version>)>, Trouble> {
    if let Some(deployment) = reader.deployment(id).await? {
        return Ok(Some((deployment.environment, deployment.version)));
    }
    Ok(reader.proposal(id).await?.map(|found| (found.proposal.environment, found.proposal.version)))
}
