//! What must happen, told from outside. A scenario's name is the requirement.

mod deliveries;
pub mod deploy;
mod execution;
mod gates;
mod github;
mod reload;
mod renamed;
mod restart;
mod rollback;
mod triggers;
mod trouble;

pub use github::zipped;
