//! Text from outside, made harmless for a terminal and for the eye.

/// The longest text that is put into a sentence, in characters.
const LONGEST: usize = 1000;

/// The text as one line that does nothing but stand there: control characters (also ESC and line breaks), marks that
/// turn the direction of writing and characters that cannot be seen are replaced, and what is too long is cut.
pub fn harmless(text: &str) -> String {
    let mut line: String = text.chars().take(LONGEST).map(shown).collect();
    if text.chars().nth(LONGEST).is_some() {
        line.push('…');
    }
    line
}

fn shown(c: char) -> char {
    match c {
        '\t' => ' ',
        _ if is_harmful(c) => '\u{fffd}',
        _ => c,
    }
}

fn is_harmful(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{61c}' | '\u{180e}'
            | '\u{200b}' | '\u{200e}' | '\u{200f}'           // unseen, or of a direction
            | '\u{2028}'..='\u{202e}'                        // line ends, embeddings, overrides
            | '\u{2060}'..='\u{206f}'                        // unseen, isolates
            | '\u{feff}' | '\u{fff9}'..='\u{fffb}'
            | '\u{e0000}'..='\u{e007f}') // tags
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_gets_through_that_moves_the_cursor_rings_or_turns_the_line() {
        let hostile = "a\u{1b}[2Jb\u{7}c\rd\ne\u{9b}31mf\u{202e}g\u{2066}h\u{200b}i\u{2028}j\u{7f}";
        assert_eq!(harmless(hostile), "a�[2Jb�c�d�e�31mf�g�h�i�j�");
        assert_eq!(harmless("a\tb"), "a b");
        assert_eq!(harmless("ünïcode-✓ $(id);`x`"), "ünïcode-✓ $(id);`x`");
        assert_eq!(harmless(&"x".repeat(5000)).chars().count(), LONGEST + 1);
    }
}
