//! Why a command did not do what it should, and what the process ends with.

use std::{net::SocketAddr, path::PathBuf, process::ExitCode};

use super::mistakes::rendered;
use crate::domain::manifest::Mistake;

/// Wrong usage or configuration.
pub(super) const CONFIGURATION: u8 = 2;

/// The server cannot be reached.
const UNREACHABLE: u8 = 3;

/// Why a command did not do what it should.
#[derive(Debug, thiserror::Error)]
pub(super) enum Failure {
    /// Refused or failed, and already told.
    #[error("")]
    Told,
    /// Refused or failed.
    #[error("{0}")]
    Failed(String),
    /// The files hold mistakes.
    #[error("{}botadura: the configuration holds mistakes; `botadura check` shows them again", rendered(.0))]
    Mistakes(Vec<Mistake>),
    /// The command line says something that cannot be.
    #[error("{0}")]
    Usage(String),
    /// There is no token.
    #[error(
        "there is no token in {file}: the server writes it there when it starts; run this in the folder in which it was started, or \
         name its file with --config ({error})",
        file = .0.display(), error = .1
    )]
    NoToken(PathBuf, std::io::Error),
    /// Nobody answers.
    #[error("no server answers at {0}; start it with `botadura serve`, or name its file with --config ({1})")]
    Unreachable(SocketAddr, String),
}

impl Failure {
    pub(super) fn exit_code(&self) -> ExitCode {
        match self {
            Self::Told | Self::Failed(_) => ExitCode::FAILURE,
            Self::Mistakes(_) | Self::Usage(_) | Self::NoToken(..) => CONFIGURATION.into(),
            Self::Unreachable(..) => UNREACHABLE.into(),
        }
    }
}
