//! The server's process, its files, and somebody who signs webhooks.

use std::{
    collections::BTreeMap,
    fmt::Write as _,
    io::{Read, Write},
    net::TcpStream,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use serde_json::{Value, json};
use tempfile::TempDir;

pub const SECRET: &str = "a secret that only a test knows";

/// A folder with everything in it; the server may be there or not.
pub struct Yard {
    pub folder: TempDir,
    pub port: u16,
    pub child: Option<Child>,
    environment: BTreeMap<&'static str, String>,
}

impl Yard {
    /// With these applications, each a name and a manifest, in which `$ROOT` is the folder.
    pub fn new(applications: &[(&str, &str)]) -> Self {
        let folder = TempDir::new().expect("a folder");
        let root = folder.path().display().to_string();
        std::fs::create_dir_all(folder.path().join("apps")).expect("a folder");
        let port = free_port();
        let server = format!(
            "listen: 127.0.0.1:{port}\nstore: sqlite:{root}/data/botadura.db\nartifacts: {root}/data/artifacts\n\
             github:\n  webhook_secrets: [{{ env: WEBHOOK_SECRET }}]\n  clone_url: \"file://{root}/git/{{{{ repository }}}}.git\"\n"
        );
        std::fs::write(folder.path().join("botadura.yaml"), server).expect("written");
        let yard = Self {
            port,
            child: None,
            environment: BTreeMap::from([
                ("WEBHOOK_SECRET", SECRET.to_owned()),
                ("PATH", std::env::var("PATH").unwrap_or_default()),
                ("BOTADURA_LOG", "warn".to_owned()),
            ]),
            folder,
        };
        for (name, manifest) in applications {
            std::fs::write(yard.root().join(format!("apps/{name}.yaml")), manifest.replace("$ROOT", &root)).expect("written");
        }
        yard
    }

    pub fn root(&self) -> &Path {
        self.folder.path()
    }

    pub fn read(&self, path: &str) -> String {
        std::fs::read_to_string(self.root().join(path)).unwrap_or_default()
    }

    /// What the server finds in its environment.
    pub fn set(&mut self, name: &'static str, value: Option<&str>) {
        match value {
            Some(value) => _ = self.environment.insert(name, value.to_owned()),
            None => _ = self.environment.remove(name),
        }
    }

    /// `botadura serve`, not started.
    pub fn serve(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_botadura"));
        command.args(["serve", "--config"]).arg(self.root().join("botadura.yaml")).env_clear().envs(&self.environment);
        let log = std::fs::File::options().create(true).append(true).open(self.root().join("log")).expect("a log");
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log).current_dir(self.root());
        command
    }

    /// Starts it and waits until it answers.
    pub fn start(&mut self) {
        let command = self.serve();
        self.start_as(command);
    }

    /// The same with another command line.
    pub fn start_as(&mut self, mut command: Command) {
        self.child = Some(command.spawn().expect("the binary"));
        assert!(self.is_up_within(Duration::from_secs(30)), "the server did not start:\n{}", self.read("log"));
    }

    /// Starts it and does not wait.
    pub fn launch(&mut self) {
        self.child = Some(self.serve().spawn().expect("the binary"));
    }

    fn is_up_within(&mut self, time: Duration) -> bool {
        let until = Instant::now() + time;
        while Instant::now() < until {
            if http(self.port, "GET /livez", &[], b"").is_some_and(|(status, _)| status == 200) {
                return true;
            }
            if self.child.as_mut().is_some_and(|child| child.try_wait().is_ok_and(|ended| ended.is_some())) {
                return false;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        false
    }

    /// What the API answers to a read; null when nobody answers.
    pub fn get(&self, path: &str, headers: &[(&str, &str)]) -> Value {
        let answer = http(self.port, &format!("GET {path}"), headers, b"");
        answer.and_then(|(_, body)| serde_json::from_str(&body).ok()).unwrap_or_default()
    }

    /// SIGKILL: no time for a word.
    pub fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            child.kill().expect("killed");
            child.wait().expect("its end");
        }
    }

    /// SIGTERM, and its end by itself. Answers its exit code.
    pub fn terminate(&mut self) -> Option<i32> {
        let mut child = self.child.take().expect("a server");
        let pid = i32::try_from(child.id()).expect("a process id");
        nix::sys::signal::kill(nix::unistd::Pid::from_raw(pid), nix::sys::signal::Signal::SIGTERM).expect("signalled");
        child.wait().expect("its end").code()
    }

    /// Everything that ended, by its result, once nothing is under way and no delivery waits.
    pub fn settle(&self, time: Duration) -> Vec<Deployment> {
        let until = Instant::now() + time;
        loop {
            let store = self.look();
            if store.is_settled() {
                return store.deployments;
            }
            assert!(Instant::now() < until, "it never settled: {store:#?}\n{}", self.read("log"));
            std::thread::sleep(Duration::from_millis(100));
        }
    }

    /// What stands in the store, read beside the server.
    pub fn look(&self) -> Look {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(look(&self.root().join("data/botadura.db"))).expect("the store can be read")
    }
}

impl Drop for Yard {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let log = self.read("log");
            let from = log.len().saturating_sub(4000);
            super::figure(log.get(from..).unwrap_or_default());
        }
        self.kill();
        let root = self.root().display().to_string();
        for entry in std::fs::read_dir("/proc").into_iter().flatten().flatten() {
            let Ok(pid) = entry.file_name().to_string_lossy().parse::<i32>() else { continue };
            let words = std::fs::read(entry.path().join("cmdline")).unwrap_or_default();
            let cwd = std::fs::read_link(entry.path().join("cwd")).unwrap_or_default();
            let ours = String::from_utf8_lossy(&words).contains(&root) || cwd.starts_with(&root);
            if ours && u32::try_from(pid).is_ok_and(|pid| pid != std::process::id()) {
                let _ = nix::sys::signal::kill(nix::unistd::Pid::from_raw(pid), nix::sys::signal::Signal::SIGKILL);
            }
        }
    }
}

/// A deployment as the store has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deployment {
    pub id: i64,
    pub environment: String,
    pub sha: String,
    pub result: Option<String>,
}

/// What stands in the store.
#[derive(Debug)]
pub struct Look {
    /// By id: the state.
    pub deliveries: BTreeMap<String, String>,
    pub deployments: Vec<Deployment>,
    /// By environment: the slot, and the commit that runs.
    pub environments: BTreeMap<String, (Option<i64>, Option<String>)>,
    pub waiting: i64,
    /// How often a deployment was taken up again.
    pub resumed: usize,
    /// Calls of steps without the entry that announces them: (deployment, place in the journal).
    pub unannounced: Vec<(i64, i64)>,
}

impl Look {
    fn is_settled(&self) -> bool {
        self.waiting == 0
            && self.deliveries.values().all(|state| state != "waiting")
            && self.deployments.iter().all(|deployment| deployment.result.is_some())
    }
}

/// By a connection that only reads: what is looked at is the file, not what the server says of it.
async fn look(path: &Path) -> Result<Look, sqlx::Error> {
    use sqlx::{AnyConnection, Connection, Row};
    sqlx::any::install_default_drivers();
    let mut connection = AnyConnection::connect(&format!("sqlite://{}?mode=ro", path.display())).await?;
    // Of one moment: what ends between two reads would be in neither.
    let mut store = connection.begin().await?;
    let mut look = Look {
        deliveries: BTreeMap::new(),
        deployments: Vec::new(),
        environments: BTreeMap::new(),
        waiting: 0,
        resumed: 0,
        unannounced: Vec::new(),
    };
    for row in sqlx::query("SELECT id, state FROM delivery").fetch_all(&mut *store).await? {
        look.deliveries.insert(row.try_get("id")?, row.try_get("state")?);
    }
    for row in sqlx::query("SELECT id, environment, sha, result FROM deployment ORDER BY id").fetch_all(&mut *store).await? {
        look.deployments.push(Deployment {
            id: row.try_get("id")?,
            environment: row.try_get("environment")?,
            sha: row.try_get::<Option<String>, _>("sha")?.unwrap_or_default(),
            result: row.try_get("result")?,
        });
    }
    let environments = "SELECT e.id, e.slot, d.sha FROM environment e LEFT JOIN deployment d ON d.id = e.running";
    for row in sqlx::query(environments).fetch_all(&mut *store).await? {
        look.environments.insert(row.try_get("id")?, (row.try_get("slot")?, row.try_get("sha")?));
    }
    look.waiting = sqlx::query_scalar("SELECT COUNT(*) FROM proposal WHERE state = 'waiting'").fetch_one(&mut *store).await?;
    let mut called: BTreeMap<i64, Vec<u64>> = BTreeMap::new();
    for row in sqlx::query("SELECT deployment, seq, entry FROM journal ORDER BY deployment, seq").fetch_all(&mut *store).await? {
        let (id, place): (i64, i64) = (row.try_get("deployment")?, row.try_get("seq")?);
        let entry: Value = serde_json::from_str(row.try_get("entry")?).unwrap_or_default();
        look.resumed += usize::from(entry == "resumed");
        let known = called.entry(id).or_default();
        known.extend(entry["called"]["runs"].as_array().into_iter().flatten().filter_map(Value::as_u64));
        if entry["answered"]["run"].as_u64().is_some_and(|run| !known.contains(&run)) {
            look.unannounced.push((id, place));
        }
    }
    store.rollback().await?;
    connection.close().await?;
    Ok(look)
}

/// A push as GitHub sends it. `reference` is the full name.
pub fn push(repository: (&str, i64), reference: &str, before: &str, after: &str) -> Value {
    let zero = "0".repeat(40);
    let (owner, name) = repository.0.split_once('/').expect("owner/name");
    json!({
        "ref": reference, "before": before, "after": after,
        "created": before == zero, "deleted": after == zero, "forced": false, "base_ref": null,
        "compare": "https://github.example/compare", "commits": [], "head_commit": null,
        "repository": {
            "id": repository.1, "node_id": "R_1", "name": name, "full_name": repository.0, "private": true,
            "owner": { "login": owner, "id": 1, "type": "Organization" }, "fork": false, "default_branch": "main"
        },
        "pusher": { "name": "ada", "email": "ada@example.com" },
        "sender": { "login": "ada", "id": 2, "type": "User" }
    })
}

/// Signs and sends a webhook. None: nobody answered.
pub fn deliver(port: u16, id: &str, payload: &Value) -> Option<u16> {
    let body = payload.to_string();
    let signature = botadura::github::signature::sign(SECRET.as_bytes(), body.as_bytes());
    let headers = [
        ("content-type", "application/json"),
        ("x-github-event", "push"),
        ("x-github-delivery", id),
        ("x-hub-signature-256", signature.as_str()),
    ];
    http(port, "POST /webhooks/github", &headers, body.as_bytes()).map(|(status, _)| status)
}

/// A request on a connection of its own: the status and the body. None: nobody answered.
fn http(port: u16, line: &str, headers: &[(&str, &str)], body: &[u8]) -> Option<(u16, String)> {
    let mut connection = TcpStream::connect(("127.0.0.1", port)).ok()?;
    connection.set_read_timeout(Some(Duration::from_secs(30))).ok()?;
    let mut request = format!("{line} HTTP/1.1\r\nhost: test\r\nconnection: close\r\ncontent-length: {}\r\n", body.len());
    for (name, value) in headers {
        let _ = write!(request, "{name}: {value}\r\n");
    }
    request.push_str("\r\n");
    connection.write_all(request.as_bytes()).ok()?;
    connection.write_all(body).ok()?;
    let mut answer = String::new();
    connection.read_to_string(&mut answer).ok()?;
    let (head, body) = answer.split_once("\r\n\r\n")?;
    Some((head.split(' ').nth(1)?.parse().ok()?, body.to_owned()))
}

/// Below those that the system gives to whoever wants any.
fn free_port() -> u16 {
    static NEXT: std::sync::atomic::AtomicU16 = std::sync::atomic::AtomicU16::new(0);
    let start = 24_000 + u16::try_from(std::process::id() % 7_000).unwrap_or_default();
    loop {
        let port = start + NEXT.fetch_add(1, std::sync::atomic::Ordering::SeqCst) % 1_000;
        if std::net::TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}

/// A real git repository below the yard.
pub struct Repository {
    bare: PathBuf,
    tree: PathBuf,
}

impl Repository {
    pub fn create(root: &Path, name: &str) -> Self {
        let (bare, tree) = (root.join(format!("git/{name}.git")), root.join(format!("git/{name}.tree")));
        std::fs::create_dir_all(&bare).expect("a folder");
        std::fs::create_dir_all(&tree).expect("a folder");
        let repository = Self { bare, tree };
        git(&repository.bare, &["init", "--quiet", "--bare", "--initial-branch=main"]);
        git(&repository.bare, &["config", "uploadpack.allowAnySHA1InWant", "true"]);
        git(&repository.tree, &["init", "--quiet", "--initial-branch=main"]);
        git(&repository.tree, &["remote", "add", "origin", &repository.bare.display().to_string()]);
        repository
    }

    /// A new commit at the end of a branch. Answers what was there before and what is now.
    pub fn commit(&self, branch: &str, version: &str) -> (String, String) {
        let reference = format!("refs/heads/{branch}");
        let before = git(&self.tree, &["for-each-ref", "--format=%(objectname)", &reference]);
        git(&self.tree, &["symbolic-ref", "HEAD", &reference]);
        std::fs::write(self.tree.join("VERSION"), version).expect("written");
        git(&self.tree, &["add", "--all"]);
        git(&self.tree, &["commit", "--quiet", "--message", version]);
        git(&self.tree, &["push", "--quiet", "--force", "origin", branch]);
        let after = git(&self.tree, &["rev-parse", "HEAD"]);
        (if before.is_empty() { "0".repeat(40) } else { before }, after)
    }

    pub fn tag(&self, tag: &str) -> String {
        git(&self.tree, &["tag", tag]);
        git(&self.tree, &["push", "--quiet", "origin", tag]);
        git(&self.tree, &["rev-parse", tag])
    }
}

fn git(folder: &Path, arguments: &[&str]) -> String {
    let output = Command::new("git")
        .current_dir(folder)
        .args(["-c", "user.name=Ada", "-c", "user.email=ada@example.com"])
        .args(arguments)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .output()
        .expect("git runs");
    assert!(output.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}
