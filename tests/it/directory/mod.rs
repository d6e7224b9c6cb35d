//! The kind `directory`, with real processes, real files and a real router.

use std::{sync::atomic::Ordering, time::Duration};

use botadura::{
    domain::{
        clock::Clock,
        manifest::template::Template,
        release::{Memo, Observation, Release},
    },
    steps::{Op, Progress},
};
use hyper::StatusCode;
use jiff::SignedDuration;

mod yard;
use yard::{Crowd, SHAS, Visitor, Yard, free_port, released};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_first_deployment_is_served_through_the_router() {
    let yard = Yard::new();
    assert_eq!(yard.step(1).observe(&yard.context(1, 0)).await, Observation::Absent);
    let (done, _) = yard.drive(1, Op::Apply).await;
    let Progress::Done { outputs, release: Some(release), .. } = done else { panic!("{done:?}") };
    assert_eq!(release.id, "1-aaaaaaa");
    assert_eq!(release.details["sha"], SHAS[0]);
    assert_eq!(outputs["url"], format!("http://127.0.0.1:{}", yard.port()));
    let (status, page) = yard.get("/").await.expect("answered");
    assert!(status == StatusCode::OK && page.contains("version 1.0"), "{page}");
    assert_eq!(yard.step(1).observe(&yard.context(1, 0)).await, Observation::Release(release));
    yard.leave().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_is_let_down_by_a_deployment_a_rollback_and_what_follows() {
    let yard = Yard::new();
    let first = yard.deploy(1).await;
    let crowd = Crowd::gather(yard.port());
    yard.deploy(2).await;
    let retired = yard.drive(2, Op::Retire).await.0;
    assert!(matches!(retired, Progress::Done { .. }), "{retired:?}");
    assert_eq!([yard.running("1-aaaaaaa"), yard.running("2-bbbbbbb")], [0, 1]);
    assert_eq!(crowd.go().await, ["1.0", "1.1"]);
    let crowd = Crowd::gather(yard.port());
    released(yard.drive(3, Op::Restore(&first)).await.0);
    assert_eq!(crowd.go().await, ["1.0", "1.1"]);
    assert_eq!(yard.version().await, "1.0");
    yard.leave().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_version_that_is_not_ready_never_gets_a_request_and_leaves_nothing() {
    let yard = Yard::new();
    yard.deploy(2).await;
    let crowd = Crowd::gather(yard.port());
    let Progress::Failed { reason } = yard.drive(3, Op::Apply).await.0 else { panic!("it did not fail") };
    assert!(reason.what.contains("500") && reason.what.contains("catalogue.json"), "{reason}");
    assert_eq!(yard.releases(), ["2-bbbbbbb", "3-ccccccc"]);
    let cleaned = yard.drive(3, Op::CleanUp).await.0;
    assert!(matches!(cleaned, Progress::Done { .. }), "{cleaned:?}");
    assert_eq!((yard.releases(), yard.running("3-ccccccc")), (vec!["2-bbbbbbb".to_owned()], 0));
    assert!(!yard.root().join("run/3-ccccccc").exists());
    assert_eq!(crowd.go().await, ["1.1"]);
    yard.leave().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_release_comes_back_whether_its_process_lives_or_not() {
    let yard = Yard::new();
    let first = yard.deploy(1).await;
    yard.deploy(2).await;
    let (back, memos) = yard.drive(3, Op::Restore(&first)).await;
    assert_eq!(released(back).details["port"], first.details["port"]);
    assert_eq!(memos.len(), 2, "one change, the flip");
    assert_eq!(yard.version().await, "1.0");
    assert_eq!(yard.drive(3, Op::Restore(&first)).await.1.len(), 1, "nothing to change");
    // The one that is current dies: restoring it starts another, and requests wait for it.
    let page = yard.get("/").await.expect("answered").1;
    let process = page.split("Process ").nth(1).and_then(|rest| rest.split(' ').next()?.parse().ok());
    let process = nix::unistd::Pid::from_raw(process.expect("a process"));
    nix::sys::signal::kill(process, nix::sys::signal::Signal::SIGKILL).expect("killed");
    tokio::time::sleep(Duration::from_millis(200)).await;
    let waiting = tokio::spawn({
        let port = yard.port();
        async move { Visitor::arrive(port).await?.get("/version").await }
    });
    released(yard.drive(3, Op::Restore(&first)).await.0);
    assert_eq!(waiting.await.expect("no panic").expect("answered"), (StatusCode::OK, "1.0\n".to_owned()));
    assert_eq!([yard.running("1-aaaaaaa"), yard.running("2-bbbbbbb"), yard.running("router")], [1, 1, 1]);
    let gone = Release { id: "9-fffffff".to_owned(), ..first };
    let Progress::Failed { reason } = yard.drive(3, Op::Restore(&gone)).await.0 else { panic!("it did not fail") };
    assert!(reason.remedy.is_some(), "{reason}");
    yard.leave().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_crash_at_any_point_doubles_nothing() {
    let yard = Yard::new();
    let count = Template::literal(yard.folder.path().join("reloads").display().to_string());
    let words = ["/bin/sh", "-c", "echo once >> \"$0\""].map(Template::literal);
    *yard.reload.lock().expect("whole") = Some(words.into_iter().chain([count]).collect());
    let first = yard.deploy(1).await;
    let second = released(yard.crash(2, Op::Apply).await);
    assert_eq!(second.id, "2-bbbbbbb");
    assert_eq!(yard.releases(), ["1-aaaaaaa", "2-bbbbbbb"]);
    assert_eq!([yard.running("1-aaaaaaa"), yard.running("2-bbbbbbb"), yard.running("router")], [1, 1, 1]);
    assert_eq!(yard.version().await, "1.1");
    let reloads = std::fs::read_to_string(yard.folder.path().join("reloads")).expect("readable");
    assert_eq!(reloads.lines().count(), 2, "one for each deployment");
    yard.crash(2, Op::Retire).await;
    assert_eq!([yard.running("1-aaaaaaa"), yard.running("2-bbbbbbb")], [0, 1]);
    let back = released(yard.crash(3, Op::Restore(&first)).await);
    assert_eq!((back.id.as_str(), yard.version().await.as_str()), ("1-aaaaaaa", "1.0"));
    assert_eq!([yard.running("1-aaaaaaa"), yard.running("2-bbbbbbb"), yard.running("router")], [1, 1, 1]);
    let failed = yard.crash(3, Op::Apply).await;
    assert!(matches!(failed, Progress::Failed { .. }), "{failed:?}");
    yard.crash(3, Op::CleanUp).await;
    assert_eq!(yard.releases(), ["1-aaaaaaa", "2-bbbbbbb"]);
    yard.crash(1, Op::Remove).await;
    yard.leave().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_old_side_goes_after_its_time_and_no_sooner() {
    let yard = Yard::new();
    yard.keep.store(0, Ordering::Relaxed);
    yard.deploy(1).await;
    yard.deploy(2).await;
    // The earlier deployment comes late: what the newer one may have to go back to stays.
    yard.drive(1, Op::Retire).await;
    assert_eq!([yard.running("1-aaaaaaa"), yard.running("2-bbbbbbb")], [1, 1]);
    let Progress::Waiting { memo, until } = yard.step(2).advance(&yard.context(2, 7), Op::Retire, Memo::Null).await else {
        panic!("it did not wait")
    };
    assert_eq!(until.at, yard.clock.now() + SignedDuration::from_secs(2));
    yard.clock.advance(SignedDuration::from_secs(1));
    let early = yard.step(2).advance(&yard.context(2, 7), Op::Retire, memo.clone()).await;
    assert!(matches!(early, Progress::Waiting { .. }) && yard.running("1-aaaaaaa") == 1, "{early:?}");
    yard.drive(2, Op::Retire).await;
    assert_eq!((yard.releases(), yard.running("1-aaaaaaa")), (vec!["2-bbbbbbb".to_owned()], 0));
    yard.leave().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_router_moves_when_its_address_does_and_says_when_it_cannot_have_one() {
    let yard = Yard::new();
    yard.deploy(1).await;
    let before = std::mem::replace(&mut *yard.listen.lock().expect("whole"), free_port());
    yard.deploy(2).await;
    assert_eq!(yard.version().await, "1.1");
    assert!(Visitor::arrive(before).await.is_err(), "the old router still listens");
    assert_eq!(yard.running("router"), 1);
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let wanted = taken.local_addr().expect("an address").port();
    let right = std::mem::replace(&mut *yard.listen.lock().expect("whole"), wanted);
    let Progress::Failed { reason } = yard.drive(1, Op::Apply).await.0 else { panic!("it did not fail") };
    assert!(reason.what.contains("cannot listen"), "{reason}");
    assert_eq!(yard.current().as_deref(), Some("2-bbbbbbb"));
    *yard.listen.lock().expect("whole") = right;
    assert_eq!(yard.version().await, "1.1", "the router before was left alone");
    yard.leave().await;
}
