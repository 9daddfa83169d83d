//! The vector index of a library: the one place where its backend is chosen, and how it follows the catalogue.

use std::{
    path::Path,
    sync::{RwLock, RwLockReadGuard, RwLockWriteGuard, TryLockError, mpsc},
    thread,
    time::Duration,
};

use kinora_catalog::Catalog;
use kinora_index::{Embedded, IndexError, IndexRead, IndexWrite};
use kinora_types::{Control, EmbeddingSpace};

use crate::EngineError;

/// Between two looks at whether somebody waits no longer.
const TICK: Duration = Duration::from_millis(50);
/// Between two tries to write.
const TRY: Duration = Duration::from_millis(1);

/// Opens the index of a library's folder, or makes it.
///
/// # Errors
/// If the index cannot be read or written, or holds vectors of another space.
pub(crate) fn open_index(
    library: &Path,
    space: &EmbeddingSpace,
) -> Result<Box<dyn IndexWrite>, IndexError> {
    Ok(Box::new(Embedded::open(&library.join("index"), &space.id(), space.dimension)?))
}

/// The index of an open library; nothing is read before somebody searches.
#[derive(Default)]
pub(crate) struct LibraryIndex(RwLock<Held>);

type Held = Option<Followed>;

/// An index and how far it follows its catalogue.
struct Followed {
    index: Box<dyn IndexWrite>,
    /// The catalogue's revision that it holds all of. Its own mark may be lower: not every change is one of points.
    revision: u64,
}

impl LibraryIndex {
    /// Runs `work` on the index once it holds what any process has committed to the catalogue until now.
    ///
    /// # Errors
    /// If the index or the catalogue cannot be read, and those of `work`.
    pub(crate) fn read<T>(
        &self,
        catalog: &Catalog,
        control: &Control,
        work: impl FnOnce(&dyn IndexRead) -> Result<T, EngineError>,
    ) -> Result<T, EngineError> {
        loop {
            control.check()?;
            let held = self.held();
            if let Some(index) = follows(&held, catalog)? {
                return work(index);
            }
            drop(held);
            let mut held = self.held_mut(control)?;
            catch_up(&mut held, catalog, control)?;
        }
    }

    /// Brings the index up to the catalogue and makes it fast; gives whether it was done.
    ///
    /// The work is done on a copy of its own in a thread that is left behind once somebody asks to stop: until it is
    /// done nobody sees what it writes, and the next run begins again. Those who search meanwhile are not kept waiting.
    ///
    /// # Errors
    /// If the index or the catalogue cannot be read or written.
    pub(crate) fn optimise(
        &self,
        catalog: &Catalog,
        control: &Control,
    ) -> Result<bool, EngineError> {
        if control.is_cancelled() {
            return Ok(false);
        }
        let (folder, (done, outcome)) = (catalog.folder().to_owned(), mpsc::channel());
        let stop = control.clone();
        let work = move || -> Result<(), EngineError> {
            let catalog = Catalog::open(&folder)?;
            let mut index = open_index(&folder, catalog.space())?;
            kinora_retrieval::sync(&catalog, &mut *index, &stop)?;
            Ok(index.optimise()?)
        };
        let failed = |source| EngineError::Io { path: catalog.folder().to_owned(), source };
        let started = thread::Builder::new().name("kinora-index".into());
        // Nobody listens any more if we were stopped.
        started.spawn(move || drop(done.send(work()))).map_err(failed)?;
        loop {
            match outcome.recv_timeout(TICK) {
                Ok(Err(EngineError::Cancelled(_))) => return Ok(false),
                Ok(result) => {
                    result?;
                    // What this process has open is the state before; the next search opens the new one.
                    *self.held_mut(control)? = None;
                    return Ok(true);
                }
                Err(mpsc::RecvTimeoutError::Timeout) if control.is_cancelled() => return Ok(false),
                Err(mpsc::RecvTimeoutError::Timeout) => {}
                Err(mpsc::RecvTimeoutError::Disconnected) => {
                    let died = std::io::Error::other("the indexing thread died");
                    return Err(failed(died));
                }
            }
        }
    }

    fn held(&self) -> RwLockReadGuard<'_, Held> {
        self.0.read().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// Waits for those who search, for no longer than the control allows.
    fn held_mut(&self, control: &Control) -> Result<RwLockWriteGuard<'_, Held>, EngineError> {
        loop {
            match self.0.try_write() {
                Ok(held) => return Ok(held),
                Err(TryLockError::Poisoned(poisoned)) => {
                    // Whoever panicked left it half written: it is opened anew.
                    let mut held = poisoned.into_inner();
                    *held = None;
                    return Ok(held);
                }
                Err(TryLockError::WouldBlock) => {
                    control.check()?;
                    thread::sleep(TRY);
                }
            }
        }
    }
}

/// The index, if it holds all that the catalogue does.
fn follows<'h>(
    held: &'h Held,
    catalog: &Catalog,
) -> Result<Option<&'h dyn IndexRead>, EngineError> {
    let Some(followed) = held else { return Ok(None) };
    let up_to_date = followed.revision == catalog.revision()?;
    Ok(up_to_date.then_some(&*followed.index as &dyn IndexRead))
}

fn catch_up(held: &mut Held, catalog: &Catalog, control: &Control) -> Result<(), EngineError> {
    let followed = match held {
        Some(followed) => followed,
        None => {
            let index = open_index(catalog.folder(), catalog.space())?;
            held.insert(Followed { index, revision: 0 })
        }
    };
    if followed.index.is_stale()? {
        // Another process followed the catalogue too, or made the index fast.
        followed.index.reload()?;
    }
    // Read before, so that what is committed meanwhile is followed the next time.
    let revision = catalog.revision()?;
    kinora_retrieval::sync(catalog, &mut *followed.index, control)?;
    followed.revision = revision;
    Ok(())
}
