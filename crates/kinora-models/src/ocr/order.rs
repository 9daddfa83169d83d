//! Reading order: rows from the top, each from the left.

use super::rectangle::Corners;

/// Puts items in reading order by the boxes beside them. Neighbours make a row when their middles are less
/// than half of the lower one's height apart; the reference takes ten pixels for it, whatever the size.
pub(super) fn reading_order<T>(mut items: Vec<(Corners, T)>) -> Vec<(Corners, T)> {
    items.sort_by(|a, b| middle(&a.0).total_cmp(&middle(&b.0)));
    let mut from = 0;
    while from < items.len() {
        let mut to = from + 1;
        while to < items.len() && beside(&items[to - 1].0, &items[to].0) {
            to += 1;
        }
        items[from..to].sort_by(|a, b| left(&a.0).total_cmp(&left(&b.0)));
        from = to;
    }
    items
}

fn beside(above: &Corners, below: &Corners) -> bool {
    (middle(below) - middle(above)) * 2.0 < height(above).min(height(below))
}

fn extent(corners: &Corners, axis: usize) -> (f32, f32) {
    let values = corners.iter().map(|point| point[axis]);
    values.fold((f32::MAX, f32::MIN), |(least, most), v| (least.min(v), most.max(v)))
}

fn left(corners: &Corners) -> f32 {
    extent(corners, 0).0
}

fn height(corners: &Corners) -> f32 {
    let (top, bottom) = extent(corners, 1);
    bottom - top
}

fn middle(corners: &Corners) -> f32 {
    let (top, bottom) = extent(corners, 1);
    (top + bottom) / 2.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_then_columns() {
        let at = |x: f32, y: f32, h: f32| [[x, y], [x + 50., y], [x + 50., y + h], [x, y + h]];
        let items = vec![
            (at(100., 12., 20.), "two"),
            (at(0., 100., 80.), "four"),
            (at(0., 10., 20.), "one"),
            (at(60., 35., 20.), "three"),
            (at(70., 125., 80.), "five"),
        ];
        let order: Vec<&str> = reading_order(items).into_iter().map(|(_, word)| word).collect();
        assert_eq!(order, ["one", "two", "three", "four", "five"]);
    }
}
