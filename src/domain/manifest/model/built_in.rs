//! What an application asks for that this server cannot do yet.

use super::{Action, Application, SecretReference, Step, Text};

/// Parts of the language that an application uses and that this server does not have yet.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NotBuiltIn {
    /// Kinds of step: a deployment that needs one does not begin.
    pub kinds: Vec<&'static str>,
    /// Keys that have no effect.
    pub keys: Vec<&'static str>,
}

impl Action {
    /// Whether this server can do it.
    pub fn is_built_in(&self) -> bool {
        matches!(self, Self::Checks(_) | Self::Workflow(_) | Self::Command(_) | Self::Http(_) | Self::Directory(_))
    }
}

impl Application {
    /// What it asks for that this server cannot do yet, each once, in the order of the language.
    pub fn not_built_in(&self) -> NotBuiltIn {
        let mut kinds: Vec<&'static str> = Vec::new();
        let steps = || self.stages.iter().chain(self.runbooks.values().flat_map(|runbook| &runbook.stages)).flatten();
        for action in steps().flat_map(actions).filter(|action| !action.is_built_in()) {
            if !kinds.contains(&action.kind()) {
                kinds.push(action.kind());
            }
        }
        let anywhere = |has: fn(&super::Environment) -> bool| self.environments.values().any(has);
        let keys = [
            ("slack", self.slack.is_some()),
            ("locale", self.locale.is_some()),
            ("watch", anywhere(|environment| environment.watch.is_some())),
            ("contacts", !self.contacts.is_empty()),
            ("links", !self.links.is_empty()),
            ("transient", anywhere(|environment| environment.transient)),
            ("github_release", anywhere(|environment| environment.github_release.is_some())),
            ("goals", anywhere(|environment| environment.goals != super::Goals::default())),
            ("incident", anywhere(|environment| environment.incident.is_some())),
            ("aws_secret", steps().any(|step| reads(step, |secret| matches!(secret, SecretReference::AwsSecret(_))))),
            ("aws_parameter", steps().any(|step| reads(step, |secret| matches!(secret, SecretReference::AwsParameter(_))))),
        ];
        NotBuiltIn { kinds, keys: keys.into_iter().filter_map(|(key, there)| there.then_some(key)).collect() }
    }
}

fn actions(step: &Step) -> impl Iterator<Item = &Action> {
    std::iter::once(&step.action).chain(step.undo.as_ref().map(|undo| &undo.action))
}

/// Whether a step that this server can do reads such a secret.
fn reads(step: &Step, is_such: fn(&SecretReference) -> bool) -> bool {
    let headers = actions(step).filter_map(|action| match action {
        Action::Http(http) => Some(http.headers.values()),
        _ => None,
    });
    let in_headers = headers.flatten().filter_map(|text| match text {
        Text::Secret(secret) => Some(secret),
        Text::Plain(_) => None,
    });
    step.secrets.values().chain(in_headers).any(is_such)
}
