//! Everything that is known of one asset.

use std::{collections::BTreeMap, path::PathBuf};

use kinora_catalog::{Catalog, Layer};
use kinora_types::{Asset, Control, Passage, PassageKind, TimeRange};
use serde::Serialize;

use crate::{EngineError, Library, Unnamed};

/// Everything that is known of one asset.
#[derive(Clone, Debug, Serialize)]
pub struct Details {
    /// What its file said, and people.
    #[serde(flatten)]
    pub asset: Asset,
    /// The city nearest to its place, such as `Lisbon, PT` or `40 km from Lisbon, PT`.
    pub place_name: Option<String>,
    /// Why its place has no name, where it has none for want of a list of cities.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub places_unnamed: Option<Unnamed>,
    /// The other half of a Live Photo: the video of a picture, the picture of a video.
    pub live_photo: Option<PathBuf>,
    /// Whether its file holds a short video besides (motion photo), which was not looked at.
    pub moving_part: bool,
    /// What is said, written, shown and stated in it; people's words in place of what machines found.
    pub passages: Vec<Passage>,
    /// What it does not show, as a person said.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub not_tags: Vec<String>,
    /// Where somebody speaks and the words were not made out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub not_understood: Vec<TimeRange>,
    /// The shots of a video.
    pub shots: Vec<TimeRange>,
    /// Which model looked for which kind of passage, and why it could not; a kind that is not named is
    /// still to be looked for.
    pub perceived: BTreeMap<PassageKind, Perceived>,
}

/// Who looked for passages.
#[derive(Clone, Debug, Serialize)]
pub struct Perceived {
    /// Name and revision of the model.
    pub model: String,
    /// Why it found nothing.
    pub error: Option<String>,
}

impl Library {
    /// Everything that is known of the asset that a content hash, file name or path means.
    ///
    /// # Errors
    /// If no asset is meant, or the catalogue cannot be read.
    pub fn details(&self, reference: &str) -> Result<Details, EngineError> {
        let asset = self.catalog.resolve(reference)?;
        self.named_place(details(&self.catalog, asset)?)
    }

    /// The same with the name of its place.
    pub(crate) fn named_place(&self, details: Details) -> Result<Details, EngineError> {
        let place = details.asset.place;
        let names = self.shared.place_names(place.is_some(), &Control::default())?;
        let place_name = place.and_then(|place| names.of(place));
        Ok(Details { place_name, places_unnamed: names.missing, ..details })
    }
}

pub(crate) fn details(catalog: &Catalog, asset: Asset) -> Result<Details, EngineError> {
    let row = catalog.row(&asset.id)?;
    let mut perceived = BTreeMap::new();
    for kind in PassageKind::ALL {
        if let Some((model, error)) = catalog.perceived_by(&asset.id, kind)? {
            perceived.insert(kind, Perceived { model, error });
        }
    }
    let other = catalog.live_partner(&asset)?;
    let live_photo = other.and_then(|other| other.paths.first().map(PathBuf::from));
    let layers = catalog.layers(&asset.id)?;
    let gaps = catalog.not_understood(row)?;
    Ok(Details {
        place_name: None,
        places_unnamed: None,
        live_photo,
        moving_part: layers.get(&Layer::File).is_some_and(|layer| layer.moving_part),
        passages: catalog.passages(row)?,
        not_tags: catalog.correction(row, PassageKind::Tag)?.refused.into_iter().collect(),
        not_understood: gaps.into_iter().filter_map(|gap| gap.range).collect(),
        shots: catalog.shots(row)?,
        asset,
        perceived,
    })
}

/// A library, and an asset that it does not hold.
#[cfg(test)]
pub(crate) fn unknown() -> (tempfile::TempDir, Catalog, Asset) {
    let folder = tempfile::tempdir().expect("a folder");
    let (name, dimension) = ("s".to_owned(), 2);
    let space =
        kinora_types::EmbeddingSpace { name, revision: "1".into(), dimension, normalised: true };
    let catalog = Catalog::create(folder.path(), "lib", &space).expect("a library");
    let asset = Asset {
        id: kinora_types::AssetId(kinora_types::ContentHash::of(b"unknown")),
        size: None,
        bytes: 1,
        format: "wav".into(),
        duration_ms: Some(1000),
        paths: Vec::new(),
        taken_at: None,
        date_basis: None,
        place: None,
        camera: None,
        title: None,
        caption: None,
        keywords: Vec::new(),
        rights: kinora_types::Rights::default(),
        added_at: jiff::Timestamp::UNIX_EPOCH,
    };
    (folder, catalog, asset)
}

#[cfg(test)]
mod tests {
    use kinora_catalog::CatalogError;

    use super::*;

    #[test]
    fn an_asset_without_a_row_is_an_error_and_not_row_0() {
        let (_folder, catalog, asset) = unknown();
        let found = details(&catalog, asset);
        assert!(matches!(found, Err(EngineError::Catalog(CatalogError::Reference(_)))));
    }
}
