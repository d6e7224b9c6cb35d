//! The server's door: GitHub's webhook, the API, health and metrics.
//!
//! Nothing is decided here. The webhook verifies and inserts; a request of the API is stored like a webhook and decided
//! where those are; everything else only reads. What is not the store's comes in as a closure, so that this module knows
//! nothing of the engine.

use std::{fmt, io, net::SocketAddr, sync::Arc, time::Duration};

use actix_web::{App, HttpServer, middleware::from_fn, web};
use futures::future::BoxFuture;
use jiff::Timestamp;
use prometheus_client::registry::Registry;
use tokio::{sync::watch, task::JoinHandle};
use tokio_util::sync::CancellationToken;

use crate::{
    domain::{
        clock::SharedClock,
        ids::{DeploymentId, EnvironmentId},
        manifest::Application,
        simulation::{NoAnswer, Question, Simulation},
        story::Story,
    },
    github::signature::Secrets,
    store::{Inbox, Store},
};

pub mod api;
mod body;
mod health;
mod metrics;
mod openapi;
mod operation;
mod problem;
mod ration;
mod token;
mod webhook;

pub use health::Health;
pub use metrics::Metrics;
pub use problem::{ErrorBody, ErrorDetail};
pub use token::{ACTS_AS, IDEMPOTENCY, Token};

/// The largest body of a webhook, in bytes: GitHub sends nothing larger.
pub const LARGEST_BODY: usize = 25 << 20;

/// How many connections one worker keeps open; more wait to be accepted.
const CONNECTIONS: usize = 1024;

/// How the server behaves.
#[derive(Debug, Clone, Copy)]
pub struct Config {
    /// Threads that serve.
    pub workers: usize,
    /// How long the headers of a request may take.
    pub header_timeout: Duration,
    /// How long a body may take.
    pub body_timeout: Duration,
    /// How many bytes of large bodies may be in memory at once.
    pub body_budget: usize,
    /// How long the API waits for a request to be decided before it answers that this takes longer.
    pub patience: Duration,
    /// How long requests that are under way may take when the server stops.
    pub shutdown_timeout: Duration,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            workers: 2,
            header_timeout: Duration::from_secs(5),
            body_timeout: Duration::from_secs(30),
            body_budget: 128 << 20,
            patience: Duration::from_secs(30),
            shutdown_timeout: Duration::from_secs(5),
        }
    }
}

/// Tells a deployment's story; none where there is no such proposal or deployment.
pub type Tell = Arc<dyn Fn(DeploymentId) -> BoxFuture<'static, crate::store::Result<Option<Story>>> + Send + Sync>;

/// Answers what would become of something, at a time or now.
pub type Inquire = Arc<dyn Fn(Question, Option<Timestamp>) -> BoxFuture<'static, Result<Simulation, NoAnswer>> + Send + Sync>;

/// What the server needs of the rest.
#[derive(Clone)]
pub struct Links {
    /// Wakes whoever deals with deliveries.
    pub ring: Arc<dyn Fn() + Send + Sync>,
    /// Changes whenever something may have changed.
    pub changes: watch::Receiver<u64>,
    /// The applications that are configured, by name.
    pub applications: Arc<dyn Fn() -> Vec<Arc<Application>> + Send + Sync>,
    /// The environments that are configured.
    pub environments: Arc<dyn Fn() -> Vec<EnvironmentId> + Send + Sync>,
    /// Which files are in force.
    pub configuration: Arc<dyn Fn() -> api::Configuration + Send + Sync>,
    /// Tells a deployment's story.
    pub story: Tell,
    /// Answers what would become of something.
    pub inquire: Inquire,
    /// Makes a word that nobody can guess, of at least 128 bits.
    pub fresh_id: Arc<dyn Fn() -> String + Send + Sync>,
}

impl fmt::Debug for Links {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Links")
    }
}

/// What the server is made of.
#[derive(Debug, Clone)]
pub struct Parts {
    /// How it behaves.
    pub config: Config,
    /// Everything durable.
    pub store: Store,
    /// The store's door.
    pub inbox: Inbox,
    /// The time.
    pub clock: SharedClock,
    /// The secrets of GitHub's webhook.
    pub secrets: Secrets,
    /// What the API's callers must show.
    pub token: Token,
    /// What the server counts.
    pub metrics: Metrics,
    /// Everything that is counted, for `/metrics`.
    pub registry: Arc<Registry>,
    /// The rest.
    pub links: Links,
}

/// What every handler knows.
struct Shared {
    parts: Parts,
    budget: body::Budget,
    stopping: CancellationToken,
    forged: ration::Ration,
    unknown: ration::Ration,
}

/// The running server.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    handle: actix_web::dev::ServerHandle,
    task: JoinHandle<io::Result<()>>,
    stopping: CancellationToken,
}

/// Serves on this listener from now on, on threads of its own. Must be called within a Tokio runtime. Signals are left to
/// the caller.
pub fn serve(parts: Parts, listener: std::net::TcpListener) -> io::Result<Server> {
    let address = listener.local_addr()?;
    let config = parts.config;
    let stopping = CancellationToken::new();
    let shared = web::Data::new(Shared {
        budget: body::Budget::new(config.body_budget),
        forged: ration::Ration::new(parts.clock.clone()),
        unknown: ration::Ration::new(parts.clock.clone()),
        stopping: stopping.clone(),
        parts,
    });
    let server = HttpServer::new(move || {
        App::new()
            .app_data(shared.clone())
            .app_data(web::QueryConfig::default().error_handler(|error, _| problem::invalid(&error).into()))
            .app_data(web::PathConfig::default().error_handler(|error, _| problem::invalid(&error).into()))
            .service(problem::only("POST", web::resource("/webhooks/github").route(web::post().to(webhook::github))))
            .service(problem::only("GET", web::resource("/livez").route(web::get().to(health::live))))
            .service(problem::only("GET", web::resource("/readyz").route(web::get().to(health::ready))))
            .service(problem::only("GET", web::resource("/health").route(web::get().to(health::health))))
            .service(problem::only("GET", web::resource("/metrics").route(web::get().to(metrics::show))))
            .configure(api::open)
            .service(web::scope(api::BASE).wrap(from_fn(token::guard)).configure(api::guarded))
            .default_service(web::to(problem::nothing_here))
    })
    .workers(config.workers)
    .max_connections(CONNECTIONS)
    .client_request_timeout(config.header_timeout)
    .client_disconnect_timeout(Duration::from_secs(2))
    .keep_alive(Duration::from_secs(75))
    .shutdown_timeout(config.shutdown_timeout.as_secs())
    .disable_signals()
    .listen(listener)?
    .run();
    let handle = server.handle();
    Ok(Server { address, handle, task: tokio::spawn(server), stopping })
}

impl Server {
    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// From now on it is not ready, and streams end; webhooks and requests are still taken.
    pub fn drain(&self) {
        self.stopping.cancel();
    }

    /// Completes when the server has ended by itself: something is wrong then.
    pub async fn ended(&mut self) -> io::Result<()> {
        (&mut self.task).await.unwrap_or_else(|error| Err(io::Error::other(error)))
    }

    /// Takes no more connections and ends those that there are, after what is under way.
    pub async fn stop(self) {
        self.drain();
        self.handle.stop(true).await;
        // What it ended with does not matter any more.
        let _ = self.task.await;
    }
}
