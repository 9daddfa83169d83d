//! Copies of the catalogue from before it is brought up to a newer format.

use std::{
    fs::{self, File},
    io,
    path::{Path, PathBuf},
};

use kinora_files::private;
use rusqlite::Connection;

use crate::CatalogError;

/// How many backups stay.
const KEPT: usize = 2;
const NAME: (&str, &str) = ("catalog.before-", ".sqlite");
/// How a backup is called while it is written.
pub(crate) const PART: &str = "catalog.part-";

/// Waits until no other process brings this library up; the turn ends when the file is dropped.
pub(crate) fn turn(folder: &Path) -> Result<File, CatalogError> {
    let failed = |source| CatalogError::Folder { path: folder.to_owned(), source };
    let path = folder.join("catalog.turn");
    let open = || match private::create_new(&path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => kinora_files::open(&path),
        other => other,
    };
    let file = open().map_err(failed)?;
    file.lock().map_err(failed)?;
    Ok(file)
}

/// Copies the whole catalogue to `catalog.before-STEP.sqlite`, durable when it returns. The last two stay.
///
/// # Errors
/// [`CatalogError::Damaged`] if the catalogue is: no backup is replaced by a copy of that. A full disk leaves
/// everything as it was.
pub(crate) fn keep(connection: &Connection, folder: &Path, step: u32) -> Result<(), CatalogError> {
    let told: String = connection.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
    if told != "ok" {
        return Err(CatalogError::Damaged(told));
    }
    let failed = |source| CatalogError::Folder { path: folder.to_owned(), source };
    let part = tempfile::Builder::new().prefix(PART).tempfile_in(folder).map_err(failed)?;
    let written = connection.execute("VACUUM INTO ?1", [part.path().to_string_lossy()]);
    written.map_err(CatalogError::from)?;
    part.as_file().sync_all().map_err(failed)?;
    let path = folder.join(format!("{}{step}{}", NAME.0, NAME.1));
    part.persist(path).map_err(|error| failed(error.error))?;
    kinora_files::sync_folder(folder).map_err(failed)?;
    // The oldest first; one that cannot be removed is only in the way.
    let all = list(folder);
    all.iter().rev().skip(KEPT).for_each(|path| drop(fs::remove_file(path)));
    Ok(())
}

/// The backups in a library's folder, the newest last.
pub(crate) fn list(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut found: Vec<(u32, PathBuf)> = entries
        .filter_map(|entry| {
            let name = entry.file_name();
            let step = name.to_str()?.strip_prefix(NAME.0)?.strip_suffix(NAME.1)?;
            Some((step.parse().ok()?, entry.path()))
        })
        .collect();
    found.sort();
    found.into_iter().map(|(_, path)| path).collect()
}
