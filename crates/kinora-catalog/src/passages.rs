//! Passages: words of parts of assets, and what a person says of what machines found.

use std::collections::BTreeSet;

use kinora_types::{
    Asset, AssetId, AssetRow, Certainty, Origin, Passage, PassageKind, PassageRow, TimeRange,
};
use rusqlite::{OptionalExtension, Row, Transaction, params};

use crate::{Catalog, CatalogError, read};

const COLUMNS: &str =
    "row, kind, text, start_ms, end_ms, region, language, words, model, confidence";

/// What a person says of one kind of passage of an asset.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Correction {
    /// What it is; each wins over what machines say of the same stretch. Origin is
    /// [`Origin::Person`], whatever it says here.
    pub passages: Vec<Passage>,
    /// What it is not, in a machine's words, without regard to case.
    pub refused: BTreeSet<String>,
    /// Whether nothing that a machine says of this kind shall be shown.
    pub refuse_all: bool,
}

/// A match of words in a passage.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PassageHit {
    /// The passage.
    pub passage: PassageRow,
    /// Its asset.
    pub asset: AssetRow,
    /// Whether it is said, written, told or stated.
    pub kind: PassageKind,
    /// Whether a person says so.
    pub by_person: bool,
    /// The stretch of time that it belongs to; `None` for all of the asset.
    pub range: Option<TimeRange>,
    /// BM25, higher is better, always positive.
    pub score: f32,
}

/// What the machine found takes the place of what machines found before.
pub(crate) fn perceived(
    transaction: &Transaction<'_>,
    asset: AssetRow,
    kind: PassageKind,
    model: &str,
    found: Result<&[Passage], &str>,
) -> Result<(), CatalogError> {
    if let Ok(passages) = found {
        remove(transaction, asset, kind, false)?;
        insert(transaction, asset, passages)?;
        settle(transaction, asset, kind)?;
    }
    transaction
        .prepare_cached(
            "INSERT INTO work (asset, kind, model, error) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT (asset, kind) DO UPDATE SET model = ?3, error = ?4",
        )?
        .execute(params![asset.0, kind.name(), model, found.err()])?;
    Ok(())
}

/// What the person says takes the place of what a person said before.
pub(crate) fn corrected(
    transaction: &Transaction<'_>,
    asset: AssetRow,
    kind: PassageKind,
    correction: &Correction,
) -> Result<(), CatalogError> {
    remove(transaction, asset, kind, true)?;
    let sql = "DELETE FROM refusals WHERE asset = ?1 AND kind = ?2";
    transaction.prepare_cached(sql)?.execute(params![asset.0, kind.name()])?;
    let own = |passage: &Passage| Passage { kind, origin: Origin::Person, ..passage.clone() };
    let passages: Vec<Passage> = correction.passages.iter().map(own).collect();
    insert(transaction, asset, &passages)?;
    let all = correction.refuse_all.then(String::new);
    let sql = "INSERT OR IGNORE INTO refusals (asset, kind, text) VALUES (?1, ?2, ?3)";
    let mut refuse = transaction.prepare_cached(sql)?;
    for text in correction.refused.iter().map(|text| text.trim().to_lowercase()).chain(all) {
        refuse.execute(params![asset.0, kind.name(), text])?;
    }
    settle(transaction, asset, kind)
}

/// Removes what people said, or what machines did.
fn remove(
    transaction: &Transaction<'_>,
    asset: AssetRow,
    kind: PassageKind,
    people: bool,
) -> Result<(), CatalogError> {
    const WHICH: &str = "asset = ?1 AND kind = ?2 AND (model IS NULL) = ?3";
    let words = format!(
        "DELETE FROM passage_words WHERE rowid IN (SELECT row FROM passages WHERE {WHICH})"
    );
    for sql in [words, format!("DELETE FROM passages WHERE {WHICH}")] {
        transaction.prepare_cached(&sql)?.execute(params![asset.0, kind.name(), people])?;
    }
    Ok(())
}

fn insert(
    transaction: &Transaction<'_>,
    asset: AssetRow,
    passages: &[Passage],
) -> Result<(), CatalogError> {
    let mut statement = transaction.prepare_cached(
        "INSERT INTO passages (asset, kind, text, start_ms, end_ms, region, language, words, model,
             confidence, shown) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, 0)",
    )?;
    for passage in passages {
        let (model, confidence) = match &passage.origin {
            Origin::Person => (None, None),
            Origin::Machine { model, confidence } => (Some(model), *confidence),
        };
        let words = (!passage.words.is_empty()).then(|| json(&passage.words)).transpose()?;
        statement.execute(params![
            asset.0,
            passage.kind.name(),
            passage.text,
            passage.range.map(TimeRange::start_ms),
            passage.range.map(TimeRange::end_ms),
            passage.region.as_ref().map(json).transpose()?,
            passage.language,
            words,
            model,
            confidence,
        ])?;
    }
    Ok(())
}

/// Decides what is shown of one kind and brings the word index up to it.
fn settle(
    transaction: &Transaction<'_>,
    asset: AssetRow,
    kind: PassageKind,
) -> Result<(), CatalogError> {
    let refused = refusals(transaction, asset, kind)?;
    let sql = format!("SELECT {COLUMNS} FROM passages WHERE asset = ?1 AND kind = ?2");
    let mut statement = transaction.prepare_cached(&sql)?;
    let rows = statement.query_map(params![asset.0, kind.name()], raw)?;
    let all = rows.map(|row| row?.finish()).collect::<Result<Vec<_>, CatalogError>>()?;
    let people: Vec<&Passage> =
        all.iter().map(|(_, p)| p).filter(|p| p.origin == Origin::Person).collect();
    let sql = "UPDATE passages SET shown = ?2 WHERE row = ?1";
    let mut show = transaction.prepare_cached(sql)?;
    let mut forget = transaction.prepare_cached("DELETE FROM passage_words WHERE rowid = ?1")?;
    let sql = "INSERT INTO passage_words (rowid, text) VALUES (?1, ?2)";
    let mut index = transaction.prepare_cached(sql)?;
    for (row, passage) in &all {
        let shown = is_shown(passage, &people, &refused);
        show.execute(params![row.0, shown])?;
        forget.execute([row.0])?;
        // Doubtful words are mostly others than were said: they are shown, not found.
        if shown && passage.certainty() == Certainty::Certain {
            index.execute(params![row.0, passage.text])?;
        }
    }
    Ok(())
}

/// A person's words always; a machine's unless a person refused them or says something else of the same
/// stretch. A person's tag stands beside others.
fn is_shown(passage: &Passage, people: &[&Passage], refused: &BTreeSet<String>) -> bool {
    let text = passage.text.trim().to_lowercase();
    let displaced = |by: &&&Passage| match (passage.kind, passage.range, by.range) {
        (PassageKind::Tag, ..) => by.text.trim().to_lowercase() == text,
        (_, Some(own), Some(theirs)) => own.overlap(theirs).is_some(),
        (_, _, None) => true,
        (_, None, Some(_)) => false,
    };
    passage.origin == Origin::Person
        || (!refused.contains("")
            && !refused.contains(&text)
            && !people.iter().any(|by| displaced(&by)))
}

fn refusals(
    connection: &rusqlite::Connection,
    asset: AssetRow,
    kind: PassageKind,
) -> Result<BTreeSet<String>, CatalogError> {
    let sql = "SELECT text FROM refusals WHERE asset = ?1 AND kind = ?2";
    let mut statement = connection.prepare_cached(sql)?;
    let rows = statement.query_map(params![asset.0, kind.name()], |row| row.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

impl Catalog {
    /// What is known to be said, written, shown or told of an asset, in order of kind and time; people's
    /// corrections in place of what machines found.
    ///
    /// # Errors
    /// [`CatalogError::Sqlite`] and [`CatalogError::Moved`] if the file cannot be read; [`CatalogError::Damaged`].
    pub fn passages(&self, asset: AssetRow) -> Result<Vec<Passage>, CatalogError> {
        let connection = self.reader()?;
        let sql = format!(
            "SELECT {COLUMNS} FROM passages WHERE asset = ?1 AND shown = 1 AND text <> ''
             ORDER BY kind, start_ms, row"
        );
        let mut statement = connection.prepare_cached(&sql)?;
        let rows = statement.query_map([asset.0], raw)?;
        rows.map(|row| Ok(row?.finish()?.1)).collect()
    }

    /// Where somebody speaks in an asset and no model made out the words, in order of time; not where a person
    /// said what it is. These passages have no text.
    ///
    /// # Errors
    /// [`CatalogError::Sqlite`] and [`CatalogError::Moved`] if the file cannot be read; [`CatalogError::Damaged`].
    pub fn not_understood(&self, asset: AssetRow) -> Result<Vec<Passage>, CatalogError> {
        let connection = self.reader()?;
        let sql = format!(
            "SELECT {COLUMNS} FROM passages WHERE asset = ?1 AND kind = 'speech' AND shown = 1
             AND text = '' AND model IS NOT NULL AND start_ms IS NOT NULL ORDER BY start_ms, row"
        );
        let mut statement = connection.prepare_cached(&sql)?;
        let rows = statement.query_map([asset.0], raw)?;
        rows.map(|row| Ok(row?.finish()?.1)).collect()
    }

    /// One passage by its row; `None` if it was replaced meanwhile.
    ///
    /// # Errors
    /// [`CatalogError::Sqlite`] and [`CatalogError::Moved`] if the file cannot be read; [`CatalogError::Damaged`].
    pub fn passage(&self, row: PassageRow) -> Result<Option<Passage>, CatalogError> {
        let connection = self.reader()?;
        let sql = format!("SELECT {COLUMNS} FROM passages WHERE row = ?1");
        let found = connection.prepare_cached(&sql)?.query_row([row.0], raw).optional()?;
        found.map(|raw| Ok(raw.finish()?.1)).transpose()
    }

    /// What a person has said so far of one kind of passage.
    ///
    /// # Errors
    /// [`CatalogError::Sqlite`] and [`CatalogError::Moved`] if the file cannot be read; [`CatalogError::Damaged`].
    pub fn correction(
        &self,
        asset: AssetRow,
        kind: PassageKind,
    ) -> Result<Correction, CatalogError> {
        let connection = self.view()?;
        let mut refused = refusals(&connection, asset, kind)?;
        let sql = format!(
            "SELECT {COLUMNS} FROM passages WHERE asset = ?1 AND kind = ?2 AND model IS NULL
             ORDER BY start_ms, row"
        );
        let mut statement = connection.prepare_cached(&sql)?;
        let rows = statement.query_map(params![asset.0, kind.name()], raw)?;
        let passages = rows.map(|row| Ok(row?.finish()?.1)).collect::<Result<_, CatalogError>>()?;
        let refuse_all = refused.remove("");
        Ok(Correction { passages, refused, refuse_all })
    }

    /// What people said live assets do not show, in lower case, by row.
    ///
    /// # Errors
    /// [`CatalogError::Sqlite`] and [`CatalogError::Moved`] if the file cannot be read; [`CatalogError::Damaged`].
    pub fn denied_tags(&self) -> Result<Vec<(AssetRow, String)>, CatalogError> {
        let connection = self.reader()?;
        let mut statement = connection.prepare_cached(
            "SELECT r.asset, r.text FROM refusals r JOIN assets a ON a.row = r.asset AND a.live = 1
             WHERE r.kind = 'tag' AND r.text <> '' ORDER BY r.asset, r.text",
        )?;
        let rows = statement.query_map([], |row| Ok((AssetRow(row.get(0)?), row.get(1)?)))?;
        rows.map(|row| row.map_err(Into::into)).collect()
    }

    /// The tags that are shown of an asset, people's and models'.
    ///
    /// # Errors
    /// [`CatalogError::Sqlite`] and [`CatalogError::Moved`] if the file cannot be read; [`CatalogError::Damaged`].
    pub fn tags(&self, asset: AssetRow) -> Result<Vec<String>, CatalogError> {
        let connection = self.reader()?;
        let mut statement = connection.prepare_cached(
            "SELECT text FROM passages WHERE asset = ?1 AND kind = 'tag' AND shown = 1",
        )?;
        let rows = statement.query_map([asset.0], |row| row.get(0))?;
        rows.map(|row| row.map_err(Into::into)).collect()
    }

    /// Which of title, caption and keywords a person has set by hand: no list may change them.
    ///
    /// # Errors
    /// [`CatalogError::Sqlite`] and [`CatalogError::Moved`] if the file cannot be read; [`CatalogError::Damaged`].
    pub fn edited(&self, asset: &AssetId) -> Result<BTreeSet<String>, CatalogError> {
        let connection = self.reader()?;
        let mut statement = connection.prepare_cached(
            "SELECT e.field FROM edits e JOIN assets a ON a.row = e.asset WHERE a.id = ?1",
        )?;
        let rows = statement.query_map([asset.0.as_bytes()], |row| row.get(0))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Live assets in which no model has looked for this kind of passage yet, oldest first; with a
    /// model, also those in which another one has. Speech is looked for where there is time, everything
    /// else where there is a picture.
    ///
    /// # Errors
    /// [`CatalogError::Sqlite`] and [`CatalogError::Moved`] if the file cannot be read; [`CatalogError::Damaged`].
    pub fn unperceived(
        &self,
        kind: PassageKind,
        model: Option<&str>,
    ) -> Result<Vec<Asset>, CatalogError> {
        let connection = self.view()?;
        let rows = {
            let mut statement = connection.prepare_cached(
                "SELECT row FROM assets WHERE live = 1
                 AND CASE ?1 WHEN 'speech' THEN duration_ms IS NOT NULL OR width = 0 ELSE width > 0 END
                 AND NOT EXISTS (
                     SELECT 1 FROM work WHERE asset = assets.row AND kind = ?1
                         AND (?2 IS NULL OR model = ?2))
                 ORDER BY row",
            )?;
            let rows = statement
                .query_map(params![kind.name(), model], |row| Ok(AssetRow(row.get(0)?)))?;
            rows.collect::<Result<Vec<_>, _>>()?
        };
        Ok(read::assets(&connection, &rows)?.into_iter().map(|(_, asset)| asset).collect())
    }

    /// The model that looked for this kind of passage, and why it could not; `None` if none has yet.
    ///
    /// # Errors
    /// [`CatalogError::Sqlite`] and [`CatalogError::Moved`] if the file cannot be read; [`CatalogError::Damaged`].
    pub fn perceived_by(
        &self,
        asset: &AssetId,
        kind: PassageKind,
    ) -> Result<Option<(String, Option<String>)>, CatalogError> {
        let connection = self.reader()?;
        let mut statement = connection.prepare_cached(
            "SELECT w.model, w.error FROM work w JOIN assets a ON a.row = w.asset
             WHERE a.id = ?1 AND w.kind = ?2",
        )?;
        let read = |row: &Row<'_>| Ok((row.get(0)?, row.get(1)?));
        Ok(statement.query_row(params![asset.0.as_bytes(), kind.name()], read).optional()?)
    }

    /// Passages of live assets that contain any of the words, best first; ties by row. Words are
    /// matched as in [`Catalog::lexical`].
    ///
    /// # Errors
    /// [`CatalogError::Sqlite`] and [`CatalogError::Moved`] if the file cannot be read; [`CatalogError::Damaged`].
    pub fn lexical_passages(&self, words: &[String]) -> Result<Vec<PassageHit>, CatalogError> {
        let Some(expression) = crate::lexical::any_of(words) else {
            return Ok(Vec::new());
        };
        let connection = self.reader()?;
        let mut statement = connection.prepare_cached(
            "SELECT p.row, p.asset, p.start_ms, p.end_ms, -bm25(passage_words) AS score, p.kind,
                 p.model IS NULL
             FROM passage_words JOIN passages p ON p.row = passage_words.rowid
             JOIN assets ON assets.row = p.asset AND assets.live = 1
             WHERE passage_words MATCH ?1 ORDER BY score DESC, p.row",
        )?;
        let rows = statement.query_map([expression], |row| {
            let (passage, asset) = (PassageRow(row.get(0)?), AssetRow(row.get(1)?));
            let score = row.get::<_, f64>(4)? as f32;
            let kind: String = row.get(5)?;
            Ok((passage, asset, score, kind, row.get(6)?, bounds(row, 2)?))
        })?;
        rows.map(|row| {
            let (passage, asset, score, kind, by_person, bounds) = row?;
            let (kind, range) = (kind_named(&kind)?, range(bounds)?);
            Ok(PassageHit { passage, asset, kind, by_person, range, score })
        })
        .collect()
    }
}

type Bounds = (Option<u64>, Option<u64>);

fn bounds(row: &Row<'_>, first: usize) -> rusqlite::Result<Bounds> {
    Ok((row.get(first)?, row.get(first + 1)?))
}

fn range((start, end): Bounds) -> Result<Option<TimeRange>, CatalogError> {
    let Some((start, end)) = start.zip(end) else {
        return Ok(None);
    };
    TimeRange::new(start, end).map(Some).map_err(damaged)
}

fn damaged(error: impl std::fmt::Display) -> CatalogError {
    CatalogError::Damaged(error.to_string())
}

fn json(value: &impl serde::Serialize) -> Result<String, CatalogError> {
    serde_json::to_string(value).map_err(damaged)
}

fn kind_named(name: &str) -> Result<PassageKind, CatalogError> {
    let kind = PassageKind::ALL.into_iter().find(|kind| kind.name() == name);
    kind.ok_or_else(|| damaged(format!("a passage of kind `{name}`")))
}

/// A row as SQLite gives it; text is parsed in `finish`, where errors can be told apart.
struct RawPassage {
    row: PassageRow,
    kind: String,
    text: String,
    bounds: Bounds,
    region: Option<String>,
    language: Option<String>,
    words: Option<String>,
    machine: Option<(String, Option<f32>)>,
}

fn raw(row: &Row<'_>) -> rusqlite::Result<RawPassage> {
    let (model, confidence): (Option<String>, Option<f32>) = (row.get(8)?, row.get(9)?);
    Ok(RawPassage {
        row: PassageRow(row.get(0)?),
        kind: row.get(1)?,
        text: row.get(2)?,
        bounds: bounds(row, 3)?,
        region: row.get(5)?,
        language: row.get(6)?,
        words: row.get(7)?,
        machine: model.map(|model| (model, confidence)),
    })
}

impl RawPassage {
    fn finish(self) -> Result<(PassageRow, Passage), CatalogError> {
        let kind = kind_named(&self.kind)?;
        let read = |text: &String| serde_json::from_str(text).map_err(damaged);
        let words = self.words.as_ref().map(|text| serde_json::from_str(text).map_err(damaged));
        let passage = Passage {
            kind,
            text: self.text,
            range: range(self.bounds)?,
            region: self.region.as_ref().map(read).transpose()?,
            language: self.language,
            words: words.transpose()?.unwrap_or_default(),
            origin: self.machine.map_or(Origin::Person, |(model, confidence)| Origin::Machine {
                model,
                confidence,
            }),
        };
        Ok((self.row, passage))
    }
}
