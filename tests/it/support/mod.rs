//! What the scenarios stand on.

pub mod between;
pub mod clock;
pub mod repository;
pub mod site;
pub mod world;
