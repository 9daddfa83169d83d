//! `kinora search` with filters alone.

use kinora_engine::{Control, Job, Library, ListRequest, Listed, Suggestion, Unnamed};
use serde::Serialize;

use super::list::{place, say_unnamed, taken};
use crate::{Outcome, args::SearchArgs, output};

#[derive(Serialize)]
struct Report<'a> {
    library: &'a str,
    query: Option<&'a str>,
    /// How many pass in all.
    total: usize,
    /// Whether any does.
    fits: bool,
    hits: Vec<Hit<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    suggestions: Vec<Suggestion>,
    #[serde(skip_serializing_if = "Option::is_none")]
    places_unnamed: Option<Unnamed>,
}

/// What passes has a place in the order, but no score.
#[derive(Serialize)]
struct Hit<'a> {
    rank: usize,
    asset: &'a kinora_types::Asset,
    kind: kinora_engine::Kind,
    place_name: Option<&'a str>,
}

/// Shows what passes, the newest first; `sheet` gets it too.
pub(crate) fn run(
    library: &Library,
    args: &SearchArgs,
    json: bool,
    control: &Control,
    sheet: &dyn Fn(&[Listed]) -> anyhow::Result<()>,
) -> anyhow::Result<Outcome> {
    let request = ListRequest {
        near: args.filter.near(),
        filter: args.filter.filter(),
        limit: usize::from(args.limit),
        ..ListRequest::default()
    };
    let found = library.list(&request, &Job::new(control))?;
    sheet(&found.assets)?;
    if json {
        let hits = (1..).zip(&found.assets).map(|(rank, listed)| {
            let Listed { asset, kind, place_name } = listed;
            Hit { rank, asset, kind: *kind, place_name: place_name.as_deref() }
        });
        output::json(&Report {
            library: library.name(),
            query: None,
            total: found.total,
            fits: found.total > 0,
            hits: hits.collect(),
            suggestions: found.suggestions.clone(),
            places_unnamed: found.places_unnamed.clone(),
        })?;
    } else {
        for (rank, listed) in (1..).zip(&found.assets) {
            output::line(line(rank, listed))?;
        }
        say_unnamed(found.places_unnamed.as_ref());
        if found.assets.is_empty() {
            output::line("nothing in this library passes the filters")?;
            for line in output::suggestions(&found.suggestions, usize::MAX) {
                output::line(line)?;
            }
        } else if found.assets.len() < found.total {
            output::say(&format!("{} of {}", found.assets.len(), found.total));
        }
    }
    Ok(if found.assets.is_empty() { Outcome::Nothing } else { Outcome::Done })
}

/// `  1  2019-07-21 23:06  Forum at dusk  /pictures/x.jpg  (Rome, IT)`.
fn line(rank: usize, listed: &Listed) -> String {
    let (taken, place) = (taken(listed), place(listed));
    let path = listed.asset.paths.first().map_or("", String::as_str);
    let place = if place.is_empty() { place } else { format!("  ({place})") };
    format!("{rank:>3}  {taken:<16}  {}  {path}{place}", listed.asset.label())
}
