//! `POST /webhooks/github`: verifies and inserts, and nothing else.
//!
//! What can be refused by its headers is refused before a byte of the body is read. The body is checked as it comes in;
//! what it says is for the intake, after it is durable.

use actix_web::{
    HttpRequest, HttpResponse,
    http::{StatusCode, header},
    web,
};
use serde::Serialize;

use super::{LARGEST_BODY, Shared, body, metrics::Answer, problem::Problem};
use crate::{
    domain::ids::DeliveryId,
    github::signature::{self, Incoming, Refusal, Verified, Verifier},
    store::{Accepted, Error, NewDelivery},
};

/// What the ids of the API's own deliveries begin with. GitHub's never do.
pub(super) const OURS: &str = "api-";

const EVENT: &str = "X-GitHub-Event";
const DELIVERY: &str = "X-GitHub-Delivery";

#[derive(Serialize)]
struct Taken<'a> {
    delivery: &'a str,
    status: &'static str,
}

/// Why a delivery was not taken, for its sender and for the counters.
struct Refused {
    problem: Problem,
    answer: Answer,
}

pub(super) async fn github(request: HttpRequest, mut payload: web::Payload, shared: web::Data<Shared>) -> HttpResponse {
    let clock = &shared.parts.clock;
    let begun = clock.now();
    let (response, answer) = match take(&request, &mut payload, &shared).await {
        Ok((id, accepted)) => {
            let (status, answer) = match accepted {
                Accepted::Stored => ("stored", Answer::stored),
                Accepted::Duplicate => ("duplicate", Answer::duplicate),
            };
            (HttpResponse::Accepted().json(Taken { delivery: &id.0, status }), answer)
        }
        Err(refused) => {
            told(&request, &shared, &refused);
            (refused.problem.answer_instead_of(payload), refused.answer)
        }
    };
    shared.parts.metrics.webhook(answer, clock.now().duration_since(begun).as_secs_f64());
    response
}

async fn take(request: &HttpRequest, payload: &mut web::Payload, shared: &Shared) -> Result<(DeliveryId, Accepted), Refused> {
    let parts = &shared.parts;
    let declared = body::declared(request, LARGEST_BODY).map_err(unread)?;
    let signatures = request.headers().get_all(signature::HEADER).map(header::HeaderValue::as_bytes);
    let verifier = Verifier::new(&parts.secrets, signatures).map_err(unsigned)?;
    is_json(request)?;
    let event = event(request)?;
    let id = delivery(request)?;

    let mut incoming = Incoming::new(verifier);
    let bounds = body::Bounds { bytes: LARGEST_BODY, time: parts.config.body_timeout };
    let _share = body::read(payload, &mut incoming, &shared.budget, bounds, declared).await.map_err(unread)?;
    let proven: Verified = incoming.finish().map_err(unsigned)?;
    parts.metrics.signed_by(proven.secret());

    let accepted = parts.inbox.accept(NewDelivery::authentic(id.clone(), event, proven)).await.map_err(unstored)?;
    if accepted == Accepted::Stored {
        (parts.links.ring)();
    }
    Ok((id, accepted))
}

/// GitHub's other encoding wraps the JSON in a form; one is enough.
fn is_json(request: &HttpRequest) -> Result<(), Refused> {
    let kind = request.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim();
    if kind.eq_ignore_ascii_case("application/json") {
        return Ok(());
    }
    let message = "the content type must be application/json; choose it in the webhook's settings on GitHub";
    let problem = Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "not_json", message).hanging_up();
    Err(Refused { problem, answer: Answer::wrong_type })
}

fn event(request: &HttpRequest) -> Result<String, Refused> {
    let valid = |text: &str| (1..=64).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
    header_of(request, EVENT, valid, "lower-case letters and '_', at most 64")
}

fn delivery(request: &HttpRequest) -> Result<DeliveryId, Refused> {
    let valid = |text: &str| (1..=100).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic()) && !text.starts_with(OURS);
    header_of(request, DELIVERY, valid, "GitHub's id of the delivery, at most 100 visible characters").map(DeliveryId)
}

/// A header that must be there once.
fn header_of(request: &HttpRequest, name: &str, valid: impl Fn(&str) -> bool, wanted: &str) -> Result<String, Refused> {
    let mut all = request.headers().get_all(name);
    let text = all.next().filter(|_| all.next().is_none()).and_then(|value| value.to_str().ok());
    text.filter(|text| valid(text)).map(str::to_owned).ok_or_else(|| {
        let problem = Problem::bad("wrong_header", format!("the header {name} must be there once: {wanted}")).hanging_up();
        Refused { problem, answer: Answer::wrong_headers }
    })
}

/// The connection stays open after a wrong signature alone: the body was read to its end.
fn unsigned(refusal: Refusal) -> Refused {
    let problem = Problem::new(StatusCode::UNAUTHORIZED, "bad_signature", refusal.to_string());
    match refusal {
        Refusal::Wrong => Refused { problem, answer: Answer::forged },
        _ => Refused { problem: problem.hanging_up(), answer: Answer::unsigned },
    }
}

fn unread(problem: Problem) -> Refused {
    let answer = match problem.status {
        StatusCode::PAYLOAD_TOO_LARGE => Answer::too_large,
        StatusCode::SERVICE_UNAVAILABLE => Answer::busy,
        _ => Answer::cut_or_slow,
    };
    Refused { problem, answer }
}

/// Whatever the reason, the delivery is not on the disk: GitHub shows it as failed, and it can be sent again.
fn unstored(error: Error) -> Refused {
    let problem = match error {
        Error::Busy(_) => Problem::busy("the delivery could not be stored; send it again"),
        other => Problem::from(other),
    };
    Refused { problem, answer: Answer::busy }
}

/// A flood of refusals makes one line now and then, without anything of the body.
fn told(request: &HttpRequest, shared: &Shared, refused: &Refused) {
    if let Some(more) = shared.forged.take() {
        let from = request.peer_addr().map(|peer| peer.ip().to_string()).unwrap_or_default();
        let (status, why) = (refused.problem.status.as_u16(), &refused.problem.message);
        tracing::warn!(status, why, from, more, "a webhook was refused; 'more' others were since the last such line");
    }
}
