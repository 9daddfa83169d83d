//! The catalogue of one library: a SQLite file that is the truth about it.
//!
//! Way in: [`Catalog::create`] or [`Catalog::open`] on a library's folder. Writing goes through
//! [`Catalog::commit`], one transaction a call, durable when it returns (WAL, `synchronous=FULL`).
//! Readers in other processes see it at once. Vectors are kept here as 32-bit floats; a vector index
//! follows through [`Catalog::changes_since`] and can be thrown away and rebuilt at any time.
//!
//! An asset is *live* while at least one present file holds its bytes; only live assets are found.
//! Others stay, so that films made from them can still be explained.
//!
//! A picture is one point of the vector index, a video one point for each frame that was looked at; the
//! video's own vector is not in the index.
//!
//! Memory: rows are read as asked for; [`Catalog::changes_since`] is limited by its caller.

mod change;
mod conversations;
mod error;
mod films;
mod filter;
mod frames;
mod lexical;
mod live;
mod names;
mod passages;
mod read;
mod schema;
mod told;
mod write;

use std::{
    path::{Path, PathBuf},
    sync::{Mutex, MutexGuard, PoisonError},
};

use kinora_types::EmbeddingSpace;
use rusqlite::Connection;

pub use change::{
    Change, Description, FileEntry, FileState, IndexChange, NewAsset, NewFrame, NewShot,
};
pub use conversations::{ConversationSummary, Speaker, Turn};
pub use error::CatalogError;
pub use films::FilmSummary;
pub use filter::Filter;
pub use frames::{FrameRow, MovingShot, Owner};
pub use kinora_types::Kind;
pub use lexical::{LexicalHit, Words};
pub use names::composed;
pub use passages::{Correction, PassageHit};
pub use told::{Layer, Told};

/// Name of the database file in a library's folder.
pub const FILE_NAME: &str = "catalog.sqlite";

/// One library's catalogue. Calls from several threads take turns; several processes may have the
/// same library open, one of them writing at a time (others wait up to 30 s).
pub struct Catalog {
    connection: Mutex<Connection>,
    folder: PathBuf,
    name: String,
    space: EmbeddingSpace,
}

impl Catalog {
    /// Makes a new library in `folder` (made if missing) and pins its embedding space.
    pub fn create(folder: &Path, name: &str, space: &EmbeddingSpace) -> Result<Self, CatalogError> {
        std::fs::create_dir_all(folder)
            .map_err(|source| CatalogError::Folder { path: folder.to_owned(), source })?;
        let mut connection = schema::connect(folder, true)?;
        schema::migrate(&mut connection)?;
        schema::write_identity(&mut connection, name, space)?;
        drop(connection);
        Self::open(folder)
    }

    /// Opens the library in `folder`; migrates it if an older Kinora made it.
    pub fn open(folder: &Path) -> Result<Self, CatalogError> {
        if !folder.join(FILE_NAME).is_file() {
            return Err(CatalogError::NoLibrary { path: folder.to_owned() });
        }
        let mut connection = schema::connect(folder, false)?;
        schema::migrate(&mut connection)?;
        let (name, space) = schema::read_identity(&connection, folder)?;
        Ok(Self { connection: Mutex::new(connection), folder: folder.to_owned(), name, space })
    }

    /// The library's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The space that the library is pinned to.
    pub fn space(&self) -> &EmbeddingSpace {
        &self.space
    }

    /// The library's folder: the database, thumbnails and the vector index.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    fn connection(&self) -> MutexGuard<'_, Connection> {
        // A panic elsewhere leaves no half transaction: rusqlite rolls back on drop.
        self.connection.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
