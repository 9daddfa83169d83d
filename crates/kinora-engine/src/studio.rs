//! The engine: settings, the model store, libraries, and the embedders that were loaded.

use std::{cell::OnceCell, path::PathBuf, sync::OnceLock};

use kinora_catalog::{Catalog, FilmSummary};
use kinora_index::Embedded;
use kinora_models::{RuntimeOptions, Space};
use kinora_store::{Store, StoreConfig};
use kinora_types::{AssetId, Control};
use kinora_video::FFmpeg;

use crate::{EngineError, LibrarySummary, Settings, library, places::Gazetteer};

/// Everything Kinora can do on this machine. One thread; several processes may work on the same
/// libraries.
pub struct Studio {
    settings: Settings,
    store: Store,
    /// The space that was loaded, by name: a command works in one.
    space: OnceCell<Space>,
    /// The ffmpeg that answered: it is asked for its version and encoders once.
    pub(crate) ffmpeg: OnceCell<FFmpeg>,
    gazetteer: OnceLock<Gazetteer>,
}

impl Studio {
    /// Opens the engine. Touches no file but the configuration.
    pub fn open(settings: Settings) -> Result<Self, EngineError> {
        let config =
            StoreConfig { cache_dir: Some(settings.cache.clone()), ..StoreConfig::from_env() };
        Ok(Self {
            store: Store::open(config)?,
            settings,
            space: OnceCell::new(),
            ffmpeg: OnceCell::new(),
            gazetteer: OnceLock::new(),
        })
    }

    /// Folders and configuration.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Models and programs.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// Every library by name; one that cannot be used tells why.
    pub fn libraries(&self) -> Vec<LibrarySummary> {
        library::list(&self.settings.libraries())
    }

    /// Films made from a library, newest first; with an asset, only those that show it.
    pub fn films(
        &self,
        library: &str,
        using: Option<&str>,
    ) -> Result<Vec<FilmSummary>, EngineError> {
        let catalog = self.catalog(library)?;
        let asset = using.map(|reference| catalog.resolve(reference)).transpose()?;
        Ok(catalog.films(asset.map(|asset| asset.id).as_ref())?)
    }

    /// Where the thumbnail of an asset lies, if it is there.
    pub fn thumbnail(
        &self,
        library: &str,
        asset: &AssetId,
    ) -> Result<Option<PathBuf>, EngineError> {
        let folder = library::folder(&self.settings.libraries(), library)?;
        Ok(Some(kinora_ingest::thumbnail_path(&folder, asset)).filter(|path| path.is_file()))
    }

    pub(crate) fn catalog(&self, name: &str) -> Result<Catalog, EngineError> {
        library::open(&self.settings.libraries(), name)
    }

    /// The catalogue of a library that may have to be made, in the space asked for.
    pub(crate) fn catalog_or_new(
        &self,
        name: &str,
        space: Option<&str>,
    ) -> Result<Catalog, EngineError> {
        let wanted = space.or(self.settings.config.space.as_deref());
        let chosen = wanted.unwrap_or(&self.store.manifest().default_space);
        let catalog = library::open_or_create(&self.settings.libraries(), name, || {
            Ok(self.space(chosen)?.space().clone())
        })?;
        let pinned = catalog.space();
        match space {
            Some(asked) if asked != pinned.name => Err(EngineError::PinnedSpace {
                library: name.to_owned(),
                pinned: pinned.id(),
                asked: asked.to_owned(),
            }),
            _ => Ok(catalog),
        }
    }

    /// The embedders of a space; loaded once, the networks themselves at their first use.
    pub(crate) fn space(&self, name: &str) -> Result<&Space, EngineError> {
        if self.space.get().is_none_or(|space| space.space().name != name) {
            let space = kinora_models::open_space(&self.store, name, &self.runtime_options())?;
            drop(self.space.set(space));
        }
        Ok(self.space.get().expect("set above"))
    }

    /// Places by name, read at their first use.
    pub(crate) fn gazetteer(&self, control: &Control) -> Result<&Gazetteer, EngineError> {
        if let Some(read) = self.gazetteer.get() {
            return Ok(read);
        }
        let read = Gazetteer::read(&self.store.path("places")?, control)?;
        Ok(self.gazetteer.get_or_init(|| read))
    }

    pub(crate) fn runtime_options(&self) -> RuntimeOptions {
        RuntimeOptions {
            library: self.settings.config.onnxruntime.clone(),
            provider: self.settings.config.provider.clone(),
        }
    }

    /// The embedders of a library's own space, checked to be the very same revision.
    pub(crate) fn space_of(&self, catalog: &Catalog) -> Result<&Space, EngineError> {
        let space = self.space(&catalog.space().name)?;
        catalog.space().check_same(space.space()).map_err(kinora_catalog::CatalogError::from)?;
        Ok(space)
    }

    /// The library's vector index, brought up to its catalogue.
    pub(crate) fn index(&self, catalog: &Catalog) -> Result<Embedded, EngineError> {
        let space = catalog.space();
        let mut index =
            Embedded::open(&catalog.folder().join("index"), &space.id(), space.dimension)?;
        kinora_retrieval::sync(catalog, &mut index)?;
        Ok(index)
    }
}
