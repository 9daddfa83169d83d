//! Writing: changes go to memory, flushes to the log, optimisations make a new base and graph.

use std::{collections::HashSet, fs::File, path::Path};

use kinora_files::private;

use super::{
    Condition, Embedded,
    base::{self, Base, Generation, Row},
    block::Tail,
    graph::Graph,
    log::{self, Found},
};
use crate::{
    Entry, IndexError, IndexRead, IndexWrite, Point, check::check_vector, codec, file::Stamp,
};

/// Where changes go.
#[derive(Clone, Copy, Debug)]
enum Room {
    /// After what this process wrote or read last, at this length of the log.
    Own(u64),
    /// After what another process wrote, at this length of the log.
    After(u64),
    /// Nowhere: another process has flushed a later state, or fills the index anew.
    None,
}

/// Above so many new points a scan of them costs more than the graph saves.
const COMPACT_MAX: usize = 20_000;

impl Embedded {
    fn lock(&self) -> Result<File, IndexError> {
        let file = self.lock_file()?;
        file.lock().map_err(|e| IndexError::write(&self.folder, e))?;
        Ok(file)
    }

    /// Where changes since the last flush are to be appended.
    fn ready_log(&mut self, mark: u64) -> Result<Room, IndexError> {
        let sound = self.condition != Condition::Discarded;
        if sound && self.log_length > 0 && !self.is_stale()? {
            return Ok(Room::Own(self.log_length));
        }
        match log::read(&self.folder, &self.space, self.dimension)? {
            Found::Log(log) if sound => {
                // Changes of points are absolute, so ours may follow another process's, if that one has all that
                // came before them: it does not while it fills the index anew.
                let has_all_before = log.mark >= self.mark;
                let own = mark == self.mark && !self.pending.is_empty();
                let lacks_ours = log.mark < mark || (log.mark == mark && own);
                let room = Room::After(log.length);
                Ok(if has_all_before && lacks_ours { room } else { Room::None })
            }
            _ => self.start_anew().map(Room::Own),
        }
    }

    /// Nothing usable is on the disk: a new log, to which all that is in memory is to be written.
    fn start_anew(&mut self) -> Result<u64, IndexError> {
        let none = Generation::default();
        self.start_log(&none, 0)?;
        (self.generation, self.condition) = (none, Condition::New);
        let all: Vec<u64> = self.live_rows().iter().map(|row| row.id).collect();
        self.pending.extend(all);
        Ok(self.log_length)
    }

    /// A new log of ours over a base.
    fn start_log(&mut self, generation: &Generation, mark: u64) -> Result<(), IndexError> {
        self.log_length = log::start(&self.folder, &self.space, self.dimension, generation, mark)?;
        self.log_stamp = Stamp::of(&log::path(&self.folder))?;
        Ok(())
    }

    /// Every present point, ascending by id.
    fn live_rows(&self) -> Vec<Row<'_>> {
        let tail = self.tail.block();
        let mut rows: Vec<Row<'_>> = Vec::with_capacity(self.len());
        if let Some(base) = self.base.as_ref().map(Base::block) {
            let live = (0..base.ids.len()).filter(|slot| !self.dead[*slot]);
            rows.extend(live.map(|slot| Row {
                id: base.ids[slot],
                vector: base.vector(slot),
                code: base.code(slot),
            }));
        }
        rows.extend((0..tail.ids.len()).map(|slot| Row {
            id: tail.ids[slot],
            vector: tail.vector(slot),
            code: tail.code(slot),
        }));
        rows.sort_unstable_by_key(|row| row.id);
        rows
    }

    /// Whether an optimisation would gain anything.
    fn worth_optimising(&self) -> bool {
        let changed = self.tail.block().ids.len() + self.dead_count;
        let bulk = self.dead.len();
        let many = (bulk / 10).clamp(self.settings.compact_min, COMPACT_MAX);
        let graph_missing = self.graph.is_none() && self.len() >= self.settings.graph_min;
        changed >= many || (graph_missing && self.len() > 0)
    }

    /// Writes base and graph of the present state; nothing refers to them yet.
    fn write_bulk(&self, folder: &Path) -> Result<Generation, IndexError> {
        let rows = self.live_rows();
        if rows.is_empty() {
            return Ok(Generation::default());
        }
        let generation = Base::write(folder, self.dimension, &rows)?;
        if rows.len() >= self.settings.graph_min {
            let newer: HashSet<u64> = self.tail.block().ids.iter().copied().collect();
            let base_ids = self.base.as_ref().map_or(&[][..], |base| base.block().ids);
            let gone: Vec<u64> = base_ids
                .iter()
                .zip(&self.dead)
                .filter(|(_, dead)| **dead)
                .map(|(id, _)| *id)
                .collect();
            let stride = codec::stride(self.dimension);
            let unchanged = |id: u64| !newer.contains(&id);
            let graph = Graph::build(self.graph.as_ref(), &rows, stride, unchanged, &gone)?;
            graph.write(folder, &generation)?;
        }
        Ok(generation)
    }
}

impl IndexWrite for Embedded {
    fn upsert(&mut self, points: &[Entry]) -> Result<(), IndexError> {
        for point in points {
            check_vector(&point.vector, self.dimension)?;
        }
        for point in points {
            self.apply(point.id.0, Some(&point.vector));
            self.pending.insert(point.id.0);
        }
        Ok(())
    }

    fn delete(&mut self, ids: &[Point]) -> Result<(), IndexError> {
        for id in ids {
            self.apply(id.0, None);
            self.pending.insert(id.0);
        }
        Ok(())
    }

    fn flush(&mut self, mark: u64) -> Result<(), IndexError> {
        if self.pending.is_empty() && mark == self.mark && self.log_length > 0 {
            return Ok(());
        }
        let _lock = self.lock()?;
        let room = self.ready_log(mark)?;
        if let Room::Own(length) | Room::After(length) = room {
            let ops = self.pending.iter().map(|id| (*id, self.vector(*id)));
            let end = log::append(&self.folder, length, mark, ops)?;
            // After another process's batches our memory is not the disk's: stay apart from it.
            if let Room::Own(_) = room {
                self.log_length = end;
                self.log_stamp = Stamp::of(&log::path(&self.folder))?;
            }
        }
        self.pending.clear();
        self.mark = mark;
        Ok(())
    }

    fn optimise(&mut self) -> Result<(), IndexError> {
        self.flush(self.mark)?;
        if !self.worth_optimising() {
            return Ok(());
        }
        // The long part is done without the lock; nobody sees these files before the log names them.
        let generation = self.write_bulk(&self.folder)?;
        let _lock = self.lock()?;
        if self.is_stale()? {
            // Another process has written meanwhile: its state stands, ours goes on from memory.
            return Ok(());
        }
        self.start_log(&generation, self.mark)?;
        (self.dead, self.dead_count, self.tail) = (Vec::new(), 0, Tail::new(self.dimension));
        let whole = self.map_files(&generation)?;
        self.condition = if whole { Condition::Intact } else { Condition::Discarded };
        base::sweep(&self.folder, &generation);
        Ok(())
    }

    fn snapshot(&self, folder: &Path) -> Result<(), IndexError> {
        private::create_folder(folder).map_err(|e| IndexError::write(folder, e))?;
        let rows = self.live_rows();
        let generation = if rows.is_empty() {
            Generation::default()
        } else {
            Base::write(folder, self.dimension, &rows)?
        };
        if generation == self.generation {
            Graph::copy(&self.folder, folder, &generation)?;
        }
        log::start(folder, &self.space, self.dimension, &generation, self.mark)?;
        Ok(())
    }

    fn reload(&mut self) -> Result<(), IndexError> {
        let _lock = self.lock_to_read()?;
        let found = self.find()?;
        let mut fresh = Self::empty(&self.folder, &self.space, self.dimension, self.settings);
        // The bulk is the same file: it was verified when it was mapped. With it nothing below can fail.
        if let Found::Log(log) = &found.0
            && log.generation == self.generation
            && self.base.is_some()
        {
            (fresh.base, fresh.graph) = (self.base.take(), self.graph.take());
            fresh.generation = self.generation;
        }
        fresh.condition = fresh.load(found)?;
        *self = fresh;
        Ok(())
    }

    fn clear(&mut self) -> Result<(), IndexError> {
        let _lock = self.lock()?;
        let none = Generation::default();
        self.start_log(&none, 0)?;
        (self.base, self.graph, self.generation, self.mark) = (None, None, none, 0);
        self.condition = Condition::New;
        (self.dead, self.dead_count, self.tail) = (Vec::new(), 0, Tail::new(self.dimension));
        self.pending.clear();
        base::sweep(&self.folder, &none);
        Ok(())
    }
}
