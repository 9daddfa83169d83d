//! Help with spelling where nothing was found.

use kinora_retrieval::{Asked, Filter, Suggestion};
use kinora_types::spelling::nearest;

use crate::{EngineError, Library};

/// Tags that are tried.
const MOST: usize = 3;

impl Library {
    /// The filter with another tag in place of one that nothing has, in the ways that find something; `count` tells
    /// how many.
    ///
    /// # Errors
    /// If the catalogue cannot be read, and those of `count`.
    pub(crate) fn similar_tags(
        &self,
        filter: &Filter,
        count: &dyn Fn(&Filter) -> Result<usize, EngineError>,
    ) -> Result<Vec<Suggestion>, EngineError> {
        if filter.tags.is_empty() {
            return Ok(Vec::new());
        }
        let known = self.catalog.known_tags()?;
        let is_unknown =
            |tag: &&String| !known.iter().any(|known| known.eq_ignore_ascii_case(tag.trim()));
        let Some(unknown) = filter.tags.iter().find(is_unknown) else {
            return Ok(Vec::new());
        };
        let mut found = Vec::new();
        for other in nearest(unknown.trim(), known.iter().map(String::as_str), MOST) {
            let mut filter = filter.clone();
            filter
                .tags
                .iter_mut()
                .filter(|tag| *tag == unknown)
                .for_each(|tag| *tag = other.into());
            let hits = count(&filter)?;
            if hits > 0 {
                found.push(Suggestion { of: Asked::Tag, text: other.to_owned(), found: hits });
            }
        }
        Ok(found)
    }
}
