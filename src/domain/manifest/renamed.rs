//! Steps that were renamed: what a target left stands under the name that it had then.

use std::collections::BTreeSet;

use indexmap::IndexMap;

use super::{
    mistake::{Code, Mistake},
    model::{Application, Step},
    yaml::{Document, Path},
};
use crate::domain::ids::{EnvironmentId, StepName};

/// What a target step left in an environment, as the deployment that runs there has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Left {
    /// Where.
    pub environment: EnvironmentId,
    /// What the step was called.
    pub step: StepName,
    /// Its kind.
    pub kind: &'static str,
}

/// Targets that left something and are not in the file any more: renamed without a word, or gone.
pub fn renamed(document: &Document, application: &Application, left: &[Left]) -> Vec<Mistake> {
    let steps: Vec<&Step> = application.stages.iter().flatten().collect();
    let mut renamed: IndexMap<(&StepName, &StepName), Vec<String>> = IndexMap::new();
    let mut gone: IndexMap<&StepName, Vec<String>> = IndexMap::new();
    let mut taken: BTreeSet<(&EnvironmentId, &StepName)> = BTreeSet::new();
    for one in left.iter().filter(|one| !steps.iter().any(|step| is_called(step, &one.step))) {
        let is_old = |step: &Step| left.iter().any(|other| other.environment == one.environment && is_called(step, &other.step));
        let successor = steps.iter().find(|step| {
            step.action.is_target()
                && step.action.kind() == one.kind
                && step.was.is_none()
                && step.is_for(&one.environment.name)
                && !is_old(step)
                && !taken.contains(&(&one.environment, &step.name))
        });
        let environment = one.environment.to_string();
        match successor {
            Some(new) => {
                taken.insert((&one.environment, &new.name));
                renamed.entry((&one.step, &new.name)).or_default().push(environment);
            }
            None => gone.entry(&one.step).or_default().push(environment),
        }
    }
    let places = places(document);
    let renamed = renamed.into_iter().map(|((old, new), environments)| {
        let code = Code::StepRenamed { old: old.to_string(), new: new.to_string(), environment: environments.join(", ") };
        match steps.iter().position(|step| step.name == *new).and_then(|at| Some((places.get(at)?, steps[at]))) {
            Some((path, step)) => at_name(document, path, step, code),
            None => document.mistake(&Path::default(), code),
        }
    });
    let gone = gone.into_iter().map(|(step, environments)| {
        let code = Code::StepGone { step: step.to_string(), environment: environments.join(", ") };
        document.mistake_in_key(&Path::default().key("steps"), code)
    });
    renamed.chain(gone).collect()
}

/// Every `was` of a file, where nobody can look up what it left.
pub fn unverified(document: &Document, application: &Application) -> Vec<Mistake> {
    let steps = application.stages.iter().flatten().zip(places(document));
    let told = steps.filter_map(|(step, path)| {
        let was = step.was.as_ref()?;
        Some(document.mistake(&path.key("was"), Code::NotVerified(was.to_string())))
    });
    told.collect()
}

fn is_called(step: &Step, name: &StepName) -> bool {
    step.name == *name || step.was.as_ref() == Some(name)
}

/// Where each step stands, in their order.
fn places(document: &Document) -> Vec<Path> {
    let top = Path::default().key("steps");
    let mut places = Vec::new();
    for (index, entry) in document.value().get("steps").and_then(|steps| steps.as_array()).into_iter().flatten().enumerate() {
        let path = top.item(index);
        match entry.get("parallel").and_then(|members| members.as_array()) {
            Some(members) => places.extend((0..members.len()).map(|member| path.key("parallel").item(member))),
            None => places.push(path),
        }
    }
    places
}

/// At a step's name, or where it has none at its kind.
fn at_name(document: &Document, path: &Path, step: &Step, code: Code) -> Mistake {
    let is_named = document.value().pointer(path.key("name").pointer()).is_some();
    if is_named { document.mistake(&path.key("name"), code) } else { document.mistake_in_key(&path.key(step.action.kind()), code) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "repository: acme/shop\nenvironments: { staging: {}, production: {} }\nsteps:\n";

    fn told(steps: &str, left: &[(&str, &str)]) -> Vec<String> {
        let text = format!("{HEAD}{steps}");
        let application = super::super::read("shop".parse().expect("a name"), "f", &text).expect("no mistake");
        let document = Document::read("f", &text).expect("YAML");
        let left: Vec<Left> = left
            .iter()
            .map(|(environment, step)| Left {
                environment: environment.parse().expect("an environment"),
                step: step.parse().expect("a step"),
                kind: "directory",
            })
            .collect();
        renamed(&document, &application, &left).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_step_that_is_there_is_no_matter() {
        let steps = "  - { name: web, directory: { root: /srv } }\n  - { name: files, directory: { root: /files }, only: [staging] }\n";
        assert_eq!(told(steps, &[("shop/production", "web"), ("shop/production", "files")]), Vec::<String>::new());
        assert_eq!(told("  - { name: site, was: web, directory: { root: /srv } }\n", &[("shop/staging", "web")]), Vec::<String>::new());
    }

    #[test]
    fn a_step_that_was_renamed_is_told_once_at_its_new_name() {
        let steps = "  - parallel:\n      - { directory: { root: /srv } }\n      - { name: web, directory: { root: /x } }\n";
        let left = [("shop/staging", "web"), ("shop/staging", "site"), ("shop/production", "site")];
        let told = told(steps, &left);
        assert_eq!(told.len(), 1, "{told:#?}");
        assert!(
            told[0].starts_with("f:5:11: 'site' left a release in shop/staging, shop/production and is not here any more; if 'directory'")
        );
        assert!(told[0].contains("say `was: site`"), "{told:#?}");
    }

    #[test]
    fn a_step_without_a_successor_is_told_as_gone() {
        let gone = told("  - { command: { argv: [make] } }\n", &[("shop/staging", "web")]);
        assert!(gone[0].starts_with("f:3:1: 'web' left a release in shop/staging"), "{gone:#?}");
        let two = "  - { name: a, directory: { root: /a } }\n";
        let told = told(two, &[("shop/staging", "x"), ("shop/staging", "y")]);
        assert_eq!(told.len(), 2);
        assert!(told[0].contains("if 'a' is what it was") && told[1].starts_with("f:3:1: 'y' left"), "one step was one other: {told:#?}");
    }
}
