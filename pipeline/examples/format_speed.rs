//! How fast each format is read, decoded and kept, without the dataflow: `cargo run --release -p pipeline --example
//! format_speed -- REGION [FORMAT]` with a folder that `fundwatch synth` made.

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a measuring tool for people who watch it")]

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;
use std::time::Instant;

use runtime::Error;
use runtime::front::Front;
use runtime::source::{self, Entries, Lines, Refused, Row};

#[path = "../tests/support/convert.rs"]
mod convert;

/// Readings of each format; the quickest counts.
const READINGS: usize = 3;

/// Takes all and writes nothing.
struct Taker {
    front: Front,
}

impl Taker {
    /// What a run does after each line: facts go on and are forgotten.
    fn after(&mut self) {
        if self.front.lines_in_tick() >= 100_000 {
            drop(self.front.close_tick());
        }
    }
}

impl Entries for Taker {
    type Error = Error;
    fn line(&mut self, number: u64, line: &[u8]) -> Result<(), Error> {
        self.front.line("", number, line, &mut std::io::sink())?.unwrap();
        self.after();
        Ok(())
    }
    fn refused(&mut self, number: u64, refused: &Refused<'_>) -> Result<(), Error> {
        self.front.refused("", number, refused, &mut std::io::sink()).unwrap();
        Ok(())
    }
}

impl Lines for Taker {
    fn row(&mut self, number: u64, row: &Row<'_>) -> Result<(), Error> {
        self.front.row("", number, row, &mut std::io::sink())?.unwrap();
        self.after();
        Ok(())
    }
}

/// Seconds of this thread on a processor; where nobody tells, of the clock.
fn seconds() -> f64 {
    static START: LazyLock<Instant> = LazyLock::new(Instant::now);
    let told = fs::read_to_string("/proc/thread-self/schedstat").ok();
    let nanos = told.and_then(|text| text.split(' ').next()?.parse::<f64>().ok());
    nanos.map_or_else(|| START.elapsed().as_secs_f64(), |nanos| nanos / 1e9)
}

/// Reads a file or folder and tells records a second of processor time.
fn measure(what: &str, path: &Path) {
    let inputs = source::inputs(&[path.to_owned()], None, &mut Vec::new()).unwrap();
    let bytes: u64 = inputs.iter().map(|input| input.bytes).sum();
    let mut best = f64::MAX;
    let mut lines = 0;
    for _ in 0..READINGS {
        let mut taker = Taker { front: Front::new(None) };
        taker.front.expect(inputs.iter().map(source::Input::records_expected).sum());
        let started = seconds();
        inputs.iter().for_each(|input| source::read(input, &mut taker).unwrap());
        best = best.min(seconds() - started);
        lines = taker.front.lines();
        assert_eq!(taker.front.total().rejected, 0, "{what}");
    }
    let rate = lines as f64 / best / 1e3;
    println!("{what:<14} {lines:>9} records {:>8.1} MB {rate:>8.0} k records/s", bytes as f64 / 1e6);
}

fn main() {
    let region = PathBuf::from(std::env::args().nth(1).expect("a folder that fundwatch synth made"));
    let only = std::env::args().nth(2);
    let is_wanted = |format: &str| only.as_deref().is_none_or(|only| only == format);
    let folder = tempfile::tempdir().unwrap();
    let ndjson = fs::read_to_string(region.join("records/changes.ndjson")).unwrap();
    let records = convert::records(&ndjson);
    // In the order of the tables, so that all formats bring the same records in the same order.
    let mut sorted = String::with_capacity(ndjson.len());
    for kind in records.keys() {
        let start = format!("{{\"kind\":\"{kind}\"");
        ndjson.lines().filter(|line| line.starts_with(&start)).for_each(|line| {
            sorted.push_str(line);
            sorted.push('\n');
        });
    }
    for (name, bytes) in [
        ("x.ndjson", sorted.as_bytes().to_vec()),
        ("x.ndjson.gz", convert::gzip(sorted.as_bytes())),
        ("x.ndjson.zst", convert::zstd(sorted.as_bytes())),
    ] {
        if !is_wanted(name) {
            continue;
        }
        fs::write(folder.path().join(name), bytes).unwrap();
        measure(name, &folder.path().join(name));
    }
    for format in ["csv", "gb18030", "csv.gz", "csv.zst", "text", "plain", "snappy", "gzip", "zstd", "lz4"] {
        if !is_wanted(format) {
            continue;
        }
        convert::write(&records, format, &folder.path().join(format));
        measure(format, &folder.path().join(format));
    }
}
