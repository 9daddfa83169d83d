//! The main job on the sample pictures, with the real models and the real encoder.
//!
//! Not covered: speed, other spaces, a full disk (see `kinora-ingest`).

#![allow(clippy::unwrap_used, reason = "helpers of tests may panic")]

mod common;

use std::{fs, path::Path};

use common::{Home, samples};
use serde_json::Value;

/// A library of the samples, words included.
fn library(home: &Home) -> Value {
    let samples = samples();
    let pictures = samples.join("pictures").to_string_lossy().into_owned();
    let attributions = samples.join("attributions.json").to_string_lossy().into_owned();
    // Reading text is tested in `words.rs`.
    let add = ["add", &pictures, "--attributions", &attributions, "--without", "text", "--json"];
    home.run(&add).done().json()
}

fn first_file(report: &Value) -> String {
    let path = report["hits"][0]["asset"]["paths"][0].as_str().unwrap_or_default().to_owned();
    Path::new(&path).file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default()
}

#[test]
fn pictures_in_search_and_a_film_out() {
    let home = Home::new();
    let added = library(&home);
    assert_eq!((added["added"].as_u64(), added["failed"].as_u64()), (Some(41), Some(0)));
    let again = library(&home);
    assert_eq!((again["added"].as_u64(), again["unchanged"].as_u64()), (Some(0), Some(41)));

    searches(&home);
    film(&home);
}

fn searches(home: &Home) {
    let found = home.run(&["search", "a red parrot", "--json"]).done().json();
    assert_eq!(first_file(&found), "scarlet-macaw.webp");
    let dense = home.run(&["search", "a hedgehog", "--dense-only", "--json"]).done().json();
    assert_eq!(first_file(&dense), "hedgehog.webp");
    let owl = samples().join("pictures/tawny-owl.webp").to_string_lossy().into_owned();
    let like = home.run(&["search", "--like", &owl, "--json"]).done().json();
    assert_ne!(first_file(&like), "tawny-owl.webp", "the example itself is no answer");
    let none = home.run(&["search", "owl", "--after", "2090-01-01"]);
    assert_eq!(none.code, 1, "as grep does: {}", none.stderr);
    assert!(none.stdout.contains("nothing in this library fits"), "{}", none.stdout);

    let queries = samples().join("queries.json").to_string_lossy().into_owned();
    let report = home.run(&["eval", &queries, "--json"]).done().json();
    for field in ["recall_at_1", "recall_at_5", "mrr", "abstained_correctly", "abstained_wrongly"] {
        assert!(report[field].is_number(), "{field}");
    }
    assert!(report["recall_at_5"].as_f64() >= Some(0.9), "{report}");

    let sheet = home.path().join("sheet.html");
    let to = sheet.to_string_lossy().into_owned();
    home.run(&["search", "castle", "--sheet", &to]).done();
    assert!(fs::read_to_string(sheet).unwrap().contains("data:image/jpeg;base64,"));
}

fn film(home: &Home) {
    let brief = "# Two\n\n- the Colosseum in Rome\n  > Rome\n- a hedgehog in the grass\n";
    fs::write(home.path().join("brief.md"), brief).unwrap();
    let make = |out: &str, more: &[&str]| {
        let mut args = vec!["make", "brief.md", "-o", out, "--seconds", "8", "--size", "320x180"];
        args.extend(["--fps", "12"]);
        args.extend(more);
        home.run(&args)
    };
    let planned = make("film.mp4", &["--dry-run", "--json"]).done().json();
    assert_eq!(planned["storyboard"]["shots"].as_array().map(Vec::len), Some(2));
    assert!(!home.path().join("film.mp4").exists());

    let made = make("film.mp4", &["--json"]).done().json();
    let shots = made["record"]["shots"].as_array().unwrap();
    assert!(shots[0]["sources"][0]["path"].as_str().unwrap().ends_with("colosseum.webp"));
    assert!(shots[1]["sources"][0]["path"].as_str().unwrap().ends_with("hedgehog.webp"));
    assert_eq!(make("film.mp4", &[]).code, 2, "an existing film is not overwritten");

    let again = make("again.mp4", &["--json"]).done().json();
    assert_eq!(
        made["record"]["frames_hash"], again["record"]["frames_hash"],
        "same inputs, same frames"
    );

    let verified = home.run(&["verify", "film.mp4"]).done();
    assert!(verified.stdout.contains("intact"), "{}", verified.stdout);
    let listed = home.run(&["films", "--using", "hedgehog.webp", "--json"]).done().json();
    // Same bytes are the same film; the list may name it once.
    assert!(!listed["films"].as_array().unwrap().is_empty());

    tampered(home);
    refused(home);
}

fn tampered(home: &Home) {
    let film = home.path().join("film.mp4");
    let mut bytes = fs::read(&film).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&film, bytes).unwrap();
    let ended = home.run(&["verify", "film.mp4"]);
    assert_eq!(ended.code, 1);
    assert!(ended.stdout.contains("CHANGED"), "{}", ended.stdout);
}

fn refused(home: &Home) {
    let brief = "- a hedgehog in the grass\n- an x-ray of a human hand\n";
    fs::write(home.path().join("gap.md"), brief).unwrap();
    let args = ["make", "gap.md", "-o", "gap.mp4", "--seconds", "6", "--size", "320x180"];
    let ended = home.run(&args);
    assert_eq!(ended.code, 1, "{}", ended.stdout);
    assert!(
        ended.stderr.contains("shot-2") && ended.stderr.contains("--allow-gaps"),
        "{}",
        ended.stderr
    );
    assert!(!home.path().join("gap.mp4").exists());
}

#[test]
fn a_broken_file_costs_one_line_and_the_rest_goes_on() {
    let home = Home::new();
    let folder = home.path().join("mixed");
    fs::create_dir(&folder).unwrap();
    fs::copy(samples().join("pictures/koala.webp"), folder.join("koala.webp")).unwrap();
    fs::write(folder.join("broken.jpg"), b"\xff\xd8\xff\xe0 and no more").unwrap();
    fs::write(folder.join("notes.txt"), b"no picture").unwrap();
    let ended = home.run(&["add", "mixed"]);
    assert_eq!(ended.code, 1);
    assert_eq!(ended.stderr.lines().filter(|line| line.starts_with("failed:")).count(), 1);
    assert!(
        ended.stdout.contains("1 added") && ended.stdout.contains("1 failed"),
        "{}",
        ended.stdout
    );
    let found = home.run(&["search", "koala", "--json"]).done().json();
    assert_eq!(first_file(&found), "koala.webp");
}
