//! The store against real clients: `pip` and `npm` on local packages, the hub on loopback.
//!
//! Not covered: a registry's own answers, TLS, and a disk that fills up half-way.

#![allow(clippy::unwrap_used, reason = "helpers of tests may panic")]

mod hub;
mod packages;

use std::path::Path;

use kinora_store::{Manifest, PullEvent, Stage, Store, StoreConfig, StoreError};
use kinora_types::Control;
use sha2::{Digest, Sha256};

/// A store in `folder` over one artifact `thing` with the given lines for its file.
fn store(folder: &Path, file: &str, config: StoreConfig) -> Store {
    let text = format!(
        "version = 1\ndefault_space = \"none\"\n[[artifact]]\nid = \"thing\"\njob = \"test\"\n\
         licence = \"MIT\"\ndefault = true\n[[artifact.file]]\nname = \"thing.bin\"\n{file}\n"
    );
    let config = StoreConfig { cache_dir: Some(folder.join("cache")), ..config };
    Store::with_manifest(config, Manifest::parse(&text).unwrap()).unwrap()
}

fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

fn pull(store: &Store) -> Result<Vec<Stage>, StoreError> {
    let mut stages = Vec::new();
    let mut note = |event: &PullEvent<'_>| stages.push(event.stage);
    store.pull(&["thing"], &mut note, &Control::default())?;
    stages.dedup();
    Ok(stages)
}

/// Files in the cache that are not locks.
fn files(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    let Ok(entries) = std::fs::read_dir(folder) else {
        return found;
    };
    for path in entries.map(|entry| entry.unwrap().path()) {
        if path.is_dir() {
            found.extend(files(&path));
        } else if path.file_name().unwrap() != ".lock" {
            found.push(path.file_name().unwrap().to_string_lossy().into_owned());
        }
    }
    found.sort();
    found
}

#[test]
fn what_was_not_pulled_says_how_to_get_it() {
    let folder = tempfile::tempdir().unwrap();
    let source = "sources = [{ hub = \"a/b\", revision = \"main\", path = \"f\" }]";
    let store =
        store(folder.path(), source, StoreConfig { offline: true, ..StoreConfig::default() });
    let missing = store.path("thing").unwrap_err();
    assert_eq!(missing.hint().unwrap(), "fetch `thing`");
    assert!(matches!(store.path("other"), Err(StoreError::UnknownId(_))));
    assert!(matches!(pull(&store), Err(StoreError::Offline(_))));
    assert!(files(&folder.path().join("cache")).is_empty());
}

#[test]
fn a_cancelled_pull_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let source = "sources = [{ hub = \"a/b\", revision = \"main\", path = \"f\" }]";
    let store = store(folder.path(), source, StoreConfig::default());
    let control = Control::default();
    control.cancel();
    let error = store.pull(&["thing"], &mut |_: &PullEvent<'_>| (), &control).unwrap_err();
    assert!(matches!(error, StoreError::Cancelled(_)));
    assert!(files(&folder.path().join("cache")).is_empty());
}
