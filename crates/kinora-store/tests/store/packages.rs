//! `pip download` and `npm pack` on packages that the tests make.

use std::{ffi::OsString, fs, io::Write, path::Path};

use kinora_store::{Fault, PullEvent, Stage, StoreConfig, StoreError};
use kinora_types::Control;

use crate::{files, pull, sha256, store};

const CONTENT: &[u8] = b"weights, or as good as";

/// A wheel `kinora_thing` 1.0 with `member` in it.
fn wheel(folder: &Path, member: &str) {
    let file = fs::File::create(folder.join("kinora_thing-1.0-py3-none-any.whl")).unwrap();
    let mut zip = zip::ZipWriter::new(file);
    let metadata = "Metadata-Version: 2.1\nName: kinora-thing\nVersion: 1.0\n";
    let tags = "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n";
    let parts = [
        (member, CONTENT),
        ("kinora_thing-1.0.dist-info/METADATA", metadata.as_bytes()),
        ("kinora_thing-1.0.dist-info/WHEEL", tags.as_bytes()),
        ("kinora_thing-1.0.dist-info/RECORD", b""),
    ];
    for (name, bytes) in parts {
        zip.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
        zip.write_all(bytes).unwrap();
    }
    zip.finish().unwrap();
}

/// Lets pip see that folder and nothing else.
fn pip_config(folder: &Path) -> StoreConfig {
    let env: [(OsString, OsString); 3] = [
        ("PIP_NO_INDEX".into(), "1".into()),
        ("PIP_FIND_LINKS".into(), folder.into()),
        ("PIP_NO_CACHE_DIR".into(), "1".into()),
    ];
    StoreConfig { client_env: env.to_vec(), ..StoreConfig::default() }
}

fn pip_source(hash: &str) -> String {
    let source = "{ pip = \"kinora-thing==1.0\", member = \"kinora_thing/w.bin\" }";
    format!("sha256 = \"{hash}\"\nsources = [{source}]")
}

#[test]
fn pip_brings_one_member() {
    let folder = tempfile::tempdir().unwrap();
    wheel(folder.path(), "kinora_thing/w.bin");
    let store = store(folder.path(), &pip_source(&sha256(CONTENT)), pip_config(folder.path()));
    let stages = pull(&store).unwrap();
    assert_eq!(stages, [Stage::Downloading, Stage::Unpacking, Stage::Checking, Stage::Done]);
    let path = store.path("thing").unwrap();
    assert_eq!(fs::read(&path).unwrap(), CONTENT);
    assert_eq!(files(store.cache_dir()), ["thing.bin", "thing.bin.json"]);
    assert_eq!(store.record("thing").unwrap().source, "pip kinora-thing==1.0");
    assert_eq!(pull(&store).unwrap(), [Stage::Present]);

    let control = Control::default();
    store.verify(&["thing"], &control).unwrap();
    fs::write(&path, b"weights, or as gold as").unwrap();
    let spoilt = store.verify(&["thing"], &control).unwrap_err();
    assert!(matches!(spoilt, StoreError::WrongHash { .. }), "{spoilt}");
}

#[test]
fn parts_are_joined_and_a_broken_off_pull_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let part = "{ pip = \"kinora-thing==1.0\", member = \"kinora_thing/w.bin\" }";
    let missing = part.replace("w.bin", "v.bin");
    let source = |last: &str| {
        let hash = sha256(&CONTENT.repeat(2));
        format!("sha256 = \"{hash}\"\nsources = [{{ join = [{part}, {last}] }}]")
    };
    wheel(folder.path(), "kinora_thing/w.bin");
    let config = || pip_config(folder.path());
    let error = pull(&store(folder.path(), &source(&missing), config())).unwrap_err();
    assert!(matches!(error, StoreError::NoMember { .. }), "{error}");

    // The first part is not fetched again: its wheel has no such member any more.
    wheel(folder.path(), "kinora_thing/v.bin");
    let store = store(folder.path(), &source(&missing), config());
    pull(&store).unwrap();
    assert_eq!(fs::read(store.path("thing").unwrap()).unwrap(), CONTENT.repeat(2));
    assert_eq!(files(store.cache_dir()), ["thing.bin", "thing.bin.json"]);
}

#[test]
fn a_wrong_hash_keeps_nothing() {
    let folder = tempfile::tempdir().unwrap();
    wheel(folder.path(), "kinora_thing/w.bin");
    let store = store(folder.path(), &pip_source(&sha256(b"other")), pip_config(folder.path()));
    let error = pull(&store).unwrap_err();
    assert!(matches!(error, StoreError::WrongHash { .. }), "{error}");
    assert_eq!(error.fault(), Fault::Environment);
    assert!(files(store.cache_dir()).is_empty());
}

#[test]
fn a_missing_package_and_a_missing_member_are_told_apart() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(folder.path(), &pip_source(&sha256(CONTENT)), pip_config(folder.path()));
    let error = pull(&store).unwrap_err();
    assert!(matches!(error, StoreError::Gone { .. }), "{error}");
    wheel(folder.path(), "kinora_thing/other.bin");
    let error = pull(&store).unwrap_err();
    assert!(matches!(error, StoreError::NoMember { .. }), "{error}");
}

#[test]
fn without_a_client_the_hint_says_what_to_install() {
    let folder = tempfile::tempdir().unwrap();
    let env = vec![(OsString::from("PATH"), OsString::from(folder.path()))];
    let config = StoreConfig { client_env: env, ..StoreConfig::default() };
    let store = store(folder.path(), &pip_source(&sha256(CONTENT)), config);
    let error = pull(&store).unwrap_err();
    assert!(matches!(error, StoreError::NoClient { client: "pip", .. }), "{error}");
    assert!(error.hint().unwrap().contains("Python"));
}

#[test]
fn npm_brings_one_member_and_the_next_source_is_tried() {
    let folder = tempfile::tempdir().unwrap();
    let package = folder.path().join("package");
    fs::create_dir(&package).unwrap();
    fs::write(package.join("w.bin"), CONTENT).unwrap();
    fs::write(package.join("package.json"), r#"{"name":"kinora-thing","version":"1.0.0"}"#)
        .unwrap();
    let file = format!(
        "sha256 = \"{}\"\nsources = [\n{{ pip = \"kinora-thing==1.0\", member = \"x\" }},\n\
         {{ npm = \"{}\", member = \"package/w.bin\" }}]",
        sha256(CONTENT),
        package.display()
    );
    let store = store(folder.path(), &file, pip_config(folder.path()));
    pull(&store).unwrap();
    assert_eq!(fs::read(store.path("thing").unwrap()).unwrap(), CONTENT);
    assert!(store.record("thing").unwrap().source.starts_with("npm "));
}

#[test]
fn two_pulls_at_once_fetch_once() {
    let folder = tempfile::tempdir().unwrap();
    wheel(folder.path(), "kinora_thing/w.bin");
    let store = store(folder.path(), &pip_source(&sha256(CONTENT)), pip_config(folder.path()));
    let run = || pull(&store).unwrap();
    let (first, second) = std::thread::scope(|scope| {
        let other = scope.spawn(run);
        (run(), other.join().unwrap())
    });
    let fetched = [&first, &second].iter().filter(|s| s.contains(&Stage::Done)).count();
    assert_eq!(fetched, 1, "{first:?} {second:?}");
}

#[test]
fn cancelling_kills_the_client() {
    let folder = tempfile::tempdir().unwrap();
    wheel(folder.path(), "kinora_thing/w.bin");
    let store = store(folder.path(), &pip_source(&sha256(CONTENT)), pip_config(folder.path()));
    let control = Control::default();
    let mut stop = |event: &PullEvent<'_>| {
        if event.stage == Stage::Downloading {
            control.cancel();
        }
    };
    let error = store.pull(&["thing"], &mut stop, &control).unwrap_err();
    assert!(matches!(error, StoreError::Cancelled(_)));
    assert!(files(store.cache_dir()).is_empty());
}
