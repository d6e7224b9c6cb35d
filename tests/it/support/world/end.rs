//! The world's end: nothing may be left of it.

use botadura::store::DeliveryState;

use super::World;

impl Drop for World {
    /// Nothing may be left: no parked delivery, no stale surface, no held slot.
    fn drop(&mut self) {
        if std::thread::panicking() || self.runtime.is_none() {
            self.end_processes();
            return;
        }
        if self.checked {
            self.settle();
            let store = self.app.as_ref().expect("a running server").store().clone();
            let (deliveries, environments, stale) = self
                .runtime()
                .block_on(async {
                    let mut reader = store.read().await?;
                    Ok::<_, botadura::store::Error>((
                        reader.deliveries(1000).await?,
                        reader.environments().await?,
                        reader.stale_count().await?,
                    ))
                })
                .expect("the store answers");
            let open: Vec<_> =
                deliveries.iter().filter(|one| one.state != DeliveryState::Settled).map(|one| (&one.id, &one.outcome)).collect();
            assert!(open.is_empty(), "deliveries are left: {open:#?}");
            let held: Vec<_> = environments.iter().filter(|(_, row)| row.slot.is_some()).collect();
            assert!(held.is_empty(), "slots are held: {held:#?}\n{}", self.timeline());
            assert_eq!(stale, 0, "surfaces are stale");
        }
        self.crash();
        self.end_processes();
    }
}

impl World {
    /// Processes that serve releases outlive the server; they do not outlive the test.
    fn end_processes(&self) {
        let root = self.root().display().to_string();
        for entry in std::fs::read_dir("/proc").into_iter().flatten().flatten() {
            let Ok(pid) = entry.file_name().to_string_lossy().parse::<i32>() else { continue };
            let words = std::fs::read(entry.path().join("cmdline")).unwrap_or_default();
            let cwd = std::fs::read_link(entry.path().join("cwd")).unwrap_or_default();
            let ours = String::from_utf8_lossy(&words).contains(&root) || cwd.starts_with(self.root());
            if ours && pid != i32::try_from(std::process::id()).unwrap_or(0) {
                let _ = nix::sys::signal::kill(nix::unistd::Pid::from_raw(pid), nix::sys::signal::Signal::SIGKILL);
            }
        }
    }
}
