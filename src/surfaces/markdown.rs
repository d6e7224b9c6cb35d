//! Markdown as GitHub reads it, in which nothing that comes from outside means anything.

/// A text in which nothing is marked up, nobody is mentioned, and no number becomes a link to an issue.
pub fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match c {
            '\\' | '`' | '*' | '_' | '{' | '}' | '[' | ']' | '<' | '>' | '|' | '~' | '!' | '&' | '(' | ')' => out.extend(['\\', c]),
            // GitHub looks for these in the rendered text, where a backslash is gone.
            '@' | '#' => out.extend([c, '\u{200b}']),
            c if c.is_control() => out.push(' '),
            c => out.push(c),
        }
    }
    // What begins a line may begin a heading, a list or a quote.
    let begins = out.starts_with(['-', '+', '=', '#', '>'])
        || out.split('.').next().is_some_and(|head| !head.is_empty() && head.chars().all(|c| c.is_ascii_digit()));
    if begins { format!("\u{200b}{out}") } else { out }
}

/// The longest text that is put anywhere, in bytes: GitHub takes 65,536 characters.
const LONGEST: usize = 60_000;

/// A text that is not too long for GitHub.
pub fn cut(mut text: String) -> String {
    if text.len() > LONGEST {
        let end = (0..=LONGEST).rev().find(|at| text.is_char_boundary(*at)).unwrap_or_default();
        text.truncate(end);
        text.push('…');
    }
    text
}

/// A text as code, in which nothing means anything.
pub fn code(text: &str) -> String {
    let text: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or_default();
    let fence = "`".repeat(longest + 1);
    let pad = if text.starts_with('`') || text.ends_with('`') { " " } else { "" };
    format!("{fence}{pad}{text}{pad}{fence}")
}

/// Lines as they stand, the indented ones as a list below the one before.
pub fn lines(lines: &[String]) -> String {
    let mut out: Vec<String> = Vec::new();
    let mut was_inner = false;
    for line in lines.iter().filter(|line| !line.trim().is_empty()) {
        let inner = line.trim_start();
        let depth = line.len() - inner.len();
        // What follows a list would be taken for a part of its last item, and what follows a line for the same line.
        if !out.is_empty() && (depth == 0 || !was_inner) {
            out.push(String::new());
        }
        was_inner = depth > 0;
        out.push(if depth == 0 { escaped(inner) } else { format!("{}- {}", "  ".repeat((depth - 1) / 2), escaped(inner)) });
    }
    out.join("\n")
}

#[cfg(test)]
mod tests {
    use pulldown_cmark::{Event, Options, Parser, Tag};

    use super::*;

    #[test]
    fn nothing_from_outside_means_anything() {
        for text in [
            "@acme/team and @ada",
            "<!-- hidden --> <script>",
            "[a](https://x) ![b](y) `c` **d** _e_ ~~f~~ | g |",
            "acme/shop#12 #3",
            "# no heading",
            "- no list",
            "1. no list",
            "> no quote",
            "&copy; \\* end",
        ] {
            let shown = escaped(text);
            assert!(!shown.contains("@a") && !shown.contains("#1") && !shown.contains("#3"), "{shown}");
            let events: Vec<Event<'_>> = Parser::new_ext(&shown, Options::all()).collect();
            let plain = |event: &Event<'_>| matches!(event, Event::Text(_) | Event::Start(Tag::Paragraph) | Event::End(_));
            assert!(events.iter().all(plain), "{text}: {events:?}");
        }
        for text in ["a`b", "``", "`", "plain", "</code> @ada"] {
            let shown = code(text);
            let events: Vec<Event<'_>> = Parser::new_ext(&shown, Options::all()).collect();
            assert!(matches!(&events[..], [_, Event::Code(inner), _] if inner.as_ref() == text), "{text}: {events:?}");
        }
    }

    #[test]
    fn what_is_indented_is_a_list_below() {
        let told = ["You may deploy to x:", "  /deploy", "  /help", "Bye"].map(str::to_owned);
        assert_eq!(lines(&told), "You may deploy to x:\n\n- /deploy\n- /help\n\nBye");
    }
}
