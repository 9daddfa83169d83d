//! Assets out of a library. Files are never written to.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    path::{Path, PathBuf, absolute},
};

use kinora_catalog::{Change, Meant, composed};
use kinora_types::{Asset, AssetId, Kind};
use serde::{Deserialize, Serialize};

use crate::{EngineError, Library};

/// Names of a list in a message, at most.
const MOST_NAMES: usize = 10;

/// What is taken out.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RemoveRequest {
    /// Each a path of a file or folder, a file name, a content hash or at least six digits of one.
    pub references: Vec<String>,
    /// Only tell what would be taken out.
    pub dry_run: bool,
}

/// An asset that was taken out.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RemovedAsset {
    /// Its content hash.
    pub id: AssetId,
    /// What it is.
    pub kind: Kind,
    /// Its files, which stay.
    pub paths: Vec<String>,
    /// Films made from the library that show it; they stay, and what they show is still explained.
    pub films: Vec<String>,
}

/// What was taken out, or would be.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Removed {
    /// No longer found, counted or cited.
    pub removed: Vec<RemovedAsset>,
    /// Copies in the folders that were given, of assets that stay since they lie elsewhere too. The library leaves
    /// these files and keeps the assets.
    pub copies: Vec<String>,
    /// Whether nothing was changed.
    pub dry_run: bool,
}

/// A reference that does not mean one asset or folder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Unmeant {
    /// As it was given.
    pub reference: String,
    /// Whether what it means was taken out before.
    pub removed_before: bool,
    /// What it may mean: files of several assets; empty if it means none.
    pub candidates: Vec<String>,
}

impl fmt::Display for Unmeant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { reference, removed_before, candidates } = self;
        if *removed_before {
            return write!(f, "it was removed before: `{reference}`");
        }
        if candidates.is_empty() {
            return write!(
                f,
                "no such picture, video, recording or folder in this library: `{reference}`"
            );
        }
        write!(f, "`{reference}` means {} files:", candidates.len())?;
        candidates.iter().take(MOST_NAMES).try_for_each(|path| write!(f, "\n`{path}`"))?;
        if candidates.len() > MOST_NAMES { write!(f, "\n…") } else { Ok(()) }
    }
}

/// Assets that are meant, and folders in whose files alone some of them are.
#[derive(Default)]
struct Chosen {
    assets: BTreeMap<AssetId, Asset>,
    below: BTreeMap<AssetId, Asset>,
    folders: BTreeSet<PathBuf>,
}

impl Library {
    /// Takes assets out of the library: they are no longer found, counted or cited, also not when their folder is
    /// added again; adding such a file by its own name brings it back. A folder stands for the files below it; what lies elsewhere too
    /// stays. All is taken out or, if a reference is wrong, nothing.
    ///
    /// # Errors
    /// [`EngineError::Unmeant`] if a reference means nothing or several assets; if the catalogue cannot be written.
    pub fn remove(&self, request: &RemoveRequest) -> Result<Removed, EngineError> {
        let mut chosen = self.chosen(&request.references)?;
        let mut copies = Vec::new();
        for (id, asset) in std::mem::take(&mut chosen.below) {
            let inside = |path: &&String| {
                let path = composed(path);
                Path::new(&*path).ancestors().any(|folder| chosen.folders.contains(folder))
            };
            let (own, others): (Vec<_>, Vec<_>) = asset.paths.iter().partition(inside);
            if others.is_empty() {
                chosen.assets.insert(id, asset);
            } else if !chosen.assets.contains_key(&id) {
                copies.extend(own.into_iter().cloned());
            }
        }
        let assets: Vec<Asset> = chosen.assets.into_values().collect();
        let mut removed = Vec::new();
        for asset in &assets {
            let films = self.catalog.films(Some(&asset.id))?.into_iter().map(|film| film.path);
            let (id, kind, paths) = (asset.id, asset.kind(), asset.paths.clone());
            removed.push(RemovedAsset { id, kind, paths, films: films.collect() });
        }
        let out = assets.iter().map(|asset| Change::Remove { asset: asset.id });
        let gone = copies.iter().map(|path| Change::Vanished { path: path.clone() });
        let changes: Vec<Change> = out.chain(gone).collect();
        if !request.dry_run && !changes.is_empty() {
            self.catalog.commit(&changes)?;
        }
        copies.sort();
        removed.sort_by(|a, b| a.paths.cmp(&b.paths));
        Ok(Removed { removed, copies, dry_run: request.dry_run })
    }

    fn chosen(&self, references: &[String]) -> Result<Chosen, EngineError> {
        let (mut chosen, mut wrong) = (Chosen::default(), Vec::new());
        for reference in references {
            let path = located(reference);
            let unmeant = |removed_before, candidates| Unmeant {
                reference: reference.clone(),
                removed_before,
                candidates,
            };
            match self.catalog.meant(reference, &path)? {
                Meant::One(asset) => drop(chosen.assets.insert(asset.id, *asset)),
                Meant::Folder(assets) => {
                    let path = composed(&path.to_string_lossy()).into_owned();
                    chosen.folders.insert(path.into());
                    chosen.below.extend(assets.into_iter().map(|asset| (asset.id, asset)));
                }
                Meant::Many(assets) => {
                    let name = |asset: Asset| asset.paths.into_iter().next();
                    wrong.push(unmeant(false, assets.into_iter().filter_map(name).collect()));
                }
                Meant::Nothing => wrong.push(unmeant(false, Vec::new())),
                Meant::Removed => wrong.push(unmeant(true, Vec::new())),
            }
        }
        if wrong.is_empty() { Ok(chosen) } else { Err(EngineError::Unmeant(wrong)) }
    }
}

/// Where a reference lies if it is a path: links in it are followed as they were when it was added.
fn located(reference: &str) -> PathBuf {
    let path = Path::new(reference);
    path.canonicalize().or_else(|_| absolute(path)).unwrap_or_else(|_| path.to_owned())
}
