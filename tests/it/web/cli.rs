//! The command line against a running server, as a person meets it.

use std::{
    path::Path,
    process::{Output, Stdio},
};

use botadura::{
    domain::reply::{Refusal, Reply},
    domain::{reply::Done, request::Scope},
    web::Config,
};
use sqlx::Connection as _;
use tempfile::TempDir;

use super::{Door, TOKEN, api::settle};
use crate::{scenarios::deploy::SIMPLE, support::world::World};

/// A folder with a server's file for this address, and the token beside its store.
fn home(listen: &str) -> TempDir {
    let home = tempfile::tempdir().expect("a folder");
    let text = format!("listen: {listen}\nstore: sqlite:kept/botadura.db\ngithub: {{ webhook_secrets: [{{ env: SECRET }}] }}\n");
    std::fs::write(home.path().join("botadura.yaml"), text).expect("written");
    std::fs::create_dir(home.path().join("kept")).expect("a folder");
    std::fs::write(home.path().join("kept/token"), format!("{TOKEN}\n")).expect("written");
    home
}

async fn botadura(home: &Path, line: &str) -> Output {
    let mut command = tokio::process::Command::new(env!("CARGO_BIN_EXE_botadura"));
    command.args(line.split(' ')).current_dir(home).env_clear().env("BOTADURA_CONFIG", "botadura.yaml").stdin(Stdio::null());
    command.output().await.expect("the binary")
}

fn out(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).expect("text")
}

fn err(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).expect("text")
}

#[tokio::test(flavor = "multi_thread")]
async fn it_finds_the_server_and_says_what_came_of_it() {
    let door = Door::with(Config::default()).await;
    let home = home(&format!("0.0.0.0:{}", door.server.address().port()));
    let status = botadura(home.path(), "status shop").await;
    assert_eq!(status.status.code(), Some(0), "{status:?}");
    assert_eq!(out(&status), "ENVIRONMENT      VERSION  SINCE  BY  STATE\nshop/production  -\nshop/staging     -\n");
    let json = botadura(home.path(), "status --json").await;
    let json: serde_json::Value = serde_json::from_str(&out(&json)).expect("JSON");
    assert_eq!(json["environments"][1]["environment"], "shop/staging");
    let history = botadura(home.path(), "history shop/staging --limit 3").await;
    assert_eq!(out(&history), "nothing was deployed to shop/staging yet\n");
    let nowhere = botadura(home.path(), "history shop/nope").await;
    assert_eq!(nowhere.status.code(), Some(1), "{nowhere:?}");
    assert!(err(&nowhere).contains("shop/nope"), "{nowhere:?}");

    let unlocked = Reply::Done { done: Done::Unlocked { scope: Scope::Everything } };
    let (done, request) = tokio::join!(botadura(home.path(), "unlock everything --as lucia"), settle(&door, unlocked));
    assert_eq!((done.status.code(), request.actor.to_string().as_str()), (Some(0), "lucia"), "{done:?}");
    let no = Reply::Refused { refusal: Refusal::NoApprovalNeeded };
    let (refused, _) = tokio::join!(botadura(home.path(), "approve #7"), settle(&door, no));
    assert_eq!((refused.status.code(), out(&refused)), (Some(1), String::new()));
    assert!(!err(&refused).is_empty() && !err(&refused).contains("botadura:"), "{refused:?}");

    for line in ["logs 7", "logs 7 -f", "status shoe"] {
        let none = botadura(home.path(), line).await;
        assert_eq!(none.status.code(), Some(1), "{none:?}");
        assert!(err(&none).starts_with("botadura: there is no "), "{none:?}");
    }
    std::fs::write(home.path().join("kept/token"), "another").expect("written");
    let stranger = botadura(home.path(), "status").await;
    assert_eq!(stranger.status.code(), Some(1));
    assert!(err(&stranger).contains("does not take the token"), "{stranger:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_before_a_server_is_reached_is_told_with_its_exit_code() {
    // The port was somebody's, and is nobody's now.
    let port = std::net::TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a port").port();
    let home = home(&format!("127.0.0.1:{port}"));
    let nobody = botadura(home.path(), "status").await;
    assert_eq!(nobody.status.code(), Some(3), "{nobody:?}");
    assert!(err(&nobody).contains("botadura serve"), "{nobody:?}");
    std::fs::remove_file(home.path().join("kept/token")).expect("removed");
    let no_token = botadura(home.path(), "status").await;
    assert_eq!(no_token.status.code(), Some(2));
    assert!(err(&no_token).contains("there is no token in kept/token"), "{no_token:?}");
    std::fs::write(home.path().join("wrong.yaml"), "listen: 8080\n").expect("written");
    let mistakes = botadura(home.path(), "status --config wrong.yaml").await;
    assert_eq!(mistakes.status.code(), Some(2));
    assert!(err(&mistakes).contains("wrong.yaml:1:"), "{mistakes:?}");
    assert_eq!(botadura(home.path(), "deploy shop").await.status.code(), Some(2));
    let help = botadura(home.path(), "--help").await;
    assert_eq!(help.status.code(), Some(0));
    assert!(out(&help).contains("3  the server cannot be reached") && !out(&help).contains("supervise"), "{help:?}");
}

/// A world's own command line, found by a file that says where its server listens.
fn typed(world: &World, line: &str) -> Output {
    let text = world.read("botadura.yaml").replace("127.0.0.1:0", &world.address().to_string());
    world.write("cli.yaml", &text);
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_botadura"));
    command.args(line.split(' ')).current_dir(world.root()).env_clear().env("BOTADURA_CONFIG", "cli.yaml").stdin(Stdio::null());
    command.output().expect("the binary")
}

#[test]
fn tokens_are_made_listed_and_taken_back() {
    let world = World::with(SIMPLE).start();
    let made = typed(&world, "token create ci --scope deploy:shop/staging --scope read --expires 30d");
    assert_eq!(made.status.code(), Some(0), "{made:?}");
    let secret = out(&made).trim().to_owned();
    assert!(secret.starts_with("bot_") && !secret.contains(char::is_whitespace), "only the token stands on standard output: {secret}");
    assert!(err(&made).contains("only time"), "{made:?}");
    assert_eq!(world.call(&secret, "GET status", None, None).status, 200);
    let list = out(&typed(&world, "token list"));
    assert!(list.contains("ci    deploy:shop/staging read  ") && list.contains("operator") && !list.contains(&secret), "{list}");
    let json: serde_json::Value = serde_json::from_str(&out(&typed(&world, "token list --json"))).expect("JSON");
    assert_eq!(json["tokens"][0]["scopes"], serde_json::json!(["deploy:shop/staging", "read"]));
    let again = typed(&world, "token create ci --scope read");
    assert!(again.status.code() == Some(1) && err(&again).contains("a name is given once"), "{again:?}");
    assert_eq!(typed(&world, "token revoke ci").status.code(), Some(0));
    assert_eq!(world.call(&secret, "GET status", None, None).status, 401);
    assert_eq!(typed(&world, "token revoke ci").status.code(), Some(1));
    assert!(out(&typed(&world, "token list")).contains("revoked"));
}

#[test]
fn the_history_is_a_table_for_people_records_and_a_table_for_programs() {
    let mut world = World::with(SIMPLE).start();
    let sha = world.push("main", &[("VERSION", "1")]);
    world.settle();
    world.tag("v1", &sha);
    world.settle();
    let table = out(&typed(&world, "history"));
    assert!(table.starts_with("ID  ENVIRONMENT      VERSION"), "{table}");
    let json: serde_json::Value = serde_json::from_str(&out(&typed(&world, "history shop/production --json"))).expect("JSON");
    let record = &json["history"][0]["record"];
    assert_eq!(
        (record["id"].as_i64(), record["version"]["tag"].as_str(), record["result"].as_str()),
        (Some(2), Some("v1"), Some("succeeded"))
    );
    assert_eq!(json["history"].as_array().map(Vec::len), Some(1));
    let text = out(&typed(&world, "history --csv"));
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let heading = reader.headers().expect("a heading").clone();
    let rows: Vec<csv::StringRecord> = reader.records().collect::<Result<_, _>>().expect("rows");
    let cell = |row: usize, name: &str| rows[row][heading.iter().position(|one| one == name).expect("a column")].to_owned();
    assert_eq!((cell(0, "id"), cell(0, "tag"), cell(1, "branch"), cell(1, "sha")), ("2".into(), "v1".into(), "main".into(), sha));
    assert_eq!((cell(0, "result").as_str(), cell(0, "plan_digest").len(), cell(0, "hash").len()), ("succeeded", 64, 64));
    let served = world.call(&world.own_token(), "GET history", Some(("accept", "text/csv")), None);
    assert_eq!(served.text, text);
    let page = world.get("/api/v1/history?limit=1");
    assert_eq!((page["history"][0]["record"]["id"].as_i64(), page["next"].as_i64()), (Some(2), Some(2)));
    let rest = world.get("/api/v1/history?limit=1&before=2");
    assert_eq!((rest["history"][0]["record"]["id"].as_i64(), rest["next"].as_i64()), (Some(1), None));
}

#[tokio::test]
async fn an_audit_needs_no_server_and_tells_what_was_altered() {
    let alter = |path: std::path::PathBuf| async move {
        sqlx::any::install_default_drivers();
        let mut connection = sqlx::AnyConnection::connect(&format!("sqlite://{}", path.display())).await.expect("a connection");
        sqlx::raw_sql("UPDATE deployment SET result = 'failed' WHERE id = 1").execute(&mut connection).await.expect("altered");
        connection.close().await.expect("closed");
    };
    let mut world = tokio::task::spawn_blocking(|| {
        let mut world = World::with(SIMPLE).start();
        world.push("main", &[("VERSION", "1")]);
        world.settle();
        let clean = typed(&world, "audit verify");
        assert!(clean.status.code() == Some(0) && out(&clean).contains("1 rows"), "while the server runs: {clean:?}");
        world.stop();
        let offline = botadura_of(world.root(), "audit verify --config botadura.yaml");
        assert_eq!(offline.status.code(), Some(0), "{offline:?}");
        world
    })
    .await
    .expect("joined");
    alter(world.root().join("data/botadura.db")).await;
    tokio::task::spawn_blocking(move || {
        let altered = botadura_of(world.root(), "audit verify --config botadura.yaml");
        assert_eq!(altered.status.code(), Some(1), "{altered:?}");
        assert!(out(&altered).contains("row 1, #1: the deployment is not as it was"), "{altered:?}");
        let json = botadura_of(world.root(), "audit verify --json --config botadura.yaml");
        let report: serde_json::Value = serde_json::from_str(&out(&json)).expect("JSON");
        assert_eq!((json.status.code(), report["wrong"][0]["fault"].as_str()), (Some(1), Some("deployment")));
        std::fs::write(world.root().join("data/botadura.db"), "nothing of the kind").expect("written");
        let unreadable = botadura_of(world.root(), "audit verify --config botadura.yaml");
        assert!(unreadable.status.code() == Some(2) && err(&unreadable).contains("cannot be read"), "{unreadable:?}");
        world.forget("data");
        world.boot();
    })
    .await
    .expect("joined");
}

/// The binary in a folder, without a server.
fn botadura_of(home: &Path, line: &str) -> Output {
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_botadura"));
    command.args(line.split(' ')).current_dir(home).env_clear().stdin(Stdio::null()).output().expect("the binary")
}

#[test]
fn the_document_of_the_api_needs_no_server() {
    let printed = botadura_of(Path::new("/"), "schema api");
    assert_eq!(printed.status.code(), Some(0), "{printed:?}");
    assert_eq!(serde_json::from_str::<serde_json::Value>(&out(&printed)).expect("JSON"), botadura::web::api::document());
}
