//! A plan's digest: what somebody approved, in 64 hexadecimal digits.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::{Phase, Plan};

/// SHA-256 of what a plan does: its forward steps with their templates' values. Equal plans have equal digests, and any
/// change to what would happen gives another one. Who asked is not a part of it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Digest(String);

impl Plan {
    /// The plan's digest.
    pub fn digest(&self) -> Digest {
        let mut hash = Sha256::new();
        for (name, value) in self.scope.iter().filter(|(name, _)| name.as_str() != "actor") {
            hash.update(name.as_bytes());
            hash.update([0]);
            hash.update(value.as_bytes());
            hash.update([0]);
        }
        for (_, run) in self.of(Phase::Forward) {
            let text = serde_json::to_vec(&(&run.step, &run.op, run.stage)).expect("a plan holds nothing that JSON cannot say");
            hash.update(u64::try_from(text.len()).unwrap_or(u64::MAX).to_be_bytes());
            hash.update(text);
        }
        Digest(hex::encode(hash.finalize()))
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
