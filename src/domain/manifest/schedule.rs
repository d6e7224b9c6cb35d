//! Times that come again: `{ schedule: "0 4 * * 1", zone: America/Mexico_City }`.
//!
//! Five fields as in crontab(5), read on the zone's own clock: where it is set forward, a time that does not exist is left
//! out; where it is set back, a time that exists twice comes once.

use jiff::{
    Timestamp, Zoned,
    tz::{AmbiguousOffset, TimeZone},
};
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
        let mut next = self.crontab.find_next(moment).ok()?;
        while is_again(&next) {
            next = self.crontab.find_next(next.timestamp()).ok()?;
        }
        Some(next.timestamp())
    }
}

/// Whether the clock has shown this time before, and was set back since.
fn is_again(moment: &Zoned) -> bool {
    match moment.time_zone().to_ambiguous_timestamp(moment.datetime()).offset() {
        AmbiguousOffset::Fold { after, .. } => moment.offset() == after,
        AmbiguousOffset::Gap { .. } | AmbiguousOffset::Unambiguous { .. } => false,
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn next(fields: &str, zone: &str, moment: &str) -> String {
        let schedule = Schedule::new(fields, zone).expect("a schedule");
        schedule.next_after(moment.parse().expect("a moment")).expect("a time").to_string()
    }

    #[test]
    fn times_are_read_on_the_zones_own_clock() {
        for (fields, zone, moment, expected) in [
            ("0 4 * * 1", "UTC", "2026-11-25T00:00:00Z", "2026-11-30T04:00:00Z"),
            ("0 4 1 * *", "America/Mexico_City", "2026-11-25T00:00:00Z", "2026-12-01T10:00:00Z"),
            // The moment itself is over.
            ("0 4 * * *", "UTC", "2026-11-25T04:00:00Z", "2026-11-26T04:00:00Z"),
            // Spring: 02:30 does not exist on 29 March 2026 in Madrid. Then it is 02:30 again.
            ("30 2 * * *", "Europe/Madrid", "2026-03-29T01:00:00Z", "2026-03-30T00:30:00Z"),
            // Autumn: 02:30 exists twice on 25 October 2026 in Madrid, and comes once.
            ("30 2 * * *", "Europe/Madrid", "2026-10-24T12:00:00Z", "2026-10-25T00:30:00Z"),
            ("30 2 * * *", "Europe/Madrid", "2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z"),
            // A day that there is every four years.
            ("0 0 29 2 *", "UTC", "2026-01-01T00:00:00Z", "2028-02-29T00:00:00Z"),
        ] {
            assert_eq!(next(fields, zone, moment), expected, "{fields} {zone} after {moment}");
        }
    }

    #[test]
    fn what_is_no_schedule_is_refused() {
        for fields in ["", "* * * *", "* * * * * *", "60 0 * * *", "0 24 * * *", "0 0 0 * *", "@daily", "a b c d e", "0 0 * * UTC"] {
            assert!(matches!(Schedule::new(fields, "UTC"), Err(Error::NotACrontab(_))), "{fields:?}");
        }
        for fields in ["0 0 30 2 *", "0 0 31 4,6,9,11 *"] {
            assert_eq!(Schedule::new(fields, "UTC"), Err(Error::Never(fields.to_owned())));
        }
        assert_eq!(Schedule::new("0 4 * * *", "Mars/Base"), Err(Error::NoZone("Mars/Base".to_owned())));
    }

    proptest! {
        #[test]
        fn the_next_time_is_later_and_shows_the_wanted_minute(
            minute in 0i8..60, hour in 0i8..24, second in 1_700_000_000i64..2_000_000_000,
            zone in prop::sample::select(vec!["UTC", "Europe/Madrid", "America/New_York", "America/Mexico_City", "Asia/Kolkata"]),
        ) {
            let schedule = Schedule::new(&format!("{minute} {hour} * * *"), zone).expect("a schedule");
            let moment = Timestamp::from_second(second).expect("a moment");
            let next = schedule.next_after(moment).expect("a time");
            prop_assert!(next > moment);
            // A day that lacks the time is left out, and no more than that.
            prop_assert!(next.as_second() - second <= 2 * 86_400 + 3_600);
            let clock = next.to_zoned(TimeZone::get(zone).expect("a zone"));
            prop_assert_eq!((clock.hour(), clock.minute()), (hour, minute));
        }

        #[test]
        fn nothing_panics(fields in r"[\PC0-9*,/# -]{0,20}", zone in r"[\PCA-Za-z/]{0,12}") {
            let _ = Schedule::new(&fields, &zone);
        }

        #[test]
        fn what_is_read_survives_being_stored(minute in 0u8..60, day in 1u8..29) {
            let schedule = Schedule::new(&format!("{minute} 4 {day} * *"), "Europe/Madrid").expect("a schedule");
            let stored = serde_json::to_string(&schedule).expect("JSON");
            prop_assert_eq!(serde_json::from_str::<Schedule>(&stored).expect("a schedule"), schedule);
        }
    }
}
