//! A decision as indented text: each gate with its verdict, who can clear it and when it opens.

use super::{Args, Text, clause, perhaps, text};
use crate::domain::{
    ids::{Actor, DeploymentId, EnvironmentId},
    policy::{Clearer, Decision, Finding, Gate, Hold, HoldReason, Verdict},
};

impl Text {
    /// The whole tree of a proposal: its verdict, then a line for each gate and each part of one.
    pub fn decision(&self, id: DeploymentId, environment: &EnvironmentId, decision: &Decision) -> Vec<String> {
        let verdict = match decision.verdict() {
            Verdict::Open => "decision-open",
            Verdict::Waiting => "decision-waiting",
            Verdict::Refused => "decision-refused",
        };
        let head = self.say(verdict, &[("id", text(id)), ("environment", text(environment))]);
        let gates = decision.gates.iter().flat_map(|gate| self.gate(id, environment, gate));
        std::iter::once(head).chain(gates.map(|line| format!("  {line}"))).collect()
    }

    /// One gate with its mark, its times and its parts.
    pub fn gate(&self, id: DeploymentId, environment: &EnvironmentId, gate: &Gate) -> Vec<String> {
        let mark = match gate.verdict {
            Verdict::Open if gate.emergency => '!',
            Verdict::Open => '✓',
            Verdict::Waiting => '…',
            Verdict::Refused => '✗',
        };
        let mut lines = vec![format!("{mark} {}", self.finding(id, environment, gate))];
        lines.extend(gate.parts.iter().flat_map(|part| self.gate(id, environment, part)).map(|line| format!("  {line}")));
        lines.extend(self.gate_times(gate).into_iter().map(|line| format!("  {line}")));
        lines
    }

    /// When a gate opens, and when it is given up.
    pub(super) fn gate_times(&self, gate: &Gate) -> Vec<String> {
        [("gate-opens", gate.opens), ("gate-expires", gate.expires)]
            .into_iter()
            .filter_map(|(message, at)| Some(self.say(message, &[("at", text(Self::stamp(at?)))])))
            .collect()
    }

    /// What a gate found, and who can clear it where it is closed. One that is open in an emergency alone says so.
    pub(super) fn finding(&self, id: DeploymentId, environment: &EnvironmentId, gate: &Gate) -> String {
        let found = self.found(id, environment, gate);
        if gate.emergency { self.say("gate-emergency", &[("gate", text(found))]) } else { found }
    }

    fn found(&self, id: DeploymentId, environment: &EnvironmentId, gate: &Gate) -> String {
        let open = gate.verdict == Verdict::Open && !gate.emergency;
        match &gate.finding {
            Finding::KeptBack { hold, revert } => self.kept_back(environment, gate, hold.as_ref(), *revert),
            Finding::Locked { lock: None } => self.word("gate-lock-none"),
            Finding::Locked { lock: Some(lock) } => {
                let reason = lock.reason.as_deref();
                self.say(
                    if open { "gate-lock-own" } else { "gate-lock" },
                    &[
                        ("owner", text(self.actor(&lock.owner))),
                        ("reason", reason.map_or_else(|| text("none"), clause)),
                        ("who", text(self.who(gate))),
                        ("target", text(&lock.scope)),
                    ],
                )
            }
            Finding::Approved { given, needed } => {
                let counts = [("given", text(given)), ("needed", text(needed))];
                if open {
                    return self.say("gate-approvals-given", &counts);
                }
                let [given, needed] = counts;
                self.say("gate-approvals", &[given, needed, ("who", text(self.who(gate))), ("id", text(id))])
            }
            Finding::ApprovedBy { from, by, needed } => self.part(from, by, *needed, open),
            Finding::ApprovalExpired { at } => {
                self.say("gate-approval-expired", &[("at", text(Self::stamp(*at))), ("environment", text(environment))])
            }
            Finding::Turn { behind } => self.either("gate-turn-free", "gate-turn", *behind),
            Finding::Slot { taken_by } => self.either("gate-slot-free", "gate-slot", *taken_by),
            Finding::Rights { .. }
            | Finding::Fork { .. }
            | Finding::Draft { .. }
            | Finding::UpToDate { .. }
            | Finding::Protected { .. }
            | Finding::After { .. }
            | Finding::Tagged { .. }
            | Finding::Frozen { .. }
            | Finding::Checklist { .. }
            | Finding::Point { .. } => self.finding_about_version(environment, gate),
        }
    }

    fn either(&self, free: &str, taken: &str, by: Option<DeploymentId>) -> String {
        by.map_or_else(|| self.word(free), |id| self.say(taken, &[("id", text(id))]))
    }

    fn kept_back(&self, environment: &EnvironmentId, gate: &Gate, hold: Option<&Hold>, revert: bool) -> String {
        let Some(hold) = hold else { return self.word("gate-kept-back-no") };
        let about = [("id", text(hold.deployment)), ("why", text(hold_word(hold.why)))];
        match gate.verdict {
            Verdict::Open if revert && hold.why == HoldReason::RolledBack => self.say("gate-kept-back-revert", &about[..1]),
            Verdict::Open => self.say("gate-kept-back-passed", &about),
            Verdict::Waiting | Verdict::Refused => {
                let [id, why] = about;
                self.say("gate-kept-back", &[id, why, ("who", text(self.who(gate))), ("environment", text(environment))])
            }
        }
    }

    fn part(&self, from: &[String], by: &[Actor], needed: u32, open: bool) -> String {
        let roles = if from.is_empty() { self.word("gate-part-anybody") } else { self.any_of(from) };
        let people: Vec<String> = by.iter().map(|actor| self.attributed(actor)).collect();
        let people = (!people.is_empty()).then(|| self.all_of(&people));
        let args: Args<'_> =
            &[("roles", text(roles)), ("people", perhaps(people, "none")), ("given", text(by.len())), ("needed", text(needed))];
        if open { self.say("gate-part-given", &args[..2]) } else { self.say("gate-part", args) }
    }

    /// Who can clear a gate: those whom it names itself, and those whom its closed parts name.
    pub(super) fn who(&self, gate: &Gate) -> String {
        let closed = gate.parts.iter().filter(|part| part.verdict != Verdict::Open);
        let mut who: Vec<String> = Vec::new();
        for clearer in gate.clears.iter().chain(closed.flat_map(|part| &part.clears)) {
            let one = match clearer {
                Clearer::Actor(actor) => self.actor(actor),
                Clearer::Roles(roles) => self.say("who-roles", &[("roles", text(self.any_of(roles)))]),
                Clearer::Deployers => self.word("who-deployers"),
                Clearer::DeployersOf(environment) => self.say("who-deployers-of", &[("environment", text(environment))]),
                Clearer::Committers => self.word("who-committers"),
            };
            if !who.contains(&one) {
                who.push(one);
            }
        }
        if who.is_empty() { self.word("who-deployers") } else { self.any_of(&who) }
    }
}

/// The word by which messages tell why an environment is kept back.
pub(super) fn hold_word(why: HoldReason) -> &'static str {
    match why {
        HoldReason::RolledBack => "rolled_back",
        HoldReason::NeedsHuman => "needs_human",
    }
}
