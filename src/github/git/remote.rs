//! Where a repository comes from, with the credentials taken out of its address.

use std::fmt;

use base64::{Engine, engine::general_purpose::STANDARD};
use percent_encoding::percent_decode_str;

/// A repository's address and how we are known there.
#[derive(Clone)]
pub(super) struct Remote {
    url: String,
    authorization: Option<String>,
    secrets: Vec<String>,
}

impl Remote {
    /// Takes user and password out of an `http` or `https` address.
    pub(super) fn new(url: &str) -> Self {
        let plain = Self { url: url.to_owned(), authorization: None, secrets: Vec::new() };
        let Some((scheme @ ("http" | "https"), rest)) = url.split_once("://") else { return plain };
        let authority = rest.split('/').next().unwrap_or_default();
        let Some((credentials, host)) = authority.rsplit_once('@') else { return plain };
        let decoded = percent_decode_str(credentials).decode_utf8_lossy();
        let encoded = STANDARD.encode(decoded.as_bytes());
        let path = &rest[authority.len()..];
        let mut secrets = vec![encoded.clone(), credentials.to_owned()];
        for text in [credentials, &decoded] {
            let (user, password) = text.split_once(':').unwrap_or((text, ""));
            // A token may stand in either place.
            secrets.extend([password, user].into_iter().filter(|part| part.len() >= 8 && *part != "x-access-token").map(str::to_owned));
        }
        Self { url: format!("{scheme}://{host}{path}"), authorization: Some(format!("Authorization: Basic {encoded}")), secrets }
    }

    /// What git must know to speak to it.
    pub(super) fn settings(&self) -> impl Iterator<Item = (&str, &str)> {
        let authorization = self.authorization.as_deref().map(|header| ("http.extraHeader", header));
        [("remote.origin.url", self.url.as_str())].into_iter().chain(authorization)
    }

    /// A text without our credentials, and without any others that stand in addresses.
    pub(super) fn cleaned(&self, text: &str) -> String {
        let known = self.secrets.iter().fold(text.to_owned(), |text, secret| text.replace(secret.as_str(), "***"));
        without_credentials(&known)
    }
}

impl fmt::Debug for Remote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Remote").field("url", &without_credentials(&self.url)).finish_non_exhaustive()
    }
}

/// `https://user:password@host/…` becomes `https://***@host/…`.
pub(super) fn without_credentials(text: &str) -> String {
    let mut cleaned = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("://") {
        cleaned.push_str(before);
        cleaned.push_str("://");
        let end = after.find(|c: char| c == '/' || c == '\'' || c == '"' || c.is_whitespace()).unwrap_or(after.len());
        rest = match after[..end].rfind('@') {
            Some(at) => {
                cleaned.push_str("***");
                &after[at..]
            }
            None => after,
        };
    }
    cleaned + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_leave_the_address_and_every_text() {
        let remote = Remote::new("https://x-access-token:gh%73_secret1@github.com/acme/shop.git");
        let settings: Vec<_> = remote.settings().collect();
        let header = format!("Authorization: Basic {}", STANDARD.encode("x-access-token:ghs_secret1"));
        assert_eq!(settings, [("remote.origin.url", "https://github.com/acme/shop.git"), ("http.extraHeader", &header)]);
        let said = "fatal: https://x-access-token:ghs_secret1@github.com/ gh%73_secret1 and ghs_secret1";
        assert_eq!(remote.cleaned(said), "fatal: https://***@github.com/ *** and ***");
        assert!(!remote.cleaned(&header).contains(&STANDARD.encode("x-access-token:ghs_secret1")));
        assert!(!format!("{remote:?}").contains("secret"));
    }

    #[test]
    fn an_address_without_credentials_stays_as_it_is() {
        for url in ["https://github.com/a/b.git", "file:///srv/git/a/b.git", "/srv/git@home/b", "http://127.0.0.1:80/a@b"] {
            assert_eq!(Remote::new(url).settings().collect::<Vec<_>>(), [("remote.origin.url", url)]);
            assert_eq!(without_credentials(url), url);
        }
        assert_eq!(without_credentials("at 'ftp://me:p@ss@host/x' and b@c"), "at 'ftp://***@host/x' and b@c");
    }
}
