//! What the API can do, as a table: one entry makes the route and its part of the `OpenAPI` document, so that neither says
//! what the other does not.

use std::collections::BTreeMap;

use actix_web::{
    FromRequest, Handler, HttpRequest, HttpResponse, Responder, Route,
    body::BoxBody,
    dev::{ServiceRequest, ServiceResponse},
    guard,
    http::{Method, StatusCode, header},
    middleware::{Next, from_fn},
    web,
};
use schemars::{JsonSchema, Schema, SchemaGenerator};

use super::{
    problem::{Problem, invalid},
    token,
};
use crate::domain::rights::Power;

/// Says what a value looks like.
pub(super) type Shape = fn(&mut SchemaGenerator) -> Schema;

/// What a caller must be allowed for an operation to be called at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Needs {
    /// Nothing, not even a token.
    Nothing,
    /// A token; what it may do is decided with what is asked for.
    Token,
    /// This power, at least somewhere: what is seen is what the token reaches.
    Somewhere(Power),
    /// This power over everything.
    Everywhere(Power),
}

/// One answer of an operation.
pub(super) struct Answer {
    pub status: StatusCode,
    pub about: &'static str,
    /// Media types with what they hold; none: no body.
    pub contents: Vec<(&'static str, Shape)>,
}

/// One header that an operation heeds.
pub(super) struct Header {
    pub name: &'static str,
    pub about: &'static str,
    /// What its value must look like; none: what cannot be read is not heeded.
    pub pattern: Option<&'static str>,
}

/// One operation of the API.
pub(super) struct Operation {
    pub method: Method,
    /// Below `/api/v1`.
    pub path: &'static str,
    /// A name for programs. It never changes.
    pub id: &'static str,
    /// What it does, in a line.
    pub summary: &'static str,
    pub needs: Needs,
    /// What stands in the path.
    pub place: Option<Shape>,
    /// What may stand in the query.
    pub query: Option<Shape>,
    pub headers: Vec<Header>,
    pub body: Option<Shape>,
    pub answers: Vec<Answer>,
    route: Route,
}

impl Operation {
    /// Something that is read. Asked by HEAD, the same answer comes without its body.
    pub(super) fn get<F, Args>(path: &'static str, id: &'static str, summary: &'static str, handler: F) -> Self
    where
        F: Handler<Args>,
        Args: FromRequest + 'static,
        F::Output: Responder + 'static,
    {
        let route = web::route().guard(guard::Any(guard::Get()).or(guard::Head()));
        Self::new(Method::GET, (path, id, summary), route.to(handler))
    }

    /// Something that is asked for.
    pub(super) fn post<F, Args>(path: &'static str, id: &'static str, summary: &'static str, handler: F) -> Self
    where
        F: Handler<Args>,
        Args: FromRequest + 'static,
        F::Output: Responder + 'static,
    {
        Self::new(Method::POST, (path, id, summary), web::post().to(handler))
    }

    /// Something that is taken away.
    pub(super) fn delete<F, Args>(path: &'static str, id: &'static str, summary: &'static str, handler: F) -> Self
    where
        F: Handler<Args>,
        Args: FromRequest + 'static,
        F::Output: Responder + 'static,
    {
        Self::new(Method::DELETE, (path, id, summary), web::delete().to(handler))
    }

    fn new(method: Method, (path, id, summary): (&'static str, &'static str, &'static str), route: Route) -> Self {
        let needs = Needs::Somewhere(Power::Read);
        Self { method, path, id, summary, needs, place: None, query: None, headers: Vec::new(), body: None, answers: Vec::new(), route }
    }

    /// What a caller must be allowed; without it, to read somewhere.
    pub(super) fn needs(self, needs: Needs) -> Self {
        Self { needs, ..self }
    }

    /// What stands in the path: a field for each `{name}`.
    pub(super) fn at<T: JsonSchema>(self) -> Self {
        Self { place: Some(T::json_schema), ..self }
    }

    /// What may stand in the query: a field for each parameter. The type must deny unknown fields.
    pub(super) fn query<T: JsonSchema>(self) -> Self {
        Self { query: Some(T::json_schema), ..self }
    }

    /// A header that is heeded, with the pattern that its value must have.
    pub(super) fn header(mut self, name: &'static str, pattern: Option<&'static str>, about: &'static str) -> Self {
        self.headers.push(Header { name, about, pattern });
        self
    }

    /// The JSON that is wanted.
    pub(super) fn body<T: JsonSchema>(self) -> Self {
        Self { body: Some(T::json_schema), ..self }
    }

    /// An answer in JSON.
    pub(super) fn answers<T: JsonSchema>(self, status: StatusCode, about: &'static str) -> Self {
        self.answers_as::<T>(status, "application/json", about)
    }

    /// An answer of another media type, or one more for the same status.
    pub(super) fn answers_as<T: JsonSchema>(mut self, status: StatusCode, media: &'static str, about: &'static str) -> Self {
        let shape: Shape = SchemaGenerator::subschema_for::<T>;
        match self.answers.iter_mut().find(|answer| answer.status == status) {
            Some(answer) => answer.contents.push((media, shape)),
            None => self.answers.push(Answer { status, about, contents: vec![(media, shape)] }),
        }
        self
    }

    /// An answer without a body.
    pub(super) fn answers_nothing(mut self, status: StatusCode, about: &'static str) -> Self {
        self.answers.push(Answer { status, about, contents: Vec::new() });
        self
    }

    fn rule(&self) -> Rule {
        Rule { needs: self.needs, query: self.query.is_some() }
    }
}

/// What is held before an operation is called.
#[derive(Debug, Clone, Copy)]
struct Rule {
    needs: Needs,
    query: bool,
}

impl Rule {
    fn hold(self, request: &ServiceRequest) -> Result<(), Problem> {
        token::may(request.request(), self.needs)?;
        if !self.query && !request.query_string().is_empty() {
            return Err(invalid(&"this address takes no parameters in its query"));
        }
        Ok(())
    }
}

/// Makes the routes of these operations, whose paths begin with `prefix`.
pub(super) fn mount(config: &mut web::ServiceConfig, prefix: &str, operations: Vec<Operation>) {
    // In the table's order: of two addresses that fit, the first one counts.
    let mut paths: Vec<&'static str> = Vec::new();
    let mut by_path: BTreeMap<&'static str, Vec<Operation>> = BTreeMap::new();
    for operation in operations {
        if !paths.contains(&operation.path) {
            paths.push(operation.path);
        }
        by_path.entry(operation.path).or_default().push(operation);
    }
    for path in paths {
        let operations = by_path.remove(path).unwrap_or_default();
        let allow = allow(operations.iter().map(|operation| &operation.method));
        let resource = operations.into_iter().fold(web::resource(format!("{prefix}{path}")), |resource, operation| {
            let rule = operation.rule();
            let held = from_fn(move |request: ServiceRequest, next: Next<BoxBody>| async move {
                match rule.hold(&request) {
                    Ok(()) => next.call(request).await,
                    Err(problem) => Ok::<ServiceResponse<BoxBody>, actix_web::Error>(request.into_response(problem.answer())),
                }
            });
            resource.route(operation.route.wrap(held))
        });
        config.service(resource.default_service(web::to(move |request: HttpRequest| std::future::ready(other_method(&request, &allow)))));
    }
}

/// The methods that an address takes, as its `Allow` header says it.
fn allow<'a>(methods: impl Iterator<Item = &'a Method>) -> String {
    let mut words = vec!["OPTIONS"];
    for method in methods {
        words.push(method.as_str());
        words.extend((method == Method::GET).then_some("HEAD"));
    }
    words.join(", ")
}

fn other_method(request: &HttpRequest, allow: &str) -> HttpResponse {
    let mut answer = if request.method() == Method::OPTIONS {
        HttpResponse::NoContent().finish()
    } else {
        let message = format!("this address takes {allow}");
        Problem::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", message).hanging_up().answer()
    };
    if let Ok(value) = header::HeaderValue::from_str(allow) {
        answer.headers_mut().insert(header::ALLOW, value);
    }
    answer
}
