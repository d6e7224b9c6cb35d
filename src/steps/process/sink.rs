//! From the pipe to the file: secrets out, valid UTF-8, not more than the cap. Runs in the wrapper.

use std::{
    fs::{File, OpenOptions},
    io::{self, Write},
    os::unix::fs::OpenOptionsExt,
    path::Path,
};

use super::{Job, Redactor};

/// Writes a job's output.
pub(super) struct Sink {
    file: File,
    redactor: Redactor,
    /// The first bytes of a character whose last ones have not come yet.
    rest: Vec<u8>,
    /// What may still be written, in bytes.
    left: u64,
    limit: u64,
    full: bool,
}

impl Sink {
    pub fn open(path: &Path, job: &Job) -> io::Result<Self> {
        let file = OpenOptions::new().create(true).append(true).mode(0o600).open(path)?;
        let redactor = Redactor::new(job.redact.iter().map(String::as_str));
        Ok(Self { file, redactor, rest: Vec::new(), left: job.output_limit, limit: job.output_limit, full: false })
    }

    /// Takes what a program said. A disk that is full does not stop the program.
    pub fn write(&mut self, bytes: &[u8]) {
        let clean = self.redactor.push(bytes);
        self.write_text(&clean, false);
    }

    /// Nothing more comes.
    pub fn finish(&mut self) {
        let clean = self.redactor.finish();
        self.write_text(&clean, true);
    }

    fn write_text(&mut self, bytes: &[u8], last: bool) {
        if self.full {
            return;
        }
        let mut piece = std::mem::take(&mut self.rest);
        piece.extend_from_slice(bytes);
        if !last {
            self.rest = piece.split_off(whole_characters(&piece));
        }
        let text = String::from_utf8_lossy(&piece);
        let fits = text.floor_char_boundary(usize::try_from(self.left).unwrap_or(usize::MAX));
        self.left -= fits as u64;
        let _ = self.file.write_all(&text.as_bytes()[..fits]);
        if fits < text.len() {
            self.full = true;
            let line = format!("\n[the rest of the output was left out: more than {} bytes]\n", self.limit);
            let _ = self.file.write_all(line.as_bytes());
        }
    }
}

/// How many bytes there are before a character at the end that is only begun.
fn whole_characters(bytes: &[u8]) -> usize {
    (1..=bytes.len().min(3))
        .find(|back| matches!(std::str::from_utf8(&bytes[bytes.len() - back..]), Err(error) if error.error_len().is_none() && error.valid_up_to() == 0))
        .map_or(bytes.len(), |back| bytes.len() - back)
}

#[cfg(test)]
mod tests {
    use super::whole_characters;

    #[test]
    fn a_character_that_is_only_begun_is_kept_back() {
        assert_eq!(whole_characters("aé".as_bytes()), 3);
        assert_eq!(whole_characters(&"aé".as_bytes()[..2]), 1);
        assert_eq!(whole_characters(&"a😀".as_bytes()[..4]), 1);
        assert_eq!(whole_characters(b"a\xff"), 2);
        assert_eq!(whole_characters(b""), 0);
    }
}
