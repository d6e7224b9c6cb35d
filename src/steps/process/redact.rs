//! Takes secrets out of a stream of bytes, in all the spellings that programs give them.
//!
//! Known spellings: as it is, Base64 (both alphabets, with and without padding, also as a part of something longer, also
//! wrapped), percent-encoded, escaped as in JSON, hexadecimal. A secret of several lines is also taken out line by line
//! (lines of 8 bytes and more). A secret of fewer than 4 bytes is **not** taken out: it would tear holes into every
//! text, and hide nothing.

use std::collections::BTreeSet;

use aho_corasick::{AhoCorasick, Input, MatchKind};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// What stands in a secret's place.
pub const REDACTED: &str = "[redacted]";

/// The shortest secret, or spelling of one, that is looked for, in bytes.
const SHORTEST: usize = 4;

/// The shortest line of a secret of several lines that is looked for by itself, in bytes.
const SHORTEST_LINE: usize = 8;

/// What RFC 3986 leaves as it is.
const UNRESERVED: AsciiSet = NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// What JavaScript's `encodeURIComponent` leaves as it is.
const COMPONENT: AsciiSet = UNRESERVED.remove(b'!').remove(b'\'').remove(b'(').remove(b')').remove(b'*');

/// What Python's `quote` leaves as it is.
const PATH: AsciiSet = UNRESERVED.remove(b'/');

/// A stream with its secrets taken out. The result does not depend on how the stream was cut into pieces, and nothing is
/// held back but what may be the beginning of a secret.
pub struct Redactor {
    finder: Option<AhoCorasick>,
    /// All spellings, sorted.
    spellings: Vec<Vec<u8>>,
    longest: usize,
    pending: Vec<u8>,
}

impl Redactor {
    /// For these secrets.
    pub fn new<'a>(secrets: impl IntoIterator<Item = &'a str>) -> Self {
        let spellings: Vec<Vec<u8>> = secrets.into_iter().flat_map(spellings).collect::<BTreeSet<_>>().into_iter().collect();
        let longest = spellings.iter().map(Vec::len).max().unwrap_or(0);
        // Building fails only beyond 2^31 states, which the limit on a secret's size excludes.
        let finder = AhoCorasick::builder().match_kind(MatchKind::LeftmostLongest).build(&spellings).ok();
        Self { finder: finder.filter(|_| longest > 0), spellings, longest, pending: Vec::new() }
    }

    /// Takes a piece and answers what can be shown by now.
    pub fn push(&mut self, piece: &[u8]) -> Vec<u8> {
        self.pending.extend_from_slice(piece);
        self.release(false)
    }

    /// Answers what is left when nothing more comes.
    pub fn finish(&mut self) -> Vec<u8> {
        self.release(true)
    }

    /// A whole text at once.
    pub fn redact(secrets: &[&str], text: &str) -> String {
        let mut redactor = Self::new(secrets.iter().copied());
        let mut clean = redactor.push(text.as_bytes());
        clean.extend(redactor.finish());
        String::from_utf8_lossy(&clean).into_owned()
    }

    fn release(&mut self, last: bool) -> Vec<u8> {
        let Some(finder) = &self.finder else { return std::mem::take(&mut self.pending) };
        let text = std::mem::take(&mut self.pending);
        let mut clean = Vec::with_capacity(text.len());
        let mut from = 0;
        let mut hold = if last { text.len() } else { self.hold(&text, from) };
        // A match that begins before `hold` is decided: no byte to come can make it longer, or begin another earlier.
        while let Some(found) = finder.find(Input::new(&text).range(from..)).filter(|found| found.start() < hold) {
            clean.extend_from_slice(&text[from..found.start()]);
            clean.extend_from_slice(REDACTED.as_bytes());
            from = found.end();
            if hold < from {
                hold = self.hold(&text, from);
            }
        }
        clean.extend_from_slice(&text[from..hold]);
        self.pending = text[hold..].to_vec();
        clean
    }

    /// The first place from which the text is the beginning of a spelling that has not come to its end.
    fn hold(&self, text: &[u8], from: usize) -> usize {
        let first = from.max(text.len().saturating_sub(self.longest.saturating_sub(1)));
        (first..text.len()).find(|place| self.is_begun(&text[*place..])).unwrap_or(text.len())
    }

    fn is_begun(&self, end: &[u8]) -> bool {
        // Sorted: those that begin so, and are longer, come right after it.
        let place = self.spellings.partition_point(|spelling| spelling.as_slice() <= end);
        self.spellings.get(place).is_some_and(|spelling| spelling.starts_with(end))
    }
}

fn spellings(secret: &str) -> Vec<Vec<u8>> {
    let mut all = Vec::new();
    let trimmed = secret.trim_end_matches(['\r', '\n']);
    for whole in [secret, trimmed] {
        spell(whole, &mut all);
    }
    if trimmed.contains('\n') {
        for line in trimmed.lines().map(str::trim).filter(|line| line.len() >= SHORTEST_LINE) {
            spell(line, &mut all);
        }
        spell(&trimmed.replace('\n', "\r\n"), &mut all);
    }
    all
}

fn spell(secret: &str, into: &mut Vec<Vec<u8>>) {
    if secret.len() < SHORTEST {
        return;
    }
    let mut add = |spelling: String| {
        if spelling.len() >= SHORTEST {
            into.push(spelling.into_bytes());
        }
    };
    add(secret.to_owned());
    for base64 in base64_spellings(secret.as_bytes()) {
        add(base64.replace('+', "-").replace('/', "_"));
        add(base64);
    }
    for set in [&UNRESERVED, NON_ALPHANUMERIC, &COMPONENT, &PATH] {
        let encoded = utf8_percent_encode(secret, set).to_string();
        add(encoded.replace("%20", "+"));
        let lower = lower_escapes(&encoded);
        add(lower.replace("%20", "+"));
        add(lower);
        add(encoded);
    }
    // A string can always be written as JSON.
    let json = serde_json::to_string(secret).unwrap_or_default();
    let json = json.get(1..json.len().saturating_sub(1)).unwrap_or_default();
    for text in [json.to_owned(), ascii_json(json)] {
        add(text.replace('/', "\\/"));
        add(text);
    }
    let hexadecimal = hex::encode(secret);
    add(hexadecimal.to_uppercase());
    add(hexadecimal);
}

/// The secret's Base64, alone and as a part of something longer: there, the characters at its edges also depend on its
/// neighbours, and are left out.
fn base64_spellings(secret: &[u8]) -> Vec<String> {
    let whole = STANDARD.encode(secret);
    let mut all = vec![whole.trim_end_matches('=').to_owned()];
    for width in [64, 76] {
        // ASCII, so every place is between two characters.
        let lines = whole.as_bytes().chunks(width).map(|line| String::from_utf8_lossy(line).into_owned());
        all.extend(lines.filter(|line| line.len() >= SHORTEST_LINE));
    }
    for (before, skip) in [(0, 0), (1, 2), (2, 3)] {
        let mut padded = vec![0; before];
        padded.extend_from_slice(secret);
        let whole_characters = padded.len() * 8 / 6;
        let encoded = STANDARD.encode(&padded);
        all.extend(encoded.get(skip..whole_characters).map(str::to_owned));
    }
    all.push(whole);
    all
}

/// `%2F` as `%2f`.
fn lower_escapes(encoded: &str) -> String {
    let mut lower = String::with_capacity(encoded.len());
    let mut digits = 0_u8;
    for character in encoded.chars() {
        let is_digit = digits > 0;
        digits = if character == '%' { 2 } else { digits.saturating_sub(1) };
        lower.push(if is_digit { character.to_ascii_lowercase() } else { character });
    }
    lower
}

/// The same with `\u….` for all that is not ASCII.
fn ascii_json(json: &str) -> String {
    let mut ascii = String::with_capacity(json.len());
    for character in json.chars() {
        if character.is_ascii() {
            ascii.push(character);
        } else {
            ascii.extend(character.encode_utf16(&mut [0; 2]).iter().map(|unit| format!("\\u{unit:04x}")));
        }
    }
    ascii
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn in_pieces(secrets: &[&str], text: &[u8], sizes: &[usize]) -> Vec<u8> {
        let mut redactor = Redactor::new(secrets.iter().copied());
        let mut clean = Vec::new();
        let mut rest = text;
        for size in sizes.iter().cycle() {
            if rest.is_empty() {
                break;
            }
            let (piece, after) = rest.split_at((*size).min(rest.len()));
            clean.extend(redactor.push(piece));
            rest = after;
        }
        clean.extend(redactor.finish());
        clean
    }

    #[test]
    fn every_usual_spelling_is_taken_out() {
        let secret = "p@ss/w+rd=\"ü\" 1";
        let base64 = STANDARD.encode(secret);
        let in_a_header = STANDARD.encode(format!("user:{secret}"));
        let in_another = STANDARD.encode(format!("me:{secret}:x"));
        let json = serde_json::to_string(secret).expect("a string");
        let texts = [secret, &base64, &in_a_header, &in_another, &json, &hex::encode(secret), &hex::encode_upper(secret)];
        for text in texts {
            let clean = Redactor::redact(&[secret], &format!("before {text} after"));
            assert!(clean.contains(REDACTED), "{text}: {clean}");
            assert!(clean.starts_with("before ") && clean.ends_with(" after"), "{clean}");
        }
        for text in ["p%40ss%2Fw%2Brd%3D%22%C3%BC%22%201", "p%40ss%2fw%2brd%3d%22%c3%bc%22+1", r#"p@ss\/w+rd=\"\u00fc\" 1"#] {
            assert_eq!(Redactor::redact(&[secret], text), REDACTED);
        }
    }

    #[test]
    fn lines_of_a_long_secret_are_secrets_and_short_secrets_are_none() {
        let key = "-----BEGIN KEY-----\nMIIabcdefgh\nshort\n-----END KEY-----\n";
        assert_eq!(Redactor::redact(&[key], "x MIIabcdefgh y"), "x [redacted] y");
        assert_eq!(Redactor::redact(&[key], &format!("a{key}b")), "a[redacted]b");
        assert_eq!(Redactor::redact(&["abc", ""], "abc 616263"), "abc 616263");
    }

    #[test]
    fn nothing_is_held_back_but_a_possible_beginning() {
        let mut redactor = Redactor::new(["hunter2hunter2"]);
        assert_eq!(redactor.push(b"progress 10%\r"), b"progress 10%\r");
        assert_eq!(redactor.push(b"hun"), b"");
        assert_eq!(redactor.push(b"t"), b"");
        assert_eq!(redactor.push(b"ing"), b"hunting");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]

        #[test]
        fn the_pieces_do_not_matter(
            secrets in prop::collection::vec("[ab%/]{4,9}", 1..4),
            text in "[ab%/=]{0,200}",
            sizes in prop::collection::vec(1_usize..9, 1..6),
        ) {
            let secrets: Vec<&str> = secrets.iter().map(String::as_str).collect();
            let text = format!("{text}{}{}", secrets[0], text);
            let whole = Redactor::redact(&secrets, &text);
            prop_assert_eq!(in_pieces(&secrets, text.as_bytes(), &sizes), whole.as_bytes());
        }

        #[test]
        fn no_spelling_survives(
            secret in "[ -~äß€]{8,40}", before in "[0-9a-z ]{0,8}", after in "[0-9a-z ]{0,8}",
            size in 1_usize..12,
        ) {
            let raw = secret.as_bytes();
            let spelt = [
                secret.clone(), STANDARD.encode(raw), hex::encode(raw), hex::encode_upper(raw),
                utf8_percent_encode(&secret, &UNRESERVED).to_string(),
                serde_json::to_string(&secret).expect("a string"),
            ];
            for spelling in &spelt {
                let text = format!("{before}{spelling}{after}");
                let clean = in_pieces(&[&secret], text.as_bytes(), &[size]);
                let clean = String::from_utf8_lossy(&clean).into_owned();
                let core = spelling.trim_matches('"');
                prop_assert!(!clean.contains(core) && clean.contains(REDACTED), "{} in {}", core, clean);
            }
            let inside = STANDARD.encode(format!("{before}{secret}{after}"));
            let clean = Redactor::redact(&[&secret], &inside);
            prop_assert!(clean.contains(REDACTED), "{} in {}", inside, clean);
        }
    }
}
