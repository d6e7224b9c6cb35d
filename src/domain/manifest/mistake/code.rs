//! What can be wrong in a file, and how that reads in English.

use super::{
    super::{duration, pattern, rule, schedule, template, window},
    words::{circle, options, word},
};
use crate::domain::ids::NotAName;

/// What is wrong, with what a sentence about it needs.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum Code {
    // ---- the file
    /// It could not be read from the disk.
    #[error("it cannot be read: {0}")]
    Unreadable(String),
    /// It is too big.
    #[error("it is larger than {0} KiB")]
    TooBig(usize),
    /// There is nothing in it.
    #[error("there is nothing in it")]
    Empty,
    /// It is not YAML; the reader's own words.
    #[error("not valid YAML: {0}")]
    NotYaml(String),
    /// A second document begins.
    #[error("a second document begins here; a file holds one")]
    SecondDocument,
    /// Lists and maps stand too deep in one another.
    #[error("lists and maps stand more than {0} deep in one another")]
    TooDeep(usize),
    /// There are too many values, aliases counted each time.
    #[error("there are more than {0} values, those behind aliases included")]
    TooMany(usize),
    /// An alias of something that is not there yet.
    #[error("this alias stands within what it repeats")]
    CircularAlias,
    /// A key that is not a text.
    #[error("a key must be a text; if it is meant as a value with a template, write that in quotes: \"{{{{ … }}}}\"")]
    KeyIsNoText,
    /// A key stands twice in one map.
    #[error("the key '{key}' stands here again; it was given in line {line} already")]
    KeyAgain {
        /// The key.
        key: String,
        /// The line of the first.
        line: usize,
    },
    /// A tag such as `!thing`.
    #[error("the tag {0} means nothing here")]
    UnknownTag(String),
    /// A number that no file needs.
    #[error("the number {0} is out of range")]
    Number(String),

    // ---- its shape
    /// A key that is not known.
    #[error("unknown key '{key}'{}", options(.near.as_deref(), .expected))]
    UnknownKey {
        /// The key.
        key: String,
        /// The nearest known one.
        near: Option<String>,
        /// All known ones.
        expected: Vec<String>,
    },
    /// A key that must be there and is not.
    #[error("the key '{0}' is missing")]
    MissingKey(String),
    /// A key without a value.
    #[error("'{0}' has no value; give it one, or leave the key out")]
    NoValue(String),
    /// A number or a truth value where a text is wanted.
    #[error("expected {expected}, found {text}; write it in quotes: \"{text}\"")]
    Unquoted {
        /// What is wanted.
        expected: String,
        /// What was written.
        text: String,
    },
    /// Something of another kind.
    #[error("expected {expected}, found {found}")]
    WrongType {
        /// What is wanted.
        expected: String,
        /// What is there.
        found: String,
    },
    /// Another thing that the reader says.
    #[error("{0}")]
    Shape(String),
    /// Something of the language that this server does not have.
    #[error("the {what} '{name}' is not built into this server yet")]
    NotBuiltIn {
        /// What sort of thing (`step kind`, `key`, `trigger`).
        what: &'static str,
        /// Its name.
        name: String,
    },

    // ---- its values
    /// Not a name.
    #[error(transparent)]
    Name(#[from] NotAName),
    /// Not a template.
    #[error("not a template: {0}")]
    Template(#[from] template::Error),
    /// Not a pattern.
    #[error(transparent)]
    Pattern(#[from] pattern::Error),
    /// Not a span of time.
    #[error(transparent)]
    Duration(#[from] duration::Error),
    /// Not one of the words that may stand here.
    #[error("{}", word(.text, .expected))]
    Word {
        /// What was written.
        text: String,
        /// What may be.
        expected: Vec<&'static str>,
    },
    /// Not a rule.
    #[error(transparent)]
    Rule(#[from] rule::Error),
    /// Not times that come again.
    #[error(transparent)]
    Schedule(#[from] schedule::Error),
    /// Not a time in which nothing begins.
    #[error(transparent)]
    Window(#[from] window::Error),
    /// A number outside its bounds.
    #[error("{number} is out of bounds; give a number from {least} to {most}")]
    Bounds {
        /// What was written.
        number: u64,
        /// The least.
        least: u64,
        /// The most.
        most: u64,
    },
    /// A span of time that must not be zero.
    #[error("it must be longer than nothing")]
    Zero,
    /// An empty text or list.
    #[error("it is empty; {0}")]
    Nothing(&'static str),
    /// Not of the form that is wanted.
    #[error("{text:?} is not {wanted}")]
    Form {
        /// What was written.
        text: String,
        /// What is wanted, in words.
        wanted: &'static str,
    },
    /// Exactly one of some keys must be there.
    #[error("give exactly one of {}; found {}", .of.join(", "), if .found.is_empty() { "none".to_owned() } else { .found.join(" and ") })]
    ExactlyOne {
        /// The keys.
        of: &'static [&'static str],
        /// Those that are there.
        found: Vec<&'static str>,
    },
    /// One of some keys must be there.
    #[error("give {}", .of.join(" or "))]
    OneOf {
        /// The keys.
        of: &'static [&'static str],
    },
    /// A key that means nothing beside what else is there.
    #[error("'{key}' means nothing here: {why}")]
    Useless {
        /// The key.
        key: &'static str,
        /// Why.
        why: &'static str,
    },

    // ---- how its parts fit
    /// No such environment.
    #[error("there is no environment '{name}'{}", options(.near.as_deref(), .known))]
    UnknownEnvironment {
        /// The name.
        name: String,
        /// The nearest one.
        near: Option<String>,
        /// All there are.
        known: Vec<String>,
    },
    /// Two steps of one name.
    #[error("a step before is called '{0}' too; names are unique in a file")]
    StepAgain(String),
    /// A step that is done nowhere.
    #[error("'only' and 'except' together leave no environment in which this step is done")]
    StepNowhere,
    /// A name in a template that means nothing.
    #[error("nothing is called '{name}' in a template here{}", options(.near.as_deref(), .known))]
    UnknownValue {
        /// The name.
        name: String,
        /// The nearest one.
        near: Option<String>,
        /// What there is.
        known: Vec<String>,
    },
    /// A variable that is not there everywhere.
    #[error("'vars.{name}' has no value in the environment '{environment}', where this step is done; give it one there, or a default here")]
    VariableMissing {
        /// The variable.
        name: String,
        /// Where it is missing.
        environment: String,
    },
    /// An address that is nowhere given.
    #[error("the environment '{0}' has no 'url', and no step before this one serves one")]
    NoUrl(String),
    /// No such step.
    #[error("no step is called '{name}'{}", options(.near.as_deref(), .known))]
    UnknownStep {
        /// The name.
        name: String,
        /// The nearest one.
        near: Option<String>,
        /// All there are.
        known: Vec<String>,
    },
    /// A step that is not done before this one.
    #[error("the step '{0}' is not done before this one")]
    StepNotEarlier(String),
    /// A step that is not part of the plan.
    #[error("the step '{step}' is not done in the environment '{environment}', where this step is")]
    StepNotInPlan {
        /// The step that is meant.
        step: String,
        /// Where it is not done.
        environment: String,
    },
    /// An output that the step's kind does not have.
    #[error("the step '{step}' has no output '{output}'{}", options(None, .known))]
    UnknownOutput {
        /// The step.
        step: String,
        /// The output.
        output: String,
        /// What it has.
        known: Vec<String>,
    },
    /// A path that the step does not produce.
    #[error("the step '{step}' does not produce '{path}'{}", options(None, .known))]
    NotProduced {
        /// The step.
        step: String,
        /// The path.
        path: String,
        /// What it produces.
        known: Vec<String>,
    },
    /// One variable given twice.
    #[error("'{0}' stands in 'env' and in 'secrets'")]
    EnvAndSecret(String),
    /// A template in a script.
    #[error(
        "a script has no templates, so that no value can ever be read as a command; put it into 'env' (env: {{ NAME: \"{{{{ … }}}}\" }}) and write \"$NAME\""
    )]
    TemplateInScript,
    /// A role that the server's file does not have.
    #[error("the server's file has no role '{name}'{}", options(.near.as_deref(), .known))]
    UnknownRole {
        /// The role.
        name: String,
        /// The nearest one.
        near: Option<String>,
        /// All there are.
        known: Vec<String>,
    },
    /// A secret of the server's own.
    #[error("this secret is the server's own; no application may read it")]
    ServersSecret,
    /// No such cluster.
    #[error("the server's file has no Kubernetes cluster '{name}'{}", options(.near.as_deref(), .known))]
    UnknownCluster {
        /// The name.
        name: String,
        /// The nearest one.
        near: Option<String>,
        /// All there are.
        known: Vec<String>,
    },
    /// A key that needs another.
    #[error("'{key}' needs '{needs}': {why}")]
    Needs {
        /// The key.
        key: &'static str,
        /// The other, with its value.
        needs: &'static str,
        /// Why.
        why: &'static str,
    },
    /// A variable that is not there wherever it is needed.
    #[error("'vars.{name}' has no value in the environment '{environment}'; give it one there, or a default here")]
    VariableMissingThere {
        /// The variable.
        name: String,
        /// Where it is missing.
        environment: String,
    },
    /// A version where there is none.
    #[error("'{0}' has no value here: a runbook has a version only when it names one (ref: main)")]
    NoVersion(String),
    /// A repository where there is none.
    #[error("'{0}' works on the repository, which a runbook has only when it names a version of it (ref: main)")]
    NoRepository(&'static str),
    /// A value of traffic, in a metric that is read while none moves.
    #[error("'{0}' has a value only while traffic moves by weights, and this metric is read in a watch too; give it a default here")]
    NoTraffic(String),
    /// An artifact that the workflow does not fetch.
    #[error("the workflow step '{step}' does not fetch the artifact '{artifact}'{}", options(None, .known))]
    NotFetched {
        /// The step.
        step: String,
        /// The artifact.
        artifact: String,
        /// What it fetches.
        known: Vec<String>,
    },
    /// An artifact of a step that is no workflow, or a path of one that is.
    #[error("the step '{step}' is {}; take '{}' from it", if *.workflow { "a workflow" } else { "no workflow" }, if *.workflow { "artifact" } else { "path" })]
    OtherSource {
        /// The step.
        step: String,
        /// Whether it is a workflow.
        workflow: bool,
    },
    /// A step's former name that is in use.
    #[error("a step is called '{0}' still; 'was' is what this one was called before")]
    StillThere(String),
    /// A former name that another step has.
    #[error("another step was called '{0}' before, as this file says")]
    FormerAgain(String),
    /// An environment that comes after itself.
    #[error("no version ever comes here: {}", circle(.0))]
    Circle(Vec<String>),
    /// A checklist that is not there.
    #[error("the environment '{0}' has no checklist that could be complete; give it one as a plain list (checklist: [Login works])")]
    NoChecklist(String),
    /// One thing given twice.
    #[error("{0:?} stands in this list already")]
    Again(String),
    /// One point given twice.
    #[error("the point {0:?} stands in this environment's checklist already")]
    PointAgain(String),
    /// A point that no step ever ticks.
    #[error("the step '{step}' is done neither in '{environment}' nor where its versions come from, so it never ticks this point")]
    NeverTicked {
        /// The step.
        step: String,
        /// The environment.
        environment: String,
    },
    /// Freezes without an opening.
    #[error("together these leave no minute of a week open; to stop everything, lock the environment")]
    NeverOpen,
    /// No such strategy.
    #[error("there is no strategy '{name}'{}", options(.near.as_deref(), .known))]
    UnknownStrategy {
        /// The name.
        name: String,
        /// The nearest one.
        near: Option<String>,
        /// All there are.
        known: Vec<String>,
    },
    /// A strategy that leaves traffic on the old side.
    #[error("a strategy ends with all of the traffic on the new side ({{ weight: 100 }})")]
    NotToTheEnd,
    /// A stage that gives no more than the one before.
    #[error("each stage gives more of the traffic than the one before; {weight} comes after {before}")]
    NoMore {
        /// What it gives.
        weight: u32,
        /// What the one before gives.
        before: u32,
    },
    /// Two sides that are one.
    #[error("'blue' and 'green' have the same {0}; traffic moves between two")]
    SameSide(&'static str),
    /// No such figure.
    #[error("there is no metric '{name}'{}", options(.near.as_deref(), .known))]
    UnknownMetric {
        /// The name.
        name: String,
        /// The nearest one.
        near: Option<String>,
        /// All there are.
        known: Vec<String>,
    },
    /// A rule of a sort that its figure cannot have.
    #[error("'{metric}' is {is}; write \"{metric} {write}\"")]
    OtherRule {
        /// The figure.
        metric: String,
        /// What it is.
        is: &'static str,
        /// What would fit.
        write: &'static str,
    },
    /// A rule that does not depend on its figure.
    #[error("this is {} so: '{metric}' is {is}", if *.always { "always" } else { "never" })]
    Foregone {
        /// Always, else never.
        always: bool,
        /// The figure.
        metric: String,
        /// What it is.
        is: &'static str,
    },
    /// A rule that the watch is too short for.
    #[error("this never rolls back: it must be so for {rule}, and the watch is over after {watch}")]
    Outlasts {
        /// How long the rule looks.
        rule: String,
        /// How long the watch is.
        watch: String,
    },
    /// A rule whose figure is read too seldom.
    #[error("this never rolls back: its probe asks every {every}, and the watch is over after {watch}")]
    TooRare {
        /// How often the probe asks.
        every: String,
        /// How long the watch is.
        watch: String,
    },
    /// More people must agree than there are.
    #[error("{count} must agree, and only {there_are} may; without the operator's word no approval is ever complete")]
    TooFew {
        /// How many must.
        count: u32,
        /// How many may.
        there_are: usize,
    },
    /// A pattern of files that no file has.
    #[error("no file is named {0:?}, from the folder of this file on")]
    NoFile(String),
    /// A unit that the figure cannot have.
    #[error("{unit:?} is not its unit: what is read here is {is}")]
    OtherUnit {
        /// What it is.
        is: &'static str,
        /// What was written.
        unit: String,
    },
    /// Two files describe one application.
    #[error("the application '{name}' is described by {other} too; a file's name is its application's, once")]
    ApplicationAgain {
        /// The application.
        name: String,
        /// The other file.
        other: String,
    },

    // ---- what it left behind
    /// A target that left a release, and one without a past that may be the same.
    #[error(
        "'{old}' left a release in {environment} and is not here any more; if '{new}' is what it was, say `was: {old}`, or its release is \
         neither carried over nor restored; if it is another thing, the next deployment there settles this"
    )]
    StepRenamed {
        /// The step that is not here any more.
        old: String,
        /// The one that may be it.
        new: String,
        /// Where it left a release.
        environment: String,
    },
    /// A target that left a release, and nothing that may be the same.
    #[error("'{step}' left a release in {environment} and is not here any more; what it left stays there, and nobody looks after it")]
    StepGone {
        /// The step.
        step: String,
        /// Where.
        environment: String,
    },
    /// A step's earlier name that nobody can look up.
    #[error("whether '{0}' left anything is not known, because the store cannot be read from here; check this where the server is")]
    NotVerified(String),
}
