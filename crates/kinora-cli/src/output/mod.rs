//! What people and programs read: tables, JSON, contact sheets, progress.

pub mod inline;
pub mod progress;
pub mod sheet;
pub mod table;

use std::io::{self, Write};

use kinora_types::{Hit, TimeRange};
use serde::Serialize;

/// Version of the JSON that `--json` prints; raised when a field changes its meaning or goes.
pub const JSON_VERSION: u32 = 1;

#[derive(Serialize)]
struct Versioned<'a, T: Serialize> {
    version: u32,
    #[serde(flatten)]
    value: &'a T,
}

/// Prints an object with the version of the format in front.
pub fn json(value: &impl Serialize) -> anyhow::Result<()> {
    let mut out = io::stdout().lock();
    serde_json::to_writer_pretty(&mut out, &Versioned { version: JSON_VERSION, value })?;
    writeln!(out)?;
    Ok(())
}

/// Prints a line of results.
pub fn line(text: impl AsRef<str>) -> anyhow::Result<()> {
    writeln!(io::stdout().lock(), "{}", text.as_ref())?;
    Ok(())
}

/// Whether the reader of our output went away (`kinora search … | head -1`).
pub fn is_broken_pipe(error: &anyhow::Error) -> bool {
    let broken = |e: &(dyn std::error::Error + 'static)| {
        let io = e.downcast_ref::<io::Error>().map(io::Error::kind);
        let json = e.downcast_ref::<serde_json::Error>().and_then(serde_json::Error::io_error_kind);
        io.or(json) == Some(io::ErrorKind::BrokenPipe)
    };
    error.chain().any(broken)
}

/// A name as a terminal may show it: control characters escaped.
pub fn shown(text: &str) -> String {
    text.chars()
        .flat_map(|c| if c.is_control() { c.escape_default().collect() } else { vec![c] })
        .collect()
}

/// A stretch of time as `00:41.0-00:47.5`.
pub fn span(range: TimeRange) -> String {
    let clock = |ms: u64| timecode(ms as f64 / 1000.0);
    format!("{}-{}", clock(range.start_ms()), clock(range.end_ms()))
}

/// When a video shows it: ` at 00:41-00:47, 01:10-01:12`.
pub fn times(hit: &Hit) -> String {
    let spans: Vec<String> = hit.moments.iter().map(|moment| span(moment.range)).collect();
    if spans.is_empty() { String::new() } else { format!("  at {}", spans.join(", ")) }
}

/// Seconds as `MM:SS.s`.
pub fn timecode(seconds: f64) -> String {
    format!("{:02}:{:04.1}", (seconds / 60.0) as u64, seconds % 60.0)
}
