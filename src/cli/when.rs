//! Moments and spans as a terminal shows them.

#![expect(clippy::disallowed_methods, reason = "a terminal on its own asks the machine for the time")]

use jiff::Timestamp;

/// The present moment. Only what a person reads or types is reckoned from it; the server has its own clock.
pub(super) fn now() -> Timestamp {
    Timestamp::now()
}

/// `just now`, `3 min ago`, `5 h ago`; what is older than a day as its date in UTC.
pub(super) fn ago(moment: Timestamp, now: Timestamp) -> String {
    match now.duration_since(moment).as_secs() {
        ..10 => "just now".to_owned(),
        seconds @ ..60 => format!("{seconds} s ago"),
        seconds @ ..3_600 => format!("{} min ago", seconds / 60),
        seconds @ ..86_400 => format!("{} h ago", seconds / 3_600),
        _ => utc(moment),
    }
}

/// `2026-11-22 07:25 UTC`.
pub(super) fn utc(moment: Timestamp) -> String {
    moment.strftime("%Y-%m-%d %H:%M UTC").to_string()
}

/// `12 s`, `3 min 5 s`, `1 h 2 min`.
pub(super) fn span(from: Timestamp, to: Timestamp) -> String {
    match to.duration_since(from).as_secs().max(0) {
        seconds @ ..60 => format!("{seconds} s"),
        seconds @ ..3_600 => format!("{} min {} s", seconds / 60, seconds % 60),
        seconds => format!("{} h {} min", seconds / 3_600, seconds % 3_600 / 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_read_as_people_say_them() {
        let now: Timestamp = "2026-11-22T07:25:00Z".parse().expect("a time");
        for (moment, shown) in [
            ("2026-11-22T07:24:55Z", "just now"),
            ("2026-11-22T07:26:00Z", "just now"),
            ("2026-11-22T07:24:15Z", "45 s ago"),
            ("2026-11-22T07:21:59Z", "3 min ago"),
            ("2026-11-22T01:00:00Z", "6 h ago"),
            ("2026-11-20T01:00:00Z", "2026-11-20 01:00 UTC"),
        ] {
            assert_eq!(ago(moment.parse().expect("a time"), now), shown);
        }
        assert_eq!(span("2026-11-22T07:21:55Z".parse().expect("a time"), now), "3 min 5 s");
    }
}
