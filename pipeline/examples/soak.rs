//! What a running service holds, and how long it answers, while changes are posted to it for long.
//!
//! ```sh
//! fundwatch synth --visits 1300000 --months 22 --out REGION
//! fundwatch serve --config FILE            # with [retention], or without
//! cargo run --release -p pipeline --example soak -- http://127.0.0.1:8080 REGION/records/changes.ndjson 5000 20000
//! ```
//!
//! The arguments: the service, a file of changes, changes a post, changes a second (0: as fast as they are taken). Each
//! million changes it prints a line: changes sent, seconds, p50 and p99 of the posts, resident memory, rows and texts.

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a measurement at a terminal")]

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::time::{Duration, Instant};

/// Changes between two lines of the table.
const STEP: u64 = 1_000_000;

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [service, path, post, rate] = args.as_slice() else {
        panic!("SERVICE FILE CHANGES_A_POST CHANGES_A_SECOND")
    };
    let (post, rate): (u64, u64) = (post.parse().unwrap(), rate.parse().unwrap());
    let mut lines = BufReader::with_capacity(1 << 20, File::open(path).unwrap());
    let (begun, mut sent, mut told) = (Instant::now(), 0, 0);
    let (mut took, mut body, mut is_over) = (Vec::new(), Vec::new(), false);
    println!("{:>11} {:>7} {:>7} {:>7} {:>9} {:>9}", "changes", "s", "p50 ms", "p99 ms", "MiB", "rows MiB");
    while !is_over {
        body.clear();
        let mut changes = 0;
        while changes < post && !is_over {
            is_over = lines.read_until(b'\n', &mut body).unwrap() == 0;
            changes += u64::from(!is_over);
        }
        if rate > 0 {
            let due = Duration::from_secs_f64(sent as f64 / rate as f64);
            std::thread::sleep(due.saturating_sub(begun.elapsed()));
        }
        let asked = Instant::now();
        let answer = ureq::post(format!("{service}/v1/changes")).send(&body[..]).unwrap();
        assert_eq!(answer.status(), 202);
        took.push(asked.elapsed());
        sent += changes;
        if is_over || sent - told >= STEP {
            told = sent;
            took.sort_unstable();
            let at = |share: usize| took[(took.len() * share / 100).min(took.len() - 1)].as_millis();
            let metrics =
                ureq::get(format!("{service}/metrics")).call().unwrap().into_body().read_to_string().unwrap();
            let mebibytes = |name: &str| {
                let line = metrics.lines().find_map(|line| line.strip_prefix(name)).unwrap();
                line.trim().parse::<f64>().unwrap() / f64::from(1 << 20)
            };
            println!(
                "{sent:>11} {:>7.0} {:>7} {:>7} {:>9.0} {:>9.0}",
                begun.elapsed().as_secs_f64(),
                at(50),
                at(99),
                mebibytes("process_resident_memory_bytes "),
                mebibytes("fundwatch_arena_bytes ")
            );
            took.clear();
        }
    }
}
