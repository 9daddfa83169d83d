//! `kinora remove`

use kinora_engine::{Engine, RemoveRequest, Removed, RemovedAsset};
use serde::Serialize;

use super::{listed, usage};
use crate::{Outcome, args::RemoveArgs, output};

#[derive(Serialize)]
struct Report<'a> {
    library: &'a str,
    #[serde(flatten)]
    removed: &'a Removed,
}

/// Runs the command.
pub(crate) fn run(engine: &Engine, args: &RemoveArgs, json: bool) -> anyhow::Result<Outcome> {
    let given = listed::paths(&args.references, args.null)?;
    let text = |path: std::path::PathBuf| {
        let text = path.into_os_string().into_string();
        // The library has no such name.
        text.map_err(|name| usage(format!("not a name in Unicode: `{}`", name.display())))
    };
    let references = given.into_iter().map(text).collect::<Result<_, _>>()?;
    let request = RemoveRequest { references, dry_run: args.dry_run };
    let name = &args.library.library;
    let removed = engine.library(name)?.remove(&request)?;
    if json {
        output::json(&Report { library: name, removed: &removed })?;
        return Ok(Outcome::Done);
    }
    print(name, &removed)?;
    Ok(Outcome::Done)
}

fn print(library: &str, outcome: &Removed) -> anyhow::Result<()> {
    let Removed { removed, copies, dry_run } = outcome;
    removed.iter().try_for_each(print_one)?;
    let verb = if *dry_run { "would be removed" } else { "removed" };
    output::line(format!("library `{library}`: {} {verb}; the files stay", removed.len()))?;
    if !copies.is_empty() {
        let line = match copies.len() {
            1 => "1 more lies elsewhere too and stays in the library from there".into(),
            count => format!("{count} more lie elsewhere too and stay in the library from there"),
        };
        output::line(line)?;
    }
    if !removed.is_empty() && !dry_run {
        output::line(
            "they stay out when their folder is added; `kinora add PATH` of one file brings it back",
        )?;
    }
    Ok(())
}

fn print_one(asset: &RemovedAsset) -> anyhow::Result<()> {
    let RemovedAsset { id, paths, films, .. } = asset;
    for path in paths {
        output::line(format!("{}  {path}", id.short()))?;
    }
    for film in films {
        output::line(format!("  a film shows it and stays explained: {film}"))?;
    }
    Ok(())
}
