//! Who may do what.

use serde_json::{Value, json};

use super::{
    Fork, GUARD, Inner,
    answers::{Answer, Call},
};

impl Inner {
    pub(super) fn permission(&self, login: &str) -> Answer {
        let Some(role) = self.state().people.get(login).cloned() else { return Answer::not_found() };
        // The old word for it, which has no others.
        let permission = match role.as_str() {
            "maintain" => "write",
            "triage" => "read",
            "none" | "read" | "write" | "admin" => role.as_str(),
            _ => "write",
        };
        let mut answer = GUARD.example("repository-collaborator-permission-response-if-user-has-admin-permissions");
        answer["permission"] = json!(permission);
        answer["role_name"] = json!(role);
        answer["user"]["login"] = json!(login);
        // The description's own example lacks what the description requires.
        answer["user"]["role_name"] = json!(role);
        Answer::new(200, answer)
    }

    pub(super) fn branches(&self, call: &Call<'_>) -> Answer {
        let example = GUARD.example("short-branch-with-protection-items")[0].clone();
        let branch = |name: &String| {
            let mut branch = example.clone();
            branch["name"] = json!(name);
            branch["protected"] = json!(true);
            // The description's own example lacks what the description requires.
            branch.as_object_mut().expect("an object").remove("protection");
            branch
        };
        assert_eq!(call.query.get("protected").map(String::as_str), Some("true"), "nobody asks for all branches");
        let protected: Vec<Value> = self.state().protected.iter().map(branch).collect();
        let page: Value = serde_json::from_slice(&call.page("all", &protected).body).expect("JSON");
        Answer::new(200, page["all"].clone())
    }

    pub(super) fn pull(&self, number: &str) -> Answer {
        let state = self.state();
        let Some(pull) = state.pulls.get(number) else { return Answer::not_found() };
        let mut answer = GUARD.example("pull-request");
        answer["state"] = json!(if pull.open { "open" } else { "closed" });
        answer["draft"] = json!(pull.draft);
        // The description's own example lacks what the description requires.
        answer["requested_teams"] = json!([]);
        match pull.fork {
            Fork::Not => {}
            Fork::Elsewhere => answer["head"]["repo"]["id"] = json!(99),
            Fork::Gone => answer["head"]["repo"] = Value::Null,
        }
        Answer::new(200, answer)
    }

    pub(super) fn compared(&self) -> Answer {
        let behind = self.state().behind;
        let mut answer = GUARD.example("commit-comparison");
        answer["behind_by"] = json!(behind);
        Answer::new(200, answer)
    }

    pub(super) fn in_organization(&self, call: &Call<'_>) -> Answer {
        if let Some(refused) = self.refuses(call.token, None, ("members", "read")) {
            return refused;
        }
        let path: Vec<&str> = call.path.iter().map(String::as_str).collect();
        let (["orgs", organization, "teams", team, "memberships", login], "GET") = (&path[..], call.method) else {
            return Answer::not_found();
        };
        let has = |team: &str| self.state().members.contains(&((*organization).to_owned(), team.to_owned(), (*login).to_owned()));
        let state = if has(team) {
            "active"
        } else if has(&format!("{team}?")) {
            "pending"
        } else {
            return Answer::not_found();
        };
        let mut answer = GUARD.example("team-membership-response-if-user-is-a-team-maintainer");
        answer["state"] = json!(state);
        Answer::new(200, answer)
    }
}
