//! Windows against a slow oracle, over years and zones.

use jiff::{SignedDuration, civil::time};
use proptest::prelude::*;

use super::*;

const ZONES: [&str; 6] = ["UTC", "Europe/Madrid", "America/New_York", "America/Mexico_City", "Australia/Lord_Howe", "Pacific/Apia"];

fn at(text: &str) -> Timestamp {
    text.parse().expect("a time")
}

fn freeze(from: Edge, to: Edge, zone: &str) -> Freeze {
    Freeze { from, to, zone: zone.to_owned(), reason: None }
}

fn daily(from: (i8, i8), to: (i8, i8), zone: &str) -> Freeze {
    let edge = |(hour, minute)| Edge::Daily(time(hour, minute, 0, 0));
    freeze(edge(from), edge(to), zone)
}

fn weekly(from: (Weekday, i8), to: (Weekday, i8), zone: &str) -> Freeze {
    let edge = |(day, hour)| Edge::Weekly(day, time(hour, 0, 0, 0));
    freeze(edge(from), edge(to), zone)
}

#[test]
fn a_weekend_lasts_from_its_first_to_its_last_edge() {
    let weekend = weekly((Weekday::Friday, 16), (Weekday::Monday, 8), "America/Mexico_City");
    for (moment, until) in [
        ("2026-11-27T21:59:59Z", None),
        ("2026-11-27T22:00:00Z", Some("2026-11-30T14:00:00Z")),
        ("2026-11-30T13:59:59Z", Some("2026-11-30T14:00:00Z")),
        ("2026-11-30T14:00:00Z", None),
    ] {
        assert_eq!(weekend.until(at(moment)), until.map(at), "{moment}");
    }
}

#[test]
fn where_the_clock_is_set_forward_a_window_is_shorter_and_keeps_its_edges() {
    // In Madrid 02:00 becomes 03:00 on 2026-03-29, in New York on 2026-03-08.
    for (zone, before, after) in [
        ("Europe/Madrid", "2026-03-28T21:00:00Z", "2026-03-29T06:00:00Z"),
        ("America/New_York", "2026-03-08T03:00:00Z", "2026-03-08T12:00:00Z"),
    ] {
        let night = daily((22, 0), (8, 0), zone);
        assert_eq!(night.until(at(before)), Some(at(after)), "{zone}");
        assert_eq!(night.until(at(before) - SignedDuration::from_secs(1)), None);
        assert_eq!(night.until(at(after)), None);
    }
}

#[test]
fn where_the_clock_is_set_back_a_window_is_longer_and_keeps_its_edges() {
    // In Madrid 03:00 becomes 02:00 on 2026-10-25, in New York 02:00 becomes 01:00 on 2026-11-01.
    for (zone, before, after) in [
        ("Europe/Madrid", "2026-10-24T20:00:00Z", "2026-10-25T07:00:00Z"),
        ("America/New_York", "2026-11-01T02:00:00Z", "2026-11-01T13:00:00Z"),
    ] {
        let night = daily((22, 0), (8, 0), zone);
        assert_eq!(night.until(at(before)), Some(at(after)), "{zone}");
        assert_eq!(night.until(at(before) - SignedDuration::from_secs(1)), None);
        assert_eq!(night.until(at(after)), None);
    }
}

#[test]
fn an_edge_that_comes_twice_begins_at_the_first_and_ends_at_the_second() {
    // 02:30 is at 00:30Z and at 01:30Z.
    let begins = daily((2, 30), (6, 0), "Europe/Madrid");
    assert_eq!(begins.until(at("2026-10-25T00:29:59Z")), None);
    assert_eq!(begins.until(at("2026-10-25T00:30:00Z")), Some(at("2026-10-25T05:00:00Z")));
    let ends = daily((1, 0), (2, 30), "Europe/Madrid");
    assert_eq!(ends.until(at("2026-10-25T00:45:00Z")), Some(at("2026-10-25T01:30:00Z")));
}

#[test]
fn an_edge_that_does_not_come_is_where_the_clock_leaps_over_it() {
    // 02:30 is leapt over at 01:00Z.
    let begins = daily((2, 30), (6, 0), "Europe/Madrid");
    assert_eq!(begins.until(at("2026-03-29T00:59:59Z")), None);
    assert_eq!(begins.until(at("2026-03-29T01:00:00Z")), Some(at("2026-03-29T04:00:00Z")));
    let ends = daily((1, 0), (2, 30), "Europe/Madrid");
    assert_eq!(ends.until(at("2026-03-29T00:30:00Z")), Some(at("2026-03-29T01:00:00Z")));
    let at_two = daily((1, 0), (2, 0), "Europe/Madrid");
    assert_eq!(at_two.until(at("2026-03-29T00:30:00Z")), Some(at("2026-03-29T01:00:00Z")));
}

#[test]
fn a_window_of_once_comes_once() {
    let edge = |text: &str| Edge::Once(text.parse().expect("a time"));
    let holidays = freeze(edge("2026-12-24T12:00"), edge("2027-01-07T08:00"), "America/Mexico_City");
    assert_eq!(holidays.until(at("2026-12-24T17:59:59Z")), None);
    assert_eq!(holidays.until(at("2026-12-25T00:00:00Z")), Some(at("2027-01-07T14:00:00Z")));
    assert_eq!(holidays.until(at("2027-12-25T00:00:00Z")), None);
}

#[test]
fn windows_that_overlap_or_touch_are_one() {
    let windows = [daily((20, 0), (23, 0), "UTC"), daily((23, 0), (2, 0), "UTC"), daily((1, 0), (5, 0), "UTC")];
    let (first, until) = covering(&windows, at("2026-06-01T21:00:00Z")).expect("it is within");
    assert_eq!((first, until), (&windows[0], Some(at("2026-06-02T05:00:00Z"))));
    assert_eq!(covering(&windows, at("2026-06-02T05:00:00Z")), None);
    let always = [daily((0, 0), (0, 0), "UTC")];
    assert_eq!(covering(&always, at("2026-06-01T21:00:00Z")).map(|(_, until)| until), Some(None));
}

/// The window's spans about a day, found day by day.
fn spans(window: &Freeze, today: Date) -> Vec<(DateTime, DateTime)> {
    let days = (-9..=2).map(|days| today.saturating_add(Span::new().days(days)));
    let following = |start: DateTime, end: Time, on: Option<Weekday>| {
        let ends = (0..9).map(|days| start.date().saturating_add(Span::new().days(days)).to_datetime(end));
        ends.filter(|end| *end > start && on.is_none_or(|day| end.date().weekday() == day)).min().expect("within a week")
    };
    match (window.from, window.to) {
        (Edge::Daily(from), Edge::Daily(to)) => {
            days.map(|day| day.to_datetime(from)).map(|start| (start, following(start, to, None))).collect()
        }
        (Edge::Weekly(first, from), Edge::Weekly(last, to)) => days
            .filter(|day| day.weekday() == first)
            .map(|day| day.to_datetime(from))
            .map(|start| (start, following(start, to, Some(last))))
            .collect(),
        _ => Vec::new(),
    }
}

/// Whether a moment is within a window, told by the clock alone: it is walked back, minute by minute, to the last moment
/// at which the clock first showed the beginning (or leapt over it), and on to the last at which it shows the end.
fn slowly(window: &Freeze, moment: Timestamp) -> bool {
    let zone = TimeZone::get(&window.zone).expect("a zone");
    let shows = |moment| zone.to_datetime(moment);
    let minute = SignedDuration::from_mins(1);
    spans(window, shows(moment).date()).into_iter().any(|(from, to)| {
        let has_begun = || {
            // Somewhere from two hours before until now the clock has shown the beginning, or more.
            shows(moment) >= from
                || (1..=120)
                    .any(|back| shows(moment - minute * back) >= from && shows(moment - minute * back) < from + Span::new().hours(3))
        };
        let goes_on = || shows(moment) < to || (1..=120).any(|on| shows(moment + minute * on) <= to);
        has_begun() && goes_on()
    })
}

fn edges() -> impl Strategy<Value = (Edge, Edge)> {
    let clock = || (0..24_i8, 0..60_i8).prop_map(|(hour, minute)| time(hour, minute, 0, 0));
    let day = || (1..=7_i8).prop_map(|day| Weekday::from_monday_one_offset(day).expect("a weekday"));
    prop_oneof![
        (clock(), clock()).prop_map(|(from, to)| (Edge::Daily(from), Edge::Daily(to))),
        (day(), clock(), day(), clock()).prop_map(|(first, from, last, to)| (Edge::Weekly(first, from), Edge::Weekly(last, to))),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    /// Ten years of minutes in six zones: within is what the clock says, and the end is the first moment outside.
    #[test]
    fn a_window_is_what_the_zones_clock_says((from, to) in edges(), zone in 0..ZONES.len(), minutes in 0..5_260_000_i64) {
        let window = freeze(from, to, ZONES[zone]);
        let moment = at("2020-01-01T00:00:00Z") + SignedDuration::from_mins(minutes);
        let until = window.until(moment);
        prop_assert_eq!(until.is_some(), slowly(&window, moment), "{} in {}", moment, ZONES[zone]);
        if let Some(until) = until {
            prop_assert!(until > moment);
            prop_assert!(slowly(&window, until - SignedDuration::from_mins(1)));
        }
    }

    /// About the days on which clocks are set, both ways.
    #[test]
    fn also_on_the_days_on_which_clocks_are_set((from, to) in edges(), zone in 1..ZONES.len(), year in 2020..2030_i16, nth in 0..2_usize, off in -2000..2000_i64) {
        let zone = ZONES[zone];
        let known = TimeZone::get(zone).expect("a zone");
        let begin = jiff::civil::date(year, 1, 1).to_zoned(known.clone()).expect("a time").timestamp();
        let leap = known.following(begin).nth(nth).map(|leap| leap.timestamp());
        let moment = leap.unwrap_or(begin) + SignedDuration::from_mins(off);
        let window = freeze(from, to, zone);
        prop_assert_eq!(window.until(moment).is_some(), slowly(&window, moment), "{} in {}", moment, zone);
    }

    /// What covers a moment covers it until its end, and nothing covers that.
    #[test]
    fn the_gate_opens_when_none_covers(all in prop::collection::vec((edges(), 0..ZONES.len()), 1..4), minutes in 0..5_260_000_i64) {
        let windows: Vec<Freeze> = all.into_iter().map(|((from, to), zone)| freeze(from, to, ZONES[zone])).collect();
        let moment = at("2020-01-01T00:00:00Z") + SignedDuration::from_mins(minutes);
        match covering(&windows, moment) {
            None => prop_assert!(windows.iter().all(|window| window.until(moment).is_none())),
            Some((_, Some(until))) => {
                prop_assert!(until > moment);
                prop_assert!(windows.iter().all(|window| window.until(until).is_none()));
                prop_assert!(windows.iter().any(|window| window.until(until - SignedDuration::from_secs(1)).is_some()));
            }
            Some((_, None)) => prop_assert!(windows.iter().any(|window| window.until(moment + SignedDuration::from_hours(24)).is_some())),
        }
    }
}
