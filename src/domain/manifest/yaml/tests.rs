//! YAML with its places, also hostile.

use proptest::prelude::*;
use serde_json::json;

use super::*;

fn told(text: &str) -> String {
    let wrong = Document::read("f", text).map_or_else(|fatal| fatal, |document| document.wrong);
    wrong.first().expect("a mistake").to_string()
}

#[test]
fn scalars_mean_what_yaml_1_2_says() {
    let text = "{a: no, b: yes, c: 08:00, d: 0o17, e: 0x1F, f: 1e3, g: .5, h: 010, i: '1', j: !!str 1, k: -1, l: 1.2.3, m: +5, n: e5, o: True, p: '', q: 1_000}";
    let document = Document::read("f", text).expect("YAML");
    let expected = json!({
        "a": "no", "b": "yes", "c": "08:00", "d": 15, "e": 31, "f": 1000.0, "g": 0.5, "h": 10, "i": "1", "j": "1", "k": -1,
        "l": "1.2.3", "m": 5, "n": "e5", "o": true, "p": "", "q": "1_000",
    });
    assert_eq!(document.value(), &expected);
}

#[test]
fn what_a_configuration_does_not_need_is_refused() {
    let deep = "[".repeat(100);
    let deep_block = "- ".repeat(100) + "a";
    for (text, expected) in [
        ("", "f: there is nothing in it"),
        ("# only words\n", "f: there is nothing in it"),
        ("a: 1\nb: 2\na: 3\n", "f:3:1: the key 'a' stands here again; it was given in line 1 already"),
        ("{x: {a: 1, 'a': 2}}", "f:1:12: the key 'a' stands here again; it was given in line 1 already"),
        ("a: 1\n---\nb: 2\n", "f:2:1: a second document begins here; a file holds one"),
        ("1: a\n", "f:1:1: a key must be a text; if it is meant as a value with a template, write that in quotes: \"{{ … }}\""),
        ("? [a]\n: b\n", "f:1:3: a key must be a text; if it is meant as a value with a template, write that in quotes: \"{{ … }}\""),
        ("? {a: b}\n: b\n", "f:1:3: a key must be a text; if it is meant as a value with a template, write that in quotes: \"{{ … }}\""),
        ("a: &x [*x]\n", "f:1:8: this alias stands within what it repeats"),
        ("a: !thing b\n", "f:1:4: the tag !thing means nothing here"),
        ("a: .nan\n", "f:1:4: the number .nan is out of range"),
        ("a: 99999999999999999999999999\n", "f:1:4: the number 99999999999999999999999999 is out of range"),
        (&deep, "f:1:65: lists and maps stand more than 64 deep in one another"),
        (&deep_block, "f:1:129: lists and maps stand more than 64 deep in one another"),
    ] {
        assert_eq!(told(text), expected, "{text:?}");
    }
    assert!(told("a: [1\nb: 2\n").starts_with("f:2:"), "{}", told("a: [1\nb: 2\n"));
    assert_eq!(told(&"#".repeat(LARGEST + 1)), "f: it is larger than 1024 KiB");
}

#[test]
fn a_bomb_of_aliases_is_defused() {
    let mut text = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n".to_owned();
    for i in 1..12 {
        text += &"NEW: &NEW [*OLD, *OLD, *OLD, *OLD, *OLD, *OLD, *OLD, *OLD, *OLD]\n"
            .replace("OLD", &format!("a{}", i - 1))
            .replace("NEW", &format!("a{i}"));
    }
    assert!(told(&text).ends_with("there are more than 100000 values, those behind aliases included"));
}

#[test]
fn an_alias_repeats_what_it_names() {
    let document = Document::read("f", "a: &x {b: 1}\nc: *x\n").expect("YAML");
    assert_eq!(document.value(), &json!({"a": {"b": 1}, "c": {"b": 1}}));
}

#[test]
fn every_value_has_its_place() {
    let document = Document::read("f", "\u{feff}a:\n  - ünï: x\n    b/c: [1, 2]\n").expect("YAML");
    let item = Path::default().key("a").item(0);
    let place = |path: &Path| document.mistake(path, Code::Empty).place.map(|p| (p.line, p.column));
    assert_eq!(place(&item.key("ünï")), Some((2, 10)));
    assert_eq!(place(&item.key("b/c").item(1)), Some((3, 14)));
    assert_eq!(place(&item.key("b/c").item(7)), Some((3, 10)), "the nearest that there is");
    assert_eq!(document.mistake_in_key(&item.key("b/c"), Code::Empty).place.map(|p| (p.line, p.column)), Some((3, 5)));
}

proptest! {
    #[test]
    fn nothing_panics(text in r"[\PC\n\[\]{}:,&*!|> -]{0,60}") {
        let _ = Document::read("f", &text);
    }
}
