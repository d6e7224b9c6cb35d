//! A root, a server that can die at any time, and people who visit what is served.

use std::{
    path::{Path, PathBuf},
    pin::Pin,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU32, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use botadura::{
    cli::demo::shop::VERSIONS,
    domain::{
        clock::Clock,
        ids::{DeploymentId, RepositoryName},
        manifest::{self, Action, Directory, From, Serve, Step as Manifest, template::Template},
        release::{Memo, Reason, Release},
        version::Sha,
    },
    steps::{
        self, Context, Log, Op, Progress, Scope, Step,
        artifact::{Artifacts, Limits},
        outgoing::Outgoing,
        process::{Found, Supervisor},
        secrets::SystemSecrets,
        workspace::{Fault, Source, Workspaces},
    },
};
use http_body_util::{BodyExt, Empty};
use hyper::{Request, StatusCode, body::Bytes, client::conn::http1};
use hyper_util::rt::TokioIo;
use jiff::{SignedDuration, Timestamp};
use tokio::net::TcpStream;
use tokio_util::sync::CancellationToken;

pub const SHAS: [&str; 3] =
    ["aaaaaaa111111111111111111111111111111111", "bbbbbbb222222222222222222222222222222222", "ccccccc333333333333333333333333333333333"];

#[derive(Debug)]
pub struct Hands(Mutex<Timestamp>);

impl Hands {
    pub fn advance(&self, by: SignedDuration) {
        *self.0.lock().expect("whole") += by;
    }
}

impl Clock for Hands {
    fn now(&self) -> Timestamp {
        *self.0.lock().expect("whole")
    }

    fn sleep_until(&self, moment: Timestamp) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        let come = moment <= self.now();
        Box::pin(async move {
            if !come {
                std::future::pending::<()>().await;
            }
        })
    }
}

#[derive(Default)]
struct Lines(Mutex<String>);

#[async_trait]
impl Log for Lines {
    async fn write(&self, _at: u64, text: &str) {
        self.0.lock().expect("whole").push_str(text);
    }
}

struct NoArtifacts;

#[async_trait]
impl Artifacts for NoArtifacts {
    async fn put(&self, _file: PathBuf) -> Result<String, Reason> {
        Err(Reason::new("none here"))
    }

    async fn get(&self, _digest: &str) -> Result<PathBuf, Reason> {
        Err(Reason::new("none here"))
    }
}

/// One root, and a server that can be restarted at any time.
pub struct Yard {
    pub folder: tempfile::TempDir,
    pub clock: Arc<Hands>,
    pub listen: Mutex<u16>,
    pub reload: Mutex<Option<Vec<Template>>>,
    pub keep: AtomicU32,
    attempts: AtomicU32,
}

impl Yard {
    pub fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        Self {
            folder,
            clock: Arc::new(Hands(Mutex::new("2026-01-01T00:00:00Z".parse().expect("a time")))),
            listen: Mutex::new(free_port()),
            reload: Mutex::default(),
            keep: AtomicU32::new(3),
            attempts: AtomicU32::default(),
        }
    }

    pub fn root(&self) -> PathBuf {
        self.folder.path().join("site")
    }

    pub fn port(&self) -> u16 {
        *self.listen.lock().expect("whole")
    }

    pub fn processes(&self) -> Supervisor {
        Supervisor::new(env!("CARGO_BIN_EXE_botadura").into(), self.folder.path().join("jobs"), None).expect("a supervisor")
    }

    /// What a server that has just started has in its hands.
    pub fn context(&self, deployment: usize, attempt: u32) -> Context {
        Context {
            deployment: DeploymentId(i64::try_from(deployment).expect("small")),
            step: "site".parse().expect("a name"),
            repository: "acme/shop".parse().expect("a name"),
            key: format!("d{deployment}-a{attempt}"),
            resumption: false,
            deadline: self.clock.now() + SignedDuration::from_mins(10),
            clock: Arc::clone(&self.clock) as _,
            stop: CancellationToken::new(),
            detach: CancellationToken::new(),
            log: Arc::new(Lines::default()),
            secrets: Arc::new(SystemSecrets::new(std::collections::BTreeMap::new(), std::collections::HashSet::new())),
            artifacts: Arc::new(NoArtifacts),
            workspace: Workspaces::new(self.folder.path().join("work"), Arc::new(Repository), None, Limits::default()).of(
                DeploymentId(i64::try_from(deployment).expect("small")),
                "acme/shop".parse().expect("a name"),
                Some(SHAS[deployment - 1].parse().expect("a SHA")),
                Vec::new(),
            ),
            processes: self.processes(),
            outgoing: Outgoing::new([]).expect("it can be made"),
            github: None,
        }
    }

    /// The step of the deployment with this number: version 1.0 is deployed by 1, 1.1 by 2, the bad one by 3.
    pub fn step(&self, deployment: usize) -> Box<dyn Step> {
        let template = |text: String| Template::literal(text);
        let directory = Directory {
            root: template(self.root().display().to_string()),
            from: From::Repository("shop".to_owned()),
            keep: self.keep.load(Ordering::Relaxed),
            serve: Some(Serve {
                command: vec![template(env!("CARGO_BIN_EXE_botadura").to_owned()), template("demo-app".to_owned())],
                port: None,
                ready: "/health".to_owned(),
                listen: Some(template(format!("127.0.0.1:{}", self.port()))),
                drain: Duration::from_secs(2),
            }),
            reload: self.reload.lock().expect("whole").clone(),
        };
        let step = Manifest {
            name: "site".parse().expect("a name"),
            was: None,
            only: Vec::new(),
            except: Vec::new(),
            paths: manifest::pattern::Patterns::default(),
            timeout: Some(Duration::from_millis(700)),
            retries: 0,
            env: [("GREETING".to_owned(), template("hello".to_owned()))].into(),
            secrets: indexmap::IndexMap::new(),
            verify: false,
            build: false,
            undo: None,
            produces: Vec::new(),
            keep: Vec::new(),
            action: Action::Directory(directory),
        };
        let values = [("version.sha".to_owned(), SHAS[deployment - 1].to_owned())].into();
        steps::build(&step, &Scope { values, ..Scope::default() }).expect("a step")
    }

    /// Calls until the answer is final. Every call has a context of its own, as after a crash.
    pub async fn drive(&self, deployment: usize, op: Op<'_>) -> (Progress, Vec<Memo>) {
        let attempt = self.attempts.fetch_add(1, Ordering::Relaxed);
        let mut memos = vec![Memo::Null];
        loop {
            let memo = memos.last().expect("never empty").clone();
            match self.step(deployment).advance(&self.context(deployment, attempt), op, memo).await {
                Progress::Waiting { memo, until } if until.at <= self.clock.now() => memos.push(memo),
                Progress::Waiting { memo, until } => {
                    *self.clock.0.lock().expect("whole") = until.at;
                    memos.push(memo);
                }
                other => return (other, memos),
            }
            assert!(memos.len() < 30, "it never ends: {memos:?}");
        }
    }

    /// The same, with a server that dies during each call and after it: early, late, and after the answer that nobody
    /// got; and one that comes with the memo before.
    pub async fn crash(&self, deployment: usize, op: Op<'_>) -> Progress {
        let attempt = self.attempts.fetch_add(1, Ordering::Relaxed);
        let step = self.step(deployment);
        let mut memos = vec![Memo::Null];
        loop {
            let call = async |memo: &Memo| step.advance(&self.context(deployment, attempt), op, memo.clone()).await;
            let memo = memos.last().expect("never empty");
            for after in [0, 1, 4, 15, 40] {
                let _ = tokio::time::timeout(Duration::from_millis(after), call(memo)).await;
            }
            call(memo).await;
            if memos.len() > 1 {
                call(&memos[memos.len() - 2]).await;
            }
            for name in ["1-aaaaaaa", "2-bbbbbbb", "3-ccccccc", "router"] {
                assert!(self.running(name) <= 1, "{name} is doubled: {memos:?}");
            }
            match call(memo).await {
                Progress::Waiting { memo, until } => {
                    let mut now = self.clock.0.lock().expect("whole");
                    *now = until.at.max(*now);
                    memos.push(memo);
                }
                other => return other,
            }
            assert!(memos.len() < 30, "it never ends: {memos:?}");
        }
    }

    pub async fn deploy(&self, deployment: usize) -> Release {
        released(self.drive(deployment, Op::Apply).await.0)
    }

    /// The jobs that run under a folder of `run`.
    pub fn running(&self, name: &str) -> usize {
        let Ok(jobs) = std::fs::read_dir(self.root().join("run").join(name)) else { return 0 };
        let jobs = jobs.map(|job| job.expect("readable").path());
        jobs.filter(|job| job.is_dir() && self.processes().status(job) == Found::Running).count()
    }

    pub fn releases(&self) -> Vec<String> {
        let Ok(entries) = std::fs::read_dir(self.root().join("releases")) else { return Vec::new() };
        let mut names: Vec<_> = entries.map(|entry| entry.expect("readable").file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        names
    }

    pub fn current(&self) -> Option<String> {
        let link = std::fs::read_link(self.root().join("current")).ok()?;
        Some(link.file_name()?.to_string_lossy().into_owned())
    }

    pub async fn get(&self, path: &str) -> Result<(StatusCode, String), String> {
        Visitor::arrive(self.port()).await?.get(path).await
    }

    pub async fn version(&self) -> String {
        self.get("/version").await.expect("answered").1.trim().to_owned()
    }

    pub async fn leave(self) {
        let (removed, _) = self.drive(1, Op::Remove).await;
        assert!(matches!(removed, Progress::Done { .. }), "{removed:?}");
        for name in ["router", "1-aaaaaaa", "2-bbbbbbb", "3-ccccccc"] {
            assert_eq!(self.running(name), 0, "{name}");
        }
        assert!(std::fs::read_dir(self.root()).expect("readable").next().is_none(), "something is left");
    }
}

impl Drop for Yard {
    /// A test that fails leaves no process behind.
    fn drop(&mut self) {
        let runs = std::fs::read_dir(self.root().join("run")).into_iter().flatten().flatten();
        let jobs = runs.flat_map(|run| std::fs::read_dir(run.path()).into_iter().flatten().flatten());
        let jobs: Vec<_> = jobs.map(|job| job.path()).filter(|job| job.is_dir()).collect();
        if jobs.is_empty() {
            return;
        }
        let processes = self.processes();
        let stopping = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
            for job in jobs {
                let _ = runtime.block_on(processes.stop(&job, Duration::ZERO));
            }
        });
        let _ = stopping.join();
    }
}

/// A repository with the three versions of the shop.
struct Repository;

#[async_trait]
impl Source for Repository {
    async fn export(&self, _repository: &RepositoryName, sha: &Sha, into: &Path) -> Result<(), Fault> {
        let version = SHAS.iter().zip(VERSIONS).find(|(known, _)| **known == sha.to_string()).expect("a version").1;
        std::fs::create_dir_all(into.join("shop")).expect("made");
        for (path, content) in version.files {
            std::fs::write(into.join("shop").join(path), content).expect("written");
        }
        Ok(())
    }
}

pub fn free_port() -> u16 {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    listener.local_addr().expect("an address").port()
}

pub fn released(progress: Progress) -> Release {
    match progress {
        Progress::Done { release: Some(release), .. } => release,
        other => panic!("no release: {other:?}"),
    }
}

/// A client that keeps its connection.
pub struct Visitor(http1::SendRequest<Empty<Bytes>>);

impl Visitor {
    pub async fn arrive(port: u16) -> Result<Self, String> {
        let stream = TcpStream::connect(("127.0.0.1", port)).await.map_err(|error| error.to_string())?;
        let (sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(|error| error.to_string())?;
        tokio::spawn(connection);
        Ok(Self(sender))
    }

    pub async fn get(&mut self, path: &str) -> Result<(StatusCode, String), String> {
        self.0.ready().await.map_err(|error| error.to_string())?;
        let request = Request::get(path).header("host", "shop.test").body(Empty::new()).expect("a request");
        let (head, body) = self.0.send_request(request).await.map_err(|error| error.to_string())?.into_parts();
        let body = body.collect().await.map_err(|error| error.to_string())?.to_bytes();
        Ok((head.status, String::from_utf8_lossy(&body).into_owned()))
    }
}

/// Clients that ask without a pause, and what they were told.
pub struct Crowd {
    over: Arc<AtomicBool>,
    clients: Vec<(Arc<AtomicU32>, tokio::task::JoinHandle<Told>)>,
}

/// What a client was told: a version, or a failure.
type Told = Vec<Result<String, String>>;

impl Crowd {
    pub fn gather(port: u16) -> Self {
        let over = Arc::new(AtomicBool::new(false));
        let clients = [(true, "/version"), (true, "/slow?ms=30"), (false, "/version"), (false, "/slow?ms=30")];
        let clients = clients.map(|(stays, path)| {
            let told = Arc::new(AtomicU32::default());
            (Arc::clone(&told), tokio::spawn(ask(port, stays, path, told, Arc::clone(&over))))
        });
        Self { over, clients: clients.into() }
    }

    /// The versions that they saw, up to some requests from now. Fails when any of them was let down.
    pub async fn go(self) -> Vec<String> {
        for (told, client) in &self.clients {
            let enough = told.load(Ordering::Relaxed) + 4;
            while told.load(Ordering::Relaxed) < enough && !client.is_finished() {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        }
        self.over.store(true, Ordering::Relaxed);
        let mut seen = Vec::new();
        for (_, client) in self.clients {
            let told = client.await.expect("no panic");
            seen.extend(told.into_iter().map(|answer| answer.expect("answered")));
        }
        seen.sort();
        seen.dedup();
        seen
    }
}

async fn ask(port: u16, stays: bool, path: &str, asked: Arc<AtomicU32>, over: Arc<AtomicBool>) -> Told {
    let mut told = Vec::new();
    let mut visitor = Visitor::arrive(port).await;
    while !over.load(Ordering::Relaxed) {
        if !stays {
            visitor = Visitor::arrive(port).await;
        }
        told.push(match &mut visitor {
            Ok(visitor) => match visitor.get(path).await {
                Ok((StatusCode::OK, text)) => Ok(text.trim().to_owned()),
                Ok((status, text)) => Err(format!("{status}: {text}")),
                Err(error) => Err(error),
            },
            Err(error) => Err(error.clone()),
        });
        asked.fetch_add(1, Ordering::Relaxed);
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    told
}
