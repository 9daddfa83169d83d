//! Shots, crossfades, cards and words to one row of frames.
//!
//! Frames arrive shot by shot and leave for the encoder as soon as nothing more is laid over them;
//! only the tail of a shot waits for the next shot to be blended with: `crossfade` frames of
//! 1.5 bytes a pixel. Every composed frame is hashed; one that leaves as it came is hashed once.

use std::collections::VecDeque;

use blake3::Hash;
use kinora_render::{EncodedFilm, FilmEncoder, Overlay, crossfade, dim};
use kinora_types::{ContentHash, Control, FilmSpec, Storyboard, YuvFrame};

use crate::{FilmError, overlays::Overlays, timeline::crossfade_frames};

/// Light left behind the title and behind the end card.
const TITLE_LIGHT: f64 = 0.42;
const CREDITS_LIGHT: f64 = 0.16;
/// Seconds in which words come and go, and in which the film comes out of and goes into black.
const WORDS_FADE: f64 = 0.35;
const FILM_FADE: f64 = 0.5;

/// How much of the film is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FilmProgress {
    /// Frames handed to the encoder.
    pub done: u64,
    /// Frames of the film.
    pub total: u64,
}

/// A frame on its way, with its hash as long as nothing has been changed on it.
struct Passing {
    frame: YuvFrame,
    hash: Option<Hash>,
}

/// A stretch of the film in which words are shown.
struct Cue {
    overlay: Overlay,
    start: u32,
    end: u32,
}

/// Composes a film into an encoder.
pub(crate) struct Composer<'a> {
    encoder: FilmEncoder,
    control: &'a Control,
    progress: &'a mut dyn FnMut(FilmProgress),
    fps: f64,
    total: u32,
    /// Frames of the film's fades from and to black.
    film_fade: f64,
    crossfade: u32,
    cues: Vec<Cue>,
    /// Frames already handed over.
    done: u32,
    /// Tail of the part before, oldest first.
    tail: VecDeque<Passing>,
    part: Part,
    hasher: blake3::Hasher,
    /// Whether the title card still waits for the first frame.
    title_due: u32,
    /// The newest frame of the shots, for the end card.
    newest: Option<YuvFrame>,
}

/// The part that is being taken in.
#[derive(Clone, Copy, Default)]
struct Part {
    /// Frames it has, crossfade into the next included.
    gross: u32,
    /// Whether another part follows, and so the last frames wait.
    followed: bool,
    taken: u32,
}

impl<'a> Composer<'a> {
    pub(crate) fn new(
        storyboard: &Storyboard,
        overlays: Overlays,
        encoder: FilmEncoder,
        control: &'a Control,
        progress: &'a mut dyn FnMut(FilmProgress),
    ) -> Self {
        let spec = &storyboard.spec;
        let crossfade = crossfade_frames(spec);
        Self {
            encoder,
            control,
            progress,
            fps: f64::from(spec.fps),
            total: (spec.seconds * f64::from(spec.fps)).round() as u32,
            film_fade: film_fade(spec) * f64::from(spec.fps),
            crossfade,
            cues: cues(storyboard, overlays, crossfade),
            done: 0,
            tail: VecDeque::new(),
            part: Part::default(),
            hasher: blake3::Hasher::new(),
            title_due: storyboard.title_frames,
            newest: None,
        }
    }

    /// Announces a shot of `gross` frames.
    pub(crate) fn begin(&mut self, gross: u32, followed: bool) {
        self.part = Part { gross, followed, taken: 0 };
    }

    /// Takes the next frame of the shot with its hash.
    pub(crate) fn push(&mut self, frame: &YuvFrame, hash: Hash) -> Result<(), FilmError> {
        if self.title_due > 0 {
            self.title(frame)?;
        }
        let mut own = self.encoder.blank()?;
        own.copy_from(frame);
        let last = self.part.taken + 1 == self.part.gross;
        if last {
            self.newest = Some(frame.clone());
        }
        self.take(Passing { frame: own, hash: Some(hash) })
    }

    /// The title card: the first frame of the film's first shot, darkened, before that shot.
    fn title(&mut self, first: &YuvFrame) -> Result<(), FilmError> {
        let shot = self.part;
        let frames = std::mem::take(&mut self.title_due);
        self.begin(frames, true);
        self.still(first, TITLE_LIGHT)?;
        self.part = shot;
        Ok(())
    }

    /// The end card: the last frame of the last shot, darkened.
    pub(crate) fn credits(&mut self, frames: u32) -> Result<(), FilmError> {
        let last = self.newest.take();
        match last {
            Some(last) if frames > 0 => {
                self.begin(frames, false);
                self.still(&last, CREDITS_LIGHT)
            }
            _ => Ok(()),
        }
    }

    fn still(&mut self, picture: &YuvFrame, light: f64) -> Result<(), FilmError> {
        let mut dark = picture.clone();
        dim(&mut dark, light);
        for _ in 0..self.part.gross {
            let mut frame = self.encoder.blank()?;
            frame.copy_from(&dark);
            self.take(Passing { frame, hash: None })?;
        }
        Ok(())
    }

    /// Blends a frame with the tail of the part before, keeps it as tail, or hands it over.
    fn take(&mut self, mut passing: Passing) -> Result<(), FilmError> {
        let at = self.part.taken;
        self.part.taken += 1;
        if at < self.crossfade && !self.tail.is_empty() {
            if let Some(before) = self.tail.pop_front() {
                let t = f64::from(at + 1) / f64::from(self.crossfade + 1);
                crossfade(&mut passing.frame, &before.frame, 1.0 - t);
                passing.hash = None;
            }
        } else if self.part.followed && at + self.crossfade >= self.part.gross {
            self.tail.push_back(passing);
            return Ok(());
        }
        self.emit(passing)
    }

    /// Lays words and fades over the next frame of the film and hands it to the encoder.
    fn emit(&mut self, mut passing: Passing) -> Result<(), FilmError> {
        let at = self.done;
        let fade = self.fps * WORDS_FADE;
        for cue in self.cues.iter().filter(|cue| (cue.start..cue.end).contains(&at)) {
            let (since, until) = (f64::from(at - cue.start), f64::from(cue.end - at));
            let opacity = ((since + 0.5) / fade).min((until - 0.5) / fade).min(1.0);
            cue.overlay.lay(&mut passing.frame, smooth(opacity));
            passing.hash = None;
        }
        let film_fade = self.film_fade;
        let edge = f64::from((at + 1).min(self.total.saturating_sub(at)));
        if edge < film_fade {
            dim(&mut passing.frame, smooth(edge / film_fade));
            passing.hash = None;
        }
        let hash = passing.hash.unwrap_or_else(|| blake3::hash(passing.frame.bytes()));
        self.hasher.update(hash.as_bytes());
        self.encoder.push(passing.frame, &|| self.control.is_cancelled())?;
        self.done += 1;
        (self.progress)(FilmProgress { done: self.done.into(), total: self.total.into() });
        Ok(())
    }

    /// Closes the film, still under a temporary name; the hash is over all composed frames.
    pub(crate) fn finish(self) -> Result<(EncodedFilm, ContentHash), FilmError> {
        if self.done != self.total {
            return Err(FilmError::Render(kinora_render::RenderError::Internal(format!(
                "composed {} of {} frames",
                self.done, self.total
            ))));
        }
        let film = self.encoder.finish(&|| self.control.is_cancelled())?;
        Ok((film, ContentHash::from_bytes(*self.hasher.finalize().as_bytes())))
    }
}

/// Seconds in which the film comes out of black, and goes into it.
pub(crate) fn film_fade(spec: &FilmSpec) -> f64 {
    FILM_FADE.min(spec.seconds / 6.0)
}

pub(crate) fn smooth(t: f64) -> f64 {
    let t = t.clamp(0.0, 1.0);
    t * t * (3.0 - 2.0 * t)
}

/// When which words are on screen: from the middle of one crossfade to the middle of the next.
fn cues(storyboard: &Storyboard, overlays: Overlays, crossfade: u32) -> Vec<Cue> {
    let half = crossfade / 2;
    let mut cues = Vec::new();
    if let Some(overlay) = overlays.title {
        let end = storyboard.title_frames - half.min(storyboard.title_frames);
        cues.push(Cue { overlay, start: 0, end });
    }
    let mut at = storyboard.title_frames.saturating_sub(crossfade);
    let shown = storyboard.shots.iter().zip(overlays.captions);
    for (shot, overlay) in shown.filter(|(shot, _)| shot.frames > 0) {
        let end = at + shot.frames;
        if let Some(overlay) = overlay {
            let start = at + if at > 0 { half } else { 0 };
            cues.push(Cue { overlay, start, end: end.saturating_sub(half) });
        }
        at = end.saturating_sub(crossfade);
    }
    let length = f64::from(storyboard.credits_frames.saturating_sub(half));
    let (first, mut passed) = (at + half, 0.0);
    for (overlay, share) in overlays.pages {
        let frame = |share: f64| first + (share * length).round() as u32;
        cues.push(Cue { overlay, start: frame(passed), end: frame(passed + share) });
        passed += share;
    }
    cues
}
