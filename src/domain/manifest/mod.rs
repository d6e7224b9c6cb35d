//! The application file's language: from text to meaning, or to the list of what is wrong with it.
//!
//! `yaml` reads the text and knows where everything stands, `written` is the file as it is written, `check` makes the
//! `model` of it. Nothing here reads a file, and nothing here acts.

mod check;
pub mod duration;
pub mod mistake;
pub mod model;
pub mod pattern;
pub mod renamed;
pub mod rule;
pub mod schedule;
pub mod template;
pub mod window;
pub mod yaml;

pub(crate) mod written;

pub(crate) use check::secret;
pub use check::{Surroundings, examine, outputs, read, read_within};
pub use mistake::{Code, Diagnostic, Mistake, Place, Severity};
pub use model::*;
pub use rule::Rule;
pub use schedule::Schedule;
pub use window::{Freeze, covering};

/// The JSON Schema of an application's file.
pub fn schema() -> serde_json::Value {
    written::document::<written::Application>("application", "An application that Botadura deploys")
}
