//! A look into a store that may be another process's: only read, without its lock, and never brought up to date.

use std::{path::Path, str::FromStr, time::Duration};

use sqlx::{
    AnyConnection, Connection, Executor,
    any::{AnyConnectOptions, AnyPoolOptions, install_default_drivers},
};

use super::{Error, Reader, Result};
use crate::domain::{manifest::renamed::Left, plan::Phase};

/// A reader of the SQLite file that is there. A file that is not there is not made.
pub async fn peek(path: &Path) -> Result<Reader> {
    install_default_drivers();
    if !path.is_file() {
        return Err(Error::Unusable(format!("{} is not there", path.display())));
    }
    let options = AnyConnectOptions::from_str(&format!("sqlite://{}?mode=ro", path.display()))?;
    let pool = AnyPoolOptions::new()
        .max_connections(1)
        .acquire_timeout(Duration::from_secs(3))
        .after_connect(|connection, _| {
            let pragmas = "PRAGMA query_only = ON; PRAGMA busy_timeout = 1000; PRAGMA trusted_schema = OFF;";
            Box::pin(async move { connection.execute(pragmas).await.map(|_| ()) })
        })
        .connect_with(options)
        .await?;
    Ok(Reader { connection: pool.acquire().await? })
}

/// Copies the SQLite file that is there, which may be in use, to one that is not. The copy is whole and of one moment.
pub async fn copy(from: &Path, to: &Path) -> Result<()> {
    install_default_drivers();
    let options = AnyConnectOptions::from_str(&format!("sqlite://{}?mode=ro", from.display()))?;
    let mut connection = AnyConnection::connect_with(&options).await?;
    sqlx::query("VACUUM INTO $1").bind(to.display().to_string()).execute(&mut connection).await?;
    connection.close().await?;
    Ok(())
}

impl Reader {
    /// What target steps left wherever something runs.
    pub async fn left(&mut self) -> Result<Vec<Left>> {
        let mut left = Vec::new();
        for (environment, row) in self.environments().await? {
            let Some(running) = row.running else { continue };
            let Some(past) = self.past(running).await? else { continue };
            let released = past
                .plan
                .of(Phase::Forward)
                .filter(|(place, run)| run.step.action.is_target() && past.state.runs[*place].release().is_some());
            left.extend(released.map(|(_, run)| Left {
                environment: environment.clone(),
                step: run.step.name.clone(),
                kind: run.step.action.kind(),
            }));
        }
        Ok(left)
    }
}
