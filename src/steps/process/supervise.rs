//! The wrapper: what runs as `supervise FOLDER`, outlives the server, and is the only one that knows how a job ended.

use std::{io::Read, path::Path, process::ExitCode};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tokio::signal::unix::{Signal, SignalKind, signal};

use super::{
    Ending, Exit, Job, User,
    folder::{Folder, Started},
    program::{self, Ended},
    sink::Sink,
};

/// What the server tells the wrapper.
#[derive(Serialize, Deserialize)]
pub(super) struct Order {
    pub job: Job,
    pub user: Option<User>,
}

/// The whole life of a wrapper: the hidden subcommand `supervise FOLDER`, with the job as JSON on standard input. It is
/// silent: what there is to say stands in the folder. When the job of this folder was begun before, it does nothing.
///
/// To be called first thing in `main`: it closes every inherited descriptor, before anything else is opened.
pub fn supervise(dir: &Path) -> ExitCode {
    close_inherited();
    let mut order = Vec::new();
    let read = std::io::stdin().read_to_end(&mut order);
    // A server that died while it wrote leaves half an order, which is none.
    let (Ok(_), Ok(order)) = (read, serde_json::from_slice::<Order>(&order)) else { return ExitCode::FAILURE };
    // Away from the server's terminal and process group. Fails only where this is the case already.
    let _ = nix::unistd::setsid();
    // Whatever loses its parent becomes our child, not that of process 1, so that nothing can escape the end.
    let _ = nix::sys::prctl::set_child_subreaper(true);
    let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_all().build() else { return ExitCode::FAILURE };
    match runtime.block_on(run(&Folder::new(dir), order)) {
        Some(()) => ExitCode::SUCCESS,
        None => ExitCode::FAILURE,
    }
}

/// What whoever started the server left open would stay open in every program, with all rights that it gives.
fn close_inherited() {
    let Ok(entries) = std::fs::read_dir("/proc/self/fd") else { return };
    let numbers = entries.flatten().filter_map(|entry| entry.file_name().to_str()?.parse::<i32>().ok());
    // The list is complete, and its own descriptor closed, before the first is closed.
    let open: Vec<i32> = numbers.filter(|number| *number > 2).collect();
    for descriptor in open {
        let _ = nix::unistd::close(descriptor);
    }
}

/// None: the job was not ours to run, or the disk failed.
async fn run(folder: &Folder, order: Order) -> Option<()> {
    let mut stop = signal(SignalKind::terminate()).ok()?;
    if folder.is_started() {
        return None;
    }
    let _alive = folder.lock()?;
    if folder.is_started() {
        return None;
    }
    let began = now();
    folder.write_started(&Started::this(began)).ok()?;
    let exit = run_programs(folder, &order, &mut stop, began).await;
    folder.write_exit(&exit).ok()
}

async fn run_programs(folder: &Folder, order: &Order, stop: &mut Signal, began: Timestamp) -> Exit {
    let mut exit = Exit {
        ending: Ending::NotRun("there was no program to run".to_owned()),
        program: 0,
        name: String::new(),
        stopped: false,
        began,
        ended: began,
    };
    let mut sink = match Sink::open(&folder.output(), &order.job) {
        Ok(sink) => sink,
        Err(error) => {
            exit.ending = Ending::NotRun(format!("the output could not be written: {error}"));
            return exit;
        }
    };
    for (place, argv) in order.job.programs.iter().enumerate() {
        exit.program = place;
        exit.name = argv.first().cloned().unwrap_or_default();
        let Ended { ending, stopped } = program::run(argv, order, &mut sink, stop).await;
        exit.ending = ending;
        exit.stopped = stopped;
        if !exit.is_success() {
            break;
        }
    }
    sink.finish();
    exit.ended = now();
    exit
}

/// The wrapper is a process of its own, in real time, and has no clock of the engine's.
fn now() -> Timestamp {
    Timestamp::now()
}
