//! A deployment as another one looks back at it.

use std::collections::BTreeMap;

use super::{Run, State};
use crate::domain::{
    ids::{DeploymentId, StepName},
    plan::Plan,
    release::{Outputs, Release},
    version::Version,
};

/// A deployment with everything that is known of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Past {
    /// Its number.
    pub id: DeploymentId,
    /// What it brought; none for what was there before Botadura came.
    pub version: Option<Version>,
    /// What it meant to do.
    pub plan: Plan,
    /// What came of it.
    pub state: State,
}

impl Past {
    /// The forward run of a step.
    pub fn run(&self, step: &StepName) -> Option<&Run> {
        self.plan.forward(step).map(|(place, _)| &self.state.runs[place])
    }

    /// The release that stands for a target step here, left by it or carried over.
    pub fn release(&self, step: &StepName) -> Option<&Release> {
        self.run(step)?.release()
    }

    /// The outputs of all steps, also those that were carried over.
    pub fn outputs(&self) -> BTreeMap<StepName, Outputs> {
        let mut all = self.plan.carried.clone();
        for (place, planned) in self.plan.runs.iter().enumerate() {
            if let Some(outputs) = self.state.runs[place].outputs() {
                all.entry(planned.step.name.clone()).or_default().extend(outputs.clone());
            }
        }
        all
    }
}
