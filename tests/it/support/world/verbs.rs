//! What people and scenarios do in the world, and what they look at.

use std::{
    io::{Read, Write},
    net::TcpStream,
    time::Duration,
};

use botadura::{
    app::Reloaded,
    domain::{
        ids::DeploymentId,
        reply::{Answered, Refusal, Reply},
        request::{Ask, Scope},
    },
    store::DeliveryState,
};
use serde_json::{Value, json};

use super::{Ordering, World};

/// Whoever holds the server's own token.
pub const OPERATOR: &str = "";

/// How often something that real processes do is looked for.
const LOOK: Duration = Duration::from_millis(10);

/// For how many looks.
const LOOKS: u32 = 3000;

/// What people ask for. Each answers what the server replied.
impl World {
    /// Somebody asks for something, as it stands in the API's request.
    pub fn asks(&self, who: &str, ask: Value) -> Reply {
        let ask: Ask = serde_json::from_value(ask).expect("a request");
        self.ask_as(Some(who).filter(|who| *who != OPERATOR), &ask)
    }

    pub fn deploy(&self, who: &str, environment: &str, reference: &str) -> Reply {
        self.asks(who, json!({ "deploy": { "environment": self.id(environment), "reference": reference } }))
    }

    pub fn roll_back(&self, who: &str, environment: &str) -> Reply {
        self.asks(who, json!({ "rollback": { "environment": self.id(environment) } }))
    }

    pub fn roll_back_to(&self, who: &str, environment: &str, to: &str) -> Reply {
        self.asks(who, json!({ "rollback": { "environment": self.id(environment), "to": to } }))
    }

    pub fn approve(&self, who: &str, id: i64) -> Reply {
        self.asks(who, json!({ "approve": { "deployment": id } }))
    }

    pub fn cancel(&self, who: &str, id: i64) -> Reply {
        self.asks(who, json!({ "cancel": { "deployment": id } }))
    }

    pub fn retry(&self, who: &str, id: i64) -> Reply {
        self.asks(who, json!({ "retry": { "deployment": id } }))
    }

    /// Ticks a point of a checklist, by its number.
    pub fn tick(&self, who: &str, id: i64, point: u32) -> Reply {
        self.asks(who, json!({ "tick": { "deployment": id, "point": point } }))
    }

    /// Asks for a version and breaks the glass.
    pub fn break_the_glass(&self, who: &str, environment: &str, reference: &str, reason: &str) -> Reply {
        self.asks(who, json!({ "deploy": { "environment": self.id(environment), "reference": reference, "emergency": reason } }))
    }

    /// `scope` is `everything`, an application, or `application/environment`.
    pub fn lock(&self, who: &str, scope: &str) -> Reply {
        self.asks(who, json!({ "lock": { "scope": written(scope) } }))
    }

    pub fn unlock(&self, who: &str, scope: &str) -> Reply {
        self.asks(who, json!({ "unlock": { "scope": written(scope) } }))
    }
}

/// A scope as the API writes it.
pub fn written(scope: &str) -> Value {
    json!(scope.parse::<Scope>().expect("a scope"))
}

/// What a reply says.
impl World {
    /// Why a request was refused.
    pub fn refusal(reply: &Reply) -> &Refusal {
        match reply {
            Reply::Refused { refusal } => refusal,
            Reply::Decided { answers } => match &answers[..] {
                [(_, Answered::Refused { refusal })] => refusal,
                _ => panic!("not refused: {reply:?}"),
            },
            _ => panic!("not refused: {reply:?}"),
        }
    }

    /// What an environment made of it, in one word and a number: `proposed 3`, `joined 1`, `unchanged 2`.
    pub fn answers(reply: &Reply) -> Vec<String> {
        let Reply::Decided { answers } = reply else { panic!("not decided: {reply:?}") };
        let word = |answered: &Answered| match answered {
            Answered::Proposed { id, .. } => format!("proposed {id}"),
            Answered::ToRun { id, .. } => format!("to run {id}"),
            Answered::ToRemove { id } => format!("to remove {id}"),
            Answered::Joined { id } => format!("joined {id}"),
            Answered::Unchanged { with } => format!("unchanged {with}"),
            Answered::Refused { .. } => "refused".to_owned(),
        };
        answers.iter().map(|(environment, answered)| format!("{}: {}", environment.name, word(answered))).collect()
    }
}

/// What became of deliveries.
impl World {
    /// The id of the delivery that was sent last.
    pub fn last_delivery(&self) -> String {
        format!("delivery-{}", self.deliveries.load(Ordering::SeqCst) - 1)
    }

    /// What became of a delivery, read through the API.
    pub fn delivery(&self, id: &str) -> (DeliveryState, Option<Reply>) {
        let line = self.get(&format!("/api/v1/deliveries/{id}"));
        let read = |key: &str| line[key].clone();
        (serde_json::from_value(read("state")).expect("a state"), serde_json::from_value(read("outcome")).expect("a reply or none"))
    }

    /// What became of the last delivery, which is settled.
    pub fn outcome(&self) -> Reply {
        match self.delivery(&self.last_delivery()) {
            (DeliveryState::Settled, Some(reply)) => reply,
            other => panic!("not settled: {other:?}"),
        }
    }

    /// Waits until the last delivery is dealt with, also while a command is held up.
    pub fn heard(&self) -> Reply {
        let id = self.last_delivery();
        self.eventually("the delivery is settled", |world| world.delivery(&id).0 == DeliveryState::Settled);
        self.outcome()
    }
}

/// What runs, and what it did.
impl World {
    /// Looks, in real time, until something that real processes do has happened.
    pub fn eventually(&self, what: &str, mut happened: impl FnMut(&Self) -> bool) {
        for _ in 0..LOOKS {
            if happened(self) {
                return;
            }
            std::thread::sleep(LOOK);
        }
        panic!("{what}: never\n{}", self.timeline());
    }

    /// Waits until a command has made this file.
    pub fn made(&self, path: &str) {
        self.eventually(path, |world| world.root().join(path).exists());
    }

    /// The lines of a file below the root.
    pub fn lines(&self, path: &str) -> Vec<String> {
        self.read(path).lines().map(str::to_owned).collect()
    }

    /// Whether the process whose number stands in this file still lives.
    pub fn lives(&self, file: &str) -> bool {
        let number = self.read(file);
        assert!(!number.trim().is_empty(), "{file} has no number");
        let state = std::fs::read_to_string(format!("/proc/{}/stat", number.trim())).unwrap_or_default();
        // What has ended and was not waited for is dead too.
        state.rsplit_once(')').is_some_and(|(_, rest)| !rest.trim_start().starts_with('Z'))
    }

    /// The deployment that runs in an environment.
    pub fn running(&self, environment: &str) -> Option<i64> {
        self.environment(environment).running.map(|DeploymentId(id)| id)
    }

    /// The deployment in an environment's slot.
    pub fn slot(&self, environment: &str) -> Option<i64> {
        self.environment(environment).slot.map(|DeploymentId(id)| id)
    }

    /// The deployment whose release a directory target leads to; 0: to none.
    pub fn at(&self, root: &str) -> i64 {
        let link = std::fs::read_link(self.root().join(root).join("current")).unwrap_or_default();
        let name = link.file_name().unwrap_or_default().to_string_lossy().into_owned();
        name.split('-').next().and_then(|number| number.parse().ok()).unwrap_or(0)
    }

    /// Where the current release of a directory target listens.
    pub fn served_port(&self, root: &str) -> u16 {
        let root = self.root().join(root);
        let link = std::fs::read_link(root.join("current")).expect("something is current");
        let run = root.join("run").join(link.file_name().expect("a release"));
        let port = std::fs::read_to_string(run.join("1.port")).expect("a port");
        port.trim().parse().expect("a port")
    }

    /// What somebody answers at 127.0.0.1, if anybody does.
    pub fn visit(port: u16, path: &str) -> Option<String> {
        let mut stream = TcpStream::connect(("127.0.0.1", port)).ok()?;
        write!(stream, "GET {path} HTTP/1.1\r\nhost: shop.test\r\nconnection: close\r\n\r\n").ok()?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).ok()?;
        answer.split_once("\r\n\r\n").map(|(_, body)| body.to_owned())
    }

    /// What is known of a number, as the API tells it.
    pub fn told(&self, id: i64) -> Value {
        self.get(&format!("/api/v1/deployments/{id}"))
    }

    /// Why a proposal ended without becoming a deployment.
    pub fn dropped(&self, id: i64) -> Value {
        self.told(id)["proposal"]["closed"].clone()
    }

    /// The commit that a proposal or deployment brings.
    pub fn sha(&self, id: i64) -> String {
        let told = self.told(id);
        let of = |key: &str| told[key]["version"]["sha"].as_str().map(str::to_owned);
        of("summary").or_else(|| of("proposal")).unwrap_or_default()
    }

    /// The finding of the first gate of a proposal that is not open, and who can clear it.
    pub fn waits_for(&self, id: i64) -> Value {
        let decision = self.told(id)["proposal"]["decision"]["gates"].clone();
        let gates = decision.as_array().cloned().unwrap_or_default();
        gates.into_iter().find(|gate| gate["verdict"] != "open").unwrap_or(Value::Null)
    }

    /// The gates of a proposal that are open only because somebody broke the glass, by what they are about.
    pub fn broken_open(&self, id: i64) -> Vec<String> {
        let gates = self.told(id)["proposal"]["decision"]["gates"].as_array().cloned().unwrap_or_default();
        let broken = gates.iter().filter(|gate| gate["emergency"] == true);
        let about = |gate: &Value| gate["finding"].as_object().and_then(|finding| finding.keys().next().cloned());
        broken.filter_map(about).collect()
    }

    /// Everything that a deployment's steps printed.
    pub fn log(&self, id: i64) -> String {
        let logs = self.get(&format!("/api/v1/deployments/{id}/logs"));
        let pieces = logs["pieces"].as_array().cloned().unwrap_or_default();
        pieces.iter().filter_map(|piece| piece["text"].as_str()).collect()
    }

    /// Why a deployment ended as it did, with where to look and what to do.
    pub fn why(&self, id: i64) -> String {
        let beats = self.told(id)["story"]["beats"].as_array().cloned().unwrap_or_default();
        let failed = beats.iter().filter_map(|beat| beat["what"].get("failed").map(|failed| failed["reason"].to_string()));
        failed.collect::<Vec<_>>().join("\n")
    }
}

/// Changes to the world itself.
impl World {
    /// Edits the application's file while the server is down, and starts it again.
    pub fn reconfigure(&mut self, file: &str, edit: impl FnOnce(String) -> String) {
        self.crash();
        let text = edit(self.read(file));
        self.write(file, &text);
        self.boot();
    }

    /// Edits a file while the server runs, and has the files read again.
    pub fn edit(&self, file: &str, edit: impl FnOnce(String) -> String) -> Reloaded {
        let text = edit(self.read(file));
        self.write(file, &text);
        self.reload()
    }

    /// Has the files read again, as SIGHUP does.
    pub fn reload(&self) -> Reloaded {
        self.block_on(self.app.as_ref().expect("a running server").reload()).expect("the files were read")
    }

    /// Moves the world's time to a moment, and settles.
    pub fn wait_until(&mut self, moment: &str) {
        let moment: jiff::Timestamp = moment.parse().expect("a time");
        self.advance(Duration::try_from(moment.duration_since(self.now())).expect("a moment that is still to come"));
    }

    /// Takes away the file that holds a command up.
    pub fn unblock(&self, path: &str) {
        std::fs::remove_file(self.root().join(path)).expect("removed");
    }

    /// Takes a folder away.
    pub fn forget(&self, path: &str) {
        std::fs::remove_dir_all(self.root().join(path)).expect("removed");
    }

    /// Deletes a branch or tag by its full name, and tells the server.
    pub fn delete(&self, reference: &str) {
        let before = self.repository.delete(reference);
        self.deliver("push", &self.push_payload(reference, &before, &"0".repeat(40)));
    }
}
