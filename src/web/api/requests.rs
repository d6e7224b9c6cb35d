//! `POST /api/v1/requests`: a wish, stored like a webhook and decided where those are.

use actix_web::{
    HttpRequest, HttpResponse,
    http::StatusCode,
    web::{Data, Payload},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    domain::{
        ids::DeliveryId,
        reply::{Answered, Refusal, Reply},
        request::{Ask, Request},
    },
    store::{Accepted, DeliveryState, NewDelivery},
    web::{ErrorBody, ErrorDetail, IDEMPOTENCY, Shared, body, problem::Problem, token::Caller, webhook::OURS},
};

/// The largest request, in bytes.
const LARGEST: usize = 64 << 10;

/// What a key must look like.
pub(super) const KEY: &str = "^[!-~]{1,90}$";

/// What became of a request.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "RequestOutcome")]
pub struct Outcome {
    /// The delivery that it was stored as.
    pub delivery: DeliveryId,
    /// What was answered; none while it is not decided.
    pub reply: Option<Reply>,
    /// That it was refused, or needs a person; `reply` says why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<ErrorDetail>,
}

/// A request that was not done: refused with its reply, or not taken at all.
#[derive(JsonSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "it is only said what they look like")]
pub(super) enum NotDone {
    /// It was decided, against it.
    Decided(Box<Outcome>),
    /// It was not taken.
    NotTaken(ErrorBody),
}

pub(super) async fn ask(request: HttpRequest, mut payload: Payload, caller: Caller, shared: Data<Shared>) -> Result<HttpResponse, Problem> {
    let Caller { actor, rights } = caller;
    let id = id(&request, &shared)?;
    let ask: Ask = body::json(&request, &mut payload, &shared, LARGEST).await?;
    let delivery = NewDelivery::request(id.clone(), &Request { actor, ask, rights })?;
    let body = delivery.body().to_vec();
    match shared.parts.inbox.accept(delivery).await? {
        Accepted::Stored => (shared.parts.links.ring)(),
        Accepted::Duplicate => is_the_same(&shared, &id, &body).await?,
    }
    // It is stored: whoever does not wait any longer finds its answer by its id.
    let reply = tokio::select! {
        reply = tokio::time::timeout(shared.parts.config.patience, settled(&shared, &id)) => reply.ok().transpose()?,
        () = shared.stopping.cancelled() => None,
    };
    Ok(answer(id, reply))
}

fn id(request: &HttpRequest, shared: &Shared) -> Result<DeliveryId, Problem> {
    let Some(key) = request.headers().get(IDEMPOTENCY) else {
        return Ok(DeliveryId(format!("{OURS}{}", (shared.parts.links.fresh_id)())));
    };
    let valid = |key: &&str| (1..=90).contains(&key.len()) && key.bytes().all(|byte| byte.is_ascii_graphic());
    let key = key.to_str().ok().filter(valid);
    key.map(|key| DeliveryId(format!("{OURS}key-{key}")))
        .ok_or_else(|| Problem::bad("invalid_key", format!("{IDEMPOTENCY} must be 1 to 90 visible characters")))
}

/// The same key again must be the same request.
async fn is_the_same(shared: &Shared, id: &DeliveryId, body: &[u8]) -> Result<(), Problem> {
    let first = shared.parts.store.read().await?.delivery(id).await?;
    if first.is_some_and(|first| first.body == body) {
        return Ok(());
    }
    let message = format!("this {IDEMPOTENCY} was used for another request; take a new one");
    Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "key_reused", message))
}

/// Waits until the delivery is dealt with.
async fn settled(shared: &Shared, id: &DeliveryId) -> Result<Reply, Problem> {
    let mut changes = shared.parts.links.changes.clone();
    loop {
        changes.borrow_and_update();
        let line = shared.parts.store.read().await?.delivery_line(id).await?;
        if let Some(reply) = line.filter(|line| line.state != DeliveryState::Waiting).and_then(|line| line.outcome) {
            return Ok(reply);
        }
        if changes.changed().await.is_err() {
            // Nobody is there any more who could decide it: the server is stopping.
            std::future::pending::<()>().await;
        }
    }
}

fn answer(delivery: DeliveryId, reply: Option<Reply>) -> HttpResponse {
    let detail = |code: &str, message: &str| Some(ErrorDetail { code: code.to_owned(), message: message.to_owned() });
    let (status, error) = match &reply {
        None => (StatusCode::ACCEPTED, None),
        Some(Reply::Refused { refusal: Refusal::OutOfScope { .. } }) => {
            (StatusCode::FORBIDDEN, detail("out_of_scope", "the token does not reach so far; 'reply' says what it would need"))
        }
        Some(reply) if is_refused(reply) => (StatusCode::CONFLICT, detail("refused", "it was refused; 'reply' says why")),
        Some(Reply::Parked { .. }) => {
            (StatusCode::UNPROCESSABLE_ENTITY, detail("parked", "it cannot be dealt with without a person; 'reply' says why"))
        }
        Some(_) => (StatusCode::OK, None),
    };
    HttpResponse::build(status).json(Outcome { delivery, reply, error })
}

/// Whether nothing of what was asked for is done.
fn is_refused(reply: &Reply) -> bool {
    match reply {
        Reply::Refused { .. } => true,
        Reply::Decided { answers } => {
            !answers.is_empty() && answers.iter().all(|(_, answered)| matches!(answered, Answered::Refused { .. }))
        }
        _ => false,
    }
}
