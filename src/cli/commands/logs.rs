//! `botadura logs`.

use std::{io::Write as _, time::Duration};

use crate::{
    cli::{client::Client, failure::Failure},
    domain::ids::DeploymentId,
    web::api::{Line, Logs},
};

/// How often a lost connection is made anew before that is told, and how long it is rested in between.
const TRIES: u32 = 60;
const REST: Duration = Duration::from_millis(500);

/// Prints pieces, with a line of its own wherever another step has its say.
#[derive(Default)]
struct Printer {
    last: Option<(usize, u32)>,
    open: bool,
}

impl Printer {
    fn print(&mut self, line: &Line) {
        let place = (line.piece.run, line.piece.attempt);
        let mut out = anstream::stdout();
        let mut text = String::new();
        if self.last != Some(place) {
            if self.open {
                text.push('\n');
            }
            let step = line.step.as_deref().unwrap_or("?");
            let attempt = if place.1 > 1 { format!(", attempt {}", place.1) } else { String::new() };
            text.extend(["── ", step, &attempt, "\n"]);
            self.last = Some(place);
        }
        text.push_str(&line.piece.text);
        self.open = !text.ends_with('\n');
        // Where nobody reads any more, nothing is said.
        let _ = out.write_all(text.as_bytes());
        let _ = out.flush();
    }
}

/// What was printed so far.
pub(super) async fn all(client: &Client, id: DeploymentId) -> Result<(), Failure> {
    let logs: Logs = client.get(&format!("deployments/{id}/logs")).await?;
    let mut printer = Printer::default();
    logs.pieces.iter().for_each(|line| printer.print(line));
    Ok(())
}

/// What is printed, until the deployment has ended; goes on after the server was restarted. Fails when the deployment does.
pub(super) async fn follow(client: &Client, id: DeploymentId) -> Result<(), Failure> {
    let mut printer = Printer::default();
    let mut last: Option<String> = None;
    let mut tries = 0;
    loop {
        match client.follow(id, last.as_deref()).await {
            Ok(mut events) => {
                while let Some(event) = events.next().await {
                    tries = 0;
                    if !event.id.is_empty() {
                        last = Some(event.id);
                    }
                    match event.name.as_str() {
                        "piece" => {
                            if let Ok(line) = serde_json::from_str::<Line>(&event.data) {
                                printer.print(&line);
                            }
                        }
                        "end" => return ended(&event.data),
                        _ => {}
                    }
                }
            }
            Err(Failure::Unreachable(..)) if last.is_some() && tries < TRIES => {}
            Err(failure) => return Err(failure),
        }
        tries += 1;
        tokio::time::sleep(REST).await;
    }
}

fn ended(data: &str) -> Result<(), Failure> {
    let data: serde_json::Value = serde_json::from_str(data).unwrap_or_default();
    match data["result"].as_str() {
        Some("succeeded") => Ok(()),
        Some(result) => Err(Failure::Failed(format!("the deployment ended: {result}"))),
        None => Err(Failure::Failed("it ended without becoming a deployment".to_owned())),
    }
}
