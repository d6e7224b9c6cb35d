//! The server's door, over real connections.

mod api;
mod cli;
mod document;
mod full_disk;
mod logs;
mod rights;
mod schemathesis;
mod webhook;

use std::{
    path::Path,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
    time::Duration,
};

use botadura::{
    domain::{
        clock::Clock,
        manifest::{self, Application},
        simulation::NoAnswer,
        story::Story,
    },
    github::signature::{Secrets, sign},
    store::{self, Store},
    web::{Config, Links, Metrics, Parts, Server, Token, api::Configuration, serve},
};
use jiff::Timestamp;
use prometheus_client::registry::Registry;
use tempfile::TempDir;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    sync::watch,
};

pub const SECRET: &[u8] = b"It's a Secret to Everybody";
pub const OLDER: &[u8] = b"the secret that came before it";
pub const TOKEN: &str = "a token for tests";

#[derive(Debug)]
struct System;

impl Clock for System {
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }

    fn sleep_until(&self, moment: Timestamp) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        let rest = Duration::try_from(moment.duration_since(Timestamp::now())).unwrap_or_default();
        Box::pin(tokio::time::sleep(rest))
    }
}

/// A running server on a store of its own.
pub struct Door {
    pub server: Server,
    pub store: Store,
    pub rings: Arc<AtomicUsize>,
    pub changes: Arc<watch::Sender<u64>>,
    _opened: store::Opened,
    _folder: Option<TempDir>,
}

/// An answer as it came over the wire.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub head: String,
    pub body: String,
}

impl Answer {
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("not JSON: {self:?}"))
    }

    /// The code of an error.
    pub fn code(&self) -> String {
        self.json()["error"]["code"].as_str().unwrap_or_default().to_owned()
    }
}

impl Door {
    pub async fn open() -> Self {
        let config = Config { body_timeout: Duration::from_secs(1), patience: Duration::from_millis(400), ..Config::default() };
        Self::with(config).await
    }

    pub async fn with(config: Config) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().to_owned();
        Self { _folder: Some(folder), ..Self::at(&path, config).await }
    }

    pub async fn at(folder: &Path, config: Config) -> Self {
        let clock = Arc::new(System);
        let place = store::Config { path: folder.join("botadura.db"), surfaces: vec!["console"] };
        let opened = store::open(place, clock.clone(), || "test".to_owned()).await.expect("a store");
        let store = opened.store.clone();
        let mut registry = Registry::default();
        let metrics = Metrics::default();
        metrics.register(&mut registry);
        let (rings, ids) = (Arc::new(AtomicUsize::new(0)), AtomicU64::new(0));
        let (changes, heard) = watch::channel(0);
        let (rung, sender) = (rings.clone(), Arc::new(changes));
        let rung_too = sender.clone();
        let links = Links {
            ring: Arc::new(move || {
                rung.fetch_add(1, Ordering::SeqCst);
                rung_too.send_modify(|times| *times += 1);
            }),
            changes: heard,
            applications: Arc::new(|| vec![shop()]),
            environments: Arc::new(|| vec!["shop/production".parse().expect("a name"), "shop/staging".parse().expect("a name")]),
            configuration: Arc::new(|| Configuration {
                loaded_at: Timestamp::UNIX_EPOCH,
                in_force_digest: String::new(),
                needs_restart: Vec::new(),
                error: None,
            }),
            story: Arc::new(|_| Box::pin(async { Ok(None::<Story>) })),
            inquire: Arc::new(|_, _| Box::pin(async { Err(NoAnswer::Unreachable("nobody is asked here".to_owned())) })),
            fresh_id: Arc::new(move || ids.fetch_add(1, Ordering::SeqCst).to_string()),
        };
        let parts = Parts {
            config,
            inbox: store.inbox(),
            store: store.clone(),
            clock,
            secrets: Secrets::new([SECRET, OLDER]).expect("long enough"),
            token: Token::new(&format!("{TOKEN}\n")),
            metrics,
            registry: Arc::new(registry),
            links,
        };
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
        let server = serve(parts, listener).expect("a server");
        Self { server, store, rings, changes: sender, _opened: opened, _folder: None }
    }

    /// Sends these bytes on a connection of its own and reads to its end.
    pub async fn raw(&self, bytes: &[u8]) -> Answer {
        let mut connection = TcpStream::connect(self.server.address()).await.expect("a connection");
        // The server may hang up before it has read everything: that is what some tests are about.
        let _ = connection.write_all(bytes).await;
        read(&mut connection).await
    }

    /// A request whose headers are these lines, in one piece.
    pub async fn send(&self, line: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
        self.raw(&request(line, headers, body)).await
    }

    /// A webhook, signed as these headers say.
    pub async fn webhook(&self, id: &str, signature: &str, body: &[u8]) -> Answer {
        let headers = [
            ("content-type", "application/json"),
            ("x-github-event", "push"),
            ("x-github-delivery", id),
            ("x-hub-signature-256", signature),
        ];
        self.send("POST /webhooks/github", &headers, body).await
    }

    /// A good one.
    pub async fn signed(&self, id: &str, body: &[u8]) -> Answer {
        self.webhook(id, &sign(SECRET, body), body).await
    }

    pub async fn api(&self, line: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        let bearer = format!("Bearer {TOKEN}");
        let headers: Vec<_> = headers.iter().copied().chain([("authorization", bearer.as_str())]).collect();
        self.send(line, &headers, body.as_bytes()).await
    }

    pub async fn kept(&self) -> Vec<store::Delivery> {
        self.store.read().await.expect("a reader").deliveries(10_000).await.expect("deliveries")
    }

    pub async fn metrics(&self) -> String {
        self.send("GET /metrics", &[], b"").await.body
    }
}

/// An application with a secret in its file.
fn shop() -> Arc<Application> {
    let text = "repository: acme/shop\nenvironments:\n  production: { on: [{ tag: 'v*' }], approvals: { count: 1, from: [lead] } }\n  staging: { on: [{ push: main }] }\nsteps:\n  - { name: build, command: { argv: [make, hush-hush] }, env: { QUIET: whisper }, secrets: { PASSWORD: { env: SHOP_PASSWORD } } }\n";
    Arc::new(manifest::read("shop".parse().expect("a name"), "shop.yaml", text).unwrap_or_else(|mistakes| panic!("{mistakes:#?}")))
}

pub fn request(line: &str, headers: &[(&str, &str)], body: &[u8]) -> Vec<u8> {
    let mut bytes = format!("{line} HTTP/1.1\r\nhost: test\r\nconnection: close\r\n").into_bytes();
    for (name, value) in headers {
        bytes.extend(format!("{name}: {value}\r\n").into_bytes());
    }
    if !body.is_empty() {
        bytes.extend(format!("content-length: {}\r\n", body.len()).into_bytes());
    }
    bytes.extend(b"\r\n");
    bytes.extend(body);
    bytes
}

pub async fn read(connection: &mut TcpStream) -> Answer {
    let mut bytes = Vec::new();
    let mut chunk = vec![0; 16 << 10];
    let whole = async {
        // A reset after the answer is no matter.
        while let Ok(read @ 1..) = connection.read(&mut chunk).await {
            bytes.extend(&chunk[..read]);
            if is_whole(&String::from_utf8_lossy(&bytes)) {
                break;
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(20), whole).await.expect("an answer");
    let text = String::from_utf8_lossy(&bytes);
    let (head, body) = text.split_once("\r\n\r\n").unwrap_or_else(|| panic!("no answer: {text:?}"));
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status");
    Answer { status, head: head.to_ascii_lowercase(), body: body.to_owned() }
}

/// Whether as much has come as the head announces.
fn is_whole(text: &str) -> bool {
    let Some((head, body)) = text.split_once("\r\n\r\n") else { return false };
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
    length.and_then(|length| length.parse().ok()).is_some_and(|length: usize| body.len() >= length)
}
