//! Kinora's side of `bench/search`: reads vectors, queries and filters, prints one JSON line a way.
//!
//! `search_bench FOLDER DIMENSION`: FOLDER holds `vectors.f32`, `queries.f32` and `filter-*.u64`, as
//! `bench/search/bench.py` writes them. Times are CPU time of this process, one thread, one query at
//! a time. Found ids go to `found-<way>-<filter>.u64`, ten a query, for recall to be counted there.

#![allow(unsafe_code, reason = "processor time is asked of libc")]

use std::{fs, path::Path, time::Instant};

use anyhow::{Context, Result};
use kinora_index::{
    Embedded, Entry, Filter, IndexRead, IndexWrite, Point, SearchRequest, Settings,
};
use serde_json::json;

const LIMIT: usize = 10;

fn main() -> Result<()> {
    let mut args = std::env::args().skip(1);
    let folder = args.next().context("usage: search_bench FOLDER DIMENSION")?;
    let dimension: usize = args.next().context("usage: search_bench FOLDER DIMENSION")?.parse()?;
    let folder = Path::new(&folder);
    let index = folder.join("index");
    let scanning = Settings { graph_min: usize::MAX, ..Settings::default() };
    build(folder, dimension, scanning)?;
    let bench = Bench::read(folder, dimension)?;
    bench.run("scan", &Embedded::open_with(&index, "bench@1", dimension, scanning)?)?;
    let graph = Settings { graph_min: 1, ..Settings::default() };
    let mut walking = Embedded::open_with(&index, "bench@1", dimension, graph)?;
    let (cpu, wall) = (cpu_seconds(), Instant::now());
    walking.optimise()?;
    let (cpu, wall) = (cpu_seconds() - cpu, wall.elapsed().as_secs_f64());
    println!("{}", json!({"way": "build", "cpu_s": cpu, "wall_s": wall, "bytes": bytes(&index)?}));
    drop(walking);
    for fetch_min in [16, 32, 48, 64, 96, 128, 192, 256, 384] {
        let settings = Settings { fetch_min, ..graph };
        let walking = Embedded::open_with(&index, "bench@1", dimension, settings)?;
        bench.run(&format!("graph-{fetch_min}"), &walking)?;
    }
    let opened = Instant::now();
    let _ = Embedded::open(&index, "bench@1", dimension)?;
    println!("{}", json!({"way": "open", "wall_s": opened.elapsed().as_secs_f64()}));
    Ok(())
}

struct Bench<'a> {
    folder: &'a Path,
    dimension: usize,
    queries: Vec<f32>,
    filters: Vec<(String, Vec<Point>)>,
}

impl<'a> Bench<'a> {
    fn read(folder: &'a Path, dimension: usize) -> Result<Self> {
        let mut filters = vec![("all".to_owned(), Vec::new())];
        for name in ["10", "1"] {
            let bytes = fs::read(folder.join(format!("filter-{name}.u64")))?;
            let ids = bytes.chunks_exact(8).filter_map(|b| b.try_into().ok());
            filters.push((name.to_owned(), ids.map(|b| Point(u64::from_le_bytes(b))).collect()));
        }
        let queries = floats(&folder.join("queries.f32"))?;
        Ok(Self { folder, dimension, queries, filters })
    }

    fn run(&self, way: &str, index: &Embedded) -> Result<()> {
        for (name, ids) in &self.filters {
            let filter = if name == "all" { Filter::All } else { Filter::Only(ids) };
            self.ask(index, filter, 20)?;
            let count = self.queries.len() / self.dimension;
            let cpu = cpu_seconds();
            let found = self.ask(index, filter, count)?;
            let us = (cpu_seconds() - cpu) * 1e6 / count as f64;
            fs::write(self.folder.join(format!("found-{way}-{name}.u64")), found)?;
            println!("{}", json!({"way": way, "filter": name, "cpu_us": us}));
        }
        Ok(())
    }

    fn ask(&self, index: &Embedded, filter: Filter<'_>, count: usize) -> Result<Vec<u8>> {
        let mut found = Vec::new();
        for vector in self.queries.chunks_exact(self.dimension).take(count) {
            let request = SearchRequest { vector, limit: LIMIT, filter };
            for scored in index.search(&request)? {
                found.extend(scored.id.0.to_le_bytes());
            }
        }
        Ok(found)
    }
}

fn build(folder: &Path, dimension: usize, settings: Settings) -> Result<()> {
    let index = folder.join("index");
    let mut index = Embedded::open_with(&index, "bench@1", dimension, settings)?;
    let vectors = floats(&folder.join("vectors.f32"))?;
    for (part, vectors) in vectors.chunks(dimension * 1000).enumerate() {
        let point = |(at, vector): (usize, &[f32])| Entry {
            id: Point((part * 1000 + at) as u64),
            vector: vector.to_vec(),
        };
        let points: Vec<Entry> = vectors.chunks_exact(dimension).enumerate().map(point).collect();
        index.upsert(&points)?;
    }
    index.flush(1)?;
    Ok(index.optimise()?)
}

fn floats(path: &Path) -> Result<Vec<f32>> {
    let bytes = fs::read(path).with_context(|| path.display().to_string())?;
    let value = |b: &[u8]| f32::from_le_bytes([b[0], b[1], b[2], b[3]]);
    Ok(bytes.chunks_exact(4).map(value).collect())
}

fn bytes(folder: &Path) -> Result<u64> {
    let sizes = fs::read_dir(folder)?.map(|entry| Ok(entry?.metadata()?.len()));
    sizes.sum()
}

/// CPU time of this process, all threads.
fn cpu_seconds() -> f64 {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: the clock writes into the timespec it is given.
    unsafe { libc::clock_gettime(libc::CLOCK_PROCESS_CPUTIME_ID, &raw mut time) };
    time.tv_sec as f64 + time.tv_nsec as f64 / 1e9
}
