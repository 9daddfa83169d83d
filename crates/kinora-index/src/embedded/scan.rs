//! The exact scan: codes name every point that may be among the best, floats decide.

use super::block::Block;
use crate::{Point, Scored, codec::WideQuery, kernel};

/// How many codes ahead memory is asked for: about as many as fit between asking and getting.
const AHEAD: usize = 8;

/// Where a candidate lies.
#[derive(Clone, Copy)]
pub(super) struct Place {
    pub(super) in_tail: bool,
    pub(super) slot: u32,
}

/// What is scanned: the sorted bulk and what came after it.
pub(super) struct Scan<'a> {
    pub(super) base: Option<Block<'a>>,
    pub(super) tail: Block<'a>,
}

impl Scan<'_> {
    fn block(&self, place: Place) -> &Block<'_> {
        match &self.base {
            Some(base) if !place.in_tail => base,
            _ => &self.tail,
        }
    }

    /// The best of the candidates, exactly, in the order of every result.
    pub(super) fn best(&self, query: &[f32], limit: usize, candidates: &[Place]) -> Vec<Scored> {
        // Bounds read a quarter of the bytes, so they pay once most candidates can be dropped.
        let few = candidates.len() <= limit.saturating_mul(2);
        let mut found: Vec<Scored> = if few || limit == 0 {
            candidates.iter().map(|place| self.score(query, *place)).collect()
        } else {
            self.shortlist(query, limit, candidates)
        };
        found.sort_unstable_by(Scored::order);
        found.truncate(limit);
        found
    }

    fn score(&self, query: &[f32], place: Place) -> Scored {
        let (block, slot) = (self.block(place), place.slot as usize);
        Scored { id: Point(block.ids[slot]), score: kernel::dot(query, block.vector(slot)) }
    }

    /// True scores of all candidates whose upper bound reaches the `limit`-th best lower bound.
    fn shortlist(&self, query: &[f32], limit: usize, candidates: &[Place]) -> Vec<Scored> {
        let wide = WideQuery::new(query);
        let code = |place: &Place| self.block(*place).code(place.slot as usize);
        let bound = |(at, place): (usize, &Place)| {
            if let Some(ahead) = candidates.get(at + AHEAD) {
                kernel::prefetch(code(ahead));
            }
            wide.bounds(code(place))
        };
        let bounds: Vec<(f32, f32)> = candidates.iter().enumerate().map(bound).collect();
        let mut lows: Vec<f32> = bounds.iter().map(|(low, _)| *low).collect();
        let (_, bar, _) = lows.select_nth_unstable_by(limit - 1, |a, b| b.total_cmp(a));
        let reach = bounds.iter().zip(candidates).filter(|((_, high), _)| *high >= *bar);
        reach.map(|(_, place)| self.score(query, *place)).collect()
    }
}
