//! GitHub: what it sends, and the repositories that it keeps.
//!
//! [`signature`] tells its webhooks from forged ones, [`interpret`] turns their bodies into domain events, [`git`]
//! keeps mirrors of its repositories, and [`client`] asks its API. What a delivery leads to is decided elsewhere.

pub mod client;
pub mod git;
pub mod interpret;
pub mod signature;
