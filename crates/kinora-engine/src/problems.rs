//! What is wrong with files of a library, and what its models lack.

use std::{fs, io, path::PathBuf};

use jiff::Timestamp;
use kinora_catalog::Problem;
use kinora_types::{AssetId, Kind, PassageKind, advice};
use serde::Serialize;

use crate::{EngineError, Library, Waiting, perception::AtHand};

/// A file or folder that could not be taken, or only in part.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FileProblem {
    /// The file or folder.
    #[serde(with = "kinora_types::lossy_path")]
    pub path: PathBuf,
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    pub hint: Option<String>,
    /// When it was seen first.
    pub since: Timestamp,
    /// Whether it stays so until the file changes; else the next run may fare better.
    pub lasting: bool,
    /// Whether what can be read of the file is in the library all the same.
    pub taken: bool,
}

impl From<Problem> for FileProblem {
    fn from(problem: Problem) -> Self {
        let Problem { path, message, hint, since, lasting, taken, .. } = problem;
        Self { path, message, hint, since, lasting, taken }
    }
}

/// Words that a model cannot find in an asset because its file is at fault.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct WordProblem {
    /// The asset.
    pub asset: AssetId,
    /// A file of it.
    #[serde(with = "kinora_types::lossy_path")]
    pub path: PathBuf,
    /// Which words.
    pub kind: PassageKind,
    /// Why there are none.
    pub message: String,
    /// What to do about it.
    pub hint: Option<String>,
}

/// All that is wrong as far as it is known; nothing is looked at anew but whether the files are there.
#[derive(Clone, Debug, Serialize)]
pub struct Problems {
    /// Files and folders that could not be taken, by path.
    pub files: Vec<FileProblem>,
    /// Words that could not be had.
    pub words: Vec<WordProblem>,
    /// Models and programs that are missing, with the work that waits for them.
    pub missing: Vec<Waiting>,
}

impl Problems {
    /// How many there are.
    pub fn count(&self) -> usize {
        self.files.len() + self.words.len() + self.missing.len()
    }
}

impl Library {
    /// What is wrong with the library's files, as its runs found it, and which models its work waits for. A file that
    /// is gone is no problem any more.
    ///
    /// # Errors
    /// If the catalogue cannot be read, or a model that was pulled cannot be opened.
    pub fn problems(&self) -> Result<Problems, EngineError> {
        let mut files = Vec::new();
        for problem in self.catalog.problems()? {
            if !is_gone(&problem) && (!problem.taken || self.holds(&problem)?) {
                files.push(problem.into());
            }
        }
        let faults = self.catalog.word_faults()?.into_iter();
        let words = faults.map(|fault| WordProblem {
            path: fault.asset.paths.first().map(PathBuf::from).unwrap_or_default(),
            asset: fault.asset.id,
            kind: fault.kind,
            message: fault.message,
            hint: Some(format!("mend the file and {}", advice::ADD_AGAIN)),
        });
        Ok(Problems { files, words: words.collect(), missing: self.missing()? })
    }

    /// Whether the library has what is damaged.
    fn holds(&self, problem: &Problem) -> Result<bool, EngineError> {
        let state = self.catalog.file_state(&problem.path)?;
        Ok(state.is_some_and(|state| state.present && !state.removed))
    }

    /// The models that work waits for. Only those are opened.
    fn missing(&self) -> Result<Vec<Waiting>, EngineError> {
        let mut idle = vec![PassageKind::Caption];
        let mut timed = Vec::new();
        for kind in [PassageKind::Tag, PassageKind::Text, PassageKind::Speech] {
            let waiting = self.catalog.unperceived(kind, None)?;
            let count = waiting.iter().filter(|asset| asset.kind() != Kind::Picture).count();
            timed.extend((count > 0).then_some((kind, count)));
            idle.extend(waiting.is_empty().then_some(kind));
        }
        let mut missing = Vec::new();
        if idle.len() <= 3 {
            let space = self.embedders()?;
            missing = AtHand::load(&self.shared.models, &space, &idle)?.waiting(&self.catalog)?;
        }
        if let Some(error) = self.shared.ffmpeg().err().filter(|_| !timed.is_empty()) {
            missing.extend(Waiting::for_ffmpeg(timed, &error));
        }
        Ok(missing)
    }
}

fn is_gone(problem: &Problem) -> bool {
    fs::symlink_metadata(&problem.path).is_err_and(|error| {
        matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
    })
}
