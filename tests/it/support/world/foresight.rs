//! What the server foretells of a webhook or a wish, held against what then really becomes of it: in every scenario, of
//! everything that comes while nothing else is under way.

use std::sync::{
    Mutex, PoisonError,
    atomic::{AtomicBool, AtomicI64, Ordering},
};

use botadura::domain::{
    policy::Verdict,
    reply::Reply,
    simulation::{Case, Simulation},
};
use serde_json::{Value, json};

use super::World;

/// What was foretold, and not yet held against anything.
#[derive(Default)]
pub struct Foresight {
    /// Nothing has happened since the world settled.
    is_quiet: AtomicBool,
    /// Nothing is foretold in this world.
    is_blind: AtomicBool,
    /// The time of what was foretold, in microseconds.
    at: AtomicI64,
    foretold: Mutex<Option<(String, Simulation)>>,
    cases: Mutex<Vec<Case>>,
}

impl Foresight {
    /// From now on nothing can be foretold, until the world has settled.
    pub(super) fn something_happens(&self) {
        if !self.is_quiet.swap(false, Ordering::SeqCst) {
            self.forget();
        }
    }

    /// The server ended: what it foretold may come otherwise.
    pub(super) fn forget(&self) {
        self.is_quiet.store(false, Ordering::SeqCst);
        *self.foretold.lock().unwrap_or_else(PoisonError::into_inner) = None;
        self.cases.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

impl World {
    /// Nothing is foretold from now on: the scenario counts what the server asks of others.
    pub fn without_foresight(&self) {
        self.foresight.is_blind.store(true, Ordering::SeqCst);
    }

    /// What would become of a webhook; kept until the world has settled.
    pub(super) fn foretell(&self, id: &str, event: &str, payload: &Value) {
        let simulation = self.foretold(None, &json!({ "event": { "name": event, "payload": payload } }));
        *self.foresight.foretold.lock().unwrap_or_else(PoisonError::into_inner) = simulation.map(|simulation| (id.to_owned(), simulation));
    }

    /// What would become of something that this person does; none while something is under way, or where the server cannot
    /// tell.
    pub(super) fn foretold(&self, who: Option<&str>, what: &Value) -> Option<Simulation> {
        if !self.foresight.is_quiet.load(Ordering::SeqCst) || self.foresight.is_blind.load(Ordering::SeqCst) {
            return None;
        }
        self.foresight.at.store(self.now().as_microsecond(), Ordering::SeqCst);
        let who = who.map(|login| ("x-botadura-as", login));
        let answer = self.call(&self.own_token(), "POST simulations", who, Some(&json!({ "what": what })));
        let simulation: Simulation = (answer.status == 200).then(|| serde_json::from_value(answer.body).expect("a simulation"))?;
        simulation.assumed.is_empty().then_some(simulation)
    }

    /// The reply is the one that was foretold.
    pub(super) fn hold_against(&self, foretold: Option<Simulation>, reply: &Reply) {
        let Some(foretold) = foretold else { return };
        assert_eq!(foretold.reply, *reply, "the server foretold another reply");
        self.foresight.cases.lock().unwrap_or_else(PoisonError::into_inner).extend(foretold.cases);
    }

    /// Everything has come as it was foretold.
    pub(super) fn hold_against_what_was_foretold(&self) {
        let foretold = self.foresight.foretold.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some((id, simulation)) = foretold {
            let reply = self.delivery(&id).1.expect("a settled delivery has a reply");
            self.hold_against(Some(simulation), &reply);
        }
        // What was to come then may not come any more.
        let is_late = self.foresight.at.load(Ordering::SeqCst) != self.now().as_microsecond();
        let cases = std::mem::take(&mut *self.foresight.cases.lock().unwrap_or_else(PoisonError::into_inner));
        cases.iter().filter(|_| !is_late).for_each(|case| self.hold_case_against(case));
        self.foresight.is_quiet.store(true, Ordering::SeqCst);
    }

    fn hold_case_against(&self, case: &Case) {
        let told = self.told(case.id.0);
        let proposal = &told["proposal"];
        if proposal.is_null() {
            // A rollback begins at once.
            assert!(!told["summary"].is_null() && case.decision.gates.is_empty(), "{} never came: {case:#?}\n{told:#}", case.id);
            return;
        }
        let foretold = match case.decision.verdict() {
            _ if !case.cannot.is_empty() => "closed",
            Verdict::Open => "begun",
            Verdict::Waiting => "waiting",
            Verdict::Refused => "closed",
        };
        assert_eq!(proposal["state"], foretold, "{} was foretold otherwise: {case:#?}\n{told:#}", case.id);
        if foretold == "waiting" {
            assert_eq!(proposal["decision"], json!(case.decision), "{} waits for something else", case.id);
        }
    }
}
