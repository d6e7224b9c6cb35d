//! Which files are looked at, and beside which server's file each application's is.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

use super::{Findings, left};
use crate::{
    cli::arguments::CONFIG,
    domain::manifest::{Code, Mistake, Surroundings, yaml::Document},
    settings::{self, Settings, Text},
};

/// How deep folders are looked into.
const DEEPEST: usize = 16;

/// Files with their texts, in order.
type Texts = BTreeMap<PathBuf, Text>;

/// A server's file.
struct Server {
    path: PathBuf,
    /// None: it has mistakes itself.
    settings: Option<Settings>,
    /// What applications' files must agree with, as far as that can be told.
    around: Surroundings,
    /// The applications' files that it names, as they are from everywhere.
    names: BTreeSet<PathBuf>,
}

/// Looks at what these paths name; without any, at the server's file and all that it names.
pub(super) fn look(config: &Path, paths: &[PathBuf]) -> Findings {
    let mut findings = Findings::default();
    if paths.is_empty() {
        let text = settings::text(config);
        let server = server(config, text, &mut findings);
        let files = named(&server, &mut findings);
        let texts = files.into_iter().map(|path| (path.clone(), settings::text(&path))).collect();
        within(Some(&server), texts, &mut findings);
        return findings;
    }
    let mut texts = Texts::new();
    for path in paths {
        let mut found = Texts::new();
        expand(path, 0, &mut found);
        if found.is_empty() {
            let code = Code::Unreadable("there is no YAML file in this folder".to_owned());
            findings.add([Mistake { file: path.display().to_string(), place: None, code }]);
        }
        texts.extend(found);
    }
    let is_config = |path: &Path| same(path) == same(config);
    let (servers, applications): (Texts, Texts) =
        texts.into_iter().partition(|(path, text)| is_config(path) || text.as_ref().is_ok_and(|text| is_servers(text)));
    let servers: Vec<Server> = servers.into_iter().map(|(path, text)| server(&path, text, &mut findings)).collect();
    among(config, &servers, applications, &mut findings);
    findings
}

/// Each application's file beside the server's file that names it, else beside the only one there is, else by itself.
fn among(config: &Path, servers: &[Server], applications: Texts, findings: &mut Findings) {
    let mut groups: BTreeMap<usize, Texts> = BTreeMap::new();
    let mut rest = Texts::new();
    for (path, text) in applications {
        let by_name = servers.iter().position(|server| server.names.contains(&same(&path)));
        match by_name.or_else(|| (servers.len() == 1).then_some(0)) {
            Some(server) => _ = groups.entry(server).or_default().insert(path, text),
            None => _ = rest.insert(path, text),
        }
    }
    for (server, texts) in groups {
        within(Some(&servers[server]), texts, findings);
    }
    if rest.is_empty() {
        return;
    }
    // A file that somebody has named must be there; the one that is looked for by default may be missing.
    if config.exists() || config != Path::new(CONFIG) {
        let server = server(config, settings::text(config), findings);
        within(Some(&server), rest, findings);
    } else {
        for one in rest {
            within(None, Texts::from([one]), findings);
        }
    }
}

/// Reads a server's file and notes what is wrong with it.
fn server(path: &Path, text: Text, findings: &mut Findings) -> Server {
    findings.files.insert(path.display().to_string());
    let told = text.as_ref().map_or_else(|_| Surroundings::default(), |text| settings::surroundings(path, text));
    let read = text.and_then(|text| settings::read(path, &text));
    let settings = read.map_err(|mistakes| findings.add(mistakes)).ok();
    let around = settings.as_ref().map_or(told, Settings::surroundings);
    let mut server = Server { path: path.to_owned(), settings, around, names: BTreeSet::new() };
    server.names = named(&server, &mut Findings::default()).iter().map(|path| same(path)).collect();
    server
}

/// The applications' files that a server's file names; of one with mistakes, those that are looked for by default.
fn named(server: &Server, findings: &mut Findings) -> BTreeSet<PathBuf> {
    let mut mistakes = Vec::new();
    let files = if let Some(settings) = &server.settings {
        settings::files(&settings.folder, &settings.applications, &mut mistakes)
    } else {
        let folder = server.path.parent().unwrap_or(Path::new(""));
        settings::files(folder, &["apps/*.yaml".to_owned()], &mut mistakes)
    };
    findings.add(mistakes);
    files
}

/// Looks at applications' files beside a server's file, and at what their steps left.
fn within(server: Option<&Server>, texts: Texts, findings: &mut Findings) {
    let settings = server.and_then(|server| server.settings.as_ref());
    let around = server.map_or_else(Surroundings::default, |server| server.around.clone());
    findings.files.extend(texts.keys().map(|path| path.display().to_string()));
    let documents: BTreeMap<PathBuf, Document> = texts
        .iter()
        .filter_map(|(path, text)| Some((path.clone(), Document::read(&path.to_string_lossy(), text.as_ref().ok()?).ok()?)))
        .collect();
    let examined = settings::examine(texts, &around);
    findings.add(examined.mistakes);
    if let Some(settings) = settings {
        let right = examined.applications.iter().filter_map(|(path, application)| Some((documents.get(path)?, application)));
        findings.add(left::mistakes(settings, &right.collect::<Vec<_>>()));
    }
}

/// A file, or the YAML files of a folder. Hidden ones, and folders behind links, are not among them.
fn expand(path: &Path, depth: usize, texts: &mut Texts) {
    if !path.is_dir() {
        texts.insert(path.to_owned(), settings::text(path));
        return;
    }
    let entries = match std::fs::read_dir(path) {
        Ok(entries) => entries,
        Err(error) => {
            let code = Code::Unreadable(error.to_string());
            texts.insert(path.to_owned(), Err(vec![Mistake { file: path.display().to_string(), place: None, code }]));
            return;
        }
    };
    for entry in entries.flatten().filter(|entry| !entry.file_name().to_string_lossy().starts_with('.')) {
        let path = entry.path();
        let is_yaml = path.extension().is_some_and(|extension| extension == "yaml" || extension == "yml");
        match entry.file_type() {
            Ok(kind) if kind.is_dir() && depth < DEEPEST => expand(&path, depth + 1, texts),
            Ok(kind) if is_yaml && (kind.is_file() || path.is_file()) => expand(&path, depth + 1, texts),
            _ => {}
        }
    }
}

/// A server's file says how GitHub is reached, an application's which repository it is about. What says neither, or both,
/// is an application's.
fn is_servers(text: &str) -> bool {
    let Ok(document) = Document::read("", text) else { return false };
    document.value().get("github").is_some() && document.value().get("repository").is_none()
}

/// A path by the name that it has from everywhere.
fn same(path: &Path) -> PathBuf {
    path.canonicalize().unwrap_or_else(|_| path.to_owned())
}
