//! Near-duplicates: nearly the same light, nearly the same meaning, and in the end nearly the same pixels.
//!
//! The perceptual hash and the vector only find candidates; [`Signature`] decides. A picture and a video are never
//! near-duplicates, nor are videos that last differently.

use std::collections::HashMap;

use kinora_catalog::{Catalog, CatalogError};
use kinora_image::{Signature, hamming_distance};
use kinora_types::{AssetId, Embedding};

/// Bits of 64 in which the perceptual hashes of copies may differ. Measured on 140 photos: unrelated
/// ones differ in 18 or more, copies shrunk to 200 px in at most 2, crops of 4 % a side in at most 14.
const MAX_DISTANCE: u32 = 14;

/// Candidates that are compared; flat pictures all have similar hashes.
const MAX_CANDIDATES: usize = 32;

/// So many times further from a cosine of 1 than the space's threshold copies may be. Measured on five photos in the
/// default space (threshold 0.9): copies of 200 px, at JPEG quality 30, cropped, brighter or darker, and the next of a
/// burst reach 0.876 to 0.974, two instruments 0.52, the flags of two countries 0.82.
const SLACK: f32 = 1.7;

/// Milliseconds, and share of the longer one, by which copies of a video may differ in length.
const LENGTH_MS: u64 = 500;
const LENGTH_SHARE: f64 = 0.02;

/// A picture or video as it is compared.
#[derive(Clone, Debug)]
pub(crate) struct Compared {
    pub(crate) id: AssetId,
    pub(crate) hash: u64,
    pub(crate) embedding: Embedding,
    pub(crate) signature: Signature,
    /// Of a video.
    pub(crate) duration_ms: Option<u64>,
}

/// The perceptual hashes of a library's live assets, oldest first: 48 bytes each.
pub(crate) struct Duplicates<'a> {
    catalog: &'a Catalog,
    threshold: f32,
    hashes: Vec<(AssetId, u64)>,
    /// What is not committed yet.
    pending: HashMap<AssetId, Compared>,
}

impl<'a> Duplicates<'a> {
    /// `threshold` is the cosine from which two pictures of the space are near-duplicates by meaning.
    pub(crate) fn new(catalog: &'a Catalog, threshold: f32) -> Result<Self, CatalogError> {
        let hashes = catalog.perceptual_hashes()?;
        let threshold = 1.0 - SLACK * (1.0 - threshold);
        Ok(Self { catalog, threshold, hashes, pending: HashMap::new() })
    }

    /// The assets that the new one nearly equals, the nearest first; remembers the new one. What it replaces
    /// (`before`) does not count, nor do assets that were not compared yet: they meet this one when they are.
    pub(crate) fn meet(
        &mut self,
        new: Compared,
        before: Option<AssetId>,
    ) -> Result<Vec<AssetId>, CatalogError> {
        let found = self.near(&new, before)?;
        self.hashes.push((new.id, new.hash));
        self.remember(new);
        Ok(found)
    }

    /// Remembers what is compared now, until it can be read from the catalogue.
    pub(crate) fn remember(&mut self, compared: Compared) {
        self.pending.insert(compared.id, compared);
    }

    /// The assets that one nearly equals, the nearest first.
    pub(crate) fn near(
        &self,
        one: &Compared,
        before: Option<AssetId>,
    ) -> Result<Vec<AssetId>, CatalogError> {
        let near = |(other, theirs): &(AssetId, u64)| {
            let distance = hamming_distance(one.hash, *theirs);
            let other_picture = *other != one.id && Some(*other) != before;
            (distance <= MAX_DISTANCE && other_picture).then_some((distance, *other))
        };
        let mut candidates: Vec<(u32, AssetId)> = self.hashes.iter().filter_map(near).collect();
        // Stable: of equally near ones the oldest stays in front.
        candidates.sort_by_key(|(distance, _)| *distance);
        let mut found = Vec::new();
        for (_, other) in candidates.into_iter().take(MAX_CANDIDATES) {
            if self.alike(one, &other)? {
                found.push(other);
            }
        }
        Ok(found)
    }

    fn alike(&self, one: &Compared, other: &AssetId) -> Result<bool, CatalogError> {
        if let Some(other) = self.pending.get(other) {
            return Ok(one.embedding.dot(&other.embedding)? >= self.threshold
                && last_alike(one.duration_ms, other.duration_ms)
                && one.signature.nearly_equals(&other.signature));
        }
        // The cheapest look first.
        let Some(theirs) = self.catalog.embedding(other)? else { return Ok(false) };
        if one.embedding.dot(&theirs)? < self.threshold {
            return Ok(false);
        }
        let signature = self.catalog.signature(other)?;
        let Some(signature) = signature.as_deref().and_then(Signature::from_bytes) else {
            return Ok(false);
        };
        let lasts = self.catalog.asset(other)?.and_then(|asset| asset.duration_ms);
        Ok(last_alike(one.duration_ms, lasts) && one.signature.nearly_equals(&signature))
    }

    /// What was pending can be read from the catalogue from now on.
    pub(crate) fn committed(&mut self) {
        self.pending.clear();
    }
}

/// Whether both stand still, or both last about as long.
fn last_alike(one: Option<u64>, other: Option<u64>) -> bool {
    match (one, other) {
        (None, None) => true,
        (Some(one), Some(other)) => {
            let most = LENGTH_MS.max((one.max(other) as f64 * LENGTH_SHARE) as u64);
            one.abs_diff(other) <= most
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_lasts_as_long_is_a_copy() {
        for (one, other, alike) in [
            (None, None, true),
            (None, Some(1), false),
            (Some(10_000), Some(10_400), true),
            (Some(10_000), Some(11_000), false),
            (Some(3_600_000), Some(3_660_000), true),
        ] {
            assert_eq!(last_alike(one, other), alike, "{one:?} {other:?}");
            assert_eq!(last_alike(other, one), alike);
        }
    }
}
