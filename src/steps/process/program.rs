//! One program of a job, from its start until nothing of it lives any more. Runs in the wrapper.

use std::{io, os::fd::OwnedFd, os::unix::process::ExitStatusExt, path::Path, process::ExitStatus, process::Stdio, time::Duration};

use nix::{sys::signal, unistd::Pid};
use tokio::{
    io::AsyncReadExt,
    net::unix::pipe::Receiver,
    process::{Child, Command},
    signal::unix::Signal,
    time::{Instant, interval, sleep_until},
};

use super::{Ending, kill, sink::Sink, supervise::Order};

/// How long the pipe may stay open when everything is dead: a reader's own lag, not more.
const DRAIN: Duration = Duration::from_secs(2);

/// How a program came to its end.
pub(super) struct Ended {
    pub ending: Ending,
    /// We were told to stop.
    pub stopped: bool,
}

/// Runs a program. Whatever it started and left behind is killed when it has ended; after a TERM that we were sent,
/// what it started may use the rest of the grace.
pub(super) async fn run(argv: &[String], order: &Order, sink: &mut Sink, stop: &mut Signal) -> Ended {
    match spawn(argv, order) {
        Ok((child, pipe)) => Running { child, pipe, stopped: false, kill_at: None }.until_its_end(order.job.grace, sink, stop).await,
        Err(error) => Ended { ending: Ending::NotRun(explain(argv, order, &error)), stopped: false },
    }
}

fn spawn(argv: &[String], order: &Order) -> io::Result<(Child, Receiver)> {
    let (program, arguments) = argv.split_first().ok_or_else(|| io::Error::from(io::ErrorKind::InvalidInput))?;
    // Both streams share a pipe: that is the only way to keep them in order.
    let (reader, writer) = io::pipe()?;
    let mut command = Command::new(program);
    command
        .args(arguments)
        .current_dir(&order.job.cwd)
        .env_clear()
        .envs(&order.job.env)
        .stdin(Stdio::null())
        .stdout(writer.try_clone()?)
        .stderr(writer)
        .process_group(0);
    if let Some(user) = order.user {
        // Root's other groups are dropped by the standard library when a user is set.
        command.gid(user.gid).uid(user.uid);
    }
    let child = command.spawn()?;
    Ok((child, Receiver::from_owned_fd(OwnedFd::from(reader))?))
}

fn explain(argv: &[String], order: &Order, error: &io::Error) -> String {
    let Some(name) = argv.first() else { return "there was no program to run".to_owned() };
    let cwd = &order.job.cwd;
    if !cwd.is_dir() {
        return format!("the program `{name}` could not be run: there is no folder {}", cwd.display());
    }
    match error.kind() {
        io::ErrorKind::NotFound if !name.contains('/') => {
            let path = order.job.env.get("PATH").map_or("(not set)", String::as_str);
            format!("the program `{name}` was not found in PATH {path}")
        }
        io::ErrorKind::NotFound if cwd.join(Path::new(name)).exists() => {
            format!("the program `{name}` could not be run: the interpreter in its first line was not found")
        }
        io::ErrorKind::NotFound => format!("the program `{name}` was not found in {}", cwd.display()),
        io::ErrorKind::PermissionDenied => {
            format!("the program `{name}` may not be run here: it is not executable, or the folder is closed to its user")
        }
        _ => format!("the program `{name}` could not be run: {error}"),
    }
}

struct Running {
    child: Child,
    pipe: Receiver,
    stopped: bool,
    /// When what still lives is killed.
    kill_at: Option<Instant>,
}

impl Running {
    async fn until_its_end(mut self, grace: Duration, sink: &mut Sink, stop: &mut Signal) -> Ended {
        let group = self.child.id().and_then(|id| i32::try_from(id).ok());
        let mut open = true;
        let mut buffer = vec![0; 64 * 1024];
        let mut tick = interval(Duration::from_secs(1));
        let status = loop {
            tokio::select! {
                read = self.pipe.read(&mut buffer), if open => open = take(read, &buffer, sink),
                status = self.child.wait() => break status,
                _ = stop.recv() => self.stop(group, grace),
                () = at(self.kill_at) => {
                    self.kill_at = None;
                    kill::signal_all(&kill::members(own_pid()), signal::Signal::SIGKILL);
                }
                _ = tick.tick() => kill::reap(group),
            }
        };
        self.end_the_others(open, &mut buffer, sink).await;
        Ended { ending: ending(status), stopped: self.stopped }
    }

    fn stop(&mut self, group: Option<i32>, grace: Duration) {
        self.stopped = true;
        self.kill_at = self.kill_at.or(Some(Instant::now() + grace));
        if let Some(group) = group {
            let _ = signal::killpg(Pid::from_raw(group), signal::Signal::SIGTERM);
        }
    }

    /// The program is gone; what it started goes now, or, when we were told to stop, when its grace is over. What they
    /// say until then still counts.
    async fn end_the_others(&mut self, mut open: bool, buffer: &mut [u8], sink: &mut Sink) {
        let kill_at = if self.stopped { self.kill_at } else { None }.unwrap_or_else(Instant::now);
        let mut look = interval(Duration::from_millis(20));
        let mut dead = None;
        while dead.is_none_or(|since: Instant| open && since.elapsed() < DRAIN) && kill_at.elapsed() < 5 * DRAIN {
            tokio::select! {
                read = self.pipe.read(buffer), if open => open = take(read, buffer, sink),
                _ = look.tick(), if dead.is_none() || open => {
                    kill::reap(None);
                    let members = kill::members(own_pid());
                    if members.is_empty() {
                        dead = dead.or_else(|| Some(Instant::now()));
                    } else if Instant::now() >= kill_at {
                        kill::signal_all(&members, signal::Signal::SIGKILL);
                    }
                }
            }
        }
        kill::reap(None);
    }
}

/// Whether there may be more.
fn take(read: io::Result<usize>, buffer: &[u8], sink: &mut Sink) -> bool {
    match read {
        Ok(0) => false,
        Ok(length) => {
            sink.write(&buffer[..length]);
            true
        }
        Err(error) => error.kind() == io::ErrorKind::Interrupted,
    }
}

async fn at(moment: Option<Instant>) {
    match moment {
        Some(moment) => sleep_until(moment).await,
        None => std::future::pending().await,
    }
}

fn own_pid() -> i32 {
    nix::unistd::getpid().as_raw()
}

fn ending(status: io::Result<ExitStatus>) -> Ending {
    match status {
        Ok(status) => match (status.code(), status.signal()) {
            (Some(code), _) => Ending::Code(code),
            (None, signal) => Ending::Signal(signal.unwrap_or_default()),
        },
        Err(error) => Ending::NotRun(format!("nobody knows how the program ended: {error}")),
    }
}
