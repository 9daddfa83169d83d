//! Sources out of a real library: what the search holds to fit is what a film may show.
//!
//! Not covered: files and their pixels (`film.rs`), real embedding spaces.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use jiff::Timestamp;
use kinora_catalog::{Catalog, Change, FileEntry, NewAsset};
use kinora_film::{LibrarySources, SourceError, SourceFinder};
use kinora_index::Embedded;
use kinora_inference::{ImageEmbedder, TextEmbedder};
use kinora_retrieval::{Filter, Searcher, SearcherCache, sync};
use kinora_testing::fake::ColourEmbedder;
use kinora_types::{
    Asset, AssetId, Candidate, ContentHash, Control, Fit, Picture, RejectReason, Rights, Size,
};

fn picture(name: &str, colour: [u8; 3], title: Option<&str>) -> Change {
    let embedder = ColourEmbedder::default();
    let prepared = embedder.prepare(&Picture::filled(8, 8, colour)).unwrap();
    let path = format!("/pictures/{name}");
    Change::Add(Box::new(NewAsset {
        asset: Asset {
            id: AssetId(ContentHash::of(name.as_bytes())),
            size: Some(Size { width: 8, height: 8 }),
            bytes: 1,
            format: "png".into(),
            paths: vec![path.clone()],
            taken_at: None,
            date_basis: None,
            place: None,
            camera: None,
            title: title.map(str::to_owned),
            caption: None,
            keywords: Vec::new(),
            rights: Rights::default(),
            duration_ms: None,
            added_at: Timestamp::UNIX_EPOCH,
        },
        file: FileEntry { path, bytes: 1, mtime_ns: 0 },
        names: Vec::new(),
        index_words: true,
        embedding: Some(ImageEmbedder::embed(&embedder, &[prepared]).unwrap().remove(0)),
        phash: 0,
        frames: Vec::new(),
        signature: None,
        near_duplicates: Vec::new(),
    }))
}

#[test]
fn a_film_shows_what_the_search_holds_to_fit() {
    let (folder, embedder) = (tempfile::tempdir().unwrap(), ColourEmbedder::default());
    let space = TextEmbedder::space(&embedder);
    let catalog = Catalog::create(folder.path(), "test", space).unwrap();
    let pictures = [
        picture("both.png", [255, 0, 0], Some("Red submarine")),
        picture("words.png", [0, 0, 255], Some("Red submarine")),
        picture("look.png", [255, 90, 0], None),
        picture("none.png", [0, 255, 0], None),
    ];
    catalog.commit(&pictures).unwrap();
    let mut index =
        Embedded::open(&folder.path().join("index"), &space.id(), space.dimension).unwrap();
    sync(&catalog, &mut index, &Control::default()).unwrap();
    let cache = SearcherCache::default();
    let searcher = Searcher::new(&catalog, &index, &embedder, &cache).unwrap();
    let sources = LibrarySources::new(&searcher, &catalog, Filter::default(), None);

    let found = sources.find("a red submarine", 10).unwrap();
    let fits: Vec<(String, Fit)> =
        found.fitting.iter().map(|hit| (hit.asset.paths[0].clone(), hit.fit)).collect();
    let expected = [("both", Fit::Both), ("words", Fit::Words), ("look", Fit::Look)]
        .map(|(name, fit)| (format!("/pictures/{name}.png"), fit));
    assert_eq!(fits, expected);
    let [Candidate { hit, rejected: RejectReason::UnderThreshold }] = &found.rejected[..] else {
        panic!("{:?}", found.rejected)
    };
    assert_eq!(hit.asset.paths, ["/pictures/none.png"]);

    let control = Control::default();
    control.cancel();
    let stopped = sources.until(control).find("a red submarine", 10);
    assert!(matches!(stopped, Err(SourceError::Cancelled(_))));
}
