//! Names of files as people type them: composed and decomposed letters are the same (Unicode NFC, UAX #15).
//!
//! macOS and tools on it write `é` as `e` and a mark of its own, others as one letter. What is stored stays as
//! the file system gave it; what is compared is composed.

use std::borrow::Cow;

use kinora_types::{AssetRow, spelling::nearest};
use rusqlite::Connection;
use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfc_quick};

use crate::{Catalog, CatalogError, read};

/// Names that are told where none is the one that was meant.
const NEAREST: usize = 3;

/// The text in Unicode's composed form (NFC).
pub fn composed(text: &str) -> Cow<'_, str> {
    match is_nfc_quick(text.chars()) {
        IsNormalized::Yes => Cow::Borrowed(text),
        _ => Cow::Owned(text.nfc().collect()),
    }
}

/// Whether a path is, or ends in, what is wanted (composed): a name, or a name with some of its folders.
pub(crate) fn is_called(path: &str, wanted: &str) -> bool {
    let path = composed(path);
    let folders = path.strip_suffix(wanted);
    folders.is_some_and(|folders| folders.is_empty() || folders.ends_with(['/', '\\']))
}

/// A path without its folders.
pub(crate) fn name_of(path: &str) -> &str {
    path.rsplit(['/', '\\']).next().unwrap_or(path)
}

/// A folder (composed): an absolute one, or folders of these names one in the other, wherever they lie.
struct Folder<'a> {
    names: Vec<&'a str>,
    is_absolute: bool,
}

/// What separates folders, of this system and of others.
const SEPARATORS: [char; 2] = ['/', '\\'];

/// Names of folders, and of the file behind them.
fn parts(path: &str) -> impl Iterator<Item = &str> {
    path.split(SEPARATORS).filter(|part| !part.is_empty())
}

impl<'a> Folder<'a> {
    fn of(path: &'a str) -> Self {
        let is_absolute = path.starts_with(SEPARATORS) || path.get(1..2) == Some(":");
        Self { names: parts(path).collect(), is_absolute }
    }

    /// Whether a file lies below it.
    fn holds(&self, path: &str) -> bool {
        let path = composed(path);
        if self.is_absolute {
            let mut above = parts(&path);
            return self.names.iter().all(|name| above.next() == Some(name))
                && above.next().is_some();
        }
        let above: Vec<&str> = parts(&path).collect();
        let above = above.split_last().map_or(&[][..], |(_, above)| above);
        self.names.is_empty() || above.windows(self.names.len()).any(|names| names == self.names)
    }
}

/// Rows of the assets in present files below a folder, ascending.
pub(crate) fn rows_below(
    connection: &Connection,
    folder: &str,
) -> Result<Vec<AssetRow>, CatalogError> {
    let folder = composed(folder);
    let folder = Folder::of(&folder);
    rows_where(connection, &|path| folder.holds(path))
}

/// Rows of the assets in present files whose path passes, ascending.
pub(crate) fn rows_where(
    connection: &Connection,
    passes: &dyn Fn(&str) -> bool,
) -> Result<Vec<AssetRow>, CatalogError> {
    let mut statement = connection.prepare_cached(
        "SELECT path, asset FROM files WHERE present = 1
             AND asset IN (SELECT row FROM assets WHERE live = 1)",
    )?;
    let mut rows = statement.query([])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        if passes(row.get_ref(0)?.as_str().unwrap_or_default()) {
            found.push(AssetRow(row.get(1)?));
        }
    }
    found.sort_unstable();
    found.dedup();
    Ok(found)
}

/// Rows of the assets in present files of this name or path, ascending.
pub(crate) fn rows_called(
    connection: &Connection,
    reference: &str,
) -> Result<Vec<AssetRow>, CatalogError> {
    let wanted = composed(reference);
    if wanted.is_empty() {
        return Ok(Vec::new());
    }
    rows_where(connection, &|path| is_called(path, &wanted))
}

/// Names of present files that are spelled much like one, the nearest first.
pub(crate) fn near(connection: &Connection, name: &str) -> Result<Vec<String>, CatalogError> {
    let mut statement = connection.prepare_cached("SELECT path FROM files WHERE present = 1")?;
    let paths = statement.query_map([], |row| row.get::<_, String>(0))?;
    let paths = paths.collect::<Result<Vec<_>, _>>()?;
    let mut known: Vec<&str> = paths.iter().map(|path| name_of(path)).collect();
    known.sort_unstable();
    Ok(nearest(name_of(name), known, NEAREST).into_iter().map(str::to_owned).collect())
}

impl Catalog {
    /// Rows of the live assets in files whose name passes, ascending; names are given as in
    /// [`Catalog::assets_in_files`].
    ///
    /// # Errors
    /// [`CatalogError::Sqlite`] and [`CatalogError::Moved`] if the file cannot be read; [`CatalogError::Damaged`].
    pub fn rows_in_files(
        &self,
        passes: &dyn Fn(&str) -> bool,
    ) -> Result<Vec<AssetRow>, CatalogError> {
        rows_where(&*self.reader()?, &|path| passes(&composed(name_of(path))))
    }

    /// The live assets in files whose name passes, whatever their folder; names are given composed
    /// ([`composed`]), without folders.
    ///
    /// # Errors
    /// [`CatalogError::Sqlite`] and [`CatalogError::Moved`] if the file cannot be read; [`CatalogError::Damaged`].
    pub fn assets_in_files(
        &self,
        passes: &dyn Fn(&str) -> bool,
    ) -> Result<Vec<kinora_types::Asset>, CatalogError> {
        let connection = self.view()?;
        let rows = rows_where(&connection, &|path| passes(&composed(name_of(path))))?;
        Ok(read::assets(&connection, &rows)?.into_iter().map(|(_, asset)| asset).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_compared_name_by_name() {
        for (path, folder, is) in [
            ("/a/trips/rome/x.jpg", "/a/trips", true),
            ("/a/trips/rome/x.jpg", "/a/trips/", true),
            ("/a/trips/rome/x.jpg", "/a/tri", false),
            ("/a/trips-2/x.jpg", "/a/trips", false),
            ("/a/trips/rome/x.jpg", "trips", true),
            ("/a/trips/rome/x.jpg", "trips/rome", true),
            ("/a/trips/rome/x.jpg", "rome/trips", false),
            ("/a/trips/rome/x.jpg", "a/rome", false),
            ("/a/trips/rome/x.jpg", "x.jpg", false),
            ("/a/trips/rome/x.jpg", "/", true),
            ("C:\\a\\b\\x.jpg", "C:/a", true),
            ("C:\\a\\b\\x.jpg", "b", true),
            ("/a/e\u{301}t\u{e9}/x.jpg", "\u{e9}te\u{301}", true),
        ] {
            assert_eq!(Folder::of(&composed(folder)).holds(path), is, "{path} {folder}");
        }
    }

    #[test]
    fn a_name_is_found_in_either_form() {
        let (one, two) = ("/a/b\u{e9}/\u{fc}n\u{ef}.mp4", "/a/be\u{301}/u\u{308}ni\u{308}.mp4");
        for (path, reference, is) in [
            (one, "\u{fc}n\u{ef}.mp4", true),
            (two, "\u{fc}n\u{ef}.mp4", true),
            (one, "u\u{308}ni\u{308}.mp4", true),
            (two, "be\u{301}/\u{fc}n\u{ef}.mp4", true),
            (one, two, true),
            (two, one, true),
            (one, "n\u{ef}.mp4", false),
            ("C:\\a\\x.jpg", "x.jpg", true),
            ("/a/\u{1112}\u{1161}\u{11ab}.jpg", "\u{d55c}.jpg", true),
            ("/a/xy.jpg", "y.jpg", false),
            ("/a/x.jpg", "/a/x.jpg", true),
        ] {
            assert_eq!(is_called(path, &composed(reference)), is, "{path} {reference}");
        }
    }
}
