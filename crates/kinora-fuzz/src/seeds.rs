//! Seeds of mutants: the fixtures of the readers' own tests, and a few texts.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::Context;

use crate::Target;

/// Larger files make mutants slow, not better.
const LARGEST: u64 = 200_000;

/// A sound file.
#[derive(Clone, Debug)]
pub struct Seed {
    /// Path below the crates' folder.
    pub name: String,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

/// The seeds of a target, by name.
///
/// # Errors
/// If a folder of them is missing or empty: a campaign without seeds would find nothing and say so proudly.
pub fn seeds(target: Target) -> anyhow::Result<Vec<Seed>> {
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut folders = vec![crates.join("kinora-fuzz/seeds").join(target.name())];
    if matches!(target, Target::Picture | Target::Metadata) {
        folders = vec![crates.join("kinora-image/tests/fixtures/read")];
    }
    let mut found = Vec::new();
    for folder in folders {
        collect(&folder, &mut found).with_context(|| folder.display().to_string())?;
    }
    anyhow::ensure!(!found.is_empty(), "there is no seed for `{}`", target.name());
    found.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(found)
}

fn collect(folder: &Path, found: &mut Vec<Seed>) -> anyhow::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path: PathBuf = entry?.path();
        if path.is_dir() {
            collect(&path, found)?;
        } else if path.metadata()?.len() <= LARGEST && path.extension().is_none_or(|e| e != "py") {
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            found.push(Seed { name, bytes: fs::read(&path)? });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_target_has_seeds_that_it_can_read() {
        for target in Target::ALL {
            for seed in seeds(target).unwrap() {
                target.feed(&seed.bytes);
            }
        }
    }
}
