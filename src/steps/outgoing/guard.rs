//! Looks names up for the client, and drops the addresses that it must not reach.

use std::{net::SocketAddr, sync::Arc};

use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use super::address::{is_public, literal};
use crate::domain::release::Reason;

/// The hosts that are allowed whatever their address is.
#[derive(Debug)]
pub(super) struct Hosts(Vec<String>);

impl Hosts {
    pub fn new(hosts: impl IntoIterator<Item = String>) -> Self {
        Self(hosts.into_iter().map(|host| plain(&host)).collect())
    }

    pub fn allows(&self, host: &str) -> bool {
        let host = plain(host);
        self.0.iter().any(|allowed| match allowed.strip_prefix("*.") {
            Some(suffix) => host.strip_suffix(suffix).is_some_and(|rest| rest.len() > 1 && rest.ends_with('.')) && literal(&host).is_none(),
            None => *allowed == host,
        })
    }

    /// Refuses an address that must not be reached. A name is judged when it has been looked up.
    pub fn check_host(&self, host: &str) -> Result<(), Reason> {
        match literal(host) {
            Some(address) if !is_public(address) && !self.allows(host) => Err(refusal(host)),
            _ => Ok(()),
        }
    }
}

fn plain(host: &str) -> String {
    host.trim_start_matches('[').trim_end_matches(']').trim_end_matches('.').to_ascii_lowercase()
}

fn refusal(host: &str) -> Reason {
    Reason::new(format!("`{host}` is refused: its address is private to this server or its network"))
        .remedy("if it is meant, list it under `outgoing.allow_hosts` in the server's file")
}

/// The resolver of one client.
pub(super) struct Guard {
    hosts: Arc<Hosts>,
    /// Looked up instead of whatever is asked for.
    instead: Option<String>,
}

impl Guard {
    pub fn new(hosts: Arc<Hosts>, instead: Option<String>) -> Self {
        Self { hosts, instead }
    }
}

impl Resolve for Guard {
    fn resolve(&self, name: Name) -> Resolving {
        let host = self.instead.clone().unwrap_or_else(|| name.as_str().to_owned());
        let hosts = self.hosts.clone();
        Box::pin(async move {
            let all = addresses(&host).await?;
            let allowed: Vec<SocketAddr> = all.into_iter().filter(|address| hosts.allows(&host) || is_public(address.ip())).collect();
            if allowed.is_empty() {
                return Err(refusal(&host).what.into());
            }
            Ok(Box::new(allowed.into_iter()) as Addrs)
        })
    }
}

/// Port 0 stands for the URL's.
async fn addresses(host: &str) -> std::io::Result<Vec<SocketAddr>> {
    match literal(host) {
        Some(address) => Ok(vec![SocketAddr::new(address, 0)]),
        None => Ok(tokio::net::lookup_host((host, 0)).await?.collect()),
    }
}
