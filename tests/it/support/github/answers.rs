//! From a request to an answer: proof, permission, route, and both held against the description.

use std::{collections::BTreeMap, sync::MutexGuard, sync::PoisonError};

use botadura::domain::clock::Clock;
use percent_encoding::percent_decode_str;
use serde_json::{Value, json};

use super::{Asked, Fault, GUARD, GitHub, Inner, REPOSITORY, SLUG, Said, State};

/// An answer.
pub(super) struct Answer {
    pub status: u16,
    pub headers: Vec<(&'static str, String)>,
    pub body: Vec<u8>,
}

impl Answer {
    pub fn new(status: u16, body: &Value) -> Self {
        Self { status, headers: vec![("content-type", "application/json; charset=utf-8".to_owned())], body: body.to_string().into_bytes() }
    }

    pub fn empty(status: u16) -> Self {
        Self { status, headers: Vec::new(), body: Vec::new() }
    }

    pub fn refused(status: u16, message: &str) -> Self {
        Self::new(status, &json!({ "message": message, "documentation_url": "https://docs.github.com/rest", "status": status.to_string() }))
    }

    pub fn not_found() -> Self {
        Self::refused(404, "Not Found")
    }

    fn with(mut self, name: &'static str, value: &impl ToString) -> Self {
        self.headers.push((name, value.to_string()));
        self
    }
}

/// A request, taken apart.
pub(super) struct Call<'a> {
    pub method: &'a str,
    /// After the repository, where there is one, decoded.
    pub path: Vec<String>,
    pub query: BTreeMap<String, String>,
    pub body: Value,
    pub token: &'a str,
}

impl Call<'_> {
    /// One page of what there is.
    pub fn page(&self, key: &str, all: &[Value]) -> Answer {
        let number = |name: &str, default: usize| self.query.get(name).and_then(|text| text.parse().ok()).unwrap_or(default);
        let (size, page) = (number("per_page", 30).min(100), number("page", 1).max(1));
        let entries: Vec<&Value> = all.iter().skip(size * (page - 1)).take(size).collect();
        Answer::new(200, &json!({ "total_count": all.len(), key: entries }))
    }
}

impl Inner {
    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wrong(&self, what: String) {
        self.state().wrong.push(what);
    }

    /// Everything that is asked comes through here.
    pub(super) fn guarded(&self, asked: &Asked) -> Said {
        let Some(path) = asked.path.strip_prefix("/api/v3") else {
            self.wrong(format!("{} is not below the API's address", asked.path));
            return Some((404, Vec::new(), Vec::new()));
        };
        let query = if asked.query.is_empty() { String::new() } else { format!("?{}", asked.query) };
        let name = format!("{} {path}{query}", asked.method);
        self.state().asked.push(name.clone());
        if let Err(wrong) = GUARD.request(&asked.method, path, &asked.query, &asked.body) {
            self.state().wrong.extend(wrong);
        }
        let fault = self.state().fault(&name);
        if let Some(answer) = fault.and_then(|fault| self.spoilt(fault)) {
            return answer;
        }
        let answer = self.answer(asked, path);
        if let Err(wrong) = GUARD.answer(&asked.method, path, answer.status, &answer.body)
            && !matches!(answer.status, 401 | 403 | 404 | 422)
        {
            self.state().wrong.extend(wrong.into_iter().map(|one| format!("the fake's own answer: {one}")));
        }
        if fault == Some(Fault::Unanswered) { None } else { Some((answer.status, answer.headers, answer.body)) }
    }

    /// None: it is done all the same.
    fn spoilt(&self, fault: Fault) -> Option<Said> {
        let answer = match fault {
            Fault::Unanswered => return None,
            Fault::Unheard => return Some(None),
            Fault::Status(status) => Answer::refused(status, "a test wanted it"),
            Fault::Limited(wait) => {
                let reset = self.clock.now().saturating_add(wait).expect("a time").as_second();
                Answer::refused(403, "API rate limit exceeded").with("x-ratelimit-remaining", &0).with("x-ratelimit-reset", &reset)
            }
            Fault::Slower(wait) => Answer::refused(429, "You have exceeded a secondary rate limit").with("retry-after", &wait.as_secs()),
            Fault::Garbled => Answer { status: 200, headers: Vec::new(), body: b"<html>".to_vec() },
        };
        Some(Some((answer.status, answer.headers, answer.body)))
    }

    fn answer(&self, asked: &Asked, path: &str) -> Answer {
        let token = asked.authorization.as_deref().and_then(|header| header.strip_prefix("Bearer ")).unwrap_or_default();
        let decoded = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
        let parts: Vec<String> = path.trim_start_matches('/').split('/').map(decoded).collect();
        let query = asked.query.split('&').filter_map(|pair| pair.split_once('='));
        let query = query.map(|(name, value)| (name.to_owned(), decoded(value))).collect();
        let body = serde_json::from_slice(&asked.body).unwrap_or_default();
        let words: Vec<&str> = parts.iter().map(String::as_str).collect();
        let of_repository = |owner: &str, name: &str| (owner, name) == REPOSITORY;
        match (asked.method.as_str(), &words[..]) {
            ("GET", ["app"]) => self.as_app(token, || {
                let mut answer = GUARD.example("integration");
                answer["slug"] = json!(SLUG);
                Answer::new(200, &answer)
            }),
            ("GET", ["app", "hook", "deliveries"]) => self.as_app(token, || self.sent(&query)),
            ("POST", ["app", "hook", "deliveries", id, "attempts"]) => self.as_app(token, || {
                self.state().redelivered.push(id.parse().unwrap_or_default());
                Answer::new(202, &json!({}))
            }),
            ("GET", ["repos", owner, name, "installation"]) => {
                self.as_app(token, || if of_repository(owner, name) { self.installation() } else { Answer::not_found() })
            }
            ("GET", ["orgs", owner, "installation"]) => {
                self.as_app(token, || if *owner == REPOSITORY.0 { self.installation() } else { Answer::not_found() })
            }
            ("POST", ["app", "installations", id, "access_tokens"]) => self.as_app(token, || self.mint(id, &body)),
            (method, ["repos", owner, name, rest @ ..]) if of_repository(owner, name) => {
                let path = rest.iter().map(|part| (*part).to_owned()).collect();
                self.in_repository(&Call { method, path, query, body, token })
            }
            (method, ["orgs", ..]) => self.in_organization(&Call { method, path: parts, query, body, token }),
            _ => Answer::not_found(),
        }
    }

    fn as_app(&self, token: &str, answer: impl FnOnce() -> Answer) -> Answer {
        if Self::is_app(token) { answer() } else { Answer::refused(401, "A JSON web token could not be decoded") }
    }

    /// The App's deliveries, the newest first, by pages.
    fn sent(&self, query: &BTreeMap<String, String>) -> Answer {
        let number = |name: &str, usual: usize| query.get(name).and_then(|text| text.parse().ok()).unwrap_or(usual);
        let (size, from) = (number("per_page", 30), number("cursor", 0));
        let all = self.state();
        let one = |(id, guid, at, status): &(u64, String, jiff::Timestamp, u16)| {
            json!({ "id": id, "guid": guid, "delivered_at": at.to_string(), "redelivery": false, "duration": 0.1, "status": "x",
                    "status_code": status, "event": "push", "action": null, "installation_id": 7, "repository_id": 4711 })
        };
        let page: Vec<Value> = all.sent.iter().rev().skip(from).take(size).map(one).collect();
        let answer = Answer::new(200, &Value::Array(page));
        if from + size >= all.sent.len() {
            return answer;
        }
        answer.with("link", &format!("<https://api.github.example/app/hook/deliveries?cursor={}>; rel=\"next\"", from + size))
    }

    fn installation(&self) -> Answer {
        let mut answer = GUARD.example("installation");
        answer["id"] = json!(self.state().installation);
        Answer::new(200, &answer)
    }

    fn in_repository(&self, call: &Call<'_>) -> Answer {
        let path: Vec<&str> = call.path.iter().map(String::as_str).collect();
        let need = match path[..] {
            ["commits", _, "check-runs"] => ("checks", "read"),
            ["commits", _, "status"] => ("statuses", "read"),
            ["actions", ..] if call.method == "GET" => ("actions", "read"),
            ["actions", ..] => ("actions", "write"),
            ["branches", ..] => ("contents", "read"),
            ["issues", ..] => ("issues", "write"),
            ["deployments", ..] => ("deployments", "write"),
            ["check-runs", ..] => ("checks", "write"),
            ["pulls", ..] => ("pull_requests", "read"),
            _ => ("metadata", "read"),
        };
        if let Some(refused) = self.refuses(call.token, Some(REPOSITORY.1), need) {
            return refused;
        }
        match (call.method, &path[..]) {
            ("GET", [] | [""]) => {
                let mut answer = GUARD.example("full-repository-default-response");
                answer["default_branch"] = json!("main");
                // The description's own example lacks what the description requires.
                answer["language"] = Value::Null;
                answer.as_object_mut().expect("an object").retain(|name, _| name != "source" && name != "parent");
                Answer::new(200, &answer)
            }
            ("GET", ["commits", sha, "check-runs"]) => {
                let name = call.query.get("check_name");
                let mut runs = self.state().check_runs(sha);
                runs.retain(|run| name.is_none_or(|name| run["name"] == **name));
                call.page("check_runs", &runs)
            }
            ("GET", ["commits", sha, "status"]) => self.combined(call, sha),
            ("GET", ["branches", branch @ ..]) => self.branch(&branch.join("/")),
            ("GET", ["collaborators", login, "permission"]) => self.permission(login),
            (_, ["actions", rest @ ..]) => self.actions(call, rest),
            (_, ["issues", rest @ ..]) => self.talk(call, rest),
            ("GET", ["pulls", number]) => self.pull(number),
            (_, ["deployments", rest @ ..]) => self.deployments(call, rest),
            (_, ["check-runs", rest @ ..]) => self.own_check(call, rest),
            _ => Answer::not_found(),
        }
    }

    fn combined(&self, call: &Call<'_>, sha: &str) -> Answer {
        let statuses = self.state().statuses_of(sha);
        let mut answer = GUARD.example("combined-commit-status");
        let page: Value = serde_json::from_slice(&call.page("statuses", &statuses).body).expect("JSON");
        answer["statuses"] = page["statuses"].clone();
        answer["total_count"] = json!(statuses.len());
        answer["sha"] = json!(sha);
        Answer::new(200, &answer)
    }

    /// The place where blobs are: it is not GitHub, and must not be given GitHub's tokens.
    pub(super) fn blob(&self, asked: &Asked) -> Said {
        if asked.authorization.is_some() {
            self.wrong(format!("a token was sent to where {} is kept", asked.path));
        }
        let state = self.state();
        let place: Vec<&str> = asked.path.split('/').collect();
        let (["", run, index], "sig=good") = (&place[..], asked.query.as_str()) else { return Some((403, Vec::new(), Vec::new())) };
        let file = state.runs.iter().find(|one| one.id.to_string() == *run).map(|one| one.file.clone()).unwrap_or_default();
        let zip = state.workflows.get(&file).and_then(|workflow| workflow.artifacts.get(index.parse::<usize>().ok()?));
        zip.map_or(Some((404, Vec::new(), Vec::new())), |(_, zip)| Some((200, Vec::new(), zip.clone())))
    }
}

impl State {
    fn check_runs(&self, sha: &str) -> Vec<Value> {
        let example = GUARD.example("check-run-paginated")["check_runs"][0].clone();
        let one = |id: u64, name: &str, app: u64, state: &str| {
            let mut run = example.clone();
            let is_open = matches!(state, "queued" | "in_progress" | "waiting" | "pending");
            run["id"] = json!(id);
            run["name"] = json!(name);
            run["head_sha"] = json!(sha);
            run["html_url"] = json!(format!("https://github.example/acme/shop/runs/{id}"));
            run["status"] = json!(if is_open { state } else { "completed" });
            run["conclusion"] = if is_open { Value::Null } else { json!(state) };
            run["app"]["id"] = json!(app);
            run
        };
        let always = self.always.iter().map(|name| one(1, name, 1, "success"));
        // Newest first, as GitHub has them.
        let own =
            self.checks.iter().rev().filter(|check| check.sha == sha).map(|check| one(check.id, &check.name, check.app, &check.state));
        let ours = self.own.iter().rev().filter(|own| own.now["head_sha"] == sha).map(super::reports::Own::shown);
        ours.chain(own).chain(always).collect()
    }

    /// The newest of each context.
    fn statuses_of(&self, sha: &str) -> Vec<Value> {
        let example = GUARD.example("combined-commit-status")["statuses"][0].clone();
        let mut newest: BTreeMap<&str, &super::Status> = BTreeMap::new();
        newest.extend(self.statuses.iter().filter(|status| status.sha == sha).map(|status| (status.context.as_str(), status)));
        let one = |status: &super::Status| {
            let mut value = example.clone();
            value["id"] = json!(status.id);
            value["context"] = json!(status.context);
            value["state"] = json!(status.state);
            value["target_url"] = json!(format!("https://ci.example/{}", status.id));
            value
        };
        newest.into_values().map(one).collect()
    }
}

/// Webhooks as GitHub sends them, with what matters.
impl GitHub {
    /// A check run has ended.
    pub fn check_run_payload(&self, sha: &str, name: &str) -> Value {
        let check_run = json!({ "id": 1, "name": name, "head_sha": sha, "status": "completed", "conclusion": "success" });
        self.payload("completed", "check_run", check_run)
    }

    /// A run has ended.
    pub fn workflow_run_payload(&self, run: u64) -> Value {
        let mut payload = self.payload("completed", "workflow_run", json!({ "id": run, "status": "completed", "conclusion": "success" }));
        payload["workflow"] = json!({ "id": 1, "path": ".github/workflows/build.yml" });
        payload
    }

    #[expect(clippy::unused_self, reason = "it is GitHub that sends it")]
    fn payload(&self, action: &str, field: &str, value: Value) -> Value {
        let mut payload = json!({
            "action": action,
            "repository": { "id": 4711, "full_name": "acme/shop", "name": "shop" },
            "sender": { "login": "github-actions[bot]", "id": 3, "type": "Bot" },
        });
        payload[field] = value;
        payload
    }
}
