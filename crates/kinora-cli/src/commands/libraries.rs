//! `kinora libraries`

use kinora_engine::{Engine, LibraryCheck, LibrarySummary};
use serde::Serialize;

use crate::{Outcome, args::LibrariesCommand, output};

#[derive(Serialize)]
struct LibraryList {
    libraries: Vec<LibrarySummary>,
}

#[derive(Serialize)]
struct Checked {
    libraries: Vec<LibraryCheck>,
}

/// Runs the command.
pub(crate) fn run(
    engine: &Engine,
    command: Option<&LibrariesCommand>,
    json: bool,
) -> anyhow::Result<Outcome> {
    match command {
        None => list(engine, json),
        Some(LibrariesCommand::Check { name, repair }) => {
            check(engine, name.as_deref(), *repair, json)
        }
    }
}

fn list(engine: &Engine, json: bool) -> anyhow::Result<Outcome> {
    let libraries = engine.libraries();
    if json {
        output::json(&LibraryList { libraries })?;
        return Ok(Outcome::Done);
    }
    if libraries.is_empty() {
        output::say("there is no library yet; make one with `kinora add PATH…`");
        return Ok(Outcome::Done);
    }
    let row = |l: &LibrarySummary| match &l.fault {
        Some(fault) => {
            let nothing = vec!["-".to_owned(); 3];
            [vec![l.name.clone()], nothing, vec![fault.clone()]].concat()
        }
        None => {
            let counts = [l.pictures, l.videos, l.recordings].map(|count| count.to_string());
            [vec![l.name.clone()], counts.to_vec(), vec![l.space.clone()]].concat()
        }
    };
    let rows: Vec<_> = libraries.iter().map(row).collect();
    output::table::lines(&["library", "pictures", "videos", "recordings", "space"], &rows)
        .iter()
        .try_for_each(output::line)?;
    if libraries.iter().any(|library| library.fault.is_some()) {
        output::say("hint: `kinora libraries check` tells what is wrong and what to do");
    }
    Ok(Outcome::Done)
}

fn check(engine: &Engine, name: Option<&str>, repair: bool, json: bool) -> anyhow::Result<Outcome> {
    let libraries = engine.check(name, repair)?;
    let sound = libraries.iter().all(|library| library.sound);
    if json {
        output::json(&Checked { libraries })?;
    } else {
        libraries.iter().try_for_each(print)?;
    }
    Ok(if sound { Outcome::Done } else { Outcome::Partly })
}

fn print(check: &LibraryCheck) -> anyhow::Result<()> {
    let verdict = match (check.sound, check.faults.is_empty()) {
        (true, true) => "sound",
        (true, false) => "repaired",
        (false, _) => "DAMAGED",
    };
    output::line(format!("{}: {verdict}", check.name))?;
    let parts = [
        ("fault", &check.faults),
        ("repaired", &check.repaired),
        ("look over", &check.doubtful),
        ("note", &check.notes),
        ("hint", &check.hints),
    ];
    for (what, lines) in parts {
        for line in lines {
            output::line(format!("  {what}: {}", output::hint(line)))?;
        }
    }
    Ok(())
}
