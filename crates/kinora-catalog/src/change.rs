//! What is written: changes in, changes out to the vector index.

use std::path::PathBuf;

use kinora_types::{
    Asset, AssetId, Embedding, Passage, PassageKind, Point, Rights, ShotMotion, TimeRange,
};

use crate::{Correction, Layer, LayerMetadata, Problem};

/// A file as it was when it was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileEntry {
    /// Absolute path.
    pub path: String,
    /// Size in bytes.
    pub bytes: u64,
    /// Modification time, nanoseconds since 1970.
    pub mtime_ns: i64,
}

/// What the catalogue knows of a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileState {
    /// The asset that the file held.
    pub asset: AssetId,
    /// Size in bytes then.
    pub bytes: u64,
    /// Modification time then, nanoseconds since 1970.
    pub mtime_ns: i64,
    /// Whether it was there when last looked for.
    pub present: bool,
    /// Whether a person took its asset out of the library.
    pub removed: bool,
    /// Its sidecars then, in the words of who wrote [`Change::Beside`]; empty for none.
    pub beside: String,
}

/// One moment of a video.
#[derive(Clone, Debug)]
pub struct NewFrame {
    /// When it is shown, in milliseconds from the start of the presentation.
    pub at_ms: u64,
    /// Its vector, of the library's space.
    pub embedding: Embedding,
}

/// A shot of a video.
#[derive(Clone, Debug, PartialEq)]
pub struct NewShot {
    /// From cut to cut.
    pub range: TimeRange,
    /// How it moves; `None` if that could not be measured.
    pub motion: Option<ShotMotion>,
}

/// A picture, video or recording seen for the first time.
#[derive(Clone, Debug)]
pub struct NewAsset {
    /// What is known of it; `paths` and `added_at` are taken from here too.
    pub asset: Asset,
    /// The file it was read from.
    pub file: FileEntry,
    /// Words made from folder and file names; empty to keep names out of the search.
    pub names: Vec<String>,
    /// Whether title, caption and keywords enter the word index.
    pub index_words: bool,
    /// Its vector, of the library's space; of a video that of [`kinora_types::Embedding::mix`] over its
    /// frames, all alike (RAGME, Eq. 3); `None` for a recording without picture.
    pub embedding: Option<Embedding>,
    /// Frames of a video known so far; empty for a picture.
    pub frames: Vec<NewFrame>,
    /// 64-bit perceptual hash; of no meaning for a recording.
    pub phash: u64,
    /// The older asset that it nearly equals.
    pub duplicate_of: Option<AssetId>,
}

/// What people say of an asset. `None` and an empty list leave what is known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Description {
    /// Title.
    pub title: Option<String>,
    /// Caption.
    pub caption: Option<String>,
    /// Keywords, all of them.
    pub keywords: Vec<String>,
    /// Licence, author, origin; each field for itself.
    pub rights: Rights,
}

/// One change; [`crate::Catalog::commit`] makes a list of them at once or not at all.
#[derive(Clone, Debug)]
pub enum Change {
    /// A picture seen for the first time. If its path held another asset before, that one is
    /// superseded. If the asset is known already (another process was faster) the file is attached.
    Add(Box<NewAsset>),
    /// A known asset was seen in this file (a copy, a move, or it came back).
    Seen {
        /// The asset.
        asset: AssetId,
        /// The file.
        file: FileEntry,
    },
    /// A video was looked through: more of its frames, its shots, its vector over all frames. Frames of
    /// moments that are known already are passed over.
    Analysed {
        /// The video.
        asset: AssetId,
        /// New frames.
        frames: Vec<NewFrame>,
        /// Its shots in order.
        shots: Vec<NewShot>,
        /// Its vector.
        embedding: Embedding,
        /// Its length in milliseconds, where the frames know it better than the file.
        duration_ms: Option<u64>,
    },
    /// New metadata of layers of a known asset; its words are indexed again.
    Describe {
        /// The asset.
        asset: AssetId,
        /// What is new.
        description: Description,
        /// Whether the words enter the word index.
        index_words: bool,
        /// Whether a person says so of this one asset; [`crate::Catalog::edited`] remembers it.
        by_hand: bool,
    },
    /// Some layers say something else of a known asset, or nothing any more; title, caption, keywords,
    /// rights, date, place, camera and the indexed words follow, but for what a person wrote.
    Layers {
        /// The asset.
        asset: AssetId,
        /// What they say now; `None`: nothing.
        layers: Vec<(Layer, Option<LayerMetadata>)>,
        /// Which list speaks in [`Layer::List`].
        list: Option<String>,
        /// Whether the words enter the word index.
        index_words: bool,
    },
    /// The sidecars of a known file as they were when they were read.
    Beside {
        /// The file's path.
        path: String,
        /// What is compared the next time; empty for none.
        beside: String,
    },
    /// A model looked for one kind of passage.
    Perceived {
        /// The asset.
        asset: AssetId,
        /// The kind of passage that it looked for.
        kind: PassageKind,
        /// Name and revision of the model.
        model: String,
        /// What it found, in place of what machines found before; or why it cannot, if that will not
        /// change.
        found: Result<Vec<Passage>, String>,
    },
    /// A person says what is so and what is not, in place of what people said before.
    Correct {
        /// The asset.
        asset: AssetId,
        /// The kind of passage that it is about.
        kind: PassageKind,
        /// What the person says.
        correction: Correction,
    },
    /// The file is no longer there.
    Vanished {
        /// Its path.
        path: String,
    },
    /// A person takes an asset out of the library: it is live no more, whatever its files do.
    Remove {
        /// The asset.
        asset: AssetId,
    },
    /// A person brings an asset back that was taken out.
    Restore {
        /// The asset.
        asset: AssetId,
    },
    /// Something is wrong with a file or folder.
    Problem(Problem),
    /// Nothing is wrong with a file or folder any more.
    Solved {
        /// Its path.
        path: PathBuf,
    },
}

/// A step for a vector index that follows the catalogue.
#[derive(Clone, Debug, PartialEq)]
pub struct IndexChange {
    /// The point of the index; [`crate::Owner`] tells what it belongs to.
    pub point: Point,
    /// Revision at which it changed.
    pub revision: u64,
    /// The vector, or `None` if its asset is no longer live.
    pub vector: Option<Vec<f32>>,
}
