//! Everything that is known of one asset, and what a person says of it.

use std::{collections::BTreeMap, path::PathBuf};

use kinora_catalog::{Catalog, Change, Correction, Description, Layer};
use kinora_types::{Asset, Control, Origin, Passage, PassageKind, Rights, TimeRange};
use serde::Serialize;

use crate::{EngineError, Library, TranscriptFile, Unnamed};

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

/// What a person says of one asset; what is empty stays as it is.
#[derive(Clone, Debug, Default)]
pub struct EditRequest {
    /// Its title.
    pub title: Option<String>,
    /// What it shows; machines' captions are no longer shown.
    pub caption: Option<String>,
    /// Its keywords, all of them.
    pub keywords: Vec<String>,
    /// What it shows besides.
    pub tags: Vec<String>,
    /// What it does not show.
    pub not_tags: Vec<String>,
    /// What is said in it, all of it.
    pub transcript: Option<TranscriptFile>,
    /// What is said at a moment, in milliseconds.
    pub said: Vec<(u64, String)>,
    /// What is written instead of what a machine read; nothing if the second is empty.
    pub written: Vec<(String, String)>,
    /// Kinds whose corrections are forgotten first.
    pub restore: Vec<PassageKind>,
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
    fn named_place(&self, details: Details) -> Result<Details, EngineError> {
        let place = details.asset.place;
        let names = self.shared.place_names(place.is_some(), &Control::default())?;
        let place_name = place.and_then(|place| names.of(place));
        Ok(Details { place_name, places_unnamed: names.missing, ..details })
    }

    /// Takes down what a person says of an asset; it wins over all machines, now and later.
    ///
    /// # Errors
    /// If no asset is meant, what shall be corrected is not there, or the catalogue cannot be written.
    pub fn edit(&self, reference: &str, request: &EditRequest) -> Result<Details, EngineError> {
        let catalog = &self.catalog;
        let asset = catalog.resolve(reference)?;
        let before = details(catalog, asset.clone())?;
        let mut edits = Edits::new(catalog, &before)?;
        for kind in &request.restore {
            *edits.of(*kind) = Correction::default();
        }
        edits.tags(request);
        edits.transcript(request)?;
        edits.said(request)?;
        edits.written(request)?;
        if request.caption.is_some() {
            edits.of(PassageKind::Caption).refuse_all = true;
        }
        let mut changes = edits.changes(&asset);
        let description = Description {
            title: request.title.clone(),
            caption: request.caption.clone(),
            keywords: request.keywords.clone(),
            rights: Rights::default(),
        };
        if description != Description::default() {
            let (index_words, by_hand) = (true, true);
            let asset = asset.id;
            changes.push(Change::Describe { asset, description, index_words, by_hand });
        }
        catalog.commit(&changes)?;
        self.named_place(details(catalog, catalog.asset(&asset.id)?.unwrap_or(asset))?)
    }
}

fn details(catalog: &Catalog, asset: Asset) -> Result<Details, EngineError> {
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
        not_understood: gaps.into_iter().filter_map(|gap| gap.range).collect(),
        shots: catalog.shots(row)?,
        asset,
        perceived,
    })
}

/// Corrections as they were and as they become.
struct Edits<'a> {
    before: &'a Details,
    corrections: BTreeMap<PassageKind, (Correction, Correction)>,
}

impl<'a> Edits<'a> {
    fn new(catalog: &Catalog, before: &'a Details) -> Result<Self, EngineError> {
        let row = catalog.row(&before.asset.id)?;
        let mut corrections = BTreeMap::new();
        for kind in PassageKind::ALL {
            let known = catalog.correction(row, kind)?;
            corrections.insert(kind, (known.clone(), known));
        }
        Ok(Self { before, corrections })
    }

    fn of(&mut self, kind: PassageKind) -> &mut Correction {
        &mut self.corrections.entry(kind).or_default().1
    }

    fn tags(&mut self, request: &EditRequest) {
        let correction = self.of(PassageKind::Tag);
        let same = |one: &str, other: &str| one.trim().eq_ignore_ascii_case(other.trim());
        for tag in &request.not_tags {
            correction.passages.retain(|own| !same(&own.text, tag));
            correction.refused.insert(tag.trim().to_lowercase());
        }
        for tag in &request.tags {
            correction.refused.retain(|refused| !same(refused, tag));
            if !correction.passages.iter().any(|own| same(&own.text, tag)) {
                correction.passages.push(person(PassageKind::Tag, tag, None));
            }
        }
    }

    fn transcript(&mut self, request: &EditRequest) -> Result<(), EngineError> {
        let Some(file) = &request.transcript else {
            return Ok(());
        };
        let passages = file.fitted(&self.before.asset)?;
        *self.of(PassageKind::Speech) =
            Correction { passages, refuse_all: true, ..Correction::default() };
        Ok(())
    }

    /// Takes the place of the passage that is heard at the moment.
    fn said(&mut self, request: &EditRequest) -> Result<(), EngineError> {
        let before = self.before;
        for (at_ms, words) in &request.said {
            let said = before.passages.iter().filter(|p| p.kind == PassageKind::Speech);
            let mut ranges = said.filter_map(|p| p.range).chain(before.not_understood.clone());
            let range = ranges.find(|range| range.contains(*at_ms)).ok_or_else(|| {
                EngineError::NothingThere(format!(
                    "nobody is heard at {} s",
                    *at_ms as f64 / 1000.0
                ))
            })?;
            let correction = self.of(PassageKind::Speech);
            correction.passages.retain(|own| own.range != Some(range));
            correction.passages.push(person(PassageKind::Speech, words, Some(range)));
        }
        Ok(())
    }

    fn written(&mut self, request: &EditRequest) -> Result<(), EngineError> {
        let before = self.before;
        for (old, new) in &request.written {
            let read = |p: &&Passage| p.kind == PassageKind::Text && p.text.trim() == old.trim();
            let found = before.passages.iter().find(read).ok_or_else(|| {
                EngineError::NothingThere(format!("nothing of it is written there: `{old}`"))
            })?;
            let correction = self.of(PassageKind::Text);
            correction.passages.retain(|own| own.text != found.text);
            if found.origin != Origin::Person {
                correction.refused.insert(old.trim().to_lowercase());
            }
            if !new.trim().is_empty() {
                let own = person(PassageKind::Text, new, found.range);
                correction.passages.push(Passage { region: found.region, ..own });
            }
        }
        Ok(())
    }

    fn changes(self, asset: &Asset) -> Vec<Change> {
        let changed = self.corrections.into_iter().filter(|(_, (was, is))| was != is);
        changed
            .map(|(kind, (_, correction))| Change::Correct { asset: asset.id, kind, correction })
            .collect()
    }
}

fn person(kind: PassageKind, text: &str, range: Option<TimeRange>) -> Passage {
    Passage {
        kind,
        text: text.trim().to_owned(),
        range,
        region: None,
        language: None,
        words: Vec::new(),
        origin: Origin::Person,
    }
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
        rights: Rights::default(),
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
