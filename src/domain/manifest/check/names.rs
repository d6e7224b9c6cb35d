//! The names in templates: what each of them may be where it stands.

use indexmap::IndexMap;

use super::{
    super::{
        mistake::{Code, nearest},
        model::{Action, Environment, From, Step},
        template::Template,
        written,
        yaml::Path,
    },
    Checker, Placed, Use,
    signals::Templates,
    step::Draft,
};
use crate::domain::ids::EnvironmentName;

/// What is known of a version.
const VERSION: &[&str] = &["version.sha", "version.short", "version.ref", "version.tag", "version.pull_request"];

/// What else is known everywhere, beside variables.
const REST: &[&str] = &["environment.name", "environment.url", "app.name"];

/// Who asked: known in a step, beside the outputs of steps.
const ACTOR: &str = "actor";

/// What is known while traffic moves by weights.
const TRAFFIC: &[&str] = &["traffic.target_group", "traffic.version"];

/// The outputs that a step of this kind has, as `{{ steps.NAME.OUTPUT }}` names them. A command's and a
/// workflow's are what its program writes, so no list of them is known.
pub fn outputs(action: &Action) -> &'static [&'static str] {
    match action {
        Action::Http(_) => &["status"],
        Action::Directory(directory) if directory.serve.is_some() => &["url", "path", "port", "release"],
        Action::Directory(_) => &["path", "release"],
        Action::Image(_) => &["reference", "digest"],
        Action::Vercel(_) | Action::Render(_) | Action::FirebaseHosting(_) | Action::S3Site(_) => &["url"],
        _ => &[],
    }
}

/// What templates may speak of: the environments, and the steps before.
pub(super) struct Known<'a> {
    environments: &'a IndexMap<EnvironmentName, Environment>,
    /// There is a version.
    version: bool,
    /// Of all steps that have one, also of those that come later.
    names: Vec<String>,
    earlier: Vec<Step>,
}

/// Where a template stands.
struct Site<'a> {
    /// The environments in which it is rendered.
    places: Vec<(&'a EnvironmentName, &'a Environment)>,
    /// The step that it belongs to.
    step: Option<&'a Step>,
}

impl<'a> Known<'a> {
    pub(super) fn new(
        environments: &'a IndexMap<EnvironmentName, Environment>,
        version: bool,
        stages: &[Vec<(Path, written::Entry)>],
    ) -> Self {
        let names = stages.iter().flatten().filter_map(|(_, entry)| entry.name.clone()).collect();
        Self { environments, version, names, earlier: Vec::new() }
    }

    /// What is known when all steps are done.
    fn after_all(environments: &'a IndexMap<EnvironmentName, Environment>, stages: &[Vec<Step>]) -> Self {
        Self { environments, version: true, names: Vec::new(), earlier: stages.iter().flatten().cloned().collect() }
    }

    /// These steps are done before those that come.
    pub(super) fn add(&mut self, steps: &[Step]) {
        self.earlier.extend_from_slice(steps);
    }

    /// The environments that fit.
    fn places(&self, fits: impl Fn(&EnvironmentName) -> bool) -> Vec<(&'a EnvironmentName, &'a Environment)> {
        self.environments.iter().filter(|(name, _)| fits(name)).collect()
    }

    /// The step of this name, when it is done before and wherever `step` is.
    fn earlier(&self, name: &str, step: &Step, must_be_in_plan: bool) -> Result<&Step, Code> {
        let Some(found) = self.earlier.iter().find(|earlier| earlier.name.as_str() == name) else {
            if self.names.iter().any(|known| known == name) || step.name.as_str() == name {
                return Err(Code::StepNotEarlier(name.to_owned()));
            }
            let known: Vec<String> = self.earlier.iter().map(|step| step.name.to_string()).collect();
            return Err(Code::UnknownStep { name: name.to_owned(), near: nearest(name, known.iter().map(String::as_str)), known });
        };
        let places = self.places(|environment| step.is_for(environment));
        match places.into_iter().find(|(environment, _)| must_be_in_plan && !found.is_for(environment)) {
            Some((environment, _)) => Err(Code::StepNotInPlan { step: name.to_owned(), environment: environment.to_string() }),
            None => Ok(found),
        }
    }

    /// Whether a name means something wherever it is rendered.
    fn check(&self, name: &str, has_default: bool, site: &Site<'_>) -> Result<(), Code> {
        if let Some(variable) = name.strip_prefix("vars.") {
            return self.check_variable(variable, has_default, site);
        }
        if let (Some(output), Some(step)) = (name.strip_prefix("steps."), site.step) {
            let (name, output) = output.rsplit_once('.').ok_or_else(|| self.unknown(name, site))?;
            return Self::check_output(name, output, self.earlier(name, step, !has_default)?);
        }
        if name == "environment.url" && !has_default {
            let served =
                |environment| self.earlier.iter().any(|earlier| earlier.is_for(environment) && outputs(&earlier.action).contains(&"url"));
            let without = site.places.iter().find(|(name, environment)| environment.url.is_none() && !served(name));
            return without.map_or(Ok(()), |(name, _)| Err(Code::NoUrl(name.to_string())));
        }
        if VERSION.contains(&name) {
            return if self.version || has_default { Ok(()) } else { Err(Code::NoVersion(name.to_owned())) };
        }
        let is_known = REST.contains(&name) || (name == ACTOR && site.step.is_some());
        if is_known { Ok(()) } else { Err(self.unknown(name, site)) }
    }

    fn check_output(name: &str, output: &str, found: &Step) -> Result<(), Code> {
        let is_free = match &found.action {
            Action::Command(_) => true,
            Action::Workflow(workflow) => workflow.outputs,
            _ => false,
        };
        let known = outputs(&found.action);
        if is_free || known.contains(&output) {
            return Ok(());
        }
        let known = known.iter().map(ToString::to_string).collect();
        Err(Code::UnknownOutput { step: name.to_owned(), output: output.to_owned(), known })
    }

    fn check_variable(&self, variable: &str, has_default: bool, site: &Site<'_>) -> Result<(), Code> {
        let known_anywhere = self.environments.values().any(|environment| environment.vars.contains_key(variable));
        if !known_anywhere {
            return Err(self.unknown(&format!("vars.{variable}"), site));
        }
        let without = site.places.iter().find(|(_, environment)| !environment.vars.contains_key(variable));
        match without {
            Some((environment, _)) if !has_default => {
                let (name, environment) = (variable.to_owned(), environment.to_string());
                Err(match site.step {
                    Some(_) => Code::VariableMissing { name, environment },
                    None => Code::VariableMissingThere { name, environment },
                })
            }
            _ => Ok(()),
        }
    }

    fn unknown(&self, name: &str, site: &Site<'_>) -> Code {
        let version = VERSION.iter().filter(|_| self.version);
        let mut known: Vec<String> = version.chain(REST).map(ToString::to_string).collect();
        known.extend(site.step.map(|_| ACTOR.to_owned()));
        for variable in self.environments.values().flat_map(|environment| environment.vars.keys()).map(|name| format!("vars.{name}")) {
            if !known.contains(&variable) {
                known.push(variable);
            }
        }
        known.extend(site.step.map(|_| "steps.NAME.OUTPUT".to_owned()));
        unknown(name, known)
    }
}

fn unknown(name: &str, known: Vec<String>) -> Code {
    Code::UnknownValue { name: name.to_owned(), near: nearest(name, known.iter().map(String::as_str)), known }
}

impl Checker<'_> {
    /// The names in a step's templates, and the step that it takes files from.
    pub(super) fn names_in_step(&mut self, draft: &Draft, known: &Known<'_>) {
        let site = Site { places: known.places(|name| draft.step.is_for(name)), step: Some(&draft.step) };
        self.names_on(&draft.templates, known, &site);
        self.files_from(&draft.path, &draft.step.action, draft, known);
        if let Some(undo) = &draft.step.undo {
            self.files_from(&draft.path.key("undo"), &undo.action, draft, known);
        }
    }

    fn names_on(&mut self, placed: &[Placed], known: &Known<'_>, site: &Site<'_>) {
        for (path, template) in placed {
            for (name, has_default) in template.names() {
                if let Err(code) = known.check(name, has_default, site) {
                    self.wrong(path, code);
                }
            }
        }
    }

    fn files_from(&mut self, path: &Path, action: &Action, draft: &Draft, known: &Known<'_>) {
        let from = match action {
            Action::Directory(directory) => &directory.from,
            Action::S3Site(site) => &site.from,
            Action::FirebaseHosting(site) => &site.from,
            _ => return,
        };
        let From::Step { step, path: wanted } = from else { return };
        let path = path.key(action.kind()).key("from");
        let found = match known.earlier(step.as_str(), &draft.step, true) {
            Ok(found) => found,
            Err(code) => return self.wrong(&path.key("step"), code),
        };
        let step = step.to_string();
        match (&found.action, self.is_written(&path, "artifact")) {
            (Action::Workflow(workflow), true) if !workflow.artifacts.contains(wanted) => {
                let code = Code::NotFetched { step, artifact: wanted.clone(), known: workflow.artifacts.clone() };
                self.wrong(&path.key("artifact"), code);
            }
            (Action::Workflow(_), true) => {}
            (Action::Workflow(_), false) => self.wrong_key(&path.key("path"), Code::OtherSource { step, workflow: true }),
            (_, true) => self.wrong_key(&path.key("artifact"), Code::OtherSource { step, workflow: false }),
            (_, false) if !found.produces.contains(wanted) => {
                let code = Code::NotProduced { step, path: wanted.clone(), known: found.produces.clone() };
                self.wrong(&path.key("path"), code);
            }
            (_, false) => {}
        }
    }

    /// The names in metrics, each where rules look at it; one that no rule looks at may be read anywhere.
    pub(super) fn names_in_metrics(
        &mut self,
        templates: &Templates,
        environments: &IndexMap<EnvironmentName, Environment>,
        stages: &[Vec<Step>],
    ) {
        let known = Known::after_all(environments, stages);
        for (metric, placed) in templates {
            let uses: Vec<&Use> = self.uses.iter().filter(|(name, _)| name == metric).map(|(_, used)| used).collect();
            let is_read = |name: &EnvironmentName| {
                uses.iter().any(|used| match used {
                    Use::Watch(place) => place == name,
                    Use::Traffic(places) => places.contains(name),
                })
            };
            let is_watched = uses.iter().any(|used| matches!(used, Use::Watch(_)));
            let site = Site { places: known.places(is_read), step: None };
            for (path, template) in placed {
                for (name, has_default) in template.names() {
                    let wrong = match name {
                        name if !TRAFFIC.contains(&name) => known.check(name, has_default, &site).err(),
                        name if is_watched && !has_default => Some(Code::NoTraffic(name.to_owned())),
                        _ => None,
                    };
                    if let Some(code) = wrong {
                        self.wrong(path, code);
                    }
                }
            }
        }
    }

    /// The names in what is told of every environment.
    pub(super) fn names_everywhere(
        &mut self,
        placed: &[Placed],
        environments: &IndexMap<EnvironmentName, Environment>,
        stages: &[Vec<Step>],
    ) {
        let known = Known::after_all(environments, stages);
        let site = Site { places: known.places(|_| true), step: None };
        self.names_on(placed, &known, &site);
    }

    /// A variable may speak of the version and of its environment, not of other variables.
    pub(super) fn names_in_vars(&mut self, placed: &[Placed]) {
        let known: Vec<String> = VERSION.iter().map(ToString::to_string).chain(["environment.name".to_owned()]).collect();
        self.names_among(placed, &known);
    }

    /// An environment's address may speak of its variables too.
    pub(super) fn names_in_url(&mut self, placed: &[Placed], vars: &IndexMap<String, Template>) {
        let fixed = VERSION.iter().map(ToString::to_string).chain(["environment.name".to_owned(), "app.name".to_owned()]);
        let known: Vec<String> = fixed.chain(vars.keys().map(|name| format!("vars.{name}"))).collect();
        self.names_among(placed, &known);
    }

    fn names_among(&mut self, placed: &[Placed], known: &[String]) {
        for (path, template) in placed {
            for (name, _) in template.names() {
                if !known.iter().any(|known| known == name) {
                    self.wrong(path, unknown(name, known.to_vec()));
                }
            }
        }
    }
}
