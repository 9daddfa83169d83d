//! Shots that move alike, whatever they show.

use std::collections::HashMap;

use kinora_catalog::{Catalog, MovingShot};
use kinora_types::{AssetId, AssetRow, Basis, Control, Fit, Hit, Moment, MotionDescriptor, Scores};

use crate::{Filter, SearchError, moments::MOST};

/// Videos whose shots move like one of the examples, nearest first; a video counts by its nearest shot.
///
/// The score of a moment, and of a hit as [`Scores::dense`], is `1 / (1 + d)` of the distance of
/// [`MotionDescriptor::distance`]: 1 for the same motion, above about 0.5 for what people call alike.
/// `exclude` keeps the examples themselves out. There is no threshold: every hit fits by its look. Memory: every
/// shot of the library, 100 bytes each.
///
/// # Errors
/// [`SearchError::Catalog`] if the library cannot be read, [`SearchError::Cancelled`] once `control` says stop.
pub fn rank_by_motion(
    catalog: &Catalog,
    like: &[MotionDescriptor],
    filter: &Filter,
    exclude: &[AssetId],
    limit: usize,
    control: &Control,
) -> Result<Vec<Hit>, SearchError> {
    control.check()?;
    let allowed = catalog.filter(filter)?;
    let passes =
        |row: AssetRow| allowed.as_ref().is_none_or(|rows| rows.binary_search(&row).is_ok());
    let wanted = |shot: &MovingShot| {
        passes(shot.asset)
            && filter.camera.is_none_or(|camera| shot.motion.camera.contains(&camera))
    };
    let mut videos: HashMap<AssetRow, Vec<Moment>> = HashMap::new();
    for shot in catalog.shot_motions(None)?.iter().filter(|shot| wanted(shot)) {
        control.check()?;
        let distances = like.iter().map(|example| example.distance(&shot.motion.descriptor));
        if let Some(distance) = distances.reduce(f32::min) {
            videos.entry(shot.asset).or_default().push(moment(shot, 1.0 / (1.0 + distance)));
        }
    }
    let mut ranked: Vec<(AssetRow, Vec<Moment>)> = videos.into_iter().collect();
    for (_, moments) in &mut ranked {
        moments.sort_by(|a, b| b.score.total_cmp(&a.score));
        moments.truncate(MOST);
    }
    let best = |moments: &[Moment]| moments.first().map_or(0.0, |moment| moment.score);
    ranked.sort_by(|a, b| best(&b.1).total_cmp(&best(&a.1)).then(a.0.cmp(&b.0)));
    let mut hits = Vec::new();
    for (row, moments) in ranked {
        control.check()?;
        let asset = catalog.assets(&[row])?.pop().map(|(_, asset)| asset);
        let Some(asset) = asset.filter(|asset| !exclude.contains(&asset.id)) else {
            continue;
        };
        if hits.len() == limit {
            break;
        }
        let scores = Scores { dense: Some(best(&moments)), ..Scores::default() };
        hits.push(Hit {
            rank: hits.len() + 1,
            row,
            asset,
            scores,
            fit: Fit::Look,
            near_duplicates: 0,
            matched_words: Vec::new(),
            moments,
            passages: Vec::new(),
        });
    }
    Ok(hits)
}

fn moment(shot: &MovingShot, score: f32) -> Moment {
    let middle = u64::midpoint(shot.range.start_ms(), shot.range.end_ms());
    Moment { range: shot.range, best_ms: middle, score, by: Basis::Motion }
}
