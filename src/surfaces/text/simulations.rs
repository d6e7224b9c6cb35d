//! What would become of something: the answer, the gates, the plan, and what going back would restore.

use super::{Text, clause, harmless, text};
use crate::domain::{
    plan::{BackTo, Line, Outline, SkipReason, WayBack},
    reply::{Answered, Reply},
    simulation::{Assumption, Case, Heard, Planned, Simulation},
};

/// How much of a value is shown, in characters.
const SHOWN: usize = 160;

/// How many digits of a digest are shown: enough to tell two apart.
const DIGITS: usize = 12;

impl Text {
    /// All of it: what was assumed, what would be answered, and each proposal with its gates and its plan.
    pub fn simulation(&self, simulation: &Simulation) -> Vec<String> {
        let assumed = simulation.assumed.iter().map(|assumption| match assumption {
            Assumption::Repository { why } => self.say("simulation-repository", &[("why", clause(why))]),
            Assumption::Rights { roles } => {
                let who = if roles.is_empty() { "writers".to_owned() } else { self.any_of(roles) };
                self.say("simulation-rights", &[("who", text(who))])
            }
        });
        let mut lines: Vec<String> = assumed.collect();
        match &simulation.heard {
            Heard::Why(environment) if is_of_what_waits(&simulation.reply) => {
                lines.push(self.say("why-waiting", &[("environment", text(environment))]));
            }
            Heard::Why(environment) => {
                lines.push(self.say("why-nothing", &[("environment", text(environment))]));
                lines.extend(self.reply(&simulation.reply).into_iter().map(|line| format!("  {line}")));
            }
            _ => {
                lines.push(self.word("simulation-reply"));
                lines.extend(self.reply(&simulation.reply).into_iter().map(|line| format!("  {line}")));
            }
        }
        for case in &simulation.cases {
            lines.push(String::new());
            lines.extend(self.case(case));
        }
        lines
    }

    /// One proposal: its gates, then its plan.
    fn case(&self, case: &Case) -> Vec<String> {
        let mut lines = self.decision(case.id, &case.environment, &case.decision);
        lines.extend(case.cannot.iter().map(|why| format!("  {}", self.say("plan-cannot", &[("why", clause(why))]))));
        lines.extend(case.plan.iter().flat_map(|plan| self.planned(plan)).map(|line| format!("  {line}")));
        lines
    }

    fn planned(&self, planned: &Planned) -> Vec<String> {
        let digest: String = planned.digest.to_string().chars().take(DIGITS).collect();
        let mut lines = vec![self.say("plan-head", &[("digest", text(digest))])];
        lines.extend(self.outline(&planned.outline).into_iter().map(|line| format!("  {line}")));
        lines
    }

    fn outline(&self, outline: &Outline) -> Vec<String> {
        let mut lines: Vec<String> = outline.steps.iter().flat_map(|step| self.step(step)).collect();
        if !outline.back.is_empty() {
            lines.push(self.word("plan-back"));
            lines.extend(outline.back.iter().map(|back| format!("  {}", self.back(back))));
        }
        lines
    }

    fn step(&self, step: &Line) -> Vec<String> {
        let name = ("step", text(&step.step));
        let args = [("number", text(step.stage + 1)), name.clone(), ("kind", text(&step.kind)), ("op", text(&step.op))];
        let head = self.say("plan-step", &args);
        let skipped = step.skip.as_ref().map(|why| match why {
            SkipReason::Unchanged => self.say("beat-skipped-unchanged", std::slice::from_ref(&name)),
            SkipReason::TakenOver(id) => self.say("beat-skipped-taken-over", &[name.clone(), ("id", text(id))]),
        });
        if let Some(skipped) = skipped {
            return vec![head, format!("   {skipped}")];
        }
        let rebuilt = step.rebuilt.as_deref().map(|why| format!("   {}", self.say("plan-rebuilt", &[("why", clause(why))])));
        let does = step.does.iter().map(|(key, value)| format!("   {}: {}", harmless(key), shortened(value)));
        std::iter::once(head).chain(rebuilt).chain(does).collect()
    }

    fn back(&self, back: &WayBack) -> String {
        let step = ("step", text(&back.step));
        match &back.to {
            BackTo::Release { id, version } => {
                let args = [step, ("release", text(shortened(id))), ("version", text(self.version(version.as_ref())))];
                self.say("plan-back-release", &args)
            }
            BackTo::Found => self.say("plan-back-found", &[step]),
            BackTo::Stays => self.say("plan-back-stays", &[step]),
        }
    }
}

/// Whether an answer is about what waits already, and not about what would come.
fn is_of_what_waits(reply: &Reply) -> bool {
    matches!(reply, Reply::Decided { answers } if answers.iter().all(|(_, answered)| matches!(answered, Answered::Joined { .. })))
}

fn shortened(value: &str) -> String {
    let line = harmless(value);
    match line.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}
