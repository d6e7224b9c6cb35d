//! When nothing begins: `{ from: "Fri 16:00", to: "Mon 08:00", zone: America/Mexico_City, reason: weekend }`.

use jiff::{
    Span, Timestamp,
    civil::{Date, DateTime, Time, Weekday},
    tz::{AmbiguousOffset, TimeZone},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

mod read;
pub use read::Error;
pub(super) use read::{never_open, zone_named};

/// A time in which nothing begins; what has begun goes on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
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
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Edge {
    /// Every day: `22:00`.
    Daily(Time),
    /// Every week: `Fri 16:00`.
    Weekly(
        #[serde(with = "weekday")]
        #[schemars(with = "String")]
        Weekday,
        Time,
    ),
    /// Once: `2026-12-24 12:00`.
    Once(DateTime),
}

/// How many windows may follow on each other before it is said that they never end.
const MOST_LINKS: usize = 100;

/// The window that covers a moment, and when none does any more; none: they never end. Windows that touch or overlap are
/// one.
pub fn covering(windows: &[Freeze], moment: Timestamp) -> Option<(&Freeze, Option<Timestamp>)> {
    let longest = |moment| windows.iter().filter_map(|window| Some((window, window.until(moment)?))).max_by_key(|(_, until)| *until);
    let (first, mut until) = longest(moment)?;
    for _ in 0..MOST_LINKS {
        match longest(until) {
            Some((_, next)) => until = next,
            None => return Some((first, Some(until))),
        }
    }
    Some((first, None))
}

impl Freeze {
    /// Until when it lasts, if this moment is within it.
    ///
    /// Both edges are read on the zone's clock. Where that is set back, and shows an edge twice, the window begins at the
    /// first and ends at the second; where it is set forward, and does not show an edge at all, the edge is the moment at
    /// which it is set. A zone that this machine does not know keeps everything closed.
    pub fn until(&self, moment: Timestamp) -> Option<Timestamp> {
        let Ok(zone) = TimeZone::get(&self.zone) else { return moment.saturating_add(jiff::SignedDuration::from_hours(1)).ok() };
        let today = zone.to_datetime(moment).date();
        let spans = self.spans_about(today).into_iter().map(|(from, to)| (instant(&zone, from, false), instant(&zone, to, true)));
        spans.filter(|(from, to)| *from <= moment && moment < *to).map(|(_, to)| to).max()
    }

    /// The spans that may cover a moment of this day, on the zone's clock.
    fn spans_about(&self, today: Date) -> Vec<(DateTime, DateTime)> {
        let days = |from: i32, to: i32| (from..=to).filter_map(move |days| today.checked_add(Span::new().try_days(days).ok()?).ok());
        match (self.from, self.to) {
            (Edge::Once(from), Edge::Once(to)) => vec![(from, to)],
            (Edge::Daily(from), Edge::Daily(to)) => {
                let end = |day: Date| if to > from { Some(day) } else { day.tomorrow().ok() };
                days(-2, 1).filter_map(|day| Some((day.to_datetime(from), end(day)?.to_datetime(to)))).collect()
            }
            (Edge::Weekly(first, from), Edge::Weekly(last, to)) => {
                let apart = i64::from(first.until(last));
                let days_on = if apart == 0 && to <= from { 7 } else { apart };
                let end = |day: Date| day.checked_add(Span::new().days(days_on)).ok();
                let begins = days(-8, 1).filter(|day| day.weekday() == first);
                begins.filter_map(|day| Some((day.to_datetime(from), end(day)?.to_datetime(to)))).collect()
            }
            _ => Vec::new(),
        }
    }
}

/// The moment at which a zone's clock shows this: of two the first or the last, of none the one at which it leaps over it.
fn instant(zone: &TimeZone, shown: DateTime, last: bool) -> Timestamp {
    let ambiguous = zone.to_ambiguous_timestamp(shown);
    let limit = if last { Timestamp::MAX } else { Timestamp::MIN };
    let found = match ambiguous.offset() {
        // The leap is at that moment or before it: the clock leaps from the gap's beginning.
        AmbiguousOffset::Gap { .. } => ambiguous.later().and_then(|after| {
            let leap = zone.preceding(after.checked_add(jiff::SignedDuration::from_secs(1))?).next();
            Ok(leap.map_or(after, |leap| leap.timestamp()))
        }),
        _ if last => ambiguous.later(),
        _ => ambiguous.earlier(),
    };
    found.unwrap_or(limit)
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

#[cfg(test)]
mod tests;
