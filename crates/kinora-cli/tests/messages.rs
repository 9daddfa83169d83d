//! What the command line says: help texts and errors, as snapshots.

#![allow(clippy::unwrap_used, reason = "helpers of tests may panic")]

mod common;

use common::Home;

/// Paths of the test's own folder and program names differ from run to run.
fn assert_shown(name: &str, home: &Home, args: &[&str]) {
    let shown = home.run(args).shown();
    let folder = home.path().to_string_lossy().into_owned();
    insta::with_settings!({filters => vec![
        (regex_escape(&folder).as_str(), "[HOME]"),
        (r"kinora\.exe", "kinora"),
        (r"os error \d+", "os error N"),
    ]}, {
        insta::assert_snapshot!(name, shown);
    });
}

fn regex_escape(text: &str) -> String {
    text.chars().flat_map(|c| if c.is_alphanumeric() { vec![c] } else { vec!['\\', c] }).collect()
}

#[test]
fn help() {
    let home = Home::new();
    assert_shown("help", &home, &["--help"]);
    for command in [
        "add",
        "remove",
        "problems",
        "search",
        "show",
        "edit",
        "transcript",
        "ask",
        "chat",
        "eval",
        "make",
        "verify",
        "libraries",
        "films",
        "models",
    ] {
        assert_shown(&format!("help_{command}"), &home, &[command, "--help"]);
    }
}

#[test]
fn wrong_usage() {
    let home = Home::new();
    assert_shown("usage_no_command", &home, &[]);
    assert_shown("usage_search_without_question", &home, &["search"]);
    assert_shown("usage_bad_size", &home, &["make", "x", "-o", "x.mp4", "--size", "1280"]);
    assert_shown("usage_bad_pin", &home, &["make", "x", "-o", "x.mp4", "--pin", "owl"]);
    assert_shown("usage_bad_pattern", &home, &["add", ".", "--exclude", "[z-a]"]);
    assert_shown("usage_watch_of_nothing", &home, &["add", "--watch"]);
    assert_shown("usage_null_without_list", &home, &["add", ".", "--null"]);
    assert_shown("usage_bad_library", &home, &["search", "owl", "--library", "../owl"]);
}

#[test]
fn what_is_missing() {
    let home = Home::new();
    assert_shown("missing_library", &home, &["search", "owl"]);
    assert_shown("missing_library_of_a_question", &home, &["ask", "Who speaks?"]);
    assert_shown("missing_paths", &home, &["add", "nothing.jpg", "no-folder"]);
    assert_shown("missing_library_to_go_on", &home, &["add"]);
    assert_shown("missing_film", &home, &["verify", "nothing.mp4"]);
    assert_shown("missing_model", &home, &["models", "path", "no-such-model"]);
    assert_shown("no_libraries", &home, &["libraries"]);
    assert_shown("no_libraries_json", &home, &["libraries", "--json"]);
}

#[test]
fn a_model_that_was_not_pulled_is_named() {
    let home = Home::new();
    let empty = home.path().join("empty");
    let mut command = home.command(&["models", "path", "ffmpeg"]);
    let ended = common::Ended::from(command.env("KINORA_CACHE", &empty).output().unwrap());
    assert_eq!(ended.code, 1);
    assert!(ended.stderr.contains("kinora models pull ffmpeg"), "{}", ended.stderr);
}
