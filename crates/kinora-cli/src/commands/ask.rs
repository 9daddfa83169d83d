//! `kinora ask`

use std::sync::{Arc, Mutex};

use kinora_engine::{
    Answer, AnswerPlan, AskOptions, AskRequest, Control, Engine, Event, Job, Library, Method,
    Operation, Sent, Sentence,
};
use kinora_types::Citation;
use serde::Serialize;

use crate::{
    Outcome,
    args::{AnswerArgs, AskArgs},
    output::{self, inline},
};

#[derive(Serialize)]
struct AnswerReport<'a> {
    library: &'a str,
    question: &'a str,
    text: String,
    citations: Vec<Citation>,
    /// What was found, cited or not.
    retrieved: Vec<Citation>,
    sent: Option<SentReport<'a>>,
    #[serde(flatten)]
    answer: &'a Answer,
}

/// What was sent, as `--json` tells it.
#[derive(Serialize)]
pub(crate) struct SentReport<'a> {
    host: &'a str,
    loopback: bool,
    bytes: u64,
    pictures: u32,
}

/// How an answer reaches its reader.
#[derive(Clone, Copy)]
pub(crate) enum Show {
    Json,
    /// As text, with pictures if there is a protocol for them.
    Text(Option<inline::Protocol>),
}

impl Show {
    pub(crate) fn of(json: bool, args: &AnswerArgs) -> Self {
        if json {
            return Self::Json;
        }
        Self::Text(if args.no_pictures { None } else { inline::protocol() })
    }
}

impl<'a> From<&'a Sent> for SentReport<'a> {
    fn from(sent: &'a Sent) -> Self {
        let Sent { to, bytes, pictures } = sent;
        Self { host: &to.host, loopback: to.loopback, bytes: *bytes, pictures: *pictures }
    }
}

/// Runs the command.
pub(crate) fn run(
    engine: &Engine,
    args: &AskArgs,
    json: bool,
    control: &Control,
) -> anyhow::Result<Outcome> {
    let library = engine.library(&args.library.library)?;
    let question = super::words(&args.question)?;
    let request = request(&question, None, &args.answer);
    let answer = answer(&library, &request, control, Show::of(json, &args.answer))?;
    if args.explain && !json {
        explain(&answer)?;
    }
    Ok(Outcome::Done)
}

fn report<'a>(library: &'a str, question: &'a str, answer: &'a Answer) -> AnswerReport<'a> {
    let sent = answer.sent.as_ref().map(SentReport::from);
    let (text, citations) = (answer.text(), answer.citations());
    let retrieved = answer.retrieved();
    AnswerReport { library, question, text, citations, retrieved, sent, answer }
}

/// A question with the answer's options.
pub(crate) fn request(question: &str, conversation: Option<u64>, args: &AnswerArgs) -> AskRequest {
    let options = AskOptions { evidence: usize::from(args.evidence), ..AskOptions::default() };
    AskRequest { question: question.to_owned(), conversation, options, extractive: args.extractive }
}

/// Asks, prints each sentence as soon as it was checked, and then what they rest on; or all at once as JSON.
pub(crate) fn answer(
    library: &Library,
    request: &AskRequest,
    control: &Control,
    show: Show,
) -> anyhow::Result<Answer> {
    if matches!(show, Show::Json) {
        let answer = library.ask(request, &Job::new(control))?;
        output::json(&report(library.name(), &request.question, &answer))?;
        return Ok(answer);
    }
    let page = Arc::new(Mutex::new(Page::new()));
    let (shown, stop) = (Arc::clone(&page), control.clone());
    let job = Job::new(control).on_event(move |event| output::locked(&shown).show(event, &stop));
    let answer = library.ask(request, &job);
    let mut page = output::locked(&page);
    page.waiting.clear();
    let answer = answer?;
    if let Some(error) = page.failed.take() {
        return Err(error);
    }
    output::line(if page.printed { String::new() } else { answer.text() })?;
    let protocol = if let Show::Text(protocol) = show { protocol } else { None };
    sources(&answer, &|citation| {
        let protocol = protocol?;
        let seen = library.cited_picture(citation, inline::SIDE, &Job::new(control))?;
        Some(inline::drawn(protocol, &seen))
    })?;
    notes(&answer);
    Ok(answer)
}

/// An answer as it comes.
struct Page {
    waiting: output::progress::Bar,
    /// Whether something of it was printed.
    printed: bool,
    /// Why no more of it can be.
    failed: Option<anyhow::Error>,
}

impl Page {
    fn new() -> Self {
        let waiting = output::progress::spinner();
        waiting.message("looking");
        waiting.steady();
        Self { waiting, printed: false, failed: None }
    }

    fn show(&mut self, event: Event, stop: &Control) {
        match event {
            Event::Answering { model: Some(model) } => {
                self.waiting.message(&format!("{model} reads what was found"));
            }
            Event::Sentence(sentence) => {
                self.waiting.clear();
                if self.failed.is_none() {
                    self.failed = print(&sentence, self.printed).err();
                    self.printed = true;
                }
                if output::is_unread() {
                    stop.cancel();
                }
            }
            _ => {}
        }
    }
}

/// List items stand on lines of their own, other sentences follow each other.
fn print(sentence: &Sentence, follows: bool) -> anyhow::Result<()> {
    let text = sentence.cited();
    let between = match (follows, text.starts_with("- ")) {
        (false, _) => "",
        (true, true) => "\n",
        (true, false) => " ",
    };
    output::piece(between, &text)
}

/// What was cited; `drawn` gives the escapes that draw it, if it is to be drawn.
fn sources(
    answer: &Answer,
    drawn: &dyn Fn(&Citation) -> Option<inline::Escapes>,
) -> anyhow::Result<()> {
    let citations = answer.citations();
    if !citations.is_empty() {
        output::line("")?;
    }
    for citation in citations {
        let piece = answer.evidence.iter().find(|piece| piece.number == citation.number);
        let path = piece.and_then(|piece| piece.asset.paths.first()).map_or("", String::as_str);
        let when = citation.range.map_or(String::new(), |range| format!("  at {range}"));
        output::line(format!("[{}]  {}  {path}{when}", citation.number, citation.label))?;
        if let Some(picture) = drawn(&citation) {
            output::picture(&picture)?;
        }
    }
    Ok(())
}

/// What is no part of the answer goes where messages go; what was sent is always said.
fn notes(answer: &Answer) {
    for note in &answer.notes {
        output::say(&format!("note: {note}"));
    }
    answer.sent.iter().for_each(say_sent);
}

/// To whom, and how much.
pub(crate) fn say_sent(Sent { to, bytes, pictures }: &Sent) {
    let where_to = if to.loopback { "on this machine" } else { "outside this machine" };
    let host = &to.host;
    output::say(&format!("sent to {host}, {where_to}: {bytes} bytes, {pictures} pictures"));
}

/// How the question was understood, a line for each part of the plan.
fn planned(plan: &AnswerPlan) -> Vec<String> {
    let operation = match plan.operation {
        Operation::Tell => "tell what is shown, said or written".to_owned(),
        Operation::Show => "show the one that is meant".to_owned(),
        Operation::List => "list all of them".to_owned(),
        Operation::Count { by: None } => "count them".to_owned(),
        Operation::Count { by: Some(period) } => format!("count them by {}", lower(period)),
        Operation::Field(field) => format!("tell the {}", lower(field)),
        Operation::Extreme { newest, most, field } => {
            let end = if newest { "newest" } else { "oldest" };
            let of = field.map_or(String::new(), |field| format!("tell the {} of ", lower(field)));
            format!("{of}{}the {most} {end}", if of.is_empty() { "show " } else { "" })
        }
    };
    let mut lines: Vec<String> = plan.steps.iter().map(|step| format!("first: {step}")).collect();
    lines.push(format!("operation: {operation}"));
    if !plan.conditions.is_empty() {
        lines.push(format!("filters: {}", plan.conditions.join("; ")));
    }
    lines.push(match plan.subject.as_str() {
        "" => "looked for: nothing but the filters".to_owned(),
        subject => format!("looked for: `{subject}`"),
    });
    lines
}

/// The name of a value as JSON has it.
fn lower(value: impl std::fmt::Debug) -> String {
    format!("{value:?}").to_lowercase()
}

fn explain(answer: &Answer) -> anyhow::Result<()> {
    let method = match &answer.method {
        Method::Catalogue => "the catalogue".to_owned(),
        Method::VisualSimilarity => "looks alone".to_owned(),
        Method::Extractive => "the evidence's own words".to_owned(),
        Method::Model { name } => format!("language model {name}"),
        Method::None => "nobody: there is no evidence".to_owned(),
    };
    output::line("")?;
    output::line(format!("answered by {method}"))?;
    for line in planned(&answer.plan) {
        output::line(line)?;
    }
    for sentence in answer.sentences.iter().filter(|sentence| !sentence.is_shown()) {
        output::line(format!("left out: {} ({:?})", sentence.cited(), sentence.support))?;
    }
    if let Some((prompt, tokens)) = answer.tokens {
        output::line(format!("tokens: {prompt} read, {tokens} written"))?;
    }
    Ok(())
}
