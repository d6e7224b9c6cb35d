//! What the surfaces on GitHub share: the way there, the sentences, links to this server, and how what was shown is kept.

use std::{fmt::Display, sync::Arc};

use serde::{Serialize, de::DeserializeOwned};

use super::{NotShown, text::Texts};
use crate::{
    domain::story::Story,
    github::client::{Client, Error},
};

/// A place on GitHub. Cheap to clone.
#[derive(Debug, Clone)]
pub struct OnGitHub {
    pub(super) client: Client,
    pub(super) texts: Arc<Texts>,
    public_url: Option<String>,
}

impl OnGitHub {
    /// By this client, with links to the server at this address.
    pub fn new(client: Client, public_url: Option<String>) -> Self {
        Self { client, texts: Arc::default(), public_url }
    }

    /// Where this server has a page about a deployment.
    pub(super) fn page(&self, story: &Story) -> Option<String> {
        self.public_url.as_ref().map(|url| format!("{url}/deployments/{}", story.id))
    }
}

/// What was shown on GitHub, as it was kept. What cannot be read is looked for again by its mark.
pub(super) fn remembered<R: Default + DeserializeOwned>(remote: Option<&str>) -> R {
    remote.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default()
}

/// What is kept of what was shown on GitHub. A commit or comment that is gone, or a report that GitHub does not take, will be
/// refused again, and is told in the log. A permission that is not granted yet, or an App that is suspended, may be mended.
pub(super) fn kept<R: Serialize>(shown: &R, brought: Result<(), Error>, about: &dyn Display) -> Result<String, NotShown> {
    let written = serde_json::to_string(shown).unwrap_or_default();
    match brought {
        Ok(()) => Ok(written),
        Err(Error::Refused { status: 404 | 410 | 422, what }) if !what.contains("the GitHub App") && !what.contains("the App needs") => {
            tracing::warn!(%about, what, "GitHub takes no report");
            Ok(written)
        }
        Err(error) => {
            let again = if let Error::Passing { again, .. } = &error { *again } else { None };
            let lasting = matches!(error, Error::Refused { .. });
            Err(NotShown { why: error.to_string(), remote: Some(written), again, lasting })
        }
    }
}
