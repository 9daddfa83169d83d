//! Robust fit of a similarity to the displacements of features: RANSAC (Fischler and Bolles 1981), then iteratively
//! reweighted least squares with Tukey's weights. Features that move with a subject are its outliers.

/// Hypotheses of RANSAC, from two features each.
const DRAWS: usize = 80;
/// Residual in samples above which a feature is an outlier.
const OUTLIER: f32 = 0.45;
/// Share of its displacement by which that limit grows.
const OUTLIER_SHARE: f32 = 0.04;
/// Rounds of reweighting (iteratively reweighted least squares).
const ROUNDS: usize = 4;
/// Tukey's constant for 95 % efficiency on normal noise.
const TUKEY: f32 = 4.685;
/// Least noise of a displacement in samples; interpolation alone makes as much.
const LEAST_NOISE: f32 = 0.03;

/// A feature and its displacement, in samples from the picture's middle.
#[derive(Clone, Copy, Debug)]
pub(super) struct Vector {
    pub at: [f32; 2],
    pub flow: [f32; 2],
    pub tensor: StructureTensor,
}

/// Structure tensor: mean products of the gradients around a feature. It says how certain a displacement is in each
/// direction; an edge is certain across itself and not along itself (the aperture problem).
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct StructureTensor {
    /// xx, xy, yy divided by the larger eigenvalue.
    shape: [f32; 3],
    /// The larger eigenvalue.
    strength: f32,
    /// The smaller eigenvalue.
    pub least: f32,
}

impl StructureTensor {
    pub(super) fn new([xx, xy, yy]: [f32; 3]) -> Self {
        let half = (xx + yy) / 2.0;
        let root = length([(xx - yy) / 2.0, xy]);
        let strength = (half + root).max(1e-9);
        Self { shape: [xx, xy, yy].map(|v| v / strength), strength, least: half - root }
    }

    /// The same shape, its larger eigenvalue at most `most`.
    pub(super) fn at_most(self, most: f32) -> Self {
        Self { strength: self.strength.min(most), ..self }
    }

    /// Squared length of a vector, each direction weighted by its certainty.
    fn square(&self, [x, y]: [f32; 2]) -> f32 {
        let [xx, xy, yy] = self.shape;
        (xx * x * x + 2.0 * xy * x * y + yy * y * y).max(0.0)
    }
}

/// Similarity transform: what is shown at `p` moves to `p + shift + [[grow, -turn], [turn, grow]] p`; y is downwards.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Similarity {
    pub shift: [f32; 2],
    pub grow: f32,
    pub turn: f32,
}

impl Similarity {
    pub(super) fn flow(&self, [x, y]: [f32; 2]) -> [f32; 2] {
        [
            self.shift[0] + self.grow * x - self.turn * y,
            self.shift[1] + self.turn * x + self.grow * y,
        ]
    }

    /// Displacement of a feature relative to this motion.
    pub(super) fn residual(&self, vector: &Vector) -> [f32; 2] {
        let flow = self.flow(vector.at);
        [vector.flow[0] - flow[0], vector.flow[1] - flow[1]]
    }

    /// Natural logarithm of the scale, and the angle in radians, clockwise on the screen.
    pub(super) fn scale_and_angle(&self) -> (f32, f32) {
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

    /// Least squares weighted by `weights` and the structure tensors; only a shift if the features lie closer together
    /// than `reach` (RMS).
    fn through_all(vectors: &[Vector], weights: &[f32], reach: f32) -> Option<Self> {
        let mut normal = Normal::default();
        let mut strong = [0.0f64; 4];
        for (vector, weight) in vectors.iter().zip(weights) {
            normal.add(vector, *weight);
            let strength = f64::from(vector.tensor.strength * weight);
            let [x, y] = vector.at.map(f64::from);
            let parts = [1.0, x, y, x * x + y * y];
            strong.iter_mut().zip(parts).for_each(|(sum, part)| *sum += strength * part);
        }
        let [total, x, y, square] = strong;
        if total <= 0.0 {
            return None;
        }
        let spread = (square / total - (x / total).powi(2) - (y / total).powi(2)).max(0.0).sqrt();
        let count = if spread < f64::from(reach) { 2 } else { 4 };
        let [u, v, grow, turn] = normal.solve(count)?.map(|value| value as f32);
        Some(Self { shift: [u, v], grow, turn })
    }
}

/// Normal equations of shift, growth and turn.
#[derive(Default)]
struct Normal([[f64; 5]; 4]);

impl Normal {
    fn add(&mut self, vector: &Vector, weight: f32) {
        let [x, y] = vector.at.map(f64::from);
        let [u, v] = vector.flow.map(f64::from);
        let weight = vector.tensor.strength * weight;
        let [xx, xy, yy] = vector.tensor.shape.map(|v| f64::from(v * weight));
        // Columns: the displacement per unit of each unknown, then the observed displacement.
        let columns = [[1.0, 0.0], [0.0, 1.0], [x, y], [-y, x], [u, v]];
        for (i, [a, b]) in columns.into_iter().take(4).enumerate() {
            let certain = [xx * a + xy * b, xy * a + yy * b];
            for (sum, [c, d]) in self.0[i].iter_mut().zip(columns) {
                *sum += certain[0] * c + certain[1] * d;
            }
        }
    }

    /// The first `count` unknowns, the others being 0; none if the places do not tensor them.
    fn solve(mut self, count: usize) -> Option<[f64; 4]> {
        let rows = &mut self.0;
        for i in 0..count {
            let pivot = rows[i];
            if pivot[i] <= 1e-9 {
                return None;
            }
            for row in rows.iter_mut().take(count).skip(i + 1) {
                let factor = row[i] / pivot[i];
                row.iter_mut().zip(pivot).for_each(|(value, from)| *value -= factor * from);
            }
        }
        let mut out = [0.0; 4];
        for i in (0..count).rev() {
            let known: f64 = (i + 1..count).map(|j| rows[i][j] * out[j]).sum();
            out[i] = (rows[i][4] - known) / rows[i][i];
        }
        Some(out)
    }
}

/// A fitted similarity and its support.
#[derive(Clone, Copy, Debug)]
pub(super) struct Fit {
    pub motion: Similarity,
    /// Share of the features that are inliers.
    pub inliers: f32,
    /// Standard deviation of the inliers' residuals in samples.
    pub noise: f32,
}

/// The motion of most features. Features that lie closer together than `reach` samples (RMS) give a shift only.
/// `guesses` are tried beside the drawn hypotheses. `None` without features. Deterministic.
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
    let mut noise = OUTLIER / 3.0;
    for _ in 0..ROUNDS {
        let weights: Vec<f32> =
            vectors.iter().map(|v| tukey(deviation(&motion, v), noise)).collect();
        motion = Similarity::through_all(vectors, &weights, reach)?;
        noise = spread(&motion, vectors);
    }
    let is_inlier = |v: &&Vector| deviation(&motion, v) < limit(v);
    let inliers = vectors.iter().filter(is_inlier).count() as f32 / vectors.len() as f32;
    Some(Fit { motion, inliers, noise })
}

/// Residual up to which a feature is an inlier.
pub(super) fn limit(vector: &Vector) -> f32 {
    OUTLIER + OUTLIER_SHARE * length(vector.flow)
}

/// Euclidean length. `hypot` also guards against overflow, which costs a tenth of the whole estimate.
pub(super) fn length([x, y]: [f32; 2]) -> f32 {
    (x * x + y * y).sqrt()
}

/// Residual of a feature against a motion, weighted by its structure tensor.
pub(super) fn deviation(motion: &Similarity, vector: &Vector) -> f32 {
    vector.tensor.square(motion.residual(vector)).sqrt()
}

/// Truncated squared residual (MSAC, Torr and Zisserman 2000). Strong features count more, but less than in the least
/// squares, so that one bright edge does not outvote the rest.
fn cost(motion: &Similarity, vector: &Vector) -> f32 {
    let off = vector.tensor.square(motion.residual(vector)) / limit(vector).powi(2);
    off.min(1.0) * vector.tensor.strength.sqrt().sqrt()
}

fn tukey(residual: f32, noise: f32) -> f32 {
    let off = (residual / (TUKEY * noise)).min(1.0);
    (1.0 - off * off).powi(2)
}

/// Noise of the inliers, from the median of their residuals (Rayleigh: 1.177 sigma).
fn spread(motion: &Similarity, vectors: &[Vector]) -> f32 {
    let residuals = vectors.iter().map(|v| (deviation(motion, v), limit(v)));
    let mut inliers: Vec<f32> = residuals.filter(|(r, l)| r < l).map(|(r, _)| r).collect();
    if inliers.is_empty() {
        return OUTLIER;
    }
    let middle = inliers.len() / 2;
    let (_, median, _) = inliers.select_nth_unstable_by(middle, f32::total_cmp);
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
