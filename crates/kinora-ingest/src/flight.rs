//! Pictures on their way: two files with the same bytes in one run are decoded once.

use std::{
    collections::HashMap,
    path::PathBuf,
    sync::{Mutex, PoisonError},
};

use kinora_catalog::FileEntry;
use kinora_types::AssetId;

/// A further file of a picture on its way.
pub(crate) struct Copy {
    pub path: PathBuf,
    pub file: FileEntry,
    /// Its sidecars, as [`crate::beside::state`] tells them.
    pub beside: String,
}

/// Assets between their hash and their commit, with the copies that wait for it.
#[derive(Default)]
pub(crate) struct Flights(Mutex<HashMap<AssetId, Vec<Copy>>>);

impl Flights {
    /// Whether the caller is first and must bring the picture in; else the copy waits.
    pub(crate) fn take_off(&self, asset: AssetId, copy: impl FnOnce() -> Copy) -> bool {
        let mut flights = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match flights.get_mut(&asset) {
            Some(waiting) => {
                waiting.push(copy());
                false
            }
            None => {
                flights.insert(asset, Vec::new());
                true
            }
        }
    }

    /// Ends the flight; gives the copies that waited.
    pub(crate) fn land(&self, asset: &AssetId) -> Vec<Copy> {
        let mut flights = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        flights.remove(asset).unwrap_or_default()
    }
}
