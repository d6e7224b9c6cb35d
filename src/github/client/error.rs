//! What goes wrong, with what is to be done about it.

use jiff::Timestamp;

/// How long to leave GitHub alone when it says that we ask too much and not for how long.
pub(super) const PAUSE: std::time::Duration = std::time::Duration::from_mins(1);

/// Why a call did not succeed. Which kind it is decides what to do; none of them holds a secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// Nothing has happened, and the same call may succeed later: the network, GitHub's own trouble, its rate limits.
    #[error("{what}")]
    Passing {
        /// What went wrong.
        what: String,
        /// Not before this, where GitHub says so.
        again: Option<Timestamp>,
    },
    /// A change was asked for and no answer came, or GitHub broke down over it: it may have been made or not.
    #[error("{what}")]
    Lost {
        /// What went wrong.
        what: String,
    },
    /// GitHub says no, and will say so again.
    #[error("{what}")]
    Refused {
        /// The answer's status.
        status: u16,
        /// What went wrong.
        what: String,
    },
    /// The answer is not what GitHub's description says: nothing is concluded from it.
    #[error("{what}")]
    Unreadable {
        /// What went wrong.
        what: String,
    },
}

impl Error {
    /// The same for a call that is harmless when it is made twice.
    pub(super) fn harmless(self) -> Self {
        match self {
            Self::Lost { what } => Self::Passing { what, again: None },
            other => other,
        }
    }
}
