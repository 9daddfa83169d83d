//! `kinora duplicates`

use kinora_engine::{DuplicateGroup, Engine};
use kinora_types::Asset;

use crate::{Outcome, args::DuplicatesArgs, output};

/// Runs the command.
pub(crate) fn run(engine: &Engine, args: &DuplicatesArgs, json: bool) -> anyhow::Result<Outcome> {
    let found = engine.library(&args.library.library)?.duplicates()?;
    if json {
        output::json(&found)?;
        return Ok(Outcome::Done);
    }
    for (number, group) in (1..).zip(&found.groups) {
        print(number, group)?;
    }
    let files: usize = found.groups.iter().map(|group| group.files() - 1).sum();
    match found.groups.len() {
        0 => output::line("nothing is in this library twice")?,
        1 => output::line(format!("1 group, {files} more than one of each"))?,
        many => output::line(format!("{many} groups, {files} more than one of each"))?,
    }
    if found.not_compared > 0 {
        output::say(&format!(
            "note: {} pictures and videos were added by an older Kinora and are not compared yet; `kinora add PATH` \
             compares them",
            found.not_compared
        ));
    }
    Ok(Outcome::Done)
}

/// The best first, then those that nearly equal it, each with the files that are the same byte for byte.
fn print(number: usize, group: &DuplicateGroup) -> anyhow::Result<()> {
    for (place, asset) in group.assets.iter().enumerate() {
        let mark = if place == 0 { format!("{number:>3}") } else { "   ".into() };
        for (copy, path) in asset.paths.iter().enumerate() {
            let (mark, facts) = match copy {
                0 => (mark.as_str(), facts(asset)),
                _ => ("   ", format!("{:<35}", "the same file")),
            };
            output::line(format!("{mark}  {facts}  {path}"))?;
        }
    }
    Ok(())
}

/// `4000x3000    2.31 MB  2019-07-21`, as wide for all.
fn facts(asset: &Asset) -> String {
    let size = asset.size.map(|size| size.to_string()).unwrap_or_default();
    let date = asset.taken_at.map_or("-".into(), |at| at.date().to_string());
    format!("{size:<11} {:>9.2} MB  {date:<10}", asset.bytes as f64 / 1e6)
}
