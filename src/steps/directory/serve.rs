//! The process that serves a release: where it listens, when it is ready, how it ends.

use std::{
    io,
    net::{Ipv4Addr, TcpListener},
    path::Path,
    sync::{
        Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use http_body_util::{BodyExt, Empty, Limited};
use hyper::{Request, StatusCode, body::Bytes, client::conn::http1};
use hyper_util::rt::TokioIo;
use serde::{Deserialize, Serialize};
use tokio::net::TcpStream;

use super::layout::Generations;
use crate::{
    domain::release::Reason,
    steps::{
        Context,
        process::{Found, Job, Output, Supervisor, Waited},
    },
};

/// The ports that are given out: below those that the system gives to outgoing connections, so that none of these is
/// in the way.
const PORTS: std::ops::Range<u16> = 20_000..32_000;

/// The time between two questions whether it is ready.
const ASK_EVERY: Duration = Duration::from_millis(50);

/// How long one such question may take.
const ASK_WITHIN: Duration = Duration::from_secs(5);

/// How long a process that was found running has to show that it is well.
const WELL_WITHIN: Duration = Duration::from_secs(2);

/// How many of a process's last lines stand in a failure.
const LAST_LINES: usize = 5;

/// Which process of a release, and where it listens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// The number of its job.
    pub generation: u32,
    /// Its port on 127.0.0.1.
    pub port: u16,
}

/// What is there, or what should be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Choice {
    /// This process runs.
    Runs(Place),
    /// None runs; this would be the next one.
    Next(Place),
}

/// How waiting for a process ended.
#[derive(Debug)]
pub enum Readiness {
    /// It answered 200. So many bytes of its output have gone to the log.
    Ready(u64),
    /// It will not.
    Not(Reason),
    /// We were told to end the call; it may become ready yet.
    Interrupted,
}

/// Finds the process of a release that runs, or a place for a new one.
pub fn choose(processes: &Supervisor, of: &Generations, fixed: Option<u16>) -> Result<Choice, Reason> {
    let newest = of.used().map_err(|error| unreadable(of.folder(), &error))?.last().copied();
    let found = newest.map(|generation| (generation, processes.status(&of.job(generation))));
    let generation = match &found {
        Some((generation, Found::Running)) => {
            let generation = *generation;
            let port = of.port().ok_or_else(|| {
                Reason::new("a process of this release runs, and nobody knows where it listens")
                    .look(of.job(generation).display().to_string())
                    .remedy("end the process, and try again")
            })?;
            return Ok(Choice::Runs(Place { generation, port }));
        }
        Some((generation, Found::NotStarted)) => *generation,
        Some((generation, Found::Exited(_) | Found::Vanished)) => generation + 1,
        None => 1,
    };
    let port = match fixed {
        Some(port) if is_free(port) => port,
        Some(port) => {
            return Err(Reason::new(format!("port {port} is taken, so the new process cannot start beside the old one"))
                .remedy("leave `port` out, so that each release gets a port of its own, and let the router `listen`"));
        }
        // What an earlier call has chosen and not come to use.
        None => of
            .port()
            .filter(|port| found == Some((generation, Found::NotStarted)) && is_free(*port))
            .or_else(|| free_port(of.folder()))
            .ok_or_else(|| Reason::new(format!("no port from {} to {} is free", PORTS.start, PORTS.end)))?,
    };
    Ok(Choice::Next(Place { generation, port }))
}

/// Begins at a place that depends on the release, so that two of them hardly ever look at one port at the same time.
fn free_port(of: &Path) -> Option<u16> {
    use std::hash::{DefaultHasher, Hash, Hasher};
    let mut hasher = DefaultHasher::new();
    of.hash(&mut hasher);
    let count = u64::from(PORTS.end - PORTS.start);
    let first = u16::try_from(hasher.finish() % count).ok()?;
    PORTS.cycle().skip(usize::from(first)).take(PORTS.len()).find(|port| is_free(*port))
}

fn is_free(port: u16) -> bool {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok()
}

/// Starts the process at its place, once, after what may be left of earlier ones has been ended.
pub async fn start(processes: &Supervisor, of: &Generations, place: Place, job: Job) -> Result<(), Reason> {
    let used = of.used().map_err(|error| unreadable(of.folder(), &error))?;
    for earlier in used.into_iter().filter(|earlier| *earlier < place.generation) {
        processes.stop(&of.job(earlier), job.grace).await?;
    }
    // The router looks here: before the process can take a request, and for good.
    of.note(place.generation, "port", &place.port.to_string()).map_err(|error| unreadable(of.folder(), &error))?;
    processes.start(&of.job(place.generation), job).await
}

/// Ends every job under a folder.
pub async fn stop_all(processes: &Supervisor, of: &Generations, grace: Duration) -> Result<(), Reason> {
    let jobs = of.jobs().map_err(|error| unreadable(of.folder(), &error))?;
    let ended = futures::future::join_all(jobs.iter().map(|job| processes.stop(job, grace))).await;
    ended.into_iter().collect::<Result<Vec<_>, _>>().map(drop)
}

/// Waits until the process answers 200 at `path`, or cannot be expected to. `limit` is real time, because the process
/// lives in it.
pub async fn until_ready(cx: &Context, of: &Generations, place: Place, path: &str, limit: Duration) -> Readiness {
    let job = of.job(place.generation);
    // One that has been running for long is not to tell its whole story again.
    if is_ready(place.port, path).await.is_ok() && cx.processes.status(&job) == Found::Running {
        return Readiness::Ready(0);
    }
    let last = Mutex::new(String::from("it was not asked"));
    let ready = async {
        while let Err(why) = is_ready(place.port, path).await {
            *last.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = why;
            tokio::time::sleep(ASK_EVERY).await;
        }
    };
    let until = async {
        tokio::select! {
            () = ready => Some(true),
            () = tokio::time::sleep(limit) => Some(false),
            () = cx.clock.sleep_until(cx.deadline) => Some(false),
            () = cx.stop.cancelled() => None,
            () = cx.detach.cancelled() => None,
        }
    };
    let said = Said::new(cx, 0);
    match cx.processes.wait(&job, &said, until).await {
        Waited::Interrupted(Some(true)) if cx.processes.status(&job) == Found::Running => Readiness::Ready(said.length()),
        Waited::Interrupted(Some(false)) => {
            let last = last.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
            let what = format!("the release did not become ready at {path}: {last}{}", said.last_lines());
            Readiness::Not(
                Reason::new(what)
                    .look(job.join("output").display().to_string())
                    .remedy("mend the version, or give the step a longer `timeout` if it is only slow"),
            )
        }
        Waited::Interrupted(None) => Readiness::Interrupted,
        Waited::Exited(exit) => Readiness::Not(early(&format!("{exit}"), &said, &job)),
        Waited::Interrupted(Some(true)) | Waited::Vanished => Readiness::Not(early("nobody knows how it ended", &said, &job)),
    }
}

fn early(how: &str, said: &Said<'_>, job: &Path) -> Reason {
    Reason::new(format!("the release's process ended before it was ready: {how}{}", said.last_lines()))
        .look(job.join("output").display().to_string())
        .remedy("run `serve.command` in the release's folder by hand, with PORT set, to see what is wrong")
}

/// Whether a process that runs answers 200, or will within a moment.
pub async fn is_well(port: u16, path: &str) -> bool {
    let asked = async {
        while is_ready(port, path).await.is_err() {
            tokio::time::sleep(ASK_EVERY).await;
        }
    };
    tokio::time::timeout(WELL_WITHIN, asked).await.is_ok()
}

/// Asks once. An error says what came instead of 200.
async fn is_ready(port: u16, path: &str) -> Result<(), String> {
    match tokio::time::timeout(ASK_WITHIN, ask(port, path)).await {
        Err(_) => Err(format!("no answer within {} s", ASK_WITHIN.as_secs())),
        Ok(Err(error)) => Err(error.to_string()),
        Ok(Ok((StatusCode::OK, _))) => Ok(()),
        Ok(Ok((status, body))) if body.is_empty() => Err(format!("it answers {status}")),
        Ok(Ok((status, body))) => Err(format!("it answers {status}: {body}")),
    }
}

/// One request to this machine, with the first line of what it answers.
async fn ask(port: u16, path: &str) -> Result<(StatusCode, String), Box<dyn std::error::Error + Send + Sync>> {
    let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    let talk = async {
        let request =
            Request::get(path).header("host", format!("127.0.0.1:{port}")).header("connection", "close").body(Empty::<Bytes>::new())?;
        let (head, body) = sender.send_request(request).await?.into_parts();
        // The sentence is a help for people, its absence no failure.
        let body = Limited::new(body, 16 * 1024).collect().await.map(http_body_util::Collected::to_bytes).unwrap_or_default();
        let text = String::from_utf8_lossy(&body);
        let line = text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
        Ok((head.status, line.trim().chars().take(200).collect()))
    };
    tokio::pin!(talk, connection);
    tokio::select! {
        answer = &mut talk => answer,
        _ = &mut connection => talk.await,
    }
}

/// Hands a job's output on to the deployment's log, and remembers its end.
pub struct Said<'a> {
    cx: &'a Context,
    offset: u64,
    length: AtomicU64,
    tail: Mutex<String>,
}

impl<'a> Said<'a> {
    /// `offset` is the length of what earlier jobs of this attempt have said.
    pub fn new(cx: &'a Context, offset: u64) -> Self {
        Self { cx, offset, length: AtomicU64::new(0), tail: Mutex::new(String::new()) }
    }

    /// How much there was, in bytes.
    fn length(&self) -> u64 {
        self.length.load(Ordering::Relaxed)
    }

    /// `; it said: …`, or nothing.
    pub fn last_lines(&self) -> String {
        let tail = self.tail.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let lines: Vec<&str> = tail.lines().filter(|line| !line.trim().is_empty()).collect();
        match lines.get(lines.len().saturating_sub(LAST_LINES)..) {
            Some(last) if !last.is_empty() => format!("; it said: {}", last.join("\n")),
            _ => String::new(),
        }
    }
}

#[async_trait]
impl Output for Said<'_> {
    async fn write(&self, at: u64, text: &str) {
        {
            let mut tail = self.tail.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            tail.push_str(text);
            let surplus = tail.len().saturating_sub(4096);
            let from = (surplus..=tail.len()).find(|at| tail.is_char_boundary(*at)).unwrap_or_default();
            tail.drain(..from);
        }
        self.length.fetch_max(at + text.len() as u64, Ordering::Relaxed);
        self.cx.log.write(self.offset + at, text).await;
    }
}

fn unreadable(folder: &Path, error: &io::Error) -> Reason {
    Reason::new(format!("the folder of the release's processes cannot be used: {error}")).look(folder.display().to_string())
}
