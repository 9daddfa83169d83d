//! The catalogue against a real SQLite file. Not covered: power cuts, network file systems.

#![allow(clippy::unwrap_used, reason = "helpers of tests may panic")]

use jiff::{Timestamp, civil::date};
use kinora_catalog::{
    Catalog, CatalogError, Change, Description, FileEntry, Filter, Kind, NewAsset, NewFrame,
    NewShot, Owner,
};
use kinora_types::{
    Asset, AssetId, AssetRow, ContentHash, EmbeddingSpace, GeoPoint, Point, Rights, Size, TimeRange,
};
use proptest::prelude::*;
use tempfile::TempDir;

fn space(name: &str) -> EmbeddingSpace {
    EmbeddingSpace { name: name.into(), revision: "1".into(), dimension: 2, normalised: true }
}

fn library() -> (TempDir, Catalog) {
    let folder = TempDir::new().unwrap();
    let catalog = Catalog::create(&folder.path().join("lib"), "lib", &space("s")).unwrap();
    (folder, catalog)
}

fn file(path: &str) -> FileEntry {
    FileEntry { path: path.into(), bytes: 7, mtime_ns: 1 }
}

fn picture(content: &str, path: &str) -> NewAsset {
    let asset = Asset {
        id: AssetId(ContentHash::of(content.as_bytes())),
        size: Some(Size { width: 4, height: 3 }),
        bytes: 7,
        format: "png".into(),
        paths: vec![],
        taken_at: None,
        date_basis: None,
        place: None,
        camera: None,
        title: Some(format!("The {content}")),
        caption: None,
        keywords: vec!["test".into()],
        rights: Rights::default(),
        duration_ms: None,
        added_at: Timestamp::UNIX_EPOCH,
    };
    NewAsset {
        asset,
        file: file(path),
        names: vec!["holiday".into()],
        index_words: true,
        embedding: Some(space("s").embedding(vec![1.0, 1.0])),
        phash: u64::MAX,
        frames: Vec::new(),
        signature: None,
        near_duplicates: Vec::new(),
    }
}

fn add(catalog: &Catalog, new: &NewAsset) {
    catalog.commit(&[Change::Add(Box::new(new.clone()))]).unwrap();
}

#[test]
fn an_asset_comes_back_as_it_went_in() {
    let (_folder, catalog) = library();
    let mut new = picture("owl", "/a/owl.png");
    new.asset.taken_at = Some(date(2024, 2, 29).at(12, 30, 1, 0));
    new.asset.place = Some(GeoPoint { latitude: 41.9, longitude: 12.5 });
    new.asset.rights.licence = Some("CC0-1.0".into());
    add(&catalog, &new);
    let expected = Asset { paths: vec!["/a/owl.png".into()], ..new.asset.clone() };
    assert_eq!(catalog.asset(&new.asset.id).unwrap().unwrap(), expected);
    assert_eq!(catalog.embedding(&new.asset.id).unwrap(), new.embedding);
    assert_eq!(catalog.perceptual_hashes().unwrap()[0].1, u64::MAX);
}

/// Older versions kept the name of XMP's default language as a licence.
#[test]
fn what_an_older_version_took_for_a_licence_is_none() {
    let (_folder, mut catalog) = library();
    let mut new = picture("a", "/a.jpg");
    new.asset.rights.licence = Some("x-default".into());
    add(&catalog, &new);
    let asset = catalog.asset(&new.asset.id).unwrap().unwrap();
    assert_eq!(asset.rights, Rights::default());
    let filter = Filter { licences: vec!["x-default".into()], ..Filter::default() };
    assert_eq!(catalog.filter(&filter).unwrap(), Some(Vec::new()));
    // What it holds, and another name, also once it is opened again.
    let contents = catalog.contents().unwrap();
    assert_eq!((contents.pictures, contents.videos, contents.corrected), (1, 0, 0));
    catalog.rename("other").unwrap();
    assert_eq!(Catalog::look(catalog.folder()).unwrap().name(), "other");
}

#[test]
fn a_moved_file_is_the_same_asset() {
    let (_folder, catalog) = library();
    let new = picture("owl", "/a/owl.png");
    add(&catalog, &new);
    let seen = Change::Seen { asset: new.asset.id, file: file("/b/owl.png") };
    catalog.commit(&[seen, Change::Vanished { path: "/a/owl.png".into() }]).unwrap();
    assert_eq!(catalog.count().unwrap(), 1);
    assert_eq!(catalog.asset(&new.asset.id).unwrap().unwrap().paths, ["/b/owl.png"]);
}

#[test]
fn a_changed_file_supersedes_and_a_vanished_one_is_not_found() {
    let (_folder, catalog) = library();
    let (old, new) = (picture("owl", "/a/x.png"), picture("cat", "/a/x.png"));
    add(&catalog, &old);
    let before = catalog.revision().unwrap();
    add(&catalog, &new);
    assert_eq!(catalog.live_rows().unwrap().len(), 1);
    assert!(catalog.asset(&old.asset.id).unwrap().unwrap().paths.is_empty());
    let changes = catalog.changes_since(before, 10).unwrap();
    assert_eq!(changes.iter().map(|c| c.vector.is_some()).collect::<Vec<_>>(), [false, true]);
    assert_eq!(catalog.lexical(&["owl".into()], 10).unwrap(), []);

    catalog.commit(&[Change::Vanished { path: "/a/x.png".into() }]).unwrap();
    assert_eq!(catalog.count().unwrap(), 0);
    catalog.commit(&[Change::Seen { asset: new.asset.id, file: file("/a/x.png") }]).unwrap();
    assert_eq!(catalog.count().unwrap(), 1);
}

#[test]
fn the_feed_can_be_read_in_pieces() {
    let (_folder, catalog) = library();
    for i in 0..7 {
        add(&catalog, &picture(&format!("p{i}"), &format!("/p{i}")));
    }
    let (mut at, mut rows) = (0, vec![]);
    loop {
        let piece = catalog.changes_since(at, 3).unwrap();
        let Some(last) = piece.last() else { break };
        at = last.revision;
        rows.extend(piece.iter().map(|c| c.point));
    }
    let live = catalog.live_rows().unwrap();
    assert_eq!(rows, live.into_iter().map(Point::of_picture).collect::<Vec<_>>());
    assert_eq!(at, catalog.revision().unwrap());
}

#[test]
fn nothing_of_a_failed_commit_stays() {
    let (_folder, catalog) = library();
    let unknown = AssetId(ContentHash::of(b"unknown"));
    let changes = [
        Change::Add(Box::new(picture("owl", "/owl"))),
        Change::Seen { asset: unknown, file: file("/x") },
    ];
    assert!(matches!(catalog.commit(&changes), Err(CatalogError::Reference(_))));
    assert_eq!((catalog.count().unwrap(), catalog.revision().unwrap()), (0, 0));
}

#[test]
fn a_vector_of_another_space_is_refused() {
    let (_folder, catalog) = library();
    let mut new = picture("owl", "/owl");
    new.embedding = Some(space("other").embedding(vec![1.0, 0.0]));
    let result = catalog.commit(&[Change::Add(Box::new(new))]);
    assert!(matches!(result, Err(CatalogError::Space(_))));
}

#[test]
fn another_process_sees_it_at_once() {
    let (_folder, catalog) = library();
    let reader = Catalog::open(catalog.folder()).unwrap();
    add(&catalog, &picture("owl", "/owl"));
    assert_eq!(reader.count().unwrap(), 1);
    assert_eq!(reader.lexical(&["owls".into()], 5).unwrap().len(), 1);
}

#[test]
fn opening_what_is_no_library_says_so() {
    let folder = TempDir::new().unwrap();
    assert!(matches!(Catalog::open(folder.path()), Err(CatalogError::NoLibrary { .. })));
    std::fs::write(folder.path().join(kinora_catalog::FILE_NAME), b"not a database at all")
        .unwrap();
    assert!(matches!(Catalog::open(folder.path()), Err(CatalogError::Damaged(_))));
}

#[test]
fn a_library_is_made_once_and_newer_formats_are_refused() {
    let (_folder, catalog) = library();
    let again = Catalog::create(catalog.folder(), "lib", &space("s"));
    assert!(matches!(again, Err(CatalogError::Exists { .. })));
    let raw = rusqlite::Connection::open(catalog.folder().join(kinora_catalog::FILE_NAME)).unwrap();
    raw.pragma_update(None, "user_version", 99).unwrap();
    assert!(matches!(Catalog::open(catalog.folder()), Err(CatalogError::TooNew { found: 99, .. })));
}

#[test]
fn filters_are_exact() {
    let (_folder, catalog) = library();
    let rome = GeoPoint { latitude: 41.9028, longitude: 12.4964 };
    let mut dated = picture("dated", "/1");
    dated.asset.taken_at = Some(date(2024, 6, 1).at(23, 59, 59, 0));
    let mut placed = picture("placed", "/2");
    placed.asset.place = Some(rome);
    add(&catalog, &dated);
    add(&catalog, &placed);
    let on = |filter: Filter| catalog.filter(&filter).unwrap().unwrap();
    let day = Some(date(2024, 6, 1));
    assert_eq!(on(Filter { after: day, before: day, ..Filter::default() }), [AssetRow(1)]);
    assert_eq!(on(Filter { after: Some(date(2024, 6, 2)), ..Filter::default() }), []);
    assert_eq!(on(Filter { near: Some((rome, 1.0)), ..Filter::default() }), [AssetRow(2)]);
    let description = Description {
        title: Some("Forum at dusk".into()),
        rights: Rights { licence: Some("CC-BY 4.0".into()), ..Rights::default() },
        ..Description::default()
    };
    let asset = placed.asset.id;
    catalog
        .commit(&[Change::Describe { asset, description, index_words: true, by_hand: false }])
        .unwrap();
    assert_eq!(
        on(Filter { licences: vec!["CC0".into(), "cc by".into()], ..Filter::default() }),
        [AssetRow(2)]
    );
    assert_eq!(catalog.lexical(&["dusk".into()], 5).unwrap()[0].row, AssetRow(2));
    assert_eq!(catalog.assets_named("2").unwrap()[0].title.as_deref(), Some("Forum at dusk"));
    assert_eq!(catalog.filter(&Filter::default()).unwrap(), None);
}

#[test]
fn filters_of_folders_tags_and_words() {
    let (_folder, catalog) = library();
    let mut owl = picture("owl", "/a/birds/owl.png");
    owl.asset.title = Some("Snowy Owl at dusk".into());
    owl.asset.keywords = vec!["Bird".into(), "night".into()];
    owl.asset.rights.author = Some("Ada Finch".into());
    owl.asset.camera = Some("Canon EOS R5".into());
    add(&catalog, &owl);
    add(&catalog, &picture("cat", "/a/birds-2/cat.png"));
    let tags = |texts: &[&str]| {
        let passage = |text: &&str| kinora_types::Passage {
            kind: kinora_types::PassageKind::Tag,
            text: (*text).to_owned(),
            range: None,
            region: None,
            language: None,
            words: Vec::new(),
            origin: kinora_types::Origin::Machine { model: "m@1".into(), confidence: None },
        };
        let (kind, found) =
            (kinora_types::PassageKind::Tag, Ok(texts.iter().map(passage).collect()));
        Change::Perceived {
            asset: catalog.resolve("cat.png").unwrap().id,
            kind,
            model: "m@1".into(),
            found,
        }
    };
    catalog.commit(&[tags(&["cat", "night"])]).unwrap();
    let on = |filter: Filter| catalog.filter(&filter).unwrap().unwrap();
    let (owl, cat) = (AssetRow(1), AssetRow(2));
    let text = |text: &str| Some(text.to_owned());
    let tagged = |tags: &[&str]| Filter {
        tags: tags.iter().map(|tag| (*tag).to_owned()).collect(),
        ..Filter::default()
    };
    for (filter, expected) in [
        (Filter { folder: text("/a/birds"), ..Filter::default() }, &[owl][..]),
        (Filter { folder: text("birds-2"), ..Filter::default() }, &[cat]),
        (Filter { folder: text("/a"), ..Filter::default() }, &[owl, cat]),
        (Filter { folder: text("/b"), ..Filter::default() }, &[]),
        (tagged(&["bird"]), &[owl]),
        (tagged(&["CAT"]), &[cat]),
        (tagged(&["night"]), &[owl, cat]),
        (tagged(&["night", "cat"]), &[cat]),
        (tagged(&["ca"]), &[]),
        (Filter { title: text("owl AT"), ..Filter::default() }, &[owl]),
        (Filter { title: text("%"), ..Filter::default() }, &[]),
        (Filter { author: text("finch"), ..Filter::default() }, &[owl]),
        (Filter { camera_model: text("eos"), ..Filter::default() }, &[owl]),
    ] {
        assert_eq!(on(filter.clone()), expected, "{filter:?}");
    }
    assert_eq!(catalog.known_tags().unwrap(), ["night", "bird", "cat", "test"]);
    let mut texts = Vec::new();
    catalog.each_text(&mut |text| texts.push(text.to_owned())).unwrap();
    assert!(texts.iter().any(|text| text.contains("Snowy Owl")) && texts.contains(&"cat".into()));
    let read: Filter = serde_json::from_str(r#"{"after": "2023", "before": "2023-06"}"#).unwrap();
    assert_eq!((read.after, read.before), (Some(date(2023, 1, 1)), Some(date(2023, 6, 30))));
    assert!(serde_json::from_str::<Filter>(r#"{"after": "June"}"#).is_err());
}

#[test]
fn lists_come_page_by_page_in_order() {
    use kinora_catalog::Sort;
    let (_folder, catalog) = library();
    for (name, path, taken) in [
        ("a", "/x/b.png", Some(date(2020, 1, 1))),
        ("b", "/x/c.png", None),
        ("c", "/y/A.png", Some(date(2024, 1, 1))),
        ("d", "/y/d.png", Some(date(2022, 1, 1))),
    ] {
        let mut new = picture(name, path);
        new.asset.taken_at = taken.map(|day| day.at(12, 0, 0, 0));
        new.asset.added_at = jiff::Timestamp::UNIX_EPOCH;
        add(&catalog, &new);
    }
    let all = Filter::default();
    let list = |filter: &Filter, sort, reverse, offset, limit| {
        let page = catalog.list(filter, sort, reverse, offset, limit).unwrap();
        (page.total, page.assets.iter().map(|(row, _)| row.0).collect::<Vec<_>>())
    };
    for (sort, reverse, expected) in [
        (Sort::Date, false, [3, 4, 1, 2]),
        (Sort::Date, true, [1, 4, 3, 2]),
        (Sort::Name, false, [3, 1, 2, 4]),
        (Sort::Name, true, [4, 2, 1, 3]),
        (Sort::Added, false, [4, 3, 2, 1]),
        (Sort::Added, true, [1, 2, 3, 4]),
    ] {
        assert_eq!(list(&all, sort, reverse, 0, 9), (4, expected.to_vec()), "{sort:?} {reverse}");
        let pages = [0, 1, 2, 3].map(|offset| list(&all, sort, reverse, offset, 1).1[0]);
        assert_eq!(pages, expected, "pages of {sort:?} {reverse}");
    }
    assert_eq!(list(&all, Sort::Date, false, 4, 9), (4, vec![]));
    let some = Filter { after: Some(date(2021, 1, 1)), ..Filter::default() };
    assert_eq!(list(&some, Sort::Date, false, 0, 1), (2, vec![3]));
}

#[test]
fn an_unknown_name_has_neighbours() {
    let (_folder, catalog) = library();
    add(&catalog, &picture("owl", "/birds/IMG_2041.jpg"));
    add(&catalog, &picture("cat", "/cats/cat.png"));
    for (reference, near) in
        [("IMG_204.jpg", &["IMG_2041.jpg"][..]), ("/x/cta.png", &["cat.png"]), ("?", &[])]
    {
        match catalog.resolve(reference) {
            Err(CatalogError::NoAsset { near: found, .. }) => {
                assert_eq!(found, near, "{reference}")
            }
            other => panic!("{reference}: {other:?}"),
        }
    }
}

#[test]
fn authors_and_cameras_filter_by_whole_words_and_are_counted() {
    let (_folder, catalog) = library();
    for (name, author, camera, day) in [
        ("a", Some("Ann Lee"), Some("Canon EOS 5D"), Some(3)),
        ("b", Some("Lee, Ann"), Some("NIKON D90"), Some(1)),
        ("c", Some("Joanna O. Lee"), None, None),
        ("d", None, Some("Canon"), Some(2)),
    ] {
        let mut new = picture(name, &format!("/{name}"));
        new.asset.rights.author = author.map(Into::into);
        new.asset.camera = camera.map(Into::into);
        new.asset.taken_at = day.map(|day| date(2024, 6, day).at(8, 0, 0, 0));
        add(&catalog, &new);
    }
    let author = |name: &str| Filter { author: Some(name.into()), ..Filter::default() };
    let camera = |name: &str| Filter { camera_model: Some(name.into()), ..Filter::default() };
    for (filter, rows) in [
        (author("ann"), &[1, 2][..]),
        (author("Ann Lee"), &[1]),
        (author("lee"), &[1, 2, 3]),
        (author("Joanna O. Lee"), &[3]),
        (author("%"), &[]),
        (camera("canon"), &[1, 4]),
        (camera("Nikon D90"), &[2]),
        (Filter { dated: Some(false), ..Filter::default() }, &[3]),
        (Filter { placed: Some(true), ..Filter::default() }, &[]),
    ] {
        let found: Vec<u64> =
            catalog.filter(&filter).unwrap().unwrap().iter().map(|row| row.0).collect();
        assert_eq!(found, rows, "{filter:?}");
        assert_eq!(catalog.count_passing(&filter).unwrap(), rows.len() as u64, "{filter:?}");
    }
    let by_date: Vec<u64> =
        catalog.by_date(&Filter::default()).unwrap().iter().map(|(row, _)| row.0).collect();
    assert_eq!(by_date, [2, 4, 1, 3]);
    assert_eq!(catalog.count_passing(&Filter::default()).unwrap(), 4);
    assert_eq!(catalog.authors().unwrap(), ["Ann Lee", "Joanna O. Lee", "Lee, Ann"]);
    assert_eq!(catalog.camera_models().unwrap(), ["Canon", "Canon EOS 5D", "NIKON D90"]);
}

#[test]
fn references_are_hashes_names_or_paths() {
    let (_folder, catalog) = library();
    let owl = picture("owl", "/birds/owl.png");
    add(&catalog, &owl);
    add(&catalog, &picture("cat", "/cats/cat.png"));
    for reference in [&owl.asset.id.short(), &owl.asset.id.to_string(), "owl.png", "/birds/owl.png"]
    {
        assert_eq!(catalog.resolve(reference).unwrap().id, owl.asset.id, "{reference}");
    }
    for reference in ["png", "wl.png", "dog.png", "%", "______", ""] {
        assert!(catalog.resolve(reference).is_err(), "{reference}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn no_word_breaks_the_search(words in prop::collection::vec(".{0,12}", 0..5)) {
        let (_folder, catalog) = library();
        add(&catalog, &picture("owl", "/owl"));
        catalog.lexical(&words, 5).unwrap();
    }
}

fn vector(value: f32) -> kinora_types::Embedding {
    space("s").embedding(vec![value, 1.0 - value])
}

fn video(content: &str, path: &str, moments: &[u64]) -> NewAsset {
    let mut new = picture(content, path);
    new.asset.duration_ms = Some(10_000);
    let frame = |at_ms: &u64| NewFrame { at_ms: *at_ms, embedding: vector(0.25) };
    new.frames = moments.iter().map(frame).collect();
    new
}

#[test]
fn a_recording_that_does_not_tell_its_length_is_no_point() {
    let (_folder, catalog) = library();
    let mut new = picture("song", "/song");
    (new.asset.size, new.asset.duration_ms, new.embedding) = (None, None, None);
    add(&catalog, &new);
    assert_eq!(catalog.count_by_kind().unwrap()[2], (Kind::Audio, 1));
    assert!(catalog.changes_since(0, 10).unwrap().is_empty());
}

#[test]
fn a_video_is_as_many_points_as_it_has_frames() {
    let (_folder, catalog) = library();
    add(&catalog, &picture("still", "/1"));
    let film = video("film", "/2", &[0, 4000]);
    add(&catalog, &film);
    let points: Vec<Point> =
        catalog.changes_since(0, 10).unwrap().iter().map(|change| change.point).collect();
    let owners = catalog.owners(&points).unwrap();
    let owner = |asset, at_ms| Some(Owner { asset: AssetRow(asset), at_ms });
    assert_eq!(owners, [owner(1, None), owner(2, Some(0)), owner(2, Some(4000))]);
    assert_eq!((catalog.count().unwrap(), catalog.point_count().unwrap()), (2, 3));
    assert_eq!(catalog.points_of(&[AssetRow(2)]).unwrap(), points[1..]);
    assert_eq!(catalog.points_of(&[AssetRow(1), AssetRow(2)]).unwrap(), points);
    assert_eq!(catalog.points_of(&[]).unwrap(), []);
    let kind = |kind| Filter { kind: Some(kind), ..Filter::default() };
    assert_eq!(catalog.filter(&kind(Kind::Video)).unwrap().unwrap(), [AssetRow(2)]);
    assert_eq!(catalog.filter(&kind(Kind::Picture)).unwrap().unwrap(), [AssetRow(1)]);

    assert_eq!(catalog.unanalysed().unwrap()[0].id, film.asset.id);
    let before = catalog.revision().unwrap();
    let shots = vec![TimeRange::new(0, 5000).unwrap(), TimeRange::new(5000, 10_000).unwrap()];
    let frames = [4000, 5000].map(|at_ms| NewFrame { at_ms, embedding: vector(0.75) }).to_vec();
    let asset = film.asset.id;
    let embedding = vector(0.5);
    let new = shots.iter().map(|range| NewShot { range: *range, motion: None }).collect();
    let duration_ms = Some(10_000);
    let change = Change::Analysed { asset, frames, shots: new, embedding, duration_ms };
    catalog.commit(&[change]).unwrap();
    assert_eq!(catalog.asset(&asset).unwrap().unwrap().duration_ms, duration_ms);
    assert!(catalog.unanalysed().unwrap().is_empty());
    assert_eq!(catalog.shots(AssetRow(2)).unwrap(), shots);
    // The frame that was known keeps its vector and is no news.
    assert_eq!(catalog.changes_since(before, 10).unwrap().len(), 1);
    let metadata: Vec<u64> =
        catalog.frames(AssetRow(2)).unwrap().iter().map(|frame| frame.at_ms).collect();
    assert_eq!(metadata, [0, 4000, 5000]);

    let before = catalog.revision().unwrap();
    catalog.commit(&[Change::Vanished { path: "/2".into() }]).unwrap();
    let gone = catalog.changes_since(before, 10).unwrap();
    assert!(gone.len() == 3 && gone.iter().all(|change| change.vector.is_none()));
    assert_eq!(catalog.point_count().unwrap(), 1);
}

#[test]
fn a_library_of_the_first_format_is_brought_up() {
    let folder = TempDir::new().unwrap();
    let raw = rusqlite::Connection::open(folder.path().join(kinora_catalog::FILE_NAME)).unwrap();
    raw.execute_batch(include_str!("../src/schema_1.sql")).unwrap();
    let space = serde_json::to_string(&space("s")).unwrap();
    raw.execute("INSERT INTO library VALUES (1, 'old', ?1, 1)", [space]).unwrap();
    raw.execute(
        "INSERT INTO assets (id, width, height, bytes, format, keywords, added_at, vector, phash, live,
             changed) VALUES (zeroblob(32), 1, 1, 1, 'png', '[]', '2026-01-01T00:00:00Z', zeroblob(8),
             0, 1, 1)",
        [],
    )
    .unwrap();
    raw.pragma_update(None, "user_version", 1).unwrap();
    drop(raw);
    let catalog = Catalog::open(folder.path()).unwrap();
    assert_eq!((catalog.count().unwrap(), catalog.point_count().unwrap()), (1, 1));
    assert!(catalog.unanalysed().unwrap().is_empty());
}
