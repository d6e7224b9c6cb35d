//! A part of a long list: newest first, narrowed, from a place on.

use sqlx::{Any, QueryBuilder};

use crate::domain::{ids::EnvironmentId, request::Scope};

/// What of a list is wanted.
#[derive(Debug, Clone)]
pub struct Listing {
    /// Only what is within one of these; none: everything.
    pub readable: Option<Vec<Scope>>,
    /// Only what is within all of these.
    pub of: Vec<Scope>,
    /// Only what is in this state, or ended with this result.
    pub word: Option<&'static str>,
    /// Only what has a smaller number than this.
    pub before: Option<i64>,
    /// At most so many.
    pub limit: i64,
}

impl Listing {
    /// Everything that the select finds, as far as it is wanted: `SELECT … WHERE` comes before this. The columns are those of
    /// the environment, the word and the number.
    pub(super) fn complete(&self, query: &mut QueryBuilder<Any>, [environment, word, number]: [&'static str; 3]) {
        query.push(" WHERE 1 = 1");
        for of in &self.of {
            query.push(" AND ");
            within(query, environment, of);
        }
        if let Some(readable) = &self.readable {
            query.push(" AND (1 = 0");
            for scope in readable {
                query.push(" OR ");
                within(query, environment, scope);
            }
            query.push(")");
        }
        if let Some(wanted) = self.word {
            query.push(format!(" AND {word} = ")).push_bind(wanted);
        }
        if let Some(before) = self.before {
            query.push(format!(" AND {number} < ")).push_bind(before);
        }
        query.push(format!(" ORDER BY {number} DESC LIMIT ")).push_bind(self.limit);
    }
}

/// The condition that an environment's name is within a scope. `0` is what comes after `/`, so that an index serves.
fn within(query: &mut QueryBuilder<Any>, column: &str, scope: &Scope) {
    let below = |query: &mut QueryBuilder<Any>, name: &str| {
        query.push(format!("({column} > ")).push_bind(format!("{name}/")).push(format!(" AND {column} < ")).push_bind(format!("{name}0"));
        query.push(")");
    };
    match scope {
        Scope::Everything => {
            query.push("1 = 1");
        }
        Scope::Application(name) => below(query, name.as_str()),
        Scope::Environment(id @ EnvironmentId { instance: Some(_), .. }) => {
            query.push(format!("{column} = ")).push_bind(id.to_string());
        }
        Scope::Environment(id) => {
            query.push(format!("({column} = ")).push_bind(id.to_string()).push(" OR ");
            below(query, &id.to_string());
            query.push(")");
        }
    }
}
