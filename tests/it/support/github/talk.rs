//! Comments, reactions and pull requests.

use botadura::domain::clock::Clock;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::{
    GUARD, GitHub, Inner, SLUG,
    answers::{Answer, Call},
};

/// A comment.
#[derive(Debug, Clone)]
pub struct Comment {
    pub id: u64,
    pub on: u64,
    pub author: String,
    pub body: String,
    pub created: Timestamp,
    pub updated: Timestamp,
}

/// A pull request.
#[derive(Debug, Clone)]
pub struct Pull {
    pub head: String,
    pub branch: String,
    pub fork: bool,
    pub draft: bool,
    pub open: bool,
    pub updated: Timestamp,
}

/// GitHub tells whole seconds.
fn second(moment: Timestamp) -> Timestamp {
    Timestamp::from_second(moment.as_second()).expect("a time")
}

impl GitHub {
    /// Somebody writes a comment. Answers the webhook that tells of it.
    pub fn says(&self, login: &str, on: u64, body: &str) -> Value {
        let now = second(self.inner.clock.now());
        let mut all = self.state();
        let id = all.fresh();
        let is_pull = all.pulls.contains_key(&on);
        let comment = Comment { id, on, author: login.to_owned(), body: body.to_owned(), created: now, updated: now };
        all.comments.push(comment);
        let mut issue = json!({ "number": on, "locked": false, "state": "open" });
        if is_pull {
            issue["pull_request"] = json!({ "url": "https://github.example" });
        }
        let user = json!({ "login": login, "id": 3, "type": "User" });
        json!({
            "action": "created", "issue": issue,
            "comment": { "id": id, "body": body, "user": user, "created_at": now.to_string(), "updated_at": now.to_string(),
                         "performed_via_github_app": null },
            "repository": { "id": 4711, "full_name": "acme/shop", "name": "shop" }, "sender": user,
        })
    }

    /// Somebody changes a comment.
    pub fn edits(&self, id: u64, body: &str) {
        let now = second(self.inner.clock.now());
        let mut all = self.state();
        let comment = all.comments.iter_mut().find(|comment| comment.id == id).expect("a comment");
        body.clone_into(&mut comment.body);
        comment.updated = now.checked_add(jiff::SignedDuration::from_secs(1)).expect("a time");
    }

    /// Somebody takes a comment away.
    pub fn deletes(&self, id: u64) {
        self.state().comments.retain(|comment| comment.id != id);
    }

    /// A pull request is so from now on. Answers the webhook that tells of it.
    pub fn pull_request(&self, number: u64, action: &str, (branch, head): (&str, &str), change: impl FnOnce(&mut Pull)) -> Value {
        let updated = second(self.inner.clock.now());
        let mut pull =
            Pull { head: head.to_owned(), branch: branch.to_owned(), fork: false, draft: false, open: action != "closed", updated };
        change(&mut pull);
        self.state().pulls.insert(number, pull.clone());
        let mut told = facts(number, &pull);
        told["labels"] = json!([]);
        json!({
            "action": action, "number": number, "pull_request": told,
            "repository": { "id": 4711, "full_name": "acme/shop", "name": "shop" },
            "sender": { "login": "ada", "id": 2, "type": "User" },
        })
    }

    /// What the App wrote on an issue or pull request, in its order.
    pub fn answers_on(&self, on: u64) -> Vec<String> {
        let bot = format!("{SLUG}[bot]");
        let all = self.state();
        all.comments.iter().filter(|comment| comment.on == on && comment.author == bot).map(|comment| comment.body.clone()).collect()
    }

    /// The reactions beside a comment.
    pub fn reactions(&self, id: u64) -> Vec<String> {
        self.state().reactions.iter().filter(|(comment, _)| *comment == id).map(|(_, content)| content.clone()).collect()
    }
}

fn facts(number: u64, pull: &Pull) -> Value {
    let end = |name: &str, sha: &str, repository: u64| json!({ "ref": name, "sha": sha, "repo": { "id": repository } });
    json!({
        "number": number, "state": if pull.open { "open" } else { "closed" }, "draft": pull.draft,
        "user": { "login": "ada", "id": 2, "type": "User" },
        "head": end(&pull.branch, &pull.head, if pull.fork { 9 } else { 4711 }), "base": end("main", &"0".repeat(40), 4711),
        "labels": [], "updated_at": pull.updated.to_string(),
    })
}

impl Inner {
    pub(super) fn pull(&self, number: &str) -> Answer {
        let found = number.parse().ok().and_then(|number: u64| Some((number, self.state().pulls.get(&number)?.clone())));
        let Some((number, pull)) = found else { return Answer::not_found() };
        let mut answer = GUARD.example("pull-request");
        // The description's own example lacks what the description requires.
        answer["requested_teams"] = json!([]);
        for (key, value) in facts(number, &pull).as_object().expect("an object") {
            match answer[key].as_object_mut() {
                Some(map) if value.is_object() => {
                    for (inner, value) in value.as_object().expect("an object") {
                        if inner == "repo" {
                            map["repo"]["id"] = value["id"].clone();
                        } else {
                            map.insert(inner.clone(), value.clone());
                        }
                    }
                }
                _ => answer[key] = value.clone(),
            }
        }
        Answer::new(200, &answer)
    }

    pub(super) fn talk(&self, call: &Call<'_>, path: &[&str]) -> Answer {
        let now = second(self.clock.now());
        let id = |text: &str| text.parse::<u64>().unwrap_or_default();
        let text = |key: &str| call.body[key].as_str().unwrap_or_default().to_owned();
        match (call.method, path) {
            ("GET", ["comments", number]) => {
                let all = self.state();
                all.comments
                    .iter()
                    .find(|comment| comment.id == id(number))
                    .map_or_else(Answer::not_found, |one| Answer::new(200, &shown(one)))
            }
            ("PATCH", ["comments", number]) => {
                let mut all = self.state();
                let Some(comment) = all.comments.iter_mut().find(|comment| comment.id == id(number)) else { return Answer::not_found() };
                comment.body = text("body");
                comment.updated = now;
                Answer::new(200, &shown(comment))
            }
            ("POST", ["comments", number, "reactions"]) => {
                let mut all = self.state();
                if !all.comments.iter().any(|comment| comment.id == id(number)) {
                    return Answer::not_found();
                }
                let one = (id(number), text("content"));
                let is_there = all.reactions.contains(&one);
                if !is_there {
                    all.reactions.push(one);
                }
                let mut answer = GUARD.example("reaction");
                answer["content"] = call.body["content"].clone();
                Answer::new(if is_there { 200 } else { 201 }, &answer)
            }
            ("GET", [number, "comments"]) => {
                let since: Option<Timestamp> = call.query.get("since").and_then(|text| text.parse().ok());
                let all = self.state();
                let fits = all.comments.iter().filter(|one| one.on == id(number) && since.is_none_or(|since| one.updated >= since));
                let page = |name: &str, usual: usize| call.query.get(name).and_then(|text| text.parse().ok()).unwrap_or(usual);
                let (size, number) = (page("per_page", 30), page("page", 1));
                let listed: Vec<Value> = fits.skip(size * (number - 1)).take(size).map(shown).collect();
                Answer::new(200, &Value::Array(listed))
            }
            ("POST", [number, "comments"]) => {
                let mut all = self.state();
                let comment = Comment {
                    id: all.fresh(),
                    on: id(number),
                    author: format!("{SLUG}[bot]"),
                    body: text("body"),
                    created: now,
                    updated: now,
                };
                let answer = shown(&comment);
                all.comments.push(comment);
                Answer::new(201, &answer)
            }
            _ => Answer::not_found(),
        }
    }
}

fn shown(comment: &Comment) -> Value {
    let mut answer = GUARD.example("issue-comment");
    answer["id"] = json!(comment.id);
    answer["body"] = json!(comment.body);
    answer["user"]["login"] = json!(comment.author);
    answer["created_at"] = json!(comment.created.to_string());
    answer["updated_at"] = json!(comment.updated.to_string());
    answer
}
