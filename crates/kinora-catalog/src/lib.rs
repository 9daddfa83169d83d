//! The catalogue of one library: a SQLite file that is the truth about it.
//!
//! Way in: [`Catalog::create`] or [`Catalog::open`] on a library's folder. Writing goes through
//! [`Catalog::commit`], one transaction a call, durable when it returns (WAL, `synchronous=FULL`).
//! Readers in other processes see it at once. Vectors are kept here as 32-bit floats; a vector index
//! follows through [`Catalog::changes_since`] and can be thrown away and rebuilt at any time.
//!
//! An asset is *live* while at least one present file holds its bytes and nobody took it out ([`Change::Remove`]); only
//! live assets are found.
//! Others stay, so that films made from them can still be explained.
//!
//! A picture is one point of the vector index, a video one point for each frame that was looked at; the
//! video's own vector is not in the index.
//!
//! What is read is what was written: every page of the file carries a checksum, and a damaged one is an error
//! ([`CatalogError::Damaged`]), never another answer. Before a newer Kinora changes the format it leaves a copy,
//! `catalog.before-N.sqlite`. Folder and files are their owner's alone.
//!
//! Memory: rows are read as asked for; [`Catalog::changes_since`] is limited by its caller.

mod backup;
mod change;
mod check;
mod connections;
mod contents;
mod conversations;
mod error;
mod films;
mod filter;
mod frames;
mod layers;
mod lexical;
mod live;
mod names;
mod pages;
mod passages;
mod place;
mod problems;
mod read;
mod removal;
mod repair;
mod schema;
mod write;

use std::{
    io,
    path::{Path, PathBuf},
    sync::MutexGuard,
};

use kinora_files::private;
use kinora_types::EmbeddingSpace;
use rusqlite::Connection;

use crate::{
    connections::{Connections, Reader},
    place::FileId,
    schema::Access,
};

pub use change::{
    Change, Description, FileEntry, FileState, IndexChange, NewAsset, NewFrame, NewShot,
};
pub use check::{Health, examine};
pub use contents::Contents;
pub use conversations::{ConversationSummary, Speaker, Turn};
pub use error::CatalogError;
pub use films::FilmSummary;
pub use filter::Filter;
pub use frames::{Frame, MovingShot, Owner};
pub use kinora_types::Kind;
pub use layers::{Layer, LayerMetadata};
pub use lexical::{LexicalHit, Words};
pub use names::composed;
pub use passages::{Correction, PassageHit};
pub use problems::{Problem, WordFault};
pub use removal::Meant;
pub use repair::{Repaired, repair};

/// Name of the database file in a library's folder.
pub const FILE_NAME: &str = "catalog.sqlite";

/// One library's catalogue, to be shared by threads. Up to eight of them read at the same time (more wait for one of
/// those), and none waits for a writer; writers take turns. Each call sees one state of the library, the last that
/// any process committed before it began.
///
/// Several processes may have the same library open, one of them writing at a time (others wait up to 30 s).
pub struct Catalog {
    connections: Connections,
    folder: PathBuf,
    name: String,
    space: EmbeddingSpace,
}

impl Catalog {
    /// Makes a new library in `folder` (made if missing, for its owner alone) and pins its embedding space.
    ///
    /// The catalogue gets its name when it is whole: killed before that, there is no library yet.
    ///
    /// # Errors
    /// [`CatalogError::Exists`] if there is one, even one that cannot be read; [`CatalogError::Lost`] if there
    /// was one.
    pub fn create(folder: &Path, name: &str, space: &EmbeddingSpace) -> Result<Self, CatalogError> {
        let failed = |source| CatalogError::Folder { path: folder.to_owned(), source };
        match place::look(folder) {
            Err(CatalogError::NoLibrary { .. }) => {}
            Err(lost @ CatalogError::Lost { .. }) => return Err(lost),
            _ => return Err(CatalogError::Exists { name: name.to_owned() }),
        }
        private::create_folder(folder).map_err(failed)?;
        place::sweep(folder);
        let new = tempfile::Builder::new().prefix(place::NEW).tempfile_in(folder);
        let new = new.map_err(failed)?.into_temp_path();
        let mut connection = schema::connect(&new, Access::Make)?;
        schema::make(&mut connection)?;
        schema::write_identity(&connection, name, space)?;
        // The last connection takes the log along.
        connection.close().map_err(|(_, error)| error)?;
        new.persist_noclobber(folder.join(FILE_NAME)).map_err(|error| {
            match error.error.kind() {
                io::ErrorKind::AlreadyExists => CatalogError::Exists { name: name.to_owned() },
                _ => failed(error.error),
            }
        })?;
        kinora_files::sync_folder(folder).map_err(failed)?;
        Self::open(folder)
    }

    /// Opens the library in `folder`; brings it up, after a backup, if an older Kinora made it.
    ///
    /// # Errors
    /// [`CatalogError::NoLibrary`] only where there never was one; [`CatalogError::Lost`],
    /// [`CatalogError::Foreign`] and [`CatalogError::Damaged`] for what is in the way of one.
    pub fn open(folder: &Path) -> Result<Self, CatalogError> {
        place::look(folder)?;
        place::close_to_others(folder);
        let path = folder.join(FILE_NAME);
        let open = || {
            let file = place::file_id(&path);
            let mut connection = schema::connect(&path, Access::Use)?;
            schema::migrate(&mut connection, folder, &path)?;
            Self::over(connection, file, folder)
        };
        open().map_err(|error| told_better(error, &path))
    }

    /// Opens the library in `folder` to look at it: nothing is written, nothing brought up.
    ///
    /// # Errors
    /// As [`Catalog::open`]; [`CatalogError::TooOld`] for an older format.
    pub fn look(folder: &Path) -> Result<Self, CatalogError> {
        place::look(folder)?;
        let path = folder.join(FILE_NAME);
        let file = place::file_id(&path);
        let connection = schema::connect(&path, Access::Look)?;
        let found = schema::version(&connection, &path)?;
        if found < schema::newest() {
            return Err(CatalogError::TooOld { found });
        }
        Self::over(connection, file, folder)
    }

    /// Takes over a connection that was opened while `file` lay in the folder.
    fn over(
        connection: Connection,
        file: Option<FileId>,
        folder: &Path,
    ) -> Result<Self, CatalogError> {
        let path = folder.join(FILE_NAME);
        let (name, space) = schema::read_identity(&connection, &path)?;
        let connections = Connections::new(connection, path, file)?;
        Ok(Self { connections, folder: folder.to_owned(), name, space })
    }

    /// Copies from before its format was changed, in the library's folder, the newest last.
    pub fn backups(folder: &Path) -> Vec<PathBuf> {
        backup::list(folder)
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

    /// Whether the file that was opened is still the one in the folder. Where it is not, reads may go on with what
    /// the file held, writes fail ([`CatalogError::Moved`]); the catalogue is to be closed. Costs one look at the
    /// file's metadata.
    pub fn is_in_place(&self) -> bool {
        self.connections.is_in_place()
    }

    /// The connection that writes.
    fn writer(&self) -> Result<MutexGuard<'_, Connection>, CatalogError> {
        self.connections.writer()
    }

    /// A connection for one statement that reads.
    fn reader(&self) -> Result<Reader<'_>, CatalogError> {
        self.connections.reader()
    }

    /// A connection for several statements that read the same state.
    fn view(&self) -> Result<Reader<'_>, CatalogError> {
        self.connections.view()
    }
}

/// A header that another program changed, and a file that is none of ours, look damaged at first.
fn told_better(error: CatalogError, path: &Path) -> CatalogError {
    let CatalogError::Damaged(_) = &error else {
        return error;
    };
    let examined = schema::connect(path, Access::Examine);
    match examined.and_then(|connection| schema::version(&connection, path)) {
        Err(better @ (CatalogError::TooNew { .. } | CatalogError::Foreign { .. })) => better,
        _ => error,
    }
}
