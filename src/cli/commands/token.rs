//! `botadura token`: makes, lists and takes back tokens of the API.

use super::{say, tell};
use crate::{
    cli::{arguments::TokenCommand, client::Client, failure::Failure, table::Table, when},
    web::api::{Made, NewToken, Tokens},
};

/// Does what is said with tokens.
pub(super) async fn token(client: &Client, command: TokenCommand) -> Result<(), Failure> {
    match command {
        TokenCommand::Create { name, scopes, expires } => {
            let expires_at = expires.map(|span| when::now().checked_add(span)).transpose();
            let expires_at = expires_at.map_err(|error| Failure::Usage(format!("--expires reaches too far: {error}")))?;
            let made: Made = client.post("tokens", &NewToken { name, scopes, expires_at }).await?;
            let until = made.token.expires_at.map_or_else(|| "until it is revoked".to_owned(), |at| format!("until {}", when::utc(at)));
            tell(&format!("The token {} counts {until}. This is the only time that it is shown:", made.token.name));
            say(&made.secret);
            Ok(())
        }
        TokenCommand::List { json: true } => super::show::as_json(client, "tokens").await,
        TokenCommand::List { json: false } => list(client).await,
        TokenCommand::Revoke { name } => {
            client.delete(&format!("tokens/{name}")).await?;
            say(&format!("The token {name} is refused from now on."));
            Ok(())
        }
    }
}

async fn list(client: &Client) -> Result<(), Failure> {
    let Tokens { tokens } = client.get("tokens").await?;
    let now = when::now();
    let mut table = Table::new(["NAME", "SCOPES", "MADE", "BY", "USED", "STATE"]);
    for token in &tokens {
        let state = match (token.revoked_at, token.expires_at) {
            (Some(at), _) => format!("revoked {}", when::ago(at, now)),
            (None, Some(at)) if at <= now => format!("expired {}", when::ago(at, now)),
            (None, Some(at)) => format!("until {}", when::utc(at)),
            (None, None) => "does not expire".to_owned(),
        };
        table.row([
            token.name.to_string(),
            token.scopes.iter().map(ToString::to_string).collect::<Vec<_>>().join(" "),
            when::ago(token.made_at, now),
            token.made_by.to_string(),
            token.used_at.map_or_else(|| "never".to_owned(), |at| when::ago(at, now)),
            state,
        ]);
    }
    table.lines().iter().for_each(|line| say(line));
    Ok(())
}
