//! The log: names the base and holds what was flushed since. Replacing it is the commit of an
//! optimisation; appending to it is the commit of a flush.
//!
//! Head: magic, base generation, mark of the base, dimension, space, BLAKE3 of it all. Then batches:
//! length `u64`, mark `u64`, BLAKE3 of mark and payload, payload. A batch is valid or it and all that
//! follows never was: what a crash leaves is the state of an earlier flush.

use std::{
    fs::OpenOptions,
    io::{self, Seek, SeekFrom, Write},
    path::{Path, PathBuf},
};

use super::base::Generation;
use crate::{IndexError, check::check_space, file::write_aside, wire::Reader};

const MAGIC: &[u8; 8] = b"KINALOG1";
const PUT: u8 = 1;
const DELETE: u8 = 2;

/// A change of one point; `None` deletes.
pub(super) struct Op {
    pub(super) id: u64,
    pub(super) vector: Option<Vec<f32>>,
}

/// A log as read.
pub(super) struct Log {
    pub(super) generation: Generation,
    pub(super) mark: u64,
    pub(super) ops: Vec<Op>,
    /// Bytes up to the end of the last valid batch.
    pub(super) length: u64,
}

/// What lies on the disk.
pub(super) enum Found {
    Nothing,
    Damaged,
    Log(Log),
}

pub(super) fn path(folder: &Path) -> PathBuf {
    folder.join("index.log")
}

/// Reads the log; fails if it is whole but of another space.
pub(super) fn read(folder: &Path, space: &str, dimension: usize) -> Result<Found, IndexError> {
    let path = path(folder);
    let bytes = match kinora_files::read(&path, u64::MAX) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Found::Nothing),
        Err(error) => return Err(IndexError::read(&path, error)),
    };
    let mut reader = Reader::new(&bytes);
    let Some(head) = read_head(&bytes, &mut reader) else {
        return Ok(Found::Damaged);
    };
    check_space(space, dimension, &head.space, head.dimension)?;
    let mut log = Log {
        generation: head.generation,
        mark: head.mark,
        ops: Vec::new(),
        length: (bytes.len() - reader.left()) as u64,
    };
    while let Some((mark, ops)) = read_batch(&mut reader, dimension) {
        log.mark = mark;
        log.ops.extend(ops);
        log.length = (bytes.len() - reader.left()) as u64;
    }
    Ok(Found::Log(log))
}

struct Head {
    generation: Generation,
    mark: u64,
    dimension: usize,
    space: String,
}

fn read_head(bytes: &[u8], reader: &mut Reader<'_>) -> Option<Head> {
    if reader.take(8)? != MAGIC {
        return None;
    }
    let head = Head {
        generation: reader.take(32)?.try_into().ok()?,
        mark: reader.u64()?,
        dimension: reader.u32()? as usize,
        space: reader.text()?,
    };
    let hash = blake3::hash(&bytes[..bytes.len() - reader.left()]);
    (reader.take(32)? == hash.as_bytes()).then_some(head)
}

fn batch_hash(mark: u64, payload: &[u8]) -> blake3::Hash {
    blake3::Hasher::new().update(&mark.to_le_bytes()).update(payload).finalize()
}

fn read_batch(reader: &mut Reader<'_>, dimension: usize) -> Option<(u64, Vec<Op>)> {
    let (length, mark) = (usize::try_from(reader.u64()?).ok()?, reader.u64()?);
    let hash = reader.take(32)?;
    let payload = reader.take(length)?;
    if batch_hash(mark, payload).as_bytes() != hash {
        return None;
    }
    let mut reader = Reader::new(payload);
    let mut ops = Vec::new();
    while !reader.is_empty() {
        let (kind, id) = (reader.u8()?, reader.u64()?);
        let vector = if kind == PUT { Some(reader.floats(dimension)?) } else { None };
        ops.push(Op { id, vector });
    }
    Some((mark, ops))
}

/// Starts a new log over a base; returns its length.
pub(super) fn start(
    folder: &Path,
    space: &str,
    dimension: usize,
    generation: &Generation,
    mark: u64,
) -> Result<u64, IndexError> {
    let mut head = MAGIC.to_vec();
    head.extend(generation);
    head.extend(mark.to_le_bytes());
    head.extend((dimension as u32).to_le_bytes());
    head.extend((space.len() as u32).to_le_bytes());
    head.extend(space.as_bytes());
    let hash = blake3::hash(&head);
    head.extend(hash.as_bytes());
    write_aside(&path(folder), &[&head])?;
    Ok(head.len() as u64)
}

/// Appends a batch after `length`, cutting off whatever stands there; returns the new length.
pub(super) fn append<'a>(
    folder: &Path,
    length: u64,
    mark: u64,
    ops: impl Iterator<Item = (u64, Option<&'a [f32]>)>,
) -> Result<u64, IndexError> {
    let mut payload = Vec::new();
    for (id, vector) in ops {
        payload.push(if vector.is_some() { PUT } else { DELETE });
        payload.extend(id.to_le_bytes());
        payload.extend_from_slice(bytemuck::cast_slice(vector.unwrap_or_default()));
    }
    let mut head = (payload.len() as u64).to_le_bytes().to_vec();
    head.extend(mark.to_le_bytes());
    head.extend(batch_hash(mark, &payload).as_bytes());
    let path = path(folder);
    let write = || -> io::Result<()> {
        let mut file = OpenOptions::new().write(true).open(&path)?;
        file.set_len(length)?;
        file.seek(SeekFrom::End(0))?;
        file.write_all(&head)?;
        file.write_all(&payload)?;
        file.sync_all()
    };
    write().map_err(|e| IndexError::write(&path, e))?;
    Ok(length + (head.len() + payload.len()) as u64)
}
