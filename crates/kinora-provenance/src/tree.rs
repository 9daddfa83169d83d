//! The report as a tree for people: film, shots, sources.

use std::fmt;

use kinora_types::{Clock, Printable, ShotSound};

use crate::{MasterState, ShotVerification, SourceFate, SourceVerification, VerificationReport};

impl fmt::Display for VerificationReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", shown(&self.film.to_string_lossy()))?;
        if let Some(title) = &self.title {
            write!(f, " \"{}\"", shown(title))?;
        }
        let state = match &self.master {
            MasterState::Intact => "intact".to_owned(),
            MasterState::Changed { found } => format!("CHANGED since it was made, now {found}"),
            MasterState::Unreadable { why } => format!("UNREADABLE: {why}"),
        };
        writeln!(f, ": {state}")?;
        writeln!(f, "made by {} from library `{}`", shown(&self.made_by), shown(&self.library))?;
        for (i, shot) in self.shots.iter().enumerate() {
            shot_line(f, shot, self.fps, i + 1 == self.shots.len())?;
        }
        Ok(())
    }
}

fn shot_line(
    f: &mut fmt::Formatter<'_>,
    shot: &ShotVerification,
    fps: u32,
    last: bool,
) -> fmt::Result {
    let (branch, trunk) = if last { ("└─", "  ") } else { ("├─", "│ ") };
    write!(f, "{branch} {} ", shown(&shot.name))?;
    match &shot.gap {
        Some(why) => write!(f, "LEFT OUT: {}", shown(why))?,
        None => {
            let end = shot.first_frame.saturating_add(shot.frames);
            let (from, to) = (Clock::of_frame(shot.first_frame, fps), Clock::of_frame(end, fps));
            write!(f, "{from}-{to} ")?;
            write!(f, "\"{}\"", shown(&shot.prompt))?;
        }
    }
    if let Some(generator) = &shot.generator {
        let made = if shot.synthetic { ", synthetic" } else { "" };
        write!(f, " [{}{made}]", shown(generator))?;
    }
    if let Some(fidelity) = shot.fidelity {
        write!(f, " fidelity {fidelity:.3}")?;
    }
    match shot.sound {
        ShotSound::None => {}
        ShotSound::Kept => write!(f, " with its sound")?,
        ShotSound::Muted => write!(f, " muted")?,
    }
    writeln!(f)?;
    for (i, source) in shot.sources.iter().enumerate() {
        let branch = if i + 1 == shot.sources.len() { "└─" } else { "├─" };
        write!(f, "{trunk} {branch} ")?;
        source_line(f, source)?;
    }
    Ok(())
}

fn source_line(f: &mut fmt::Formatter<'_>, report: &SourceVerification) -> fmt::Result {
    let source = &report.source;
    write!(f, "{} {}", source.asset.short(), shown(&source.label))?;
    if let Some(range) = source.range {
        write!(f, " {range}")?;
    }
    for part in [&source.rights.author, &source.rights.licence].into_iter().flatten() {
        write!(f, ", {}", shown(part))?;
    }
    match (source.scores.and_then(|scores| scores.dense), source.rank) {
        (Some(score), Some(rank)) => write!(f, ", score {score:.3}, rank {rank}")?,
        (None, Some(rank)) => write!(f, ", found by words, rank {rank}")?,
        _ => write!(f, ", pinned")?,
    }
    match &report.fate {
        SourceFate::Present => write!(f, ": present")?,
        SourceFate::Moved { to } => write!(f, ": moved to {}", shown(&to.to_string_lossy()))?,
        SourceFate::Changed => write!(f, ": CHANGED: {}", shown(&source.path))?,
        SourceFate::Vanished => write!(f, ": VANISHED: {}", shown(&source.path))?,
        SourceFate::Withdrawn => write!(f, ": WITHDRAWN from the library")?,
    }
    writeln!(f)
}

fn shown(text: &str) -> Printable<'_> {
    Printable(text)
}
