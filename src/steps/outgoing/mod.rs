//! The one way to make a request to an address that somebody configured.
//!
//! Such an address must not reach what only this server can reach: its own machine, its network, the cloud's metadata.
//! The check stands in the resolver of the connection itself, so that a name which answers differently a second time
//! (DNS rebinding) gains nothing. Redirects are not followed, proxies not used. Private hosts that are meant are listed
//! in the server's file (`outgoing.allow_hosts`).

use std::{error::Error, sync::Arc, time::Duration};

use reqwest::{
    Client, Method, Url,
    header::{HeaderMap, HeaderName, HeaderValue},
    redirect::Policy,
};

use crate::domain::release::Reason;

mod address;
mod guard;

use guard::{Guard, Hosts};

/// How much of an answer's body is read, in bytes.
pub const BODY_LIMIT: usize = 1024 * 1024;

/// A request.
#[derive(Debug, Clone)]
pub struct Request {
    /// `GET`, `POST` …
    pub method: String,
    /// Of `http` or `https`, without a user or password in it.
    pub url: String,
    /// Sent with it, in this order.
    pub headers: Vec<(String, String)>,
    /// Connect to this host or address instead of the URL's, keeping its name, port and certificate.
    pub resolve: Option<String>,
    /// From the look-up of the name to the last byte of the answer.
    pub timeout: Duration,
}

/// An answer, whatever its status.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The status code.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The body, at most [`BODY_LIMIT`] of it.
    pub body: Vec<u8>,
}

impl Answer {
    /// The body as text, as well as it can be read.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

/// The client. Cheap to clone.
#[derive(Clone)]
pub struct Outgoing {
    hosts: Arc<Hosts>,
    client: Client,
}

impl Outgoing {
    /// Hosts that may be reached although their addresses are private: names, addresses, or `*.suffix`. Installs the
    /// process's cryptography if nobody has. Fails where the machine has no certificates to trust.
    pub fn new(allow_hosts: impl IntoIterator<Item = String>) -> Result<Self, Reason> {
        // The second to come finds the first one's, which is the same.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let hosts = Arc::new(Hosts::new(allow_hosts));
        let client = client(Guard::new(hosts.clone(), None))?;
        Ok(Self { hosts, client })
    }

    /// Asks, once. A reason means that there is no answer; it holds neither the request's headers nor the URL's query.
    pub async fn send(&self, request: Request) -> Result<Answer, Reason> {
        let url = self.checked(&request)?;
        let method = Method::from_bytes(request.method.as_bytes())
            .map_err(|_| Reason::new(format!("`{}` is not a method of HTTP", request.method)))?;
        let own;
        let client = if let Some(target) = &request.resolve {
            own = client(Guard::new(self.hosts.clone(), Some(target.clone())))?;
            &own
        } else {
            &self.client
        };
        let place = url.host_str().unwrap_or_default().to_owned();
        let wrong = |error: reqwest::Error| Reason::new(format!("no answer from {place}: {}", explain(&error, request.timeout)));
        let sending = client.request(method, url).headers(headers(&request.headers)?).timeout(request.timeout).send();
        let mut response = sending.await.map_err(wrong)?;
        let mut body = Vec::new();
        while let Some(piece) = response.chunk().await.map_err(wrong)? {
            body.extend_from_slice(&piece[..piece.len().min(BODY_LIMIT - body.len())]);
            if body.len() == BODY_LIMIT {
                break;
            }
        }
        Ok(Answer { status: response.status().as_u16(), headers: response.headers().clone(), body })
    }

    /// Addresses that stand in the URL itself never come by the resolver.
    fn checked(&self, request: &Request) -> Result<Url, Reason> {
        let url = Url::parse(&request.url).map_err(|error| Reason::new(format!("`{}` is not a URL: {error}", shown(&request.url))))?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(Reason::new(format!("`{}` is not a URL of http or https", shown(&request.url))));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(Reason::new("a URL with a user or a password in it is refused").remedy("send them as a header that is a secret"));
        }
        let host = url.host_str().unwrap_or_default();
        let is_address = address::literal(host).is_some();
        match &request.resolve {
            Some(_) if is_address => Err(Reason::new("`resolve` needs a name in the URL, not an address")),
            Some(target) => self.hosts.check_host(target),
            None => self.hosts.check_host(host),
        }?;
        Ok(url)
    }
}

#[expect(clippy::disallowed_methods, reason = "this is the client with the guard")]
fn client(guard: Guard) -> Result<Client, Reason> {
    Client::builder()
        .redirect(Policy::none())
        .no_proxy()
        .dns_resolver(guard)
        // An answer should come from what serves now, by a connection of its own.
        .pool_max_idle_per_host(0)
        .user_agent("botadura")
        .build()
        .map_err(|error| Reason::new(format!("there is no client for requests: {}", explain(&error, Duration::ZERO))))
}

fn headers(pairs: &[(String, String)]) -> Result<HeaderMap, Reason> {
    let mut headers = HeaderMap::new();
    for (name, value) in pairs {
        let wrong = || Reason::new(format!("the header `{name}` cannot be sent: its name or value holds what a header may not"));
        let key = HeaderName::from_bytes(name.as_bytes()).map_err(|_| wrong())?;
        let mut value = HeaderValue::from_str(value).map_err(|_| wrong())?;
        value.set_sensitive(true);
        headers.append(key, value);
    }
    Ok(headers)
}

/// Without a query, in which a token could stand.
fn shown(url: &str) -> &str {
    url.split(['?', '#', '@']).next().unwrap_or_default()
}

/// The innermost cause says most; the outer ones only that there was one.
fn explain(error: &reqwest::Error, timeout: Duration) -> String {
    if error.is_timeout() {
        return format!("nothing within {timeout:?}");
    }
    let mut cause: &dyn Error = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    cause.to_string()
}

#[cfg(test)]
mod tests;
