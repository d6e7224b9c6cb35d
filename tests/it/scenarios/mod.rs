//! What must happen, told from outside. A scenario's name is the requirement.

mod deliveries;
mod deploy;
mod execution;
mod gates;
mod github;
mod restart;
mod rollback;
mod triggers;
mod trouble;

pub use github::zipped;
