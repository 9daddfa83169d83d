//! Damaged, foreign and half-made files in the catalogue's place. Not covered: power cuts, and a damaged
//! write-ahead log (SQLite's own checksums end it there).

#![allow(clippy::unwrap_used, reason = "helpers of tests may panic")]

use std::{
    fs,
    path::{Path, PathBuf},
};

use jiff::Timestamp;
use kinora_catalog::{
    Catalog, CatalogError, Change, Correction, FILE_NAME, FileEntry, NewAsset, NewFrame, NewShot,
    examine, repair,
};
use kinora_types::{
    Asset, AssetId, ContentHash, EmbeddingSpace, Origin, Passage, PassageKind, Rights, Size,
    TimeRange,
};
use proptest::prelude::*;
use tempfile::TempDir;

const DIMENSION: usize = 64;

fn space() -> EmbeddingSpace {
    EmbeddingSpace {
        name: "s".into(),
        revision: "1".into(),
        dimension: DIMENSION,
        normalised: true,
    }
}

fn vector(seed: usize) -> kinora_types::Embedding {
    space().embedding((0..DIMENSION).map(|i| ((seed * 31 + i * 7) % 97) as f32 / 97.0).collect())
}

fn id(i: usize) -> AssetId {
    AssetId(ContentHash::of(&i.to_le_bytes()))
}

fn asset(i: usize) -> NewAsset {
    let video = i.is_multiple_of(5);
    let asset = Asset {
        id: id(i),
        size: Some(Size { width: 40, height: 30 }),
        bytes: 7,
        format: if video { "mp4" } else { "png" }.into(),
        paths: vec![],
        taken_at: None,
        date_basis: None,
        place: None,
        camera: None,
        title: Some(format!("The picture number {i} of a long walk by the sea")),
        caption: None,
        keywords: vec![format!("walk{i}")],
        rights: Rights::default(),
        duration_ms: video.then_some(9000),
        added_at: Timestamp::UNIX_EPOCH,
    };
    NewAsset {
        asset,
        file: FileEntry { path: format!("/pictures/{i}.png"), bytes: 7, mtime_ns: 1 },
        names: vec!["pictures".into()],
        index_words: true,
        embedding: Some(vector(i)),
        phash: i as u64,
        frames: Vec::new(),
        signature: None,
        near_duplicates: Vec::new(),
    }
}

fn passage(kind: PassageKind, text: &str, origin: Origin) -> Passage {
    Passage {
        kind,
        text: text.into(),
        range: None,
        region: None,
        language: None,
        words: Vec::new(),
        origin,
    }
}

fn machine() -> Origin {
    Origin::Machine { model: "m".into(), confidence: Some(0.5) }
}

/// A library of some hundred pages, and where its file is.
fn library(assets: usize) -> (TempDir, PathBuf) {
    let root = TempDir::new().unwrap();
    let folder = root.path().join("lib");
    let catalog = Catalog::create(&folder, "lib", &space()).unwrap();
    for i in 0..assets {
        catalog.commit(&[Change::Add(Box::new(asset(i)))]).unwrap();
        let text = format!("words of machine {i} about waves and gulls");
        let found = Ok(vec![passage(PassageKind::Tag, &text, machine())]);
        let (asset, kind, model) = (id(i), PassageKind::Tag, "m".to_owned());
        catalog.commit(&[Change::Perceived { asset, kind, model, found }]).unwrap();
        if i.is_multiple_of(7) {
            let words = passage(PassageKind::Caption, &format!("my own {i}"), Origin::Person);
            let correction = Correction { passages: vec![words], ..Correction::default() };
            let kind = PassageKind::Caption;
            catalog.commit(&[Change::Correct { asset: id(i), kind, correction }]).unwrap();
        }
        if i.is_multiple_of(5) {
            let frames =
                (0..9).map(|s| NewFrame { at_ms: s * 1000, embedding: vector(i + s as usize) });
            let range = TimeRange::new(0, 9000).unwrap();
            catalog
                .commit(&[Change::Analysed {
                    asset: id(i),
                    frames: frames.collect(),
                    shots: vec![NewShot { range, motion: None }],
                    embedding: vector(i),
                    duration_ms: None,
                }])
                .unwrap();
        }
    }
    drop(catalog);
    (root, folder)
}

/// All that a search, a rebuild of the index and a look at assets read.
fn everything(folder: &Path) -> Result<String, CatalogError> {
    let catalog = Catalog::look(folder)?;
    let rows = catalog.live_rows()?;
    let mut metadata = format!("{:?}", catalog.changes_since(0, 1_000_000)?);
    metadata += &format!("{:?}", catalog.assets(&rows)?);
    for row in &rows {
        metadata += &format!("{:?}{:?}", catalog.passages(*row)?, catalog.words(*row)?);
        metadata += &format!("{:?}{:?}", catalog.frames(*row)?, catalog.shots(*row)?);
    }
    for word in ["gulls", "walk3", "picture", "own"] {
        metadata += &format!("{:?}", catalog.lexical(&[word.into()], 1000)?);
        metadata += &format!("{:?}", catalog.lexical_passages(&[word.into()])?);
    }
    Ok(metadata)
}

fn flip(folder: &Path, places: &[(usize, u8)]) {
    let path = folder.join(FILE_NAME);
    let mut bytes = fs::read(&path).unwrap();
    let length = bytes.len();
    for (place, bit) in places {
        bytes[place % length] ^= 1 << (bit % 8);
    }
    fs::write(path, bytes).unwrap();
}

/// Where in the file the bytes stand.
fn find(folder: &Path, what: &[u8]) -> usize {
    let bytes = fs::read(folder.join(FILE_NAME)).unwrap();
    bytes.windows(what.len()).position(|window| window == what).unwrap()
}

#[test]
fn a_sound_library_is_sound() {
    let (_root, folder) = library(40);
    let health = examine(&folder).unwrap();
    assert!(health.is_sound() && health.guarded, "{:?}", health.faults());
    let again = Catalog::open(&folder).unwrap();
    let other = Catalog::open(&folder).unwrap();
    for i in 40..60 {
        let catalog = if i % 2 == 0 { &again } else { &other };
        catalog.commit(&[Change::Add(Box::new(asset(i)))]).unwrap();
    }
    drop(again);
    assert!(examine(&folder).unwrap().is_sound(), "with a log and another connection");
    drop(other);
    assert!(examine(&folder).unwrap().is_sound());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn fifty_flipped_bits_never_change_an_answer(places in prop::collection::vec((any::<usize>(), 0u8..8), 50)) {
        let (_root, folder) = library(40);
        let before = everything(&folder).unwrap();
        flip(&folder, &places);
        match everything(&folder) {
            Ok(after) => prop_assert_eq!(after, before),
            Err(error) => {
                let metadata = matches!(error, CatalogError::Damaged(_) | CatalogError::Foreign { .. });
                prop_assert!(metadata, "{}", error);
                let sound = examine(&folder).is_ok_and(|health| health.is_sound());
                prop_assert!(!sound, "the check must see it too");
            }
        }
    }
}

#[test]
fn one_flipped_bit_of_a_vector_is_refused_named_and_mended() {
    let (_root, folder) = library(40);
    let before = everything(&folder).unwrap();
    let bytes: Vec<u8> = vector(3).values().iter().flat_map(|v| v.to_le_bytes()).collect();
    flip(&folder, &[(find(&folder, &bytes) + 9, 3)]);
    let error = everything(&folder).unwrap_err();
    assert!(matches!(error, CatalogError::Damaged(_)), "{error}");
    let health = examine(&folder).unwrap();
    assert_eq!(
        health.damaged.iter().map(|(name, n)| (name.as_str(), *n)).collect::<Vec<_>>(),
        [("assets", 1)]
    );

    let repaired = repair(&folder).unwrap();
    assert!(repaired.copy.is_file() && repaired.vectors > 0);
    assert!(examine(&folder).unwrap().is_sound());
    let catalog = Catalog::open(&folder).unwrap();
    assert!(!catalog.is_whole(&id(3)).unwrap());
    assert_eq!(catalog.embedding(&id(3)).unwrap(), None);
    let points = catalog.changes_since(0, 1_000_000).unwrap();
    let waiting = catalog.unanalysed().unwrap();
    assert!(
        waiting.iter().all(|asset| asset.duration_ms.is_some()),
        "pictures are not looked through"
    );
    let live = points.iter().filter(|point| point.vector.is_some()).count() as u64;
    assert_eq!(live, catalog.point_count().unwrap());
    for lost in (0..40).filter(|i| !catalog.is_whole(&id(*i)).unwrap()) {
        catalog.commit(&[Change::Add(Box::new(asset(lost)))]).unwrap();
        assert_eq!(catalog.embedding(&id(lost)).unwrap(), Some(vector(lost)));
    }
    let vectors = |text: &str| text.matches("vector: Some").count();
    drop(catalog);
    assert_eq!(vectors(&everything(&folder).unwrap()), vectors(&before));
}

#[test]
fn what_a_person_wrote_stays_and_is_told() {
    let (_root, folder) = library(40);
    flip(&folder, &[(find(&folder, b"my own 14"), 0)]);
    let error = everything(&folder).unwrap_err();
    assert!(matches!(error, CatalogError::Damaged(_)), "{error}");
    let repaired = repair(&folder).unwrap();
    assert!(repaired.passages > 0, "those of machines beside it are made again");
    assert!(repaired.doubtful.iter().any(|line| line.contains("y own 14")), "{repaired:?}");
    assert!(examine(&folder).unwrap().is_sound());
    let catalog = Catalog::open(&folder).unwrap();
    assert!(!catalog.unperceived(PassageKind::Tag, Some("m")).unwrap().is_empty());
    let row = catalog.row(&id(14)).unwrap();
    assert!(catalog.passages(row).unwrap().iter().any(|p| p.text.ends_with("y own 14")));
    assert!(!catalog.lexical_passages(&["own".into()]).unwrap().is_empty());
}

#[test]
fn mending_leaves_alone_what_it_cannot_mend() {
    let (_root, folder) = library(40);
    let before = fs::read(folder.join(FILE_NAME)).unwrap();
    // Headers of all pages but the first.
    let places: Vec<_> = (1..before.len() / 4096).map(|page| (page * 4096, 3)).collect();
    flip(&folder, &places);
    let damaged = fs::read(folder.join(FILE_NAME)).unwrap();
    assert!(matches!(repair(&folder), Err(CatalogError::Damaged(_))));
    assert!(fs::read(folder.join("catalog.damaged-1.sqlite")).unwrap() == damaged);
    assert!(!examine(&folder).unwrap().is_sound());
}

#[test]
fn an_empty_or_foreign_file_is_never_no_library_and_never_started_over() {
    let root = TempDir::new().unwrap();
    let path = root.path().join(FILE_NAME);
    let refused = || {
        let open = Catalog::open(root.path()).err().unwrap();
        let made = Catalog::create(root.path(), "x", &space()).err().unwrap();
        assert!(matches!(made, CatalogError::Exists { .. }), "{made}");
        open
    };
    fs::write(&path, b"").unwrap();
    assert!(matches!(refused(), CatalogError::Damaged(_)));
    fs::write(&path, [0u8; 8192]).unwrap();
    assert!(matches!(refused(), CatalogError::Damaged(_)));
    fs::remove_file(&path).unwrap();
    let other = rusqlite::Connection::open(&path).unwrap();
    other
        .execute_batch("CREATE TABLE t (a); PRAGMA user_version = 3; PRAGMA application_id = 7")
        .unwrap();
    drop(other);
    let before = fs::read(&path).unwrap();
    assert!(matches!(refused(), CatalogError::Foreign { .. }));
    assert!(fs::read(&path).unwrap() == before, "nothing was written to it");
    fs::remove_file(&path).unwrap();
    fs::create_dir(&path).unwrap();
    assert!(matches!(refused(), CatalogError::Foreign { .. }));
    #[cfg(unix)]
    {
        fs::remove_dir(&path).unwrap();
        assert!(std::process::Command::new("mkfifo").arg(&path).status().unwrap().success());
        assert!(matches!(refused(), CatalogError::Foreign { .. }));
    }
}

#[test]
fn a_catalogue_that_is_gone_is_missed() {
    let (_root, folder) = library(2);
    assert!(matches!(Catalog::open(&folder.join("nothing")), Err(CatalogError::NoLibrary { .. })));
    fs::create_dir_all(folder.join("thumbs/ab")).unwrap();
    fs::remove_file(folder.join(FILE_NAME)).unwrap();
    assert!(matches!(Catalog::open(&folder), Err(CatalogError::Lost { .. })));
    let made = Catalog::create(&folder, "lib", &space());
    assert!(matches!(made, Err(CatalogError::Lost { .. })));
}

/// A library as version 4 of the format left it.
fn old(folder: &Path) -> Vec<u8> {
    fs::create_dir_all(folder).unwrap();
    let raw = rusqlite::Connection::open(folder.join(FILE_NAME)).unwrap();
    raw.execute_batch("PRAGMA journal_mode = WAL").unwrap();
    raw.execute_batch(concat!(
        include_str!("../src/schema_1.sql"),
        include_str!("../src/schema_2.sql"),
        include_str!("../src/schema_3.sql"),
        include_str!("../src/schema_4.sql")
    ))
    .unwrap();
    let space = serde_json::to_string(&space()).unwrap();
    raw.execute("INSERT INTO library VALUES (1, 'old', ?1, 1)", [space]).unwrap();
    for i in 0..200 {
        raw.execute(
            "INSERT INTO assets (id, width, height, bytes, format, keywords, added_at, vector, phash, live,
                 changed, title) VALUES (randomblob(32), 1, 1, 1, 'png', '[]', '2026-01-01T00:00:00Z',
                 zeroblob(256), 0, 1, 1, ?1)",
            [format!("title {i}")],
        )
        .unwrap();
    }
    raw.pragma_update(None, "user_version", 4).unwrap();
    drop(raw);
    fs::read(folder.join(FILE_NAME)).unwrap()
}

#[test]
fn an_older_library_is_backed_up_and_gets_checksums() {
    let root = TempDir::new().unwrap();
    let folder = root.path().join("lib");
    old(&folder);
    assert!(!examine(&folder).unwrap().guarded);
    assert!(matches!(Catalog::look(&folder), Err(CatalogError::TooOld { found: 4 })));
    assert_eq!(Catalog::open(&folder).unwrap().count().unwrap(), 200);
    let health = examine(&folder).unwrap();
    assert!(health.guarded && health.is_sound(), "{:?}", health.faults());
    assert_eq!(Catalog::backups(&folder), [folder.join("catalog.before-5.sqlite")]);
    flip(&folder, &[(find(&folder, b"title 77"), 0)]);
    assert!(!examine(&folder).unwrap().is_sound());
    // As the hint says.
    fs::copy(folder.join("catalog.before-5.sqlite"), folder.join(FILE_NAME)).unwrap();
    assert_eq!(Catalog::open(&folder).unwrap().count().unwrap(), 200);
    assert!(examine(&folder).unwrap().is_sound());
}

#[test]
fn a_damaged_older_library_is_neither_backed_up_nor_brought_up() {
    let root = TempDir::new().unwrap();
    let folder = root.path().join("lib");
    old(&folder);
    fs::write(folder.join("catalog.before-5.sqlite"), b"the good one").unwrap();
    let pages = fs::read(folder.join(FILE_NAME)).unwrap().len() / 4096;
    flip(&folder, &(4..pages).map(|page| (page * 4096 + 1, 7)).collect::<Vec<_>>());
    let before = fs::read(folder.join(FILE_NAME)).unwrap();
    assert!(matches!(Catalog::open(&folder), Err(CatalogError::Damaged(_))));
    assert_eq!(fs::read(folder.join("catalog.before-5.sqlite")).unwrap(), b"the good one");
    assert!(fs::read(folder.join(FILE_NAME)).unwrap() == before);
}

#[test]
fn killed_while_it_gets_its_checksums_a_library_opens_afterwards() {
    let root = TempDir::new().unwrap();
    let folder = root.path().join("lib");
    old(&folder);
    Catalog::open(&folder).unwrap();
    // A log whose pages were not taken over: as the file lies when the process dies.
    let catalog = Catalog::open(&folder).unwrap();
    let holder = rusqlite::Connection::open(folder.join(FILE_NAME)).unwrap();
    catalog.start_conversation("after", Timestamp::UNIX_EPOCH).unwrap();
    let copy = root.path().join("copy");
    fs::create_dir(&copy).unwrap();
    for name in [FILE_NAME.to_owned(), format!("{FILE_NAME}-wal")] {
        fs::copy(folder.join(&name), copy.join(&name)).unwrap();
    }
    drop(holder);
    assert!(copy.join(format!("{FILE_NAME}-wal")).metadata().unwrap().len() > 0);
    assert_eq!(Catalog::open(&copy).unwrap().conversations().unwrap().len(), 1);
    assert!(examine(&copy).unwrap().is_sound());
}

#[test]
fn a_library_that_was_being_made_is_none_yet() {
    let root = TempDir::new().unwrap();
    let folder = root.path().join("lib");
    fs::create_dir(&folder).unwrap();
    fs::write(folder.join("catalog.new-abc"), b"half").unwrap();
    assert!(matches!(Catalog::open(&folder), Err(CatalogError::NoLibrary { .. })));
    assert!(Catalog::create(&folder, "lib", &space()).is_ok());
}

#[cfg(unix)]
#[test]
fn everything_is_its_owners_alone_what_was_there_too() {
    use std::os::unix::fs::PermissionsExt;
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    let set = |path: &Path, mode| {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    };
    let (root, folder) = library(3);
    let catalog = Catalog::open(&folder).unwrap();
    catalog.start_conversation("a", Timestamp::UNIX_EPOCH).unwrap();
    assert_eq!(mode(&folder), 0o700);
    for entry in fs::read_dir(&folder).unwrap().flatten() {
        assert_eq!(mode(&entry.path()), 0o600, "{}", entry.path().display());
    }
    drop(catalog);
    let older = root.path().join("older");
    old(&older);
    fs::create_dir_all(older.join("thumbs/ab")).unwrap();
    fs::write(older.join("thumbs/ab/c.jpg"), b"x").unwrap();
    for name in ["", FILE_NAME, "thumbs", "thumbs/ab", "thumbs/ab/c.jpg"] {
        set(&older.join(name), if name.contains('.') { 0o644 } else { 0o755 });
    }
    drop(Catalog::open(&older).unwrap());
    let modes = ["", "thumbs/ab", FILE_NAME, "thumbs/ab/c.jpg", "catalog.before-5.sqlite"]
        .map(|name| mode(&older.join(name)));
    assert_eq!(modes, [0o700, 0o700, 0o600, 0o600, 0o600]);
}
