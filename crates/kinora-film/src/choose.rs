//! Every shot its own source: search, near-duplicates, assignment over the whole film.
//!
//! A source, or a near-duplicate of it, is shown once unless it is pinned. Under the threshold
//! nothing is taken; a shot left without a source says what the library lacks.

use std::{collections::HashMap, mem};

use kinora_types::{
    Asset, AssetId, Basis, Candidate, Control, Hit, Kind, Moment, Rating, RejectReason, ShotBrief,
    ShotSource, TimeRange,
};

use crate::{
    FilmError, Found, Refusal, RefusalReason, SourceFinder, assign::assign, sources::present_path,
};

/// Rejected candidates that are kept for a shot.
const KEPT_REJECTED: usize = 12;

/// What was decided for a shot.
#[derive(Clone, Debug)]
pub(crate) struct Choice {
    /// The source, or why there is none.
    pub taken: Result<Taken, Refusal>,
    /// What else was considered.
    pub rejected: Vec<Candidate>,
}

impl Choice {
    /// The asset that is shown; `None` for a refusal.
    pub(crate) fn asset(&self) -> Option<&Asset> {
        self.taken.as_ref().ok().map(|taken| &taken.source.asset)
    }
}

/// A source for a shot.
#[derive(Clone, Debug)]
pub(crate) struct Taken {
    /// The source.
    pub source: ShotSource,
    /// Of a video, the moment that fits best or is pinned.
    pub moment: Option<Moment>,
}

impl Taken {
    fn found(hit: &Hit) -> Self {
        let rating = Some(Rating { scores: hit.scores, rank: hit.rank });
        let source = ShotSource { asset: hit.asset.clone(), rating };
        Self { source, moment: seen_moment(hit) }
    }

    fn pinned(pin: &Pin) -> Self {
        let source = ShotSource { asset: pin.asset.clone(), rating: None };
        Self { source, moment: pin.moment() }
    }
}

/// What the user pinned a shot to.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Pin {
    /// The source.
    pub asset: Asset,
    /// The stretch of the source that shall be seen; `None` leaves that to the plan.
    pub range: Option<TimeRange>,
}

impl Pin {
    /// The pinned stretch as a moment with the highest score.
    fn moment(&self) -> Option<Moment> {
        let range = self.range?;
        let best_ms = u64::midpoint(range.start_ms(), range.end_ms());
        Some(Moment { range, best_ms, score: 1.0, by: Basis::Picture })
    }
}

/// Chooses for all shots at once; `pins` holds a source for those that the user pinned. A shot that
/// states no length of its own is taken to last `share` seconds: no shorter video is chosen for it.
///
/// # Errors
/// A search that fails, or cancellation.
pub(crate) fn choose(
    shots: &[ShotBrief],
    share: f64,
    pins: &[Option<Pin>],
    sources: &dyn SourceFinder,
    control: &Control,
) -> Result<Vec<Choice>, FilmError> {
    let mut answers = Answers::default();
    let mut found = Vec::with_capacity(shots.len());
    for (shot, pin) in shots.iter().zip(pins) {
        control.check()?;
        found.push(match pin {
            Some(_) => Found::default(),
            None => {
                let found = answers.find(sources, &shot.prompt, shots.len())?;
                long_enough(found, shot.seconds.unwrap_or(share))
            }
        });
    }
    let groups = Groups::new(&found, pins, sources)?;
    let pairs = assign(&values(shots, &found, pins, &groups), control)?;
    let assignment = Assignment { shots, pins, found: &found, groups: &groups, pairs: &pairs };
    Ok((0..shots.len()).map(|i| assignment.choice(i)).collect())
}

/// One search for each wording.
#[derive(Default)]
struct Answers(HashMap<String, Found>);

impl Answers {
    fn find(
        &mut self,
        sources: &dyn SourceFinder,
        prompt: &str,
        shots: usize,
    ) -> Result<Found, FilmError> {
        if let Some(found) = self.0.get(prompt) {
            return Ok(found.clone());
        }
        // Every other shot may take one away.
        let mut found = sources.find(prompt, (shots + 12).min(300))?;
        let (present, gone): (Vec<Hit>, Vec<Hit>) =
            found.fitting.into_iter().partition(|hit| present_path(&hit.asset).is_some());
        found.fitting = present;
        found
            .rejected
            .extend(gone.into_iter().map(|hit| rejected(&hit, RejectReason::Unavailable)));
        self.0.insert(prompt.to_owned(), found.clone());
        Ok(found)
    }
}

/// Takes out recordings, which show nothing, and videos that are over before the shot is.
fn long_enough(mut found: Found, seconds: f64) -> Found {
    let why_not = |hit: &Hit| match hit.asset.kind() {
        Kind::Audio => Some(RejectReason::NoPicture),
        _ if hit.asset.duration_ms.is_some_and(|ms| (ms as f64) < seconds * 1000.0) => {
            Some(RejectReason::TooShort)
        }
        _ => None,
    };
    for hit in mem::take(&mut found.fitting) {
        match why_not(&hit) {
            Some(reason) => found.rejected.push(rejected(&hit, reason)),
            None => found.fitting.push(hit),
        }
    }
    found
}

/// The best moment by what is to be seen; by what is said only if nothing else is known.
fn seen_moment(hit: &Hit) -> Option<Moment> {
    let seen = hit.moments.iter().find(|moment| moment.by != Basis::Words);
    seen.or(hit.moments.first()).copied()
}

fn rejected(hit: &Hit, reason: RejectReason) -> Candidate {
    Candidate { hit: hit.clone(), rejected: reason }
}

/// Near-duplicates among all that may be shown.
struct Groups {
    of: HashMap<AssetId, usize>,
    count: usize,
}

impl Groups {
    fn new(
        found: &[Found],
        pins: &[Option<Pin>],
        sources: &dyn SourceFinder,
    ) -> Result<Self, FilmError> {
        let hits = found.iter().flat_map(|f| f.fitting.iter().map(|hit| hit.asset.id));
        let mut assets: Vec<AssetId> =
            hits.chain(pins.iter().flatten().map(|p| p.asset.id)).collect();
        assets.sort_unstable();
        assets.dedup();
        let numbers = sources.groups(&assets)?;
        Ok(Self { count: assets.len(), of: assets.into_iter().zip(numbers).collect() })
    }

    fn of(&self, asset: &AssetId) -> usize {
        self.of.get(asset).copied().unwrap_or(usize::MAX)
    }
}

/// What each shot gains from each group. A required shot outweighs all optional ones together, and
/// one more shot with a source outweighs any gain in rank.
fn values(
    shots: &[ShotBrief],
    found: &[Found],
    pins: &[Option<Pin>],
    groups: &Groups,
) -> Vec<Vec<f64>> {
    let optional = shots.len() as f64 + 1.0;
    let required = optional * (optional + 1.0);
    let taken: Vec<usize> = pins.iter().flatten().map(|pin| groups.of(&pin.asset.id)).collect();
    let row = |(shot, found): (&ShotBrief, &Found)| {
        let mut row = vec![0.0; groups.count];
        let base = if shot.optional { optional } else { required };
        for (i, hit) in found.fitting.iter().enumerate() {
            let group = groups.of(&hit.asset.id);
            if !taken.contains(&group) {
                let value = base + fitness(i, hit, &found.fitting);
                row[group] = value.max(row[group]);
            }
        }
        row
    };
    shots.iter().zip(found).map(row).collect()
}

/// 0 to 1: four fifths by rank, which words and pictures make together, the rest by how far the
/// picture's own score is from the best, which tells a close second from a distant one. More than
/// that and a picture that only looks alike would win over one whose caption says the same.
fn fitness(place: usize, hit: &Hit, all: &[Hit]) -> f64 {
    let by_rank = 1.0 / (place as f64 + 2.0).log2();
    let scores = || all.iter().filter_map(|hit| hit.scores.dense);
    let best = scores().fold(f32::NEG_INFINITY, f32::max);
    let worst = scores().fold(f32::INFINITY, f32::min);
    let by_score = match hit.scores.dense {
        Some(score) if best > worst => f64::from((score - worst) / (best - worst)),
        Some(_) => 1.0,
        None => 0.0,
    };
    0.8 * by_rank + 0.2 * by_score
}

/// Who shows what, to be reported shot by shot.
struct Assignment<'a> {
    shots: &'a [ShotBrief],
    pins: &'a [Option<Pin>],
    found: &'a [Found],
    groups: &'a Groups,
    pairs: &'a [Option<usize>],
}

impl Assignment<'_> {
    fn choice(&self, i: usize) -> Choice {
        if let Some(pin) = &self.pins[i] {
            return Choice { taken: Ok(Taken::pinned(pin)), rejected: Vec::new() };
        }
        let fitting = &self.found[i].fitting;
        let of_group = |hit: &&Hit| Some(self.groups.of(&hit.asset.id)) == self.pairs[i];
        let hit = fitting.iter().find(of_group);
        let taken = hit.map(Taken::found).ok_or_else(|| self.refusal(i));
        Choice { taken, rejected: self.rejected(i, hit) }
    }

    fn rejected(&self, i: usize, taken: Option<&Hit>) -> Vec<Candidate> {
        let others = self.found[i].fitting.iter().filter(|hit| taken.is_none_or(|t| *hit != t));
        let others = others.map(|hit| rejected(hit, self.reason(i, hit, taken)));
        others.chain(self.found[i].rejected.iter().cloned()).take(KEPT_REJECTED).collect()
    }

    fn reason(&self, i: usize, hit: &Hit, taken: Option<&Hit>) -> RejectReason {
        let group = self.groups.of(&hit.asset.id);
        match taken {
            Some(taken) if self.groups.of(&taken.asset.id) == group => {
                RejectReason::Duplicate { of: taken.asset.id.short() }
            }
            _ if !self.shown_by(group, i).is_empty() => RejectReason::AlreadyUsed,
            _ => RejectReason::OutRanked,
        }
    }

    /// Names of the other shots that show a member of the group.
    fn shown_by(&self, group: usize, except: usize) -> Vec<String> {
        let shows = |i: &usize| {
            let pinned = self.pins[*i].as_ref().map(|pin| self.groups.of(&pin.asset.id));
            *i != except && pinned.or(self.pairs[*i]) == Some(group)
        };
        let names = (0..self.shots.len()).filter(shows);
        names.map(|i| self.shots[i].name.clone()).collect()
    }

    fn refusal(&self, i: usize) -> Refusal {
        let (shot, found) = (&self.shots[i], &self.found[i]);
        let mut by: Vec<String> = Vec::new();
        for hit in &found.fitting {
            let names = self.shown_by(self.groups.of(&hit.asset.id), i);
            by.extend(names.into_iter().filter(|name| !by.contains(name)).collect::<Vec<_>>());
        }
        let reason = if found.fitting.is_empty() {
            RefusalReason::NothingFits {
                best_score: found.best_score,
                threshold: found.threshold,
                nearest: found.rejected.first().map(|c| c.hit.asset.label()),
            }
        } else {
            RefusalReason::AllUsed { by }
        };
        Refusal { shot: shot.name.clone(), prompt: shot.prompt.clone(), reason }
    }
}
