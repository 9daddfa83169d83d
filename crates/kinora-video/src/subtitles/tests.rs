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
    assert_eq!(parse("just words --> and more"), Err(SubtitleError::NoCue));
    assert_eq!(parse("[Script Info]\nx"), Err(SubtitleError::Other("SubStation Alpha")));
    assert_eq!(parse("{0}{25}Hello"), Err(SubtitleError::Other("MicroDVD")));
    for (text, line) in [
        ("1\n00:00:05,000 --> 00:00:04,000\nback", 2),
        ("00:00:61,000 --> 00:01:04,000\nodd", 1),
        ("00:01,000 --> y\nodd", 1),
        ("WEBVTT\n\n00:99999999999999999999.000 --> 1\nodd", 3),
    ] {
        let error = parse(text).unwrap_err();
        assert!(matches!(error, SubtitleError::BadTimes { line: l, .. } if l == line), "{error}");
    }
}

#[test]
fn cues_are_found_without_numbers_and_blank_lines() {
    let expected =
        [said(1000, 2000, "One"), said(3000, 4000, "Two\n2 more"), said(5000, 6000, "Three")];
    for srt in [
        "1\n00:01,000 --> 00:02,000\nOne\n2\n00:03,000 --> 00:04,000\nTwo\n2 more\n3\n00:05,000 --> 00:06,000\nThree",
        "00:01.000 --> 00:02.000\rOne\r00:03.000 --> 00:04.000\rTwo\r2 more\r00:05.000 --> 00:06.000\rThree",
        // Out of order, every line followed by a blank one, and a cue that was cut off.
        "3\r\r\n00:05,000 --> 00:06,000\r\r\nThree\r\r\n\r\r\n1\r\r\n00:01,000 --> 00:02,000\r\r\nOne\r\r\n\r\r\n2\r\r\n         00:03,000 --> 00:04,000\r\r\nTwo\r\r\n2 more\r\r\n\r\r\n4\r\r\n",
        // Of no length, without words.
        "1\n00:01,000 --> 00:02,000\nOne\n\n00:02,500 --> 00:02,500\nghost\n\n00:03,000 --> 00:04,000\nTwo\n\n2 more\n\n         7\n00:04,000 --> 00:04,500\n\n\n8\n00:05,000 --> 00:06,000\nThree\n",
    ] {
        assert_eq!(parse(srt).unwrap(), expected, "{srt}");
    }
    let overlapping = "00:01.000 --> 00:05.000\nlong\n\n00:02.000 --> 00:03.000\nshort";
    assert_eq!(parse(overlapping).unwrap().len(), 2);
}

#[test]
fn blocks_that_are_no_cues_are_passed_over() {
    let vtt = "WEBVTT\nKind: captions\n\nSTYLE\n::cue(b) {\n  content: \"00:00.000 --> 00:01.000\";\n}\n\nREGION\nid:a\n\n\
               NOTE more\n00:01.000 --> 00:02.000\n\n00:01.000 --> 00:02.500 line:0 position:20%\n{\\an8}<c.yellow>Oh</c>\n\nnext\n\
               00:00:03.000 --> 00:00:04.000\n<v Ann>no &amp; yes\n";
    assert_eq!(parse(vtt).unwrap(), [said(1000, 2500, "Oh"), said(3000, 4000, "no & yes")]);
}

#[test]
fn every_encoding_gives_the_same_words() {
    use encoding_rs::*;
    let german = "Überlappung über die Straße, schöne Grüße an die Mädchen";
    let french = "Où est la gare? Là-bas, derrière l’église. Ça coûte très cher, hélas!";
    let polish = "Zażółć gęślą jaźń. Wszyscy ludzie rodzą się wolni i równi w swojej godności.";
    let russian = "Все люди рождаются свободными и равными в своём достоинстве и правах.";
    let japanese =
        "すべての人間は、生まれながらにして自由であり、かつ、尊厳と権利とについて平等である。";
    let chinese = "人人生而自由,在尊严和权利上一律平等。他们赋有理性和良心。";
    for (text, encoding) in [
        (german, WINDOWS_1252),
        (french, WINDOWS_1252),
        (polish, WINDOWS_1250),
        (russian, WINDOWS_1251),
        (russian, KOI8_R),
        (japanese, SHIFT_JIS),
        (japanese, EUC_JP),
        (chinese, GBK),
    ] {
        let file = format!("1\r\n00:00:01,000 --> 00:00:02,000\r\n{text}\r\n\r\n");
        let (bytes, _, wrong) = encoding.encode(&file);
        assert!(!wrong, "{text}");
        let read = read(&bytes).unwrap();
        assert_eq!(read.passages, [said(1000, 2000, text)], "{encoding:?}");
        assert!(read.encoding.guessed, "{encoding:?}");
        for (marked, name) in [(false, "UTF-8"), (true, "UTF-8")] {
            let mark = if marked { "\u{feff}" } else { "" };
            let read = super::read(format!("{mark}{file}").as_bytes()).unwrap();
            assert_eq!((read.encoding.name, read.encoding.guessed), (name, false));
            assert_eq!(read.passages[0].text, text);
            let units: Vec<u16> = format!("{mark}{file}").encode_utf16().collect();
            let little: Vec<u8> = units.iter().flat_map(|unit| unit.to_le_bytes()).collect();
            let big: Vec<u8> = units.iter().flat_map(|unit| unit.to_be_bytes()).collect();
            for (bytes, name) in [(little, "UTF-16LE"), (big, "UTF-16BE")] {
                let read = super::read(&bytes).unwrap();
                assert_eq!(read.encoding, TextEncoding { name, guessed: false }, "{marked}");
                assert_eq!(read.passages[0].text, text);
            }
        }
    }
}

#[test]
fn bytes_that_are_no_text_are_told_with_their_line() {
    let mut bytes = "1\n00:01,000 --> 00:02,000\nСвободными и равными\n".as_bytes().to_vec();
    bytes.extend([0xff, b'\n']);
    assert_eq!(read(&bytes), Err(SubtitleError::Bytes { line: 4, encoding: "UTF-8" }));
    assert!(matches!(read(b"\x7fELF\0\0\0"), Err(SubtitleError::Bytes { line: 1, .. })));
    assert_eq!(read(&vec![b' '; LONGEST as usize + 1]), Err(SubtitleError::TooLong));
    assert_eq!(read(b""), Err(SubtitleError::NoCue));
}

#[test]
fn cues_past_the_end_are_refused_and_a_little_overhang_is_cut() {
    let cues = || vec![said(0, 1000, "a"), said(3000, 5000, "b"), said(4900, 5300, "c")];
    let ends = |length| {
        let fitted = fit(cues(), length).unwrap();
        fitted.iter().map(|p| p.range.unwrap().end_ms()).collect::<Vec<_>>()
    };
    assert_eq!(ends(6000), [1000, 5000, 5300]);
    assert_eq!(ends(4000), [1000, 4000]);
    let error = fit(cues(), 3200).unwrap_err();
    assert_eq!(error.to_string(), "the last cue ends at 00:05.3, but the recording lasts 00:03.2");
}

#[test]
fn what_a_model_is_not_sure_of_is_marked_and_comes_back_unmarked() {
    let heard = |text: &str, sure, start| Passage {
        origin: Origin::Machine { model: "ear@1".into(), confidence: Some(sure) },
        ..said(start, start + 1000, text)
    };
    let passages = [heard("Yes.", 0.9, 0), heard("Nine o'clock", 0.2, 2000), heard("", 0.0, 4000)];
    let srt = to_srt(&passages);
    assert!(srt.contains("\n[?] Nine o'clock\n") && srt.contains("\n[not understood]\n"), "{srt}");
    let texts: Vec<String> = parse(&srt).unwrap().into_iter().map(|p| p.text).collect();
    assert_eq!(texts, ["Yes.", "Nine o'clock"]);
}

#[test]
fn arrows_and_cues_of_no_length_are_mended() {
    let srt = to_srt(&[
        said(0, 0, "a ---> b ----> c"),
        said(200, 200, "d\r\r\u{2028}e"),
        said(9000, 9000, "f"),
    ]);
    let expected = "1\n00:00:00,000 --> 00:00:00,200\na -> b -> c\n\n2\n00:00:00,200 --> 00:00:00,700\nd\ne\n\n\
                    3\n00:00:09,000 --> 00:00:09,500\nf\n\n";
    assert_eq!(srt, expected);
}

/// Needs ffmpeg, whose readers are those of many players.
#[test]
fn ffmpeg_reads_what_is_written() {
    let passages = [
        said(0, 0, "a ---> b"),
        said(200, 900, "Tom & Jerry\r\n\r\n1984"),
        said(9000, 9500, "7\u{2028}last"),
    ];
    let folder = tempfile::TempDir::new().unwrap();
    let program = crate::fixtures::ffmpeg();
    for (name, text) in [("a.srt", to_srt(&passages)), ("a.vtt", to_webvtt(&passages))] {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        let mut command = std::process::Command::new(&program.path);
        let output = command
            .args(["-v", "error", "-nostdin", "-i"])
            .arg(&path)
            .args(["-f", "srt", "-"])
            .output()
            .unwrap();
        assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
        let back = parse(&String::from_utf8(output.stdout).unwrap()).unwrap();
        let texts: Vec<&str> = back.iter().map(|passage| passage.text.as_str()).collect();
        let arrow = if name == "a.srt" { "a -> b" } else { "a ---> b" };
        assert_eq!(texts, [arrow, "Tom & Jerry\n1984", "7\nlast"], "{name}");
    }
}

/// Passages in order of time, their words as a person writes them.
fn scripts() -> impl Strategy<Value = Vec<Passage>> {
    let cue = (0..10_000_000u64, 1..100_000u64, r"[\PC&&[^\s\u{feff}]]( ?[\PC&&[^\s]]){0,20}");
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
            .map(|p| Passage { text: p.text.replace(['<', '>', '{', '&'], "*"), ..p })
            .collect();
        let read = if plain.is_empty() { Vec::new() } else { parse(&to_srt(&plain)).unwrap() };
        prop_assert_eq!(read, plain);
    }

    #[test]
    fn no_text_can_panic(text in r"(WEBVTT\n)?(\PC{0,12}|\n|[0-9:.,]{1,12}| --> |<|\{\\|&amp;){0,20}") {
        let read = parse(&text).unwrap_or_default();
        prop_assert!(read.is_sorted_by_key(|passage| passage.range));
        prop_assert!(read.iter().all(|p| p.range.is_some_and(|range| !range.is_empty())));
    }

    #[test]
    fn no_bytes_can_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let _ = read(&bytes);
    }

    #[test]
    fn what_is_written_has_no_blank_line_and_one_arrow_a_cue(
        texts in proptest::collection::vec((r"(\PC|-|>|\n|\r|\x0b|\u{2028}){1,20}", 0..3u64), 1..6)
    ) {
        let passages: Vec<Passage> =
            texts.iter().zip(0..).map(|((text, length), at)| said(at * 2, at * 2 + length, text)).collect();
        for (text, first) in [(to_srt(&passages), 0), (to_webvtt(&passages), 1)] {
            for block in text.split("\n\n").skip(first).filter(|block| !block.is_empty()) {
                prop_assert_eq!(block.matches("-->").count(), 1, "{}", text);
                prop_assert!(block.lines().count() >= 3 - first, "{}", text);
            }
            prop_assert!(!text.contains("\n\n\n") && !text.contains('\r'));
        }
    }
}

/// A megabyte of each would take minutes if any of them took the square of its length.
#[test]
fn long_rows_of_marks_and_blank_lines_take_no_longer_than_words() {
    for piece in ["<", "{", "&", "<b", "\n", "1\n\n", " \n", "-->\n"] {
        let text =
            format!("1\n00:00:01,000 --> 00:00:02,000\n{}", piece.repeat(1_000_000 / piece.len()));
        drop(parse(&text));
        drop(parse(&format!("WEBVTT\n\n{text}")));
    }
}
