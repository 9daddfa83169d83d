//! `kinora list`

use kinora_engine::{
    Control, Engine, Job, Kind, Library, ListRequest, Listed, Listing, Suggestion, Unnamed,
};

use crate::{
    Outcome,
    args::ListArgs,
    output::{self, table},
};

/// Assets that are read at once.
const PAGE: usize = 500;

/// Letters of a title in a table.
const LONGEST_TITLE: usize = 40;

/// Runs the command.
pub(crate) fn run(
    engine: &Engine,
    args: &ListArgs,
    json: bool,
    control: &Control,
) -> anyhow::Result<Outcome> {
    let library = engine.library(&args.library.library)?;
    let request = ListRequest {
        near: args.filter.near(),
        filter: args.filter.filter(),
        sort: args.sort.into(),
        reverse: args.reverse,
        offset: args.offset as usize,
        limit: args.limit.map_or(usize::MAX, |limit| limit as usize),
    };
    let mut rows = Vec::new();
    let mut show = |listed: &Listed| {
        if json {
            return output::json_line(listed);
        }
        rows.push(row(listed));
        Ok(())
    };
    let (shown, total, suggestions) = each(&library, &request, control, &mut show)?;
    if !rows.is_empty() {
        for line in table::lines(&["taken", "type", "place", "title", "file"], &rows) {
            output::line(line)?;
        }
    }
    if shown == 0 {
        output::say(match (total, args.filter.is_empty()) {
            (0, true) => "the library is empty",
            (0, false) => "nothing in this library passes the filters",
            (_, _) => "there are not so many",
        });
        for line in output::suggestions(&suggestions, usize::MAX) {
            output::say(&line);
        }
        return Ok(Outcome::Nothing);
    }
    if shown < total && !json {
        output::say(&format!("{shown} of {total}"));
    }
    Ok(Outcome::Done)
}

/// Shows what is asked for, page by page; gives how many that were, how many pass in all, and what may have been meant.
fn each(
    library: &Library,
    request: &ListRequest,
    control: &Control,
    show: &mut dyn FnMut(&Listed) -> anyhow::Result<()>,
) -> anyhow::Result<(usize, usize, Vec<Suggestion>)> {
    let mut shown = 0;
    loop {
        let limit = PAGE.min(request.limit - shown);
        let request = ListRequest { offset: request.offset + shown, limit, ..request.clone() };
        let Listing { total, assets, suggestions, places_unnamed, .. } =
            library.list(&request, &Job::new(control))?;
        if shown == 0 {
            say_unnamed(places_unnamed.as_ref());
        }
        assets.iter().try_for_each(&mut *show)?;
        shown += assets.len();
        if assets.len() < PAGE || shown == request.limit || output::is_unread() {
            return Ok((shown, total, suggestions));
        }
    }
}

/// Why places have no names, if they have none.
pub(crate) fn say_unnamed(unnamed: Option<&Unnamed>) {
    if let Some(Unnamed { message, hint }) = unnamed {
        let hint = hint.as_deref().map(output::hint);
        output::warn(&format!("places have no names: {message}"), hint.as_deref());
    }
}

fn row(listed: &Listed) -> Vec<String> {
    let Listed { asset, kind, .. } = listed;
    let title = asset.title.clone().unwrap_or_default();
    let title = match title.char_indices().nth(LONGEST_TITLE) {
        Some((end, _)) => format!("{}…", &title[..end]),
        None => title,
    };
    let file = asset.paths.first().cloned().unwrap_or_default();
    vec![taken(listed), name(*kind).to_owned(), place(listed), title, file]
}

/// `2019-07-21 23:06`.
pub(crate) fn taken(listed: &Listed) -> String {
    listed.asset.taken_at.map_or(String::new(), |at| at.strftime("%Y-%m-%d %H:%M").to_string())
}

/// The name of its place, else where that is.
pub(crate) fn place(listed: &Listed) -> String {
    let degrees = |p: kinora_types::GeoPoint| format!("{:.3},{:.3}", p.latitude, p.longitude);
    listed.place_name.clone().or(listed.asset.place.map(degrees)).unwrap_or_default()
}

fn name(kind: Kind) -> &'static str {
    match kind {
        Kind::Picture => "picture",
        Kind::Video => "video",
        Kind::Audio => "audio",
    }
}
