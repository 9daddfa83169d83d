//! kill -9 during `kinora add`, again and again, with the real binary and model: the library stays
//! readable, never loses what it had, and the next run goes on. That every single asset told as done
//! is there is checked in `kinora-ingest/tests/kill.rs`. Not covered: power cuts.

#![allow(clippy::disallowed_methods, reason = "children of tests end with them")]
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic")]

mod common;

use std::{
    fs,
    process::{Child, Stdio},
    thread,
    time::Duration,
};

use common::{Home, samples};

/// Pictures that can be found; none before the library is made.
fn pictures(home: &Home) -> u64 {
    let report = home.run(&["libraries", "--json"]).done().json();
    report["libraries"][0]["pictures"].as_u64().unwrap_or(0)
}

/// Thumbnails of the library: the first sign that a run is at work.
fn thumbnails(home: &Home) -> usize {
    let folders = fs::read_dir(home.path().join("home/libraries/default/thumbs"));
    let folders = folders.into_iter().flatten().flatten();
    folders.flat_map(|folder| fs::read_dir(folder.path()).into_iter().flatten().flatten()).count()
}

/// Waits until something is so, or the run has ended; tells whether it has.
fn ends_before(child: &mut Child, happened: impl Fn() -> bool) -> bool {
    loop {
        if let Some(status) = child.try_wait().unwrap() {
            assert!(status.success());
            return true;
        }
        if happened() {
            return false;
        }
        thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn killed_runs_lose_nothing() {
    let home = Home::new();
    let folder = samples().join("pictures").to_string_lossy().into_owned();
    let start = || {
        let mut command = home.command(&["add", &folder, "--without", "text"]);
        command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
    };
    // Killed before anything is in it, with all pictures still to be embedded.
    let mut child = start();
    assert!(!ends_before(&mut child, || thumbnails(&home) > 0), "it ended unseen");
    child.kill().unwrap();
    child.wait().unwrap();
    let mut before = pictures(&home);
    assert!(before < 41, "{before}");
    // Then, some times, as soon as more can be found.
    for _ in 0..4 {
        let mut child = start();
        let ended = ends_before(&mut child, || pictures(&home) > before);
        child.kill().unwrap();
        child.wait().unwrap();
        let now = pictures(&home);
        assert!(now >= before, "{now} pictures after {before}");
        before = now;
        if ended {
            break;
        }
    }
    home.run(&["add", &folder, "--without", "text"]).done();
    assert_eq!(pictures(&home), 41);
    let last = home.run(&["add", &folder, "--without", "text", "--json"]).done().json();
    assert_eq!((last["unchanged"].as_u64(), last["added"].as_u64()), (Some(41), Some(0)));
    let found = home.run(&["search", "a red parrot", "--json"]).done().json();
    assert!(
        found["hits"][0]["asset"]["paths"][0].as_str().unwrap().ends_with("scarlet-macaw.webp")
    );
}
