//! An open library: its catalogue, its vector index, and what is worth keeping between two requests.
//!
//! What it can do is in the modules named for it (`search`, `add`, `ask`, `film`, …).
//!
//! Memory: the index (about 1 KB a picture), and what was computed from the whole library for searching.

use std::{
    path::PathBuf,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use kinora_catalog::{Catalog, FilmSummary};
use kinora_models::Space;
use kinora_retrieval::SearcherCache;
use kinora_types::{AssetId, EmbeddingSpace};

use crate::{
    EngineError, LibrarySummary,
    engine::{Shared, locked},
    index::LibraryIndex,
    libraries,
    models::Lease,
};

/// A library that is open. Any number of threads may use it at once: reading waits for nobody who writes. Other
/// processes may work on it too; what they commit is found by the next search.
pub struct Library {
    pub(crate) shared: Arc<Shared>,
    pub(crate) catalog: Catalog,
    pub(crate) index: LibraryIndex,
    /// What searching computes from the whole library.
    pub(crate) cache: SearcherCache,
    used: Mutex<Instant>,
}

impl Library {
    pub(crate) fn new(catalog: Catalog, shared: Arc<Shared>) -> Self {
        let (index, used) = (LibraryIndex::default(), Mutex::new(Instant::now()));
        Self { shared, catalog, index, cache: SearcherCache::default(), used }
    }

    /// Its name.
    pub fn name(&self) -> &str {
        self.catalog.name()
    }

    /// The embedding space that it is pinned to.
    pub fn space(&self) -> &EmbeddingSpace {
        self.catalog.space()
    }

    /// Raised by every change, whoever makes it.
    ///
    /// # Errors
    /// If the catalogue cannot be read.
    pub fn revision(&self) -> Result<u64, EngineError> {
        Ok(self.catalog.revision()?)
    }

    /// How many pictures, videos and recordings can be found.
    ///
    /// # Errors
    /// If the catalogue cannot be read.
    pub fn summary(&self) -> Result<LibrarySummary, EngineError> {
        Ok(libraries::summary(&self.catalog)?)
    }

    /// Films made from it, newest first; with an asset, only those that show it.
    ///
    /// # Errors
    /// If no asset is meant, or the catalogue cannot be read.
    pub fn films(&self, using: Option<&str>) -> Result<Vec<FilmSummary>, EngineError> {
        let asset = using.map(|reference| self.catalog.resolve(reference)).transpose()?;
        Ok(self.catalog.films(asset.map(|asset| asset.id).as_ref())?)
    }

    /// Where the thumbnail of an asset lies, if it is there.
    pub fn thumbnail(&self, asset: &AssetId) -> Option<PathBuf> {
        let path = kinora_ingest::thumbnail_path(self.catalog.folder(), asset);
        Some(path).filter(|path| path.is_file())
    }

    /// The embedders of its space, checked to be the very same revision.
    pub(crate) fn embedders(&self) -> Result<Lease<Space>, EngineError> {
        self.touch();
        let space = self.shared.models.space(&self.catalog.space().name)?;
        let same = self.catalog.space().check_same(space.space());
        same.map_err(kinora_catalog::CatalogError::from)?;
        Ok(space)
    }

    /// Whether its folder still holds the catalogue that was opened.
    pub(crate) fn is_in_place(&self) -> bool {
        self.touch();
        self.catalog.is_in_place()
    }

    /// How long nobody has used it.
    pub(crate) fn idle(&self) -> Duration {
        locked(&self.used).elapsed()
    }

    fn touch(&self) {
        *locked(&self.used) = Instant::now();
    }
}

impl std::fmt::Debug for Library {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Library").field("name", &self.name()).finish_non_exhaustive()
    }
}
