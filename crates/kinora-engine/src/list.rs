//! A library page by page: what passes a filter, without a model and without a score.

use kinora_catalog::Sort;
use kinora_retrieval::{Filter, SearchError, Suggestion};
use kinora_types::{Asset, Control, Kind};
use serde::{Deserialize, Serialize};

use crate::{EngineError, Job, Library, Place, places::Unnamed};

/// Which part of a library is wanted, in which order.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ListRequest {
    /// Taken near a place, within so many kilometres; goes before the filter's own `near`.
    pub near: Option<(Place, f64)>,
    /// Other conditions.
    pub filter: Filter,
    /// In which order.
    pub sort: Sort,
    /// Whether the order is turned round.
    pub reverse: bool,
    /// How many are passed over.
    pub offset: usize,
    /// How many are wanted at most.
    pub limit: usize,
}

impl Default for ListRequest {
    fn default() -> Self {
        let (near, filter, sort) = (None, Filter::default(), Sort::default());
        Self { near, filter, sort, reverse: false, offset: 0, limit: 100 }
    }
}

/// A part of a library.
#[derive(Clone, Debug, Serialize)]
pub struct Listing {
    /// How many pass in all.
    pub total: usize,
    /// How many were passed over.
    pub offset: usize,
    /// Those wanted, in order.
    pub assets: Vec<Listed>,
    /// What may have been meant where nothing passes.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub suggestions: Vec<Suggestion>,
    /// Why places have no names, where there are some and they have none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub places_unnamed: Option<Unnamed>,
}

/// One of them.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Listed {
    /// Picture, video or recording.
    pub kind: Kind,
    /// What its file said, and people.
    #[serde(flatten)]
    pub asset: Asset,
    /// The city nearest to its place, such as `Lisbon, PT` or `40 km from Lisbon, PT`.
    pub place_name: Option<String>,
}

impl Library {
    /// What passes, from one place of the order on. The others are not read: a page costs some milliseconds in a
    /// library of 20 000, and more for the first place that has a name, as the cities are read.
    ///
    /// # Errors
    /// If a place is not known, the catalogue cannot be read, or the work was stopped.
    pub fn list(&self, request: &ListRequest, job: &Job) -> Result<Listing, EngineError> {
        job.run(|control| {
            let filter = self.placed(request.near.as_ref(), &request.filter, control)?;
            let ListRequest { sort, reverse, offset, limit, .. } = *request;
            let page = self.catalog.list(&filter, sort, reverse, offset, limit)?;
            control.check()?;
            let placed = page.assets.iter().any(|(_, asset)| asset.place.is_some());
            let names = self.shared.place_names(placed, control)?;
            let listed = |(_, asset): (_, Asset)| Listed {
                kind: asset.kind(),
                place_name: asset.place.and_then(|place| names.of(place)),
                asset,
            };
            let assets = page.assets.into_iter().map(listed).collect();
            let count = |filter: &Filter| {
                Ok(self.catalog.list(filter, sort, reverse, 0, 0).map(|page| page.total)?)
            };
            let (total, places_unnamed) = (page.total, names.missing);
            let suggestions =
                if total == 0 { self.similar_tags(&filter, &count)? } else { Vec::new() };
            Ok(Listing { total, offset, assets, suggestions, places_unnamed })
        })
    }

    /// The filter with a place that may have been given by name.
    ///
    /// # Errors
    /// If the place is not known, or the distance is none; cancellation.
    pub(crate) fn placed(
        &self,
        near: Option<&(Place, f64)>,
        filter: &Filter,
        control: &Control,
    ) -> Result<Filter, EngineError> {
        let near = match near {
            Some((place, km)) => Some((self.place(place, control)?, *km)),
            None => filter.near,
        };
        if near.is_some_and(|(_, km)| km.is_nan() || km < 0.0) {
            return Err(SearchError::Query("a distance must be 0 km or more".into()).into());
        }
        Ok(Filter { near, ..filter.clone() })
    }
}
