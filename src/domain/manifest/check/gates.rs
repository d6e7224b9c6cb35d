//! What stands before a deployment, and what follows it: triggers, approvals, freezes, goals.

use std::{collections::BTreeSet, time::Duration};

use indexmap::IndexMap;

use super::{
    super::{
        mistake::Code,
        model::{After, ApprovalPart, Approvals, Bump, GithubRelease, Goals, Limits, Promote, Trigger},
        pattern::Patterns,
        schedule::Schedule,
        window::{self, Edge, Freeze},
        written,
        yaml::Path,
    },
    Checker,
};
use crate::domain::ids::EnvironmentName;

/// How long a proposal waits for people when the file does not say.
const EXPIRES: Duration = Duration::from_hours(24);

/// The most people that one part of an approval may ask for.
const MOST_PEOPLE: u64 = 20;

/// The most previews that may be allowed.
const MOST_PREVIEWS: u64 = 1000;

/// The zone on whose clock a time is read when the file does not say.
const ZONE: &str = "UTC";

const TRIGGERS: &[&str] = &["push", "tag", "pull_request", "schedule"];

impl Checker<'_> {
    pub(super) fn triggers(&mut self, path: &Path, written: Vec<written::Trigger>) -> Vec<Trigger> {
        let triggers = written.into_iter().enumerate().filter_map(|(i, trigger)| self.trigger(&path.item(i), trigger)).collect::<Vec<_>>();
        let scheduled = triggers.iter().position(|trigger| matches!(trigger, Trigger::Schedule(_)));
        if let Some(index) = scheduled.filter(|_| !follows_one_branch(&triggers)) {
            let why = "what comes at a time is the head of the one branch that the environment follows";
            self.wrong_key(&path.item(index).key("schedule"), Code::Needs { key: "schedule", needs: "push: BRANCH", why });
        }
        triggers
    }

    fn trigger(&mut self, path: &Path, written: written::Trigger) -> Option<Trigger> {
        let there = [written.push.is_some(), written.tag.is_some(), written.pull_request.is_some(), written.schedule.is_some()];
        if written.zone.is_some() && written.schedule.is_none() {
            self.useless(path, "zone", "only a 'schedule' is read on a clock");
        }
        match (written.push, written.tag, written.pull_request, written.schedule) {
            (Some(push), None, None, None) => Some(Trigger::Push(self.references(&path.key("push"), push))),
            (None, Some(tag), None, None) => Some(Trigger::Tag(self.references(&path.key("tag"), tag))),
            (None, None, Some(written::PullRequest { label }), None) => {
                self.fixed(&path.key("pull_request").key("label"), &label);
                Some(Trigger::PullRequest { label })
            }
            (None, None, None, Some(fields)) => self.schedule(path, &fields, written.zone.as_deref()).map(Trigger::Schedule),
            _ => {
                let found = TRIGGERS.iter().zip(there).filter_map(|(key, there)| there.then_some(*key)).collect();
                self.wrong(path, Code::ExactlyOne { of: TRIGGERS, found });
                None
            }
        }
    }

    /// Patterns of branches or tags: Git has none whose name begins with '-'.
    fn references(&mut self, path: &Path, written: written::Several) -> Patterns {
        for (i, pattern) in written.0.iter().enumerate() {
            if pattern.trim_start_matches('!').starts_with('-') {
                self.form(&path.item(i), pattern, "a pattern that fits a branch or a tag (no name begins with '-')");
            }
        }
        self.patterns(path, Some(written))
    }

    pub(super) fn schedule(&mut self, path: &Path, fields: &str, zone: Option<&str>) -> Option<Schedule> {
        let zone = self.zone(path, zone);
        let schedule = Schedule::new(fields, zone.unwrap_or(ZONE)).map_err(|error| self.wrong(&path.key("schedule"), error)).ok();
        zone.and(schedule)
    }

    /// A zone that there is, when one is written.
    fn zone<'a>(&mut self, path: &Path, written: Option<&'a str>) -> Option<&'a str> {
        let zone = written.unwrap_or(ZONE);
        window::zone_named(zone).map_err(|error| self.wrong(&path.key("zone"), error)).ok().map(|_| zone)
    }

    pub(super) fn approvals(&mut self, path: &Path, written: written::Approvals) -> Approvals {
        let expires = self.span(&path.key("expires"), written.expires.as_ref()).unwrap_or(EXPIRES);
        let parts = match (written.count, written.all) {
            (Some(count), None) => {
                vec![self.approval_part(path, written::ApprovalPart { count, from: written.from.unwrap_or_default() })]
            }
            (None, Some(all)) => {
                if written.from.is_some() {
                    self.useless(path, "from", "each part of 'all' has its own");
                }
                self.something(&path.key("all"), Some(&all), "name a part, or leave 'approvals' out");
                let path = path.key("all");
                all.into_iter().enumerate().map(|(i, part)| self.approval_part(&path.item(i), part)).collect()
            }
            (count, _) => {
                let found = if count.is_some() { vec!["count", "all"] } else { vec![] };
                self.wrong(path, Code::ExactlyOne { of: &["count", "all"], found });
                Vec::new()
            }
        };
        Approvals { parts, allow_requester: written.allow_requester, expires }
    }

    fn approval_part(&mut self, path: &Path, written: written::ApprovalPart) -> ApprovalPart {
        self.bounded(&path.key("count"), written.count.into(), 1, MOST_PEOPLE);
        self.roles(&path.key("from"), &written.from);
        let people: Option<Vec<_>> = written.from.iter().map(|role| self.around.people.get(role)).collect();
        let there_are = people.map(|people| people.into_iter().flatten().collect::<BTreeSet<_>>().len());
        if let Some(there_are) = there_are.filter(|there_are| !written.from.is_empty() && *there_are < written.count as usize) {
            self.wrong(&path.key("count"), Code::TooFew { count: written.count, there_are });
        }
        ApprovalPart { count: written.count, from: written.from }
    }

    pub(super) fn after(&mut self, path: &Path, written: &written::After, names: &IndexMap<EnvironmentName, ()>) -> Option<After> {
        let environment = self.environment_name(&path.key("environment"), &written.environment, names);
        let soak = self.span(&path.key("soak"), written.soak.as_ref());
        let words = [("manual", Promote::Manual), ("automatic", Promote::Automatic)];
        let promote = self.word(&path.key("promote"), written.promote.as_deref(), &words).unwrap_or_default();
        Some(After { environment: environment?, soak, promote, checklist: written.checklist })
    }

    pub(super) fn freezes(&mut self, path: &Path, written: Vec<written::Freeze>) -> Vec<Freeze> {
        let count = written.len();
        let freezes: Vec<Freeze> = written.into_iter().enumerate().filter_map(|(i, freeze)| self.freeze(&path.item(i), freeze)).collect();
        if freezes.len() == count && window::never_open(&freezes) {
            self.wrong(path, Code::NeverOpen);
        }
        freezes
    }

    fn freeze(&mut self, path: &Path, written: written::Freeze) -> Option<Freeze> {
        let from = self.parsed::<Edge>(&path.key("from"), &written.from);
        let to = self.parsed::<Edge>(&path.key("to"), &written.to);
        let zone = self.zone(path, written.zone.as_deref());
        let freeze = Freeze::new(from?, to?, zone.unwrap_or(ZONE), written.reason);
        zone.and(freeze.map_err(|error| self.wrong(&path.key("to"), error)).ok())
    }

    pub(super) fn limits(&mut self, path: &Path, written: &written::Limits) -> Limits {
        if written.count.is_none() && written.age.is_none() {
            self.wrong(path, Code::Nothing("give a 'count' or an 'age', or leave the key out"));
        }
        if let Some(count) = written.count {
            self.bounded(&path.key("count"), count.into(), 1, MOST_PREVIEWS);
        }
        Limits { count: written.count, age: self.span(&path.key("age"), written.age.as_ref()) }
    }

    pub(super) fn github_release(&mut self, path: &Path, written: written::GithubRelease) -> GithubRelease {
        let generated_notes = self.word(&path.key("notes"), written.notes.as_deref(), &[("generated", ())]).is_some();
        let words = [("major", Bump::Major), ("minor", Bump::Minor), ("patch", Bump::Patch)];
        let bump = written.tag.map(|tag| tag.create.bump);
        GithubRelease { generated_notes, bump: self.word(&path.key("tag").key("create").key("bump"), bump.as_deref(), &words) }
    }

    pub(super) fn goals(&mut self, path: &Path, written: &written::Goals) -> Goals {
        Goals {
            success: self.share(&path.key("success"), written.success.as_ref()),
            deployment: self.span(&path.key("deployment"), written.deployment.as_ref()),
            rollback: self.span(&path.key("rollback"), written.rollback.as_ref()),
            downtime: self.share(&path.key("downtime"), written.downtime.as_ref()),
        }
    }

    /// `95%`, from 0 to 1.
    fn share(&mut self, path: &Path, written: Option<&written::Share>) -> Option<f64> {
        let text = &written?.0;
        let number = text.strip_suffix('%').filter(|number| number.starts_with(|c: char| c.is_ascii_digit()));
        let share = match number.map(str::parse::<f64>) {
            Some(Ok(percent)) if (0.0..=100.0).contains(&percent) => Some(percent / 100.0),
            None if text == "0" => Some(0.0),
            _ => None,
        };
        if share.is_none() {
            self.form(path, text, "a share such as 95% (from 0% to 100%)");
        }
        share
    }

    /// The labels of the issue that a rollback by itself opens.
    pub(super) fn labels(&mut self, path: &Path, written: written::Incident) -> Vec<String> {
        let labels = written.issue.labels;
        for (i, label) in labels.iter().enumerate() {
            self.fixed(&path.item(i), label);
        }
        labels
    }
}

/// Whether there is one branch, without wildcards, whose head can be meant.
fn follows_one_branch(triggers: &[Trigger]) -> bool {
    let pushes: Vec<&[String]> = triggers
        .iter()
        .filter_map(|trigger| match trigger {
            Trigger::Push(patterns) => Some(patterns.sources()),
            _ => None,
        })
        .collect();
    matches!(pushes[..], [[only]] if !only.contains(['*', '?', '+', '[', '\\', '!']))
}
