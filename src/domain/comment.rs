//! Comments: which lines of one are commands.
//!
//! Markdown is read by a parser, so that what stands in code, quotes, lists, links, headings, tables or HTML never
//! commands. A line counts if the paragraph that it stands in is one of the comment's own, begins with `/`, and the line
//! does too.

use jiff::Timestamp;
use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The longest comment that is read, in bytes: GitHub takes none that is longer.
const LONGEST: usize = 1 << 18;

/// How many commands of one comment are answered; a comment with more is refused as a whole.
pub const MOST: usize = 10;

/// A comment as GitHub told it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Comment {
    /// Its number, by which it can be read again.
    pub id: u64,
    /// The issue or pull request that it stands on.
    pub on: u64,
    /// Whether that is a pull request.
    pub is_pull_request: bool,
    /// When it was written, by GitHub's clock, which tells whole seconds.
    pub at: Timestamp,
    /// What it says, in Markdown.
    pub body: String,
}

/// The lines of a comment that are commands, in their order. At most ten; the last is then one too many.
pub fn commands(markdown: &str) -> Vec<&str> {
    if markdown.len() > LONGEST {
        return Vec::new();
    }
    let mut found = Vec::new();
    let mut reader = Reader::default();
    let options = Options::ENABLE_TABLES | Options::ENABLE_FOOTNOTES | Options::ENABLE_STRIKETHROUGH | Options::ENABLE_TASKLISTS;
    for (event, place) in Parser::new_ext(markdown, options).into_offset_iter() {
        found.extend(reader.next(&event, place).and_then(|line| markdown.get(line)));
    }
    // Where one thing spans several lines, none of them is a line by itself.
    let is_one = |line: &&str| line.starts_with('/') && !line.contains(['\n', '\r']);
    found.into_iter().map(str::trim).filter(is_one).take(MOST + 1).collect()
}

/// Follows a document, and cuts its plain paragraphs into lines.
#[derive(Default)]
struct Reader {
    /// In how many things it is: a paragraph of the comment's own is in none.
    depth: usize,
    /// The line that is open, where the paragraph is one of the comment's own.
    line: Option<Line>,
    /// Whether the paragraph began with `/`.
    commands: bool,
    /// Its first line has not ended yet.
    first: bool,
}

struct Line {
    from: usize,
    to: usize,
    /// It begins in plain text, with `/`.
    plain: bool,
    /// Something stands in it that is not shown as it is written.
    hidden: bool,
    /// Nothing of it was read yet.
    empty: bool,
}

impl Reader {
    /// The line that ends here, if it counts.
    fn next(&mut self, event: &Event<'_>, place: std::ops::Range<usize>) -> Option<std::ops::Range<usize>> {
        match event {
            Event::Start(Tag::Paragraph) if self.depth == 0 => {
                self.depth = 1;
                self.first = true;
                self.line = Some(Line::from(place.start));
                None
            }
            Event::End(TagEnd::Paragraph) if self.depth == 1 => {
                self.depth = 0;
                self.ended()
            }
            Event::SoftBreak | Event::HardBreak if self.depth == 1 => {
                let ended = self.ended();
                self.line = Some(Line::from(place.end));
                ended
            }
            Event::Start(_) => {
                self.read(place, false, false);
                self.depth += 1;
                None
            }
            Event::End(_) => {
                self.depth = self.depth.saturating_sub(1);
                None
            }
            Event::Text(text) => {
                self.read(place, self.depth == 1 && text.trim_start().starts_with('/'), false);
                None
            }
            Event::InlineHtml(_) | Event::Html(_) => {
                self.read(place, false, true);
                None
            }
            _ => {
                self.read(place, false, false);
                None
            }
        }
    }

    fn read(&mut self, place: std::ops::Range<usize>, plain: bool, hidden: bool) {
        let Some(line) = &mut self.line else { return };
        if line.empty {
            line.plain = plain;
            line.empty = false;
        }
        line.hidden |= hidden;
        line.to = line.to.max(place.end);
    }

    fn ended(&mut self) -> Option<std::ops::Range<usize>> {
        let line = self.line.take()?;
        // Of a paragraph that does not begin with a command nothing counts.
        if self.first {
            self.commands = line.plain;
            self.first = false;
        }
        (self.commands && line.plain && !line.hidden).then_some(line.from..line.to)
    }
}

impl Line {
    fn from(from: usize) -> Self {
        Self { from, to: from, plain: false, hidden: false, empty: true }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paragraphs_of_their_own_command() {
        assert_eq!(commands("/deploy staging"), ["/deploy staging"]);
        assert_eq!(commands("\r\n  /deploy staging  \r\n/why production\r\n"), ["/deploy staging", "/why production"]);
        assert_eq!(commands("/deploy staging\nthank you"), ["/deploy staging"]);
        assert_eq!(commands("Looks good.\n\n/approve\n\nThanks!"), ["/approve"]);
        assert_eq!(commands("/lock production \"a *very* good reason\""), ["/lock production \"a *very* good reason\""]);
        assert_eq!(commands("/deploy production feature_with_lines"), ["/deploy production feature_with_lines"]);
        assert_eq!(commands("/reject see https://example.com/x"), ["/reject see https://example.com/x"]);
        assert_eq!(commands("/deploy staging `main`"), ["/deploy staging `main`"]);
        assert_eq!(commands(&"/why staging\n\n".repeat(30)).len(), MOST + 1);
    }

    #[test]
    fn nothing_else_does() {
        for quiet in [
            "",
            "please /deploy staging",
            "Please\n/deploy staging",
            "`/deploy staging`",
            "```\n/deploy staging\n```",
            "~~~sh\n/deploy staging\n~~~",
            "    /deploy staging",
            "> /deploy staging",
            "> quoted\n/deploy staging",
            "- /deploy staging",
            "1. /deploy staging",
            "- [ ] /deploy staging",
            "# /deploy staging",
            "/deploy staging\n===",
            "/deploy staging\n---",
            "[/deploy staging](https://example.com)",
            "**/deploy staging**",
            "<!-- /deploy staging -->",
            "<!--\n/deploy staging\n-->",
            "<details>\n/deploy staging\n</details>",
            "/deploy <!-- x --> staging",
            "/deploy staging <b>now</b>",
            "| a |\n|---|\n| /deploy staging |",
            "\u{200b}/deploy staging",
            "\u{ff0f}deploy staging",
            "\\/deploy staging",
            "On Monday somebody wrote:\n> /deploy staging\n",
            "![/deploy staging](x.png)",
            "[^1]: /deploy staging",
        ] {
            assert_eq!(commands(quiet), [""; 0], "{quiet:?}");
        }
        assert_eq!(commands(&format!("/deploy staging\n\n{}", "x".repeat(LONGEST))), [""; 0]);
    }

    proptest::proptest! {
        #[test]
        fn nothing_panics_and_each_line_is_one(text in r"[/a-z `>*_\[\]()<!\-\n\r\t#|~\\0-9é]{0,200}") {
            for line in commands(&text) {
                assert!(line.starts_with('/') && !line.contains('\n'), "{text:?}: {line:?}");
            }
        }
    }
}
