//! A stateful GitHub that we hold in our hands: App and installation tokens, checks, workflows and their runs, people.
//!
//! It believes nothing: the App's proof is verified, each call needs a token for its repository with its permission, and
//! every request and every answer is held against GitHub's own description. What is wrong fails the test when it is
//! dropped. What the description does not say (when runs go on, what is listed when) is ours, and nobody vouches for it.

use std::{
    collections::{BTreeMap, BTreeSet},
    io::Write as _,
    path::PathBuf,
    sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use botadura::domain::clock::Clock;
use jiff::Timestamp;
use serde_json::Value;
use tokio_util::sync::CancellationToken;

use super::{clock::Hand, guard::Guard};

mod answers;
mod people;
mod reports;
mod runs;
mod server;
mod talk;
mod tokens;

pub use server::{Asked, Said, serve};

/// The App's number.
pub const APP: u64 = 4242;

/// What the App calls itself.
pub const SLUG: &str = "launcher";

/// The repository's owner and name.
pub const REPOSITORY: (&str, &str) = ("acme", "shop");

/// GitHub's own description.
pub static GUARD: LazyLock<Guard> = LazyLock::new(|| {
    let text = std::fs::read_to_string(fixture("github-rest.subset.json")).expect("the description is part of the repository");
    Guard::new(serde_json::from_str(&text).expect("JSON"))
});

/// A file of `tests/fixtures/github`.
pub fn fixture(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/github").join(name)
}

/// The App's key, in PEM.
pub fn key() -> String {
    std::fs::read_to_string(fixture("throwaway-app-key.pem")).expect("the key is part of the repository")
}

/// How a call is spoilt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// It is answered so instead of being done.
    Status(u16),
    /// It is done, and the connection is closed without an answer.
    Unanswered,
    /// Nothing is done, and the connection is closed without an answer.
    Unheard,
    /// The limit is reached, until this long after now.
    Limited(Duration),
    /// It goes on too fast for GitHub.
    Slower(Duration),
    /// The answer is something else than JSON.
    Garbled,
}

/// The running fake.
pub struct GitHub {
    inner: Arc<Inner>,
    pub url: String,
    end: CancellationToken,
}

struct Inner {
    clock: Hand,
    /// Where blobs are.
    blobs: Mutex<String>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    next: u64,
    installation: u64,
    /// `owner/name` as it is called today.
    tokens: BTreeMap<String, tokens::Granted>,
    checks: Vec<CheckRun>,
    statuses: Vec<Status>,
    workflows: BTreeMap<String, Workflow>,
    runs: Vec<Run>,
    /// The newest runs are not listed for this many lists.
    lag: u32,
    /// Every commit has this check, which has passed.
    always: Option<String>,
    people: BTreeMap<String, String>,
    members: BTreeSet<(String, String, String)>,
    protected: BTreeSet<String>,
    comments: Vec<talk::Comment>,
    /// Of what is changed, one in so many answers is dropped.
    dropping: Option<(u32, fastrand::Rng)>,
    /// The App's deliveries, oldest first: the GUID, when, and how it was answered.
    sent: Vec<(u64, String, Timestamp, u16)>,
    redelivered: Vec<u64>,
    deployments: Vec<reports::Deployment>,
    own: Vec<reports::Own>,
    reactions: Vec<(u64, String)>,
    pulls: BTreeMap<u64, talk::Pull>,
    faults: Vec<(String, Fault, u32)>,
    asked: Vec<String>,
    minted: Vec<Value>,
    wrong: Vec<String>,
    /// Dispatches are written down here.
    ledger: Option<PathBuf>,
}

struct CheckRun {
    id: u64,
    sha: String,
    name: String,
    app: u64,
    state: String,
}

struct Status {
    id: u64,
    sha: String,
    context: String,
    state: String,
}

/// A workflow, and how its runs go.
#[derive(Debug, Clone)]
pub struct Workflow {
    /// How a run ends.
    pub conclusion: &'static str,
    /// How many looks at it a run takes; none: until it is told to end.
    pub looks: Option<u32>,
    /// Artifacts, by name: zips.
    pub artifacts: Vec<(&'static str, Vec<u8>)>,
    /// The answer to a dispatch says which run it is.
    pub tells: bool,
}

impl Default for Workflow {
    fn default() -> Self {
        Self { conclusion: "success", looks: Some(2), artifacts: Vec::new(), tells: true }
    }
}

/// A run.
#[derive(Debug, Clone)]
pub struct Run {
    pub id: u64,
    pub file: String,
    pub actor: String,
    pub inputs: Value,
    pub reference: String,
    pub created: Timestamp,
    pub conclusion: Option<String>,
    pub looks: u32,
    pub cancelled: u32,
}

impl GitHub {
    /// One whose time is this clock's.
    pub fn start(clock: &Hand) -> Self {
        let people = BTreeMap::from([("ada".to_owned(), "write".to_owned())]);
        let state = State { next: 100, installation: 7, people, ..State::default() };
        let inner = Arc::new(Inner { clock: clock.clone(), blobs: Mutex::default(), state: Mutex::new(state) });
        let (api, blobs) = (inner.clone(), inner.clone());
        let end = CancellationToken::new();
        let blobs = server::serve(end.clone(), move |asked| blobs.blob(&asked));
        *inner.blobs.lock().unwrap_or_else(PoisonError::into_inner) = format!("http://{blobs}");
        let address = server::serve(end.clone(), move |asked| api.guarded(&asked));
        Self { inner, url: format!("http://{address}/api/v3"), end }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.inner.state()
    }

    /// A check run of an App; `state` is a conclusion, or `queued` or `in_progress`. Answers its number.
    pub fn check_of(&self, app: u64, sha: &str, name: &str, state: &str) -> u64 {
        let mut all = self.state();
        let id = all.fresh();
        all.checks.push(CheckRun { id, sha: sha.to_owned(), name: name.to_owned(), app, state: state.to_owned() });
        id
    }

    /// The same, of some App.
    pub fn check(&self, sha: &str, name: &str, state: &str) -> u64 {
        self.check_of(15_368, sha, name, state)
    }

    /// What a check run is from now on.
    pub fn set_check(&self, id: u64, state: &str) {
        let mut all = self.state();
        let check = all.checks.iter_mut().find(|check| check.id == id).expect("a check run");
        state.clone_into(&mut check.state);
    }

    /// A status of a commit.
    pub fn status(&self, sha: &str, context: &str, state: &str) {
        let mut all = self.state();
        let id = all.fresh();
        all.statuses.push(Status { id, sha: sha.to_owned(), context: context.to_owned(), state: state.to_owned() });
    }

    /// Every commit has this check, passed.
    pub fn always_passes(&self, name: &str) {
        self.state().always = Some(name.to_owned());
    }

    /// There is this workflow.
    pub fn workflow(&self, file: &str, workflow: Workflow) {
        self.state().workflows.insert(file.to_owned(), workflow);
    }

    /// A run that somebody else began.
    pub fn run_by(&self, actor: &str, file: &str) -> u64 {
        let now = self.inner.clock.now();
        self.state().begin(file, actor, "main", &Value::Null, now)
    }

    /// A run ends so.
    pub fn end_run(&self, id: u64, conclusion: &str) {
        let mut all = self.state();
        all.runs.iter_mut().find(|run| run.id == id).expect("a run").conclusion = Some(conclusion.to_owned());
    }

    /// All runs, oldest first.
    pub fn runs(&self) -> Vec<Run> {
        self.state().runs.clone()
    }

    /// New runs are missing in this many lists.
    pub fn lag(&self, lists: u32) {
        self.state().lag = lists;
    }

    /// What a person may do in the repository.
    pub fn may(&self, login: &str, permission: &str) {
        self.state().people.insert(login.to_owned(), permission.to_owned());
    }

    /// A person is in a team.
    pub fn member(&self, organization: &str, team: &str, login: &str) {
        self.state().members.insert((organization.to_owned(), team.to_owned(), login.to_owned()));
    }

    /// A person is in a team no more.
    pub fn leaves(&self, organization: &str, team: &str, login: &str) {
        self.state().members.remove(&(organization.to_owned(), team.to_owned(), login.to_owned()));
    }

    /// A branch is protected.
    pub fn protect(&self, branch: &str) {
        self.state().protected.insert(branch.to_owned());
    }

    /// The next `times` calls whose `METHOD /path` has this in it are spoilt.
    pub fn spoil(&self, what: &str, fault: Fault, times: u32) {
        self.state().faults.push((what.to_owned(), fault, times));
    }

    /// From now on one in so many answers to changes is dropped after they were made; with 0, none.
    pub fn drops(&self, one_in: u32) {
        self.state().dropping = (one_in > 0).then(|| (one_in, fastrand::Rng::with_seed(7)));
    }

    /// The marks of all that the App made: each stands there once, if nothing was doubled.
    pub fn marks(&self) -> Vec<String> {
        let all = self.state();
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let deployments = all.deployments.iter().map(|one| format!("deployment {}", one.asked["payload"]["mark"]));
        let checks = all.own.iter().map(|one| format!("check {}", text(&one.now["external_id"])));
        let bot = format!("{SLUG}[bot]");
        let comments = all.comments.iter().filter(|one| one.author == bot);
        let comments = comments.map(|one| format!("comment {}", one.body.lines().last().unwrap_or_default()));
        deployments.chain(checks).chain(comments).collect()
    }

    /// A delivery was sent and answered so.
    pub fn sent(&self, guid: &str, status: u16) {
        let now = self.inner.clock.now();
        let mut all = self.state();
        let id = all.fresh();
        all.sent.push((id, guid.to_owned(), now, status));
    }

    /// The GUIDs of the deliveries that were asked for again.
    pub fn redelivered(&self) -> Vec<String> {
        let all = self.state();
        let guid = |id: &u64| all.sent.iter().find(|(one, ..)| one == id).map(|(_, guid, ..)| guid.clone());
        all.redelivered.iter().filter_map(guid).collect()
    }

    /// No token is good any more, and the App is installed anew.
    pub fn reinstall(&self) {
        let mut all = self.state();
        all.tokens.clear();
        all.installation += 1;
    }

    /// All tokens have been taken back.
    pub fn revoke(&self) {
        self.state().tokens.clear();
    }

    /// Dispatches are written to this file.
    pub fn ledger(&self, file: PathBuf) {
        self.state().ledger = Some(file);
    }

    /// How often something was asked for whose `METHOD /path` has this in it.
    pub fn asked(&self, what: &str) -> usize {
        self.state().asked.iter().filter(|asked| asked.contains(what)).count()
    }

    /// The tokens that were asked for, of those with this permission.
    pub fn minted(&self, with: &str) -> Vec<Value> {
        self.state().minted.iter().filter(|minted| minted["permissions"].get(with).is_some()).cloned().collect()
    }

    /// What was wrong so far; whoever takes it answers for it.
    pub fn take_wrong(&self) -> Vec<String> {
        std::mem::take(&mut self.state().wrong)
    }
}

impl Drop for GitHub {
    fn drop(&mut self) {
        self.end.cancel();
        let wrong = self.take_wrong();
        if !std::thread::panicking() {
            assert!(wrong.is_empty(), "against GitHub's description:\n{}", wrong.join("\n"));
        }
    }
}

impl State {
    fn fresh(&mut self) -> u64 {
        self.next += 1;
        self.next
    }

    fn begin(&mut self, file: &str, actor: &str, reference: &str, inputs: &Value, now: Timestamp) -> u64 {
        let id = self.fresh();
        if let Some(ledger) = &self.ledger {
            let mut ledger = std::fs::File::options().append(true).create(true).open(ledger).expect("a ledger");
            writeln!(ledger, "{file} {}", inputs["version"].as_str().unwrap_or_default()).expect("written");
        }
        let (file, actor, reference) = (file.to_owned(), actor.to_owned(), reference.to_owned());
        let inputs = inputs.clone();
        self.runs.push(Run { id, file, actor, inputs, reference, created: now, conclusion: None, looks: 0, cancelled: 0 });
        id
    }

    /// How this call is spoilt.
    fn fault(&mut self, asked: &str) -> Option<Fault> {
        let is_change = asked.starts_with("POST /repos") || asked.starts_with("PATCH /repos");
        if let Some((one_in, random)) = self.dropping.as_mut().filter(|_| is_change)
            && random.u32(0..*one_in) == 0
        {
            return Some(Fault::Unanswered);
        }
        let (_, fault, times) = self.faults.iter_mut().find(|(what, _, times)| *times > 0 && asked.contains(what.as_str()))?;
        *times -= 1;
        Some(*fault)
    }
}
