//! A small real HTTP server for a fake, on a thread of its own: it outlives every incarnation of the server under test.

use std::{convert::Infallible, net::SocketAddr, sync::Arc};

use http_body_util::{BodyExt, Full};
use hyper::{Request, Response, body::Bytes, body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use tokio_util::sync::CancellationToken;

/// A request as a fake sees it.
#[derive(Debug, Clone)]
pub struct Asked {
    pub method: String,
    pub path: String,
    pub query: String,
    pub authorization: Option<String>,
    pub body: Vec<u8>,
}

/// What a fake answers. None: the connection is closed without a word.
pub type Said = Option<(u16, Vec<(&'static str, String)>, Vec<u8>)>;

/// Serves until it is told to end. Answers where.
pub fn serve(end: CancellationToken, answer: impl Fn(Asked) -> Said + Send + Sync + 'static) -> SocketAddr {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    listener.set_nonblocking(true).expect("a listener");
    let address = listener.local_addr().expect("an address");
    let answer = Arc::new(answer);
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(async {
            let listener = tokio::net::TcpListener::from_std(listener).expect("a listener");
            while let Some(Ok((stream, _))) = end.run_until_cancelled(listener.accept()).await {
                let answer = answer.clone();
                let service = service_fn(move |request| one(answer.clone(), request));
                // Whoever hangs up early gets no answer.
                tokio::spawn(async move { http1::Builder::new().serve_connection(TokioIo::new(stream), service).await.ok() });
            }
        });
    });
    address
}

async fn one(
    answer: Arc<impl Fn(Asked) -> Said>,
    request: Request<Incoming>,
) -> Result<Response<Full<Bytes>>, Box<dyn std::error::Error + Send + Sync>> {
    let (parts, body) = request.into_parts();
    let body = body.collect().await?.to_bytes().to_vec();
    let asked = Asked {
        method: parts.method.to_string(),
        path: parts.uri.path().to_owned(),
        query: parts.uri.query().unwrap_or_default().to_owned(),
        authorization: parts.headers.get("authorization").and_then(|value| value.to_str().ok()).map(str::to_owned),
        body,
    };
    let (status, headers, body) = answer(asked).ok_or("hung up")?;
    let mut response = Response::builder().status(status);
    for (name, value) in headers {
        response = response.header(name, value);
    }
    let sent: Result<_, Infallible> = Ok(response.body(Full::new(Bytes::from(body))).expect("an answer"));
    Ok(sent?)
}
