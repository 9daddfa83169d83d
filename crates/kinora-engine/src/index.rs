//! The vector index of a library: the one place where its backend is chosen, and how it follows the catalogue.

use std::{
    path::Path,
    sync::{Arc, Mutex, MutexGuard, TryLockError, mpsc},
    thread,
    time::{Duration, Instant},
};

use kinora_catalog::Catalog;
use kinora_index::{Embedded, IndexError, IndexRead, IndexWrite};
use kinora_types::{Control, EmbeddingSpace};

use crate::{EngineError, engine::locked};

/// Between two looks at whether somebody waits no longer.
const TICK: Duration = Duration::from_millis(50);
/// Between two tries to have the index for oneself, and how many there are: a search takes milliseconds.
const TRY: Duration = Duration::from_millis(1);
const TRIES: u32 = 20;

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
///
/// A search works on a snapshot and holds no lock: one that lasts, as that of a film does, keeps nobody from following
/// the catalogue.
#[derive(Default)]
pub(crate) struct LibraryIndex {
    current: Mutex<Option<Arc<Followed>>>,
    /// Held by the one thread that follows the catalogue.
    following: Mutex<()>,
}

/// An index and how far it follows its catalogue.
struct Followed {
    index: Box<dyn IndexWrite>,
    /// The catalogue's revision that it holds all of. Its own mark may be lower: not every change is one of points.
    revision: u64,
}

impl LibraryIndex {
    /// Runs `work` on the index once it holds what any process has committed to the catalogue until now.
    pub(crate) fn read<T>(
        &self,
        catalog: &Catalog,
        control: &Control,
        work: impl FnOnce(&dyn IndexRead) -> Result<T, EngineError>,
    ) -> Result<T, EngineError> {
        work(&*self.snapshot(catalog, control)?.index)
    }

    fn snapshot(&self, catalog: &Catalog, control: &Control) -> Result<Arc<Followed>, EngineError> {
        if let Some(current) = self.up_to_date(catalog)? {
            return Ok(current);
        }
        let _following = self.wait_to_follow(control)?;
        // Whoever followed before may have done it all.
        if let Some(current) = self.up_to_date(catalog)? {
            return Ok(current);
        }
        let followed = match locked(&self.current).take() {
            Some(current) => own(current),
            None => None,
        };
        let mut followed = match followed {
            Some(followed) => followed,
            None => Followed { index: open_index(catalog.folder(), catalog.space())?, revision: 0 },
        };
        catch_up(&mut followed, catalog, control)?;
        let followed = Arc::new(followed);
        *locked(&self.current) = Some(Arc::clone(&followed));
        Ok(followed)
    }

    /// The snapshot that is there, if it holds all that the catalogue does.
    fn up_to_date(&self, catalog: &Catalog) -> Result<Option<Arc<Followed>>, EngineError> {
        let revision = catalog.revision()?;
        let current = locked(&self.current).as_ref().map(Arc::clone);
        Ok(current.filter(|followed| followed.revision == revision))
    }

    /// Waits for another thread that follows, for no longer than the control allows.
    fn wait_to_follow(&self, control: &Control) -> Result<MutexGuard<'_, ()>, EngineError> {
        loop {
            match self.following.try_lock() {
                Ok(guard) => return Ok(guard),
                Err(TryLockError::Poisoned(poisoned)) => return Ok(poisoned.into_inner()),
                Err(TryLockError::WouldBlock) => {
                    control.check()?;
                    thread::sleep(TRY);
                }
            }
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
                    // What is open here is the state before, if something was written; the next search opens that.
                    let is_before =
                        |current: &mut Arc<Followed>| current.index.is_stale().unwrap_or(true);
                    locked(&self.current).take_if(is_before);
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
}

/// The index itself, once the searches that work on it are done; `None` if one of them lasts.
fn own(mut current: Arc<Followed>) -> Option<Followed> {
    for _ in 0..TRIES {
        match Arc::try_unwrap(current) {
            Ok(followed) => return Some(followed),
            Err(shared) => current = shared,
        }
        thread::sleep(TRY);
    }
    None
}

fn catch_up(
    followed: &mut Followed,
    catalog: &Catalog,
    control: &Control,
) -> Result<(), EngineError> {
    if followed.index.is_stale()? {
        // Another process followed the catalogue too, or made the index fast.
        followed.index.reload()?;
    }
    // Read before, so that what is committed meanwhile is followed the next time.
    let revision = catalog.revision()?;
    let (begun, empty) = (Instant::now(), followed.index.is_empty());
    kinora_retrieval::sync(catalog, &mut *followed.index, control)?;
    let (points, seconds) = (followed.index.len(), begun.elapsed().as_secs_f64());
    if empty && points > 0 {
        tracing::info!(points, seconds, "vector index filled");
    } else {
        tracing::debug!(points, seconds, "vector index followed");
    }
    followed.revision = revision;
    Ok(())
}
