//! The architecture, held by a test: which module may import which, and where vendors and SQL may stand.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

/// Which of our modules a module may import. What is not listed may import nothing of ours.
const MAY_IMPORT: [(&str, &[&str]); 14] = [
    ("domain", &[]),
    ("clock", &["domain"]),
    ("store", &["domain"]),
    ("github", &["domain"]),
    ("signals", &["domain"]),
    ("steps", &["domain", "signals", "github"]),
    ("surfaces", &["domain", "github"]),
    ("engine", &["domain", "store", "steps", "signals", "surfaces", "github"]),
    ("web", &["domain", "store", "surfaces", "github"]),
    ("settings", &["domain", "store", "github", "steps", "surfaces", "engine", "web"]),
    ("telemetry", &[]),
    ("app", &["clock", "domain", "store", "github", "signals", "steps", "surfaces", "engine", "web", "settings", "telemetry"]),
    ("cli", &["app", "clock", "domain", "store", "github", "signals", "steps", "surfaces", "engine", "web", "settings", "telemetry"]),
    (
        "lib",
        &["app", "cli", "clock", "domain", "engine", "github", "settings", "signals", "steps", "store", "surfaces", "telemetry", "web"],
    ),
];

/// Crates and the only modules in which they may be named.
const ONLY_IN: [(&str, &[&str]); 6] = [
    ("actix_web", &["web"]),
    ("octocrab", &["github"]),
    ("slack_morphism", &["slack"]),
    ("sqlx", &["store"]),
    ("clap", &["cli"]),
    ("fluent_bundle", &["surfaces"]),
];

/// What the pure core must never name.
const NOT_IN_DOMAIN: [&str; 7] = ["tokio", "actix_web", "octocrab", "reqwest", "sqlx", "Timestamp::now", "async fn"];

fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).expect("src is there").flatten() {
        let path = entry.path();
        if path.is_dir() {
            files.extend(sources(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files
}

/// The top-level module of a file: `store` for `src/store/open.rs`, `lib` for the root and `main`.
fn module(path: &Path) -> String {
    let relative = path.strip_prefix("src").expect("below src");
    let first = relative.components().next().expect("a name").as_os_str().to_string_lossy().replace(".rs", "");
    if matches!(first.as_str(), "main" | "lib") { "lib".to_owned() } else { first }
}

/// A file without its comments, texts and tests.
fn code(path: &Path) -> String {
    let text = fs::read_to_string(path).expect("a source is readable");
    let text = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
    text.lines().map(|line| line.split("//").next().unwrap_or_default()).collect::<Vec<_>>().join("\n")
}

/// Our modules that a file imports: `crate::x`, also within `use crate::{x, y::z}`.
fn imports(code: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for rest in code.split("crate::").skip(1).chain(code.split("botadura::").skip(1)) {
        match rest.strip_prefix('{') {
            Some(group) => found.extend(group_heads(group)),
            None => {
                found.insert(rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect());
            }
        }
    }
    found
}

/// The first words of a use-group: `a::b, c::{d, e}, f}` gives a, c, f.
fn group_heads(group: &str) -> Vec<String> {
    let (mut depth, mut heads, mut word, mut at_head) = (0, Vec::new(), String::new(), true);
    for c in group.chars() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => at_head = true,
            c if depth == 0 && at_head && (c.is_alphanumeric() || c == '_') => word.push(c),
            _ if depth == 0 && at_head && !word.is_empty() => {
                heads.push(std::mem::take(&mut word));
                at_head = false;
            }
            _ => {}
        }
        if (c == ',' || c == '}') && !word.is_empty() {
            heads.push(std::mem::take(&mut word));
        }
    }
    if !word.is_empty() {
        heads.push(word);
    }
    heads
}

fn is_test(path: &Path) -> bool {
    path.components().any(|part| matches!(part.as_os_str().to_string_lossy().as_ref(), "tests" | "tests.rs"))
}

#[test]
fn modules_import_only_what_the_table_allows() {
    let mut wrong = Vec::new();
    for path in sources(Path::new("src")).into_iter().filter(|path| !is_test(path)) {
        let own = module(&path);
        let allowed = MAY_IMPORT.iter().find(|(name, _)| *name == own).map_or(&[][..], |(_, allowed)| *allowed);
        for import in imports(&code(&path)) {
            let ours = MAY_IMPORT.iter().any(|(name, _)| *name == import);
            if ours && import != own && !allowed.contains(&import.as_str()) {
                wrong.push(format!("{} imports {import}", path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn the_web_knows_of_the_surfaces_their_words_alone() {
    for path in sources(Path::new("src/web")) {
        let code = code(&path);
        for rest in code.split("surfaces::").skip(1) {
            assert!(rest.starts_with("text"), "{} imports more of the surfaces than their text", path.display());
        }
    }
}

#[test]
fn vendors_and_sql_stand_where_they_belong() {
    let mut wrong = Vec::new();
    for path in sources(Path::new("src")) {
        let (own, code) = (module(&path), code(&path));
        for (name, modules) in ONLY_IN {
            if code.contains(&format!("{name}::")) && !modules.contains(&own.as_str()) {
                wrong.push(format!("{} names {name}", path.display()));
            }
        }
        let sql = ["SELECT ", "INSERT INTO ", "DELETE FROM "];
        if own != "store" && sql.iter().any(|word| code.contains(word)) {
            wrong.push(format!("{} holds SQL", path.display()));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn the_domain_is_pure() {
    let mut wrong = Vec::new();
    for path in sources(Path::new("src/domain")).into_iter().filter(|path| !is_test(path)) {
        let code = code(&path);
        wrong.extend(NOT_IN_DOMAIN.iter().filter(|word| code.contains(**word)).map(|word| format!("{} names {word}", path.display())));
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn every_module_says_what_it_is_for_and_no_file_is_too_long() {
    let mut wrong = Vec::new();
    for path in sources(Path::new("src")) {
        let text = fs::read_to_string(&path).expect("a source is readable");
        if !text.starts_with("//!") {
            wrong.push(format!("{} does not begin with //!", path.display()));
        }
        if text.lines().count() > 500 {
            wrong.push(format!("{} has more than 500 lines", path.display()));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn a_group_of_imports_is_read_to_its_end() {
    let heads = imports("use crate::{\n    domain::{a::B, c},\n    store,\n    web::X,\n};\nlet x = crate::engine::run();");
    let expected: BTreeSet<String> = ["domain", "engine", "store", "web"].map(str::to_owned).into();
    assert_eq!(heads, expected);
}
