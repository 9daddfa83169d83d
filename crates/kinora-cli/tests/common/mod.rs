//! The real binary in a home of its own, with the shared cache of models.

#![allow(clippy::disallowed_methods, reason = "children of tests end with them")]
#![allow(dead_code, reason = "each test file uses its part")]

use std::{
    io::Write,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};

use tempfile::TempDir;

/// A home folder that goes with the test.
pub(crate) struct Home {
    pub folder: TempDir,
}

impl Home {
    pub(crate) fn new() -> Self {
        Self { folder: TempDir::new().unwrap() }
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// `kinora` with this home; nothing of the caller's configuration leaks in.
    pub(crate) fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_kinora"));
        command.args(args).current_dir(self.path());
        command.env("KINORA_HOME", self.path().join("home")).env("KINORA_CACHE", cache());
        command
    }

    pub(crate) fn run(&self, args: &[&str]) -> Ended {
        Ended::from(self.command(args).output().unwrap())
    }
}

impl Home {
    /// A cache that has what the shared one has, but for artifacts whose names begin so.
    pub(crate) fn cache_without(&self, names: &[&str]) -> PathBuf {
        let folder = self.path().join("cache");
        std::fs::create_dir(&folder).unwrap();
        for entry in std::fs::read_dir(cache()).unwrap().flatten() {
            let name = entry.file_name();
            if !names.iter().any(|without| name.to_string_lossy().starts_with(without)) {
                link(&entry.path(), &folder.join(name));
            }
        }
        folder
    }
}

#[cfg(unix)]
fn link(from: &Path, to: &Path) {
    std::os::unix::fs::symlink(from, to).unwrap();
}

#[cfg(not(unix))]
fn link(from: &Path, to: &Path) {
    if from.is_dir() {
        std::os::windows::fs::symlink_dir(from, to).unwrap();
    }
}

/// Runs a command to its end with these lines on its standard input.
pub(crate) fn fed(mut command: Command, lines: &str) -> Ended {
    let piped = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = piped.spawn().unwrap();
    child.stdin.take().unwrap().write_all(lines.as_bytes()).unwrap();
    Ended::from(child.wait_with_output().unwrap())
}

/// How a run ended.
#[derive(Debug)]
pub(crate) struct Ended {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

impl From<Output> for Ended {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }
}

impl Ended {
    /// Fails the test unless it was done; the messages tell why.
    pub(crate) fn done(self) -> Self {
        assert_eq!(self.code, 0, "{}{}", self.stdout, self.stderr);
        self
    }

    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|e| panic!("{e}: {}", self.stdout))
    }

    /// What snapshots compare: code and both streams.
    pub(crate) fn shown(&self) -> String {
        format!("exit {}\n--- stdout\n{}--- stderr\n{}", self.code, self.stdout, self.stderr)
    }
}

/// Where `kinora models pull` puts models by default; `cargo xtask test` pulls before it tests.
pub(crate) fn cache() -> PathBuf {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kinora"));
    let output = command.args(["models", "path"]).env_remove("KINORA_HOME").output().unwrap();
    PathBuf::from(Ended::from(output).done().stdout.trim())
}

/// The sample pictures of the repository.
pub(crate) fn samples() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../samples").canonicalize().unwrap()
}
