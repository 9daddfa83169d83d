//! Hints are true: every command that a message or a hint names is run, against a small library.
//!
//! Placeholders are filled with what the library has. Whether the flags and commands of help texts and documents can be
//! typed is a test of `src/args`. Not run here: `train`, which needs a text-to-video model; `models pull` of what is not
//! in the cache, of which the name is looked up instead.

#![allow(clippy::disallowed_methods, reason = "children of tests end with them")]
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic")]

mod common;
#[allow(dead_code, reason = "the documents are for the tests of the arguments")]
#[path = "../src/args/mentions.rs"]
mod mentions;

use std::{collections::BTreeSet, fs, path::Path, process::Stdio};

use common::{Ended, Home, samples};

const PICTURE: &str = "koala.webp";
const SOUND: &str = "utterance.wav";

fn library() -> Home {
    let home = Home::new();
    let (folder, fixtures) = (home.path().join("in"), Path::new(env!("CARGO_MANIFEST_DIR")));
    fs::create_dir(&folder).unwrap();
    fs::copy(samples().join("pictures").join(PICTURE), folder.join(PICTURE)).unwrap();
    let sound = fixtures.join("../kinora-models/fixtures/speech").join(SOUND);
    fs::copy(sound, folder.join(SOUND)).unwrap();
    let said = "1\n00:00:00,000 --> 00:00:01,000\nHello\n";
    fs::write(home.path().join("own.srt"), said).unwrap();
    let words = ["--without", "text", "--without", "tag", "--without", "speech"];
    home.run(&[&["add", "in"], &words[..]].concat()).done();
    home
}

/// What stands for a placeholder.
fn filled<'a>(word: &'a str, command: &str) -> &'a str {
    match word {
        "PATH" | "~/Pictures" | "FOLDER" => "in",
        "NAME" | "LIBRARY" => "default",
        "VIDEO" | "RECORDING" => SOUND,
        "ASSET" | "PICTURE" => PICTURE,
        "FILE" if command == "edit" => "own.srt",
        "FILE" => "in/koala.webp",
        "QUESTION" | "WORDS" | "QUERY" => "a koala",
        word => word,
    }
}

/// Artifacts that were pulled.
fn pulled(home: &Home) -> BTreeSet<String> {
    let list = home.run(&["models", "list", "--json"]).done().json();
    let models = list["models"].as_array().unwrap().iter();
    let here = models.filter(|model| model["state"] == "here");
    here.map(|model| model["name"].as_str().unwrap().to_owned()).collect()
}

fn run(home: &Home, words: &[String]) -> Ended {
    let words: Vec<&str> = words.iter().map(|word| filled(word, &words[0])).collect();
    let mut command = home.command(&words);
    // Nobody types.
    Ended::from(command.stdin(Stdio::null()).output().unwrap())
}

#[test]
fn every_command_of_a_hint_runs() {
    let home = library();
    let here = pulled(&home);
    let mut said = BTreeSet::new();
    for mention in mentions::in_strings() {
        if mention.is_command() && !mention.text.contains('{') {
            said.insert(mention.words());
        }
    }
    assert!(said.len() > 6, "{said:?}");
    for words in &said {
        let names: Vec<&str> = words.iter().map(String::as_str).collect();
        match names[..] {
            ["train", ..] => {}
            ["models", "pull", ref names @ ..] => {
                for name in names.iter().filter(|name| !here.contains(**name)) {
                    let known = home.run(&["models", "path", name, "--json"]);
                    assert!(known.stderr.contains("\"missing\""), "{words:?}: {known:?}");
                }
            }
            // What the others look at stays.
            ["remove", ..] => drop(home.run(&["remove", "--help"]).done()),
            // A command that is named alone and wants more.
            ["add" | "search" | "show" | "edit" | "ask" | "make" | "verify" | "transcript"] => {
                home.run(&[names[0], "--help"]).done();
            }
            _ => {
                let ended = run(&home, words);
                assert_eq!(ended.code, 0, "{words:?}: {}{}", ended.stdout, ended.stderr);
            }
        }
    }
}
