//! Tokens: for one repository and a call's own permissions, kept until shortly before they end.
//!
//! Only the App's proof (a JWT) is made by the machine's own clock, inside of octocrab: it lives for nine minutes and
//! is used at once.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::json;

use super::{
    Client, Inner, Result, component,
    error::Error,
    transport::{Answer, Token},
};

/// The permissions that a call needs: `[("checks", "read")]`.
pub type Need = &'static [(&'static str, &'static str)];

/// A token that ends sooner than this is not used any more.
const MARGIN: Duration = Duration::from_mins(2);

/// What a token is for.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Place {
    /// `owner/name`.
    Repository(String),
    /// By its login.
    Organization(String),
}

impl Place {
    /// Where its API begins.
    pub fn path(&self) -> String {
        match self {
            Self::Repository(name) => format!("/repos/{name}"),
            Self::Organization(login) => format!("/orgs/{}", component(login)),
        }
    }

    fn name(&self) -> &str {
        match self {
            Self::Repository(name) | Self::Organization(name) => name,
        }
    }
}

/// What was found out so far.
#[derive(Default)]
pub(super) struct Known {
    shared: Mutex<Shared>,
}

#[derive(Default)]
struct Shared {
    installations: HashMap<Place, u64>,
    tokens: HashMap<(Place, Need), (Token, Timestamp)>,
    slug: Option<String>,
}

impl Known {
    fn shared(&self) -> MutexGuard<'_, Shared> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// GitHub does not take a token any more.
    pub fn forget_token(&self, place: &Place, need: Need) {
        self.shared().tokens.remove(&(place.clone(), need));
    }

    fn token(&self, place: &Place, need: Need, now: Timestamp) -> Option<Token> {
        let wanted = now.saturating_add(MARGIN).unwrap_or(Timestamp::MAX);
        let shared = self.shared();
        let (token, until) = shared.tokens.get(&(place.clone(), need))?;
        (*until > wanted).then(|| token.clone())
    }
}

#[derive(Deserialize)]
struct Installation {
    id: u64,
}

#[derive(Deserialize)]
struct Minted {
    token: String,
    expires_at: Timestamp,
}

#[derive(Deserialize)]
struct Itself {
    slug: String,
}

impl Client {
    /// The login of the App's own account, as it stands on what the App does.
    pub async fn bot(&self) -> Result<String> {
        let known = self.inner.known.shared().slug.clone();
        let slug = match known {
            Some(slug) => slug,
            None => self.inner.as_app("GET", "/app", None).await?.json::<Itself>()?.slug,
        };
        self.inner.known.shared().slug = Some(slug.clone());
        Ok(format!("{slug}[bot]"))
    }
}

impl Inner {
    /// A token for a place, with these permissions alone. An installation that was known may be another one by now.
    pub(super) async fn token(&self, place: &Place, need: Need) -> Result<Token> {
        if let Some(token) = self.known.token(place, need, self.clock.now()) {
            return Ok(token);
        }
        let known = self.known.shared().installations.get(place).copied();
        let minted = match known {
            Some(id) => match self.mint(place, need, id).await {
                Err(Error::Refused { status: 401 | 404, .. }) => {
                    self.known.shared().installations.remove(place);
                    self.mint(place, need, self.installation(place).await?).await?
                }
                other => other?,
            },
            None => self.mint(place, need, self.installation(place).await?).await?,
        };
        let token = Token(minted.token);
        let mut shared = self.known.shared();
        // What has ended is of no use: the number of places is not bounded, that of those in use is.
        let now = self.clock.now();
        shared.tokens.retain(|_, (_, until)| *until > now);
        shared.tokens.insert((place.clone(), need), (token.clone(), minted.expires_at));
        Ok(token)
    }

    async fn installation(&self, place: &Place) -> Result<u64> {
        let answer = self.as_app("GET", &format!("{}/installation", place.path()), None).await.map_err(|error| match error {
            Error::Refused { status: 404, .. } => {
                let what =
                    format!("the GitHub App is not installed on {}: install it there, in GitHub's settings of the App", place.name());
                Error::Refused { status: 404, what }
            }
            other => other,
        })?;
        let Installation { id } = answer.json()?;
        self.known.shared().installations.insert(place.clone(), id);
        Ok(id)
    }

    async fn mint(&self, place: &Place, need: Need, installation: u64) -> Result<Minted> {
        let permissions: serde_json::Map<_, _> = need.iter().map(|(name, level)| ((*name).to_owned(), json!(level))).collect();
        let mut body = json!({ "permissions": permissions });
        if let Place::Repository(name) = place {
            body["repositories"] = json!([name.rsplit('/').next().unwrap_or_default()]);
        }
        let path = format!("/app/installations/{installation}/access_tokens");
        let answer = self.as_app("POST", &path, Some(&body)).await.map_err(|error| match error.harmless() {
            Error::Refused { status: 422, what } => {
                let wanted: Vec<String> = need.iter().map(|(name, level)| format!("{name}: {level}")).collect();
                let what = format!("{what}; the App needs {} on {}, and must have been granted it there", wanted.join(", "), place.name());
                Error::Refused { status: 422, what }
            }
            other => other,
        })?;
        answer.json()
    }

    pub(super) async fn as_app(&self, method: &'static str, path: &str, body: Option<&serde_json::Value>) -> Result<Answer> {
        let proof = self.app.generate_bearer_token().map(Token);
        let proof = proof.map_err(|_| Error::Unreadable { what: "the GitHub App's key cannot sign (github.private_key)".to_owned() })?;
        let answer = self.transport.send(method, path, Some(&proof), body).await?;
        answer.accepted(self.clock.now()).map_err(|error| match error {
            Error::Refused { status: 401, what } => {
                let why = "GitHub does not take the App's proof: see github.app_id, github.private_key and this machine's clock";
                Error::Refused { status: 401, what: format!("{what}; {why}") }
            }
            other => other,
        })
    }
}
