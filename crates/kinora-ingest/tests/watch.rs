//! Following a folder, with the system's own notifications. Waits are long: machines are busy.
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic")]

mod common;

use std::{
    fs,
    io::Write,
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
    thread,
    time::{Duration, Instant},
};

use common::{Bench, THRESHOLD, write};
use kinora_ingest::{Done, FileFailure, Ingest, IngestObserver, Outcome};
use kinora_types::Control;

const XMP: &str = r#"<x:xmpmeta xmlns:x="adobe:ns:meta/">
    <rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about=""
    xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title><rdf:Alt><rdf:li xml:lang="x-default">Pharos</rdf:li>
    </rdf:Alt></dc:title></rdf:Description></rdf:RDF></x:xmpmeta>"#;

#[derive(Default)]
struct Seen {
    done: Vec<Done>,
    failed: Vec<FileFailure>,
    vanished: Vec<PathBuf>,
    watching: bool,
}

#[derive(Clone, Default)]
struct Shared(Arc<Mutex<Seen>>);

impl Shared {
    fn wait(&self, what: &str, until: impl Fn(&Seen) -> bool) {
        let deadline = Instant::now() + Duration::from_secs(60);
        while !until(&self.0.lock().unwrap()) {
            assert!(Instant::now() < deadline, "waited for {what}");
            thread::sleep(Duration::from_millis(50));
        }
    }
}

impl IngestObserver for Shared {
    fn done(&mut self, done: &Done) {
        self.0.lock().unwrap().done.push(done.clone());
    }
    fn failed(&mut self, failure: &FileFailure) {
        self.0.lock().unwrap().failed.push(failure.clone());
    }
    fn vanished(&mut self, path: &Path) {
        self.0.lock().unwrap().vanished.push(path.to_owned());
    }
    fn watching(&mut self, _: &[PathBuf]) {
        self.0.lock().unwrap().watching = true;
    }
}

struct CancelledAtEnd<'a>(&'a Control);

impl Drop for CancelledAtEnd<'_> {
    fn drop(&mut self) {
        self.0.cancel();
    }
}

#[test]
fn a_folder_is_followed() {
    let bench = Bench::new();
    let input = bench.input();
    write(&input.join("before.png"), 1);
    let (shared, control) = (Shared::default(), Control::default());
    thread::scope(|scope| {
        // A test that fails ends, instead of following the folder for ever.
        let _end = CancelledAtEnd(&control);
        let run = scope.spawn(|| {
            let catalog = bench.catalog();
            let ingest =
                Ingest::new(&catalog, &bench.embedder, THRESHOLD, bench.options.clone()).unwrap();
            ingest.watch(std::slice::from_ref(&input), &mut shared.clone(), &control)
        });
        shared.wait("the first walk", |s| s.watching && s.done.len() == 1);

        // A file that grows slowly is taken once, whole.
        let bytes = {
            let aside = bench.library().join("aside.png");
            write(&aside, 2);
            fs::read(aside).unwrap()
        };
        let mut growing = fs::File::create(input.join("grows.png")).unwrap();
        let mut longest = Duration::ZERO;
        for piece in bytes.chunks(bytes.len().div_ceil(4)) {
            let begun = Instant::now();
            growing.write_all(piece).unwrap();
            growing.sync_all().unwrap();
            thread::sleep(Duration::from_millis(400));
            longest = longest.max(begun.elapsed());
        }
        shared.wait("the grown file", |s| s.done.len() == 2);
        // On a machine that stood still in between, the file rested as one that is whole does.
        let rested = longest > Duration::from_millis(700);
        assert!(rested || shared.0.lock().unwrap().failed.is_empty());

        fs::create_dir(input.join("sub")).unwrap();
        fs::rename(input.join("grows.png"), input.join("sub/moved.png")).unwrap();
        shared.wait("the move", |s| s.done.len() == 3 && s.vanished.len() == 1);
        {
            let seen = shared.0.lock().unwrap();
            assert_eq!(seen.done[2].outcome, Outcome::Known);
            assert_eq!(seen.done[2].asset, seen.done[1].asset);
        }

        // What appears beside a known picture is read, and what vanishes there is said no more.
        let sidecar = input.join("before.png.xmp");
        let title = || bench.catalog().resolve("before.png").unwrap().title;
        fs::write(&sidecar, XMP).unwrap();
        shared.wait("the sidecar", |_| title().as_deref() == Some("Pharos"));
        fs::remove_file(&sidecar).unwrap();
        shared.wait("the sidecar's end", |_| title().is_none());
        let described = |done: &Done| done.outcome == Outcome::Described;
        shared.wait("both told of", |s| s.done.iter().filter(|done| described(done)).count() == 2);

        fs::remove_file(input.join("before.png")).unwrap();
        shared.wait("the removal", |s| s.vanished.len() == 2);
        fs::write(input.join("notes.txt"), b"no picture").unwrap();
        control.cancel();
        let summary = run.join().unwrap().unwrap();
        assert_eq!((summary.added, summary.known, summary.vanished), (2, 1, 2));
    });
    assert_eq!(bench.catalog().count().unwrap(), 1);
}
