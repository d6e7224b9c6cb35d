//! A command's output on its way to the log, of which the last lines are remembered.

use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;

use crate::{
    domain::release::Reason,
    steps::{Log, process::Output},
};

/// How many lines tell why a command failed.
const LINES: usize = 12;

/// How much is remembered for them, in bytes.
const MEMORY: usize = 4 * 1024;

pub(super) struct Live<'a> {
    log: &'a dyn Log,
    end: Mutex<String>,
}

impl<'a> Live<'a> {
    pub fn new(log: &'a dyn Log) -> Self {
        Self { log, end: Mutex::default() }
    }

    /// The reason, with the last lines as the place to look at.
    pub fn last_lines(&self, reason: Reason) -> Reason {
        let end = self.end.lock().unwrap_or_else(PoisonError::into_inner);
        let lines: Vec<&str> = end.trim_end().lines().collect();
        let last = lines[lines.len().saturating_sub(LINES)..].join("\n");
        if last.is_empty() { reason } else { reason.look(last) }
    }
}

#[async_trait]
impl Output for Live<'_> {
    async fn write(&self, at: u64, text: &str) {
        {
            let mut end = self.end.lock().unwrap_or_else(PoisonError::into_inner);
            end.push_str(text);
            let surplus = end.ceil_char_boundary(end.len().saturating_sub(MEMORY));
            end.drain(..surplus);
        }
        self.log.write(at, text).await;
    }
}
