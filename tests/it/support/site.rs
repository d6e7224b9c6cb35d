//! A small web site that is not ours: it shows the files of a folder, and a file that begins with `bad` as a failure.

use std::{
    io::{BufRead, BufReader, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

/// The running site. It answers until the test's process ends.
#[derive(Debug)]
pub struct Site {
    address: SocketAddr,
    requests: Arc<Mutex<Vec<String>>>,
}

impl Site {
    /// Shows this folder, which need not be there yet.
    pub fn open(folder: PathBuf) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        let requests: Arc<Mutex<Vec<String>>> = Arc::default();
        let heard = requests.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                // Whoever hangs up early gets no answer.
                let _ = answer(&stream, &folder, &heard);
            }
        });
        Self { address, requests }
    }

    /// `http://127.0.0.1:PORT`.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// What was asked for, in order: `GET /health`.
    pub fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

fn answer(mut stream: &TcpStream, folder: &Path, heard: &Mutex<Vec<String>>) -> std::io::Result<()> {
    let mut lines = BufReader::new(stream).lines();
    let first = lines.next().transpose()?.unwrap_or_default();
    for line in lines {
        if line?.is_empty() {
            break;
        }
    }
    let asked = first.trim_end_matches(" HTTP/1.1").to_owned();
    let path = asked.split_once(" /").map_or("", |(_, path)| path).to_owned();
    heard.lock().unwrap_or_else(PoisonError::into_inner).push(asked);
    let (status, body) = match std::fs::read_to_string(folder.join(path)) {
        Ok(body) if body.starts_with("bad") => ("500 Internal Server Error", body),
        Ok(body) => ("200 OK", body),
        Err(_) => ("404 Not Found", String::new()),
    };
    write!(stream, "HTTP/1.1 {status}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}", body.len())
}
