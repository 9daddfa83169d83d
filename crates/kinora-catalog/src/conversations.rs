//! Conversations about a library: kept, listed, renamed, deleted.
//!
//! They are no change of the library: its revision stays.

use jiff::Timestamp;
use kinora_types::Citation;
use rusqlite::{Connection, TransactionBehavior, params};

use crate::{Catalog, CatalogError};

/// Who says a turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Speaker {
    /// The person who asks.
    Person,
    /// Kinora, with a model or without.
    Kinora,
}

impl Speaker {
    fn name(self) -> &'static str {
        match self {
            Self::Person => "person",
            Self::Kinora => "kinora",
        }
    }
}

/// One thing that was said.
#[derive(Clone, Debug, PartialEq)]
pub struct Turn {
    /// Who says it.
    pub speaker: Speaker,
    /// The words, citations as `[1]`.
    pub text: String,
    /// What the numbers mean.
    pub citations: Vec<Citation>,
    /// The language model that answered; `None` if none did.
    pub model: Option<String>,
    /// When it was said.
    pub said_at: Timestamp,
}

/// One line of a list of conversations.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConversationSummary {
    /// Its number, never given again.
    pub id: u64,
    /// What it is called.
    pub title: String,
    /// How many turns it has.
    pub turns: u64,
    /// When it began.
    pub started_at: Timestamp,
    /// When it last changed.
    pub changed_at: Timestamp,
}

impl Catalog {
    /// Begins a conversation and gives its number.
    ///
    /// # Errors
    /// [`CatalogError::Sqlite`] if the file cannot be written or others write for over 30 s; [`CatalogError::Moved`].
    pub fn start_conversation(&self, title: &str, at: Timestamp) -> Result<u64, CatalogError> {
        let connection = self.writer()?;
        connection.execute(
            "INSERT INTO conversations (title, started_at, changed_at) VALUES (?1, ?2, ?2)",
            params![title, at.to_string()],
        )?;
        Ok(connection.last_insert_rowid() as u64)
    }

    /// Adds turns at the end, all or none.
    ///
    /// # Errors
    /// [`CatalogError::Reference`] if there is no such conversation.
    /// [`CatalogError::Sqlite`] if the file cannot be written or others write for over 30 s; [`CatalogError::Moved`].
    pub fn say(&self, conversation: u64, turns: &[Turn]) -> Result<(), CatalogError> {
        let mut connection = self.writer()?;
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        for turn in turns {
            let sql = "UPDATE conversations SET changed_at = ?2 WHERE row = ?1";
            let known =
                transaction.execute(sql, params![conversation, turn.said_at.to_string()])?;
            found(known, conversation)?;
            let citations = serde_json::to_string(&turn.citations).map_err(damaged)?;
            transaction.execute(
                "INSERT INTO turns (conversation, place, speaker, text, citations, model, said_at)
                 SELECT ?1, coalesce(max(place) + 1, 0), ?2, ?3, ?4, ?5, ?6 FROM turns
                     WHERE conversation = ?1",
                params![
                    conversation,
                    turn.speaker.name(),
                    turn.text,
                    citations,
                    turn.model,
                    turn.said_at.to_string()
                ],
            )?;
        }
        transaction.commit()?;
        Ok(())
    }

    /// What was said in a conversation, in order.
    ///
    /// # Errors
    /// [`CatalogError::Reference`] if there is no such conversation.
    /// [`CatalogError::Sqlite`] and [`CatalogError::Moved`] if the file cannot be read; [`CatalogError::Damaged`].
    pub fn turns(&self, conversation: u64) -> Result<Vec<Turn>, CatalogError> {
        let connection = self.view()?;
        select(&connection, Some(conversation))?.pop().ok_or_else(|| unknown(conversation))?;
        let mut statement = connection.prepare_cached(
            "SELECT speaker, text, citations, model, said_at FROM turns
             WHERE conversation = ?1 ORDER BY place",
        )?;
        let rows = statement.query_map([conversation], |row| {
            let said: [String; 4] = [row.get(0)?, row.get(1)?, row.get(2)?, row.get(4)?];
            Ok((said, row.get(3)?))
        })?;
        rows.map(|row| turn(row?)).collect()
    }

    /// One conversation's line.
    ///
    /// # Errors
    /// [`CatalogError::Reference`] if there is no such conversation.
    /// [`CatalogError::Sqlite`] and [`CatalogError::Moved`] if the file cannot be read; [`CatalogError::Damaged`].
    pub fn conversation(&self, id: u64) -> Result<ConversationSummary, CatalogError> {
        select(&*self.reader()?, Some(id))?.pop().ok_or_else(|| unknown(id))
    }

    /// Every conversation, the last changed first.
    ///
    /// # Errors
    /// [`CatalogError::Sqlite`] and [`CatalogError::Moved`] if the file cannot be read; [`CatalogError::Damaged`].
    pub fn conversations(&self) -> Result<Vec<ConversationSummary>, CatalogError> {
        select(&*self.reader()?, None)
    }

    /// Calls a conversation something else.
    ///
    /// # Errors
    /// [`CatalogError::Reference`] if there is no such conversation.
    /// [`CatalogError::Sqlite`] if the file cannot be written or others write for over 30 s; [`CatalogError::Moved`].
    pub fn rename_conversation(&self, id: u64, title: &str) -> Result<(), CatalogError> {
        let sql = "UPDATE conversations SET title = ?2 WHERE row = ?1";
        found(self.writer()?.execute(sql, params![id, title])?, id)
    }

    /// Forgets a conversation.
    ///
    /// # Errors
    /// [`CatalogError::Reference`] if there is no such conversation.
    /// [`CatalogError::Sqlite`] if the file cannot be written or others write for over 30 s; [`CatalogError::Moved`].
    pub fn delete_conversation(&self, id: u64) -> Result<(), CatalogError> {
        found(self.writer()?.execute("DELETE FROM conversations WHERE row = ?1", [id])?, id)
    }
}

/// One conversation or all of them, the last changed first.
fn select(
    connection: &Connection,
    id: Option<u64>,
) -> Result<Vec<ConversationSummary>, CatalogError> {
    let mut statement = connection.prepare_cached(
        "SELECT row, title, (SELECT count(*) FROM turns WHERE conversation = row),
             started_at, changed_at
         FROM conversations WHERE ?1 IS NULL OR row = ?1 ORDER BY changed_at DESC, row DESC",
    )?;
    let rows = statement.query_map([id], |row| {
        let times: [String; 2] = [row.get(3)?, row.get(4)?];
        Ok((row.get(0)?, row.get(1)?, row.get(2)?, times))
    })?;
    rows.map(|row| {
        let (id, title, turns, [started, changed]) = row?;
        let (started_at, changed_at) = (time(&started)?, time(&changed)?);
        Ok(ConversationSummary { id, title, turns, started_at, changed_at })
    })
    .collect()
}

fn turn((said, model): ([String; 4], Option<String>)) -> Result<Turn, CatalogError> {
    let [speaker, text, citations, said_at] = said;
    let speaker = [Speaker::Person, Speaker::Kinora].into_iter().find(|s| s.name() == speaker);
    Ok(Turn {
        speaker: speaker.ok_or_else(|| damaged("a turn of nobody"))?,
        text,
        citations: serde_json::from_str(&citations).map_err(damaged)?,
        model,
        said_at: time(&said_at)?,
    })
}

fn time(text: &str) -> Result<Timestamp, CatalogError> {
    text.parse().map_err(damaged)
}

fn damaged(error: impl std::fmt::Display) -> CatalogError {
    CatalogError::Damaged(error.to_string())
}

fn found(rows: usize, id: u64) -> Result<(), CatalogError> {
    if rows == 0 { Err(unknown(id)) } else { Ok(()) }
}

fn unknown(id: u64) -> CatalogError {
    CatalogError::Reference(format!("there is no conversation `{id}` in this library"))
}
