//! Answers comments: brings what stands beside and below each to what should, and tries again when that fails.

use std::sync::Arc;

use async_trait::async_trait;

use super::{
    Core,
    worker::{Turn, Worker},
};
use crate::{
    domain::reply::Reply,
    store::{ANSWERS, DeliveryState, ProposalState, Reader, Result},
    surfaces::github_answers::{Conversation, GitHubAnswers, Standing},
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
        let shown = self.surface.show(&conversation, stale.remote.as_deref()).await;
        self.core.note_shown(ANSWERS, &stale, shown).await?;
        Ok(Turn::Worked)
    }
}

/// What became of a comment's commands so far.
async fn conversation(reader: &mut Reader, id: u64) -> Result<Option<Conversation>> {
    let Some(spoken) = reader.comment(id).await? else { return Ok(None) };
    let lines = reader.answered_lines(id).await?;
    let is_settled = lines.iter().all(|line| line.state != DeliveryState::Waiting);
    let refused = lines.iter().filter_map(|line| line.outcome.as_ref()).any(Reply::is_no);
    let leads = lines.iter().filter_map(|line| line.outcome.as_ref()).any(|reply| !reply.led_to().is_empty());
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
        all = all.max(one);
    }
    Ok(all)
}
