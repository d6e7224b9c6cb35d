//! `/api/v1`: what there is to know, and the one way to ask for something.
//!
//! [`operations`] is all of it. Who adds something adds an entry there and a handler, and has the route, the rights, the
//! refusal of unknown parameters and the part of the document with it.

use actix_web::{
    HttpResponse,
    http::StatusCode,
    web::{self, Json, ServiceConfig},
};
use serde_json::Value;

use super::{
    ACTS_AS, IDEMPOTENCY, openapi,
    operation::{Needs, Operation, mount},
    problem, token,
};
use crate::{
    domain::{history::Report, request::Ask, rights::Power, simulation::Simulation},
    store::{DeliveryLine, ProposalRow},
};

mod applications;
mod configuration;
mod deliveries;
mod deployments;
mod environments;
mod history;
mod locks;
mod logs;
mod parameters;
mod proposals;
mod requests;
mod simulations;
mod status;
mod tokens;

pub use applications::{ApplicationLine, ApplicationView, Applications};
pub use configuration::{Configuration, Refused};
pub use deliveries::Deliveries;
pub use deployments::{Deployments, Told};
pub use environments::EnvironmentView;
pub use history::{History, csv};
pub use locks::Locks;
pub use logs::{Line, Logs};
pub use proposals::Proposals;
pub use requests::Outcome;
pub use simulations::no_environment;
pub use status::{EnvironmentStatus, Status};
pub use tokens::{Made, NewToken, Tokens};

/// Where the API begins.
pub(super) const BASE: &str = "/api/v1";

const OK: StatusCode = StatusCode::OK;

/// The `OpenAPI` document of the API.
pub fn document() -> Value {
    openapi::document(BASE, &operations())
}

/// What needs no token.
pub(super) fn open(config: &mut ServiceConfig) {
    let open = operations().into_iter().filter(|operation| operation.needs == Needs::Nothing).collect();
    mount(config, BASE, open);
}

/// What needs one, and what is not there.
pub(super) fn guarded(config: &mut ServiceConfig) {
    let guarded = operations().into_iter().filter(|operation| operation.needs != Needs::Nothing).collect();
    mount(config, "", guarded);
    config.default_service(web::to(problem::nothing_here));
}

/// Everything that the API can do.
fn operations() -> Vec<Operation> {
    let mut all = vec![
        Operation::get("/openapi.json", "openapi", "This document", openapi_json)
            .needs(Needs::Nothing)
            .answers::<Value>(OK, "The document."),
    ];
    all.extend(what_there_is());
    all.extend(what_happened());
    all.extend(what_came_in());
    all.extend(who_may());
    all.extend(what_if());
    all
}

fn what_there_is() -> Vec<Operation> {
    vec![
        Operation::get("/status", "status", "What runs where, what is under way, what waits", status::status)
            .query::<status::Wanted>()
            .answers::<Status>(OK, "Every environment.")
            .answers::<super::ErrorBody>(StatusCode::NOT_FOUND, "There is no such application."),
        Operation::get("/applications", "listApplications", "The applications", applications::list).answers::<Applications>(OK, "By name."),
        Operation::get("/applications/{application}", "getApplication", "An application as its file configures it", applications::one)
            .at::<applications::Named>()
            .answers::<ApplicationView>(OK, "Its environments with their gates, and its steps. Never a secret."),
        Operation::get("/environments", "listEnvironments", "What runs where, what is under way, what waits", status::status)
            .query::<status::Wanted>()
            .answers::<Status>(OK, "Every environment.")
            .answers::<super::ErrorBody>(StatusCode::NOT_FOUND, "There is no such application."),
        Operation::get("/environments/{application}/{environment}", "getEnvironment", "One environment", environments::one)
            .at::<environments::Place>()
            .query::<environments::Wanted>()
            .answers::<EnvironmentView>(OK, "What runs there, its locks, what waits, its last deployments."),
        Operation::get("/configuration", "getConfiguration", "Which files are in force", configuration::configuration)
            .needs(Needs::Everywhere(Power::Read))
            .answers::<Configuration>(OK, "Since when, what needs a restart, and what is wrong with the files that are on the disk."),
        Operation::get("/locks", "listLocks", "The locks that are in force", locks::list).answers::<Locks>(OK, "By what they are about."),
    ]
}

fn what_if() -> Vec<Operation> {
    let everything = Needs::Everywhere(Power::Read);
    vec![
        Operation::post("/simulations", "simulate", "What would become of something, with nothing of it done", simulations::simulate)
            .needs(everything)
            .body::<simulations::Wanted>()
            .answers::<Simulation>(OK, "What would be answered, decided and planned.")
            .answers::<super::ErrorBody>(StatusCode::UNPROCESSABLE_ENTITY, "There is no answer to that.")
            .answers::<super::ErrorBody>(StatusCode::BAD_GATEWAY, "The repository, or GitHub, does not answer."),
        Operation::get("/environments/{application}/{environment}/why", "why", "Why an environment is as it is", simulations::why)
            .at::<environments::Place>()
            .query::<environments::Wanted>()
            .needs(everything)
            .answers::<Simulation>(OK, "Each proposal that waits there with its gates; else what would become of the head of its branch.")
            .answers::<super::ErrorBody>(StatusCode::UNPROCESSABLE_ENTITY, "There is no answer to that.")
            .answers::<super::ErrorBody>(StatusCode::BAD_GATEWAY, "The repository, or GitHub, does not answer."),
        Operation::get("/environments/{application}/{environment}/plan", "plan", "What a deployment would do", simulations::plan)
            .at::<environments::Place>()
            .query::<simulations::Version>()
            .needs(everything)
            .answers::<Simulation>(OK, "The gates, the steps, and what a rollback would restore.")
            .answers::<super::ErrorBody>(StatusCode::UNPROCESSABLE_ENTITY, "There is no answer to that.")
            .answers::<super::ErrorBody>(StatusCode::BAD_GATEWAY, "The repository, or GitHub, does not answer."),
        Operation::get("/deliveries/{id}/simulation", "simulateDelivery", "What would become of a delivery today", simulations::delivery)
            .at::<deliveries::Named>()
            .needs(everything)
            .answers::<Simulation>(OK, "What would be answered, decided and planned.")
            .answers::<super::ErrorBody>(StatusCode::UNPROCESSABLE_ENTITY, "There is no answer to that.")
            .answers::<super::ErrorBody>(StatusCode::BAD_GATEWAY, "The repository, or GitHub, does not answer."),
        Operation::post("/deliveries/{id}/replay", "replayDelivery", "Deals with a recorded delivery once more", simulations::replay)
            .at::<deliveries::Named>()
            .needs(Needs::Everywhere(Power::Admin))
            .answers::<DeliveryLine>(StatusCode::ACCEPTED, "It is dealt with by the files as they are now."),
    ]
}

fn what_happened() -> Vec<Operation> {
    vec![
        Operation::get("/proposals", "listProposals", "Versions that were proposed", proposals::list)
            .query::<proposals::Wanted>()
            .answers::<Proposals>(OK, "Newest first, each with the latest decision about it."),
        Operation::get("/proposals/{id}", "getProposal", "One proposal, with the latest decision about it", proposals::one)
            .at::<parameters::Number>()
            .answers::<ProposalRow>(OK, "The proposal."),
        Operation::get("/deployments", "listDeployments", "Deployments, also those under way", deployments::list)
            .query::<deployments::Wanted>()
            .answers::<Deployments>(OK, "Newest first."),
        Operation::get("/deployments/{id}", "getDeployment", "All that is known of one number", deployments::one)
            .at::<parameters::Number>()
            .answers::<Told>(OK, "The proposal, the deployment that it became, its steps with their times, its story."),
        Operation::get("/deployments/{id}/logs", "getLogs", "What a deployment's steps printed", logs::logs)
            .at::<parameters::Number>()
            .query::<logs::Wanted>()
            .header("Last-Event-ID", None, "The last event that was seen, when a stream is taken up again.")
            .answers::<Logs>(OK, "All of it; with `follow`, as server-sent events: `piece`, and `end` at last.")
            .answers_as::<logs::Event>(OK, "text/event-stream", ""),
        Operation::get("/history", "listHistory", "What every deployment came to, in the order of their ends", history::list)
            .query::<history::Wanted>()
            .answers::<History>(OK, "Newest first; with `Accept: text/csv` as a table, whose next page `X-Next` names.")
            .answers_as::<String>(OK, "text/csv", ""),
        Operation::get("/audit", "audit", "Whether somebody altered the history", history::audit)
            .needs(Needs::Everywhere(Power::Admin))
            .answers::<Report>(OK, "What is not as it was; nothing, when all of it is."),
    ]
}

fn what_came_in() -> Vec<Operation> {
    vec![
        Operation::post("/requests", "ask", "Asks for something", requests::ask)
            .needs(Needs::Token)
            .header(ACTS_AS, Some(token::LOGIN), "The GitHub login in whose name the holder of the server's own token asks.")
            .header(IDEMPOTENCY, Some(requests::KEY), "The same request with the same key is done once.")
            .body::<Ask>()
            .answers::<Outcome>(OK, "It is done, or decided.")
            .answers::<Outcome>(StatusCode::ACCEPTED, "It is stored, and not decided yet: its delivery will tell.")
            .answers::<requests::NotDone>(
                StatusCode::FORBIDDEN,
                "The token's scopes do not reach so far; or its holder speaks for somebody else.",
            )
            .answers::<Outcome>(StatusCode::CONFLICT, "It is refused; `reply` says why.")
            .answers::<requests::NotDone>(
                StatusCode::UNPROCESSABLE_ENTITY,
                "It cannot be dealt with without a person, or its key was used before.",
            ),
        Operation::get("/deliveries", "listDeliveries", "What came in, and what became of it", deliveries::list)
            .needs(Needs::Everywhere(Power::Read))
            .query::<deliveries::Wanted>()
            .answers::<Deliveries>(OK, "Newest first, without their bodies."),
        Operation::get("/deliveries/{id}", "getDelivery", "One delivery, and what became of it and why", deliveries::one)
            .needs(Needs::Token)
            .at::<deliveries::Named>()
            .answers::<DeliveryLine>(OK, "The delivery without its body. A token sees those that are its own requests, with `read` all."),
        Operation::get("/deliveries/{id}/body", "getDeliveryBody", "The bytes of a delivery as they came", deliveries::body)
            .needs(Needs::Everywhere(Power::Admin))
            .at::<deliveries::Named>()
            .answers_as::<Bytes>(OK, "application/octet-stream", "The bytes."),
    ]
}

fn who_may() -> Vec<Operation> {
    let admin = Needs::Everywhere(Power::Admin);
    vec![
        Operation::get("/tokens", "listTokens", "The tokens that were made", tokens::list)
            .needs(admin)
            .answers::<Tokens>(OK, "By name, also those that do not count any more. Never the token itself."),
        Operation::post("/tokens", "createToken", "Makes a token", tokens::create)
            .needs(admin)
            .header(ACTS_AS, Some(token::LOGIN), "The GitHub login in whose name the holder of the server's own token asks.")
            .body::<NewToken>()
            .answers::<Made>(StatusCode::CREATED, "The token. It is told this once.")
            .answers::<super::ErrorBody>(StatusCode::CONFLICT, "There is or was a token of this name."),
        Operation::delete("/tokens/{name}", "revokeToken", "Takes a token back", tokens::revoke)
            .needs(admin)
            .at::<tokens::Named>()
            .answers_nothing(StatusCode::NO_CONTENT, "It is refused from now on."),
    ]
}

/// Bytes of any kind.
#[derive(schemars::JsonSchema)]
#[schemars(extend("contentMediaType" = "application/octet-stream"))]
struct Bytes(#[expect(dead_code, reason = "it is only said what they are")] String);

async fn openapi_json() -> HttpResponse {
    HttpResponse::Ok().json(Json(document()).into_inner())
}
