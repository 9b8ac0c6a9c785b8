//! How long the decoder takes for a line, by kind: `cargo bench -p records`, with a file of NDJSON as `FUNDWATCH_LINES`
//! or the sample's.
//!
//! Lines are in memory and are decoded in turn, so that caches are as warm as within a block of a file; of many passes the
//! quickest counts, since whatever else the machine does only makes them slower.

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a measuring tool for people who watch it")]

use std::collections::BTreeMap;
use std::hint::black_box;
use std::time::{Duration, Instant};

use records::decode::Decoder;

/// Passes over the lines of a kind.
const PASSES: usize = 60;

/// Lines of a kind at the least; fewer are repeated.
const LINES: usize = 2_000;

fn main() {
    let path = std::env::var("FUNDWATCH_LINES").unwrap_or_else(|_| {
        concat!(env!("CARGO_MANIFEST_DIR"), "/../samples/first-look/changes.ndjson").into()
    });
    let text = std::fs::read_to_string(&path).unwrap();
    let mut decoder = Decoder::new();
    let mut by_kind: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for line in text.lines() {
        if let Ok(kind) = decoder.decode(line.as_bytes(), |change| change.kind.name()) {
            by_kind.entry(kind).or_default().push(line);
        }
    }
    for (kind, lines) in &by_kind {
        let lines: Vec<&str> = lines.iter().copied().cycle().take(lines.len().max(LINES)).collect();
        let bytes: usize = lines.iter().map(|line| line.len()).sum();
        let mut best = Duration::MAX;
        for _ in 0..PASSES {
            let started = Instant::now();
            for line in &lines {
                black_box(decoder.decode_str(line, |change| change.content_hash).unwrap());
            }
            best = best.min(started.elapsed());
        }
        let of_line = best.as_secs_f64() * 1e9 / lines.len() as f64;
        println!("{kind:<14} {of_line:>7.1} ns a line of {} bytes", bytes / lines.len());
    }
}
