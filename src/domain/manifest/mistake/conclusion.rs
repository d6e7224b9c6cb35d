//! Which mistakes may only seem to be ones, because a part of the file could not be read.

use super::{
    super::{
        rule,
        yaml::{Gone, Path},
    },
    Code,
};

impl Code {
    /// Whether a mistake at a path may come of what could not be read, so that it is not told before that is mended.
    pub(crate) fn may_come_of(&self, path: &Path, gone: &Gone) -> bool {
        gone.covers(path) || (!gone.is_untouched() && self.depends_on(path, gone))
    }

    fn depends_on(&self, path: &Path, gone: &Gone) -> bool {
        match self {
            Self::UnknownEnvironment { .. } => gone.is_among("environments"),
            Self::UnknownMetric { .. } => gone.is_among("metrics"),
            Self::UnknownStrategy { .. } => gone.is_under("strategies"),
            Self::UnknownStep { .. } | Self::StillThere(_) => !gone.has_names_of("steps"),
            Self::StepNotEarlier(_)
            | Self::StepNotInPlan { .. }
            | Self::StepNowhere
            | Self::UnknownOutput { .. }
            | Self::NotProduced { .. }
            | Self::NotFetched { .. }
            | Self::OtherSource { .. }
            | Self::NeverTicked { .. } => gone.is_under("steps") || gone.is_among("environments"),
            Self::NoUrl(_) => gone.lacks("url") || gone.is_under("steps") || gone.is_among("environments"),
            Self::UnknownValue { name, .. } if name.starts_with("steps.") => gone.is_under("steps"),
            Self::UnknownValue { .. } | Self::VariableMissing { .. } | Self::VariableMissingThere { .. } => {
                gone.is_under("vars") || gone.is_among("environments")
            }
            Self::NoVersion(_) | Self::NoRepository(_) => gone.lacks("ref"),
            Self::NoTraffic(_)
            | Self::OtherRule { .. }
            | Self::Foregone { .. }
            | Self::Outlasts { .. }
            | Self::TooRare { .. }
            | Self::OtherUnit { .. } => gone.is_under("metrics") || gone.is_under("watch"),
            Self::Rule(rule::Error::NotOfUnit { .. }) => gone.is_under("metrics"),
            Self::NoChecklist(_) => gone.is_under("checklist") || gone.is_among("environments"),
            Self::NeverOpen | Self::NotToTheEnd | Self::SameSide(_) | Self::NoMore { .. } => gone.is_within(path) || gone.is_beside(path),
            Self::ExactlyOne { found, of } => found.len() < 2 && gone.lacks_one_of(path, of),
            Self::OneOf { of } => gone.lacks_one_of(path, of),
            Self::MissingKey(key) => gone.lacks_one_of(path, &[key]),
            Self::Useless { .. } => gone.is_beside(path),
            Self::Needs { needs, .. } => needs.split(':').next().is_some_and(|key| gone.lacks(key)),
            _ => false,
        }
    }
}
