//! The router's process: that it runs, once, where the manifest wants it.

use std::{net::SocketAddr, path::Path, sync::Mutex, time::Duration};

use async_trait::async_trait;
use tokio::sync::Notify;

use super::{
    layout::{Generations, Layout},
    router::LISTENING,
};
use crate::{
    domain::release::Reason,
    steps::process::{Found, GRACE, Job, Output, Supervisor, Waited},
};

/// How long the router may take to begin.
const BEGIN: Duration = Duration::from_secs(10);

/// Makes sure that the one router of this root listens there, and that none does where none is wanted. Answers whether
/// something had to be changed.
pub async fn ensure(processes: &Supervisor, layout: &Layout, wanted: Option<SocketAddr>) -> Result<bool, Reason> {
    let routers = layout.routers();
    let used = routers.used().map_err(|error| unusable(layout, &error))?;
    let running: Vec<(u32, Option<SocketAddr>)> = used
        .iter()
        .filter(|number| processes.status(&routers.job(**number)) == Found::Running)
        .map(|number| (*number, routers.noted(*number, "listen").and_then(|text| text.trim().parse().ok())))
        .collect();
    let right = wanted.and_then(|wanted| running.iter().find(|(_, at)| *at == Some(wanted)));
    if let Some((number, _)) = right {
        until_listening(processes, &routers.job(*number)).await?;
    } else if let Some(wanted) = wanted {
        // Two addresses with one port can exclude each other; else the old one answers until the new one does.
        for (number, _) in running.iter().filter(|(_, at)| at.is_none_or(|at| at.port() == wanted.port())) {
            processes.stop(&routers.job(*number), GRACE).await?;
        }
        let number = next(processes, &routers, wanted, used.last().copied());
        routers.note(number, "listen", &wanted.to_string()).map_err(|error| unusable(layout, &error))?;
        processes.start(&routers.job(number), job(processes, layout, wanted)).await?;
        until_listening(processes, &routers.job(number)).await?;
    }
    let right = right.map(|(number, _)| *number);
    for (number, _) in running.iter().filter(|(number, _)| Some(*number) != right) {
        processes.stop(&routers.job(*number), GRACE).await?;
    }
    Ok(right.is_none() && (wanted.is_some() || !running.is_empty()))
}

/// The number of the next router: the newest one's, if that was meant to begin there and did not come to it.
fn next(processes: &Supervisor, routers: &Generations, wanted: SocketAddr, newest: Option<u32>) -> u32 {
    let Some(newest) = newest else { return 1 };
    let is_same = routers.noted(newest, "listen").is_some_and(|text| text == wanted.to_string());
    let is_new = processes.status(&routers.job(newest)) == Found::NotStarted;
    if is_same && is_new { newest } else { newest + 1 }
}

fn job(processes: &Supervisor, layout: &Layout, listen: SocketAddr) -> Job {
    let argv = [
        processes.binary().display().to_string(),
        "route".to_owned(),
        "--root".to_owned(),
        layout.root().display().to_string(),
        "--listen".to_owned(),
        listen.to_string(),
    ];
    Job::new(argv.into(), layout.root().to_owned())
}

async fn until_listening(processes: &Supervisor, job: &Path) -> Result<(), Reason> {
    let heard = Heard::default();
    let until = async {
        tokio::select! {
            () = heard.listening.notified() => true,
            () = tokio::time::sleep(BEGIN) => false,
        }
    };
    let what = match processes.wait(job, &heard, until).await {
        Waited::Interrupted(true) => return Ok(()),
        Waited::Interrupted(false) => format!("the router did not begin within {} s", BEGIN.as_secs()),
        Waited::Exited(_) | Waited::Vanished => {
            let said = heard.said.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            format!("the router ended: {}", said.trim().trim_start_matches("botadura: "))
        }
    };
    Err(Reason::new(what)
        .look(job.join("output").display().to_string())
        .remedy("see that nothing else listens at `serve.listen`, or choose another address"))
}

#[derive(Default)]
struct Heard {
    said: Mutex<String>,
    listening: Notify,
}

#[async_trait]
impl Output for Heard {
    async fn write(&self, _at: u64, text: &str) {
        let mut said = self.said.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        said.push_str(text);
        if said.contains(LISTENING) {
            self.listening.notify_one();
        }
    }
}

fn unusable(layout: &Layout, error: &std::io::Error) -> Reason {
    Reason::new(format!("the router's folder cannot be used: {error}")).look(layout.routers().folder().display().to_string())
}
