//! Patterns for branches, tags and paths, in GitHub Actions' filter syntax.
//!
//! Matching takes time in proportion to the pattern's length times the name's, whatever the two are: a name is hostile
//! text, so there is no backtracking.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

mod glob;
use glob::Glob;
pub use glob::Why;

/// The longest list that is read.
const MOST: usize = 256;

/// A list of patterns, of which `!` excludes what an earlier one included; the last one that matches decides.
///
/// It is written and read as the texts that it came from; a text alone is read as a list of one.
#[derive(Clone, Default)]
pub struct Patterns {
    sources: Vec<String>,
    globs: Vec<(bool, Glob)>,
}

/// Why a list of texts is not a list of patterns.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// One of the texts is not a pattern.
    #[error("{pattern:?} is not a pattern: {why}")]
    NotAPattern {
        /// The text's place in the list, from 0.
        index: usize,
        /// The text.
        pattern: String,
        /// What is wrong with it.
        why: Why,
    },
    /// Every one of them excludes.
    #[error("a list of patterns needs one without '!' that includes something")]
    NothingIncluded,
    /// There are more than anybody needs.
    #[error("a list may hold {MOST} patterns at most")]
    TooMany,
}

impl Patterns {
    /// Reads a list of patterns. An empty list is one that restricts nothing.
    pub fn new(sources: impl IntoIterator<Item = impl Into<String>>) -> Result<Self, Error> {
        let sources: Vec<String> = sources.into_iter().take(MOST + 1).map(Into::into).collect();
        if sources.len() > MOST {
            return Err(Error::TooMany);
        }
        let mut globs = Vec::with_capacity(sources.len());
        for (index, source) in sources.iter().enumerate() {
            let (includes, text) = source.strip_prefix('!').map_or((true, source.as_str()), |rest| (false, rest));
            let glob = text.parse().map_err(|why| Error::NotAPattern { index, pattern: source.clone(), why })?;
            globs.push((includes, glob));
        }
        if !globs.is_empty() && !globs.iter().any(|(includes, _)| *includes) {
            return Err(Error::NothingIncluded);
        }
        Ok(Self { sources, globs })
    }

    /// Whether there are none, which means that nothing is restricted.
    pub fn is_empty(&self) -> bool {
        self.sources.is_empty()
    }

    /// The patterns as they were written.
    pub fn sources(&self) -> &[String] {
        &self.sources
    }

    /// Whether a name is included. An empty list includes every name.
    pub fn matches(&self, name: &str) -> bool {
        let last = self.globs.iter().rev().find(|(_, glob)| glob.matches(name));
        self.is_empty() || last.is_some_and(|(includes, _)| *includes)
    }

    /// Whether one of these names is included. An empty list answers yes, also when there are no names.
    pub fn matches_any<'a>(&self, names: impl IntoIterator<Item = &'a str>) -> bool {
        self.is_empty() || names.into_iter().any(|name| self.matches(name))
    }
}

impl fmt::Debug for Patterns {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Patterns").field(&self.sources).finish()
    }
}

impl PartialEq for Patterns {
    fn eq(&self, other: &Self) -> bool {
        self.sources == other.sources
    }
}

impl Eq for Patterns {}

impl FromStr for Patterns {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        Self::new([text])
    }
}

impl Serialize for Patterns {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.sources.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Patterns {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let super::written::Several::<String>(texts) = Deserialize::deserialize(deserializer)?;
        Self::new(texts).map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The tables of GitHub's "filter pattern cheat sheet": patterns, what they match, what they do not.
    const GITHUB: &[(&[&str], &[&str], &[&str])] = &[
        (&["feature/*"], &["feature/my-branch", "feature/your-branch"], &["feature/a/b", "feature"]),
        (&["feature/**"], &["feature/beta-a/my-branch", "feature/your-branch", "feature/mona/the/octocat"], &["main"]),
        (&["main"], &["main"], &["main2", "xmain", "Main"]),
        (&["*"], &["main", "releases", "README.md"], &["all/the/branches"]),
        (&["**"], &["all/the/branches", "every/tag", ""], &[]),
        (&["*feature"], &["mona-feature", "feature", "ver-10-feature"], &["feature-x", "a/feature"]),
        (&["v2*"], &["v2", "v2.0", "v2.9"], &["v1"]),
        (&["v[12].[0-9]+.[0-9]+"], &["v1.10.1", "v2.0.0"], &["v3.0.0", "v1..1", "v1.0", "v1x0x0"]),
        (&["*.jsx?"], &["page.js", "page.jsx"], &["page.jsxx", "a/page.js"]),
        (&["**.js"], &["index.js", "js/index.js", "src/js/app.js"], &["index.ts"]),
        (&["docs/*"], &["docs/README.md", "docs/file.txt"], &["docs/a/b"]),
        (&["docs/**/*.md"], &["docs/README.md", "docs/mona/hello-world.md", "docs/a/markdown/file.md"], &["docsREADME.md"]),
        (&["**/docs/**"], &["docs/hello.md", "dir/docs/my-file.txt", "space/docs/plan/space.doc"], &["mydocs/x"]),
        (&["**/README.md"], &["README.md", "js/README.md"], &["xREADME.md"]),
        (&["**/*src/**"], &["a/src/app.js", "my-src/code/js/app.js"], &["src"]),
        (&["**/*-post.md"], &["my-post.md", "path/their-post.md"], &["post.md"]),
        (&["**/migrate-*.sql"], &["migrate-10909.sql", "db/migrate-v1.0.sql", "db/sept/migrate-v1.sql"], &[]),
        (&["*.md", "!README.md"], &["hello.md"], &["README.md", "docs/hello.md"]),
        (&["*.md", "!README.md", "README*"], &["hello.md", "README.md", "README.doc"], &["docs/hello.md"]),
        (&["releases/**", "!releases/**-alpha"], &["releases/10"], &["releases/10-alpha", "releases/beta/3-alpha"]),
        (&["!main", "**"], &["main"], &[]),
        (&[r"c\+\+", r"what\?", r"a\*b"], &["c++", "what?", "a*b"], &["c", "cc", "wha", "axb"]),
        (&["[a-c_]x"], &["ax", "cx", "_x"], &["dx", "x", "aax"]),
        (&["a]"], &["a]"], &["a"]),
        (&[], &["anything"], &[]),
    ];

    #[test]
    fn patterns_match_what_github_says_they_match() {
        for (patterns, yes, no) in GITHUB {
            let compiled = Patterns::new(patterns.iter().copied()).expect("a valid pattern");
            for name in *yes {
                assert!(compiled.matches(name), "{patterns:?} should match {name:?}");
            }
            for name in *no {
                assert!(!compiled.matches(name), "{patterns:?} should not match {name:?}");
            }
        }
    }

    #[test]
    fn what_is_not_a_pattern_says_why() {
        for (patterns, why) in [
            (vec!["?a"], r#""?a" is not a pattern: '?' repeats the character before it, and there is none"#),
            (vec!["a", "*+"], r#""*+" is not a pattern: '+' repeats the character before it, and there is none"#),
            (vec!["a+?"], r#""a+?" is not a pattern: '?' repeats the character before it, and there is none"#),
            (vec!["[ab"], r#""[ab" is not a pattern: '[' is not closed by ']'"#),
            (vec!["[]"], r#""[]" is not a pattern: '[]' names no character"#),
            (vec!["[^a]"], r#""[^a]" is not a pattern: '[…]' names single characters and ranges such as a-z or 0-9, not ^"#),
            (vec!["[z-a]"], r#""[z-a]" is not a pattern: '[…]' names single characters and ranges such as a-z or 0-9, not z-a"#),
            (vec!["[a-Z]"], r#""[a-Z]" is not a pattern: '[…]' names single characters and ranges such as a-z or 0-9, not a-Z"#),
            (vec!["a\\"], r#""a\\" is not a pattern: '\' at the end has nothing to escape"#),
            (vec![""], r#""" is not a pattern: it is empty"#),
            (vec!["!"], r#""!" is not a pattern: it is empty"#),
            (vec!["!a"], "a list of patterns needs one without '!' that includes something"),
        ] {
            let error = Patterns::new(patterns.clone()).expect_err("not a pattern");
            assert_eq!(error.to_string(), why, "{patterns:?}");
        }
        assert!(Patterns::new(vec!["a"; 1000]).is_err());
        assert!(Patterns::new(["a".repeat(10_000)]).is_err());
    }

    #[test]
    fn an_evil_pattern_on_an_evil_name_comes_to_an_end() {
        let patterns: Patterns = "**a".repeat(100).parse().expect("a pattern");
        assert!(!patterns.matches(&"a".repeat(20_000).replace("aa", "ab")));
        assert!(!patterns.matches(&("a".repeat(20_000) + "!")));
    }

    #[test]
    fn patterns_are_read_from_a_text_or_a_list_and_written_as_a_list() {
        let one: Patterns = serde_json::from_str(r#""main""#).expect("a pattern");
        assert_eq!(serde_json::to_string(&one).expect("JSON"), r#"["main"]"#);
        assert_eq!(serde_json::from_str::<Patterns>(r#"["main"]"#).expect("patterns"), one);
        assert!(serde_json::from_str::<Patterns>(r#"["["]"#).is_err());
        assert!(!one.matches_any([]) && Patterns::default().matches_any([]));
    }

    proptest! {
        #[test]
        fn nothing_panics(pattern in r"[\PC*?+\[\]!/\\a-c-]{0,20}", name in r"\PC{0,20}") {
            if let Ok(patterns) = pattern.parse::<Patterns>() {
                let _ = patterns.matches(&name);
            }
        }

        #[test]
        fn an_escaped_text_matches_itself_and_nothing_else(text in r"\PC{1,20}", other in r"\PC{0,20}") {
            let escaped: String = text.chars().flat_map(|c| ['\\', c]).collect();
            let patterns: Patterns = escaped.parse().expect("an escaped text");
            prop_assert!(patterns.matches(&text));
            prop_assert_eq!(patterns.matches(&other), text == other);
        }

        #[test]
        fn two_stars_match_everything_and_one_stops_at_a_slash(name in r"\PC{0,20}") {
            prop_assert!("**".parse::<Patterns>().expect("a pattern").matches(&name));
            prop_assert_eq!("*".parse::<Patterns>().expect("a pattern").matches(&name), !name.contains('/'));
        }
    }
}
