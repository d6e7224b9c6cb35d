//! What the App tells of deployments: deployments with statuses, and its own check runs.

use serde_json::{Value, json};

use super::{
    APP, GUARD, GitHub, Inner,
    answers::{Answer, Call},
};

/// A deployment that was made.
#[derive(Debug, Clone)]
pub struct Deployment {
    pub id: u64,
    pub asked: Value,
    /// Each status, as it was asked for.
    pub statuses: Vec<Value>,
}

/// A check run of the App's own.
#[derive(Debug, Clone)]
pub struct Own {
    pub id: u64,
    /// As it is after all changes.
    pub now: Value,
}

impl GitHub {
    /// The deployments that were made, each with the states that it had: `production rollback queued,in_progress,success`.
    pub fn deployments(&self) -> Vec<String> {
        let shown = |one: &Deployment| {
            let states: Vec<&str> = one.statuses.iter().filter_map(|status| status["state"].as_str()).collect();
            format!("{} {} {}", text(&one.asked["environment"]), text(&one.asked["task"]), states.join(","))
        };
        self.state().deployments.iter().map(shown).collect()
    }

    /// The App's check runs, oldest first.
    pub fn own_checks(&self) -> Vec<Value> {
        self.state().own.iter().map(|own| own.now.clone()).collect()
    }

    /// How many requests there were that change something people read; reactions do not count.
    pub fn writes(&self) -> usize {
        let is_write = |asked: &&String| {
            (asked.starts_with("POST /repos") || asked.starts_with("PATCH /repos"))
                && !asked.contains("/reactions")
                && !asked.contains("access_tokens")
        };
        self.state().asked.iter().filter(is_write).count()
    }
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

impl Inner {
    pub(super) fn deployments(&self, call: &Call<'_>, path: &[&str]) -> Answer {
        let id = |text: &str| text.parse::<u64>().unwrap_or_default();
        let mut all = self.state();
        match (call.method, path) {
            ("GET", []) => {
                let fits = |one: &&Deployment| {
                    let is = |key: &str, field: &str| call.query.get(key).is_none_or(|wanted| text(&one.asked[field]) == wanted);
                    is("sha", "ref") && is("environment", "environment")
                };
                let listed: Vec<Value> = all.deployments.iter().rev().filter(fits).map(shown).collect();
                Answer::new(200, &Value::Array(listed))
            }
            ("POST", []) => {
                let made = Deployment { id: all.fresh(), asked: call.body.clone(), statuses: Vec::new() };
                let answer = shown(&made);
                all.deployments.push(made);
                Answer::new(201, &answer)
            }
            (method, [number, "statuses"]) => {
                let Some(found) = all.deployments.iter_mut().find(|one| one.id == id(number)) else { return Answer::not_found() };
                let answer = |asked: &Value| {
                    let mut answer = GUARD.example("deployment-status");
                    answer["state"] = asked["state"].clone();
                    answer
                };
                if method == "POST" {
                    found.statuses.push(call.body.clone());
                    return Answer::new(201, &answer(&call.body));
                }
                Answer::new(200, &Value::Array(found.statuses.iter().rev().map(answer).collect()))
            }
            _ => Answer::not_found(),
        }
    }

    pub(super) fn own_check(&self, call: &Call<'_>, path: &[&str]) -> Answer {
        let mut all = self.state();
        match (call.method, path) {
            ("POST", []) => {
                let own = Own { id: all.fresh(), now: call.body.clone() };
                let answer = own.shown();
                all.own.push(own);
                Answer::new(201, &answer)
            }
            ("PATCH", [number]) => {
                let Some(own) = all.own.iter_mut().find(|own| own.id.to_string() == *number) else { return Answer::not_found() };
                for (key, value) in call.body.as_object().into_iter().flatten() {
                    own.now[key] = value.clone();
                }
                Answer::new(200, &own.shown())
            }
            _ => Answer::not_found(),
        }
    }
}

impl Own {
    /// As GitHub answers it.
    pub(super) fn shown(&self) -> Value {
        let mut answer = GUARD.example("check-run-paginated")["check_runs"][0].clone();
        answer["id"] = json!(self.id);
        answer["app"]["id"] = json!(APP);
        for key in ["name", "head_sha", "external_id", "status", "conclusion"] {
            answer[key] = self.now.get(key).cloned().unwrap_or_default();
        }
        answer
    }
}

fn shown(one: &Deployment) -> Value {
    let mut answer = GUARD.example("deployment");
    answer["id"] = json!(one.id);
    for key in ["task", "environment", "payload", "production_environment", "transient_environment"] {
        answer[key] = one.asked[key].clone();
    }
    answer["sha"] = one.asked["ref"].clone();
    answer["ref"] = one.asked["ref"].clone();
    answer
}
