//! Questions that are answered in sentences, and the conversations that they make.

use std::path::PathBuf;

use jiff::{Timestamp, Zoned};
use kinora_catalog::{ConversationSummary, Turn};
use kinora_chat::{Answer, Answerer, AskOptions, Question, Sentence, Transcript};
use kinora_inference::LanguageModel;
use kinora_types::{Citation, Control};
use serde::Deserialize;

use crate::{EngineError, Event, Job, Library, named_places::NamedPlaces};

/// What is asked.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AskRequest {
    /// The question.
    pub question: String,
    /// The conversation that it belongs to; it and its answer are added there.
    pub conversation: Option<u64>,
    /// How it is answered.
    pub options: AskOptions,
    /// Answer in the evidence's own words, whatever language model is configured.
    pub extractive: bool,
}

impl Library {
    /// Answers a question; each sentence is told of once it was checked ([`Event::Sentence`]). Without a language
    /// model the evidence speaks for itself.
    ///
    /// # Errors
    /// If nothing is asked, a model or the library cannot be used, or the work was stopped.
    pub fn ask(&self, request: &AskRequest, job: &Job) -> Result<Answer, EngineError> {
        let _span = tracing::info_span!("ask", library = self.name()).entered();
        job.run(|control| {
            let history = match request.conversation {
                Some(id) => self.catalog.turns(id)?,
                None => Vec::new(),
            };
            let answer = self.answer(request, &history, control, job)?;
            if let Some(id) = request.conversation {
                let turns = Transcript::turns_of(&request.question, &answer, Timestamp::now());
                self.catalog.say(id, &turns)?;
            }
            Ok(answer)
        })
    }

    fn answer(
        &self,
        request: &AskRequest,
        history: &[Turn],
        control: &Control,
        job: &Job,
    ) -> Result<Answer, EngineError> {
        let model = match request.extractive {
            true => None,
            false => self.shared.models.language()?,
        };
        let model = model.as_ref().map(|model| model as &dyn LanguageModel);
        job.tell(Event::Answering { model: model.map(|model| model.model().to_owned()) });
        let space = self.embedders()?;
        let places = NamedPlaces::new(&self.shared, control)?;
        let options = request.options.clone();
        let today = Zoned::now().date();
        let question = Question { text: &request.question, today, history };
        self.searching(&space, control, |searcher| {
            let answerer = Answerer { searcher, model, places: &places, options };
            let mut tell = |sentence: &Sentence| job.tell(Event::Sentence(sentence.clone()));
            let answer = answerer.ask(&question, &mut tell, control);
            match places.fault() {
                Some(error) => Err(error),
                None => Ok(answer?),
            }
        })
    }

    /// Begins a conversation, called after its first question, and gives its number.
    ///
    /// # Errors
    /// If the catalogue cannot be written.
    pub fn start_conversation(&self, question: &str) -> Result<u64, EngineError> {
        let title = Transcript::title_of(question);
        Ok(self.catalog.start_conversation(&title, Timestamp::now())?)
    }

    /// The conversations about a library, the last changed first.
    ///
    /// # Errors
    /// If the catalogue cannot be read.
    pub fn conversations(&self) -> Result<Vec<ConversationSummary>, EngineError> {
        Ok(self.catalog.conversations()?)
    }

    /// What was said in a conversation.
    ///
    /// # Errors
    /// If there is no such conversation, or the catalogue cannot be read.
    pub fn turns(&self, id: u64) -> Result<Vec<Turn>, EngineError> {
        Ok(self.catalog.turns(id)?)
    }

    /// Calls a conversation something else.
    ///
    /// # Errors
    /// If there is no such conversation, or the catalogue cannot be written.
    pub fn rename_conversation(&self, id: u64, title: &str) -> Result<(), EngineError> {
        Ok(self.catalog.rename_conversation(id, title)?)
    }

    /// Forgets a conversation.
    ///
    /// # Errors
    /// If there is no such conversation, or the catalogue cannot be written.
    pub fn delete_conversation(&self, id: u64) -> Result<(), EngineError> {
        Ok(self.catalog.delete_conversation(id)?)
    }

    /// A conversation as Markdown with the thumbnails of what it cites.
    ///
    /// # Errors
    /// If there is no such conversation, or the catalogue cannot be read.
    pub fn export_conversation(&self, id: u64) -> Result<String, EngineError> {
        let catalog = &self.catalog;
        let transcript =
            Transcript { summary: catalog.conversation(id)?, turns: catalog.turns(id)? };
        let thumbnail =
            |citation: &Citation| -> Option<PathBuf> { self.thumbnail(&citation.asset) };
        let picture =
            |citation: &Citation| Some(thumbnail(citation)?.to_string_lossy().into_owned());
        Ok(transcript.markdown(&picture))
    }
}
