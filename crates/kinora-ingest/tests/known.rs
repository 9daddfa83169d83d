//! What a run passes over and says so: known problems, patterns, what a person took out, work of earlier runs. The
//! models are fakes; what a terminal shows is not covered.

#![allow(clippy::unwrap_used, reason = "helpers of tests may panic")]

mod common;

use std::{fs, path::Path};

use common::{Bench, THRESHOLD, senses, write};
use kinora_catalog::Change;
use kinora_ingest::{Ingest, IngestError, IngestObserver, Progress, Stage, Summary};
use kinora_types::{Control, PassageKind};

fn failures(summary: &Summary) -> (u64, u64) {
    (summary.failed, summary.known_problems)
}

fn damage(path: &Path, text: &str) {
    fs::write(path, text).unwrap();
}

#[test]
fn a_broken_file_is_told_of_once_until_it_changes() {
    let mut bench = Bench::new();
    let broken = bench.input().join("a.jpg");
    damage(&broken, "no picture");
    write(&bench.input().join("b.png"), 1);
    let (first, notes) = bench.add();
    assert_eq!((failures(&first), notes.failed.len()), ((1, 0), 1));
    assert!(notes.failed[0].lasting);
    let since = bench.catalog().problems().unwrap()[0].since;
    let (second, notes) = bench.add();
    assert_eq!((failures(&second), notes.failed.len(), second.found), ((0, 1), 0, 2));
    // Named itself, or looked at again, it is tried again.
    let (named, _) = bench.try_add(std::slice::from_ref(&broken), &bench.embedder).unwrap();
    assert_eq!(failures(&named), (1, 0));
    bench.options.again = true;
    assert_eq!(failures(&bench.add().0), (1, 0));
    bench.options.again = false;
    assert_eq!(bench.catalog().problems().unwrap()[0].since, since);
    damage(&broken, "no picture either");
    assert_eq!(failures(&bench.add().0), (1, 0), "it has changed");
    write(&bench.input().join("good.png"), 2);
    fs::rename(bench.input().join("good.png"), &broken).unwrap();
    let (mended, _) = bench.add();
    assert_eq!((failures(&mended), mended.added), ((0, 0), 1));
    assert!(bench.catalog().problems().unwrap().is_empty());
}

#[test]
fn a_problem_ends_with_its_file() {
    let bench = Bench::new();
    let broken = bench.input().join("a.jpg");
    damage(&broken, "no picture");
    bench.add();
    assert_eq!(bench.catalog().problems().unwrap().len(), 1);
    fs::remove_file(&broken).unwrap();
    assert_eq!(failures(&bench.add().0), (0, 0));
    assert!(bench.catalog().problems().unwrap().is_empty());
}

#[cfg(unix)]
#[test]
fn links_to_nowhere_and_names_that_are_no_text_are_known_too() {
    use std::os::unix::ffi::OsStrExt;
    let bench = Bench::new();
    std::os::unix::fs::symlink("nowhere", bench.input().join("l.png")).unwrap();
    let name = std::ffi::OsStr::from_bytes(b"\xff.png");
    fs::write(bench.input().join(name), "x").unwrap();
    assert_eq!(failures(&bench.add().0), (2, 0));
    assert_eq!(failures(&bench.add().0), (0, 2));
    write(&bench.input().join("x.png"), 1);
    fs::rename(bench.input().join("x.png"), bench.input().join("nowhere")).unwrap();
    assert_eq!(failures(&bench.add().0), (0, 1), "the link leads somewhere");
}

#[test]
fn what_the_machine_is_at_fault_for_is_tried_at_every_run() {
    let bench = Bench::new();
    // A video without ffmpeg.
    fs::write(bench.input().join("a.mp4"), b"\0\0\0\x18ftypmp42").unwrap();
    assert_eq!(failures(&bench.add().0), (1, 0));
    let revision = bench.catalog().revision().unwrap();
    assert_eq!(failures(&bench.add().0), (1, 0));
    assert_eq!(bench.catalog().problems().unwrap().len(), 1, "and is listed");
    assert_eq!(bench.catalog().revision().unwrap(), revision, "and changes nothing");
}

#[test]
fn patterns_leave_files_out_and_take_them_out() {
    let mut bench = Bench::new();
    let input = bench.input();
    fs::create_dir_all(input.join("raw/deep")).unwrap();
    for (seed, name) in (0..).zip(["a.png", "b.tmp.png", "raw/c.png", "raw/deep/d.png"]) {
        write(&input.join(name), seed);
    }
    bench.options.exclude = vec!["*.tmp.png".into()];
    let (summary, _) = bench.add();
    assert_eq!((summary.added, summary.excluded, summary.found), (3, 1, 3));
    // The patterns of one run take nothing out.
    bench.options.exclude = vec!["/raw".into()];
    let (summary, _) = bench.add();
    assert_eq!((summary.added, summary.excluded, summary.taken_out), (1, 1, 0));
    assert_eq!(bench.catalog().count().unwrap(), 4);
    bench.options.exclude = Vec::new();
    fs::write(input.join(".kinoraignore"), "raw/deep/\n*.tmp.png\n[z-a]\n").unwrap();
    let (summary, notes) = bench.add();
    assert_eq!((summary.excluded, summary.taken_out, summary.unchanged), (2, 2, 2));
    assert_eq!((failures(&summary), summary.vanished), ((1, 0), 0));
    assert!(notes.failed[0].message.contains("line 3: `[z-a]` is no pattern"), "{notes:?}");
    assert_eq!(bench.catalog().count().unwrap(), 2);
    let named = [input.join("b.tmp.png")];
    let (summary, notes) = bench.try_add(&named, &bench.embedder).unwrap();
    assert_eq!((summary.failed, summary.known_problems), (1, 1));
    assert!(notes.failed[0].message.contains("leaves it out"), "{notes:?}");
    fs::write(input.join(".kinoraignore"), "").unwrap();
    let (summary, _) = bench.add();
    assert_eq!((summary.known, summary.unchanged, failures(&summary)), (2, 2, (0, 0)));
    assert_eq!(bench.catalog().count().unwrap(), 4);
    assert!(bench.catalog().problems().unwrap().is_empty());
    bench.options.exclude = vec!["[z-a]".into()];
    let broken = bench.try_add(&[input], &bench.embedder).unwrap_err();
    assert!(matches!(broken, IngestError::Pattern { .. }), "{broken}");
}

#[test]
fn what_was_taken_out_stays_out_until_its_file_is_named() {
    let bench = Bench::new();
    let input = bench.input();
    let (a, copy) = (input.join("a.png"), input.join("copy.png"));
    write(&a, 1);
    write(&input.join("b.png"), 2);
    bench.add();
    let asset = bench.catalog().resolve("a.png").unwrap().id;
    bench.catalog().commit(&[Change::Remove { asset }]).unwrap();
    fs::copy(&a, &copy).unwrap();
    let (summary, _) = bench.add();
    assert_eq!((summary.removed_before, summary.unchanged, summary.known), (2, 1, 0));
    assert_eq!(bench.catalog().count().unwrap(), 1);
    let (summary, _) = bench.add();
    assert_eq!((summary.removed_before, summary.found), (2, 3), "also where it was read before");
    let (summary, _) = bench.try_add(&[copy], &bench.embedder).unwrap();
    assert_eq!((summary.restored, summary.removed_before), (1, 0));
    assert_eq!(bench.catalog().resolve("a.png").unwrap().paths.len(), 2);
    assert_eq!(bench.add().0.unchanged, 3);
}

#[test]
fn work_of_earlier_runs_waits_unless_it_is_asked_for() {
    let mut bench = Bench::new();
    for seed in 0..3 {
        write(&bench.input().join(format!("{seed}.png")), seed);
    }
    bench.add();
    let folder = bench.input().join("new");
    fs::create_dir(&folder).unwrap();
    write(&folder.join("9.png"), 9);
    (bench.perceives, bench.options.resume) = (true, false);
    let (summary, _) = bench.add();
    assert_eq!((summary.added, summary.perceived[&PassageKind::Text]), (1, 1));
    assert_eq!(summary.perceived[&PassageKind::Caption], 4, "asked for: of all that was given");
    assert_eq!(summary.pending.words[&PassageKind::Text], 3);
    bench.options.resume = true;
    let (rest, _) = bench.try_add(&[], &bench.embedder).unwrap();
    assert_eq!((rest.found, rest.perceived[&PassageKind::Text]), (0, 3));
    assert!(rest.pending.is_empty(), "{rest:?}");
    // Again means all that was given.
    (bench.options.resume, bench.options.again) = (false, true);
    let (again, _) = bench.try_add(&[folder], &bench.embedder).unwrap();
    assert!(again.perceived.is_empty(), "the same models looked there: {again:?}");
}

/// Remembers how far it was.
#[derive(Default)]
struct Far(Vec<Progress>);

impl IngestObserver for Far {
    fn progress(&mut self, progress: &Progress) {
        self.0.push(*progress);
    }
}

#[test]
fn each_stage_knows_its_total_before_it_begins_and_comes_to_its_end() {
    let bench = Bench::new();
    for seed in 0..40 {
        write(&bench.input().join(format!("{seed}.png")), seed);
    }
    let catalog = bench.catalog();
    let ingest = Ingest::new(&catalog, &bench.embedder, THRESHOLD, bench.options.clone()).unwrap();
    let mut far = Far::default();
    let control = Control::default();
    ingest.perceiving(senses()).add(&[bench.input()], &mut far, &control).unwrap();
    for (stage, total) in [(Stage::Files, 40), (Stage::Words, 80)] {
        let told: Vec<_> = far.0.iter().filter(|progress| progress.stage == stage).collect();
        assert!(told.iter().all(|progress| progress.total == total), "{told:?}");
        assert!(told.is_sorted_by_key(|progress| progress.done));
        assert!(told.is_sorted_by_key(|progress| progress.work));
        let last = told.last().unwrap();
        assert_eq!((last.done, last.work), (total, last.work_total));
    }
    assert!(far.0.iter().all(|progress| progress.stage != Stage::Videos), "there are none");
    let again = last_of_another(&bench);
    assert_eq!((again.work_total, again.total), (0, 40), "what is unchanged is no work");
}

fn last_of_another(bench: &Bench) -> Progress {
    let catalog = bench.catalog();
    let ingest = Ingest::new(&catalog, &bench.embedder, THRESHOLD, bench.options.clone()).unwrap();
    let mut far = Far::default();
    ingest.add(&[bench.input()], &mut far, &Control::default()).unwrap();
    *far.0.last().unwrap()
}
