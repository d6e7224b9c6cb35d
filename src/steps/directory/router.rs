//! The small router that stands before the releases of one root.
//!
//! It is a process of its own, so that it outlives the server, and it knows nothing but the folders: for every request
//! it looks where `current` leads and where that release listens. So a flip takes effect with the next request, also of
//! a client that keeps its connection, and nothing needs to tell it.
//!
//! Connections to a release are made afresh for each request. A kept one may be closed by the release at the moment of
//! sending, and then nobody knows whether a `POST` was done; one that cannot be made is known not to have been used.

use std::{
    io::Write,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    path::PathBuf,
    sync::Arc,
    time::{Duration, Instant},
};

use http_body_util::BodyExt;
use hyper::{
    Method, Request, Response, StatusCode, Uri,
    body::{Body as _, Incoming},
    client::conn::http1,
    header::{self, HeaderMap, HeaderName, HeaderValue},
    http::request::Parts,
    upgrade::OnUpgrade,
};
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};

use super::{
    layout::Layout,
    listen::{self, Body},
};

/// How long a request is kept back while no release takes it: a flip or a restart may be under way.
const PATIENCE: Duration = Duration::from_secs(2);

/// The time between two looks.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// What is said, once, when the router takes requests; whoever started it waits for this line.
pub const LISTENING: &str = "listening on";

/// What concerns one connection alone and is not passed on (RFC 9110, section 7.6.1).
const HOP_BY_HOP: [HeaderName; 8] = [
    header::CONNECTION,
    HeaderName::from_static("keep-alive"),
    HeaderName::from_static("proxy-connection"),
    header::PROXY_AUTHENTICATE,
    header::TE,
    header::TRAILER,
    header::TRANSFER_ENCODING,
    header::UPGRADE,
];

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const FORWARDED_HOST: HeaderName = HeaderName::from_static("x-forwarded-host");
const FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");

/// Why the router did not run.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The address cannot be had.
    #[error("cannot listen on {address}: {source}; stop what listens there, or choose another `listen`")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// Why.
        source: std::io::Error,
    },
    /// The process cannot hear that it should end.
    #[error("cannot receive signals: {0}")]
    Signals(std::io::Error),
}

/// Passes requests at `listen` on to the current release under `root`, until the process is asked to end.
pub async fn route(root: PathBuf, listen: SocketAddr) -> Result<(), Error> {
    let stop = listen::until_terminated().map_err(Error::Signals)?;
    let listener = TcpListener::bind(listen).await.map_err(|source| Error::Listen { address: listen, source })?;
    let address = listener.local_addr().unwrap_or(listen);
    // Nobody may be reading; the router does its work all the same.
    let _ = writeln!(std::io::stdout(), "{LISTENING} {address}").and_then(|()| std::io::stdout().flush());
    let layout = Arc::new(Layout::new(root));
    listen::serve(listener, stop, move |request, peer| forward(Arc::clone(&layout), request, peer)).await;
    Ok(())
}

/// Why a release gave no answer.
enum NoAnswer {
    /// It has not seen the request, which is given back.
    Unsent(Box<Request<Body>>),
    /// It may have seen it.
    Lost(hyper::Error),
}

async fn forward(layout: Arc<Layout>, mut request: Request<Incoming>, peer: SocketAddr) -> Response<Body> {
    let upgrade = wants_upgrade(request.headers()).then(|| hyper::upgrade::on(&mut request));
    let (mut parts, body) = request.into_parts();
    prepare(&mut parts, peer, upgrade.is_some());
    let replayable = is_replayable(&parts.method) && body.is_end_stream() && upgrade.is_none();
    let again = replayable.then(|| parts.clone());
    let mut next = Some(Request::from_parts(parts, body.boxed()));
    let until = Instant::now() + PATIENCE;
    loop {
        if let Some(stream) = connect(&layout).await
            && let Some(request) = next.take()
        {
            match send(stream, request).await {
                Ok(response) => return pass_back(response, upgrade),
                Err(NoAnswer::Unsent(unsent)) => next = Some(*unsent),
                Err(NoAnswer::Lost(error)) => tracing::warn!(%error, "a release gave no answer"),
            }
        }
        next = next.or_else(|| again.clone().map(|parts| Request::from_parts(parts, listen::nothing())));
        if next.is_none() {
            return bad_gateway("The application closed the connection before it had answered.\n");
        }
        if Instant::now() >= until {
            return bad_gateway("No release of this application takes requests at the moment.\n");
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

/// A connection to the current release. Reading the link and a file of five bytes costs microseconds and needs no
/// thread of its own.
async fn connect(layout: &Layout) -> Option<TcpStream> {
    let current = layout.current().ok().flatten()?;
    let port = layout.processes(&current).port()?;
    let stream = tokio::time::timeout(PATIENCE, TcpStream::connect((Ipv4Addr::LOCALHOST, port))).await.ok()?.ok()?;
    let _ = stream.set_nodelay(true);
    Some(stream)
}

async fn send(stream: TcpStream, request: Request<Body>) -> Result<Response<Incoming>, NoAnswer> {
    let Ok((mut sender, connection)) = http1::handshake(TokioIo::new(stream)).await else {
        return Err(NoAnswer::Unsent(Box::new(request)));
    };
    tokio::spawn(connection.with_upgrades());
    sender.try_send_request(request).await.map_err(|mut error| match error.take_message() {
        Some(unsent) => NoAnswer::Unsent(Box::new(unsent)),
        None => NoAnswer::Lost(error.into_error()),
    })
}

/// The answer for the client; after `101` both ends are joined.
fn pass_back(mut response: Response<Incoming>, client: Option<OnUpgrade>) -> Response<Body> {
    if response.status() == StatusCode::SWITCHING_PROTOCOLS {
        if let Some(client) = client {
            let release = hyper::upgrade::on(&mut response);
            tokio::spawn(join(client, release));
        }
        return response.map(BodyExt::boxed);
    }
    strip(response.headers_mut());
    response.map(BodyExt::boxed)
}

async fn join(client: OnUpgrade, release: OnUpgrade) {
    if let (Ok(client), Ok(release)) = (client.await, release.await) {
        // Either end may leave whenever it likes.
        let _ = tokio::io::copy_bidirectional(&mut TokioIo::new(client), &mut TokioIo::new(release)).await;
    }
}

/// Makes a client's request one of ours.
fn prepare(parts: &mut Parts, peer: SocketAddr, upgrade: bool) {
    let protocol = parts.headers.get(header::UPGRADE).cloned().filter(|_| upgrade);
    strip(&mut parts.headers);
    if let Some(protocol) = protocol {
        parts.headers.insert(header::CONNECTION, HeaderValue::from_static("upgrade"));
        parts.headers.insert(header::UPGRADE, protocol);
    }
    // We answer "100 Continue" ourselves, by reading.
    parts.headers.remove(header::EXPECT);
    let authority = parts.uri.authority().and_then(|name| HeaderValue::from_str(name.as_str()).ok());
    if let Some(host) = authority {
        parts.headers.insert(header::HOST, host);
    }
    let path = parts.uri.path_and_query().cloned();
    parts.uri = path.map_or_else(|| Uri::from_static("/"), Uri::from);
    parts.version = hyper::Version::HTTP_11;
    forwarded(&mut parts.headers, peer.ip().to_canonical());
}

/// Says on whose behalf we ask. What the client says about itself counts only when it is a proxy on this machine.
fn forwarded(headers: &mut HeaderMap, peer: IpAddr) {
    if !peer.is_loopback() {
        for name in [FORWARDED_FOR, FORWARDED_HOST, FORWARDED_PROTO] {
            headers.remove(name);
        }
    }
    let earlier = headers.get(FORWARDED_FOR).and_then(|value| value.to_str().ok());
    let chain = earlier.map_or_else(|| peer.to_string(), |earlier| format!("{earlier}, {peer}"));
    if let Ok(chain) = HeaderValue::from_str(&chain) {
        headers.insert(FORWARDED_FOR, chain);
    }
    if let Some(host) = headers.get(header::HOST).cloned() {
        headers.entry(FORWARDED_HOST).or_insert(host);
    }
    headers.entry(FORWARDED_PROTO).or_insert(HeaderValue::from_static("http"));
}

fn strip(headers: &mut HeaderMap) {
    let named: Vec<HeaderName> = headers
        .get_all(header::CONNECTION)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .filter_map(|name| name.trim().parse().ok())
        .collect();
    for name in named.iter().chain(&HOP_BY_HOP) {
        headers.remove(name);
    }
}

fn wants_upgrade(headers: &HeaderMap) -> bool {
    headers.contains_key(header::UPGRADE)
        && headers
            .get_all(header::CONNECTION)
            .iter()
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split(','))
            .any(|word| word.trim().eq_ignore_ascii_case("upgrade"))
}

/// Whether asking twice is the same as asking once, so that a release that died may be asked again.
fn is_replayable(method: &Method) -> bool {
    [Method::GET, Method::HEAD, Method::OPTIONS].contains(method)
}

fn bad_gateway(sentence: &'static str) -> Response<Body> {
    let mut response = Response::new(listen::text(sentence));
    *response.status_mut() = StatusCode::BAD_GATEWAY;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    headers.insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
    response
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;

    fn headers(lines: &[(&'static str, &'static str)]) -> HeaderMap {
        lines.iter().map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value))).collect()
    }

    #[test]
    fn what_concerns_one_connection_is_not_passed_on() {
        let mut some = headers(&[("connection", "close, x-mine"), ("x-mine", "1"), ("te", "trailers"), ("x-kept", "1")]);
        strip(&mut some);
        assert_eq!(some, headers(&[("x-kept", "1")]));
    }

    #[test]
    fn a_stranger_cannot_say_on_whose_behalf_it_asks() {
        let said = [("host", "shop.test"), ("x-forwarded-for", "1.2.3.4"), ("x-forwarded-proto", "https")];
        let mut stranger = headers(&said);
        forwarded(&mut stranger, IpAddr::from([203, 0, 113, 7]));
        assert_eq!(stranger[FORWARDED_FOR], "203.0.113.7");
        assert_eq!(stranger[FORWARDED_PROTO], "http");
        assert_eq!(stranger[FORWARDED_HOST], "shop.test");
        let mut proxy = headers(&said);
        forwarded(&mut proxy, IpAddr::from([127, 0, 0, 1]));
        assert_eq!(proxy[FORWARDED_FOR], "1.2.3.4, 127.0.0.1");
        assert_eq!(proxy[FORWARDED_PROTO], "https");
    }

    /// A root whose current release is whatever listens there, and a router before it.
    async fn routed(release: &TcpListener) -> (tempfile::TempDir, SocketAddr) {
        let root = tempfile::tempdir().expect("a folder");
        let layout = Layout::new(root.path());
        let id = super::super::layout::ReleaseId::parse("1-a").expect("a release's name");
        let port = release.local_addr().expect("an address").port();
        layout.processes(&id).note(1, "port", &port.to_string()).expect("noted");
        layout.flip(&id).expect("flipped");
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let layout = Arc::new(layout);
        let answer = move |request, peer| forward(Arc::clone(&layout), request, peer);
        tokio::spawn(listen::serve(listener, tokio_util::sync::CancellationToken::new(), answer));
        (root, address)
    }

    async fn until(stream: &mut TcpStream, end: &str) -> String {
        let mut heard = Vec::new();
        while !String::from_utf8_lossy(&heard).contains(end) {
            assert!(stream.read_buf(&mut heard).await.expect("readable") > 0, "closed before {end:?}");
        }
        String::from_utf8_lossy(&heard).to_lowercase()
    }

    #[tokio::test]
    async fn an_upgraded_connection_is_joined_end_to_end() {
        let release = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let (_root, address) = routed(&release).await;
        let mut client = TcpStream::connect(address).await.expect("connected");
        let asked = "GET /socket HTTP/1.1\r\nhost: shop.test\r\nconnection: keep-alive, Upgrade\r\nupgrade: echo\r\n\r\n";
        client.write_all(asked.as_bytes()).await.expect("written");
        let (mut served, _) = release.accept().await.expect("accepted");
        let head = until(&mut served, "\r\n\r\n").await;
        assert!(head.contains("upgrade: echo") && head.contains("host: shop.test"), "{head}");
        let switched = "HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: echo\r\n\r\nhello";
        served.write_all(switched.as_bytes()).await.expect("written");
        assert!(until(&mut client, "hello").await.starts_with("http/1.1 101"));
        client.write_all(b"ping").await.expect("written");
        assert_eq!(until(&mut served, "ping").await, "ping");
    }

    #[tokio::test]
    async fn a_request_that_a_release_has_seen_is_repeated_only_where_that_is_harmless() {
        let release = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let (_root, address) = routed(&release).await;
        for (asked, answered) in [
            ("POST /buy HTTP/1.1\r\nhost: a\r\ncontent-length: 3\r\n\r\none", "http/1.1 502"),
            ("GET /look HTTP/1.1\r\nhost: a\r\n\r\n", "http/1.1 200"),
        ] {
            let mut client = TcpStream::connect(address).await.expect("connected");
            client.write_all(asked.as_bytes()).await.expect("written");
            let (mut served, _) = release.accept().await.expect("accepted");
            until(&mut served, if answered.ends_with("502") { "one" } else { "\r\n\r\n" }).await;
            drop(served);
            if answered.ends_with("200") {
                let (mut served, _) = release.accept().await.expect("asked again");
                until(&mut served, "\r\n\r\n").await;
                served.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await.expect("written");
            }
            assert!(until(&mut client, "\r\n\r\n").await.starts_with(answered), "{asked}");
        }
    }
}
