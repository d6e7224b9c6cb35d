//! The application file's language.

pub mod model;
pub mod pattern;
pub mod template;

pub use model::*;
