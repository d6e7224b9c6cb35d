//! Steps that ask GitHub.

mod access;
mod checks;
mod missed;
mod workflow;

use std::{io::Write as _, time::Duration};

fn minutes(count: u64) -> Duration {
    Duration::from_mins(count)
}

/// An archive as a workflow uploads it.
pub fn zipped(files: &[(&str, &str)]) -> Vec<u8> {
    let mut archive = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, text) in files {
        archive.start_file(*name, zip::write::SimpleFileOptions::default()).expect("a file");
        archive.write_all(text.as_bytes()).expect("written");
    }
    archive.finish().expect("an archive").into_inner()
}
