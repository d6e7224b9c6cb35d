//! The client against a GitHub that neither we nor GitHub wrote: `emulate` (npm), started here with our App in it.
//!
//! Where it is known to differ from GitHub, and nothing is concluded from it:
//! - it has no statuses of commits, so that the step `checks` as a whole does not pass against it: its check runs are read
//!   by the same client instead;
//! - it does not pick up workflow files, so that a dispatch is refused, and has no artifacts that can be downloaded;
//! - whoever is no collaborator of a public repository has no permission there (404), where GitHub says `read`;
//! - its answers lack fields that GitHub's description requires, so they do not go through the guard.

use std::{
    path::PathBuf,
    process::{Child, Command, Stdio},
    sync::Arc,
    time::Duration,
};

use botadura::{
    clock::System,
    domain::ids::RepositoryName,
    github::client::{Client, Error, People, Permission, Reach},
};
use serde_json::{Value, json};

use crate::support::github::{APP, key};

/// Somebody who may do everything in the organisation.
const TOKEN: &str = "test_token_octo";

struct Emulate {
    child: Child,
    url: String,
    http: reqwest::Client,
}

impl Drop for Emulate {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Where it is installed; none: it is left out.
fn installed() -> Option<PathBuf> {
    if std::env::var("BOTADURA_SKIP_EMULATE").is_ok_and(|value| value == "1") {
        crate::support::figure("skipped: emulate (BOTADURA_SKIP_EMULATE=1)");
        return None;
    }
    let script = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/counterparts/emulate.sh");
    let output = Command::new("sh").arg(script).output().expect("sh runs");
    assert!(output.status.success(), "emulate cannot be had: {}", String::from_utf8_lossy(&output.stderr));
    Some(String::from_utf8_lossy(&output.stdout).trim().into())
}

impl Emulate {
    async fn start(folder: &std::path::Path, home: &std::path::Path) -> Self {
        let key = key().lines().fold(String::new(), |all, line| format!("{all}        {line}\n"));
        let seed = format!(
            "tokens:\n  {TOKEN}: {{ login: octocat, scopes: [repo, user, \"admin:org\", workflow] }}\n\
             github:\n  users: [{{ login: octocat }}, {{ login: mallory }}, {{ login: ines }}]\n  \
             orgs: [{{ login: acme, name: Acme, members: [{{ login: octocat, role: admin }}, {{ login: ines, role: member }}] }}]\n  \
             repos: [{{ owner: acme, name: shop, auto_init: true }}, {{ owner: acme, name: other, auto_init: true }}]\n  \
             apps:\n    - app_id: {APP}\n      slug: launcher\n      name: Launcher\n      private_key: |\n{key}      \
             permissions: {{ actions: write, checks: write, contents: read, members: read, metadata: read }}\n      \
             installations: [{{ installation_id: 100, account: acme, repository_selection: all }}]\n"
        );
        let file = home.join("seed.yaml");
        std::fs::write(&file, seed).expect("a file");
        let port = crate::support::free_port();
        let modules = folder.join("node_modules");
        let node = ["x64", "arm64"].map(|kind| modules.join(format!("node-linux-{kind}/bin/node")));
        let node = node.into_iter().find(|node| node.exists()).expect("a Node");
        let child = Command::new(node)
            .arg(modules.join("emulate/dist/index.js"))
            .args(["start", "--service", "github", "--port", &port.to_string(), "--seed"])
            .arg(&file)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("it starts");
        let _ = rustls::crypto::ring::default_provider().install_default();
        let http = reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(10)).build().expect("a client");
        let emulate = Self { child, url: format!("http://127.0.0.1:{port}"), http };
        for _ in 0..600 {
            if emulate.http.get(format!("{}/meta", emulate.url)).send().await.is_ok() {
                return emulate;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("emulate does not answer");
    }

    async fn as_admin(&self, method: &str, path: &str, body: Value) {
        let request = self.http.request(method.parse().expect("a method"), format!("{}{path}", self.url)).bearer_auth(TOKEN).json(&body);
        let answer = request.send().await.expect("an answer");
        assert!(answer.status().is_success(), "{method} {path}: {:?}", answer.text().await);
    }
}

fn client(url: &str) -> Client {
    Client::new(APP, &key(), url, Arc::new(System)).expect("a client")
}

async fn make_check(repository: &Reach, sha: &str, name: &str, conclusion: Option<&str>) {
    let status = if conclusion.is_some() { "completed" } else { "in_progress" };
    let mut body = json!({ "name": name, "head_sha": sha, "status": status });
    if let Some(conclusion) = conclusion {
        body["conclusion"] = json!(conclusion);
    }
    repository.post::<Value>("/check-runs", &body).await.expect("made").expect("an answer");
}

#[tokio::test]
async fn the_app_reads_checks_permissions_and_teams_with_narrowed_tokens() {
    let Some(folder) = installed() else { return };
    let home = tempfile::tempdir().expect("a folder");
    let emulate = Emulate::start(&folder, home.path()).await;
    let client = client(&emulate.url);
    let shop: RepositoryName = "acme/shop".parse().expect("a name");
    assert_eq!(client.bot().await.expect("the App's own account"), "launcher[bot]");
    assert_eq!(client.default_branch(&shop).await.expect("a branch"), "main");

    let branch: Value = client.repository(&shop, &[("contents", "read")]).get("/branches/main").await.expect("a branch");
    let sha = branch["commit"]["sha"].as_str().expect("a SHA");
    let writes = client.repository(&shop, &[("checks", "write")]);
    for number in 0..120 {
        make_check(&writes, sha, &format!("check {number}"), Some("success")).await;
    }
    make_check(&writes, sha, "slow", None).await;
    let reads = client.repository(&shop, &[("checks", "read")]);
    let runs: Vec<Value> = reads.pages(&format!("/commits/{sha}/check-runs?filter=all"), "check_runs").await.expect("runs");
    let open: Vec<&Value> = runs.iter().filter(|run| run["status"] != "completed").map(|run| &run["name"]).collect();
    assert_eq!((runs.len(), open), (121, vec![&json!("slow")]));

    // A token that was narrowed to reading does not write, and one for a repository opens no other.
    let refused = reads.post::<Value>("/check-runs", &json!({ "name": "x", "head_sha": sha })).await.expect_err("refused");
    assert!(matches!(refused, Error::Refused { status: 403, .. }), "{refused:?}");
    let nowhere: RepositoryName = "acme/nowhere".parse().expect("a name");
    let missing = client.default_branch(&nowhere).await.expect_err("it is not there");
    assert!(matches!(missing, Error::Refused { status: 404, .. }) && missing.to_string().contains("not installed"), "{missing:?}");

    emulate.as_admin("PUT", "/repos/acme/shop/collaborators/mallory", json!({ "permission": "push" })).await;
    assert!(client.permission(&shop, "mallory").await.expect("a permission").can_write());
    assert_eq!(client.permission(&shop, "octocat").await.expect("a permission"), Permission::Admin);
    assert_eq!(client.permission(&shop, "nobody").await.expect("a permission"), Permission::None);

    emulate.as_admin("POST", "/orgs/acme/teams", json!({ "name": "leads" })).await;
    emulate.as_admin("PUT", "/orgs/acme/teams/leads/memberships/ines", json!({ "role": "member" })).await;
    assert!(client.is_team_member("acme", "leads", "ines").await.expect("an answer"));
    assert!(!client.is_team_member("acme", "leads", "mallory").await.expect("an answer"));
    assert!(!client.is_protected(&shop, "main").await.expect("an answer"));
}
