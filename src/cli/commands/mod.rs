//! What each command does.

#![expect(clippy::disallowed_methods, reason = "whoever sits at a terminal lives in real time")]

mod ask;
mod audit;
mod difference;
mod logs;
mod questions;
mod server;
mod show;
mod token;
mod wait;

use std::{io::Write as _, process::ExitCode};

use super::{
    arguments::{Arguments, AuditCommand, Command, Described},
    client::Client,
    failure::Failure,
};
use crate::settings::{self, Settings};

/// Does what the arguments say.
pub(super) fn run(arguments: Arguments) -> ExitCode {
    let Arguments { config, actor, command } = arguments;
    let done = match command {
        Command::Check(arguments) => match crate::cli::check::check(&config, &arguments) {
            Ok(code) => return code,
            Err(failure) => Err(failure),
        },
        Command::Serve => server::serve(&config),
        Command::Demo(arguments) => server::demo(&arguments),
        Command::Supervise { folder } => return crate::steps::process::supervise(&folder),
        Command::Route { root, listen } => server::route(root, listen),
        Command::DemoApp => server::demo_app(),
        Command::Schema { of } => schema(&described(of)),
        Command::Audit(AuditCommand::Verify { json }) => {
            settings::load(&config).map_err(Failure::Mistakes).and_then(|settings| audit::verify(&settings, json))
        }
        command @ (Command::Simulate { .. } | Command::Why { .. } | Command::Plan { .. } | Command::Replay { .. }) => {
            runtime().and_then(|runtime| runtime.block_on(questions::answer(&config, actor, command)))
        }
        Command::DiffDecisions { against, limit, format } => {
            runtime().and_then(|runtime| runtime.block_on(difference::decisions(&config, &against, limit, format)))
        }
        command => settings::load(&config).map_err(Failure::Mistakes).and_then(|settings| as_client(&settings, actor, command)),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            let text = failure.to_string();
            match &failure {
                Failure::Mistakes(_) => tell(&text),
                _ if text.is_empty() => {}
                _ => tell(&format!("botadura: {text}")),
            }
            failure.exit_code()
        }
    }
}

/// The JSON Schema of a configuration file.
fn runtime() -> Result<tokio::runtime::Runtime, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.map_err(|error| Failure::Failed(format!("the command cannot begin: {error}")))
}

fn as_client(settings: &Settings, actor: Option<String>, command: Command) -> Result<(), Failure> {
    let client = Client::new(settings, actor)?;
    runtime()?.block_on(async {
        match command {
            Command::Status { application, json } => show::status(&client, application.as_ref(), json).await,
            Command::History { environment, json, csv, limit } => {
                let form = if csv { show::Form::Csv } else { show::Form::of(json) };
                show::history(&client, environment.as_ref(), limit, form).await
            }
            Command::Token(command) => token::token(&client, command).await,
            Command::Logs { id, follow: true } => logs::follow(&client, id).await,
            Command::Logs { id, follow: false } => logs::all(&client, id).await,
            command => ask::ask(&client, command).await,
        }
    })
}

fn described(of: Described) -> serde_json::Value {
    match of {
        Described::Server => settings::schema(),
        Described::Application => crate::domain::manifest::schema(),
        Described::Api => crate::web::api::document(),
    }
}

/// What something looks like.
fn schema(schema: &serde_json::Value) -> Result<(), Failure> {
    say(&serde_json::to_string_pretty(schema).map_err(|error| Failure::Failed(error.to_string()))?);
    Ok(())
}

/// A line of what was asked for. Where nobody reads any more (`| head`), nothing is said.
fn say(line: &str) {
    let _ = writeln!(anstream::stdout(), "{line}");
}

/// A line beside it.
fn tell(line: &str) {
    let _ = writeln!(anstream::stderr(), "{line}");
}
