//! The `command` step against real programs, call by call, as the engine would make them.

use std::{
    collections::{BTreeMap, HashSet},
    fs,
    path::{Path, PathBuf},
    pin::Pin,
    sync::{Arc, Mutex},
    time::Duration,
};

use async_trait::async_trait;
use botadura::{
    domain::{
        clock::Clock,
        ids::{DeploymentId, RepositoryName},
        manifest::{Action, Command, Invocation, SecretReference, Step as Manifest, template::Template},
        release::{Memo, Reason},
        version::Sha,
    },
    steps::{
        Artifacts, Context, Log, Op, Progress, Scope,
        artifact::{Limits, unpack},
        build,
        outgoing::Outgoing,
        process::Supervisor,
        secrets::SystemSecrets,
        workspace::{Fault, Source, Workspaces},
    },
};
use jiff::Timestamp;
use tokio_util::sync::CancellationToken;

#[derive(Debug)]
struct Wall;

impl Clock for Wall {
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }
    fn sleep_until(&self, moment: Timestamp) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        let left = Duration::try_from(moment.duration_since(Timestamp::now())).unwrap_or_default();
        Box::pin(tokio::time::sleep(left))
    }
}

#[derive(Default)]
struct Kept(Mutex<BTreeMap<u64, String>>);

impl Kept {
    fn text(&self) -> String {
        self.0.lock().expect("unpoisoned").values().cloned().collect()
    }
}

#[async_trait]
impl Log for Kept {
    async fn write(&self, at: u64, text: &str) {
        self.0.lock().expect("unpoisoned").insert(at, text.to_owned());
    }
}

struct Store(PathBuf);

#[async_trait]
impl Artifacts for Store {
    async fn put(&self, file: PathBuf) -> Result<String, Reason> {
        let digest = format!("d{}", fs::metadata(&file).expect("there").len());
        fs::rename(file, self.0.join(&digest)).expect("moved");
        Ok(digest)
    }
    async fn get(&self, digest: &str) -> Result<PathBuf, Reason> {
        Ok(self.0.join(digest))
    }
}

struct Files;

#[async_trait]
impl Source for Files {
    async fn export(&self, _: &RepositoryName, _: &Sha, into: &Path) -> Result<(), Fault> {
        fs::create_dir_all(into.join("web")).expect("made");
        fs::write(into.join("web/page"), "page").expect("written");
        Ok(())
    }
}

/// What a step is given, with nothing faked but the commit's files.
pub(crate) struct World {
    folder: tempfile::TempDir,
    log: Arc<Kept>,
}

impl World {
    pub(crate) fn new() -> Self {
        Self { folder: tempfile::tempdir().expect("a folder"), log: Arc::default() }
    }

    pub(crate) fn context(&self) -> Context {
        let folder = self.folder.path();
        let sha: Sha = "a".repeat(40).parse().expect("a sha");
        let workspaces = Workspaces::new(folder.join("workspaces"), Arc::new(Files), None, Limits::default());
        let environment = BTreeMap::from([("DB".to_owned(), "hunter2-hunter2".to_owned())]);
        Context {
            deployment: DeploymentId(7),
            step: "build".parse().expect("a name"),
            repository: "acme/shop".parse().expect("a name"),
            key: "d7-build-1".to_owned(),
            resumption: false,
            deadline: Timestamp::now() + Duration::from_secs(30),
            clock: Arc::new(Wall),
            stop: CancellationToken::new(),
            detach: CancellationToken::new(),
            log: self.log.clone(),
            secrets: Arc::new(SystemSecrets::new(environment, HashSet::new())),
            artifacts: Arc::new(Store(folder.to_owned())),
            workspace: workspaces.of(DeploymentId(7), "acme/shop".parse().expect("a name"), Some(sha), Vec::new()),
            processes: Supervisor::new(env!("CARGO_BIN_EXE_botadura").into(), folder.join("processes"), None).expect("a supervisor"),
            outgoing: Outgoing::new(["127.0.0.1".to_owned()]).expect("a client"),
            github: None,
        }
    }
}

pub(crate) fn script(text: &str) -> Manifest {
    let command = Command { run: Invocation::Script(text.to_owned()), cwd: None, before: Vec::new(), restartable: false };
    Manifest {
        name: "build".parse().expect("a name"),
        was: None,
        only: Vec::new(),
        except: Vec::new(),
        paths: botadura::domain::manifest::pattern::Patterns::default(),
        timeout: Some(Duration::from_secs(90)),
        retries: 0,
        env: [("MINE".to_owned(), Template::literal("mine"))].into_iter().collect(),
        secrets: [("DATABASE".to_owned(), SecretReference::Env("DB".to_owned()))].into_iter().collect(),
        verify: false,
        build: false,
        undo: None,
        produces: Vec::new(),
        keep: Vec::new(),
        action: Action::Command(command),
    }
}

fn scope() -> Scope {
    let values = [("app.name", "shop"), ("version.ref", "$(touch canary);x"), ("version.tag", ""), ("vars.log-level", "debug")];
    let outputs = [("up-load".parse().expect("a name"), [("image".to_owned(), "i:1".to_owned())].into())];
    Scope { values: values.into_iter().map(|(k, v)| (k.to_owned(), v.to_owned())).collect(), outputs: outputs.into() }
}

async fn call(cx: &Context, manifest: &Manifest, memo: Memo) -> Progress {
    build(manifest, &scope()).expect("built").advance(cx, Op::Apply, memo).await
}

async fn intent(cx: &Context, manifest: &Manifest) -> Memo {
    match call(cx, manifest, Memo::Null).await {
        Progress::Waiting { memo, .. } => memo,
        other => panic!("{other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_is_begun_after_its_intent_and_once() {
    let world = World::new();
    let cx = world.context();
    let mut manifest = script(
        "cat web/page; echo; env | sort | grep -E '^(BOTADURA_(APP|REF|TAG|VARS|STEPS)|MINE|LANG|HOME)'; echo $DATABASE; \
         touch $HOME/x $TMPDIR/y; echo once >> once; mkdir out; echo built > out/a; echo data > back.sql; echo image=i:2 > $BOTADURA_OUTPUT",
    );
    manifest.produces = vec!["out".to_owned()];
    manifest.keep = vec!["*.sql".to_owned()];
    let memo = intent(&cx, &manifest).await;
    assert!(!world.folder.path().join("processes").exists(), "the intent comes first");
    let done = call(&cx, &manifest, memo.clone()).await;
    let Progress::Done { outputs, artifacts, .. } = &done else { panic!("{done:?}") };
    assert_eq!(outputs["image"], "i:2");
    assert_eq!(artifacts.iter().map(|a| a.path.as_str()).collect::<Vec<_>>(), ["out", "back.sql"]);
    unpack(&world.folder.path().join(&artifacts[0].digest), &world.folder.path().join("unpacked"), Limits::default()).expect("unpacked");
    assert_eq!(fs::read_to_string(world.folder.path().join("unpacked/a")).expect("read"), "built\n");
    let text = world.log.text();
    for line in [
        "page",
        "BOTADURA_APPLICATION=shop",
        "BOTADURA_REF=$(touch canary);x",
        "BOTADURA_VARS_LOG_LEVEL=debug",
        "BOTADURA_STEPS_UP_LOAD_IMAGE=i:1",
        "MINE=mine",
        "LANG=C.UTF-8",
        "[redacted]",
    ] {
        assert!(text.lines().any(|found| found == line), "{line} in {text}");
    }
    assert!(!text.contains("BOTADURA_TAG") && !text.contains("hunter2"), "{text}");
    // The answer was lost: the same call again, by another server.
    assert_eq!(call(&world.context(), &manifest, memo).await, done);
    let workspace = cx.workspace.path(&*cx.artifacts).await.expect("there");
    assert_eq!(fs::read_to_string(workspace.join("once")).expect("read"), "once\n");
    assert!(!workspace.join("canary").exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failure_says_why_and_shows_the_last_lines() {
    for (text, expected) in [
        ("echo about to fail; exit 4", "`bash` ended with exit code 4"),
        ("false | true; echo about to fail", "`bash` ended with exit code 1"),
        ("echo about to fail; echo 'x' > $BOTADURA_OUTPUT", "line 1 is not NAME=VALUE"),
        ("echo about to fail; echo x=$DATABASE > $BOTADURA_OUTPUT", "the output `x` of the command holds a secret"),
    ] {
        let world = World::new();
        let cx = world.context();
        let manifest = script(text);
        let memo = intent(&cx, &manifest).await;
        let Progress::Failed { reason } = call(&cx, &manifest, memo).await else { panic!("it did not fail") };
        assert!(reason.what.contains(expected), "{reason}");
        if text.contains("exit 4") {
            assert_eq!(reason.look.as_deref(), Some("about to fail"));
        }
    }
    let world = World::new();
    let cx = world.context();
    let mut manifest = script("true");
    manifest.produces = vec!["missing/dist".to_owned()];
    let memo = intent(&cx, &manifest).await;
    let Progress::Failed { reason } = call(&cx, &manifest, memo).await else { panic!("it did not fail") };
    assert_eq!(reason.what, "`missing/dist` is not there");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_stops_leaves_the_command_running_and_the_next_one_adopts_it() {
    let world = World::new();
    let cx = world.context();
    let manifest = script("echo first; sleep 1.5; echo second");
    let memo = intent(&cx, &manifest).await;
    let detach = cx.detach.clone();
    tokio::spawn(async move {
        tokio::time::sleep(Duration::from_millis(400)).await;
        detach.cancel();
    });
    let Progress::Waiting { memo: same, .. } = call(&cx, &manifest, memo.clone()).await else { panic!("it did not detach") };
    assert_eq!(same, memo);
    assert_eq!(world.log.text(), "first\n");
    let next = world.context();
    assert!(matches!(call(&next, &manifest, memo).await, Progress::Done { .. }));
    assert_eq!(world.log.text(), "first\nsecond\n");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_that_takes_too_long_or_is_stopped_is_ended() {
    for by_deadline in [true, false] {
        let world = World::new();
        let mut cx = world.context();
        let manifest = script("echo $$ > pid; sleep 300");
        let memo = intent(&cx, &manifest).await;
        let after = Duration::from_millis(800);
        if by_deadline {
            cx.deadline = Timestamp::now() + after;
        } else {
            let stop = cx.stop.clone();
            tokio::spawn(async move {
                tokio::time::sleep(after).await;
                stop.cancel();
            });
        }
        let Progress::Failed { reason } = call(&cx, &manifest, memo).await else { panic!("it did not fail") };
        assert_eq!(reason.what, if by_deadline { "it took longer than 1m 30s" } else { "it was stopped" });
        let workspace = cx.workspace.path(&*cx.artifacts).await.expect("there");
        let pid = fs::read_to_string(workspace.join("pid")).expect("written");
        assert!(!Path::new("/proc").join(pid.trim()).exists());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_that_vanished_needs_a_human_unless_it_may_be_run_again() {
    for restartable in [false, true] {
        let world = World::new();
        let cx = world.context();
        // In the first run, the wrapper is killed by its own program.
        let mut manifest = script("if [ -e seen ]; then echo again; else touch seen; kill -9 $PPID; sleep 300; fi");
        let Action::Command(command) = &mut manifest.action else { panic!("a command") };
        command.restartable = restartable;
        let memo = intent(&cx, &manifest).await;
        match (restartable, call(&cx, &manifest, memo).await) {
            (false, Progress::Stuck { reason, by_hand }) => {
                assert!(reason.what.contains("nobody knows") && by_hand[0].starts_with("tail "), "{reason} {by_hand:?}");
            }
            (true, Progress::Retry { memo, .. }) => {
                assert!(matches!(call(&cx, &manifest, memo).await, Progress::Done { .. }));
                assert_eq!(world.log.text(), "again\n");
            }
            (_, other) => panic!("{other:?}"),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn cleaning_up_ends_what_runs_whatever_its_key_was() {
    let world = World::new();
    let cx = world.context();
    let manifest = script("echo $$ > pid; sleep 300");
    let memo = intent(&cx, &manifest).await;
    let detach = cx.detach.clone();
    tokio::spawn(async move {
        tokio::time::sleep(Duration::from_millis(800)).await;
        detach.cancel();
    });
    assert!(matches!(call(&cx, &manifest, memo).await, Progress::Waiting { .. }));
    let mut other = world.context();
    other.key = "d7-build-1-clean-up".to_owned();
    let step = build(&manifest, &scope()).expect("built");
    assert_eq!(step.advance(&other, Op::CleanUp, Memo::Null).await, Progress::done());
    let workspace = cx.workspace.path(&*cx.artifacts).await.expect("there");
    let pid = fs::read_to_string(workspace.join("pid")).expect("written");
    assert!(!Path::new("/proc").join(pid.trim()).exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_of_another_user_has_its_own_files_and_no_others() {
    if !nix::unistd::geteuid().is_root() {
        return;
    }
    let world = World::new();
    let folder = world.folder.path();
    fs::set_permissions(folder, std::os::unix::fs::PermissionsExt::from_mode(0o711)).expect("set");
    let data = folder.join("data");
    fs::create_dir(&data).expect("made");
    fs::set_permissions(&data, std::os::unix::fs::PermissionsExt::from_mode(0o700)).expect("set");
    fs::write(data.join("store"), "the server's").expect("written");
    let mut cx = world.context();
    cx.processes = Supervisor::new(env!("CARGO_BIN_EXE_botadura").into(), folder.join("processes"), Some("nobody")).expect("a supervisor");
    let workspaces = Workspaces::new(folder.join("workspaces"), Arc::new(Files), cx.processes.user(), Limits::default());
    cx.workspace =
        workspaces.of(DeploymentId(7), "acme/shop".parse().expect("a name"), Some("a".repeat(40).parse().expect("a sha")), Vec::new());
    let mut manifest = script(
        "id -un; cd web; cat page; echo new >> page; touch $HOME/a $TMPDIR/b; mkdir ../out; echo x > ../out/y; echo k=v > $BOTADURA_OUTPUT; \
         if cat ../../../../data/store || ls ../../have || cat $HOME/../../output; then exit 9; fi",
    );
    manifest.produces = vec!["out".to_owned()];
    let memo = intent(&cx, &manifest).await;
    let done = call(&cx, &manifest, memo).await;
    let Progress::Done { outputs, artifacts, .. } = &done else { panic!("{done:?} {}", world.log.text()) };
    assert_eq!((outputs["k"].as_str(), artifacts.len()), ("v", 1));
    assert!(world.log.text().starts_with("nobody\npage"), "{}", world.log.text());
}
