//! Videos whose motion a video model looks at: nearest by their mean embedding, near-duplicates joined, the best K.
//!
//! As in RAGME (arXiv 2504.06672): equation 3 is the embedding of a video, the normalised mean of its normalised
//! frames, which the catalogue keeps for every video; equation 4 is the search by cosine. A mean does not know the
//! order of its frames: a clip and the same clip backwards are one point. The order is in the frames, which come along.
//!
//! The catalogue's frames are about a second apart ([`RetrievedClip::frames`]). The model's released setting wants
//! eight frames a second, every third of them embedded: that takes the file, so the floor above decodes the
//! stretch around [`RetrievedClip::moment_ms`] and embeds it anew. Nothing here invents frames between stored ones.
//!
//! Memory: every live video's mean (some KB each) while they are ranked; frames of the K that stay.

use kinora_catalog::{Catalog, Filter, Kind};
use kinora_inference::TextEmbedder;
use kinora_types::{Asset, AssetId, AssetRow, Control, Embedding};

use crate::{SearchError, dedup::duplicates, denials::Denials};

/// So many times K videos are candidates before near-duplicates go.
const CANDIDATES: usize = 10;

/// What the clips shall be near to.
#[derive(Clone, Debug, PartialEq)]
pub enum ClipTarget {
    /// A prompt: what is asked at inference.
    Text(String),
    /// A video of the library, which is never among its own answers: what is asked while training.
    Video(AssetId),
}

/// A question for clips.
#[derive(Clone, Debug, PartialEq)]
pub struct ClipQuery {
    /// What the clips shall be near to.
    pub target: ClipTarget,
    /// Clips at most.
    pub k: usize,
    /// Videos at least this near to the target are dropped: copies of the video asked with. Cosine.
    pub max_similarity: Option<f32>,
    /// Two candidates at least this near to each other are joined; of all that hang together the best ranked stays.
    pub duplicate_threshold: f32,
    /// Conditions that the videos must meet.
    pub filter: Filter,
}

impl ClipQuery {
    /// For a prompt, with the paper's numbers: five videos, duplicates from 0.98, nothing too similar.
    pub fn text(prompt: impl Into<String>) -> Self {
        Self {
            target: ClipTarget::Text(prompt.into()),
            k: 5,
            max_similarity: None,
            duplicate_threshold: 0.98,
            filter: Filter::default(),
        }
    }

    /// For a video, with the paper's numbers: five others, duplicates from 0.94, copies of it from 0.98 dropped.
    pub fn video(asset: AssetId) -> Self {
        Self {
            target: ClipTarget::Video(asset),
            max_similarity: Some(0.98),
            duplicate_threshold: 0.94,
            ..Self::text("")
        }
    }
}

/// A video that was found.
#[derive(Clone, Debug)]
pub struct RetrievedClip {
    /// The video.
    pub asset: Asset,
    /// Cosine of its mean embedding with the target.
    pub similarity: f32,
    /// Embeddings of its frames as the catalogue has them, with their times in milliseconds, in order of time.
    pub frames: Vec<(u64, Embedding)>,
    /// Time of the frame that is nearest to the target, in milliseconds.
    pub moment_ms: u64,
}

/// The best K videos of a library for a target, the nearest first; fewer if the library has no more that differ.
///
/// The search is exact: every video that passes the filter is compared.
///
/// # Errors
/// [`SearchError::Query`] for K of zero or a video that the library does not have or has no embedding of; the
/// catalogue's and the embedder's own; [`SearchError::Cancelled`] once `control` says stop.
pub fn retrieve_clips(
    catalog: &Catalog,
    embedder: &dyn TextEmbedder,
    query: &ClipQuery,
    control: &Control,
) -> Result<Vec<RetrievedClip>, SearchError> {
    if query.k == 0 {
        return Err(SearchError::Query("no clip was asked for".into()));
    }
    control.check()?;
    let target = target(catalog, embedder, &query.target)?;
    catalog.space().check_same(target.space())?;
    let ranked = candidates(catalog, query, &target, control)?;
    let vectors: Vec<Option<&[f32]>> = ranked.iter().map(|c| Some(c.mean.values())).collect();
    let kept = duplicates(&vectors, query.duplicate_threshold);
    let kept = ranked.iter().zip(kept).filter(|(_, of)| of.is_none()).take(query.k);
    let clip = |candidate: &Candidate| {
        control.check()?;
        candidate.clip(catalog, &target)
    };
    kept.map(|(candidate, _)| clip(candidate)).collect()
}

fn target(
    catalog: &Catalog,
    embedder: &dyn TextEmbedder,
    target: &ClipTarget,
) -> Result<Embedding, SearchError> {
    match target {
        ClipTarget::Text(text) => embedder
            .embed(&[text])?
            .pop()
            .ok_or_else(|| SearchError::Internal("no vector for a text".into())),
        ClipTarget::Video(id) => catalog.embedding(id)?.ok_or_else(|| {
            SearchError::Query(format!("the library has no embedding of video `{}`", id.0))
        }),
    }
}

struct Candidate {
    row: AssetRow,
    asset: Asset,
    mean: Embedding,
    similarity: f32,
}

impl Candidate {
    fn clip(&self, catalog: &Catalog, target: &Embedding) -> Result<RetrievedClip, SearchError> {
        let frames = catalog.frame_embeddings(self.row)?;
        let mut best = (0, f32::NEG_INFINITY);
        for (at_ms, frame) in &frames {
            let near = frame.dot(target)?;
            if near > best.1 {
                best = (*at_ms, near);
            }
        }
        Ok(RetrievedClip {
            asset: self.asset.clone(),
            similarity: self.similarity,
            frames,
            moment_ms: best.0,
        })
    }
}

/// The nearest ten times K videos, best first, without the one asked with and its copies.
fn candidates(
    catalog: &Catalog,
    query: &ClipQuery,
    target: &Embedding,
    control: &Control,
) -> Result<Vec<Candidate>, SearchError> {
    let filter = Filter { kind: Some(Kind::Video), ..query.filter.clone() };
    let rows = catalog.filter(&filter)?.unwrap_or_default();
    let denials = match &query.target {
        ClipTarget::Text(text) => Denials::of(catalog, text)?,
        ClipTarget::Video(_) => Denials::default(),
    };
    let mut found = Vec::new();
    for (row, asset) in catalog.assets(&rows)? {
        control.check()?;
        if denials.contains(row) {
            continue;
        }
        let itself = matches!(&query.target, ClipTarget::Video(id) if *id == asset.id);
        // A video that could not be looked at has no vector.
        let Some(mean) = catalog.embedding(&asset.id)?.filter(|_| !itself) else {
            continue;
        };
        let similarity = mean.dot(target)?;
        if query.max_similarity.is_none_or(|most| similarity < most) {
            found.push(Candidate { row, asset, mean, similarity });
        }
    }
    found.sort_by(|a, b| b.similarity.total_cmp(&a.similarity).then(a.row.cmp(&b.row)));
    found.truncate(query.k.saturating_mul(CANDIDATES));
    Ok(found)
}
