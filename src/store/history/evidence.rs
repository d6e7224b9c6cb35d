//! What a deployment's record is made from, read as it stands: every byte counts.

use std::{collections::BTreeMap, str::FromStr};

use jiff::Timestamp;
use sha2::{Digest as _, Sha256};
use sqlx::{Any, AnyConnection, QueryBuilder, Row, any::AnyRow};

use super::super::{Error, Result, moment, parse};
use crate::domain::{
    history::{Evidence, Facts, RolledBack},
    ids::DeploymentId,
    policy::Approval,
    version::Version,
};

/// The columns of a deployment that do not change after its end.
const DEPLOYMENT: [&str; 14] = [
    "id",
    "environment",
    "sha",
    "version",
    "origin",
    "repository",
    "plan",
    "digest",
    "reverts",
    "begun_at",
    "ended_at",
    "result",
    "kind",
    "runbook",
];

/// The columns of a proposal.
const PROPOSAL: [&str; 10] = ["id", "environment", "sha", "version", "purpose", "origin", "at", "state", "closed", "decision"];

const APPROVAL: [&str; 5] = ["proposal", "actor", "at", "roles", "digest"];

const JOURNAL: [&str; 4] = ["deployment", "seq", "at", "entry"];

/// A deployment as it stands, column by column.
#[derive(Debug, Default)]
pub(super) struct Gathered {
    deployment: Option<Columns>,
    proposal: Option<Columns>,
    approvals: Vec<Columns>,
    journal: Vec<Columns>,
    pub(super) reverted_by: Option<i64>,
}

/// A row's columns by name, as text.
type Columns = BTreeMap<&'static str, Option<String>>;

/// What stands about these deployments.
pub(super) async fn gather(connection: &mut AnyConnection, ids: &[i64]) -> Result<BTreeMap<i64, Gathered>> {
    let mut all: BTreeMap<i64, Gathered> = ids.iter().map(|id| (*id, Gathered::default())).collect();
    for row in select(connection, "SELECT * FROM deployment WHERE id IN (", ids, ")").await? {
        let one = all.entry(row.try_get("id")?).or_default();
        one.deployment = Some(columns(&row, &DEPLOYMENT)?);
        one.reverted_by = row.try_get("reverted_by")?;
    }
    for row in select(connection, "SELECT * FROM proposal WHERE id IN (", ids, ")").await? {
        all.entry(row.try_get("id")?).or_default().proposal = Some(columns(&row, &PROPOSAL)?);
    }
    for row in select(connection, "SELECT * FROM approval WHERE proposal IN (", ids, ") ORDER BY proposal, at, actor, digest").await? {
        all.entry(row.try_get("proposal")?).or_default().approvals.push(columns(&row, &APPROVAL)?);
    }
    for row in select(connection, "SELECT * FROM journal WHERE deployment IN (", ids, ") ORDER BY deployment, seq").await? {
        all.entry(row.try_get("deployment")?).or_default().journal.push(columns(&row, &JOURNAL)?);
    }
    Ok(all)
}

/// The versions of these deployments.
pub(super) async fn versions(connection: &mut AnyConnection, ids: &[i64]) -> Result<BTreeMap<i64, Option<Version>>> {
    let mut all = BTreeMap::new();
    for row in select(connection, "SELECT id, version FROM deployment WHERE id IN (", ids, ")").await? {
        all.insert(row.try_get("id")?, super::super::optional(&row, "version")?);
    }
    Ok(all)
}

async fn select(connection: &mut AnyConnection, head: &str, ids: &[i64], tail: &str) -> Result<Vec<AnyRow>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let mut query: QueryBuilder<Any> = QueryBuilder::new(head);
    let mut list = query.separated(", ");
    for id in ids {
        list.push_bind(*id);
    }
    query.push(tail);
    Ok(query.build().fetch_all(connection).await?)
}

/// These columns as they stand: text as it is, a number in digits.
fn columns(row: &AnyRow, names: &[&'static str]) -> Result<Columns> {
    names.iter().map(|name| Ok((*name, loose(row, name)?))).collect()
}

/// A column as it stands, whatever it is: whoever alters it may also write a number where there was a text.
pub(super) fn loose(row: &AnyRow, name: &str) -> Result<Option<String>> {
    if let Ok(text) = row.try_get::<Option<String>, _>(name) {
        return Ok(text);
    }
    if let Ok(number) = row.try_get::<Option<i64>, _>(name) {
        return Ok(number.map(|number| number.to_string()));
    }
    if let Ok(number) = row.try_get::<Option<f64>, _>(name) {
        return Ok(number.map(|number| format!("real {number}")));
    }
    Ok(row.try_get::<Option<Vec<u8>>, _>(name)?.map(|bytes| format!("bytes {}", hex::encode(bytes))))
}

/// SHA-256 of rows, so that no two different lists of rows are hashed alike.
fn seal<'a>(rows: impl IntoIterator<Item = &'a Columns>) -> String {
    let mut hash = Sha256::new();
    let mut part = |bytes: &[u8]| {
        hash.update((bytes.len() as u64).to_be_bytes());
        hash.update(bytes);
    };
    for row in rows {
        part(b"row");
        for (name, value) in row {
            part(name.as_bytes());
            part(if value.is_some() { b"is" } else { b"none" });
            part(value.as_deref().unwrap_or_default().as_bytes());
        }
    }
    hex::encode(hash.finalize())
}

impl Gathered {
    /// What shows that nobody altered it.
    pub(super) fn evidence(&self) -> Evidence {
        Evidence {
            deployment: seal(&self.deployment),
            proposal: seal(&self.proposal),
            approvals: seal(&self.approvals),
            journal: seal(&self.journal),
        }
    }

    /// What the record is made from, with the rollback that followed.
    pub(super) fn complete(&self, rolled_back: Option<(i64, Option<Version>)>) -> Result<Facts> {
        let nothing = Columns::new();
        let one = self.deployment.as_ref().unwrap_or(&nothing);
        let optional = |name: &'static str| one.get(name).and_then(Option::as_deref);
        let needed = |name: &'static str| text(one, name);
        Ok(Facts {
            id: DeploymentId(number(one, "id")?),
            environment: named("environment", needed("environment")?)?,
            version: optional("version").map(|text| parse("version", text)).transpose()?,
            origin: parse("origin", needed("origin")?)?,
            repository: named("repository", needed("repository")?)?,
            plan: parse("plan", needed("plan")?)?,
            digest: parse("digest", needed("digest")?)?,
            reverts: optional("reverts").map(|_| number(one, "reverts").map(DeploymentId)).transpose()?,
            began: when(one, "begun_at")?,
            ended: when(one, "ended_at")?,
            result: needed("result")?.to_owned(),
            journal: self.journal.iter().map(|row| Ok((parse("entry", text(row, "entry")?)?, when(row, "at")?))).collect::<Result<_>>()?,
            proposed: match &self.proposal {
                Some(row) => {
                    let decision = row.get("decision").and_then(Option::as_deref);
                    Some((when(row, "at")?, decision.map(|text| parse("decision", text)).transpose()?))
                }
                None => None,
            },
            approvals: self.approvals.iter().map(approval).collect::<Result<_>>()?,
            rolled_back: rolled_back.map(|(by, to)| RolledBack { by: DeploymentId(by), to }),
            evidence: self.evidence(),
        })
    }
}

fn approval(row: &Columns) -> Result<Approval> {
    Ok(Approval {
        by: parse("actor", text(row, "actor")?)?,
        at: when(row, "at")?,
        roles: parse("roles", text(row, "roles")?)?,
        digest: parse("digest", text(row, "digest")?)?,
    })
}

fn text<'a>(row: &'a Columns, name: &'static str) -> Result<&'a str> {
    let value = row.get(name).and_then(Option::as_deref);
    value.ok_or_else(|| Error::Corrupt { place: name, why: "it is not there".to_owned() })
}

fn number(row: &Columns, name: &'static str) -> Result<i64> {
    named(name, text(row, name)?)
}

fn when(row: &Columns, name: &'static str) -> Result<Timestamp> {
    number(row, name).map(moment)
}

fn named<T: FromStr<Err: std::fmt::Display>>(place: &'static str, text: &str) -> Result<T> {
    text.parse().map_err(|why: T::Err| Error::Corrupt { place, why: why.to_string() })
}
