//! What is heard in a film: the sound of its clips, laid out along its pictures.
//!
//! Where pictures blend, sounds cross at equal power (a sine and a cosine, so that the loudness of two
//! unrelated sounds stays); at a cut each has 30 ms to come and go, so that nothing clicks; under
//! pictures and cards there is silence; and with the film's picture its sound comes out of nothing and goes
//! into it. Memory: a tenth of a second of each sound that is heard at once.

use std::{f64::consts::FRAC_PI_2, path::Path};

use kinora_render::SoundFile;
use kinora_types::{Asset, ClipCut, Control, FilmSpec, ShotSound, Storyboard};
use kinora_video::{SOUND_CHANNELS, SOUND_RATE, Soundtrack, VideoError, VideoFile};

use crate::{
    FilmError, SourceFinder,
    compose::{film_fade, smooth},
    sources::unreadable,
    timeline::crossfade_frames,
};

/// Seconds in which a sound comes and goes where there is no crossfade.
const EDGE: f64 = 0.03;
/// Frames of sound that are mixed at once.
const BLOCK: u64 = 4800;

/// A sound's place in the film, in frames of sound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Place {
    start: u64,
    end: u64,
    /// How long it takes to come and to go.
    coming: u64,
    going: u64,
}

impl Place {
    /// How loud it is at a moment within it, 0 to 1.
    fn gain(&self, at: u64) -> f64 {
        let part = |since: u64, of: u64| {
            let share = (since as f64 + 0.5) / of.max(1) as f64;
            (share.min(1.0) * FRAC_PI_2).sin()
        };
        part(at - self.start, self.coming) * part(self.end - 1 - at, self.going)
    }
}

/// A clip that is heard.
struct Heard<'a> {
    place: Place,
    asset: &'a Asset,
    cut: ClipCut,
    file: VideoFile,
}

/// Mixes the sound of a film for its encoder; `None` if nothing is heard in it.
///
/// # Errors
/// A source that is gone or cannot be decoded, a disk that is full, cancellation.
pub(crate) fn mix(
    storyboard: &Storyboard,
    sources: &dyn SourceFinder,
    control: &Control,
    film: &Path,
) -> Result<Option<SoundFile>, FilmError> {
    let heard = heard(storyboard, sources)?;
    if heard.is_empty() {
        return Ok(None);
    }
    let total = total_frames(&storyboard.spec);
    let end = sound_frame(total, &storyboard.spec);
    let fade = film_fade(&storyboard.spec) * f64::from(SOUND_RATE);
    let cancelled = || control.is_cancelled();
    let mut open: Vec<(&Heard, Soundtrack)> = Vec::new();
    let mut file = SoundFile::create(film)?;
    let (mut mixed, mut own) = (Vec::new(), Vec::new());
    for start in (0..end).step_by(BLOCK as usize) {
        control.check()?;
        let stop = (start + BLOCK).min(end);
        open.retain(|(heard, _)| heard.place.end > start);
        for heard in heard.iter().filter(|h| (start..stop).contains(&h.place.start)) {
            let track = heard.file.soundtrack(heard.cut.range.start(), &cancelled);
            open.push((heard, track.map_err(|error| blame(heard.asset, &error))?));
        }
        mixed.clear();
        mixed.resize((stop - start) as usize * SOUND_CHANNELS, 0.0f32);
        for (heard, track) in &mut open {
            lay(heard, track, (start, stop), &mut mixed, &mut own)?;
        }
        fade_film(&mut mixed, start, end, fade);
        file.push(&mixed)?;
    }
    file.finish()?;
    Ok(Some(file))
}

/// Adds the next samples of a sound to the block from `start` to `stop`.
fn lay(
    heard: &Heard,
    track: &mut Soundtrack,
    (start, stop): (u64, u64),
    mixed: &mut [f32],
    own: &mut Vec<f32>,
) -> Result<(), FilmError> {
    let place = heard.place;
    let (from, to) = (place.start.max(start), place.end.min(stop));
    own.resize((to - from) as usize * SOUND_CHANNELS, 0.0);
    track.read(own).map_err(|error| blame(heard.asset, &error))?;
    let out = &mut mixed[(from - start) as usize * SOUND_CHANNELS..];
    let pairs = out.chunks_exact_mut(SOUND_CHANNELS).zip(own.chunks_exact(SOUND_CHANNELS));
    for (at, (out, own)) in (from..to).zip(pairs) {
        let gain = place.gain(at) as f32;
        for (out, own) in out.iter_mut().zip(own) {
            *out += own * gain;
        }
    }
    Ok(())
}

/// The film comes out of silence and goes into it, as its picture does of black.
fn fade_film(mixed: &mut [f32], start: u64, end: u64, fade: f64) {
    for (at, pair) in (start..end).zip(mixed.chunks_exact_mut(SOUND_CHANNELS)) {
        let edge = (at + 1).min(end - at) as f64;
        if edge < fade {
            let gain = smooth(edge / fade) as f32;
            pair.iter_mut().for_each(|sample| *sample *= gain);
        }
    }
}

fn blame(asset: &Asset, error: &VideoError) -> FilmError {
    unreadable(asset, error).into()
}

/// The clips that keep their sound, in order.
fn heard<'a>(
    storyboard: &'a Storyboard,
    sources: &dyn SourceFinder,
) -> Result<Vec<Heard<'a>>, FilmError> {
    let mut heard = Vec::new();
    for (shot, place) in storyboard.shots.iter().zip(places(storyboard)) {
        if let (Some(asset), Some(cut)) = (shot.asset(), shot.cut())
            && cut.sound == ShotSound::Kept
        {
            heard.push(Heard { place, asset, cut, file: sources.video(asset)? });
        }
    }
    Ok(heard)
}

/// Where each shot stands in the film's sound: exactly where its pictures do.
fn places(storyboard: &Storyboard) -> Vec<Place> {
    let spec = &storyboard.spec;
    let crossfade = crossfade_frames(spec);
    let last = storyboard.shots.iter().rposition(|shot| shot.frames > 0);
    let edge = (EDGE * f64::from(SOUND_RATE)) as u64;
    let across = if crossfade > 0 { sound_frame(crossfade, spec) } else { edge };
    let mut at = storyboard.title_frames.saturating_sub(crossfade);
    let mut places = Vec::with_capacity(storyboard.shots.len());
    for (i, shot) in storyboard.shots.iter().enumerate() {
        let followed = Some(i) != last || storyboard.credits_frames > 0;
        let preceded = at > 0 || storyboard.title_frames > 0;
        places.push(Place {
            start: sound_frame(at, spec),
            end: sound_frame(at + shot.frames, spec),
            coming: if preceded { across } else { edge },
            going: if followed { across } else { edge },
        });
        at += shot.frames.saturating_sub(crossfade);
    }
    places
}

fn total_frames(spec: &FilmSpec) -> u32 {
    (spec.seconds * f64::from(spec.fps)).round() as u32
}

/// The frame of sound that is heard as a frame of the film appears.
fn sound_frame(frame: u32, spec: &FilmSpec) -> u64 {
    let fps = u64::from(spec.fps.max(1));
    (u64::from(frame) * u64::from(SOUND_RATE) + fps / 2) / fps
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_sounds_cross_at_equal_power() {
        let going = Place { start: 0, end: 1000, coming: 100, going: 400 };
        let coming = Place { start: 600, end: 2000, coming: 400, going: 100 };
        for at in 600..1000 {
            let power = going.gain(at).powi(2) + coming.gain(at).powi(2);
            assert!((power - 1.0).abs() < 1e-9, "{at}: {power}");
        }
        assert!((going.gain(300) - 1.0).abs() < 1e-9);
        assert!(going.gain(0) < 0.01 && going.gain(999) < 0.01);
    }
}
