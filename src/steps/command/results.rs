//! What a command that succeeded leaves: its outputs, what it produced and what is kept.

use std::{
    io::{self, Read},
    path::Path,
};

use super::{CommandStep, environment::Own};
use crate::{
    domain::{
        release::Artifact,
        release::{Outputs, Reason},
    },
    steps::{
        Context,
        artifact::{Inside, kept, pack},
        process::Redactor,
        workspace::Fault,
    },
};

/// How large the file of outputs may be, in bytes.
const LARGEST: u64 = 64 * 1024;

pub(super) async fn collect(step: &CommandStep, cx: &Context, dir: &Path) -> Result<(Outputs, Vec<Artifact>), Fault> {
    let outputs = read_outputs(&Own::of(dir)).map_err(Fault::Lasting)?;
    refuse_secrets(step, cx, &outputs).await?;
    if step.produces.is_empty() && step.keep.is_empty() {
        return Ok((outputs, Vec::new()));
    }
    let workspace = cx.workspace.path(&*cx.artifacts).await?;
    let limits = cx.workspace.limits();
    let mut paths: Vec<String> = step.produces.clone();
    for pattern in &step.keep {
        let (folder, pattern) = (workspace.clone(), pattern.clone());
        paths.extend(blocking(move || kept(&folder, &pattern, limits)).await?);
    }
    let mut artifacts: Vec<Artifact> = Vec::new();
    for (number, path) in paths.into_iter().enumerate() {
        if artifacts.iter().any(|artifact| artifact.path == path) {
            continue;
        }
        let (folder, into, of) = (workspace.clone(), dir.join(format!("{number}.tar")), path.clone());
        let packed = blocking(move || pack(&folder, &of, &into, limits)).await?;
        let digest = cx.artifacts.put(packed.file).await.map_err(Fault::Passing)?;
        let artifact = Artifact { path, digest, size: packed.size };
        cx.workspace.note(&artifact);
        artifacts.push(artifact);
    }
    Ok((outputs, artifacts))
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Result<T, Reason> + Send + 'static) -> Result<T, Fault> {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done.map_err(Fault::Lasting),
        Err(error) => Err(Fault::Passing(Reason::new(format!("what the command left could not be read: {error}")))),
    }
}

/// The file is the programs' own, so it is not believed to be one.
fn read_outputs(own: &Own) -> Result<Outputs, Reason> {
    let wrong = |why: String| Reason::new(format!("the outputs of the command (`$BOTADURA_OUTPUT`) could not be read: {why}"));
    let file = match Inside::open(own.folder()).and_then(|folder| folder.file("outputs".as_ref())) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Outputs::new()),
        Err(error) => return Err(wrong(error.to_string())),
    };
    let mut content = Vec::new();
    file.take(LARGEST + 1).read_to_end(&mut content).map_err(|error| wrong(error.to_string()))?;
    if content.len() as u64 > LARGEST {
        return Err(wrong(format!("they are larger than {LARGEST} bytes")));
    }
    parse_outputs(&String::from_utf8_lossy(&content)).map_err(wrong)
}

fn parse_outputs(text: &str) -> Result<Outputs, String> {
    let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    let pair = |(number, line): (usize, &str)| match line.split_once('=') {
        Some((name, value)) if is_name(name) => Ok((name.to_owned(), value.to_owned())),
        // The line itself is not shown: nobody knows what it holds.
        _ => Err(format!("line {} is not NAME=VALUE, with letters, digits, `_` and `-` in NAME", number + 1)),
    };
    lines.map(pair).collect()
}

fn is_name(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-'))
}

/// Outputs are kept and shown; a secret must not get into them.
async fn refuse_secrets(step: &CommandStep, cx: &Context, outputs: &Outputs) -> Result<(), Fault> {
    if outputs.is_empty() {
        return Ok(());
    }
    let secrets = step.environment.read_secrets(&*cx.secrets).await.map_err(Fault::Passing)?;
    let secrets: Vec<&str> = secrets.iter().map(|(_, secret)| secret.expose()).collect();
    match outputs.iter().find(|(_, value)| Redactor::redact(&secrets, value) != **value) {
        Some((name, _)) => Err(Fault::Lasting(Reason::new(format!("the output `{name}` of the command holds a secret, and is refused")))),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outputs_are_flat_pairs() {
        let outputs = parse_outputs("image=a/b@sha256:1=2\n\nurl=\n").expect("good");
        assert_eq!(outputs, [("image".to_owned(), "a/b@sha256:1=2".to_owned()), ("url".to_owned(), String::new())].into());
        for text in ["novalue", "a b=c", "=x", "steps.x=y"] {
            let why = parse_outputs(text).expect_err("refused");
            assert!(why.starts_with("line 1"), "{why}");
        }
    }

    #[test]
    fn the_file_of_outputs_is_not_followed_anywhere() {
        let folder = tempfile::tempdir().expect("a folder");
        let own = Own::of(folder.path());
        assert_eq!(read_outputs(&own), Ok(Outputs::new()));
        own.make(None).expect("made");
        assert_eq!(read_outputs(&own), Ok(Outputs::new()));
        std::fs::write(own.outputs(), "x".repeat(65 * 1024)).expect("written");
        assert!(read_outputs(&own).is_err());
        std::fs::remove_file(own.outputs()).expect("removed");
        std::os::unix::fs::symlink("/etc/passwd", own.outputs()).expect("linked");
        assert!(read_outputs(&own).is_err());
    }
}
