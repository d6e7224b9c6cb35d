//! The way to the running server: its address and token as its file tells them, and one connection a request.

use std::{
    collections::VecDeque,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    path::Path,
    time::Duration,
};

use http_body_util::{BodyExt, Full};
use hyper::{
    Method, Request, Response, StatusCode,
    body::{Bytes, Incoming},
    header,
};
use hyper_util::rt::TokioIo;
use serde::{Serialize, de::DeserializeOwned};
use tokio::net::TcpStream;

use super::failure::Failure;
use crate::{
    domain::{
        ids::{DeliveryId, DeploymentId},
        request::Ask,
    },
    settings::Settings,
    store::DeliveryLine,
    surfaces::text::Text,
    web::{ACTS_AS, ErrorBody, api::Outcome},
};

/// How long a connection may take to be made.
const CONNECT: Duration = Duration::from_secs(5);

/// How long an answer may take to begin: the server waits for half a minute itself.
const ANSWER: Duration = Duration::from_mins(1);

/// The running server, as its API's client sees it.
#[derive(Debug)]
pub(super) struct Client {
    address: SocketAddr,
    token: String,
    actor: Option<String>,
    /// What the server's answers read like.
    pub(super) text: Text,
}

/// One server-sent event.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Event {
    pub(super) name: String,
    pub(super) id: String,
    pub(super) data: String,
}

/// Server-sent events as they come.
#[derive(Debug)]
pub(super) struct Events {
    body: Incoming,
    parser: Parser,
}

impl Client {
    /// The server that this file describes.
    pub(super) fn new(settings: &Settings, actor: Option<String>) -> Result<Self, Failure> {
        let file = settings.data_folder().join("token");
        let token = read(&file).map_err(|error| Failure::NoToken(file, error))?;
        Ok(Self { address: reachable(settings.listen), token, actor, text: Text::new(settings.locale) })
    }

    /// What stands at an address of the API.
    pub(super) async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, Failure> {
        let (status, body) = self.whole(self.request(Method::GET, path, Bytes::new(), None)?).await?;
        understood(status, &body)
    }

    /// Asks for something that is made at once.
    pub(super) async fn post<T: DeserializeOwned>(&self, path: &str, wish: &impl Serialize) -> Result<T, Failure> {
        let body = serde_json::to_vec(wish).map_err(|error| Failure::Failed(error.to_string()))?;
        let (status, body) = self.whole(self.request(Method::POST, path, body.into(), None)?).await?;
        understood(status, &body)
    }

    /// Takes away what stands at an address of the API.
    pub(super) async fn delete(&self, path: &str) -> Result<(), Failure> {
        let (status, body) = self.whole(self.request(Method::DELETE, path, Bytes::new(), None)?).await?;
        if status.is_success() { Ok(()) } else { understood(status, &body) }
    }

    /// Asks for something and waits until it is decided.
    pub(super) async fn ask(&self, ask: &Ask) -> Result<Outcome, Failure> {
        let body = serde_json::to_vec(ask).map_err(|error| Failure::Failed(error.to_string()))?;
        let (status, body) = self.whole(self.request(Method::POST, "requests", body.into(), None)?).await?;
        match status {
            // Refused or parked: the reply says why, unless something else was wrong with it.
            StatusCode::CONFLICT | StatusCode::UNPROCESSABLE_ENTITY => serde_json::from_slice(&body).or_else(|_| understood(status, &body)),
            _ => understood(status, &body),
        }
    }

    /// What became of a delivery so far.
    pub(super) async fn delivery(&self, id: &DeliveryId) -> Result<DeliveryLine, Failure> {
        self.get(&format!("deliveries/{id}")).await
    }

    /// A deployment's output as it comes, from after the event with this id.
    pub(super) async fn follow(&self, id: DeploymentId, last: Option<&str>) -> Result<Events, Failure> {
        let request = self.request(Method::GET, &format!("deployments/{id}/logs?follow=true"), Bytes::new(), last)?;
        let response = self.send(request).await?;
        let status = response.status();
        if status.is_success() {
            return Ok(Events { body: response.into_body(), parser: Parser::default() });
        }
        let body = response.into_body().collect().await.map_err(|error| self.unreachable(error))?.to_bytes();
        understood::<serde_json::Value>(status, &body)?;
        Err(Failure::Failed(format!("the server answered {status}")))
    }

    fn request(&self, method: Method, path: &str, body: Bytes, last: Option<&str>) -> Result<Request<Full<Bytes>>, Failure> {
        let mut request = Request::builder()
            .method(method)
            .uri(format!("/api/v1/{path}"))
            .header(header::HOST, self.address.to_string())
            .header(header::AUTHORIZATION, format!("Bearer {}", self.token))
            .header(header::CONTENT_TYPE, "application/json");
        if let Some(actor) = &self.actor {
            request = request.header(ACTS_AS, actor);
        }
        if let Some(last) = last {
            request = request.header("Last-Event-ID", last);
        }
        request.body(Full::new(body)).map_err(|error| Failure::Usage(format!("the request cannot be made: {error}")))
    }

    async fn send(&self, request: Request<Full<Bytes>>) -> Result<Response<Incoming>, Failure> {
        let connected = tokio::time::timeout(CONNECT, TcpStream::connect(self.address)).await;
        let stream = connected.map_err(|error| self.unreachable(error))?.map_err(|error| self.unreachable(error))?;
        let (mut sender, connection) =
            hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.map_err(|error| self.unreachable(error))?;
        // What ends the connection ends the request too, which is told there.
        tokio::spawn(async move { connection.await.ok() });
        let answer = tokio::time::timeout(ANSWER, sender.send_request(request)).await;
        answer.map_err(|error| self.unreachable(error))?.map_err(|error| self.unreachable(error))
    }

    async fn whole(&self, request: Request<Full<Bytes>>) -> Result<(StatusCode, Bytes), Failure> {
        let response = self.send(request).await?;
        let status = response.status();
        let body = response.into_body().collect().await.map_err(|error| self.unreachable(error))?;
        Ok((status, body.to_bytes()))
    }

    fn unreachable(&self, error: impl std::fmt::Display) -> Failure {
        Failure::Unreachable(self.address, error.to_string())
    }
}

fn read(file: &Path) -> std::io::Result<String> {
    let token = std::fs::read_to_string(file)?.trim().to_owned();
    if token.is_empty() { Err(std::io::Error::other("the file is empty")) } else { Ok(token) }
}

/// "Everywhere" is no place to connect to.
fn reachable(listen: SocketAddr) -> SocketAddr {
    let ip = match listen.ip() {
        ip if !ip.is_unspecified() => ip,
        IpAddr::V4(_) => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(_) => Ipv6Addr::LOCALHOST.into(),
    };
    SocketAddr::new(ip, listen.port())
}

fn understood<T: DeserializeOwned>(status: StatusCode, body: &[u8]) -> Result<T, Failure> {
    if status.is_success() {
        return serde_json::from_slice(body)
            .map_err(|error| Failure::Failed(format!("the server's answer is not understood; is it of another version? ({error})")));
    }
    Err(Failure::Failed(match serde_json::from_slice::<ErrorBody>(body) {
        Ok(told) if status == StatusCode::UNAUTHORIZED => {
            format!("the server does not take the token of its data folder; was another one started? ({})", told.error.code)
        }
        Ok(told) => told.error.message,
        Err(_) => format!("something that is no Botadura answered: {status}"),
    }))
}

impl Events {
    /// The next one. None: the connection has ended.
    pub(super) async fn next(&mut self) -> Option<Event> {
        loop {
            if let Some(event) = self.parser.ready.pop_front() {
                return Some(event);
            }
            let frame = self.body.frame().await?.ok()?;
            if let Some(bytes) = frame.data_ref() {
                self.parser.take(bytes);
            }
        }
    }
}

/// Reads server-sent events, as much of them as our own server writes: one line of data each.
#[derive(Debug, Default)]
struct Parser {
    line: Vec<u8>,
    event: Event,
    ready: VecDeque<Event>,
}

impl Parser {
    fn take(&mut self, bytes: &[u8]) {
        for byte in bytes {
            if *byte != b'\n' {
                self.line.push(*byte);
                continue;
            }
            let line = String::from_utf8_lossy(&self.line).into_owned();
            self.line.clear();
            match line.split_once(": ") {
                Some(("event", name)) => name.clone_into(&mut self.event.name),
                Some(("id", id)) => id.clone_into(&mut self.event.id),
                Some(("data", data)) => data.clone_into(&mut self.event.data),
                _ if line.is_empty() && !self.event.name.is_empty() => self.ready.push_back(std::mem::take(&mut self.event)),
                _ => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_are_read_however_they_are_cut() {
        let text = ": still here\n\nevent: piece\nid: 0.1.3\ndata: {\"text\":\"á\"}\n\nevent: end\ndata: {}\n\n";
        for size in [1, 2, 7, text.len()] {
            let mut parser = Parser::default();
            text.as_bytes().chunks(size).for_each(|chunk| parser.take(chunk));
            let names: Vec<_> = parser.ready.iter().map(|event| (event.name.as_str(), event.data.as_str())).collect();
            assert_eq!(names, [("piece", "{\"text\":\"á\"}"), ("end", "{}")]);
            assert_eq!(parser.ready[0].id, "0.1.3");
        }
    }

    #[test]
    fn everywhere_is_reached_on_this_machine() {
        for (listen, reached) in [("0.0.0.0:80", "127.0.0.1:80"), ("[::]:80", "[::1]:80"), ("10.0.0.5:8080", "10.0.0.5:8080")] {
            assert_eq!(reachable(listen.parse().expect("an address")).to_string(), reached);
        }
    }
}
