//! Libraries for tests: a real catalogue of pictures, videos and recordings of plain colours, whose vectors a
//! [`ColourEmbedder`] makes.
//!
//! Way in: [`LibraryBuilder`], then [`Library::add`] and [`Library::perceive`]. The vector index is left to what is
//! tested: it catches up with the catalogue as it does with any other. Pictures are PNG files where a folder for them
//! is named, else entries whose file is not there; videos and recordings are entries always.
//!
//! Memory: a batch of a thousand vectors while a library is filled at random.

mod item;

use std::path::{Path, PathBuf};

use kinora_catalog::{Catalog, Change, NewAsset, NewFrame, NewShot};
use kinora_inference::{ImageEmbedder, TextEmbedder};
use kinora_types::{
    AssetId, Embedding, EmbeddingSpace, Kind, Origin, Passage, PassageKind, TimeRange,
};
use tempfile::TempDir;

use crate::{fake::ColourEmbedder, suite::index::clustered};
use item::{Content, named, plain};

pub use item::Item;

/// Entries that are committed at once.
const BATCH: usize = 1000;

/// Describes a library.
#[derive(Clone, Debug)]
pub struct LibraryBuilder {
    name: String,
    embedder: ColourEmbedder,
    files: Option<PathBuf>,
    items: Vec<Item>,
    scattered: (usize, u64),
}

impl Default for LibraryBuilder {
    fn default() -> Self {
        Self {
            name: "test".into(),
            embedder: ColourEmbedder::default(),
            files: None,
            items: Vec::new(),
            scattered: (0, 0),
        }
    }
}

impl LibraryBuilder {
    /// Names the library; `test` otherwise.
    #[must_use]
    pub fn named(self, name: &str) -> Self {
        Self { name: name.into(), ..self }
    }

    /// Pins the library to another space than the default one of [`ColourEmbedder`].
    #[must_use]
    pub fn embedder(self, embedder: ColourEmbedder) -> Self {
        Self { embedder, ..self }
    }

    /// Writes the pictures as PNG files into a folder, which is made.
    #[must_use]
    pub fn files_in(self, folder: &Path) -> Self {
        Self { files: Some(folder.to_owned()), ..self }
    }

    /// Adds an asset.
    #[must_use]
    pub fn item(mut self, item: Item) -> Self {
        self.items.push(item);
        self
    }

    /// Adds so many entries with random vectors in clusters, as those of real pictures lie; without files.
    #[must_use]
    pub fn scattered(self, count: usize, seed: u64) -> Self {
        Self { scattered: (count, seed), ..self }
    }

    /// Makes the library in a temporary folder, which goes with it.
    ///
    /// # Panics
    /// If it cannot be made.
    pub fn build(self) -> Library {
        let folder = tempfile::tempdir().unwrap();
        let library = self.build_in(&folder.path().join("library"));
        Library { _temporary: Some(folder), ..library }
    }

    /// Makes the library in a folder, such as `libraries/NAME` of an engine's home.
    ///
    /// # Panics
    /// If it cannot be made, or there is one.
    pub fn build_in(self, folder: &Path) -> Library {
        if let Some(files) = &self.files {
            std::fs::create_dir_all(files).unwrap();
        }
        let space = ImageEmbedder::space(&self.embedder);
        let catalog = Catalog::create(folder, &self.name, space).unwrap();
        let (embedder, files) = (self.embedder, self.files);
        let library = Library { catalog, embedder, files, _temporary: None };
        library.add(&self.items);
        scatter(&library.catalog, self.scattered.0, self.scattered.1);
        library
    }
}

/// A library that was built.
pub struct Library {
    /// The catalogue; it may be opened again beside this.
    pub catalog: Catalog,
    /// Both towers of the library's space.
    pub embedder: ColourEmbedder,
    files: Option<PathBuf>,
    _temporary: Option<TempDir>,
}

impl Library {
    /// The space that the library is pinned to.
    pub fn space(&self) -> &EmbeddingSpace {
        ImageEmbedder::space(&self.embedder)
    }

    /// The vector of a picture of one colour.
    pub fn vector(&self, colour: [u8; 3]) -> Embedding {
        self.embedder.picture(&plain(colour))
    }

    /// Adds assets, all at once; gives their names in the catalogue.
    ///
    /// # Panics
    /// If they cannot be added.
    pub fn add(&self, items: &[Item]) -> Vec<AssetId> {
        let mut new: Vec<NewAsset> = items.iter().map(|item| self.new_asset(item)).collect();
        self.compare(&mut new);
        let ids = new.iter().map(|new| new.asset.id).collect();
        let shots = items.iter().zip(&new).filter_map(|(item, new)| shots(item, new));
        let shots: Vec<Change> = shots.collect();
        let add = new.into_iter().map(|new| Change::Add(Box::new(new)));
        let changes: Vec<Change> = add.chain(shots).collect();
        self.catalog.commit(&changes).unwrap();
        ids
    }

    /// What a model perceived of an asset: passages with their first and last second, if they have a time.
    ///
    /// # Panics
    /// If there is no such asset, or a time ends before it begins.
    pub fn perceive(
        &self,
        asset: AssetId,
        kind: PassageKind,
        texts: &[(&str, Option<(u64, u64)>)],
    ) {
        let model = "perceiver@1";
        let passage = |(text, seconds): &(&str, Option<(u64, u64)>)| Passage {
            kind,
            text: (*text).to_owned(),
            range: seconds.map(|(from, to)| TimeRange::new(from * 1000, to * 1000).unwrap()),
            region: None,
            language: (kind == PassageKind::Speech).then(|| "en".into()),
            words: Vec::new(),
            origin: Origin::Machine { model: model.into(), confidence: Some(0.9) },
        };
        let found = Ok(texts.iter().map(passage).collect());
        let change = Change::Perceived { asset, kind, model: model.into(), found };
        self.catalog.commit(&[change]).unwrap();
    }

    /// Of assets of one kind those whose vectors reach the space's threshold are near-duplicates.
    fn compare(&self, new: &mut [NewAsset]) {
        let scores = TextEmbedder::score_model(&self.embedder);
        let seen = |kind: Kind, embedding: &Embedding| (kind, embedding.clone());
        let rows = self.catalog.live_rows().unwrap();
        let known = self.catalog.assets(&rows).unwrap().into_iter().filter_map(|(_, asset)| {
            let embedding = self.catalog.embedding(&asset.id).unwrap()?;
            Some((asset.id, seen(asset.kind(), &embedding)))
        });
        let mut known: Vec<_> = known.collect();
        for new in new {
            let Some(embedding) = &new.embedding else { continue };
            let kind = new.asset.kind();
            let alike = |(_, (other, theirs)): &&(AssetId, (Kind, Embedding))| {
                *other == kind && embedding.dot(theirs).unwrap() >= scores.duplicate_threshold
            };
            new.near_duplicates = known.iter().filter(alike).map(|(id, _)| *id).collect();
            new.signature = Some(Vec::new());
            known.push((new.asset.id, seen(kind, embedding)));
        }
    }

    fn new_asset(&self, item: &Item) -> NewAsset {
        let (asset, file) = item.asset(self.files.as_deref());
        let (embedding, frames) = match &item.content {
            Content::Picture(colour) => (Some(self.vector(*colour)), Vec::new()),
            Content::Video { colours, .. } => self.frames(colours),
            Content::Recording(_) => (None, Vec::new()),
        };
        NewAsset { frames, ..new(asset, file, embedding) }
    }

    /// The vector of a video, and its frames.
    fn frames(&self, colours: &[[u8; 3]]) -> (Option<Embedding>, Vec<NewFrame>) {
        let vectors: Vec<Embedding> = colours.iter().map(|colour| self.vector(*colour)).collect();
        let parts: Vec<(f32, &Embedding)> = vectors.iter().map(|vector| (1.0, vector)).collect();
        let mean = Embedding::mix(&parts).unwrap();
        let frame = |(second, embedding): (u64, _)| NewFrame { at_ms: second * 1000, embedding };
        (mean, (0..).zip(vectors).map(frame).collect())
    }
}

/// Adds entries with random vectors in clusters to a library of any space; without files.
///
/// # Panics
/// If they cannot be added.
pub fn scatter(catalog: &Catalog, count: usize, seed: u64) {
    let space = catalog.space();
    for first in (0..count).step_by(BATCH) {
        let some = BATCH.min(count - first);
        let vectors = clustered(some, space.dimension, seed.wrapping_add(first as u64));
        let add = |(number, vector): (usize, Vec<f32>)| {
            let item = Item::picture(&format!("scattered-{seed}-{number:06}.png"), [0; 3]);
            let (asset, file) = item.asset(None);
            Change::Add(Box::new(new(asset, file, Some(space.embedding(vector)))))
        };
        let changes: Vec<Change> = (first..).zip(vectors).map(add).collect();
        catalog.commit(&changes).unwrap();
    }
}

/// The asset of an entry whose file is not there, by its name.
pub fn id(name: &str) -> AssetId {
    named(name).0
}

fn new(
    asset: kinora_types::Asset,
    file: kinora_catalog::FileEntry,
    embedding: Option<Embedding>,
) -> NewAsset {
    NewAsset {
        asset,
        file,
        names: Vec::new(),
        index_words: true,
        embedding,
        frames: Vec::new(),
        phash: 0,
        signature: None,
        near_duplicates: Vec::new(),
    }
}

/// What looking through a video found.
fn shots(item: &Item, new: &NewAsset) -> Option<Change> {
    let Content::Video { colours, shots: Some(length) } = &item.content else {
        return None;
    };
    let end = colours.len() as u64;
    let range = |from: u64| TimeRange::new(from * 1000, (from + length).min(end) * 1000).unwrap();
    let shot = |from| NewShot { range: range(from), motion: None };
    Some(Change::Analysed {
        asset: new.asset.id,
        frames: Vec::new(),
        shots: (0..end).step_by(*length as usize).map(shot).collect(),
        embedding: new.embedding.clone()?,
        duration_ms: None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictures_are_files_that_hold_what_the_catalogue_says() {
        let folder = tempfile::tempdir().unwrap();
        let builder = LibraryBuilder::default().files_in(&folder.path().join("pictures"));
        let builder = builder.item(Item::picture("a.png", [250, 0, 0]).titled("a red house"));
        let builder = builder.item(Item::picture("b.png", [250, 0, 0]));
        let library = builder.build_in(&folder.path().join("library"));
        let asset = library.catalog.resolve("a.png").unwrap();
        let bytes = std::fs::read(&asset.paths[0]).unwrap();
        assert_eq!(asset.id.0, kinora_types::ContentHash::of(&bytes));
        assert_eq!(asset.title.as_deref(), Some("a red house"));
        assert_ne!(library.catalog.resolve("b.png").unwrap().id, asset.id, "two files, two assets");
    }

    #[test]
    fn videos_have_frames_and_shots_and_scattered_entries_have_vectors() {
        let (red, blue) = ([250, 0, 0], [0, 0, 250]);
        let embedder = ColourEmbedder::named("wide", 16);
        let library = LibraryBuilder::default().embedder(embedder).scattered(1200, 7).build();
        let video = Item::video("v.mp4", &[red, red, blue]).in_shots_of(2);
        library.add(&[video, Item::recording("r.mp3", 9)]);
        library.perceive(id("r.mp3"), PassageKind::Speech, &[("hello", Some((1, 2)))]);
        assert_eq!(library.catalog.point_count().unwrap(), 1200 + 3);
        assert_eq!(library.catalog.space().dimension, 16);
    }
}
