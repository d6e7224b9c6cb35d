//! Answers comments: brings what stands beside and below each to what should, and tries again when that fails.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use jiff::Timestamp;

use super::{
    Core,
    metrics::Word,
    teller::MOST_TRIES,
    worker::{Turn, Worker},
};
use crate::{
    domain::deployment::back_off,
    store::{ANSWERS, DeliveryState, ProposalState, Reader, Result},
    surfaces::github_answers::{Conversation, GitHubAnswers, Standing, is_no, leads_on},
};

/// Keeps the answers to comments up to date.
pub(super) struct Answerer {
    core: Arc<Core>,
    surface: Arc<GitHubAnswers>,
}

impl Answerer {
    pub(super) fn new(core: Arc<Core>, surface: Arc<GitHubAnswers>) -> Self {
        Self { core, surface }
    }
}

#[async_trait]
impl Worker for Answerer {
    fn name(&self) -> &'static str {
        ANSWERS
    }

    async fn turn(&self) -> Result<Turn> {
        let store = &self.core.parts.store;
        let now = self.core.parts.clock.now();
        let mut reader = store.read().await?;
        let Some(stale) = reader.stale(ANSWERS, now).await? else {
            return Ok(Turn::Rest(reader.next_stale(ANSWERS).await?));
        };
        let id = u64::try_from(stale.subject.0).unwrap_or_default();
        let conversation = conversation(&mut reader, id).await?;
        drop(reader);
        let Some(conversation) = conversation else {
            store.shown(ANSWERS, &stale, stale.remote.as_deref()).await?;
            return Ok(Turn::Worked);
        };
        match self.surface.show(&conversation, stale.remote.as_deref()).await {
            Ok(remote) => store.shown(ANSWERS, &stale, Some(&remote)).await?,
            Err(broken) if broken.lasting && stale.attempts >= MOST_TRIES => {
                store.shown(ANSWERS, &stale, broken.remote.as_deref().or(stale.remote.as_deref())).await?;
            }
            Err(broken) => {
                tracing::warn!(surface = ANSWERS, comment = id, error = %broken.why, "not shown; trying again");
                self.core.parts.metrics.not_shown.get_or_create(&Word { which: ANSWERS.to_owned() }).inc();
                let tries = u32::try_from(stale.attempts).unwrap_or(u32::MAX).saturating_add(1);
                let later = now.saturating_add(back_off(tries).max(Duration::from_secs(1))).unwrap_or(Timestamp::MAX);
                let again = broken.again.map_or(later, |again| again.max(later));
                let remote = broken.remote.as_deref().or(stale.remote.as_deref());
                store.not_shown(ANSWERS, &stale, (remote, again)).await?;
            }
        }
        Ok(Turn::Worked)
    }
}

/// What became of a comment's commands so far.
async fn conversation(reader: &mut Reader, id: u64) -> Result<Option<Conversation>> {
    let Some(spoken) = reader.comment(id).await? else { return Ok(None) };
    let lines = reader.answered_lines(id).await?;
    let is_settled = lines.iter().all(|line| line.state != DeliveryState::Waiting);
    let refused = lines.iter().filter_map(|line| line.outcome.as_ref()).any(is_no);
    let leads = lines.iter().filter_map(|line| line.outcome.as_ref()).any(leads_on);
    let led_to = if leads { how_they_stand(reader, id).await? } else { Standing::Well };
    let standing = match (is_settled, refused, led_to) {
        (false, ..) => Standing::Open,
        (true, true, _) | (true, _, Standing::Badly) => Standing::Badly,
        (true, false, other) => other,
    };
    let settled = |line: &crate::store::AnsweredLine| line.state != DeliveryState::Waiting;
    let lines = lines.into_iter().map(|line| (line.text.clone(), line.outcome.clone().filter(|_| settled(&line)))).collect();
    Ok(Some(Conversation { spoken, lines, standing }))
}

/// How the deployments stand that a comment's commands led to.
async fn how_they_stand(reader: &mut Reader, id: u64) -> Result<Standing> {
    let mut all = Standing::Well;
    for id in reader.led_to(id).await? {
        let deployment = reader.summary(id).await?;
        let proposal = reader.proposal(id).await?.map(|found| found.state);
        let one = match (deployment.and_then(|found| Some((found.ended_at?, found.result))), proposal) {
            (Some((_, Some(result))), _) if result == "succeeded" => Standing::Well,
            (Some(_), _) | (None, Some(ProposalState::Closed)) => Standing::Badly,
            (None, _) => Standing::Open,
        };
        all = match (all, one) {
            (Standing::Badly, _) | (_, Standing::Badly) => Standing::Badly,
            (Standing::Open, _) | (_, Standing::Open) => Standing::Open,
            _ => Standing::Well,
        };
    }
    Ok(all)
}
