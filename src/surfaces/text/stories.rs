//! What happened to a proposal and the deployment that it became.

use std::time::Duration;

use fluent_bundle::FluentValue;

use super::{Said, Text, clause, decisions::hold_word, harmless, perhaps, text};
use crate::domain::{
    deployment::Outcome,
    ids::DeploymentId,
    plan::SkipReason,
    policy::{Cause, Gate, HoldReason, Purpose},
    release::Reason,
    story::{Beat, Dropped, Story, Telling},
};

/// The most lines of output that are told with a reason; the log has all of them.
const LINES: usize = 12;

impl Text {
    /// One thing that happened.
    pub fn beat(&self, story: &Story, beat: &Beat) -> Said {
        match &beat.what {
            Telling::Proposed => Said::new(self.proposed(story)),
            Telling::Waits { gate } => self.waits(story, gate),
            Telling::Dropped { why } => self.dropped(story, why),
            Telling::Begun { steps } => Said::new(self.begun(story, *steps)),
            Telling::Resumed => Said::new(self.word("beat-resumed")),
            Telling::Stopping { by, leave } => {
                let leave = if *leave { "yes" } else { "no" };
                Said::new(self.say("beat-stopping", &[("by", text(self.actor(by))), ("leave", text(leave))]))
            }
            Telling::Skipped { step, why } => Said::new(self.skipped(step, why)),
            Telling::Done { step, op, took } => {
                Said::new(self.say("beat-done", &[("step", text(step)), ("op", text(op)), ("took", text(self.duration(*took)))]))
            }
            Telling::Trouble { step, reason } => {
                let line = self.say("beat-trouble", &[("step", text(step)), ("reason", clause(&reason.what))]);
                Said::new(line).with(self.where_and_what(reason, None))
            }
            Telling::Failed { step, op, reason } => {
                let line = self.say("beat-failed", &[("step", text(step)), ("op", text(op)), ("reason", clause(&reason.what))]);
                Said::new(line).with(self.where_and_what(reason, Some(self.log(story))))
            }
            Telling::Ended { outcome, step, took, left, rollback } => {
                let end = End { outcome, step: step.as_deref(), took: *took, left: *left, rollback: *rollback };
                Said::new(self.ended(story, &end)).with(self.after(story, &end))
            }
            Telling::KeptBack { why } => self.kept(story, *why),
            Telling::Emergency { reason, gates } => self.emergency(story, reason, gates),
            Telling::PointsOpen { points } => {
                let line = self.say("beat-points-open", &[("id", text(story.id)), ("count", FluentValue::from(points.len()))]);
                Said::new(line).with(points.iter().map(|point| format!("… {}", harmless(point))))
            }
        }
    }

    /// All of it: the headline, then each beat with its time.
    pub fn story(&self, story: &Story) -> Vec<String> {
        let beats = story.beats.iter().flat_map(|beat| {
            let said = self.beat(story, beat);
            let first = format!("  {}  {}", beat.at.strftime("%H:%M:%S"), said.line);
            std::iter::once(first).chain(said.details.into_iter().map(|line| format!("            {line}")))
        });
        std::iter::once(self.headline(story)).chain(beats).collect()
    }

    /// A button's label, and what it does. GitHub takes 20 and 40 characters.
    pub fn button(&self, button: &str) -> (String, String) {
        match button {
            "approve" => (self.word("button-approve"), self.word("button-approve-help")),
            "reject" => (self.word("button-reject"), self.word("button-reject-help")),
            "retry" => (self.word("button-retry"), self.word("button-retry-help")),
            _ => (self.word("button-rollback"), self.word("button-rollback-help")),
        }
    }

    /// What it is and how it stands, in one line.
    pub fn headline(&self, story: &Story) -> String {
        let last = story
            .beats
            .iter()
            .rev()
            .find(|beat| !matches!(beat.what, Telling::KeptBack { .. } | Telling::Emergency { .. } | Telling::PointsOpen { .. }));
        let sentence = last.map_or_else(|| self.proposed(story), |beat| self.beat(story, beat).line);
        let over = last.is_none_or(|beat| {
            matches!(beat.what, Telling::Proposed | Telling::Waits { .. } | Telling::Dropped { .. } | Telling::Ended { .. })
        });
        let sentence = if over { sentence } else { self.say("headline-running", &[("sentence", text(sentence))]) };
        let args = [
            ("id", text(story.id)),
            ("environment", text(&story.environment)),
            ("version", text(self.subject(story))),
            ("sentence", text(sentence)),
        ];
        self.say("headline", &args)
    }

    /// What it is about: a version, a runbook, a removal.
    pub fn subject(&self, story: &Story) -> String {
        let (message, runbook) = match &story.purpose {
            Purpose::Deploy => {
                return story.version.as_ref().map_or_else(|| self.word("version-earlier"), |version| harmless(&version.to_string()));
            }
            Purpose::Remove => return self.word("subject-removal"),
            Purpose::Run { runbook, undo: false } => ("subject-runbook", runbook),
            Purpose::Run { runbook, undo: true } => ("subject-undo", runbook),
        };
        self.say(message, &[("runbook", text(runbook))])
    }

    /// How a deployment ended, in a few words.
    pub fn outcome(&self, outcome: &Outcome) -> String {
        match outcome {
            Outcome::Succeeded => self.word("outcome-succeeded"),
            Outcome::Failed { reason, .. } => self.say("outcome-failed", &[("reason", clause(&reason.what))]),
            Outcome::Cancelled { by } => self.say("outcome-cancelled", &[("by", text(self.actor(by)))]),
            Outcome::NeedsHuman { reason, .. } => self.say("outcome-needs-human", &[("reason", clause(&reason.what))]),
        }
    }

    fn proposed(&self, story: &Story) -> String {
        let actor = ("actor", text(self.attributed(&story.origin.actor)));
        let how = if story.origin.automatic { "push" } else { "asked" };
        match (story.origin.retries, story.origin.cause) {
            (Some(id), _) => self.say("beat-proposed-retry", &[actor, ("id", text(id))]),
            (None, Cause::Asked) => self.say("beat-proposed", &[actor, ("how", text(how))]),
            (None, Cause::Schedule) => self.word("beat-proposed-schedule"),
            (None, Cause::Promotion { from }) => self.say("beat-proposed-promotion", &[("id", text(from))]),
            (None, Cause::PullRequest) => {
                let number = story.environment.instance.unwrap_or_default();
                self.say("beat-proposed-pull-request", &[("number", text(number)), actor])
            }
        }
    }

    fn waits(&self, story: &Story, gate: &Gate) -> Said {
        let line = self.say("beat-waits", &[("gate", text(self.finding(story.id, &story.environment, gate)))]);
        // With one part, the gate's own sentence says it all.
        let parts = if gate.parts.len() > 1 { &gate.parts[..] } else { &[] };
        let parts = parts.iter().flat_map(|part| self.gate(story.id, &story.environment, part)).collect::<Vec<_>>();
        Said::new(line).with(parts).with(self.gate_times(gate))
    }

    fn begun(&self, story: &Story, steps: usize) -> String {
        match &story.purpose {
            Purpose::Run { runbook, .. } => {
                return self.say("beat-begun-runbook", &[("runbook", text(runbook)), ("steps", FluentValue::from(steps))]);
            }
            Purpose::Remove => return self.word("beat-begun-removal"),
            Purpose::Deploy => {}
        }
        match story.reverts {
            Some(id) => self.say("beat-begun-rollback", &[("id", text(id)), ("version", text(self.version(story.version.as_ref())))]),
            None => self.say("beat-begun", &[("steps", FluentValue::from(steps))]),
        }
    }

    fn skipped(&self, step: &str, why: &SkipReason) -> String {
        match why {
            SkipReason::Unchanged => self.say("beat-skipped-unchanged", &[("step", text(step))]),
            SkipReason::TakenOver(id) => self.say("beat-skipped-taken-over", &[("step", text(step)), ("id", text(id))]),
        }
    }

    fn kept(&self, story: &Story, why: HoldReason) -> Said {
        let environment = ("environment", text(&story.environment));
        let way = match why {
            HoldReason::RolledBack => "do-unlock",
            HoldReason::NeedsHuman => "do-unlock-human",
        };
        let line = self.say("beat-kept-back", &[("why", text(hold_word(why)))]);
        Said::new(line).with([self.say(way, &[environment])])
    }

    fn dropped(&self, story: &Story, why: &Dropped) -> Said {
        let by = |actor| ("by", text(self.attributed(actor)));
        let line = match why {
            Dropped::Superseded { by } => self.say("dropped-superseded", &[("id", text(by))]),
            Dropped::Rejected { by: actor, reason } => {
                let reason = reason.as_deref().map_or_else(|| text("none"), clause);
                self.say("dropped-rejected", &[by(actor), ("reason", reason)])
            }
            Dropped::Withdrawn { by: actor } => self.say("dropped-withdrawn", &[by(actor)]),
            Dropped::Expired => self.word("dropped-expired"),
            Dropped::Impossible { reason } => self.say("dropped-impossible", &[("reason", clause(reason))]),
            Dropped::Refused { gate } => self.say("dropped-refused", &[("gate", text(self.finding(story.id, &story.environment, gate)))]),
        };
        let way = match why {
            Dropped::Superseded { .. } | Dropped::Withdrawn { .. } => None,
            Dropped::Rejected { .. } | Dropped::Expired | Dropped::Refused { .. } => Some("do-ask-again"),
            Dropped::Impossible { .. } => Some("do-deploy-again"),
        };
        Said::new(line).with(way.map(|way| self.say(way, &[("environment", text(&story.environment))])))
    }

    /// It is told loudly that somebody broke the glass, why, and what would have stood in the way.
    fn emergency(&self, story: &Story, reason: &str, gates: &[Gate]) -> Said {
        let who = ("actor", text(self.actor(&story.origin.actor)));
        let line = self.say("beat-emergency", &[who, ("reason", clause(reason))]);
        Said::new(line).with(gates.iter().flat_map(|gate| self.gate(story.id, &story.environment, gate)))
    }

    /// What happened, and what it means for what runs.
    fn ended(&self, story: &Story, end: &End<'_>) -> String {
        let took = ("took", text(self.duration(end.took)));
        let step = ("step", perhaps(end.step, "none"));
        let version = ("version", text(self.version(story.version.as_ref())));
        let sentence = match end.outcome {
            Outcome::Succeeded if let Some(id) = end.rollback => return self.say("ended-reverted", &[took, ("rollback", text(id))]),
            Outcome::Succeeded if let Purpose::Run { runbook, .. } = &story.purpose => {
                return self.say("ended-run", &[took, ("runbook", text(runbook))]);
            }
            Outcome::Succeeded if story.purpose == Purpose::Remove => return self.say("ended-removed", &[took]),
            Outcome::Succeeded if story.reverts.is_some() => self.say("ended-rolled-back", &[took, version]),
            Outcome::Succeeded => self.say("ended-succeeded", &[took, version]),
            Outcome::Failed { .. } => self.say("ended-failed", &[took, step]),
            Outcome::Cancelled { by } => self.say("ended-cancelled", &[took, ("by", text(self.actor(by)))]),
            Outcome::NeedsHuman { reason, .. } => self.say("ended-needs-human", &[took, step, ("reason", clause(&reason.what))]),
        };
        let ended = ("ended", text(&sentence));
        match (end.outcome, end.rollback) {
            (Outcome::Failed { .. } | Outcome::Cancelled { .. }, Some(id)) => {
                self.say("ended-then-rollback", &[ended, ("rollback", text(id))])
            }
            (_, Some(id)) => self.say("ended-then-reverted", &[ended, ("rollback", text(id))]),
            (Outcome::Cancelled { .. }, None) if end.left => self.say("ended-then-left", &[ended]),
            (Outcome::Failed { .. } | Outcome::Cancelled { .. }, None) if story.purpose != Purpose::Deploy => {
                self.say("ended-then-stopped", &[ended])
            }
            (Outcome::Failed { .. } | Outcome::Cancelled { .. }, None) => self.say("ended-then-nothing", &[ended]),
            (_, None) => sentence,
        }
    }

    /// Where to look and what to do after an end.
    fn after(&self, story: &Story, end: &End<'_>) -> Vec<String> {
        match end.outcome {
            Outcome::Failed { .. } => {
                let retry = self.say("do-retry", &[("id", text(story.id))]);
                let undo = match &story.purpose {
                    Purpose::Run { runbook, undo: false } => {
                        let runbook = format!("{} {runbook}", story.environment.application);
                        Some(self.say("do-undo", &[("runbook", text(runbook))]))
                    }
                    _ => None,
                };
                std::iter::once(retry).chain(undo).collect()
            }
            Outcome::Cancelled { .. } if end.left => vec![self.say("do-roll-back", &[("environment", text(&story.environment))])],
            Outcome::Succeeded | Outcome::Cancelled { .. } => Vec::new(),
            Outcome::NeedsHuman { reason, by_hand, .. } => {
                let told = |beat: &Beat| matches!(&beat.what, Telling::Failed { reason: told, .. } if told.what == reason.what);
                let mut lines = if story.beats.iter().any(told) {
                    self.where_and_what(&Reason { what: String::new(), look: None, ..reason.clone() }, None)
                } else {
                    self.where_and_what(reason, None)
                };
                if by_hand.is_empty() {
                    lines.push(self.log(story));
                } else {
                    lines.push(self.word("do-by-hand"));
                    lines.extend(by_hand.iter().map(|command| format!("  {}", harmless(command))));
                }
                lines
            }
        }
    }

    fn log(&self, story: &Story) -> String {
        self.say("look-log", &[("id", text(story.id))])
    }

    /// A reason's further lines, the places to look at and what to do. Output of several lines is quoted.
    fn where_and_what(&self, reason: &Reason, log: Option<String>) -> Vec<String> {
        let further: Vec<&str> = reason.what.lines().map(str::trim).filter(|line| !line.is_empty()).skip(1).collect();
        let mut lines = self.quoted(&further);
        match reason.look.as_deref().map(|look| look.lines().filter(|line| !line.trim().is_empty()).collect::<Vec<_>>()) {
            Some(places) if places.len() > 1 => lines.extend(self.quoted(&places)),
            Some(places) => lines.extend(places.first().map(|place| self.say("look", &[("place", text(place))]))),
            None => {}
        }
        lines.extend(log);
        lines.extend(reason.remedy.as_deref().map(|remedy| self.say("remedy", &[("remedy", clause(remedy))])));
        lines
    }

    fn quoted(&self, lines: &[&str]) -> Vec<String> {
        if lines.is_empty() {
            return Vec::new();
        }
        let last = lines[lines.len().saturating_sub(LINES)..].iter().map(|line| format!("  | {}", printed(line)));
        std::iter::once(self.word("look-lines")).chain(last).collect()
    }
}

/// A line of output as it looked in the end: without its colours, and with what was written last over the rest.
fn printed(line: &str) -> String {
    let last = line.rsplit('\r').find(|part| !part.trim().is_empty()).unwrap_or_default();
    harmless(&anstream::adapter::strip_str(last).to_string())
}

/// An end, with what follows from it.
struct End<'a> {
    outcome: &'a Outcome,
    step: Option<&'a str>,
    took: Duration,
    left: bool,
    rollback: Option<DeploymentId>,
}
