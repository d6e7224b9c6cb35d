//! One request, one answer: bounded in time and size, never repeated.

use std::{error::Error as _, fmt, time::Duration};

use http_body_util::{BodyExt, Limited};
use hyper::http::{HeaderMap, Method, Request, Uri};
use jiff::Timestamp;
use octocrab::Octocrab;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::{
    Result,
    error::{Error, PAUSE},
};

/// How long an answer may take, in real time.
const TIMEOUT: Duration = Duration::from_secs(30);

/// How long a connection may take to come about.
const CONNECT: Duration = Duration::from_secs(10);

/// How large an answer may be, in bytes.
const LARGEST: usize = 32 * 1024 * 1024;

/// How much of GitHub's own words is told, in characters.
const SHOWN: usize = 300;

/// A token or the App's proof. It is shown as `[redacted]`.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Token(pub String);

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

/// The way to GitHub. It knows no token of its own, so that none goes where it does not belong.
pub(super) struct Transport {
    crab: Octocrab,
    api_url: String,
}

/// An answer, whatever its status.
pub(super) struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
    /// What was asked: `GET /repos/acme/shop`.
    asked: String,
    is_change: bool,
}

impl Transport {
    /// To this address.
    pub fn new(api_url: &str) -> Self {
        let crab = Octocrab::builder()
            .set_connect_timeout(Some(CONNECT))
            .set_read_timeout(Some(TIMEOUT))
            .set_write_timeout(Some(TIMEOUT))
            .build()
            .expect("a client without any credentials can be made");
        Self { crab, api_url: api_url.trim_end_matches('/').to_owned() }
    }

    /// Sends a request to GitHub. `path` begins with `/`, and its query counts as a part of it.
    pub async fn send(&self, method: &'static str, path: &str, token: Option<&Token>, body: Option<&Value>) -> Result<Answer> {
        let is_change = method != "GET";
        let asked = format!("{method} {}", path.split('?').next().unwrap_or_default());
        let mut request = Request::builder()
            .method(Method::from_bytes(method.as_bytes()).unwrap_or_default())
            .uri(self.uri(&format!("{}{path}", self.api_url), &asked)?)
            .header("accept", "application/vnd.github+json");
        if let Some(Token(token)) = token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        let request = self.crab.build_request(request, body).map_err(|_| unusable(&asked))?;
        let lost = |what: String| if is_change { Error::Lost { what } } else { Error::Passing { what, again: None } };
        let whole = async {
            let response = self.crab.execute(request).await.map_err(|error| {
                let what = format!("GitHub did not answer {asked}: {}", innermost(&error));
                if was_not_sent(&error) { Error::Passing { what, again: None } } else { lost(what) }
            })?;
            let (parts, body) = response.into_parts();
            let body = Limited::new(body, LARGEST).collect().await;
            let body = body.map_err(|error| lost(format!("GitHub's answer to {asked} broke off: {}", innermost(&*error))))?;
            Ok(Answer {
                status: parts.status.as_u16(),
                headers: parts.headers,
                body: body.to_bytes().to_vec(),
                asked: asked.clone(),
                is_change,
            })
        };
        tokio::time::timeout(TIMEOUT, whole).await.unwrap_or_else(|_| Err(lost(format!("GitHub did not answer {asked} in time"))))
    }

    /// Opens what GitHub sent us to: without any token, for it is not GitHub's.
    pub async fn open(
        &self,
        url: &str,
    ) -> Result<hyper::Response<impl hyper::body::Body<Data = hyper::body::Bytes, Error = octocrab::Error>>> {
        let what = "the address that GitHub gave for a download";
        let request = Request::builder().method(Method::GET).uri(self.uri(url, what)?);
        let request = self.crab.build_request(request, None::<&()>).map_err(|_| unusable(what))?;
        let opened = tokio::time::timeout(TIMEOUT, self.crab.execute(request)).await;
        let passing = |what: String| Error::Passing { what, again: None };
        match opened {
            Err(_) => Err(passing("a download from GitHub did not begin in time".to_owned())),
            Ok(Err(error)) => Err(passing(format!("a download from GitHub did not begin: {}", innermost(&error)))),
            Ok(Ok(response)) => Ok(response),
        }
    }

    #[expect(clippy::unused_self, reason = "an address is the transport's to read")]
    fn uri(&self, text: &str, what: &str) -> Result<Uri> {
        text.parse().map_err(|_| unusable(what))
    }
}

fn unusable(what: &str) -> Error {
    Error::Unreadable { what: format!("{what}: this cannot be asked") }
}

/// The cause of causes: what stands around it only repeats it, or holds a backtrace.
fn innermost(error: &(dyn std::error::Error + 'static)) -> String {
    let mut error = error;
    while let Some(source) = error.source() {
        error = source;
    }
    error.to_string()
}

/// Whether a connection did not even come about.
fn was_not_sent(error: &octocrab::Error) -> bool {
    let mut next = error.source();
    while let Some(error) = next {
        if error.downcast_ref::<hyper_util::client::legacy::Error>().is_some_and(hyper_util::client::legacy::Error::is_connect) {
            return true;
        }
        next = error.source();
    }
    false
}

impl Answer {
    /// The answer, if GitHub did what it was asked; else what is to be done about it.
    pub fn accepted(self, now: Timestamp) -> Result<Self> {
        let status = self.status;
        if (200..400).contains(&status) {
            return Ok(self);
        }
        let what = format!("GitHub answered {status} to {}{}", self.asked, self.words());
        if let Some(again) = self.asks_for_patience(now) {
            return Err(Error::Passing { what, again: Some(again) });
        }
        Err(match status {
            500.. if self.is_change => Error::Lost { what },
            500.. | 408 | 429 => Error::Passing { what, again: None },
            _ => Error::Refused { status, what },
        })
    }

    /// Its body.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T> {
        serde_json::from_slice(&self.body).map_err(|error| self.unreadable(&error.to_string()))
    }

    /// It cannot be used, for this reason.
    pub fn unreadable(&self, why: &str) -> Error {
        Error::Unreadable { what: format!("GitHub's answer to {} cannot be read: {why}", self.asked) }
    }

    /// A header's text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// When to come back, if we ask too much.
    /// Source: <https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api>.
    fn asks_for_patience(&self, now: Timestamp) -> Option<Timestamp> {
        if !matches!(self.status, 403 | 429) {
            return None;
        }
        let later = |wait: Duration| now.saturating_add(wait).unwrap_or(Timestamp::MAX);
        if let Some(seconds) = self.header("retry-after").and_then(|text| text.parse().ok()) {
            return Some(later(Duration::from_secs(seconds)));
        }
        if self.header("x-ratelimit-remaining") == Some("0") {
            let reset = self.header("x-ratelimit-reset").and_then(|text| text.parse().ok());
            let reset = reset.and_then(|seconds| Timestamp::from_second(seconds).ok());
            // A second later, for the second in which it ends.
            return Some(reset.unwrap_or(now).max(now).saturating_add(Duration::from_secs(1)).unwrap_or(Timestamp::MAX));
        }
        let is_limit = self.status == 429 || self.words().to_ascii_lowercase().contains("rate limit");
        is_limit.then(|| later(PAUSE))
    }

    /// What GitHub says about it.
    fn words(&self) -> String {
        let body: Value = serde_json::from_slice(&self.body).unwrap_or_default();
        let mut words: Vec<&str> = body["message"].as_str().into_iter().collect();
        words.extend(body["errors"].as_array().into_iter().flatten().filter_map(|error| error["message"].as_str().or(error.as_str())));
        let text: String = words.join("; ").chars().filter(|c| !c.is_control()).take(SHOWN).collect();
        if text.is_empty() { text } else { format!(": {text}") }
    }
}
