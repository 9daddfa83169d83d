//! Packages through their ordinary clients: `pip download` and `npm pack`.
//!
//! Nothing is installed and no script of a package runs. The clients bring the user's own settings
//! (mirrors, proxies, certificates); Kinora names no registry. Their temporary files lie in the
//! cache folder too, so only that disk needs room.

use std::{
    ffi::{OsStr, OsString},
    fs,
    io::ErrorKind,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::Duration,
};

use kinora_types::Control;

use super::{
    StoreError,
    progress::{Reporter, Stage},
};

const POLL: Duration = Duration::from_millis(100);

/// Names of the Python interpreter, tried in order.
const PYTHONS: [&str; 3] = ["python3", "python", "py"];
const NPMS: &[&str] = if cfg!(windows) { &["npm.cmd"] } else { &["npm"] };

/// A package to be fetched, and the folder that takes it.
pub(super) struct Fetch<'a> {
    pub package: &'a str,
    pub scratch: &'a Path,
    pub client_env: &'a [(OsString, OsString)],
    pub control: &'a Control,
}

/// Fetches the wheel of `package` (`name==version`), for `platform` and `python` if they are given.
pub(super) fn pip(
    fetch: &Fetch<'_>,
    platform: Option<&str>,
    python: Option<&str>,
    reporter: &mut Reporter<'_>,
) -> Result<PathBuf, StoreError> {
    let mut arguments: Vec<&OsStr> = Vec::new();
    let fixed = "-m pip download --no-deps --only-binary=:all: --no-input --progress-bar off \
                 --retries 2 --disable-pip-version-check --dest";
    arguments.extend(fixed.split_whitespace().map(OsStr::new));
    arguments.push(fetch.scratch.as_os_str());
    let flags = [("--platform", platform), ("--python-version", python)];
    for (flag, value) in flags.iter().filter_map(|(f, v)| v.map(|v| (f, v))) {
        arguments.extend([OsStr::new(flag), OsStr::new(value)]);
    }
    arguments.push(OsStr::new(fetch.package));
    fetch.run("pip", &PYTHONS, &arguments, reporter)?;
    fetch.find("whl", "pip")
}

/// Fetches the tarball of `package` (`name@version`, or a folder).
pub(super) fn npm(fetch: &Fetch<'_>, reporter: &mut Reporter<'_>) -> Result<PathBuf, StoreError> {
    let fixed = ["pack", "--ignore-scripts", "--pack-destination"];
    let mut arguments: Vec<&OsStr> = fixed.iter().map(OsStr::new).collect();
    arguments.extend([fetch.scratch.as_os_str(), OsStr::new(fetch.package)]);
    fetch.run("npm", NPMS, &arguments, reporter)?;
    fetch.find("tgz", "npm")
}

impl Fetch<'_> {
    fn run(
        &self,
        client: &'static str,
        programs: &[&str],
        arguments: &[&OsStr],
        reporter: &mut Reporter<'_>,
    ) -> Result<(), StoreError> {
        for program in programs {
            let Some(child) = self.spawn(program, arguments)? else {
                continue;
            };
            let success = self.wait(child, reporter)?;
            let words = fs::read_to_string(self.words()).unwrap_or_default();
            // A Python without pip: another one may have it.
            if words.contains("No module named pip") {
                continue;
            }
            return if success { Ok(()) } else { Err(self.judge(client, &words)) };
        }
        Err(StoreError::NoClient { client, package: self.package.into() })
    }

    /// `None` if there is no such program. The output goes to a file, so a full pipe blocks nobody.
    fn spawn(&self, program: &str, arguments: &[&OsStr]) -> Result<Option<Child>, StoreError> {
        let words = self.words();
        let fail = |e| StoreError::io(&words, e);
        let log = fs::File::create(&words).map_err(fail)?;
        let mut command = Command::new(program);
        command.args(arguments).envs(self.client_env.iter().map(|(k, v)| (k, v)));
        command.env("TMPDIR", self.scratch).env("TEMP", self.scratch).env("TMP", self.scratch);
        command.current_dir(self.scratch);
        command.stdin(Stdio::null()).stdout(log.try_clone().map_err(fail)?).stderr(log);
        #[expect(
            clippy::disallowed_methods,
            reason = "the floor of children is above; `wait` ends it"
        )]
        let started = command.spawn();
        match started {
            Ok(child) => Ok(Some(child)),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(StoreError::io(Path::new(program), error)),
        }
    }

    /// Waits for the end; whether it went well. Bytes are seen in the growth of the folder.
    fn wait(&self, mut child: Child, reporter: &mut Reporter<'_>) -> Result<bool, StoreError> {
        loop {
            if let Some(status) = child.try_wait().map_err(|e| StoreError::io(self.scratch, e))? {
                return Ok(status.success());
            }
            if let Err(cancelled) = self.control.check() {
                // Only a child that ended by itself cannot be killed, and that is as good.
                let _ = child.kill();
                let _ = child.wait();
                return Err(cancelled.into());
            }
            reporter.step(Stage::Downloading, folder_size(self.scratch, 4), None);
            thread::sleep(POLL);
        }
    }

    fn words(&self) -> PathBuf {
        self.scratch.join("client.log")
    }

    fn judge(&self, client: &'static str, words: &str) -> StoreError {
        let what = self.package.to_owned();
        let says = |needles: &[&str]| needles.iter().any(|needle| words.contains(needle));
        let detail = last_words(words);
        if says(&["No space left", "ENOSPC"]) {
            return StoreError::DiskFull(self.scratch.to_owned());
        }
        if says(&UNREACHABLE) {
            return StoreError::Unreachable { what, detail };
        }
        if says(&["No matching distribution", "E404", "ETARGET", "ENOENT"]) {
            return StoreError::Gone { what, detail };
        }
        StoreError::ClientFailed { client, package: what, detail }
    }

    fn find(&self, extension: &str, client: &'static str) -> Result<PathBuf, StoreError> {
        let entries = fs::read_dir(self.scratch).map_err(|e| StoreError::io(self.scratch, e))?;
        let paths = entries.filter_map(|entry| Some(entry.ok()?.path()));
        let found = paths.filter(|p| p.extension().is_some_and(|e| e == extension)).min();
        found.ok_or_else(|| StoreError::ClientFailed {
            client,
            package: self.package.into(),
            detail: format!("it left no `.{extension}` file"),
        })
    }
}

/// Messages of `pip` and `npm` when no server answers.
const UNREACHABLE: [&str; 13] = [
    "NewConnectionError",
    "Failed to establish a new connection",
    "ConnectTimeout",
    "Max retries exceeded",
    "ProxyError",
    "name resolution",
    "Network is unreachable",
    "ENOTFOUND",
    "ECONNREFUSED",
    "ECONNRESET",
    "ETIMEDOUT",
    "EAI_AGAIN",
    "ERR_SOCKET_TIMEOUT",
];

/// The last line that says something, without the client's own decoration.
fn last_words(words: &str) -> String {
    let mut lines = words.lines().map(|l| l.trim_start_matches("npm error").trim());
    let says_something = |line: &&str| {
        !line.is_empty() && !line.contains("complete log") && !line.ends_with("-debug-0.log")
    };
    lines.rfind(says_something).unwrap_or("it said nothing").to_owned()
}

/// Bytes under `folder`, down to `depth` levels; what vanishes meanwhile does not count.
fn folder_size(folder: &Path, depth: usize) -> u64 {
    let Ok(entries) = fs::read_dir(folder) else {
        return 0;
    };
    let size = |entry: fs::DirEntry| match entry.metadata() {
        Ok(metadata) if metadata.is_dir() && depth > 0 => folder_size(&entry.path(), depth - 1),
        Ok(metadata) if metadata.is_file() => metadata.len(),
        _ => 0,
    };
    entries.flatten().map(size).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clients_words_become_errors() {
        let control = Control::default();
        let fetch =
            Fetch { package: "p==1", scratch: Path::new("s"), client_env: &[], control: &control };
        let judge = |words: &str| fetch.judge("pip", words);
        let refused =
            "WARNING: Retrying after NewConnectionError\nERROR: No matching distribution found";
        assert!(matches!(judge(refused), StoreError::Unreachable { .. }));
        let gone = "ERROR: No matching distribution found for p==1";
        assert!(matches!(judge(gone), StoreError::Gone { .. }));
        assert!(matches!(judge("npm error code ENOSPC"), StoreError::DiskFull(_)));
        let other =
            judge("npm error boom\nnpm error A complete log of this run is in: x\n").to_string();
        assert!(other.ends_with("boom"), "{other}");
    }
}
