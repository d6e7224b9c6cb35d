//! Secrets: read when they are used, never kept, never shown.

use std::{
    collections::{BTreeMap, HashSet},
    fmt,
    path::Path,
    sync::Arc,
};

use async_trait::async_trait;
use tokio::io::AsyncReadExt;

use crate::domain::{manifest::SecretReference, release::Reason};

/// The largest file that can be a secret, in bytes.
const LARGEST: u64 = 64 * 1024;

/// A secret's value. It is shown as `[redacted]`, and is not serialised.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Of this value.
    pub fn new(value: impl Into<String>) -> Self {
        Self(value.into())
    }

    /// The value itself, for the one place that sends it on.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

/// Reads what a reference means. Reasons name the reference, never the value.
#[async_trait]
pub trait Secrets: Send + Sync {
    /// The present value.
    async fn read(&self, reference: &SecretReference) -> Result<Secret, Reason>;
}

/// Secrets of this machine: variables of the server's environment, as it was when it started, and files.
#[derive(Clone)]
pub struct SystemSecrets {
    environment: Arc<BTreeMap<String, String>>,
    reserved: Arc<HashSet<SecretReference>>,
}

impl SystemSecrets {
    /// `environment` is the server's, read once; `reserved` are the references of the server's own file, which no
    /// application gets.
    pub fn new(environment: BTreeMap<String, String>, reserved: HashSet<SecretReference>) -> Self {
        Self { environment: Arc::new(environment), reserved: Arc::new(reserved) }
    }

    fn refuse_reserved(&self, reference: &SecretReference) -> Result<(), Reason> {
        let is_reserved = self.reserved.iter().any(|reserved| match (reserved, reference) {
            (SecretReference::File(reserved), SecretReference::File(path)) => same_file(reserved, path),
            (reserved, reference) => reserved == reference,
        });
        if !is_reserved {
            return Ok(());
        }
        let what = format!("{} is the server's own, and not for applications", name(reference));
        Err(Reason::new(what).remedy("give the application a secret of its own"))
    }
}

/// Two spellings of one file are one file.
fn same_file(one: &Path, two: &Path) -> bool {
    one == two || matches!((one.canonicalize(), two.canonicalize()), (Ok(one), Ok(two)) if one == two)
}

fn name(reference: &SecretReference) -> String {
    match reference {
        SecretReference::Env(variable) => format!("the variable `{variable}`"),
        SecretReference::File(path) => format!("the file {}", path.display()),
        SecretReference::AwsSecret(name) => format!("the AWS secret `{name}`"),
        SecretReference::AwsParameter(name) => format!("the AWS parameter `{name}`"),
    }
}

#[async_trait]
impl Secrets for SystemSecrets {
    async fn read(&self, reference: &SecretReference) -> Result<Secret, Reason> {
        self.refuse_reserved(reference)?;
        match reference {
            SecretReference::Env(variable) => match self.environment.get(variable) {
                Some(value) if !value.is_empty() => Ok(Secret::new(value)),
                _ => Err(Reason::new(format!("{} is not set in the server's environment", name(reference)))
                    .remedy("set it where the server is started, and start it again")),
            },
            SecretReference::File(path) => read_file(path).await.map_err(|why| {
                Reason::new(format!("{} could not be read as a secret: {why}", name(reference))).look(path.display().to_string())
            }),
            SecretReference::AwsSecret(_) | SecretReference::AwsParameter(_) => {
                Err(Reason::new(format!("{} cannot be read: AWS is not built into this server yet", name(reference)))
                    .remedy("use {env: …} or {file: …}"))
            }
        }
    }
}

/// One newline at the end does not count.
async fn read_file(path: &Path) -> Result<Secret, String> {
    let file = tokio::fs::File::open(path).await.map_err(|error| error.to_string())?;
    let metadata = file.metadata().await.map_err(|error| error.to_string())?;
    if !metadata.is_file() {
        return Err("it is not a file".to_owned());
    }
    let mut content = Vec::new();
    file.take(LARGEST + 1).read_to_end(&mut content).await.map_err(|error| error.to_string())?;
    if content.len() as u64 > LARGEST {
        return Err(format!("it is larger than {LARGEST} bytes"));
    }
    // The error of `from_utf8` would carry the content.
    let mut text = String::from_utf8(content).map_err(|_| "it is not UTF-8 text".to_owned())?;
    if text.ends_with('\n') {
        text.truncate(text.len() - 1);
        if text.ends_with('\r') {
            text.truncate(text.len() - 1);
        }
    }
    if text.is_empty() { Err("it is empty".to_owned()) } else { Ok(Secret(text)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn env(name: &str) -> SecretReference {
        SecretReference::Env(name.to_owned())
    }

    #[tokio::test]
    async fn secrets_come_from_the_captured_environment_and_from_files() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("key");
        std::fs::write(&path, "line one\nline two\n\n").expect("written");
        let secrets = SystemSecrets::new([("TOKEN".to_owned(), "t0ken".to_owned())].into(), HashSet::new());
        let token = secrets.read(&env("TOKEN")).await.expect("read");
        assert_eq!((token.expose(), format!("{token:?}").as_str()), ("t0ken", "[redacted]"));
        let file = secrets.read(&SecretReference::File(path.clone())).await.expect("read");
        assert_eq!(file.expose(), "line one\nline two\n");
        std::fs::write(&path, vec![b'x'; 65 * 1024]).expect("written");
        let reason = secrets.read(&SecretReference::File(path)).await.expect_err("too large");
        assert!(reason.what.contains("key") && !reason.what.contains("xxx"), "{reason}");
        assert!(secrets.read(&env("HOME")).await.is_err());
        assert!(secrets.read(&SecretReference::File(folder.path().to_owned())).await.is_err());
        assert!(secrets.read(&SecretReference::AwsSecret("a#b".to_owned())).await.expect_err("none").what.contains("not built"));
    }

    #[tokio::test]
    async fn what_the_server_uses_itself_is_refused_in_every_spelling() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("key");
        std::fs::write(&path, "x").expect("written");
        std::os::unix::fs::symlink(&path, folder.path().join("alias")).expect("linked");
        let reserved = HashSet::from([env("TOKEN"), SecretReference::File(path.clone())]);
        let secrets = SystemSecrets::new([("TOKEN".to_owned(), "t0ken".to_owned())].into(), reserved);
        for reference in [
            env("TOKEN"),
            SecretReference::File(path),
            SecretReference::File(folder.path().join("alias")),
            SecretReference::File(folder.path().join(".").join("key")),
        ] {
            assert!(secrets.read(&reference).await.expect_err("refused").what.contains("server's own"), "{reference:?}");
        }
    }
}
