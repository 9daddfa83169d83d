//! `kinora films`

use kinora_engine::Engine;
use serde::Serialize;

use crate::{Outcome, args::FilmsArgs, output};

#[derive(Serialize)]
struct Film {
    path: String,
    made_at: String,
    master: String,
}

#[derive(Serialize)]
struct FilmList {
    films: Vec<Film>,
}

/// Runs the command.
pub(crate) fn run(engine: &Engine, args: &FilmsArgs, json: bool) -> anyhow::Result<Outcome> {
    let found = engine.library(&args.library.library)?.films(args.using.as_deref())?;
    let film = |f: &kinora_engine::FilmSummary| Film {
        path: f.path.clone(),
        made_at: f.made_at.clone(),
        master: f.master.to_string(),
    };
    let films: Vec<Film> = found.iter().map(film).collect();
    if json {
        output::json(&FilmList { films })?;
        return Ok(Outcome::Done);
    }
    let row =
        |f: &Film| vec![f.made_at.clone(), f.master.chars().take(12).collect(), f.path.clone()];
    let rows: Vec<_> = films.iter().map(row).collect();
    output::table::lines(&["made", "master", "file"], &rows).iter().try_for_each(output::line)?;
    Ok(Outcome::Done)
}
