//! Words of pictures and recordings through the real binary: heard, read, found, shown, corrected.
//!
//! Not covered: how well is heard and read (see `bench/speech`, `bench/text`); videos (see `kinora-ingest`).

#![allow(clippy::unwrap_used, reason = "helpers of tests may panic")]

mod common;

use std::{fs, path::Path};

use common::{Ended, Home, fed};
use serde_json::Value;

/// A library of one spoken sentence and one page of text, heard by the smallest model.
fn library(home: &Home) -> Value {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../kinora-models/fixtures");
    let input = home.path().join("in");
    fs::create_dir_all(&input).unwrap();
    fs::copy(fixtures.join("speech/utterance.wav"), input.join("utterance.wav")).unwrap();
    fs::copy(fixtures.join("text/page.png"), input.join("page.png")).unwrap();
    fs::create_dir_all(home.path().join("home")).unwrap();
    fs::write(home.path().join("home/config.toml"), "speech = \"whisper-tiny\"\n").unwrap();
    home.run(&["add", &input.to_string_lossy(), "--json"]).done().json()
}

fn texts(report: &Value, kind: &str) -> Vec<String> {
    let passages = report["passages"].as_array().unwrap().iter();
    let own = passages.filter(|passage| passage["kind"] == kind);
    own.map(|passage| passage["text"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn words_are_found_and_a_person_has_the_last_one() {
    let home = Home::new();
    let added = library(&home);
    assert_eq!((&added["added"], &added["failed"]), (&2.into(), &0.into()), "{added}");
    assert_eq!(
        (&added["perceived"]["speech"], &added["perceived"]["text"]),
        (&1.into(), &1.into())
    );
    assert_eq!(added["waiting"], Value::Array(Vec::new()));

    let heard = home.run(&["transcript", "utterance.wav", "--json"]).done().json();
    let said = texts(&heard, "speech").join(" ");
    let word = said.split_whitespace().max_by_key(|word| word.len()).unwrap();
    let word = word.trim_matches(|c: char| !c.is_alphanumeric()).to_owned();
    let found = home.run(&["search", &word, "--json"]).done().json();
    assert_eq!(found["hits"][0]["asset"]["size"], Value::Null, "{found}");
    assert_eq!(found["hits"][0]["moments"][0]["by"], "words", "{found}");
    assert!(found["hits"][0]["passages"][0]["origin"]["machine"]["model"].is_string());
    let srt = home.run(&["transcript", "utterance.wav", "--srt"]).done().stdout;
    assert!(srt.starts_with("1\n00:00:0") && srt.contains(" --> "), "{srt}");

    // A file that is in no library is heard at once and not kept.
    let loose = home.path().join("loose.wav");
    let mut bytes = fs::read(home.path().join("in/utterance.wav")).unwrap();
    bytes.truncate(bytes.len() - 200);
    fs::write(&loose, bytes).unwrap();
    let heard = home.run(&["transcript", &loose.to_string_lossy(), "--json"]).done().json();
    assert!(!texts(&heard, "speech").is_empty(), "{heard}");
    assert_eq!(home.run(&["show", "loose.wav"]).code, 1);

    corrections(&home, &srt, &word);
    assert!(!texts(&home.run(&["show", "page.png", "--json"]).done().json(), "text").is_empty());
}

fn corrections(home: &Home, srt: &str, word: &str) {
    let own = home.path().join("own.srt");
    fs::write(&own, srt.replace(word, "xylophone")).unwrap();
    home.run(&["edit", "utterance.wav", "--transcript", &own.to_string_lossy()]).done();
    let found = home.run(&["search", "xylophone", "--json"]).done().json();
    assert_eq!(found["hits"][0]["passages"][0]["origin"], "person", "{found}");
    let gone = home.run(&["search", word, "--json"]).json();
    assert_eq!(gone["hits"].as_array().unwrap().len(), 0, "{gone}");

    // Files of another recording, and in other encodings.
    let other = home.path().join("other.srt");
    fs::write(&other, "1\n00:59:00,000 --> 00:59:02,000\npast the end\n").unwrap();
    let refused = home.run(&["edit", "utterance.wav", "--transcript", &other.to_string_lossy()]);
    assert_ne!(refused.code, 0);
    let told = "the last cue ends at 59:02.0, but the recording lasts 00:03.4";
    assert!(refused.stderr.contains(told), "{}", refused.stderr);
    let latin = home.path().join("latin.srt");
    fs::write(&latin, b"1\n00:00:00,000 --> 00:00:03,000\nSch\xf6ne Gr\xfc\xdfe, xylophone\n")
        .unwrap();
    let read =
        home.run(&["edit", "utterance.wav", "--transcript", &latin.to_string_lossy()]).done();
    assert!(
        read.stdout.contains("Schöne Grüße") && read.stderr.contains("windows-1252"),
        "{read:?}"
    );

    // A person's words outlive the model that runs again.
    let input = home.path().join("in").to_string_lossy().into_owned();
    home.run(&["add", &input, "--again", "--json"]).done();
    let found = home.run(&["search", "xylophone", "--json"]).done().json();
    assert_eq!(found["hits"].as_array().unwrap().len(), 1);
    home.run(&["edit", "utterance.wav", "--restore", "speech"]).done();
    let back = home.run(&["transcript", "utterance.wav"]).done().stdout;
    assert!(back.contains(word), "{back}");

    let edit = ["edit", "page.png", "--title", "A page", "--tag", "paper", "--not-tag", "dog"];
    let shown = home.run(&[&edit[..], &["--json"]].concat()).done().json();
    assert_eq!(
        (&shown["title"], texts(&shown, "tag")),
        (&"A page".into(), vec!["paper".to_owned()])
    );
    let wrong = home.run(&["edit", "utterance.wav", "--said", "59:00=hello"]);
    assert_eq!(wrong.code, 2, "{}", wrong.stderr);
    assert!(wrong.stderr.contains("hint: `kinora show`"), "{}", wrong.stderr);
    several_at_once(home);
}

/// Those of stdin and of arguments; none, where one is not there.
fn several_at_once(home: &Home) {
    let shown = home.run(&["show", "page.png"]).done().stdout;
    assert!(shown.contains("not       dog  (by hand)"), "{shown}");
    let edit = |list: &str, more: &[&str]| {
        fed(home.command(&[&["edit", "-", "--tag", "both"], more].concat()), list)
    };
    let missing = edit("page.png\ngone.png\n", &[]);
    assert_eq!(missing.code, 1, "{missing:?}");
    assert!(missing.stderr.contains("`gone.png`"), "{missing:?}");
    let shown = home.run(&["show", "page.png"]).done().stdout;
    assert!(!shown.contains("both"), "nothing was changed: {shown}");
    let edited = edit("page.png\r\n\nutterance.wav\n", &[]).done().stdout;
    assert_eq!(edited.matches("edited ").count(), 2, "{edited}");
    let edited = edit("page.png\0", &["-0", "--json"]).done().json();
    assert_eq!(texts(&edited["edited"][0], "tag"), ["paper", "both"]);
    assert_eq!(edit("\n", &[]).code, 2);
    let empty = home.run(&["edit", "page.png", "--tag", ""]);
    assert_eq!(empty.code, 2, "{empty:?}");
    assert!(empty.stderr.contains("the tag is empty"), "{empty:?}");
    let many = home.run(&["edit", "page.png", "utterance.wav", "--title", "x"]);
    assert_eq!(many.code, 2, "{many:?}");
}

#[test]
fn work_that_waits_for_a_model_says_so() {
    let home = Home::new();
    fs::create_dir_all(home.path().join("home")).unwrap();
    fs::write(home.path().join("home/config.toml"), "speech = \"whisper-small\"\n").unwrap();
    // Whatever was pulled on this machine.
    let cache = home.cache_without(&["whisper-small"]);
    let run = |args: &[&str]| {
        Ended::from(home.command(args).env("KINORA_CACHE", &cache).output().unwrap())
    };
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../kinora-models/fixtures");
    let utterance = fixtures.join("speech/utterance.wav").to_string_lossy().into_owned();
    let added = run(&["add", &utterance]).done();
    assert!(added.stderr.contains("kinora models pull whisper-small"), "{}", added.stderr);
    assert!(!added.stdout.contains("searched for speech"), "{}", added.stdout);
    let heard = run(&["transcript", "utterance.wav"]);
    assert_eq!(heard.code, 1);
    assert!(heard.stderr.contains("nobody has listened"), "{}", heard.stderr);
}

/// A recording that is in the library waits; the picture behind it gets its words.
#[cfg(unix)]
#[test]
fn words_that_need_ffmpeg_wait_and_say_so() {
    let home = Home::new();
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../kinora-models/fixtures");
    let input = home.path().join("in");
    fs::create_dir_all(&input).unwrap();
    fs::create_dir_all(home.path().join("home")).unwrap();
    fs::write(home.path().join("home/config.toml"), "speech = \"whisper-tiny\"\n").unwrap();
    fs::copy(fixtures.join("speech/utterance.wav"), input.join("a.wav")).unwrap();
    fs::copy(fixtures.join("text/page.png"), input.join("b.png")).unwrap();
    let unheard = ["--without", "speech", "--without", "text", "--without", "tag"];
    home.run(&[&["add", "in"][..], &unheard].concat()).done();

    let cache = home.cache_without(&["ffmpeg"]);
    let mut command = home.command(&["add", "--json"]);
    command.env("KINORA_CACHE", &cache).env("PATH", home.path()).env_remove("KINORA_FFMPEG");
    let added = Ended::from(command.output().unwrap()).done().json();
    assert_eq!(added["without_ffmpeg"], serde_json::json!({"speech": 1}), "{added}");
    assert_eq!(added["perceived"]["text"], 1, "{added}");
    let waiting = &added["waiting"][0];
    assert_eq!((&waiting["kind"], &waiting["assets"]), (&"speech".into(), &1.into()), "{added}");
    assert!(waiting["message"].as_str().unwrap().contains("ffmpeg"), "{added}");
    assert!(waiting["hint"].as_str().unwrap().contains("kinora models pull ffmpeg"), "{added}");

    // What is older than a run waits, and says so.
    let left = home.run(&["add", "in"]).done().stdout;
    assert!(
        left.contains("1 file waits to be searched for speech: `kinora add` goes on"),
        "{left}"
    );
    let added = home.run(&["add", "--json"]).done().json();
    assert_eq!(
        (&added["perceived"]["speech"], &added["waiting"]),
        (&1.into(), &Value::Array(vec![]))
    );
}

#[test]
fn a_conversation_ends_in_a_film_of_what_it_cited() {
    let home = Home::new();
    library(&home);
    let page = home.run(&["show", "page.png", "--json"]).done().json();
    let word = texts(&page, "text").join(" ");
    let word = word.split_whitespace().max_by_key(|word| word.len()).unwrap().to_owned();
    let questions = format!(
        "Where is {word} written?\nmake a 3 s film of it\nmake a film of [7]\n/helf\n/help\nbye\nWho?\n"
    );
    let said = common::fed(home.command(&["chat", "--extractive"]), &questions).done();
    assert!(said.stdout.contains("[1]  page.png"), "{said:?}");
    assert!(said.stdout.contains("<- page.png"), "{said:?}");
    assert!(said.stderr.contains("the last answer cited nothing of the kind"), "{said:?}");
    assert!(said.stderr.contains("there is no command `/helf`"), "{said:?}");
    assert_eq!(said.stdout.matches("more like the second").count(), 2, "{said:?}");
    assert!(
        !said.stdout.contains("Nothing in this library"),
        "nothing is answered after bye: {said:?}"
    );
    let told = common::fed(home.command(&["chat", "--json"]), "/x\n/quit\nWho?\n").done().json();
    assert_eq!(told["unknown"], "/x", "{told}");
    assert_eq!(told["help"][11]["say"], "/quit", "{told}");
    let verified = home.run(&["verify", "chat-1-film-1.mp4"]).done().stdout;
    assert!(verified.contains("intact") && verified.contains("page.png"), "{verified}");
    let kept = home.run(&["chat", "export", "1"]).done().stdout;
    assert!(kept.contains("A film of [1]: chat-1-film-1.mp4"), "{kept}");
}
