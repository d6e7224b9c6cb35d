//! Who has which role: by name, or by a team on GitHub.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use jiff::Timestamp;

use super::Core;
use crate::domain::ids::Actor;

/// How long GitHub's word about a team is good: whoever leaves it keeps its roles for no longer.
const GOOD_FOR: Duration = Duration::from_mins(5);

/// Who is in which team (`organization/team`, login), and until when that may be relied on.
#[derive(Debug, Default)]
pub(super) struct Teams {
    known: Mutex<HashMap<(String, String), (bool, Timestamp)>>,
}

impl Teams {
    fn known(&self, team: &str, login: &str, now: Timestamp) -> Option<bool> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.retain(|_, (_, until)| *until > now);
        known.get(&(team.to_owned(), login.to_owned())).map(|(is_member, _)| *is_member)
    }

    fn learn(&self, team: &str, login: &str, is_member: bool, now: Timestamp) {
        let until = now.saturating_add(GOOD_FOR).unwrap_or(Timestamp::MAX);
        self.known.lock().unwrap_or_else(PoisonError::into_inner).insert((team.to_owned(), login.to_owned()), (is_member, until));
    }
}

impl Core {
    /// The roles that an actor has. Whoever holds the server's own token has them all. May ask GitHub, so it is not for
    /// the inside of a transaction; without an answer, nobody is a member.
    pub(super) async fn roles_of(&self, actor: &Actor) -> Vec<String> {
        let mut roles = Vec::new();
        for (role, members) in self.parts.catalogue.configured().roles {
            if self.is_among(actor, &members).await {
                roles.push(role);
            }
        }
        roles
    }

    async fn is_among(&self, actor: &Actor, members: &[String]) -> bool {
        let login = match actor {
            Actor::Operator => return true,
            Actor::Person(login) | Actor::Vouched(login) => login.to_ascii_lowercase(),
            Actor::Bot(_) | Actor::Token(_) | Actor::Botadura => return false,
        };
        if members.iter().filter_map(|member| member.strip_prefix("user:")).any(|member| member.eq_ignore_ascii_case(&login)) {
            return true;
        }
        for team in members.iter().filter_map(|member| member.strip_prefix("team:")) {
            if self.is_in_team(team, &login).await {
                return true;
            }
        }
        false
    }

    async fn is_in_team(&self, team: &str, login: &str) -> bool {
        let (Some(people), Some((organization, slug))) = (&self.parts.people, team.split_once('/')) else { return false };
        let now = self.parts.clock.now();
        if let Some(is_member) = self.teams.known(team, login, now) {
            return is_member;
        }
        match people.is_team_member(organization, slug, login).await {
            Ok(is_member) => {
                self.teams.learn(team, login, is_member, now);
                is_member
            }
            Err(error) => {
                tracing::warn!(team, login, %error, "GitHub does not tell who is in a team, so nobody counts as a member");
                false
            }
        }
    }
}
