//! Environments: triggers, variables, approvals.

use std::time::Duration;

use indexmap::IndexMap;

use super::{
    super::{
        mistake::{Code, nearest},
        model::{Allowed, ApprovalPart, Approvals, Checklist, Environment, Goals, Outdated, Queue, Trigger},
        written,
        yaml::Path,
    },
    Checker,
};
use crate::domain::ids::EnvironmentName;

/// How long a proposal waits for people when the file does not say.
const EXPIRES: Duration = Duration::from_hours(24);

/// The most people that one part of an approval may ask for.
const MOST_PEOPLE: u64 = 20;

impl Checker<'_> {
    pub(super) fn environments(
        &mut self,
        path: &Path,
        written: IndexMap<String, written::Environment>,
    ) -> IndexMap<EnvironmentName, Environment> {
        if written.is_empty() {
            self.wrong(path, Code::Nothing("an application has at least one environment"));
        }
        let mut environments = IndexMap::new();
        for (name, environment) in written {
            let path = path.key(&name);
            let meant = self.environment(&path, environment);
            match name.parse() {
                Ok(name) => {
                    environments.insert(name, meant);
                }
                Err(error) => self.wrong_key(&path, Code::Name(error)),
            }
        }
        environments
    }

    fn environment(&mut self, path: &Path, written: written::Environment) -> Environment {
        let on = written.on.into_iter().enumerate().filter_map(|(i, trigger)| self.trigger(&path.key("on").item(i), trigger)).collect();
        let queue = match written.queue.as_deref() {
            None | Some("latest") => Queue::Latest,
            Some("every") => Queue::Every,
            Some(other) => {
                self.wrong(&path.key("queue"), Code::Word { text: other.to_owned(), expected: &["latest", "every"] });
                Queue::Latest
            }
        };
        let mut placed = Vec::new();
        let vars: IndexMap<_, _> = written
            .vars
            .into_iter()
            .map(|(name, text)| {
                let path = path.key("vars").key(&name);
                let is_name = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
                    && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-'));
                if !is_name {
                    self.wrong_key(
                        &path,
                        Code::Form {
                            text: name.clone(),
                            wanted: "a variable's name (letters, digits, '_' and '-', a letter or '_' first)",
                        },
                    );
                }
                let template = self.template(&path, &text, &mut placed);
                (name, template)
            })
            .collect();
        self.names_in_vars(&placed);
        placed.clear();
        let url = written.url.map(|text| {
            let path = path.key("url");
            self.web_address(&path, &text);
            self.template(&path, &text, &mut placed)
        });
        self.names_in_url(&placed, &vars);
        let approvals = written.approvals.map(|approvals| self.approvals(&path.key("approvals"), approvals));
        Environment {
            on,
            url,
            vars,
            deployers: Vec::new(),
            trusted_pushers: false,
            queue,
            after: None,
            require_tag: None,
            approvals,
            checklist: Checklist::default(),
            freeze: Vec::new(),
            production: false,
            transient: false,
            limits: None,
            forks: Allowed::Deny,
            drafts: Allowed::Deny,
            outdated: Outdated::Warn,
            github_release: None,
            watch: None,
            goals: Goals::default(),
            incident: None,
        }
    }

    fn trigger(&mut self, path: &Path, written: written::Trigger) -> Option<Trigger> {
        match (written.push, written.tag) {
            (Some(push), None) => Some(Trigger::Push(self.patterns(&path.key("push"), Some(push)))),
            (None, Some(tag)) => Some(Trigger::Tag(self.patterns(&path.key("tag"), Some(tag)))),
            (push, _) => {
                let found = if push.is_some() { vec!["push", "tag"] } else { vec![] };
                self.wrong(path, Code::ExactlyOne { of: &["push", "tag"], found });
                None
            }
        }
    }

    fn approvals(&mut self, path: &Path, written: written::Approvals) -> Approvals {
        let expires = self.duration(&path.key("expires"), written.expires.as_deref(), EXPIRES);
        let parts = match (written.count, written.all) {
            (Some(count), None) => {
                vec![self.approval_part(path, written::ApprovalPart { count, from: written.from.unwrap_or_default() })]
            }
            (None, Some(all)) => {
                if written.from.is_some() {
                    self.wrong_key(&path.key("from"), Code::Useless { key: "from", why: "each part of 'all' has its own" });
                }
                if all.is_empty() {
                    self.wrong(&path.key("all"), Code::Nothing("name a part, or leave 'approvals' out"));
                }
                let path = path.key("all");
                all.into_iter().enumerate().map(|(i, part)| self.approval_part(&path.item(i), part)).collect()
            }
            (count, _) => {
                let found = if count.is_some() { vec!["count", "all"] } else { vec![] };
                self.wrong(path, Code::ExactlyOne { of: &["count", "all"], found });
                Vec::new()
            }
        };
        Approvals { parts, allow_requester: written.allow_requester, expires }
    }

    fn approval_part(&mut self, path: &Path, written: written::ApprovalPart) -> ApprovalPart {
        self.bounded(&path.key("count"), written.count.into(), 1, MOST_PEOPLE);
        if let Some(roles) = &self.around.roles {
            for (i, name) in written.from.iter().enumerate().filter(|(_, name)| !roles.contains(*name)) {
                let near = nearest(name, roles.iter().map(String::as_str));
                let code = Code::UnknownRole { name: name.clone(), near, known: roles.iter().cloned().collect() };
                self.mistakes.push(self.document.mistake(&path.key("from").item(i), code));
            }
        }
        ApprovalPart { count: written.count, from: written.from }
    }

    /// An address of the web, as far as it can be told before its templates are filled.
    pub(super) fn web_address(&mut self, path: &Path, text: &str) {
        let begins_well = ["https://", "http://", "{{"].iter().any(|start| text.starts_with(start));
        if !begins_well || text.contains(|c: char| c.is_control()) {
            self.wrong(path, Code::Form { text: text.to_owned(), wanted: "an address (https://…)" });
        }
    }
}
