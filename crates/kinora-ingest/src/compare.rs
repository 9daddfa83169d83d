//! Compares what an older Kinora added with everything else, by its thumbnail: the file need not be there.

use std::collections::HashMap;

use kinora_catalog::Change;
use kinora_image::{FULL_SIZE, Limits, Signature};
use kinora_types::{Asset, AssetId};

use crate::{
    Ingest, IngestError,
    duplicates::{Compared, Duplicates},
    pipeline::Stop,
    thumbnail_path,
};

/// Bytes; ours are some ten kilobytes.
const LARGEST_THUMBNAIL: u64 = 16 << 20;

/// Comparisons of one transaction.
const AT_ONCE: usize = 64;

impl Ingest<'_> {
    /// Compares what waits for it, until asked to stop; 3 ms a picture. What has no thumbnail goes on waiting.
    pub(crate) fn compare(&self, stop: &Stop) -> Result<(), IngestError> {
        let catalog = self.catalog();
        let waiting = catalog.uncompared()?;
        if waiting.is_empty() {
            return Ok(());
        }
        let hashes: HashMap<AssetId, u64> = catalog.perceptual_hashes()?.into_iter().collect();
        let mut duplicates = Duplicates::new(catalog, self.duplicate_threshold())?;
        for some in waiting.chunks(AT_ONCE) {
            let mut changes = Vec::new();
            for asset in some.iter().take_while(|_| !stop.asked()) {
                let hash = hashes.get(&asset.id).copied().unwrap_or_default();
                let Some(compared) = self.compared(asset, hash)? else { continue };
                changes.push(Change::Compared {
                    asset: asset.id,
                    signature: compared.signature.to_bytes(),
                    near_duplicates: duplicates.near(&compared, None)?,
                });
                duplicates.remember(compared);
            }
            if !changes.is_empty() {
                catalog.commit(&changes)?;
            }
            duplicates.committed();
        }
        Ok(())
    }

    /// `None` where the vector or the thumbnail is gone.
    fn compared(&self, asset: &Asset, hash: u64) -> Result<Option<Compared>, IngestError> {
        let path = thumbnail_path(self.catalog().folder(), &asset.id);
        let decoded = || {
            let bytes = kinora_files::read(&path, LARGEST_THUMBNAIL).ok()?;
            kinora_image::decode(&bytes, FULL_SIZE, &Limits::default()).ok()
        };
        let Some(embedding) = self.catalog().embedding(&asset.id)? else { return Ok(None) };
        let found = decoded().map(|decoded| Compared {
            id: asset.id,
            hash,
            embedding,
            signature: Signature::of(&decoded.picture),
            duration_ms: asset.duration_ms,
        });
        Ok(found)
    }
}
