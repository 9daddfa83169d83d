//! `kinora chat`

use std::io::{self, BufRead, IsTerminal, Write};

use kinora_engine::{Control, ConversationSummary, LanguageModel, Studio};
use serde::Serialize;

use super::ask;
use crate::{
    Outcome,
    args::{ChatArgs, ChatCommand},
    output, report,
};

#[derive(Serialize)]
struct Report {
    conversations: Vec<Line>,
}

#[derive(Serialize)]
struct Line {
    id: u64,
    title: String,
    turns: u64,
    started_at: String,
    changed_at: String,
}

/// Runs the command.
pub fn run(studio: &Studio, args: &ChatArgs, json: bool) -> anyhow::Result<Outcome> {
    let library = &args.library;
    match &args.command {
        Some(ChatCommand::List) => list(studio, library, json)?,
        Some(ChatCommand::Export { id }) => {
            output::line(studio.export_conversation(library, *id)?.trim_end())?;
        }
        Some(ChatCommand::Rename { id, title }) => {
            studio.rename_conversation(library, *id, title)?;
        }
        Some(ChatCommand::Delete { id }) => studio.delete_conversation(library, *id)?,
        None => talk(studio, args)?,
    }
    Ok(Outcome::Done)
}

fn list(studio: &Studio, library: &str, json: bool) -> anyhow::Result<()> {
    let line = |summary: ConversationSummary| Line {
        id: summary.id,
        title: summary.title,
        turns: summary.turns,
        started_at: summary.started_at.to_string(),
        changed_at: summary.changed_at.to_string(),
    };
    let conversations: Vec<Line> = studio.conversations(library)?.into_iter().map(line).collect();
    if json {
        return output::json(&Report { conversations });
    }
    let rows: Vec<Vec<String>> = conversations
        .into_iter()
        .map(|line| vec![line.id.to_string(), line.turns.to_string(), line.changed_at, line.title])
        .collect();
    for line in output::table::lines(&["id", "turns", "changed", "title"], &rows) {
        output::line(output::shown(&line))?;
    }
    Ok(())
}

/// Questions from the terminal, or one a line from a pipe, until the end of input.
fn talk(studio: &Studio, args: &ChatArgs) -> anyhow::Result<()> {
    let model = ask::model(studio, &args.answer)?;
    let control = super::interruptible()?;
    let mut conversation = args.resume;
    if let Some(id) = conversation {
        for turn in studio.turns(&args.library, id)? {
            output::line(output::shown(&turn.text))?;
        }
    }
    let terminal = io::stdin().is_terminal();
    let mut lines = io::stdin().lock().lines();
    loop {
        if terminal {
            eprint!("> ");
            io::stderr().flush()?;
        }
        let Some(line) = lines.next().transpose()? else {
            return Ok(());
        };
        let question = line.trim();
        if !question.is_empty() {
            turn(studio, args, question, &mut conversation, model.as_deref(), &control)?;
        }
    }
}

/// A question that cannot be answered does not end the conversation, unless nobody listens any more.
fn turn(
    studio: &Studio,
    args: &ChatArgs,
    question: &str,
    conversation: &mut Option<u64>,
    model: Option<&dyn LanguageModel>,
    control: &Control,
) -> anyhow::Result<()> {
    let id = match *conversation {
        Some(id) => id,
        None => studio.start_conversation(&args.library, question)?,
    };
    *conversation = Some(id);
    let request = ask::request(question, Some(id), &args.answer);
    match ask::answer(studio, &args.library, &request, model, control) {
        Ok(_) => Ok(()),
        Err(error) if control.is_cancelled() || output::is_broken_pipe(&error) => Err(error),
        Err(error) => {
            report(&error);
            Ok(())
        }
    }
}
