//! Ctrl-C and SIGTERM at the real binary: every command ends, with the code that shells know, leaves no child, and the
//! next run goes on.
//!
//! The time to the signal differs from run to run, so that it comes at another step each time. Not covered: how quick
//! the end is, beyond a guard against hanging; Windows.

#![allow(clippy::disallowed_methods, reason = "children of tests end with them")]
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic")]

mod common;

use std::{
    fs,
    io::{BufRead, BufReader, Read, Write},
    os::unix::process::{CommandExt, ExitStatusExt},
    path::Path,
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use common::{Home, samples};

/// No command takes so long to end, on however slow a machine; one that hangs takes for ever.
const GUARD: Duration = Duration::from_secs(60);

/// A command in a process group of its own, as a shell starts it.
fn started(home: &Home, args: &[&str]) -> Child {
    let mut command = home.command(args);
    command.process_group(0);
    command.stdout(Stdio::piped()).stderr(Stdio::piped()).stdin(Stdio::null());
    command.spawn().unwrap()
}

fn send(signal: &str, child: &Child) {
    let sent = Command::new("kill").args(["-s", signal, &child.id().to_string()]).status();
    assert!(sent.unwrap().success());
}

/// Exit code and what was said on stderr; no code if the signal came before the command had begun to listen.
fn ended(mut child: Child) -> (Option<i32>, String) {
    let begun = Instant::now();
    let status = loop {
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
        if begun.elapsed() > GUARD {
            child.kill().unwrap();
            panic!("it did not end");
        }
        thread::sleep(Duration::from_millis(20));
    };
    let mut said = String::new();
    child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
    assert!(status.signal().is_none_or(|_| said.is_empty()), "{status}: {said}");
    (status.code(), said)
}

/// Processes of a group that has no leader any more; ones that ended and wait to be reaped do not count.
fn left_of(group: u32) -> Vec<String> {
    let listed = Command::new("ps").args(["-eo", "pgid=,stat=,args="]).output().unwrap();
    let text = String::from_utf8_lossy(&listed.stdout).into_owned();
    let own = |line: &&str| {
        let mut words = line.split_whitespace();
        words.next() == Some(&group.to_string())
            && words.next().is_some_and(|s| !s.starts_with('Z'))
    };
    text.lines().filter(own).map(str::to_owned).collect()
}

/// Sends a signal after a while and checks the end; a command that was done before must have gone well. Tells whether
/// the command was stopped by it.
fn stopped(home: &Home, args: &[&str], after: u64, (signal, code): (&str, i32)) -> bool {
    let child = started(home, args);
    let group = child.id();
    thread::sleep(Duration::from_millis(after));
    send(signal, &child);
    let (ended, said) = ended(child);
    // A search that finds nothing ends with 1.
    let done = if args[0] == "search" { [0, 1] } else { [0, 0] };
    let fits = ended.is_none_or(|ended| ended == code || done.contains(&ended));
    assert!(fits, "{args:?} after {after} ms of {signal}: {ended:?} {said}");
    assert!(!said.contains("error:"), "{args:?}: {said}");
    if ended == Some(code) {
        assert_eq!(said.matches("cancelled").count(), 1, "{args:?}: {said}");
    }
    let mut left = left_of(group);
    let begun = Instant::now();
    while !left.is_empty() && begun.elapsed() < GUARD {
        thread::sleep(Duration::from_millis(50));
        left = left_of(group);
    }
    assert!(left.is_empty(), "{args:?}: {left:?}");
    ended == Some(code)
}

const INT: (&str, i32) = ("INT", 130);
const TERM: (&str, i32) = ("TERM", 143);
const HUP: (&str, i32) = ("HUP", 129);

/// A video of some seconds that moves over a sample picture.
fn video(home: &Home) -> String {
    let ffmpeg = home.run(&["models", "path", "ffmpeg"]).done().stdout;
    let (source, target) = (samples().join("pictures/koala.webp"), home.path().join("koala.mp4"));
    let pan = "scale=360:240:force_original_aspect_ratio=increase,crop=320:180:n:n/2";
    let mut command = Command::new(ffmpeg.trim());
    command.args(["-v", "error", "-loop", "1", "-framerate", "12", "-t", "6", "-i"]).arg(source);
    command.args(["-f", "lavfi", "-i", "sine=440:duration=6", "-shortest", "-vf", pan]);
    assert!(command.args(["-pix_fmt", "yuv420p"]).arg(&target).status().unwrap().success());
    target.to_string_lossy().into_owned()
}

#[test]
fn add_stops_and_the_next_one_completes() {
    let home = Home::new();
    let folder = samples().join("pictures").to_string_lossy().into_owned();
    let add = ["add", &folder, "--without", "text"];
    let mut cut = 0;
    for (after, signal) in [(100, INT), (1200, TERM), (2600, INT), (3500, HUP)] {
        cut += u32::from(stopped(&home, &add, after, signal));
    }
    assert!(cut > 0, "the machine was too fast for the test");
    let last = home.run(&[&add[..], &["--json"]].concat()).done().json();
    let count = |name: &str| last[name].as_u64().unwrap_or(0);
    assert_eq!(count("added") + count("unchanged") + count("known"), 41, "{last}");
    assert_eq!(count("failed"), 0, "{last}");
}

#[test]
fn what_looks_and_what_makes_stops() {
    let home = Home::new();
    let video = video(&home);
    let pictures = samples().join("pictures");
    let picture = |name: &str| pictures.join(name).to_string_lossy().into_owned();
    let (owl, koala) = (picture("tawny-owl.webp"), picture("koala.webp"));
    home.run(&["add", &owl, &koala, &video, "--without", "text", "--without", "speech"]).done();
    // In no library, so that it is heard here and now.
    fs::copy(&video, home.path().join("other.mp4")).unwrap();
    fs::write(home.path().join("home/config.toml"), "speech = \"whisper-tiny\"\n").unwrap();
    let sparse = home.path().join("sparse.mp4");
    // Hashing it takes far longer than the test.
    fs::File::create(&sparse).unwrap().set_len(1 << 42).unwrap();
    let sparse = sparse.to_string_lossy().into_owned();
    fs::write(home.path().join("brief.md"), "- a koala\n- an owl\n").unwrap();
    let asked: Vec<_> = (0..400)
        .map(|n| serde_json::json!({ "query": format!("{n} koalas"), "relevant": ["koala.webp"] }))
        .collect();
    fs::write(home.path().join("queries.json"), serde_json::to_string(&asked).unwrap()).unwrap();
    let elsewhere = picture("hedgehog.webp");
    let make = ["make", "brief.md", "-o", "film.mp4", "--seconds", "40", "--size", "640x360"];
    for args in [
        &["search", "an owl"][..],
        &["search", "--like", &elsewhere],
        &["search", "--by", "motion", "--like", &video],
        &["eval", "queries.json"],
        &["ask", "where is a koala?", "--extractive"],
        &["transcript", "other.mp4"],
        &["show", "koala.mp4"],
        &make,
    ] {
        for (after, signal) in [(40, INT), (900, TERM)] {
            stopped(&home, args, after, signal);
        }
    }
    for args in [
        &["verify", &sparse][..],
        &["search", "--like", &sparse],
        &["search", "--by", "motion", "--like", &sparse],
    ] {
        assert!(stopped(&home, args, 1500, INT), "{args:?} was not stopped");
        assert!(stopped(&home, args, 1000, TERM), "{args:?} was not stopped");
    }
    let left = fs::read_dir(home.path()).unwrap().flatten().map(|entry| entry.file_name());
    let left: Vec<_> =
        left.filter(|name| Path::new(name).extension() == Some("part".as_ref())).collect();
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn a_second_signal_ends_at_once() {
    let home = Home::new();
    let folder = samples().join("pictures").to_string_lossy().into_owned();
    let child = started(&home, &["add", &folder, "--without", "text"]);
    thread::sleep(Duration::from_millis(1500));
    send("INT", &child);
    thread::sleep(Duration::from_millis(400));
    send("TERM", &child);
    let (code, said) = ended(child);
    assert!([Some(130), Some(143), Some(0)].contains(&code), "{code:?}: {said}");
}

#[test]
fn chat_leaves_at_its_prompt() {
    let home = Home::new();
    let koala = samples().join("pictures/koala.webp").to_string_lossy().into_owned();
    home.run(&["add", &koala, "--without", "text"]).done();
    let mut command = home.command(&["chat", "--extractive"]);
    command.process_group(0).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    input.write_all(b"Where is a koala?\n").unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    assert!(lines.next().unwrap().is_ok(), "the answer came, the next question is awaited");
    thread::sleep(Duration::from_millis(500));
    send("INT", &child);
    let (code, said) = ended(child);
    assert_eq!(code, Some(130), "{said}");
    drop(input);
}
