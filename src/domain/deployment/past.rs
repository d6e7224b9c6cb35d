//! A deployment as another one looks back at it.

use std::collections::{BTreeMap, BTreeSet};

use super::{Artifact, Run, State, Status};
use crate::domain::{
    ids::{DeploymentId, StepName},
    plan::{Phase, Plan, PlannedRun, is_target},
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
        let mut all = self.plan.carried.outputs.clone();
        for (place, planned) in self.plan.of(Phase::Forward) {
            if let Some(outputs) = self.state.runs[place].outputs() {
                all.entry(planned.step.name.clone()).or_default().extend(outputs.clone());
            }
        }
        all
    }

    /// What all steps produced, also those that were carried over.
    pub fn artifacts(&self) -> Vec<Artifact> {
        let own = self.plan.of(Phase::Forward).flat_map(|(place, _)| self.state.runs[place].artifacts().to_vec());
        self.plan.carried.artifacts.iter().cloned().chain(own).collect()
    }

    /// The target steps that were called: what stands outside for them may be what this deployment brought.
    pub fn touched(&self) -> BTreeSet<StepName> {
        self.targets().filter(|(place, _)| self.state.runs[*place].is_touched()).map(|(_, run)| run.step.name.clone()).collect()
    }

    /// The target steps that were done: what stands outside for them is what its record says.
    pub fn brought(&self) -> BTreeSet<StepName> {
        let done = |place: usize| matches!(self.state.runs[place].status, Status::Done { .. });
        self.targets().filter(|(place, _)| done(*place)).map(|(_, run)| run.step.name.clone()).collect()
    }

    fn targets(&self) -> impl Iterator<Item = (usize, &PlannedRun)> {
        self.plan.of(Phase::Forward).filter(|(_, run)| is_target(&run.step.action))
    }
}
