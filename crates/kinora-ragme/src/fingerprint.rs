//! What names a model in a record: one SHA-256 over all its weights.

use std::{
    io::Read,
    path::{Path, PathBuf},
};

use kinora_diffusion::DiffusionError;
use kinora_types::Control;
use sha2::{Digest, Sha256};

use crate::error::{RagmeError, Result};

/// SHA-256, in hexadecimal, over the SHA-256 of every safetensors file below a folder, in order of their paths.
/// Reads every byte, about a second a gigabyte; `control` is polled before every megabyte.
///
/// # Errors
/// A file that cannot be read, or cancellation.
pub(crate) fn fingerprint(folder: &Path, control: &Control) -> Result<String> {
    let mut files = Vec::new();
    collect(folder, &mut files)?;
    files.sort();
    let mut all = Sha256::new();
    for path in &files {
        all.update(digest(path, control)?);
    }
    Ok(all.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
}

fn digest(path: &Path, control: &Control) -> Result<[u8; 32]> {
    let failed = |error: std::io::Error| RagmeError::file(path, error);
    let (mut file, mut hasher) = (kinora_files::open(path).map_err(failed)?, Sha256::new());
    let mut piece = vec![0; 1 << 20];
    loop {
        control.check().map_err(DiffusionError::from)?;
        match file.read(&mut piece).map_err(failed)? {
            0 => return Ok(hasher.finalize().into()),
            read => hasher.update(&piece[..read]),
        }
    }
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
    for entry in std::fs::read_dir(folder).map_err(|e| RagmeError::file(folder, e))? {
        let path = entry.map_err(|e| RagmeError::file(folder, e))?.path();
        if path.is_dir() {
            collect(&path, files)?;
        } else if path.extension().is_some_and(|extension| extension == "safetensors") {
            files.push(path);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fingerprint(folder: &Path) -> Result<String> {
        super::fingerprint(folder, &Control::default())
    }

    #[test]
    fn a_cancelled_fingerprint_reads_no_further() {
        let folder = tempfile::tempdir().unwrap();
        // Reading it all would take an hour.
        let sparse = std::fs::File::create(folder.path().join("a.safetensors")).unwrap();
        sparse.set_len(1 << 42).unwrap();
        let control = Control::default();
        control.cancel();
        let ended = super::fingerprint(folder.path(), &control);
        assert!(matches!(ended, Err(RagmeError::Base(DiffusionError::Cancelled(_)))), "{ended:?}");
    }

    #[test]
    fn any_changed_weight_changes_the_name() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, bytes: &[u8]| {
            let path = folder.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, bytes).unwrap();
        };
        write("unet/a.safetensors", b"one");
        write("ragme/b.safetensors", b"two");
        let first = fingerprint(folder.path()).unwrap();
        write("unet/config.json", b"{}");
        assert_eq!(fingerprint(folder.path()).unwrap(), first, "only weights count");
        write("ragme/b.safetensors", b"three");
        assert_ne!(fingerprint(folder.path()).unwrap(), first);
        assert_eq!(first.len(), 64);
    }
}
