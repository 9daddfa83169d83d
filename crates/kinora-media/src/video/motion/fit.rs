//! What most places do: a similarity through many of which some go their own way.

/// Hypotheses from two places each.
const DRAWS: usize = 80;
/// A place that is off by more than this many samples does something else.
const OFF: f32 = 0.45;
/// and this share of how far it went.
const OFF_SHARE: f32 = 0.04;
/// Rounds of reweighting (iteratively reweighted least squares).
const ROUNDS: usize = 4;
/// Tukey's constant: full efficiency on normal noise is 95 %.
const TUKEY: f32 = 4.685;
/// The least noise of a place in samples; interpolation alone makes as much.
const LEAST_NOISE: f32 = 0.03;

/// A place and where it went, in samples from the picture's middle.
#[derive(Clone, Copy, Debug)]
pub(super) struct Vector {
    pub at: [f32; 2],
    pub flow: [f32; 2],
    /// How sure, in any unit.
    pub weight: f32,
}

/// What is shown at `p` goes to `p + shift + [[grow, -turn], [turn, grow]] p`; y is downwards.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Similarity {
    pub shift: [f32; 2],
    pub grow: f32,
    pub turn: f32,
}

impl Similarity {
    pub fn flow(&self, [x, y]: [f32; 2]) -> [f32; 2] {
        [
            self.shift[0] + self.grow * x - self.turn * y,
            self.shift[1] + self.turn * x + self.grow * y,
        ]
    }

    /// How a place goes against this.
    pub fn residual(&self, vector: &Vector) -> [f32; 2] {
        let flow = self.flow(vector.at);
        [vector.flow[0] - flow[0], vector.flow[1] - flow[1]]
    }

    /// Natural logarithm of the scale, and the angle in radians, clockwise on the screen.
    pub fn scale_and_angle(&self) -> (f32, f32) {
        let (a, b) = (1.0 + self.grow, self.turn);
        (a.hypot(b).ln(), b.atan2(a))
    }

    fn through(a: &Vector, b: &Vector) -> Option<Self> {
        let [dx, dy] = [b.at[0] - a.at[0], b.at[1] - a.at[1]];
        let [du, dv] = [b.flow[0] - a.flow[0], b.flow[1] - a.flow[1]];
        let square = dx * dx + dy * dy;
        if square < 1.0 {
            return None;
        }
        let (grow, turn) = ((dx * du + dy * dv) / square, (dx * dv - dy * du) / square);
        let rest = Self { shift: [0.0; 2], grow, turn };
        Some(Self { shift: rest.residual(a), grow, turn })
    }

    /// Weighted least squares; only a shift if the places lie too close together for more.
    fn through_all(vectors: &[Vector], weights: &[f32], reach: f32) -> Option<Self> {
        let total: f32 = weights.iter().sum();
        if total <= 0.0 {
            return None;
        }
        let mean = |value: &dyn Fn(&Vector) -> f32| {
            vectors.iter().zip(weights).map(|(v, w)| value(v) * w).sum::<f32>() / total
        };
        let (x, y) = (mean(&|v| v.at[0]), mean(&|v| v.at[1]));
        let (u, v) = (mean(&|v| v.flow[0]), mean(&|v| v.flow[1]));
        let square = mean(&|p| (p.at[0] - x).powi(2) + (p.at[1] - y).powi(2));
        if square.sqrt() < reach {
            return Some(Self { shift: [u, v], grow: 0.0, turn: 0.0 });
        }
        let along = mean(&|p| (p.at[0] - x) * (p.flow[0] - u) + (p.at[1] - y) * (p.flow[1] - v));
        let across = mean(&|p| (p.at[0] - x) * (p.flow[1] - v) - (p.at[1] - y) * (p.flow[0] - u));
        let (grow, turn) = (along / square, across / square);
        Some(Self { shift: [u - grow * x + turn * y, v - turn * x - grow * y], grow, turn })
    }
}

/// A similarity and how well it is borne out.
#[derive(Clone, Copy, Debug)]
pub(super) struct Fit {
    pub motion: Similarity,
    /// Share of the places that follow it.
    pub followers: f32,
    /// Standard deviation of the followers' residuals in samples.
    pub noise: f32,
}

/// What most places do. `reach`: places that lie closer together than this many samples (RMS) show a
/// shift only. `guesses` are tried beside the draws. None without places. Same input, same answer.
pub(super) fn fit(vectors: &[Vector], reach: f32, guesses: &[Similarity]) -> Option<Fit> {
    let mut best = (f32::MAX, None);
    let drawn = draws(vectors.len()).filter_map(|(i, j)| {
        let (a, b) = (&vectors[i], &vectors[j]);
        let apart = (a.at[0] - b.at[0]).hypot(a.at[1] - b.at[1]) >= reach;
        apart.then(|| Similarity::through(a, b)).flatten()
    });
    for motion in guesses.iter().copied().chain(drawn) {
        let cost = vectors.iter().map(|v| cost(&motion, v)).sum::<f32>();
        if cost < best.0 {
            best = (cost, Some(motion));
        }
    }
    let mut motion = best.1.filter(|_| !vectors.is_empty())?;
    let mut noise = OFF / 3.0;
    for _ in 0..ROUNDS {
        let weights: Vec<f32> =
            vectors.iter().map(|v| v.weight * tukey(length(motion.residual(v)), noise)).collect();
        motion = Similarity::through_all(vectors, &weights, reach)?;
        noise = spread(&motion, vectors);
    }
    let follows = |v: &&Vector| length(motion.residual(v)) < limit(v);
    let followers = vectors.iter().filter(follows).count() as f32 / vectors.len() as f32;
    Some(Fit { motion, followers, noise })
}

/// How far off a place may be that still follows.
pub(super) fn limit(vector: &Vector) -> f32 {
    OFF + OFF_SHARE * length(vector.flow)
}

pub(super) fn length([x, y]: [f32; 2]) -> f32 {
    x.hypot(y)
}

/// Truncated squares (MSAC, Torr and Zisserman 2000).
fn cost(motion: &Similarity, vector: &Vector) -> f32 {
    let [x, y] = motion.residual(vector);
    ((x * x + y * y) / limit(vector).powi(2)).min(1.0)
}

fn tukey(residual: f32, noise: f32) -> f32 {
    let off = (residual / (TUKEY * noise)).min(1.0);
    (1.0 - off * off).powi(2)
}

/// Noise of the followers, from the median of their residuals (Rayleigh: 1.177 sigma).
fn spread(motion: &Similarity, vectors: &[Vector]) -> f32 {
    let residuals = vectors.iter().map(|v| (length(motion.residual(v)), limit(v)));
    let mut followers: Vec<f32> = residuals.filter(|(r, l)| r < l).map(|(r, _)| r).collect();
    if followers.is_empty() {
        return OFF;
    }
    let middle = followers.len() / 2;
    let (_, median, _) = followers.select_nth_unstable_by(middle, f32::total_cmp);
    (*median / 1.177).max(LEAST_NOISE)
}

/// Pairs of different numbers below `count`, always the same.
fn draws(count: usize) -> impl Iterator<Item = (usize, usize)> {
    let mut state = 0x2545_f491u32;
    let mut next = move || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) as usize
    };
    let pairs =
        (0..if count > 1 { DRAWS } else { 0 }).map(move |_| (next() % count, next() % count));
    pairs.filter(|(a, b)| a != b)
}
