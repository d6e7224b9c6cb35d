//! The file of outputs, also a hostile one.

use std::io::Write;

use super::*;

fn read(files: &[(&str, &str)]) -> Result<Outputs, Reason> {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("x.zip");
    let mut archive = zip::ZipWriter::new(File::create(&path).expect("made"));
    for (name, text) in files {
        archive.start_file(*name, zip::write::SimpleFileOptions::default()).expect("begun");
        archive.write_all(text.as_bytes()).expect("written");
    }
    archive.finish().expect("finished");
    read_outputs(&path)
}

#[test]
fn outputs_are_one_flat_object_of_texts() {
    let outputs = read(&[("outputs.json", r#"{"image": "a/b@sha256:1", "empty": ""}"#), ("more.txt", "")]).expect("good");
    assert_eq!(outputs, [("image".to_owned(), "a/b@sha256:1".to_owned()), ("empty".to_owned(), String::new())].into());
    assert_eq!(read(&[("outputs.json", "{}")]), Ok(Outputs::new()));
}

#[test]
fn anything_else_is_refused_without_being_shown() {
    let large = format!(r#"{{"image": "{}"}}"#, "x".repeat(65 * 1024));
    for (name, text) in [
        ("out/outputs.json", "{}"),
        ("outputs.json", "[\"hunter2\"]"),
        ("outputs.json", "hunter2"),
        ("outputs.json", r#"{"a": 7}"#),
        ("outputs.json", r#"{"a": {"b": "hunter2"}}"#),
        ("outputs.json", r#"{"a.b": "hunter2"}"#),
        ("outputs.json", r#"{"": "hunter2"}"#),
        ("outputs.json", &large),
    ] {
        let reason = read(&[(name, text)]).expect_err("refused");
        assert!(!reason.what.contains("hunter2") && !reason.what.contains("xxx"), "{reason}");
    }
}
