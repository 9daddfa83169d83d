//! Files that are whole or not there: written aside, synced, renamed.

use std::{
    fs,
    io::{self, Write},
    path::Path,
};

use kinora_files::private;

use crate::IndexError;

/// Writes the parts one after the other; under the final name only when all of it is on the disk.
pub(crate) fn write_aside(path: &Path, parts: &[&[u8]]) -> Result<(), IndexError> {
    let aside = path.with_extension(format!("part-{}", std::process::id()));
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
