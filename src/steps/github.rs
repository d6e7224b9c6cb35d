//! What the steps that ask GitHub have in common.

use super::{Context, Progress};
use crate::{
    domain::{
        deployment::Wake,
        release::{Memo, Reason},
    },
    github::client::{Client, Error},
};

/// The way to GitHub's API.
pub(super) fn client(cx: &Context) -> Result<&Client, Reason> {
    cx.github.as_ref().ok_or_else(|| {
        let what = "it asks GitHub, and this server has no GitHub App";
        Reason::new(what).remedy("set github.app_id and github.private_key in the server's file, and start it again")
    })
}

/// What becomes of a call to GitHub that did not succeed. `memo` is what the next call begins with.
pub(super) fn progress(error: Error, memo: Memo) -> Progress {
    match error {
        // GitHub's own word for when to come back is no failure of ours, and uses up no try.
        Error::Passing { again: Some(at), .. } => Progress::Waiting { memo, until: Wake::at(at) },
        Error::Passing { what, again: None } => Progress::Retry { reason: Reason::new(what), memo },
        Error::Lost { .. } => Progress::Unknown { memo },
        Error::Refused { what, .. } => Progress::failed(Reason::new(what).remedy("see the App's permissions and where it is installed")),
        Error::Unreadable { what } => Progress::failed(Reason::new(what)),
    }
}
