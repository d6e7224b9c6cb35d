//! Who may do what.

use serde_json::json;

use super::{
    GUARD, Inner,
    answers::{Answer, Call},
};

impl Inner {
    pub(super) fn permission(&self, login: &str) -> Answer {
        let Some(role) = self.state().people.get(login).cloned() else { return Answer::not_found() };
        // The old word for it, which has no others.
        let permission = match role.as_str() {
            "triage" => "read",
            "none" | "read" | "write" | "admin" => role.as_str(),
            // `maintain`, and roles of an organisation's own.
            _ => "write",
        };
        let mut answer = GUARD.example("repository-collaborator-permission-response-if-user-has-admin-permissions");
        answer["permission"] = json!(permission);
        answer["role_name"] = json!(role);
        answer["user"]["login"] = json!(login);
        // The description's own example lacks what the description requires.
        answer["user"]["role_name"] = json!(role);
        Answer::new(200, &answer)
    }

    pub(super) fn branch(&self, branch: &str) -> Answer {
        if branch.starts_with("gone") {
            return Answer::not_found();
        }
        let mut answer = GUARD.example("branch-get");
        answer["name"] = json!(branch);
        answer["protected"] = json!(self.state().protected.contains(branch));
        Answer::new(200, &answer)
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
        Answer::new(200, &answer)
    }
}
