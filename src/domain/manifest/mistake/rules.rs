//! The rules that mistakes break, each with a word that programs may rely on: it never changes.

use super::Code;

/// A rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rule {
    /// Stable, in kebab case.
    pub id: &'static str,
    /// What it wants, in a sentence.
    pub text: &'static str,
}

/// One line for each kind of mistake: the list of all rules and the way from a mistake to its rule, which the compiler sees
/// to that none lacks.
macro_rules! rules {
    ($($pattern:pat => $id:literal $text:literal)*) => {
        /// Every rule there is.
        pub const RULES: &[Rule] = &[$(Rule { id: $id, text: $text }),*];

        impl Code {
            /// The rule that it breaks.
            pub fn rule(&self) -> Rule {
                match self {
                    $($pattern => Rule { id: $id, text: $text },)*
                }
            }
        }
    };
}

rules! {
    Self::Unreadable(_) => "unreadable" "A file can be read, and is text in UTF-8"
    Self::TooBig(_) => "too-big" "A file is of a size that a person could write"
    Self::Empty => "empty-file" "A file says something"
    Self::NotYaml(_) => "not-yaml" "A file is YAML 1.2"
    Self::SecondDocument => "second-document" "A file holds one document"
    Self::TooDeep(_) => "too-deep" "Lists and maps do not stand too deep in one another"
    Self::TooMany(_) => "too-many-values" "A file holds no more values than a person could write"
    Self::CircularAlias => "circular-alias" "An alias repeats something that is whole"
    Self::KeyIsNoText => "key-is-no-text" "A key is a text"
    Self::KeyAgain { .. } => "key-again" "A key stands once in a map"
    Self::UnknownTag(_) => "unknown-tag" "A file has no tags of YAML"
    Self::Number(_) => "number-out-of-range" "A number is one that a file may need"
    Self::UnknownKey { .. } => "unknown-key" "A key is one that means something where it stands"
    Self::MissingKey(_) => "missing-key" "What is required is given"
    Self::NoValue(_) => "no-value" "A key has a value"
    Self::Unquoted { .. } => "unquoted" "A text that looks like a number or a truth value is quoted"
    Self::WrongType { .. } => "wrong-type" "A value is of the kind that is wanted"
    Self::Shape(_) => "wrong-shape" "A value is of the form that is wanted"
    Self::NotBuiltIn { .. } => "not-built-in" "What is used is built into this server"
    Self::Name(_) => "not-a-name" "A name is a name of its kind"
    Self::Template(_) => "not-a-template" "What stands in {{ }} is a name, or a name and a default"
    Self::Pattern(_) => "not-a-pattern" "A pattern is a filter as GitHub Actions has them"
    Self::Duration(_) => "not-a-duration" "A span of time is written as 30s, 5m, 2h or 7d"
    Self::Word { .. } => "not-among-the-words" "A word is one of those that may stand there"
    Self::Rule(_) => "not-a-rule" "A rule compares a metric with a value, for a time"
    Self::Schedule(_) => "not-a-schedule" "A schedule names times that come again"
    Self::Window(_) => "not-a-window" "A freeze names times in which nothing begins"
    Self::Bounds { .. } => "out-of-bounds" "A number is within its bounds"
    Self::Zero => "zero" "A span of time is longer than nothing"
    Self::Nothing(_) => "nothing-in-it" "A text or a list is not empty"
    Self::Form { .. } => "wrong-form" "A text has the form that is wanted"
    Self::ExactlyOne { .. } => "exactly-one" "Of keys that exclude one another exactly one is given"
    Self::OneOf { .. } => "one-of" "One of some keys is given"
    Self::Useless { .. } => "useless-key" "A key means something beside what else is given"
    Self::UnknownEnvironment { .. } => "unknown-environment" "An environment that is named is described"
    Self::StepAgain(_) => "step-again" "Steps have names of their own"
    Self::StepNowhere => "step-nowhere" "A step is done in some environment"
    Self::UnknownValue { .. } => "unknown-value" "A name in a template means something where it stands"
    Self::VariableMissing { .. } => "variable-missing" "A variable has a value wherever it is used"
    Self::NoUrl(_) => "no-url" "An environment whose address is used has one"
    Self::UnknownStep { .. } => "unknown-step" "A step that is named is there"
    Self::StepNotEarlier(_) => "step-not-earlier" "A step speaks of steps that are done before it"
    Self::StepNotInPlan { .. } => "step-not-in-plan" "A step speaks of steps that are done wherever it is"
    Self::UnknownOutput { .. } => "unknown-output" "An output that is named is one that its step has"
    Self::NotProduced { .. } => "not-produced" "What is taken from a step is what it produces"
    Self::EnvAndSecret(_) => "env-and-secret" "A variable is given once"
    Self::TemplateInScript => "template-in-script" "A script has no templates"
    Self::UnknownRole { .. } => "unknown-role" "A role that is named is one of the server's file"
    Self::ServersSecret => "servers-secret" "The server's own secrets are for nobody else"
    Self::UnknownCluster { .. } => "unknown-cluster" "A Kubernetes cluster that is named is one of the server's file"
    Self::Needs { .. } => "needs-another-key" "A key stands with the one that it needs"
    Self::VariableMissingThere { .. } => "variable-missing-there" "A variable has a value in every environment that needs it"
    Self::NoVersion(_) => "no-version" "What speaks of a version has one"
    Self::NoRepository(_) => "no-repository" "What works on the repository has a version of it"
    Self::NoTraffic(_) => "no-traffic" "What speaks of moving traffic is read while it moves"
    Self::NotFetched { .. } => "not-fetched" "An artifact that is taken from a workflow is fetched by it"
    Self::OtherSource { .. } => "other-source" "Artifacts come from workflows, paths from other steps"
    Self::StillThere(_) => "still-there" "A step's former name is no other step's"
    Self::Circle(_) => "circle" "No environment comes after itself"
    Self::NoChecklist(_) => "no-checklist" "A checklist that is waited for is there"
    Self::FormerAgain(_) => "former-again" "A step's former name is no other step's former name"
    Self::Again(_) => "again" "A thing stands once in a list"
    Self::PointAgain(_) => "point-again" "A point stands once in a checklist"
    Self::NeverTicked { .. } => "never-ticked" "A step that ticks a point is done where the point is"
    Self::NeverOpen => "never-open" "Freezes leave some time open"
    Self::UnknownStrategy { .. } => "unknown-strategy" "A strategy that is named is described"
    Self::NotToTheEnd => "not-to-the-end" "A strategy ends with all of the traffic on the new side"
    Self::NoMore { .. } => "no-more" "Each stage of a strategy gives more of the traffic than the one before"
    Self::SameSide(_) => "same-side" "Traffic moves between two sides"
    Self::UnknownMetric { .. } => "unknown-metric" "A metric that is named is described"
    Self::OtherRule { .. } => "other-rule" "A rule is of a sort that its metric can have"
    Self::Foregone { .. } => "foregone" "A rule depends on its metric"
    Self::Outlasts { .. } => "outlasts" "A rule looks no longer than its watch takes"
    Self::TooRare { .. } => "too-rare" "A rule's figure is read while its watch lasts"
    Self::TooFew { .. } => "too-few" "As many people may agree as must"
    Self::NoFile(_) => "no-file" "A pattern names some file"
    Self::OtherUnit { .. } => "other-unit" "A unit is one that its metric can have"
    Self::ApplicationAgain { .. } => "application-again" "An application is described by one file"
    Self::StepRenamed { .. } => "step-renamed" "A step that was renamed says what it was"
    Self::StepGone { .. } => "step-gone" "A step that left something stays, or what it left is taken away"
    Self::NotVerified(_) => "not-verified" "A step's earlier name is one that left something"
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_rule_has_a_word_of_its_own() {
        let ids: BTreeSet<&str> = RULES.iter().map(|rule| rule.id).collect();
        assert_eq!(ids.len(), RULES.len());
        for rule in RULES {
            let is_kebab = rule.id.split('-').all(|part| !part.is_empty() && part.chars().all(|c| c.is_ascii_lowercase()));
            assert!(is_kebab && !rule.text.is_empty() && !rule.text.ends_with('.'), "{rule:?}");
        }
        assert_eq!(Code::Empty.rule().id, "empty-file");
    }
}
