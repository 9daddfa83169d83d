//! `kinora verify`

use kinora_engine::{Control, Engine, Job, RecordOrigin, Verification};

use crate::{Outcome, args::VerifyArgs, output};

/// Runs the command: exit code 1 if the film, its record or a source is not what it was.
pub(crate) fn run(
    engine: &Engine,
    args: &VerifyArgs,
    json: bool,
    control: &Control,
) -> anyhow::Result<Outcome> {
    let verification = engine.verify(&args.film, args.library.as_deref(), &Job::new(control))?;
    if json {
        output::json(&verification)?;
    } else {
        output::lines(verification.report.to_string().trim_end())?;
        output::line(format!("record: {}", words(verification.record)))?;
        output::line(format!("verdict: {}", verdict(&verification)))?;
    }
    Ok(if verification.is_intact() { Outcome::Done } else { Outcome::Partly })
}

/// `intact`, or all that differs.
fn verdict(verification: &Verification) -> String {
    let mut differs = Vec::new();
    if !verification.report.master_intact() {
        differs.push("the film differs from what was made".to_owned());
    }
    let (wrong, all) = verification.sources();
    match (wrong, all) {
        (0, _) => {}
        (1, _) => differs.push(format!("1 of {all} sources differs or is gone")),
        _ => differs.push(format!("{wrong} of {all} sources differ or are gone")),
    }
    if verification.record == RecordOrigin::LibraryContradicted {
        differs.push("the record beside the film contradicts the library's".to_owned());
    }
    if differs.is_empty() {
        "intact".to_owned()
    } else {
        format!("changed: {}", differs.join("; "))
    }
}

fn words(origin: RecordOrigin) -> &'static str {
    match origin {
        RecordOrigin::LibraryAndBeside => {
            "kept in the library, and the file beside the film agrees"
        }
        RecordOrigin::Library => "kept in the library; there is none beside the film",
        RecordOrigin::LibraryContradicted => {
            "kept in the library; the file beside the film CONTRADICTS it"
        }
        RecordOrigin::BesideOnly => "beside the film only; no library at hand vouches for it",
    }
}
