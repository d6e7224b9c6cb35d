//! A disk that is full: refused with 503, and nothing that was acknowledged is lost.
//!
//! The server runs in a process of its own whose files may not grow over a limit (`ulimit -f`), which is the system's own
//! refusal of a write. The limit cannot be put on the test's own process without hitting every other test.

use std::{
    path::PathBuf,
    process::{Command, Stdio},
};

use botadura::web::Config;

use super::Door;

const FOLDER: &str = "BOTADURA_TEST_FULL_DISK";

#[tokio::test]
async fn a_full_disk_is_answered_with_503_and_what_was_taken_is_there_afterwards() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut child = Command::new("sh");
    child.args(["-c", r#"trap '' XFSZ; ulimit -f "$2"; exec "$1" --exact web::full_disk::child --ignored --nocapture"#, "sh"]);
    child.arg(std::env::current_exe().expect("this test")).arg("2000").env(FOLDER, folder.path()).stdin(Stdio::null());
    let output = tokio::task::spawn_blocking(move || child.output()).await.expect("joined").expect("a shell");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}\n{}", String::from_utf8_lossy(&output.stderr));
    let acknowledged: Vec<&str> = said.lines().filter_map(|line| line.strip_prefix("acknowledged ")).collect();
    assert!(!acknowledged.is_empty(), "{said}");

    // There is room again: everything acknowledged is there, nothing else is, and more is taken.
    let door = Door::at(folder.path(), Config::default()).await;
    let kept: Vec<String> = door.kept().await.into_iter().map(|delivery| delivery.id.0).collect();
    assert!(acknowledged.iter().all(|id| kept.iter().any(|kept| kept == id)), "{acknowledged:?} in {kept:?}");
    assert_eq!(kept.len(), acknowledged.len(), "what was refused is not there");
    assert_eq!(door.signed("after", b"{}").await.status, 202);
}

/// What runs under the limit.
#[tokio::test]
#[ignore = "runs only as the process of the test above"]
async fn child() {
    use std::io::Write as _;
    let folder = PathBuf::from(std::env::var_os(FOLDER).expect("started by the test above"));
    let door = Door::at(&folder, Config::default()).await;
    let body = vec![b'x'; 20_000];
    let mut refused = 0;
    for place in 0..1_000 {
        let id = format!("delivery-{place}");
        let answer = door.signed(&id, &body).await;
        match answer.status {
            202 => writeln!(std::io::stdout(), "\nacknowledged {id}").expect("written"),
            503 => {
                assert!(answer.head.contains("retry-after: 5"), "{answer:?}");
                assert_eq!(answer.code(), "busy");
                refused += 1;
            }
            _ => panic!("{answer:?}"),
        }
        if refused == 5 {
            break;
        }
    }
    assert_eq!(refused, 5, "the limit was never reached");
    assert_eq!(door.send("GET /livez", &[], b"").await.status, 200);
}
