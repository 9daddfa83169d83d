//! One library, many readers and a writer. Not covered: network file systems, whose locks may not work.

#![allow(clippy::unwrap_used, reason = "helpers of tests may panic")]

use std::{
    collections::BTreeSet,
    fs,
    path::Path,
    sync::atomic::{AtomicBool, Ordering},
    thread,
};

use jiff::Timestamp;
use kinora_catalog::{Catalog, CatalogError, Change, Correction, FILE_NAME, FileEntry, NewAsset};
use kinora_types::{
    Asset, AssetId, ContentHash, EmbeddingSpace, Origin, Passage, PassageKind, Rights,
};
use rusqlite::Connection;
use tempfile::TempDir;

fn space() -> EmbeddingSpace {
    EmbeddingSpace { name: "s".into(), revision: "1".into(), dimension: 2, normalised: true }
}

fn library() -> (TempDir, Catalog) {
    let root = TempDir::new().unwrap();
    let catalog = Catalog::create(&root.path().join("lib"), "lib", &space()).unwrap();
    (root, catalog)
}

fn recording(name: &str) -> Change {
    let path = format!("/{name}.wav");
    let asset = Asset {
        id: id(name),
        size: None,
        bytes: 7,
        format: "wav".into(),
        paths: vec![],
        taken_at: None,
        date_basis: None,
        place: None,
        camera: None,
        title: Some(name.into()),
        caption: None,
        keywords: vec![],
        rights: Rights::default(),
        duration_ms: Some(1000),
        added_at: Timestamp::UNIX_EPOCH,
    };
    Change::Add(Box::new(NewAsset {
        asset,
        file: FileEntry { path, bytes: 7, mtime_ns: 1 },
        names: vec![],
        index_words: true,
        embedding: None,
        phash: 0,
        frames: Vec::new(),
        signature: None,
        near_duplicates: Vec::new(),
    }))
}

fn id(name: &str) -> AssetId {
    AssetId(ContentHash::of(name.as_bytes()))
}

fn raw(folder: &Path) -> Connection {
    Connection::open(folder.join(FILE_NAME)).unwrap()
}

#[test]
fn a_catalogue_is_shared_by_threads() {
    fn shared<T: Send + Sync>() {}
    shared::<Catalog>();
}

#[test]
fn readers_go_on_while_another_process_is_in_its_transaction() {
    let (_root, catalog) = library();
    catalog.commit(&[recording("a")]).unwrap();
    let other = raw(catalog.folder());
    other.execute_batch("BEGIN IMMEDIATE; UPDATE library SET revision = 77").unwrap();
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..100 {
                    assert_eq!((catalog.revision().unwrap(), catalog.count().unwrap()), (1, 1));
                    assert!(catalog.asset(&id("a")).unwrap().is_some());
                }
            });
        }
    });
    other.execute_batch("COMMIT").unwrap();
    assert_eq!(catalog.revision().unwrap(), 77);
}

#[test]
fn the_revision_is_the_one_that_any_process_committed_last() {
    let (_root, catalog) = library();
    let (other, looking) =
        (Catalog::open(catalog.folder()).unwrap(), Catalog::look(catalog.folder()).unwrap());
    for round in 1..5 {
        let writer = if round % 2 == 0 { &catalog } else { &other };
        assert_eq!(writer.commit(&[recording(&round.to_string())]).unwrap(), round);
        for reader in [&catalog, &other, &looking] {
            assert_eq!((reader.revision().unwrap(), reader.count().unwrap()), (round, round));
        }
    }
    assert!(looking.commit(&[recording("x")]).is_err(), "only opened to look at it");
}

/// A correction is read by two statements: what is refused, and what is said instead.
#[test]
fn a_read_of_several_statements_sees_one_state() {
    let (_root, catalog) = library();
    catalog.commit(&[recording("a")]).unwrap();
    let other = Catalog::open(catalog.folder()).unwrap();
    let correction = |word: &str| {
        let passage = Passage {
            kind: PassageKind::Tag,
            text: word.into(),
            range: None,
            region: None,
            language: None,
            words: Vec::new(),
            origin: Origin::Person,
        };
        let refused = BTreeSet::from([word.to_owned()]);
        Correction { passages: vec![passage], refused, refuse_all: false }
    };
    let both = [correction("one"), correction("two")];
    let change = |correction: &Correction| Change::Correct {
        asset: id("a"),
        kind: PassageKind::Tag,
        correction: correction.clone(),
    };
    other.commit(&[change(&both[0])]).unwrap();
    let row = catalog.row(&id("a")).unwrap();
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                while !done.load(Ordering::Relaxed) {
                    let read = catalog.correction(row, PassageKind::Tag).unwrap();
                    assert!(both.contains(&read), "{read:?}");
                }
            });
        }
        for round in 0..200 {
            other.commit(&[change(&both[round % 2])]).unwrap();
        }
        done.store(true, Ordering::Relaxed);
    });
}

#[test]
fn many_threads_read_and_write_at_once() {
    let (_root, catalog) = library();
    thread::scope(|scope| {
        let catalog = &catalog;
        for part in 0..3 {
            scope.spawn(move || {
                for round in 0..20 {
                    catalog.commit(&[recording(&format!("{part} {round}"))]).unwrap();
                }
            });
        }
        for _ in 0..20 {
            scope.spawn(|| {
                for _ in 0..20 {
                    let rows = catalog.live_rows().unwrap();
                    assert_eq!(catalog.assets(&rows).unwrap().len(), rows.len());
                }
            });
        }
    });
    assert_eq!((catalog.count().unwrap(), catalog.revision().unwrap()), (60, 60));
}

#[test]
fn closing_leaves_the_database_alone_without_a_log() {
    let (_root, catalog) = library();
    catalog.commit(&[recording("a")]).unwrap();
    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| assert_eq!(catalog.count().unwrap(), 1));
        }
    });
    let folder = catalog.folder().to_owned();
    drop(catalog);
    let left: Vec<_> =
        fs::read_dir(folder).unwrap().map(|file| file.unwrap().file_name()).collect();
    assert_eq!(left, [FILE_NAME]);
}

/// A database that is open cannot be removed there.
#[cfg(not(windows))]
#[test]
fn a_library_that_was_removed_is_noticed_and_not_written() {
    let (_root, catalog) = library();
    catalog.commit(&[recording("a")]).unwrap();
    assert!(catalog.is_in_place());
    fs::remove_dir_all(catalog.folder()).unwrap();
    assert!(!catalog.is_in_place());
    let lost = catalog.commit(&[recording("b")]).unwrap_err();
    assert!(matches!(lost, CatalogError::Moved { .. }) && lost.hint().is_some(), "{lost}");
    assert!(lost.to_string().contains("removed or replaced"), "{lost}");
}

/// A reader that is opened late must not read another library of the same name.
#[cfg(not(windows))]
#[test]
fn a_library_that_took_the_place_is_not_mixed_up() {
    let (_root, catalog) = library();
    let folder = catalog.folder().to_owned();
    catalog.commit(&[recording("a")]).unwrap();
    // No reader is open yet.
    fs::rename(&folder, folder.with_extension("aside")).unwrap();
    let new = Catalog::create(&folder, "lib", &space()).unwrap();
    new.commit(&[recording("b"), recording("c")]).unwrap();
    assert!(!catalog.is_in_place() && new.is_in_place());
    assert!(matches!(catalog.count(), Err(CatalogError::Moved { .. })));
    assert!(matches!(catalog.commit(&[recording("d")]), Err(CatalogError::Moved { .. })));
    assert_eq!(new.count().unwrap(), 2);
    // Back in its place it is used again.
    drop(new);
    fs::remove_dir_all(&folder).unwrap();
    fs::rename(folder.with_extension("aside"), &folder).unwrap();
    assert!(catalog.is_in_place());
    assert_eq!((catalog.count().unwrap(), catalog.commit(&[recording("d")]).unwrap()), (1, 2));
}
