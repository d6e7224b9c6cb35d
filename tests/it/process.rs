//! Programs that survive the server, with the real wrapper and real processes.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Mutex,
    time::{Duration, Instant},
};

use async_trait::async_trait;
use botadura::steps::process::{Ending, Exit, Found, Job, Output, Supervisor, Waited};

#[derive(Default)]
struct Heard(Mutex<Vec<(u64, String, Instant)>>);

impl Heard {
    fn text(&self) -> String {
        self.0.lock().expect("unpoisoned").iter().map(|(_, text, _)| text.as_str()).collect()
    }
}

#[async_trait]
impl Output for Heard {
    async fn write(&self, at: u64, text: &str) {
        self.0.lock().expect("unpoisoned").push((at, text.to_owned(), Instant::now()));
    }
}

struct Place {
    folder: tempfile::TempDir,
}

impl Place {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().expect("a folder") }
    }

    fn supervisor(&self) -> Supervisor {
        let binary = PathBuf::from(env!("CARGO_BIN_EXE_botadura"));
        Supervisor::new(binary, self.folder.path().join("processes"), None).expect("a supervisor")
    }

    fn dir(&self) -> PathBuf {
        self.supervisor().folder("7-build-1")
    }

    fn bash(&self, script: &str) -> Job {
        let mut job = Job::new(["bash", "-c", script].map(str::to_owned).into(), self.folder.path().to_owned());
        job.env.insert("PATH".to_owned(), botadura::steps::process::PATH.to_owned());
        job
    }

    async fn run(&self, job: Job) -> (Exit, String) {
        let supervisor = self.supervisor();
        supervisor.start(&self.dir(), job).await.expect("started");
        let heard = Heard::default();
        match supervisor.wait(&self.dir(), &heard, limit()).await {
            Waited::Exited(exit) => (exit, heard.text()),
            other => panic!("{other:?}"),
        }
    }
}

fn limit() -> impl Future<Output = ()> + Send {
    tokio::time::sleep(Duration::from_secs(30))
}

async fn until(mut so: impl FnMut() -> bool) {
    let end = Instant::now() + Duration::from_secs(20);
    while !so() {
        assert!(Instant::now() < end, "it did not come to pass");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

fn wrapper(dir: &Path) -> i32 {
    let started: serde_json::Value = serde_json::from_slice(&fs::read(dir.join("started")).expect("read")).expect("json");
    i32::try_from(started["pid"].as_i64().expect("a number")).expect("a pid")
}

fn lives(pid: &str) -> bool {
    fs::read_to_string(format!("/proc/{}/stat", pid.trim())).is_ok_and(|stat| !stat.contains(") Z "))
}

#[tokio::test(flavor = "multi_thread")]
async fn output_comes_live_and_in_order() {
    let place = Place::new();
    let supervisor = place.supervisor();
    let job = place.bash("echo one; echo two >&2; printf 'é€😀'; sleep 1; echo three; echo four >&2; exit 3");
    supervisor.start(&place.dir(), job).await.expect("started");
    assert_eq!(supervisor.status(&place.dir()), Found::Running);
    let heard = Heard::default();
    let Waited::Exited(exit) = supervisor.wait(&place.dir(), &heard, limit()).await else { panic!("not exited") };
    assert_eq!((exit.ending.clone(), exit.program, exit.stopped), (Ending::Code(3), 0, false));
    assert!(exit.ended > exit.began && !exit.is_success());
    assert_eq!(exit.to_string(), "`bash` ended with exit code 3");
    assert_eq!(heard.text(), "one\ntwo\né€😀three\nfour\n");
    let pieces = heard.0.into_inner().expect("unpoisoned");
    let mut at = 0;
    for (place, text, _) in &pieces {
        assert_eq!(*place, at);
        at += text.len() as u64;
    }
    let (first, last) = (pieces.first().expect("some"), pieces.last().expect("some"));
    assert!(last.2 - first.2 > Duration::from_millis(600), "the first came before the last was written");
    assert_eq!(supervisor.status(&place.dir()), Found::Exited(exit));
    supervisor.forget(&place.dir()).await.expect("forgotten");
    assert_eq!(supervisor.status(&place.dir()), Found::NotStarted);
}

#[tokio::test(flavor = "multi_thread")]
async fn programs_run_in_their_order_each_to_success() {
    let place = Place::new();
    let mut job = place.bash("echo main");
    job.programs.insert(0, ["bash", "-c", "echo before"].map(str::to_owned).into());
    let (exit, text) = place.run(job).await;
    assert!(exit.is_success());
    assert_eq!((exit.program, text.as_str()), (1, "before\nmain\n"));
    let place = Place::new();
    let mut job = place.bash("echo main");
    job.programs.insert(0, ["bash", "-c", "kill -9 $$"].map(str::to_owned).into());
    let (exit, text) = place.run(job).await;
    assert_eq!((exit.program, exit.ending, text.as_str()), (0, Ending::Signal(9), ""));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_that_is_not_there_is_told_plainly() {
    for (argv0, cwd, expected) in [
        ("no-such-program", "", "the program `no-such-program` was not found in PATH /usr/local/sbin"),
        ("./no-such-program", "", "the program `./no-such-program` was not found in /"),
        ("bash", "missing", "there is no folder"),
        ("./script", "", "the interpreter in its first line was not found"),
        ("./plain", "", "may not be run here"),
    ] {
        let place = Place::new();
        let script = place.folder.path().join("script");
        fs::write(&script, "#!/no/such/interpreter\n").expect("written");
        fs::set_permissions(&script, std::os::unix::fs::PermissionsExt::from_mode(0o755)).expect("set");
        fs::write(place.folder.path().join("plain"), "").expect("written");
        let mut job = place.bash("");
        job.programs = vec![vec![argv0.to_owned()]];
        job.cwd.push(cwd);
        let (exit, _) = place.run(job).await;
        assert!(matches!(&exit.ending, Ending::NotRun(why) if why.contains(expected)), "{exit:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn twenty_starts_are_one() {
    let place = Place::new();
    let count = place.folder.path().join("count");
    let mut starts = tokio::task::JoinSet::new();
    for _ in 0..20 {
        let (supervisor, dir) = (place.supervisor(), place.dir());
        let job = place.bash(&format!("echo x >> {}; sleep 0.3", count.display()));
        starts.spawn(async move { supervisor.start(&dir, job).await });
    }
    while let Some(started) = starts.join_next().await {
        started.expect("no panic").expect("started");
    }
    let heard = Heard::default();
    assert!(matches!(place.supervisor().wait(&place.dir(), &heard, limit()).await, Waited::Exited(_)));
    place.supervisor().start(&place.dir(), place.bash(&format!("echo y >> {}", count.display()))).await.expect("done before");
    assert_eq!(fs::read_to_string(count).expect("read"), "x\n");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_outlives_the_server_that_started_it() {
    let place = Place::new();
    // A runtime of its own stands for the server: everything of it is gone when it ends.
    let (supervisor, dir, job) = (place.supervisor(), place.dir(), place.bash("echo early; sleep 1; echo late"));
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Runtime::new().expect("a runtime");
        runtime.block_on(async {
            supervisor.start(&dir, job).await.expect("started");
            let waited = supervisor.wait(&dir, &Heard::default(), tokio::time::sleep(Duration::from_millis(100))).await;
            assert_eq!(waited, Waited::Interrupted(()));
        });
    })
    .join()
    .expect("no panic");
    let next = place.supervisor();
    assert_eq!(next.status(&place.dir()), Found::Running);
    assert!(next.forget(&place.dir()).await.is_err(), "it runs");
    let heard = Heard::default();
    let Waited::Exited(exit) = next.wait(&place.dir(), &heard, limit()).await else { panic!("not exited") };
    assert!(exit.is_success());
    assert_eq!(heard.text(), "early\nlate\n");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_wrapper_is_vanished_and_what_it_left_can_be_stopped() {
    let place = Place::new();
    let supervisor = place.supervisor();
    let pids = place.folder.path().join("pids");
    let script = format!("sleep 300 & echo $! > {0}.new; echo $$ >> {0}.new; mv {0}.new {0}; wait", pids.display());
    supervisor.start(&place.dir(), place.bash(&script)).await.expect("started");
    until(|| pids.exists()).await;
    let wrapper = nix::unistd::Pid::from_raw(wrapper(&place.dir()));
    nix::sys::signal::kill(wrapper, nix::sys::signal::Signal::SIGKILL).expect("killed");
    let waited = supervisor.wait(&place.dir(), &Heard::default(), limit()).await;
    assert_eq!(waited, Waited::Vanished);
    assert_eq!(supervisor.status(&place.dir()), Found::Vanished);
    let pids = fs::read_to_string(pids).expect("read");
    assert!(pids.lines().all(lives), "they outlived it");
    assert_eq!(supervisor.stop(&place.dir(), Duration::from_secs(2)).await, Ok(Found::Vanished));
    assert!(!pids.lines().any(lives));
    supervisor.start(&place.dir(), place.bash("echo again")).await.expect("begun once already");
    assert_eq!(supervisor.status(&place.dir()), Found::Vanished, "never started twice");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_group_that_ignores_term_is_killed_with_its_grandchildren() {
    let place = Place::new();
    let supervisor = place.supervisor();
    let pids = place.folder.path().join("pids");
    // One grandchild in the group, one that left the session.
    let script = format!(
        "trap '' TERM; (trap '' TERM; sleep 300) & echo $! > {0}.new; setsid sleep 301 & sleep 0.2; echo $! >> {0}.new; \
         echo $$ >> {0}.new; mv {0}.new {0}; while :; do sleep 1; done",
        pids.display()
    );
    supervisor.start(&place.dir(), place.bash(&script)).await.expect("started");
    until(|| pids.exists()).await;
    let began = Instant::now();
    let found = supervisor.stop(&place.dir(), Duration::from_millis(500)).await.expect("stopped");
    assert!(began.elapsed() >= Duration::from_millis(500) && began.elapsed() < Duration::from_secs(8));
    let Found::Exited(exit) = found else { panic!("{found:?}") };
    assert!(exit.stopped && !exit.is_success(), "{exit:?}");
    assert_eq!(exit.to_string(), "`bash` was stopped");
    let pids = fs::read_to_string(pids).expect("read");
    assert_eq!(pids.lines().count(), 3);
    assert!(!pids.lines().any(lives), "{pids}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_that_is_told_to_stop_may_clean_up() {
    let place = Place::new();
    let supervisor = place.supervisor();
    let job = place.bash("trap 'echo bye; exit 0' TERM; echo ready; while :; do sleep 0.1; done");
    supervisor.start(&place.dir(), job).await.expect("started");
    until(|| fs::read_to_string(place.dir().join("output")).is_ok_and(|text| text.contains("ready"))).await;
    let Ok(Found::Exited(exit)) = supervisor.stop(&place.dir(), Duration::from_secs(10)).await else { panic!("not exited") };
    assert_eq!((exit.ending.clone(), exit.stopped, exit.is_success()), (Ending::Code(0), true, false));
    assert!(fs::read_to_string(place.dir().join("output")).expect("read").ends_with("bye\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_program_leaves_behind_goes_with_it() {
    let place = Place::new();
    let pid = place.folder.path().join("pid");
    let began = Instant::now();
    let (exit, text) = place.run(place.bash(&format!("sleep 300 & echo $! > {}; echo done", pid.display()))).await;
    assert!(exit.is_success() && began.elapsed() < Duration::from_secs(10));
    assert_eq!(text, "done\n");
    assert!(!lives(&fs::read_to_string(pid).expect("read")));
}

#[tokio::test(flavor = "multi_thread")]
async fn output_beyond_the_cap_is_left_out_and_the_program_goes_on() {
    let place = Place::new();
    let mut job = place.bash("for i in $(seq 20000); do echo 0123456789é; done; exit 7");
    job.output_limit = 10_000;
    let (exit, text) = place.run(job).await;
    assert_eq!(exit.ending, Ending::Code(7));
    let (kept, note) = text.split_once("\n[the rest").expect("a note");
    assert!((9_990..=10_000).contains(&kept.len()) && note.contains("10000 bytes"), "{}", kept.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn secrets_are_taken_out_across_pieces_and_are_nowhere_on_the_disk() {
    let place = Place::new();
    let secret = "s3cr3t-t0ken-value";
    let mut job =
        place.bash("printf 's3cr3t-'; sleep 0.3; printf 't0ken'; sleep 0.3; printf -- '-value.'; printf $TOKEN | base64; echo $TOKEN >&2");
    job.env.insert("TOKEN".to_owned(), secret.to_owned());
    job.redact.push(secret.to_owned());
    let (exit, text) = place.run(job).await;
    assert!(exit.is_success());
    assert_eq!(text, "[redacted].[redacted]\n[redacted]\n");
    for entry in fs::read_dir(place.dir()).expect("read").flatten() {
        let content = fs::read(entry.path()).expect("read");
        assert!(!String::from_utf8_lossy(&content).contains("s3cr3t"), "{:?}", entry.path());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_environment_and_the_input_are_empty() {
    let place = Place::new();
    let mut job = place.bash("");
    job.programs = vec![vec!["env".to_owned()], vec!["cat".to_owned()], vec!["ls".to_owned(), "/proc/self/fd".to_owned()]];
    job.env.insert("ONLY".to_owned(), "this".to_owned());
    let (exit, text) = place.run(job).await;
    assert!(exit.is_success(), "{exit:?}");
    let path = format!("PATH={}", botadura::steps::process::PATH);
    let mut lines: Vec<&str> = text.lines().collect();
    // 3 is `ls`'s own look at the folder.
    assert_eq!(lines.split_off(lines.len() - 4), ["0", "1", "2", "3"]);
    lines.sort_unstable();
    assert_eq!(lines, ["ONLY=this", path.as_str()]);
}

#[tokio::test(flavor = "multi_thread")]
async fn programs_run_as_another_user() {
    if !nix::unistd::geteuid().is_root() {
        return;
    }
    let place = Place::new();
    let binary = PathBuf::from(env!("CARGO_BIN_EXE_botadura"));
    let supervisor = Supervisor::new(binary.clone(), place.folder.path().join("processes"), Some("nobody")).expect("a user");
    let mut job = place.bash("id -un; id -G; cat output started exit lock; kill -9 $PPID");
    job.cwd = PathBuf::from("/");
    supervisor.start(&place.dir(), job).await.expect("started");
    let heard = Heard::default();
    let Waited::Exited(exit) = supervisor.wait(&place.dir(), &heard, limit()).await else { panic!("the wrapper was killed") };
    assert!(!exit.is_success());
    let text = heard.text();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines[0], "nobody");
    assert_eq!(lines[1].split(' ').count(), 1, "root's groups were left: {text}");
    assert!(text.contains("Operation not permitted"), "{text}");
    assert!(Supervisor::new(binary, PathBuf::new(), Some("no-such-user")).is_err());
}
