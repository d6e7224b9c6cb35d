//! Lists that come in pages, read to their end or not at all.

use std::collections::HashSet;

use serde::de::DeserializeOwned;
use serde_json::Value;

use super::{Reach, Result, error::Error};

/// How many entries a page has: the most that GitHub gives.
const PAGE: usize = 100;

/// How many pages are read. A list that is longer is not concluded from.
const MOST: usize = 100;

impl Reach {
    /// All entries of a list that does not say how many there are: it ends with a page that is not full.
    pub async fn list<T: DeserializeOwned>(&self, path: &str) -> Result<Vec<T>> {
        let joint = if path.contains('?') { '&' } else { '?' };
        let mut all = Vec::new();
        for page in 1..=MOST {
            let entries: Vec<T> = self.get(&format!("{path}{joint}per_page={PAGE}&page={page}")).await?;
            let is_last = entries.len() < PAGE;
            all.extend(entries);
            if is_last {
                return Ok(all);
            }
        }
        Err(Error::Unreadable { what: format!("GitHub has more than {} entries of {path}, which nobody has", PAGE * MOST) })
    }

    /// All entries below `key` of a list that says how many there are (`total_count`). `path` may have a query. Fails
    /// closed: a page that brings nothing new before the end, or more pages than anybody has, is an error.
    pub async fn pages<T: DeserializeOwned>(&self, path: &str, key: &str) -> Result<Vec<T>> {
        let joint = if path.contains('?') { '&' } else { '?' };
        let (mut all, mut seen) = (Vec::new(), HashSet::new());
        for page in 1..=MOST {
            let answer = self.ask("GET", &format!("{path}{joint}per_page={PAGE}&page={page}"), None).await?;
            let mut body: Value = answer.json()?;
            let total = body["total_count"].as_u64().ok_or_else(|| answer.unreadable("it does not say how many there are"))?;
            let Value::Array(entries) = body[key].take() else {
                return Err(answer.unreadable(&format!("it has no list `{key}`")));
            };
            let before = seen.len();
            for entry in entries {
                let id = entry["id"].as_u64().ok_or_else(|| answer.unreadable("an entry has no id"))?;
                // One that has moved to the next page while we read.
                if seen.insert(id) {
                    all.push(serde_json::from_value(entry).map_err(|error| answer.unreadable(&error.to_string()))?);
                }
            }
            if seen.len() as u64 >= total {
                return Ok(all);
            }
            if seen.len() == before {
                let why = format!("page {page} brings nothing new, and {} of {total} entries were there", seen.len());
                return Err(answer.unreadable(&why));
            }
        }
        Err(Error::Unreadable { what: format!("GitHub has more than {} entries of `{key}`, which nobody has", PAGE * MOST) })
    }
}
