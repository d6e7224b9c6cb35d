//! Lists that come in pages, read to their end or not at all.

use std::collections::HashSet;

use serde::de::DeserializeOwned;
use serde_json::Value;

use super::{Reach, Result, error::Error, transport::Answer};

/// How many entries a page has: the most that GitHub gives.
const PAGE: usize = 100;

/// How many pages are read. A list that is longer is not concluded from.
const MOST: usize = 100;

impl Reach {
    /// All entries below `key` of a list that says how many there are (`total_count`). `path` may have a query. Fails
    /// closed: a page that brings nothing new before the end, or more pages than anybody has, is an error.
    pub async fn pages<T: DeserializeOwned>(&self, path: &str, key: &str) -> Result<Vec<T>> {
        self.read(path, |answer| {
            let mut body: Value = answer.json()?;
            let total = body["total_count"].as_u64().ok_or_else(|| answer.unreadable("it does not say how many there are"))?;
            Ok((body[key].take(), Some(total)))
        })
        .await
    }

    /// All entries of a list that does not say how many there are: a page that is not full is its last.
    pub async fn list<T: DeserializeOwned>(&self, path: &str) -> Result<Vec<T>> {
        self.read(path, |answer| Ok((answer.json()?, None))).await
    }

    async fn read<T: DeserializeOwned>(&self, path: &str, page_of: impl Fn(&Answer) -> Result<(Value, Option<u64>)>) -> Result<Vec<T>> {
        let joint = if path.contains('?') { '&' } else { '?' };
        let (mut all, mut seen) = (Vec::new(), HashSet::new());
        for page in 1..=MOST {
            let answer = self.ask("GET", &format!("{path}{joint}per_page={PAGE}&page={page}"), None).await?;
            let (Value::Array(entries), total) = page_of(&answer)? else { return Err(answer.unreadable("it has no list")) };
            let (before, count) = (seen.len(), entries.len());
            for entry in entries {
                // One that has moved to the next page while we read is one.
                let itself = entry.get("id").or_else(|| entry.get("name")).filter(|itself| !itself.is_null());
                let itself = itself.ok_or_else(|| answer.unreadable("an entry has neither id nor name"))?.to_string();
                if seen.insert(itself) {
                    all.push(serde_json::from_value(entry).map_err(|error| answer.unreadable(&error.to_string()))?);
                }
            }
            if total.map_or(count < PAGE, |total| seen.len() as u64 >= total) {
                return Ok(all);
            }
            if seen.len() == before {
                let why = format!("page {page} brings nothing new, and the list is not at its end after {before} entries");
                return Err(answer.unreadable(&why));
            }
        }
        Err(Error::Unreadable { what: format!("a list of GitHub's has more than {} entries, which nobody has", PAGE * MOST) })
    }
}
