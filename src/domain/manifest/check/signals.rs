//! Metrics, and the rules that look at them.

use std::{collections::HashMap, time::Duration};

use indexmap::IndexMap;

use super::{
    super::{
        duration,
        mistake::{Code, nearest},
        model::{CloudwatchMetric, Measure, Metric, NoData, Source, Unit, Watch},
        rule::{self, Condition, Rule},
        template::Template,
        written,
        yaml::Path,
    },
    Checker, Placed, keys,
};

/// What rules suggest that metrics are measured in.
pub(super) type Hints = HashMap<String, Unit>;

/// The templates of each metric.
pub(super) type Templates = IndexMap<String, Vec<Placed>>;

const SOURCES: &[&str] = &["prometheus", "cloudwatch", "cloudwatch_alarm", "probe"];

const UNITS: &[(&str, Unit)] = &[
    ("seconds", Unit::Seconds),
    ("milliseconds", Unit::Milliseconds),
    ("ratio", Unit::Ratio),
    ("percent", Unit::Percent),
    ("count", Unit::Count),
];

const MEASURES: &[(&str, Measure)] = &[
    ("health", Measure::Health),
    ("error_rate", Measure::ErrorRate),
    ("availability", Measure::Availability),
    ("latency_p50", Measure::LatencyP50),
    ("latency_p95", Measure::LatencyP95),
    ("latency_p99", Measure::LatencyP99),
];

const NO_DATA: &[(&str, NoData)] = &[("wait", NoData::Wait), ("pass", NoData::Pass), ("fail", NoData::Fail)];

/// How long one sample of CloudWatch is.
const PERIOD: Duration = Duration::from_mins(1);
/// How often a probe asks.
const EVERY: Duration = Duration::from_secs(15);
/// How long one answer may take.
const TIMEOUT: Duration = Duration::from_secs(10);

/// What all rules of a file suggest, the first that says something about a metric.
pub(super) fn hints(written: &written::Application) -> Hints {
    let watches = written.watch.iter().chain(written.environments.values().filter_map(|environment| environment.watch.as_ref()));
    let watched = watches.flat_map(|watch| watch.rollback_when.iter().chain(&watch.tell_when));
    let entries = written.steps.iter().chain(written.runbooks.values().flat_map(|runbook| &runbook.steps));
    let entries = entries.flat_map(|entry| std::iter::once(entry).chain(entry.parallel.iter().flatten()));
    let traffic = entries.filter_map(|entry| entry.ecs_service.as_ref()?.traffic.as_ref());
    let moved = traffic.flat_map(|traffic| traffic.advance_when.iter().chain(&traffic.abort_when));
    let mut hints = Hints::new();
    for rule in watched.chain(moved).filter_map(|text| text.parse::<rule::Written>().ok()) {
        if let (Some(metric), Some(unit)) = (rule.metric(), rule.suggests()) {
            hints.entry(metric.to_owned()).or_insert(unit);
        }
    }
    hints
}

impl Checker<'_> {
    /// The metrics are kept for the rules; their templates come back, for the names in them.
    pub(super) fn metrics(&mut self, path: &Path, written: IndexMap<String, written::Metric>, hints: &Hints) -> Templates {
        let mut templates = Templates::new();
        for (name, metric) in written {
            let path = path.key(&name);
            if !rule::is_metric(&name) {
                let wanted = "a metric's name (letters, digits, '_', '-' and '.', a letter or '_' first, not alert)";
                self.wrong_key(&path, Code::Form { text: name.clone(), wanted });
            }
            let mut placed = Vec::new();
            if let Some(metric) = self.metric(&path, metric, hints.get(&name).copied(), &mut placed) {
                self.metrics.insert(name.clone(), metric);
            }
            templates.insert(name, placed);
        }
        templates
    }

    fn metric(&mut self, path: &Path, mut written: written::Metric, hint: Option<Unit>, placed: &mut Vec<Placed>) -> Option<Metric> {
        let unit_text = written.unit.take();
        let given = self.word(&path.key("unit"), unit_text.as_deref(), UNITS);
        let no_data = self.word(&path.key("no_data"), written.no_data.take().as_deref(), NO_DATA).unwrap_or_default();
        let source = self.source(path, written, placed)?;
        let own = own_unit(&source);
        if let (Some((own, is)), Some(given), Some(text)) = (own, given, unit_text)
            && own != given
        {
            self.wrong(&path.key("unit"), Code::OtherUnit { is, unit: text });
        }
        let unit = own.map(|(unit, _)| unit).or(given);
        Some(Metric { unit: unit.or(hint).unwrap_or(Unit::Count), assumed: unit.is_none(), no_data, source })
    }

    fn source(&mut self, path: &Path, written: written::Metric, placed: &mut Vec<Placed>) -> Option<Source> {
        let written::Metric { prometheus, cloudwatch, cloudwatch_alarm, probe, .. } = written;
        let there = [prometheus.is_some(), cloudwatch.is_some(), cloudwatch_alarm.is_some(), probe.is_some()];
        match (prometheus, cloudwatch, cloudwatch_alarm, probe) {
            (Some(prometheus), None, None, None) => {
                let path = path.key("prometheus");
                self.web_address(&path.key("server"), &prometheus.server);
                if prometheus.query.trim().is_empty() {
                    self.wrong(&path.key("query"), Code::Nothing("write a query that answers one number"));
                }
                let server = self.template(&path.key("server"), &prometheus.server, placed);
                Some(Source::Prometheus { server, query: self.template(&path.key("query"), &prometheus.query, placed) })
            }
            (None, Some(cloudwatch), None, None) => self.cloudwatch(&path.key("cloudwatch"), cloudwatch, placed),
            (None, None, Some(alarm), None) => Some(Source::CloudwatchAlarm(self.named(&path.key("cloudwatch_alarm"), &alarm, placed))),
            (None, None, None, Some(probe)) => Some(self.probe(&path.key("probe"), &probe, placed)),
            _ => {
                let found = SOURCES.iter().zip(there).filter_map(|(key, there)| there.then_some(*key)).collect();
                self.wrong(path, Code::ExactlyOne { of: SOURCES, found });
                None
            }
        }
    }

    fn named(&mut self, path: &Path, text: &str, placed: &mut Vec<Placed>) -> Template {
        self.plain(path, text);
        self.template(path, text, placed)
    }

    fn cloudwatch(&mut self, path: &Path, written: written::Cloudwatch, placed: &mut Vec<Placed>) -> Option<Source> {
        let region = written.region.inspect(|region| self.fixed(&path.key("region"), region));
        let period = self.span(&path.key("period"), written.period.as_ref()).unwrap_or(PERIOD);
        if !period.as_secs().is_multiple_of(60) {
            self.form(&path.key("period"), &duration::text(period), "whole minutes");
        }
        let of = match (written.ratio, written.name) {
            (Some(ratio), None) => {
                for (key, there) in [
                    ("namespace", written.namespace.is_some()),
                    ("statistic", written.statistic.is_some()),
                    ("dimensions", written.dimensions.is_some()),
                ] {
                    if there {
                        self.useless(path, key, "each metric of 'ratio' has its own");
                    }
                }
                let path = path.key("ratio");
                if ratio.len() != 2 {
                    self.form(&path, &ratio.len().to_string(), "two metrics, of which the first is divided by the second");
                }
                ratio.into_iter().enumerate().map(|(i, metric)| self.cloudwatch_metric(&path.item(i), metric, placed)).collect()
            }
            (None, Some(name)) => {
                let (Some(namespace), Some(statistic)) = (&written.namespace, &written.statistic) else {
                    let missing = if written.namespace.is_none() { "namespace" } else { "statistic" };
                    self.wrong(path, Code::MissingKey(missing.to_owned()));
                    return None;
                };
                let dimensions = written.dimensions.unwrap_or_default();
                let metric = written::CloudwatchMetric { namespace: namespace.clone(), name, statistic: statistic.clone(), dimensions };
                vec![self.cloudwatch_metric(path, metric, placed)]
            }
            (ratio, _) => {
                let found = if ratio.is_some() { vec!["name", "ratio"] } else { vec![] };
                self.wrong(path, Code::ExactlyOne { of: &["name", "ratio"], found });
                return None;
            }
        };
        Some(Source::Cloudwatch { region, of, period })
    }

    fn cloudwatch_metric(&mut self, path: &Path, written: written::CloudwatchMetric, placed: &mut Vec<Placed>) -> CloudwatchMetric {
        if !is_statistic(&written.statistic) {
            self.form(&path.key("statistic"), &written.statistic, "a statistic (Sum, Average, Minimum, Maximum, SampleCount, p95 …)");
        }
        let mut dimensions = IndexMap::new();
        for (name, text) in written.dimensions {
            let path = path.key("dimensions").key(&name);
            dimensions.insert(name, self.named(&path, &text, placed));
        }
        CloudwatchMetric {
            namespace: self.named(&path.key("namespace"), &written.namespace, placed),
            name: self.named(&path.key("name"), &written.name, placed),
            statistic: written.statistic,
            dimensions,
        }
    }

    fn probe(&mut self, path: &Path, written: &written::Probe, placed: &mut Vec<Placed>) -> Source {
        self.web_address(&path.key("url"), &written.url);
        let measure = self.word(&path.key("measure"), written.measure.as_deref(), MEASURES);
        if measure.is_none() && written.measure.is_some() {
            self.gone.set_aside(&path.key("measure"));
        }
        Source::Probe {
            url: self.template(&path.key("url"), &written.url, placed),
            every: self.span(&path.key("every"), written.every.as_ref()).unwrap_or(EVERY),
            timeout: self.span(&path.key("timeout"), written.timeout.as_ref()).unwrap_or(TIMEOUT),
            measure: measure.unwrap_or_default(),
        }
    }

    pub(super) fn watch(&mut self, path: &Path, written: &written::Watch) -> Watch {
        let lasts = self.span(&path.key("for"), Some(&written.lasts));
        let rollback_when = self.rules(&path.key("rollback_when"), &written.rollback_when);
        let tell_when = self.rules(&path.key("tell_when"), &written.tell_when);
        if let Some(watch) = lasts {
            self.fires(watch, &rollback_when);
        }
        let alone = |rules: Vec<(Path, Rule)>| rules.into_iter().map(|(_, rule)| rule).collect();
        Watch { lasts: lasts.unwrap_or_default(), rollback_when: alone(rollback_when), tell_when: alone(tell_when) }
    }

    /// Rules that a watch is too short for never roll back.
    fn fires(&mut self, watch: Duration, rules: &[(Path, Rule)]) {
        for (at, rule) in rules {
            let every = rule.metric().and_then(|name| self.metrics.get(name)).and_then(|metric| match metric.source {
                Source::Probe { every, .. } => Some(every),
                _ => None,
            });
            if let Some(lasts) = rule.lasts().filter(|lasts| *lasts > watch) {
                self.wrong(at, Code::Outlasts { rule: duration::text(lasts), watch: duration::text(watch) });
            } else if let Some(every) = every.filter(|every| *every > watch) {
                self.wrong(at, Code::TooRare { every: duration::text(every), watch: duration::text(watch) });
            }
        }
    }

    /// Rules with their places.
    pub(super) fn rules(&mut self, path: &Path, texts: &[String]) -> Vec<(Path, Rule)> {
        let rules = texts.iter().enumerate().map(|(i, text)| (path.item(i), text));
        rules.filter_map(|(path, text)| self.rule(&path, text).map(|rule| (path, rule))).collect()
    }

    fn rule(&mut self, path: &Path, text: &str) -> Option<Rule> {
        let written = self.parsed::<rule::Written>(path, text)?;
        let Some(name) = written.metric().map(str::to_owned) else {
            return written.within(text, Unit::Count).map_err(|error| self.wrong(path, error)).ok();
        };
        let Some(metric) = self.metrics.get(&name) else {
            // One that had a mistake of its own is told already.
            if !self.is_written(&Path::default().key("metrics"), &name) {
                let near = nearest(&name, self.metrics.keys().map(String::as_str));
                self.wrong(path, Code::UnknownMetric { name, near, known: keys(&self.metrics) });
            }
            return None;
        };
        let (unit, (is, write)) = (metric.unit, sort(&metric.source));
        let rule = written.within(text, unit).map_err(|error| self.wrong(path, error)).ok()?;
        let fits = match &rule.says {
            Condition::Compares { .. } => write == COMPARES,
            Condition::Fails { .. } => write == FAILS,
            Condition::Fires { .. } | Condition::Alert { .. } => write == FIRES,
        };
        if !fits {
            self.wrong(path, Code::OtherRule { metric: name, is, write });
        } else if let Some(always) = rule.says.foregone(unit.most()) {
            self.wrong(path, Code::Foregone { always, metric: name, is: unit.in_words() });
        }
        Some(rule)
    }
}

const COMPARES: &str = "> 5 for 5m";
const FAILS: &str = "fails for 3m";
const FIRES: &str = "fires";

/// What a metric is to a rule, and how a rule looks at it.
fn sort(source: &Source) -> (&'static str, &'static str) {
    match source {
        Source::CloudwatchAlarm(_) => ("an alarm", FIRES),
        Source::Probe { measure: Measure::Health, .. } => ("a health probe", FAILS),
        Source::Probe { .. } | Source::Prometheus { .. } | Source::Cloudwatch { .. } => ("a figure", COMPARES),
    }
}

/// The unit that follows from what is read, and what that is.
fn own_unit(source: &Source) -> Option<(Unit, &'static str)> {
    match source {
        Source::Prometheus { .. } => None,
        Source::Cloudwatch { of, .. } => (of.len() > 1).then_some((Unit::Ratio, "a ratio")),
        Source::CloudwatchAlarm(_) => Some((Unit::Count, "an alarm, which has no unit")),
        Source::Probe { measure, .. } => Some(match measure {
            Measure::Health => (Unit::Count, "healthy or not, which has no unit"),
            Measure::ErrorRate | Measure::Availability => (Unit::Ratio, "a ratio"),
            Measure::LatencyP50 | Measure::LatencyP95 | Measure::LatencyP99 => (Unit::Seconds, "a time in seconds"),
        }),
    }
}

/// `Sum`, `p95`, `p99.9` …
fn is_statistic(text: &str) -> bool {
    let percentile = text.strip_prefix('p').is_some_and(|number| {
        number.starts_with(|c: char| c.is_ascii_digit()) && number.len() <= 8 && number.parse::<f64>().is_ok_and(|n| n > 0.0 && n < 100.0)
    });
    percentile || matches!(text, "Sum" | "Average" | "Minimum" | "Maximum" | "SampleCount")
}
