//! The trail: what a film shows, where it came from, what was done to it.
//!
//! A record goes where its film goes. So it tells of the sources only what credits and checks need, and of
//! what was not taken only what explains the choice: no folders, places, cameras or words.

use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize};

use crate::{
    AssetId, Candidate, ContentHash, EmbeddingSpace, FilmSpec, RejectReason, Rights, Scores,
    ShotSound, StabilisationOutcome, TimeRange,
};

/// A source of a shot.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SourceRecord {
    /// BLAKE3 of the source file.
    pub asset: AssetId,
    /// What people call it.
    pub label: String,
    /// Name of its file, without the folder it lay in; the folder that an older record has is not read.
    #[serde(deserialize_with = "file_name")]
    pub path: String,
    /// Its size in bytes; older records do not tell.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bytes: Option<u64>,
    /// Licence, author, origin.
    pub rights: Rights,
    /// Which part of a video is shown; `None` for a picture.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub range: Option<TimeRange>,
    /// 1-based rank among the candidates; `None` if pinned.
    pub rank: Option<usize>,
    /// How it was rated; `None` if pinned.
    pub scores: Option<Scores>,
}

/// The last part of a path of any system.
fn file_name<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let path = String::deserialize(deserializer)?;
    Ok(path.rsplit(['/', '\\']).next().unwrap_or_default().to_owned())
}

/// A candidate that was not taken, without what its file, a person or a model tells of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(from = "AnyRejected")]
pub struct RejectedRecord {
    /// BLAKE3 of its file.
    pub asset: AssetId,
    /// The title that a person gave it; not the name of its file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// 1-based rank in its search.
    pub rank: usize,
    /// How it was rated.
    pub scores: Scores,
    /// Why it was not taken.
    #[serde(flatten)]
    pub rejected: RejectReason,
}

impl RejectedRecord {
    /// What it is called where it is named: the title, else the short id.
    pub fn label(&self) -> String {
        self.title.clone().unwrap_or_else(|| self.asset.short())
    }
}

impl From<&Candidate> for RejectedRecord {
    fn from(candidate: &Candidate) -> Self {
        let Candidate { hit, rejected } = candidate;
        Self {
            asset: hit.asset.id,
            title: hit.asset.title.clone(),
            rank: hit.rank,
            scores: hit.scores,
            rejected: rejected.clone(),
        }
    }
}

/// Records of version 1 held the whole candidate; only what version 2 keeps is read of it.
#[derive(Deserialize)]
#[serde(untagged)]
enum AnyRejected {
    Second {
        asset: AssetId,
        #[serde(default)]
        title: Option<String>,
        rank: usize,
        scores: Scores,
        #[serde(flatten)]
        rejected: RejectReason,
    },
    First {
        hit: FirstHit,
        #[serde(flatten)]
        rejected: RejectReason,
    },
}

#[derive(Deserialize)]
struct FirstHit {
    rank: usize,
    asset: FirstAsset,
    scores: Scores,
}

#[derive(Deserialize)]
struct FirstAsset {
    id: AssetId,
    title: Option<String>,
}

impl From<AnyRejected> for RejectedRecord {
    fn from(any: AnyRejected) -> Self {
        match any {
            AnyRejected::Second { asset, title, rank, scores, rejected } => {
                Self { asset, title, rank, scores, rejected }
            }
            AnyRejected::First { hit: FirstHit { rank, asset, scores }, rejected } => {
                Self { asset: asset.id, title: asset.title, rank, scores, rejected }
            }
        }
    }
}

/// What made the frames.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GeneratorRecord {
    /// Name, e.g. `camera-move`.
    pub name: String,
    /// Version of its code.
    pub version: String,
    /// SHA-256 of its weights, if it has any.
    pub model: Option<String>,
    /// Whether the same request gives the same frames.
    pub deterministic: bool,
    /// Whether the pictures are the sources' own pixels or were made by a model.
    pub synthetic: bool,
    /// Every parameter, as the generator reads it back.
    pub parameters: serde_json::Value,
}

/// One shot as it was made.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ShotRecord {
    /// Name of the shot.
    pub name: String,
    /// What was asked for.
    pub prompt: String,
    /// Words on the screen, if any.
    pub caption: Option<String>,
    /// First frame in the film.
    pub first_frame: u64,
    /// Number of frames, overlap of crossfades included.
    pub frames: u64,
    /// What it shows, in order of weight; empty for a gap that was allowed.
    pub sources: Vec<SourceRecord>,
    /// Whether the user pinned the source.
    pub pinned: bool,
    /// Why there is no source, where the user allowed gaps; `None` if there is one.
    #[serde(default)]
    pub gap: Option<String>,
    /// What was considered and not taken.
    pub rejected: Vec<RejectedRecord>,
    /// What made the frames; `None` for a gap.
    pub generator: Option<GeneratorRecord>,
    /// BLAKE3 over the BLAKE3 hashes of the shot's frames in order (planar YUV 4:2:0, as encoded),
    /// before captions and transitions.
    pub frames_hash: Option<ContentHash>,
    /// Cosine between the middle frame made and the source retrieved.
    pub fidelity: Option<f32>,
    /// What is heard.
    #[serde(default, skip_serializing_if = "ShotSound::is_none")]
    pub sound: ShotSound,
    /// Outcome of stabilising a clip; `None` for pictures, and where stabilisation is off.
    #[serde(rename = "steadiness", default, skip_serializing_if = "Option::is_none")]
    pub stabilisation: Option<StabilisationOutcome>,
}

/// The record of a film; also stands as JSON beside it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FilmRecord {
    /// Version of this format.
    pub version: u32,
    /// Kinora's version.
    pub made_by: String,
    /// When it was made.
    pub made_at: Timestamp,
    /// The brief, word for word but for the folders of files that it pins.
    pub brief: String,
    /// Library it was made from.
    pub library: String,
    /// Revision of the library: a counter that every change raises.
    pub library_revision: u64,
    /// Space of the search.
    pub space: EmbeddingSpace,
    /// Score below which nothing was taken.
    pub threshold: Option<f32>,
    /// Form of the film.
    pub spec: FilmSpec,
    /// Title card, if any.
    pub title: Option<String>,
    /// Lines of the end card.
    pub credits: Vec<String>,
    /// The shots in order.
    pub shots: Vec<ShotRecord>,
    /// BLAKE3 of the master file.
    pub master: ContentHash,
    /// BLAKE3 over the BLAKE3 hashes of all composed frames in order: the same build makes the same
    /// again.
    pub frames_hash: ContentHash,
    /// The encoder and its arguments.
    pub encoder: String,
}
