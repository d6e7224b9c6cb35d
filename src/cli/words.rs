//! What the server's answers read like.
//!
//! STAND-IN: until `surfaces::text` is merged these are the codes as JSON. Both functions become calls of
//! `Text::new(locale).reply(..)` and `.story(..)`.

use crate::domain::{reply::Reply, story::Story};

/// What became of a request.
pub(super) fn reply(reply: &Reply) -> Vec<String> {
    serde_json::to_string(reply).into_iter().collect()
}

/// What happened, a line for each beat.
pub(super) fn story(story: &Story) -> Vec<String> {
    story.beats.iter().filter_map(|beat| serde_json::to_string(&beat.what).ok()).collect()
}
