//! Spans and moments as people say them.

use std::time::Duration;

use jiff::{Timestamp, tz::TimeZone};

use super::{Text, text};

impl Text {
    /// A span: `850 ms`, `12.3 s`, `4 min 10 s`, `2 h 3 min`, `3 d 4 h`. What is smaller than that is cut off.
    pub fn duration(&self, span: Duration) -> String {
        let seconds = span.as_secs();
        let two = |id: &str, names: [&'static str; 2], whole: u64, rest: u64| {
            if rest == 0 {
                self.say(id, &[(names[0], text(whole))])
            } else {
                self.say(&format!("{id}-{}", names[1]), &[(names[0], text(whole)), (names[1], text(rest))])
            }
        };
        match seconds {
            0 => self.say("duration-milliseconds", &[("milliseconds", text(span.subsec_millis()))]),
            1..60 => {
                let tenths = span.subsec_millis() / 100;
                let value = format!("{seconds}{}{tenths}", self.word("decimal"));
                self.say("duration-seconds", &[("seconds", text(value))])
            }
            60..3_600 => two("duration-minutes", ["minutes", "seconds"], seconds / 60, seconds % 60),
            3_600..86_400 => two("duration-hours", ["hours", "minutes"], seconds / 3_600, seconds % 3_600 / 60),
            _ => two("duration-days", ["days", "hours"], seconds / 86_400, seconds % 86_400 / 3_600),
        }
    }

    /// A moment as seen from another: `14:30 UTC (in 20 min)`, `2026-03-01 14:30 UTC (2 d 4 h ago)`.
    pub fn moment(&self, moment: Timestamp, now: Timestamp) -> String {
        let day = |at: Timestamp| at.to_zoned(TimeZone::UTC).date();
        let when = if day(moment) == day(now) { moment.strftime("%H:%M UTC").to_string() } else { Self::stamp(moment) };
        let apart = moment.duration_since(now);
        let span = apart.unsigned_abs();
        let id = match span.as_secs() {
            0 => return self.word("moment-now"),
            _ if apart.is_negative() => "moment-ago",
            _ => "moment-ahead",
        };
        self.say(id, &[("when", text(when)), ("span", text(self.coarse(span.as_secs())))])
    }

    /// A span in which tenths of seconds, and seconds where there are minutes, are no matter.
    fn coarse(&self, seconds: u64) -> String {
        match seconds {
            0..60 => self.say("duration-seconds", &[("seconds", text(seconds))]),
            _ => self.duration(Duration::from_secs(seconds / 60 * 60)),
        }
    }

    /// A moment that stays true whenever it is read: `2026-03-01 14:30 UTC`.
    pub(super) fn stamp(moment: Timestamp) -> String {
        moment.strftime("%Y-%m-%d %H:%M UTC").to_string()
    }
}
