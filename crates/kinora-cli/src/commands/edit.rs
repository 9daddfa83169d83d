//! `kinora edit`

use kinora_engine::{EditRequest, Engine, TranscriptFile};

use super::show;
use crate::{Outcome, args::EditArgs, output};

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
    let details = engine.library(&args.library.library)?.edit(&args.asset, &request)?;
    show::print(&details, json)
}
