//! The fake world: a real server on real processes and repositories, with time in our hands.
//!
//! Scenarios drive it from outside: signed webhooks and API requests in, commands, requests and lines on the terminal
//! out. A crash ends the server's runtime in the middle of whatever it does; the next incarnation finds the same store.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use botadura::{
    app::{Ambient, App, Between},
    domain::{
        clock::Clock,
        ids::DeploymentId,
        reply::{Answered, Reply},
        request::Ask,
    },
    settings,
    surfaces::{
        console::{Console, Sink},
        text::{Locale, Text},
    },
};
use serde_json::{Value, json};
use tempfile::TempDir;

use super::{
    between::Fate,
    clock::Hand,
    github::{self, GitHub},
    repository::Repository,
    site::Site,
};

mod api;
mod end;
mod foresight;
mod told;
mod verbs;
use foresight::Foresight;
pub use verbs::{OPERATOR, written};

/// The webhook's secret.
const SECRET: &str = "a secret that only a test knows";

/// The repository's name and id.
const REPOSITORY: (&str, i64) = ("acme/shop", 4711);

/// The terminal, kept.
struct Terminal(Arc<Mutex<Vec<String>>>);

impl Sink for Terminal {
    fn line(&self, line: &str) -> std::io::Result<()> {
        let plain = anstream::adapter::strip_str(line).to_string();
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(plain);
        Ok(())
    }
}

/// A world that is being made.
pub struct Builder {
    application: String,
    clone_url: Option<String>,
    github: bool,
    fate: Arc<Fate>,
    is_fated: bool,
    between: Between,
}

/// The world.
pub struct World {
    folder: TempDir,
    runtime: Option<tokio::runtime::Runtime>,
    app: Option<Arc<App>>,
    pub clock: Hand,
    pub repository: Repository,
    lines: Arc<Mutex<Vec<String>>>,
    fate: Arc<Fate>,
    between: Between,
    deliveries: AtomicUsize,
    words: Arc<AtomicUsize>,
    client: reqwest::Client,
    names: Mutex<Vec<(String, String)>>,
    /// Where the server finds programs of its own, git for one. Read at each start.
    pub path: String,
    /// What commands and checks reach at `$SITE`: the files below `www`.
    pub site: Site,
    github: Option<GitHub>,
    /// How often the server was started.
    pub incarnations: usize,
    /// The running server was started after fate had struck.
    survived: bool,
    checked: bool,
    foresight: Foresight,
}

impl World {
    /// A world with this application, as `acme/shop`'s file `shop.yaml`.
    pub fn with(application: &str) -> Builder {
        Builder {
            application: application.to_owned(),
            clone_url: None,
            github: false,
            fate: Fate::new(None),
            is_fated: false,
            between: Between::default(),
        }
    }
}

impl Builder {
    /// Where repositories are, instead of the world's own folder.
    pub fn clone_url(mut self, url: &str) -> Self {
        self.clone_url = Some(url.to_owned());
        self
    }

    /// The server has a GitHub App, and there is a GitHub.
    pub fn github(mut self) -> Self {
        self.github = true;
        self
    }

    /// When the world ends.
    pub fn fate(mut self, fate: &Arc<Fate>) -> Self {
        self.fate = fate.clone();
        self.is_fated = true;
        self
    }

    /// What stands between the engine and its steps.
    pub fn between(mut self, between: Between) -> Self {
        self.between = between;
        self
    }

    /// The world begins.
    pub fn start(self) -> World {
        let folder = TempDir::new().expect("a folder");
        let path = folder.path();
        std::fs::create_dir_all(path.join("apps")).expect("a folder");
        let site = Site::open(path.join("www"));
        let application = self.application.replace("$ROOT", &path.display().to_string()).replace("$SITE", &site.url());
        std::fs::write(path.join("apps/shop.yaml"), application).expect("a file");
        let clone_url = self.clone_url.unwrap_or_else(|| format!("file://{}/git/{{{{ repository }}}}.git", path.display()));
        let clock = Hand::new();
        let github = self.github.then(|| GitHub::start(&clock));
        let app = github.as_ref().map_or_else(String::new, |github| {
            format!("  app_id: {}\n  private_key: {{ env: APP_KEY }}\n  api_url: {}\n", github::APP, github.url)
        });
        let server = format!(
            "listen: 127.0.0.1:0\nstore: sqlite:{0}/data/botadura.db\nartifacts: {0}/data/artifacts\n\
             github:\n  webhook_secrets: [{{ env: WEBHOOK_SECRET }}]\n  clone_url: \"{clone_url}\"\n{app}\
             outgoing: {{ allow_hosts: [\"127.0.0.1\", localhost] }}\nroles: {{ lead: [\"user:lucia\", \"user:noa\", \"team:acme/leads\"], qa: [\"user:marta\", \"user:noa\"] }}\n",
            path.display()
        );
        std::fs::write(path.join("botadura.yaml"), server).expect("a file");
        let repository = Repository::create(&path.join("git"), REPOSITORY.0);
        let fated = self.fate.between();
        let between = Between { journal: fated.journal, build: self.between.build };
        let mut world = World {
            folder,
            runtime: None,
            app: None,
            clock,
            github,
            repository,
            lines: Arc::default(),
            fate: self.fate,
            between,
            deliveries: AtomicUsize::new(1),
            words: Arc::new(AtomicUsize::new(1)),
            client: reqwest_client(),
            names: Mutex::default(),
            path: std::env::var("PATH").unwrap_or_default(),
            site,
            incarnations: 0,
            survived: false,
            checked: true,
            foresight: Foresight::default(),
        };
        if self.is_fated {
            // It may end at any moment: what was foretold need not come.
            world.without_foresight();
        }
        world.boot();
        world
    }
}

fn reqwest_client() -> reqwest::Client {
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder().no_proxy().build().expect("a client")
}

impl World {
    /// The GitHub that this world's server has an App of.
    pub fn github(&self) -> &GitHub {
        self.github.as_ref().expect("a world with GitHub")
    }

    /// The folder in which everything is; `$ROOT` in the application's file.
    pub fn root(&self) -> &Path {
        self.folder.path()
    }

    /// A file below the root, or nothing.
    pub fn read(&self, path: &str) -> String {
        std::fs::read_to_string(self.root().join(path)).unwrap_or_default()
    }

    /// Writes a file below the root.
    pub fn write(&self, path: &str, content: &str) -> PathBuf {
        let path = self.root().join(path);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        std::fs::write(&path, content).expect("a file");
        path
    }

    /// Starts the server on the store that is there.
    pub fn boot(&mut self) {
        if let Ok(filter) = std::env::var("BOTADURA_TEST_LOG") {
            botadura::telemetry::start(&filter);
        }
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime");
        let loaded = settings::everything(&self.root().join("botadura.yaml")).unwrap_or_else(|mistakes| panic!("{mistakes:#?}"));
        let app = runtime.block_on(App::start(loaded, self.ambient()));
        self.app = Some(Arc::new(app.unwrap_or_else(|error| panic!("{error}"))));
        self.runtime = Some(runtime);
        self.incarnations += 1;
        self.survived = self.fate.has_ended();
    }

    /// What the server has around it.
    fn ambient(&self) -> Ambient {
        let console = Console::new(Text::new(Locale::En), Arc::new(Terminal(self.lines.clone())));
        let words = self.words.clone();
        Ambient {
            clock: Arc::new(self.clock.clone()),
            environment: BTreeMap::from([
                ("WEBHOOK_SECRET".to_owned(), SECRET.to_owned()),
                ("DEPLOY_PASSWORD".to_owned(), "correct horse battery".to_owned()),
                ("QUOTED_PASSWORD".to_owned(), r#"a "quoted" back\slash"#.to_owned()),
                ("APP_KEY".to_owned(), github::key()),
                ("PATH".to_owned(), self.path.clone()),
            ]),
            binary: env!("CARGO_BIN_EXE_botadura").into(),
            random: Arc::new(move || format!("w{:07}", words.fetch_add(1, Ordering::SeqCst))),
            surfaces: vec![Arc::new(console)],
            between: self.between.clone(),
        }
    }

    /// Ends the server in the middle of whatever it does, as `kill -9` would. What it started lives on.
    pub fn crash(&mut self) {
        self.foresight.forget();
        self.app = None;
        self.runtime.take().expect("a running server").shutdown_timeout(Duration::from_secs(5));
    }

    /// Stops the server in good order.
    pub fn stop(&mut self) {
        self.foresight.forget();
        let app = Arc::into_inner(self.app.take().expect("a running server")).expect("nobody else uses it");
        self.runtime.take().expect("a running server").block_on(app.stop(Duration::from_secs(2)));
    }

    /// Runs until nothing is due. When fate strikes, the server is started anew and goes on.
    pub fn settle(&mut self) {
        while self.is_struck_before_it_settles() {
            self.crash();
            self.boot();
        }
        self.hold_against_what_was_foretold();
    }

    /// Runs until nothing is due, or until fate strikes: then the server must be ended and started anew.
    pub fn is_struck_before_it_settles(&self) -> bool {
        let app = self.app.clone().expect("a running server");
        self.unless_struck(async move { app.settled().await }).is_none()
    }

    /// Waits for something outside, in real time; the world's own time follows. When fate strikes, the server is started
    /// anew.
    pub fn wait_for(&mut self, what: &str, is_there: impl Fn(&Self) -> bool) {
        for tries in 1..3000 {
            if is_there(self) {
                return;
            }
            if tries % 50 == 0 {
                self.clock.advance(Duration::from_secs(1));
            }
            if self.unless_struck(async { tokio::time::sleep(Duration::from_millis(20)).await }).is_none() {
                self.crash();
                self.boot();
            }
        }
        panic!("{what} did not come:\n{}", self.timeline());
    }

    /// What this comes to; none when fate strikes first. It strikes once.
    fn unless_struck<T>(&self, work: impl Future<Output = T>) -> Option<T> {
        let fate = self.fate.clone();
        self.runtime().block_on(async {
            tokio::select! {
                biased;
                () = fate.end(), if !self.survived => None,
                done = work => Some(done),
            }
        })
    }

    /// Moves the time on, a little at a time, and settles after each move.
    pub fn advance(&mut self, by: Duration) {
        self.clock.advance(by);
        self.settle();
    }

    fn runtime(&self) -> &tokio::runtime::Runtime {
        self.runtime.as_ref().expect("a running server")
    }

    /// Commits files on a branch and tells the server of the push. Answers the commit.
    pub fn push(&mut self, branch: &str, files: &[(&str, &str)]) -> String {
        let before = self.repository.find(branch).unwrap_or_else(|| "0".repeat(40));
        let after = self.repository.commit(branch, files);
        self.call_it(&after);
        self.tell_push(branch, &before, &after);
        after
    }

    /// Tells the server of a push that has happened. Answers the HTTP status.
    pub fn tell_push(&self, branch: &str, before: &str, after: &str) -> u16 {
        self.deliver("push", &self.push_payload(&format!("refs/heads/{branch}"), before, after))
    }

    /// Tags a commit and tells the server.
    pub fn tag(&mut self, tag: &str, sha: &str) {
        let object = self.repository.tag(tag, sha);
        self.call_it(&object);
        self.deliver("push", &self.push_payload(&format!("refs/tags/{tag}"), &"0".repeat(40), &object));
    }

    /// A push event as GitHub sends it, with what matters.
    pub fn push_payload(&self, reference: &str, before: &str, after: &str) -> Value {
        let zero = "0".repeat(40);
        json!({
            "ref": reference, "before": before, "after": after,
            "created": before == zero, "deleted": after == zero, "forced": false, "base_ref": null,
            "compare": "https://github.example/compare", "commits": [], "head_commit": null,
            "repository": {
                "id": REPOSITORY.1, "node_id": "R_1", "name": "shop", "full_name": REPOSITORY.0, "private": true,
                "owner": { "login": "acme", "id": 1, "type": "Organization" }, "fork": false, "default_branch": "main"
            },
            "pusher": { "name": "ada", "email": "ada@example.com" },
            "sender": { "login": "ada", "id": 2, "type": "User" }
        })
    }

    /// Signs and sends a webhook. Answers the HTTP status.
    pub fn deliver(&self, event: &str, payload: &Value) -> u16 {
        let id = format!("delivery-{}", self.deliveries.fetch_add(1, Ordering::SeqCst));
        self.foretell(&id, event, payload);
        self.deliver_as(&id, event, payload)
    }

    /// The same, under a delivery id.
    pub fn deliver_as(&self, id: &str, event: &str, payload: &Value) -> u16 {
        self.foresight.something_happens();
        let body = payload.to_string();
        let signature = botadura::github::signature::sign(SECRET.as_bytes(), body.as_bytes());
        let request = self
            .client
            .post(self.url("/webhooks/github"))
            .header("content-type", "application/json")
            .header("x-github-event", event)
            .header("x-github-delivery", id)
            .header("x-hub-signature-256", signature)
            .body(body);
        self.runtime().block_on(request.send()).expect("an answer").status().as_u16()
    }

    fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.app.as_ref().expect("a running server").address())
    }

    /// Asks for something as a person.
    pub fn ask_as(&self, login: Option<&str>, ask: &Ask) -> Reply {
        let foretold = self.foretold(login, &json!({ "request": ask }));
        let reply = self.ask_blindly(login, ask);
        self.hold_against(foretold, &reply);
        reply
    }

    fn ask_blindly(&self, login: Option<&str>, ask: &Ask) -> Reply {
        self.foresight.something_happens();
        let mut request = self.client.post(self.url("/api/v1/requests")).bearer_auth(self.read("data/token").trim()).json(ask);
        if let Some(login) = login {
            request = request.header("x-botadura-as", login);
        }
        let answer: Value = self.runtime().block_on(async { request.send().await?.json().await }).expect("an answer");
        serde_json::from_value(answer["reply"].clone()).unwrap_or_else(|_| panic!("not a reply: {answer}"))
    }

    /// Asks until there is an answer, as a person would whose terminal lost the server: under one key.
    pub fn insist(&mut self, ask: &Ask) -> Reply {
        let key = format!("key-{}", self.deliveries.fetch_add(1, Ordering::SeqCst));
        loop {
            let token = self.read("data/token");
            let request =
                self.client.post(self.url("/api/v1/requests")).bearer_auth(token.trim()).header("idempotency-key", &key).json(ask);
            match self.unless_struck(async { request.send().await?.json::<Value>().await }) {
                None => {
                    self.crash();
                    self.boot();
                }
                Some(answer) => {
                    let answer = answer.expect("an answer");
                    if let Ok(reply) = serde_json::from_value(answer["reply"].clone()) {
                        return reply;
                    }
                    assert!(answer["reply"].is_null(), "not a reply: {answer}");
                }
            }
        }
    }

    /// The store of the running server.
    pub fn store(&self) -> botadura::store::Store {
        self.app.as_ref().expect("a running server").store().clone()
    }

    /// What this comes to, in the server's own runtime.
    pub fn block_on<T>(&self, work: impl Future<Output = T>) -> T {
        self.runtime().block_on(work)
    }

    /// What the API answers to a read.
    pub fn get(&self, path: &str) -> Value {
        let request = self.client.get(self.url(path)).bearer_auth(self.read("data/token").trim());
        self.runtime().block_on(async { request.send().await?.json().await }).expect("an answer")
    }

    /// What the server answers where nobody must show a token.
    pub fn text(&self, path: &str) -> String {
        self.runtime().block_on(async { self.client.get(self.url(path)).send().await?.text().await }).expect("an answer")
    }

    /// The number of the proposal that a request led to.
    pub fn proposed(reply: &Reply) -> DeploymentId {
        match reply {
            Reply::Decided { answers } => match &answers[..] {
                [(_, Answered::Proposed { id, .. })] => *id,
                _ => panic!("not one proposal: {reply:?}"),
            },
            _ => panic!("not a proposal: {reply:?}"),
        }
    }

    /// This world may end with something parked or held: a scenario is about that.
    pub fn untidy(&mut self) {
        self.checked = false;
    }

    /// Moment of the world's clock.
    pub fn now(&self) -> jiff::Timestamp {
        self.clock.now()
    }
}
