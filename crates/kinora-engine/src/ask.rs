//! Questions that are answered in sentences, and the conversations that they make.

use std::{cell::RefCell, path::PathBuf};

use jiff::{Timestamp, Zoned};
use kinora_catalog::{Catalog, ConversationSummary, Turn};
use kinora_chat::{Answer, Answerer, AskOptions, Question, Sentence, Transcript};
use kinora_inference::LanguageModel;
use kinora_retrieval::Searcher;
use kinora_types::{Citation, Control};

use crate::{EngineError, Place, Studio};

/// What is asked.
#[derive(Clone, Debug, Default)]
pub struct AskRequest {
    /// The question.
    pub question: String,
    /// The conversation that it belongs to; it and its answer are added there.
    pub conversation: Option<u64>,
    /// How it is answered.
    pub options: AskOptions,
}

impl Studio {
    /// Answers a question from a library; `told` hears each sentence once it was checked. Without a model
    /// the evidence speaks for itself.
    pub fn ask(
        &self,
        library: &str,
        request: &AskRequest,
        model: Option<&dyn LanguageModel>,
        control: &Control,
        told: &mut dyn FnMut(&Sentence),
    ) -> Result<Answer, EngineError> {
        let catalog = self.catalog(library)?;
        let history = match request.conversation {
            Some(id) => catalog.turns(id)?,
            None => Vec::new(),
        };
        let answer = self.answer(&catalog, request, &history, model, control, told)?;
        if let Some(id) = request.conversation {
            let turns = Transcript::turns_of(&request.question, &answer, Timestamp::now());
            catalog.say(id, &turns)?;
        }
        Ok(answer)
    }

    fn answer(
        &self,
        catalog: &Catalog,
        request: &AskRequest,
        history: &[Turn],
        model: Option<&dyn LanguageModel>,
        control: &Control,
        told: &mut dyn FnMut(&Sentence),
    ) -> Result<Answer, EngineError> {
        let space = self.space_of(catalog)?;
        let index = self.index(catalog)?;
        let searcher = Searcher::new(catalog, &index, space.text()).map_err(EngineError::from)?;
        let knows_places = self.store().path_if_here("places")?.is_some();
        // A list that is broken, or that nobody waits for any more, is no unknown place.
        let fault = RefCell::new(None);
        let place = |name: &str| {
            let gazetteer = knows_places.then(|| self.gazetteer(control))?;
            let gazetteer = gazetteer.map_err(|error| fault.replace(Some(error))).ok()?;
            gazetteer.city(name).map(Place::point)
        };
        let options = request.options.clone();
        let answerer = Answerer { searcher: &searcher, model, place: &place, options };
        let today = Zoned::now().date();
        let question = Question { text: &request.question, today, history };
        let answer = answerer.ask(&question, control, told);
        match fault.take() {
            Some(error) => Err(error),
            None => Ok(answer?),
        }
    }

    /// Begins a conversation, called after its first question, and gives its number.
    pub fn start_conversation(&self, library: &str, question: &str) -> Result<u64, EngineError> {
        let title = Transcript::title_of(question);
        Ok(self.catalog(library)?.start_conversation(&title, Timestamp::now())?)
    }

    /// The conversations about a library, the last changed first.
    pub fn conversations(&self, library: &str) -> Result<Vec<ConversationSummary>, EngineError> {
        Ok(self.catalog(library)?.conversations()?)
    }

    /// What was said in a conversation.
    pub fn turns(&self, library: &str, id: u64) -> Result<Vec<Turn>, EngineError> {
        Ok(self.catalog(library)?.turns(id)?)
    }

    /// Calls a conversation something else.
    pub fn rename_conversation(
        &self,
        library: &str,
        id: u64,
        title: &str,
    ) -> Result<(), EngineError> {
        Ok(self.catalog(library)?.rename_conversation(id, title)?)
    }

    /// Forgets a conversation.
    pub fn delete_conversation(&self, library: &str, id: u64) -> Result<(), EngineError> {
        Ok(self.catalog(library)?.delete_conversation(id)?)
    }

    /// A conversation as Markdown with the thumbnails of what it cites.
    pub fn export_conversation(&self, library: &str, id: u64) -> Result<String, EngineError> {
        let catalog = self.catalog(library)?;
        let transcript =
            Transcript { summary: catalog.conversation(id)?, turns: catalog.turns(id)? };
        let thumbnail = |citation: &Citation| -> Option<PathBuf> {
            self.thumbnail(library, &citation.asset).ok().flatten()
        };
        let picture =
            |citation: &Citation| Some(thumbnail(citation)?.to_string_lossy().into_owned());
        Ok(transcript.markdown(&picture))
    }
}
