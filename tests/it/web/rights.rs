//! What each token may do, tried out through the door: every scope with every ask in every environment.

use std::time::Duration;

use serde_json::{Value, json};

use crate::{scenarios::deploy::SIMPLE, support::world::World};

/// A world in which staging has deployment 1 and production deployment 2.
fn world() -> World {
    let mut world = World::with(SIMPLE).start();
    let sha = world.push("main", &[("VERSION", "1")]);
    world.settle();
    world.tag("v1", &sha);
    world.settle();
    assert_eq!((world.history("staging").len(), world.history("production").len()), (1, 1));
    world
}

/// Everything that can be asked: the power that it takes, over what, and how it is asked. What is right is refused for
/// another reason, or is harmless.
fn asks() -> Vec<(&'static str, String, Value)> {
    let mut all = vec![
        ("deploy", String::new(), json!({ "lock": { "scope": "everything" } })),
        ("deploy", String::new(), json!({ "unlock": { "scope": "everything" } })),
        ("deploy", "shop".to_owned(), json!({ "lock": { "scope": "shop" } })),
        ("deploy", "shop".to_owned(), json!({ "unlock": { "scope": "shop" } })),
    ];
    for (name, id) in [("staging", 1), ("production", 2)] {
        let environment = format!("shop/{name}");
        let of = |ask| (environment.clone(), ask);
        let deploy = [
            of(json!({ "deploy": { "environment": environment, "reference": "nowhere" } })),
            of(json!({ "rollback": { "environment": environment, "to": "nothing" } })),
            of(json!({ "lock": { "scope": environment } })),
            of(json!({ "unlock": { "scope": environment } })),
            of(json!({ "cancel": { "deployment": id } })),
            of(json!({ "retry": { "deployment": id } })),
        ];
        let approve = [of(json!({ "approve": { "deployment": id } })), of(json!({ "reject": { "deployment": id } }))];
        all.extend(deploy.map(|(over, ask)| ("deploy", over, ask)));
        all.extend(approve.map(|(over, ask)| ("approve", over, ask)));
    }
    // A number that leads nowhere is nobody's but theirs who may do it everywhere.
    all.push(("approve", String::new(), json!({ "approve": { "deployment": 99 } })));
    all
}

/// Whether a scope reaches over something; both empty for everything.
fn reaches(scope: &str, over: &str) -> bool {
    scope.is_empty() || scope == over || over.starts_with(&format!("{scope}/"))
}

#[test]
fn a_token_can_do_what_its_scope_says_and_nothing_else() {
    let world = world();
    let (mut right, mut wrong) = (0, 0);
    for (place, power) in ["read", "deploy", "approve", "admin"].into_iter().enumerate() {
        for (number, over) in ["", "shop", "shop/staging", "shop/production", "blog"].into_iter().enumerate() {
            let scope = if over.is_empty() { power.to_owned() } else { format!("{power}:{over}") };
            let token = world.token(&format!("t{place}{number}"), &[&scope]);
            for (needed, asked_over, ask) in asks() {
                let answer = world.call(&token, "POST requests", None, Some(&ask));
                let may = (power == needed || power == "admin") && reaches(over, &asked_over);
                if may {
                    right += 1;
                    assert!(answer.status == 200 || answer.status == 409, "{scope} may {ask}: {answer:?}");
                } else {
                    wrong += 1;
                    assert_eq!(answer.status, 403, "{scope} may not {ask}: {answer:?}");
                    assert!(!answer.body["reply"]["refused"]["refusal"]["out_of_scope"]["needed"].is_null(), "{answer:?}");
                }
            }
        }
    }
    crate::support::figure(&format!("tokens: {wrong} asks beyond their scopes, 0 accepted; {right} within them, all let through"));
    assert!(wrong > 200 && right > 100, "{wrong} {right}");
}

#[test]
fn a_token_sees_what_it_may_read_and_of_the_rest_not_that_it_is_there() {
    let world = world();
    let token = world.token("narrow", &["read:shop/staging", "deploy:shop/production"]);
    let get = |path: &str| world.call(&token, &format!("GET {path}"), None, None);
    let names = |path: &str, list: &str, field: &str| -> Vec<String> {
        let answer = get(path);
        let rows = answer.body[list].as_array().unwrap_or_else(|| panic!("{answer:?}")).clone();
        rows.iter().map(|row| row.pointer(field).and_then(Value::as_str).unwrap_or_default().to_owned()).collect()
    };
    assert_eq!(names("status", "environments", "/environment"), ["shop/staging"]);
    assert_eq!(names("deployments", "deployments", "/environment"), ["shop/staging"]);
    assert_eq!(names("proposals", "proposals", "/environment"), ["shop/staging"]);
    assert_eq!(names("history", "history", "/record/environment"), ["shop/staging"]);
    assert_eq!(get("applications").body["applications"][0]["environments"], json!(["staging"]));
    assert_eq!(get("applications/shop").body["environments"].as_array().map(Vec::len), Some(1));
    for there in ["deployments/1", "deployments/1/logs", "proposals/1", "environments/shop/staging"] {
        assert_eq!(get(there).status, 200, "{there}");
    }
    // What is not theirs and what is not there answer alike, but for the number.
    for (theirs, nowhere) in [
        ("deployments/2", "deployments/9"),
        ("deployments/2/logs", "deployments/9/logs"),
        ("proposals/2", "proposals/9"),
        ("environments/shop/production", "environments/shop/nowhere"),
    ] {
        let (hidden, missing) = (get(theirs), get(nowhere));
        assert_eq!((hidden.status, missing.status), (404, 404), "{theirs}");
        let shape = |text: &str| text.replace("production", "nowhere").replace(char::is_numeric, "N");
        assert_eq!(shape(&hidden.text), shape(&missing.text));
    }
    for closed in ["deliveries", "tokens", "audit", "deliveries/delivery-1/body"] {
        let answer = get(closed);
        assert_eq!((answer.status, answer.body["error"]["code"].as_str()), (403, Some("out_of_scope")), "{closed}");
    }
    assert_eq!(get("deliveries/delivery-1").status, 404, "a push is not its request");
    let asked = world.call(&token, "POST requests", None, Some(&json!({ "retry": { "deployment": 2 } })));
    let own = get(&format!("deliveries/{}", asked.body["delivery"].as_str().expect("an id")));
    assert_eq!((own.status, own.body["state"].as_str()), (200, Some("settled")));
}

#[test]
fn a_token_counts_from_when_it_is_made_until_its_time_is_over_or_somebody_takes_it_back() {
    let mut world = world();
    let own = world.own_token();
    let expires = world.now() + Duration::from_hours(1);
    let body = json!({ "name": "ci", "scopes": ["read"], "expires_at": expires.to_string() });
    let secret = world.call(&own, "POST tokens", None, Some(&body)).body["secret"].as_str().expect("a token").to_owned();
    assert!(secret.starts_with("bot_"), "it is known where it should not be");
    let used = |world: &World| world.get("/api/v1/tokens")["tokens"][0]["used_at"].as_str().map(str::to_owned);
    assert_eq!(used(&world), None);
    assert_eq!(world.call(&secret, "GET status", None, None).status, 200);
    let first = used(&world).expect("it was used");
    world.advance(Duration::from_secs(59));
    assert_eq!(world.call(&secret, "GET status", None, None).status, 200);
    assert_eq!(used(&world).as_ref(), Some(&first), "once a minute at most");
    world.advance(Duration::from_secs(1));
    assert_eq!(world.call(&secret, "GET status", None, None).status, 200);
    assert_ne!(used(&world), Some(first));

    let again = world.call(&own, "POST tokens", None, Some(&body));
    assert_eq!((again.status, again.body["error"]["code"].as_str()), (409, Some("name_taken")));
    let spoken_for = world.call(&secret, "GET status", Some(("x-botadura-as", "lucia")), None);
    assert_eq!((spoken_for.status, spoken_for.body["error"]["code"].as_str()), (403, Some("not_in_anothers_name")));

    world.advance(Duration::from_hours(1));
    let over = world.call(&secret, "GET status", None, None);
    assert!(over.status == 401 && over.text.contains("time of this token is over"), "{over:?}");
    let other = world.token("other", &["read"]);
    assert_eq!(world.call(&own, "DELETE tokens/other", None, None).status, 204);
    assert_eq!(world.call(&own, "DELETE tokens/other", None, None).status, 404);
    let revoked = world.call(&other, "GET status", None, None);
    assert!(revoked.status == 401 && revoked.text.contains("was revoked"), "{revoked:?}");
    assert_eq!(world.call("bot_guessed", "GET status", None, None).status, 401);
    let metrics = world.metrics();
    for line in ["shown=\"expired\"} 1", "shown=\"revoked\"} 1", "shown=\"unknown\"} 1"] {
        assert!(metrics.contains(line), "{line} in {metrics}");
    }

    // What would let anybody in stands nowhere in the store, nor in what was said.
    world.stop();
    for name in ["data/botadura.db", "data/botadura.db-wal"] {
        let bytes = std::fs::read(world.root().join(name)).unwrap_or_default();
        let holds = |needle: &str| bytes.windows(needle.len()).any(|window| window == needle.as_bytes());
        assert!(!holds(&secret) && !holds(&other), "{name}");
        assert!(name.ends_with("wal") || holds("other"), "the names are there");
    }
    world.boot();
    assert!(!world.timeline().contains(&secret));
}

#[test]
fn a_token_is_an_actor_of_its_own_and_clears_only_parts_that_anybody_clears() {
    let application = SIMPLE
        .replace("{ on: [{ tag: \"v*\" }] }", "{ on: [{ tag: \"v*\" }], approvals: { all: [{ count: 1 }, { count: 1, from: [lead] }] } }");
    let mut world = World::with(&application).start();
    let sha = world.push("main", &[("VERSION", "1")]);
    world.settle();
    world.tag("v1", &sha);
    world.settle();
    let token = world.token("gate", &["approve:shop/production", "read"]);
    let approve = json!({ "approve": { "deployment": 2 } });
    assert_eq!(world.call(&token, "POST requests", None, Some(&approve)).status, 200);
    world.settle();
    assert!(world.history("production").is_empty(), "it has no role");
    let proposal = world.call(&token, "GET proposals/2", None, None).body;
    assert_eq!(proposal["approvals"][0]["by"], json!({ "token": "gate" }));
    world.approve("lucia", 2);
    world.settle();
    assert_eq!(world.history("production"), ["2 succeeded"]);
    let cleared = world.get("/api/v1/history?environment=shop/production")["history"][0]["record"]["cleared"].clone();
    let approved = cleared.as_array().expect("gates").iter().find(|gate| gate["gate"] == "approved").expect("a gate").clone();
    let people: Vec<_> = approved["by"].as_array().expect("people").iter().map(|one| one["actor"].clone()).collect();
    assert!(people.contains(&json!({ "token": "gate" })) && people.contains(&json!({ "vouched": "lucia" })), "{approved}");
}
