//! Parts of sentences that several mistakes have.

use super::nearest;

/// What may stand there instead: the nearest, else all of them.
pub(super) fn options(near: Option<&str>, all: &[String]) -> String {
    match (near, all) {
        (Some(near), _) => format!("; did you mean '{near}'?"),
        (None, []) => String::new(),
        (None, [one]) => format!("; there is {one}"),
        (None, all) => format!("; there are {}", all.join(", ")),
    }
}

/// The words that may stand there, and the one that was probably meant.
pub(super) fn word(text: &str, expected: &[&'static str]) -> String {
    match (expected, nearest(text, expected.iter().copied())) {
        ([only], _) => format!("{text:?} means nothing here; there is {only}"),
        (all, None) => format!("{text:?} is not one of {}", all.join(", ")),
        (all, Some(near)) => format!("{text:?} is not one of {}; did you mean '{near}'?", all.join(", ")),
    }
}

/// `'a' comes after 'b', which comes after 'a'`
pub(super) fn circle(names: &[String]) -> String {
    let quoted: Vec<String> = names.iter().map(|name| format!("'{name}'")).collect();
    match &quoted[..] {
        [own] => format!("{own} comes after itself"),
        names => format!(
            "{} comes after {}",
            names.first().map_or("", String::as_str),
            names[1..].iter().chain(names.first()).cloned().collect::<Vec<_>>().join(", which comes after ")
        ),
    }
}
