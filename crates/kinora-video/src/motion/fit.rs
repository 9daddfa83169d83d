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
    pub hold: Hold,
}

/// How firmly a place is held, in each direction, from the mean squared slopes around it (structure tensor). An
/// edge is held across and slips along itself.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Hold {
    /// xx, xy, yy over the larger eigenvalue.
    shape: [f32; 3],
    /// The larger eigenvalue.
    firmness: f32,
    /// The smaller one.
    pub least: f32,
}

impl Hold {
    pub fn new([xx, xy, yy]: [f32; 3]) -> Self {
        let half = (xx + yy) / 2.0;
        let root = length([(xx - yy) / 2.0, xy]);
        let firmness = (half + root).max(1e-9);
        Self { shape: [xx, xy, yy].map(|v| v / firmness), firmness, least: half - root }
    }

    /// The same shape, no firmer than `most`.
    pub fn at_most(self, most: f32) -> Self {
        Self { firmness: self.firmness.min(most), ..self }
    }

    /// Square of what is held of a vector.
    fn square(&self, [x, y]: [f32; 2]) -> f32 {
        let [xx, xy, yy] = self.shape;
        (xx * x * x + 2.0 * xy * x * y + yy * y * y).max(0.0)
    }
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

    /// Least squares of what is held, weighted; only a shift if the places lie too close together for more.
    fn through_all(vectors: &[Vector], weights: &[f32], reach: f32) -> Option<Self> {
        let mut normal = Normal::default();
        let mut firm = [0.0f64; 4];
        for (vector, weight) in vectors.iter().zip(weights) {
            normal.add(vector, *weight);
            let firmness = f64::from(vector.hold.firmness * weight);
            let [x, y] = vector.at.map(f64::from);
            let parts = [1.0, x, y, x * x + y * y];
            firm.iter_mut().zip(parts).for_each(|(sum, part)| *sum += firmness * part);
        }
        let [total, x, y, square] = firm;
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
        let weight = vector.hold.firmness * weight;
        let [xx, xy, yy] = vector.hold.shape.map(|v| f64::from(v * weight));
        // Columns: what a unit of each unknown, and the flow, moves the place by.
        let columns = [[1.0, 0.0], [0.0, 1.0], [x, y], [-y, x], [u, v]];
        for (i, [a, b]) in columns.into_iter().take(4).enumerate() {
            let held = [xx * a + xy * b, xy * a + yy * b];
            for (sum, [c, d]) in self.0[i].iter_mut().zip(columns) {
                *sum += held[0] * c + held[1] * d;
            }
        }
    }

    /// The first `count` unknowns, the others being 0; none if the places do not hold them.
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
        let weights: Vec<f32> = vectors.iter().map(|v| tukey(off(&motion, v), noise)).collect();
        motion = Similarity::through_all(vectors, &weights, reach)?;
        noise = spread(&motion, vectors);
    }
    let follows = |v: &&Vector| off(&motion, v) < limit(v);
    let followers = vectors.iter().filter(follows).count() as f32 / vectors.len() as f32;
    Some(Fit { motion, followers, noise })
}

/// How far off a place may be that still follows.
pub(super) fn limit(vector: &Vector) -> f32 {
    OFF + OFF_SHARE * length(vector.flow)
}

/// Without the care that `hypot` takes of huge numbers, which costs a tenth of all.
pub(super) fn length([x, y]: [f32; 2]) -> f32 {
    (x * x + y * y).sqrt()
}

/// How far a place is off a motion, as far as it is held.
pub(super) fn off(motion: &Similarity, vector: &Vector) -> f32 {
    vector.hold.square(motion.residual(vector)).sqrt()
}

/// Truncated squares (MSAC, Torr and Zisserman 2000). Firm places count more, but less than in the least
/// squares: one bright edge shall not outvote the rest.
fn cost(motion: &Similarity, vector: &Vector) -> f32 {
    let off = vector.hold.square(motion.residual(vector)) / limit(vector).powi(2);
    off.min(1.0) * vector.hold.firmness.sqrt().sqrt()
}

fn tukey(residual: f32, noise: f32) -> f32 {
    let off = (residual / (TUKEY * noise)).min(1.0);
    (1.0 - off * off).powi(2)
}

/// Noise of the followers, from the median of their residuals (Rayleigh: 1.177 sigma).
fn spread(motion: &Similarity, vectors: &[Vector]) -> f32 {
    let residuals = vectors.iter().map(|v| (off(motion, v), limit(v)));
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
