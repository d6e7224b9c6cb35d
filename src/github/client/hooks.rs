//! The App's own list of deliveries: which of them did not arrive, and asking for those again.
//!
//! GitHub does not send again by itself what was not taken.
//! Source: <https://docs.github.com/en/rest/apps/webhooks>.

use std::collections::BTreeMap;

use async_trait::async_trait;
use jiff::Timestamp;
use serde::Deserialize;

use super::{Client, Error, Result};

/// How many entries a page has.
const PAGE: usize = 100;

/// How many pages are read in one go: GitHub keeps three days.
const MOST: usize = 100;

/// A delivery that did not arrive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Missed {
    /// The number of its last attempt, by which it is asked for.
    pub attempt: u64,
    /// What it would be known by here.
    pub guid: String,
    /// What GitHub calls it: `push`, `check_run requested_action`.
    pub event: String,
    /// When it was first sent.
    pub first: Timestamp,
}

/// What is known of the App's webhook.
#[async_trait]
pub trait Hooks: Send + Sync {
    /// The deliveries since a time of which no attempt was taken, the oldest first, and the time of the newest of all.
    async fn missed(&self, since: Timestamp) -> Result<(Vec<Missed>, Option<Timestamp>)>;
    /// Asks for one more attempt.
    async fn redeliver(&self, attempt: u64) -> Result<()>;
}

#[derive(Debug, Clone, Deserialize)]
struct Attempt {
    id: u64,
    guid: String,
    delivered_at: Timestamp,
    status_code: u16,
    event: String,
    action: Option<String>,
}

#[async_trait]
impl Hooks for Client {
    async fn missed(&self, since: Timestamp) -> Result<(Vec<Missed>, Option<Timestamp>)> {
        let mut attempts: Vec<Attempt> = Vec::new();
        let mut cursor = String::new();
        for _ in 0..MOST {
            let answer = self.inner.as_app("GET", &format!("/app/hook/deliveries?per_page={PAGE}{cursor}"), None).await?;
            let page: Vec<Attempt> = answer.json()?;
            let is_last = page.len() < PAGE || page.iter().any(|one| one.delivered_at < since);
            let next = answer.header("link").and_then(next_cursor);
            attempts.extend(page.into_iter().filter(|one| one.delivered_at >= since));
            match next.filter(|_| !is_last) {
                Some(next) => cursor = format!("&cursor={next}"),
                None => return Ok(unanswered(&attempts)),
            }
        }
        // What is older is looked at when the next pass begins where this one ended.
        Ok(unanswered(&attempts))
    }

    async fn redeliver(&self, attempt: u64) -> Result<()> {
        let asked = self.inner.as_app("POST", &format!("/app/hook/deliveries/{attempt}/attempts"), None).await;
        asked.map(|_| ()).map_err(Error::harmless)
    }
}

/// The cursor of the next page, from the header `Link`.
fn next_cursor(link: &str) -> Option<String> {
    let next = link.split(',').find(|part| part.contains("rel=\"next\""))?;
    let (_, rest) = next.split_once("cursor=")?;
    Some(rest.split(['&', '>']).next()?.to_owned()).filter(|cursor| !cursor.is_empty())
}

fn unanswered(attempts: &[Attempt]) -> (Vec<Missed>, Option<Timestamp>) {
    let newest = attempts.iter().map(|one| one.delivered_at).max();
    let mut by_guid: BTreeMap<&str, Vec<&Attempt>> = BTreeMap::new();
    for one in attempts {
        by_guid.entry(&one.guid).or_default().push(one);
    }
    let was_taken = |all: &[&Attempt]| all.iter().any(|one| (200..300).contains(&one.status_code));
    let missed = by_guid.values().filter(|all| !was_taken(all)).filter_map(|all| {
        let last = all.iter().max_by_key(|one| one.delivered_at)?;
        let first = all.iter().map(|one| one.delivered_at).min()?;
        let action = last.action.as_ref().map(|action| format!(" {action}")).unwrap_or_default();
        Some(Missed { attempt: last.id, guid: last.guid.clone(), event: format!("{}{action}", last.event), first })
    });
    let mut missed: Vec<Missed> = missed.collect();
    missed.sort_by_key(|one| (one.first, one.attempt));
    (missed, newest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_no_attempt_of_was_taken_is_missed() {
        let at = |second| Timestamp::from_second(second).expect("a time");
        let one = |id, guid: &str, second, status_code| Attempt {
            id,
            guid: guid.to_owned(),
            delivered_at: at(second),
            status_code,
            event: "push".to_owned(),
            action: None,
        };
        let attempts = [one(5, "c", 50, 500), one(4, "b", 40, 202), one(3, "a", 30, 0), one(2, "b", 20, 503), one(1, "c", 10, 502)];
        let (missed, newest) = unanswered(&attempts);
        let expected = [("c", 5, 10), ("a", 3, 30)];
        let expected =
            expected.map(|(guid, attempt, first)| Missed { attempt, guid: guid.to_owned(), event: "push".to_owned(), first: at(first) });
        assert_eq!((missed, newest), (expected.to_vec(), Some(at(50))));
    }

    #[test]
    fn the_next_page_is_where_the_header_says() {
        let link = "<https://api.github.com/app/hook/deliveries?per_page=100&cursor=v1_12>; rel=\"next\"";
        assert_eq!(next_cursor(link).as_deref(), Some("v1_12"));
        assert_eq!(next_cursor("<https://x?cursor=1>; rel=\"first\""), None);
    }
}
