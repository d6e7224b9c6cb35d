//! GitHub's API as the App has it: one small client for everything that asks GitHub.
//!
//! octocrab carries the requests and makes the App's own proof; it never repeats one by itself. What is asked is said here,
//! with types of our own for the few fields that are read: a field that GitHub adds or drops elsewhere breaks nothing.
//! Each call is made with a token that reaches one repository and has the permissions of that call alone.

use std::{fmt, sync::Arc};

use octocrab::{auth::AppAuth, models::AppId};
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::domain::{clock::SharedClock, ids::RepositoryName};

mod access;
mod conversations;
mod download;
mod error;
mod hooks;
mod pages;
mod people;
mod reports;
mod transport;

pub use access::Need;
pub use conversations::{Conversations, Present, Reaction};
pub use error::Error;
pub use hooks::{Hooks, Missed};
pub use people::{People, Permission};
pub use reports::NewDeployment;

use access::{Known, Place};
use transport::{Answer, Transport};

/// A result of this module.
pub type Result<T> = std::result::Result<T, Error>;

/// The App's key is not one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("it is not an RSA private key in PEM (-----BEGIN RSA PRIVATE KEY-----), as GitHub gives it out for an App")]
pub struct NotAKey;

/// The client. Cheap to clone; what it knows is shared.
#[derive(Clone)]
pub struct Client {
    inner: Arc<Inner>,
}

struct Inner {
    transport: Transport,
    app: AppAuth,
    clock: SharedClock,
    known: Known,
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Client(App {})", self.inner.app.app_id)
    }
}

impl Client {
    /// For the App of this number and key (PEM), at this address (`https://api.github.com`, or a server's `…/api/v3`).
    /// Must be made within a runtime.
    pub fn new(app: u64, pem: &str, api_url: &str, clock: SharedClock) -> std::result::Result<Self, NotAKey> {
        let key = jsonwebtoken::EncodingKey::from_rsa_pem(pem.as_bytes()).map_err(|_| NotAKey)?;
        let app = AppAuth { app_id: AppId(app), key };
        // A text in PEM whose inside is no key is found out by the first use.
        app.generate_bearer_token().map_err(|_| NotAKey)?;
        let inner = Inner { transport: Transport::new(api_url), app, clock, known: Known::default() };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// A repository, with these permissions and no more.
    pub fn repository(&self, name: &RepositoryName, need: Need) -> Reach {
        Reach { client: self.clone(), place: Place::Repository(name.as_str().to_owned()), need }
    }

    fn organization(&self, name: &str, need: Need) -> Reach {
        Reach { client: self.clone(), place: Place::Organization(name.to_owned()), need }
    }
}

/// A repository or an organisation with certain permissions in it. Paths are relative to it (`/commits/…`).
#[derive(Debug, Clone)]
pub struct Reach {
    client: Client,
    place: Place,
    need: Need,
}

impl Reach {
    /// Reads something.
    pub async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T> {
        self.ask("GET", path, None).await?.json()
    }

    /// Reads something that may not be there.
    pub async fn find<T: DeserializeOwned>(&self, path: &str) -> Result<Option<T>> {
        match self.get(path).await {
            Ok(found) => Ok(Some(found)),
            Err(Error::Refused { status: 404, .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Asks for a change. None: it was made, and the answer is empty.
    pub async fn post<T: DeserializeOwned>(&self, path: &str, body: &Value) -> Result<Option<T>> {
        let answer = self.ask("POST", path, Some(body)).await?;
        if answer.body.is_empty() { Ok(None) } else { answer.json().map(Some) }
    }

    /// Asks for a change of something that is there.
    pub async fn patch<T: DeserializeOwned>(&self, path: &str, body: &Value) -> Result<T> {
        self.ask("PATCH", path, Some(body)).await?.json()
    }

    /// A token may have been taken back before its time: then the call, which was refused, is made once more with a
    /// fresh one.
    async fn ask(&self, method: &'static str, path: &str, body: Option<&Value>) -> Result<Answer> {
        let path = format!("{}{path}", self.place.path());
        let inner = &self.client.inner;
        let token = inner.token(&self.place, self.need).await?;
        match inner.transport.send(method, &path, Some(&token), body).await?.accepted(inner.clock.now()) {
            Err(Error::Refused { status: 401, .. }) => {}
            other => return other,
        }
        inner.known.forget_token(&self.place, self.need);
        let token = inner.token(&self.place, self.need).await?;
        inner.transport.send(method, &path, Some(&token), body).await?.accepted(inner.clock.now())
    }
}

/// A name as one component of a path.
pub fn component(name: &str) -> String {
    const KEPT: &percent_encoding::AsciiSet = &percent_encoding::NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');
    percent_encoding::utf8_percent_encode(name, KEPT).to_string()
}

#[cfg(test)]
mod tests;
