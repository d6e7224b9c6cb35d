//! Somebody who uses the shop all the while, and counts.

use std::{
    collections::BTreeMap,
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// What the visitor saw.
#[derive(Debug, Clone, Default)]
pub struct Seen {
    /// Requests that were made.
    pub requests: u64,
    /// Requests that were not answered with 200.
    pub failed: u64,
    /// How often each version answered.
    pub versions: BTreeMap<String, u64>,
}

/// The visitor, for as long as it looks.
#[derive(Debug)]
pub struct Visitor {
    seen: Arc<Mutex<Seen>>,
    stop: CancellationToken,
    handle: JoinHandle<()>,
}

impl Visitor {
    /// Begins to ask for the version, one request after the other, on connections that stay open.
    pub fn begin(client: reqwest::Client, shop: SocketAddr) -> Self {
        let seen = Arc::new(Mutex::new(Seen::default()));
        let stop = CancellationToken::new();
        let handle = tokio::spawn(look(client, shop, seen.clone(), stop.clone()));
        Self { seen, stop, handle }
    }

    /// Stops looking, and tells what was seen.
    pub async fn end(self) -> Seen {
        self.stop.cancel();
        let _ = self.handle.await;
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

#[expect(clippy::disallowed_methods, reason = "a visitor lives in real time")]
async fn look(client: reqwest::Client, shop: SocketAddr, seen: Arc<Mutex<Seen>>, stop: CancellationToken) {
    let url = format!("http://{shop}/version");
    while !stop.is_cancelled() {
        let answer = client.get(&url).timeout(Duration::from_secs(5)).send().await;
        let version = match answer {
            Ok(answer) if answer.status().is_success() => answer.text().await.ok(),
            _ => None,
        };
        {
            let mut seen = seen.lock().unwrap_or_else(PoisonError::into_inner);
            seen.requests += 1;
            match version {
                Some(version) => *seen.versions.entry(version.trim().to_owned()).or_default() += 1,
                None => seen.failed += 1,
            }
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}
