//! Which words and tags a library knows: for help with spelling.

use crate::{Catalog, CatalogError};

impl Catalog {
    /// Shows every text in which live assets are searched by words: titles, captions, keywords, names, and passages that
    /// are shown. Reads them all, so it is for when nothing was found.
    ///
    /// # Errors
    /// [`CatalogError::Sqlite`] and [`CatalogError::Moved`] if the file cannot be read; [`CatalogError::Damaged`].
    pub fn each_text(&self, visit: &mut dyn FnMut(&str)) -> Result<(), CatalogError> {
        let connection = self.reader()?;
        let mut statement = connection.prepare_cached(
            "SELECT concat_ws(' ', title, caption, keywords, names) FROM words
                 WHERE rowid IN (SELECT row FROM assets WHERE live = 1)
             UNION ALL
             SELECT text FROM passages
                 WHERE shown = 1 AND asset IN (SELECT row FROM assets WHERE live = 1)",
        )?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            visit(row.get_ref(0)?.as_str().unwrap_or_default());
        }
        Ok(())
    }

    /// Tags that are shown and keywords of live assets, in lower case of ASCII, those of most assets first.
    ///
    /// # Errors
    /// [`CatalogError::Sqlite`] and [`CatalogError::Moved`] if the file cannot be read; [`CatalogError::Damaged`].
    pub fn known_tags(&self) -> Result<Vec<String>, CatalogError> {
        let connection = self.reader()?;
        let mut statement = connection.prepare_cached(
            "SELECT tag FROM (
                 SELECT lower(text) AS tag, asset FROM passages
                     WHERE kind = 'tag' AND shown = 1
                     AND asset IN (SELECT row FROM assets WHERE live = 1)
                 UNION SELECT lower(value), row FROM assets, json_each(keywords) WHERE live = 1)
             GROUP BY tag ORDER BY count(*) DESC, tag",
        )?;
        let rows = statement.query_map([], |row| row.get(0))?;
        rows.map(|row| row.map_err(Into::into)).collect()
    }
}
