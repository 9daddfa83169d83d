//! Flags of the binary, each by what it changes.
//!
//! Not covered here: flags of `train` (`ragme.rs`), of captions (`captions.rs`), of words (`words.rs`), `--open`, and
//! `--generator ragme --model` beyond its refusals.

#![allow(clippy::unwrap_used, reason = "helpers of tests may panic")]

mod common;

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use common::{Home, cache, samples};
use serde_json::Value;

const KOALA: &str = "IMG_20200501_120000.webp";
const HEDGEHOG: &str = "IMG_20210501_120000.webp";
const PANDA: &str = "panda.webp";
const ROME: &str = "colosseum.webp";
const CLIP: &str = "giraffes.mp4";
const SOUND: &str = "tone.wav";

fn sample(name: &str) -> String {
    samples().join("pictures").join(name).to_string_lossy().into_owned()
}

/// Runs the shared cache's ffmpeg, or the machine's.
fn ffmpeg(arguments: &[&str]) {
    let named = std::env::var_os("KINORA_FFMPEG").map(PathBuf::from);
    let stored = fs::read_dir(cache().join("ffmpeg")).into_iter().flatten().flatten();
    let stored = stored.map(|version| version.path().join("ffmpeg")).find(|file| file.is_file());
    let program = named.or(stored).unwrap_or_else(|| "ffmpeg".into());
    let made = Command::new(program).args(["-y", "-loglevel", "error"]).args(arguments).status();
    assert!(made.expect("`kinora models pull ffmpeg`").success());
}

/// An example, two animals with dates in their names, a place, a video of six seconds that stands still, a recording of three.
fn library() -> Home {
    let home = Home::new();
    let folder = home.path().join("in");
    fs::create_dir(&folder).unwrap();
    let animals = [("koala.webp", KOALA), ("hedgehog.webp", HEDGEHOG), ("giant-panda.webp", PANDA)];
    for (from, to) in animals.into_iter().chain([(ROME, ROME)]) {
        fs::copy(sample(from), folder.join(to)).unwrap();
    }
    let place = r#"<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
        <rdf:Description rdf:about="" xmlns:exif="http://ns.adobe.com/exif/1.0/"
        exif:GPSLatitude="41,53.4N" exif:GPSLongitude="12,29.5E"/></rdf:RDF></x:xmpmeta>"#;
    fs::write(folder.join("colosseum.webp.xmp"), place).unwrap();
    let in_folder = |name: &str| folder.join(name).to_string_lossy().into_owned();
    let still = sample("giraffes.webp");
    let size = "scale=320:240,format=yuv420p";
    let clip = in_folder(CLIP);
    let video = ["-loop", "1", "-t", "6", "-r", "12", "-i", &still, "-f", "lavfi", "-i"];
    let sound = ["sine=d=6", "-vf", size, "-c:v", "libx264", "-t", "6", &clip];
    ffmpeg(&[&video[..], &sound[..]].concat());
    ffmpeg(&["-f", "lavfi", "-i", "sine=d=3", &in_folder(SOUND)]);
    let list = r#"[{"file": "colosseum.webp", "author": "A", "licence": "CC0"}]"#;
    fs::write(home.path().join("list.json"), list).unwrap();
    let add = ["add", "in", "--attributions", "list.json", "--json"];
    let words = ["--without", "text", "--without", "tag", "--without", "speech"];
    let added = home.run(&[&add[..], &words[..]].concat()).done().json();
    assert_eq!((&added["added"], &added["failed"]), (&6.into(), &0.into()), "{added}");
    home
}

/// Names of the files that a search finds, the best first.
fn found(home: &Home, args: &[&str]) -> Vec<String> {
    let ended = home.run(&[&["search", "--json"], args].concat());
    let report = ended.json();
    let hits = report["hits"].as_array().unwrap().iter();
    assert_eq!(ended.code, i32::from(hits.len() == 0), "as grep does: {}", ended.stderr);
    let path = |hit: &Value| hit["asset"]["paths"][0].as_str().unwrap().to_owned();
    let name = |path: String| Path::new(&path).file_name().unwrap().to_string_lossy().into_owned();
    hits.map(|hit| name(path(hit))).collect()
}

/// What a search by one of the library's pictures finds besides it, in order of name. No network is loaded for that.
fn alike(home: &Home, args: &[&str]) -> Vec<String> {
    let mut names = found(home, &[&["--like", PANDA, "--limit", "50"], args].concat());
    names.sort();
    names
}

#[test]
fn every_flag_does_what_it_says() {
    let home = library();
    filters(&home);
    lists(&home);
    ranking(&home);
    edits(&home);
    answers(&home);
    storyboards(&home);
    films(&home);
    libraries(&home);
}

/// Names in the lines of `kinora list --json`.
fn listed(home: &Home, args: &[&str]) -> Vec<String> {
    let ended = home.run(&[&["list", "--json"], args].concat());
    let lines: Vec<Value> =
        ended.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(ended.code, i32::from(lines.is_empty()), "{}", ended.stderr);
    let path = |line: &Value| line["paths"][0].as_str().unwrap().to_owned();
    let name = |path: String| Path::new(&path).file_name().unwrap().to_string_lossy().into_owned();
    lines.iter().map(|line| name(path(line))).collect()
}

/// Filters alone load no model and give no score.
fn lists(home: &Home) {
    let all = listed(home, &[]);
    assert_eq!((all.len(), &all[..2]), (6, &[HEDGEHOG.to_owned(), KOALA.to_owned()][..]));
    assert_eq!(listed(home, &["--limit", "1", "--offset", "1"]), [KOALA]);
    assert_eq!(listed(home, &["--sort", "name", "--reverse", "--limit", "1"]), [SOUND]);
    assert_eq!(listed(home, &["--near", "Rome"]), [ROME]);
    assert_eq!(listed(home, &["--folder", "out"]), [""; 0]);
    assert_eq!(found(home, &["--near", "Rome"]), [ROME]);
    assert_eq!(found(home, &["--after", "2019", "--limit", "1"]), [HEDGEHOG]);
    assert_eq!(found(home, &["--after", "2022"]), [""; 0]);
    let rome = home.run(&["search", "--near", "Rome", "--json"]).done().json();
    let hit = &rome["hits"][0];
    assert_eq!((&hit["place_name"], &rome["total"]), (&"Rome, IT".into(), &1.into()));
    assert!(hit.get("scores").is_none() && rome.get("threshold").is_none(), "{rome}");
    let shown = home.run(&["show", ROME]).done().stdout;
    assert!(shown.contains("place     Rome, IT (41.8"), "{shown}");
    assert_eq!(home.run(&["show", ROME, "--json"]).done().json()["place_name"], "Rome, IT");
    let table = home.run(&["list", "--type", "picture"]).done().stdout;
    assert!(table.starts_with("taken ") && table.contains("Rome, IT"), "{table}");
    let search = home.run(&["search", "--date", "2021"]).done().stdout;
    assert!(search.starts_with("  1  2021-05-01 12:00  "), "{search}");
    for (args, told) in [
        (&["show", "collosseum.webp"][..], "did you mean `colosseum.webp`?"),
        (&["list", "--library", "defualt"], "did you mean `default`?"),
        (&["list", "--near", "Roem"], "Rome, IT"),
        (&["list", "--after", "May"], "2023-06-30"),
        (&["search", "--diversity", "0.5", "--near", "Rome"], "TEXT"),
    ] {
        let ended = home.run(args);
        assert!(ended.code > 0 && ended.stderr.contains(told), "{args:?}: {}", ended.stderr);
    }
    let stdin = |args: &[&str], text: &str| common::fed(home.command(args), text);
    let named = stdin(&["search", "-", "--json"], "IMG 20200501 120000\n").done().json();
    assert_eq!(
        (&named["query"], named["hits"].as_array().unwrap().len()),
        (&"IMG 20200501 120000".into(), 1)
    );
    let nothing = stdin(&["ask", "-"], " \n");
    assert!(nothing.code == 2 && nothing.stderr.contains("empty"), "{}", nothing.stderr);
}

fn filters(home: &Home) {
    let seen = [KOALA, HEDGEHOG, ROME, CLIP];
    for (args, expected) in [
        (&[][..], &seen[..]),
        (&["--before", "2020-12-31"], &[KOALA]),
        (&["--after", "2020-12-31"], &[HEDGEHOG]),
        (&["--after", "2021"], &[HEDGEHOG]),
        (&["--before", "2020"], &[KOALA]),
        (&["--date", "2020-05"], &[KOALA]),
        (&["--folder", "in"], &seen),
        (&["--folder", "out"], &[]),
        (&["--author", "a", "--title", ""], &[]),
        (&["--after", "2020-05-01", "--before", "2020-05-01"], &[KOALA]),
        (&["--near", "Rom"], &[ROME]),
        (&["--near", "41.89,12.49", "--within", "5"], &[ROME]),
        (&["--near", "Berlin"], &[]),
        (&["--near", "Berlin", "--within", "1500"], &[ROME]),
        (&["--type", "picture"], &[KOALA, HEDGEHOG, ROME]),
        (&["--type", "video"], &[CLIP]),
        (&["--longer", "5"], &[CLIP]),
        (&["--longer", "7"], &[]),
        (&["--shorter", "5"], &[]),
        (&["--shorter", "7"], &[CLIP]),
        (&["--licence", "CC0"], &[ROME]),
        (&["--camera", "static"], &[CLIP]),
        (&["--camera", "pan-left"], &[]),
        (&["--speech"], &[]),
        (&["--language", "en"], &[]),
    ] {
        let mut expected = expected.to_vec();
        expected.sort_unstable();
        assert_eq!(alike(home, args), expected, "{args:?}");
    }
    assert_eq!(found(home, &["tone", "--type", "audio"]), [SOUND]);
    assert_eq!(found(home, &["tone", "--type", "audio", "--shorter", "2"]), [""; 0]);
    let unknown = home.run(&["search", "x", "--near", "Nowhereville"]);
    assert_eq!(unknown.code, 2, "{}", unknown.stderr);
    assert!(unknown.stderr.contains("Nowhereville"), "{}", unknown.stderr);
    for wrong in [
        &["search", "x", "--within", "5"][..],
        &["search", "x", "--limit", "0"],
        &["search", "x", "--limit", "1001"],
        &["search", "x", "--diversity", "1.1"],
        &["search", "x", "--text-weight", "-1"],
        &["search", "x", "--longer", "0"],
        &["search", "x", "--by", "motion"],
        &["search", "x", "--camera", "dolly"],
        &["search", "x", "--after", "May 2020"],
        &["ask", "x", "--evidence", "0"],
        &["edit", KOALA],
        &["edit", CLIP, "--said", "soon=hello"],
        &["edit", CLIP, "--written", "=new"],
        &["transcript", CLIP, "--srt", "--vtt"],
        &["make", "x"],
        &["make", "x", "-o", "x.mp4", "--vertical", "--square"],
        &["make", "x", "-o", "x.mp4", "--fps", "0"],
        &["make", "x", "-o", "x.mp4", "--model", "here"],
        &["make", "x", "-o", "x.mp4", "--generator", "ragme"],
        &["make", "x", "-o", "x.mp4", "--steady", "always"],
        &["make", "x", "-o", "x.mp4", "--sound", "loud"],
        &["make", "x", "-o", "x.mp4", "--transition", "wipe"],
    ] {
        let ended = home.run(wrong);
        assert_eq!(ended.code, 2, "{wrong:?}: {}{}", ended.stdout, ended.stderr);
    }
}

fn ranking(home: &Home) {
    assert_eq!(found(home, &["a koala", "--limit", "1"]), [KOALA]);
    assert_eq!(found(home, &["--like", PANDA, "--limit", "2"]).len(), 2);
    let weighed = |weight| {
        found(home, &["a hedgehog", "--like", PANDA, "--dense-only", "--text-weight", weight])
    };
    assert_ne!(weighed("1"), weighed("0"), "the words rank otherwise than the picture");
    // What carries the word that is not wanted goes.
    assert_eq!(alike(home, &["--minus", "colosseum"]), [KOALA, HEDGEHOG, CLIP]);
    let diverse = found(home, &["--like", PANDA, "--diversity", "1", "--limit", "50"]);
    let similar = found(home, &["--like", PANDA, "--diversity", "0", "--limit", "50"]);
    assert_eq!(diverse.len(), similar.len());
    assert_ne!(diverse, similar);
}

fn edits(home: &Home) {
    let changed = home.run(&["edit", KOALA, "--keyword", "eucalyptus", "--caption", "It sleeps."]);
    let (shown, text) = (home.run(&["show", KOALA, "--json"]).done().json(), changed.done().stdout);
    assert_eq!(shown["keywords"], serde_json::json!(["eucalyptus"]), "{text}");
    assert_eq!(shown["caption"], "It sleeps.");
    assert_eq!(found(home, &["eucalyptus"]), [KOALA]);
    let unread = home.run(&["edit", KOALA, "--written", "Exit=Entrance"]);
    assert_eq!(unread.code, 2, "{}", unread.stderr);
    assert!(unread.stderr.contains("`Exit`"), "{}", unread.stderr);

    let said = "1\n00:00:01,000 --> 00:00:03,000\nLook at the long necks\n";
    fs::write(home.path().join("own.srt"), said).unwrap();
    home.run(&["edit", CLIP, "--transcript", "own.srt"]).done();
    assert_eq!(alike(home, &["--speech"]), [CLIP]);
    let vtt = home.run(&["transcript", CLIP, "--vtt"]).done().stdout;
    assert!(vtt.starts_with("WEBVTT\n\n") && vtt.contains("00:01.000 --> "), "{vtt}");
}

fn answers(home: &Home) {
    let ask = |more: &[&str]| {
        let args = ["ask", "Tell me about the animals.", "--extractive"];
        home.run(&[&args[..], more].concat()).done()
    };
    let one = ask(&["--evidence", "1", "--json"]).json();
    assert_eq!(one["retrieved"].as_array().unwrap().len(), 1, "{one}");
    let more = ask(&["--json"]).json();
    assert!(more["retrieved"].as_array().unwrap().len() > 1, "{more}");
    let explained = ask(&["--explain", "--no-pictures"]).stdout;
    assert!(explained.len() > ask(&["--no-pictures"]).stdout.len(), "{explained}");
    // A terminal that claims to draw pictures, as its variables say.
    let mut command = home.command(&["ask", "Tell me about the animals.", "--extractive"]);
    command.args(["--no-pictures"]).env("TERM", "xterm-kitty");
    let drawn = common::Ended::from(command.output().unwrap()).done().stdout;
    assert!(!drawn.contains('\u{1b}'), "{drawn:?}");
}

fn storyboards(home: &Home) {
    let plan = |brief: &str, more: &[&str]| {
        let args = ["make", brief, "--dry-run", "--json", "--seconds", "4"];
        home.run(&[&args[..], more].concat()).done().json()["storyboard"].clone()
    };
    let spec = |more: &[&str]| plan("a koala", more)["spec"].clone();
    let plain = spec(&[]);
    for (args, field, value) in [
        (&["--vertical"][..], "/size", serde_json::json!({"width": 720, "height": 1280})),
        (&["--square"], "/size", serde_json::json!({"width": 1080, "height": 1080})),
        (&["--size", "320x180"], "/size", serde_json::json!({"width": 320, "height": 180})),
        (&["--fps", "12"], "/fps", 12.into()),
        (&["--seed", "7"], "/seed", 7.into()),
        (&["--transition", "cut"], "/transition", "cut".into()),
        (&["--no-captions"], "/captions", "off".into()),
        (&["--sound", "mute"], "/sound", "mute".into()),
        (&["--sound", "keep"], "/sound", "keep".into()),
        (&["--steady", "off"], "/steady", "off".into()),
        (&["--steady", "auto"], "/steady", "auto".into()),
    ] {
        let changed = spec(args);
        assert_eq!(changed.pointer(field), Some(&value), "{args:?}: {changed}");
        assert_ne!(plain.pointer(field), Some(&value), "{args:?} is no default: {plain}");
    }
    let shown = |more: &[&str]| plan("giraffes in the grass", more)["shots"].to_string();
    assert!(shown(&["--pin", "1=colosseum.webp"]).contains(ROME));
    assert!(shown(&["--type", "video"]).contains(CLIP));
    let refused = |more: &[&str]| {
        let args = ["make", "giraffes in the grass", "--dry-run", "--seconds", "4"];
        home.run(&[&args[..], more].concat())
    };
    for kind in [&["--type", "picture"], &["--licence", "CC0"]] {
        let ended = refused(kind);
        assert_eq!(ended.code, 1, "{kind:?}: {}", ended.stdout);
        let left_out = refused(&[&kind[..], &["--allow-gaps"]].concat());
        assert!(!left_out.stdout.contains(CLIP), "{left_out:?}");
    }
    home.run(&["make", "a koala", "-o", "board.mp4", "--dry-run", "--seconds", "4"]).done();
    assert!(home.path().join("board.html").is_file() && !home.path().join("board.mp4").exists());
}

fn films(home: &Home) {
    let small = ["--seconds", "2", "--size", "64x48", "--fps", "6"];
    let make = |more: &[&str]| {
        let args = ["make", "a koala", "-o", "film.mp4"];
        home.run(&[&args[..], &small[..], more].concat())
    };
    let unset = make(&["--font", "missing.ttf"]);
    assert_eq!(unset.code, 1, "{}", unset.stderr);
    assert!(unset.stderr.contains("missing.ttf"), "{}", unset.stderr);
    make(&[]).done();
    assert_eq!(make(&[]).code, 2, "it exists");
    make(&["--force", "--seed", "9"]).done();

    let verify = |args: &[&str]| home.run(&[&["verify", "film.mp4", "--json"], args].concat());
    let told = verify(&[]).done().json();
    assert_eq!(told["record"], "library_and_beside");
    let record = home.path().join("film.json");
    let kept = fs::read_to_string(&record).unwrap();
    let another = verify(&["--library", "empty"]);
    assert_eq!(another.code, 1, "{}", another.stderr);
    assert!(another.stderr.contains("there is no library `empty`"), "{}", another.stderr);

    // Somebody writes another seed into the record beside the film.
    let changed = kept.replacen("\"seed\": 9", "\"seed\": 8", 1);
    assert_ne!(changed, kept, "{kept}");
    fs::write(&record, changed).unwrap();
    let told = verify(&[]);
    assert_eq!((told.code, &told.json()["record"]), (1, &"library_contradicted".into()));
    let words = home.run(&["verify", "film.mp4"]).stdout;
    assert!(words.contains("the record beside the film contradicts the library's"), "{words}");
    fs::remove_file(&record).unwrap();
    assert_eq!(verify(&[]).done().json()["record"], "library");
}

fn libraries(home: &Home) {
    let other = home.run(&["add", "in", "--space", "clip-vit-b-32"]);
    assert_eq!(other.code, 1, "{}", other.stderr);
    let told = "library `default` is pinned to space `clip-vit-b-16-lite@";
    assert!(other.stderr.contains(told), "{}", other.stderr);
    assert!(other.stderr.contains("clip-vit-b-32") && other.stderr.contains("hint:"));

    fs::create_dir(home.path().join("more")).unwrap();
    fs::copy(sample("koala.webp"), home.path().join("more/zyzzyva.webp")).unwrap();
    let words = ["--without", "text", "--without", "tag"];
    let add = |more: &[&str]| {
        home.run(&[&["add", "more", "--json"], &words[..], more].concat()).done().json()
    };
    assert_eq!(add(&["--library", "named"])["library"], "named");
    add(&["--library", "nameless", "--no-words"]);
    assert_eq!(found(home, &["zyzzyva", "--library", "named"]), ["zyzzyva.webp"]);
    assert_eq!(found(home, &["zyzzyva", "--library", "nameless"]), [""; 0]);

    let elsewhere = home.path().join("elsewhere").to_string_lossy().into_owned();
    let there = home.run(&["libraries", "--home", &elsewhere, "--json"]).done().json();
    assert_eq!(there["libraries"], serde_json::json!([]));
    let here = home.run(&["libraries", "--json"]).done().json();
    assert_eq!(here["libraries"].as_array().unwrap().len(), 3);
}
