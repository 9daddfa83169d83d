//! What `kinora add` shows while it goes on: one bar a stage, each with its own total.

use std::{
    borrow::Cow,
    path::{Path, PathBuf},
};

use kinora_engine::{AddStage, Event, FileFailure, Progress};

use super::{ask::say_sent, gathered::Gathered};
use crate::output::{self, progress::Stages};

/// Shows progress and keeps what the report needs.
#[derive(Default)]
pub(crate) struct Screen {
    pub bar: Stages,
    pub failures: Vec<FileFailure>,
    pub vanished: Vec<PathBuf>,
    pub taken_out: Vec<PathBuf>,
    pub gathered: Gathered,
}

impl Screen {
    pub(crate) fn show(&mut self, event: Event) {
        match event {
            Event::Found { files } => {
                self.bar.looking(&format!("looking for files, {files} found"))
            }
            Event::Progress(progress) => self.progress(&progress),
            Event::Failed(failure) => self.failed(failure),
            Event::Damaged(damage) => {
                let told = format!("damaged: {}: {}", damage.message, damage.path.display());
                self.bar.warn(&told, None);
            }
            Event::Vanished { path } => {
                self.bar.say(&format!("vanished: {}", path.display()));
                self.vanished.push(path);
            }
            Event::TakenOut { path } => {
                self.bar.say(&format!("left out now: {}", path.display()));
                self.taken_out.push(path);
            }
            Event::LeftOut(left) => self.gathered.left_out.push(left),
            Event::MotionPhoto { path } => self.gathered.motion_photos.push(path),
            Event::LivePhoto(pair) => self.gathered.live_photos.push(pair),
            Event::Analysing { path, at_ms, duration_ms } => {
                self.bar.message(&format!("{}{}", name(&path), place(at_ms, duration_ms)));
            }
            Event::Perceiving { kind, path, at_ms, duration_ms } => {
                let at = place(at_ms, duration_ms);
                self.bar.message(&format!("{} in {}{at}", kind.name(), name(&path)));
            }
            Event::Watching { folders } => {
                let names: Vec<_> = folders.iter().map(|folder| folder.to_string_lossy()).collect();
                self.bar.say(&format!("watching, Ctrl-C ends it: {}", names.join(", ")));
            }
            // Also if the run ends early.
            Event::Sent(sent) => {
                self.bar.clear();
                say_sent(&sent);
            }
            _ => {}
        }
    }

    fn progress(&mut self, progress: &Progress) {
        let Progress { stage, done, total, work, work_total } = *progress;
        let unit = match stage {
            AddStage::Files => "files",
            AddStage::Videos => "videos",
            AddStage::Words => "words",
        };
        self.bar.stage(unit, (done, total), (work, work_total));
    }

    fn failed(&mut self, failure: FileFailure) {
        let hint = failure.hint.as_deref().map(output::hint);
        let told = format!("failed: {}: {}", failure.message, failure.path.display());
        self.bar.warn(&told, hint.as_deref());
        self.failures.push(failure);
    }
}

fn name(path: &Path) -> Cow<'_, str> {
    path.file_name().unwrap_or_default().to_string_lossy()
}

/// Where in a recording it is; nothing for a picture.
fn place(at_ms: u64, duration_ms: u64) -> String {
    let clock = |ms: u64| output::timecode(ms as f64 / 1000.0);
    match duration_ms {
        0 => String::new(),
        length => format!(": {} of {}", clock(at_ms), clock(length)),
    }
}
