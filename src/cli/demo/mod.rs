//! `botadura demo`: the tour, on real processes, with no account and no network.
//!
//! It makes a small web application in a local git repository, starts a server on it as anybody would, and sends itself
//! real, signed webhooks. Every claim that it makes is looked at from outside; with `--once` its exit code says whether
//! all of them were true.

use std::{path::PathBuf, process::ExitCode, time::Duration};

pub mod app;
mod server;
pub mod shop;
mod stage;
mod tour;
mod voice;
mod visitor;

use server::Server;
use stage::Stage;
use tour::Tour;
use voice::Voice;

/// A claim that turned out not to be true, or something that kept the tour from going on.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Broken(String);

impl Broken {
    fn new(what: impl Into<String>) -> Self {
        Self(what.into())
    }
}

/// How long any one thing may take before the tour gives up on it.
const PATIENCE: Duration = Duration::from_secs(45);

/// Shows everything. With `once` it ends afterwards, and takes away what it made; else it stays up until Ctrl-C.
pub async fn run(binary: PathBuf, path: String, once: bool) -> ExitCode {
    let voice = Voice::new();
    let ended = match Stage::build(&binary, &path).await {
        Ok(stage) => {
            let ended = tour(&stage, &voice, &binary, &path, once).await;
            stage.strike(&binary).await;
            ended
        }
        Err(broken) => Err(broken),
    };
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(broken) => {
            voice.wrong(&broken.to_string());
            ExitCode::FAILURE
        }
    }
}

async fn tour(stage: &Stage, voice: &Voice, binary: &std::path::Path, path: &str, once: bool) -> Result<(), Broken> {
    let server = Server::start(stage, binary, path).await?;
    let mut tour = Tour::new(stage, voice, server);
    let ended = tokio::select! {
        ended = tour.all() => ended,
        _ = tokio::signal::ctrl_c() => Err(Broken::new("stopped")),
    };
    if ended.is_ok() && !once {
        voice.stays(stage, tour.address());
        let _ = tokio::signal::ctrl_c().await;
    }
    if let Err(broken) = &ended {
        voice.look(&stage.log().display().to_string(), broken);
    }
    tour.end().await;
    ended
}
