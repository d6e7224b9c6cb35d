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
    Checker, Placed,
    step::Draft,
};
use crate::domain::ids::EnvironmentName;

/// What is known of a version.
const VERSION: &[&str] = &["version.sha", "version.short", "version.ref", "version.tag", "version.pull_request"];

/// What else is known in a step, beside variables and the outputs of steps.
const REST: &[&str] = &["environment.name", "environment.url", "app.name", "actor"];

/// The outputs that a step of this kind has, as `{{ steps.NAME.OUTPUT }}` names them. A command's are what its program
/// writes, so no list of them is known.
pub fn outputs(action: &Action) -> &'static [&'static str] {
    match action {
        Action::Command(_) => &[],
        Action::Http(_) => &["status"],
        Action::Directory(directory) if directory.serve.is_some() => &["url", "path", "port", "release"],
        Action::Directory(_) => &["path", "release"],
        Action::Image(_) => &["reference", "digest"],
        Action::Vercel(_) | Action::Render(_) | Action::FirebaseHosting(_) | Action::S3Site(_) => &["url"],
        _ => &[],
    }
}

/// What a step may speak of: the environments, and the steps before it.
pub(super) struct Known<'a> {
    environments: &'a IndexMap<EnvironmentName, Environment>,
    /// Of all steps that have one, also of those that come later.
    names: Vec<String>,
    earlier: Vec<Step>,
}

impl<'a> Known<'a> {
    pub(super) fn new(environments: &'a IndexMap<EnvironmentName, Environment>, stages: &[Vec<(Path, written::Entry)>]) -> Self {
        let names = stages.iter().flatten().filter_map(|(_, entry)| entry.name.clone()).collect();
        Self { environments, names, earlier: Vec::new() }
    }

    /// These steps are done before those that come.
    pub(super) fn add(&mut self, steps: &[Step]) {
        self.earlier.extend_from_slice(steps);
    }

    /// The environments in which a step is done.
    fn places(&self, step: &Step) -> impl Iterator<Item = (&'a EnvironmentName, &'a Environment)> {
        self.environments.iter().filter(|(name, _)| step.is_for(name))
    }

    fn variables(&self) -> impl Iterator<Item = String> {
        self.environments.values().flat_map(|environment| environment.vars.keys().map(|name| format!("vars.{name}")))
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
        match self.places(step).find(|(environment, _)| must_be_in_plan && !found.is_for(environment)) {
            Some((environment, _)) => Err(Code::StepNotInPlan { step: name.to_owned(), environment: environment.to_string() }),
            None => Ok(found),
        }
    }

    /// Whether a name means something in every environment in which the step is done.
    fn check(&self, name: &str, has_default: bool, step: &Step) -> Result<(), Code> {
        if let Some(variable) = name.strip_prefix("vars.") {
            return self.check_variable(variable, has_default, step);
        }
        if let Some(output) = name.strip_prefix("steps.") {
            let (name, output) = output.rsplit_once('.').ok_or_else(|| self.unknown(name))?;
            let found = self.earlier(name, step, !has_default)?;
            let known = outputs(&found.action);
            let is_free = matches!(found.action, Action::Command(_));
            if !is_free && !known.contains(&output) {
                let known = known.iter().map(ToString::to_string).collect();
                return Err(Code::UnknownOutput { step: name.to_owned(), output: output.to_owned(), known });
            }
            return Ok(());
        }
        if name == "environment.url" && !has_default {
            let served =
                |environment| self.earlier.iter().any(|earlier| earlier.is_for(environment) && outputs(&earlier.action).contains(&"url"));
            let without = self.places(step).find(|(name, environment)| environment.url.is_none() && !served(name));
            return without.map_or(Ok(()), |(name, _)| Err(Code::NoUrl(name.to_string())));
        }
        if VERSION.contains(&name) || REST.contains(&name) { Ok(()) } else { Err(self.unknown(name)) }
    }

    fn check_variable(&self, variable: &str, has_default: bool, step: &Step) -> Result<(), Code> {
        let known_anywhere = self.environments.values().any(|environment| environment.vars.contains_key(variable));
        if !known_anywhere {
            return Err(self.unknown(&format!("vars.{variable}")));
        }
        let without = self.places(step).find(|(_, environment)| !environment.vars.contains_key(variable));
        match without {
            Some((environment, _)) if !has_default => {
                Err(Code::VariableMissing { name: variable.to_owned(), environment: environment.to_string() })
            }
            _ => Ok(()),
        }
    }

    fn unknown(&self, name: &str) -> Code {
        let mut known: Vec<String> = VERSION.iter().chain(REST).map(ToString::to_string).collect();
        for variable in self.variables() {
            if !known.contains(&variable) {
                known.push(variable);
            }
        }
        known.push("steps.NAME.OUTPUT".to_owned());
        unknown(name, known)
    }
}

fn unknown(name: &str, known: Vec<String>) -> Code {
    Code::UnknownValue { name: name.to_owned(), near: nearest(name, known.iter().map(String::as_str)), known }
}

impl Checker<'_> {
    /// The names in a step's templates, and the step that it takes files from.
    pub(super) fn names_in_step(&mut self, draft: &Draft, known: &Known<'_>) {
        for (path, template) in &draft.templates {
            for (name, has_default) in template.names() {
                if let Err(code) = known.check(name, has_default, &draft.step) {
                    self.wrong(path, code);
                }
            }
        }
        self.files_from(&draft.path, &draft.step.action, draft, known);
        if let Some(undo) = &draft.step.undo {
            self.files_from(&draft.path.key("undo"), &undo.action, draft, known);
        }
    }

    fn files_from(&mut self, path: &Path, action: &Action, draft: &Draft, known: &Known<'_>) {
        let Action::Directory(directory) = action else { return };
        let From::Step { step, path: wanted } = &directory.from else { return };
        let path = path.key("directory").key("from");
        match known.earlier(step.as_str(), &draft.step, true) {
            Err(code) => self.wrong(&path.key("step"), code),
            Ok(found) if !found.produces.contains(wanted) => {
                let code = Code::NotProduced { step: step.to_string(), path: wanted.clone(), known: found.produces.clone() };
                self.wrong(&path.key("path"), code);
            }
            Ok(_) => {}
        }
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
