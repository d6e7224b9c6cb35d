//! What Botadura knows and decides, and nothing else.
//!
//! Everything here is pure: no async, no I/O, no clock reads, no randomness, and nothing of our other modules. Facts go
//! in, a value comes out. That is what lets the same code answer a push, `/why`, a simulation and a test of a whole
//! week in a millisecond.

pub mod aftermath;
pub mod authentic;
pub mod clock;
pub mod command;
pub mod comment;
pub mod deployment;
pub mod event;
pub mod history;
pub mod ids;
pub mod manifest;
pub mod plan;
pub mod policy;
pub mod pull_request;
pub mod release;
pub mod reply;
pub mod request;
pub mod rights;
pub mod shown;
pub mod simulation;
pub mod spoken;
pub mod story;
pub mod version;
