//! `kinora chat`

use std::{
    io::{self, BufRead, IsTerminal},
    path::PathBuf,
};

use kinora_engine::{
    Command, Control, ConversationSummary, Engine, FilmWish, Library, Mentions, SAYINGS, Saying,
    Wish,
};
use serde::Serialize;

use super::{ask, make};
use crate::{
    Outcome,
    args::{ChatArgs, ChatCommand},
    output, report,
    signals::{Rule, Signals},
};

#[derive(Serialize)]
struct ConversationList {
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
pub(crate) fn run(
    engine: &Engine,
    args: &ChatArgs,
    json: bool,
    signals: &Signals,
) -> anyhow::Result<Outcome> {
    let library = &*engine.library(&args.library)?;
    match &args.command {
        Some(ChatCommand::List) => list(library, json)?,
        Some(ChatCommand::Export { id }) => {
            output::document(&library.export_conversation(*id)?)?;
        }
        Some(ChatCommand::Rename { id, title }) => {
            library.rename_conversation(*id, title)?;
        }
        Some(ChatCommand::Delete { id }) => library.delete_conversation(*id)?,
        None => talk(library, engine, args, json, signals)?,
    }
    Ok(Outcome::Done)
}

fn list(library: &Library, json: bool) -> anyhow::Result<()> {
    let line = |summary: ConversationSummary| Line {
        id: summary.id,
        title: summary.title,
        turns: summary.turns,
        started_at: summary.started_at.to_string(),
        changed_at: summary.changed_at.to_string(),
    };
    let conversations: Vec<Line> = library.conversations()?.into_iter().map(line).collect();
    if json {
        return output::json(&ConversationList { conversations });
    }
    let rows: Vec<Vec<String>> = conversations
        .into_iter()
        .map(|line| vec![line.id.to_string(), line.turns.to_string(), line.changed_at, line.title])
        .collect();
    for line in output::table::lines(&["id", "turns", "changed", "title"], &rows) {
        output::line(line)?;
    }
    Ok(())
}

/// Questions from the terminal, or one a line from a pipe, until the end of input. As JSON, an object for each
/// answer. Ctrl-C stops an answer, and ends the conversation where a question is awaited.
fn talk(
    library: &Library,
    engine: &Engine,
    args: &ChatArgs,
    json: bool,
    signals: &Signals,
) -> anyhow::Result<()> {
    if !args.answer.extractive {
        // What is configured and cannot be had is known before the first question.
        engine.language_model()?;
    }
    let mut talk = Talk { library, args, conversation: args.resume, json };
    if let Some(id) = talk.conversation.filter(|_| !json) {
        for turn in library.turns(id)? {
            output::line(&turn.text)?;
        }
    }
    let terminal = io::stdin().is_terminal();
    let mut lines = io::stdin().lock().lines();
    loop {
        if terminal {
            output::prompt();
        }
        let Some(line) = lines.next().transpose()? else {
            return Ok(());
        };
        let question = line.trim();
        let command = Command::of(question);
        if command == Some(Command::Leave) {
            return Ok(());
        }
        if let Some(command) = command {
            say_help(command, json)?;
        } else if !question.is_empty() {
            let done = signals.during(Rule::Writes, |control| talk.turn(question, control));
            if output::is_unread() {
                return Ok(());
            }
            match done {
                // Ctrl-C meant the answer, any other signal means all.
                Err(_) if signals.heard().is_none() => output::say("cancelled"),
                done => done?,
            }
        }
    }
}

#[derive(Serialize)]
struct Help {
    /// The command that there is not.
    #[serde(skip_serializing_if = "Option::is_none")]
    unknown: Option<String>,
    help: &'static [Saying],
}

/// What can be said; to a command that there is not too.
fn say_help(command: Command, json: bool) -> anyhow::Result<()> {
    let unknown = if let Command::Unknown(word) = command { Some(word) } else { None };
    if json {
        return output::json(&Help { unknown, help: &SAYINGS });
    }
    if let Some(word) = unknown {
        output::say(&format!("there is no command `{word}`; what can be said:"));
    }
    let rows: Vec<Vec<String>> =
        SAYINGS.iter().map(|line| vec![line.say.into(), line.what.into()]).collect();
    for line in output::table::lines(&["say, for example", "and Kinora"], &rows) {
        output::line(line)?;
    }
    Ok(())
}

/// A conversation that goes on.
struct Talk<'a> {
    library: &'a Library,
    args: &'a ChatArgs,
    /// Its number, once it has begun.
    conversation: Option<u64>,
    json: bool,
}

impl Talk<'_> {
    /// A question that cannot be answered does not end the conversation; an error is one that was cancelled.
    fn turn(&mut self, question: &str, control: &Control) -> anyhow::Result<()> {
        let id = match self.conversation {
            Some(id) => id,
            None => self.library.start_conversation(question)?,
        };
        self.conversation = Some(id);
        let done = match Wish::of(question) {
            Some(Wish::Film(mentions, wish)) => self.film(id, question, &mentions, wish, control),
            _ => self.answer(id, question, control),
        };
        match done {
            Err(error) if control.is_cancelled() => Err(error),
            Err(error) => {
                report(&error);
                Ok(())
            }
            Ok(()) => Ok(()),
        }
    }

    fn answer(&self, id: u64, question: &str, control: &Control) -> anyhow::Result<()> {
        let request = ask::request(question, Some(id), &self.args.answer);
        let show = ask::Show::of(self.json, &self.args.answer);
        ask::answer(self.library, &request, control, show)?;
        Ok(())
    }

    /// Makes a film of what was cited, in the working folder, and says so in the conversation.
    fn film(
        &self,
        id: u64,
        said: &str,
        mentions: &Mentions,
        wish: FilmWish,
        control: &Control,
    ) -> anyhow::Result<()> {
        let library = self.library;
        let film = library.film_of_answer(id, mentions, wish)?;
        for name in &film.left_out {
            output::say(&format!("note: left out, as it has no picture: {name}"));
        }
        let out = free_name(id);
        let record = make::make(library, &film.request, &out, control)?;
        make::print(&out, &record, self.json)?;
        Ok(library.say_film(id, said, &film, &out)?)
    }
}

/// `chat-3-film-1.mp4`, counted on past what is there.
fn free_name(id: u64) -> PathBuf {
    let name = |n: u32| PathBuf::from(format!("chat-{id}-film-{n}.mp4"));
    let free = |path: &PathBuf| !path.exists() && !path.with_extension("json").exists();
    (1..).map(name).find(free).unwrap_or_else(|| name(0))
}
