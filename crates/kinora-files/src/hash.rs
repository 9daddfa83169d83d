//! Identity by content, for files of any length.

use std::{
    io::{self, Read},
    path::Path,
};

/// Bytes between two polls for cancellation: a few milliseconds of hashing.
const STEP: usize = 1 << 20;

/// BLAKE3 of a regular file's bytes.
///
/// # Errors
/// As [`crate::open`] and reading; `Interrupted` once `cancelled` returns true; it is polled before every megabyte.
pub fn hash(path: &Path, cancelled: &dyn Fn() -> bool) -> io::Result<[u8; 32]> {
    let mut file = crate::open(path)?;
    let (mut hasher, mut buffer) = (blake3::Hasher::new(), vec![0; STEP]);
    loop {
        if cancelled() {
            return Err(io::Error::new(io::ErrorKind::Interrupted, "cancelled"));
        }
        match file.read(&mut buffer) {
            Ok(0) => return Ok(*hasher.finalize().as_bytes()),
            Ok(length) => {
                hasher.update(&buffer[..length]);
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    #[test]
    fn the_hash_is_that_of_the_bytes() {
        let folder = tempfile::TempDir::new().unwrap();
        let path = folder.path().join("a");
        let bytes: Vec<u8> = (0..3 * STEP + 5).map(|i| (i % 251) as u8).collect();
        std::fs::write(&path, &bytes).unwrap();
        assert_eq!(hash(&path, &|| false).unwrap(), *blake3::hash(&bytes).as_bytes());
    }

    #[test]
    fn a_sparse_file_of_a_terabyte_is_left_when_asked() {
        let folder = tempfile::TempDir::new().unwrap();
        let path = folder.path().join("sparse");
        std::fs::File::create(&path).unwrap().set_len(1 << 40).unwrap();
        let asked = AtomicU32::new(0);
        let cancelled = || asked.fetch_add(1, Ordering::Relaxed) == 3;
        assert_eq!(hash(&path, &cancelled).unwrap_err().kind(), io::ErrorKind::Interrupted);
        assert_eq!(asked.into_inner(), 4);
    }
}
