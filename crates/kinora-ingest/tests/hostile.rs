//! Folders as people and enemies leave them. Not covered: a power cut (SQLite's own tests do), full
//! disks of other systems than Linux.

#![allow(clippy::unwrap_used, reason = "helpers of tests may panic")]
#![cfg(unix)]

mod common;

use std::{
    fs,
    os::unix::fs::symlink,
    process::Command,
    thread,
    time::{Duration, Instant},
};

use common::{Bench, Notes, THRESHOLD, write};
use kinora_ingest::{Ingest, IngestError};
use kinora_types::Control;
use kinora_video::fixtures::LoggedFFmpeg;

#[test]
fn broken_files_cost_a_line_each() {
    let bench = Bench::new();
    let input = bench.input();
    write(&input.join("good.png"), 1);
    write(&input.join("good.jpg"), 2);
    let whole = fs::read(input.join("good.jpg")).unwrap();
    fs::write(input.join("cut.jpg"), &whole[..whole.len() / 2]).unwrap();
    fs::write(input.join("empty.jpg"), b"").unwrap();
    fs::write(input.join("text.png"), b"not a picture").unwrap();
    fs::write(input.join("notes.txt"), b"not a picture, nor named so").unwrap();
    fs::copy(input.join("good.png"), input.join("nameless")).unwrap();
    fs::create_dir(input.join("folder.jpg")).unwrap();
    symlink("nowhere", input.join("dangling.jpg")).unwrap();
    let (summary, notes) = bench.add();
    assert_eq!((summary.added, summary.known, summary.ignored, summary.failed), (2, 1, 1, 4));
    let mut failed: Vec<String> = notes
        .failed
        .iter()
        .map(|f| format!("{}: {}", f.path.file_name().unwrap().display(), f.message))
        .collect();
    failed.sort();
    assert_eq!(
        failed,
        [
            "cut.jpg: the JPEG file is cut off",
            "dangling.jpg: cannot read the file: No such file or directory (os error 2)",
            "empty.jpg: the file is empty",
            "text.png: not a picture in a format that Kinora reads",
        ]
    );
    // The broken ones are known from now on.
    let (again, _) = bench.add();
    assert_eq!((again.unchanged, again.failed, again.known_problems), (3, 0, 4));
}

#[test]
fn a_named_file_must_be_a_picture() {
    let bench = Bench::new();
    let path = bench.input().join("notes.txt");
    fs::write(&path, b"hello").unwrap();
    let (summary, _) = bench.try_add(&[path], &bench.embedder).unwrap();
    assert_eq!((summary.failed, summary.ignored), (1, 0));
}

#[test]
fn names_may_be_anything_that_can_be_stored() {
    let bench = Bench::new();
    let names = ["new\nline.png", "emoji 🦊.png", "quote's \"x\".png", "-rf.png", "a;b&c.png"];
    for (seed, name) in names.iter().enumerate() {
        write(&bench.input().join(name), seed as u32);
    }
    let (summary, notes) = bench.add();
    assert_eq!(summary.added, names.len() as u64);
    for done in notes.done {
        assert!(
            bench.catalog().asset(&done.asset).unwrap().unwrap().paths[0]
                .ends_with(done.path.file_name().unwrap().to_str().unwrap())
        );
    }
}

/// Linux stores any bytes but `/` and zero; other systems refuse such a name themselves.
#[cfg(target_os = "linux")]
#[test]
fn a_name_that_is_not_unicode_is_told() {
    use std::{ffi::OsStr, os::unix::ffi::OsStrExt};

    let bench = Bench::new();
    let path = bench.input().join(OsStr::from_bytes(b"caf\xe9.png"));
    let plain = bench.input().join("x.png");
    write(&plain, 1);
    fs::rename(&plain, &path).unwrap();
    let (summary, notes) = bench.add();
    assert_eq!(summary.failed, 1);
    assert_eq!(notes.failed[0].path, path);
    assert_eq!(notes.failed[0].message, "its name is not valid Unicode");
}

#[test]
fn loops_of_links_end() {
    let bench = Bench::new();
    let sub = bench.input().join("sub");
    fs::create_dir(&sub).unwrap();
    write(&sub.join("x.png"), 1);
    symlink(bench.input(), sub.join("up")).unwrap();
    symlink(&sub, bench.input().join("again")).unwrap();
    symlink("self", bench.input().join("self")).unwrap();
    let (summary, _) = bench.add();
    assert_eq!(summary.added + summary.known, 1);
}

#[test]
fn hidden_files_and_the_library_itself_are_passed_over() {
    let bench = Bench::new();
    write(&bench.input().join(".hidden.png"), 1);
    fs::create_dir(bench.input().join(".trash")).unwrap();
    write(&bench.input().join(".trash/x.png"), 2);
    write(&bench.input().join("x.png"), 3);
    assert_eq!(bench.add().0.found, 1);
    let above = bench.input().parent().unwrap().to_owned();
    let (summary, _) = bench.try_add(&[above], &bench.embedder).unwrap();
    assert_eq!((summary.found, summary.unchanged), (1, 1));
}

#[test]
fn what_may_not_be_read_is_told() {
    use std::os::unix::fs::PermissionsExt;
    let bench = Bench::new();
    let path = bench.input().join("x.png");
    write(&path, 1);
    fs::set_permissions(&path, fs::Permissions::from_mode(0o0)).unwrap();
    if fs::read(&path).is_ok() {
        // Root may read everything that has an owner, but not what the kernel only lets be written.
        fs::remove_file(&path).unwrap();
        symlink("/proc/sys/vm/drop_caches", &path).unwrap();
        let error = fs::read(&path).unwrap_err();
        assert_eq!(error.kind(), std::io::ErrorKind::PermissionDenied, "{error}");
    }
    let (summary, notes) = bench.add();
    assert_eq!(summary.failed, 1);
    assert_eq!(notes.failed[0].hint.as_deref(), Some("give yourself permission to read it"));
}

/// A file stands where the folder of thumbnails is to be made. Not covered: a disk that is really full.
#[test]
fn thumbnails_that_cannot_be_written_end_the_run_and_keep_what_was_done() {
    let bench = Bench::new();
    write(&bench.input().join("a.png"), 1);
    bench.add();
    write(&bench.input().join("b.png"), 2);
    let aside = bench.library().join("thumbs/aside");
    fs::remove_dir(&aside).unwrap();
    fs::write(&aside, b"").unwrap();
    let error = bench.try_add(&[bench.input()], &bench.embedder).unwrap_err();
    assert!(matches!(error, IngestError::Thumbnail { .. }), "{error}");
    assert_eq!(bench.catalog().count().unwrap(), 1);
    fs::remove_file(&aside).unwrap();
    assert_eq!(bench.add().0.added, 1);
}

/// Nobody hashes what is no film, however long it is.
#[test]
fn a_hundred_gigabytes_of_nothing_are_no_film() {
    let mut bench = Bench::new();
    bench.options.ffmpeg = Some(kinora_video::fixtures::ffmpeg());
    for name in ["x.mp4", "x.jpg"] {
        fs::File::create(bench.input().join(name)).unwrap().set_len(100 << 30).unwrap();
    }
    let start = Instant::now();
    let (summary, notes) = bench.add();
    assert_eq!((summary.failed, summary.added), (2, 0), "{notes:?}");
    // To hash it takes minutes on any machine.
    assert!(start.elapsed() < Duration::from_secs(30), "{:?}", start.elapsed());
    assert!(notes.failed.iter().all(|failure| failure.hint.is_some()), "{notes:?}");
}

/// Whether a decoding thread of ours has read more than all that other tests let theirs read (proc(5)).
#[cfg(target_os = "linux")]
fn is_hashing() -> bool {
    let tasks = fs::read_dir("/proc/self/task").unwrap().flatten();
    let reads = |task: fs::DirEntry| {
        let name = fs::read_to_string(task.path().join("comm")).ok()?;
        let told = fs::read_to_string(task.path().join("io")).ok()?;
        let read: u64 = told.lines().find_map(|line| line.strip_prefix("rchar: "))?.parse().ok()?;
        (name.trim() == "kinora-decode").then_some(read)
    };
    tasks.filter_map(reads).any(|read| read > 64 << 20)
}

/// Elsewhere threads are not counted apart; the hash begins right behind the look.
#[cfg(not(target_os = "linux"))]
fn is_hashing() -> bool {
    true
}

/// A film with nothing behind it, a terabyte long: to hash it takes an hour.
#[test]
fn whoever_stops_does_not_wait_for_a_hash() {
    let mut bench = Bench::new();
    let folder = tempfile::tempdir().unwrap();
    let logged = LoggedFFmpeg::new(folder.path());
    bench.options.ffmpeg = Some(logged.ffmpeg.clone());
    let path = bench.input().join("long.mp4");
    let made = Command::new(&bench.options.ffmpeg.as_ref().unwrap().path)
        .args("-nostdin -loglevel error -f lavfi -i testsrc2=s=96x64:d=1 -c:v libx264".split(' '))
        .args(["-movflags", "+faststart"])
        .arg(&path)
        .status();
    assert!(made.unwrap().success());
    fs::File::options().append(true).open(&path).unwrap().set_len(1 << 40).unwrap();
    let (catalog, control) = (bench.catalog(), Control::default());
    let ingest = Ingest::new(&catalog, &bench.embedder, THRESHOLD, bench.options.clone()).unwrap();
    let mut notes = Notes::default();
    let summary = thread::scope(|scope| {
        scope.spawn(|| {
            // It was found to be a film: what follows is the hash.
            while !(control.is_cancelled() || logged.probes() == 1 && is_hashing()) {
                thread::sleep(Duration::from_millis(5));
            }
            control.cancel();
        });
        ingest.add(&[bench.input()], &mut notes, &control).unwrap()
    });
    assert!(summary.cancelled && notes.failed.is_empty(), "{notes:?}");
}
