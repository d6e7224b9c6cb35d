//! The commands that are no clients: the server itself, and what it starts.

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
};

use crate::cli::{arguments::DemoArguments, failure::Failure};

/// Runs the server.
pub(super) fn serve(config: &Path) -> Result<(), Failure> {
    runtime()?.block_on(crate::cli::serve::serve(config))
}

/// Gives the tour.
pub(super) fn demo(arguments: &DemoArguments) -> Result<(), Failure> {
    runtime()?.block_on(crate::cli::demo::run(arguments.once))
}

/// Routes requests to the release that serves, until the process is asked to end.
pub(super) fn route(root: PathBuf, listen: SocketAddr) -> Result<(), Failure> {
    let ended = runtime()?.block_on(crate::steps::directory::router::route(root, listen));
    ended.map_err(|error| Failure::Failed(error.to_string()))
}

/// Serves the demo's shop, until the process is asked to end.
pub(super) fn demo_app() -> Result<(), Failure> {
    let port = std::env::var("PORT").ok();
    let ended = runtime()?.block_on(crate::cli::demo::app::run(".".into(), port));
    ended.map_err(|error| Failure::Failed(error.to_string()))
}

fn runtime() -> Result<tokio::runtime::Runtime, Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    runtime.map_err(|error| Failure::Failed(format!("the process cannot begin: {error}")))
}
