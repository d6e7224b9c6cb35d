//! What the process has around it, read once and handed on.

use std::{collections::BTreeMap, path::PathBuf};

use super::failure::Failure;

/// The environment that the process was started with.
#[expect(clippy::disallowed_methods, reason = "this is where it is read")]
pub(super) fn environment() -> BTreeMap<String, String> {
    std::env::vars().collect()
}

/// Our own executable.
pub(super) fn binary() -> Result<PathBuf, Failure> {
    std::env::current_exe().map_err(|error| Failure::Failed(format!("our own program cannot be found: {error}")))
}

/// A random word of 32 hexadecimal digits: 128 bits from the operating system.
pub(super) fn random_word() -> String {
    let mut bytes = [0_u8; 16];
    getrandom::fill(&mut bytes).expect("the operating system has randomness once it has started programs");
    hex::encode(bytes)
}
