//! Assets page by page: what passes a filter, in an order that people expect.

use kinora_types::{Asset, AssetRow};
use serde::{Deserialize, Serialize};

use crate::{
    Catalog, CatalogError, Filter,
    filter::{count, passing},
    read,
};

/// Order of a list. Ties are broken by row, so that pages neither overlap nor leave anything out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sort {
    /// When it was taken, the newest first; what has no date comes last, in either direction.
    #[default]
    Date,
    /// By the name of its first file, from A to Z.
    Name,
    /// When it entered the library, the newest first.
    Added,
}

impl Sort {
    /// The terms of `ORDER BY`.
    fn terms(self, reverse: bool) -> &'static str {
        // What is behind the last slash: the path less all that stands behind it, taken off the front.
        match (self, reverse) {
            (Self::Date, false) => "taken_at DESC, row DESC",
            (Self::Date, true) => "taken_at IS NULL, taken_at, row",
            (Self::Added, false) => "added_at DESC, row DESC",
            (Self::Added, true) => "added_at, row",
            (Self::Name, false) => {
                "(SELECT min(substr(path, 1 + length(rtrim(path, replace(replace(path, '/', ''), '\\', '')))))
                     FROM files WHERE asset = assets.row AND present = 1) COLLATE NOCASE, row"
            }
            (Self::Name, true) => {
                "(SELECT min(substr(path, 1 + length(rtrim(path, replace(replace(path, '/', ''), '\\', '')))))
                     FROM files WHERE asset = assets.row AND present = 1) COLLATE NOCASE DESC, row DESC"
            }
        }
    }
}

/// A part of a list.
#[derive(Clone, Debug, PartialEq)]
pub struct Page {
    /// How many pass the filter in all.
    pub total: usize,
    /// Those of this page, in order.
    pub assets: Vec<(AssetRow, Asset)>,
}

impl Catalog {
    /// The live assets that pass, from the one at `offset` on, at most `limit`. Only those of the page are read; the
    /// order of the others is told by an index.
    ///
    /// # Errors
    /// [`CatalogError::Sqlite`] and [`CatalogError::Moved`] if the file cannot be read; [`CatalogError::Damaged`].
    pub fn list(
        &self,
        filter: &Filter,
        sort: Sort,
        reverse: bool,
        offset: usize,
        limit: usize,
    ) -> Result<Page, CatalogError> {
        let connection = self.view()?;
        let order = sort.terms(reverse);
        let (total, page) = match count(&connection, filter)? {
            Some(total) => {
                // A page of a sorted list needs no more memory than that page.
                let most = i64::MAX as usize;
                let order =
                    format!("{order} LIMIT {} OFFSET {}", limit.min(most), offset.min(most));
                (total, passing(&connection, filter, &order)?)
            }
            None => {
                let rows = passing(&connection, filter, order)?;
                let page: Vec<AssetRow> = rows.iter().copied().skip(offset).take(limit).collect();
                (rows.len(), page)
            }
        };
        Ok(Page { total, assets: read::assets(&connection, &page)? })
    }
}
