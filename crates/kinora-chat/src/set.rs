//! What a plan means: the assets that pass its filters and, if there is something to look for, show it or say it.

use kinora_catalog::Filter;
use kinora_retrieval::{Query, Searcher, content_words, stem_set};
use kinora_types::{AssetRow, Control, Hit, Kind};

use crate::{ChatError, Medium, Operation, Plan};

/// More than any library that is searched this way has hits.
const ALL: usize = 100_000;
/// Of several that carry all words of what is meant as one, so many are told.
const SAME: usize = 3;

/// The assets that a plan means.
#[derive(Clone, Debug, Default)]
pub(crate) struct Set {
    /// By date if filters alone decide, else best first.
    pub rows: Vec<AssetRow>,
    /// Whether filters alone decided, so that nothing is missed or doubtful.
    pub exact: bool,
}

/// Finds the assets that a plan means.
pub(crate) fn matching(
    searcher: &Searcher<'_>,
    plan: &Plan,
    control: &Control,
) -> Result<Set, ChatError> {
    if plan.is_filter_alone() {
        let rows = searcher.catalog().by_date(&plan.filter)?;
        let rows = rows.into_iter().map(|(row, _)| row).collect();
        return Ok(Set { rows, exact: true });
    }
    let whole = Found::of(searcher, plan, &plan.subject, control)?;
    if plan.one {
        let most = if plan.operation == Operation::Show { SAME } else { 1 };
        return Ok(whole.one(most));
    }
    if whole.named.is_empty() && plan.parts.len() > 1 {
        let found = plan.parts.iter().map(|part| Found::of(searcher, plan, part, control));
        let found: Vec<Found> = found.collect::<Result<_, _>>()?;
        // `Owls and bears` are two things if each has assets of its own, `black and white` is one look.
        if found.iter().all(|part| !part.named.is_empty() || !part.seen.is_empty())
            && plan.parts.iter().all(|part| !is_colour(part))
        {
            let mut set = Set::default();
            for row in found.iter().flat_map(Found::all) {
                if !set.rows.contains(&row) {
                    set.rows.push(row);
                }
            }
            return Ok(set);
        }
    }
    Ok(Set { rows: whole.all(), exact: false })
}

/// Whether the words are a name: `Eiffel Tower`.
fn is_name(words: &str) -> bool {
    let said = words.split_whitespace().filter(|word| !content_words(word).is_empty());
    said.clone().count() > 0 && said.into_iter().all(|word| word.starts_with(char::is_uppercase))
}

/// Whether a word only tells a colour, and so no thing of its own.
fn is_colour(word: &str) -> bool {
    const COLOURS: [&str; 13] = [
        "black", "white", "red", "green", "blue", "yellow", "brown", "grey", "gray", "orange",
        "pink", "purple", "golden",
    ];
    COLOURS.contains(&word.to_lowercase().as_str())
}

/// What was found for some words.
struct Found {
    /// What has all of the words, best first.
    named: Vec<AssetRow>,
    /// Of these, what is called so and no more.
    titled: Vec<AssetRow>,
    /// What looks like it and has most of the words, best first.
    agreed: Vec<AssetRow>,
    /// What looks like it as much as what is called so, or nearly as much as what looks most like it, best first.
    seen: Vec<AssetRow>,
}

impl Found {
    fn of(
        searcher: &Searcher<'_>,
        plan: &Plan,
        words: &str,
        control: &Control,
    ) -> Result<Self, ChatError> {
        let filter = plan.filter.clone();
        let query = Query { filter, limit: ALL, deduplicate: false, ..Query::text(words) };
        let outcome = searcher.search(&query, control)?;
        let fitting: Vec<&Hit> = outcome.hits.iter().filter(|hit| hit.fit.fits()).collect();
        let (has_all, others): (Vec<&Hit>, Vec<&Hit>) =
            fitting.into_iter().partition(|hit| outcome.has_all_words(hit));
        let asked = stem_set(words);
        let called =
            |hit: &&&Hit| hit.asset.title.as_deref().is_some_and(|title| stem_set(title) == asked);
        let titled: Vec<AssetRow> = has_all.iter().filter(called).map(|hit| hit.row).collect();
        let bar = usual_score(&has_all);
        let is_seen = |hit: &&Hit| match bar {
            Some(usual) => hit
                .scores
                .dense
                .zip(outcome.threshold)
                .is_some_and(|(score, least)| score >= f32::midpoint(least, usual).max(least)),
            None => outcome.stands_out(hit),
        };
        let agreed = others.iter().filter(|hit| hit.fit.by_words()).map(|hit| hit.row).collect();
        let mut seen: Vec<&Hit> = others.into_iter().filter(is_seen).collect();
        seen.sort_by(|a, b| {
            b.scores.dense.partial_cmp(&a.scores.dense).unwrap_or(std::cmp::Ordering::Equal)
        });
        let mut named: Vec<AssetRow> = has_all.iter().map(|hit| hit.row).collect();
        if listens(plan) {
            for row in said(searcher, &plan.filter, words, control)? {
                if !named.contains(&row) {
                    named.push(row);
                }
            }
        }
        // Nothing that only looks like it bears its name.
        let is_name = !named.is_empty() && is_name(words);
        let seen = seen.into_iter().filter(|_| !is_name).map(|hit| hit.row).collect();
        Ok(Self { named, titled, agreed, seen })
    }

    fn all(&self) -> Vec<AssetRow> {
        self.named.iter().chain(&self.seen).copied().collect()
    }

    /// The one that is meant; of those that only look like it at most so many.
    fn one(mut self, most: usize) -> Set {
        let rows = if !self.titled.is_empty() {
            std::mem::take(&mut self.titled)
        } else if !self.named.is_empty() {
            self.named.truncate(SAME);
            std::mem::take(&mut self.named)
        } else {
            let seen = self.seen.iter().filter(|row| !self.agreed.contains(row));
            self.agreed.iter().chain(seen).take(most).copied().collect()
        };
        Set { rows, exact: false }
    }
}

/// The median of the scores of what is called so: what looks nearly like it as much is meant too. `None` if nothing with a
/// picture is called so.
fn usual_score(named: &[&Hit]) -> Option<f32> {
    let mut scores: Vec<f32> = named.iter().filter_map(|hit| hit.scores.dense).collect();
    scores.sort_by(f32::total_cmp);
    scores.get(scores.len() / 2).copied()
}

/// Whether what is said or written counts among what is meant: of recordings, and where words are asked for.
fn listens(plan: &Plan) -> bool {
    plan.medium.is_some_and(|medium| matches!(medium, Medium::Said | Medium::Written))
        || plan.filter.kind == Some(Kind::Audio)
}

/// Assets with a passage that carries all of the words.
fn said(
    searcher: &Searcher<'_>,
    filter: &Filter,
    words: &str,
    control: &Control,
) -> Result<Vec<AssetRow>, ChatError> {
    let passages = searcher.passages(words, filter, ALL, control)?;
    let whole = passages.iter().filter(|passage| passage.has_all_words());
    Ok(whole.map(|passage| passage.hit.asset).collect())
}
