//! Parity fixtures: made by scripts with the reference implementations, kept in git.

use std::{path::PathBuf, process::Command};

use anyhow::Context;

use crate::run::run;

/// Runs every `crates/*/fixtures/make_*.py`; each names the packages it needs in its first lines.
pub(crate) fn fixtures() -> anyhow::Result<()> {
    for script in scripts()? {
        run(Command::new("python3").arg(&script))
            .with_context(|| format!("see the head of `{}` for what it needs", script.display()))?;
    }
    Ok(())
}

fn scripts() -> anyhow::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir("crates")? {
        let Ok(files) = std::fs::read_dir(entry?.path().join("fixtures")) else {
            continue;
        };
        for file in files {
            let path = file?.path();
            let name =
                path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
            if name.starts_with("make_") && name.ends_with(".py") {
                found.push(path);
            }
        }
    }
    found.sort();
    Ok(found)
}
