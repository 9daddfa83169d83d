//! Writing: every call is one transaction that raises the library's revision.

use kinora_types::{Asset, AssetRow, Embedding};
use rusqlite::{OptionalExtension, Row, Transaction, TransactionBehavior, params};

use crate::{
    Catalog, CatalogError, Change, Description, FileEntry, NewAsset, NewFrame, frames, layers,
    lexical, passages, problems,
    read::{known_row, row_of},
    removal,
};

impl Catalog {
    /// Makes all changes in one transaction; durable when it returns. Returns the new revision.
    ///
    /// # Errors
    /// [`CatalogError::Space`] for a vector of another space, [`CatalogError::Reference`] for an asset that is not
    /// known: nothing is changed then.
    /// [`CatalogError::Sqlite`] if the file cannot be written or others write for over 30 s; [`CatalogError::Moved`].
    pub fn commit(&self, changes: &[Change]) -> Result<u64, CatalogError> {
        for change in changes {
            for embedding in embeddings(change) {
                self.space().check_same(embedding.space())?;
            }
        }
        let mut connection = self.writer()?;
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let revision = raise_revision(&transaction)?;
        for change in changes {
            make(&transaction, change, revision)?;
        }
        transaction.commit()?;
        Ok(revision)
    }
}

fn make(transaction: &Transaction<'_>, change: &Change, revision: u64) -> Result<(), CatalogError> {
    let row = |asset| known_row(transaction, asset);
    match change {
        Change::Add(new) => add(transaction, new, revision),
        Change::Seen { asset, file } => attach(transaction, row(asset)?, file, revision),
        Change::Analysed { asset, frames, shots, embedding, duration_ms } => {
            let row = row(asset)?;
            frames::insert(transaction, row, frames, revision)?;
            if let Some(duration_ms) = duration_ms {
                frames::lasts(transaction, row, *duration_ms)?;
            }
            frames::analysed(transaction, row, shots, embedding)
        }
        Change::Describe { asset, description, index_words, by_hand } => {
            let row = row(asset)?;
            describe(transaction, row, description, *by_hand)?;
            if *index_words { lexical::describe(transaction, row) } else { Ok(()) }
        }
        Change::Layers { asset, layers, list, index_words } => {
            let row = row(asset)?;
            layers::set_layers(transaction, row, layers, list.as_deref(), *index_words)
        }
        Change::Beside { path, beside } => layers::beside(transaction, path, beside),
        Change::Perceived { asset, kind, model, found } => {
            let found = found.as_deref().map_err(String::as_str);
            passages::perceived(transaction, row(asset)?, *kind, model, found)
        }
        Change::Correct { asset, kind, correction } => {
            passages::corrected(transaction, row(asset)?, *kind, correction)
        }
        Change::Vanished { path } => vanish(transaction, path, revision),
        Change::Remove { asset } => removal::remove(transaction, row(asset)?, revision),
        Change::Restore { asset } => removal::restore(transaction, row(asset)?, revision),
        Change::Problem(problem) => problems::note(transaction, problem),
        Change::Solved { path } => problems::solve(transaction, path),
    }
}

/// Every vector that a change brings.
fn embeddings(change: &Change) -> Vec<&Embedding> {
    let (own, frames): (_, &[NewFrame]) = match change {
        Change::Add(new) => (new.embedding.as_ref(), &new.frames),
        Change::Analysed { embedding, frames, .. } => (Some(embedding), frames),
        _ => return Vec::new(),
    };
    own.into_iter().chain(frames.iter().map(|frame| &frame.embedding)).collect()
}

pub(crate) fn raise_revision(transaction: &Transaction<'_>) -> Result<u64, CatalogError> {
    let sql = "UPDATE library SET revision = revision + 1 RETURNING revision";
    Ok(transaction.query_row(sql, [], |row| row.get(0))?)
}

fn describe(
    transaction: &Transaction<'_>,
    row: AssetRow,
    description: &Description,
    by_hand: bool,
) -> Result<(), CatalogError> {
    let Description { title, caption, keywords, rights } = description;
    let keywords = (!keywords.is_empty()).then(|| keyword_list(keywords)).transpose()?;
    let set = [("title", title), ("caption", caption), ("keywords", &keywords)];
    for (field, _) in set.iter().filter(|(_, value)| by_hand && value.is_some()) {
        transaction
            .prepare_cached("INSERT OR IGNORE INTO edits (asset, field) VALUES (?1, ?2)")?
            .execute(params![row.0, field])?;
    }
    transaction
        .prepare_cached(
            "UPDATE assets SET title = coalesce(?2, title), caption = coalesce(?3, caption),
                 keywords = coalesce(?4, keywords), licence = coalesce(?5, licence),
                 author = coalesce(?6, author), source = coalesce(?7, source)
             WHERE row = ?1",
        )?
        .execute(params![
            row.0,
            title,
            caption,
            keywords,
            rights.licence,
            rights.author,
            rights.source
        ])?;
    Ok(())
}

fn keyword_list(keywords: &[String]) -> Result<String, CatalogError> {
    serde_json::to_string(keywords).map_err(|e| CatalogError::Damaged(e.to_string()))
}

fn add(transaction: &Transaction<'_>, new: &NewAsset, revision: u64) -> Result<(), CatalogError> {
    if let Some(row) = row_of(transaction, &new.asset.id)? {
        if let Some(embedding) = &new.embedding {
            regain(transaction, row, embedding, revision)?;
        }
        return attach(transaction, row, &new.file, revision);
    }
    let row = insert_asset(transaction, new, revision)?;
    frames::insert(transaction, row, &new.frames, revision)?;
    lexical::insert(transaction, row, new)?;
    attach(transaction, row, &new.file, revision)
}

/// Gives an asset whose vector was lost to damage a new one.
fn regain(
    transaction: &Transaction<'_>,
    row: AssetRow,
    embedding: &Embedding,
    revision: u64,
) -> Result<(), CatalogError> {
    let sql = "DELETE FROM lost WHERE asset = ?1";
    if transaction.prepare_cached(sql)?.execute([row.0])? > 0 {
        transaction
            .prepare_cached("UPDATE assets SET vector = ?2, changed = ?3 WHERE row = ?1")?
            .execute(params![row.0, frames::blob(embedding), revision])?;
    }
    Ok(())
}

fn insert_asset(
    transaction: &Transaction<'_>,
    new: &NewAsset,
    revision: u64,
) -> Result<AssetRow, CatalogError> {
    let Asset { id, size, bytes, format, taken_at, place, camera, rights, .. } = &new.asset;
    let keywords = keyword_list(&new.asset.keywords)?;
    let mut statement = transaction.prepare_cached(
        "INSERT INTO assets (id, width, height, bytes, format, taken_at, latitude, longitude,
             camera, title, caption, keywords, licence, author, source, added_at, vector, phash,
             duplicate_of, live, changed, duration_ms, analysed, date_basis)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18,
             ?19, 1, ?20, ?21, ?21 IS NULL OR ?2 = 0, ?22)",
    )?;
    statement.execute(params![
        id.0.as_bytes(),
        size.map_or(0, |size| size.width),
        size.map_or(0, |size| size.height),
        bytes,
        format,
        taken_at.map(|t| t.to_string()),
        place.map(|p| p.latitude),
        place.map(|p| p.longitude),
        camera,
        new.asset.title,
        new.asset.caption,
        keywords,
        rights.licence,
        rights.author,
        rights.source,
        new.asset.added_at.to_string(),
        new.embedding.as_ref().map(frames::blob).unwrap_or_default(),
        new.phash as i64,
        new.duplicate_of.map(|d| d.0.as_bytes().to_vec()),
        revision,
        new.asset.duration_ms,
        new.asset.date_basis.map(layers::basis_name),
    ])?;
    Ok(AssetRow(transaction.last_insert_rowid() as u64))
}

/// The file at this path now holds the asset; whatever it held before loses it.
fn attach(
    transaction: &Transaction<'_>,
    row: AssetRow,
    file: &FileEntry,
    revision: u64,
) -> Result<(), CatalogError> {
    let mut previous = transaction.prepare_cached("SELECT asset FROM files WHERE path = ?1")?;
    let asset = |r: &Row<'_>| Ok(AssetRow(r.get(0)?));
    let before = previous.query_row([&file.path], asset).optional()?;
    transaction
        .prepare_cached(
            "INSERT INTO files (path, asset, bytes, mtime_ns, present) VALUES (?1, ?2, ?3, ?4, 1)
             ON CONFLICT (path) DO UPDATE SET asset = ?2, bytes = ?3, mtime_ns = ?4, present = 1",
        )?
        .execute(params![file.path, row.0, file.bytes, file.mtime_ns])?;
    problems::taken(transaction, &file.path, before == Some(row))?;
    settle(transaction, row, revision)?;
    match before {
        Some(old) if old != row => {
            transaction
                .prepare_cached(
                    "UPDATE assets SET superseded_by = (SELECT id FROM assets WHERE row = ?1)
                     WHERE row = ?2",
                )?
                .execute([row.0, old.0])?;
            settle(transaction, old, revision)
        }
        _ => Ok(()),
    }
}

fn vanish(transaction: &Transaction<'_>, path: &str, revision: u64) -> Result<(), CatalogError> {
    let sql = "UPDATE files SET present = 0 WHERE path = ?1 RETURNING asset";
    let mut statement = transaction.prepare_cached(sql)?;
    let row = statement.query_row([path], |r| Ok(AssetRow(r.get(0)?))).optional()?;
    row.map_or(Ok(()), |row| settle(transaction, row, revision))
}

/// Brings `live` in line with the files and what a person took out, and stamps the revision if that changes it.
pub(crate) fn settle(
    transaction: &Transaction<'_>,
    row: AssetRow,
    revision: u64,
) -> Result<(), CatalogError> {
    let turned = transaction
        .prepare_cached(
            "UPDATE assets SET live = NOT live, changed = ?2
             WHERE row = ?1
               AND live <> (removed IS NULL
                   AND EXISTS (SELECT 1 FROM files WHERE asset = ?1 AND present = 1))",
        )?
        .execute(params![row.0, revision])?;
    if turned > 0 {
        frames::stamp(transaction, row, revision)?;
    }
    Ok(())
}
