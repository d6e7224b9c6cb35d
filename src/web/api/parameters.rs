//! What stands in paths and queries of several operations.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::{
    domain::{
        ids::{ApplicationName, DeploymentId, EnvironmentId},
        request::Scope,
    },
    store::Listing,
    web::token::Caller,
};

/// A proposal's or deployment's number.
#[derive(Debug, Deserialize, JsonSchema)]
pub(super) struct Number {
    /// Its number.
    pub id: DeploymentId,
}

/// The pull request of a preview.
#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[serde(try_from = "u64")]
#[schemars(extend("minimum" = 1, "maximum" = 999_999_999_999_u64))]
pub(super) struct Instance(pub(super) u64);

impl TryFrom<u64> for Instance {
    type Error = &'static str;

    fn try_from(number: u64) -> Result<Self, Self::Error> {
        if (1..=999_999_999_999).contains(&number) { Ok(Self(number)) } else { Err("an instance is the number of a pull request") }
    }
}

/// How many are wanted at most.
#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[serde(try_from = "u16")]
#[schemars(extend("minimum" = 1, "maximum" = 1000))]
pub(super) struct Limit(u16);

impl TryFrom<u16> for Limit {
    type Error = &'static str;

    fn try_from(limit: u16) -> Result<Self, Self::Error> {
        if (1..=1000).contains(&limit) { Ok(Self(limit)) } else { Err("a limit is a number from 1 to 1000") }
    }
}

impl Limit {
    /// As the store takes it; without one, this many.
    pub(super) fn or(limit: Option<Self>, usual: u16) -> i64 {
        limit.map_or(usual, |limit| limit.0).into()
    }
}

/// The part of a list that is about an application or an environment, as far as whoever asks may see it.
pub(super) fn narrowed(caller: &Caller, application: Option<ApplicationName>, environment: Option<EnvironmentId>) -> Listing {
    let application = application.map(Scope::Application);
    let environment = environment.map(Scope::Environment);
    let of = application.into_iter().chain(environment).collect();
    Listing { readable: caller.rights.readable(), of, word: None, before: None, limit: 0 }
}

/// What `before` takes to see what comes after these: none when there is no more.
pub(super) fn next<T, K>(rows: &mut Vec<T>, limit: i64, key: impl Fn(&T) -> K) -> Option<K> {
    let limit = usize::try_from(limit).unwrap_or_default();
    let more = rows.len() > limit;
    rows.truncate(limit);
    rows.last().filter(|_| more).map(key)
}
