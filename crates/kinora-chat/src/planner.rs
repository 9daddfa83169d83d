//! From a question to a plan for one library: names are looked up, and what has to be found first is found.

use jiff::civil::Date;
use kinora_catalog::Filter;
use kinora_retrieval::{Searcher, content_words};
use kinora_types::{Asset, AssetId, Control};

use crate::{
    ChatError, Field, Places, Plan,
    plan::{Bound, IN_KM, Known, Relative, Unknown},
    set::matching,
};

/// Plans questions to one library.
pub(crate) struct Planner<'a> {
    pub searcher: &'a Searcher<'a>,
    pub places: &'a dyn Places,
    pub today: Date,
    pub control: &'a Control,
}

impl Planner<'_> {
    /// Understands a question. What it needs first is found on the way.
    pub(crate) fn plan(&self, question: &str) -> Result<Plan, ChatError> {
        let Some(relative) = Relative::of(question) else {
            return self.simple(question);
        };
        let plan = self.simple(&relative.outer)?;
        let first = Plan { one: true, ..self.simple(&relative.inner)? };
        let set = matching(self.searcher, &first, self.control)?;
        let catalog = self.searcher.catalog();
        let found = catalog.assets(&set.rows[..set.rows.len().min(1)])?.pop();
        let Some((_, asset)) = found else {
            let what = format!("Nothing in this library is “{}”.", first.subject);
            return Ok(Plan { unknown: Some(Unknown::First(what)), ..plan });
        };
        self.bound(plan, &relative, &asset)
    }

    /// Understands a question without what it is bound by.
    fn simple(&self, question: &str) -> Result<Plan, ChatError> {
        let catalog = self.searcher.catalog();
        let (authors, cameras) = (catalog.authors()?, catalog.camera_models()?);
        let is_word = |name: &str| self.is_word(name).unwrap_or(true);
        let known =
            Known { places: self.places, authors: &authors, cameras: &cameras, is_word: &is_word };
        let mut plan = self.in_country(Plan::of(question, self.today, &known))?;
        let Some(place) = plan.place.clone() else {
            return Ok(plan);
        };
        let there =
            Filter { near: plan.filter.near, only: plan.filter.only.clone(), ..Filter::default() };
        if catalog.count_passing(&there)? == 0 && self.is_word(&place)? {
            // Nothing was taken near it, but captions name it: a word like others.
            let without = Nowhere;
            let known = Known { places: &without, ..known };
            plan = Plan::of(question, self.today, &known);
        }
        Ok(plan)
    }

    /// Whether every word of a name stands in the library: in a title, a tag, a text, in speech.
    fn is_word(&self, name: &str) -> Result<bool, ChatError> {
        let catalog = self.searcher.catalog();
        for word in content_words(name) {
            let one = std::slice::from_ref(&word);
            if catalog.lexical(one, 1)?.is_empty() && catalog.lexical_passages(one)?.is_empty() {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// With the assets of its country as the only ones.
    fn in_country(&self, mut plan: Plan) -> Result<Plan, ChatError> {
        if let Some(code) = &plan.country {
            let placed = self.searcher.catalog().places(&Filter::default())?;
            let inside = placed.into_iter().filter(|(_, point)| {
                self.places.country(*point).is_some_and(|own| own.eq_ignore_ascii_case(code))
            });
            plan.filter.only = Some(inside.map(|(id, _)| id).collect());
        }
        Ok(plan)
    }

    /// The plan limited by what was found first.
    fn bound(&self, mut plan: Plan, relative: &Relative, asset: &Asset) -> Result<Plan, ChatError> {
        let label = asset.label();
        let value = relative.field.of(asset, self.places);
        let Some(value) = value else {
            let what = match relative.field {
                Field::Date => "when it was taken",
                Field::Place => "where it was taken",
                Field::Author => "who made it",
                Field::Camera => "with which camera it was taken",
                Field::Licence => "under which licence it is",
            };
            let what = format!("Of {label} it is not known {what}.");
            return Ok(Plan { unknown: Some(Unknown::First(what)), ..plan });
        };
        match relative.field {
            Field::Place => {
                plan.filter.near = asset.place.map(|point| (point, IN_KM));
                plan.place = Some(value.clone());
            }
            Field::Author => plan.filter.author = Some(value.clone()),
            Field::Camera => plan.filter.camera_model = Some(value.clone()),
            Field::Licence => plan.filter.licences = vec![value.clone()],
            Field::Date => limit(&mut plan.filter, relative, asset),
        }
        if relative.others {
            plan.filter.only = Some(self.all_but(&asset.id)?);
        }
        plan.steps.push(format!("found {label}: {value}"));
        Ok(plan.described())
    }

    fn all_but(&self, id: &AssetId) -> Result<Vec<AssetId>, ChatError> {
        let catalog = self.searcher.catalog();
        let assets = catalog.assets(&catalog.live_rows()?)?;
        Ok(assets.into_iter().map(|(_, asset)| asset.id).filter(|other| other != id).collect())
    }
}

/// Limits a filter to the day, month or year of an asset, or to before or after it.
fn limit(filter: &mut Filter, relative: &Relative, asset: &Asset) {
    let Some(day) = asset.taken_at.map(|at| at.date()) else { return };
    match relative.bound {
        Bound::Before => filter.before = day.yesterday().ok(),
        Bound::After => filter.after = day.tomorrow().ok(),
        Bound::Same => {
            let (first, last) = match relative.letters {
                4 => (day.first_of_year(), day.last_of_year()),
                7 => (day.first_of_month(), day.last_of_month()),
                _ => (day, day),
            };
            (filter.after, filter.before) = (Some(first), Some(last));
        }
    }
}

/// No place at all.
struct Nowhere;

impl Places for Nowhere {
    fn region(&self, _: &str) -> Option<crate::Region> {
        None
    }

    fn name(&self, _: kinora_types::GeoPoint) -> Option<String> {
        None
    }

    fn country(&self, _: kinora_types::GeoPoint) -> Option<String> {
        None
    }

    fn is_known(&self) -> bool {
        false
    }
}
