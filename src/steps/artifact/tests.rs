//! Trees packed and unpacked, also hostile ones.

use std::{
    fs,
    os::unix::fs::{PermissionsExt, symlink},
    path::Path,
};

use super::*;

fn tree(root: &Path) {
    fs::create_dir_all(root.join("dist/assets/deep")).expect("made");
    fs::write(root.join("dist/index.html"), "hello").expect("written");
    fs::write(root.join("dist/assets/deep/run.sh"), "#!").expect("written");
    fs::set_permissions(root.join("dist/assets/deep/run.sh"), fs::Permissions::from_mode(0o700)).expect("set");
    symlink("../index.html", root.join("dist/assets/home")).expect("linked");
    fs::create_dir(root.join("dist/empty")).expect("made");
}

#[test]
fn what_was_packed_is_unpacked_and_equal_content_has_an_equal_digest() {
    let folder = tempfile::tempdir().expect("a folder");
    let (one, two) = (folder.path().join("one"), folder.path().join("two"));
    tree(&one);
    tree(&two);
    let first = pack(&one, "dist", &folder.path().join("1.tar"), Limits::default()).expect("packed");
    let second = pack(&two, "./dist/", &folder.path().join("2.tar"), Limits::default()).expect("packed");
    assert_eq!(first.digest, second.digest);
    assert_eq!(first.size, fs::metadata(&first.file).expect("there").len());
    let target = folder.path().join("out");
    unpack(&first.file, &target, Limits::default()).expect("unpacked");
    assert_eq!(fs::read_to_string(target.join("assets/home")).expect("a link inside"), "hello");
    assert!(target.join("empty").is_dir());
    let mode = fs::metadata(target.join("assets/deep/run.sh")).expect("there").permissions().mode();
    assert_eq!(mode & 0o777, 0o755);
    let file = pack(&one, "dist/index.html", &folder.path().join("3.tar"), Limits::default()).expect("packed");
    unpack(&file.file, &folder.path().join("page"), Limits::default()).expect("unpacked");
    assert_eq!(fs::read_to_string(folder.path().join("page")).expect("a file"), "hello");
}

#[test]
fn nothing_outside_is_packed() {
    let folder = tempfile::tempdir().expect("a folder");
    let root = folder.path().join("w");
    tree(&root);
    fs::write(folder.path().join("secret"), "s").expect("written");
    symlink(folder.path(), root.join("up")).expect("linked");
    symlink("dist", root.join("alias")).expect("linked");
    let into = folder.path().join("x.tar");
    for path in ["up/secret", "../secret", "/etc/passwd", "up", "alias", "alias/index.html", "missing", "", ".", "dist/../../secret"] {
        assert!(pack(&root, path, &into, Limits::default()).is_err(), "{path}");
    }
    for target in ["/etc/passwd", "../../secret", "assets/../../../secret", "deep/.."] {
        let link = root.join("dist/assets/bad");
        symlink(target, &link).expect("linked");
        assert!(pack(&root, "dist", &into, Limits::default()).is_err(), "{target}");
        fs::remove_file(&link).expect("removed");
    }
    assert!(pack(&root, "dist", &into, Limits { bytes: 6, entries: 100 }).is_err());
    assert!(pack(&root, "dist", &into, Limits { bytes: 100, entries: 3 }).is_err());
}

/// A name is written into the header as it is: `tar` itself would refuse some of them.
fn hostile(path: &Path, entries: &[(&str, tar::EntryType, &str)]) {
    let mut builder = tar::Builder::new(fs::File::create(path).expect("made"));
    for (name, kind, target) in entries {
        let mut header = tar::Header::new_gnu();
        header.as_old_mut().name[..name.len()].copy_from_slice(name.as_bytes());
        header.as_old_mut().linkname[..target.len()].copy_from_slice(target.as_bytes());
        header.set_entry_type(*kind);
        header.set_size(u64::from(*kind == tar::EntryType::Regular));
        header.set_mode(0o777);
        header.set_cksum();
        builder.append(&header, if *kind == tar::EntryType::Regular { b"x".as_slice() } else { b"" }).expect("appended");
    }
    builder.finish().expect("finished");
}

#[test]
fn a_hostile_archive_writes_nothing_outside() {
    use tar::EntryType::{Block, Directory, Link, Regular, Symlink};
    let folder = tempfile::tempdir().expect("a folder");
    let archives: &[&[(&str, tar::EntryType, &str)]] = &[
        &[("../evil", Regular, "")],
        &[("/evil", Regular, "")],
        &[("t/../../evil", Regular, "")],
        &[("t", Directory, ""), ("u", Directory, "")],
        &[("t", Symlink, "/etc")],
        &[("t", Directory, ""), ("t/l", Symlink, "/etc")],
        &[("t", Directory, ""), ("t/l", Symlink, "../x")],
        &[("t", Directory, ""), ("t/a", Directory, ""), ("t/a/l", Symlink, "b/../..")],
        &[("t", Directory, ""), ("t/l", Link, "/etc/passwd")],
        &[("t", Directory, ""), ("t/l", Block, "")],
        &[("t", Regular, ""), ("t", Regular, "")],
        &[],
    ];
    for (number, entries) in archives.iter().enumerate() {
        let archive = folder.path().join(format!("{number}.tar"));
        hostile(&archive, entries);
        let room = folder.path().join(format!("{number}"));
        fs::create_dir(&room).expect("made");
        assert!(unpack(&archive, &room.join("target"), Limits::default()).is_err(), "{entries:?}");
        assert!(fs::read_dir(&room).expect("read").flatten().all(|entry| entry.file_name() == "target"), "{entries:?}");
        assert!(!folder.path().join("evil").exists());
    }
    // Through a link that is inside: the file takes the place, and the link cannot be made.
    let archive = folder.path().join("through.tar");
    hostile(&archive, &[("t", Directory, ""), ("t/d", Directory, ""), ("t/l", Symlink, "d"), ("t/l/f", Regular, "")]);
    assert!(unpack(&archive, &folder.path().join("through"), Limits::default()).is_err());
}

#[test]
fn what_is_kept_must_be_there_and_hold_something() {
    let folder = tempfile::tempdir().expect("a folder");
    tree(folder.path());
    fs::write(folder.path().join("backup.sql"), "").expect("written");
    symlink("/etc/passwd", folder.path().join("dist/x.html")).expect("linked");
    let keep = |pattern| kept(folder.path(), pattern, Limits::default());
    assert_eq!(keep("dist/*.html"), Ok(vec!["dist/index.html".to_owned()]));
    assert_eq!(keep("**/*.sh"), Ok(vec!["dist/assets/deep/run.sh".to_owned()]));
    assert!(keep("backup.sql").expect_err("empty").what.contains("is empty"));
    assert!(keep("*.xml").expect_err("missing").what.contains("no such file"));
}

fn zipped(path: &Path, write: impl FnOnce(&mut zip::ZipWriter<fs::File>)) {
    let mut archive = zip::ZipWriter::new(fs::File::create(path).expect("made"));
    write(&mut archive);
    archive.finish().expect("finished");
}

fn zip_file(archive: &mut zip::ZipWriter<fs::File>, name: &str, mode: u32, content: &[u8]) {
    use std::io::Write;
    archive.start_file(name, zip::write::SimpleFileOptions::default().unix_permissions(mode)).expect("begun");
    archive.write_all(content).expect("written");
}

#[test]
fn a_zip_becomes_a_tree_that_can_be_packed() {
    let folder = tempfile::tempdir().expect("a folder");
    let (archive, tree) = (folder.path().join("x.zip"), folder.path().join("tree"));
    zipped(&archive, |zip| {
        zip_file(zip, "run.sh", 0o755, b"#!");
        zip_file(zip, "deep/er/page.html", 0o644, b"hello");
        zip.add_directory("empty", zip::write::SimpleFileOptions::default()).expect("added");
    });
    unzip(&archive, &tree.join("web"), Limits::default()).expect("unpacked");
    assert_eq!(fs::read_to_string(tree.join("web/deep/er/page.html")).expect("there"), "hello");
    assert_eq!(fs::metadata(tree.join("web/run.sh")).expect("there").permissions().mode() & 0o777, 0o755);
    assert!(tree.join("web/empty").is_dir());
    pack(&tree, "web", &folder.path().join("x.tar"), Limits::default()).expect("packed");
}

#[test]
fn a_hostile_zip_writes_nothing_outside() {
    let folder = tempfile::tempdir().expect("a folder");
    let refuses = |limits: Limits, write: &dyn Fn(&mut zip::ZipWriter<fs::File>)| {
        let (archive, room) = (folder.path().join("x.zip"), folder.path().join("room"));
        zipped(&archive, |zip| write(zip));
        let reason = unzip(&archive, &room.join("target"), limits).expect_err("refused");
        assert!(fs::read_dir(&room).expect("read").flatten().all(|entry| entry.file_name() == "target"), "{reason}");
        assert!(!folder.path().join("evil").exists() && !Path::new("/tmp/evil").exists());
        reason.what
    };
    for name in ["../../evil", "a/../../../evil", "/tmp/evil", "a\\..\\evil", ""] {
        let what = refuses(Limits::default(), &|zip| zip_file(zip, name, 0o644, b"x"));
        assert!(what.contains("does not lie in it"), "{name:?}: {what}");
    }
    let link = |zip: &mut zip::ZipWriter<fs::File>| {
        zip.add_symlink("link", "/etc/passwd", zip::write::SimpleFileOptions::default()).expect("added");
    };
    assert!(refuses(Limits::default(), &link).contains("is a link"));
    let bomb = vec![0_u8; 1024 * 1024];
    let few = Limits { bytes: 1000, entries: 10 };
    assert!(refuses(few, &|zip| zip_file(zip, "bomb", 0o644, &bomb)).contains("too large"));
    let many = |zip: &mut zip::ZipWriter<fs::File>| (0..11).for_each(|number| zip_file(zip, &number.to_string(), 0o644, b""));
    assert!(refuses(few, &many).contains("too many files"));
    let inside = |zip: &mut zip::ZipWriter<fs::File>| {
        zip_file(zip, "a", 0o644, b"x");
        zip_file(zip, "a/b", 0o644, b"x");
    };
    refuses(Limits::default(), &inside);
}
