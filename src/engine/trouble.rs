//! What keeps a delivery or a proposal from being dealt with.

use crate::github::git::Error;

/// Why a delivery is not settled.
#[derive(Debug)]
pub(super) enum Trouble {
    /// It may work later.
    Later(String),
    /// It will not work without a person.
    Broken(String),
    /// The store refused; the worker tries again.
    Store(crate::store::Error),
}

impl From<crate::store::Error> for Trouble {
    fn from(error: crate::store::Error) -> Self {
        Self::Store(error)
    }
}

/// Git's troubles: those that pass are waited for, the others are told.
impl From<Error> for Trouble {
    fn from(error: Error) -> Self {
        if error.is_transient() { Self::Later(error.to_string()) } else { Self::Broken(error.to_string()) }
    }
}
