//! Films of what an answer cited.

use std::path::Path;

use jiff::Timestamp;
use kinora_catalog::{Speaker, Turn};
use kinora_chat::{FilmWish, Mentions, Transcript, Wish, last_cited};
use kinora_film::BriefFormat;
use kinora_types::{Captioning, Citation, FilmSpec, Kind, Size, Transition};
use toml::{Table, Value};

use crate::{BriefSource, EngineError, FilmRequest, Library};

/// Length of a crossfade.
pub const CROSSFADE_SECONDS: f64 = 0.5;
/// Length of a shot where nobody said how long the film shall be.
const SHOT_SECONDS: f64 = 5.0;

/// A film that can be made of an answer.
#[derive(Clone, Debug)]
pub struct FilmOfAnswer {
    /// What to make.
    pub request: FilmRequest,
    /// What it will show, in this order.
    pub shows: Vec<Citation>,
    /// Names of what was meant but has no picture.
    pub left_out: Vec<String>,
}

impl Library {
    /// A film of what was last cited in a conversation: a shot for each source, of a video the cited stretch,
    /// under the question as its title. What the wish leaves open is as the film has it that was made of the same
    /// just before. Without a length every shot gets five seconds.
    ///
    /// # Errors
    /// If there is no such conversation, or its last answer cites nothing.
    pub fn film_of_answer(
        &self,
        conversation: u64,
        mentions: &Mentions,
        wish: FilmWish,
    ) -> Result<FilmOfAnswer, EngineError> {
        let catalog = &self.catalog;
        let turns = catalog.turns(conversation)?;
        let (mut shows, mut left_out) = (Vec::new(), Vec::new());
        for citation in mentions.of(last_cited(&turns))? {
            let asset = catalog.asset(&citation.asset)?;
            match asset.map(|asset| asset.kind()) {
                Some(Kind::Picture | Kind::Video) => shows.push(citation.clone()),
                Some(Kind::Audio) | None => left_out.push(citation.label.clone()),
            }
        }
        if shows.is_empty() {
            return Err(EngineError::NothingThere("nothing of it has a picture".into()));
        }
        let FilmWish { seconds, size } = wish.or(wished_before(&turns));
        let mut brief = Table::new();
        let title = question_before(&turns).map(Value::from);
        brief.extend(title.map(|title| ("title".to_owned(), title)));
        let shots: Vec<Table> = shows.iter().map(shot).collect();
        brief.insert("shot".to_owned(), shots.into());
        let spec = FilmSpec {
            size: size.unwrap_or(Size { width: 1280, height: 720 }),
            fps: 24,
            seconds: seconds.unwrap_or(SHOT_SECONDS * (shows.len() + 1) as f64),
            transition: Transition::Crossfade(CROSSFADE_SECONDS),
            captions: Captioning::FromBrief,
            seed: 0,
            sound: None,
            stabilisation: None,
        };
        let brief = BriefSource::Text { text: brief.to_string(), format: BriefFormat::Toml };
        let request = FilmRequest { length_given: true, ..FilmRequest::new(brief, spec) };
        Ok(FilmOfAnswer { request, shows, left_out })
    }

    /// Keeps in the conversation that a film was made.
    ///
    /// # Errors
    /// If the catalogue cannot be written.
    pub fn say_film(
        &self,
        conversation: u64,
        wish: &str,
        film: &FilmOfAnswer,
        out: &Path,
    ) -> Result<(), EngineError> {
        let marks: String = film.shows.iter().map(|shown| format!("[{}]", shown.number)).collect();
        let made = format!("A film of {marks}: {}", out.display());
        let turns = Transcript::exchange(wish, made, film.shows.clone(), Timestamp::now());
        Ok(self.catalog.say(conversation, &turns)?)
    }
}

/// The question that led to them.
fn question_before(turns: &[Turn]) -> Option<String> {
    let cited = turns.iter().rposition(|turn| !turn.citations.is_empty())?;
    let question = |turn: &&Turn| turn.speaker == Speaker::Person && Wish::of(&turn.text).is_none();
    let asked = turns[..cited].iter().rev().find(question)?;
    Some(asked.text.clone())
}

/// What the films were to be that were made one after the other up to now.
fn wished_before(turns: &[Turn]) -> FilmWish {
    let said = turns.iter().rev().filter(|turn| turn.speaker == Speaker::Person);
    let wishes = said.map_while(|turn| match Wish::of(&turn.text) {
        Some(Wish::Film(_, wish)) => Some(wish),
        _ => None,
    });
    wishes.fold(FilmWish::default(), FilmWish::or)
}

/// A shot as TOML briefs have it.
fn shot(citation: &Citation) -> Table {
    let stretch = citation.range.map(|range| {
        let seconds = |ms: u64| ms as f64 / 1000.0;
        format!("@{}-{}", seconds(range.start_ms()), seconds(range.end_ms()))
    });
    let pin = format!("{}{}", citation.asset, stretch.unwrap_or_default());
    let entries = [("prompt", citation.label.clone()), ("pin", pin)];
    entries.into_iter().map(|(key, value)| (key.to_owned(), value.into())).collect()
}
