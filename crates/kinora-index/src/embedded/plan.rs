//! How a query is answered: by an exact scan or through the graph.

/// When the graph is built and used. The defaults are measured (`bench/search`, 512 dimensions, ten
/// wanted): a scan takes 50 ns a point and is exact, the graph 0.3 to 0.5 ms at 20 000 points for recall
/// 0.995. So at 20 000 a scan costs two to three times the graph and still only a millisecond; below, building
/// a graph (0.25 ms of CPU a point) buys nothing that anyone could notice. The same holds for so many
/// points left over by a filter, where the graph would have to walk past all the others besides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Points from which [`crate::IndexWrite::optimise`] builds a graph.
    pub graph_min: usize,
    /// Allowed points up to which a filtered query is scanned.
    pub scan_max: usize,
    /// Points written since the last optimisation from which it is worth another.
    pub compact_min: usize,
    /// Candidates that the graph is asked for at least; more find more of the true neighbours.
    pub fetch_min: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self { graph_min: 20_000, scan_max: 20_000, compact_min: 1_000, fetch_min: 96 }
    }
}

/// The way a query goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Plan {
    /// Every allowed point is compared; the result is exact.
    Scan,
    /// The graph gives so many candidates, which are filtered and rescored; what is newer than the
    /// graph is scanned.
    Graph {
        /// Candidates asked for.
        fetch: usize,
    },
}

impl Plan {
    /// `points` are in the graph, `allowed` of them pass the filter (`None`: all).
    pub(super) fn choose(
        settings: &Settings,
        points: usize,
        allowed: Option<usize>,
        limit: usize,
    ) -> Self {
        if points == 0 || allowed.is_some_and(|allowed| allowed <= settings.scan_max) {
            return Self::Scan;
        }
        // As many more candidates as the filter is expected to drop, and half again for luck.
        let share = allowed.map_or(1.0, |allowed| allowed.min(points) as f64 / points as f64);
        let fetch = (limit as f64 * 1.5 / share).ceil() as usize;
        let fetch = fetch.max(settings.fetch_min);
        // A graph that visits a tenth of all points hops through memory; a scan reads it in order.
        if fetch > points / 10 { Self::Scan } else { Self::Graph { fetch } }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_candidates_are_scanned() {
        let settings = Settings::default();
        let graph = |fetch| Plan::Graph { fetch };
        for (points, allowed, limit, plan) in [
            (0, None, 10, Plan::Scan),
            (100_000, None, 10, graph(96)),
            (100_000, None, 200, graph(300)),
            (100_000, Some(1_000), 10, Plan::Scan),
            (100_000, Some(20_000), 10, Plan::Scan),
            (100_000, Some(50_000), 100, graph(300)),
            (100_000, Some(500_000), 100, graph(150)),
            (100_000, None, 9_000, Plan::Scan),
            (100_000, None, usize::MAX, Plan::Scan),
        ] {
            assert_eq!(
                Plan::choose(&settings, points, allowed, limit),
                plan,
                "{points} {allowed:?} {limit}"
            );
        }
    }
}
