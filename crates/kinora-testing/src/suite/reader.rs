//! The one conformance suite of [`TextReader`]: every backend's tests run it.
//!
//! It does not cover how often letters are wrong.

use kinora_inference::{TextLine, TextReader};
use kinora_types::Picture;

/// Runs the whole suite. `written` is a picture of text that the reader reads, `lines` what it says, in the order
/// in which people read it.
///
/// # Panics
/// With what the contract says, where the reader breaks it.
pub fn check_text_reader(reader: &dyn TextReader, written: &Picture, lines: &[&str]) {
    assert!(!reader.model().is_empty(), "a model has a name");
    let found = read(reader, written);
    let texts: Vec<&str> = found.iter().map(|line| line.text.as_str()).collect();
    assert_eq!(texts, lines, "lines come in reading order");
    found.iter().for_each(check_line);
    for (width, height) in [(1, 1), (64, 48), (3, 3000), (3000, 3)] {
        let black = Picture::filled(width, height, [0; 3]);
        assert_eq!(read(reader, &black), [], "nothing is read in {width}x{height} black pixels");
    }
    assert_eq!(read(reader, written), found, "the same picture, the same lines");
}

fn read(reader: &dyn TextReader, picture: &Picture) -> Vec<TextLine> {
    reader.read(picture).expect("any picture is read")
}

fn check_line(line: &TextLine) {
    let whole = !line.text.is_empty() && line.text == line.text.trim();
    assert!(whole && !line.text.contains('\n'), "a line is one line of words: {line:?}");
    let corners = line.region.as_flattened();
    let inside = corners.iter().all(|at| (0.0..=1.0).contains(at));
    assert!(inside, "regions are fractions of the picture: {line:?}");
    assert!((0.0..=1.0).contains(&line.confidence), "confidence is from 0 to 1: {line:?}");
}

#[cfg(test)]
mod tests {
    use kinora_types::Picture;

    use crate::fake::{ColourReader, Spied, Spy};

    #[test]
    fn the_fake_conforms() {
        let red = Picture::filled(40, 30, [250, 10, 10]);
        super::check_text_reader(&ColourReader, &red, &["red paint"]);
        let spied = Spied::new(ColourReader, &Spy::default());
        super::check_text_reader(&spied, &red, &["red paint"]);
    }
}
