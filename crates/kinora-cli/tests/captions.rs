//! Captions through the real binary, written by a server on loopback that looks at what it is sent.
//!
//! Not covered: whether a real model's captions are any good (no weights are to be had from the package
//! registries), and shots of videos (see `kinora-ingest`).

#![allow(clippy::unwrap_used, reason = "helpers of tests may panic")]

mod common;
#[path = "common/seer.rs"]
mod seer;

use std::{fs, sync::atomic::Ordering};

use common::Home;
use image::{Rgb, RgbImage};
use seer::Seer;
use serde_json::Value;

const COLOURS: [(&str, [u8; 3]); 3] =
    [("a.png", [220, 30, 30]), ("b.png", [20, 60, 220]), ("c.png", [30, 200, 40])];

/// A folder of pictures, and a configuration that names the server.
fn pictures(home: &Home) -> String {
    let input = home.path().join("in");
    fs::create_dir_all(&input).unwrap();
    fs::create_dir_all(home.path().join("home")).unwrap();
    for (name, colour) in COLOURS {
        RgbImage::from_pixel(96, 64, Rgb(colour)).save(input.join(name)).unwrap();
    }
    input.to_string_lossy().into_owned()
}

fn configure(home: &Home, seer: &Seer, prompt: &str) {
    let config = format!("[vision]\nendpoint = \"{}\"\nmodel = \"seer\"\n{prompt}", seer.address);
    fs::write(home.path().join("home/config.toml"), config).unwrap();
}

fn captions(home: &Home, name: &str) -> Vec<String> {
    let shown = home.run(&["show", name, "--json"]).done().json();
    let passages = shown["passages"].as_array().unwrap().clone();
    let own = passages.iter().filter(|passage| passage["kind"] == "caption");
    own.map(|passage| passage["text"].as_str().unwrap().to_owned()).collect()
}

/// Files whose captions have the words.
fn found(home: &Home, words: &str) -> Vec<String> {
    let report = home.run(&["search", words, "--keep-duplicates", "--json"]).json();
    let has = |hit: &&Value| {
        let passages = hit["passages"].as_array();
        let mut texts = passages.into_iter().flatten().filter_map(|p| p["text"].as_str());
        texts.any(|text| text.contains(words))
    };
    let hits = report["hits"].as_array().unwrap().iter().filter(has);
    let name = |hit: &Value| {
        hit["asset"]["paths"][0].as_str().unwrap().rsplit('/').next().unwrap().to_owned()
    };
    let mut names: Vec<String> = hits.map(name).collect();
    names.sort();
    names
}

#[test]
fn without_a_model_that_sees_it_says_what_to_get() {
    let home = Home::new();
    let input = pictures(&home);
    let refused = home.run(&["add", &input, "--caption"]);
    assert_ne!(refused.code, 0);
    assert!(refused.stderr.contains("no model that sees is configured"), "{}", refused.stderr);
    assert!(refused.stderr.contains("hint: name a model under [vision]"), "{}", refused.stderr);
    let nobody = "[vision]\nendpoint = \"http://127.0.0.1:9/v1\"\nmodel = \"m\"\n";
    fs::write(home.path().join("home/config.toml"), nobody).unwrap();
    let refused = home.run(&["add", &input, "--caption"]);
    assert!(refused.stderr.contains("answers at `127.0.0.1:9`"), "{}", refused.stderr);
    assert!(!home.path().join("home/libraries").exists(), "nothing was added");
}

#[test]
fn captions_are_kept_found_remade_and_corrected() {
    let (home, seer) = (Home::new(), Seer::start());
    let input = pictures(&home);
    configure(&home, &seer, "");
    let add = |extra: &[&str]| home.run(&[&["add", &input], extra].concat());

    // Unasked, nothing is sent.
    add(&[]).done();
    assert_eq!(seer.answers(), 0);

    // One picture at which the server fails costs only itself, and waits.
    seer.dislikes_blue.store(true, Ordering::SeqCst);
    let run = add(&["--caption"]).done();
    assert!(
        run.stderr.contains("damaged: ") && run.stderr.contains("out of order"),
        "{}",
        run.stderr
    );
    assert!(
        run.stderr.contains("on this machine: ") && run.stderr.contains(" 3 pictures"),
        "{}",
        run.stderr
    );
    assert!(run.stdout.contains("2 searched for caption"), "{}", run.stdout);
    assert_eq!(captions(&home, "a.png"), ["A zorbic wall, all red."]);
    assert_eq!(captions(&home, "b.png"), Vec::<String>::new());
    assert_eq!(seer.answers(), 3);

    // The next run asks only what is left.
    seer.dislikes_blue.store(false, Ordering::SeqCst);
    let report = add(&["--caption", "--json"]).done().json();
    assert_eq!(
        (&report["perceived"]["caption"], &report["sent"]["pictures"]),
        (&1.into(), &1.into()),
        "{report}"
    );
    assert_eq!((seer.answers(), captions(&home, "b.png").len()), (4, 1));
    assert_eq!(found(&home, "zorbic"), ["a.png", "b.png", "c.png"]);
    let shown = home.run(&["show", "c.png"]).done().stdout;
    assert!(shown.contains("caption   A zorbic wall, all green.  (seer+prompt-"), "{shown}");

    // A person's words win, also over a model that is asked something else later.
    home.run(&["edit", "a.png", "--caption", "My own words"]).done();
    configure(&home, &seer, "prompt = \"What colour is it?\"\n");
    let unchanged = add(&["--caption", "--json"]).done().json();
    assert_eq!((seer.answers(), &unchanged["sent"]), (4, &Value::Null), "only --again makes anew");
    add(&["--caption", "--again"]).done();
    assert_eq!(seer.answers(), 7);
    assert_eq!(captions(&home, "a.png"), Vec::<String>::new());
    assert_eq!(found(&home, "zorbic"), ["b.png", "c.png"]);
    let shown = home.run(&["show", "a.png", "--json"]).done().json();
    assert_eq!(shown["caption"], "My own words");
}
