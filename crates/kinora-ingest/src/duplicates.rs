//! Near-duplicates: nearly the same light, and nearly the same meaning.

use std::collections::HashMap;

use kinora_catalog::{Catalog, CatalogError};
use kinora_image::hamming_distance;
use kinora_types::{AssetId, Embedding};

/// Bits of 64 in which the perceptual hashes of copies may differ. Measured on 140 photos: unrelated
/// ones differ in 18 or more, copies shrunk to 200 px in at most 2, crops of 4 % a side in at most 14.
const MAX_DISTANCE: u32 = 14;

/// Candidates whose vectors are compared; flat pictures all have similar hashes.
const MAX_CANDIDATES: usize = 32;

/// The perceptual hashes of a library's live assets, oldest first: 48 bytes each.
pub(crate) struct Duplicates<'a> {
    catalog: &'a Catalog,
    threshold: f32,
    hashes: Vec<(AssetId, u64)>,
    /// Vectors that are not committed yet.
    pending: HashMap<AssetId, Embedding>,
}

impl<'a> Duplicates<'a> {
    /// `threshold` is the cosine from which two pictures of the space are near-duplicates.
    pub(crate) fn new(catalog: &'a Catalog, threshold: f32) -> Result<Self, CatalogError> {
        let hashes = catalog.perceptual_hashes()?;
        Ok(Self { catalog, threshold, hashes, pending: HashMap::new() })
    }

    /// The asset that the new one nearly equals, the nearest of them; remembers the new one.
    /// What it replaces (`before`) does not count.
    pub(crate) fn meet(
        &mut self,
        id: AssetId,
        hash: u64,
        embedding: &Embedding,
        before: Option<AssetId>,
    ) -> Result<Option<AssetId>, CatalogError> {
        let near = |(other, theirs): &(AssetId, u64)| {
            let distance = hamming_distance(hash, *theirs);
            let other_picture = *other != id && Some(*other) != before;
            (distance <= MAX_DISTANCE && other_picture).then_some((distance, *other))
        };
        let mut candidates: Vec<(u32, AssetId)> = self.hashes.iter().filter_map(near).collect();
        // Stable: of equally near ones the oldest stays in front.
        candidates.sort_by_key(|(distance, _)| *distance);
        let mut found = None;
        for (_, other) in candidates.into_iter().take(MAX_CANDIDATES) {
            if found.is_none() && self.alike(embedding, &other)? {
                found = Some(other);
            }
        }
        self.hashes.push((id, hash));
        self.pending.insert(id, embedding.clone());
        Ok(found)
    }

    fn alike(&self, embedding: &Embedding, other: &AssetId) -> Result<bool, CatalogError> {
        let theirs = match self.pending.get(other) {
            Some(embedding) => Some(embedding.clone()),
            None => self.catalog.embedding(other)?,
        };
        let Some(theirs) = theirs else {
            return Ok(false);
        };
        Ok(embedding.dot(&theirs)? >= self.threshold)
    }

    /// What was pending can be read from the catalogue from now on.
    pub(crate) fn committed(&mut self) {
        self.pending.clear();
    }
}
