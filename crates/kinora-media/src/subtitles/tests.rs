use kinora_types::{Origin, Passage, PassageKind, TimeRange};
use proptest::prelude::*;

use super::*;

fn said(start: u64, end: u64, text: &str) -> Passage {
    Passage {
        kind: PassageKind::Speech,
        text: text.into(),
        range: Some(TimeRange::new(start, end).unwrap()),
        region: None,
        language: None,
        words: Vec::new(),
        origin: Origin::Person,
    }
}

#[test]
fn srt_as_players_expect_it() {
    let passages = [said(3_723_004, 3_725_000, "Late.\n\n Two --> lines"), said(0, 1_500, "Hello")];
    let expected = "1\n00:00:00,000 --> 00:00:01,500\nHello\n\n\
                    2\n01:02:03,004 --> 01:02:05,000\nLate.\nTwo -> lines\n\n";
    assert_eq!(to_srt(&passages), expected);
}

#[test]
fn webvtt_is_escaped() {
    let passages = [said(0, 1_500, "Tom & Jerry <3 -->")];
    let expected = "WEBVTT\n\n00:00:00.000 --> 00:00:01.500\nTom &amp; Jerry &lt;3 --&gt;\n\n";
    assert_eq!(to_webvtt(&passages), expected);
    assert_eq!(parse(expected).unwrap()[0].text, "Tom & Jerry <3 -->");
}

#[test]
fn only_speech_with_a_range_is_written() {
    let tag = Passage { kind: PassageKind::Tag, ..said(0, 1, "tag") };
    let timeless = Passage { range: None, ..said(0, 1, "no time") };
    assert_eq!(to_srt(&[tag, timeless, said(0, 1, " \n")]), "");
}

#[test]
fn other_peoples_files_are_read() {
    let srt = "\u{feff}1\r\n00:00:01,5 --> 00:00:02,000 X1:40\r\n<i>Hi</i> <b>you</b>\r\n1 < 2\r\n\r\n\
               00:00:03,000 --> 00:00:04,000\r\n\r\n3\r\n100:00:05.000-->100:00:06.000\r\nEnd";
    let read = parse(srt).unwrap();
    assert_eq!(read, [said(1500, 2000, "Hi you\n1 < 2"), said(360_005_000, 360_006_000, "End")]);
    let vtt = "WEBVTT - a title\n\nSTYLE\n::cue { color: red }\n\nNOTE\n00:01.000 --> 00:02.000\nno\n\n\
               intro\n00:01.000 --> 00:02.500 align:start\n<v Ann>Oh &amp;lt; &lrm;no</v>\n";
    assert_eq!(parse(vtt).unwrap(), [said(1000, 2500, "Oh &lt; \u{200e}no")]);
    assert_eq!(parse("WEBVTT").unwrap(), []);
}

#[test]
fn what_is_wrong_is_told_with_its_line() {
    assert_eq!(parse("just words"), Err(SubtitleError::NoCue));
    for (text, line) in [
        ("1\n00:00:05,000 --> 00:00:04,000\nback", 2),
        ("00:00:61,000 --> 00:01:04,000\nodd", 1),
        ("x --> y\nodd", 1),
        ("WEBVTT\n\n00:99999999999999999999.000 --> 1\nodd", 3),
    ] {
        let error = parse(text).unwrap_err();
        assert!(matches!(error, SubtitleError::BadTimes { line: l, .. } if l == line), "{error}");
    }
}

/// Passages in order of time, their words as a person writes them.
fn scripts() -> impl Strategy<Value = Vec<Passage>> {
    let cue = (0..10_000_000u64, 0..100_000u64, r"[\PC&&[^\s\u{feff}]]( ?[\PC&&[^\s]]){0,20}");
    proptest::collection::vec(cue, 0..8).prop_map(|cues| {
        let mut all: Vec<Passage> =
            cues.iter().map(|(start, length, text)| said(*start, start + length, text)).collect();
        all.sort_by_key(|passage| passage.range);
        all
    })
}

proptest! {
    #[test]
    fn webvtt_comes_back_as_it_was(passages in scripts()) {
        prop_assert_eq!(parse(&to_webvtt(&passages)).unwrap(), passages);
    }

    #[test]
    fn srt_comes_back_where_it_has_no_markup(passages in scripts()) {
        let plain: Vec<Passage> = passages
            .into_iter()
            .map(|p| Passage { text: p.text.replace(['<', '>'], "*"), ..p })
            .collect();
        let read = if plain.is_empty() { Vec::new() } else { parse(&to_srt(&plain)).unwrap() };
        prop_assert_eq!(read, plain);
    }

    #[test]
    fn no_text_can_panic(text in r"(WEBVTT\n)?(\PC{0,12}|\n|[0-9:.,]{1,12}| --> |<|&amp;){0,20}") {
        let _ = parse(&text);
    }
}
