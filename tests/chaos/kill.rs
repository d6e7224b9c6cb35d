//! SIGKILL at random moments, under load.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
    sync::{
        Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use super::{
    Random, figure,
    server::{Deployment, Look, Repository, Yard, deliver, push},
};

/// Every push of a branch in one application, tags in another; each command says when it begins and when it ends.
const STEPS: &str = r#"
steps:
  - name: build
    command:
      script: |
        echo "$BOTADURA_ENVIRONMENT $BOTADURA_DEPLOYMENT build begins" >> $ROOT/ledger
        sleep 0.0$((RANDOM % 9 + 1))
        echo "$BOTADURA_ENVIRONMENT $BOTADURA_DEPLOYMENT build ends" >> $ROOT/ledger
  - parallel:
      - name: site
        directory: { root: "$ROOT/site-{{ environment.name }}", from: . }
      - name: tell
        command:
          script: |
            echo "$BOTADURA_ENVIRONMENT $BOTADURA_DEPLOYMENT tell begins" >> $ROOT/ledger
            echo "$BOTADURA_ENVIRONMENT $BOTADURA_DEPLOYMENT tell ends" >> $ROOT/ledger
"#;

const ENVIRONMENTS: &str = r#"
repository: acme/shop
environments:
  one: { on: [{ push: one }] }
  two: { on: [{ push: two }], queue: every }
  three: { on: [{ push: three }] }
  tags: { on: [{ tag: "v*" }], queue: every }
"#;

/// What was sent, and what became of it at the door.
#[derive(Default)]
struct Sent {
    acknowledged: BTreeSet<String>,
    tries: usize,
    /// By branch: the last commit; and every tag's.
    heads: BTreeMap<String, String>,
    tags: Vec<String>,
}

fn kills() -> usize {
    let given = std::env::var("BOTADURA_KILLS").ok().and_then(|kills| kills.parse().ok());
    let long = std::env::var("BOTADURA_LONG").is_ok_and(|long| long == "1");
    given.unwrap_or(if long { 1000 } else { 100 })
}

#[test]
fn nothing_is_lost_or_doubled_however_often_the_server_is_killed() {
    let began = Instant::now();
    let mut random = Random::new("kill");
    let mut yard = Yard::new(&[("shop", &format!("{ENVIRONMENTS}{STEPS}"))]);
    let repository = Repository::create(yard.root(), "acme/shop");
    let (kills, port) = (kills(), yard.port);
    let (sent, done, killed) = (Mutex::new(Sent::default()), AtomicBool::new(false), AtomicUsize::new(0));
    let client_seed = random.below(u64::MAX >> 1);
    yard.start();
    std::thread::scope(|scope| {
        scope.spawn(|| client(&repository, port, &mut Random(client_seed | 1), &done, &sent));
        for _ in 0..kills {
            // Also while it starts: the next one may be dead before it listens.
            std::thread::sleep(Duration::from_millis(random.below(1200)));
            yard.kill();
            killed.fetch_add(1, Ordering::SeqCst);
            yard.launch();
        }
        done.store(true, Ordering::SeqCst);
    });
    let deployments = yard.settle(Duration::from_mins(2));
    let sent = sent.into_inner().expect("whole");
    let look = yard.look();
    let wrong = check(&yard, &sent, &look, &deployments);
    figure(&format!(
        "kill: {} kills, {} deliveries acknowledged in {} tries, {} deployments, {} times one was taken up again after a kill, {} lost, {} doubled, {} stuck, {:.0?}",
        killed.into_inner(),
        sent.acknowledged.len(),
        sent.tries,
        deployments.len(),
        look.resumed,
        wrong.lost,
        wrong.doubled,
        wrong.stuck,
        began.elapsed()
    ));
    assert!(wrong.told.is_empty(), "{}", wrong.told);
    assert!(look.resumed > 0, "no kill met a deployment: the test sees nothing");
}

/// Pushes and tags until the killing is over. What is not acknowledged is sent again under the same id.
fn client(repository: &Repository, port: u16, random: &mut Random, done: &AtomicBool, sent: &Mutex<Sent>) {
    let mut number = 0;
    while !done.load(Ordering::SeqCst) {
        number += 1;
        let branch = ["one", "two", "three"][usize::try_from(random.below(3)).unwrap_or_default()];
        let (before, after) = repository.commit(branch, &number.to_string());
        let mut payloads = vec![push(("acme/shop", 4711), &format!("refs/heads/{branch}"), &before, &after)];
        let mut sent = sent.lock().expect("whole");
        sent.heads.insert(branch.to_owned(), after.clone());
        if random.below(4) == 0 {
            let tag = format!("v{number}");
            repository.tag(&tag);
            payloads.push(push(("acme/shop", 4711), &format!("refs/tags/{tag}"), &"0".repeat(40), &after));
            sent.tags.push(after);
        }
        for (place, payload) in payloads.iter().enumerate() {
            let id = format!("delivery-{number}-{place}");
            let mut status = None;
            while status != Some(202) {
                status = deliver(port, &id, payload);
                sent.tries += 1;
                assert!(status.is_none_or(|status| status == 202 || status == 503), "{status:?}");
                if status != Some(202) {
                    std::thread::sleep(Duration::from_millis(20));
                }
            }
            sent.acknowledged.insert(id);
        }
        drop(sent);
        std::thread::sleep(Duration::from_millis(100 + random.below(300)));
    }
}

#[derive(Default)]
struct Wrong {
    lost: usize,
    doubled: usize,
    stuck: usize,
    told: String,
}

fn check(yard: &Yard, sent: &Sent, look: &Look, deployments: &[Deployment]) -> Wrong {
    let mut wrong = Wrong::default();
    for id in &sent.acknowledged {
        if look.deliveries.get(id).map(String::as_str) != Some("settled") {
            wrong.lost += 1;
            let _ = writeln!(wrong.told, "{id} was acknowledged, and is {:?}", look.deliveries.get(id));
        }
    }
    let mut ledger: BTreeMap<String, usize> = BTreeMap::new();
    for line in yard.read("ledger").lines() {
        *ledger.entry(line.to_owned()).or_default() += 1;
    }
    for deployment in deployments {
        let environment = deployment.environment.rsplit('/').next().unwrap_or_default();
        for what in ["build begins", "build ends", "tell begins", "tell ends"] {
            let line = format!("{environment} {} {what}", deployment.id);
            match ledger.remove(&line).unwrap_or_default() {
                1 => {}
                0 => {
                    wrong.lost += 1;
                    let _ = writeln!(wrong.told, "{line}: never, although it {:?}", deployment.result);
                }
                times => {
                    wrong.doubled += times - 1;
                    let _ = writeln!(wrong.told, "{line}: {times} times");
                }
            }
        }
        if deployment.result.as_deref() != Some("succeeded") {
            wrong.stuck += 1;
            let _ = writeln!(wrong.told, "{deployment:?}");
        }
    }
    for (line, times) in ledger {
        wrong.doubled += times;
        let _ = writeln!(wrong.told, "{line}: of no deployment");
    }
    for (environment, (slot, running)) in &look.environments {
        let name = environment.rsplit('/').next().unwrap_or_default();
        if slot.is_some() {
            wrong.stuck += 1;
            let _ = writeln!(wrong.told, "{environment}: the slot is held by {slot:?}");
        }
        // Tags have no order of their own: the last one that was pushed is the last one that was deployed.
        let wanted = if name == "tags" { sent.tags.last() } else { sent.heads.get(name) };
        let version = yard.read(&format!("site-{name}/current/VERSION"));
        if running.as_ref() != wanted || version.is_empty() {
            wrong.lost += 1;
            let _ = writeln!(wrong.told, "{environment}: runs {running:?}, not {wanted:?}; its folder has {version:?}");
        }
    }
    for (deployment, place) in &look.unannounced {
        let _ = writeln!(wrong.told, "#{deployment}, entry {place}: a step answered that was never announced");
    }
    wrong
}
