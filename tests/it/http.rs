//! The `http` step against a real server.

use std::{sync::Arc, sync::atomic::AtomicUsize, sync::atomic::Ordering, time::Duration};

use botadura::{
    domain::{
        manifest::{Action, Expect, Http, SecretReference, Step, Text},
        release::Memo,
    },
    steps::{Op, Progress, Scope, build},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};

use crate::command::{World, script};

/// Answers 503 with the request's own headers in the body, and 200 from this request on.
async fn server(good_from: usize) -> (u16, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("bound").port();
    let asked = Arc::new(AtomicUsize::new(0));
    let count = asked.clone();
    tokio::spawn(async move {
        while let Ok((mut connection, _)) = listener.accept().await {
            let mut request = [0; 4096];
            let read = connection.read(&mut request).await.unwrap_or(0);
            let request = String::from_utf8_lossy(&request[..read]);
            let status = if count.fetch_add(1, Ordering::SeqCst) + 1 >= good_from { "200 OK" } else { "503 Busy" };
            let answer = format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\n\r\n{request}", request.len());
            let _ = connection.write_all(answer.as_bytes()).await;
        }
    });
    (port, asked)
}

fn step(port: u16, attempts: u32, every: Duration) -> Step {
    let http = Http {
        url: format!("http://127.0.0.1:{port}/health").parse().expect("a template"),
        method: "GET".to_owned(),
        headers: [("authorization".to_owned(), Text::Secret(SecretReference::Env("DB".to_owned())))].into_iter().collect(),
        expect: Expect::default(),
        attempts,
        every,
        timeout: Duration::from_secs(2),
        resolve: None,
    };
    Step { action: Action::Http(http), ..script("") }
}

#[tokio::test(flavor = "multi_thread")]
async fn it_asks_once_a_call_until_the_answer_is_right() {
    let (port, asked) = server(3).await;
    let world = World::new();
    let cx = world.context();
    let step = build(&step(port, 5, Duration::from_millis(50)), &Scope::default()).expect("built");
    let mut memo = Memo::Null;
    for call in 1..3 {
        let before = cx.clock.now();
        let Progress::Waiting { memo: next, until } = step.advance(&cx, Op::Apply, memo).await else { panic!("it did not wait") };
        assert_eq!(asked.load(Ordering::SeqCst), call);
        assert!(until.at >= before + Duration::from_millis(50));
        memo = next;
    }
    let Progress::Done { outputs, .. } = step.advance(&cx, Op::Apply, memo).await else { panic!("it is not done") };
    assert_eq!(outputs["status"], "200");
    assert_eq!(step.advance(&cx, Op::CleanUp, Memo::Null).await, Progress::done());
    assert_eq!(asked.load(Ordering::SeqCst), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn it_fails_with_the_last_answer_without_the_secrets_in_it() {
    let (port, _) = server(99).await;
    let world = World::new();
    let cx = world.context();
    let step = build(&step(port, 2, Duration::ZERO), &Scope::default()).expect("built");
    let Progress::Waiting { memo, .. } = step.advance(&cx, Op::Apply, Memo::Null).await else { panic!("it did not wait") };
    assert!(!memo.to_string().contains("hunter2"));
    let Progress::Failed { reason } = step.advance(&cx, Op::Apply, memo).await else { panic!("it did not fail") };
    assert_eq!(reason.what, "the answer was 503, expected is 200 to 299 (asked 2 times)");
    let body = reason.look.expect("the body");
    assert!(body.contains("[redacted]") && !body.contains("hunter2"), "{body}");
    let step = build(&self::step(1, 1, Duration::ZERO), &Scope::default()).expect("built");
    let Progress::Failed { reason } = step.advance(&cx, Op::Apply, Memo::Null).await else { panic!("it did not fail") };
    assert!(reason.what.starts_with("no answer from 127.0.0.1: "), "{reason}");
}
