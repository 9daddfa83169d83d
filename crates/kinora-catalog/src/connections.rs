//! The connections of one open catalogue: one that writes, and a few that read.
//!
//! With a write-ahead log a reader sees the last committed state and waits for no writer, as long as it has a
//! connection of its own. Readers are opened when they are needed, given back and kept. Where all of them are in use
//! the next one waits: a read takes milliseconds.
//!
//! Memory: up to 2 MB of pages a connection (SQLite's default), at most [`MOST_READERS`] + 1 connections.

use std::{
    ops::Deref,
    path::PathBuf,
    sync::{Condvar, Mutex, MutexGuard, OnceLock, PoisonError},
};

use rusqlite::Connection;

use crate::{
    CatalogError,
    place::{self, FileId},
    schema::{self, Access},
};

/// Reads that go on at the same time.
const MOST_READERS: usize = 8;

/// All connections to one file.
pub(crate) struct Connections {
    /// Closed before the writer: the connection that is closed last takes the log along, which no reader can.
    readers: [OnceLock<Mutex<Connection>>; MOST_READERS],
    /// Places in `readers` that nobody uses; the last one is the next to be used.
    free: Mutex<Vec<usize>>,
    given_back: Condvar,
    writer: Mutex<Connection>,
    path: PathBuf,
    file: Option<FileId>,
}

impl Connections {
    /// Takes over a connection that was opened while `file` lay at the path.
    ///
    /// # Errors
    /// [`CatalogError::Moved`] if another file lies there by now.
    pub(crate) fn new(
        writer: Connection,
        path: PathBuf,
        file: Option<FileId>,
    ) -> Result<Self, CatalogError> {
        let connections = Self {
            readers: Default::default(),
            free: Mutex::new((0..MOST_READERS).rev().collect()),
            given_back: Condvar::new(),
            writer: Mutex::new(writer),
            path,
            file,
        };
        connections.check_place()?;
        Ok(connections)
    }

    /// Whether the file at the path is the one that was opened.
    pub(crate) fn is_in_place(&self) -> bool {
        self.file.is_some() && place::file_id(&self.path) == self.file
    }

    fn check_place(&self) -> Result<(), CatalogError> {
        if self.is_in_place() {
            return Ok(());
        }
        Err(CatalogError::Moved { path: self.path.clone() })
    }

    /// The connection that writes; others wait for it in turn.
    ///
    /// # Errors
    /// [`CatalogError::Moved`]: what is written into a removed file is lost without an error.
    pub(crate) fn writer(&self) -> Result<MutexGuard<'_, Connection>, CatalogError> {
        // A panic elsewhere leaves no half transaction: rusqlite rolls back on drop.
        let writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        self.check_place()?;
        Ok(writer)
    }

    /// A connection for one statement.
    ///
    /// # Errors
    /// [`CatalogError::Moved`] and what SQLite says if one must be opened and cannot be.
    pub(crate) fn reader(&self) -> Result<Reader<'_>, CatalogError> {
        let place = self.take();
        let given = Given { place, connections: self };
        let slot = &self.readers[place];
        let connection = match slot.get() {
            Some(connection) => connection,
            None => {
                let opened = self.open_reader()?;
                slot.get_or_init(|| Mutex::new(opened))
            }
        };
        let connection = connection.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(Reader { connection, _given: given })
    }

    /// A connection for several statements, all of which see the state that the first one sees.
    ///
    /// # Errors
    /// As [`Connections::reader`].
    pub(crate) fn view(&self) -> Result<Reader<'_>, CatalogError> {
        let reader = self.reader()?;
        reader.execute_batch("BEGIN DEFERRED")?;
        Ok(reader)
    }

    /// Waits for a free place and takes it.
    fn take(&self) -> usize {
        let mut free = self.free.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            match free.pop() {
                Some(place) => return place,
                None => {
                    free = self.given_back.wait(free).unwrap_or_else(PoisonError::into_inner);
                }
            }
        }
    }

    fn open_reader(&self) -> Result<Connection, CatalogError> {
        self.check_place()?;
        let opened = schema::connect(&self.path, Access::Look)?;
        // A library of the same name may have taken the place meanwhile.
        self.check_place()?;
        Ok(opened)
    }
}

/// A place that is given back when this is dropped.
struct Given<'a> {
    place: usize,
    connections: &'a Connections,
}

impl Drop for Given<'_> {
    fn drop(&mut self) {
        let free = &self.connections.free;
        free.lock().unwrap_or_else(PoisonError::into_inner).push(self.place);
        self.connections.given_back.notify_one();
    }
}

/// A connection that only reads, for the time being.
pub(crate) struct Reader<'a> {
    connection: MutexGuard<'a, Connection>,
    /// Given back after the connection was let go.
    _given: Given<'a>,
}

impl Deref for Reader<'_> {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        &self.connection
    }
}

impl Drop for Reader<'_> {
    fn drop(&mut self) {
        if !self.connection.is_autocommit() {
            // Nothing was written: there is nothing that could be lost.
            let _ = self.connection.execute_batch("ROLLBACK");
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{
        sync::{
            Barrier,
            atomic::{AtomicUsize, Ordering},
        },
        thread,
    };

    use super::*;

    /// A database with one table `t` of one number.
    fn database() -> (tempfile::TempDir, Connections) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("t.sqlite");
        let writer = schema::connect(&path, Access::Make).unwrap();
        writer.execute_batch("CREATE TABLE t (n); INSERT INTO t VALUES (1)").unwrap();
        let file = place::file_id(&path);
        let connections = Connections::new(writer, path, file).unwrap();
        (folder, connections)
    }

    fn number(connection: &Connection) -> i64 {
        connection.query_row("SELECT n FROM t", [], |row| row.get(0)).unwrap()
    }

    #[test]
    fn readers_go_on_while_the_writer_is_in_its_transaction() {
        let (_folder, connections) = database();
        let writer = connections.writer().unwrap();
        writer.execute_batch("BEGIN IMMEDIATE; UPDATE t SET n = 2").unwrap();
        // The writer's connection is held by this very thread: a shared one would never be let go.
        assert_eq!(number(&connections.reader().unwrap()), 1);
        writer.execute_batch("COMMIT").unwrap();
        assert_eq!(number(&connections.reader().unwrap()), 2);
    }

    #[test]
    fn a_view_sees_one_state_and_the_next_one_the_newest() {
        let (_folder, connections) = database();
        let view = connections.view().unwrap();
        assert_eq!(number(&view), 1);
        connections.writer().unwrap().execute_batch("UPDATE t SET n = 2").unwrap();
        assert_eq!(number(&view), 1);
        assert_eq!(number(&connections.reader().unwrap()), 2);
        drop(view);
        assert_eq!(number(&connections.view().unwrap()), 2);
    }

    #[test]
    fn readers_write_nothing() {
        let (_folder, connections) = database();
        assert!(connections.reader().unwrap().execute_batch("UPDATE t SET n = 2").is_err());
    }

    #[test]
    fn more_threads_than_connections_take_turns() {
        let (_folder, connections) = database();
        let (inside, most, start) =
            (AtomicUsize::new(0), AtomicUsize::new(0), Barrier::new(4 * MOST_READERS));
        thread::scope(|scope| {
            for _ in 0..4 * MOST_READERS {
                scope.spawn(|| {
                    start.wait();
                    for _ in 0..50 {
                        let reader = connections.view().unwrap();
                        most.fetch_max(inside.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                        assert_eq!(number(&reader), 1);
                        inside.fetch_sub(1, Ordering::SeqCst);
                    }
                });
            }
        });
        assert!((1..=MOST_READERS).contains(&most.into_inner()));
        assert_eq!(connections.free.lock().unwrap().len(), MOST_READERS);
    }

    #[test]
    fn a_panic_in_a_read_leaves_the_connection_usable() {
        let (_folder, connections) = database();
        let hurt = thread::scope(|scope| {
            scope
                .spawn(|| {
                    let view = connections.view().unwrap();
                    assert_eq!(number(&view), 2, "on purpose");
                })
                .join()
        });
        assert!(hurt.is_err());
        connections.writer().unwrap().execute_batch("UPDATE t SET n = 3").unwrap();
        assert_eq!(number(&connections.view().unwrap()), 3);
        assert_eq!(connections.free.lock().unwrap().len(), MOST_READERS);
    }
}
