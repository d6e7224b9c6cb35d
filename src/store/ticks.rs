//! Points of checklists that somebody ticked.

use sqlx::AnyConnection;

use super::{Result, Tx, column, json, micros, moment, named, reads};
use crate::domain::{
    ids::{DeploymentId, EnvironmentId},
    policy::Tick,
    story::Overdue,
    version::Version,
};

reads! {
    /// What was ticked in an environment's checklist for a version, or for one of the same files.
    fn ticks(&mut self, environment: &EnvironmentId, version: &Version) -> Vec<Tick> = ticks;
    /// The lists of points after a deployment whose time was over, the first one first.
    fn overdue(&mut self, deployment: DeploymentId) -> Vec<Overdue> = overdue;
}

async fn overdue(connection: &mut AnyConnection, deployment: DeploymentId) -> Result<Vec<Overdue>> {
    let rows =
        sqlx::query("SELECT * FROM open_points WHERE deployment = $1 ORDER BY due_at").bind(deployment.0).fetch_all(connection).await?;
    rows.iter().map(|row| Ok(Overdue { at: moment(sqlx::Row::try_get(row, "due_at")?), points: column(row, "points")? })).collect()
}

async fn ticks(connection: &mut AnyConnection, environment: &EnvironmentId, version: &Version) -> Result<Vec<Tick>> {
    let rows = sqlx::query("SELECT * FROM tick WHERE environment = $1 AND (sha = $2 OR tree = $3) ORDER BY at, point")
        .bind(environment.to_string())
        .bind(version.sha.as_str().to_owned())
        .bind(version.tree.as_str().to_owned())
        .fetch_all(connection)
        .await?;
    rows.iter()
        .map(|row| {
            Ok(Tick {
                environment: environment.clone(),
                sha: named(row, "sha")?,
                tree: named(row, "tree")?,
                point: sqlx::Row::try_get(row, "point")?,
                by: column(row, "actor")?,
                at: moment(sqlx::Row::try_get(row, "at")?),
            })
        })
        .collect()
}

impl Tx {
    /// The time of a list of points after a deployment is over; it is told.
    pub async fn keep_overdue(&mut self, deployment: DeploymentId, overdue: &Overdue) -> Result<()> {
        sqlx::query("INSERT INTO open_points (deployment, due_at, points) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING")
            .bind(deployment.0)
            .bind(micros(overdue.at))
            .bind(json(&overdue.points)?)
            .execute(self.connection())
            .await?;
        self.touch(deployment).await
    }

    /// Somebody ticks a point for a version. Who ticked it first stays.
    pub async fn tick(&mut self, tick: &Tick) -> Result<bool> {
        let done = sqlx::query(
            "INSERT INTO tick (environment, sha, tree, point, actor, at) VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING",
        )
        .bind(tick.environment.to_string())
        .bind(tick.sha.as_str().to_owned())
        .bind(tick.tree.as_str().to_owned())
        .bind(tick.point.clone())
        .bind(json(&tick.by)?)
        .bind(micros(tick.at))
        .execute(self.connection())
        .await?;
        Ok(done.rows_affected() > 0)
    }

    /// A point is not ticked any more, for the version and for all of the same files.
    pub async fn untick(&mut self, environment: &EnvironmentId, version: &Version, point: &str) -> Result<bool> {
        let done = sqlx::query("DELETE FROM tick WHERE environment = $1 AND (sha = $2 OR tree = $3) AND point = $4")
            .bind(environment.to_string())
            .bind(version.sha.as_str().to_owned())
            .bind(version.tree.as_str().to_owned())
            .bind(point.to_owned())
            .execute(self.connection())
            .await?;
        Ok(done.rows_affected() > 0)
    }
}
