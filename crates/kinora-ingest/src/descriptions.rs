//! Descriptions of an asset by origin: file name, embedded metadata, sidecars, list of attributions. What a person
//! wrote is the catalogue's matter.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use kinora_catalog::{Catalog, Change, Layer, LayerMetadata};
use kinora_image::{ReadError, sidecar_paths};
use kinora_types::{Asset, AssetId};

use crate::{FileFailure, IngestError, attribution::Attributions, beside, prepare::failure};

/// Composes the descriptions of an asset, one layer for each origin.
#[derive(Clone, Copy)]
pub(crate) struct Descriptions<'a> {
    pub catalog: &'a Catalog,
    pub attributions: &'a Attributions,
    pub index_words: bool,
}

/// What is to be changed, and the sidecars that could not be read.
#[derive(Default)]
pub(crate) struct Redescribed {
    pub changes: Vec<Change>,
    pub unread: Option<FileFailure>,
}

/// Layers of one file, with the sidecars that could not be read.
pub(crate) struct First {
    pub layers: Vec<(Layer, Option<LayerMetadata>)>,
    pub unread: Option<FileFailure>,
}

impl Descriptions<'_> {
    /// All layers of a file that the library does not have; `beside` as [`beside::state`] tells it.
    pub(crate) fn first(&self, path: &Path, beside: &str, inside: LayerMetadata) -> First {
        let mut layers = vec![(Layer::File, Some(inside))];
        let mut said = |layer, description: LayerMetadata| {
            if !description.is_empty() {
                layers.push((layer, Some(description)));
            }
        };
        said(Layer::List, self.attributions.of(path));
        // Nothing is looked for where the walk has found nothing.
        let sidecars =
            if beside.is_empty() { Ok(LayerMetadata::default()) } else { beside::said(path) };
        let unread = match sidecars {
            Ok(description) => {
                said(Layer::Sidecar, description);
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
    ) -> Result<Redescribed, IngestError> {
        let Some(asset) = self.catalog.asset(&id)? else {
            return Ok(Redescribed::default());
        };
        let paths: Vec<PathBuf> = asset.paths.iter().map(PathBuf::from).collect();
        let with_sidecars = paths.iter().find(|path| !sidecar_paths(path).is_empty());
        let Some(first) = with_sidecars.or(paths.first()) else {
            return Ok(Redescribed::default());
        };
        let known = self.catalog.layers(&id)?;
        let mut layers = Vec::new();
        let mut say = |layer, description: LayerMetadata| {
            let description = Some(description)
                .filter(|description| !description.is_empty() || layer == Layer::File);
            if known.get(&layer) != description.as_ref() {
                layers.push((layer, description));
            }
        };
        let unread = match beside::said(first) {
            Ok(description) => {
                say(Layer::Sidecar, description);
                None
            }
            Err(error) => Some(unread(first, &error)),
        };
        if let Some(inside) = inside {
            say(Layer::File, inside);
        }
        // A list that is silent here was heard before the walk.
        let listed = paths.iter().map(|path| self.attributions.of(path));
        if let Some(description) = listed.into_iter().find(|description| !description.is_empty()) {
            say(Layer::List, description);
        }
        let weighed = weigh(first, &asset, &known, &layers);
        if known.get(&Layer::Name) != weighed.as_ref() {
            layers.push((Layer::Name, weighed));
        }
        let changes = if layers.is_empty() { Vec::new() } else { vec![self.change(id, layers)] };
        Ok(Redescribed { changes, unread })
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
        now.into_iter().map(|(layer, description)| (layer, Some(description))).collect();
    now.retain(|(layer, _)| !news.iter().any(|(other, _)| other == layer));
    now.extend(news.iter().cloned());
    Some(beside::weighed(path, &together(&now))).filter(|description| !description.is_empty())
}

/// All that the layers say together, as the catalogue will have it.
pub(crate) fn together(layers: &[(Layer, Option<LayerMetadata>)]) -> LayerMetadata {
    let mut layers: Vec<_> = layers.iter().collect();
    layers.sort_by_key(|(layer, _)| *layer);
    let description = layers.iter().filter_map(|(_, description)| description.clone());
    let whole = description.fold(LayerMetadata::default(), |below, above| above.over(below));
    let weighed = layers.iter().find(|(layer, _)| *layer == Layer::Name);
    match weighed
        .and_then(|(_, description)| description.clone())
        .filter(|description| description.taken_at.is_some())
    {
        Some(name) => {
            LayerMetadata { taken_at: name.taken_at, date_basis: name.date_basis, ..whole }
        }
        None => whole,
    }
}

fn unread(path: &Path, error: &ReadError) -> FileFailure {
    let failure = failure(path, error);
    let message = format!("what lies beside it says nothing: {}", failure.message);
    FileFailure { message, ..failure }
}
