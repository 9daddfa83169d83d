//! kill -9 in the middle of runs, again and again: whatever was told as done is there, whatever is
//! there is whole, and the next run goes on. The embedder is the colour fake; a power cut, which
//! takes more than the process, is not covered.
#![allow(clippy::disallowed_methods, reason = "children and threads of tests")]
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic")]

mod common;

use std::{
    collections::HashSet,
    env,
    io::{BufRead, BufReader, Write},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::mpsc,
    thread,
    time::Duration,
};

use common::{Bench, THRESHOLD, write};
use kinora_catalog::Catalog;
use kinora_ingest::{Done, Ingest, IngestObserver, Options, thumbnail_path};
use kinora_testing::fake::ColourEmbedder;
use kinora_types::{AssetId, Control};

const PICTURES: u32 = 120;

/// Says on standard output what is done, at once; then waits to be killed if it is told to.
struct Aloud {
    waits: bool,
}

impl IngestObserver for Aloud {
    fn done(&mut self, done: &Done) {
        let mut out = std::io::stdout().lock();
        writeln!(out, "done {}", done.asset).unwrap();
        out.flush().unwrap();
        if self.waits {
            loop {
                thread::park();
            }
        }
    }
}

/// Not a test of its own: the process that the other one kills.
#[test]
fn child() {
    let (Some(library), Some(input)) = (env::var_os("KILL_LIBRARY"), env::var_os("KILL_INPUT"))
    else {
        return;
    };
    let catalog = Catalog::open(Path::new(&library)).unwrap();
    let embedder = ColourEmbedder::default();
    let ingest = Ingest::new(&catalog, &embedder, THRESHOLD, Options::default()).unwrap();
    let mut aloud = Aloud { waits: env::var_os("KILL_WAITS").is_some() };
    ingest.add(&[PathBuf::from(input)], &mut aloud, &Control::default()).unwrap();
}

fn spawn(bench: &Bench, waits: bool) -> Child {
    let mut command = Command::new(env::current_exe().unwrap());
    if waits {
        command.env("KILL_WAITS", "1");
    }
    command
        .args(["--exact", "child", "--nocapture"])
        .env("KILL_LIBRARY", bench.library())
        .env("KILL_INPUT", bench.input())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

#[test]
fn nothing_that_was_told_is_lost() {
    let bench = Bench::new();
    for seed in 0..PICTURES {
        write(&bench.input().join(format!("{seed:03}.png")), seed);
    }
    let mut told: HashSet<AssetId> = HashSet::new();
    let mut round = 0;
    loop {
        round += 1;
        assert!(round < 200, "no run comes to its end");
        // The first run waits with what it has to tell, so that it is killed in its midst on any machine.
        let waits = round == 1;
        let mut child = spawn(&bench, waits);
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let (first, heard) = mpsc::channel();
        let reader = thread::spawn(move || {
            let told = lines
                .map_while(Result::ok)
                .filter_map(|line| line.strip_prefix("done ")?.parse().ok());
            let tell = |_: &AssetId| {
                // Nobody waits for it in later rounds.
                let _ = first.send(());
            };
            told.inspect(tell).collect::<Vec<AssetId>>()
        });
        if waits {
            heard.recv().unwrap();
        } else {
            // Later and later, so that every part of a run is hit and the last run can end.
            thread::sleep(Duration::from_millis(15 * round));
        }
        let ended = child.try_wait().unwrap();
        child.kill().unwrap();
        child.wait().unwrap();
        told.extend(reader.join().unwrap());
        check(&bench, &told);
        if let Some(status) = ended {
            assert!(status.success() && !waits);
            break;
        }
    }
    let (last, _) = bench.add();
    assert_eq!((last.unchanged, last.failed), (u64::from(PICTURES), 0));
    assert_eq!(bench.catalog().count().unwrap(), u64::from(PICTURES));
}

fn check(bench: &Bench, told: &HashSet<AssetId>) {
    let catalog = bench.catalog();
    for id in told {
        assert!(catalog.asset(id).unwrap().is_some(), "{id} was told and is lost");
        assert!(catalog.embedding(id).unwrap().is_some());
    }
    for (_, asset) in catalog.assets(&catalog.live_rows().unwrap()).unwrap() {
        assert!(image::open(thumbnail_path(&bench.library(), &asset.id)).is_ok());
        assert_eq!(asset.paths.len(), 1);
    }
}
