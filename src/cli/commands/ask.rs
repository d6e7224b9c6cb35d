//! The commands that ask for something.

use std::time::Duration;

use super::{say, tell, wait};
use crate::{
    cli::{arguments::Command, client::Client, failure::Failure, when},
    domain::{ids::DeliveryId, reply::Reply, request::Ask},
    store::DeliveryState,
    web::api::Outcome,
};

/// How often it is looked whether a request has been decided that took long.
const EVERY: Duration = Duration::from_secs(1);

/// Asks, tells the answer, and stays until what began has ended if that is wanted.
pub(super) async fn ask(client: &Client, command: Command) -> Result<(), Failure> {
    let (ask, stay) = wish(command)?;
    let outcome = client.ask(&ask).await?;
    let refused = outcome.error.is_some();
    let reply = decided(client, outcome).await?;
    for line in client.text.reply(&reply) {
        if refused { tell(&line) } else { say(&line) }
    }
    if refused || reply.is_no() {
        return Err(Failure::Told);
    }
    if stay {
        for id in reply.led_to() {
            wait::until_ended(client, id).await?;
        }
    }
    Ok(())
}

fn wish(command: Command) -> Result<(Ask, bool), Failure> {
    Ok(match command {
        Command::Deploy { environment, reference, again, emergency, wait } => {
            (Ask::Deploy { environment, reference, again, emergency }, wait)
        }
        Command::Tick { id, point, off } => (Ask::Tick { deployment: id, point, off }, false),
        Command::Rollback { environment, to, with_undo, steal, wait } => (Ask::Rollback { environment, to, with_undo, steal }, wait),
        Command::Approve { id } => (Ask::Approve { deployment: id }, false),
        Command::Reject { id, reason } => (Ask::Reject { deployment: id, reason }, false),
        Command::Lock { scope, span, reason, steal } => {
            let until = span.map(|span| when::now().checked_add(span)).transpose();
            let until = until.map_err(|error| Failure::Usage(format!("--for reaches too far: {error}")))?;
            (Ask::Lock { scope, reason, until, steal }, false)
        }
        Command::Unlock { scope, steal } => (Ask::Unlock { scope, steal }, false),
        Command::Cancel { id, leave } => (Ask::Cancel { deployment: id, leave }, false),
        Command::Run { application, runbook, undo, wait } => (Ask::Run { application, runbook, undo }, wait),
        Command::Promote { from, to, wait } => (Ask::Promote { from, to }, wait),
        Command::Retry { id, wait } => (Ask::Retry { deployment: id }, wait),
        other => return Err(Failure::Usage(format!("{other:?} asks for nothing"))),
    })
}

/// A request that the server did not decide while it kept the line open is looked at again until it has.
async fn decided(client: &Client, outcome: Outcome) -> Result<Reply, Failure> {
    if let Some(reply) = outcome.reply {
        return Ok(reply);
    }
    tell(&format!("stored as {}; waiting for the decision", outcome.delivery));
    settled(client, &outcome.delivery).await
}

/// What became of a delivery, once it has been dealt with. What is told of it meanwhile is shown.
pub(super) async fn settled(client: &Client, delivery: &DeliveryId) -> Result<Reply, Failure> {
    let mut told = None;
    loop {
        let line = client.delivery(delivery).await?;
        match line.outcome {
            Some(reply) if line.state != DeliveryState::Waiting => return Ok(reply),
            Some(reply) if told.as_ref() != Some(&reply) => {
                for line in client.text.reply(&reply) {
                    tell(&line);
                }
                told = Some(reply);
            }
            _ => {}
        }
        tokio::time::sleep(EVERY).await;
    }
}
