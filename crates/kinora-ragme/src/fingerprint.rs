//! What names a model in a record: one SHA-256 over all its weights.

use std::{
    io::Read,
    path::{Path, PathBuf},
};

use sha2::{Digest, Sha256};

use crate::error::{RagmeError, Result};

/// SHA-256, in hexadecimal, over the SHA-256 of every safetensors file below a folder, in order of their paths.
/// Reads every byte: about a second a gigabyte.
pub(crate) fn fingerprint(folder: &Path) -> Result<String> {
    let mut files = Vec::new();
    collect(folder, &mut files)?;
    files.sort();
    let mut all = Sha256::new();
    for path in &files {
        all.update(digest(path).map_err(|e| RagmeError::file(path, e))?);
    }
    Ok(all.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
}

fn digest(path: &Path) -> std::io::Result<[u8; 32]> {
    let (mut file, mut hasher) = (kinora_files::open(path)?, Sha256::new());
    let mut piece = vec![0; 1 << 20];
    loop {
        match file.read(&mut piece)? {
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
