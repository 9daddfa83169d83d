//! What the user names is opened as a regular file of bounded size: a pipe that nobody writes, an endless device and a
//! file too large are errors at once, in every place where a command takes a file. What is written goes nowhere else.
//!
//! Not covered: files swapped while they are open (`kinora-files`), models' own folders.

#![allow(clippy::disallowed_methods, reason = "children of tests end with them")]
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic")]

mod common;

use std::{
    fs,
    os::unix::fs::{PermissionsExt, symlink},
    process::{Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use common::{Ended, Home, samples};

/// No error takes so long, on however slow a machine.
const GUARD: Duration = Duration::from_secs(60);

fn ends(home: &Home, args: &[&str]) -> Ended {
    let mut command = home.command(args);
    let piped = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = piped.spawn().unwrap();
    let begun = Instant::now();
    while child.try_wait().unwrap().is_none() {
        if begun.elapsed() > GUARD {
            child.kill().unwrap();
            panic!("{args:?} hangs");
        }
        thread::sleep(Duration::from_millis(20));
    }
    Ended::from(child.wait_with_output().unwrap())
}

fn library(home: &Home) {
    let pictures = samples().join("pictures");
    let picture = |name: &str| pictures.join(name).to_string_lossy().into_owned();
    let (owl, koala) = (picture("tawny-owl.webp"), picture("koala.webp"));
    home.run(&["add", &owl, &koala, "--without", "text"]).done();
}

#[test]
fn pipes_and_devices_are_refused_wherever_a_file_is_named() {
    let home = Home::new();
    library(&home);
    assert!(Command::new("mkfifo").arg(home.path().join("pipe")).status().unwrap().success());
    for name in ["pipe.md", "pipe.mp4", "pipe.json", "pipe.srt"] {
        symlink(home.path().join("pipe"), home.path().join(name)).unwrap();
    }
    fs::write(home.path().join("brief.md"), "- a koala\n").unwrap();
    let huge = fs::File::create(home.path().join("huge.json")).unwrap();
    huge.set_len(1 << 40).unwrap();
    let film = ["make", "brief.md", "-o", "film.mp4", "--seconds", "4", "--size", "320x180"];
    let with = |more: &[&'static str]| [&film[..], more].concat();
    let cases: &[Vec<&str>] = &[
        vec!["verify", "pipe.mp4"],
        vec!["verify", "/dev/zero"],
        vec!["search", "--like", "pipe"],
        vec!["search", "--like", "/dev/zero"],
        vec!["search", "--by", "motion", "--like", "pipe.mp4"],
        vec!["eval", "pipe"],
        vec!["eval", "/dev/zero"],
        vec!["eval", "huge.json"],
        vec!["make", "pipe.md", "-o", "film.mp4"],
        vec!["make", "/dev/zero", "-o", "film.mp4"],
        with(&["--pin", "1=pipe"]),
        with(&["--font", "pipe"]),
        with(&["--font", "/dev/zero"]),
        with(&["--font", "huge.json"]),
        vec!["edit", "koala.webp", "--transcript", "pipe.srt"],
        vec!["edit", "koala.webp", "--transcript", "/dev/zero"],
        vec!["transcript", "pipe"],
        vec!["train", "--model", "none", "--config", "pipe.json"],
        vec!["add", "brief.md", "--attributions", "pipe"],
        vec!["add", "brief.md", "--attributions", "/dev/zero"],
    ];
    for args in cases {
        let ended = ends(&home, args);
        assert!([1, 2].contains(&ended.code), "{args:?}: {}", ended.shown());
        assert!(ended.stderr.starts_with("error: "), "{args:?}: {}", ended.shown());
    }
    assert!(!home.path().join("film.mp4").exists());
}

#[test]
fn a_configuration_that_is_no_file_is_an_error_at_once() {
    let home = Home::new();
    let folder = home.path().join("home");
    fs::create_dir(&folder).unwrap();
    let config = folder.join("config.toml");
    assert!(Command::new("mkfifo").arg(&config).status().unwrap().success());
    let ended = ends(&home, &["libraries"]);
    assert_eq!(ended.code, 1);
    assert!(ended.stderr.contains("it is not a regular file"), "{}", ended.stderr);
    fs::remove_file(&config).unwrap();
    fs::File::create(&config).unwrap().set_len(1 << 40).unwrap();
    let ended = ends(&home, &["libraries"]);
    assert_eq!(ended.code, 1);
    assert!(ended.stderr.contains("it has more than"), "{}", ended.stderr);
}

#[test]
fn pages_are_private_and_written_in_one_step() {
    let home = Home::new();
    library(&home);
    // What the desktop would start.
    let programs = home.path().join("programs");
    fs::create_dir(&programs).unwrap();
    let opener = programs.join("xdg-open");
    fs::write(&opener, "#!/bin/sh\nsleep 30\n").unwrap();
    fs::set_permissions(&opener, fs::Permissions::from_mode(0o755)).unwrap();
    let path = format!("{}:{}", programs.display(), std::env::var("PATH").unwrap());
    for _ in 0..2 {
        let mut command = home.command(&["search", "an owl", "--open"]);
        let ended =
            Ended::from(command.env("PATH", &path).env("TMPDIR", home.path()).output().unwrap());
        assert_eq!(ended.code, 0, "{}", ended.shown());
    }
    let pages = home.path().join("home/pages");
    let mode = |path: &std::path::Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&pages), 0o700);
    let made: Vec<_> = fs::read_dir(&pages).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert_eq!(made.len(), 2, "{made:?}");
    assert!(made.iter().all(|page| mode(page) == 0o600));
    let stray = |name: &str| name.starts_with("kinora-");
    let left = fs::read_dir(home.path()).unwrap().flatten();
    assert!(!left.into_iter().any(|entry| stray(&entry.file_name().to_string_lossy())));

    let victim = home.path().join("victim");
    fs::write(&victim, "kept").unwrap();
    for (args, page) in [
        (&["search", "an owl", "--sheet", "sheet.html"][..], "sheet.html"),
        (&["make", "an owl", "-o", "film.mp4", "--dry-run", "--seconds", "4"], "film.html"),
    ] {
        symlink(&victim, home.path().join(page)).unwrap();
        home.run(args).done();
        assert_eq!(fs::read_to_string(&victim).unwrap(), "kept");
        let text = fs::read_to_string(home.path().join(page)).unwrap();
        assert!(text.contains("Content-Security-Policy") && text.contains("no-referrer"), "{page}");
    }
    let shown = home.run(&["search", "an owl", "--sheet", "/dev/stdout"]).done().stdout;
    assert!(shown.contains("<!doctype html>"), "{shown:.200}");
}
