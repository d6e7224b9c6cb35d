//! What gates found about a version: rights, pull requests, branches, tags, time, checklists.

use super::{Text, clause, perhaps, text};
use crate::domain::{
    ids::{Actor, DeploymentId, EnvironmentId},
    manifest::{Freeze, Outdated},
    policy::{Finding, Gate, There, Verdict},
    version::RefName,
};

impl Text {
    /// What a gate about the version found, and who can clear it where it is closed.
    pub(super) fn finding_about_version(&self, environment: &EnvironmentId, gate: &Gate) -> String {
        let open = gate.verdict == Verdict::Open && !gate.emergency;
        let who = || ("who", text(self.who(gate)));
        match &gate.finding {
            Finding::Rights { trigger: true, .. } => self.word("gate-rights-trigger"),
            Finding::Rights { by, .. } => {
                let by = ("by", text(self.actor(by)));
                if open {
                    return self.say("gate-rights", &[by]);
                }
                self.say("gate-rights-no", &[by, who(), ("environment", text(environment))])
            }
            Finding::Fork { number, fork } => self.fork(*number, *fork, open),
            Finding::Draft { number, draft } => self.draft(*number, *draft, open, gate),
            Finding::UpToDate { number, behind, rule } => self.up_to_date(*number, *behind, *rule),
            Finding::Protected { branch, known } => self.protected(branch.as_ref(), *known, gate),
            Finding::After { environment, there } => self.after_environment(environment, there, gate),
            Finding::Tagged { tag: Some(tag), .. } => self.say("gate-tag", &[("tag", text(tag))]),
            Finding::Tagged { pattern, tag: None } => self.say("gate-tag-no", &[("patterns", text(self.any_of(pattern))), who()]),
            Finding::Frozen { window } => self.frozen(window.as_ref()),
            Finding::Checklist { environment, id, ticked, points } => self.checklist(environment, *id, (*ticked, *points), gate),
            Finding::Point { number, text, by, by_itself } => self.point(*number, text, by.as_ref(), *by_itself),
            _ => String::new(),
        }
    }

    fn fork(&self, number: u64, fork: Option<bool>, open: bool) -> String {
        let message = match (fork, open) {
            (Some(false), _) => "gate-fork-no",
            (Some(true), true) => "gate-fork-allowed",
            (Some(true), false) => "gate-fork",
            (None, true) => "gate-pull-request-any",
            (None, false) => "gate-pull-request-unknown",
        };
        self.say(message, &[("number", text(number))])
    }

    fn draft(&self, number: u64, draft: Option<bool>, open: bool, gate: &Gate) -> String {
        let number = ("number", text(number));
        match (draft, open) {
            (Some(false), _) => self.say("gate-draft-no", &[number]),
            (Some(true), true) => self.say("gate-draft-allowed", &[number]),
            (Some(true), false) => self.say("gate-draft", &[number, ("who", text(self.who(gate)))]),
            (None, true) => self.say("gate-pull-request-any", &[number]),
            (None, false) => self.say("gate-pull-request-unknown", &[number]),
        }
    }

    fn up_to_date(&self, number: u64, behind: Option<bool>, rule: Outdated) -> String {
        let message = match (behind, rule) {
            (Some(false), _) => "gate-up-to-date",
            (Some(true), Outdated::Refuse) => "gate-behind",
            (Some(true), Outdated::Warn) => "gate-behind-warned",
            (Some(true) | None, Outdated::Allow) => "gate-behind-allowed",
            (None, Outdated::Refuse | Outdated::Warn) => "gate-behind-unknown",
        };
        self.say(message, &[("number", text(number))])
    }

    fn protected(&self, branch: Option<&RefName>, known: bool, gate: &Gate) -> String {
        let known = ("known", text(if known { "yes" } else { "no" }));
        match branch {
            Some(branch) => self.say("gate-protected", &[("branch", text(branch)), known]),
            None => self.say("gate-protected-no", &[known, ("who", text(self.who(gate)))]),
        }
    }

    fn after_environment(&self, environment: &EnvironmentId, there: &There, gate: &Gate) -> String {
        let place = ("place", text(environment));
        match there {
            There::Proved { deployment } => self.say("gate-after-proved", &[place, ("id", text(deployment))]),
            There::Never => self.say("gate-after-never", &[place, ("who", text(self.who(gate)))]),
            There::Soaks { deployment, since } => {
                self.say("gate-after-soaks", &[place, ("id", text(deployment)), ("since", text(Self::stamp(*since)))])
            }
            There::Left { deployment, by, at } => {
                let why = if at.is_some() { "replaced" } else { "rolled_back" };
                let at = ("at", perhaps(at.map(Self::stamp), "-"));
                self.say("gate-after-left", &[place, ("id", text(deployment)), ("why", text(why)), ("by", text(by)), at])
            }
        }
    }

    fn frozen(&self, window: Option<&Freeze>) -> String {
        let Some(window) = window else { return self.word("gate-freeze-no") };
        self.say("gate-freeze", &[("reason", window.reason.as_deref().map_or_else(|| text("none"), clause))])
    }

    fn checklist(&self, environment: &EnvironmentId, id: Option<DeploymentId>, (ticked, points): (u32, u32), gate: &Gate) -> String {
        let counts = [("place", text(environment)), ("ticked", text(ticked)), ("points", text(points))];
        if ticked == points {
            return self.say("gate-checklist-done", &counts);
        }
        let [place, ticked, points] = counts;
        let who = ("who", text(self.who(gate)));
        match id {
            Some(id) => self.say("gate-checklist", &[place, ticked, points, who, ("id", text(id))]),
            None => self.say("gate-checklist-later", &[place, ticked, points, who]),
        }
    }

    fn point(&self, number: u32, point: &str, by: Option<&Actor>, by_itself: bool) -> String {
        let about = [("number", text(number)), ("point", clause(point))];
        match by {
            Some(by) => {
                let [number, point] = about;
                self.say("gate-point-ticked", &[number, point, ("by", text(self.actor(by)))])
            }
            None if by_itself => self.say("gate-point-by-itself", &about),
            None => self.say("gate-point", &about),
        }
    }
}
