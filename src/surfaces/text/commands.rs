//! Answers to commands that are not understood, and to those that only show.

use super::{Text, clause, harmless, perhaps, text};
use crate::domain::{
    command::Mistake,
    ids::EnvironmentId,
    policy::Lock,
    shown::{Help, Ran, Shown, Standing},
};

impl Text {
    /// Why a line is no command.
    pub(super) fn misread(&self, mistake: &Mistake) -> String {
        match mistake {
            Mistake::NotACommand => self.word("misread-no-command"),
            Mistake::Quotation => self.word("misread-quotation"),
            Mistake::UnknownCommand { word, near } => {
                self.say("misread-command", &[("word", text(word)), ("near", perhaps(near.as_ref(), "none"))])
            }
            Mistake::UnknownFlag { command, flag, near } => {
                let near = ("near", perhaps(near.as_ref(), "none"));
                self.say("misread-flag", &[("name", text(command)), ("flag", text(flag)), near])
            }
            Mistake::NoValue(flag) => self.say("misread-no-value", &[("flag", text(flag))]),
            Mistake::Missing { what, usage, .. } => self.say("misread-missing", &[("what", text(what)), ("usage", text(usage))]),
            Mistake::TooMuch { word, usage } => self.say("misread-too-much", &[("word", text(word)), ("usage", text(usage))]),
            Mistake::Unknown { what, name, near, known } => {
                let there_are = ("known", text(self.all_of(known)));
                self.say(
                    "misread-unknown",
                    &[("what", text(what)), ("name", text(name)), ("near", perhaps(near.as_ref(), "none")), there_are],
                )
            }
            Mistake::Which { name, applications } => {
                self.say("misread-which", &[("name", text(name)), ("applications", text(self.all_of(applications)))])
            }
            Mistake::WhichDeployment => self.word("misread-which-deployment"),
            Mistake::OnlyShows => self.word("misread-only-shows"),
            Mistake::NotBuiltIn(what) => self.say("misread-not-built-in", &[("what", text(what))]),
            Mistake::Form { text: written, wanted } => self.say("misread-form", &[("text", text(written)), ("wanted", text(wanted))]),
        }
    }

    /// What a command shows.
    pub(super) fn shown(&self, shown: &Shown) -> Vec<String> {
        match shown {
            Shown::Simulation(simulation) => self.simulation(simulation),
            Shown::Status(standings) if standings.is_empty() => vec![self.word("shown-nothing")],
            Shown::Status(standings) => standings.iter().flat_map(|standing| self.standing(standing)).collect(),
            Shown::History(all) if all.is_empty() => vec![self.word("shown-no-history")],
            Shown::History(all) => all.iter().map(|ran| self.ran(ran)).collect(),
            Shown::Help(help) => self.help(help),
        }
    }

    fn standing(&self, standing: &Standing) -> Vec<String> {
        let environment = ("environment", text(&standing.environment));
        let mut lines = vec![match &standing.runs {
            Some(ran) => {
                let version = ("version", text(self.version(ran.version.as_ref())));
                let since = ("since", text(Self::stamp(ran.at)));
                self.say("shown-runs", &[environment, version, since, ("by", text(self.actor(&ran.by))), ("id", text(ran.id))])
            }
            None => self.say("shown-runs-nothing", &[environment]),
        }];
        lines.extend(standing.under_way.map(|id| format!("  {}", self.say("shown-under-way", &[("id", text(id))]))));
        lines.extend(standing.waiting.iter().map(|id| format!("  {}", self.say("shown-waiting", &[("id", text(id))]))));
        lines.extend(standing.kept_back.map(|id| format!("  {}", self.say("shown-kept-back", &[("id", text(id))]))));
        lines.extend(standing.locks.iter().map(|lock| format!("  {}", self.lock_shown(lock))));
        lines
    }

    fn lock_shown(&self, lock: &Lock) -> String {
        let until = perhaps(lock.until.map(Self::stamp), "unlocked");
        let reason = lock.reason.as_deref().map_or_else(|| text("none"), clause);
        self.say("shown-locked", &[("owner", text(self.actor(&lock.owner))), ("until", until), ("reason", reason)])
    }

    fn ran(&self, ran: &Ran) -> String {
        let what = ran.runbook.as_ref().map_or_else(|| self.version(ran.version.as_ref()), |runbook| harmless(runbook));
        let result = ("result", perhaps(ran.result.as_ref(), "running"));
        let [id, place, what] = [("id", text(ran.id)), ("environment", text(&ran.environment)), ("what", text(what))];
        self.say("shown-ran", &[id, place, what, result, ("at", text(Self::stamp(ran.at))), ("by", text(self.actor(&ran.by)))])
    }

    /// Only what this person may do here.
    fn help(&self, help: &Help) -> Vec<String> {
        let names = |all: &[EnvironmentId]| all.iter().map(ToString::to_string).collect::<Vec<_>>();
        let mut lines = Vec::new();
        if help.deploys.is_empty() {
            lines.push(self.word("help-deploys-nothing"));
        } else {
            lines.push(self.say("help-deploys", &[("environments", text(self.all_of(&names(&help.deploys))))]));
            for command in DEPLOYERS {
                lines.push(format!("  {command}"));
            }
        }
        if !help.approves.is_empty() {
            lines.push(self.say("help-approves", &[("environments", text(self.all_of(&names(&help.approves))))]));
            lines.extend(["  /approve [deployment]", "  /reject [deployment] [reason]"].map(str::to_owned));
        }
        for (application, runbook) in &help.runs {
            lines.push(self.say("help-runs", &[("application", text(application)), ("runbook", text(runbook))]));
        }
        if !help.others.is_empty() {
            lines.push(self.say("help-others", &[("environments", text(self.all_of(&names(&help.others))))]));
        }
        lines.push(self.word("help-everybody"));
        lines.extend(EVERYBODY.map(|command| format!("  {command}")));
        lines
    }
}

/// The commands of those who may deploy.
const DEPLOYERS: [&str; 9] = [
    "/deploy [app] <environment> [ref] [--again] [--emergency \"reason\"]",
    "/promote [app] <from> <to>",
    "/rollback [app] <environment> [to] [--with-undo] [--steal]",
    "/tick <n>",
    "/cancel [deployment] [--leave]",
    "/retry [deployment]",
    "/lock [app] <environment> [for 2h] [reason] [--steal]",
    "/unlock [app] <environment> [--steal]",
    "/run [app] <runbook> [--undo]",
];

/// The commands that change nothing.
const EVERYBODY: [&str; 5] =
    ["/plan [app] <environment> [ref]", "/why [app] <environment>", "/status [app]", "/history [app] [environment]", "/help"];
