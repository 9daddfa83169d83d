//! Searches a second and their latency over a library of random vectors, kept open and reopened at every search as
//! Kinora did before. Prints one line of JSON for each measurement. For `bench/engine`.
//!
//! `searches HOME COUNT SEARCHES`; the default space must have been pulled into `KINORA_CACHE`. The library is made in
//! HOME if it is not there. Memory: that of the engine, and a thousand vectors while the library is made.

use std::{
    path::{Path, PathBuf},
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use kinora_catalog::Catalog;
use kinora_engine::{AddRequest, Backends, Engine, Installed, Job, SearchRequest, Settings, Space};
use kinora_index::Embedded;
use kinora_retrieval::{Query, Searcher, SearcherCache, sync};
use kinora_store::{Store, StoreConfig};
use kinora_testing::library::scatter;
use kinora_types::{Control, PassageKind};
use serde_json::json;

const TEXTS: [&str; 16] = [
    "a dog on the beach",
    "a red bicycle",
    "mountains in the snow",
    "children at a table",
    "an old bridge over a river",
    "a cat asleep",
    "a plate of food",
    "a street at night",
    "sailing boats",
    "a wedding",
    "flowers in a garden",
    "a train at a station",
    "people dancing",
    "a castle",
    "birds in the sky",
    "a market with fruit",
];

type Failure = Box<dyn std::error::Error + Send + Sync>;

fn main() -> Result<(), Failure> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [home, count, searches] = &args[..] else {
        return Err("usage: searches HOME COUNT SEARCHES".into());
    };
    let (count, searches): (usize, usize) = (count.parse()?, searches.parse()?);
    let settings = Settings::settle(Some(PathBuf::from(home)))?;
    let (name, space) = (format!("bench-{count}"), space(&settings)?);
    let folder = settings.libraries().join(&name);
    if !folder.exists() {
        scatter(&Catalog::create(&folder, &name, space.space())?, count, 0);
        // Ends as every run of `kinora add` does: the index follows and is made fast.
        let without = PassageKind::ALL.to_vec();
        let request = AddRequest { without, ..AddRequest::default() };
        Engine::open(settings.clone())?.library(&name)?.add(&request, &Job::default())?;
    }
    let told = |how: &str, threads: usize, took: &[f64], whole: f64| {
        let at = |part: f64| took[((took.len() - 1) as f64 * part).round() as usize];
        let per_second = took.len() as f64 / whole;
        println!(
            "{}",
            json!({"vectors": count, "how": how, "threads": threads, "searches": took.len(),
                   "per_second": per_second, "p50_ms": at(0.5), "p99_ms": at(0.99)})
        );
    };
    let (took, whole) = cold(&settings, &name)?;
    told("cold", 1, &took, whole);
    let engine = Engine::open(settings)?;
    let library = engine.library(&name)?;
    let open = |number| library.search(&request(number), &Job::default()).map(drop);
    // The model is loaded and the index read.
    open(0)?;
    for threads in [1, 8] {
        let (took, whole) = timed(threads, searches, &|number| Ok(open(number)?))?;
        told("open", threads, &took, whole);
    }
    let reopened = |number| reopened(&folder, &space, number);
    reopened(0)?;
    for threads in [1, 8] {
        let (took, whole) = timed(threads, searches.min(32), &reopened)?;
        told("reopened", threads, &took, whole);
    }
    Ok(())
}

fn request(number: usize) -> SearchRequest {
    let text = Some(TEXTS[number % TEXTS.len()].to_owned());
    SearchRequest { text, ..SearchRequest::default() }
}

/// From nothing to the first answer, in this process.
fn cold(settings: &Settings, name: &str) -> Result<(Vec<f64>, f64), Failure> {
    timed(1, 1, &|number| {
        let engine = Engine::open(settings.clone())?;
        engine.library(name)?.search(&request(number), &Job::default())?;
        Ok(())
    })
}

/// What every search did before: open the catalogue and the index, follow, compute what belongs to the whole library.
fn reopened(folder: &Path, space: &Space, number: usize) -> Result<(), Failure> {
    let (catalog, control) = (Catalog::open(folder)?, Control::default());
    let (id, dimension) = (catalog.space().id(), catalog.space().dimension);
    let mut index = Embedded::open(&folder.join("index"), &id, dimension)?;
    sync(&catalog, &mut index, &control)?;
    let cache = SearcherCache::default();
    let query = Query { text: request(number).text, ..Query::default() };
    Searcher::new(&catalog, &index, space.text(), &cache)?.search(&query, &control)?;
    Ok(())
}

/// Milliseconds of each search, ascending, and seconds of all.
fn timed(
    threads: usize,
    searches: usize,
    search: &(dyn Fn(usize) -> Result<(), Failure> + Sync),
) -> Result<(Vec<f64>, f64), Failure> {
    let (next, took, failed) = (AtomicUsize::new(0), Mutex::new(Vec::new()), Mutex::new(None));
    let begun = Instant::now();
    thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if number >= searches {
                        return;
                    }
                    let begun = Instant::now();
                    if let Err(error) = search(number) {
                        failed.lock().expect("no thread panics").get_or_insert(error);
                        return;
                    }
                    took.lock().expect("no thread panics").push(begun.elapsed());
                }
            });
        }
    });
    let whole = begun.elapsed().as_secs_f64();
    if let Some(error) = failed.into_inner()? {
        return Err(error);
    }
    let took: Vec<Duration> = took.into_inner()?;
    let mut took: Vec<f64> = took.iter().map(|took| took.as_secs_f64() * 1000.0).collect();
    took.sort_by(f64::total_cmp);
    Ok((took, whole))
}

fn space(settings: &Settings) -> Result<Space, Failure> {
    let config = StoreConfig { cache_dir: Some(settings.cache.clone()), ..StoreConfig::from_env() };
    let store = Store::open(config)?;
    let name = store.manifest().default_space.clone();
    Ok(Installed::new(settings.clone().into(), store.into()).space(&name)?)
}
