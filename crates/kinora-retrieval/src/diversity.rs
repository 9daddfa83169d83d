//! Maximal marginal relevance (Carbonell & Goldstein 1998): relevant, but unlike what is shown already.

use crate::dense::cosine;

/// Order in which to show ranked candidates: indices into them, `limit` at most. `lambda` 1 keeps the
/// ranking, 0 looks at difference alone. Relevance is stretched to 0..1 over the candidates, so that
/// it can be weighed against cosines; ties go to the better ranked.
pub(crate) fn mmr(
    relevance: &[f32],
    vectors: &[Option<&[f32]>],
    lambda: f32,
    limit: usize,
) -> Vec<usize> {
    let (low, high) =
        relevance.iter().fold((f32::MAX, f32::MIN), |(low, high), r| (low.min(*r), high.max(*r)));
    let stretch = |r: f32| {
        if high > low { (r - low) / (high - low) } else { 1.0 }
    };
    let mut left: Vec<usize> = (0..relevance.len()).collect();
    let mut nearest = vec![0f32; relevance.len()];
    let mut shown = Vec::new();
    while shown.len() < limit && !left.is_empty() {
        let value = |i: usize| lambda * stretch(relevance[i]) - (1.0 - lambda) * nearest[i];
        let best = (0..left.len())
            .reduce(|best, at| if value(left[at]) > value(left[best]) { at } else { best })
            .unwrap_or_default();
        let taken = left.remove(best);
        for i in &left {
            let similarity = vectors[*i].zip(vectors[taken]).map_or(0.0, |(a, b)| cosine(a, b));
            nearest[*i] = nearest[*i].max(similarity);
        }
        shown.push(taken);
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lambda_weighs_relevance_against_difference() {
        let vectors: [&[f32]; 3] = [&[1.0, 0.0], &[0.99, 0.14], &[0.0, 1.0]];
        let vectors: Vec<Option<&[f32]>> = vectors.iter().map(|v| Some(*v)).collect();
        for (lambda, limit, order) in
            [(1.0, 9, &[0, 1, 2][..]), (0.5, 9, &[0, 2, 1]), (0.0, 2, &[0, 2]), (0.5, 0, &[])]
        {
            assert_eq!(mmr(&[0.9, 0.8, 0.5], &vectors, lambda, limit), order, "{lambda}");
        }
        assert_eq!(mmr(&[0.5, 0.5], &[None, None], 0.5, 9), [0, 1]);
    }
}
