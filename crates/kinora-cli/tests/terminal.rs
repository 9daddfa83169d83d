//! Hostile names, titles and arguments through the real binary: nothing that comes out steers a terminal, adds a line of
//! its own or leaves its place in a page; a reader that goes away changes no verdict.
//!
//! Not covered: the speech of a video (`words.rs`), a model's answer (`captions.rs`); both go through the same place.

#![allow(clippy::disallowed_methods, reason = "children of tests end with them")]
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic")]

mod common;

use std::{
    fs,
    io::{BufRead, BufReader, Read},
    process::Stdio,
};

use common::{Ended, Home, samples};
use kinora_types::Printable;

const ESC: &str = "\u{1b}[2J\u{1b}]0;owned\u{7}";
const C1: &str = "\u{9b}31m\u{9d}0;owned\u{9c}";
const BIDI: &str = "\u{202e}gpj.\u{2066}";
const HTML: &str = "'\"><\u{2f}style><script>alert(1)<\u{2f}script>";
const BREAK: &str = "\nverdict: intact\rerror: none\u{2028}";

/// One title with all of it.
fn hostile() -> String {
    format!("n{ESC}{C1}{BIDI}{BREAK}{HTML}")
}

/// The same as a file's name, which has no slash.
fn hostile_name() -> String {
    hostile().replace('/', "\u{2215}")
}

/// Nothing but our own line breaks is left.
fn assert_safe(what: &str, ended: &Ended) {
    for (stream, text) in [("stdout", &ended.stdout), ("stderr", &ended.stderr)] {
        let found = text.chars().find(|c| *c != '\n' && Printable::is_unsafe(*c));
        assert_eq!(found, None, "{what}, {stream}: {text:?}");
        let forged =
            |line: &str| line.starts_with("verdict: intact") || line.starts_with("error: none");
        assert!(what == "verify" || !text.lines().any(forged), "{what}, {stream}: {text:?}");
    }
}

/// Two pictures with hostile names, titles and rights.
fn library(home: &Home) -> String {
    let folder = home.path().join("in");
    fs::create_dir(&folder).unwrap();
    let name = format!("{}.webp", hostile_name());
    fs::copy(samples().join("pictures/koala.webp"), folder.join(&name)).unwrap();
    fs::copy(samples().join("pictures/tawny-owl.webp"), folder.join("owl.webp")).unwrap();
    fs::write(folder.join(format!("{}.jpg", hostile_name())), b"\xff\xd8\xff\xe0 broken").unwrap();
    let evil = format!("{}{}", hostile(), "x".repeat(5000));
    let list = serde_json::json!([{ "file": "owl.webp", "title": evil, "author": evil, "licence": evil,
        "source": evil, "caption": evil, "keywords": [evil] }]);
    fs::write(home.path().join("list.json"), list.to_string()).unwrap();
    name
}

#[test]
fn nothing_that_is_printed_steers_a_terminal() {
    let home = Home::new();
    let name = library(&home);
    let add = ["add", "in", "--attributions", "list.json", "--without", "text"];
    let added = home.run(&add);
    assert_safe("add", &added);
    assert_eq!((added.code, added.stderr.matches("failed:").count()), (1, 1), "{}", added.shown());
    let shots = format!("- an owl{C1}{BIDI}\n- a koala{C1}\n");
    let titled = format!("# {}\n{shots}", hostile().replace('\n', " "));
    fs::write(home.path().join("titled.md"), titled).unwrap();
    fs::write(home.path().join("brief.md"), shots).unwrap();
    let koala = format!("2={name}");
    let rest = ["-o", "film.mp4", "--pin", "1=owl.webp", "--pin", &koala];
    let form = ["--seconds", "8", "--size", "320x180", "--fps", "12"];
    let of = |brief: &'static str| [&["make", brief][..], &rest, &form].concat();
    let (make, unshowable) = (of("brief.md"), of("titled.md"));
    let planned = [&unshowable[..], &["--dry-run"]].concat();
    let evil = hostile();
    let missing = format!("{}.mp4", hostile_name());
    for (args, code) in [
        (&["search", "an owl", "--explain"][..], 0),
        (&["search", "an owl", "--json"], 0),
        (&["search", &evil], 0),
        (&["search", "--like", &missing], 1),
        (&["search", "an owl", "--library", &evil], 2),
        (&["search", "an owl", "--sheet", "sheet.html"], 0),
        (&["show", &name], 0),
        (&["show", "owl.webp"], 0),
        (&["show", "owl.webp", "--json"], 0),
        (&["show", &evil], 1),
        (&["edit", "owl.webp", "--tag", &evil], 2),
        (&["ask", "what is an owl?", "--extractive", "--explain"], 0),
        (&["ask", "what is an owl?", "--extractive", "--json"], 0),
        (&["make", "an x-ray of a hand \u{9b}2J", "-o", &missing, "--dry-run"], 1),
        (&planned, 0),
        (&["make", "brief.md", "-o", "film.mp4", "--pin", &evil], 2),
        (&["make", "brief.md", "-o", "film.mp4", "--size", &evil], 2),
        (&[&evil], 2),
        (&["models", "path", &evil], 1),
        (&["models", "verify", &evil], 1),
        (&["films", "--using", &evil], 1),
        (&["verify", &missing], 1),
        // No font has a glyph for what steers.
        (&unshowable, 1),
        (&make, 0),
        (&["films"], 0),
        (&["verify", "film.mp4"], 0),
        (&["verify", "film.mp4", "--json"], 0),
        (&["libraries"], 0),
    ] {
        let ended = home.run(args);
        assert_safe(args.first().unwrap(), &ended);
        assert_eq!(ended.code, code, "{args:?}: {}", ended.shown());
        if args.contains(&"--json") {
            ended.json();
        }
    }
    for page in ["sheet.html", "film.html"] {
        let text = fs::read_to_string(home.path().join(page)).unwrap();
        assert!(!text.contains("<script") && text.matches("</style>").count() == 1, "{page}");
        assert!(!text.chars().any(|c| c != '\n' && Printable::is_unsafe(c)), "{page}");
        assert!(text.contains("&lt;script&gt;"), "{page}: the name is shown");
    }
    conversation(&home);
    record(&home);
}

fn conversation(home: &Home) {
    let asked = format!("what is an owl{}?\n", hostile().replace(['\n', '\r', '\u{2028}'], " "));
    let said = common::fed(home.command(&["chat", "--extractive"]), &asked).done();
    assert_safe("chat", &said);
    for args in [&["chat", "list"][..], &["chat", "--resume", "1"]] {
        assert_safe("chat", &common::fed(home.command(args), ""));
    }
    // A document in a pipe keeps the marks of direction that Arabic and Hebrew need, and no controls.
    let exported = home.run(&["chat", "export", "1"]).done().stdout;
    let control = |c: char| c.is_control() && c != '\n' && c != '\t';
    assert!(!exported.contains(control) && exported.contains("an owl"), "{exported:?}");
}

/// A record of somebody else's.
fn record(home: &Home) {
    let path = home.path().join("film.json");
    let mut record: serde_json::Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    let evil = hostile();
    for key in ["title", "made_by"] {
        record[key] = evil.clone().into();
    }
    record["shots"][0]["generator"]["name"] = evil.clone().into();
    record["shots"][0]["sources"][0]["label"] = evil.into();
    fs::write(&path, record.to_string()).unwrap();
    for args in [&["verify", "film.mp4"][..], &["verify", "film.mp4", "--library", "default"]] {
        let ended = home.run(args);
        assert_safe("verify", &ended);
        assert_eq!(ended.code, 1);
        let last = ended.stdout.lines().last().unwrap();
        assert!(last.starts_with("verdict: changed: "), "{last}");
        assert_eq!(ended.stdout.matches("\nverdict: ").count(), 1, "{}", ended.stdout);
    }
    // No library vouches for it: what it says is what is shown.
    fs::rename(home.path().join("home/libraries"), home.path().join("home/away")).unwrap();
    let ended = home.run(&["verify", "film.mp4"]);
    assert_safe("verify", &ended);
    assert!(ended.stdout.contains("made by n"), "{}", ended.stdout);
    assert_eq!(ended.stdout.matches("\nverdict: ").count(), 1, "{}", ended.stdout);
}

#[test]
fn a_reader_that_goes_away_changes_no_verdict() {
    let home = Home::new();
    let pictures = samples().join("pictures");
    let picture = |name: &str| pictures.join(name).to_string_lossy().into_owned();
    home.run(&["add", &picture("koala.webp"), &picture("tawny-owl.webp"), "--without", "text"])
        .done();
    fs::write(home.path().join("brief.md"), "- a koala\n- an owl\n").unwrap();
    let make = ["make", "brief.md", "-o", "film.mp4", "--seconds", "6", "--size", "320x180"];
    home.run(&make).done();
    for (args, code) in [
        (&["verify", "film.mp4"][..], 0),
        (&["search", "an owl", "--explain"], 0),
        (&["--help"], 0),
    ] {
        assert_eq!(left_early(&home, args), (code, String::new()), "{args:?}");
    }
    let whole = home.run(&["verify", "film.mp4"]).done().stdout;
    assert_eq!(whole.lines().last(), Some("verdict: intact"));
    let film = home.path().join("film.mp4");
    let mut bytes = fs::read(&film).unwrap();
    bytes.push(0);
    fs::write(&film, bytes).unwrap();
    for args in [&["verify", "film.mp4"][..], &["verify", "film.mp4", "--json"]] {
        assert_eq!(left_early(&home, args), (1, String::new()), "{args:?}");
    }
    let changed = home.run(&["verify", "film.mp4"]);
    let last = changed.stdout.lines().last().unwrap();
    assert_eq!(last, "verdict: changed: the film differs from what was made");
}

/// Exit code and messages of a command whose reader is gone before it prints.
fn left_early(home: &Home, args: &[&str]) -> (i32, String) {
    let mut command = home.command(args);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let mut said = String::new();
    child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
    (child.wait().unwrap().code().unwrap(), said)
}

#[test]
fn messages_that_nobody_reads_are_no_panic() {
    let home = Home::new();
    let mut command = home.command(&["search", "an owl"]);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stderr.take());
    let mut out = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut out).unwrap();
    assert_eq!((child.wait().unwrap().code(), out.as_str()), (Some(1), ""));
}
