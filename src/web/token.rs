//! Who may use the API: whoever shows the server's own token.

use std::fmt;

use actix_web::{
    HttpRequest, HttpResponse,
    body::{EitherBody, MessageBody},
    dev::{ServiceRequest, ServiceResponse},
    http::{StatusCode, header},
    middleware::Next,
    web,
};
use sha2::{Digest, Sha256};

use super::{Shared, problem::Problem};
use crate::domain::ids::Actor;

/// The header that names the GitHub login in whose name the token's holder asks.
pub const ACTS_AS: &str = "X-Botadura-As";

/// The header that makes a request that is sent twice the same request.
pub const IDEMPOTENCY: &str = "Idempotency-Key";

/// What the API's callers must show. Only its digest is kept.
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

/// Stands before everything in `/api/v1`, also before what is not there.
pub(super) async fn guard<B: MessageBody>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B>>, actix_web::Error> {
    let shared = request.app_data::<web::Data<Shared>>().cloned();
    let Some(shared) = shared.filter(|shared| shows(request.request(), &shared.parts.token)) else {
        return Ok(request.into_response(refusal()).map_into_right_body());
    };
    let begun = shared.parts.clock.now();
    let answer = next.call(request).await.map(ServiceResponse::map_into_left_body);
    shared.parts.metrics.api(shared.parts.clock.now().duration_since(begun).as_secs_f64());
    answer
}

fn shows(request: &HttpRequest, token: &Token) -> bool {
    let mut headers = request.headers().get_all(header::AUTHORIZATION);
    let (Some(header), None) = (headers.next(), headers.next()) else { return false };
    let Some((scheme, shown)) = header.as_bytes().split_at_checked(7) else { return false };
    scheme.eq_ignore_ascii_case(b"bearer ") && token.is(shown.trim_ascii())
}

fn refusal() -> HttpResponse {
    let message = "this needs the server's token: send 'Authorization: Bearer TOKEN'. The token stands in the file 'token' in the \
                   server's data folder, and the botadura command on the same machine finds it by itself";
    Problem::new(StatusCode::UNAUTHORIZED, "unauthorized", message).hanging_up().answer()
}

/// In whose name a request is made: the operator's, or that of the person whom the header names.
pub(super) fn actor(request: &HttpRequest) -> Result<Actor, Problem> {
    let Some(login) = request.headers().get(ACTS_AS) else { return Ok(Actor::Operator) };
    let valid = |login: &&str| {
        (1..=100).contains(&login.len())
            && !login.starts_with('-')
            && login.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
    };
    let login = login.to_str().ok().filter(valid);
    login
        .map(|login| Actor::Vouched(login.to_owned()))
        .ok_or_else(|| Problem::bad("invalid_login", format!("{ACTS_AS} is not a GitHub login")))
}
