//! Tokens: made, listed, taken back.

use actix_web::{
    HttpRequest, HttpResponse,
    http::{StatusCode, header},
    web::{Data, Json, Path, Payload},
};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    domain::{ids::TokenName, rights::Grant},
    store::Token,
    web::{
        Shared, body,
        problem::Problem,
        token::{Caller, PREFIX, digest},
    },
};

/// The largest wish for a token, in bytes.
const LARGEST: usize = 16 << 10;

/// The tokens that were made.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Tokens {
    /// By name.
    pub tokens: Vec<Token>,
}

/// A token that is wanted.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewToken {
    /// What its holder will be called. A name is given once.
    pub name: TokenName,
    /// What it may do.
    #[schemars(length(min = 1, max = 100))]
    pub scopes: Vec<Grant>,
    /// It is refused from then on; none: it does not expire.
    #[serde(default)]
    pub expires_at: Option<Timestamp>,
}

/// A token that was made.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
pub struct Made {
    /// The token itself. Nobody can tell it again.
    pub secret: String,
    /// What is known of it.
    pub token: Token,
}

impl std::fmt::Debug for Made {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Made").field("token", &self.token).finish_non_exhaustive()
    }
}

#[derive(Debug, Deserialize, JsonSchema)]
pub(super) struct Named {
    /// The token's name.
    pub name: TokenName,
}

pub(super) async fn list(shared: Data<Shared>) -> Result<Json<Tokens>, Problem> {
    Ok(Json(Tokens { tokens: shared.parts.store.read().await?.tokens().await? }))
}

pub(super) async fn create(
    request: HttpRequest,
    mut payload: Payload,
    caller: Caller,
    shared: Data<Shared>,
) -> Result<HttpResponse, Problem> {
    let wanted: NewToken = body::json(&request, &mut payload, &shared, LARGEST).await?;
    if !(1..=100).contains(&wanted.scopes.len()) {
        return Err(Problem::bad("invalid_request", "a token has 1 to 100 scopes"));
    }
    let word = &shared.parts.links.fresh_id;
    let secret = format!("{PREFIX}{}{}", word(), word());
    let mut tx = shared.parts.store.write().await?;
    let token = Token {
        name: wanted.name,
        scopes: wanted.scopes,
        made_by: caller.actor,
        made_at: tx.now(),
        expires_at: wanted.expires_at,
        revoked_at: None,
        used_at: None,
    };
    if !tx.make_token(&token, &digest(secret.as_bytes())).await? {
        let message = format!("there is or was a token called {}; a name is given once, so that what it did stays its own", token.name);
        return Err(Problem::new(StatusCode::CONFLICT, "name_taken", message));
    }
    tx.commit().await?;
    tracing::info!(token = %token.name, by = %token.made_by, "a token was made");
    Ok(HttpResponse::Created().insert_header((header::CACHE_CONTROL, "no-store")).json(Made { secret, token }))
}

pub(super) async fn revoke(named: Path<Named>, caller: Caller, shared: Data<Shared>) -> Result<HttpResponse, Problem> {
    let mut tx = shared.parts.store.write().await?;
    if !tx.revoke_token(&named.name).await? {
        return Err(Problem::not_found(format!("there is no token called {} that was not revoked", named.name)));
    }
    tx.commit().await?;
    tracing::info!(token = %named.name, by = %caller.actor, "a token was revoked");
    Ok(HttpResponse::NoContent().finish())
}
