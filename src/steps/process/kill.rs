//! Finding and ending every process of a job.
//!
//! A job's processes are those in the wrapper's session, and the wrapper's descendants: it is a *subreaper*, so even a
//! daemon that left the session is its child in the end.

use std::{fs, time::Duration};

use nix::{
    errno::Errno,
    sys::{
        signal::{Signal, kill},
        wait::{Id, WaitPidFlag, WaitStatus, waitid, waitpid},
    },
    unistd::Pid,
};

use super::{
    Found,
    folder::{Folder, Started},
    tail::poll_until,
};
use crate::domain::release::Reason;

/// How long processes may take to be gone after KILL.
const GONE: Duration = Duration::from_secs(10);

/// A line of `/proc/PID/stat`.
#[derive(Debug, Clone)]
pub(super) struct Process {
    pub pid: i32,
    parent: i32,
    session: i32,
    zombie: bool,
    /// When it began, in ticks since the machine did.
    pub since: u64,
}

/// The process of this number, if there is one.
pub(super) fn read(pid: i32) -> Option<Process> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The second field is a name in parentheses, which may hold anything.
    let fields: Vec<&str> = stat.get(stat.rfind(')')? + 1..)?.split_ascii_whitespace().collect();
    Some(Process {
        pid,
        zombie: matches!(*fields.first()?, "Z" | "X"),
        parent: fields.get(1)?.parse().ok()?,
        session: fields.get(3)?.parse().ok()?,
        since: fields.get(19)?.parse().ok()?,
    })
}

/// Which start of the machine this is.
pub(super) fn boot() -> Option<String> {
    Some(fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?.trim().to_owned())
}

/// All living processes of the job whose wrapper has this number, the wrapper itself not among them.
pub(super) fn members(wrapper: i32) -> Vec<i32> {
    let Ok(entries) = fs::read_dir("/proc") else { return Vec::new() };
    let numbers = entries.flatten().filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    let all: Vec<Process> = numbers.filter_map(read).collect();
    let mut members: Vec<i32> = Vec::new();
    loop {
        let before = members.len();
        for process in &all {
            let belongs = process.session == wrapper || process.parent == wrapper || members.contains(&process.parent);
            if belongs && process.pid != wrapper && !members.contains(&process.pid) {
                members.push(process.pid);
            }
        }
        if members.len() == before {
            break;
        }
    }
    members.retain(|pid| all.iter().any(|process| process.pid == *pid && !process.zombie));
    members
}

/// Sends a signal to each; one that is gone by now does not matter.
pub(super) fn signal_all(pids: &[i32], signal: Signal) {
    for pid in pids {
        let _ = kill(Pid::from_raw(*pid), signal);
    }
}

/// KILLs all processes of a job, also those that begin meanwhile, and waits until they are gone.
pub(super) async fn sweep(wrapper: i32) -> bool {
    poll_until(GONE, || {
        let members = members(wrapper);
        signal_all(&members, Signal::SIGKILL);
        members.is_empty()
    })
    .await
}

/// Takes the dead children of this process from the kernel's table, but for the one that somebody waits for.
pub(super) fn reap(but: Option<i32>) {
    let look = WaitPidFlag::WEXITED | WaitPidFlag::WNOHANG | WaitPidFlag::WNOWAIT;
    while let Ok(status) = waitid(Id::All, look) {
        match status.pid() {
            Some(pid) if Some(pid.as_raw()) != but => {
                if matches!(waitpid(pid, Some(WaitPidFlag::WNOHANG)), Err(_) | Ok(WaitStatus::StillAlive)) {
                    return;
                }
            }
            _ => return,
        }
    }
}

/// Whether the process that wrote this lives (or is a zombie), and is not another one with its number.
fn is_there(started: &Started) -> bool {
    started.boot == boot() && read(started.pid).is_some_and(|process| Some(process.since) == started.since)
}

/// Whether the number of a dead wrapper's session can only be that of its own processes: the machine was not started
/// again, and the number was not given to another process.
fn is_own_session(started: &Started) -> bool {
    started.boot == boot() && read(started.pid).is_none_or(|process| Some(process.since) == started.since)
}

pub(super) async fn stop(folder: &Folder, grace: Duration) -> Result<Found, Reason> {
    let found = folder.found();
    let (Found::Running | Found::Vanished, Some(started)) = (&found, folder.started()) else { return Ok(found) };
    if found == Found::Vanished {
        stop_orphans(&started, grace).await?;
        return Ok(folder.found());
    }
    if is_there(&started) && kill(Pid::from_raw(started.pid), Signal::SIGTERM) == Err(Errno::EPERM) {
        return Err(Reason::new("the supervisor of the command belongs to another user and cannot be stopped"));
    }
    if poll_until(grace, || !folder.is_locked()).await {
        return Ok(folder.found());
    }
    // The wrapper lives on for a moment in order to write how it ended.
    signal_all(&members(started.pid), Signal::SIGKILL);
    if !poll_until(GONE, || !folder.is_locked()).await {
        if is_there(&started) {
            let _ = kill(Pid::from_raw(started.pid), Signal::SIGKILL);
        }
        poll_until(GONE, || !folder.is_locked()).await;
        stop_orphans(&started, Duration::ZERO).await?;
    }
    match folder.found() {
        Found::Running => Err(Reason::new(format!("the command does not end, not even by KILL (process {})", started.pid))),
        found => Ok(found),
    }
}

/// Ends what a dead wrapper left behind.
async fn stop_orphans(started: &Started, grace: Duration) -> Result<(), Reason> {
    if !is_own_session(started) {
        return Ok(());
    }
    signal_all(&members(started.pid), Signal::SIGTERM);
    if poll_until(grace, || members(started.pid).is_empty()).await || sweep(started.pid).await {
        return Ok(());
    }
    Err(Reason::new(format!("processes of the command do not end, not even by KILL (session {})", started.pid)))
}
