//! Layers of what is metadata of an asset, names in either form, halves of Live Photos.

#![allow(clippy::unwrap_used, reason = "helpers of tests may panic")]

use jiff::Timestamp;
use kinora_catalog::{Catalog, Change, Description, FileEntry, Layer, LayerMetadata, NewAsset};
use kinora_types::{
    Asset, AssetId, ContentHash, DateBasis, EmbeddingSpace, GeoPoint, Rights, Size,
};
use tempfile::TempDir;

fn library() -> (TempDir, Catalog) {
    let folder = tempfile::tempdir().unwrap();
    let space = EmbeddingSpace {
        name: "test".into(),
        revision: "1".into(),
        dimension: 3,
        normalised: true,
    };
    let catalog = Catalog::create(folder.path(), "test", &space).unwrap();
    (folder, catalog)
}

fn add(catalog: &Catalog, path: &str, format: &str, duration_ms: Option<u64>) -> AssetId {
    let id = AssetId(ContentHash::of(path.as_bytes()));
    let asset = Asset {
        id,
        size: Some(Size { width: 4, height: 3 }),
        bytes: 7,
        format: format.into(),
        duration_ms,
        paths: Vec::new(),
        taken_at: None,
        date_basis: None,
        place: None,
        camera: None,
        title: Some("old".into()),
        caption: None,
        keywords: vec!["own".into()],
        rights: Rights::default(),
        added_at: Timestamp::UNIX_EPOCH,
    };
    let new = NewAsset {
        asset,
        file: FileEntry { path: path.into(), bytes: 7, mtime_ns: 1 },
        names: Vec::new(),
        index_words: true,
        embedding: Some(catalog.space().embedding(vec![1.0, 0.0, 0.0])),
        frames: Vec::new(),
        phash: 0,
        signature: None,
        near_duplicates: Vec::new(),
    };
    catalog.commit(&[Change::Add(Box::new(new))]).unwrap();
    id
}

fn tell(catalog: &Catalog, asset: AssetId, layer: Layer, metadata: Option<LayerMetadata>) -> Asset {
    let (layers, list) = (vec![(layer, metadata)], Some("/a/list.json".to_owned()));
    catalog.commit(&[Change::Layers { asset, layers, list, index_words: true }]).unwrap();
    catalog.asset(&asset).unwrap().unwrap()
}

fn titled(title: &str) -> Option<LayerMetadata> {
    Some(LayerMetadata { title: Some(title.into()), ..LayerMetadata::default() })
}

fn finds(catalog: &Catalog, word: &str) -> bool {
    !catalog.lexical(&[word.to_owned()], 5).unwrap().is_empty()
}

#[test]
fn layers_come_go_and_leave_what_a_person_wrote() {
    let (_folder, catalog) = library();
    let id = add(&catalog, "/a/x.jpg", "jpeg", None);
    assert!(catalog.layers(&id).unwrap().is_empty());
    // Without a layer of its own, the row speaks for the file.
    assert_eq!(tell(&catalog, id, Layer::Name, titled("name")).title.unwrap(), "old");
    tell(&catalog, id, Layer::File, titled("file"));
    assert_eq!(tell(&catalog, id, Layer::Sidecar, titled("sidecar")).title.unwrap(), "sidecar");
    assert_eq!(tell(&catalog, id, Layer::List, titled("list")).title.unwrap(), "list");
    assert_eq!(catalog.listed_by("/a/list.json").unwrap(), [id]);
    assert!(catalog.listed_by("/b/list.json").unwrap().is_empty());
    assert!(finds(&catalog, "list") && !finds(&catalog, "sidecar") && !finds(&catalog, "own"));
    assert_eq!(tell(&catalog, id, Layer::List, None).title.unwrap(), "sidecar");
    assert!(catalog.listed_by("/a/list.json").unwrap().is_empty());
    let description = Description { title: Some("mine".into()), ..Description::default() };
    let by_hand = Change::Describe { asset: id, description, index_words: true, by_hand: true };
    catalog.commit(&[by_hand]).unwrap();
    let metadata = LayerMetadata {
        caption: Some("a caption".into()),
        taken_at: Some("1999-09-09T10:00:00".parse().unwrap()),
        date_basis: Some(DateBasis::Utc),
        place: Some(GeoPoint { latitude: 1.0, longitude: 2.0 }),
        camera: Some("camera".into()),
        keywords: vec!["harbour".into()],
        ..LayerMetadata::default()
    };
    let asset = tell(&catalog, id, Layer::Sidecar, Some(metadata.clone()));
    assert_eq!((asset.title.as_deref(), asset.caption), (Some("mine"), metadata.caption));
    assert_eq!((asset.taken_at, asset.date_basis), (metadata.taken_at, metadata.date_basis));
    assert_eq!(
        (asset.place, asset.camera, asset.keywords),
        (metadata.place, metadata.camera, metadata.keywords)
    );
    assert!(finds(&catalog, "harbour") && finds(&catalog, "mine"));
    // What follows from the name and all others is the last word on the date.
    let weighed = Some(DateBasis::Guessed);
    let name = LayerMetadata {
        date_basis: weighed,
        taken_at: metadata.taken_at,
        ..LayerMetadata::default()
    };
    assert_eq!(tell(&catalog, id, Layer::Name, Some(name)).date_basis, weighed);
    assert_eq!(tell(&catalog, id, Layer::Name, None).date_basis, metadata.date_basis);
    let asset = tell(&catalog, id, Layer::Sidecar, None);
    assert_eq!((asset.title.as_deref(), asset.taken_at), (Some("mine"), None));
}

/// A library of an older Kinora, whose list of attributions is not at hand.
#[test]
fn rights_that_nobody_gives_any_more_stay() {
    let (_folder, catalog) = library();
    let id = add(&catalog, "/a/x.jpg", "jpeg", None);
    let rights = Rights { licence: Some("CC BY 4.0".into()), ..Rights::default() };
    let title = Some("from the list".into());
    let description = Description { title, rights: rights.clone(), ..Description::default() };
    let listed = Change::Describe { asset: id, description, index_words: true, by_hand: false };
    catalog.commit(&[listed]).unwrap();
    let asset = tell(&catalog, id, Layer::File, titled("file"));
    assert_eq!((asset.title.as_deref(), &asset.rights), (Some("from the list"), &rights));
    let asset = tell(&catalog, id, Layer::Sidecar, titled("sidecar"));
    assert_eq!((asset.title.as_deref(), &asset.rights), (Some("from the list"), &rights));
    let own = LayerMetadata { rights: rights.clone(), ..titled("sidecar").unwrap() };
    let other = add(&catalog, "/a/y.jpg", "jpeg", None);
    assert_eq!(tell(&catalog, other, Layer::Sidecar, Some(own)).rights, rights);
    assert!(!catalog.layers(&other).unwrap().contains_key(&Layer::List));
}

#[test]
fn sidecars_are_remembered_a_file() {
    let (_folder, catalog) = library();
    add(&catalog, "/a/x.jpg", "jpeg", None);
    let state = || catalog.file_state("/a/x.jpg".as_ref()).unwrap().unwrap().beside;
    assert_eq!(state(), "");
    let beside = Change::Beside { path: "/a/x.jpg".into(), beside: "x.jpg.xmp 7 1".into() };
    catalog.commit(&[beside]).unwrap();
    assert_eq!(state(), "x.jpg.xmp 7 1");
}

#[test]
fn a_name_is_found_however_it_is_composed() {
    let (_folder, catalog) = library();
    let one = add(&catalog, "/a/\u{fc}n\u{ef}.jpg", "jpeg", None);
    let two = add(&catalog, "/a/e\u{301}t\u{e9}.jpg", "jpeg", None);
    for (reference, id) in [
        ("u\u{308}ni\u{308}.jpg", one),
        ("\u{fc}n\u{ef}.jpg", one),
        ("/a/u\u{308}n\u{ef}.jpg", one),
        ("\u{e9}te\u{301}.jpg", two),
        ("e\u{301}te\u{301}.jpg", two),
    ] {
        assert_eq!(catalog.resolve(reference).unwrap().id, id, "{reference}");
        assert_eq!(catalog.assets_named(reference).unwrap()[0].id, id, "{reference}");
    }
    let named = catalog.assets_in_files(&|name| name == "\u{e9}t\u{e9}.jpg").unwrap();
    assert_eq!(named.len(), 1);
    assert!(catalog.resolve("n\u{ef}.jpg").is_err());
    // The path stays as the file system gave it.
    assert_eq!(catalog.resolve("\u{e9}t\u{e9}.jpg").unwrap().paths, ["/a/e\u{301}t\u{e9}.jpg"]);
}

#[test]
fn halves_of_a_live_photo_find_each_other() {
    let (_folder, catalog) = library();
    let still = add(&catalog, "/a/IMG_0042.HEIC", "heic", None);
    let moving = add(&catalog, "/a/IMG_0042.MOV", "mov", Some(2_900));
    let alone = add(&catalog, "/b/IMG_0042.MOV", "mov", Some(2_900));
    let long = add(&catalog, "/a/IMG_0043.MOV", "mov", Some(60_000));
    add(&catalog, "/a/IMG_0043.HEIC", "heic", None);
    add(&catalog, "/a/IMG_004.HEIC", "heic", None);
    add(&catalog, "/a/IMG_0042.b.HEIC", "heic", None);
    let partner = |id: AssetId| {
        let asset = catalog.asset(&id).unwrap().unwrap();
        catalog.live_partner(&asset).unwrap().map(|other| other.id)
    };
    assert_eq!((partner(still), partner(moving)), (Some(moving), Some(still)));
    assert_eq!((partner(alone), partner(long)), (None, None));
}
