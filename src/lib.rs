//! Skeleton.
pub mod domain;
