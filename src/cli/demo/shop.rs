//! The files of the demo's repository: a shop in three versions, of which the last has a genuine defect.

/// One version of the shop.
#[derive(Debug, Clone, Copy)]
pub struct Version {
    /// Its name, as `version.txt` has it.
    pub version: &'static str,
    /// Path and content of every file.
    pub files: [(&'static str, &'static str); 3],
}

const PAGE: &str = include_str!("shop/index.html");

/// The versions in their order. Somebody committed the third one with a merge conflict in its catalogue, so its health
/// check fails.
pub const VERSIONS: [Version; 3] = [
    Version {
        version: "1.0",
        files: [("index.html", PAGE), ("catalogue.json", include_str!("shop/1/catalogue.json")), ("version.txt", "1.0\n")],
    },
    Version {
        version: "1.1",
        files: [("index.html", PAGE), ("catalogue.json", include_str!("shop/2/catalogue.json")), ("version.txt", "1.1\n")],
    },
    Version {
        version: "1.2",
        files: [("index.html", PAGE), ("catalogue.json", include_str!("shop/3/catalogue.json")), ("version.txt", "1.2\n")],
    },
];
