//! Files that are whole or not there: written aside, synced, renamed. And how to tell that one was written since.

use std::{
    fs,
    io::{self, Read, Seek, SeekFrom, Write},
    path::Path,
    sync::atomic::{AtomicU64, Ordering},
    time::SystemTime,
};

use kinora_files::private;

use crate::IndexError;

/// How a file is called while it is written: by no other writer, of this process or another.
pub(crate) fn part_name() -> String {
    static WRITTEN: AtomicU64 = AtomicU64::new(0);
    format!("part-{}-{}", std::process::id(), WRITTEN.fetch_add(1, Ordering::Relaxed))
}

/// Whether a file's name is one of [`part_name`].
pub(crate) fn is_part(name: &str) -> bool {
    name.contains(".part-")
}

/// Bytes at each end of a file that belong to its stamp.
const ENDS: u64 = 64;

/// Tells one state of a file from another without reading all of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Stamp {
    length: u64,
    modified: Option<SystemTime>,
    first: Vec<u8>,
    last: Vec<u8>,
}

impl Stamp {
    /// The stamp of the file at a path; `None` if there is none.
    pub(crate) fn of(path: &Path) -> Result<Option<Self>, IndexError> {
        match Self::read(path) {
            Ok(stamp) => Ok(Some(stamp)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(IndexError::read(path, error)),
        }
    }

    fn read(path: &Path) -> io::Result<Self> {
        let mut file = kinora_files::open(path)?;
        let told = file.metadata()?;
        let (mut first, mut last) = (Vec::new(), Vec::new());
        (&mut file).take(ENDS).read_to_end(&mut first)?;
        file.seek(SeekFrom::Start(told.len().saturating_sub(ENDS)))?;
        file.take(ENDS).read_to_end(&mut last)?;
        Ok(Self { length: told.len(), modified: told.modified().ok(), first, last })
    }
}

/// Writes the parts one after the other; under the final name only when all of it is on the disk.
pub(crate) fn write_aside(path: &Path, parts: &[&[u8]]) -> Result<(), IndexError> {
    let aside = path.with_extension(part_name());
    let write = || -> io::Result<()> {
        // Left by a killed process whose number this one has now.
        let _ = fs::remove_file(&aside);
        let mut file = private::create_new(&aside)?;
        parts.iter().try_for_each(|part| file.write_all(part))?;
        file.sync_all()?;
        fs::rename(&aside, path)?;
        path.parent().map_or(Ok(()), kinora_files::sync_folder)
    };
    write().map_err(|error| {
        // Nothing more can be done about a left-over part if this fails too.
        let _ = fs::remove_file(&aside);
        IndexError::write(path, error)
    })
}

/// Hashes what passes through.
pub(crate) struct HashingWriter<W> {
    inner: W,
    hasher: blake3::Hasher,
}

impl<W: Write> HashingWriter<W> {
    pub(crate) fn new(inner: W) -> Self {
        Self { inner, hasher: blake3::Hasher::new() }
    }

    /// What was written to, and the hash of it all.
    pub(crate) fn finish(self) -> (W, [u8; 32]) {
        (self.inner, *self.hasher.finalize().as_bytes())
    }
}

impl<W: Write> Write for HashingWriter<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.inner.write(bytes)?;
        self.hasher.update(&bytes[..written]);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}
