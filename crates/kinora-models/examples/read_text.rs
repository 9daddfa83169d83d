//! Reads what is written in pictures: one line of JSON each, with the seconds it took.
//!
//!     cargo run -p kinora-models --example read_text -- [--rounds N] PICTURE…
//!
//! With rounds every picture is read so many times more and the least seconds count.

use std::time::Instant;

use anyhow::{Context, anyhow};
use kinora_models::{ModelError, RuntimeOptions, open_reader};
use kinora_store::{Store, StoreConfig};
use kinora_types::Picture;
use serde_json::json;

fn main() -> anyhow::Result<()> {
    let mut files: Vec<String> = std::env::args().skip(1).collect();
    let mut rounds = 0;
    if files.first().is_some_and(|word| word == "--rounds") {
        rounds = files.get(1).context("a number of rounds")?.parse()?;
        files.drain(..2);
    }
    let store = Store::open(StoreConfig::from_env())?;
    let explained = |e: ModelError| anyhow!("{e}: {}", e.hint().unwrap_or_default());
    let reader = open_reader(&store, &RuntimeOptions::from_env()).map_err(explained)?;
    for file in files {
        let decoded = image::open(&file).with_context(|| file.clone())?.to_rgb8();
        let picture = Picture::new(decoded.width(), decoded.height(), decoded.into_raw())?;
        let mut lines = reader.read(&picture)?;
        let mut seconds = f64::MAX;
        for _ in 0..rounds {
            let start = Instant::now();
            lines = reader.read(&picture)?;
            seconds = seconds.min(start.elapsed().as_secs_f64());
        }
        let lines: Vec<_> = lines
            .into_iter()
            .map(|line| json!({"text": line.text, "region": line.region, "confidence": line.confidence}))
            .collect();
        let seconds = (rounds > 0).then_some(seconds);
        println!("{}", json!({"file": file, "seconds": seconds, "lines": lines}));
    }
    Ok(())
}
