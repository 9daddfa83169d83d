//! Layers of metadata of a file: its name, the file itself, its sidecars, a list. The catalogue keeps a person's edits.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use kinora_catalog::{Catalog, Change, Layer, LayerMetadata};
use kinora_image::{ReadError, sidecar_paths};
use kinora_types::{Asset, AssetId};

use crate::{FileFailure, IngestError, attribution::Attributions, beside, prepare::failure};

/// Reads the layers of files and compares them with the catalogue.
#[derive(Clone, Copy)]
pub(crate) struct LayerWriter<'a> {
    pub catalog: &'a Catalog,
    pub attributions: &'a Attributions,
    pub index_words: bool,
}

/// Changes for the catalogue, and the sidecars that could not be read.
#[derive(Default)]
pub(crate) struct LayerUpdate {
    pub changes: Vec<Change>,
    pub unread: Option<FileFailure>,
}

/// Layers of one file, with the sidecars that could not be read.
pub(crate) struct First {
    pub layers: Vec<(Layer, Option<LayerMetadata>)>,
    pub unread: Option<FileFailure>,
}

impl LayerWriter<'_> {
    /// All layers of a file that the library does not have; `beside` is the state of [`beside::state`].
    pub(crate) fn first(&self, path: &Path, beside: &str, inside: LayerMetadata) -> First {
        let mut layers = vec![(Layer::File, Some(inside))];
        let mut said = |layer, metadata: LayerMetadata| {
            if !metadata.is_empty() {
                layers.push((layer, Some(metadata)));
            }
        };
        said(Layer::List, self.attributions.of(path));
        // Nothing is looked for where the walk has found nothing.
        let sidecars =
            if beside.is_empty() { Ok(LayerMetadata::default()) } else { beside::said(path) };
        let unread = match sidecars {
            Ok(metadata) => {
                said(Layer::Sidecar, metadata);
                None
            }
            Err(error) => Some(unread(path, &error)),
        };
        let weighed = beside::weighed(path, &together(&layers));
        if !weighed.is_empty() {
            layers.push((Layer::Name, Some(weighed)));
        }
        First { layers, unread }
    }

    /// What has changed outside of the bytes of an asset that the library has.
    ///
    /// Of several files with the same bytes the first in order that has sidecars speaks for all of
    /// them, the first that is listed for the list; with no sidecar anywhere the first file's name counts.
    pub(crate) fn again(
        &self,
        id: AssetId,
        inside: Option<LayerMetadata>,
    ) -> Result<LayerUpdate, IngestError> {
        let Some(asset) = self.catalog.asset(&id)? else {
            return Ok(LayerUpdate::default());
        };
        let paths: Vec<PathBuf> = asset.paths.iter().map(PathBuf::from).collect();
        let with_sidecars = paths.iter().find(|path| !sidecar_paths(path).is_empty());
        let Some(first) = with_sidecars.or(paths.first()) else {
            return Ok(LayerUpdate::default());
        };
        let known = self.catalog.layers(&id)?;
        let mut layers = Vec::new();
        let mut say = |layer, metadata: LayerMetadata| {
            let metadata =
                Some(metadata).filter(|metadata| !metadata.is_empty() || layer == Layer::File);
            if known.get(&layer) != metadata.as_ref() {
                layers.push((layer, metadata));
            }
        };
        let unread = match beside::said(first) {
            Ok(metadata) => {
                say(Layer::Sidecar, metadata);
                None
            }
            Err(error) => Some(unread(first, &error)),
        };
        if let Some(inside) = inside {
            say(Layer::File, inside);
        }
        // A list that is silent here was heard before the walk.
        let listed = paths.iter().map(|path| self.attributions.of(path));
        if let Some(metadata) = listed.into_iter().find(|metadata| !metadata.is_empty()) {
            say(Layer::List, metadata);
        }
        let weighed = weigh(first, &asset, &known, &layers);
        if known.get(&Layer::Name) != weighed.as_ref() {
            layers.push((Layer::Name, weighed));
        }
        let changes = if layers.is_empty() { Vec::new() } else { vec![self.change(id, layers)] };
        Ok(LayerUpdate { changes, unread })
    }

    /// The change that takes down what some layers say.
    pub(crate) fn change(
        &self,
        asset: AssetId,
        layers: Vec<(Layer, Option<LayerMetadata>)>,
    ) -> Change {
        let list = self.attributions.name().map(str::to_owned);
        Change::Layers { asset, layers, list, index_words: self.index_words }
    }
}

/// What follows from a file's name and all that is said now: what is known, but for what is news.
fn weigh(
    path: &Path,
    asset: &Asset,
    known: &BTreeMap<Layer, LayerMetadata>,
    news: &[(Layer, Option<LayerMetadata>)],
) -> Option<LayerMetadata> {
    let mut now = known.clone();
    now.remove(&Layer::Name);
    // An older Kinora kept no layers: its row stands for the file.
    now.entry(Layer::File).or_insert_with(|| LayerMetadata::of(asset));
    let mut now: Vec<_> =
        now.into_iter().map(|(layer, metadata)| (layer, Some(metadata))).collect();
    now.retain(|(layer, _)| !news.iter().any(|(other, _)| other == layer));
    now.extend(news.iter().cloned());
    Some(beside::weighed(path, &together(&now))).filter(|metadata| !metadata.is_empty())
}

/// All that the layers say together, as the catalogue will have it.
pub(crate) fn together(layers: &[(Layer, Option<LayerMetadata>)]) -> LayerMetadata {
    let mut layers: Vec<_> = layers.iter().collect();
    layers.sort_by_key(|(layer, _)| *layer);
    let metadata = layers.iter().filter_map(|(_, metadata)| metadata.clone());
    let whole = metadata.fold(LayerMetadata::default(), |below, above| above.over(below));
    let weighed = layers.iter().find(|(layer, _)| *layer == Layer::Name);
    match weighed
        .and_then(|(_, metadata)| metadata.clone())
        .filter(|metadata| metadata.taken_at.is_some())
    {
        Some(name) => {
            LayerMetadata { taken_at: name.taken_at, date_basis: name.date_basis, ..whole }
        }
        None => whole,
    }
}

fn unread(path: &Path, error: &ReadError) -> FileFailure {
    let FileFailure { path, message, hint } = failure(path, error);
    let message = format!("what lies beside it says nothing: {message}");
    FileFailure { path, message, hint }
}
