//! `kinora add`, `remove` and `problems` as a user meets them. What the engine does is tested there, on fakes.

#![allow(clippy::unwrap_used, reason = "helpers of tests may panic")]

mod common;

use std::{fs, path::Path};

use common::{Home, fed, samples};

const FEW: [&str; 4] = ["--without", "text", "--without", "tag"];

fn copy(name: &str, to: &Path) {
    fs::create_dir_all(to.parent().unwrap()).unwrap();
    fs::copy(samples().join("pictures").join(name), to).unwrap();
}

#[test]
fn a_day_of_adding_and_removing() {
    let home = Home::new();
    let inside = home.path().join("in");
    copy("koala.webp", &inside.join("a b\n-koala.webp"));
    copy("tawny-owl.webp", &inside.join("sub/tawny-owl.webp"));
    fs::write(inside.join("broken.jpg"), "no picture").unwrap();

    // Paths that are not there stop it before a library is made.
    let missing = home.run(&["add", "in", "nothing.jpg", "gone"]);
    assert_eq!(missing.code, 1);
    assert!(missing.stderr.contains("`nothing.jpg`, `gone`"), "{}", missing.stderr);
    assert!(!home.path().join("home/libraries").exists());

    // An empty list is no command to go on.
    let empty = fed(home.command(&["add", "-"]), "").done();
    assert!(empty.stdout.contains("nothing to add"), "{}", empty.stdout);
    let list = "in/a b\n-koala.webp\0in/broken.jpg\0";
    let add = [&["add", "-", "-0", "--json"], &FEW[..]].concat();
    let ended = fed(home.command(&add), list);
    let added = ended.json();
    assert_eq!((ended.code, &added["added"], &added["failed"]), (1, &1.into(), &1.into()));
    assert_eq!(added["failures"][0]["lasting"], true);

    // What is broken was told of.
    let second = home.run(&[&["add", "in"], &FEW[..]].concat()).done();
    assert!(second.stdout.contains("1 known problem: `kinora problems` lists"), "{second:?}");
    assert!(second.stderr.is_empty(), "no terminal, no progress: {}", second.stderr);
    let problems = home.run(&["problems", "--json"]).done().json();
    assert_eq!(problems["files"].as_array().unwrap().len(), 1, "{problems}");
    let told = home.run(&["problems"]).done().stdout;
    assert!(told.contains("broken.jpg") && told.contains("tried again once it changes"), "{told}");

    let planned = home.run(&["remove", "tawny-owl.webp", "--dry-run"]).done().stdout;
    assert!(planned.contains("1 would be removed; the files stay"), "{planned}");
    fed(home.command(&["remove", "-"]), "in/sub\n").done();
    assert!(inside.join("sub/tawny-owl.webp").exists());
    let third = home.run(&[&["add", "in"], &FEW[..]].concat()).done().stdout;
    assert!(third.contains("1 removed before and left out: `kinora add PATH`"), "{third}");
    let back = home.run(&[&["add", "in/sub/tawny-owl.webp"], &FEW[..]].concat()).done().stdout;
    assert!(back.contains("1 brought back"), "{back}");
    let unclear = home.run(&["remove", "nothing"]);
    assert_eq!(unclear.code, 1, "{}", unclear.stderr);
    let left = home.run(&["add", "in", "--exclude", "*.webp"]).done().stdout;
    assert!(left.contains("2 left out by patterns"), "{left}");
}
