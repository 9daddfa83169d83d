//! Columns of text.

use kinora_types::Printable;

/// Lines of a table, printable: each column as wide as its widest cell, the last one as it is.
pub(crate) fn lines(head: &[&str], rows: &[Vec<String>]) -> Vec<String> {
    let printable = |cell: &String| Printable(cell).to_string();
    let rows: Vec<Vec<String>> =
        rows.iter().map(|row| row.iter().map(printable).collect()).collect();
    let width = |column: usize| {
        let cells = rows.iter().map(|row| row[column].chars().count());
        cells.chain([head[column].chars().count()]).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..head.len()).map(width).collect();
    let line = |cells: Vec<&str>| {
        let padded = cells.iter().zip(&widths).map(|(cell, width)| format!("{cell:width$}"));
        padded.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    let rows = rows.iter().map(|row| line(row.iter().map(String::as_str).collect()));
    std::iter::once(line(head.to_vec())).chain(rows).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_line_up() {
        let rows = vec![vec!["a".into(), "1".into()], vec!["long".into(), "2".into()]];
        assert_eq!(lines(&["name", "n"], &rows), ["name  n", "a     1", "long  2"]);
    }

    #[test]
    fn a_cell_breaks_no_row() {
        let rows = vec![vec!["a\nb\u{1b}".into(), "1".into()]];
        assert_eq!(lines(&["name", "n"], &rows)[1], "a\\nb\\u{1b}  1");
    }
}
