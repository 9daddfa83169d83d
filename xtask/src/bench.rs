//! Benchmarks are folders of `bench/` with a `run.sh`; their results are kept in git beside it.

use std::{fs, path::Path, process::Command};

use anyhow::bail;

use crate::run::run;

/// Runs `bench/NAME/run.sh`, or lists the names.
pub(crate) fn bench(name: Option<&str>) -> anyhow::Result<()> {
    let Some(name) = name else {
        for entry in fs::read_dir("bench")? {
            let entry = entry?;
            if entry.path().join("run.sh").is_file() {
                println!("{}", entry.file_name().to_string_lossy());
            }
        }
        return Ok(());
    };
    let script = Path::new("bench").join(name).join("run.sh");
    if !script.is_file() {
        bail!("no such benchmark: `{name}`");
    }
    run(Command::new("bash").arg(script))
}
