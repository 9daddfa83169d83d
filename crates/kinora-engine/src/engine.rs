//! The engine: settings, the model store, models, and the libraries that are open.

use std::{
    collections::HashMap,
    path::Path,
    sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak},
    thread,
    time::Duration,
};

use kinora_catalog::Catalog;
use kinora_store::{PullEvent, Store, StoreConfig};
use kinora_types::{Control, Passage};
use kinora_video::{FFmpeg, VideoLimits};

use crate::{
    EngineError, Event, Job, Library, LibrarySummary, Settings, libraries, memory,
    models::{Backends, Installed, Models},
    places::Gazetteer,
};

/// Between two looks for what is idle.
const LOOK: Duration = Duration::from_secs(5);

/// Everything Kinora can do on this machine. Cheap to clone; any number of threads may use it at once, and other
/// processes may work on the same libraries.
#[derive(Clone)]
pub struct Engine(Arc<Inner>);

struct Inner {
    shared: Arc<Shared>,
    /// Open libraries by name. Each has a lock of its own, so that opening one keeps nobody from another.
    open: Mutex<HashMap<String, Arc<Slot>>>,
}

/// One library, if it is open.
type Slot = Mutex<Option<Arc<Library>>>;

/// What all libraries of an engine share.
pub(crate) struct Shared {
    pub settings: Arc<Settings>,
    pub store: Arc<Store>,
    pub models: Models,
    /// The ffmpeg that answered: it is asked for its version and encoders once.
    pub ffmpeg: OnceLock<FFmpeg>,
    gazetteer: OnceLock<Gazetteer>,
}

impl Shared {
    /// Cities by name, read at their first use.
    ///
    /// # Errors
    /// [`EngineError::Gazetteer`] if the list of cities is missing or broken; cancellation.
    pub(crate) fn gazetteer(&self, control: &Control) -> Result<&Gazetteer, EngineError> {
        if let Some(read) = self.gazetteer.get() {
            return Ok(read);
        }
        let read = Gazetteer::read(&self.store.path("places")?, control)?;
        Ok(self.gazetteer.get_or_init(|| read))
    }
}

impl Engine {
    /// Opens the engine with the models of the store. Touches no file but the configuration.
    ///
    /// # Errors
    /// If there is no folder for the cache.
    pub fn open(settings: Settings) -> Result<Self, EngineError> {
        Self::with(settings, |settings, store| Arc::new(Installed::new(settings, store)))
    }

    /// Opens the engine with other models: of another program, or a test's own.
    ///
    /// # Errors
    /// As [`Engine::open`].
    pub fn with_backends(
        settings: Settings,
        backends: Arc<dyn Backends>,
    ) -> Result<Self, EngineError> {
        Self::with(settings, |_, _| backends)
    }

    fn with(
        settings: Settings,
        backends: impl FnOnce(Arc<Settings>, Arc<Store>) -> Arc<dyn Backends>,
    ) -> Result<Self, EngineError> {
        let config =
            StoreConfig { cache_dir: Some(settings.cache.clone()), ..StoreConfig::from_env() };
        let (settings, store) = (Arc::new(settings), Arc::new(Store::open(config)?));
        let models = Models::new(backends(Arc::clone(&settings), Arc::clone(&store)));
        let shared = Arc::new(Shared {
            settings,
            store,
            models,
            ffmpeg: OnceLock::new(),
            gazetteer: OnceLock::new(),
        });
        let inner = Arc::new(Inner { shared, open: Mutex::default() });
        tidy(&inner);
        Ok(Self(inner))
    }

    /// Folders and configuration.
    pub fn settings(&self) -> &Settings {
        &self.0.shared.settings
    }

    /// Models and programs.
    pub fn store(&self) -> &Store {
        &self.0.shared.store
    }

    /// The library of this name, opened if it is not open. One that was removed meanwhile is closed.
    ///
    /// # Errors
    /// [`EngineError::NoLibrary`], [`EngineError::LibraryName`], or why it cannot be used.
    pub fn library(&self, name: &str) -> Result<Arc<Library>, EngineError> {
        self.opened(name, |folders| libraries::open(folders, name))
    }

    /// The library of this name, made if there is none: in the space asked for, else in that of the configuration.
    ///
    /// # Errors
    /// [`EngineError::PinnedSpace`] if it is there and has another space than the one asked for; else as
    /// [`Engine::library`], or as the space cannot be had.
    pub fn library_or_new(
        &self,
        name: &str,
        space: Option<&str>,
    ) -> Result<Arc<Library>, EngineError> {
        let shared = &self.0.shared;
        let wanted = space.or(shared.settings.config.space.as_deref());
        let chosen = wanted.unwrap_or(&shared.store.manifest().default_space);
        let library = self.opened(name, |folders| {
            libraries::open_or_create(folders, name, || {
                Ok(shared.models.space(chosen)?.space().clone())
            })
        })?;
        let pinned = library.space();
        match space {
            Some(asked) if asked != pinned.name => Err(EngineError::PinnedSpace {
                library: name.to_owned(),
                pinned: pinned.id(),
                asked: asked.to_owned(),
            }),
            _ => Ok(library),
        }
    }

    fn opened(
        &self,
        name: &str,
        open: impl FnOnce(&Path) -> Result<Catalog, EngineError>,
    ) -> Result<Arc<Library>, EngineError> {
        let folders = self.0.shared.settings.libraries();
        libraries::folder(&folders, name)?;
        let slot = Arc::clone(locked(&self.0.open).entry(name.to_owned()).or_default());
        let opened = self.open_in(&slot, || open(&folders));
        if opened.is_err() {
            // Names of nothing are not kept, unless somebody else is at it: the map and this are the two.
            let mut open = locked(&self.0.open);
            if Arc::strong_count(&slot) == 2 && locked(&slot).is_none() {
                open.remove(name);
            }
        }
        opened
    }

    fn open_in(
        &self,
        slot: &Slot,
        open: impl FnOnce() -> Result<Catalog, EngineError>,
    ) -> Result<Arc<Library>, EngineError> {
        let mut slot = locked(slot);
        match &*slot {
            Some(library) if library.is_in_place() => return Ok(Arc::clone(library)),
            _ => *slot = None,
        }
        let library = Arc::new(Library::new(open()?, Arc::clone(&self.0.shared)));
        *slot = Some(Arc::clone(&library));
        Ok(library)
    }

    /// Closes libraries of these names and keeps them closed while `work` goes on. Whoever has one open still reads what
    /// it held.
    pub(crate) fn closed<T>(&self, names: [&str; 2], work: impl FnOnce() -> T) -> T {
        let mut names = names.to_vec();
        // Always in the same order, so that no two wait for each other.
        names.sort_unstable();
        names.dedup();
        let slots: Vec<Arc<Slot>> = {
            let mut open = locked(&self.0.open);
            names
                .iter()
                .map(|name| Arc::clone(open.entry((*name).to_owned()).or_default()))
                .collect()
        };
        let mut held: Vec<_> = slots.iter().map(|slot| locked(slot)).collect();
        held.iter_mut().for_each(|slot| **slot = None);
        work()
    }

    /// Every library by name; one that cannot be used tells why.
    pub fn libraries(&self) -> Vec<LibrarySummary> {
        libraries::list(&self.0.shared.settings.libraries())
    }

    /// Closes libraries and gives back models that nobody uses and nobody has used for so long; tells how many.
    pub fn release(&self, idle: Duration) -> usize {
        self.0.release(idle)
    }

    /// Fetches models and programs; the default ones if none is named.
    ///
    /// # Errors
    /// If one cannot be fetched, or the work was stopped.
    pub fn pull(&self, names: &[String], job: &Job) -> Result<(), EngineError> {
        let store = self.store();
        let names = if names.is_empty() { store.default_ids() } else { names.to_vec() };
        let mut tell = |event: &PullEvent<'_>| {
            job.tell(Event::Pull {
                id: event.id.to_owned(),
                stage: event.stage,
                source: event.source.to_owned(),
                done: event.done,
                total: event.total,
            });
        };
        job.run(|control| Ok(store.pull(&names, &mut tell, control)?))
    }

    /// Hears a file that is in no library; nothing of it is kept. A passage without text is speech that was not
    /// understood.
    ///
    /// # Errors
    /// If it cannot be heard, or the work was stopped.
    pub fn hear(&self, path: &Path, job: &Job) -> Result<Vec<Passage>, EngineError> {
        let failed = |source| EngineError::Hear { path: path.to_owned(), source };
        let mut listened = |ms| job.tell(Event::Listened { ms });
        job.run(|control| {
            let model = self.0.shared.models.speech()?;
            let (ffmpeg, limits) = (self.0.shared.ffmpeg()?, VideoLimits::default());
            let heard =
                kinora_ingest::hear(&*model, (&ffmpeg, &limits), path, control, &mut listened);
            heard.map_err(failed)
        })
    }

    /// Where the answers to questions would come from: the name of the language model that is configured.
    ///
    /// # Errors
    /// If what is configured cannot be had.
    pub fn language_model(&self) -> Result<Option<String>, EngineError> {
        let model = self.0.shared.models.language()?;
        Ok(model.map(|model| kinora_inference::LanguageModel::model(&model).to_owned()))
    }

    /// The name of the model that would describe pictures.
    ///
    /// # Errors
    /// If none is configured, or it cannot be had.
    pub fn vision_model(&self) -> Result<String, EngineError> {
        let model = self.0.shared.models.vision()?;
        Ok(kinora_inference::LanguageModel::model(&model).to_owned())
    }
}

impl Inner {
    fn release(&self, idle: Duration) -> usize {
        let slots: Vec<_> = locked(&self.open).values().map(Arc::clone).collect();
        let close = |slot: &Arc<Slot>| {
            // One that is being opened is not idle.
            let Ok(mut slot) = slot.try_lock() else { return false };
            let idle = slot
                .as_ref()
                .is_some_and(|library| Arc::strong_count(library) == 1 && library.idle() >= idle);
            if idle {
                *slot = None;
            }
            idle
        };
        let closed = slots.iter().filter(|slot| close(slot)).count();
        let released = closed + self.shared.models.release(idle);
        if released > 0 {
            memory::give_back();
        }
        released
    }
}

/// Gives back what is idle from time to time, as long as the engine is there.
fn tidy(inner: &Arc<Inner>) {
    let idle = Duration::from_secs(inner.shared.settings.config.idle_seconds);
    let engine = Arc::downgrade(inner);
    let work = move || {
        while let Some(inner) = Weak::upgrade(&engine) {
            inner.release(idle);
            drop(inner);
            thread::sleep(LOOK.min(idle.max(Duration::from_millis(100))));
        }
    };
    // Without the thread what was loaded stays, which is no fault.
    drop(thread::Builder::new().name("kinora-idle".into()).spawn(work));
}

pub(crate) fn locked<T: ?Sized>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
