//! A version: a commit pinned once, with the names that it came by.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::ids::name;

name! {
    /// A full object id in lower-case hexadecimal: 40 digits (SHA-1) or 64 (SHA-256).
    Sha, "a full commit SHA (40 or 64 hexadecimal digits)", |text| {
        matches!(text.len(), 40 | 64) && text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
    },
    pattern = "^([0-9a-f]{40}|[0-9a-f]{64})$"
}

impl Sha {
    /// The first seven digits, as people write it.
    pub fn short(&self) -> &str {
        &self.as_str()[..7]
    }

    /// All zeros: how a push says "there is nothing" (before a creation, after a deletion).
    pub fn is_zero(&self) -> bool {
        self.as_str().bytes().all(|b| b == b'0')
    }
}

name! {
    /// The short name of a branch or a tag (`main`, `v1.2.0`), by git's rules (git-check-ref-format) and without a
    /// leading dash. It is hostile text all the same: `;`, `$()` and backticks are legal in it.
    RefName, "a branch or tag name", is_ref_name
}

fn is_ref_name(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= 250
        && !text.starts_with(['-', '/'])
        && !text.ends_with(['/', '.'])
        && text != "@"
        && !text.contains("..")
        && !text.contains("//")
        && !text.contains("@{")
        && text.chars().all(|c| !c.is_control() && !matches!(c, ' ' | '~' | '^' | ':' | '?' | '*' | '[' | '\\'))
        && text.split('/').all(|part| !part.starts_with('.') && !has_lock_suffix(part))
}

/// Git keeps `NAME.lock` beside a reference while it writes it, case-sensitively, so no reference may be called so.
fn has_lock_suffix(part: &str) -> bool {
    part.strip_suffix(".lock").is_some()
}

/// A commit with the branch, tag or pull request that it came by. Pinned once, never looked up again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Version {
    /// The commit.
    pub sha: Sha,
    /// The commit's tree: two commits with one tree are the same files.
    pub tree: Sha,
    /// The branch that it came by.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub branch: Option<RefName>,
    /// The tag that it came by, or that joined it later.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tag: Option<RefName>,
    /// The pull request that it came by.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pull_request: Option<u64>,
}

impl Version {
    /// The tag, else the branch: what people called it when they asked.
    pub fn reference(&self) -> Option<&RefName> {
        self.tag.as_ref().or(self.branch.as_ref())
    }
}

/// `v1.2.0 (c0ffee0)`, `main (c0ffee0)` or `c0ffee0`.
impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.reference() {
            Some(reference) => write!(f, "{reference} ({})", self.sha.short()),
            None => f.write_str(self.sha.short()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_follow_gits_rules_and_never_begin_with_a_dash() {
        for good in ["main", "release/1.2", "v1.2.0", "a;b", "$(id)", "ünïcode", "feature/x.y"] {
            assert!(good.parse::<RefName>().is_ok(), "{good}");
        }
        for bad in
            ["", "-x", "a..b", "a b", "a~1", "a^", "a:b", "@", "a@{1}", "a/.b", "a.lock", "x/a.lock/b", "/a", "a/", "a//b", "a.", "a\u{7f}"]
        {
            assert!(bad.parse::<RefName>().is_err(), "{bad:?}");
        }
    }

    #[test]
    fn a_sha_is_full_and_lower_case() {
        assert!("0".repeat(40).parse::<Sha>().expect("40 zeros").is_zero());
        assert!("C0FFEE".repeat(7)[..40].parse::<Sha>().is_err());
        assert!("c0ffee".parse::<Sha>().is_err());
    }
}
