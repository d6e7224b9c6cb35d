//! Opening the store: SQLite in one file, for one process.

use std::{
    fs::File,
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::PathBuf,
    str::FromStr,
    time::Duration,
};

use sqlx::{
    AnyPool, Connection, Executor,
    any::{AnyConnectOptions, AnyPoolOptions, install_default_drivers},
};

use super::{Error, Result, Store};
use crate::domain::clock::SharedClock;

/// Where the store is.
#[derive(Debug, Clone)]
pub struct Config {
    /// The SQLite file. Its folder is made when it is missing.
    pub path: PathBuf,
    /// The surfaces that are kept up to date.
    pub surfaces: Vec<&'static str>,
}

/// The store, and the proof that nobody else has it.
#[derive(Debug)]
pub struct Opened {
    /// The store.
    pub store: Store,
    /// Held as long as the store is used: while it is, no other process can open it.
    pub lock: File,
}

/// Settings of every connection. `FULL` is what lets an answer promise that a delivery survives a power cut.
const PRAGMAS: &str = "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA busy_timeout = 5000; \
     PRAGMA foreign_keys = ON; PRAGMA trusted_schema = OFF; PRAGMA wal_autocheckpoint = 4000;";

/// Opens the store, migrates it and voids what a dead process left claimed. `random` names a store that is new.
pub async fn open(config: Config, clock: SharedClock, random: impl FnOnce() -> String) -> Result<Opened> {
    install_default_drivers();
    let lock = exclusive(&config.path).await?;
    let url = |mode: &str| format!("sqlite://{}?mode={mode}", config.path.display());
    let writer = pool(&url("rwc"), 1).await?;
    sqlx::migrate!("migrations/sqlite")
        .run(&writer)
        .await
        .map_err(|error| Error::Unusable(format!("{} could not be brought up to date: {error}", config.path.display())))?;
    let readers = pool(&url("ro"), 4).await?;
    let instance = instance(&writer, random).await?;
    let store = Store { writer, readers, surfaces: config.surfaces, clock, instance };
    store.void_claims().await?;
    Ok(Opened { store, lock })
}

async fn pool(url: &str, size: u32) -> Result<AnyPool> {
    let options = AnyConnectOptions::from_str(url)?;
    Ok(AnyPoolOptions::new()
        .max_connections(size)
        .min_connections(size)
        .idle_timeout(None)
        .max_lifetime(None)
        .acquire_timeout(Duration::from_secs(8))
        // When a disk is full SQLite rolls back by itself; sqlx's own ROLLBACK then fails, and it takes the transaction to be
        // open still: what is "committed" after that may be a savepoint's release within a transaction that never ends. Such
        // a connection is not used again.
        .before_acquire(|connection, _| Box::pin(async move { Ok(!connection.is_in_transaction()) }))
        .after_connect(|connection, _| Box::pin(async move { connection.execute(PRAGMAS).await.map(|_| ()) }))
        .connect_with(options)
        .await?)
}

/// How long the lock is waited for: a server that was killed may have a child that has not become another program yet.
const LOCK: Duration = Duration::from_secs(2);

/// The file lock proves that nobody else lives: that is why all claims are void when we have it.
#[expect(clippy::disallowed_methods, reason = "the lock is the system's, which knows real time alone")]
async fn exclusive(path: &std::path::Path) -> Result<File> {
    let unusable = |what: String| Error::Unusable(what);
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        // Others may pass through (commands of another user have their folders below), but not look around.
        let made = std::fs::DirBuilder::new().recursive(true).mode(0o711).create(folder);
        made.map_err(|error| unusable(format!("the folder {} cannot be made: {error}", folder.display())))?;
    }
    // SQLite gives the files beside it the same mode.
    File::options()
        .create(true)
        .append(true)
        .mode(0o600)
        .open(path)
        .map_err(|error| unusable(format!("{} cannot be opened: {error}", path.display())))?;
    let name = path.with_extension("lock");
    let file = File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(&name)
        .map_err(|error| unusable(format!("{} cannot be opened: {error}", name.display())))?;
    let locked = async {
        while file.try_lock().is_err() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(LOCK, locked).await.map_err(|_| {
        unusable(format!("another Botadura runs on {}; stop it first, or give this one a store of its own", path.display()))
    })?;
    Ok(file)
}

async fn instance(writer: &AnyPool, random: impl FnOnce() -> String) -> Result<String> {
    sqlx::query("INSERT INTO meta (name, value) VALUES ('instance', $1) ON CONFLICT (name) DO NOTHING")
        .bind(random())
        .execute(writer)
        .await?;
    Ok(sqlx::query_scalar("SELECT value FROM meta WHERE name = 'instance'").fetch_one(writer).await?)
}
