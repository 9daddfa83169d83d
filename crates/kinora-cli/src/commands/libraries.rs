//! `kinora libraries`

use std::io::{self, IsTerminal};

use kinora_engine::{Contents, Engine, LibraryCheck, LibraryContents, LibrarySummary};
use serde::Serialize;

use super::usage;
use crate::{Outcome, args::LibrariesCommand, output};

#[derive(Serialize)]
struct LibraryList {
    libraries: Vec<LibrarySummary>,
}

#[derive(Serialize)]
struct Checked {
    libraries: Vec<LibraryCheck>,
}

#[derive(Serialize)]
struct Renamed<'a> {
    renamed: &'a str,
    library: &'a str,
}

#[derive(Serialize)]
struct Deleted<'a> {
    deleted: &'a LibraryContents,
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
        Some(LibrariesCommand::Show { name }) => show(&engine.contents(name)?, json),
        Some(LibrariesCommand::Rename { name, new }) => rename(engine, name, new, json),
        Some(LibrariesCommand::Delete { name, yes }) => delete(engine, name, *yes, json),
    }
}

fn show(library: &LibraryContents, json: bool) -> anyhow::Result<Outcome> {
    if json {
        output::json(library)?;
        return Ok(Outcome::Done);
    }
    output::line(&library.name)?;
    let megabytes = format!("{:.1} MB", library.bytes as f64 / 1e6);
    let mut rows = vec![("folder", library.folder.display().to_string()), ("size", megabytes)];
    rows.extend(library.space.clone().map(|space| ("space", space)));
    rows.extend(library.contents.map(|contents| ("holds", counts(&contents))));
    rows.extend(library.fault.clone().map(|fault| ("fault", fault)));
    for path in &library.foreign {
        rows.push(("not Kinora's", path.display().to_string()));
    }
    rows.iter().try_for_each(|(what, told)| output::line(format!("  {what}: {told}")))?;
    Ok(Outcome::Done)
}

/// What is there, in words.
fn counts(contents: &Contents) -> String {
    let counts = [
        (contents.pictures, "picture", "pictures"),
        (contents.videos, "video", "videos"),
        (contents.recordings, "recording", "recordings"),
        (contents.withdrawn, "whose file is gone", "whose files are gone"),
        (contents.removed, "that you removed", "that you removed"),
        (contents.passages, "passage of words", "passages of words"),
        (contents.corrected, "corrected by you", "corrected by you"),
        (contents.films, "film's record", "films' records"),
        (contents.conversations, "conversation", "conversations"),
    ];
    let told = counts.iter().filter(|(n, ..)| *n > 0);
    let told = told.map(|(n, one, many)| format!("{n} {}", if *n == 1 { one } else { many }));
    let told: Vec<String> = told.collect();
    if told.is_empty() { "nothing".into() } else { told.join(", ") }
}

fn rename(engine: &Engine, name: &str, new: &str, json: bool) -> anyhow::Result<Outcome> {
    engine.rename_library(name, new)?;
    if json {
        output::json(&Renamed { renamed: name, library: new })?;
    } else {
        output::line(format!("library `{name}` is now `{new}`"))?;
    }
    Ok(Outcome::Done)
}

fn delete(engine: &Engine, name: &str, yes: bool, json: bool) -> anyhow::Result<Outcome> {
    let library = engine.contents(name)?;
    let held =
        library.contents.map_or_else(|| "what it held cannot be read".into(), |c| counts(&c));
    // One that cannot be deleted is told so before anybody is asked.
    if !yes && library.foreign.is_empty() {
        if !io::stdin().is_terminal() {
            let message =
                format!("nobody can be asked whether to delete library `{name}`; say `--yes`");
            return Err(usage(message));
        }
        output::warn(&format!("library `{name}` will be deleted: {held}; your files stay"), None);
        if !output::asked("delete it?")? {
            output::say("nothing was deleted");
            return Ok(Outcome::Partly);
        }
    }
    let deleted = engine.delete_library(name)?;
    if json {
        output::json(&Deleted { deleted: &deleted })?;
    } else {
        output::line(format!(
            "library `{name}` is deleted: {held}; your files stay where they are"
        ))?;
    }
    Ok(Outcome::Done)
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
