//! From ranked candidates to hits: exclusion, duplicates, diversity, threshold, cut.

use std::collections::HashSet;

use kinora_types::{AssetId, AssetRow, Control, Fit, NoFit, RejectReason};

use crate::{
    Query, SearchError, Verdict,
    candidates::{Gathered, Parts, Ranked},
    dedup::folded,
    denials::{Denial, Denials},
    diversity::mmr,
    fit::{Told, fit},
    trace::Trace,
};

/// Candidates that are compared with each other: the limit times the first number (RAGME's 10), at least the second and
/// at most the third, as every pair is compared.
const POOL: (usize, usize, usize) = (10, 50, 1_000);

/// Candidates with their fate, in ranked order.
pub(crate) struct Selection {
    pub(crate) pool: Vec<Ranked>,
    /// Whether each candidate of the pool answers, by its place there.
    pub(crate) fits: Vec<Fit>,
    /// Why a candidate of the pool is out, by its place there.
    pub(crate) out: Vec<Option<RejectReason>>,
    /// How many near-duplicates are folded under each candidate, by its place there.
    pub(crate) folded: Vec<usize>,
    /// Places in the pool in the order in which they are to be shown.
    pub(crate) order: Vec<usize>,
    pub(crate) best_score: Option<f32>,
    pub(crate) threshold: Option<f32>,
    pub(crate) verdict: Verdict,
}

impl Parts<'_> {
    /// Decides about every candidate. With `abstain` off the verdict is given but does not bind.
    pub(crate) fn select(
        &self,
        query: &Query,
        gathered: Gathered,
        abstain: bool,
        trace: &mut Trace,
        control: &Control,
    ) -> Result<Selection, SearchError> {
        let Gathered { ranked: mut pool, lexical, has_text_vector, denials, .. } = gathered;
        let excluded = self.rows_of(&query.exclude)?;
        let best =
            |best: Option<f32>, r: &Ranked| best.into_iter().chain(r.scores.dense).reduce(f32::max);
        let spare = excluded.len() + pool.iter().filter(|r| denials.contains(r.row)).count();
        pool.truncate(pool_size(query.limit).saturating_add(spare));
        control.check()?;
        let model = self.embedder.score_model();
        let threshold = model.abstain_below.filter(|_| has_text_vector);
        let judged = |r: &Ranked| {
            let told = Told {
                all_words: lexical.covers_all(r.row),
                denied: denials.contains(r.row),
                quoted: lexical.quotes_all(r.row),
            };
            fit(&r.scores, told, threshold)
        };
        let fits: Vec<Fit> = pool.iter().map(judged).collect();
        let denied = self.denied(&pool, &fits, &denials)?;
        let (mut out, folded) = self.out(query, &pool, &excluded, denied)?;
        control.check()?;
        let alive = |out: &[Option<RejectReason>]| -> Vec<usize> {
            (0..out.len()).filter(|place| out[*place].is_none()).collect()
        };
        let mut order = alive(&out);
        trace.stage(
            "deduplicate",
            order.len(),
            if query.deduplicate { "near-duplicates in the library" } else { "off" },
        );
        let best_score = order.iter().map(|place| &pool[*place]).fold(None, best);
        let alive_fits: Vec<Fit> = order.iter().map(|place| fits[*place]).collect();
        let verdict = Verdict::of(&alive_fits, best_score, threshold);
        if abstain {
            order.retain(|place| verdict.includes(fits[*place]));
        }
        trace.stage("threshold", order.len(), verdict.words());
        if let Some(lambda) = query.diversity {
            order = diversify(&pool, &order, lambda, query.limit);
            trace.stage("diversify", order.len(), "maximal marginal relevance");
        }
        let under =
            |r: &Ranked| r.scores.dense.zip(threshold).is_some_and(|(score, bar)| score < bar);
        let reject = |place: usize| match fits[place] {
            Fit::No(_) if under(&pool[place]) || !verdict.fits() => RejectReason::UnderThreshold,
            _ => RejectReason::OutRanked,
        };
        for place in alive(&out) {
            let shown = order.iter().take(query.limit).any(|shown| *shown == place);
            out[place] = (!shown).then(|| reject(place));
        }
        order.truncate(query.limit);
        Ok(Selection { pool, fits, out, folded, order, best_score, threshold, verdict })
    }

    fn rows_of(&self, ids: &[AssetId]) -> Result<HashSet<AssetRow>, SearchError> {
        let mut rows = HashSet::new();
        for id in ids {
            rows.extend(self.catalog.find_row(id)?);
        }
        Ok(rows)
    }

    /// What people said of the candidates that are out by their word, by place.
    fn denied(
        &self,
        pool: &[Ranked],
        fits: &[Fit],
        denials: &Denials,
    ) -> Result<Vec<Option<RejectReason>>, SearchError> {
        let reason = |(ranked, fit): (&Ranked, &Fit)| {
            let denial = denials.get(ranked.row).filter(|_| *fit == Fit::No(NoFit::Denied));
            let of = |denial: &Denial| denial.of.map(|row| self.short_id(row)).transpose();
            let reason = |denial: &Denial| {
                Ok(RejectReason::Denied { word: denial.word.clone(), of: of(denial)? })
            };
            denial.map(reason).transpose()
        };
        pool.iter().zip(fits).map(reason).collect()
    }

    /// Why each candidate is out besides: excluded, or a near-duplicate; and how many are folded under each. A
    /// near-duplicate of an excluded one is out with it, wherever that one ranks: the same picture must not be shown
    /// twice under two names.
    fn out(
        &self,
        query: &Query,
        pool: &[Ranked],
        excluded: &HashSet<AssetRow>,
        mut out: Vec<Option<RejectReason>>,
    ) -> Result<(Vec<Option<RejectReason>>, Vec<usize>), SearchError> {
        let is_excluded = |place: &usize| excluded.contains(&pool[*place].row);
        let mut places: Vec<usize> = (0..pool.len()).filter(|p| out[*p].is_none()).collect();
        places.sort_by_key(|place| !is_excluded(place));
        let mut under = vec![0; pool.len()];
        if query.deduplicate {
            let rows: Vec<AssetRow> = places.iter().map(|place| pool[*place].row).collect();
            let pairs = self.catalog.near_duplicates(&rows)?;
            for (place, of) in places.iter().zip(folded(&rows, &pairs)) {
                if let Some(of) = of.map(|of| places[of]) {
                    under[of] += 1;
                    let of = self.short_id(pool[of].row)?;
                    out[*place] = Some(RejectReason::Duplicate { of });
                }
            }
        }
        for place in places.iter().filter(|place| is_excluded(place)) {
            out[*place] = Some(RejectReason::AlreadyUsed);
        }
        Ok((out, under))
    }

    fn short_id(&self, row: AssetRow) -> Result<String, SearchError> {
        let found = self.catalog.assets(&[row])?.pop();
        let missing =
            || SearchError::Internal(format!("the index names row {row}, the catalogue has none"));
        found.map(|(_, asset)| asset.id.short()).ok_or_else(missing)
    }
}

fn pool_size(limit: usize) -> usize {
    let (times, least, most) = POOL;
    limit.saturating_mul(times).clamp(least, most).max(limit)
}

fn diversify(pool: &[Ranked], order: &[usize], lambda: f32, limit: usize) -> Vec<usize> {
    let relevance: Vec<f32> = order.iter().map(|place| pool[*place].scores.fused).collect();
    let vectors: Vec<Option<&[f32]>> =
        order.iter().map(|place| pool[*place].vector.as_deref()).collect();
    mmr(&relevance, &vectors, lambda, limit).into_iter().map(|at| order[at]).collect()
}
