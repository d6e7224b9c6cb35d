//! What must happen, told from outside. A scenario's name is the requirement.

mod after;
mod agreement;
mod calendar;
mod checklist;
mod comments;
mod comments_table;
mod deliveries;
pub mod deploy;
mod emergency;
mod execution;
mod freeze;
mod gates;
mod github;
mod previews;
mod reload;
mod renamed;
mod reports;
mod restart;
mod rights;
mod rollback;
mod runbooks;
mod source;
mod triggers;
mod trouble;

pub use github::zipped;
