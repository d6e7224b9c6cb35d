//! When nothing begins: `{ from: "Fri 16:00", to: "Mon 08:00", zone: America/Mexico_City, reason: weekend }`.

use jiff::{
    Timestamp,
    civil::{DateTime, Time, Weekday},
};
use serde::{Deserialize, Serialize};

mod read;
pub use read::Error;
pub(super) use read::never_open;

/// A time in which nothing begins; what has begun goes on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Freeze {
    /// Where it begins.
    pub from: Edge,
    /// Where it ends; that moment is outside.
    pub to: Edge,
    /// The zone on whose clock both are read.
    pub zone: String,
    /// What people are told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// A moment on a zone's clock. Both edges of a window are of one kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Edge {
    /// Every day: `22:00`.
    Daily(Time),
    /// Every week: `Fri 16:00`.
    Weekly(#[serde(with = "weekday")] Weekday, Time),
    /// Once: `2026-12-24 12:00`.
    Once(DateTime),
}

impl Freeze {
    /// Until when it lasts, if this moment is within it.
    pub fn until(&self, moment: Timestamp) -> Option<Timestamp> {
        let _ = moment;
        None
    }
}

/// A weekday in a file and in the store: `Fri`.
mod weekday {
    use jiff::civil::Weekday;
    use serde::{Deserialize, Deserializer, Serializer, de::Error as _};

    pub(super) const NAMES: [(&str, Weekday); 7] = [
        ("Mon", Weekday::Monday),
        ("Tue", Weekday::Tuesday),
        ("Wed", Weekday::Wednesday),
        ("Thu", Weekday::Thursday),
        ("Fri", Weekday::Friday),
        ("Sat", Weekday::Saturday),
        ("Sun", Weekday::Sunday),
    ];

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it with a reference")]
    pub(super) fn serialize<S: Serializer>(day: &Weekday, serializer: S) -> Result<S::Ok, S::Error> {
        let name = NAMES.iter().find(|(_, other)| other == day).map_or("", |(name, _)| name);
        serializer.serialize_str(name)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Weekday, D::Error> {
        let text = String::deserialize(deserializer)?;
        NAMES.iter().find(|(name, _)| *name == text).map(|(_, day)| *day).ok_or_else(|| D::Error::custom("not a weekday"))
    }
}
