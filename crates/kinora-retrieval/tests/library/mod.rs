//! A real library in a temporary folder, of pictures of one colour each.

#![allow(dead_code, reason = "each test file uses its own part of it")]

use jiff::Timestamp;
use kinora_catalog::{Catalog, Change, FileEntry, NewAsset, NewFrame};
use kinora_index::Embedded;
use kinora_inference::{ImageEmbedder, TextEmbedder};
use kinora_retrieval::{Searcher, SearcherCache, sync};
use kinora_testing::fake::ColourEmbedder;
use kinora_types::{
    Asset, AssetId, ContentHash, Control, Embedding, GeoPoint, Origin, Passage, PassageKind,
    Picture, Rights, Size, TimeRange,
};

/// A picture to be added.
#[derive(Clone, Default)]
pub(crate) struct Card {
    pub name: &'static str,
    pub colour: [u8; 3],
    pub title: Option<&'static str>,
    pub day: Option<&'static str>,
    pub place: Option<(f64, f64)>,
}

/// A card with a name and a colour.
pub(crate) fn card(name: &'static str, colour: [u8; 3]) -> Card {
    Card { name, colour, ..Card::default() }
}

pub(crate) struct Library {
    pub folder: tempfile::TempDir,
    pub catalog: Catalog,
    pub index: Embedded,
    pub embedder: ColourEmbedder,
    pub cache: SearcherCache,
}

impl Library {
    pub(crate) fn new(cards: &[Card]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let embedder = ColourEmbedder::default();
        let space = TextEmbedder::space(&embedder).clone();
        let catalog = Catalog::create(folder.path(), "test", &space).unwrap();
        let index =
            Embedded::open(&folder.path().join("index"), &space.id(), space.dimension).unwrap();
        let cache = SearcherCache::default();
        let mut library = Self { folder, catalog, index, embedder, cache };
        library.add(cards);
        library
    }

    /// Adds to the catalogue and brings the index up to it.
    pub(crate) fn add(&mut self, cards: &[Card]) {
        let changes: Vec<Change> =
            cards.iter().map(|card| Change::Add(Box::new(self.new_asset(card)))).collect();
        self.catalog.commit(&changes).unwrap();
        sync(&self.catalog, &mut self.index, &Control::default()).unwrap();
    }

    /// Adds a video with a frame of each colour a second.
    pub(crate) fn add_video(&mut self, name: &'static str, colours: &[[u8; 3]]) {
        let mut new = self.new_asset(&card(name, colours[0]));
        new.asset.duration_ms = Some(colours.len() as u64 * 1000);
        let frame = |(i, colour): (u64, &[u8; 3])| NewFrame {
            at_ms: i * 1000,
            embedding: self.picture(*colour),
        };
        new.frames = (0..).zip(colours).map(frame).collect();
        self.catalog.commit(&[Change::Add(Box::new(new))]).unwrap();
        sync(&self.catalog, &mut self.index, &Control::default()).unwrap();
    }

    /// Adds a recording.
    pub(crate) fn add_recording(&mut self, name: &'static str, seconds: u64) {
        let mut new = self.new_asset(&card(name, [0, 0, 0]));
        new.asset.size = None;
        new.asset.duration_ms = Some(seconds * 1000);
        new.embedding = None;
        self.catalog.commit(&[Change::Add(Box::new(new))]).unwrap();
        sync(&self.catalog, &mut self.index, &Control::default()).unwrap();
    }

    /// Lets a model hear sentences, each with its first and last second.
    pub(crate) fn hear(&mut self, name: &str, said: &[(u64, u64, &str)]) {
        let passage = |(start, end, text): &(u64, u64, &str)| Passage {
            kind: PassageKind::Speech,
            text: (*text).into(),
            range: Some(TimeRange::new(start * 1000, end * 1000).unwrap()),
            region: None,
            language: Some("en".into()),
            words: Vec::new(),
            origin: Origin::Machine { model: "ear@1".into(), confidence: Some(0.9) },
        };
        let change = Change::Perceived {
            asset: id(name),
            kind: PassageKind::Speech,
            model: "ear@1".into(),
            found: Ok(said.iter().map(passage).collect()),
        };
        self.catalog.commit(&[change]).unwrap();
    }

    pub(crate) fn searcher(&self) -> Searcher<'_> {
        Searcher::new(&self.catalog, &self.index, &self.embedder, &self.cache).unwrap()
    }

    pub(crate) fn picture(&self, colour: [u8; 3]) -> Embedding {
        let prepared = self.embedder.prepare(&Picture::filled(8, 8, colour)).unwrap();
        ImageEmbedder::embed(&self.embedder, &[prepared]).unwrap().remove(0)
    }

    fn new_asset(&self, card: &Card) -> NewAsset {
        let path = format!("/pictures/{}", card.name);
        let point = |(latitude, longitude)| GeoPoint { latitude, longitude };
        let asset = Asset {
            id: id(card.name),
            size: Some(Size { width: 8, height: 8 }),
            bytes: 1,
            format: "png".into(),
            paths: vec![path.clone()],
            taken_at: card.day.map(|day| format!("{day}T12:00:00").parse().unwrap()),
            date_basis: None,
            place: card.place.map(point),
            camera: None,
            title: card.title.map(str::to_owned),
            caption: None,
            keywords: Vec::new(),
            rights: Rights::default(),
            duration_ms: None,
            added_at: Timestamp::UNIX_EPOCH,
        };
        NewAsset {
            asset,
            file: FileEntry { path, bytes: 1, mtime_ns: 0 },
            names: Vec::new(),
            index_words: true,
            embedding: Some(self.picture(card.colour)),
            phash: 0,
            frames: Vec::new(),
            duplicate_of: None,
        }
    }
}

/// The asset's id.
pub(crate) fn id(name: &str) -> AssetId {
    AssetId(ContentHash::of(name.as_bytes()))
}
