//! The whole environment of a command: nothing of the server's is in it.

use std::{
    collections::BTreeMap,
    fs::{DirBuilder, OpenOptions},
    io,
    os::unix::fs::{DirBuilderExt, OpenOptionsExt, lchown},
    path::{Path, PathBuf},
};

use crate::{
    domain::{
        manifest::{SecretReference, Step as Manifest},
        release::Reason,
    },
    steps::{
        Scope,
        process::User,
        secrets::{Secret, Secrets},
    },
};

/// What a step's programs find in their environment, but for secrets and paths.
pub(super) struct Environment {
    plain: BTreeMap<String, String>,
    declared: BTreeMap<String, String>,
    secrets: Vec<(String, SecretReference)>,
}

/// The names that are told by themselves, and the values that they tell.
const TOLD: [(&str, &str); 7] = [
    ("BOTADURA_APPLICATION", "app.name"),
    ("BOTADURA_ENVIRONMENT", "environment.name"),
    ("BOTADURA_DEPLOYMENT", "deployment.id"),
    ("BOTADURA_SHA", "version.sha"),
    ("BOTADURA_REF", "version.ref"),
    ("BOTADURA_TAG", "version.tag"),
    ("BOTADURA_ACTOR", "actor"),
];

impl Environment {
    pub fn new(step: &Manifest, scope: &Scope) -> Result<Self, Reason> {
        let mut plain = BTreeMap::new();
        for (variable, name) in TOLD {
            if let Some(value) = scope.get(name).filter(|value| !value.is_empty()) {
                plain.insert(variable.to_owned(), value.to_owned());
            }
        }
        for (name, value) in &scope.values {
            if let Some(name) = name.strip_prefix("vars.") {
                plain.insert(format!("BOTADURA_VARS_{}", variable(name)), value.clone());
            }
        }
        for (step, outputs) in &scope.outputs {
            for (output, value) in outputs {
                plain.insert(format!("BOTADURA_STEPS_{}_{}", variable(step.as_str()), variable(output)), value.clone());
            }
        }
        let render = |(name, template)| Ok((String::clone(name), scope.render(template)?));
        let declared = step.env.iter().map(render).collect::<Result<_, Reason>>()?;
        let secrets = step.secrets.iter().map(|(name, reference)| (name.clone(), reference.clone())).collect();
        Ok(Self { plain, declared, secrets })
    }

    /// The present values of the secrets.
    pub async fn read_secrets(&self, from: &dyn Secrets) -> Result<Vec<(String, Secret)>, Reason> {
        let mut values = Vec::with_capacity(self.secrets.len());
        for (name, reference) in &self.secrets {
            values.push((name.clone(), from.read(reference).await?));
        }
        Ok(values)
    }

    /// All of it. What comes later wins: ours, the manifest's `env`, its `secrets`.
    pub fn all(&self, path: &str, own: &Own, secrets: &[(String, Secret)]) -> BTreeMap<String, String> {
        let text = |path: PathBuf| path.to_string_lossy().into_owned();
        let mut all = BTreeMap::from([
            ("PATH".to_owned(), path.to_owned()),
            ("LANG".to_owned(), "C.UTF-8".to_owned()),
            ("HOME".to_owned(), text(own.home())),
            ("TMPDIR".to_owned(), text(own.temporary())),
            ("BOTADURA_OUTPUT".to_owned(), text(own.outputs())),
        ]);
        all.extend(self.plain.clone());
        all.extend(self.declared.clone());
        all.extend(secrets.iter().map(|(name, secret)| (name.clone(), secret.expose().to_owned())));
        all
    }
}

/// A name as a part of a variable's: upper-case letters, digits and `_`.
fn variable(name: &str) -> String {
    name.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' }).collect()
}

/// What belongs to a run's programs, within the run's folder, which is ours.
pub(super) struct Own {
    folder: PathBuf,
}

impl Own {
    pub fn of(run: &Path) -> Self {
        Self { folder: run.join("own") }
    }

    pub fn folder(&self) -> &Path {
        &self.folder
    }

    pub fn home(&self) -> PathBuf {
        self.folder.join("home")
    }

    pub fn temporary(&self) -> PathBuf {
        self.folder.join("tmp")
    }

    /// `name=value`, a line each.
    pub fn outputs(&self) -> PathBuf {
        self.folder.join("outputs")
    }

    /// Makes it for this user. Nothing of the run has begun yet, so nobody else writes here.
    pub fn make(&self, user: Option<User>) -> io::Result<()> {
        if let Some(run) = self.folder.parent() {
            DirBuilder::new().recursive(true).mode(0o711).create(run)?;
        }
        for folder in [self.folder.clone(), self.home(), self.temporary()] {
            DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
        }
        OpenOptions::new().create(true).truncate(true).write(true).mode(0o600).open(self.outputs())?;
        if let Some(user) = user {
            for path in [self.folder.clone(), self.home(), self.temporary(), self.outputs()] {
                lchown(path, Some(user.uid), Some(user.gid))?;
            }
        }
        Ok(())
    }
}
