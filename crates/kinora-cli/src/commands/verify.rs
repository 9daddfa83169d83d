//! `kinora verify`

use kinora_engine::{RecordOrigin, Studio};

use crate::{Outcome, args::VerifyArgs, output};

/// Runs the command: exit code 1 if the film, its record or a source is not what it was.
pub fn run(studio: &Studio, args: &VerifyArgs, json: bool) -> anyhow::Result<Outcome> {
    let verification =
        studio.verify(&args.film, args.library.as_deref(), &super::interruptible()?)?;
    if json {
        output::json(&verification)?;
    } else {
        output::line(verification.report.to_string().trim_end())?;
        output::line(format!("record: {}", words(verification.record)))?;
    }
    Ok(if verification.is_intact() { Outcome::Done } else { Outcome::Partly })
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
