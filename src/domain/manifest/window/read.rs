//! From the texts of a freeze to its edges.

use std::{fmt, str::FromStr};

use jiff::{
    civil::{DateTime, Time, Weekday},
    tz::TimeZone,
};

use super::{Edge, Freeze, weekday};

/// Why something is not a time in which nothing begins.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// Not a moment.
    #[error("{0:?} is not a moment; write \"Fri 16:00\", \"22:00\" or \"2026-12-24 12:00\"")]
    NotAMoment(String),
    /// Its edges are of two kinds.
    #[error("'from' and 'to' are of two kinds; give both a weekday, both a date, or both the time of day alone")]
    TwoKinds,
    /// It holds nothing, or everything.
    #[error("it begins and ends at one moment, so it is never over; to stop everything, lock the environment")]
    NeverOver,
    /// It ends before it begins.
    #[error("it ends before it begins")]
    Backwards,
    /// No such zone.
    #[error("there is no time zone {0:?}; write one such as UTC or America/Mexico_City")]
    NoZone(String),
}

impl Freeze {
    /// What lies between two moments on a zone's clock.
    pub fn new(from: Edge, to: Edge, zone: &str, reason: Option<String>) -> Result<Self, Error> {
        zone_named(zone)?;
        match (from, to) {
            (Edge::Once(from), Edge::Once(to)) if from >= to => return Err(Error::Backwards),
            (Edge::Daily(_), Edge::Daily(_)) | (Edge::Weekly(..), Edge::Weekly(..)) if from == to => return Err(Error::NeverOver),
            (Edge::Once(_), Edge::Once(_)) | (Edge::Daily(_), Edge::Daily(_)) | (Edge::Weekly(..), Edge::Weekly(..)) => {}
            _ => return Err(Error::TwoKinds),
        }
        Ok(Self { from, to, zone: zone.to_owned(), reason })
    }
}

/// A time zone that there is.
pub(in crate::domain::manifest) fn zone_named(name: &str) -> Result<TimeZone, Error> {
    TimeZone::get(name).map_err(|_| Error::NoZone(name.chars().take(60).collect()))
}

impl FromStr for Edge {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let wrong = || Error::NotAMoment(text.chars().take(40).collect());
        match text.split_once(' ') {
            None => time(text).map(Self::Daily).ok_or_else(wrong),
            Some((day, clock)) => {
                let time = time(clock).ok_or_else(wrong)?;
                match weekday::NAMES.iter().find(|(name, _)| *name == day) {
                    Some((_, day)) => Ok(Self::Weekly(*day, time)),
                    None => date(day).map(|date| Self::Once(date.to_datetime(time))).ok_or_else(wrong),
                }
            }
        }
    }
}

/// `16:00`: two digits each, and nothing that a clock does not show.
fn time(text: &str) -> Option<Time> {
    let (hour, minute) = text.split_once(':')?;
    let number = |text: &str| if text.len() == 2 && text.bytes().all(|b| b.is_ascii_digit()) { text.parse().ok() } else { None };
    Time::new(number(hour)?, number(minute)?, 0, 0).ok()
}

/// `2026-12-24`.
fn date(text: &str) -> Option<jiff::civil::Date> {
    let is_date =
        text.len() == 10 && text.bytes().enumerate().all(|(at, b)| if matches!(at, 4 | 7) { b == b'-' } else { b.is_ascii_digit() });
    text.parse().ok().filter(|_| is_date)
}

impl fmt::Display for Edge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let clock = |f: &mut fmt::Formatter<'_>, time: Time| write!(f, "{:02}:{:02}", time.hour(), time.minute());
        match self {
            Self::Daily(time) => clock(f, *time),
            Self::Weekly(day, time) => {
                let name = weekday::NAMES.iter().find(|(_, other)| other == day).map_or("", |(name, _)| name);
                write!(f, "{name} ")?;
                clock(f, *time)
            }
            Self::Once(moment) => {
                let date: DateTime = *moment;
                write!(f, "{} ", date.date())?;
                clock(f, date.time())
            }
        }
    }
}

const DAY: usize = 24 * 60;
const WEEK: usize = 7 * DAY;

/// Whether freezes that come again cover every minute of a week together. Only those of one zone are put together: the
/// clocks of two drift apart.
pub(in crate::domain::manifest) fn never_open(freezes: &[Freeze]) -> bool {
    freezes.iter().any(|first| {
        let mut closed = vec![false; WEEK];
        for freeze in freezes.iter().filter(|freeze| freeze.zone == first.zone) {
            match (freeze.from, freeze.to) {
                (Edge::Daily(from), Edge::Daily(to)) => {
                    for day in 0..7 {
                        close(&mut closed, day * DAY + minute(from), day * DAY + minute(to), DAY);
                    }
                }
                (Edge::Weekly(from_day, from), Edge::Weekly(to_day, to)) => {
                    close(&mut closed, at(from_day, from), at(to_day, to), WEEK);
                }
                _ => {}
            }
        }
        closed.iter().all(|closed| *closed)
    })
}

/// Closes what lies between two minutes of a week; what ends before it begins ends one round later.
fn close(closed: &mut [bool], from: usize, to: usize, round: usize) {
    let to = if to <= from { to + round } else { to };
    for minute in from..to {
        closed[minute % WEEK] = true;
    }
}

fn at(day: Weekday, time: Time) -> usize {
    usize::from(day.to_monday_zero_offset().unsigned_abs()) * DAY + minute(time)
}

fn minute(time: Time) -> usize {
    usize::from(time.hour().unsigned_abs()) * 60 + usize::from(time.minute().unsigned_abs())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn freeze(from: &str, to: &str) -> Result<Freeze, Error> {
        Freeze::new(from.parse()?, to.parse()?, "UTC", None)
    }

    #[test]
    fn moments_are_read_as_people_write_them() {
        for text in ["Fri 16:00", "22:00", "00:00", "2026-12-24 12:00", "Sun 23:59"] {
            assert_eq!(text.parse::<Edge>().expect("a moment").to_string(), text);
        }
        for text in [
            "",
            "Fri",
            "16",
            "24:00",
            "16:60",
            "6:00",
            "Friday 16:00",
            "fri 16:00",
            "2026-02-30 12:00",
            "26-12-24 12:00",
            "Fri  16:00",
            "16:00:00",
            "2026-12-24T12:00",
        ] {
            assert!(text.parse::<Edge>().is_err(), "{text:?}");
        }
    }

    #[test]
    fn both_edges_are_of_one_kind_and_something_lies_between_them() {
        assert!(freeze("Fri 16:00", "Mon 08:00").is_ok() && freeze("22:00", "06:00").is_ok());
        assert_eq!(freeze("Fri 16:00", "08:00"), Err(Error::TwoKinds));
        assert_eq!(freeze("22:00", "22:00"), Err(Error::NeverOver));
        assert_eq!(freeze("2026-12-24 12:00", "2026-12-24 12:00"), Err(Error::Backwards));
        let nowhere = Freeze::new(Edge::Daily(Time::midnight()), Edge::Daily(Time::MAX), "Mars/Base", None);
        assert_eq!(nowhere, Err(Error::NoZone("Mars/Base".to_owned())));
    }

    #[test]
    fn freezes_that_leave_no_minute_open_are_noticed() {
        let all = |freezes: &[(&str, &str)]| {
            never_open(&freezes.iter().map(|(from, to)| freeze(from, to).expect("a freeze")).collect::<Vec<_>>())
        };
        assert!(all(&[("22:00", "06:00"), ("06:00", "22:00")]));
        assert!(all(&[("Mon 08:00", "Fri 16:00"), ("Fri 16:00", "Mon 08:00")]));
        assert!(!all(&[("22:00", "06:00"), ("06:01", "22:00")]));
        assert!(!all(&[("Fri 16:00", "Mon 08:00")]) && !all(&[]));
    }

    proptest! {
        #[test]
        fn nothing_panics(text in r"[\PC0-9: -]{0,20}") {
            let _ = text.parse::<Edge>();
        }
    }
}
