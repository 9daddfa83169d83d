//! `kinora edit`

use std::io::Read;

use anyhow::Context;
use kinora_engine::{Details, EditRequest, Engine, TranscriptFile};
use serde::Serialize;

use super::{show, usage};
use crate::{Outcome, args::EditArgs, output};

/// Bytes of a list of assets at most.
const LONGEST_LIST: u64 = 16 << 20;

/// What is known afterwards of several assets.
#[derive(Serialize)]
struct Edited<'a> {
    edited: &'a [Details],
}

/// Runs the command and shows what is known afterwards.
pub(crate) fn run(engine: &Engine, args: &EditArgs, json: bool) -> anyhow::Result<Outcome> {
    let transcript = args.transcript.as_deref().map(TranscriptFile::read).transpose()?;
    if let Some(encoding) = transcript.as_ref().map(TranscriptFile::encoding).filter(|e| e.guessed)
    {
        let name = encoding.name;
        output::say(&format!(
            "note: the subtitles were read as {name}, a guess; if letters are wrong, save them as UTF-8"
        ));
    }
    let request = EditRequest {
        title: args.title.clone(),
        caption: args.caption.clone(),
        keywords: args.keyword.clone(),
        tags: args.tag.clone(),
        not_tags: args.not_tag.clone(),
        transcript,
        said: args.said.clone(),
        written: args.written.clone(),
        restore: args.restore.iter().copied().map(Into::into).collect(),
    };
    let edited = engine.library(&args.library.library)?.edit_all(&named(args)?, &request)?;
    match edited.as_slice() {
        // Whoever names a list gets one, even of one.
        [one] if args.assets.len() == 1 && args.assets[0] != "-" => show::print(one, json),
        edited if json => {
            output::json(&Edited { edited })?;
            Ok(Outcome::Done)
        }
        edited => {
            for details in edited {
                let path = details.asset.paths.first().map_or("", String::as_str);
                output::line(format!("edited {}  {path}", details.asset.label()))?;
            }
            Ok(Outcome::Done)
        }
    }
}

/// The assets that the arguments name, with those of stdin in the place of `-`.
fn named(args: &EditArgs) -> anyhow::Result<Vec<String>> {
    if args.null && !args.assets.iter().any(|asset| asset == "-") {
        return Err(usage("`--null` is about what stdin names: give `-` as an asset".into()));
    }
    let mut names = Vec::new();
    let mut is_read = false;
    for asset in &args.assets {
        match asset.as_str() {
            "-" if is_read => return Err(usage("stdin can be read once".into())),
            "-" => {
                is_read = true;
                names.extend(listed(args.null)?);
            }
            name => names.push(name.to_owned()),
        }
    }
    Ok(names)
}

/// The names of stdin, without empty ones.
fn listed(null: bool) -> anyhow::Result<Vec<String>> {
    let mut text = String::new();
    let mut limited = std::io::stdin().lock().take(LONGEST_LIST + 1);
    limited.read_to_string(&mut text).context("cannot read the list of assets from stdin")?;
    if text.len() as u64 > LONGEST_LIST {
        return Err(usage(format!("the list of assets is longer than {} MB", LONGEST_LIST >> 20)));
    }
    let part = if null { '\0' } else { '\n' };
    let names = text.split(part).map(|name| if null { name } else { name.trim_end_matches('\r') });
    Ok(names.filter(|name| !name.trim().is_empty()).map(str::to_owned).collect())
}
