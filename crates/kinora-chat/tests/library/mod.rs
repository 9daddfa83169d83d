//! A real library in a temporary folder: coloured pictures, a recording, a video, and words of theirs.

use jiff::Timestamp;
use kinora_catalog::{Catalog, Change, FileEntry, NewAsset, NewFrame, NewShot};
use kinora_index::Embedded;
use kinora_inference::{ImageEmbedder, TextEmbedder};
use kinora_retrieval::{Searcher, SearcherCache, sync};
use kinora_testing::fake::ColourEmbedder;
use kinora_types::{
    Asset, AssetId, ContentHash, Control, Embedding, Origin, Passage, PassageKind, Picture, Rights,
    Size, TimeRange,
};

pub(crate) const RED: [u8; 3] = [255, 0, 0];
pub(crate) const BLUE: [u8; 3] = [0, 0, 255];

pub(crate) struct Library {
    _folder: tempfile::TempDir,
    pub catalog: Catalog,
    index: Embedded,
    embedder: ColourEmbedder,
    cache: SearcherCache,
}

impl Library {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let embedder = ColourEmbedder::default();
        let space = TextEmbedder::space(&embedder).clone();
        let catalog = Catalog::create(folder.path(), "test", &space).unwrap();
        let index =
            Embedded::open(&folder.path().join("index"), &space.id(), space.dimension).unwrap();
        Self { _folder: folder, catalog, index, embedder, cache: SearcherCache::default() }
    }

    pub(crate) fn picture(&mut self, name: &str, colour: [u8; 3], title: &str, day: Option<&str>) {
        let mut asset = asset(name, "png");
        asset.size = Some(Size { width: 8, height: 8 });
        asset.title = Some(title.to_owned()).filter(|title| !title.is_empty());
        asset.taken_at = day.map(|day| format!("{day}T12:30:00").parse().unwrap());
        let embedding = Some(self.embedded(colour));
        self.add(asset, embedding, Vec::new());
    }

    /// A video of one colour, a frame a second, in shots of five seconds.
    pub(crate) fn video(&mut self, name: &str, colour: [u8; 3], seconds: u64) {
        let mut asset = asset(name, "mp4");
        asset.size = Some(Size { width: 8, height: 8 });
        asset.duration_ms = Some(seconds * 1000);
        let embedding = self.embedded(colour);
        let frame = |i| NewFrame { at_ms: i * 1000, embedding: embedding.clone() };
        let frames = (0..seconds).map(frame).collect();
        self.add(asset, Some(embedding.clone()), frames);
        let shots = (0..seconds / 5).map(|i| TimeRange::new(i * 5000, i * 5000 + 5000).unwrap());
        let shots = shots.map(|range| NewShot { range, motion: None }).collect();
        let analysed = Change::Analysed {
            asset: id(name),
            frames: Vec::new(),
            shots,
            embedding,
            duration_ms: None,
        };
        self.commit(analysed);
    }

    pub(crate) fn recording(&mut self, name: &str, seconds: u64) {
        let mut asset = asset(name, "mp3");
        asset.duration_ms = Some(seconds * 1000);
        self.add(asset, None, Vec::new());
    }

    /// Words of a part of an asset; times in seconds.
    pub(crate) fn passages(
        &mut self,
        name: &str,
        kind: PassageKind,
        texts: &[(&str, Option<(u64, u64)>)],
    ) {
        let passage = |(text, range): &(&str, Option<(u64, u64)>)| Passage {
            kind,
            text: (*text).to_owned(),
            range: range.map(|(a, b)| TimeRange::new(a * 1000, b * 1000).unwrap()),
            region: None,
            language: None,
            words: Vec::new(),
            origin: Origin::Machine { model: "m@1".into(), confidence: Some(0.9) },
        };
        let found = Ok(texts.iter().map(passage).collect());
        self.commit(Change::Perceived { asset: id(name), kind, model: "m@1".into(), found });
    }

    pub(crate) fn searcher(&self) -> Searcher<'_> {
        Searcher::new(&self.catalog, &self.index, &self.embedder, &self.cache).unwrap()
    }

    fn add(&mut self, asset: Asset, embedding: Option<Embedding>, frames: Vec<NewFrame>) {
        let file = FileEntry { path: asset.paths[0].clone(), bytes: 1, mtime_ns: 0 };
        self.commit(Change::Add(Box::new(NewAsset {
            asset,
            file,
            names: Vec::new(),
            index_words: true,
            embedding,
            phash: 0,
            frames,
            duplicate_of: None,
        })));
    }

    fn commit(&mut self, change: Change) {
        self.catalog.commit(&[change]).unwrap();
        sync(&self.catalog, &mut self.index, &Control::default()).unwrap();
    }

    fn embedded(&self, colour: [u8; 3]) -> Embedding {
        let prepared = self.embedder.prepare(&Picture::filled(8, 8, colour)).unwrap();
        ImageEmbedder::embed(&self.embedder, &[prepared]).unwrap().remove(0)
    }
}

fn asset(name: &str, format: &str) -> Asset {
    Asset {
        id: id(name),
        size: None,
        bytes: 1,
        format: format.into(),
        paths: vec![format!("/pictures/{name}")],
        taken_at: None,
        date_basis: None,
        place: None,
        camera: None,
        title: None,
        caption: None,
        keywords: Vec::new(),
        rights: Rights::default(),
        duration_ms: None,
        added_at: Timestamp::UNIX_EPOCH,
    }
}

fn id(name: &str) -> AssetId {
    AssetId(ContentHash::of(name.as_bytes()))
}
