//! HNSW (Malkov & Yashunin 2016) over codes, through `usearch`; keys are point ids.
//!
//! The file is ours around theirs: magic, BLAKE3 of the rest, then what `usearch` wrote. It is
//! verified before `usearch` sees it, as its reader trusts every offset. Memory: the code again
//! (`dimension + 12` bytes) and about 150 bytes of links a point, mapped, not copied.

#![allow(unsafe_code, reason = "files are mapped into memory, and usearch reads the map")]

use std::{
    path::{Path, PathBuf},
    sync::{Condvar, Mutex, PoisonError},
    thread,
};

use memmap2::Mmap;
use usearch::{Index, IndexOptions, MetricKind, ScalarKind};

use super::base::{Generation, Row, stem};
use crate::{IndexError, codec, file::write_aside};

const MAGIC: &[u8; 32] = b"KINGRAPH1 usearch 2 i8 M16      ";
const HEAD: usize = 64;
/// Links a node and level; 16 is the usual choice up to 1000 dimensions.
const CONNECTIVITY: usize = 16;
/// Width of the walk when a point is added; when one is looked for, it is as wide as what is fetched.
const EXPANSION_ADD: usize = 128;
const EXPANSION_SEARCH: usize = 1;

pub(super) fn path(folder: &Path, generation: &Generation) -> PathBuf {
    folder.join(format!("graph-{}.kin", stem(generation)))
}

pub(super) struct Graph {
    // Before `map`: it must be dropped first, as it reads from there.
    index: Index,
    map: Option<Mmap>,
    gate: Gate,
}

fn failed(error: impl std::fmt::Display) -> IndexError {
    IndexError::Graph(error.to_string())
}

fn threads() -> usize {
    thread::available_parallelism().map_or(1, usize::from)
}

impl Graph {
    fn empty(stride: usize) -> Result<Self, IndexError> {
        let index = Index::new(&IndexOptions {
            dimensions: stride,
            metric: MetricKind::IP,
            quantization: ScalarKind::I8,
            connectivity: CONNECTIVITY,
            expansion_add: EXPANSION_ADD,
            expansion_search: EXPANSION_SEARCH,
            multi: false,
        });
        Ok(Self { index: index.map_err(failed)?, map: None, gate: Gate::new(threads()) })
    }

    /// After loading, as that resets the metric.
    fn use_our_metric(&mut self, stride: usize) {
        let distance = move |a: *const i8, b: *const i8| {
            // SAFETY: usearch hands over two vectors of the dimension it was made with, `stride`.
            let (a, b) = unsafe {
                (std::slice::from_raw_parts(a, stride), std::slice::from_raw_parts(b, stride))
            };
            1.0 - codec::estimate(a, b)
        };
        self.index.change_metric::<i8>(Box::new(distance));
    }

    /// Maps a graph; `None` if it is missing or damaged.
    pub(super) fn open(
        folder: &Path,
        generation: &Generation,
        stride: usize,
    ) -> Result<Option<Self>, IndexError> {
        let Ok(file) = kinora_files::open(&path(folder, generation)) else {
            return Ok(None);
        };
        // SAFETY: graph files are written aside and renamed, then never changed, only unlinked.
        let map = unsafe { Mmap::map(&file) }.map_err(|e| IndexError::read(folder, e))?;
        if map.len() < HEAD || &map[..32] != MAGIC {
            return Ok(None);
        }
        if blake3::hash(&map[HEAD..]).as_bytes() != &map[32..HEAD] {
            return Ok(None);
        }
        let mut graph = Self::empty(stride)?;
        // SAFETY: the bytes are what `save_to_buffer` wrote, as the hash shows, and `graph` keeps the
        // map alive for longer than the index.
        unsafe { graph.index.view_from_buffer(&map[HEAD..]) }.map_err(failed)?;
        graph.map = Some(map);
        graph.use_our_metric(stride);
        Ok(Some(graph))
    }

    /// The graph of `rows`, made from an older one where that saves work.
    pub(super) fn build(
        older: Option<&Self>,
        rows: &[Row<'_>],
        stride: usize,
        unchanged: impl Fn(u64) -> bool,
        gone: &[u64],
    ) -> Result<Self, IndexError> {
        let mut graph = Self::empty(stride)?;
        let bytes = older.and_then(|older| older.map.as_deref());
        // Deleted nodes stay in the graph as bridges; beyond a third it is better made anew.
        let bytes = bytes.filter(|_| gone.len() * 3 < rows.len());
        if let Some(bytes) = bytes {
            graph.index.load_from_buffer(&bytes[HEAD..]).map_err(failed)?;
        }
        graph.use_our_metric(stride);
        graph.index.reserve(rows.len() + gone.len()).map_err(failed)?;
        if bytes.is_some() {
            gone.iter().try_for_each(|id| graph.index.remove(*id).map(|_| ()).map_err(failed))?;
        }
        let fresh = bytes.is_none();
        let missing: Vec<&Row<'_>> =
            rows.iter().filter(|row| fresh || !unchanged(row.id)).collect();
        graph.add(&missing)?;
        Ok(graph)
    }

    fn add(&self, rows: &[&Row<'_>]) -> Result<(), IndexError> {
        let part = rows.len().div_ceil(threads()).max(1);
        let add = |rows: &[&Row<'_>]| {
            rows.iter().try_for_each(|row| self.index.add(row.id, row.code).map_err(failed))
        };
        thread::scope(|scope| {
            let parts: Vec<_> =
                rows.chunks(part).map(|rows| scope.spawn(move || add(rows))).collect();
            parts.into_iter().try_for_each(|part| match part.join() {
                Ok(result) => result,
                Err(_) => Err(failed("a building thread panicked")),
            })
        })
    }

    pub(super) fn write(&self, folder: &Path, generation: &Generation) -> Result<(), IndexError> {
        let mut bytes = vec![0u8; self.index.serialized_length()];
        self.index.save_to_buffer(&mut bytes).map_err(failed)?;
        let hash = blake3::hash(&bytes);
        write_aside(&path(folder, generation), &[MAGIC, hash.as_bytes(), &bytes])
    }

    /// Copies the file of a graph into a snapshot.
    pub(super) fn copy(from: &Path, to: &Path, generation: &Generation) -> Result<(), IndexError> {
        let source = path(from, generation);
        if !source.exists() {
            return Ok(());
        }
        let bytes =
            kinora_files::read(&source, u64::MAX).map_err(|e| IndexError::read(&source, e))?;
        write_aside(&path(to, generation), &[&bytes])
    }

    /// Ids of the `fetch` points nearest by code, or nearly so.
    pub(super) fn nearest(&self, code: &[i8], fetch: usize) -> Result<Vec<u64>, IndexError> {
        let _pass = self.gate.enter();
        Ok(self.index.search(code, fetch).map_err(failed)?.keys)
    }

    pub(super) fn len(&self) -> usize {
        self.index.size()
    }
}

/// Lets as many threads in as `usearch` has scratch space for; it fails beyond that.
struct Gate {
    free: Mutex<usize>,
    freed: Condvar,
}

struct Pass<'a>(&'a Gate);

impl Gate {
    fn new(places: usize) -> Self {
        Self { free: Mutex::new(places), freed: Condvar::new() }
    }

    fn enter(&self) -> Pass<'_> {
        let free = self.free.lock().unwrap_or_else(PoisonError::into_inner);
        let wait = self.freed.wait_while(free, |free| *free == 0);
        *wait.unwrap_or_else(PoisonError::into_inner) -= 1;
        Pass(self)
    }
}

impl Drop for Pass<'_> {
    fn drop(&mut self) {
        *self.0.free.lock().unwrap_or_else(PoisonError::into_inner) += 1;
        self.0.freed.notify_one();
    }
}
