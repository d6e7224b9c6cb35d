//! `botadura demo`: the tour, on real processes, with no account and no network.
//!
//! It makes a small web application in a local git repository, starts a server on it as anybody would, and sends itself
//! real, signed webhooks. Every claim that it makes is looked at from outside; with `--once` its exit code says whether
//! all of them were true.

use std::{path::Path, time::Duration};

pub mod app;
mod server;
pub mod shop;
mod stage;
mod tour;
mod visitor;
mod voice;

use super::{ambient, failure::Failure};
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

/// A client for this machine: nothing of the environment's proxies, nothing of TLS.
#[expect(clippy::disallowed_methods, reason = "the tour talks to its own server and its own shop")]
fn client() -> Result<reqwest::Client, Broken> {
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder().no_proxy().build().map_err(|error| Broken::new(format!("requests cannot be made: {error}")))
}

/// How long any one thing may take before the tour gives up on it.
const PATIENCE: Duration = Duration::from_secs(45);

/// Shows everything. With `once` it ends afterwards, and takes away what it made; else it stays up until Ctrl-C.
pub(super) async fn run(once: bool) -> Result<(), Failure> {
    let binary = ambient::binary()?;
    let path = ambient::environment().remove("PATH").unwrap_or_default();
    let voice = Voice::new();
    let told = |broken: Broken| Failure::Failed(broken.to_string());
    let stage = Stage::build(&binary, &path).await.map_err(told)?;
    let ended = tour(&stage, &voice, &binary, once).await;
    stage.strike(&binary).await;
    ended.map_err(told)
}

async fn tour(stage: &Stage, voice: &Voice, binary: &Path, once: bool) -> Result<(), Broken> {
    let server = Server::start(stage, binary).await?;
    let mut tour = Tour::new(stage, voice, binary, server);
    let ended = tokio::select! {
        ended = tour.all() => ended,
        _ = tokio::signal::ctrl_c() => Err(Broken::new("stopped")),
    };
    if ended.is_ok() && !once {
        voice.stays(stage, tour.address());
        let _ = tokio::signal::ctrl_c().await;
    }
    if let Err(broken) = &ended {
        voice.look(&stage.log(), broken);
    }
    tour.end().await;
    ended
}
