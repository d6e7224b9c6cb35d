//! Following a job from outside: its output as it grows, and its end. The only pauses in real time are here.

use std::{
    fs::File,
    io::{self, Read},
    pin::pin,
    time::Duration,
};

use super::{Found, Output, POLL, Waited, folder::Folder};

/// Looks again and again until it is so, at most this long; whether it was.
pub(super) async fn poll_until(limit: Duration, mut so: impl FnMut() -> bool) -> bool {
    let end = tokio::time::Instant::now() + limit;
    let mut pause = Duration::from_millis(2);
    loop {
        if so() {
            return true;
        }
        if tokio::time::Instant::now() >= end {
            return false;
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(POLL);
    }
}

pub(super) async fn wait<T: Send>(folder: &Folder, output: &dyn Output, until: impl Future<Output = T> + Send) -> Waited<T> {
    let mut until = pin!(until);
    let mut tail = Tail::default();
    loop {
        // First the state, then the output: what is read after the end was seen is all of it.
        let found = folder.found();
        while let Some((at, text)) = tail.next(folder) {
            output.write(at, &text).await;
        }
        match found {
            Found::Exited(exit) => return Waited::Exited(exit),
            Found::Vanished | Found::NotStarted => return Waited::Vanished,
            Found::Running => {}
        }
        tokio::select! {
            biased;
            value = &mut until => return Waited::Interrupted(value),
            () = tokio::time::sleep(POLL) => {}
        }
    }
}

/// A place in a growing file.
#[derive(Default)]
struct Tail {
    file: Option<File>,
    at: u64,
    /// The first bytes of a character whose last ones were not there yet.
    rest: Vec<u8>,
}

impl Tail {
    /// The next piece that is there, with its place. The reads are small ones of a file that was just written, so they
    /// are done where we are.
    fn next(&mut self, folder: &Folder) -> Option<(u64, String)> {
        if self.file.is_none() {
            self.file = Some(File::open(folder.output()).ok()?);
        }
        let mut piece = std::mem::take(&mut self.rest);
        read_some(self.file.as_mut()?, &mut piece).ok()?;
        let whole = match std::str::from_utf8(&piece) {
            Err(error) if error.error_len().is_none() => error.valid_up_to(),
            // The wrapper writes UTF-8; should somebody else have written here, it is shown as well as it can be.
            _ => piece.len(),
        };
        self.rest = piece.split_off(whole);
        let at = self.at;
        self.at += piece.len() as u64;
        (!piece.is_empty()).then(|| (at, String::from_utf8_lossy(&piece).into_owned()))
    }
}

fn read_some(file: &mut File, into: &mut Vec<u8>) -> io::Result<u64> {
    const PIECE: u64 = 64 * 1024;
    file.take(PIECE).read_to_end(into).map(|read| read as u64)
}
