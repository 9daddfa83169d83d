//! Which shot shows what: the assignment of greatest total value.
//!
//! Kuhn-Munkres with potentials, O(shots² x sources): taking shots in order would give the first
//! its favourite and leave a later one, which fits nothing else, with nothing.

use kinora_types::{Cancelled, Control};

/// A value at and below which a pair is not to be made.
pub(crate) const IMPOSSIBLE: f64 = 0.0;

/// For each row the column it gets, so that the sum of values is greatest and no column is used
/// twice; `None` where only an impossible pair was left. Rows are of equal length.
///
/// # Errors
/// Cancellation, which is polled at every step along an augmenting path: one look at every column.
pub(crate) fn assign(
    values: &[Vec<f64>],
    control: &Control,
) -> Result<Vec<Option<usize>>, Cancelled> {
    let rows = values.len();
    let columns = values.first().map_or(0, Vec::len);
    // As many columns of no value as rows: a row may always stay without a pair.
    let width = columns + rows;
    let cost = |row: usize, column: usize| match values[row].get(column) {
        Some(&value) if value > IMPOSSIBLE => -value,
        _ => 0.0,
    };
    let mut search = Search {
        row_potential: vec![0.0; rows + 1],
        column_potential: vec![0.0; width + 1],
        row_of: vec![0; width + 1],
    };
    for row in 1..=rows {
        search.add(row, width, &cost, control)?;
    }
    let mut result = vec![None; rows];
    for (column, &row) in search.row_of.iter().skip(1).take(columns).enumerate() {
        if row > 0 && values[row - 1][column] > IMPOSSIBLE {
            result[row - 1] = Some(column);
        }
    }
    Ok(result)
}

/// Rows and columns are counted from 1; 0 is "none".
struct Search {
    row_potential: Vec<f64>,
    column_potential: Vec<f64>,
    row_of: Vec<usize>,
}

impl Search {
    /// Finds the cheapest augmenting path from a new row and flips it.
    fn add(
        &mut self,
        row: usize,
        width: usize,
        cost: &dyn Fn(usize, usize) -> f64,
        control: &Control,
    ) -> Result<(), Cancelled> {
        self.row_of[0] = row;
        let mut least = vec![f64::INFINITY; width + 1];
        let mut from = vec![0; width + 1];
        let mut used = vec![false; width + 1];
        let mut column = 0;
        while self.row_of[column] != 0 {
            control.check()?;
            used[column] = true;
            let (row, mut delta, mut next) = (self.row_of[column], f64::INFINITY, 0);
            for j in (1..=width).filter(|&j| !used[j]) {
                let reduced =
                    cost(row - 1, j - 1) - self.row_potential[row] - self.column_potential[j];
                if reduced < least[j] {
                    (least[j], from[j]) = (reduced, column);
                }
                if least[j] < delta {
                    (delta, next) = (least[j], j);
                }
            }
            self.shift(delta, &used, &mut least);
            column = next;
        }
        while column != 0 {
            self.row_of[column] = self.row_of[from[column]];
            column = from[column];
        }
        Ok(())
    }

    fn shift(&mut self, delta: f64, used: &[bool], least: &mut [f64]) {
        for j in 0..used.len() {
            if used[j] {
                self.row_potential[self.row_of[j]] += delta;
                self.column_potential[j] -= delta;
            } else {
                least[j] -= delta;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn assign(values: &[Vec<f64>]) -> Vec<Option<usize>> {
        super::assign(values, &Control::default()).unwrap()
    }

    #[test]
    fn a_cancelled_assignment_ends() {
        let control = Control::default();
        control.cancel();
        assert_eq!(super::assign(&[vec![1.0]], &control), Err(Cancelled));
    }

    #[test]
    fn the_picky_shot_gets_what_the_other_can_do_without() {
        // In order, shot 0 would take source 0 and leave shot 1 with nothing.
        let values = vec![vec![0.9, 0.8], vec![0.7, 0.0]];
        assert_eq!(assign(&values), [Some(1), Some(0)]);
    }

    #[test]
    fn too_few_sources_leave_the_least_valuable_row_out() {
        let values = vec![vec![0.5], vec![0.9], vec![0.2]];
        assert_eq!(assign(&values), [None, Some(0), None]);
        assert_eq!(assign(&[vec![], vec![]]), [None, None]);
        assert_eq!(assign(&[]), Vec::<Option<usize>>::new());
    }

    fn best_by_trying(values: &[Vec<f64>], used: &mut Vec<bool>) -> f64 {
        let Some((first, rest)) = values.split_first() else {
            return 0.0;
        };
        let mut best = best_by_trying(rest, used);
        for (column, &value) in first.iter().enumerate() {
            if value > IMPOSSIBLE && !used[column] {
                used[column] = true;
                best = best.max(value + best_by_trying(rest, used));
                used[column] = false;
            }
        }
        best
    }

    proptest! {
        #[test]
        fn as_good_as_trying_everything(
            values in (1usize..5, 1usize..5).prop_flat_map(|(rows, columns)| {
                prop::collection::vec(prop::collection::vec(-0.3f64..1.0, columns), rows)
            })
        ) {
            let pairs = assign(&values);
            let mut used = vec![false; values[0].len()];
            let mut sum = 0.0;
            for (row, column) in pairs.iter().enumerate() {
                if let Some(column) = *column {
                    prop_assert!(!std::mem::replace(&mut used[column], true), "used twice");
                    prop_assert!(values[row][column] > IMPOSSIBLE);
                    sum += values[row][column];
                }
            }
            let best = best_by_trying(&values, &mut vec![false; values[0].len()]);
            prop_assert!((sum - best).abs() < 1e-9, "{sum} instead of {best}");
        }
    }
}
