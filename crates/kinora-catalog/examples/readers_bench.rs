//! How long reads take while another thread writes: `readers_bench FOLDER [SECONDS]`, the folder on the disk that is
//! meant (a file system in memory has no `fsync` to wait for). It makes a library of 2000 pictures there, lets 4
//! threads read and one commit a picture after the other, and prints latencies.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a measurement")]

use std::{
    path::Path,
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::{Duration, Instant},
};

use jiff::Timestamp;
use kinora_catalog::{Catalog, Change, FileEntry, NewAsset};
use kinora_types::{Asset, AssetId, ContentHash, EmbeddingSpace, Rights, Size};

const READERS: usize = 4;
const PICTURES: usize = 2_000;
const DIMENSION: usize = 512;

fn space() -> EmbeddingSpace {
    EmbeddingSpace {
        name: "bench".into(),
        revision: "1".into(),
        dimension: DIMENSION,
        normalised: true,
    }
}

fn picture(number: usize) -> Change {
    let path = format!("/pictures/{number}.jpg");
    let asset = Asset {
        id: AssetId(ContentHash::of(path.as_bytes())),
        size: Some(Size { width: 4, height: 3 }),
        bytes: 7,
        format: "jpeg".into(),
        paths: vec![],
        taken_at: None,
        date_basis: None,
        place: None,
        camera: None,
        title: Some(format!("Gulls of group {}", number % 50)),
        caption: None,
        keywords: vec![format!("group{}", number % 50)],
        rights: Rights::default(),
        duration_ms: None,
        added_at: Timestamp::UNIX_EPOCH,
    };
    Change::Add(Box::new(NewAsset {
        asset,
        file: FileEntry { path, bytes: 7, mtime_ns: 1 },
        names: vec!["pictures".into()],
        index_words: true,
        embedding: Some(space().embedding(vec![0.5; DIMENSION])),
        phash: number as u64,
        frames: Vec::new(),
        signature: None,
        near_duplicates: Vec::new(),
    }))
}

/// What a search reads: the revision, words, the assets found.
fn read(catalog: &Catalog, number: usize) {
    catalog.revision().unwrap();
    let hits = catalog.lexical(&[format!("group{}", number % 50)], 20).unwrap();
    let rows: Vec<_> = hits.iter().map(|hit| hit.row).collect();
    assert_eq!(catalog.assets(&rows).unwrap().len(), rows.len());
}

fn report(name: &str, mut times: Vec<Duration>, seconds: f64) {
    times.sort_unstable();
    let at = |part: f64| times[((times.len() - 1) as f64 * part) as usize].as_secs_f64() * 1e3;
    println!(
        "{name}: {:.0}/s, p50 {:.2} ms, p99 {:.2} ms, longest {:.1} ms",
        times.len() as f64 / seconds,
        at(0.5),
        at(0.99),
        at(1.0)
    );
}

/// Times work until it is stopped; it is given ascending numbers.
fn timed(stop: &AtomicBool, first: usize, work: impl Fn(usize)) -> Vec<Duration> {
    let mut times = Vec::new();
    while !stop.load(Ordering::Relaxed) {
        let begin = Instant::now();
        work(first + times.len());
        times.push(begin.elapsed());
    }
    times
}

/// Latencies of reads in several threads, and of commits in one if it writes too.
fn measure(catalog: &Catalog, seconds: f64, from: Option<usize>) {
    let stop = &AtomicBool::new(false);
    let reader = |part| move || timed(stop, part, |number| read(catalog, number));
    let write = |number| assert!(catalog.commit(&[picture(number)]).is_ok());
    let (reads, writes) = thread::scope(|scope| {
        let readers: Vec<_> = (0..READERS).map(|part| scope.spawn(reader(part))).collect();
        let writer = from.map(|from| scope.spawn(move || timed(stop, from, write)));
        thread::sleep(Duration::from_secs_f64(seconds));
        stop.store(true, Ordering::Relaxed);
        let reads: Vec<_> = readers.into_iter().flat_map(|one| one.join().unwrap()).collect();
        (reads, writer.map(|one| one.join().unwrap()))
    });
    report("reads", reads, seconds);
    if let Some(writes) = writes {
        report("commits", writes, seconds);
    }
}

fn main() {
    let mut arguments = std::env::args().skip(1);
    let folder = arguments.next().expect("a folder that is not there yet");
    let seconds = arguments.next().map_or(5.0, |text| text.parse().unwrap());
    let catalog = Catalog::create(Path::new(&folder), "bench", &space()).unwrap();
    let all: Vec<Change> = (0..PICTURES).map(picture).collect();
    catalog.commit(&all).unwrap();
    println!("{READERS} readers, nobody writes");
    measure(&catalog, seconds, None);
    println!("{READERS} readers, one writer");
    measure(&catalog, seconds, Some(PICTURES));
    let begin = Instant::now();
    (0..1000).for_each(|_| assert!(catalog.revision().is_ok()));
    println!("revision: {:.1} us", begin.elapsed().as_secs_f64() * 1e3);
}
