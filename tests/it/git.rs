//! Mirrors against real repositories over `file://`, some of them hostile, all of them made here.

use std::{
    collections::BTreeMap,
    env, fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::Duration,
};

use botadura::{
    domain::version::{RefName, Sha},
    github::git::{Error, Exported, Git, Limits, Mirror, Mirrors, Revision},
};
use tempfile::TempDir;

const PLENTY: Limits = Limits { files: 1_000, bytes: 1_000_000 };

/// A folder with a repository `acme/shop` in it, and room for mirrors and exports.
struct World(TempDir);

impl World {
    fn new() -> Self {
        let world = Self(tempfile::Builder::new().prefix("mirrors").tempdir().expect("a folder"));
        fs::create_dir_all(world.origin()).expect("a folder");
        world.git(&["init", "--quiet", "--initial-branch=main"]);
        world
    }

    fn origin(&self) -> PathBuf {
        self.0.path().join("origin/acme/shop.git")
    }

    fn folder(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// The origin's own git, whose owner may do everything.
    fn git_with(&self, arguments: &[&str], input: &[u8]) -> String {
        use std::io::Write;
        let mut command = Command::new("git");
        command.args(arguments).current_dir(self.origin()).env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_NOSYSTEM", "1");
        for role in ["AUTHOR", "COMMITTER"] {
            command.env(format!("GIT_{role}_NAME"), "Ada").env(format!("GIT_{role}_EMAIL"), "ada@example.com");
            command.env(format!("GIT_{role}_DATE"), "@1700000000 +0200");
        }
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("git");
        child.stdin.take().expect("piped").write_all(input).expect("written");
        let output = child.wait_with_output().expect("git");
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).expect("text").trim().to_owned()
    }

    fn git(&self, arguments: &[&str]) -> String {
        self.git_with(arguments, b"")
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.origin().join(path);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(path, text).expect("written");
    }

    fn commit(&self, subject: &str) -> Sha {
        self.git(&["add", "--all"]);
        self.git(&["commit", "--quiet", "--allow-empty", "-m", subject]);
        self.sha("HEAD")
    }

    fn sha(&self, name: &str) -> Sha {
        self.git(&["rev-parse", name]).parse().expect("a SHA")
    }

    fn mirror_of(&self, url: &str, git: Git) -> Mirror {
        let mirrors = Mirrors::new(git, &self.folder("mirrors"), url.parse().expect("a template")).expect("mirrors");
        mirrors.mirror(&"acme/shop".parse().expect("a name"))
    }

    fn url(&self) -> String {
        format!("file://{}/{{{{ repository }}}}.git", self.folder("origin").display())
    }

    fn mirror(&self) -> Mirror {
        self.mirror_of(&self.url(), git())
    }

    async fn export(&self, sha: &Sha, name: &str) -> Result<Exported, Error> {
        self.mirror().export(sha, &self.folder(name), PLENTY).await
    }
}

fn path() -> std::ffi::OsString {
    env::var_os("PATH").expect("PATH is set")
}

fn git() -> Git {
    Git::new("git", path(), Duration::from_mins(1))
}

fn name(text: &str) -> RefName {
    text.parse().expect("a branch or tag")
}

/// Every path in a folder, with a file's text or a link's target.
fn files(folder: &Path) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(next).expect("a folder") {
            let path = entry.expect("an entry").path();
            let short = path.strip_prefix(folder).expect("inside").display().to_string();
            let kind = path.symlink_metadata().expect("there").file_type();
            if kind.is_symlink() {
                found.insert(short, format!("-> {}", fs::read_link(&path).expect("a link").display()));
            } else if kind.is_dir() {
                folders.push(path);
            } else {
                found.insert(short, fs::read_to_string(&path).expect("text"));
            }
        }
    }
    found
}

#[tokio::test]
async fn a_branch_is_followed_through_pushes_force_and_deletion() {
    let world = World::new();
    let mirror = world.mirror();
    assert_eq!(mirror.head(&name("main")).await, Ok(None), "an empty repository");
    mirror.refresh().await.expect("nothing to fetch is no failure");
    let first = world.commit("first");
    assert_eq!(mirror.head(&name("main")).await, Ok(Some(first.clone())));
    mirror.refresh().await.expect("fetched");
    world.write("a", "1");
    let second = world.commit("second");
    world.git(&["reset", "--quiet", "--hard", first.as_str()]);
    world.write("a", "2");
    let rewritten = world.commit("rewritten");
    mirror.refresh().await.expect("a forced push is fetched");
    assert_eq!(mirror.head(&name("main")).await, Ok(Some(rewritten.clone())));
    assert_eq!(mirror.is_ancestor(&first, &rewritten).await, Ok(true));
    assert_eq!(mirror.is_ancestor(&rewritten, &first).await, Ok(false));
    assert_eq!(mirror.is_ancestor(&second, &rewritten).await, Ok(false), "fetched by its SHA");
    // A branch that is a folder of the one that was.
    world.git(&["branch", "topic"]);
    mirror.refresh().await.expect("fetched");
    world.git(&["branch", "-D", "topic"]);
    world.git(&["branch", "topic/two"]);
    mirror.refresh().await.expect("a deleted branch makes room");
    assert_eq!(mirror.head(&name("topic")).await, Ok(None));
    assert_eq!(mirror.head(&name("two")).await, Ok(None), "a name's end is not the name");
    assert_eq!(mirror.head(&name("topic/two")).await, Ok(Some(rewritten)));
}

#[tokio::test]
async fn a_commit_is_read_also_through_an_annotated_tag() {
    let world = World::new();
    let sha = world.commit("Ship it: ünïcode, \"quotes\" and $(touch x)\n\nBody.");
    world.git(&["tag", "-a", "v1", "-m", "one"]);
    world.git(&["tag", "light"]);
    world.git(&["tag", "a-tree", "HEAD^{tree}"]);
    let (object, tree) = (world.sha("v1"), world.sha("HEAD^{tree}"));
    assert_ne!(object, sha);
    let mirror = world.mirror();
    mirror.refresh().await.expect("fetched");
    let commit = mirror.commit(Revision::Sha(&sha)).await.expect("there");
    assert_eq!((&commit.sha, &commit.tree, commit.author.as_str()), (&sha, &tree, "Ada"));
    assert_eq!(commit.subject, "Ship it: ünïcode, \"quotes\" and $(touch x)");
    assert_eq!(commit.committed.as_second(), 1_700_000_000);
    for revision in [Revision::Sha(&object), Revision::Tag(&name("v1")), Revision::Tag(&name("light"))] {
        assert_eq!(mirror.commit(revision).await, Ok(commit.clone()), "{revision:?}");
    }
    let references = mirror.references().await.expect("listed");
    assert_eq!(references.tags[&name("v1")], object);
    assert_eq!(references.branches[&name("main")], sha);
    for revision in [Revision::Sha(&tree), Revision::Tag(&name("a-tree"))] {
        assert!(matches!(mirror.commit(revision).await, Err(Error::NotACommit(_))), "{revision:?}");
    }
    let gone: Sha = "c0ffee00".repeat(5).parse().expect("a SHA");
    for revision in [Revision::Sha(&gone), Revision::Tag(&name("v2"))] {
        assert!(matches!(mirror.commit(revision).await, Err(Error::NoSuchObject(_))), "{revision:?}");
    }
    // A tag that is moved is moved here too.
    let later = world.commit("later");
    world.git(&["tag", "--force", "light"]);
    mirror.refresh().await.expect("fetched");
    assert_eq!(mirror.commit(Revision::Tag(&name("light"))).await.expect("there").sha, later);
}

#[tokio::test]
async fn changed_paths_are_told_or_nothing_is_said() {
    let world = World::new();
    world.write("a b/ü", "1");
    world.write("same", "1");
    let first = world.commit("first");
    fs::rename(world.origin().join("a b/ü"), world.origin().join("moved")).expect("renamed");
    world.write("--flag", "1");
    let second = world.commit("second");
    let mirror = world.mirror();
    let changed = mirror.changed_paths(&first, &second).await.expect("compared").expect("comparable");
    assert_eq!(changed, ["--flag", "a b/ü", "moved"]);
    assert_eq!(mirror.changed_paths(&first, &first).await, Ok(Some(Vec::new())));
    for gone in ["0".repeat(40), "c0ffee00".repeat(5)] {
        assert_eq!(mirror.changed_paths(&gone.parse().expect("a SHA"), &second).await, Ok(None), "{gone}");
    }
}

#[tokio::test]
async fn hostile_names_are_names() {
    let world = World::new();
    let sha = world.commit("first");
    let canary = world.folder("canary");
    let touch = format!("touch${{IFS}}{}", canary.display());
    let usable = [
        format!("$({touch})"),
        format!(";{touch}"),
        format!("`{touch}`"),
        format!("x|{touch}"),
        "a'b\"c".to_owned(),
        "ünïcode/日本".to_owned(),
    ];
    for branch in &usable {
        world.git(&["update-ref", &format!("refs/heads/{branch}"), sha.as_str()]);
        world.git(&["update-ref", &format!("refs/tags/{branch}"), sha.as_str()]);
    }
    let unusable = [format!("--upload-pack={touch}"), "-x".to_owned()];
    for branch in &unusable {
        world.git(&["update-ref", &format!("refs/heads/{branch}"), sha.as_str()]);
    }
    let mirror = world.mirror();
    mirror.refresh().await.expect("fetched");
    let references = mirror.references().await.expect("listed");
    assert_eq!((references.branches.len(), references.tags.len()), (usable.len() + 1, usable.len()));
    for branch in &usable {
        assert_eq!(mirror.head(&name(branch)).await, Ok(Some(sha.clone())), "{branch}");
        assert_eq!(mirror.commit(Revision::Tag(&name(branch))).await.expect("there").sha, sha, "{branch}");
    }
    assert!(!canary.exists());
}

#[tokio::test]
async fn an_export_is_the_files_as_they_are_stored() {
    let world = World::new();
    let canary = world.folder("canary");
    let touch = format!("touch {}", canary.display());
    world.write(
        ".gitattributes",
        "*.txt text eol=crlf ident\nhidden export-ignore\nsub* export-subst\n* filter=evil\nwide working-tree-encoding=UTF-16\n",
    );
    world.write("dir/.gitattributes", "* text eol=crlf filter=evil\n");
    world.write(".gitconfig", &format!("[filter \"evil\"]\n smudge = {touch}\n required = true\n"));
    world.write("hooks/post-checkout", &format!("#!/bin/sh\n{touch}\n"));
    fs::set_permissions(world.origin().join("hooks/post-checkout"), fs::Permissions::from_mode(0o755)).expect("executable");
    world.write("plain.txt", "one\n$Id$\n");
    world.write("dir/deep.txt", "two\n");
    world.write("hidden", "here\n");
    world.write("sub", "$Format:%H$\n");
    world.write("--flag", "not an option\n");
    std::os::unix::fs::symlink("/etc/passwd", world.origin().join("out")).expect("a link");
    std::os::unix::fs::symlink("plain.txt", world.origin().join("in")).expect("a link");
    world.git(&["-c", "core.attributesFile=/dev/null", "add", "--all"]);
    let blob = world.git_with(&["hash-object", "-w", "--stdin"], b"wide\n");
    world.git(&["update-index", "--add", "--cacheinfo", &format!("100644,{blob},wide")]);
    world.git(&["update-index", "--add", "--cacheinfo", &format!("160000,{},module", "c0ffee00".repeat(5))]);
    world.git(&["commit", "--quiet", "-m", "hostile"]);
    let sha = world.sha("HEAD");
    let into = world.folder("exported/files");
    let exported = world.mirror().export(&sha, &into, PLENTY).await.expect("exported");
    let found = files(&into);
    assert_eq!(exported.files, 13);
    assert_eq!(found.len(), 12, "all but the submodule: {found:?}");
    for (file, text) in [
        ("plain.txt", "one\n$Id$\n"),
        ("dir/deep.txt", "two\n"),
        ("hidden", "here\n"),
        ("sub", "$Format:%H$\n"),
        ("wide", "wide\n"),
        ("--flag", "not an option\n"),
        ("out", "-> /etc/passwd"),
        ("in", "-> plain.txt"),
    ] {
        assert_eq!(found[file], text, "{file}");
    }
    assert_eq!(fs::read_dir(into.join("module")).expect("an empty folder").count(), 0);
    let mode = |file: &str| fs::metadata(into.join(file)).expect("there").permissions().mode() & 0o111;
    assert!(mode("hooks/post-checkout") != 0 && mode("plain.txt") == 0);
    assert!(!canary.exists());
    let beside: Vec<_> = fs::read_dir(world.folder("exported")).expect("a folder").collect();
    assert_eq!(beside.len(), 1, "{beside:?}");
    assert!(matches!(world.mirror().export(&sha, &into, PLENTY).await, Err(Error::Exists(_))));
}

#[tokio::test]
async fn an_export_is_bounded_and_leaves_nothing_when_it_is_refused() {
    let world = World::new();
    world.write("a", "12345");
    world.write("b", "12345");
    let sha = world.commit("ten bytes");
    for most in [Limits { files: 1, bytes: 100 }, Limits { files: 10, bytes: 9 }] {
        let refused = world.mirror().export(&sha, &world.folder("exported/x"), most).await;
        assert_eq!(refused, Err(Error::TooLarge { files: 2, bytes: 10, most }));
    }
    assert!(!world.folder("exported").exists());
    assert_eq!(world.mirror().export(&sha, &world.folder("x"), Limits { files: 2, bytes: 10 }).await, Ok(Exported { files: 2, bytes: 10 }));
}

/// Trees that git itself would never make: a link and a folder of one name, and names that lead out of the folder.
#[tokio::test]
async fn no_tree_writes_outside_its_folder() {
    let world = World::new();
    let outside = world.folder("outside");
    fs::create_dir(&outside).expect("a folder");
    let object = |kind: &str, content: &[u8]| world.git_with(&["hash-object", "-w", "-t", kind, "--literally", "--stdin"], content);
    let entry = |mode: &str, name: &str, id: &str| {
        let id = (0..40).step_by(2).map(|at| u8::from_str_radix(&id[at..at + 2], 16).expect("hex"));
        [mode.as_bytes(), b" ", name.as_bytes(), b"\0", &id.collect::<Vec<u8>>()].concat()
    };
    let (link, file) = (object("blob", outside.to_str().expect("text").as_bytes()), object("blob", b"evil"));
    let folder = object("tree", &entry("100644", "evil", &file));
    let trees = [
        [entry("120000", "a", &link), entry("40000", "a", &folder)].concat(),
        [entry("40000", "a", &folder), entry("120000", "a", &link)].concat(),
        entry("40000", "..", &folder),
        entry("100644", "../evil", &file),
        entry("40000", ".git", &folder),
        entry("40000", ".GIT", &folder),
    ];
    for (number, tree) in trees.iter().enumerate() {
        let tree = object("tree", tree);
        let commit = format!("tree {tree}\nauthor A <a@b> 1700000000 +0000\ncommitter A <a@b> 1700000000 +0000\n\nevil\n");
        let commit = object("commit", commit.as_bytes());
        world.git(&["update-ref", &format!("refs/heads/evil{number}"), &commit]);
        let name = format!("exported{number}");
        let result = world.export(&commit.parse().expect("a SHA"), &name).await;
        assert_eq!(fs::read_dir(&outside).expect("a folder").count(), 0, "{number}: {result:?}");
        assert!(!world.folder("evil").exists(), "{number}: {result:?}");
        assert!(matches!(result, Err(Error::Failed { .. })) && !world.folder(&name).exists(), "{number}: {result:?}");
        assert!(
            !fs::read_dir(world.0.path())
                .expect("a folder")
                .any(|entry| { entry.expect("an entry").path().extension().is_some_and(|extension| extension == "partial") })
        );
    }
}

#[tokio::test]
async fn what_is_wrong_is_told_apart() {
    let world = World::new();
    let absent = world.mirror_of(&world.url(), Git::new("/nowhere/git", path(), Duration::from_mins(1)));
    let error = absent.refresh().await.expect_err("no git");
    assert!(matches!(error, Error::NoProgram { .. }) && !error.is_transient(), "{error}");
    let elsewhere = world.mirror_of("file:///nowhere/{{ repository }}.git", git());
    let error = elsewhere.refresh().await.expect_err("no repository");
    assert!(matches!(error, Error::RepositoryNotFound { .. }) && !error.is_transient(), "{error}");
    // Nobody listens on a port that was just let go of.
    let port = std::net::TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("an address").port();
    let unreachable = world.mirror_of(&format!("http://user:sesame-open@127.0.0.1:{port}/{{{{ repository }}}}.git"), git());
    let error = unreachable.refresh().await.expect_err("unreachable");
    assert!(matches!(error, Error::Unreachable { .. }) && error.is_transient(), "{error}");
    assert!(!error.to_string().contains("sesame"), "{error}");
    assert!(!format!("{unreachable:?}").contains("sesame"));
    for scheme in ["ext::sh -c touch% /tmp/x", "ssh://127.0.0.1/{{ repository }}", "git://127.0.0.1/{{ repository }}"] {
        let error = world.mirror_of(scheme, git()).refresh().await.expect_err("not allowed");
        assert!(matches!(&error, Error::Failed { said } if said.contains("not allowed")), "{error}");
    }
    let holes = Mirrors::new(git(), &world.folder("mirrors"), "https://{{ host }}/{{ repository }}".parse().expect("a template"));
    assert!(matches!(holes, Err(Error::CloneUrl(name)) if name == "host"));
}

/// Answers every request with one status, and keeps what it was asked.
fn server(status: &'static str) -> (u16, std::sync::mpsc::Receiver<String>) {
    use std::io::{Read, Write};
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let (sender, asked) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.expect("a connection");
            let (mut request, mut chunk) = (Vec::new(), [0; 4096]);
            while !request.ends_with(b"\r\n\r\n") {
                let read = stream.read(&mut chunk).expect("a request");
                request.extend_from_slice(&chunk[..read]);
            }
            let answer = format!("HTTP/1.1 {status}\r\nWWW-Authenticate: Basic realm=x\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
            stream.write_all(answer.as_bytes()).expect("answered");
            if sender.send(String::from_utf8_lossy(&request).into_owned()).is_err() {
                return;
            }
        }
    });
    (port, asked)
}

#[tokio::test]
async fn an_http_remote_is_told_who_we_are_and_its_answers_are_told_apart() {
    let world = World::new();
    for (status, transient) in
        [("401 Unauthorized", false), ("403 Forbidden", false), ("404 Not Found", false), ("429 Slow", true), ("503 Busy", true)]
    {
        let (port, asked) = server(status);
        let url = format!("http://x-access-token:sesame-open@127.0.0.1:{port}/{{{{ repository }}}}.git");
        let error = world.mirror_of(&url, git()).refresh().await.expect_err(status);
        assert_eq!(error.is_transient(), transient, "{status}: {error}");
        assert_eq!(matches!(error, Error::RepositoryNotFound { .. }), !transient, "{status}: {error}");
        let request = asked.recv().expect("a request");
        assert!(request.starts_with("GET /acme/shop.git/info/refs?service=git-upload-pack "), "{request}");
        // x-access-token:sesame-open
        assert!(request.contains("Authorization: Basic eC1hY2Nlc3MtdG9rZW46c2VzYW1lLW9wZW4="), "{request}");
        assert!(!error.to_string().contains("sesame"), "{error}");
    }
    let kept = files(&world.folder("mirrors"));
    assert!(!kept.values().any(|text| text.contains("sesame") || text.contains("c2VzYW1l")), "{kept:?}");
}

#[tokio::test]
async fn a_git_that_hangs_is_ended_with_all_that_it_started() {
    let world = World::new();
    let (program, started) = (world.folder("git"), world.folder("started"));
    let script = format!("#!/bin/sh\nsleep 300 &\necho $! > {}\nwait\n", started.display());
    fs::write(&program, script).expect("written");
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).expect("executable");
    let mirror = world.mirror_of(&world.url(), Git::new(&program, path(), Duration::from_millis(1_500)));
    let error = mirror.refresh().await.expect_err("it hangs");
    assert!(matches!(error, Error::TimedOut(_)) && error.is_transient(), "{error}");
    let sleeper = fs::read_to_string(&started).expect("it was started");
    let stat = PathBuf::from(format!("/proc/{}/stat", sleeper.trim()));
    let is_alive = || fs::read_to_string(&stat).is_ok_and(|stat| !stat.contains(") Z "));
    for _ in 0..100 {
        if !is_alive() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("what git started outlives it");
}

#[tokio::test]
async fn an_interrupted_beginning_or_fetch_is_taken_up() {
    let world = World::new();
    let sha = world.commit("first");
    let mirror = world.folder("mirrors/acme/shop.git");
    // Half an `init`, under both names.
    fs::create_dir_all(mirror.join("objects")).expect("a folder");
    fs::create_dir_all(mirror.with_extension("new").join("refs")).expect("a folder");
    fs::write(mirror.join("HEAD"), "").expect("written");
    assert_eq!(world.mirror().commit(Revision::Sha(&sha)).await.expect("there").sha, sha);
    assert!(!mirror.with_extension("new").exists());
    // Locks of a fetch that was killed.
    let later = world.commit("later");
    fs::write(mirror.join("packed-refs.lock"), "").expect("written");
    fs::create_dir_all(mirror.join("refs/heads")).expect("a folder");
    fs::write(mirror.join("refs/heads/main.lock"), "").expect("written");
    world.mirror().refresh().await.expect("fetched");
    assert_eq!(world.mirror().commit(Revision::Sha(&later)).await.expect("there").sha, later);
}

#[tokio::test]
async fn many_ask_at_once_and_all_are_answered() {
    let world = World::new();
    world.write("a", "1");
    let sha = world.commit("first");
    let mirrors = Mirrors::new(git(), &world.folder("mirrors"), world.url().parse().expect("a template")).expect("mirrors");
    let repository = "acme/shop".parse().expect("a name");
    let asked = (0..8).map(|number| {
        let (mirror, sha, into) = (mirrors.mirror(&repository), sha.clone(), world.folder(&format!("exported{number}")));
        async move {
            mirror.refresh().await?;
            mirror.export(&sha, &into, PLENTY).await
        }
    });
    for answer in futures::future::join_all(asked).await {
        assert_eq!(answer, Ok(Exported { files: 1, bytes: 1 }));
    }
}

#[tokio::test]
async fn hooks_in_the_mirror_are_not_run() {
    let world = World::new();
    let sha = world.commit("first");
    let mirror = world.mirror();
    mirror.refresh().await.expect("fetched");
    // Hooks in the mirror itself, should something ever put them there.
    let (hooks, canary) = (world.folder("mirrors/acme/shop.git/hooks"), world.folder("canary"));
    fs::create_dir_all(&hooks).expect("a folder");
    for hook in ["reference-transaction", "post-index-change", "post-checkout"] {
        fs::write(hooks.join(hook), format!("#!/bin/sh\ntouch {}\n", canary.display())).expect("written");
        fs::set_permissions(hooks.join(hook), fs::Permissions::from_mode(0o755)).expect("executable");
    }
    world.commit("later");
    mirror.refresh().await.expect("fetched");
    world.export(&sha, "exported").await.expect("exported");
    assert!(!canary.exists());
}
