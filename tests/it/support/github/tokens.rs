//! The App's proof and the tokens of its installations.

use std::{collections::BTreeMap, time::Duration};

use botadura::domain::clock::Clock;
use jiff::Timestamp;
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde_json::{Value, json};

use super::{APP, GUARD, Inner, REPOSITORY, answers::Answer, fixture};

/// What the App was granted where it is installed.
const GRANTED: [(&str, &str); 9] = [
    ("issues", "write"),
    ("deployments", "write"),
    ("pull_requests", "write"),
    ("actions", "write"),
    ("checks", "write"),
    ("contents", "read"),
    ("members", "read"),
    ("metadata", "read"),
    ("statuses", "read"),
];

/// What a token may do.
#[derive(Debug, Clone)]
pub(super) struct Granted {
    repositories: Vec<String>,
    permissions: BTreeMap<String, String>,
    until: Timestamp,
}

impl Inner {
    /// Whether this is the App, by its signature. The proof's time is the machine's.
    pub(super) fn is_app(proof: &str) -> bool {
        let key = std::fs::read(fixture("throwaway-app-key.pub.pem")).expect("the key is part of the repository");
        let key = DecodingKey::from_rsa_pem(&key).expect("a key");
        let mut wanted = Validation::new(Algorithm::RS256);
        wanted.set_required_spec_claims(&["exp"]);
        wanted.leeway = 0;
        let Ok(proof) = jsonwebtoken::decode::<Value>(proof, &key, &wanted) else { return false };
        let (from, until) = (proof.claims["iat"].as_i64().unwrap_or(0), proof.claims["exp"].as_i64().unwrap_or(i64::MAX));
        (proof.claims["iss"] == json!(APP) || proof.claims["iss"] == json!(APP.to_string())) && until - from <= 660
    }

    pub(super) fn mint(&self, id: &str, body: &Value) -> Answer {
        let mut state = self.state();
        if id != state.installation.to_string() {
            return Answer::not_found();
        }
        state.minted.push(body.clone());
        let names = body["repositories"].as_array().cloned().unwrap_or_default();
        let repositories: Vec<String> = names.iter().filter_map(|name| name.as_str().map(str::to_owned)).collect();
        let wanted = body["permissions"].as_object().cloned().unwrap_or_default();
        let permissions: BTreeMap<String, String> =
            wanted.iter().map(|(name, level)| (name.clone(), level.as_str().unwrap_or_default().to_owned())).collect();
        let is_granted =
            |(name, level): (&String, &String)| GRANTED.iter().any(|(granted, most)| name == granted && (level == "read" || level == most));
        if !permissions.iter().all(is_granted) || repositories.iter().any(|name| name != REPOSITORY.1) {
            return Answer::refused(422, "The permissions requested are not granted to this installation.");
        }
        let until = self.clock.now().saturating_add(Duration::from_hours(1)).expect("a time");
        let token = format!("ghs_{}", state.fresh());
        state.tokens.insert(token.clone(), Granted { repositories, permissions: permissions.clone(), until });
        let mut answer = GUARD.example("installation-token");
        answer["token"] = json!(token);
        answer["expires_at"] = json!(until);
        answer["permissions"] = json!(permissions);
        Answer::new(201, &answer)
    }

    /// Why a token does not open this: 401 for one that is none, 403 for one that has not this permission here.
    pub(super) fn refuses(&self, token: &str, repository: Option<&str>, need: (&str, &str)) -> Option<Answer> {
        let state = self.state();
        let Some(granted) = state.tokens.get(token).filter(|granted| granted.until > self.clock.now()) else {
            return Some(Answer::refused(401, "Bad credentials"));
        };
        let is_here = repository.is_none_or(|name| granted.repositories.iter().any(|one| one == name));
        let level = granted.permissions.get(need.0).map(String::as_str);
        let may = need.0 == "metadata" || matches!((need.1, level), ("read", Some(_)) | ("write", Some("write")));
        (!is_here || !may).then(|| Answer::refused(403, "Resource not accessible by integration"))
    }
}
