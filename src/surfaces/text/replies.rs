//! Answers to whoever pushed or asked.

use fluent_bundle::FluentValue;

use super::{Text, clause, perhaps, text};
use crate::domain::{
    ids::{Actor, DeploymentId, EnvironmentId},
    policy::Lock,
    reply::{Answered, Done, Refusal, Reply},
    version::Sha,
};

/// How many digits of a commit's SHA are shown.
const SHORT: usize = 12;

impl Text {
    /// What became of a delivery, a sentence or more for each thing that it is about.
    pub fn reply(&self, reply: &Reply) -> Vec<String> {
        match reply {
            Reply::Closed { reason } => vec![self.say("reply-closed", &[("reason", clause(reason))])],
            Reply::Decided { answers } if answers.is_empty() => vec![self.word("reply-nothing")],
            Reply::Decided { answers } => answers.iter().flat_map(|(id, answer)| self.answered(id, answer)).collect(),
            Reply::Done { done } => self.done(done),
            Reply::Refused { refusal } => vec![self.refusal(refusal)],
            Reply::Heard { commands } => vec![self.say("reply-heard", &[("commands", FluentValue::from(*commands))])],
            Reply::Misread { mistake } => vec![self.misread(mistake)],
            Reply::Shown { shown } => self.shown(shown),
            Reply::Delayed { reason } => vec![self.say("reply-delayed", &[("reason", clause(reason))])],
            Reply::Parked { reason } => vec![self.say("reply-parked", &[("reason", clause(reason))])],
        }
    }

    fn answered(&self, id: &EnvironmentId, answer: &Answered) -> Vec<String> {
        let environment = ("environment", text(id));
        match answer {
            Answered::Proposed { id, version, supersedes } => {
                let args = [environment.clone(), ("id", text(id)), ("version", text(version))];
                let mut lines = vec![self.say("answered-proposed", &args)];
                if !supersedes.is_empty() {
                    let ids: Vec<String> = supersedes.iter().map(|id| format!("#{id}")).collect();
                    lines.push(self.say("answered-supersedes", &[environment, ("ids", text(self.all_of(&ids)))]));
                }
                lines
            }
            Answered::ToRun { id, runbook, undo } => {
                let undo = if *undo { "yes" } else { "no" };
                vec![self.say("answered-to-run", &[environment, ("id", text(id)), ("runbook", text(runbook)), ("undo", text(undo))])]
            }
            Answered::ToRemove { id } => vec![self.say("answered-to-remove", &[environment, ("id", text(id))])],
            Answered::Joined { id } => vec![self.say("answered-joined", &[environment, ("id", text(id))])],
            Answered::Unchanged { with } => vec![self.say("answered-unchanged", &[environment, ("id", text(with))])],
            Answered::Refused { refusal } => {
                vec![self.say("answered-refused", &[environment, ("refusal", text(self.refusal(refusal)))])]
            }
        }
    }

    fn done(&self, done: &Done) -> Vec<String> {
        let about = |message: &str, id: &DeploymentId| vec![self.say(message, &[("id", text(id))])];
        match done {
            Done::RollingBack { id, version } => {
                vec![self.say("done-rolling-back", &[("id", text(id)), ("version", text(self.version(version.as_ref())))])]
            }
            Done::Approved { id } => about("done-approved", id),
            Done::Rejected { id } => about("done-rejected", id),
            Done::Locked { lock, from } => self.locked(lock, from.as_ref()),
            Done::Unlocked { scope } => vec![self.say("done-unlocked", &[("scope", text(self.scope(scope)))])],
            Done::Cancelling { id } => about("done-cancelling", id),
            Done::Withdrawn { id } => about("done-withdrawn", id),
            Done::Ticked { environment, number, text: point, off, already } => {
                let message = match (*off, *already) {
                    (false, false) => "done-ticked",
                    (false, true) => "done-ticked-before",
                    (true, false) => "done-not-ticked",
                    (true, true) => "done-not-ticked-before",
                };
                vec![self.say(message, &[("environment", text(environment)), ("number", text(number)), ("point", clause(point))])]
            }
        }
    }

    fn locked(&self, lock: &Lock, from: Option<&Actor>) -> Vec<String> {
        let args = [
            ("scope", text(self.scope(&lock.scope))),
            ("owner", text(self.actor(&lock.owner))),
            ("until", perhaps(lock.until.map(Self::stamp), "unlocked")),
            ("target", text(&lock.scope)),
        ];
        let taken = from.map(|from| self.say("done-locked-from", &[("from", text(self.actor(from)))]));
        std::iter::once(self.say("done-locked", &args)).chain(taken).collect()
    }

    /// Why something is refused: which gate, and who can open it.
    pub fn refusal(&self, refusal: &Refusal) -> String {
        let about = |message: &str, id: &DeploymentId| self.say(message, &[("id", text(id))]);
        match refusal {
            Refusal::NoApplication { name, there_are } => self.unknown("refusal-no-application", name, there_are),
            Refusal::NoEnvironment { name, there_are } => self.unknown("refusal-no-environment", name, there_are),
            Refusal::NoDeployment { id } => about("refusal-no-deployment", id),
            Refusal::NotWaiting { id } => about("refusal-not-waiting", id),
            Refusal::NotRunning { id } => about("refusal-not-running", id),
            Refusal::NotFailed { id } => about("refusal-not-failed", id),
            Refusal::NoReference { reference } => self.say("refusal-no-reference", &[("reference", text(reference))]),
            Refusal::NameTheVersion => self.word("refusal-name-the-version"),
            Refusal::RunsAlready { id } => about("refusal-runs-already", id),
            Refusal::NothingToGoBackTo => self.word("refusal-nothing-to-go-back-to"),
            Refusal::NoWayBack { step, reason } => self.say("refusal-no-way-back", &[("step", text(step)), ("reason", clause(reason))]),
            Refusal::NotGoodHere { to } => self.say("refusal-not-good-here", &[("to", text(to))]),
            Refusal::UndoOneOnly => self.word("refusal-undo-one-only"),
            Refusal::Busy { id } => about("refusal-busy", id),
            Refusal::RollbackUnderWay { id } => about("refusal-rollback-under-way", id),
            Refusal::TooLate { id } => about("refusal-too-late", id),
            Refusal::Locked { lock } => self.refused_by(lock),
            Refusal::NotLocked { scope } => self.say("refusal-not-locked", &[("scope", text(self.scope(scope)))]),
            Refusal::NoApprovalNeeded => self.word("refusal-no-approval-needed"),
            Refusal::OwnRequest => self.word("refusal-own-request"),
            Refusal::NotAmong { roles } => self.say("refusal-not-among", &[("roles", text(self.any_of(roles)))]),
            Refusal::ApprovedBefore => self.word("refusal-approved-before"),
            Refusal::ForeignRepository { application } => self.say("refusal-foreign-repository", &[("application", text(application))]),
            Refusal::NoRunbook { name, there_are } => self.unknown("refusal-no-runbook", name, there_are),
            Refusal::NothingToUndo { runbook } => self.say("refusal-nothing-to-undo", &[("runbook", text(runbook))]),
            Refusal::NotFromThere { from, to } => self.say("refusal-not-from-there", &[("from", text(from)), ("to", text(to))]),
            Refusal::NothingRuns { environment } => self.say("refusal-nothing-runs", &[("environment", text(environment))]),
            Refusal::TooManyPreviews { count } => self.say("refusal-too-many-previews", &[("count", text(count))]),
            Refusal::CannotPlan { reason } => self.say("refusal-cannot-plan", &[("reason", clause(reason))]),
            Refusal::NotDeployer { roles } if roles.is_empty() => self.word("refusal-not-committer"),
            Refusal::NotDeployer { roles } => self.say("refusal-not-deployer", &[("roles", text(self.any_of(roles)))]),
            Refusal::NoReason => self.word("refusal-no-reason"),
            Refusal::NoPoint { point, there_are } => self.no_point(point, there_are),
            Refusal::TooOld { minutes } => self.say("refusal-too-old", &[("minutes", text(minutes))]),
            Refusal::Changed => self.word("refusal-changed"),
            Refusal::TooMany { most } => self.say("refusal-too-many", &[("most", text(most))]),
            Refusal::HeadMoved { seen, now, confirm } => {
                let short = |sha: &Sha| sha.to_string().chars().take(SHORT).collect::<String>();
                let seen = perhaps(seen.as_ref().map(short), "unknown");
                self.say("refusal-head-moved", &[("seen", seen), ("now", text(short(now))), ("confirm", text(confirm))])
            }
            Refusal::Which { there_are } if there_are.is_empty() => self.word("refusal-which-none"),
            Refusal::Which { there_are } => {
                let ids: Vec<String> = there_are.iter().map(|id| format!("#{id}")).collect();
                self.say("refusal-which", &[("ids", text(self.all_of(&ids)))])
            }
            Refusal::OutOfScope { needed } => self.say("refusal-out-of-scope", &[("needed", text(needed))]),
        }
    }

    fn no_point(&self, point: &str, there_are: &[String]) -> String {
        if there_are.is_empty() {
            return self.word("refusal-no-checklist");
        }
        let listed: Vec<String> = there_are.iter().zip(1..).map(|(point, number)| format!("{number}. {point}")).collect();
        self.unknown("refusal-no-point", point, &listed)
    }

    fn unknown(&self, message: &str, name: &str, there_are: &[String]) -> String {
        self.say(message, &[("name", text(name)), ("list", text(self.all_of(there_are)))])
    }

    fn refused_by(&self, lock: &Lock) -> String {
        let args = [
            ("scope", text(self.scope(&lock.scope))),
            ("owner", text(self.actor(&lock.owner))),
            ("since", text(Self::stamp(lock.since))),
            ("until", perhaps(lock.until.map(Self::stamp), "unlocked")),
            ("reason", lock.reason.as_deref().map_or_else(|| text("none"), clause)),
            ("target", text(&lock.scope)),
        ];
        self.say("refusal-locked", &args)
    }
}
