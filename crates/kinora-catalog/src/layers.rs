//! Layers of metadata of an asset by their source: the file's name, the file itself, a sidecar, a list of attributions.
//!
//! Each layer is stored by itself, so that one can change or vanish without the others, and without the file being read
//! again. A person's edits (`edits`) are no layer: they stay in the asset's row.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::DateTime;
use kinora_types::{Asset, AssetId, AssetRow, ContentHash, DateBasis, GeoPoint, Rights};
use rusqlite::{Connection, Transaction, params};
use serde::{Deserialize, Serialize};

use crate::{Catalog, CatalogError, lexical, read};

/// Source of metadata; where several state the same thing, the later of these counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Layer {
    /// The name of the file, weighed against all that the others say: the date that follows is the one that counts.
    Name,
    /// The file itself.
    File,
    /// A file beside it: XMP, Takeout's JSON.
    Sidecar,
    /// A list of attributions.
    List,
}

impl Layer {
    const ALL: [Self; 4] = [Self::Name, Self::File, Self::Sidecar, Self::List];

    /// The layer's name, as it is stored.
    pub fn name(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::File => "file",
            Self::Sidecar => "sidecar",
            Self::List => "list",
        }
    }
}

/// Metadata of one layer; every part may be missing.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct LayerMetadata {
    /// Title.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Caption.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub caption: Option<String>,
    /// Keywords, in order, without repetition.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub keywords: Vec<String>,
    /// Licence, author, origin.
    #[serde(skip_serializing_if = "is_empty")]
    pub rights: Rights,
    /// When it was taken, local time of the camera.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub taken_at: Option<DateTime>,
    /// How `taken_at` is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub date_basis: Option<DateBasis>,
    /// Where it was taken.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<GeoPoint>,
    /// Maker and model of the camera.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub camera: Option<String>,
    /// Whether the picture's file holds a short video besides (motion photo).
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub moving_part: bool,
}

fn is_empty(rights: &Rights) -> bool {
    *rights == Rights::default()
}

impl LayerMetadata {
    /// Whether nothing is said.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// This, with what is missing from the layer below; keywords are joined. Of two dates the surer one
    /// is taken ([`DateBasis`]), of two equally sure ones this layer's.
    pub fn over(self, below: Self) -> Self {
        let own_date = sureness(&self) >= sureness(&below);
        let date = if own_date { &self } else { &below };
        let (taken_at, date_basis) = (date.taken_at, date.date_basis);
        let mut keywords = self.keywords;
        for keyword in below.keywords {
            if !keywords.contains(&keyword) {
                keywords.push(keyword);
            }
        }
        Self {
            title: self.title.or(below.title),
            caption: self.caption.or(below.caption),
            keywords,
            rights: Rights {
                licence: self.rights.licence.or(below.rights.licence),
                author: self.rights.author.or(below.rights.author),
                source: self.rights.source.or(below.rights.source),
            },
            taken_at,
            date_basis,
            place: self.place.or(below.place),
            camera: self.camera.or(below.camera),
            moving_part: self.moving_part || below.moving_part,
        }
    }

    /// What the row of an asset says, whoever said it.
    pub fn of(asset: &Asset) -> Self {
        Self {
            title: asset.title.clone(),
            caption: asset.caption.clone(),
            keywords: asset.keywords.clone(),
            rights: asset.rights.clone(),
            taken_at: asset.taken_at,
            date_basis: asset.date_basis,
            place: asset.place,
            camera: asset.camera.clone(),
            moving_part: false,
        }
    }
}

/// 0 for no date.
fn sureness(metadata: &LayerMetadata) -> u8 {
    match (metadata.taken_at, metadata.date_basis) {
        (None, _) => 0,
        (_, Some(DateBasis::Guessed)) => 1,
        (_, Some(DateBasis::Utc)) => 2,
        (_, Some(DateBasis::Written) | None) => 3,
    }
}

/// As it is stored.
pub(crate) fn basis_name(basis: DateBasis) -> &'static str {
    match basis {
        DateBasis::Written => "written",
        DateBasis::Utc => "utc",
        DateBasis::Guessed => "guessed",
    }
}

/// The opposite of [`basis_name`].
pub(crate) fn basis_named(name: &str) -> Option<DateBasis> {
    [DateBasis::Written, DateBasis::Utc, DateBasis::Guessed]
        .into_iter()
        .find(|basis| basis_name(*basis) == name)
}

fn layers(
    connection: &Connection,
    row: AssetRow,
) -> Result<BTreeMap<Layer, LayerMetadata>, CatalogError> {
    let mut statement =
        connection.prepare_cached("SELECT layer, said FROM told WHERE asset = ?1")?;
    let rows =
        statement.query_map([row.0], |r| Ok((r.get::<_, String>(0)?, r.get::<_, String>(1)?)))?;
    let mut found = BTreeMap::new();
    for stored in rows {
        let (name, said) = stored?;
        let damaged = |why: String| CatalogError::Damaged(format!("metadata of row {row}: {why}"));
        let layer = Layer::ALL.into_iter().find(|layer| layer.name() == name);
        let layer = layer.ok_or_else(|| damaged(format!("no such layer: `{name}`")))?;
        found.insert(layer, serde_json::from_str(&said).map_err(|e| damaged(e.to_string()))?);
    }
    Ok(found)
}

/// Takes down what some layers say now (`None`: nothing any more) and brings the asset's row up to all of them.
pub(crate) fn set_layers(
    transaction: &Transaction<'_>,
    row: AssetRow,
    news: &[(Layer, Option<LayerMetadata>)],
    list: Option<&str>,
    index_words: bool,
) -> Result<(), CatalogError> {
    let mut known = layers(transaction, row)?;
    let is_old = !known.contains_key(&Layer::File);
    for (layer, said) in news {
        put(transaction, row, *layer, said.as_ref(), list.filter(|_| *layer == Layer::List))?;
        match said {
            Some(said) => known.insert(*layer, said.clone()),
            None => known.remove(layer),
        };
    }
    if is_old {
        let (_, asset) = read::asset_of_row(transaction, row)?;
        let whole = together(&known);
        if !known.contains_key(&Layer::File) {
            known.insert(Layer::File, LayerMetadata::of(&asset));
        } else if let Some(said) = unexplained(&asset, &whole)
            && !known.contains_key(&Layer::List)
        {
            put(transaction, row, Layer::List, Some(&said), None)?;
            known.insert(Layer::List, said);
        }
    }
    store(transaction, row, &together(&known))?;
    if index_words { lexical::describe(transaction, row) } else { Ok(()) }
}

/// An older Kinora kept no layers. Rights in the row that no layer gives came from a list, and with them
/// title and caption: a list is not there at every run, and rights must not be lost.
fn unexplained(asset: &Asset, whole: &LayerMetadata) -> Option<LayerMetadata> {
    let lost = |row: &Option<String>, metadata: &Option<String>| row.is_some() && row != metadata;
    let (row, metadata) = (&asset.rights, &whole.rights);
    let any = lost(&row.licence, &metadata.licence)
        || lost(&row.author, &metadata.author)
        || lost(&row.source, &metadata.source);
    any.then(|| LayerMetadata {
        title: asset.title.clone(),
        caption: asset.caption.clone(),
        rights: row.clone(),
        ..LayerMetadata::default()
    })
}

/// All layers together.
fn together(layers: &BTreeMap<Layer, LayerMetadata>) -> LayerMetadata {
    let above = |below, above: &LayerMetadata| above.clone().over(below);
    let mut whole = layers.values().fold(LayerMetadata::default(), above);
    let weighed =
        layers.get(&Layer::Name).and_then(|metadata| metadata.taken_at.zip(metadata.date_basis));
    if let Some((taken_at, basis)) = weighed {
        (whole.taken_at, whole.date_basis) = (Some(taken_at), Some(basis));
    }
    whole
}

fn put(
    transaction: &Transaction<'_>,
    row: AssetRow,
    layer: Layer,
    said: Option<&LayerMetadata>,
    list: Option<&str>,
) -> Result<(), CatalogError> {
    let Some(said) = said else {
        transaction
            .prepare_cached("DELETE FROM told WHERE asset = ?1 AND layer = ?2")?
            .execute(params![row.0, layer.name()])?;
        return Ok(());
    };
    let said = serde_json::to_string(said).map_err(|e| CatalogError::Damaged(e.to_string()))?;
    transaction
        .prepare_cached(
            "INSERT OR REPLACE INTO told (asset, layer, said, list) VALUES (?1, ?2, ?3, ?4)",
        )?
        .execute(params![row.0, layer.name(), said, list])?;
    Ok(())
}

/// Into the asset's row, but for what a person wrote there.
fn store(
    transaction: &Transaction<'_>,
    row: AssetRow,
    metadata: &LayerMetadata,
) -> Result<(), CatalogError> {
    let edited = edited(transaction, row)?;
    let by_hand = |field: &str| edited.contains(field);
    let keywords = serde_json::to_string(&metadata.keywords)
        .map_err(|e| CatalogError::Damaged(e.to_string()))?;
    transaction
        .prepare_cached(
            "UPDATE assets SET
                 title = CASE WHEN ?2 THEN title ELSE ?3 END,
                 caption = CASE WHEN ?4 THEN caption ELSE ?5 END,
                 keywords = CASE WHEN ?6 THEN keywords ELSE ?7 END,
                 licence = ?8, author = ?9, source = ?10, taken_at = ?11, date_basis = ?12,
                 latitude = ?13, longitude = ?14, camera = ?15
             WHERE row = ?1",
        )?
        .execute(params![
            row.0,
            by_hand("title"),
            metadata.title,
            by_hand("caption"),
            metadata.caption,
            by_hand("keywords"),
            keywords,
            metadata.rights.licence,
            metadata.rights.author,
            metadata.rights.source,
            metadata.taken_at.map(|time| time.to_string()),
            metadata.date_basis.map(basis_name),
            metadata.place.map(|place| place.latitude),
            metadata.place.map(|place| place.longitude),
            metadata.camera,
        ])?;
    Ok(())
}

fn edited(connection: &Connection, row: AssetRow) -> Result<BTreeSet<String>, CatalogError> {
    let mut statement = connection.prepare_cached("SELECT field FROM edits WHERE asset = ?1")?;
    let fields = statement.query_map([row.0], |r| r.get(0))?;
    Ok(fields.collect::<Result<_, _>>()?)
}

/// Remembers the sidecars of a file as they were when they were read.
pub(crate) fn beside(
    transaction: &Transaction<'_>,
    path: &str,
    beside: &str,
) -> Result<(), CatalogError> {
    transaction
        .prepare_cached("UPDATE files SET beside = ?2 WHERE path = ?1")?
        .execute([path, beside])?;
    Ok(())
}

impl Catalog {
    /// The layers of an asset; empty for one that an older Kinora added.
    ///
    /// # Errors
    /// [`CatalogError::Sqlite`] and [`CatalogError::Moved`] if the file cannot be read; [`CatalogError::Damaged`].
    pub fn layers(&self, asset: &AssetId) -> Result<BTreeMap<Layer, LayerMetadata>, CatalogError> {
        let connection = self.view()?;
        let row = read::row_of(&connection, asset)?;
        row.map_or_else(|| Ok(BTreeMap::new()), |row| layers(&connection, row))
    }

    /// The assets of which a list of attributions has said something.
    ///
    /// # Errors
    /// [`CatalogError::Sqlite`] and [`CatalogError::Moved`] if the file cannot be read; [`CatalogError::Damaged`].
    pub fn listed_by(&self, list: &str) -> Result<Vec<AssetId>, CatalogError> {
        let connection = self.reader()?;
        let mut statement = connection.prepare_cached(
            "SELECT a.id FROM told t JOIN assets a ON a.row = t.asset
             WHERE t.layer = 'list' AND t.list = ?1 ORDER BY a.row",
        )?;
        let rows =
            statement.query_map([list], |row| Ok(AssetId(ContentHash::from_bytes(row.get(0)?))))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dated(day: i8, basis: Option<DateBasis>) -> LayerMetadata {
        let taken_at = Some(jiff::civil::date(2019, 7, day).at(12, 0, 0, 0));
        LayerMetadata { taken_at, date_basis: basis, ..LayerMetadata::default() }
    }

    #[test]
    fn the_surer_date_is_taken_then_the_upper_one() {
        let (written, utc, guess) =
            (Some(DateBasis::Written), Some(DateBasis::Utc), Some(DateBasis::Guessed));
        for (above, below, day) in [
            (dated(1, written), dated(2, written), 1),
            (dated(1, utc), dated(2, written), 2),
            (dated(1, utc), dated(2, None), 2),
            (dated(1, guess), dated(2, utc), 2),
            (dated(1, utc), dated(2, guess), 1),
            (LayerMetadata::default(), dated(2, guess), 2),
            (dated(1, guess), LayerMetadata::default(), 1),
        ] {
            let both = above.clone().over(below.clone());
            assert_eq!(both.taken_at.map(|t| t.day()), Some(day), "{above:?} over {below:?}");
            let from = if day == 1 { above } else { below };
            assert_eq!(both.date_basis, from.date_basis);
        }
    }

    #[test]
    fn what_is_stored_is_read_and_says_nothing_of_nothing() {
        assert_eq!(serde_json::to_string(&LayerMetadata::default()).unwrap(), "{}");
        let metadata =
            LayerMetadata { keywords: vec!["a".into()], ..dated(3, Some(DateBasis::Utc)) };
        let text = serde_json::to_string(&metadata).unwrap();
        assert_eq!(serde_json::from_str::<LayerMetadata>(&text).unwrap(), metadata);
    }
}
