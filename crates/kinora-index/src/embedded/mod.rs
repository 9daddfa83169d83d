//! The backend of a library on this machine: exact scans over codes, a graph where that pays.
//!
//! Files in the index's folder: `index.log` ([`log`]) names the base and holds what was flushed since;
//! `points-*.kin` ([`base`]) is the sorted bulk; `graph-*.kin` ([`graph`]) the HNSW over it; `lock`
//! keeps writing processes apart. Way in: [`Embedded::open`].
//!
//! Several processes that follow the same catalogue share the files. Each keeps its own state in memory and goes on
//! by itself; on the disk stands the state of the one that is furthest, with its mark. Who flushes after another has
//! written appends what it has since its own last flush, if the disk was at least as far then, and else writes
//! nothing. From then on it is stale ([`IndexRead::is_stale`]): it answers and follows as before, but does not
//! optimise, until [`crate::IndexWrite::reload`] takes up what stands on the disk.
//!
//! Memory: base and graph are mapped; what is newer than the base is held (see [`crate`]).

mod base;
mod block;
mod graph;
mod log;
mod plan;
mod scan;
mod write;

use std::{
    collections::BTreeSet,
    fs::File,
    io,
    path::{Path, PathBuf},
};

use kinora_files::private;

use self::{
    base::{Base, Generation},
    block::Tail,
    graph::Graph,
    log::{Found, Log},
    scan::{Place, Scan},
};
use crate::{
    Filter, IndexError, IndexRead, Point, Scored, SearchRequest, check::check_vector, codec,
    file::Stamp,
};

pub use self::plan::{Plan, Settings};

#[cfg(target_endian = "big")]
compile_error!("the index's files are little-endian and mapped as they are");

/// In which state the files were found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Condition {
    /// There were none: the index is new and empty.
    New,
    /// All were whole.
    Intact,
    /// Points are whole, the graph is missing or damaged: searches are exact scans until
    /// [`crate::IndexWrite::optimise`].
    WithoutGraph,
    /// They were damaged and are ignored: the index is empty and must be filled anew.
    Discarded,
}

/// An index in files, for one machine.
pub struct Embedded {
    folder: PathBuf,
    space: String,
    dimension: usize,
    settings: Settings,
    condition: Condition,
    mark: u64,
    base: Option<Base>,
    /// Slots of the base that were deleted or replaced.
    dead: Vec<bool>,
    dead_count: usize,
    graph: Option<Graph>,
    tail: Tail,
    /// Points changed since the last flush.
    pending: BTreeSet<u64>,
    /// What this process believes to be on the disk: the base, the bytes of the log that are valid (0 for no
    /// log), and the log's file.
    generation: Generation,
    log_length: u64,
    log_stamp: Option<Stamp>,
}

impl Embedded {
    /// Opens the index of a space in `folder`, made if missing. Files of another space are an error;
    /// damaged files are none (see [`Embedded::condition`]). Reads and hashes all of it: 41 ms at 20 000 vectors of 512
    /// dimensions, 234 ms at 100 000.
    ///
    /// # Errors
    /// [`IndexError::OtherSpace`]; [`IndexError::Io`] if the folder or a file in it cannot be used.
    pub fn open(folder: &Path, space: &str, dimension: usize) -> Result<Self, IndexError> {
        Self::open_with(folder, space, dimension, Settings::default())
    }

    /// As [`Embedded::open`], with other thresholds: for tests and measurements.
    ///
    /// # Errors
    /// As [`Embedded::open`].
    pub fn open_with(
        folder: &Path,
        space: &str,
        dimension: usize,
        settings: Settings,
    ) -> Result<Self, IndexError> {
        private::create_folder(folder).map_err(|e| IndexError::write(folder, e))?;
        let mut index = Self::empty(folder, space, dimension, settings);
        let _lock = index.lock_to_read()?;
        let found = index.find()?;
        index.condition = index.load(found)?;
        Ok(index)
    }

    fn empty(folder: &Path, space: &str, dimension: usize, settings: Settings) -> Self {
        Self {
            folder: folder.to_owned(),
            space: space.to_owned(),
            dimension,
            settings,
            condition: Condition::New,
            mark: 0,
            base: None,
            dead: Vec::new(),
            dead_count: 0,
            graph: None,
            tail: Tail::new(dimension),
            pending: BTreeSet::new(),
            generation: Generation::default(),
            log_length: 0,
            log_stamp: None,
        }
    }

    /// Keeps writers out until it is dropped.
    fn lock_to_read(&self) -> Result<File, IndexError> {
        let lock = self.lock_file()?;
        lock.lock_shared().map_err(|e| IndexError::write(&self.folder, e))?;
        Ok(lock)
    }

    /// Reads the log, and notes which state of its file that is. Fails before anything is changed.
    fn find(&self) -> Result<(Found, Option<Stamp>), IndexError> {
        let stamp = Stamp::of(&log::path(&self.folder))?;
        Ok((log::read(&self.folder, &self.space, self.dimension)?, stamp))
    }

    /// In which state the files were found.
    pub fn condition(&self) -> Condition {
        self.condition
    }

    /// How a request would be answered.
    pub fn plan(&self, request: &SearchRequest<'_>) -> Plan {
        let allowed = match request.filter {
            Filter::All => None,
            Filter::Only(ids) => Some(ids.len()),
        };
        let points = self.graph.as_ref().map_or(0, Graph::len);
        Plan::choose(&self.settings, points, allowed, request.limit)
    }

    fn lock_file(&self) -> Result<File, IndexError> {
        let path = self.folder.join("lock");
        let open = match private::create_new(&path) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                // A lock needs no right to write, and a pipe is not waited for.
                kinora_files::open(&path)
            }
            other => other,
        };
        open.map_err(|e| IndexError::write(&path, e))
    }

    fn load(&mut self, (found, stamp): (Found, Option<Stamp>)) -> Result<Condition, IndexError> {
        self.log_stamp = stamp;
        let log = match found {
            Found::Nothing => return Ok(Condition::New),
            Found::Damaged => return Ok(Condition::Discarded),
            Found::Log(log) => log,
        };
        if !self.map_files(&log.generation)? {
            return Ok(Condition::Discarded);
        }
        self.replay(log);
        let points = self.base.as_ref().map_or(0, |base| base.block().ids.len());
        let wanted = points >= self.settings.graph_min && self.graph.is_none();
        Ok(if wanted { Condition::WithoutGraph } else { Condition::Intact })
    }

    /// Maps base and graph of a generation, as far as they are not mapped already; whether the base is whole.
    fn map_files(&mut self, generation: &Generation) -> Result<bool, IndexError> {
        if self.generation != *generation {
            (self.base, self.graph) = (None, None);
        }
        if *generation != Generation::default() {
            if self.base.is_none() {
                self.base = Base::open(&self.folder, self.dimension, generation)?;
            }
            let Some(base) = &self.base else {
                return Ok(false);
            };
            self.dead = vec![false; base.block().ids.len()];
            if self.graph.is_none() {
                let stride = codec::stride(self.dimension);
                self.graph = Graph::open(&self.folder, generation, stride)?;
            }
        }
        self.generation = *generation;
        Ok(true)
    }

    fn replay(&mut self, log: Log) {
        for op in &log.ops {
            self.apply(op.id, op.vector.as_deref());
        }
        (self.mark, self.log_length) = (log.mark, log.length);
    }

    /// Puts or deletes a point in memory.
    fn apply(&mut self, id: u64, vector: Option<&[f32]>) {
        let slot = self.base.as_ref().and_then(|base| base.block().find(id));
        if let Some(slot) = slot.filter(|slot| !self.dead[*slot]) {
            self.dead[slot] = true;
            self.dead_count += 1;
        }
        match vector {
            Some(vector) => self.tail.put(id, vector),
            None => self.tail.remove(id),
        }
    }

    fn vector(&self, id: u64) -> Option<&[f32]> {
        if let Some(slot) = self.tail.slot(id) {
            return Some(self.tail.block().vector(slot));
        }
        let base = self.base.as_ref()?.block();
        let slot = base.find(id).filter(|slot| !self.dead[*slot])?;
        Some(base.vector(slot))
    }

    fn scan(&self) -> Scan<'_> {
        Scan { base: self.base.as_ref().map(Base::block), tail: self.tail.block() }
    }

    /// Where the allowed points lie, in the base (if asked for) and the tail.
    fn places(&self, filter: Filter<'_>, in_base: bool) -> Vec<Place> {
        let mut places = Vec::new();
        if let Some(base) = self.base.as_ref().filter(|_| in_base) {
            let mut push = |slot: usize| {
                if !self.dead[slot] {
                    places.push(Place { in_tail: false, slot: slot as u32 });
                }
            };
            match filter {
                Filter::All => (0..self.dead.len()).for_each(push),
                Filter::Only(ids) => base.block().find_all(ids.iter().map(|id| id.0), &mut push),
            }
        }
        let ids = self.tail.block().ids;
        let allowed = |slot: &usize| allows(filter, ids[*slot]);
        let tail = (0..ids.len()).filter(allowed);
        places.extend(tail.map(|slot| Place { in_tail: true, slot: slot as u32 }));
        places
    }

    /// Through the graph; `None` if filter and deletions leave too few of its candidates.
    fn search_graph(
        &self,
        request: &SearchRequest<'_>,
        fetch: usize,
    ) -> Result<Option<Vec<Scored>>, IndexError> {
        let (Some(graph), Some(base)) = (&self.graph, &self.base) else {
            return Ok(None);
        };
        let mut code = Vec::with_capacity(codec::stride(self.dimension));
        codec::encode(request.vector, &mut code);
        let mut places = self.places(request.filter, false);
        let newer = places.len();
        for id in graph.nearest(&code, fetch)? {
            let slot = base.block().find(id).filter(|slot| !self.dead[*slot]);
            if let Some(slot) = slot.filter(|_| allows(request.filter, id)) {
                places.push(Place { in_tail: false, slot: slot as u32 });
            }
        }
        let enough = places.len() - newer >= request.limit;
        let best = || self.scan().best(request.vector, request.limit, &places);
        Ok(enough.then(best))
    }
}

fn allows(filter: Filter<'_>, id: u64) -> bool {
    match filter {
        Filter::All => true,
        Filter::Only(ids) => ids.binary_search(&Point(id)).is_ok(),
    }
}

impl IndexRead for Embedded {
    fn dimension(&self) -> usize {
        self.dimension
    }

    fn len(&self) -> usize {
        self.dead.len() - self.dead_count + self.tail.block().ids.len()
    }

    fn mark(&self) -> u64 {
        self.mark
    }

    fn is_stale(&self) -> Result<bool, IndexError> {
        Ok(Stamp::of(&log::path(&self.folder))? != self.log_stamp)
    }

    fn search(&self, request: &SearchRequest<'_>) -> Result<Vec<Scored>, IndexError> {
        check_vector(request.vector, self.dimension)?;
        if let Plan::Graph { fetch } = self.plan(request)
            && let Some(found) = self.search_graph(request, fetch)?
        {
            return Ok(found);
        }
        let places = self.places(request.filter, true);
        Ok(self.scan().best(request.vector, request.limit, &places))
    }

    fn vectors(&self, ids: &[Point]) -> Result<Vec<Option<Vec<f32>>>, IndexError> {
        let vector = |id: &Point| self.vector(id.0).map(<[f32]>::to_vec);
        Ok(ids.iter().map(vector).collect())
    }
}
