//! Who may use the API: whoever shows the server's own token, or one that was made for them.
//!
//! A token is looked up by its digest, so what is compared tells nothing of the token. The text of a token, right or wrong,
//! is written nowhere.

use std::{
    fmt,
    future::{Ready, ready},
};

use actix_web::{
    FromRequest, HttpMessage, HttpRequest,
    body::{EitherBody, MessageBody},
    dev::{Payload, ServiceRequest, ServiceResponse},
    http::{StatusCode, header},
    middleware::Next,
    web,
};
use sha2::{Digest, Sha256};

use super::{Shared, metrics::Shown, operation::Needs, problem::Problem};
use crate::{
    domain::{
        ids::{Actor, EnvironmentId},
        request::Scope,
        rights::{Grant, Power, Rights},
    },
    store::Ended,
};

/// The header that names the GitHub login in whose name the holder of the server's own token asks.
pub const ACTS_AS: &str = "X-Botadura-As";

/// What a login must look like in it.
pub(super) const LOGIN: &str = "^[A-Za-z0-9_][A-Za-z0-9_-]{0,99}$";

/// The header that makes a request that is sent twice the same request.
pub const IDEMPOTENCY: &str = "Idempotency-Key";

/// What tokens that are made begin with, so that they are known where they should not be.
pub(super) const PREFIX: &str = "bot_";

/// The server's own token. Only its digest is kept.
#[derive(Clone, Copy)]
pub struct Token([u8; 32]);

impl Token {
    /// The token with this text; white space around it does not belong to it.
    pub fn new(text: &str) -> Self {
        Self(Sha256::digest(text.trim().as_bytes()).into())
    }

    /// Whether this is it. Takes the same time whatever is shown.
    fn is(&self, shown: &[u8]) -> bool {
        let shown: [u8; 32] = Sha256::digest(shown).into();
        self.0.iter().zip(shown).fold(0, |differs, (ours, theirs)| differs | (ours ^ theirs)) == 0
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(redacted)")
    }
}

/// What is kept of a token's text: SHA-256 in hexadecimal.
pub(super) fn digest(text: &[u8]) -> String {
    hex::encode(Sha256::digest(text))
}

/// Whoever asks, and what they may do.
#[derive(Debug, Clone)]
pub(super) struct Caller {
    pub actor: Actor,
    pub rights: Rights,
}

impl Caller {
    /// Whether they may see this environment.
    pub(super) fn may_read(&self, environment: &EnvironmentId) -> bool {
        self.rights.may_read(environment)
    }
}

impl FromRequest for Caller {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(request.extensions().get::<Self>().cloned().ok_or_else(|| unauthorized(Shown::nothing)))
    }
}

/// Stands before everything in `/api/v1` that needs a token, also before what is not there.
pub(super) async fn guard<B: MessageBody>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B>>, actix_web::Error> {
    let Some(shared) = request.app_data::<web::Data<Shared>>().cloned() else {
        return Ok(request.into_response(unauthorized(Shown::nothing).answer()).map_into_right_body());
    };
    let begun = shared.parts.clock.now();
    match caller(request.request(), &shared).await {
        Ok(caller) => _ = request.extensions_mut().insert(caller),
        Err(problem) => return Ok(request.into_response(problem.answer()).map_into_right_body()),
    }
    let answer = next.call(request).await.map(ServiceResponse::map_into_left_body);
    shared.parts.metrics.api(shared.parts.clock.now().duration_since(begun).as_secs_f64());
    answer
}

async fn caller(request: &HttpRequest, shared: &Shared) -> Result<Caller, Problem> {
    let Some(text) = shown(request) else { return Err(refuse(shared, request, Shown::nothing)) };
    let named = request.headers().get(ACTS_AS);
    if shared.parts.token.is(text) {
        let actor = named.map_or(Ok(Actor::Operator), vouched)?;
        return Ok(Caller { actor, rights: Rights::Everything });
    }
    let is_made = text.starts_with(PREFIX.as_bytes());
    let found = if is_made { shared.parts.store.read().await?.token(&digest(text)).await? } else { None };
    let Some(token) = found else { return Err(refuse(shared, request, Shown::unknown)) };
    match token.refused(shared.parts.clock.now()) {
        Some(Ended::Expired) => return Err(refuse(shared, request, Shown::expired)),
        Some(Ended::Revoked) => return Err(refuse(shared, request, Shown::revoked)),
        None => {}
    }
    if named.is_some() {
        let message = format!("{ACTS_AS} works with the server's own token alone: a token that was made is an actor of its own");
        return Err(Problem::new(StatusCode::FORBIDDEN, "not_in_anothers_name", message).hanging_up());
    }
    if let Err(error) = shared.parts.store.used_token(&token).await {
        tracing::warn!(token = %token.name, %error, "the use of a token was not noted");
    }
    Ok(Caller { actor: Actor::Token(token.name.into()), rights: Rights::Only(token.scopes) })
}

/// The one token that a request shows.
fn shown(request: &HttpRequest) -> Option<&[u8]> {
    let mut headers = request.headers().get_all(header::AUTHORIZATION);
    let (Some(header), None) = (headers.next(), headers.next()) else { return None };
    let (scheme, shown) = header.as_bytes().split_at_checked(7)?;
    scheme.eq_ignore_ascii_case(b"bearer ").then(|| shown.trim_ascii()).filter(|shown| !shown.is_empty())
}

/// The person whom the holder of the server's own token speaks for.
fn vouched(login: &header::HeaderValue) -> Result<Actor, Problem> {
    let valid = |login: &&str| {
        (1..=100).contains(&login.len())
            && !login.starts_with('-')
            && login.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
    };
    let login = login.to_str().ok().filter(valid);
    login
        .map(|login| Actor::Vouched(login.to_owned()))
        .ok_or_else(|| Problem::bad("invalid_login", format!("{ACTS_AS} is not a GitHub login")).hanging_up())
}

/// Counts what was shown, and says it in the log now and then.
fn refuse(shared: &Shared, request: &HttpRequest, shown: Shown) -> Problem {
    shared.parts.metrics.refused(shown);
    if let Some(kept_back) = shared.unknown.take() {
        let from = request.peer_addr().map(|address| address.ip().to_string()).unwrap_or_default();
        tracing::warn!(from, ?shown, kept_back, "the API was asked without a token that counts");
    }
    unauthorized(shown)
}

fn unauthorized(shown: Shown) -> Problem {
    let what = match shown {
        Shown::nothing | Shown::unknown => "this needs a token: send 'Authorization: Bearer TOKEN'. ",
        Shown::expired => "the time of this token is over. ",
        Shown::revoked => "this token was revoked. ",
    };
    let how = "The server's own token stands in the file 'token' in its data folder, and the botadura command on the same machine finds it \
               by itself; `botadura token create` makes others";
    Problem::new(StatusCode::UNAUTHORIZED, "unauthorized", format!("{what}{how}")).hanging_up()
}

/// Whether whoever asks may call an operation that needs this.
pub(super) fn may(request: &HttpRequest, needs: Needs) -> Result<(), Problem> {
    if needs == Needs::Nothing {
        return Ok(());
    }
    let extensions = request.extensions();
    let Some(caller) = extensions.get::<Caller>() else { return Err(unauthorized(Shown::nothing)) };
    let (allowed, power) = match needs {
        Needs::Nothing | Needs::Token => return Ok(()),
        Needs::Somewhere(power) => (caller.rights.allow_somewhere(power), power),
        Needs::Everywhere(power) => (caller.rights.allow(power, &Scope::Everything), power),
    };
    if allowed { Ok(()) } else { Err(beyond(power).hanging_up()) }
}

/// The token does not reach so far.
pub(super) fn beyond(power: Power) -> Problem {
    let needed = Grant::new(power, Scope::Everything);
    Problem::new(StatusCode::FORBIDDEN, "out_of_scope", format!("this needs a token with the scope {needed}"))
}
