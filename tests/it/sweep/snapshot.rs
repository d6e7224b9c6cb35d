//! What a world leaves behind.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use botadura::{
    domain::reply::Reply,
    store::{DeliveryState, EnvironmentRow},
};

use crate::support::world::World;

/// Everything that can be seen from outside when all has ended, without times.
#[derive(Debug, Clone, PartialEq)]
pub struct Snapshot {
    /// Of every environment, oldest first: `number result`.
    pub history: Vec<String>,
    /// What commands wrote, sorted: what goes side by side has no order.
    pub ledger: Vec<String>,
    /// What is known of each environment.
    pub environments: BTreeMap<String, EnvironmentRow>,
    /// What became of each delivery.
    pub deliveries: Vec<(DeliveryState, Option<Reply>)>,
    /// The folders `site*` below the root.
    pub sites: BTreeMap<String, Site>,
    /// The version of each deployment, by its files.
    pub versions: BTreeMap<String, String>,
}

/// A directory target.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Site {
    /// The version that `current` leads to.
    pub current: Option<String>,
    /// The releases on the disk, also unfinished ones.
    pub releases: BTreeSet<String>,
    /// The releases that are served, and by how many processes.
    pub served: BTreeMap<String, usize>,
}

impl Snapshot {
    /// What stands in the ledger more than once.
    pub fn doubled(&self) -> Vec<&String> {
        self.ledger.windows(2).filter(|pair| pair[0] == pair[1]).map(|pair| &pair[0]).collect()
    }

    /// Whether each site of an environment is what the store says that runs there.
    pub fn stands_as_recorded(&self, environment: &str) -> bool {
        let running = self.environments[environment].running.map(|id| self.versions[&id.to_string()].clone());
        self.sites.values().all(|site| site.current == running)
    }
}

/// Whether no deployment and no delivery is under way, and everything was told.
pub fn ended(world: &World) -> bool {
    let store = world.store();
    world
        .block_on(async {
            let mut reader = store.read().await?;
            let running = reader.history(None, 1000).await?.iter().any(|one| one.ended_at.is_none());
            Ok::<_, botadura::store::Error>(!running && reader.waiting_deliveries().await? == 0 && reader.stale_count().await? == 0)
        })
        .expect("the store answers")
}

/// What this world leaves behind.
pub fn snapshot(world: &World) -> Snapshot {
    let store = world.store();
    let (history, environments) = world
        .block_on(async {
            let mut reader = store.read().await?;
            Ok::<_, botadura::store::Error>((reader.history(None, 1000).await?, reader.environments().await?))
        })
        .expect("the store answers");
    let mut ledger: Vec<String> = world.read("ledger").lines().map(str::to_owned).collect();
    ledger.sort();
    let version = |sha: &str| world.repository.show(sha, "VERSION");
    Snapshot {
        history: history.iter().rev().map(|one| format!("{} {}", one.id, one.result.as_deref().unwrap_or("running"))).collect(),
        ledger,
        environments: environments.into_iter().map(|(id, row)| (id.name.to_string(), timeless(row))).collect(),
        deliveries: world.outcomes().into_iter().filter(|(_, reply)| !is_of_a_person(reply.as_ref())).collect(),
        sites: sites(world.root()),
        versions: history.iter().filter_map(|one| Some((one.id.to_string(), version(one.version.as_ref()?.sha.as_str())))).collect(),
    }
}

fn timeless(mut row: EnvironmentRow) -> EnvironmentRow {
    if let Some(hold) = &mut row.hold {
        hold.since = jiff::Timestamp::UNIX_EPOCH;
    }
    row
}

/// A person's wish may come too late or at another moment: what matters of it is in the history.
fn is_of_a_person(reply: Option<&Reply>) -> bool {
    !matches!(reply, Some(Reply::Decided { .. } | Reply::Parked { .. } | Reply::Closed { .. }))
}

fn sites(root: &Path) -> BTreeMap<String, Site> {
    let names = names(root).into_iter().filter(|name| name.starts_with("site"));
    let mut sites: BTreeMap<String, Site> = names
        .map(|name| {
            let site = root.join(&name);
            let current = std::fs::read_to_string(site.join("current/VERSION")).ok().map(|text| text.trim().to_owned());
            let releases = names_of(&site.join("releases"));
            (name, Site { current, releases, served: BTreeMap::new() })
        })
        .collect();
    for (site, release) in served(root) {
        *sites.entry(site).or_default().served.entry(release).or_default() += 1;
    }
    sites.retain(|_, site| *site != Site::default());
    sites
}

fn names(folder: &Path) -> Vec<String> {
    std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.file_name().to_string_lossy().into_owned()).collect()
}

fn names_of(folder: &Path) -> BTreeSet<String> {
    names(folder).into_iter().collect()
}

/// The site and the release of every process that serves one: those that live in a release's folder.
fn served(root: &Path) -> Vec<(String, String)> {
    let mut served = Vec::new();
    for name in names(Path::new("/proc")) {
        let process = Path::new("/proc").join(&name);
        let Ok(cwd) = std::fs::read_link(process.join("cwd")) else { continue };
        let Ok(inside) = cwd.strip_prefix(root) else { continue };
        let parts: Vec<String> = inside.iter().map(|part| part.to_string_lossy().into_owned()).collect();
        let words = std::fs::read(process.join("cmdline")).unwrap_or_default();
        if let [site, releases, release, ..] = &parts[..]
            && releases == "releases"
            && String::from_utf8_lossy(&words).contains("demo-app")
        {
            served.push((site.clone(), release.clone()));
        }
    }
    served
}
