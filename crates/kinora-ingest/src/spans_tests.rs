use proptest::prelude::*;

use super::*;

fn line(text: &str, x: f32, y: f32, confidence: f32) -> TextLine {
    let region = [[x, y], [x + 0.3, y], [x + 0.3, y + 0.05], [x, y + 0.05]];
    TextLine { text: text.into(), region, confidence }
}

/// A sample a second, each with lines at the same place; (start, end, text) of what comes out.
fn spans(samples: &[&[&str]]) -> Vec<(u64, u64, String)> {
    let mut spans = TextSpans::new("test@1");
    let mut passages = Vec::new();
    for (second, texts) in samples.iter().enumerate() {
        let at = |(row, text): (usize, &&str)| line(text, 0.1, row as f32 * 0.1, 0.9);
        let lines = texts.iter().enumerate().map(at).collect();
        passages.extend(spans.push(second as u64 * 1000, lines));
    }
    passages.extend(spans.finish(samples.len() as u64 * 1000));
    let told = |p: Passage| (p.range.unwrap().start_ms(), p.range.unwrap().end_ms(), p.text);
    let mut told: Vec<_> = passages.into_iter().map(told).collect();
    told.sort();
    told
}

#[test]
fn the_same_text_is_one_passage() {
    type Case<'a> = (&'a str, &'a [&'a [&'a str]], &'a [(u64, u64, &'a str)]);
    let cases: [Case<'_>; 9] = [
        ("nothing", &[&[], &[]], &[]),
        ("all the time", &[&["Exit"], &["Exit"], &["Exit"]], &[(0, 3000, "Exit")]),
        ("in between", &[&[], &["Exit"], &["Exit"], &[], &[]], &[(500, 2500, "Exit")]),
        ("one sample missed", &[&["Exit"], &[], &["Exit"]], &[(0, 3000, "Exit")]),
        (
            "two samples missed",
            &[&["Exit"], &[], &[], &["Exit"]],
            &[(0, 500, "Exit"), (2500, 4000, "Exit")],
        ),
        (
            "misread, the first reading being as sure",
            &[&["Directed by Ada"], &["Directed bv Ada"], &["directedbyAda."]],
            &[(0, 3000, "Directed by Ada")],
        ),
        (
            "other words and other numbers",
            &[&["Chapter 1", "North"], &["Chapter 2", "South"]],
            &[
                (0, 500, "Chapter 1"),
                (0, 500, "North"),
                (500, 2000, "Chapter 2"),
                (500, 2000, "South"),
            ],
        ),
        ("a clock", &[&["00:10:07"], &["00:10:08"], &["00:10:09"]], &[(0, 3000, "00:10:07")]),
        (
            "twice at once",
            &[&["Taxi", "Taxi"], &["Taxi", "Taxi"]],
            &[(0, 2000, "Taxi"), (0, 2000, "Taxi")],
        ),
    ];
    for (what, samples, wanted) in cases {
        let wanted: Vec<_> =
            wanted.iter().map(|(a, b, text)| (*a, *b, (*text).to_owned())).collect();
        assert_eq!(spans(samples), wanted, "{what}");
    }
}

#[test]
fn what_is_seen_once_must_be_certain() {
    // (sample, text, confidence) of five samples, and what is kept. As measured on the sample clips.
    for (what, seen, kept) in [
        ("a title read badly", &[(2, "BURKY", 0.82)][..], &[][..]),
        ("leaves", &[(2, "A", 0.91)], &[]),
        ("a lit window", &[(4, "B", 0.97)], &[]),
        ("a short title", &[(2, "Ende", 0.97)], &["Ende"]),
        ("a sign of one ideograph", &[(3, "出", 0.96)], &["出"]),
        ("a sign of two digits", &[(0, "42", 0.95)], &["42"]),
        ("a faint line that stays", &[(1, "BUNK", 0.83), (2, "BUNK", 0.8)], &["BUNK"]),
        ("a letter that stays", &[(1, "A", 0.85), (3, "A", 0.85)], &["A"]),
    ] {
        let mut spans = TextSpans::new("test@1");
        let mut passages = Vec::new();
        for second in 0..5u64 {
            let now = seen.iter().filter(|(at, ..)| *at == second);
            let lines = now.map(|(_, text, sure)| line(text, 0.4, 0.4, *sure)).collect();
            passages.extend(spans.push(second * 1000, lines));
        }
        passages.extend(spans.finish(5000));
        let texts: Vec<&str> = passages.iter().map(|p| p.text.as_str()).collect();
        assert_eq!(texts, kept, "{what}");
    }
    let mut alone = TextSpans::new("test@1");
    alone.push(0, vec![line("A", 0.4, 0.4, 0.8)]);
    assert_eq!(alone.finish(400).len(), 1, "one sample is a picture");
}

#[test]
fn the_surest_reading_and_its_place_stand() {
    let mut spans = TextSpans::new("test@1");
    for (second, text, confidence) in
        [(0, "Harbuor", 0.8), (1, "Harbour", 0.95), (2, "Harb0ur", 0.7)]
    {
        spans.push(second * 1000, vec![line(text, 0.1 * second as f32, 0.5, confidence)]);
    }
    let [passage] = &spans.finish(3000)[..] else { panic!("one passage") };
    assert_eq!((passage.kind, passage.text.as_str()), (PassageKind::Text, "Harbour"));
    assert_eq!(passage.region.unwrap()[0], [0.1, 0.5]);
    assert_eq!(passage.origin, Origin::Machine { model: "test@1".into(), confidence: Some(0.95) });
}

#[test]
fn rising_credits_are_one_passage_a_line() {
    let credits =
        ["Camera Ada Example", "Sound Bob Sample", "Music The Nobodies", "Light Eve Test"];
    let mut spans = TextSpans::new("test@1");
    let mut passages = Vec::new();
    for second in 0..12u64 {
        let place = |row: usize| 1.0 + row as f32 * 0.2 - second as f32 * 0.15;
        let seen = credits.iter().enumerate().filter(|(row, _)| (0.0..0.95).contains(&place(*row)));
        let lines = seen.map(|(row, text)| line(text, 0.3, place(row), 0.9)).collect();
        passages.extend(spans.push(second * 1000, lines));
    }
    passages.extend(spans.finish(12_000));
    let mut texts: Vec<&str> = passages.iter().map(|p| p.text.as_str()).collect();
    texts.sort_unstable();
    assert_eq!(
        texts,
        ["Camera Ada Example", "Light Eve Test", "Music The Nobodies", "Sound Bob Sample"]
    );
}

#[test]
fn a_ticker_is_read_in_one_piece() {
    let text = "the harbour museum opens at nine and closes when the last guest has gone home";
    let mut spans = TextSpans::new("test@1");
    let pieces = (0..=40).step_by(8);
    for (second, start) in pieces.enumerate() {
        // The letter that the right edge cuts is misread.
        let piece: String = text.chars().skip(start).take(36).chain(['|']).collect();
        let ended = spans.push(second as u64 * 1000, vec![line(&piece, 0.0, 0.9, 0.9)]);
        assert_eq!(ended, []);
    }
    let [passage] = &spans.finish(6000)[..] else { panic!("one passage") };
    assert_eq!(passage.text, format!("{}|", &text[..76]));
}

#[test]
fn a_sample_out_of_order_is_passed_over() {
    let mut spans = TextSpans::new("test@1");
    spans.push(2000, vec![line("Exit", 0.1, 0.1, 0.9)]);
    assert_eq!(spans.push(2000, vec![line("Other", 0.1, 0.1, 0.9)]), []);
    assert_eq!(spans.finish(1000).len(), 1);
}

proptest! {
    /// Every line lies in a passage of its time, none is made up, and none is lost.
    #[test]
    fn every_line_is_in_a_passage(
        samples in prop::collection::vec(prop::collection::vec(0..5usize, 0..4), 0..20),
    ) {
        const TEXTS: [&str; 5] = ["harbour", "museum opening", "taxi", "platform nine", "exit"];
        let shown: Vec<Vec<&str>> = samples.iter().map(|s| s.iter().map(|t| TEXTS[*t]).collect()).collect();
        let shown: Vec<&[&str]> = shown.iter().map(Vec::as_slice).collect();
        let told = spans(&shown);
        for (second, texts) in shown.iter().enumerate() {
            let moment = second as u64 * 1000;
            for text in *texts {
                let shown = texts.iter().filter(|other| other == &text).count();
                let told = told.iter().filter(|(a, b, t)| t == text && (*a..*b).contains(&moment)).count();
                prop_assert!(told >= shown, "{text} at {moment}: {told} < {shown}");
            }
        }
        prop_assert!(told.iter().all(|(a, b, _)| a < b));
        prop_assert!(told.len() <= shown.iter().map(|texts| texts.len()).sum());
    }
}
