//! Files that are put back or written below a directory: what is kept, and what is refused.

#![allow(clippy::unwrap_used, clippy::expect_used)]
#![cfg(unix)]

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use wb::disk::{ExchangeError, Within, exchange};

/// A directory of its own for each test.
fn folder(name: &str) -> PathBuf {
    let path = std::env::temp_dir().join(format!("wb-write-back-{}-{name}", std::process::id()));
    drop(fs::remove_dir_all(&path));
    fs::create_dir_all(&path).unwrap();
    path.canonicalize().unwrap()
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[test]
fn permissions_stay_and_links_are_followed() {
    let folder = folder("stay");
    let (file, link) = (folder.join("book.org"), folder.join("link.org"));
    fs::write(&file, "old").unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).unwrap();
    symlink("book.org", &link).unwrap();
    exchange(&link, "old", "new").unwrap();
    assert_eq!(fs::read_to_string(&file).unwrap(), "new");
    assert_eq!(mode(&file), 0o640);
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    assert_eq!(fs::read_dir(&folder).unwrap().count(), 2, "no temporary file is left");
    fs::remove_dir_all(folder).unwrap();
}

#[test]
fn what_changed_is_left_alone() {
    let folder = folder("changed");
    let file = folder.join("book.org");
    fs::write(&file, "someone else's").unwrap();
    let before = fs::metadata(&file).unwrap().ino();
    assert!(matches!(exchange(&file, "mine", "new"), Err(ExchangeError::Changed { .. })));
    fs::set_permissions(&file, fs::Permissions::from_mode(0o444)).unwrap();
    assert!(matches!(exchange(&file, "someone else's", "new"), Err(ExchangeError::ReadOnly { .. })));
    assert!(matches!(exchange(&folder.join("none"), "", "new"), Err(ExchangeError::System { .. })));
    assert_eq!(fs::read_to_string(&file).unwrap(), "someone else's");
    assert_eq!(fs::metadata(&file).unwrap().ino(), before);
    fs::remove_dir_all(folder).unwrap();
}

#[test]
fn a_lock_is_respected() {
    let folder = folder("lock");
    let file = folder.join("book.org");
    fs::write(&file, "old").unwrap();
    let held = fs::File::open(&file).unwrap();
    held.lock().unwrap();
    assert!(matches!(exchange(&file, "old", "new"), Err(ExchangeError::Locked { .. })));
    held.unlock().unwrap();
    exchange(&file, "old", "new").unwrap();
    fs::remove_dir_all(folder).unwrap();
}

#[test]
fn nothing_leaves_the_directory() {
    let folder = folder("within");
    let (inside, outside) = (folder.join("inside"), folder.join("outside"));
    fs::create_dir(&outside).unwrap();
    fs::write(outside.join("target"), "kept").unwrap();
    let within = Within::open(&inside, true).unwrap();
    symlink("../outside", inside.join("way-out")).unwrap();
    symlink("../outside/target", inside.join("link")).unwrap();
    for path in ["../outside/new", "way-out/new", "/tmp/wb-write-back-new"] {
        assert!(within.write(Path::new(path), b"x", None).is_err(), "{path}");
    }
    assert!(within.read(Path::new("link")).is_err());
    assert!(within.make_directory(Path::new("way-out/deep")).is_err());
    // A link at the path itself gives way to the file.
    within.write(Path::new("link"), b"new", Some(0o600)).unwrap();
    assert_eq!(fs::read_to_string(outside.join("target")).unwrap(), "kept");
    assert_eq!(fs::read_to_string(inside.join("link")).unwrap(), "new");
    assert_eq!(mode(&inside.join("link")), 0o600);
    assert_eq!(fs::read_dir(&outside).unwrap().count(), 1);
    assert_eq!(fs::read_dir(&inside).unwrap().count(), 2);
    fs::remove_dir_all(folder).unwrap();
}
