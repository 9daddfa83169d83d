//! Files that a person left out by patterns: `.kinoraignore` in any folder, and the patterns of a run.
//!
//! The syntax is that of `.gitignore` (gitignore(5)), by the crate `ignore`: a file holds for its folder and all below,
//! a deeper one goes before it, `!` takes back. What is in a folder that is left out is not looked at. Letters may be
//! composed either way (UAX #15). Memory: the patterns of the folders on the way.

use std::{
    collections::HashMap,
    fs, io,
    path::{Path, PathBuf},
    str,
    sync::Arc,
};

use ignore::{
    Match,
    gitignore::{Gitignore, GitignoreBuilder},
};
use kinora_catalog::composed;

use crate::{FileFailure, IngestError};

/// Name of the files.
pub(crate) const FILE_NAME: &str = ".kinoraignore";

/// Bytes of one file at most.
const MOST_BYTES: u64 = 1 << 20;

/// What patterns say of a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    In,
    /// Left out of this run.
    Out,
    /// Left out of the library by a file of patterns.
    OutForGood,
}

/// What a folder's file says.
#[derive(Clone)]
enum Rules {
    None,
    Patterns(Arc<Gitignore>),
    /// It is there and cannot be read: nobody knows what it would leave out.
    Unknown,
}

/// Patterns of a run and of the folders it comes through.
#[derive(Default)]
pub(crate) struct Exclusions {
    patterns: Vec<String>,
    /// The patterns of the run, below the folder that they hold for.
    own: Option<(PathBuf, Gitignore)>,
    folders: HashMap<PathBuf, Rules>,
    /// What is wrong with files of patterns, with their size and time, until somebody takes it.
    faults: Vec<(FileFailure, (u64, i64))>,
}

/// Holds the patterns of a run against the syntax.
///
/// # Errors
/// [`IngestError::Pattern`] for the first that has none.
pub fn check_patterns(patterns: &[String]) -> Result<(), IngestError> {
    compile(Path::new("/"), patterns).map(drop)
}

fn compile(root: &Path, patterns: &[String]) -> Result<Gitignore, IngestError> {
    let mut builder = builder(root);
    for pattern in patterns {
        let failed = |message: String| IngestError::Pattern { pattern: pattern.clone(), message };
        builder.add_line(None, &composed(pattern)).map_err(|error| failed(said(&error)))?;
    }
    let failed = |error: ignore::Error| IngestError::Pattern {
        pattern: patterns.join("`, `"),
        message: said(&error),
    };
    builder.build().map_err(failed)
}

fn builder(root: &Path) -> GitignoreBuilder {
    let root = composed(&root.to_string_lossy()).into_owned();
    let mut builder = GitignoreBuilder::new(root);
    // A person who forgot a bracket wants to hear of it.
    builder.allow_unclosed_class(false);
    builder
}

/// What is wrong with a pattern, without the pattern.
fn said(error: &ignore::Error) -> String {
    match error {
        ignore::Error::Glob { err, .. } => err.clone(),
        ignore::Error::WithPath { err, .. }
        | ignore::Error::WithLineNumber { err, .. }
        | ignore::Error::WithDepth { err, .. } => said(err),
        other => other.to_string(),
    }
}

impl Exclusions {
    pub(crate) fn new(patterns: Vec<String>) -> Self {
        Self { patterns, ..Self::default() }
    }

    /// The patterns of the run hold below this folder from here on.
    pub(crate) fn below(&mut self, root: &Path) -> Result<(), IngestError> {
        if !self.patterns.is_empty() && self.own.as_ref().is_none_or(|(own, _)| own != root) {
            self.own = Some((root.to_owned(), compile(root, &self.patterns)?));
        }
        Ok(())
    }

    /// What is wrong with files of patterns that were read since the last call.
    pub(crate) fn faults(&mut self) -> Vec<(FileFailure, (u64, i64))> {
        std::mem::take(&mut self.faults)
    }

    /// Whether a path is left out whose folder is not.
    pub(crate) fn verdict(&mut self, path: &Path, is_folder: bool) -> Verdict {
        let shown = PathBuf::from(composed(&path.to_string_lossy()).into_owned());
        if let Some((root, own)) = &self.own
            && path != root
            && path.starts_with(root)
        {
            match own.matched(&shown, is_folder) {
                Match::Ignore(_) => return Verdict::Out,
                Match::Whitelist(_) => return Verdict::In,
                Match::None => {}
            }
        }
        for folder in path.ancestors().skip(1) {
            match self.rules(folder) {
                Rules::None => {}
                Rules::Unknown => return Verdict::Out,
                Rules::Patterns(patterns) => match patterns.matched(&shown, is_folder) {
                    Match::Ignore(_) => return Verdict::OutForGood,
                    Match::Whitelist(_) => return Verdict::In,
                    Match::None => {}
                },
            }
        }
        Verdict::In
    }

    /// Whether a path, or a folder that it lies in, is left out.
    pub(crate) fn verdict_from_above(&mut self, path: &Path, is_folder: bool) -> Verdict {
        let mut ways: Vec<&Path> = path.ancestors().collect();
        ways.reverse();
        let verdict = |way: &&Path| self.verdict(way, is_folder || *way != path);
        let mut verdicts = ways.iter().map(verdict);
        verdicts.find(|verdict| *verdict != Verdict::In).unwrap_or(Verdict::In)
    }

    fn rules(&mut self, folder: &Path) -> Rules {
        if let Some(known) = self.folders.get(folder) {
            return known.clone();
        }
        let rules = self.read(folder);
        self.folders.insert(folder.to_owned(), rules.clone());
        rules
    }

    fn read(&mut self, folder: &Path) -> Rules {
        let path = folder.join(FILE_NAME);
        let look = match fs::symlink_metadata(&path) {
            Ok(metadata) => (metadata.len(), crate::times::modified_ns(&metadata)),
            Err(_) => return Rules::None,
        };
        let text = match kinora_files::read(&path, MOST_BYTES) {
            Ok(text) => text,
            Err(error) => {
                let lasting = error.kind() != io::ErrorKind::PermissionDenied;
                let message = format!("cannot read it, so its folder is left out: {error}");
                self.fault(&path, message, lasting, look);
                return Rules::Unknown;
            }
        };
        let mut builder = builder(folder);
        for (number, line) in text.split(|byte| *byte == b'\n').enumerate() {
            if let Err(message) = add_line(&mut builder, &path, number, line) {
                let message = format!("line {}: {message}; the line is passed over", number + 1);
                self.fault(&path, message, true, look);
            }
        }
        match builder.build() {
            Ok(patterns) => Rules::Patterns(Arc::new(patterns)),
            Err(error) => {
                let message = format!("cannot use it, so its folder is left out: {}", said(&error));
                self.fault(&path, message, true, look);
                Rules::Unknown
            }
        }
    }

    /// The faults of one file are one.
    fn fault(&mut self, path: &Path, message: String, lasting: bool, look: (u64, i64)) {
        match self.faults.iter_mut().find(|(failure, _)| failure.path == path) {
            Some((failure, _)) => failure.message = format!("{}; {message}", failure.message),
            None => {
                let hint = Some("mend the file; patterns are written as in a `.gitignore`".into());
                let failure = FileFailure { path: path.to_owned(), message, hint, lasting };
                self.faults.push((failure, look));
            }
        }
    }
}

fn add_line(
    builder: &mut GitignoreBuilder,
    path: &Path,
    number: usize,
    line: &[u8],
) -> Result<(), String> {
    let line = str::from_utf8(line).map_err(|_| "it is not UTF-8".to_owned())?;
    let line = if number == 0 { line.trim_start_matches('\u{feff}') } else { line };
    let line = line.strip_suffix('\r').unwrap_or(line);
    let added = builder.add_line(Some(path.to_owned()), &composed(line));
    added.map(drop).map_err(|error| format!("`{line}` is no pattern: {}", said(&error)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_hold_for_their_folder_and_deeper_ones_go_before() {
        let folder = tempfile::tempdir().unwrap();
        let root = fs::canonicalize(folder.path()).unwrap();
        fs::create_dir_all(root.join("a/keep")).unwrap();
        fs::write(
            root.join(FILE_NAME),
            "# mine\n*.tmp.jpg\n/raw/\nu\u{308}*.png\n[z-a]\n\\#x.png\n",
        )
        .unwrap();
        fs::write(root.join("a").join(FILE_NAME), "!*.tmp.jpg\r\nkeep/\r\n").unwrap();
        let mut exclusions = Exclusions::default();
        use Verdict::{In, OutForGood};
        for (path, is_folder, verdict) in [
            ("x.jpg", false, In),
            ("x.tmp.jpg", false, OutForGood),
            ("b/x.tmp.jpg", false, OutForGood),
            ("a/x.tmp.jpg", false, In),
            ("raw", true, OutForGood),
            ("raw", false, In),
            ("a/raw", true, In),
            ("a/keep", true, OutForGood),
            ("\u{fc}ber.png", false, OutForGood),
            ("#x.png", false, OutForGood),
        ] {
            assert_eq!(exclusions.verdict(&root.join(path), is_folder), verdict, "{path}");
        }
        assert_eq!(
            exclusions.verdict_from_above(&root.join("a/keep/deep/x.jpg"), false),
            OutForGood
        );
        let faults = exclusions.faults();
        assert_eq!(faults.len(), 1, "{faults:?}");
        assert!(faults[0].0.message.starts_with("line 5: `[z-a]` is no pattern"), "{faults:?}");
        assert!(exclusions.faults().is_empty());
    }

    #[test]
    fn patterns_of_a_run_hold_below_its_folder_and_go_before_files() {
        let folder = tempfile::tempdir().unwrap();
        let root = fs::canonicalize(folder.path()).unwrap();
        fs::write(root.join(FILE_NAME), "*.gif\n").unwrap();
        let mut exclusions = Exclusions::new(vec!["/raw".into(), "!b.gif".into()]);
        exclusions.below(&root).unwrap();
        assert_eq!(exclusions.verdict(&root.join("raw"), true), Verdict::Out);
        assert_eq!(exclusions.verdict(&root.join("a/raw"), true), Verdict::In);
        assert_eq!(exclusions.verdict(&root.join("b.gif"), false), Verdict::In);
        assert_eq!(exclusions.verdict(&root.join("c.gif"), false), Verdict::OutForGood);
        for broken in ["[z-a]", "{a", "[a", "a\\"] {
            assert!(check_patterns(&[broken.into()]).is_err(), "{broken}");
        }
    }

    #[test]
    fn a_file_of_patterns_that_cannot_be_read_leaves_its_folder_out() {
        let folder = tempfile::tempdir().unwrap();
        let root = fs::canonicalize(folder.path()).unwrap();
        fs::create_dir(root.join(FILE_NAME)).unwrap();
        let mut exclusions = Exclusions::default();
        assert_eq!(exclusions.verdict(&root.join("x.jpg"), false), Verdict::Out);
        assert!(exclusions.faults()[0].0.message.contains("its folder is left out"));
    }
}
