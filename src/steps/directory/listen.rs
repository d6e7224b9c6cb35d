//! Answering HTTP/1.1 until it is time to stop, and stopping without losing a request.
//!
//! Not for the server's own pages (`web` does those): this is for the small programs that stand beside it.

use std::{convert::Infallible, net::SocketAddr, sync::Arc, time::Duration};

use futures::FutureExt;
use http_body_util::{BodyExt, Empty, Full, combinators::BoxBody};
use hyper::{
    Request, Response,
    body::{Bytes, Incoming},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::{
    net::{TcpListener, TcpStream},
    signal::unix::{SignalKind, signal},
    sync::{OwnedSemaphorePermit, Semaphore},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

/// How long a client may take for a request's head, and how long a connection may lie idle.
const HEAD_WITHIN: Duration = Duration::from_secs(75);

/// How many connections are held at once; further ones wait in the system's queue.
const CONNECTIONS: usize = 4096;

/// A body of any origin.
pub type Body = BoxBody<Bytes, hyper::Error>;

/// A body that is this text.
pub fn text(text: impl Into<Bytes>) -> Body {
    Full::new(text.into()).map_err(|never: Infallible| match never {}).boxed()
}

/// No body.
pub fn nothing() -> Body {
    Empty::new().map_err(|never: Infallible| match never {}).boxed()
}

/// A token that is cancelled when the process is asked to end.
pub fn until_terminated() -> std::io::Result<CancellationToken> {
    let stop = CancellationToken::new();
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    tokio::spawn({
        let stop = stop.clone();
        async move {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
            stop.cancel();
        }
    });
    Ok(stop)
}

/// Answers every request, until `stop`: then no connection is taken any more but those that were already made, the
/// requests under way are finished, and it returns.
pub async fn serve<F, R>(listener: TcpListener, stop: CancellationToken, answer: F)
where
    F: Fn(Request<Incoming>, SocketAddr) -> R + Clone + Send + Sync + 'static,
    R: Future<Output = Response<Body>> + Send + 'static,
{
    let open = TaskTracker::new();
    let seats = Arc::new(Semaphore::new(CONNECTIONS));
    while let Some((stream, peer, seat)) = next(&listener, &seats, &stop).await {
        open.spawn(converse(stream, peer, seat, stop.clone(), answer.clone()));
    }
    // Who has connected before we stopped shall be answered.
    while let Some(Ok((stream, peer))) = listener.accept().now_or_never() {
        let Ok(seat) = Arc::clone(&seats).try_acquire_owned() else { break };
        open.spawn(converse(stream, peer, seat, stop.clone(), answer.clone()));
    }
    drop(listener);
    open.close();
    open.wait().await;
}

async fn next(
    listener: &TcpListener,
    seats: &Arc<Semaphore>,
    stop: &CancellationToken,
) -> Option<(TcpStream, SocketAddr, OwnedSemaphorePermit)> {
    let accepted = async {
        let seat = Arc::clone(seats).acquire_owned().await.ok()?;
        loop {
            match listener.accept().await {
                Ok((stream, peer)) => return Some((stream, peer, seat)),
                // Out of descriptors, or a client that was gone at once: neither is a reason to end.
                Err(error) => {
                    tracing::warn!(%error, "a connection could not be taken");
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
            }
        }
    };
    tokio::select! {
        biased;
        () = stop.cancelled() => None,
        accepted = accepted => accepted,
    }
}

async fn converse<F, R>(stream: TcpStream, peer: SocketAddr, seat: OwnedSemaphorePermit, stop: CancellationToken, answer: F)
where
    F: Fn(Request<Incoming>, SocketAddr) -> R + Send + Sync + 'static,
    R: Future<Output = Response<Body>> + Send + 'static,
{
    let _seat = seat;
    let _ = stream.set_nodelay(true);
    let service = service_fn(move |request| answer(request, peer).map(Ok::<_, Infallible>));
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_WITHIN)
        .max_buf_size(64 * 1024)
        .serve_connection(TokioIo::new(stream), service)
        .with_upgrades();
    tokio::pin!(connection);
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = stop.cancelled() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, %peer, "a connection ended early");
    }
}
