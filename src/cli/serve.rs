//! `botadura serve`: loads the files, starts the server, stops it in good order.

use std::{collections::BTreeMap, path::Path, process::ExitCode, sync::Arc, time::Duration};

use tokio::signal::unix::{SignalKind, signal};

use super::{USAGE, complain};
use crate::{
    app::{Ambient, App, Between},
    clock::System,
    engine::Configured,
    settings::{self, Settings},
    surfaces::{
        console::{Console, Stdout},
        text::{Locale, Text},
    },
};

/// How long a stop may take, all told: less than what service managers and container engines give before they kill.
const GRACE: Duration = Duration::from_secs(22);

/// Serves until it is told to stop (SIGTERM, SIGINT).
pub async fn serve(config: &Path, environment: BTreeMap<String, String>) -> ExitCode {
    crate::telemetry::start(environment.get("BOTADURA_LOG").map_or("info", String::as_str));
    let (settings, configured) = match load(config) {
        Ok(loaded) => loaded,
        Err(mistakes) => {
            for mistake in mistakes {
                complain(&mistake);
            }
            return USAGE;
        }
    };
    let ambient = match ambient(&settings, environment) {
        Ok(ambient) => ambient,
        Err(error) => {
            complain(&error);
            return ExitCode::FAILURE;
        }
    };
    // Both before the start: a signal that comes during it must not be lost.
    let (Ok(mut term), Ok(mut interrupt)) = (signal(SignalKind::terminate()), signal(SignalKind::interrupt())) else {
        complain(&"signals cannot be listened to");
        return ExitCode::FAILURE;
    };
    let app = match App::start(&settings, configured, ambient).await {
        Ok(app) => app,
        Err(error) => {
            complain(&error);
            return ExitCode::FAILURE;
        }
    };
    tracing::info!(address = %app.address(), config = %config.display(), "listening");
    tokio::select! {
        _ = term.recv() => {}
        _ = interrupt.recv() => {}
    }
    tracing::info!("stopping; what is under way is handed over");
    app.stop(GRACE).await;
    ExitCode::SUCCESS
}

/// The server's file and the applications', or every mistake in them.
pub(super) fn load(config: &Path) -> Result<(Settings, Configured), Vec<String>> {
    let told = |mistakes: Vec<crate::domain::manifest::Mistake>| mistakes.iter().map(ToString::to_string).collect::<Vec<_>>();
    let settings = settings::load(config).map_err(told)?;
    let applications = settings::applications(&settings).map_err(told)?;
    let configured = Configured {
        applications: applications.into_iter().map(|(_, application)| (application.name.clone(), Arc::new(application))).collect(),
        roles: settings.roles.iter().map(|(role, members)| (role.clone(), members.iter().map(ToString::to_string).collect())).collect(),
    };
    Ok((settings, configured))
}

fn ambient(settings: &Settings, environment: BTreeMap<String, String>) -> Result<Ambient, String> {
    let binary = std::env::current_exe().map_err(|error| format!("our own program cannot be found: {error}"))?;
    let locale = match settings.locale {
        settings::Locale::En => Locale::En,
        settings::Locale::Es => Locale::Es,
    };
    Ok(Ambient {
        clock: Arc::new(System),
        environment,
        binary,
        random: Arc::new(super::random_word),
        surfaces: vec![Arc::new(Console::new(Text::new(locale), Arc::new(Stdout)))],
        between: Between::default(),
    })
}
