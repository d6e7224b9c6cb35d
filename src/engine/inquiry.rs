//! Questions: what would become of something, and why things are as they are. Nothing of it is done.
//!
//! The code that answers is the code that acts: the same transaction is made, and dropped. Only where the repository
//! cannot be asked does what a payload says stand for it, and that is told.

use std::{pin::Pin, sync::Arc};

use jiff::Timestamp;

use super::{
    Core, Parts,
    begin::configured,
    gathered::Gathered,
    intake::Intake,
    requests::Decided,
    trouble::Trouble,
    versions::{Repository, Told, followed},
};
use crate::{
    domain::{
        clock::Clock,
        event::Event,
        ids::{Actor, DeliveryId, DeploymentId, EnvironmentId},
        manifest::Application,
        plan::Kind,
        policy::{Decision, Proposal, Purpose},
        reply::{Answered, Done, Refusal, Reply},
        request::{Ask, Request},
        rights::Rights,
        simulation::{Assumption, Case, Heard, NoAnswer, Planned, Question, Simulation},
    },
    github::interpret::{Interpretation, interpret},
    steps::not_built_in,
    store::{Delivery, DeliveryState, Deployment, ProposalState, Tx},
};

impl From<Trouble> for NoAnswer {
    fn from(trouble: Trouble) -> Self {
        match trouble {
            Trouble::Later(why) => Self::Unreachable(why),
            Trouble::Broken(why) => Self::Unreadable(why),
            Trouble::Store(error) => Self::Store(error.to_string()),
        }
    }
}

/// Whoever can be asked. It needs no running workers.
#[derive(Clone)]
pub struct Inquiry {
    core: Arc<Core>,
}

/// A time that stands still.
#[derive(Debug)]
struct Fixed(Timestamp);

impl Clock for Fixed {
    fn now(&self) -> Timestamp {
        self.0
    }

    fn sleep_until(&self, moment: Timestamp) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        if moment <= self.0 { Box::pin(std::future::ready(())) } else { Box::pin(std::future::pending()) }
    }
}

impl Inquiry {
    /// Answers from these parts.
    pub fn new(parts: Parts) -> Self {
        Self { core: Arc::new(Core::new(parts, None)) }
    }

    pub(super) fn of(core: &Arc<Core>) -> Self {
        Self { core: core.clone() }
    }

    /// The same, as if it were this time, and as if this were all that is known of the repository.
    fn at(&self, at: Option<Timestamp>, told: Option<Told>) -> Self {
        let mut parts = self.core.parts.clone();
        if let Some(at) = at {
            parts.clock = Arc::new(Fixed(at));
            parts.store = parts.store.with_clock(parts.clock.clone());
        }
        Self { core: Arc::new(Core::new(parts, told)) }
    }

    /// What would become of something, at this time or now.
    pub async fn simulate(&self, question: &Question, at: Option<Timestamp>) -> Result<Simulation, NoAnswer> {
        let then = self.at(at, None);
        match (then.answer(question).await, question) {
            // The repository does not answer, or not us: the payload's own word stands for it. What cannot be read says so again.
            (Err(trouble @ (Trouble::Later(_) | Trouble::Broken(_))), Question::Event { body, .. }) => {
                let none = NoAnswer::from(trouble);
                let why = none.to_string();
                let told = Told::of(body).ok_or(none)?;
                let mut simulation = self.at(at, Some(told)).answer(question).await?;
                simulation.assumed.push(Assumption::Repository { why });
                Ok(simulation)
            }
            (answer, _) => Ok(answer?),
        }
    }

    /// What would become of something by what its payload says alone: the repository is not asked.
    pub async fn simulate_as_told(&self, question: &Question, at: Option<Timestamp>) -> Result<Simulation, NoAnswer> {
        let told = match question {
            Question::Event { body, .. } => Told::of(body),
            Question::Request(_) | Question::Why { .. } => None,
        };
        Ok(self.at(at, Some(told.unwrap_or_default())).answer(question).await?)
    }

    async fn answer(&self, question: &Question) -> Result<Simulation, Trouble> {
        match question {
            Question::Event { name, body, actor } => self.event(name, body, actor.as_ref()).await,
            Question::Request(request) => self.request(request).await,
            Question::Why { environment, actor } => self.why(environment, actor).await,
        }
    }

    async fn event(&self, name: &str, body: &[u8], actor: Option<&Actor>) -> Result<Simulation, Trouble> {
        let at = self.core.parts.clock.now();
        let delivery = self.delivery("github", name, body.to_vec());
        let intake = Intake::new(self.core.clone(), "github");
        let bound = self.core.parts.store.read().await?.bound_repositories().await?;
        if let Some(reply) = intake.idle(&delivery, &bound) {
            return Ok(Simulation { at, heard: Heard::Nothing, reply, cases: Vec::new(), assumed: Vec::new() });
        }
        let event = match interpret(name, body) {
            Ok(Interpretation::Happened(event)) => event,
            Ok(Interpretation::Closed(because)) => return Err(Trouble::Broken(because.to_string())),
            Err(unreadable) => return Err(Trouble::Broken(unreadable.to_string())),
        };
        let event = Event { actor: actor.cloned().unwrap_or(event.actor), ..event };
        let (tx, reply) = intake.hearing(&event, &delivery).await?;
        let cases = self.cases(tx, &reply).await?;
        Ok(Simulation { at, heard: Heard::Event(event), reply, cases, assumed: Vec::new() })
    }

    async fn request(&self, request: &Request) -> Result<Simulation, Trouble> {
        let body = serde_json::to_vec(request).map_err(|error| Trouble::Broken(error.to_string()))?;
        let (tx, reply) = self.core.answer(request, &self.delivery("api", "request", body)).await?;
        let cases = self.cases(tx, &reply).await?;
        Ok(Simulation { at: self.core.parts.clock.now(), heard: Heard::Request(request.clone()), reply, cases, assumed: Vec::new() })
    }

    /// What would follow from what was decided; nothing of it is done.
    pub(super) async fn of_decided(&self, decided: Decided) -> Result<Simulation, Trouble> {
        let Decided { tx, reply } = decided;
        let cases = self.cases(tx, &reply).await?;
        Ok(Simulation { at: self.core.parts.clock.now(), heard: Heard::Nothing, reply, cases, assumed: Vec::new() })
    }

    /// A delivery that never comes.
    fn delivery(&self, source: &str, event: &str, body: Vec<u8>) -> Delivery {
        Delivery {
            id: DeliveryId("simulated".to_owned()),
            source: source.to_owned(),
            event: event.to_owned(),
            body,
            received_at: self.core.parts.clock.now(),
            state: DeliveryState::Waiting,
            attempts: 0,
            outcome: None,
        }
    }

    /// Every proposal that a reply is about, as it would be looked at next. The transaction ends here, and nothing of it was.
    async fn cases(&self, mut tx: Tx, reply: &Reply) -> Result<Vec<Case>, Trouble> {
        let mut looked = Vec::new();
        for id in about(reply) {
            let waiting = tx.proposal(id).await?.filter(|found| found.state == ProposalState::Waiting);
            let Some(proposal) = waiting.map(|found| found.proposal) else { continue };
            let Some((application, environment)) = configured(&self.core, &proposal.environment) else { continue };
            let heard = match proposal.version.as_ref().and_then(|version| version.pull_request) {
                Some(number) => tx.heard_of(&application.name, number).await?,
                None => None,
            };
            let gathered = self.core.gather(&mut tx, proposal, (&application, &environment)).await?;
            looked.push((gathered, heard, application, environment));
        }
        let mut cases: Vec<Case> = going_back(&mut tx, reply).await?.into_iter().collect();
        drop(tx);
        for (gathered, heard, application, environment) in looked {
            let seen = self.core.seen_after((&application, &environment), &gathered.proposal, heard).await?;
            let decision = gathered.decide((&application, &environment), &seen, self.core.parts.clock.now());
            let (plan, cannot) = self.planned(&application, &gathered).await?;
            cases.push(case(gathered.proposal, decision, plan, cannot));
        }
        Ok(cases)
    }

    /// What would be done once all gates are open, or why nothing can be.
    async fn planned(&self, application: &Application, gathered: &Gathered) -> Result<(Option<Planned>, Vec<String>), Trouble> {
        let digest = match &gathered.digest {
            Ok(digest) => digest.clone(),
            Err(reason) => return Ok((None, vec![reason.to_string()])),
        };
        let plan = match self.core.plan(application, &gathered.proposal, &gathered.row).await? {
            Ok(plan) => plan,
            Err(reason) => return Ok((None, vec![reason.to_string()])),
        };
        let cannot = plan.not_built_in().iter().map(|kind| not_built_in(kind).to_string()).collect();
        let good = match gathered.row.running.filter(|_| plan.kind == Kind::Deploy) {
            Some(id) => self.core.parts.store.read().await?.past(id).await?,
            None => None,
        };
        Ok((Some(Planned { digest, outline: plan.outline(good.as_ref()) }), cannot))
    }

    /// What would come next into an environment that follows no branch: what runs where it comes after, else what runs in
    /// it, else the head of the repository's own branch. None: the head of the branch that it follows; or nothing is known.
    async fn next(&self, environment: &EnvironmentId) -> Result<Option<String>, Trouble> {
        let Some((application, rules)) = configured(&self.core, environment) else { return Ok(None) };
        if followed(&application, environment).is_some() {
            return Ok(None);
        }
        let before = rules.after.iter().map(|after| EnvironmentId::new(application.name.clone(), after.environment.clone()));
        let mut reader = self.core.parts.store.read().await?;
        for place in before.chain([environment.clone()]) {
            let Some(running) = reader.environment(&place).await?.running else { continue };
            if let Some(version) = reader.deployment(running).await?.and_then(|deployment| deployment.version) {
                return Ok(Some(version.sha.to_string()));
            }
        }
        let repository = Repository::of(&self.core, &self.core.repository_of(&application).await?);
        Ok(repository.default_branch().await?.map(|branch| branch.to_string()))
    }

    /// Each proposal that waits in an environment, as it would be looked at now. Where none does, what would become of the
    /// version that would come next.
    async fn why(&self, environment: &EnvironmentId, actor: &Actor) -> Result<Simulation, Trouble> {
        let waiting = self.core.parts.store.read().await?.waiting(environment).await?;
        if waiting.is_empty() {
            let reference = self.next(environment).await?;
            let ask = Ask::Deploy { environment: environment.clone(), reference, again: true, emergency: None };
            let request = |actor: &Actor| Request { actor: actor.clone(), ask: ask.clone(), rights: Rights::Everything };
            let mut answer = self.request(&request(actor)).await?;
            if let Reply::Refused { refusal: Refusal::NotDeployer { roles } } = answer.reply {
                answer = self.request(&request(&Actor::Operator)).await?;
                answer.assumed.push(Assumption::Rights { roles });
            }
            return Ok(Simulation { heard: Heard::Why(environment.clone()), ..answer });
        }
        let tx = self.core.parts.store.write().await?;
        let answers = waiting.iter().map(|proposal| (environment.clone(), Answered::Joined { id: proposal.id })).collect();
        let reply = Reply::Decided { answers };
        let cases = self.cases(tx, &reply).await?;
        Ok(Simulation { at: self.core.parts.clock.now(), heard: Heard::Why(environment.clone()), reply, cases, assumed: Vec::new() })
    }
}

fn case(proposal: Proposal, decision: Decision, plan: Option<Planned>, cannot: Vec<String>) -> Case {
    Case {
        id: proposal.id,
        environment: proposal.environment,
        version: proposal.version,
        purpose: proposal.purpose,
        origin: proposal.origin,
        decision,
        plan,
        cannot,
    }
}

/// The rollback that a reply leads to: it is no proposal, and no gate is in its way.
async fn going_back(tx: &mut Tx, reply: &Reply) -> Result<Option<Case>, Trouble> {
    let Reply::Done { done: Done::RollingBack { id, .. } } = reply else { return Ok(None) };
    let Some(deployment) = tx.deployment(*id).await? else { return Ok(None) };
    let Deployment { id, environment, version, origin, plan, .. } = deployment;
    let cannot = plan.not_built_in().iter().map(|kind| not_built_in(kind).to_string()).collect();
    let plan = Some(Planned { digest: plan.digest(), outline: plan.outline(None) });
    let decision = Decision { gates: Vec::new() };
    Ok(Some(Case { id, environment, version, purpose: Purpose::Deploy, origin, decision, plan, cannot }))
}

/// The proposals that a reply leads to, or that it lets go on.
fn about(reply: &Reply) -> Vec<DeploymentId> {
    match reply {
        Reply::Done { done: Done::Approved { id } } => vec![*id],
        reply => reply.led_to(),
    }
}
