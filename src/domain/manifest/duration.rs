//! Spans of time as people write them: `30s`, `5m`, `1h30m`, `14d`.

use std::time::Duration;

/// The units, largest first, with their seconds.
const UNITS: [(char, u64); 4] = [('d', 86_400), ('h', 3_600), ('m', 60), ('s', 1)];

/// The longest span that is read: ten years.
const LONGEST: u64 = 3_650 * 86_400;

/// Why a text is not a span of time.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// A number alone.
    #[error("{0:?} has no unit; write 30s, 5m, 2h or 14d")]
    NoUnit(String),
    /// Something else.
    #[error("{0:?} is not a span of time; write 30s, 5m, 1h30m or 14d, the larger unit first")]
    NotADuration(String),
    /// More than ten years.
    #[error("{0:?} is longer than ten years")]
    TooLong(String),
}

/// Reads a span of time: whole numbers with the units `d`, `h`, `m` and `s`, each at most once and the larger first.
pub fn parse(text: &str) -> Result<Duration, Error> {
    let shown = || text.chars().take(40).collect::<String>();
    let wrong = || Error::NotADuration(shown());
    if !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit()) {
        return Err(Error::NoUnit(shown()));
    }
    let mut units = UNITS.iter();
    let mut seconds: u64 = 0;
    let mut rest = text;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit()).filter(|at| *at > 0).ok_or_else(wrong)?;
        let (number, after) = rest.split_at(digits);
        let unit = after.chars().next().ok_or_else(wrong)?;
        let (_, size) = units.find(|(letter, _)| *letter == unit).ok_or_else(wrong)?;
        let number: u64 = number.parse().map_err(|_| Error::TooLong(shown()))?;
        seconds = number.checked_mul(*size).and_then(|part| seconds.checked_add(part)).ok_or_else(|| Error::TooLong(shown()))?;
        rest = &after[unit.len_utf8()..];
    }
    match seconds {
        _ if text.is_empty() => Err(wrong()),
        LONGEST.. => Err(Error::TooLong(shown())),
        _ => Ok(Duration::from_secs(seconds)),
    }
}

/// A span of time as it would be written: the largest units first, `0s` when there is none. What is less than a second
/// is left out.
pub fn text(span: Duration) -> String {
    let mut rest = span.as_secs();
    let mut text = String::new();
    for (letter, size) in UNITS {
        if rest >= size {
            text.push_str(&(rest / size).to_string());
            text.push(letter);
            rest %= size;
        }
    }
    if text.is_empty() { "0s".to_owned() } else { text }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_span_is_read_as_people_write_it() {
        for (text, seconds) in
            [("30s", 30), ("5m", 300), ("2h", 7_200), ("14d", 1_209_600), ("1h30m", 5_400), ("0s", 0), ("90m", 5_400), ("1d2h3m4s", 93_784)]
        {
            assert_eq!(parse(text), Ok(Duration::from_secs(seconds)), "{text}");
        }
    }

    #[test]
    fn what_is_not_a_span_is_refused() {
        for text in ["", "5", "m", "-5m", "5 m", "5M", "5m5m", "5m1h", "1.5h", "5ms", "5mé", "99999999999999999999s", "400000d", "٣s"] {
            assert!(parse(text).is_err(), "{text:?}");
        }
        assert_eq!(parse("5").expect_err("no unit").to_string(), "\"5\" has no unit; write 30s, 5m, 2h or 14d");
    }

    proptest! {
        #[test]
        fn a_span_is_read_as_it_was_written(seconds in 0..LONGEST) {
            let span = Duration::from_secs(seconds);
            prop_assert_eq!(parse(&text(span)), Ok(span));
        }

        #[test]
        fn nothing_panics(text in r"[\PC0-9dhms]{0,20}") {
            let _ = parse(&text);
        }
    }
}
