//! What must happen, told from outside. A scenario's name is the requirement.

mod deliveries;
pub mod deploy;
mod execution;
mod gates;
mod restart;
mod rollback;
mod triggers;
mod trouble;
