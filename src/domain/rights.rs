//! What a token may do: powers, each over everything, an application or an environment.

use std::{fmt, str::FromStr};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    ids::{DeploymentId, EnvironmentId, NotAName},
    reply::Refusal,
    request::{Ask, Scope},
};

/// What somebody may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Power {
    /// See what there is.
    Read,
    /// Deploy, roll back, cancel, retry, lock and unlock.
    Deploy,
    /// Clear gates that people clear.
    Approve,
    /// All of that, and tokens, bodies of deliveries, the audit.
    Admin,
}

impl Power {
    /// Every one of them.
    pub const ALL: [Self; 4] = [Self::Read, Self::Deploy, Self::Approve, Self::Admin];

    /// The word for it in a scope.
    pub fn word(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Deploy => "deploy",
            Self::Approve => "approve",
            Self::Admin => "admin",
        }
    }
}

/// One scope of a token: `read`, `deploy:shop/staging`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(extend(
    "pattern" = "^(read|deploy|approve|admin)(:[A-Za-z0-9][A-Za-z0-9._-]{0,99}(/[A-Za-z0-9][A-Za-z0-9._-]{0,99}(/[0-9]{1,19})?)?)?$"
))]
pub struct Grant {
    /// What may be done.
    power: Power,
    /// Where.
    over: Scope,
}

impl Grant {
    /// This power over that.
    pub fn new(power: Power, over: Scope) -> Self {
        Self { power, over }
    }

    /// Whether it allows this. `admin` is every power.
    fn allows(&self, power: Power, over: &Scope) -> bool {
        (self.power == power || self.power == Power::Admin) && includes(&self.over, over)
    }
}

/// Whether all of the second is within the first. An environment includes its instances.
fn includes(outer: &Scope, inner: &Scope) -> bool {
    match (outer, inner) {
        (Scope::Everything, _) => true,
        (Scope::Application(name), Scope::Application(other)) => name == other,
        (Scope::Application(name), Scope::Environment(id)) => *name == id.application,
        (Scope::Environment(id), Scope::Environment(other)) => {
            id.application == other.application && id.name == other.name && (id.instance.is_none() || id.instance == other.instance)
        }
        (Scope::Application(_) | Scope::Environment(_), Scope::Everything) | (Scope::Environment(_), Scope::Application(_)) => false,
    }
}

impl fmt::Display for Grant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.over {
            Scope::Everything => f.write_str(self.power.word()),
            over => write!(f, "{}:{over}", self.power.word()),
        }
    }
}

impl FromStr for Grant {
    type Err = NotAName;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = || NotAName::new(text, "a scope (read, deploy, approve or admin, alone or with ':APP' or ':APP/ENV')");
        let (word, over) = text.split_once(':').map_or((text, None), |(word, over)| (word, Some(over)));
        let power = Power::ALL.into_iter().find(|power| power.word() == word).ok_or_else(wrong)?;
        let over = over.map_or(Ok(Scope::Everything), |over| over.parse().map_err(|_| wrong()))?;
        Ok(Self::new(power, over))
    }
}

impl TryFrom<String> for Grant {
    type Error = NotAName;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<Grant> for String {
    fn from(grant: Grant) -> Self {
        grant.to_string()
    }
}

/// What somebody may do, all told.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Rights {
    /// Everything: whoever holds the server's own token, and people on GitHub, whom gates and roles limit.
    #[default]
    Everything,
    /// What these scopes say.
    Only(Vec<Grant>),
}

impl Rights {
    /// Whether nothing is kept from them.
    pub fn is_everything(&self) -> bool {
        *self == Self::Everything
    }

    /// Whether they may do this with that.
    pub fn allow(&self, power: Power, over: &Scope) -> bool {
        match self {
            Self::Everything => true,
            Self::Only(grants) => grants.iter().any(|grant| grant.allows(power, over)),
        }
    }

    /// Whether they may see this environment.
    pub fn may_read(&self, environment: &EnvironmentId) -> bool {
        self.allow(Power::Read, &Scope::Environment(environment.clone()))
    }

    /// What they may see; none: everything.
    pub fn readable(&self) -> Option<Vec<Scope>> {
        let Self::Only(grants) = self else { return None };
        let reads = |grant: &&Grant| matches!(grant.power, Power::Read | Power::Admin);
        Some(grants.iter().filter(reads).map(|grant| grant.over.clone()).collect())
    }

    /// Whether they may do this at least somewhere.
    pub fn allow_somewhere(&self, power: Power) -> bool {
        match self {
            Self::Everything => true,
            Self::Only(grants) => grants.iter().any(|grant| grant.power == power || grant.power == Power::Admin),
        }
    }
}

/// The proposal or deployment that is asked about, where that is by its number alone.
pub fn number(ask: &Ask) -> Option<DeploymentId> {
    match ask {
        Ask::Approve { deployment }
        | Ask::Reject { deployment, .. }
        | Ask::Cancel { deployment, .. }
        | Ask::Retry { deployment }
        | Ask::Tick { deployment, .. } => Some(*deployment),
        Ask::Deploy { .. } | Ask::Rollback { .. } | Ask::Lock { .. } | Ask::Unlock { .. } | Ask::Run { .. } | Ask::Promote { .. } => None,
    }
}

/// Whether somebody with these rights may ask for this. `environment` is the one that the number in it is about, if there
/// is such a number.
#[expect(clippy::result_large_err, reason = "a refusal is the answer; it is made once a request")]
pub fn allowed(rights: &Rights, ask: &Ask, environment: Option<&EnvironmentId>) -> Result<(), Refusal> {
    let named = |id: &EnvironmentId| Some(Scope::Environment(id.clone()));
    let (power, over) = match ask {
        Ask::Deploy { environment, .. } | Ask::Rollback { environment, .. } => (Power::Deploy, named(environment)),
        Ask::Promote { to, .. } => (Power::Deploy, named(to)),
        Ask::Lock { scope, .. } | Ask::Unlock { scope, .. } => (Power::Deploy, Some(scope.clone())),
        // In which environment a runbook works, its application's file alone says, and may say otherwise tomorrow.
        Ask::Run { application, .. } => (Power::Deploy, Some(Scope::Application(application.clone()))),
        Ask::Cancel { .. } | Ask::Retry { .. } => (Power::Deploy, None),
        Ask::Approve { .. } | Ask::Reject { .. } | Ask::Tick { .. } => (Power::Approve, None),
    };
    let is_named = over.is_some();
    let over = over.or_else(|| environment.and_then(named)).unwrap_or(Scope::Everything);
    if rights.allow(power, &over) {
        return Ok(());
    }
    // Where a number leads to is told to those alone who may read it: for others it is as if there were no such number.
    let over = if is_named || rights.allow(Power::Read, &over) { over } else { Scope::Everything };
    Err(Refusal::OutOfScope { needed: Grant::new(power, over) })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rights(words: &str) -> Rights {
        Rights::Only(words.split_whitespace().map(|word| word.parse().expect("a scope")).collect())
    }

    #[test]
    fn a_scope_is_read_back_as_it_was_written() {
        for text in ["read", "deploy:shop", "approve:shop/production", "admin:shop/preview/17"] {
            assert_eq!(text.parse::<Grant>().expect("a scope").to_string(), text);
        }
        for text in ["", "write", "read:", "read:-x", "read shop", "Read", "deploy:shop/a/b", ":shop"] {
            assert!(text.parse::<Grant>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_scope_reaches_as_far_as_it_says() {
        let reaches = |words: &str, power, over: &str| rights(words).allow(power, &over.parse().expect("a scope"));
        for (words, over, expected) in [
            ("read", "everything", true),
            ("read:shop", "everything", false),
            ("read:shop", "shop", true),
            ("read:shop", "shop/staging", true),
            ("read:shop", "blog/staging", false),
            ("read:shop/staging", "shop", false),
            ("read:shop/staging", "shop/staging", true),
            ("read:shop/staging", "shop/production", false),
            ("read:shop/preview", "shop/preview/17", true),
            ("read:shop/preview/17", "shop/preview", false),
            ("read:shop/preview/17", "shop/preview/18", false),
            ("admin:shop", "shop/staging", true),
            ("deploy approve", "shop", false),
        ] {
            assert_eq!(reaches(words, Power::Read, over), expected, "{words} over {over}");
        }
        assert!(rights("approve:shop").allow_somewhere(Power::Approve) && !rights("approve:shop").allow_somewhere(Power::Read));
    }

    #[test]
    fn where_a_number_leads_to_is_told_to_those_alone_who_may_read_it() {
        let production = "shop/production".parse().expect("an environment");
        let ask = Ask::Approve { deployment: DeploymentId(7) };
        let needed = |words: &str, environment| match allowed(&rights(words), &ask, environment) {
            Err(Refusal::OutOfScope { needed }) => Some(needed.to_string()),
            _ => None,
        };
        assert_eq!(needed("approve:shop/production", Some(&production)), None);
        assert_eq!(needed("read approve:shop/staging", Some(&production)).as_deref(), Some("approve:shop/production"));
        assert_eq!(needed("approve:shop/staging", Some(&production)).as_deref(), Some("approve"));
        assert_eq!(needed("approve:shop/staging", None).as_deref(), Some("approve"), "as if there were none");
        assert_eq!(needed("approve", None), None);
    }

    #[test]
    fn what_was_stored_before_there_were_tokens_may_do_everything() {
        let old = r#"{"actor":"operator","ask":{"retry":{"deployment":7}}}"#;
        let request: crate::domain::request::Request = serde_json::from_str(old).expect("a request");
        assert!(request.rights.is_everything());
        assert_eq!(serde_json::to_string(&request).expect("JSON"), old, "and reads as it did");
    }
}
