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
use tempfile::TempDir;

use super::{Door, TOKEN, api::settle};

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
    assert_eq!(out(&history), "ID  ENVIRONMENT  VERSION  RESULT  BY  BEGUN  TOOK\n");

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
