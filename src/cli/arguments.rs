//! The grammar of the command line.

use std::{net::SocketAddr, path::PathBuf, time::Duration};

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::domain::{
    ids::{ApplicationName, DeploymentId, EnvironmentId},
    manifest::duration,
    request::Scope,
};

const EXIT_CODES: &str = "Exit codes:
  0  done
  1  refused, or failed
  2  wrong usage or configuration
  3  the server cannot be reached";

/// Deploys what you push, watches it, and rolls it back.
#[derive(Debug, Parser)]
#[command(name = "botadura", version, after_help = EXIT_CODES, max_term_width = 100)]
pub struct Arguments {
    /// The server's own file; the server's address and its token are found by it.
    #[arg(long, global = true, value_name = "FILE", env = "BOTADURA_CONFIG", default_value = "config/botadura.yaml")]
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
    /// Let nobody else deploy there.
    Lock {
        /// APP/ENV, APP, or `everything`.
        scope: Scope,
        /// For this long; without it, until it is unlocked.
        #[arg(long = "for", value_name = "SPAN", value_parser = duration::parse)]
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
        /// As JSON.
        #[arg(long)]
        json: bool,
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
    /// Print the JSON Schema of a configuration file, for editors: `# yaml-language-server: $schema=FILE`.
    Schema {
        /// Of which file.
        file: SchemaOf,
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

/// A file that has a schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum SchemaOf {
    /// The server's own.
    Server,
    /// An application's.
    Application,
}

/// How the demo runs.
#[derive(Debug, Clone, Args)]
pub struct DemoArguments {
    /// End when everything has been shown, with 0 only if all of it really happened.
    #[arg(long)]
    pub once: bool,
}

fn number(text: &str) -> Result<DeploymentId, String> {
    let number = text.strip_prefix('#').unwrap_or(text).parse().ok().filter(|number| *number > 0);
    number.map(DeploymentId).ok_or_else(|| "a deployment's number is wanted; `botadura status` and `botadura history` show them".to_owned())
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
            "rollback shop/production 41 --with-undo --steal",
            "approve #42",
            "reject 42 --reason no",
            "lock everything --for 2h --reason fair --steal",
            "unlock shop",
            "cancel 3 --leave",
            "retry 3",
            "status shop --json",
            "history shop/staging --json --limit 5 --config x.yaml --as lucia",
            "logs 3 -f",
            "supervise /tmp/x",
            "route --root /srv --listen 127.0.0.1:1",
            "demo --once",
            "schema application",
        ] {
            let words = std::iter::once("botadura").chain(line.split(' '));
            assert!(Arguments::try_parse_from(words).is_ok(), "{line}");
        }
        for line in ["deploy shop", "approve x", "lock shop --for 2", "history --limit 0", "deploy shop/-x"] {
            let words = std::iter::once("botadura").chain(line.split(' '));
            assert!(Arguments::try_parse_from(words).is_err(), "{line}");
        }
    }
}
