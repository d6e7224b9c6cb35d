//! Which mistakes may only seem to be ones, because a part of the file could not be read.

use super::{
    super::yaml::{Gone, Path},
    Code,
};

impl Code {
    /// Whether a mistake at a path may come of what could not be read, so that it is not told before that is mended.
    pub(crate) fn may_come_of(&self, path: &Path, gone: &Gone) -> bool {
        gone.covers(path)
            || match self {
                Self::Name(_)
                | Self::Template(_)
                | Self::Pattern(_)
                | Self::Duration(_)
                | Self::Word { .. }
                | Self::Rule(_)
                | Self::Schedule(_)
                | Self::Window(_)
                | Self::Bounds { .. }
                | Self::Zero
                | Self::Nothing(_)
                | Self::Form { .. }
                | Self::NotBuiltIn { .. }
                | Self::StepAgain(_)
                | Self::EnvAndSecret(_)
                | Self::TemplateInScript
                | Self::UnknownRole { .. }
                | Self::UnknownCluster { .. }
                | Self::ServersSecret
                | Self::Again(_)
                | Self::PointAgain(_) => false,
                Self::UnknownEnvironment { .. } => gone.is_among("environments"),
                Self::UnknownMetric { .. } => gone.is_among("metrics"),
                Self::UnknownStep { .. } => !gone.has_names_of("steps"),
                Self::ExactlyOne { found, .. } if found.len() > 1 => false,
                Self::MissingKey(_) | Self::ExactlyOne { .. } | Self::OneOf { .. } | Self::Useless { .. } | Self::Needs { .. } => {
                    gone.is_near(path)
                }
                _ => !gone.is_empty(),
            }
    }
}
