//! A comment that was heard: whose it is, where it stands, and what its author could see when writing it.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    ids::{Actor, RepositoryId, RepositoryName},
    reply::Refusal,
    version::{RefName, Sha},
};

/// A comment with commands. Each of its commands is a delivery of its own.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Spoken {
    /// Its number.
    pub comment: u64,
    /// The repository.
    pub repository: RepositoryId,
    /// What the repository was called then.
    pub name: RepositoryName,
    /// The issue or pull request.
    pub on: u64,
    /// Who wrote it.
    pub author: Actor,
    /// When.
    pub at: Timestamp,
    /// The head of the pull request; none on an issue.
    pub head: Option<Head>,
    /// The pull request's own branch, where that is one of the repository itself.
    #[serde(default)]
    pub branch: Option<RefName>,
    /// Why none of its commands is obeyed; none: each is looked at.
    pub refusal: Option<Refusal>,
}

/// The head of a pull request, as whoever commented on it could see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Head {
    /// It is the one that could be seen.
    Seen(Sha),
    /// It moved afterwards, or nobody can tell that it did not.
    Moved {
        /// The one that could be seen; none: not known.
        seen: Option<Sha>,
        /// The present one.
        now: Sha,
    },
}

/// One command of a comment, as its delivery has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Line {
    /// The comment.
    pub comment: u64,
    /// What it says.
    pub text: String,
}

/// What a pull request's head was when a comment was written, from every head that was told of it: `told` has each with
/// the time by which it was the head at the latest. GitHub tells whole seconds, so what comes in the comment's own second
/// may have come after it. None: `now` was not told yet, so it cannot be said whether it came before the comment.
pub fn head_at(at: Timestamp, told: &[(Sha, Timestamp)], now: &Sha) -> Option<Head> {
    let seen = told.iter().filter(|(_, since)| *since < at).max_by_key(|(_, since)| *since).map(|(sha, _)| sha);
    let moved = told.iter().any(|(sha, since)| *since >= at && Some(sha) != seen);
    if moved {
        return Some(Head::Moved { seen: seen.cloned(), now: now.clone() });
    }
    (seen == Some(now)).then(|| Head::Seen(now.clone()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_counts_when_it_was_told_before_the_comment_and_no_other_since() {
        let sha = |digit: &str| digit.repeat(40).parse::<Sha>().expect("a SHA");
        let at = |second| Timestamp::from_second(second).expect("a time");
        let (one, two) = (sha("1"), sha("2"));
        let told = [(one.clone(), at(5))];
        assert_eq!(head_at(at(10), &told, &one), Some(Head::Seen(one.clone())));
        assert_eq!(head_at(at(10), &told, &two), None, "pushed, and not told yet");
        assert_eq!(head_at(at(10), &[], &one), None, "never heard of");
        assert_eq!(head_at(at(5), &told, &one), Some(Head::Moved { seen: None, now: one.clone() }), "in the same second");
        for second in [10, 11] {
            let told = [(one.clone(), at(5)), (two.clone(), at(second))];
            let moved = Head::Moved { seen: Some(one.clone()), now: two.clone() };
            assert_eq!(head_at(at(10), &told, &two), Some(moved));
            assert!(matches!(head_at(at(10), &told, &one), Some(Head::Moved { .. })), "the API lags behind");
        }
        let back = [(one.clone(), at(5)), (two.clone(), at(6)), (one.clone(), at(7))];
        assert_eq!(head_at(at(10), &back, &one), Some(Head::Seen(one)));
    }
}
