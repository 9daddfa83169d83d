//! `kinora edit`

use kinora_engine::{EditRequest, Studio};

use super::show;
use crate::{Outcome, args::EditArgs};

/// Runs the command and shows what is known afterwards.
pub fn run(studio: &Studio, args: &EditArgs, json: bool) -> anyhow::Result<Outcome> {
    let request = EditRequest {
        title: args.title.clone(),
        caption: args.caption.clone(),
        keywords: args.keyword.clone(),
        tags: args.tag.clone(),
        not_tags: args.not_tag.clone(),
        transcript: args.transcript.clone(),
        said: args.said.clone(),
        written: args.written.clone(),
        restore: args.restore.iter().copied().map(Into::into).collect(),
    };
    let details = studio.edit(&args.library.library, &args.asset, &request)?;
    show::print(&details, json)
}
