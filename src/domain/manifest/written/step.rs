//! Steps: what all kinds have in common, and the list of kinds.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::Deserialize;

use super::{
    Checks, Command, Directory, EcsService, EcsTask, FirebaseHosting, Helm, Http, Image, KubernetesDeployment, KubernetesJob,
    KubernetesScale, RdsSnapshot, Render, Route53, S3Site, Secret, Several, Span, Vercel, Workflow, exactly_one,
};

/// Declares the kinds of step once, and structs that have a key for each of them beside their own keys.
macro_rules! with_kinds {
    (kinds $kinds:tt $($(#[$meta:meta])* struct $name:ident $fields:tt)+) => {
        with_kinds!(@list $kinds);
        $(with_kinds!(@struct $kinds $(#[$meta])* $name $fields);)+
    };
    (@list { $($(#[$doc:meta])* $key:ident: $kind:ident,)+ }) => {
        /// The kinds there are, as keys.
        pub(crate) const KINDS: &[&str] = &[$(stringify!($key)),+];

        /// What a step does, as it is written.
        #[derive(Debug)]
        pub(crate) enum Kind {
            $($kind(Box<$kind>),)+
        }

        impl Kind {
            /// The key.
            pub(crate) fn name(&self) -> &'static str {
                match self {
                    $(Self::$kind(_) => stringify!($key),)+
                }
            }
        }
    };
    (
        @struct { $($(#[$doc:meta])* $key:ident: $kind:ident,)+ }
        $(#[$meta:meta])* $name:ident { $($(#[$field_meta:meta])* $field:ident: $type:ty,)* }
    ) => {
        $(#[$meta])*
        pub(crate) struct $name {
            $($(#[$field_meta])* pub(crate) $field: $type,)*
            $($(#[$doc])* pub(crate) $key: Option<Box<$kind>>,)+
        }

        impl $name {
            /// What stands under the kinds' keys, taken out: one, if the file is right.
            pub(crate) fn kinds(&mut self) -> Vec<Kind> {
                let mut found = Vec::new();
                $(found.extend(self.$key.take().map(Kind::$kind));)+
                found
            }

            /// The first kind's key.
            pub(crate) fn kind(&self) -> Option<&'static str> {
                $(if self.$key.is_some() {
                    return Some(stringify!($key));
                })+
                None
            }
        }
    };
}

with_kinds! {
    kinds {
        /// Waits for GitHub's checks on the commit (`[unit, lint]`); any that fails stops the deployment.
        checks: Checks,
        /// Dispatches a workflow of GitHub Actions and follows its run.
        workflow: Workflow,
        /// Runs a program in a checkout of the version.
        command: Command,
        /// Makes a request and judges the answer.
        http: Http,
        /// Keeps releases side by side in a folder of this machine and flips between them.
        directory: Directory,
        /// Builds an image and pushes it. Outputs: `reference`, `digest`.
        image: Image,
        /// Gives a service of Amazon ECS a new revision, all at once or by weights.
        ecs_service: EcsService,
        /// Runs one-off work on Amazon ECS, such as a migration.
        ecs_task: EcsTask,
        /// Brings files to Amazon S3, with CloudFront before it.
        s3_site: S3Site,
        /// Points a record of Amazon Route 53 somewhere else.
        route53: Route53,
        /// Takes a snapshot of a database on Amazon RDS.
        rds_snapshot: RdsSnapshot,
        /// Gives a Kubernetes deployment an image and waits for its rollout.
        kubernetes_deployment: KubernetesDeployment,
        /// Runs a Kubernetes job to its end.
        kubernetes_job: KubernetesJob,
        /// Gives a Kubernetes deployment a number of replicas.
        kubernetes_scale: KubernetesScale,
        /// Upgrades a release of Helm.
        helm: Helm,
        /// Makes a deployment of Vercel, of the pinned commit.
        vercel: Vercel,
        /// Makes a deployment of Render, of the pinned commit.
        render: Render,
        /// Brings files to a site on Firebase Hosting.
        firebase_hosting: FirebaseHosting,
    }

    /// A step (with exactly one kind), or steps side by side (`parallel`).
    #[derive(Debug, Deserialize, JsonSchema)]
    #[serde(deny_unknown_fields, expecting = "a step (a map)")]
    #[schemars(transform = exactly_one(KINDS_AND_PARALLEL), rename = "Step")]
    struct Entry {
        /// What it is called; its kind when absent, then with `-2`, `-3`. Unique in the file.
        name: Option<String>,
        /// What it was called before it was renamed, so that what it left is still its own.
        was: Option<String>,
        /// The environments in which it is done; all when absent.
        only: Option<Vec<String>>,
        /// The environments in which it is not done.
        except: Option<Vec<String>>,
        /// It is skipped when nothing in these paths differs from the version that it last left here.
        paths: Option<Several>,
        /// How long one attempt may take.
        timeout: Option<Span>,
        /// How many further attempts a failure has; none when absent.
        #[schemars(range(max = 10))]
        retries: Option<u32>,
        /// Environment variables of its programs.
        #[serde(default)]
        env: IndexMap<String, String>,
        /// Secret environment variables of its programs.
        #[serde(default)]
        secrets: IndexMap<String, Secret>,
        /// It is done again after a rollback, against the version that came back.
        #[serde(default)]
        verify: bool,
        /// It builds and changes nothing in the environment: it may run before the gates, and a promotion takes its outputs over.
        #[serde(default)]
        build: bool,
        /// What takes it back: offered at a rollback, done by itself with `automatic: true`.
        undo: Option<Undo>,
        /// Paths in the workspace that later steps need.
        #[serde(default)]
        produces: Vec<String>,
        /// Patterns of files that go into the deployment's record; missing or empty = failed.
        #[serde(default)]
        keep: Vec<String>,
        /// Steps that are done side by side.
        parallel: Option<Vec<Entry>>,
    }

    /// What takes a step back: exactly one kind.
    #[derive(Debug, Deserialize, JsonSchema)]
    #[serde(deny_unknown_fields, expecting = "what takes the step back (a map such as {command: {…}})")]
    #[schemars(transform = exactly_one(KINDS))]
    struct Undo {
        /// A rollback does it unasked.
        #[serde(default)]
        automatic: bool,
    }
}

/// What an entry of the list has exactly one of.
const KINDS_AND_PARALLEL: &[&str] = &{
    let mut keys = ["parallel"; KINDS.len() + 1];
    let mut at = 0;
    while at < KINDS.len() {
        keys[at] = KINDS[at];
        at += 1;
    }
    keys
};
