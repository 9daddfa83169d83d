//! Assets in flight: two files with the same bytes in one run are decoded once.

use std::{
    collections::HashMap,
    path::PathBuf,
    sync::{Mutex, PoisonError},
};

use kinora_catalog::FileEntry;
use kinora_types::AssetId;

/// A further file of an asset in flight.
pub(crate) struct Copy {
    pub path: PathBuf,
    pub file: FileEntry,
    /// Its sidecars, see [`crate::beside::state`].
    pub beside: String,
    /// See [`crate::walk::Task::cost`].
    pub cost: u64,
}

/// Assets between their hash and their commit, with the copies that wait for it.
#[derive(Default)]
pub(crate) struct InFlight(Mutex<HashMap<AssetId, Vec<Copy>>>);

impl InFlight {
    /// Whether the caller is the first to claim the asset and must bring it in; else the copy waits.
    pub(crate) fn claim(&self, asset: AssetId, copy: impl FnOnce() -> Copy) -> bool {
        let mut claims = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match claims.get_mut(&asset) {
            Some(waiting) => {
                waiting.push(copy());
                false
            }
            None => {
                claims.insert(asset, Vec::new());
                true
            }
        }
    }

    /// Ends the claim on an asset; gives the copies that waited.
    pub(crate) fn release(&self, asset: &AssetId) -> Vec<Copy> {
        let mut claims = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        claims.remove(asset).unwrap_or_default()
    }
}
