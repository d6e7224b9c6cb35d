//! Rules, right and wrong, and what their values become.

use std::fmt::Write as _;

use proptest::prelude::*;

use super::*;

fn read(text: &str, unit: Unit) -> Result<Condition, Error> {
    text.parse::<Written>()?.within(text, unit).map(|rule| rule.says)
}

fn compares(metric: &str, op: Op, with: Value, seconds: u64) -> Condition {
    Condition::Compares { metric: metric.to_owned(), op, with, lasts: Duration::from_secs(seconds) }
}

#[test]
fn rules_say_what_they_say() {
    use Value::{Plain, Previous};
    for (text, unit, says) in [
        ("errors > 5% for 5m", Unit::Ratio, compares("errors", Op::More, Plain(0.05), 300)),
        ("errors>5%   for 5m", Unit::Percent, compares("errors", Op::More, Plain(5.0), 300)),
        ("latency_p95 > 500ms for 2m", Unit::Seconds, compares("latency_p95", Op::More, Plain(0.5), 120)),
        ("latency_p95 > 5s for 10m", Unit::Milliseconds, compares("latency_p95", Op::More, Plain(5000.0), 600)),
        ("latency_p95 > 500ms for 2m", Unit::Milliseconds, compares("latency_p95", Op::More, Plain(500.0), 120)),
        ("age >= 2h for 1m", Unit::Seconds, compares("age", Op::AtLeast, Plain(7200.0), 60)),
        ("failures >= 10 for 1m", Unit::Count, compares("failures", Op::AtLeast, Plain(10.0), 60)),
        ("crashes <= 0 for 1h30m", Unit::Count, compares("crashes", Op::AtMost, Plain(0.0), 5400)),
        ("errors > 0.5 for 1m", Unit::Ratio, compares("errors", Op::More, Plain(0.5), 60)),
        ("errors > previous + 1% for 5m", Unit::Ratio, compares("errors", Op::More, Previous(0.01), 300)),
        ("errors > previous for 5m", Unit::Ratio, compares("errors", Op::More, Previous(0.0), 300)),
        ("up < previous - 1% for 5m", Unit::Ratio, compares("up", Op::Less, Previous(-0.01), 300)),
        ("health fails for 3m", Unit::Count, Condition::Fails { metric: "health".to_owned(), lasts: Duration::from_mins(3) }),
        ("alarm fires", Unit::Count, Condition::Fires { metric: "alarm".to_owned() }),
        ("alert Disk:Full/x fires", Unit::Count, Condition::Alert { name: "Disk:Full/x".to_owned() }),
    ] {
        assert_eq!(read(text, unit), Ok(says), "{text}");
    }
}

#[test]
fn what_is_not_a_rule_says_why() {
    let mut told = String::new();
    for text in [
        "",
        "errors",
        "errors >",
        "errors > 5%",
        "errors > 5% for",
        "errors > 5% for ever",
        "errors > 5% for 0s",
        "errors > 5% for 5",
        "errors == 5% for 5m",
        "errors => 5% for 5m",
        "errors is 5% for 5m",
        "errors > five for 5m",
        "errors > 5 % for 5m",
        "errors > 5km for 5m",
        "errors > .5 for 5m",
        "errors > 1e9 for 5m",
        "errors > previous + for 5m",
        "errors > previous + -1% for 5m",
        "errors > previous * 2 for 5m",
        "health fails",
        "health fails 3m",
        "alert fires",
        "alert -x fires",
        "alert a b fires",
        "-errors > 5% for 5m",
        "{{ x }} > 5% for 5m",
        "errors > 5% for 5m or more",
    ] {
        let error = text.parse::<Written>().expect_err(text);
        let _ = writeln!(told, "{text}\n  {error}");
    }
    insta::assert_snapshot!(told);
}

#[test]
fn a_value_in_a_unit_that_the_figure_cannot_have_is_refused() {
    for (text, unit) in [
        ("a > 5% for 1m", Unit::Count),
        ("a > 5% for 1m", Unit::Seconds),
        ("a > 5ms for 1m", Unit::Ratio),
        ("a > 5s for 1m", Unit::Percent),
        ("a > 5s for 1m", Unit::Count),
    ] {
        assert!(matches!(read(text, unit), Err(Error::NotOfUnit { .. })), "{text}");
    }
    let told = read("load > 5% for 1m", Unit::Count).expect_err("no count").to_string();
    assert_eq!(told, "5% cannot be compared with 'load', which is a count (0 or more)");
}

#[test]
fn what_is_always_or_never_so_is_noticed() {
    let foregone = |text: &str, unit: Unit| read(text, unit).expect("a rule").foregone(unit.most());
    for (text, unit, expected) in [
        ("a > 100% for 1m", Unit::Ratio, Some(false)),
        ("a >= 100% for 1m", Unit::Ratio, None),
        ("a >= 101% for 1m", Unit::Percent, Some(false)),
        ("a < 0 for 1m", Unit::Count, Some(false)),
        ("a <= 0 for 1m", Unit::Count, None),
        ("a >= 0 for 1m", Unit::Count, Some(true)),
        ("a > -1 for 1m", Unit::Count, Some(true)),
        ("a <= 100% for 1m", Unit::Ratio, Some(true)),
        ("a < 100% for 1m", Unit::Ratio, None),
        ("a > 999999 for 1m", Unit::Count, None),
        ("a > previous + 100% for 1m", Unit::Ratio, Some(false)),
        ("a > previous + 1% for 1m", Unit::Ratio, None),
        ("a < previous - 100% for 1m", Unit::Ratio, Some(false)),
        ("a < previous - 5s for 1m", Unit::Seconds, None),
        ("a fires", Unit::Count, None),
    ] {
        assert_eq!(foregone(text, unit), expected, "{text}");
    }
}

fn a_rule() -> impl Strategy<Value = Written> {
    let amount = (0u32..1_000_000, 0..SUFFIXES.len()).prop_map(|(n, at)| Amount { number: f64::from(n) / 100.0, suffix: SUFFIXES[at].1 });
    let lasts = || (1u64..1_000_000).prop_map(Duration::from_secs);
    let clause = prop_oneof![
        (0..OPS.len(), any::<bool>(), amount, lasts()).prop_map(|(op, previous, with, lasts)| Clause::Compares {
            op: OPS[op].1,
            previous,
            with,
            lasts
        }),
        lasts().prop_map(|lasts| Clause::Fails { lasts }),
        Just(Clause::Fires),
        Just(Clause::Alert),
    ];
    ("[a-z_][a-z0-9_-]{0,8}".prop_filter("a word of the grammar", |word| word != "alert"), clause)
        .prop_map(|(metric, clause)| Written { metric, clause })
}

proptest! {
    #[test]
    fn a_rule_is_read_as_it_was_written(rule in a_rule()) {
        prop_assert_eq!(rule.to_string().parse::<Written>(), Ok(rule));
    }

    #[test]
    fn nothing_panics(text in r"[\PC<>=%a-z0-9 .+-]{0,40}") {
        if let Ok(rule) = text.parse::<Written>() {
            for unit in [Unit::Ratio, Unit::Percent, Unit::Seconds, Unit::Milliseconds, Unit::Count] {
                let _ = rule.clone().within(&text, unit).map(|rule| rule.says.foregone(unit.most()));
            }
        }
    }
}
