//! kill -9 during `kinora add`, again and again, with the real binary and model: the library stays
//! readable, never loses what it had, and the next run goes on. That every single asset told as done
//! is there is checked in `kinora-ingest/tests/kill.rs`. Not covered: power cuts.

#![allow(clippy::disallowed_methods, reason = "children of tests end with them")]
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic")]

mod common;

use std::{process::Stdio, thread, time::Duration};

use common::{Home, samples};

/// Pictures that can be found; none before the library is made.
fn pictures(home: &Home) -> u64 {
    let report = home.run(&["libraries", "--json"]).done().json();
    report["libraries"][0]["pictures"].as_u64().unwrap_or(0)
}

#[test]
fn killed_runs_lose_nothing() {
    let home = Home::new();
    let folder = samples().join("pictures").to_string_lossy().into_owned();
    let (mut before, mut kills) = (0, 0);
    for round in 1..60 {
        let mut child = home
            .command(&["add", &folder, "--without", "text"])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        thread::sleep(Duration::from_millis(500 * round));
        let ended = child.try_wait().unwrap();
        child.kill().unwrap();
        child.wait().unwrap();
        let now = pictures(&home);
        assert!(now >= before, "{now} pictures after {before}");
        before = now;
        match ended {
            Some(status) => {
                assert!(status.success());
                break;
            }
            None => kills += 1,
        }
    }
    assert!(kills > 0, "the machine was too fast for the test");
    let last = home.run(&["add", &folder, "--without", "text", "--json"]).done().json();
    assert_eq!((last["unchanged"].as_u64(), last["added"].as_u64()), (Some(41), Some(0)));
    let found = home.run(&["search", "a red parrot", "--json"]).done().json();
    assert!(
        found["hits"][0]["asset"]["paths"][0].as_str().unwrap().ends_with("scarlet-macaw.webp")
    );
}
