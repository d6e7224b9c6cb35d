//! What templates see when a step's turn comes.

use std::collections::BTreeMap;

use crate::domain::{
    ids::StepName,
    manifest::template::Template,
    release::{Outputs, Reason},
};

/// The values of a plan's templates, and the outputs of the steps before.
#[derive(Debug, Clone, Default)]
pub struct Scope {
    /// `version.sha`, `vars.channel` …: everything that was known when the deployment began.
    pub values: BTreeMap<String, String>,
    /// By step.
    pub outputs: BTreeMap<StepName, Outputs>,
}

impl Scope {
    /// The value of a name as it stands in `{{ … }}`.
    pub fn get(&self, name: &str) -> Option<&str> {
        if let Some(rest) = name.strip_prefix("steps.") {
            let (step, output) = rest.rsplit_once('.')?;
            let step: StepName = step.parse().ok()?;
            return self.outputs.get(&step)?.get(output).map(String::as_str);
        }
        self.values.get(name).map(String::as_str)
    }

    /// A template's text. An unknown or empty value without a default is a failure with a reason.
    pub fn render(&self, template: &Template) -> Result<String, Reason> {
        template.render(|name| self.get(name)).map_err(|wrong| Reason::new(wrong.to_string()))
    }
}
