//! Mistakes as a person reads them: the line with what is wrong underlined, and what to do about it.

use annotate_snippets::{AnnotationKind, Group, Level, Origin, Renderer, Snippet};

use crate::{
    domain::manifest::{Mistake, Place, Severity},
    settings,
};

/// How many characters are underlined at most.
const WIDEST: usize = 100;

/// Every mistake, in this order, coloured; whoever prints it takes the colours out where nobody sees them. The lines are
/// read from the files again: where they have changed since, what stands there now is shown.
pub(super) fn rendered(mistakes: &[Mistake]) -> String {
    let mut text = String::new();
    let mut open: Option<(&str, Option<String>)> = None;
    for mistake in mistakes {
        if open.as_ref().is_none_or(|(file, _)| *file != mistake.file) {
            open = Some((&mistake.file, settings::text(mistake.file.as_ref()).ok()));
        }
        let source = open.as_ref().and_then(|(_, source)| source.as_deref());
        text.push_str(&one(mistake, source));
        text.push_str("\n\n");
    }
    text
}

/// One mistake, without a newline at its end.
fn one(mistake: &Mistake, source: Option<&str>) -> String {
    let told = mistake.diagnostic();
    let level = match told.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
        Severity::Note => Level::NOTE,
    };
    let (file, help) = (visible(&mistake.file), told.help.as_deref().map(visible));
    let title = level.primary_title(visible(&told.message)).id(told.code);
    let found = mistake.place.and_then(|place| Some((place, line(source?, place.line)?)));
    let mut group = Group::with_title(title);
    group = match (found, mistake.place) {
        (Some((place, line)), _) => {
            let mut line: String = line.chars().map(shown).collect();
            if mistake.code.may_be_secret() {
                line = masked(&line, place);
            }
            let marked = AnnotationKind::Primary.span(span(&line, place));
            group.element(Snippet::source(line).path(file).line_start(place.line).annotation(marked))
        }
        (None, Some(place)) => group.element(Origin::path(file).line(place.line).char_column(place.column)),
        (None, None) => group.element(Origin::path(file)),
    };
    if let Some(help) = help {
        group = group.element(Level::HELP.message(help));
    }
    Renderer::styled().render(&[group])
}

/// A line with what is wrong in it unreadable, and all that follows.
fn masked(line: &str, place: Place) -> String {
    let before = line.chars().take(place.column - 1);
    before.chain(std::iter::repeat_n('•', place.width.clamp(3, 60))).collect()
}

/// A line, from 1, as YAML counts them: without a mark at the file's start, ended by a line feed, a carriage return, or both.
fn line(source: &str, number: usize) -> Option<&str> {
    let mut rest = source.strip_prefix('\u{feff}').unwrap_or(source);
    for _ in 1..number {
        let end = rest.find(['\n', '\r'])?;
        rest = rest[end..].strip_prefix("\r\n").unwrap_or(&rest[end + 1..]);
    }
    Some(rest.split(['\n', '\r']).next().unwrap_or_default())
}

/// Which bytes of a line are wrong. A place past its end is its end.
fn span(line: &str, place: Place) -> std::ops::Range<usize> {
    let byte = |character: usize| line.char_indices().nth(character).map_or(line.len(), |(byte, _)| byte);
    let first = place.column.saturating_sub(1);
    byte(first)..byte(first.saturating_add(place.width.min(WIDEST)))
}

/// One character for one, so that what is underlined stays where it is; a tab is the renderer's.
fn shown(c: char) -> char {
    if c.is_control() && c != '\t' { '\u{fffd}' } else { c }
}

/// A text in one line, whatever a file made of it.
fn visible(text: &str) -> String {
    text.chars().flat_map(|c| if c.is_control() { c.escape_default().collect::<Vec<_>>() } else { vec![c] }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::manifest::Code;

    fn plain(source: &str, line: usize, column: usize, width: usize) -> String {
        let code = Code::UnknownKey { key: "stepz".into(), near: Some("steps".into()), expected: Vec::new() };
        let mistake = Mistake { file: "apps/shop.yaml".into(), place: Some(Place { line, column, width }), code };
        anstream::adapter::strip_str(&one(&mistake, Some(source))).to_string()
    }

    #[test]
    fn it_is_shown_where_it_is() {
        let told = plain("a: b\r\n\tñandú: 日本語 stepz\r\n", 2, 13, 5);
        let lines: Vec<&str> = told.lines().collect();
        assert_eq!(lines[0..2], ["error[unknown-key]: unknown key 'stepz'", " --> apps/shop.yaml:2:13"]);
        assert_eq!(lines[3..5], ["2 |     ñandú: 日本語 stepz", "  |                   ^^^^^"]);
        assert_eq!(lines[6], "  = help: did you mean 'steps'?");
    }

    #[test]
    fn what_is_not_there_is_shown_without_its_line() {
        assert!(plain("a\n", 7, 3, 5).contains("apps/shop.yaml:7:3"));
        assert!(plain("a\n", 1, 9, 5).contains("1 | a\n  |  ^"));
        assert!(plain("", 1, 1, 5).contains("apps/shop.yaml:1:1"));
    }

    #[test]
    fn a_long_line_is_cut_around_what_is_wrong() {
        let told = plain(&format!("{}stepz{}", "x".repeat(500_000), "y".repeat(500_000)), 1, 500_001, 100_000);
        assert!(told.contains("shop.yaml:1:500001") && told.contains("xstepzy") && told.contains("^^^^^") && told.len() < 1_500, "{told}");
    }

    proptest::proptest! {
        #[test]
        fn nothing_panics(source in r"[\PC\x00-\x1f\u{200b}\u{202e}\u{feff}e\u{301}日]{0,80}", line in 0..5_usize, column in 0..100_usize, width in 0..100_usize) {
            plain(&source, line, column, width);
        }
    }
}
