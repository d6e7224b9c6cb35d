//! What commands show that change nothing: how environments stand, what was deployed, what somebody may do.

use std::sync::Arc;

use super::{Core, trouble::Trouble};
use crate::{
    domain::{
        ids::{Actor, ApplicationName, EnvironmentId, EnvironmentName},
        manifest::Application,
        policy::{Purpose, wanted_approvals},
        request::Scope,
        shown::{Help, Ran, Standing},
    },
    store::{Listing, Summary},
};

/// How many deployments a comment shows.
const SHOWN: usize = 10;

fn ran(summary: Summary) -> Ran {
    Ran {
        id: summary.id,
        environment: summary.environment,
        version: summary.version,
        runbook: summary.runbook,
        by: summary.origin.actor,
        at: summary.ended_at.unwrap_or(summary.begun_at),
        result: summary.result,
    }
}

/// How the environments of these applications stand, their previews included.
pub(super) async fn status(core: &Core, applications: impl Iterator<Item = &Arc<Application>>) -> Result<Vec<Standing>, Trouble> {
    let mut reader = core.parts.store.read().await?;
    let rows = reader.environments().await?;
    let locks = reader.locks().await?;
    let now = core.parts.clock.now();
    let mut all = Vec::new();
    for application in applications {
        let own = rows.iter().map(|(id, _)| id).filter(|id| id.application == application.name && id.instance.is_some());
        let plain = application.environments.iter().filter(|(_, rules)| !rules.transient);
        let plain = plain.map(|(name, _)| EnvironmentId::new(application.name.clone(), name.clone()));
        for id in plain.chain(own.cloned()).collect::<Vec<_>>() {
            let row = reader.environment(&id).await?;
            let runs = match row.running {
                Some(running) => reader.summary(running).await?.map(ran),
                None => None,
            };
            all.push(Standing {
                runs,
                under_way: row.slot,
                waiting: reader.waiting(&id).await?.iter().map(|proposal| proposal.id).collect(),
                locks: locks.iter().filter(|lock| lock.is_live(now) && lock.scope.covers(&id)).cloned().collect(),
                kept_back: row.hold.map(|hold| hold.deployment),
                environment: id,
            });
        }
    }
    Ok(all)
}

/// The last deployments of these applications, or of one environment of theirs, the newest first.
pub(super) async fn history(
    core: &Core,
    applications: impl Iterator<Item = &ApplicationName>,
    environment: Option<&EnvironmentName>,
) -> Result<Vec<Ran>, Trouble> {
    let mut reader = core.parts.store.read().await?;
    let mut all = Vec::new();
    for name in applications {
        let scope = match environment {
            Some(environment) => Scope::Environment(EnvironmentId::new(name.clone(), environment.clone())),
            None => Scope::Application(name.clone()),
        };
        let listing =
            Listing { readable: None, of: vec![scope], word: None, before: None, limit: i64::try_from(SHOWN).unwrap_or(i64::MAX) };
        all.extend(reader.deployments(&listing).await?.into_iter().map(ran));
    }
    all.sort_by_key(|ran| std::cmp::Reverse(ran.id));
    all.truncate(SHOWN);
    Ok(all)
}

/// What somebody may do with these applications.
pub(super) async fn help(core: &Core, applications: &[Arc<Application>], actor: &Actor) -> Result<Help, Trouble> {
    let mut help = Help { deploys: Vec::new(), others: Vec::new(), approves: Vec::new(), runs: Vec::new() };
    let roles = core.roles_of(actor).await;
    for application in applications {
        for (name, rules) in &application.environments {
            let id = EnvironmentId::new(application.name.clone(), name.clone());
            let may = core.may_not(application, &id, &Purpose::Deploy, actor).await?.is_none();
            let mine = wanted_approvals(application, rules, &Purpose::Deploy).is_some_and(|wanted| {
                let among = |from: &[String]| from.is_empty() && may || from.iter().any(|role| roles.contains(role));
                wanted.parts.iter().any(|part| among(&part.from))
            });
            if mine {
                help.approves.push(id.clone());
            }
            if may { help.deploys.push(id) } else { help.others.push(id) }
        }
        for (name, runbook) in &application.runbooks {
            let id = EnvironmentId::new(application.name.clone(), runbook.environment.clone());
            let purpose = Purpose::Run { runbook: name.clone(), undo: false };
            if core.may_not(application, &id, &purpose, actor).await?.is_none() {
                help.runs.push((application.name.clone(), name.clone()));
            }
        }
    }
    Ok(help)
}
