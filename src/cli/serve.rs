//! `botadura serve`: loads the files, starts the server, stops it in good order.

use std::{path::Path, sync::Arc, time::Duration};

use tokio::signal::unix::{SignalKind, signal};

use super::{ambient, failure::Failure};
use crate::{
    app::{Ambient, App, Between, Error},
    clock::System,
    settings::{
        self,
        watch::{self, Watch},
    },
    surfaces::{
        console::{Console, Stdout},
        text::Text,
    },
};

/// How long a stop may take, all told: less than what service managers and container engines give before they kill.
const GRACE: Duration = Duration::from_secs(22);

/// Serves until it is told to stop (SIGTERM, SIGINT). Reads the files again when they change, and on SIGHUP.
pub(super) async fn serve(config: &Path) -> Result<(), Failure> {
    let environment = ambient::environment();
    crate::telemetry::start(environment.get("BOTADURA_LOG").map_or("info", String::as_str));
    let loaded = settings::everything(config).map_err(Failure::Mistakes)?;
    let ambient = Ambient {
        clock: Arc::new(System),
        environment,
        binary: ambient::binary()?,
        random: Arc::new(ambient::random_word),
        surfaces: vec![Arc::new(Console::new(Text::new(loaded.settings.locale), Arc::new(Stdout)))],
        between: Between::default(),
    };
    // Before the start: a signal that comes during it must not be lost.
    let listen = |kind| signal(kind).map_err(|error| Failure::Failed(format!("signals cannot be listened to: {error}")));
    let (mut term, mut interrupt) = (listen(SignalKind::terminate())?, listen(SignalKind::interrupt())?);
    let mut hangup = listen(SignalKind::hangup())?;
    let mut app = App::start(loaded, ambient).await.map_err(|error| match error {
        Error::Configured { .. } => Failure::Usage(error.to_string()),
        other => Failure::Failed(other.to_string()),
    })?;
    tracing::info!(address = %app.address(), config = %config.display(), "listening");
    let mut watch = Watch::new().map_err(|error| tracing::warn!(%error, "changed files are not noticed; SIGHUP reloads")).ok();
    follow(&app, &mut watch, config).await;
    let broken = loop {
        let noticed = async {
            match &mut watch {
                Some(watch) => watch.changed().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            _ = term.recv() => break None,
            _ = interrupt.recv() => break None,
            ended = app.ended() => break Some(ended),
            _ = hangup.recv() => drop(app.reload().await),
            () = noticed => drop(app.reload_if_changed().await),
        }
        follow(&app, &mut watch, config).await;
    };
    tracing::info!("stopping; what is under way is handed over");
    app.stop(GRACE).await;
    match broken {
        None => Ok(()),
        Some(ended) => Err(Failure::Failed(format!("the server ended by itself: {ended:?}"))),
    }
}

/// Watches the folders that matter now. What happened in new ones before they were watched is looked at.
async fn follow(app: &App, watch: &mut Option<Watch>, config: &Path) {
    let Some(watch) = watch else { return };
    while watch.follow(watch::folders(config, settings::load(config).ok().as_ref())) {
        app.reload_if_changed().await;
    }
}
