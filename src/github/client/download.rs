//! Downloads: GitHub names a place elsewhere, and that is read without any token.

use std::{path::Path, pin::pin, time::Duration};

use http_body_util::BodyExt;
use tokio::{fs::File, io::AsyncWriteExt};

use super::{Reach, Result, error::Error};

/// How long nothing may come, in real time.
const SILENCE: Duration = Duration::from_mins(1);

impl Reach {
    /// Downloads what `path` leads to into a file, of at most this many bytes.
    pub async fn download(&self, path: &str, into: &Path, limit: u64) -> Result<()> {
        let answer = self.ask("GET", path, None).await?;
        let Some(place) = answer.header("location").filter(|_| answer.status == 302) else {
            return Err(answer.unreadable("it does not say where the download is"));
        };
        let response = self.client.inner.transport.open(place).await?;
        let status = response.status();
        if !status.is_success() {
            // The address itself is a secret for as long as it holds.
            return Err(Error::Passing { what: format!("the place that GitHub named for a download answered {status}"), again: None });
        }
        let passing = |what: String| Error::Passing { what, again: None };
        let disk = |error: std::io::Error| passing(format!("a download from GitHub could not be written: {error}"));
        let mut file = File::create(into).await.map_err(disk)?;
        let mut body = pin!(response.into_body());
        let mut size = 0_u64;
        loop {
            let frame = tokio::time::timeout(SILENCE, body.frame()).await;
            let frame = match frame.map_err(|_| passing("a download from GitHub came to a halt".to_owned()))? {
                None => break,
                Some(frame) => frame.map_err(|_| passing("a download from GitHub broke off".to_owned()))?,
            };
            let Ok(data) = frame.into_data() else { continue };
            size = size.saturating_add(data.len() as u64);
            if size > limit {
                return Err(Error::Unreadable { what: format!("a download from GitHub is larger than {limit} bytes") });
            }
            file.write_all(&data).await.map_err(disk)?;
        }
        file.flush().await.map_err(disk)
    }
}
