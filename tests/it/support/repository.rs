//! A real git repository, served over `file://`.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

/// A bare repository and a work tree to commit in.
#[derive(Debug, Clone)]
pub struct Repository {
    bare: PathBuf,
    tree: PathBuf,
}

impl Repository {
    /// A new, empty one: `FOLDER/OWNER/NAME.git`.
    pub fn create(folder: &Path, name: &str) -> Self {
        let bare = folder.join(format!("{name}.git"));
        let tree = folder.join(format!("{name}.tree"));
        std::fs::create_dir_all(&bare).expect("a folder");
        std::fs::create_dir_all(&tree).expect("a folder");
        let repository = Self { bare, tree };
        git(&repository.bare, &["init", "--quiet", "--bare", "--initial-branch=main"]);
        git(&repository.tree, &["init", "--quiet", "--initial-branch=main"]);
        git(&repository.tree, &["remote", "add", "origin", &repository.bare.display().to_string()]);
        git(&repository.bare, &["config", "uploadpack.allowAnySHA1InWant", "true"]);
        git(&repository.bare, &["config", "receive.denyDeleteCurrent", "ignore"]);
        repository
    }

    /// Commits these files on a branch (which is made from the last commit when it is new) and pushes it. Answers the
    /// commit.
    pub fn commit(&self, branch: &str, files: &[(&str, &str)]) -> String {
        git(&self.tree, &["symbolic-ref", "HEAD", &format!("refs/heads/{branch}")]);
        for (path, content) in files {
            let path = self.tree.join(path);
            std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
            std::fs::write(path, content).expect("a file");
        }
        git(&self.tree, &["add", "--all"]);
        git(&self.tree, &["commit", "--quiet", "--allow-empty", "--message", &format!("a change of {branch}")]);
        git(&self.tree, &["push", "--quiet", "--force", "origin", branch]);
        self.head(branch)
    }

    /// Sets a branch back to an earlier commit.
    pub fn force(&self, branch: &str, sha: &str) {
        git(&self.tree, &["push", "--quiet", "--force", "origin", &format!("{sha}:refs/heads/{branch}")]);
    }

    /// A branch whose history has nothing to do with the one before, of which nothing is left.
    pub fn rewrite(&self, branch: &str, files: &[(&str, &str)]) -> String {
        git(&self.tree, &["update-ref", "-d", &format!("refs/heads/{branch}")]);
        let sha = self.commit(branch, files);
        git(&self.bare, &["gc", "--quiet", "--prune=now"]);
        sha
    }

    /// Makes an annotated tag on a commit and pushes it. Answers the tag's own object.
    pub fn tag(&self, tag: &str, sha: &str) -> String {
        git(&self.tree, &["tag", "--force", "--annotate", "--message", tag, tag, sha]);
        git(&self.tree, &["push", "--quiet", "--force", "origin", tag]);
        git(&self.tree, &["rev-parse", tag])
    }

    /// A file of a commit, without its last line's end.
    pub fn show(&self, sha: &str, path: &str) -> String {
        git(&self.bare, &["show", &format!("{sha}:{path}")])
    }

    /// The tree of a commit.
    pub fn tree(&self, sha: &str) -> String {
        git(&self.bare, &["rev-parse", &format!("{sha}^{{tree}}")])
    }

    /// Deletes a branch or tag by its full name. Answers what it pointed to.
    pub fn delete(&self, reference: &str) -> String {
        let before = git(&self.bare, &["rev-parse", reference]);
        git(&self.tree, &["push", "--quiet", "origin", &format!(":{reference}")]);
        before
    }

    /// Moves the repository to where it is called otherwise.
    pub fn rename(&mut self, folder: &Path, name: &str) {
        let bare = folder.join(format!("{name}.git"));
        std::fs::create_dir_all(bare.parent().expect("a folder")).expect("a folder");
        std::fs::rename(&self.bare, &bare).expect("moved");
        git(&self.tree, &["remote", "set-url", "origin", &bare.display().to_string()]);
        self.bare = bare;
    }

    /// Where a branch points.
    pub fn head(&self, branch: &str) -> String {
        self.find(branch).unwrap_or_else(|| panic!("there is no branch {branch}"))
    }

    /// Where a branch points, if it is there.
    pub fn find(&self, branch: &str) -> Option<String> {
        let listed = git(&self.bare, &["for-each-ref", "--format=%(objectname)", &format!("refs/heads/{branch}")]);
        Some(listed).filter(|sha| !sha.is_empty())
    }
}

fn git(folder: &Path, arguments: &[&str]) -> String {
    let output = Command::new("git")
        .current_dir(folder)
        .args(["-c", "user.name=Ada", "-c", "user.email=ada@example.com"])
        .args(arguments)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("GIT_AUTHOR_DATE", "2026-03-03T08:00:00Z")
        .env("GIT_COMMITTER_DATE", "2026-03-03T08:00:00Z")
        .output()
        .expect("git runs");
    assert!(output.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}
