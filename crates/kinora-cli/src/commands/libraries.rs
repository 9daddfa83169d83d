//! `kinora libraries`

use kinora_engine::{LibrarySummary, Studio};
use serde::Serialize;

use crate::{Outcome, output};

#[derive(Serialize)]
struct Report {
    libraries: Vec<LibrarySummary>,
}

/// Runs the command.
pub fn run(studio: &Studio, json: bool) -> anyhow::Result<Outcome> {
    let libraries = studio.libraries()?;
    if json {
        output::json(&Report { libraries })?;
        return Ok(Outcome::Done);
    }
    if libraries.is_empty() {
        output::say("there is no library yet; make one with `kinora add PATH…`");
        return Ok(Outcome::Done);
    }
    let row = |l: &LibrarySummary| {
        let counts = [l.pictures, l.videos, l.recordings].map(|count| count.to_string());
        [vec![l.name.clone()], counts.to_vec(), vec![l.space.clone()]].concat()
    };
    let rows: Vec<_> = libraries.iter().map(row).collect();
    output::table::lines(&["library", "pictures", "videos", "recordings", "space"], &rows)
        .iter()
        .try_for_each(output::line)?;
    Ok(Outcome::Done)
}
