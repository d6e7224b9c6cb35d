//! Staying until a deployment has ended, and telling how it goes.

use std::{collections::HashSet, io::IsTerminal as _, time::Duration};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::{
    cli::{client::Client, failure::Failure},
    domain::{ids::DeploymentId, story::Story},
    store::ProposalState,
    surfaces::text::Text,
    web::api::Told,
};

/// How often it is looked.
const EVERY: Duration = Duration::from_millis(400);

/// How many looks in a row may find no server: it may be restarted meanwhile.
const PATIENCE: u32 = 150;

/// Tells each thing that happens once. Fails when the deployment does.
pub(super) async fn until_ended(client: &Client, id: DeploymentId) -> Result<(), Failure> {
    let bar = progress(id);
    let mut told = HashSet::new();
    let mut missing = 0;
    let ended = loop {
        match client.get::<Told>(&format!("deployments/{id}")).await {
            Ok(now) => {
                missing = 0;
                for line in now.story.as_ref().map(|story| news(&client.text, story, &mut told)).unwrap_or_default() {
                    bar.suspend(|| super::say(&line));
                }
                if let Some(good) = end(&now) {
                    break if good { Ok(()) } else { Err(Failure::Told) };
                }
            }
            Err(Failure::Unreachable(..)) if missing < PATIENCE => missing += 1,
            Err(failure) => break Err(failure),
        }
        tokio::time::sleep(EVERY).await;
    };
    bar.finish_and_clear();
    ended
}

/// The lines of what was not told before.
fn news(text: &Text, story: &Story, told: &mut HashSet<String>) -> Vec<String> {
    let mut fresh = story.clone();
    fresh.beats.retain(|beat| told.insert(beat.key.clone()));
    if fresh.beats.is_empty() { Vec::new() } else { text.story(&fresh) }
}

/// Whether it has ended, and well.
fn end(now: &Told) -> Option<bool> {
    match (&now.summary, &now.proposal) {
        (Some(summary), _) => summary.ended_at.map(|_| summary.result.as_deref() == Some("succeeded")),
        (None, Some(row)) => (row.state == ProposalState::Closed).then_some(false),
        (None, None) => None,
    }
}

/// Something that moves while nothing is told; where there is no terminal, nothing.
fn progress(id: DeploymentId) -> ProgressBar {
    let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::hidden());
    if std::io::stderr().is_terminal() {
        bar.set_draw_target(ProgressDrawTarget::stderr());
        bar.set_style(ProgressStyle::default_spinner());
        bar.set_message(format!("deployment {id}"));
        bar.enable_steady_tick(Duration::from_millis(120));
    }
    bar
}
