//! Names of files as people type them: composed and decomposed letters are the same (Unicode NFC, UAX #15).
//!
//! macOS and tools on it write `é` as `e` and a mark of its own, others as one letter. What is stored stays as
//! the file system gave it; what is compared is composed.

use std::borrow::Cow;

use kinora_types::AssetRow;
use rusqlite::Connection;
use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfc_quick};

use crate::{Catalog, CatalogError, read};

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

/// Rows of the live assets in present files whose path passes, ascending.
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

impl Catalog {
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
        let rows = rows_where(&connection, &|path| {
            passes(&composed(path.rsplit(['/', '\\']).next().unwrap_or(path)))
        })?;
        Ok(read::assets(&connection, &rows)?.into_iter().map(|(_, asset)| asset).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
