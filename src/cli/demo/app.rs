//! The application that `botadura demo` deploys: a small shop, served from the folder it is started in.
//!
//! It is a real one: it reads its release's files, says honestly whether it is well, and finishes its requests when it
//! is told to end. `version.txt`, `catalogue.json` and `index.html` are the release; a release is bad when its files
//! are.

use std::{
    fmt::Write as _,
    net::{Ipv4Addr, SocketAddr},
    path::PathBuf,
    sync::Arc,
    time::Duration,
};

use hyper::{
    Method, Request, Response, StatusCode,
    body::Incoming,
    header::{CACHE_CONTROL, CONTENT_TYPE, HeaderValue},
};
use serde::Deserialize;
use tokio::net::TcpListener;

use crate::steps::directory::listen::{self, Body};

/// Why the shop did not open.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Nobody said where to listen.
    #[error("PORT must be set to the number of a port")]
    Port,
    /// The port cannot be had, or the process cannot hear that it should end.
    #[error("the shop cannot open at 127.0.0.1:{0}: {1}")]
    Open(u16, std::io::Error),
}

#[derive(Deserialize)]
struct Catalogue {
    name: String,
    motto: String,
    accent: String,
    products: Vec<Product>,
}

#[derive(Deserialize)]
struct Product {
    name: String,
    price: String,
    picture: String,
}

struct Shop {
    folder: PathBuf,
    port: u16,
}

/// Serves the release in `folder` at 127.0.0.1 on the port that stands in `port` (the variable `PORT`), until the
/// process is asked to end.
pub async fn run(folder: PathBuf, port: Option<String>) -> Result<(), Error> {
    let port = port.and_then(|text| text.parse().ok()).ok_or(Error::Port)?;
    let terminated = listen::until_terminated().map_err(|error| Error::Open(port, error))?;
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await.map_err(|error| Error::Open(port, error))?;
    let shop = Arc::new(Shop { folder, port });
    listen::serve(listener, terminated, move |request, _: SocketAddr| answer(Arc::clone(&shop), request)).await;
    Ok(())
}

async fn answer(shop: Arc<Shop>, request: Request<Incoming>) -> Response<Body> {
    if request.method() != Method::GET && request.method() != Method::HEAD {
        return plain(StatusCode::METHOD_NOT_ALLOWED, "This shop is for looking only.\n");
    }
    match request.uri().path() {
        "/" => match shop.page() {
            Ok(page) => say(StatusCode::OK, "text/html; charset=utf-8", page),
            Err(wrong) => plain(StatusCode::INTERNAL_SERVER_ERROR, wrong),
        },
        "/version" => plain(StatusCode::OK, format!("{}\n", shop.version())),
        "/health" => match shop.catalogue() {
            Ok(catalogue) => plain(StatusCode::OK, format!("ok, {} products\n", catalogue.products.len())),
            Err(wrong) => plain(StatusCode::INTERNAL_SERVER_ERROR, wrong),
        },
        "/slow" => {
            let wait = request.uri().query().and_then(|query| query.strip_prefix("ms=")?.parse().ok());
            pause(wait.unwrap_or(1000).min(60_000)).await;
            plain(StatusCode::OK, format!("{}\n", shop.version()))
        }
        _ => plain(StatusCode::NOT_FOUND, "There is no such page.\n"),
    }
}

#[expect(clippy::disallowed_methods, reason = "a slow page is slow in real time")]
async fn pause(milliseconds: u64) {
    tokio::time::sleep(Duration::from_millis(milliseconds)).await;
}

impl Shop {
    fn read(&self, name: &str) -> Result<String, String> {
        std::fs::read_to_string(self.folder.join(name)).map_err(|error| format!("{name} cannot be read: {error}\n"))
    }

    fn version(&self) -> String {
        self.read("version.txt").map_or_else(|_| "unknown".to_owned(), |text| text.trim().to_owned())
    }

    fn catalogue(&self) -> Result<Catalogue, String> {
        let text = self.read("catalogue.json")?;
        let catalogue: Catalogue = serde_json::from_str(&text).map_err(|error| format!("catalogue.json cannot be read: {error}\n"))?;
        if catalogue.products.is_empty() {
            return Err("catalogue.json has no products\n".to_owned());
        }
        Ok(catalogue)
    }

    fn page(&self) -> Result<String, String> {
        let catalogue = self.catalogue()?;
        let mut products = String::new();
        for product in &catalogue.products {
            let [picture, name, price] = [&product.picture, &product.name, &product.price].map(|text| escape(text));
            // Writing to a String cannot fail.
            let _ = writeln!(products, "  <li><span aria-hidden=\"true\">{picture}</span><b>{name}</b><data>{price} €</data></li>");
        }
        let page = self.read("index.html")?;
        let values = [
            ("{{name}}", escape(&catalogue.name)),
            ("{{motto}}", escape(&catalogue.motto)),
            ("{{accent}}", escape(&catalogue.accent)),
            ("{{version}}", escape(&self.version())),
            ("{{process}}", std::process::id().to_string()),
            ("{{port}}", self.port.to_string()),
            ("{{products}}", products),
        ];
        Ok(values.iter().fold(page, |page, (hole, value)| page.replace(hole, value)))
    }
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

fn plain(status: StatusCode, text: impl Into<String>) -> Response<Body> {
    say(status, "text/plain; charset=utf-8", text.into())
}

fn say(status: StatusCode, kind: &'static str, text: String) -> Response<Body> {
    let mut response = Response::new(listen::text(text));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::demo::shop::VERSIONS;

    #[test]
    fn the_first_two_versions_are_well_and_the_third_is_not() {
        for (version, good) in VERSIONS.iter().zip([true, true, false]) {
            let folder = tempfile::tempdir().expect("a folder");
            for (path, content) in version.files {
                std::fs::write(folder.path().join(path), content).expect("written");
            }
            let shop = Shop { folder: folder.path().to_owned(), port: 1 };
            assert_eq!(shop.catalogue().is_ok(), good, "{}", version.version);
            assert_eq!(shop.page().is_ok_and(|page| page.contains(version.version) && !page.contains("{{")), good);
        }
    }
}
