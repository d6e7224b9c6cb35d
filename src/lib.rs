//! Skeleton.
pub mod domain;
pub mod store;
