//! Who is on screen when: frames shared out so that the film has exactly the length asked for.
//!
//! Every part has a net length, and the net lengths add up to the film. All parts but the last
//! also render the crossfade into the next one: `gross = net + crossfade`.

use kinora_types::{FilmSpec, Transition, advice};

/// A shot must be on screen for this many seconds to be seen.
pub const SHORTEST_SHOT: f64 = 1.5;

/// Parts that cannot be fitted into the film: the user's to mend.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum TimelineError {
    /// Not one shot is left to show.
    #[error("no shot has a picture")]
    NoShots,
    /// A length, rate or crossfade that is no number in range.
    #[error("a film of `{seconds}` seconds at `{fps}` frames a second cannot be made")]
    Form {
        /// As given.
        seconds: f64,
        /// As given.
        fps: u32,
    },
    /// More shots than can be seen in the time.
    #[error("{shots} shots in {seconds:.1} seconds would last {each:.2} seconds each")]
    TooManyShots {
        /// Shots that share the time.
        shots: usize,
        /// What they share.
        seconds: f64,
        /// What each would get.
        each: f64,
        /// How long the film would have to be.
        needed: f64,
    },
    /// Lengths in the brief that leave no time, or too much, for the film's length.
    #[error(
        "the shots' own lengths make {stated:.2} seconds with the cards, the film has {seconds:.2}"
    )]
    StatedLengths {
        /// Sum of what the brief states, cards included.
        stated: f64,
        /// Length of the film.
        seconds: f64,
    },
    /// A crossfade that is longer than the shots it joins.
    #[error("crossfades of {crossfade:.2} seconds do not fit a shot of {shot:.2} seconds")]
    Crossfade {
        /// Length of the crossfade.
        crossfade: f64,
        /// Net length of the shortest part.
        shot: f64,
    },
}

impl TimelineError {
    /// What to do about it.
    pub fn hint(&self) -> String {
        match self {
            Self::NoShots => "add pictures to the library, or ask for others".into(),
            Self::Form { .. } => "between 1 second and 6 hours, 1 to 240 frames a second".into(),
            Self::TooManyShots { needed, .. } => format!(
                "{}, {:.0} seconds at least, or leave shots out",
                advice::FILM_LENGTH,
                needed.ceil()
            ),
            Self::StatedLengths { stated, .. } => format!(
                "{}, {stated:.2} seconds, or leave one shot without a length of its own",
                advice::FILM_LENGTH
            ),
            Self::Crossfade { .. } => "make the film longer, or join the shots by cuts".into(),
        }
    }
}

/// What shall be fitted into a film.
#[derive(Clone, Debug, Default)]
pub struct Parts {
    /// Whether there is a title card.
    pub title: bool,
    /// For each shot that is shown, the length the brief states.
    pub shots: Vec<Option<f64>>,
    /// Entries of the end card; none, no card.
    pub credits: usize,
    /// If every shot states its length, let them decide that of the film.
    pub length_from_shots: bool,
}

/// Gross frames of every part; they overlap by [`Timeline::crossfade`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Timeline {
    /// Frames of the film.
    pub total: u32,
    /// Frames by which one part overlaps the next; 0 for cuts.
    pub crossfade: u32,
    /// Frames of the title card; 0 without one.
    pub title: u32,
    /// Frames of each shot.
    pub shots: Vec<u32>,
    /// Frames of the end card; 0 without one.
    pub credits: u32,
}

/// Frames of a crossfade; 0 for cuts.
pub(crate) fn crossfade_frames(spec: &FilmSpec) -> u32 {
    match spec.transition {
        Transition::Cut => 0,
        Transition::Crossfade(seconds) => frames(seconds.max(0.0), spec.fps),
    }
}

impl Timeline {
    /// Shares the film's time out.
    ///
    /// # Errors
    /// [`TimelineError`] if the parts do not fit the length.
    pub fn new(spec: &FilmSpec, parts: &Parts) -> Result<Self, TimelineError> {
        let form = TimelineError::Form { seconds: spec.seconds, fps: spec.fps };
        let (length, rate) = (1.0..=6.0 * 3600.0, 1..=240);
        if !length.contains(&spec.seconds) || !rate.contains(&spec.fps) {
            return Err(form);
        }
        if parts.shots.is_empty() {
            return Err(TimelineError::NoShots);
        }
        let stated: Vec<Option<u32>> =
            parts.shots.iter().map(|s| s.map(|s| frames(s, spec.fps).max(1))).collect();
        let fixed: u64 = stated.iter().flatten().map(|&f| u64::from(f)).sum();
        let flexible = stated.iter().filter(|s| s.is_none()).count();
        let follows = parts.length_from_shots && flexible == 0;
        let shots_seconds = fixed as f64 / f64::from(spec.fps);
        let [title, credits] =
            cards(spec, parts, if follows { shots_seconds } else { spec.seconds });
        let cards = u64::from(title) + u64::from(credits);
        let total = if follows { (fixed + cards) as u32 } else { frames(spec.seconds, spec.fps) };
        let rest = u64::from(total).checked_sub(fixed + cards);
        let net = share(spec, &stated, flexible, rest, fixed + cards, total)?;
        Self::overlapped(spec, total, title, net, credits)
    }

    /// Adds the crossfades to net lengths.
    fn overlapped(
        spec: &FilmSpec,
        total: u32,
        title: u32,
        mut shots: Vec<u32>,
        credits: u32,
    ) -> Result<Self, TimelineError> {
        let crossfade = crossfade_frames(spec);
        let parts = shots.iter().copied().chain([title, credits]).filter(|&f| f > 0);
        let shortest = parts.min().unwrap_or(0);
        if crossfade > 0 && shortest <= crossfade {
            let seconds = |frames: u32| f64::from(frames) / f64::from(spec.fps);
            return Err(TimelineError::Crossfade {
                crossfade: seconds(crossfade),
                shot: seconds(shortest),
            });
        }
        let last = shots.len() - 1;
        for (i, shot) in shots.iter_mut().enumerate() {
            *shot += if i < last || credits > 0 { crossfade } else { 0 };
        }
        let title = if title > 0 { title + crossfade } else { 0 };
        Ok(Self { total, crossfade, title, shots, credits })
    }

    /// First frame of each shot in the film.
    pub fn starts(&self) -> Vec<u32> {
        let mut at = self.title.saturating_sub(self.crossfade);
        let mut starts = Vec::with_capacity(self.shots.len());
        for gross in &self.shots {
            starts.push(at);
            // Only the last part of the film has no crossfade; nothing starts after it.
            at += gross.saturating_sub(self.crossfade);
        }
        starts
    }
}

fn frames(seconds: f64, fps: u32) -> u32 {
    (seconds * f64::from(fps)).round() as u32
}

/// Net frames of the title card and of the end card: long enough to be read, but never most of a
/// short film.
fn cards(spec: &FilmSpec, parts: &Parts, seconds: f64) -> [u32; 2] {
    let title = (seconds * 0.12).clamp(1.5, 3.5);
    let entries = parts.credits as f64;
    let (comfortable, least) = (1.5 + 0.6 * entries, 1.0 + 0.35 * entries);
    let credits = comfortable.min((seconds * 0.2).max(least));
    [
        if parts.title { frames(title, spec.fps) } else { 0 },
        if parts.credits > 0 { frames(credits, spec.fps) } else { 0 },
    ]
}

/// Net frames of each shot: what it states, or an even share of the rest.
fn share(
    spec: &FilmSpec,
    stated: &[Option<u32>],
    flexible: usize,
    rest: Option<u64>,
    taken: u64,
    total: u32,
) -> Result<Vec<u32>, TimelineError> {
    let fps = f64::from(spec.fps);
    let mismatch = TimelineError::StatedLengths {
        stated: taken as f64 / fps,
        seconds: f64::from(total) / fps,
    };
    if flexible == 0 {
        let net = stated.iter().flatten().copied().collect();
        return if rest == Some(0) { Ok(net) } else { Err(mismatch) };
    }
    let all_flexible = flexible == stated.len();
    let rest = match rest {
        Some(rest) => rest,
        None if all_flexible => 0,
        None => return Err(mismatch),
    };
    let each = rest as f64 / fps / flexible as f64;
    if each < SHORTEST_SHOT {
        return Err(TimelineError::TooManyShots {
            shots: flexible,
            seconds: rest as f64 / fps,
            each,
            needed: taken as f64 / fps + flexible as f64 * SHORTEST_SHOT,
        });
    }
    let mut turn = 0;
    let mut next = || {
        let part = |i: u64| rest * i / flexible as u64;
        turn += 1;
        (part(turn) - part(turn - 1)) as u32
    };
    Ok(stated.iter().map(|s| s.unwrap_or_else(&mut next)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use kinora_types::{Captioning, Size};
    use proptest::prelude::*;

    fn spec(seconds: f64, fps: u32, crossfade: f64) -> FilmSpec {
        FilmSpec {
            size: Size { width: 320, height: 180 },
            fps,
            seconds,
            transition: Transition::Crossfade(crossfade),
            captions: Captioning::FromBrief,
            seed: 1,
            sound: None,
            stabilisation: None,
        }
    }

    fn parts(title: bool, shots: usize, credits: usize) -> Parts {
        Parts { title, shots: vec![None; shots], credits, length_from_shots: false }
    }

    /// Frames of the film that the parts make.
    fn played(timeline: &Timeline) -> u32 {
        let parts: Vec<u32> = [timeline.title]
            .into_iter()
            .chain(timeline.shots.iter().copied())
            .chain([timeline.credits])
            .filter(|&f| f > 0)
            .collect();
        parts.iter().sum::<u32>() - timeline.crossfade * (parts.len() as u32 - 1)
    }

    #[test]
    fn shots_of_stated_length_keep_it_and_the_others_share() {
        let mut parts = parts(false, 3, 0);
        parts.shots[1] = Some(4.0);
        let timeline = Timeline::new(&spec(10.0, 24, 0.5), &parts).unwrap();
        assert_eq!(timeline.shots, [72 + 12, 96 + 12, 72]);
        assert_eq!(timeline.starts(), [0, 72, 168]);
        parts.shots = vec![Some(3.0), Some(4.0)];
        let error = Timeline::new(&spec(10.0, 24, 0.5), &parts).unwrap_err();
        assert!(error.hint().contains("7.00 seconds"), "{error}");
        parts.length_from_shots = true;
        assert_eq!(Timeline::new(&spec(10.0, 24, 0.5), &parts).unwrap().total, 168);
    }

    #[test]
    fn what_does_not_fit_is_told_with_a_way_out() {
        let error = Timeline::new(&spec(10.0, 24, 0.5), &parts(false, 10_000, 0)).unwrap_err();
        assert!(error.hint().contains("15000 seconds"), "{}", error.hint());
        let error = Timeline::new(&spec(4.0, 24, 1.6), &parts(false, 2, 0));
        assert!(error.is_ok());
        let error = Timeline::new(&spec(4.0, 24, 2.0), &parts(false, 2, 0)).unwrap_err();
        assert!(matches!(error, TimelineError::Crossfade { .. }), "{error}");
        for (seconds, fps) in [(f64::NAN, 24), (-1.0, 24), (1e9, 24), (10.0, 0), (10.0, 1000)] {
            let error = Timeline::new(&spec(seconds, fps, 0.0), &parts(false, 1, 0)).unwrap_err();
            assert!(matches!(error, TimelineError::Form { .. }), "{error}");
        }
        let error = Timeline::new(&spec(4.0, 24, 0.0), &parts(false, 0, 0)).unwrap_err();
        assert_eq!(error, TimelineError::NoShots);
    }

    proptest! {
        #[test]
        fn the_total_is_exact_and_shares_are_even(
            seconds in 2.0f64..200.0, fps in 10u32..61, shots in 1usize..40,
            title: bool, credits in 0usize..30, crossfade in 0.0f64..1.2,
        ) {
            let spec = spec(seconds, fps, crossfade);
            if let Ok(timeline) = Timeline::new(&spec, &parts(title, shots, credits)) {
                prop_assert_eq!(timeline.total, (seconds * f64::from(fps)).round() as u32);
                prop_assert_eq!(played(&timeline), timeline.total);
                prop_assert_eq!(timeline.title > 0, title);
                prop_assert_eq!(timeline.credits > 0, credits > 0);
                let net = timeline.shots.iter().enumerate().map(|(i, s)| {
                    let last = i + 1 == shots && credits == 0;
                    s - if last { 0 } else { timeline.crossfade }
                });
                let (low, high) = (net.clone().min().unwrap(), net.max().unwrap());
                prop_assert!(high - low <= 1);
                prop_assert!(f64::from(low) >= (SHORTEST_SHOT * f64::from(fps)).floor());
            }
        }
    }
}
