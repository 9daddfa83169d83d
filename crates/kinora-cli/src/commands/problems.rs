//! `kinora problems`

use std::path::Path;

use kinora_engine::{Engine, FileProblem, Problems, Waiting, WordProblem};
use serde::Serialize;

use crate::{Outcome, args::ProblemsArgs, output};

#[derive(Serialize)]
struct Report<'a> {
    library: &'a str,
    #[serde(flatten)]
    problems: &'a Problems,
}

/// Runs the command.
pub(crate) fn run(engine: &Engine, args: &ProblemsArgs, json: bool) -> anyhow::Result<Outcome> {
    let name = &args.library.library;
    let mut problems = engine.library(name)?.problems()?;
    let hints = problems.files.iter_mut().map(|file| &mut file.hint);
    let hints = hints.chain(problems.words.iter_mut().map(|word| &mut word.hint));
    for hint in hints.chain(problems.missing.iter_mut().map(|missing| &mut missing.hint)) {
        *hint = hint.as_deref().map(output::hint);
    }
    if json {
        output::json(&Report { library: name, problems: &problems })?;
        return Ok(Outcome::Done);
    }
    if problems.count() == 0 {
        output::line(format!("library `{name}`: no known problems"))?;
    }
    problems.files.iter().try_for_each(print_file)?;
    problems.words.iter().try_for_each(print_words)?;
    problems.missing.iter().try_for_each(print_missing)?;
    Ok(Outcome::Done)
}

fn print_file(problem: &FileProblem) -> anyhow::Result<()> {
    let FileProblem { path, message, hint, since, lasting, taken } = problem;
    let state = match (taken, lasting) {
        (true, _) => "damaged, in the library as far as it can be read",
        (false, true) => "not in the library, tried again once it changes",
        (false, false) => "not in the library, tried again at every run",
    };
    let day = since.to_zoned(jiff::tz::TimeZone::system()).date();
    print(path, &format!("{message} ({state}; since {day})"), hint.as_deref())
}

fn print_words(problem: &WordProblem) -> anyhow::Result<()> {
    let WordProblem { path, kind, message, hint, .. } = problem;
    print(path, &format!("no {} found: {message}", kind.name()), hint.as_deref())
}

fn print(path: &Path, message: &str, hint: Option<&str>) -> anyhow::Result<()> {
    output::line(path.to_string_lossy())?;
    output::line(format!("  {message}"))?;
    hint.map_or(Ok(()), |hint| output::line(format!("  hint: {hint}")))
}

fn print_missing(waiting: &Waiting) -> anyhow::Result<()> {
    let Waiting { kind, assets, message, hint } = waiting;
    output::line(format!("{assets} not searched for {} yet: {message}", kind.name()))?;
    let hint = hint.as_deref();
    hint.map_or(Ok(()), |hint| output::line(format!("  hint: {hint}, then run `kinora add`")))
}
