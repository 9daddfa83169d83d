//! The sorted bulk of the index: one immutable, memory-mapped file named by its own hash.
//!
//! Layout, little-endian: 64 bytes of head (magic, dimension `u32`, padding, count `u64`), then all
//! ids (`u64`, ascending), all vectors (`f32`), all codes. A file whose hash is not its name is
//! damaged. Memory: the kernel's page cache; verifying reads the file once, 0.3 s for 100 000 vectors with their graph.

#![allow(unsafe_code, reason = "files are mapped into memory")]

use std::{
    fs,
    io::{self, BufWriter, Write},
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

use kinora_files::private;
use memmap2::Mmap;

use super::{block::Block, graph};
use crate::{
    IndexError, codec,
    file::{HashingWriter, is_part, part_name},
};

const MAGIC: &[u8; 8] = b"KINBASE1";
const HEAD: usize = 64;

/// BLAKE3 of a base file; all zeros stands for no base.
pub(super) type Generation = [u8; 32];

pub(super) struct Base {
    map: Mmap,
    dimension: usize,
    count: usize,
}

/// A point on its way into a base.
#[derive(Clone, Copy)]
pub(super) struct Row<'a> {
    pub(super) id: u64,
    pub(super) vector: &'a [f32],
    pub(super) code: &'a [i8],
}

/// First half of the hash's digits: enough to tell generations apart.
pub(super) fn stem(generation: &Generation) -> String {
    generation[..16].iter().map(|byte| format!("{byte:02x}")).collect()
}

pub(super) fn path(folder: &Path, generation: &Generation) -> PathBuf {
    folder.join(format!("points-{}.kin", stem(generation)))
}

impl Base {
    /// Maps and verifies a base; `None` if it is missing or damaged.
    pub(super) fn open(
        folder: &Path,
        dimension: usize,
        generation: &Generation,
    ) -> Result<Option<Self>, IndexError> {
        let path = path(folder, generation);
        let file = match kinora_files::open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(IndexError::read(&path, error)),
        };
        // SAFETY: base files are written aside and renamed, then never changed, only unlinked.
        let map = unsafe { Mmap::map(&file) }.map_err(|e| IndexError::read(&path, e))?;
        if blake3::hash(&map).as_bytes() != generation {
            return Ok(None);
        }
        Ok(read_head(&map, dimension).map(|count| Self { map, dimension, count }))
    }

    pub(super) fn block(&self) -> Block<'_> {
        let (ids, rest) = self.map[HEAD..].split_at(8 * self.count);
        let (vectors, codes) = rest.split_at(4 * self.dimension * self.count);
        Block {
            ids: bytemuck::cast_slice(ids),
            vectors: bytemuck::cast_slice(vectors),
            codes: bytemuck::cast_slice(codes),
            dimension: self.dimension,
        }
    }

    /// Writes rows, ascending by id, under the name of their hash.
    pub(super) fn write(
        folder: &Path,
        dimension: usize,
        rows: &[Row<'_>],
    ) -> Result<Generation, IndexError> {
        let aside = folder.join(format!("points.{}", part_name()));
        let write = || -> io::Result<Generation> {
            // Left by a killed process whose number this one has now.
            let _ = fs::remove_file(&aside);
            let file = private::create_new(&aside)?;
            let mut out = HashingWriter::new(BufWriter::with_capacity(1 << 20, file));
            write_rows(&mut out, dimension, rows)?;
            let (buffer, hash) = out.finish();
            buffer.into_inner().map_err(io::IntoInnerError::into_error)?.sync_all()?;
            fs::rename(&aside, path(folder, &hash))?;
            Ok(hash)
        };
        write().map_err(|error| {
            // Nothing more can be done about a left-over part if this fails too.
            let _ = fs::remove_file(&aside);
            IndexError::write(folder, error)
        })
    }
}

fn write_rows(out: &mut impl Write, dimension: usize, rows: &[Row<'_>]) -> io::Result<()> {
    let mut head = [0u8; HEAD];
    head[..8].copy_from_slice(MAGIC);
    head[8..12].copy_from_slice(&(dimension as u32).to_le_bytes());
    head[16..24].copy_from_slice(&(rows.len() as u64).to_le_bytes());
    out.write_all(&head)?;
    rows.iter().try_for_each(|row| out.write_all(&row.id.to_le_bytes()))?;
    rows.iter().try_for_each(|row| out.write_all(bytemuck::cast_slice(row.vector)))?;
    rows.iter().try_for_each(|row| out.write_all(bytemuck::cast_slice(row.code)))
}

/// Number of rows, if head and length fit together.
fn read_head(bytes: &[u8], dimension: usize) -> Option<usize> {
    let mut reader = crate::wire::Reader::new(bytes.get(..HEAD)?);
    let right = reader.take(8)? == MAGIC && reader.u32()? as usize == dimension;
    reader.take(4)?;
    let count = usize::try_from(reader.u64()?).ok()?;
    let row = 8 + 4 * dimension + codec::stride(dimension);
    (right && bytes.len() == HEAD + count.checked_mul(row)?).then_some(count)
}

/// A part of this age belongs to no run any more.
const STALE: Duration = Duration::from_secs(3600);

/// Whether a write that never ended left it. One that goes on is another process's and left alone.
fn is_left_over(entry: &fs::DirEntry) -> bool {
    let modified = entry.metadata().and_then(|told| told.modified()).ok();
    let age = modified.and_then(|made| SystemTime::now().duration_since(made).ok());
    age.is_some_and(|age| age > STALE)
}

/// Removes bases and graphs of other generations and parts of writes that never ended.
pub(super) fn sweep(folder: &Path, keep: &Generation) {
    let kept = [path(folder, keep), graph::path(folder, keep)];
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let name = name.to_string_lossy();
        let ours = name.starts_with("points") || name.starts_with("graph");
        let unused =
            if is_part(&name) { is_left_over(&entry) } else { !kept.contains(&entry.path()) };
        if ours && unused {
            // Another process may still map it (Windows refuses then): the next sweep gets it.
            let _ = fs::remove_file(entry.path());
        }
    }
}
