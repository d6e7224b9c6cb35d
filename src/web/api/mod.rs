//! `/api/v1`: what there is to know, and the one way to ask for something.

use actix_web::web;

use super::problem;

mod configuration;
mod deliveries;
mod deployments;
mod logs;
mod requests;
mod status;

pub use configuration::{Configuration, Refused};
pub use deliveries::Deliveries;
pub use deployments::{Deployments, Told};
pub use logs::{Line, Logs};
pub use requests::Outcome;
pub use status::{EnvironmentStatus, Status};

pub(super) fn routes(config: &mut web::ServiceConfig) {
    let only = problem::only;
    config
        .service(only(web::resource("/status").route(web::get().to(status::status))))
        .service(only(web::resource("/configuration").route(web::get().to(configuration::configuration))))
        .service(only(web::resource("/deployments").route(web::get().to(deployments::list))))
        .service(only(web::resource("/deployments/{id}").route(web::get().to(deployments::one))))
        .service(only(web::resource("/deployments/{id}/logs").route(web::get().to(logs::logs))))
        .service(only(web::resource("/requests").route(web::post().to(requests::ask))))
        .service(only(web::resource("/deliveries").route(web::get().to(deliveries::list))))
        .service(only(web::resource("/deliveries/{id}").route(web::get().to(deliveries::one))))
        .default_service(web::to(problem::nothing_here));
}
