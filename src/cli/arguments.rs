//! The grammar of the command line.

mod words;

use std::{net::SocketAddr, path::PathBuf, time::Duration};

use clap::{ArgGroup, Args, Parser, Subcommand, ValueEnum};
use jiff::Timestamp;

use crate::domain::{
    ids::{ApplicationName, DeploymentId, EnvironmentId, RunbookName, TokenName},
    manifest::duration,
    request::{Scope, Which},
    rights::Grant,
};
pub use words::{Shape, place};
use words::{moment, number, span};

const EXIT_CODES: &str = "Exit codes:
  0  done
  1  refused, or failed
  2  wrong usage or configuration
  3  the server cannot be reached";

const CHECK_EXIT_CODES: &str = "Exit codes:
  0  no mistake; warnings and notes there may be
  1  mistakes
  2  wrong usage, or something that cannot be read: a file that is not there, may not be read, or is no text in UTF-8";

/// Where the server's own file is looked for.
pub const CONFIG: &str = "config/botadura.yaml";

const AUDIT_EXIT_CODES: &str = "Exit codes:
  0  everything is as it was
  1  something was altered
  2  wrong usage, or the store cannot be read";

const ANSWER_EXIT_CODES: &str = "Exit codes:
  0  there is an answer, be it yes, later or no; with --format json programs can tell
  1  there is none: what is asked about is not known, or cannot be read
  2  wrong usage or configuration
  3  neither a server nor the store can be reached";

const DIFFERENCE_EXIT_CODES: &str = "Each webhook is judged by itself, at the time at which it came, by what its payload says of the
repository, and as if nothing had happened before it.

Exit codes:
  0  nothing would be decided otherwise
  1  something would
  2  wrong usage or configuration";

/// Deploys what you push, watches it, and rolls it back.
#[derive(Debug, Parser)]
#[command(name = "botadura", version, after_help = EXIT_CODES, max_term_width = 100)]
pub struct Arguments {
    /// The server's own file; the server's address and its token are found by it.
    #[arg(long, global = true, value_name = "FILE", env = "BOTADURA_CONFIG", default_value = CONFIG)]
    pub config: PathBuf,
    /// Ask in the name of this GitHub login, rather than as the operator.
    #[arg(long = "as", global = true, value_name = "LOGIN")]
    pub actor: Option<String>,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run the server.
    Serve,
    /// The tour: real processes on this machine, no account, no network.
    Demo(DemoArguments),
    /// Show what is wrong with the files. It needs no server.
    #[command(after_help = CHECK_EXIT_CODES)]
    Check(CheckArguments),
    /// Bring a version into an environment.
    Deploy {
        /// Where to.
        #[arg(value_name = "APP/ENV")]
        environment: EnvironmentId,
        /// A branch, a tag or a full SHA; without it, the head of the branch that the environment follows.
        #[arg(value_name = "REF")]
        reference: Option<String>,
        /// Also when that version runs there already.
        #[arg(long)]
        again: bool,
        /// Break the glass: do not wait for time, tags or people. Everybody is told, and why.
        #[arg(long, value_name = "REASON")]
        emergency: Option<String>,
        /// Stay until it has ended, and tell how it goes.
        #[arg(long)]
        wait: bool,
    },
    /// Bring an earlier version back: the last good one, or the one that you name.
    Rollback {
        /// Where.
        #[arg(value_name = "APP/ENV")]
        environment: EnvironmentId,
        /// A deployment's number, a tag or a SHA.
        #[arg(value_name = "TO")]
        to: Option<String>,
        /// Also take back what has an `undo`, such as a migration.
        #[arg(long)]
        with_undo: bool,
        /// Although somebody else has locked it.
        #[arg(long)]
        steal: bool,
        /// Stay until it has ended, and tell how it goes.
        #[arg(long)]
        wait: bool,
    },
    /// Agree to a version that waits for approval.
    Approve {
        /// Its number.
        #[arg(value_parser = number)]
        id: DeploymentId,
    },
    /// Refuse a version that waits.
    Reject {
        /// Its number.
        #[arg(value_parser = number)]
        id: DeploymentId,
        /// Why.
        #[arg(long)]
        reason: Option<String>,
    },
    /// Tick a point of a checklist, for the version that this brings or brought.
    Tick {
        /// The number of the proposal or deployment.
        #[arg(value_parser = number)]
        id: DeploymentId,
        /// The point's number, or its text.
        #[arg(value_name = "POINT")]
        point: Which,
        /// It is not done after all.
        #[arg(long)]
        off: bool,
    },
    /// Let nobody else deploy there.
    Lock {
        /// APP/ENV, APP, or `everything`.
        scope: Scope,
        /// For this long; without it, until it is unlocked.
        #[arg(long = "for", value_name = "SPAN", value_parser = span)]
        span: Option<Duration>,
        /// Why.
        #[arg(long)]
        reason: Option<String>,
        /// Take over somebody else's lock.
        #[arg(long)]
        steal: bool,
    },
    /// Take a lock away, or let an environment that was kept back go on.
    Unlock {
        /// APP/ENV, APP, or `everything`.
        scope: Scope,
        /// Although it is somebody else's lock.
        #[arg(long)]
        steal: bool,
    },
    /// Stop a running deployment, or withdraw a waiting one.
    Cancel {
        /// Its number.
        #[arg(value_parser = number)]
        id: DeploymentId,
        /// Leave what it changed as it is.
        #[arg(long)]
        leave: bool,
    },
    /// Run a failed deployment again.
    Retry {
        /// Its number.
        #[arg(value_parser = number)]
        id: DeploymentId,
        /// Stay until it has ended, and tell how it goes.
        #[arg(long)]
        wait: bool,
    },
    /// Run a runbook.
    Run {
        /// Whose.
        #[arg(value_name = "APP")]
        application: ApplicationName,
        /// Which.
        #[arg(value_name = "RUNBOOK")]
        runbook: RunbookName,
        /// Take back what its last run did.
        #[arg(long)]
        undo: bool,
        /// Stay until it has ended, and tell how it goes.
        #[arg(long)]
        wait: bool,
    },
    /// Bring what runs in one environment into another.
    Promote {
        /// Where it runs.
        #[arg(value_name = "APP/FROM")]
        from: EnvironmentId,
        /// Where it goes.
        #[arg(value_name = "APP/TO")]
        to: EnvironmentId,
        /// Stay until it has ended, and tell how it goes.
        #[arg(long)]
        wait: bool,
    },
    /// What would become of a webhook or a command: the decision and the plan, with nothing done. Works without a server.
    #[command(after_help = ANSWER_EXIT_CODES, group = ArgGroup::new("what").args(["event", "line"]).required(true))]
    Simulate {
        /// What GitHub calls the event: `push`, `pull_request` …
        #[arg(long, value_name = "NAME", requires = "payload")]
        event: Option<String>,
        /// The event's payload, a file; - for standard input.
        #[arg(long, value_name = "FILE", requires = "event")]
        payload: Option<PathBuf>,
        /// A slash-command, as it would be typed on GitHub: "/deploy production v1.2.0".
        #[arg(long = "command", value_name = "LINE")]
        line: Option<String>,
        /// As if it came then: `2026-11-27T17:00:00Z`, `2026-11-27T11:00:00-06:00[America/Mexico_City]`.
        #[arg(long, value_name = "TIME", value_parser = moment)]
        at: Option<Timestamp>,
        /// How the answer is written.
        #[arg(long, value_enum, default_value_t = Shape::Human)]
        format: Shape,
    },
    /// Why an environment is as it is: each gate with its verdict, who can clear it, when it opens.
    #[command(after_help = ANSWER_EXIT_CODES)]
    Why {
        /// APP ENV, or APP/ENV.
        #[arg(value_name = "APP ENV", num_args = 1..=2, required = true)]
        place: Vec<String>,
        /// How the answer is written.
        #[arg(long, value_enum, default_value_t = Shape::Human)]
        format: Shape,
    },
    /// What a deployment would do, step by step, and what a rollback would restore.
    #[command(after_help = ANSWER_EXIT_CODES)]
    Plan {
        /// APP ENV [REF], or APP/ENV [REF]: a branch, a tag or a SHA; without it, the head of the branch that it follows.
        #[arg(value_name = "APP ENV REF", num_args = 1..=3, required = true)]
        place: Vec<String>,
        /// How the answer is written.
        #[arg(long, value_enum, default_value_t = Shape::Human)]
        format: Shape,
    },
    /// Deal with a recorded delivery once more, by the files as they are now.
    Replay {
        /// Its id, as `X-GitHub-Delivery` had it.
        #[arg(value_name = "DELIVERY")]
        delivery: String,
        /// Only tell what would become of it.
        #[arg(long)]
        dry_run: bool,
        /// How the answer is written.
        #[arg(long, value_enum, default_value_t = Shape::Human)]
        format: Shape,
    },
    /// What would be decided otherwise, of all that is recorded, by the changed files that --config names.
    #[command(after_help = DIFFERENCE_EXIT_CODES)]
    DiffDecisions {
        /// The server's file as it is now, whose deliveries are taken.
        #[arg(long, value_name = "FILE", env = "BOTADURA_CONFIG", default_value = CONFIG)]
        against: PathBuf,
        /// How many deliveries, the newest first.
        #[arg(long, default_value_t = 1000, value_parser = clap::value_parser!(u32).range(1..=100_000))]
        limit: u32,
        /// How the answer is written.
        #[arg(long, value_enum, default_value_t = Shape::Human)]
        format: Shape,
    },
    /// What runs where, and what waits.
    Status {
        /// Only this application.
        #[arg(value_name = "APP")]
        application: Option<ApplicationName>,
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// The last deployments.
    History {
        /// Only of this environment.
        #[arg(value_name = "APP/ENV")]
        environment: Option<EnvironmentId>,
        /// The full records, as JSON: of what has ended.
        #[arg(long)]
        json: bool,
        /// The same as a table for other programs.
        #[arg(long, conflicts_with = "json")]
        csv: bool,
        /// How many.
        #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u16).range(1..=1000))]
        limit: u16,
    },
    /// What a deployment's steps printed.
    Logs {
        /// Its number.
        #[arg(value_parser = number)]
        id: DeploymentId,
        /// Stay until it has ended.
        #[arg(short, long)]
        follow: bool,
    },
    /// Tokens of the API: for scripts, pipelines, other people.
    #[command(subcommand)]
    Token(TokenCommand),
    /// Look whether somebody altered what happened.
    #[command(subcommand)]
    Audit(AuditCommand),
    /// What files and answers look like, as schemas.
    Schema {
        /// Of what.
        #[arg(value_enum)]
        of: Described,
    },
    /// Keeps one command of a deployment; the server starts it.
    #[command(hide = true)]
    Supervise {
        /// The command's folder.
        folder: PathBuf,
    },
    /// Routes requests to the release that serves; the server starts it.
    #[command(hide = true)]
    Route {
        /// The releases' folder.
        #[arg(long)]
        root: PathBuf,
        /// Where to listen.
        #[arg(long)]
        listen: SocketAddr,
    },
    /// The shop that the demo deploys.
    #[command(hide = true)]
    DemoApp,
}

/// What to do with tokens.
#[derive(Debug, Subcommand)]
pub enum TokenCommand {
    /// Make one. It is shown this once.
    Create {
        /// What its holder is called; a name is given once.
        name: TokenName,
        /// What it may do: `read`, `deploy`, `approve` or `admin`, alone or with `:APP` or `:APP/ENV`. May be given several times.
        #[arg(long = "scope", value_name = "SCOPE", required = true)]
        scopes: Vec<Grant>,
        /// It counts for this long; without it, until it is revoked.
        #[arg(long, value_name = "SPAN", value_parser = duration::parse)]
        expires: Option<Duration>,
    },
    /// The tokens there are and were.
    List {
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// Refuse one from now on.
    Revoke {
        /// Its name.
        name: TokenName,
    },
}

/// What to look at.
#[derive(Debug, Subcommand)]
pub enum AuditCommand {
    /// The whole history, and what it is made from. It reads the store's file and needs no server.
    #[command(after_help = AUDIT_EXIT_CODES)]
    Verify {
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
}

/// What a schema is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Described {
    /// The server's own file, as a JSON Schema for editors: `# yaml-language-server: $schema=FILE`.
    Server,
    /// An application's file, as a JSON Schema.
    Application,
    /// The API, as an `OpenAPI` 3.1 document.
    Api,
}

/// How the demo runs.
#[derive(Debug, Clone, Args)]
pub struct DemoArguments {
    /// End when everything has been shown, with 0 only if all of it really happened.
    #[arg(long)]
    pub once: bool,
}

/// What is checked, and how it is told.
#[derive(Debug, Clone, Args)]
pub struct CheckArguments {
    /// Server's files, applications' files, or folders of them; without any, the server's file and all files that it names.
    #[arg(value_name = "PATH")]
    pub paths: Vec<PathBuf>,
    /// How it is told.
    #[arg(long, value_name = "FORMAT", default_value = "human")]
    pub format: Format,
}

/// How something is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people.
    Human,
    /// A list of mistakes for programs.
    Json,
    /// SARIF 2.1.0, for GitHub's code scanning.
    Sarif,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_grammar_holds_together() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn what_people_type_is_understood() {
        for line in [
            "deploy shop/staging v1 --again --wait",
            "deploy shop/production v1 --emergency \"checkout-is-down\"",
            "tick 42 2",
            "tick 42 Told --off",
            "rollback shop/production 41 --with-undo --steal",
            "approve #42",
            "reject 42 --reason no",
            "lock everything --for 2h --reason fair --steal",
            "unlock shop",
            "cancel 3 --leave",
            "retry 3",
            "run shop failover --undo --wait",
            "promote shop/staging shop/production",
            "simulate --event push --payload x.json --as lucia --at 2026-11-27T17:00:00Z --format json",
            "simulate --command /help --at 2026-11-27T11:00:00[America/Mexico_City]",
            "why shop production",
            "why shop/production --format json",
            "plan shop production v1",
            "replay 72d3162e-cc78-11e3-81ab-4c9367dc0958 --dry-run",
            "diff-decisions --config new/botadura.yaml --against botadura.yaml --limit 50",
            "status shop --json",
            "history shop/staging --json --limit 5 --config x.yaml --as lucia",
            "logs 3 -f",
            "supervise /tmp/x",
            "route --root /srv --listen 127.0.0.1:1",
            "demo --once",
            "check",
            "check config apps/shop.yaml --format sarif",
            "history --csv",
            "token create ci --scope deploy:shop/staging --scope read --expires 30d",
            "token list --json",
            "token revoke ci",
            "audit verify --json",
            "schema api",
            "schema server",
            "schema application",
        ] {
            let words = std::iter::once("botadura").chain(line.split(' '));
            assert!(Arguments::try_parse_from(words).is_ok(), "{line}");
        }
        for line in [
            "deploy shop",
            "approve x",
            "lock shop --for 2",
            "history --limit 0",
            "deploy shop/-x",
            "token create ci",
            "token create ci --scope all",
            "history --csv --json",
        ] {
            let words = std::iter::once("botadura").chain(line.split(' '));
            assert!(Arguments::try_parse_from(words).is_err(), "{line}");
        }
    }
}
