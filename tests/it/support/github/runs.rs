//! Workflows, their runs, what they leave.

use botadura::domain::clock::Clock;
use serde_json::{Value, json};

use super::{
    GUARD, Inner, Run, SLUG, State,
    answers::{Answer, Call},
};

impl Run {
    fn status(&self) -> &'static str {
        match (&self.conclusion, self.looks) {
            (Some(_), _) => "completed",
            (None, 0) => "queued",
            (None, _) => "in_progress",
        }
    }

    fn json(&self) -> Value {
        let mut run = GUARD.example("workflow-run");
        let account = |mut of: Value| {
            of["login"] = json!(self.actor);
            of
        };
        run["id"] = json!(self.id);
        run["name"] = json!(self.file);
        run["path"] = json!(format!(".github/workflows/{}", self.file));
        run["html_url"] = json!(format!("https://github.example/acme/shop/actions/runs/{}", self.id));
        run["event"] = json!("workflow_dispatch");
        run["status"] = json!(self.status());
        run["conclusion"] = json!(self.conclusion);
        run["created_at"] = json!(self.created);
        run["actor"] = account(run["actor"].clone());
        run["triggering_actor"] = account(run["triggering_actor"].clone());
        run
    }

    /// Two jobs: what goes wrong goes wrong in the second one's `unit tests`.
    fn jobs(&self) -> Vec<Value> {
        let example = GUARD.example("job-paginated")["jobs"][0].clone();
        let is_over = self.conclusion.is_some();
        let job = |number: u64, name: &str, status: &str, conclusion: Option<&str>| {
            let mut job = example.clone();
            job["id"] = json!(self.id * 10 + number);
            job["run_id"] = json!(self.id);
            job["name"] = json!(name);
            // The description's own example lacks what the description requires.
            job["created_at"] = json!(self.created);
            job["status"] = json!(status);
            job["conclusion"] = json!(conclusion);
            for step in job["steps"].as_array_mut().into_iter().flatten() {
                step["conclusion"] = json!(if is_over { Some("success") } else { None });
            }
            job["steps"][1]["name"] = json!("unit tests");
            job["steps"][1]["conclusion"] = json!(conclusion);
            job
        };
        if self.looks == 0 && !is_over {
            return vec![job(1, "build", "queued", None)];
        }
        let end = self.conclusion.as_deref();
        vec![job(1, "build", "completed", Some("success")), job(2, "test", if is_over { "completed" } else { "in_progress" }, end)]
    }
}

impl Inner {
    pub(super) fn actions(&self, call: &Call<'_>, path: &[&str]) -> Answer {
        let mut state = self.state();
        match (call.method, path) {
            ("POST", ["workflows", file, "dispatches"]) => {
                let Some(workflow) = state.workflows.get(*file).cloned() else { return Answer::not_found() };
                if call.body["ref"] != "main" {
                    return Answer::refused(422, "No ref found");
                }
                let actor = format!("{SLUG}[bot]");
                let id = state.begin(file, &actor, "main", &call.body["inputs"], self.clock.now());
                if call.body["return_run_details"] != true || !workflow.tells {
                    return Answer::empty(204);
                }
                let url = format!("https://github.example/acme/shop/actions/runs/{id}");
                Answer::new(200, &json!({ "workflow_run_id": id, "run_url": url, "html_url": url }))
            }
            ("GET", ["workflows", file, "runs"]) => {
                if !state.workflows.contains_key(*file) {
                    return Answer::not_found();
                }
                let runs = state.listed(file);
                call.page("workflow_runs", &runs)
            }
            ("GET", ["runs", id]) => state.look_at(id).map_or_else(Answer::not_found, |run| Answer::new(200, &run.json())),
            ("GET", ["runs", id, "jobs"]) => state.run(id).map_or_else(Answer::not_found, |run| call.page("jobs", &run.jobs())),
            ("POST", ["runs", id, "cancel"]) => match state.run(id) {
                None => Answer::not_found(),
                Some(run) if run.conclusion.is_some() => Answer::refused(409, "Cannot cancel a workflow run that is completed."),
                Some(run) => {
                    run.conclusion = Some("cancelled".to_owned());
                    run.cancelled += 1;
                    Answer::new(202, &json!({}))
                }
            },
            ("GET", ["runs", id, "artifacts"]) => state.artifacts(id).map_or_else(Answer::not_found, |all| call.page("artifacts", &all)),
            ("GET", ["artifacts", id, "zip"]) => {
                // An artifact's number is its run's and its place.
                let (run, place) = id.split_at(id.len() - 1);
                let blobs = self.blobs.lock().unwrap_or_else(std::sync::PoisonError::into_inner).clone();
                let mut answer = Answer::empty(302);
                answer.headers.push(("location", format!("{blobs}/{run}/{place}?sig=good")));
                answer
            }
            _ => Answer::not_found(),
        }
    }
}

impl State {
    fn run(&mut self, id: &str) -> Option<&mut Run> {
        self.runs.iter_mut().find(|run| run.id.to_string() == id)
    }

    /// A look at a run: it goes on by itself.
    fn look_at(&mut self, id: &str) -> Option<&Run> {
        let workflows = self.workflows.clone();
        let run = self.run(id)?;
        run.looks += 1;
        if let Some(workflow) = workflows.get(&run.file)
            && workflow.looks.is_some_and(|looks| run.looks >= looks)
        {
            run.conclusion.get_or_insert_with(|| workflow.conclusion.to_owned());
        }
        Some(run)
    }

    fn listed(&mut self, file: &str) -> Vec<Value> {
        let hidden = if self.lag > 0 { self.runs.iter().map(|run| run.id).max() } else { None };
        self.lag = self.lag.saturating_sub(1);
        self.runs.iter().rev().filter(|run| run.file == file && Some(run.id) != hidden).map(Run::json).collect()
    }

    fn artifacts(&mut self, id: &str) -> Option<Vec<Value>> {
        let file = self.run(id)?.file.clone();
        let example = GUARD.example("artifact-paginated")["artifacts"][0].clone();
        let all = self.workflows.get(&file)?.artifacts.iter().enumerate().map(|(place, (name, zip))| {
            let mut artifact = example.clone();
            artifact["id"] = json!(format!("{id}{place}").parse::<u64>().unwrap_or_default());
            artifact["name"] = json!(name);
            artifact["size_in_bytes"] = json!(zip.len());
            artifact["expired"] = json!(false);
            artifact
        });
        Some(all.collect())
    }
}
