//! What stands in the terminal.

use super::*;
use crate::surfaces::text::{Locale, samples};

#[derive(Default)]
struct Captured(Mutex<Vec<String>>);

impl Captured {
    fn raw(&self) -> String {
        self.0.lock().expect("nobody panicked").join("\n")
    }

    fn plain(&self) -> String {
        anstream::adapter::strip_str(&self.raw()).to_string()
    }
}

impl Sink for Captured {
    fn line(&self, line: &str) -> io::Result<()> {
        self.0.lock().expect("nobody panicked").push(line.to_owned());
        Ok(())
    }
}

struct Closed;

impl Sink for Closed {
    fn line(&self, _: &str) -> io::Result<()> {
        Err(io::ErrorKind::BrokenPipe.into())
    }
}

fn console(locale: Locale) -> (Console, Arc<Captured>) {
    let out = Arc::new(Captured::default());
    let sink: Arc<dyn Sink> = Arc::<Captured>::clone(&out);
    (Console::new(Text::new(locale), sink), out)
}

async fn print(locale: Locale) -> String {
    let (console, out) = console(locale);
    for story in samples::with_rollback() {
        console.show(&story, &about(), None).await.expect("it prints");
    }
    out.plain()
}

#[tokio::test]
async fn a_deployment_and_its_rollback_in_english() {
    insta::assert_snapshot!("english", print(Locale::En).await);
}

#[tokio::test]
async fn a_deployment_and_its_rollback_in_spanish() {
    insta::assert_snapshot!("spanish", print(Locale::Es).await);
}

#[tokio::test]
async fn a_beat_is_printed_once_however_often_the_story_is_shown() {
    let [story, _] = samples::with_rollback();
    let (console, out) = console(Locale::En);
    let mut remote = None;
    for n in 1..=story.beats.len() {
        let so_far = Story { beats: story.beats[..n].to_vec(), ..story.clone() };
        for _ in 0..2 {
            remote = Some(console.show(&so_far, &about(), remote.as_deref()).await.expect("it prints"));
        }
    }
    // A beat that is not true any more is forgotten by the story, and not by what is remembered as shown.
    let without = Story { beats: story.beats[2..].to_vec(), ..story.clone() };
    remote = Some(console.show(&without, &about(), remote.as_deref()).await.expect("it prints"));
    console.show(&story, &about(), remote.as_deref()).await.expect("it prints");
    assert_eq!(out.plain(), print(Locale::En).await.split("\n03:12:33 shop/production #43").next().expect("there is a first part"));
    assert_eq!(out.plain().matches("connection refused").count(), 2, "the trouble once, and once in what the step said");
}

#[tokio::test]
async fn moods_have_colours_and_what_is_remembered_is_the_keys() {
    let [_, back] = samples::with_rollback();
    let (console, out) = console(Locale::En);
    let remote = console.show(&back, &about(), Some("[\"43 0\"]")).await.expect("it prints");
    assert_eq!(remote, r#"["43 0","43 1","43 2","43 3"]"#);
    assert!(out.raw().contains("\u{1b}[32msite restored in 420 ms\u{1b}[0m"), "{:?}", out.raw());
    assert_eq!(out.plain().lines().count(), 3);
}

#[tokio::test]
async fn what_could_not_be_printed_is_not_remembered() {
    let [story, _] = samples::with_rollback();
    let console = Console::new(Text::new(Locale::En), Arc::new(Closed));
    assert!(console.show(&story, &about(), None).await.is_err());
    assert_eq!(console.show(&Story { beats: Vec::new(), ..story }, &about(), Some("not JSON")).await.expect("nothing to print"), "[]");
}

fn about() -> About {
    About {
        repository: None,
        environment: "production".to_owned(),
        url: None,
        production: true,
        transient: false,
        asked_on: None,
        locale: Locale::En,
        instance: "test".to_owned(),
    }
}
