//! From a brief to a storyboard: sources, time, camera.

use std::collections::BTreeMap;

use kinora_render::{RenderError, subject};
use kinora_types::{
    Asset, Brief, CameraMove, Captioning, ClipCut, Clock, Control, FilmSpec, Kind, Moment, Shot,
    ShotBrief, ShotSound, Shown, Size, Sound, Stabilisation, Storyboard, TimeRange,
};

use crate::{
    FilmError, Parts, SourceFinder, Timeline,
    camera::{MoveKind, Scene, framing, mixed, plan_move},
    choose::{Choice, Pin, Taken, choose},
    credits::credits,
    still,
};

/// Pixels along the shorter side that suffice to find a picture's subject.
const SKETCH_SIDE: u32 = 128;
/// A video may end this much before its shot; its last frame stays. Containers round their length.
const END_SLACK_MS: u64 = 100;
/// A crossfade and the share of a shot that was left out may make a shot longer than its share.
const MARGIN_SECONDS: f64 = 1.0;
/// Above this many shots, their number is held against the film's length before any search.
const MANY_SHOTS: usize = 400;

/// What the user asks of the plan beside the brief.
#[derive(Clone, Debug, Default)]
pub struct PlanOptions {
    /// `--pin SHOT=ASSET`: a shot's name or 1-based number, and what means the asset.
    pub pins: Vec<(String, String)>,
    /// Leave shots out that nothing fits, instead of refusing the film.
    pub allow_gaps: bool,
    /// No length was asked for: where every shot states its own, they decide.
    pub length_from_shots: bool,
    /// Cancels between searches, and while sources are compared, assigned and opened.
    pub control: Control,
    /// Whether a model makes the frames of every shot after its source, instead of showing the source.
    pub generated: bool,
    /// By prompt, assets whose motion a generated shot follows: they are credited as sources are.
    pub followed: BTreeMap<String, Vec<Asset>>,
}

/// Plans a film. The same brief, library, spec and seed give the same storyboard.
///
/// # Errors
/// [`FilmError::Refused`] lists every shot without a fitting source. Pins that mean no shot or no asset, parts that do
/// not fit the length, a source that has vanished, and cancellation have errors of their own.
pub fn plan(
    brief: &Brief,
    spec: &FilmSpec,
    options: &PlanOptions,
    sources: &dyn SourceFinder,
) -> Result<Storyboard, FilmError> {
    kinora_types::YuvFrame::black(spec.size).map_err(RenderError::from)?;
    check_count(brief, spec, options)?;
    let pins = pinned(brief, &options.pins, sources)?;
    let share = spec.seconds / brief.shots.len().max(1) as f64 + MARGIN_SECONDS;
    let choices = choose(&brief.shots, share, &pins, sources, &options.control)?;
    refuse(&brief.shots, &choices, options.allow_gaps)?;
    let shown: Vec<(&ShotBrief, &Asset)> = brief
        .shots
        .iter()
        .zip(&choices)
        .filter_map(|(shot, choice)| Some((shot, choice.asset()?)))
        .collect();
    let credits = credits(shown.iter().flat_map(|(shot, source)| {
        let followed = options.followed.get(&shot.prompt).into_iter().flatten();
        std::iter::once(*source).chain(followed)
    }));
    let parts = Parts {
        title: brief.title.is_some(),
        shots: shown.iter().map(|(shot, _)| shot.seconds).collect(),
        credits: credits.len(),
        length_from_shots: options.length_from_shots,
    };
    let timeline = Timeline::new(spec, &parts)?;
    let spec =
        FilmSpec { seconds: f64::from(timeline.total) / f64::from(spec.fps), ..spec.clone() };
    let (frames, generated) = (timeline.shots.iter(), options.generated);
    let control = &options.control;
    let mut cast =
        Cast { spec: &spec, sources, control, film: brief, generated, last: None, frames };
    let mut shots = Vec::with_capacity(choices.len());
    for (i, (brief, choice)) in brief.shots.iter().zip(choices).enumerate() {
        options.control.check()?;
        shots.push(cast.shot(i, brief, choice)?);
    }
    Ok(Storyboard {
        title: brief.title.clone(),
        title_frames: timeline.title,
        credits_frames: timeline.credits,
        spec,
        shots,
        credits,
    })
}

/// Says at once that a film cannot hold so many shots.
fn check_count(brief: &Brief, spec: &FilmSpec, options: &PlanOptions) -> Result<(), FilmError> {
    let required = brief.shots.iter().filter(|shot| !shot.optional);
    let parts = Parts {
        title: brief.title.is_some(),
        shots: required.map(|shot| shot.seconds).collect(),
        credits: 0,
        length_from_shots: options.length_from_shots,
    };
    if options.allow_gaps && brief.shots.len() <= MANY_SHOTS || parts.shots.is_empty() {
        return Ok(());
    }
    match Timeline::new(spec, &parts) {
        // Whether lengths add up is known only once it is known who is shown.
        Ok(_) | Err(crate::TimelineError::StatedLengths { .. }) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// The source of every pinned shot; a pin in the brief and one beside it must not differ.
fn pinned(
    brief: &Brief,
    pins: &[(String, String)],
    sources: &dyn SourceFinder,
) -> Result<Vec<Option<Pin>>, FilmError> {
    let mut wanted: Vec<Option<&str>> = brief.shots.iter().map(|s| s.pin.as_deref()).collect();
    for (shot, asset) in pins {
        let by_name = brief.shots.iter().position(|s| s.name == *shot);
        let by_number = || shot.parse::<usize>().ok()?.checked_sub(1);
        let at = by_name.or_else(by_number).filter(|&i| i < brief.shots.len());
        let at = at.ok_or_else(|| FilmError::Pin(format!("no shot to pin is called `{shot}`")))?;
        if wanted[at].is_some_and(|other| other != asset) {
            return Err(FilmError::Pin(format!("shot `{shot}` is pinned to two pictures")));
        }
        wanted[at] = Some(asset);
    }
    let resolve = |pin: Option<&str>| pin.map(|p| resolved(p, sources)).transpose();
    wanted.into_iter().map(resolve).collect()
}

/// `FILE`, or `FILE@01:05-01:12` for a stretch of a video.
fn resolved(pin: &str, sources: &dyn SourceFinder) -> Result<Pin, FilmError> {
    let timed = pin.rsplit_once('@');
    let Some((file, range)) = timed.and_then(|(f, r)| Some((f, r.parse::<TimeRange>().ok()?)))
    else {
        let is_moment = |time: &str| time.contains(':') && time.parse::<Clock>().is_ok();
        let moment = timed.filter(|(_, time)| is_moment(time));
        return match (sources.pinned(pin), moment) {
            (Ok(asset), _) => Ok(Pin { asset, range: None }),
            (Err(_), Some((file, time))) => Err(FilmError::Pin(format!(
                "`{pin}` does not say where the stretch ends, as `{file}@{time}-END` would"
            ))),
            (Err(error), None) => Err(error.into()),
        };
    };
    let asset = sources.pinned(file)?;
    match asset.duration_ms {
        Some(whole) if range.start_ms() < whole => Ok(Pin { asset, range: Some(range) }),
        Some(whole) => {
            let end = Clock(whole);
            let message = format!("`{file}` ends at {end}, before the stretch of `{pin}`");
            Err(FilmError::Stretch(message))
        }
        None => Err(FilmError::Pin(format!("`{file}` is no video, so `{pin}` means no stretch"))),
    }
}

fn refuse(shots: &[ShotBrief], choices: &[Choice], allow_gaps: bool) -> Result<(), FilmError> {
    let required = shots.iter().zip(choices).filter(|(shot, _)| !shot.optional && !allow_gaps);
    let refusals: Vec<_> =
        required.filter_map(|(_, choice)| choice.taken.as_ref().err().cloned()).collect();
    if refusals.is_empty() {
        return Ok(());
    }
    Err(FilmError::Refused(refusals))
}

/// Gives one shot after the other its frames and its move.
struct Cast<'a> {
    spec: &'a FilmSpec,
    sources: &'a dyn SourceFinder,
    control: &'a Control,
    /// What the brief says of all shots.
    film: &'a Brief,
    /// Whether a model makes the frames.
    generated: bool,
    last: Option<MoveKind>,
    frames: std::slice::Iter<'a, u32>,
}

impl Cast<'_> {
    fn shot(&mut self, i: usize, brief: &ShotBrief, choice: Choice) -> Result<Shot, FilmError> {
        let frames = match &choice.taken {
            Ok(_) => self.frames.next().copied().unwrap_or(0),
            Err(_) => 0,
        };
        let shown = match choice.taken {
            Ok(taken) => self.shown(i, brief, taken, frames)?,
            Err(refusal) => Shown::Gap { reason: refusal.without_names().to_string() },
        };
        let rejected = choice.rejected.iter().map(Into::into).collect();
        Ok(Shot { brief: self.worded(brief), shown, rejected, frames })
    }

    fn shown(
        &mut self,
        i: usize,
        brief: &ShotBrief,
        taken: Taken,
        frames: u32,
    ) -> Result<Shown, FilmError> {
        let Taken { source, moment } = taken;
        let asset = &source.asset;
        Ok(match (asset.kind(), asset.size) {
            // A model moves in its own way, whatever a camera would do.
            (Kind::Picture, Some(_)) if self.generated => Shown::Generated { source, cut: None },
            (Kind::Picture, Some(size)) => {
                let camera = self.camera(i, asset, size, frames)?;
                Shown::Picture { source, camera }
            }
            (Kind::Video, Some(size)) => {
                let cut = self.clip(brief, (asset, size), moment, frames)?;
                if self.generated {
                    Shown::Generated { source, cut: Some(cut) }
                } else {
                    Shown::Clip { source, cut }
                }
            }
            _ => return Err(FilmError::NoPicture { label: asset.label() }),
        })
    }

    fn worded(&self, brief: &ShotBrief) -> ShotBrief {
        let caption = match self.spec.captions {
            Captioning::FromBrief => brief.caption.clone(),
            Captioning::Off => None,
        };
        ShotBrief { caption, ..brief.clone() }
    }

    /// The stretch around the moment that fits best or is pinned, wholly inside the video where it is long enough;
    /// of a video pinned as a whole its middle.
    fn clip(
        &mut self,
        shot: &ShotBrief,
        (asset, size): (&Asset, Size),
        moment: Option<Moment>,
        frames: u32,
    ) -> Result<ClipCut, FilmError> {
        let whole = asset.duration_ms.unwrap_or_default();
        let length = u64::from(frames) * 1000 / u64::from(self.spec.fps.max(1));
        if whole + END_SLACK_MS < length {
            return Err(FilmError::TooShort {
                shot: shot.name.clone(),
                label: asset.label(),
                needs_ms: length,
                lasts_ms: whole,
            });
        }
        let range = around(moment, whole, length);
        let at = u64::midpoint(range.start_ms(), range.end_ms());
        let file = self.sources.video(asset)?;
        let still = still(&file, asset, at, SKETCH_SIDE, self.control)?;
        // The eye wants a move after a move, whatever stood between.
        self.last = None;
        Ok(ClipCut {
            range,
            focus: subject(&still).centre(),
            framing: framing(size, self.spec.size),
            sound: match (file.facts().audio.is_empty(), self.wanted(shot)) {
                (true, _) => ShotSound::None,
                (false, Sound::Keep) => ShotSound::Kept,
                (false, Sound::Mute) => ShotSound::Muted,
            },
            stabilisation: self.stabilisation_of(shot),
        })
    }

    /// Whether a shot's clip shall be heard.
    fn wanted(&self, shot: &ShotBrief) -> Sound {
        match self.spec.sound {
            Some(Sound::Mute) => Sound::Mute,
            asked => shot.sound.or(asked).or(self.film.sound).unwrap_or_default(),
        }
    }

    /// Whether a shot's clip is to be stabilised.
    fn stabilisation_of(&self, shot: &ShotBrief) -> Stabilisation {
        match self.spec.stabilisation {
            Some(Stabilisation::Off) => Stabilisation::Off,
            asked => shot.stabilisation.or(asked).or(self.film.stabilisation).unwrap_or_default(),
        }
    }

    fn camera(
        &mut self,
        i: usize,
        asset: &Asset,
        size: Size,
        frames: u32,
    ) -> Result<CameraMove, FilmError> {
        let sketch = self.sources.open(asset, SKETCH_SIDE)?;
        let scene = Scene {
            picture: size,
            frame: self.spec.size,
            subject: subject(&sketch),
            seconds: f64::from(frames) / f64::from(self.spec.fps),
            seed: mixed(self.spec.seed).wrapping_add(i as u64),
        };
        let (camera, kind) = plan_move(&scene, self.last);
        self.last = Some(kind);
        Ok(camera)
    }
}

/// So many milliseconds of a video: around its best moment, inside the stretch that answers as far as
/// that reaches, never beyond the video's ends unless it is too short.
fn around(moment: Option<Moment>, whole: u64, length: u64) -> TimeRange {
    let centre = moment.map_or(whole / 2, |moment| moment.best_ms);
    let latest = whole.saturating_sub(length);
    let mut start = centre.saturating_sub(length / 2);
    if let Some(range) = moment.map(|moment| moment.range) {
        start = start.min(range.end_ms().saturating_sub(length)).max(range.start_ms().min(centre));
        start = start.min(centre);
    }
    let start = start.min(latest);
    TimeRange::new(start, start + length).unwrap_or(TimeRange::point(start))
}

#[cfg(test)]
mod tests {
    use kinora_types::Basis;

    use super::*;

    #[test]
    fn a_clip_shows_the_best_moment_inside_its_stretch() {
        let moment = |start, end, best_ms| {
            Some(Moment {
                range: TimeRange::new(start, end).unwrap(),
                best_ms,
                score: 0.1,
                by: Basis::Picture,
            })
        };
        for (moment, whole, length, expected) in [
            (moment(10_000, 20_000, 15_000), 60_000, 4_000, 13_000),
            // At the edge of the stretch it is moved inside.
            (moment(10_000, 20_000, 10_500), 60_000, 4_000, 10_000),
            (moment(10_000, 20_000, 19_900), 60_000, 4_000, 16_000),
            // A stretch shorter than the shot begins where it begins.
            (moment(10_000, 11_000, 10_500), 60_000, 4_000, 10_000),
            (moment(58_000, 60_000, 59_000), 60_000, 4_000, 56_000),
            (None, 60_000, 4_000, 28_000),
            (None, 2_000, 4_000, 0),
        ] {
            let range = around(moment, whole, length);
            assert_eq!((range.start_ms(), range.end_ms()), (expected, expected + length));
        }
    }
}
