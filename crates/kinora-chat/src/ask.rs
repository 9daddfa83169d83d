//! From a question to an answer.

use jiff::civil::Date;
use kinora_catalog::{Filter, Speaker, Turn};
use kinora_inference::{
    Completion, CompletionRequest, InferenceError, LanguageModel, Message, Role,
};
use kinora_retrieval::Searcher;
use kinora_types::{Citation, Control};
use serde::Deserialize;

use crate::{
    Answer, ChatError, Evidence, Method, Operation, Places, Plan, Sentence, Support, Wish,
    alike::{alike, last_cited},
    catalogue::{self, Listing},
    check::check_sentence,
    clauses::{clauses, whole},
    extract::extract,
    follow::{Reading, leans_on_one, opening, readings, stand_alone, without_place},
    gather::{Gathered, Gatherer},
    planner::Planner,
    prompt,
    sentence::{Said, Sentences},
};

/// Tokens below which evidence is not worth a question.
const LEAST: u32 = 96;
/// Earlier turns that a model gets.
const TURNS: usize = 4;
const WORD_BY_WORD: &str = "taken from the evidence word by word";

/// How answers are made.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AskOptions {
    /// Pieces of evidence at most.
    pub evidence: usize,
    /// Tokens of a model's answer at most.
    pub max_tokens: u32,
    /// Tokens of evidence at most, whatever the model's context has room for.
    pub budget: u32,
    /// Temperature of a model's draws ([`CompletionRequest::temperature`]).
    pub temperature: f32,
    /// Seed of a model's draws.
    pub seed: u64,
}

impl Default for AskOptions {
    fn default() -> Self {
        Self { evidence: 8, max_tokens: 300, budget: 2048, temperature: 0.0, seed: 0 }
    }
}

/// A question in its conversation.
#[derive(Clone, Copy, Debug)]
pub struct Question<'a> {
    /// What is asked.
    pub text: &'a str,
    /// The day on which it is asked: what `last summer` is counted from.
    pub today: Date,
    /// What was said before, oldest first.
    pub history: &'a [Turn],
}

/// Answers questions to one library.
pub struct Answerer<'a> {
    /// Finds the evidence.
    pub searcher: &'a Searcher<'a>,
    /// Writes the answer; `None`: the evidence speaks for itself.
    pub model: Option<&'a dyn LanguageModel>,
    /// Where names are, and what places are called.
    pub places: &'a dyn Places,
    /// How answers are made.
    pub options: AskOptions,
}

/// What goes on while a question is answered.
struct Asking<'a> {
    question: &'a Question<'a>,
    on_sentence: &'a mut dyn FnMut(&Sentence),
    control: &'a Control,
}

impl Answerer<'_> {
    /// Answers a question. `on_sentence` is called with each sentence that may be shown as soon as it was checked.
    ///
    /// # Errors
    /// [`ChatError::Empty`] for no question, [`ChatError::Cancelled`] once `control` says stop; those of the search,
    /// the catalogue and the model. That nothing in the library answers is an [`Answer`].
    pub fn ask(
        &self,
        question: &Question<'_>,
        on_sentence: &mut dyn FnMut(&Sentence),
        control: &Control,
    ) -> Result<Answer, ChatError> {
        if question.text.trim().is_empty() {
            return Err(ChatError::Empty);
        }
        let answer = if let Some(Wish::Alike(mentions)) = Wish::of(question.text) {
            let cited = last_cited(question.history);
            alike(self.searcher, &mentions, cited, self.options.evidence, control)?
        } else {
            let mut asking = Asking { question, on_sentence, control };
            self.read(&mut asking)?
        };
        // A model's sentences were shown as they came.
        if !matches!(answer.method, Method::Model { .. }) {
            answer
                .sentences
                .iter()
                .filter(|sentence| sentence.support == Support::Supported)
                .for_each(on_sentence);
        }
        Ok(answer)
    }

    /// The first reading of the question that is answered.
    fn read(&self, asking: &mut Asking<'_>) -> Result<Answer, ChatError> {
        let mut refused = None;
        for reading in readings(asking.question.text, asking.question.history) {
            asking.control.check()?;
            let answer = self.read_as(&reading, asking)?;
            // A model is asked once.
            if answer.answered || matches!(answer.method, Method::Model { .. }) {
                return Ok(answer);
            }
            refused.get_or_insert(answer);
        }
        refused.ok_or(ChatError::Empty)
    }

    fn read_as(&self, reading: &Reading, asking: &mut Asking<'_>) -> Result<Answer, ChatError> {
        let text = asking.question.text;
        match reading {
            Reading::Alone => self.parts(text, asking),
            Reading::Bound(cited) => self.bound(text, cited, asking),
            Reading::Instead(last) => {
                let planner = self.planner(asking);
                let plan = planner.plan(opening(text).unwrap_or(text))?.after(planner.plan(last)?);
                self.follow(plan, last, asking)
            }
            Reading::Merged(whole) => {
                let plan = self.planner(asking).plan(whole)?;
                let mut answer = self.follow(plan, whole, asking)?;
                answer.notes.push(format!("understood as: {whole}"));
                Ok(answer)
            }
        }
    }

    /// A question with each of its parts; a part that leans is bound to what the part before cites.
    fn parts(&self, text: &str, asking: &mut Asking<'_>) -> Result<Answer, ChatError> {
        let parts = clauses(text);
        if parts.len() == 1 || self.model.is_some() {
            let plan = self.planner(asking).plan(text)?;
            return self.follow(plan, text, asking);
        }
        let mut whole: Option<Answer> = None;
        for part in &parts {
            let cited = whole.as_ref().map(Answer::citations).unwrap_or_default();
            let mut answer = None;
            if leans_on_one(part) && !cited.is_empty() {
                answer = Some(self.bound(part, &cited[..1], asking)?).filter(|told| told.answered);
                if answer.is_none() {
                    let merged = stand_alone(part, &[&parts[0]]);
                    let plan = self.planner(asking).plan(&merged)?;
                    answer = Some(self.follow(plan, &merged, asking)?);
                }
            }
            let answer = match answer {
                Some(answer) => answer,
                None => {
                    let plan = self.planner(asking).plan(part)?;
                    self.follow(plan, part, asking)?
                }
            };
            whole = Some(match whole {
                Some(before) => before.and(answer),
                None => answer,
            });
        }
        whole.ok_or(ChatError::Empty)
    }

    /// A question about what was cited.
    fn bound(
        &self,
        text: &str,
        cited: &[Citation],
        asking: &mut Asking<'_>,
    ) -> Result<Answer, ChatError> {
        let text = &without_place(&whole(opening(text).unwrap_or(text)));
        let mut plan = self.planner(asking).plan(text)?;
        let only = cited.iter().map(|citation| citation.asset).collect();
        // The noun says only what it is called again: `when was the picture taken`. A picture of what was spoken
        // of is another thing.
        let kind = plan.filter.kind.filter(|_| plan.operation == Operation::Show);
        let narrowed = !Filter { kind: None, ..plan.filter.clone() }.is_open();
        plan.filter = Filter { only: Some(only), kind, ..plan.filter };
        plan.unknown = None;
        plan.one = cited.len() == 1;
        let alone = plan.is_filter_alone();
        if plan.operation == Operation::Tell && alone && (narrowed || cited.len() > 1) {
            plan.operation = Operation::List;
        }
        let labels: Vec<&str> = cited.iter().map(|citation| citation.label.as_str()).collect();
        plan.steps.push(format!("it is {}", labels.join(", ")));
        self.follow(plan, text, asking)
    }

    fn planner<'b>(&'b self, asking: &'b Asking<'_>) -> Planner<'b> {
        let (today, control) = (asking.question.today, asking.control);
        Planner { searcher: self.searcher, places: self.places, today, control }
    }

    /// Answers as planned.
    fn follow(
        &self,
        plan: Plan,
        whole: &str,
        asking: &mut Asking<'_>,
    ) -> Result<Answer, ChatError> {
        asking.control.check()?;
        let found = catalogue::answer(self.searcher, &plan, self.places, asking.control)?;
        if let Some(found) = found {
            return Ok(by_catalogue(found, plan));
        }
        let history = history(asking.question.history);
        let prompt = Prompt { question: asking.question.text, whole, history };
        let mut plan = plan;
        let mut gathered = self.gather(&plan, &prompt, asking.control)?;
        // What is said of Rome in 2017 was not said there and then.
        if !gathered.fits && plan.filter.only.is_none() && !plan.filter.is_open() {
            let words = Plan { steps: plan.steps.clone(), ..Plan::as_words(whole) };
            let again =
                self.gather(&Plan { wants_words: true, ..words.clone() }, &prompt, asking.control)?;
            if again.fits {
                (plan, gathered) = (words, again);
            }
        }
        // `When did we fly the kite?` is told by those who tell of it, else by the pictures of it.
        if let Some(field) = plan.fallback.filter(|_| !gathered.fits) {
            let asked =
                Plan { operation: Operation::Field(field), wants_words: false, ..plan.clone() };
            let shown = catalogue::answer(self.searcher, &asked, self.places, asking.control)?;
            if let Some(shown) = shown.filter(|shown| shown.answered) {
                return Ok(by_catalogue(shown, asked));
            }
        }
        match (gathered.fits, self.model) {
            (false, _) => Ok(unanswered(plan, gathered.evidence)),
            (true, None) => self.extractive(plan, gathered.evidence, whole, asking.control),
            (true, Some(model)) => self.modelled(model, plan, gathered, &prompt, asking),
        }
    }

    fn gather(
        &self,
        plan: &Plan,
        prompt: &Prompt<'_>,
        control: &Control,
    ) -> Result<Gathered, ChatError> {
        let budget = match self.model {
            Some(model) => self.room(model, prompt)?,
            None => self.options.budget,
        };
        let count = |text: &str| match self.model {
            Some(model) => Ok(model.count_tokens(&[Message::text(Role::User, text)])?.tokens),
            // No model reads it: any measure will do.
            None => Ok(text.len() as u32 / 4),
        };
        let most = self.options.evidence;
        let (searcher, places) = (self.searcher, self.places);
        Gatherer { searcher, places, most, budget, count: &count, control }.gather(plan)
    }

    /// Tokens that evidence may have, once rules, question, history and answer have theirs.
    fn room(&self, model: &dyn LanguageModel, prompt: &Prompt<'_>) -> Result<u32, ChatError> {
        let context = model.context_length()?;
        let spoken = model.count_tokens(&prompt.messages(&[]))?.tokens;
        let taken = spoken.saturating_add(self.options.max_tokens);
        let room = context.saturating_sub(taken).min(self.options.budget);
        if room < LEAST {
            let tokens = Some(taken.saturating_add(LEAST));
            return Err(InferenceError::TooLong { tokens, limit: Some(context) }.into());
        }
        Ok(room)
    }

    fn modelled(
        &self,
        model: &dyn LanguageModel,
        plan: Plan,
        gathered: Gathered,
        prompt: &Prompt<'_>,
        asking: &mut Asking<'_>,
    ) -> Result<Answer, ChatError> {
        let (control, on_sentence) = (asking.control, &mut *asking.on_sentence);
        let Gathered { evidence, only_pictures, .. } = gathered;
        let request = CompletionRequest {
            messages: prompt.messages(&evidence),
            max_tokens: self.options.max_tokens,
            temperature: self.options.temperature,
            seed: self.options.seed,
            stop: vec!["</evidence>".into(), "<evidence>".into(), "\nQuestion:".into()],
        };
        let mut checked =
            Checked { evidence: &evidence, question: prompt.question, done: Vec::new() };
        let mut sentences = Sentences::default();
        let completion = model.complete(&request, control, &mut |piece| {
            sentences.push(piece).iter().for_each(|said| checked.take(said, on_sentence));
        })?;
        sentences.finish().iter().for_each(|said| checked.take(said, on_sentence));
        let done = checked.done;
        let supported = done.iter().any(|sentence| sentence.support == Support::Supported);
        let refused = done.iter().any(|sentence| sentence.support == Support::Refusal);
        if supported || (refused && !only_pictures) {
            return Ok(finished(model.model(), plan, evidence, done, completion));
        }
        let mut answer = self.extractive(plan, evidence, prompt.whole, control)?;
        let name = model.model();
        answer.notes = vec![if refused {
            format!("found by visual similarity, which language model {name} does not see")
        } else {
            format!("{WORD_BY_WORD}: nothing that language model {name} said is supported")
        }];
        let left_out = done.into_iter().filter(|sentence| !sentence.is_shown());
        answer.sentences.splice(0..0, left_out);
        (answer.tokens, answer.sent) = (tokens(&completion), completion.sent);
        Ok(answer)
    }

    fn extractive(
        &self,
        plan: Plan,
        evidence: Vec<Evidence>,
        question: &str,
        control: &Control,
    ) -> Result<Answer, ChatError> {
        let information = self.searcher.information(&plan.subject, control)?;
        let sentences = extract(&evidence, &plan, question, &information);
        Ok(Answer {
            method: Method::Extractive,
            sentences,
            evidence,
            answered: true,
            plan,
            notes: vec![format!("{WORD_BY_WORD}: no language model was asked")],
            tokens: None,
            sent: None,
        })
    }
}

/// What goes to a model beside the evidence.
struct Prompt<'a> {
    question: &'a str,
    /// The question as it stands alone, without its history.
    whole: &'a str,
    history: Vec<(String, String)>,
}

impl Prompt<'_> {
    fn messages(&self, evidence: &[Evidence]) -> Vec<Message> {
        prompt::messages(evidence, self.question, &self.history)
    }
}

/// Holds each sentence against the evidence and passes on what may be shown.
struct Checked<'a> {
    evidence: &'a [Evidence],
    question: &'a str,
    done: Vec<Sentence>,
}

impl Checked<'_> {
    fn take(&mut self, said: &Said, on_sentence: &mut dyn FnMut(&Sentence)) {
        let mut sentence = check_sentence(&said.text, &said.cites, self.evidence, self.question);
        // Models without end say the same again.
        if self.done.iter().any(|earlier| earlier.text == sentence.text) {
            sentence.support = Support::Unsupported("it was said before".into());
        }
        if sentence.support == Support::Supported {
            on_sentence(&sentence);
        }
        self.done.push(sentence);
    }
}

fn finished(
    model: &str,
    plan: Plan,
    evidence: Vec<Evidence>,
    mut sentences: Vec<Sentence>,
    completion: Completion,
) -> Answer {
    let answered = sentences.iter().any(|sentence| sentence.support == Support::Supported);
    let mut notes = Vec::new();
    let dropped = sentences.iter().filter(|sentence| !sentence.is_shown()).count();
    if dropped > 0 {
        notes.push(format!("{dropped} of {} sentences left out: unsupported", sentences.len()));
    }
    let attributed = sentences.iter().filter(|sentence| sentence.attributed).count();
    if attributed > 0 {
        notes.push(format!(
            "{attributed} of {} sentences came without a source; Kinora found it",
            sentences.len()
        ));
    }
    // Beside what is supported a refusal says nothing; alone it is said in our words.
    sentences.retain(|sentence| sentence.support != Support::Refusal);
    if !answered {
        sentences.push(refusal(&evidence));
    }
    Answer {
        method: Method::Model { name: model.to_owned() },
        sentences,
        evidence,
        answered,
        plan,
        notes,
        tokens: tokens(&completion),
        sent: completion.sent,
    }
}

/// Tokens of prompt and answer, if the model's service tells.
fn tokens(completion: &Completion) -> Option<(u32, u32)> {
    completion.prompt_tokens.zip(completion.tokens)
}

fn by_catalogue(found: Listing, plan: Plan) -> Answer {
    let method = if found.answered { Method::Catalogue } else { Method::None };
    Answer {
        method,
        sentences: found.sentences,
        evidence: found.evidence,
        answered: found.answered,
        plan,
        notes: found.notes,
        tokens: None,
        sent: None,
    }
}

fn unanswered(plan: Plan, nearest: Vec<Evidence>) -> Answer {
    Answer {
        method: Method::None,
        sentences: vec![refusal(&nearest)],
        evidence: nearest,
        answered: false,
        plan,
        notes: Vec::new(),
        tokens: None,
        sent: None,
    }
}

fn refusal(nearest: &[Evidence]) -> Sentence {
    let cites: Vec<u32> = nearest.iter().take(3).map(|piece| piece.number).collect();
    let text = if cites.is_empty() {
        "Nothing in this library answers that."
    } else {
        "Nothing in this library answers that; this comes nearest."
    };
    Sentence::refusal(text, cites)
}

/// The last turns as question and answer, citations taken out: their numbers mean other things now.
fn history(turns: &[Turn]) -> Vec<(String, String)> {
    let mut pairs: Vec<(String, String)> = Vec::new();
    for pair in turns.windows(2) {
        if let [asked, answered] = pair
            && (asked.speaker, answered.speaker) == (Speaker::Person, Speaker::Kinora)
        {
            let parts = answered.text.split('[').map(|part| match part.split_once(']') {
                Some((number, rest)) if number.chars().all(|c| c.is_ascii_digit()) => rest,
                _ => part,
            });
            pairs.push((asked.text.clone(), parts.collect()));
        }
    }
    pairs.split_off(pairs.len().saturating_sub(TURNS / 2))
}
