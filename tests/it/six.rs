//! The six applications of `config/examples`, as their users would write them: what would be decided and done for each of
//! their triggers, told by the terminal without a server.

use std::{
    collections::BTreeSet,
    fmt::Write as _,
    path::Path,
    process::{Command, Stdio},
    sync::Arc,
};

use botadura::{
    domain::{
        deployment::{Answer, Entry, Outcome},
        ids::{Actor, EnvironmentId},
        manifest::Application,
        plan::{self, Inputs, Phase},
        policy::{Decision, Lock, Origin, Purpose},
        release::{Outputs, Release},
        version::Version,
    },
    settings,
    store::{self, Journal as _, NewDeployment, Store},
};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::{clock::Hand, repository::Repository};

/// In the middle of a working day, in Mexico and in Europe.
const WEDNESDAY: &str = "2026-11-25T16:00:00Z";

/// When nobody should deploy.
const SATURDAY: &str = "2026-11-28T16:00:00Z";

/// One application with its repository, and a store that tests write into as a server would.
struct Ours {
    folder: TempDir,
    application: Application,
    repository: Repository,
    /// What commits are called.
    names: Vec<(String, String)>,
    shown: String,
}

impl Ours {
    fn new(name: &str) -> Self {
        let folder = TempDir::new().expect("a folder");
        let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("config/examples");
        let here = |path: &str| folder.path().join(path);
        std::fs::create_dir_all(here("apps")).expect("a folder");
        let server = std::fs::read_to_string(examples.join("botadura.yaml")).expect("the server's file");
        let git = format!("file://{}/git/{{{{ repository }}}}.git", folder.path().display());
        // Nobody tells here who is in which team.
        let server = server.replace("https://github.com/{{ repository }}.git", &git).replace("team:acme/devops", "user:lucia");
        std::fs::write(here("botadura.yaml"), server).expect("a file");
        std::fs::copy(examples.join(format!("apps/{name}.yaml")), here(&format!("apps/{name}.yaml"))).expect("a file");
        let loaded = settings::everything(&here("botadura.yaml")).expect("no mistake");
        let application = loaded.applications.into_iter().next().expect("one application").1;
        let repository = Repository::create(&here("git"), application.repository.as_str());
        Self { application, repository, names: Vec::new(), shown: String::new(), folder }
    }

    fn commit(&mut self, branch: &str, files: &[(&str, &str)], called: &str) -> String {
        let sha = self.repository.commit(branch, files);
        self.names.push((sha.clone(), called.to_owned()));
        sha
    }

    async fn store(&self) -> store::Opened {
        let config = store::Config { path: self.folder.path().join("data/botadura.db"), surfaces: Vec::new() };
        store::open(config, Arc::new(Hand::new()), || "test".to_owned()).await.expect("a store")
    }

    /// A version has been brought into an environment, and every target left a release.
    async fn has_run(&self, store: &Store, environment: &str, version: &Version) {
        let id = self.id(environment);
        let mut reader = store.read().await.expect("a reader");
        let good = match reader.environment(&id).await.expect("a row").running {
            Some(running) => reader.past(running).await.expect("a past"),
            None => None,
        };
        drop(reader);
        let actor = Actor::Person("lucia".to_owned());
        let inputs = Inputs {
            application: &self.application,
            environment: &id,
            version: Some(version),
            actor: &actor,
            good: good.as_ref(),
            unchanged: BTreeSet::new(),
            retried: None,
            promoted: None,
        };
        let plan = plan::deploy(&inputs).expect("a plan");
        let origin = Origin::new(actor.clone(), true, "earlier".to_owned());
        let mut tx = store.write().await.expect("a transaction");
        let number = tx.propose(&id, Some(version), &Purpose::Deploy, &origin).await.expect("proposed");
        tx.begin_proposal(number, &Decision { gates: Vec::new() }).await.expect("begun");
        let repository = &self.application.repository;
        let new =
            NewDeployment { id: number, environment: &id, version: Some(version), origin: &origin, repository, plan: &plan, reverts: None };
        tx.begin_deployment(&new).await.expect("begun");
        tx.append_unclaimed(number, &Entry::Begun).await.expect("noted");
        for (run, planned) in plan.of(Phase::Forward).filter(|(_, planned)| planned.skip.is_none()) {
            let step = &planned.step;
            let release = step.action.is_target().then(|| Release {
                kind: step.action.kind().to_owned(),
                target: step.name.to_string(),
                id: format!("{}-{number}", step.name),
                details: std::collections::BTreeMap::new(),
            });
            tx.append_unclaimed(number, &Entry::Called { runs: vec![run] }).await.expect("noted");
            let answer = Answer::Done { outputs: Outputs::default(), release, artifacts: Vec::new() };
            tx.append_unclaimed(number, &Entry::Answered { run, answer }).await.expect("noted");
        }
        tx.set_running(&id, Some(number)).await.expect("noted");
        tx.commit().await.expect("committed");
        let claim = store.claim("test", jiff::Timestamp::MAX).await.expect("the store answers").expect("a claim");
        let tx = store.end(&claim, &Outcome::Succeeded).await.expect("ended");
        store.commit(tx).await.expect("committed");
    }

    fn id(&self, environment: &str) -> EnvironmentId {
        EnvironmentId::new(self.application.name.clone(), environment.parse().expect("a name"))
    }

    fn push(&self, reference: &str, sha: &str) -> Value {
        json!({
            "ref": reference, "before": "0".repeat(40), "after": sha, "created": true, "deleted": false, "forced": false,
            "base_ref": null, "commits": [], "head_commit": null, "compare": "", "pusher": { "name": "lucia" },
            "repository": {
                "id": 1, "name": "name", "full_name": self.application.repository, "private": true, "fork": false,
                "owner": { "login": "acme", "id": 1, "type": "Organization" }, "default_branch": "main",
            },
            "sender": { "login": "lucia", "id": 2, "type": "User" },
        })
    }

    /// What would become of a push, at a time.
    fn pushed(&mut self, heading: &str, reference: &str, sha: &str, at: &str) {
        let payload = self.push(reference, sha).to_string();
        self.ask(heading, &["simulate", "--event", "push", "--payload", "-", "--at", at], &payload);
    }

    /// What would become of a command, at a time.
    fn typed(&mut self, heading: &str, line: &str, at: &str) {
        self.ask(heading, &["simulate", "--command", line, "--as", "lucia", "--at", at], "");
    }

    fn ask(&mut self, heading: &str, arguments: &[&str], input: &str) {
        let mut child = Command::new(env!("CARGO_BIN_EXE_botadura"))
            .current_dir(self.folder.path())
            .args(["--config", "botadura.yaml"])
            .args(arguments)
            .env_clear()
            .env("PATH", std::env::var("PATH").unwrap_or_default())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the binary");
        std::io::Write::write_all(&mut child.stdin.take().expect("its input"), input.as_bytes()).expect("written");
        let done = child.wait_with_output().expect("its end");
        let (out, errors) = (String::from_utf8_lossy(&done.stdout), String::from_utf8_lossy(&done.stderr));
        assert!(done.status.success(), "{arguments:?}: {out}{errors}");
        let _ = writeln!(self.shown, "## {heading}\n{out}");
    }

    /// Everything that was told, with stable names.
    fn told(mut self) -> String {
        for (sha, name) in &self.names {
            self.shown = self.shown.replace(sha, &format!("SHA-{name}")).replace(&sha[..7], name);
        }
        let parts: Vec<&str> = self.shown.split("(plan ").collect();
        parts
            .iter()
            .enumerate()
            .map(|(place, part)| if place == 0 { (*part).to_owned() } else { format!("(plan …{}", &part[12..]) })
            .collect()
    }
}

fn version(sha: &str, tree: &str, branch: &str) -> Version {
    Version {
        sha: sha.parse().expect("a SHA"),
        tree: tree.parse().expect("a SHA"),
        branch: Some(branch.parse().expect("a branch")),
        tag: None,
        pull_request: None,
    }
}

/// What each of them would do for `before` (where versions come first) and `production`.
async fn all_of(name: &str, (before, branch): (&str, &str), tag: Option<&str>) -> String {
    let mut ours = Ours::new(name);
    let files = [("k8s/jobs/migrate.yaml", "kind: Job\n"), ("frontend/index.html", "1"), ("CHANGELOG.md", "first")];
    let old = ours.commit("main", &files, "old");
    let new = ours.commit("main", &[("frontend/index.html", "2")], "new");
    ours.repository.commit(branch, &[]);
    let tested = ours.repository.head(branch);
    ours.names.push((tested.clone(), "tested".to_owned()));
    let reference = format!("refs/heads/{branch}");
    let production = format!("/deploy {name}/production {}", tag.unwrap_or("main"));
    if let Some(tag) = tag {
        ours.repository.tag(tag, &new);
    }
    ours.pushed(&format!("a push to {branch}"), &reference, &tested, WEDNESDAY);
    if branch != "main" {
        ours.pushed("a push to main", "refs/heads/main", &new, WEDNESDAY);
    }
    if let Some(tag) = tag {
        ours.pushed(&format!("the tag {tag}"), &format!("refs/tags/{tag}"), &new, WEDNESDAY);
    }
    ours.typed("somebody asks for production, on a Saturday", &production, SATURDAY);

    let opened = ours.store().await;
    let tree = ours.repository.tree(&new);
    ours.has_run(&opened.store, before, &version(&tested, &tree, branch)).await;
    drop_store(opened).await;
    ours.typed("it is promoted", &format!("/promote {name} {before} production"), WEDNESDAY);

    let opened = ours.store().await;
    let old_tree = ours.repository.tree(&old);
    ours.has_run(&opened.store, "production", &version(&old, &old_tree, "main")).await;
    ours.has_run(&opened.store, "production", &version(&new, &tree, "main")).await;
    drop_store(opened).await;
    ours.typed("production is rolled back", &format!("/rollback {name}/production"), WEDNESDAY);

    let opened = ours.store().await;
    let scope = format!("{name}/production").parse().expect("a scope");
    let since = WEDNESDAY.parse().expect("a time");
    let lock = Lock { scope, owner: Actor::Person("noa".to_owned()), reason: Some("a fair".to_owned()), since, until: None };
    let mut tx = opened.store.write().await.expect("a transaction");
    tx.set_lock(&lock).await.expect("locked");
    tx.commit().await.expect("committed");
    drop_store(opened).await;
    ours.typed("somebody asks for production, which is locked", &format!("{production} --again"), WEDNESDAY);
    ours.typed("why production is as it is", &format!("/why {name}/production"), WEDNESDAY);
    let runbooks: Vec<String> = ours.application.runbooks.keys().map(ToString::to_string).collect();
    for runbook in runbooks {
        ours.typed(&format!("the runbook {runbook}"), &format!("/run {name} {runbook}"), SATURDAY);
    }
    ours.told()
}

async fn drop_store(opened: store::Opened) {
    opened.store.close().await;
}

macro_rules! six {
    ($($test:ident: $name:literal, $before:expr, $tag:expr;)*) => {
        $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $test() {
            insta::assert_snapshot!(all_of($name, $before, $tag).await);
        })*
    };
}

six! {
    backend_testeos: "backend-testeos", ("development", "develop"), None;
    chatnomina: "chatnomina", ("staging", "main"), None;
    conductores: "conductores", ("staging", "develop"), None;
    hydrous_chat: "hydrous-chat", ("development", "develop"), Some("v1.2.0");
    listacompra: "listacompra", ("staging", "release/1.2"), Some("v1.2.0");
    tecnomundo: "tecnomundo", ("staging", "staging/1.2"), Some("v1.2.0");
}
