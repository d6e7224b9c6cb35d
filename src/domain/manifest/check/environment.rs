//! Environments: what each of them is by itself. What lies between them is for `roads`.

use indexmap::IndexMap;

use super::{
    super::{
        model::{Allowed, Checklist, Environment, Outdated, Queue, Watch},
        template::Template,
        written,
        yaml::Path,
    },
    Checker, Placed, Use,
};
use crate::domain::{ids::EnvironmentName, manifest::mistake::Code};

/// An environment, with what must be looked up once its neighbours and the steps are known.
pub(super) struct Draft {
    pub(super) path: Path,
    pub(super) made: Environment,
    /// Its checklist was a plain list.
    pub(super) plain: bool,
    /// Points that a step ticks: where its name stands, and the name.
    pub(super) ticked: Vec<(Path, String)>,
}

/// Environments by name.
pub(super) type Drafts = IndexMap<EnvironmentName, Draft>;

const ALLOWED: &[(&str, Allowed)] = &[("deny", Allowed::Deny), ("allow", Allowed::Allow)];
const OUTDATED: &[(&str, Outdated)] = &[("refuse", Outdated::Refuse), ("warn", Outdated::Warn), ("allow", Outdated::Allow)];
const QUEUE: &[(&str, Queue)] = &[("latest", Queue::Latest), ("every", Queue::Every)];

impl Checker<'_> {
    pub(super) fn environments(&mut self, path: &Path, written: IndexMap<String, written::Environment>, watch: Option<&Watch>) -> Drafts {
        if written.is_empty() {
            self.wrong(path, Code::Nothing("an application has at least one environment"));
        }
        let names: IndexMap<EnvironmentName, ()> = written.keys().filter_map(|name| Some((name.parse().ok()?, ()))).collect();
        let mut drafts = IndexMap::new();
        for (name, environment) in written {
            let path = path.key(&name);
            let mut draft = self.environment(&path, environment, &names);
            match name.parse::<EnvironmentName>() {
                Ok(name) => {
                    draft.made.watch = draft.made.watch.or_else(|| watch.cloned());
                    self.watch_uses(&name, draft.made.watch.as_ref());
                    drafts.insert(name, draft);
                }
                Err(error) => self.wrong_key(&path, Code::Name(error)),
            }
        }
        drafts
    }

    /// The metrics that an environment's watch looks at.
    fn watch_uses(&mut self, name: &EnvironmentName, watch: Option<&Watch>) {
        let rules = watch.into_iter().flat_map(|watch| watch.rollback_when.iter().chain(&watch.tell_when));
        self.uses.extend(rules.filter_map(|rule| Some((rule.metric()?.to_owned(), Use::Watch(name.clone())))));
    }

    fn environment(&mut self, path: &Path, written: written::Environment, names: &IndexMap<EnvironmentName, ()>) -> Draft {
        self.previews_fit(path, &written);
        let mut placed = Vec::new();
        let vars = self.vars(&path.key("vars"), written.vars, &mut placed);
        self.names_in_vars(&placed);
        placed.clear();
        let url = written.url.map(|text| {
            let path = path.key("url");
            self.web_address(&path, &text);
            self.template(&path, &text, &mut placed)
        });
        self.names_in_url(&placed, &vars);
        self.roles(&path.key("deployers"), &written.deployers);
        if written.production && written.forks.as_deref() == Some("allow") {
            self.useless(path, "forks", "a production environment never takes a version from a fork");
        }
        let outdated = self.word(&path.key("outdated"), written.outdated.as_deref(), OUTDATED);
        let usual = if written.production { Outdated::Refuse } else { Outdated::Warn };
        let mut ticked = Vec::new();
        let plain = written.checklist.as_ref().is_some_and(|checklist| checklist.plain);
        let checklist = match written.checklist {
            Some(checklist) => self.checklist(&path.key("checklist"), checklist, &mut ticked),
            None => Checklist::default(),
        };
        let made = Environment {
            on: self.triggers(&path.key("on"), written.on),
            url,
            vars,
            deployers: written.deployers,
            trusted_pushers: self.word(&path.key("trusted_pushers"), written.trusted_pushers.as_deref(), &[("deployers", ())]).is_some(),
            queue: self.word(&path.key("queue"), written.queue.as_deref(), QUEUE).unwrap_or_default(),
            after: written.after.and_then(|after| self.after(&path.key("after"), &after, names)),
            require_tag: written.require_tag.map(|tags| self.patterns(&path.key("require_tag"), Some(tags))),
            approvals: written.approvals.map(|approvals| self.approvals(&path.key("approvals"), approvals)),
            checklist,
            freeze: self.freezes(&path.key("freeze"), written.freeze),
            production: written.production,
            transient: written.transient,
            limits: written.limits.map(|limits| self.limits(&path.key("limits"), &limits)),
            forks: self.word(&path.key("forks"), written.forks.as_deref(), ALLOWED).unwrap_or_default(),
            drafts: self.word(&path.key("drafts"), written.drafts.as_deref(), ALLOWED).unwrap_or_default(),
            outdated: outdated.unwrap_or(usual),
            github_release: written.github_release.map(|release| self.github_release(&path.key("github_release"), release)),
            watch: written.watch.map(|watch| self.watch(&path.key("watch"), &watch)),
            goals: self.goals(&path.key("goals"), &written.goals.unwrap_or_default()),
            incident: written.incident.map(|incident| self.labels(&path.key("incident").key("issue").key("labels"), incident)),
        };
        Draft { path: path.clone(), made, plain, ticked }
    }

    /// What a preview needs, and what means nothing where there is none.
    fn previews_fit(&mut self, path: &Path, written: &written::Environment) {
        let label = written.on.iter().position(|trigger| trigger.pull_request.is_some());
        match (written.transient, label) {
            (true, None) => {
                let why = "a preview is made for a pull request, so one must be able to come here";
                self.wrong_key(
                    &path.key("transient"),
                    Code::Needs { key: "transient", needs: "on: [{ pull_request: { label: preview } }]", why },
                );
            }
            (false, Some(index)) => {
                let why = "else the versions of all pull requests would fight for one place";
                let path = path.key("on").item(index).key("pull_request");
                self.wrong_key(&path, Code::Needs { key: "pull_request", needs: "transient: true", why });
            }
            _ => {}
        }
        if written.limits.is_some() && !written.transient {
            self.useless(path, "limits", "only an environment with 'transient: true' has several instances");
        }
    }

    fn vars(&mut self, at: &Path, written: IndexMap<String, String>, placed: &mut Vec<Placed>) -> IndexMap<String, Template> {
        let mut vars = IndexMap::new();
        for (name, text) in written {
            let path = at.key(&name);
            let is_name = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
                && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-'));
            if !is_name {
                let wanted = "a variable's name (letters, digits, '_' and '-', a letter or '_' first)";
                self.wrong_key(&path, Code::Form { text: name.clone(), wanted });
            }
            let template = self.template(&path, &text, placed);
            vars.insert(name, template);
        }
        vars
    }

    /// An address of the web, as far as it can be told before its templates are filled.
    pub(super) fn web_address(&mut self, path: &Path, text: &str) {
        let begins_well = ["https://", "http://", "{{"].iter().any(|start| text.starts_with(start));
        if !begins_well || text.contains(|c: char| c.is_control()) {
            self.form(path, text, "an address (https://…)");
        }
    }
}
