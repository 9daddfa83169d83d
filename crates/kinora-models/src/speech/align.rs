//! When each token is said: dynamic time warping over the decoder's cross-attention.
//!
//! Mirrors `find_alignment` of openai/whisper (`whisper/timing.py`): the maps of the alignment heads are
//! normalised over the tokens, smoothed over time, averaged, and the cheapest monotonic path through them
//! tells where each token begins. The exports give attention after softmax; within the window's sound it
//! is scaled to sum 1, which is the softmax over that part.
//!
//! Memory: tokens x 1500 f32 for each head.

use super::decoder::Attention;

/// Frames of the median filter.
const MEDIAN: usize = 7;

/// Where each row of `rows` begins, in the encoder's frames of 20 ms, of which `heard` hold sound.
pub(super) fn begins(
    attention: &Attention,
    rows: std::ops::Range<usize>,
    heard: usize,
) -> Vec<usize> {
    let heard = heard.clamp(1, attention.frames.max(1));
    let mut cost = vec![0.0f32; rows.len() * heard];
    for map in &attention.maps {
        let weights = prepare(map, attention, heard);
        let kept = &weights[rows.start * heard..rows.end * heard];
        cost.iter_mut().zip(kept).for_each(|(cost, weight)| *cost -= weight);
    }
    path(&cost, rows.len(), heard)
}

/// One map over the sound that is heard: standard score over the tokens, median over time.
fn prepare(map: &[f32], attention: &Attention, heard: usize) -> Vec<f32> {
    let mut weights = Vec::with_capacity(attention.tokens * heard);
    for row in map.chunks_exact(attention.frames) {
        let sum: f32 = row[..heard].iter().sum();
        weights.extend(row[..heard].iter().map(|weight| weight / sum.max(f32::MIN_POSITIVE)));
    }
    let tokens = attention.tokens as f32;
    for frame in 0..heard {
        let column = || weights.iter().skip(frame).step_by(heard);
        let mean = column().sum::<f32>() / tokens;
        let variance = column().map(|w| (w - mean) * (w - mean)).sum::<f32>() / tokens;
        let deviation = variance.sqrt().max(f32::MIN_POSITIVE);
        for token in 0..attention.tokens {
            let weight = &mut weights[token * heard + frame];
            *weight = (*weight - mean) / deviation;
        }
    }
    weights.chunks_exact(heard).flat_map(smooth).collect()
}

/// Median filter, reflected at both ends.
fn smooth(row: &[f32]) -> Vec<f32> {
    let (last, half) = (row.len() as isize - 1, (MEDIAN / 2) as isize);
    if last < half {
        return row.to_vec();
    }
    let at = |index: isize| {
        let index = index.abs();
        row[if index > last { 2 * last - index } else { index } as usize]
    };
    let median = |centre: isize| {
        let mut near: [f32; MEDIAN] = std::array::from_fn(|i| at(centre + i as isize - half));
        near.sort_unstable_by(f32::total_cmp);
        near[MEDIAN / 2]
    };
    (0..=last).map(median).collect()
}

/// The cheapest monotonic path; the first column of each row on it.
fn path(cost: &[f32], rows: usize, columns: usize) -> Vec<usize> {
    #[derive(Clone, Copy)]
    enum From {
        Both,
        Row,
        Column,
    }
    let width = columns + 1;
    let mut total = vec![f32::INFINITY; (rows + 1) * width];
    let mut trace = vec![From::Column; (rows + 1) * width];
    total[0] = 0.0;
    for row in 1..=rows {
        for column in 1..=columns {
            let at = row * width + column;
            let (both, up, left) = (total[at - width - 1], total[at - width], total[at - 1]);
            let (least, from) = if both < up && both < left {
                (both, From::Both)
            } else if up < both && up < left {
                (up, From::Row)
            } else {
                (left, From::Column)
            };
            total[at] = cost[(row - 1) * columns + column - 1] + least;
            trace[at] = from;
        }
    }
    let (mut begins, mut row, mut column) = (vec![0; rows], rows, columns);
    while row > 0 && column > 0 {
        begins[row - 1] = column - 1;
        match trace[row * width + column] {
            From::Both => (row, column) = (row - 1, column - 1),
            From::Row => row -= 1,
            From::Column => column -= 1,
        }
    }
    begins
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_path_follows_the_diagonal_blocks() {
        // Three tokens: frames 0-3, 4-5, 6-9.
        let loud = |row: usize, column: usize| {
            matches!((row, column), (0, 0..=3) | (1, 4..=5) | (2, 6..=9))
        };
        let cost: Vec<f32> =
            (0..30).map(|i| if loud(i / 10, i % 10) { -1.0 } else { 0.5 }).collect();
        assert_eq!(path(&cost, 3, 10), [0, 4, 6]);
    }

    #[test]
    fn a_spike_is_smoothed_away_and_a_step_stays() {
        let mut row = vec![0.0; 20];
        row[5] = 9.0;
        row[12..].fill(1.0);
        let smoothed = smooth(&row);
        assert!(
            smoothed[..12].iter().all(|v| *v == 0.0) && smoothed[12..].iter().all(|v| *v == 1.0)
        );
        assert_eq!(smooth(&[1.0, 2.0]), [1.0, 2.0]);
    }
}
