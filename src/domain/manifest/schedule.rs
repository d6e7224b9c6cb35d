//! Times that come again: `{ schedule: "0 4 * * 1", zone: America/Mexico_City }`.
//!
//! Five fields as in crontab(5), read on the zone's own clock: where it is set forward, a time that does not exist comes
//! at the next one that does; where it is set back, a time that exists twice comes once.

use jiff::{Timestamp, tz::TimeZone};
use serde::{Deserialize, Serialize};

/// Times that come again.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(try_from = "Written", into = "Written")]
pub struct Schedule {
    written: Written,
    crontab: cronexpr::Crontab,
}

impl PartialEq for Schedule {
    fn eq(&self, other: &Self) -> bool {
        self.written == other.written
    }
}

impl Eq for Schedule {}

/// As it stands in the file.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
struct Written {
    schedule: String,
    zone: String,
}

/// Why something is not a schedule.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// Not five fields of a crontab.
    #[error("{0:?} is not a time as crontab writes it (minute hour day month weekday: \"0 4 * * 1\")")]
    NotACrontab(String),
    /// No such zone.
    #[error("there is no time zone {0:?}; write one such as UTC or America/Mexico_City")]
    NoZone(String),
    /// A time that never comes.
    #[error("{0:?} never comes: there is no such day")]
    Never(String),
}

impl Schedule {
    /// The times that five fields name on a zone's clock.
    pub fn new(fields: &str, zone: &str) -> Result<Self, Error> {
        TimeZone::get(zone).map_err(|_| Error::NoZone(zone.chars().take(60).collect()))?;
        let shown = || Error::NotACrontab(fields.chars().take(60).collect());
        if fields.split_whitespace().count() != 5 {
            return Err(shown());
        }
        let crontab = cronexpr::parse_crontab(&format!("{fields} {zone}")).map_err(|_| shown())?;
        let schedule = Self { written: Written { schedule: fields.to_owned(), zone: zone.to_owned() }, crontab };
        schedule.next_after(Timestamp::UNIX_EPOCH).map(|_| ()).ok_or_else(|| Error::Never(fields.chars().take(60).collect()))?;
        Ok(schedule)
    }

    /// The five fields.
    pub fn fields(&self) -> &str {
        &self.written.schedule
    }

    /// The zone's name.
    pub fn zone(&self) -> &str {
        &self.written.zone
    }

    /// The first of its times after a moment; none: never again.
    pub fn next_after(&self, moment: Timestamp) -> Option<Timestamp> {
        self.crontab.find_next(moment).ok().map(|next| next.timestamp())
    }
}

impl TryFrom<Written> for Schedule {
    type Error = Error;

    fn try_from(written: Written) -> Result<Self, Error> {
        Self::new(&written.schedule, &written.zone)
    }
}

impl From<Schedule> for Written {
    fn from(schedule: Schedule) -> Self {
        schedule.written
    }
}
