//! What a run that succeeded leaves: outputs for later steps, and artifacts, fetched at once because GitHub lets them
//! expire.

use std::{
    fs::File,
    io::{self, Read},
    path::{Path, PathBuf},
};

use serde::Deserialize;
use serde_json::Value;

use super::{Asking, Following, Stage, WorkflowStep};
use crate::{
    domain::release::{Artifact, Outputs, Reason},
    steps::{
        Progress,
        artifact::{Packed, pack, unzip},
        github,
    },
};

/// The artifact that holds the outputs, and the file in it.
const OUTPUTS: (&str, &str) = ("botadura-outputs", "outputs.json");

/// How large the file of outputs may be, in bytes.
const LARGEST: u64 = 64 * 1024;

/// How large the artifact of outputs may be, packed.
const LARGEST_PACKED: u64 = 1024 * 1024;

/// Why there are no results.
enum Fault {
    Passing(Reason),
    Lasting(Reason),
    GitHub(crate::github::client::Error),
}

impl From<crate::github::client::Error> for Fault {
    fn from(error: crate::github::client::Error) -> Self {
        Self::GitHub(error)
    }
}

#[derive(Debug, Deserialize)]
struct Listed {
    id: u64,
    name: String,
    expired: bool,
}

impl WorkflowStep {
    /// Takes over what the run left.
    pub(super) async fn finish(&self, asking: &Asking<'_>, following: &Following) -> Progress {
        let cx = asking.cx;
        if !self.outputs && self.artifacts.is_empty() {
            return Progress::done();
        }
        let room = cx.processes.folder(&format!("{}/{}/run-{}", cx.deployment, cx.step, following.run));
        let collected = tokio::select! {
            biased;
            () = cx.detach.cancelled() => return Stage::Following(following.clone()).on(cx),
            () = cx.stop.cancelled() => return Progress::failed(Reason::new("it was stopped")),
            collected = self.collect(asking, following.run, &room) => collected,
        };
        // What is left of it is tidied up with the folder of all of this deployment's jobs.
        let _ = tokio::fs::remove_dir_all(&room).await;
        let memo = Stage::Following(following.clone()).memo();
        match collected {
            Ok((outputs, artifacts)) => Progress::Done { outputs, release: None, artifacts },
            Err(Fault::Passing(reason)) => Progress::Retry { reason, memo },
            Err(Fault::Lasting(reason)) => Progress::failed(reason),
            Err(Fault::GitHub(error)) => github::progress(error, memo),
        }
    }

    async fn collect(&self, asking: &Asking<'_>, run: u64, room: &Path) -> Result<(Outputs, Vec<Artifact>), Fault> {
        tokio::fs::create_dir_all(room).await.map_err(|error| disk(&error))?;
        let listed: Vec<Listed> = asking.repository.pages(&format!("/actions/runs/{run}/artifacts"), "artifacts").await?;
        let mut outputs = Outputs::new();
        if self.outputs {
            let file = download(asking, find(&listed, OUTPUTS.0)?, room, LARGEST_PACKED).await?;
            outputs = blocking(move || read_outputs(&file)).await?;
        }
        let mut artifacts = Vec::new();
        for name in &self.artifacts {
            let limits = asking.cx.workspace.limits();
            let file = download(asking, find(&listed, name)?, room, limits.bytes).await?;
            let (name, room) = (name.clone(), room.to_owned());
            let path = name.clone();
            let packed: Packed = blocking(move || {
                let tree = room.join("tree");
                unzip(&file, &tree.join(&name), limits)?;
                pack(&tree, &name, &room.join("packed.tar"), limits)
            })
            .await?;
            let digest = asking.cx.artifacts.put(packed.file).await.map_err(Fault::Passing)?;
            artifacts.push(Artifact { path, digest, size: packed.size });
        }
        Ok((outputs, artifacts))
    }
}

/// The newest artifact of a name: a run that was run again may have several.
fn find<'a>(listed: &'a [Listed], name: &str) -> Result<&'a Listed, Fault> {
    let found = listed.iter().filter(|one| one.name == name && !one.expired).max_by_key(|one| one.id);
    found.ok_or_else(|| {
        let what = format!("the workflow's run has no artifact `{name}`");
        Fault::Lasting(Reason::new(what).remedy("the workflow must upload it (actions/upload-artifact), under this name"))
    })
}

async fn download(asking: &Asking<'_>, artifact: &Listed, room: &Path, limit: u64) -> Result<PathBuf, Fault> {
    let file = room.join(format!("{}.zip", artifact.id));
    asking.repository.download(&format!("/actions/artifacts/{}/zip", artifact.id), &file, limit).await?;
    Ok(file)
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Result<T, Reason> + Send + 'static) -> Result<T, Fault> {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done.map_err(Fault::Lasting),
        Err(error) => Err(Fault::Passing(Reason::new(format!("what the run left could not be read: {error}")))),
    }
}

fn disk(error: &io::Error) -> Fault {
    Fault::Passing(Reason::new(format!("there is no room for what the run left: {error}")))
}

/// The outputs of a run: one flat object of strings.
fn read_outputs(zip: &Path) -> Result<Outputs, Reason> {
    let wrong = |why: &str| {
        let remedy = r#"upload a file `outputs.json` such as {"image": "registry/app@sha256:…"} as the artifact `botadura-outputs`"#;
        Reason::new(format!("the outputs of the workflow's run could not be read: {why}")).remedy(remedy)
    };
    let file = File::open(zip).map_err(|error| wrong(&error.to_string()))?;
    let mut archive = zip::ZipArchive::new(file).map_err(|error| wrong(&error.to_string()))?;
    let entry = archive.by_name(OUTPUTS.1).map_err(|_| wrong("there is no `outputs.json` at its top"))?;
    let mut text = Vec::new();
    entry.take(LARGEST + 1).read_to_end(&mut text).map_err(|error| wrong(&error.to_string()))?;
    if text.len() as u64 > LARGEST {
        return Err(wrong(&format!("`outputs.json` is larger than {LARGEST} bytes")));
    }
    // The error of the parser would show what it found, and nobody knows what that is.
    let Ok(Value::Object(all)) = serde_json::from_slice(&text) else { return Err(wrong("`outputs.json` is not a JSON object")) };
    let pair = |(name, value): (String, Value)| match value {
        Value::String(value) if is_name(&name) => Ok((name, value)),
        Value::String(_) => Err(wrong("a name in `outputs.json` has something else than letters, digits, `_` and `-`")),
        _ => Err(wrong(&format!("`{}` is not a string", name.chars().filter(|c| !c.is_control()).take(60).collect::<String>()))),
    };
    all.into_iter().map(pair).collect()
}

fn is_name(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-'))
}

#[cfg(test)]
mod tests;
