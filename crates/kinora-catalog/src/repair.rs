//! Mending a damaged catalogue: what models and programs made is taken out and made again, what a person wrote
//! stays as it reads now and is reported.
//!
//! A row is doubtful if one of the pages it lies on does not match its checksum: any of its values may have
//! changed. Everything happens in one transaction; then the whole file is written anew, which gives every page
//! a right checksum. Killed before that, the file is as damaged as it was, and mending begins again.

use std::{
    fs,
    path::{Path, PathBuf},
};

use kinora_types::AssetRow;
use rusqlite::{Connection, Row, Transaction, TransactionBehavior, params_from_iter, types::Value};

use crate::{
    CatalogError, FILE_NAME, backup, check, lexical, place,
    schema::{self, Access},
    write::raise_revision,
};

/// What [`repair`] did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Repaired {
    /// Copy of the catalogue as it was found.
    pub copy: PathBuf,
    /// Passages of models that were taken out; their assets wait for the models again.
    pub passages: u64,
    /// Assets that wait to be embedded again.
    pub vectors: u64,
    /// Videos that wait to be looked through again.
    pub videos: u64,
    /// What a person wrote or made that lay on damaged pages: it stays as it reads now.
    pub doubtful: Vec<String>,
}

/// A table and the columns that name a row of it.
struct Table {
    name: &'static str,
    key: &'static str,
}

const TABLES: [Table; 14] = [
    Table { name: "assets", key: "row" },
    Table { name: "files", key: "rowid" },
    Table { name: "frames", key: "row" },
    Table { name: "shots", key: "asset, start_ms" },
    Table { name: "passages", key: "row" },
    Table { name: "work", key: "asset, kind" },
    Table { name: "words_content", key: "id" },
    Table { name: "edits", key: "asset, field" },
    Table { name: "refusals", key: "asset, kind, text" },
    Table { name: "films", key: "rowid" },
    Table { name: "conversations", key: "row" },
    Table { name: "turns", key: "conversation, place" },
    Table { name: "problems", key: "rowid" },
    Table { name: "library", key: "only_row" },
];

/// Mends the catalogue in a library's folder; a copy of it as it is stays beside it. No other process may have
/// the library open meanwhile. The vector index does not follow: it is to be filled anew.
///
/// # Errors
/// [`CatalogError::Damaged`] if the structure cannot be mended, or an older format was damaged: nothing is
/// changed then, and only a backup helps. A full disk: the same.
pub fn repair(folder: &Path) -> Result<Repaired, CatalogError> {
    place::look(folder)?;
    place::close_to_others(folder);
    let mut repaired = Repaired { copy: set_aside(folder)?, ..Repaired::default() };
    let path = folder.join(FILE_NAME);
    let mut lenient = schema::connect(&path, Access::Mend)?;
    if schema::version(&lenient, &path)? != schema::newest() {
        return Err(CatalogError::Damaged("a format that is too old to be mended".into()));
    }
    schema::make_durable(&lenient)?;
    let strict = schema::connect(&path, Access::Look)?;
    let transaction = lenient.transaction_with_behavior(TransactionBehavior::Immediate)?;
    for table in &TABLES {
        for key in doubtful(&transaction, &strict, table)? {
            mend(&transaction, table, &key, &mut repaired)?;
        }
    }
    drop(strict);
    rebuild_words(&transaction)?;
    transaction.execute_batch("REINDEX")?;
    drop_orphans(&transaction)?;
    raise_revision(&transaction)?;
    if let Some(complaint) = check::complaints(&transaction).into_iter().next() {
        return Err(CatalogError::Damaged(format!("beyond mending: {complaint}")));
    }
    transaction.commit()?;
    lenient.execute_batch("VACUUM")?;
    lenient.close().map_err(|(_, error)| error)?;
    Ok(repaired)
}

/// Copies the file as it is. Before it is opened: closing it later would end SQLite's locks on it (POSIX).
fn set_aside(folder: &Path) -> Result<PathBuf, CatalogError> {
    let failed = |source| CatalogError::Folder { path: folder.to_owned(), source };
    let free = (1..).map(|i| folder.join(format!("catalog.damaged-{i}.sqlite")));
    let copy = free.into_iter().find(|path| !path.exists()).unwrap_or_default();
    let part = tempfile::Builder::new().prefix(backup::PART).tempfile_in(folder);
    let part = part.map_err(failed)?;
    fs::copy(folder.join(FILE_NAME), part.path()).map_err(failed)?;
    part.as_file().sync_all().map_err(failed)?;
    part.persist(&copy).map_err(|error| failed(error.error))?;
    let log = folder.join(format!("{FILE_NAME}-wal"));
    if log.exists() {
        let aside = PathBuf::from(format!("{}-wal", copy.display()));
        fs::copy(log, aside).map_err(failed)?;
    }
    kinora_files::sync_folder(folder).map_err(failed)?;
    Ok(copy)
}

/// Keys of the rows that cannot be read without meeting a damaged page.
fn doubtful(
    lenient: &Connection,
    strict: &Connection,
    table: &Table,
) -> Result<Vec<Vec<Value>>, CatalogError> {
    let Table { name, key } = table;
    if is_readable(strict, &format!("SELECT * FROM {name} NOT INDEXED"), Vec::new()) {
        return Ok(Vec::new());
    }
    let width = key.split(',').count();
    let mut statement = lenient.prepare(&format!("SELECT {key} FROM {name} NOT INDEXED"))?;
    let values = |row: &Row<'_>| (0..width).map(|i| row.get::<_, Value>(i)).collect();
    let keys: Vec<Vec<Value>> =
        statement.query_map([], values)?.collect::<Result<_, rusqlite::Error>>()?;
    let one = format!("SELECT * FROM {name} WHERE ({key}) = ({})", vec!["?"; width].join(", "));
    Ok(keys.into_iter().filter(|key| !is_readable(strict, &one, key.clone())).collect())
}

/// Whether every row and column of an answer can be read, and there is one if one was asked for.
fn is_readable(connection: &Connection, sql: &str, key: Vec<Value>) -> bool {
    let asked = !key.is_empty();
    let read = || {
        let mut statement = connection.prepare_cached(sql)?;
        let mut rows = statement.query(params_from_iter(key))?;
        let mut found = 0u64;
        while rows.next()?.is_some() {
            found += 1;
        }
        Ok::<_, rusqlite::Error>(found)
    };
    read().is_ok_and(|found| !asked || found > 0)
}

fn mend(
    transaction: &Transaction<'_>,
    table: &Table,
    key: &[Value],
    repaired: &mut Repaired,
) -> Result<(), CatalogError> {
    let run = |sql: &str| -> Result<u64, CatalogError> {
        let mut statement = transaction.prepare_cached(sql)?;
        let wanted = statement.parameter_count();
        Ok(statement.execute(params_from_iter(&key[..wanted]))? as u64)
    };
    match table.name {
        "assets" => {
            // A recording has no vector; only a video is looked through.
            repaired.vectors += run("INSERT OR IGNORE INTO lost (asset)
                 SELECT row FROM assets WHERE row = ?1 AND width > 0")?;
            run("UPDATE assets SET vector = zeroblob(0),
                     analysed = CASE WHEN duration_ms IS NULL OR width = 0 THEN analysed ELSE 0 END
                 WHERE row = ?1")?;
            run("UPDATE files SET mtime_ns = -1 WHERE asset = ?1")?;
            repaired.doubtful.push(described(transaction, ASSET, key)?);
        }
        "files" => drop(run("UPDATE files SET mtime_ns = -1 WHERE rowid = ?1")?),
        "frames" => {
            repaired.videos += run("UPDATE assets SET analysed = 0 WHERE analysed = 1
                 AND duration_ms IS NOT NULL AND row = (SELECT asset FROM frames WHERE row = ?1)")?;
            run("DELETE FROM frames WHERE row = ?1")?;
        }
        "shots" => {
            repaired.videos += run("UPDATE assets SET analysed = 0 WHERE analysed = 1
                 AND duration_ms IS NOT NULL AND row = ?1")?;
            run("DELETE FROM shots WHERE asset = ?1 AND start_ms = ?2")?;
        }
        "work" => drop(run("DELETE FROM work WHERE asset = ?1 AND kind = ?2")?),
        "passages" => {
            run("DELETE FROM work WHERE asset = (SELECT asset FROM passages
                 WHERE row = ?1 AND model IS NOT NULL)")?;
            let dropped = run("DELETE FROM passages WHERE row = ?1 AND model IS NOT NULL")?;
            repaired.passages += dropped;
            if dropped == 0 {
                repaired.doubtful.push(described(transaction, PASSAGE, key)?);
            }
        }
        "words_content" => {
            if let Some(Value::Integer(row)) = key.first()
                && let Ok(row) = u64::try_from(*row)
            {
                lexical::describe(transaction, AssetRow(row))?;
            }
        }
        "edits" | "refusals" => {
            let asset = described(transaction, NAME, &key[..1])?;
            repaired.doubtful.push(format!("what you said of {asset}: {}", shown(&key[1..])));
        }
        // Found again by the next run.
        "problems" => drop(run("DELETE FROM problems WHERE rowid = ?1")?),
        "films" => repaired.doubtful.push(described(transaction, FILM, key)?),
        "conversations" => repaired.doubtful.push(described(transaction, CONVERSATION, key)?),
        "turns" => repaired.doubtful.push(format!("turn {} of conversation", shown(key))),
        _ => repaired.doubtful.push(format!("the {}'s own row", table.name)),
    }
    Ok(())
}

const NAME: &str =
    "SELECT coalesce((SELECT path FROM files WHERE asset = ?1 LIMIT 1), 'asset ' || ?1)";
const ASSET: &str =
    "SELECT coalesce((SELECT path FROM files WHERE asset = ?1 LIMIT 1), 'asset ' || ?1)
    || ': title, caption, keywords, rights, date and place read'
    || coalesce(' `' || title || '`', '') || coalesce(' `' || caption || '`', '')
    || coalesce(' ' || keywords, '') FROM assets WHERE row = ?1";
const PASSAGE: &str =
    "SELECT 'your ' || kind || ' reads `' || text || '`' FROM passages WHERE row = ?1";
const FILM: &str = "SELECT 'the record of the film ' || path FROM films WHERE rowid = ?1";
const CONVERSATION: &str = "SELECT 'the title of conversation ' || row || ' reads `' || title || '`' FROM conversations WHERE row = ?1";

/// A sentence about a row, whatever its values have become.
fn described(
    transaction: &Transaction<'_>,
    sql: &str,
    key: &[Value],
) -> Result<String, CatalogError> {
    let mut statement = transaction.prepare_cached(sql)?;
    let value: Value = statement.query_row(params_from_iter(key), |row| row.get(0))?;
    Ok(shown(&[value]))
}

fn shown(values: &[Value]) -> String {
    let one = |value: &Value| match value {
        Value::Null => "nothing".to_owned(),
        Value::Integer(number) => number.to_string(),
        Value::Real(number) => number.to_string(),
        Value::Text(text) => text.clone(),
        Value::Blob(bytes) => String::from_utf8_lossy(bytes).into_owned(),
    };
    values.iter().map(one).collect::<Vec<_>>().join(", ")
}

/// Both word indexes anew: of assets from their own copies of the words, of passages from the passages.
fn rebuild_words(transaction: &Transaction<'_>) -> Result<(), CatalogError> {
    let made = |name: &str| {
        let sql = "SELECT sql FROM sqlite_schema WHERE name = ?1";
        transaction.query_row(sql, [name], |row| row.get::<_, String>(0))
    };
    let (words, passages) = (made("words")?, made("passage_words")?);
    transaction.execute_batch(&format!(
        "CREATE TEMP TABLE kept AS SELECT id, c0, c1, c2, c3 FROM words_content;
         DROP TABLE words; {words};
         INSERT INTO words (rowid, title, caption, keywords, names) SELECT * FROM kept;
         DROP TABLE kept;
         DROP TABLE passage_words; {passages};
         INSERT INTO passage_words (rowid, text) SELECT row, text FROM passages WHERE shown = 1;"
    ))?;
    Ok(())
}

/// What was made for an asset that is not there any more; a person's words stay.
fn drop_orphans(transaction: &Transaction<'_>) -> Result<(), CatalogError> {
    for (table, which) in
        [("frames", ""), ("shots", ""), ("work", ""), ("passages", "AND model IS NOT NULL")]
    {
        let sql =
            format!("DELETE FROM {table} WHERE asset NOT IN (SELECT row FROM assets) {which}");
        transaction.execute(&sql, [])?;
    }
    Ok(())
}
