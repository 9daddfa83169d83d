//! The model store: what `models.toml` lists, in a cache folder, checked.
//!
//! Way in: [`Store::open`], [`Store::pull`] to fetch, [`Store::path`] to use. A file lies at
//! `CACHE/ID/TAG/NAME`, where the tag is the start of its hash or, for a file trusted on first use,
//! its revision; beside it stands its [`Record`]. Pulls of one artifact by several processes wait for
//! each other. Nothing is downloaded but by `pull`.
//!
//! Memory: small buffers; a transformed graph is held once.

mod error;
mod first_output;
mod hub;
mod manifest;
mod place;
mod progress;
mod protobuf;
mod pull;
mod reduce_range;
mod registry;
mod unpack;

use std::{ffi::OsString, path::PathBuf};

use kinora_types::Control;

pub use error::{Fault, StoreError};
pub use manifest::{
    Artifact, Batching, FileEntry, Manifest, ManifestError, Preprocess, Source, SpaceEntry,
    SpeechEntry, TextEntry, TextKind, Transform, platform,
};
pub use place::{Record, hex};
pub use progress::{Progress, PullEvent, Stage};

use place::Found;

/// The hub unless `HF_ENDPOINT` names another.
const HUB: &str = "https://huggingface.co";

/// Configuration of a store.
#[derive(Clone, Debug)]
pub struct StoreConfig {
    /// Folder of the cache; `None` for the platform's own.
    pub cache_dir: Option<PathBuf>,
    /// Whether `pull` may use the network.
    pub offline: bool,
    /// Address of the hub.
    pub hub_endpoint: String,
    /// Variables given to `pip` and `npm` on top of this process's own.
    pub client_env: Vec<(OsString, OsString)>,
}

impl Default for StoreConfig {
    fn default() -> Self {
        Self { cache_dir: None, offline: false, hub_endpoint: HUB.into(), client_env: Vec::new() }
    }
}

impl StoreConfig {
    /// Reads `KINORA_CACHE`, `KINORA_OFFLINE` (any value but `0`) and `HF_ENDPOINT`.
    pub fn from_env() -> Self {
        let set = |name| std::env::var_os(name).filter(|value| !value.is_empty());
        let endpoint = std::env::var("HF_ENDPOINT").ok().filter(|e| !e.is_empty());
        Self {
            cache_dir: set("KINORA_CACHE").map(PathBuf::from),
            offline: set("KINORA_OFFLINE").is_some_and(|value| value != "0"),
            hub_endpoint: endpoint.unwrap_or_else(|| HUB.into()),
            client_env: Vec::new(),
        }
    }
}

/// One line of `kinora models list`.
#[derive(Clone, Debug)]
pub struct Status {
    /// The artifact, as `models.toml` has it.
    pub artifact: Artifact,
    /// Whether there is a file for this machine.
    pub available: bool,
    /// Where it lies, if it is in the cache.
    pub path: Option<PathBuf>,
    /// Its record, if it is in the cache.
    pub record: Option<Record>,
    /// Whether it is in the cache but its bytes are not what came.
    pub changed: bool,
}

/// The cache and what may be in it. Cheap to clone the configuration of, safe to share.
#[derive(Debug)]
pub struct Store {
    manifest: Manifest,
    cache: PathBuf,
    config: StoreConfig,
    platform: String,
}

impl Store {
    /// Opens the store over the built-in `models.toml`. Touches no disk.
    ///
    /// # Errors
    /// If the built-in manifest is broken.
    pub fn open(config: StoreConfig) -> Result<Self, StoreError> {
        Self::with_manifest(config, Manifest::embedded())
    }

    /// Opens a store over another manifest, as the tests do.
    ///
    /// # Errors
    /// If the manifest names what it does not have.
    pub fn with_manifest(config: StoreConfig, manifest: Manifest) -> Result<Self, StoreError> {
        let cache = match &config.cache_dir {
            Some(folder) => folder.clone(),
            None => platform_cache().ok_or_else(|| StoreError::Io {
                path: PathBuf::from("~"),
                source: std::io::Error::new(std::io::ErrorKind::NotFound, "no home folder"),
            })?,
        };
        // The clients run elsewhere, so a relative folder would lead them astray.
        let cache = std::path::absolute(&cache).map_err(|e| StoreError::io(&cache, e))?;
        Ok(Self { manifest, cache, config, platform: platform() })
    }

    /// The manifest.
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// Folder of the cache.
    pub fn cache_dir(&self) -> &std::path::Path {
        &self.cache
    }

    /// Every artifact and whether it is here.
    pub fn list(&self) -> Vec<Status> {
        self.manifest.artifacts.iter().map(|artifact| self.status(artifact)).collect()
    }

    /// Names of what a plain `pull` takes: the default space and the programs.
    pub fn default_ids(&self) -> Vec<String> {
        let default = self.manifest.artifacts.iter().filter(|artifact| artifact.default);
        default.map(|artifact| artifact.id.clone()).collect()
    }

    /// Names of what a space needs, the runtime included.
    ///
    /// # Errors
    /// [`StoreError::UnknownSpace`] if there is none of that name.
    pub fn space_ids(&self, name: &str) -> Result<Vec<String>, StoreError> {
        let space = self.space(name)?;
        let parts = [&space.image, &space.text.weights, &space.text.tokenizer];
        let ids = parts.into_iter().cloned();
        Ok(ids.chain(["onnxruntime".to_owned()]).collect())
    }

    /// The space of that name.
    ///
    /// # Errors
    /// [`StoreError::UnknownSpace`] if there is none of that name.
    pub fn space(&self, name: &str) -> Result<&SpaceEntry, StoreError> {
        self.manifest.space(name).ok_or_else(|| StoreError::UnknownSpace {
            name: name.into(),
            known: self.manifest.spaces.iter().map(|space| space.name.clone()).collect(),
        })
    }

    /// The recognizer of speech of that name.
    ///
    /// # Errors
    /// [`StoreError::UnknownSpeech`] if there is none of that name.
    pub fn speech(&self, name: &str) -> Result<&SpeechEntry, StoreError> {
        self.manifest.speech(name).ok_or_else(|| StoreError::UnknownSpeech {
            name: name.into(),
            known: self.manifest.speech.iter().map(|speech| speech.name.clone()).collect(),
        })
    }

    /// Artifacts of a name on the command line: one, or all that a speech model needs.
    pub fn parts(&self, name: &str) -> Vec<String> {
        match self.manifest.speech(name) {
            Some(speech) => {
                let parts = speech.parts().into_iter().cloned();
                parts.chain(["onnxruntime".to_owned()]).collect()
            }
            None => vec![name.to_owned()],
        }
    }

    /// Where the file of `id` lies. Never downloads. Its hash was checked when it came and is checked again
    /// here if size, times or inode have changed since.
    ///
    /// # Errors
    /// [`StoreError::Missing`] if it was not pulled, [`StoreError::Changed`] if its bytes are others.
    pub fn path(&self, id: &str) -> Result<PathBuf, StoreError> {
        self.here(id).map(|(path, _)| path)
    }

    /// As [`Store::path`] for what Kinora can do without; `None` if it was not pulled or is not for this machine.
    ///
    /// # Errors
    /// [`StoreError::Changed`] if it is here and its bytes are others.
    pub fn path_if_here(&self, id: &str) -> Result<Option<PathBuf>, StoreError> {
        match self.path(id) {
            Ok(path) => Ok(Some(path)),
            Err(StoreError::Missing(_) | StoreError::NoPlatform { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Record of the checks of `id` when it was pulled.
    ///
    /// # Errors
    /// As [`Store::path`].
    pub fn record(&self, id: &str) -> Result<Record, StoreError> {
        self.here(id).map(|(_, record)| record)
    }

    /// Hashes the files again; names as for [`Store::pull`].
    ///
    /// # Errors
    /// The first name that is unknown, was not pulled or has other bytes; `Cancelled`.
    pub fn verify<S: AsRef<str>>(&self, ids: &[S], control: &Control) -> Result<(), StoreError> {
        for id in ids.iter().flat_map(|id| self.parts(id.as_ref())) {
            let (artifact, file) = self.find(&id)?;
            let path = self.target(artifact, file);
            let record = place::record(&path).ok_or_else(|| StoreError::Missing(id.clone()))?;
            let (actual, _) = place::hash_file(&path, control)?;
            check_hash(&id, &record.sha256, actual)?;
        }
        Ok(())
    }

    fn here(&self, id: &str) -> Result<(PathBuf, Record), StoreError> {
        let (artifact, file) = self.find(id)?;
        let path = self.target(artifact, file);
        match self.found(&path, file)? {
            Found::Whole(record) => Ok((path, record)),
            Found::Changed => Err(StoreError::Changed { id: id.into(), path }),
            Found::Missing => Err(StoreError::Missing(id.into())),
        }
    }

    /// Compares the file with its record, and that with `models.toml`.
    fn found(&self, path: &std::path::Path, file: &FileEntry) -> Result<Found, StoreError> {
        let fits = |record: &Record| file.sha256.as_ref().is_none_or(|hash| *hash == record.sha256);
        Ok(match place::find(path)? {
            Found::Whole(record) if !fits(&record) => Found::Missing,
            found => found,
        })
    }

    fn find(&self, id: &str) -> Result<(&Artifact, &FileEntry), StoreError> {
        let artifact = self.manifest.artifact(id);
        let artifact = artifact.ok_or_else(|| StoreError::UnknownId(id.into()))?;
        let none = || StoreError::NoPlatform { id: id.into(), platform: self.platform.clone() };
        Ok((artifact, artifact.file_for(&self.platform).ok_or_else(none)?))
    }

    fn target(&self, artifact: &Artifact, file: &FileEntry) -> PathBuf {
        self.cache.join(&artifact.id).join(tag(file)).join(&file.name)
    }

    fn status(&self, artifact: &Artifact) -> Status {
        let here = self.here(&artifact.id);
        let changed = matches!(here, Err(StoreError::Changed { .. }));
        let (path, record) = here.ok().unzip();
        Status {
            changed,
            available: artifact.file_for(&self.platform).is_some(),
            artifact: artifact.clone(),
            path,
            record,
        }
    }
}

/// Files of two hashes never share a folder.
fn tag(file: &FileEntry) -> String {
    if let Some(hash) = &file.sha256 {
        return hash[..12].to_owned();
    }
    match file.sources.first() {
        Some(Source::Hub { revision, .. }) => format!("rev-{}", revision.replace('/', "-")),
        _ => "unpinned".into(),
    }
}

fn check_hash(what: &str, expected: &str, actual: String) -> Result<(), StoreError> {
    if actual == expected {
        return Ok(());
    }
    Err(StoreError::WrongHash { what: what.into(), expected: expected.into(), actual })
}

fn platform_cache() -> Option<PathBuf> {
    let folders = directories::ProjectDirs::from("", "", "kinora")?;
    Some(folders.cache_dir().to_owned())
}
