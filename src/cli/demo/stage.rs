//! Where the tour takes place: a folder with a git repository, the configuration, and two environments to be.

use std::{
    net::{SocketAddr, TcpListener},
    path::{Path, PathBuf},
    process::Stdio,
};

use super::{Broken, shop::Version};
use crate::cli::ambient::random_word;

/// The repository of the shop.
pub const REPOSITORY: &str = "acme/shop";

/// The folder and what is in it.
#[derive(Debug)]
pub struct Stage {
    root: PathBuf,
    path: String,
    staging: SocketAddr,
    production: SocketAddr,
    /// The webhook's secret.
    pub secret: String,
}

impl Stage {
    /// Makes everything, in a new folder.
    pub async fn build(binary: &Path, path: &str) -> Result<Self, Broken> {
        let root = std::env::temp_dir().join(format!("botadura-demo-{}", &random_word()[..8]));
        let stage = Self { root, path: path.to_owned(), staging: free()?, production: free()?, secret: random_word() };
        let wrong = |error: std::io::Error| Broken::new(format!("{} cannot be made: {error}", stage.root.display()));
        for folder in ["apps", "git/acme/shop.git", "git/acme/shop.tree"] {
            std::fs::create_dir_all(stage.root.join(folder)).map_err(wrong)?;
        }
        std::fs::write(stage.config(), stage.server_file(&free()?)).map_err(wrong)?;
        std::fs::write(stage.root.join("apps/shop.yaml"), stage.application_file(binary)).map_err(wrong)?;
        stage.git("git/acme/shop.git", &["init", "--quiet", "--bare", "--initial-branch=develop"]).await?;
        stage.git("git/acme/shop.tree", &["init", "--quiet", "--initial-branch=develop"]).await?;
        stage.git("git/acme/shop.tree", &["remote", "add", "origin", "../shop.git"]).await?;
        Ok(stage)
    }

    pub fn root(&self) -> &Path {
        &self.root
    }

    pub fn config(&self) -> PathBuf {
        self.root.join("botadura.yaml")
    }

    pub fn log(&self) -> PathBuf {
        self.root.join("server.log")
    }

    /// The `PATH` of everything that the tour starts.
    pub fn path(&self) -> &str {
        &self.path
    }

    pub fn staging(&self) -> SocketAddr {
        self.staging
    }

    pub fn production(&self) -> SocketAddr {
        self.production
    }

    /// How many times the build of a commit was begun: each leaves one line.
    pub fn builds(&self, sha: &str) -> usize {
        let ledger = std::fs::read_to_string(self.root.join("builds")).unwrap_or_default();
        ledger.lines().filter(|line| *line == sha).count()
    }

    /// Commits a version of the shop on a branch and pushes it. Answers the commit before and the new one.
    pub async fn commit(&self, branch: &str, version: &Version) -> Result<(String, String), Broken> {
        const TREE: &str = "git/acme/shop.tree";
        let before = self.git(TREE, &["rev-parse", "--verify", "--quiet", &format!("refs/heads/{branch}")]).await;
        let before = before.unwrap_or_else(|_| "0".repeat(40));
        self.git(TREE, &["symbolic-ref", "HEAD", &format!("refs/heads/{branch}")]).await?;
        for (path, content) in version.files {
            std::fs::write(self.root.join(TREE).join(path), content).map_err(|error| Broken::new(format!("{path}: {error}")))?;
        }
        self.git(TREE, &["add", "--all"]).await?;
        self.git(TREE, &["commit", "--quiet", "--message", &format!("Shop {}", version.version)]).await?;
        self.git(TREE, &["push", "--quiet", "origin", branch]).await?;
        Ok((before, self.git(TREE, &["rev-parse", "HEAD"]).await?))
    }

    /// Tags the newest commit of the work tree and pushes the tag. Answers the tag's own object.
    pub async fn tag(&self, tag: &str) -> Result<String, Broken> {
        self.git("git/acme/shop.tree", &["tag", "--annotate", "--message", tag, tag]).await?;
        self.git("git/acme/shop.tree", &["push", "--quiet", "origin", tag]).await?;
        self.git("git/acme/shop.tree", &["rev-parse", tag]).await
    }

    #[expect(clippy::disallowed_methods, reason = "the tour plays the developer, who uses git by hand")]
    async fn git(&self, folder: &str, arguments: &[&str]) -> Result<String, Broken> {
        let output = tokio::process::Command::new("git")
            .current_dir(self.root.join(folder))
            .args([
                "-c",
                "user.name=Ada",
                "-c",
                "user.email=ada@example.com",
                "-c",
                "commit.gpgsign=false",
                "-c",
                "core.hooksPath=/dev/null",
            ])
            .args(arguments)
            .env_clear()
            .env("PATH", &self.path)
            .env("HOME", &self.root)
            .stdin(Stdio::null())
            .output()
            .await
            .map_err(|error| {
                Broken::new(format!(
                    "git is needed for the tour and cannot be run ({error}); install it, for example with: apt-get install git"
                ))
            })?;
        if output.status.success() {
            return Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned());
        }
        Err(Broken::new(format!("git {}: {}", arguments.join(" "), String::from_utf8_lossy(&output.stderr).trim())))
    }

    fn server_file(&self, listen: &SocketAddr) -> String {
        let root = self.root.display();
        format!(
            "# The server of the tour.\nlisten: {listen}\nstore: sqlite:{root}/data/botadura.db\nartifacts: {root}/data/artifacts\n\
             github:\n  webhook_secrets: [{{ env: DEMO_WEBHOOK_SECRET }}]\n  clone_url: \"file://{root}/git/{{{{ repository }}}}.git\"\n\
             roles: {{ release-manager: [\"user:lucia\"] }}\noutgoing: {{ allow_hosts: [\"127.0.0.1\"] }}\n"
        )
    }

    fn application_file(&self, binary: &Path) -> String {
        let (root, binary) = (self.root.display(), binary.display());
        format!(
            "# The shop: a push to develop goes to staging, a version tag to production once a release manager has agreed.\n\
             repository: {REPOSITORY}\n\
             environments:\n\
             \x20 staging:\n    on: [{{ push: develop }}]\n    url: http://{staging}\n    vars: {{ listen: \"{staging}\", root: \"{root}/srv/staging\" }}\n\
             \x20 production:\n    on: [{{ tag: \"v*.*.*\" }}]\n    url: http://{production}\n    vars: {{ listen: \"{production}\", root: \"{root}/srv/production\" }}\n\
             \x20   approvals: {{ count: 1, from: [release-manager] }}\n\
             steps:\n\
             \x20 - name: build\n    command: {{ script: 'echo \"$BOTADURA_SHA\" >> {root}/builds; for part in styles pages pictures; do echo \"building $part\"; sleep 0.4; done; mkdir -p dist; cp index.html catalogue.json version.txt dist/' }}\n    produces: [dist]\n\
             \x20 - name: site\n    timeout: 6s\n    directory:\n      root: \"{{{{ vars.root }}}}\"\n      from: {{ step: build, path: dist }}\n\
             \x20     serve: {{ command: [\"{binary}\", demo-app], ready: /health, listen: \"{{{{ vars.listen }}}}\", drain: 1s }}\n\
             \x20 - name: health\n    http: {{ url: \"{{{{ environment.url }}}}/health\", attempts: 5, every: 1s }}\n",
            staging = self.staging,
            production = self.production,
        )
    }

    /// Takes everything away: processes first, then the folder.
    pub async fn strike(self, binary: &Path) {
        let supervisor = crate::steps::process::Supervisor::new(binary.to_owned(), self.root.join("data/processes"), None);
        if let Ok(supervisor) = supervisor {
            for environment in ["staging", "production"] {
                crate::steps::directory::stop_everything(&self.root.join("srv").join(environment), &supervisor).await;
            }
        }
        if let Err(error) = std::fs::remove_dir_all(&self.root) {
            tracing::warn!(folder = %self.root.display(), %error, "the tour's folder could not be removed");
        }
    }
}

/// A free address of this machine.
fn free() -> Result<SocketAddr, Broken> {
    let listener = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr());
    listener.map_err(|error| Broken::new(format!("no address of this machine can be listened on: {error}")))
}
