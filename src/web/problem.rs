//! What goes wrong, as every answer tells it: `{"error": {"code": …, "message": …}}`.

use std::{
    fmt,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use actix_web::{
    HttpResponse, Resource, ResponseError,
    body::{BodySize, BoxBody, MessageBody},
    dev::{ServiceFactory, ServiceRequest},
    http::{StatusCode, header},
    web,
    web::Bytes,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::store;

/// The body of every answer that is an error.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct ErrorBody {
    /// The error.
    pub error: ErrorDetail,
}

/// What went wrong.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct ErrorDetail {
    /// A word for programs. It never changes.
    pub code: String,
    /// A sentence for people: what happened, and what to do.
    pub message: String,
}

/// An answer that is an error.
#[derive(Debug)]
pub(super) struct Problem {
    pub(super) status: StatusCode,
    pub(super) code: &'static str,
    pub(super) message: String,
    /// When to try again.
    pub(super) retry_after: Option<Duration>,
    /// The connection is closed: the rest of what was sent is not wanted.
    pub(super) hang_up: bool,
}

impl Problem {
    pub(super) fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into(), retry_after: None, hang_up: false }
    }

    pub(super) fn hanging_up(self) -> Self {
        Self { hang_up: true, ..self }
    }

    pub(super) fn not_found(message: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_found", message)
    }

    pub(super) fn bad(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, code, message)
    }

    pub(super) fn busy(message: impl Into<String>) -> Self {
        let retry_after = Some(Duration::from_secs(5));
        Self { retry_after, ..Self::new(StatusCode::SERVICE_UNAVAILABLE, "busy", message) }
    }

    /// The answer to a request whose body was not read to its end. As long as its reader is there, actix-web closes the
    /// connection afterwards; without it, it would read a chunked body for as long as one comes.
    pub(super) fn answer_instead_of(&self, payload: web::Payload) -> HttpResponse {
        self.answer().map_body(|_, body| Unread { body, _payload: payload }.boxed())
    }

    pub(super) fn answer(&self) -> HttpResponse {
        let mut answer = HttpResponse::build(self.status);
        if let Some(after) = self.retry_after {
            answer.insert_header((header::RETRY_AFTER, after.as_secs()));
        }
        if self.status == StatusCode::UNAUTHORIZED && self.code == "unauthorized" {
            answer.insert_header((header::WWW_AUTHENTICATE, "Bearer realm=\"botadura\""));
        }
        if self.hang_up {
            answer.force_close();
        }
        answer.json(ErrorBody { error: ErrorDetail { code: self.code.to_owned(), message: self.message.clone() } })
    }
}

struct Unread {
    body: BoxBody,
    _payload: web::Payload,
}

impl MessageBody for Unread {
    type Error = <BoxBody as MessageBody>::Error;

    fn size(&self) -> BodySize {
        self.body.size()
    }

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Bytes, Self::Error>>> {
        Pin::new(&mut self.body).poll_next(context)
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl ResponseError for Problem {
    fn status_code(&self) -> StatusCode {
        self.status
    }

    fn error_response(&self) -> HttpResponse {
        self.answer()
    }
}

/// The store's own words may name files and statements; they are for the log.
impl From<store::Error> for Problem {
    fn from(error: store::Error) -> Self {
        if error.is_passing() {
            tracing::warn!(%error, "the store could not answer");
            return Self::busy("the store cannot answer just now; try again in a few seconds");
        }
        tracing::error!(%error, "the store failed");
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "store_failed", "the store failed; the server's log says how")
    }
}

/// A path or a query that cannot be read.
pub(super) fn invalid(error: &dyn fmt::Display) -> Problem {
    let text = error.to_string();
    // What the standard library says of a number names neither what was expected nor what to do.
    let is_about_a_number = ["invalid digit", "number too", "empty string"].iter().any(|words| text.contains(words));
    let told = if is_about_a_number { "a whole number, from 1 on, is expected where something else stands".to_owned() } else { text };
    Problem::bad("invalid_parameters", told)
}

/// A resource that answers other methods than its own one with 405.
pub(super) fn only<T>(method: &'static str, resource: Resource<T>) -> Resource<T>
where
    T: ServiceFactory<ServiceRequest, Config = (), Error = actix_web::Error, InitError = ()> + 'static,
{
    resource.default_service(web::to(move || std::future::ready(wrong_method(method))))
}

fn wrong_method(allow: &'static str) -> HttpResponse {
    let message = format!("this address takes {allow}");
    let mut answer = Problem::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", message).hanging_up().answer();
    answer.headers_mut().insert(header::ALLOW, header::HeaderValue::from_static(allow));
    answer
}

/// There is nothing at this address.
pub(super) async fn nothing_here() -> HttpResponse {
    Problem::not_found("there is nothing at this address; the API begins with /api/v1").hanging_up().answer()
}
