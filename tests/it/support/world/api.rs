//! The API as anybody calls it, with whatever token they have.

use serde_json::{Value, json};

use super::World;

/// An answer of the API.
#[derive(Debug, Clone)]
pub struct Answer {
    pub status: u16,
    pub body: Value,
    pub text: String,
}

impl World {
    /// The server's own token.
    pub fn own_token(&self) -> String {
        self.read("data/token").trim().to_owned()
    }

    /// A call with this token, and with a header if there is one.
    pub fn call(&self, token: &str, line: &str, header: Option<(&str, &str)>, body: Option<&Value>) -> Answer {
        let (method, path) = line.split_once(' ').expect("a method and a path");
        let method = method.parse().expect("a method");
        let mut request = self.client.request(method, self.url(&format!("/api/v1/{path}"))).bearer_auth(token);
        if let Some((name, value)) = header {
            request = request.header(name, value);
        }
        if let Some(body) = body {
            request = request.json(body);
        }
        self.runtime().block_on(async {
            let answer = request.send().await.expect("an answer");
            let status = answer.status().as_u16();
            let text = answer.text().await.expect("text");
            Answer { status, body: serde_json::from_str(&text).unwrap_or_default(), text }
        })
    }

    /// A new token with these scopes.
    pub fn token(&self, name: &str, scopes: &[&str]) -> String {
        let answer = self.call(&self.own_token(), "POST tokens", None, Some(&json!({ "name": name, "scopes": scopes })));
        assert_eq!(answer.status, 201, "{answer:?}");
        answer.body["secret"].as_str().expect("a token").to_owned()
    }

    /// Where the running server listens.
    pub fn address(&self) -> std::net::SocketAddr {
        self.app.as_ref().expect("a running server").address()
    }

    /// What the server counts.
    pub fn metrics(&self) -> String {
        let request = self.client.get(self.url("/metrics"));
        self.runtime().block_on(async { request.send().await?.text().await }).expect("an answer")
    }
}
