//! `fundwatch bench`: how fast, how much memory, and where both go.
//!
//! On one made-up region: (a) decoding alone, (b) the whole way from NDJSON to written outputs, then, on a
//! second load that is kept open, (c) ticks of 1,000 lines, (d) single corrections, (e) changes of one rule
//! answered as a difference over the whole history. Figures are of fee lines; everything else the region has
//! comes beside them. The second load carries the engine's log, which shows time and memory by operator.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::time::Instant;

use ::synth::{Recipe, Schemes};
use records::Kind;
use records::decode::Decoder;
use rulebank::{Bank, Param};
use serde::Serialize;
use serde_json::Value;

use crate::args::BenchArgs;
use crate::error::Error;
use crate::progress::Progress;
use crate::run::{Session, per_second};
use crate::scratch::Scratch;
use crate::synth::make;
use crate::workers::granted;
use reports::outputs::{Folder, Maker, RUN, check_files, publish_files};
use runtime::engine::{Options, load_bank};
use runtime::profile::{Cost, Profile};
use runtime::source::{self, Entries, Input, Lines, Refused, Row};

/// Lines of a tick while loading.
const BULK_TICK: u64 = 100_000;
/// Lines of a steady tick.
const STEADY_TICK: usize = 1_000;
/// Steady ticks, and corrections, that are timed.
const TIMED: usize = 300;

/// What was measured.
#[derive(Debug, Serialize)]
#[expect(missing_docs, reason = "each field is the measured thing of its name; units stand last")]
pub struct Figures {
    pub visits: u64,
    pub workers: usize,
    pub lines: u64,
    pub records: u64,
    pub bytes: u64,
    pub decode: Rate,
    pub bulk: Bulk,
    pub tick: Latency,
    pub correction: Latency,
    pub rule_change: RuleChange,
    pub alerts: usize,
    pub detectors: Vec<OperatorTime>,
    pub operators: Vec<Operator>,
}

/// A rate.
#[derive(Debug, Serialize)]
#[expect(missing_docs, reason = "each field is the measured thing of its name; units stand last")]
pub struct Rate {
    pub elapsed_s: f64,
    pub lines_per_s: u64,
    pub records_per_s: u64,
}

/// The load.
#[derive(Debug, Serialize)]
#[expect(missing_docs, reason = "each field is the measured thing of its name; units stand last")]
pub struct Bulk {
    pub elapsed_s: f64,
    pub lines_per_s: u64,
    pub records_per_s: u64,
    /// Growth of the resident set from before the load to its end.
    pub rss_bytes_per_line: u64,
    /// The same at its highest.
    pub peak_rss_bytes_per_line: u64,
}

/// Latencies of many like things.
#[derive(Debug, Serialize)]
#[expect(missing_docs, reason = "each field is the measured thing of its name; units stand last")]
pub struct Latency {
    pub count: usize,
    pub p50_ms: f64,
    pub p99_ms: f64,
    pub max_ms: f64,
}

/// The dearest of several changes of one rule.
#[derive(Debug, Serialize)]
#[expect(missing_docs, reason = "each field is the measured thing of its name; units stand last")]
pub struct RuleChange {
    pub elapsed_s: f64,
    pub ratio_to_bulk: f64,
    pub changes: Vec<OneChange>,
}

/// One change of a rule.
#[derive(Debug, Serialize)]
#[expect(missing_docs, reason = "each field is the measured thing of its name; units stand last")]
pub struct OneChange {
    pub what: String,
    pub elapsed_s: f64,
    pub events: usize,
}

/// Time and memory of a detector, or of what all share.
#[derive(Debug, Default, Serialize)]
#[expect(missing_docs, reason = "each field is the measured thing of its name; units stand last")]
pub struct OperatorTime {
    pub name: String,
    pub busy_s: f64,
    pub updates: i64,
    /// An estimate: updates times what one takes in an arrangement of its kind.
    pub memory_bytes_estimated: i64,
}

/// Time and memory of operators of one name.
#[derive(Debug, Serialize)]
#[expect(missing_docs, reason = "each field is the measured thing of its name; units stand last")]
pub struct Operator {
    pub name: String,
    pub busy_s: f64,
    pub updates: i64,
}

/// Runs the bench, and writes the figures where the command line asks.
///
/// # Errors
/// A file, the disk or the engine failed.
pub fn bench(args: &BenchArgs) -> Result<Figures, Error> {
    let maker = Maker::new("bench", args.force);
    check_files(&args.json, &maker)?;
    let figures = measured(args)?;
    if let Some(path) = &args.json {
        write_json(&figures, path, &maker)?;
    }
    Ok(figures)
}

fn measured(args: &BenchArgs) -> Result<Figures, Error> {
    let scratch = Scratch::new("bench")?;
    let region = match &args.region {
        Some(region) => region.clone(),
        None => {
            make_region(args, &scratch.path().join("region"))?;
            scratch.path().join("region")
        }
    };
    let input = find_records(&region)?;
    let mut bank = load_bank(Some(&region.join("rules")))?;
    // With tables alone the core rules run; here the models are asked too.
    bank.rules = load_bank(None)?.rules;
    let workers = granted(args.workers);

    let (decode, counted) = decode_only(&input, args.quiet)?;
    let rate =
        |elapsed_s: f64| (per_second(counted.fee_lines, elapsed_s), per_second(counted.records, elapsed_s));

    // (b) the whole way, from nothing to written outputs.
    let before = resident_bytes("VmRSS");
    let options = Options { workers, as_of: None, profile: None };
    let out = |name: &str| Folder::claim(&scratch.path().join(name), &Maker::new(RUN, false));
    let folder = out("out")?;
    let started = Instant::now();
    let mut session = Session::start(&bank, &options, &folder, BULK_TICK)?;
    session.engine().front.expect(input.records_expected());
    session.read(&input, &mut Progress::bytes("loading", input.bytes, args.quiet))?;
    session.engine().settle()?;
    let after = resident_bytes("VmRSS");
    let finished = session.finish(&folder, started)?;
    let elapsed_s = started.elapsed().as_secs_f64();
    let peak = resident_bytes("VmHWM");
    let per_line = |bytes: u64| bytes.saturating_sub(before) / counted.fee_lines.max(1);
    let bulk = Bulk {
        elapsed_s,
        lines_per_s: rate(elapsed_s).0,
        records_per_s: rate(elapsed_s).1,
        rss_bytes_per_line: per_line(after),
        peak_rss_bytes_per_line: per_line(peak),
    };
    let alerts = finished.alerts.len();
    drop(finished);

    // (c) to (e) on a load that is kept open.
    let profile = Profile::default();
    let options = Options { workers, as_of: None, profile: Some(profile.clone()) };
    let folder = out("kept-open")?;
    let mut session = Session::start(&bank, &options, &folder, BULK_TICK)?;
    session.engine().front.expect(input.records_expected());
    let steady = TIMED * STEADY_TICK;
    let loaded = counted.records.saturating_sub(steady as u64);
    let kept = load_first(&mut session, &input, loaded, args.quiet)?;
    session.engine().close_last_tick()?;
    session.engine().settle()?;
    let costs = profile.costs();
    let detectors = parts(&costs);
    let operators = costs
        .into_iter()
        .filter(|cost| cost.busy.as_secs_f64() > 0.0005 || cost.updates > 0)
        .map(|cost| Operator {
            name: cost.name,
            busy_s: milli(cost.busy.as_secs_f64()),
            updates: cost.updates,
        })
        .collect();
    let tick = steady_ticks(&mut session, &kept.tail)?;
    let correction = corrections(&mut session, &kept.samples)?;
    let rule_change = rule_changes(&mut session, &bank, elapsed_s)?;
    drop(session);

    let (lines_per_s, records_per_s) = rate(decode);
    Ok(Figures {
        visits: args.visits,
        workers,
        lines: counted.fee_lines,
        records: counted.records,
        bytes: input.bytes,
        decode: Rate { elapsed_s: milli(decode), lines_per_s, records_per_s },
        bulk: Bulk { elapsed_s: milli(bulk.elapsed_s), ..bulk },
        tick,
        correction,
        rule_change,
        alerts,
        detectors,
        operators,
    })
}

/// Operators are named `detector: what`; the nameless ones of the graph algorithm are those of `companions`.
fn parts(costs: &[Cost]) -> Vec<OperatorTime> {
    let mut parts: BTreeMap<&str, OperatorTime> = BTreeMap::new();
    for cost in costs {
        let name = match cost.name.as_str() {
            "Join" | "Reduce" | "Distinct" | "Iterate" | "ArrangeByKey" | "Arrange: Reduce"
            | "Arrange: Distinct" => "companions",
            name if name.starts_with(char::is_uppercase) => "dataflow",
            name => name.split(':').next().unwrap_or(name),
        };
        let part = parts.entry(name).or_default();
        part.busy_s += cost.busy.as_secs_f64();
        part.updates += cost.updates;
        part.memory_bytes_estimated += cost.updates * bytes_of_update(&cost.name);
    }
    let mut parts: Vec<OperatorTime> = parts
        .into_iter()
        .map(|(name, part)| OperatorTime { name: name.to_owned(), busy_s: milli(part.busy_s), ..part })
        .collect();
    parts.sort_by(|a, b| b.busy_s.total_cmp(&a.busy_s));
    parts
}

/// About what an update takes: its value and two offsets; a key here and there; a count where it is no 1.
fn bytes_of_update(operator: &str) -> i64 {
    match operator {
        "stock_balance: by block of days" => 60,
        "stock_balance: blocks by item" => 90,
        "money: findings" | "money: priced findings" | "money: laid by visit" => 400,
        _ => 12,
    }
}

fn make_region(args: &BenchArgs, region: &Path) -> Result<(), Error> {
    let recipe = Recipe { seed: 1, visits: args.visits, months: 12, schemes: Schemes::All, strength: 1.0 };
    make(&recipe, region, false, args.quiet).map(|_| ())
}

fn find_records(region: &Path) -> Result<Input, Error> {
    let path = region.join("records").join("changes.ndjson");
    let inputs = source::inputs(&[path], None, &mut Vec::new())?;
    inputs.into_iter().next().ok_or_else(|| Error::arguments("the region has no records"))
}

/// Takes the lines of a region and shows how far they are read.
struct RegionLines<F> {
    take: F,
    progress: Progress,
}

/// The bench's region is NDJSON of its own making: it has neither tables nor lines that are too long.
fn not_of_synth() -> Error {
    Error::arguments("the region is not one that synth made")
}

impl<F: FnMut(u64, &[u8]) -> Result<(), Error>> Entries for RegionLines<F> {
    type Error = Error;
    fn line(&mut self, number: u64, line: &[u8]) -> Result<(), Error> {
        (self.take)(number, line)
    }

    fn refused(&mut self, _number: u64, _refused: &Refused<'_>) -> Result<(), Error> {
        Err(not_of_synth())
    }
}

impl<F: FnMut(u64, &[u8]) -> Result<(), Error>> Lines for RegionLines<F> {
    fn row(&mut self, _number: u64, _row: &Row<'_>) -> Result<(), Error> {
        Err(not_of_synth())
    }

    fn bytes(&mut self, count: u64) {
        self.progress.add(count);
    }
}

struct Counted {
    fee_lines: u64,
    records: u64,
}

fn decode_only(input: &Input, quiet: bool) -> Result<(f64, Counted), Error> {
    let mut decoder = Decoder::new();
    let mut counted = Counted { fee_lines: 0, records: 0 };
    let take = |_number: u64, line: &[u8]| {
        counted.records += 1;
        let kind = decoder.decode(line, |change| change.kind);
        counted.fee_lines += u64::from(kind == Ok(Kind::FeeLine));
        Ok(())
    };
    let progress = Progress::bytes("decoding", input.bytes, quiet);
    let started = Instant::now();
    source::read(input, &mut RegionLines { take, progress })?;
    Ok((started.elapsed().as_secs_f64(), counted))
}

/// Lines that the bench keeps for what it times after the load.
#[derive(Default)]
struct KeptLines {
    /// Those that were not loaded.
    tail: Vec<Vec<u8>>,
    /// Loaded ones, to be corrected.
    samples: Vec<Vec<u8>>,
}

/// Loads the first `loaded` lines, keeps the others, and samples lines to be corrected.
fn load_first(session: &mut Session, input: &Input, loaded: u64, quiet: bool) -> Result<KeptLines, Error> {
    let sampled_every = (loaded / (4 * TIMED as u64)).max(1);
    let mut kept = KeptLines::default();
    let mut read = 0;
    let take = |number: u64, line: &[u8]| {
        read += 1;
        if read > loaded {
            kept.tail.push(line.to_vec());
            return Ok(());
        }
        if u64::is_multiple_of(read, sampled_every) {
            kept.samples.push(line.to_vec());
        }
        session.line("bench", number, line)
    };
    let progress = Progress::bytes("loading again, with the log", input.bytes, quiet);
    source::read(input, &mut RegionLines { take, progress })?;
    Ok(kept)
}

fn steady_ticks(session: &mut Session, tail: &[Vec<u8>]) -> Result<Latency, Error> {
    let mut times = Vec::new();
    for lines in tail.chunks(STEADY_TICK) {
        let started = Instant::now();
        for line in lines {
            session.line("bench", 1, line)?;
        }
        session.engine().close_tick()?;
        session.engine().settle()?;
        times.push(started.elapsed().as_secs_f64());
    }
    Ok(latency(times))
}

/// Corrects one record after the other, each a tick of its own.
fn corrections(session: &mut Session, samples: &[Vec<u8>]) -> Result<Latency, Error> {
    let mut times = Vec::new();
    for line in samples.iter().filter_map(|line| corrected(line)).take(TIMED) {
        let started = Instant::now();
        session.line("bench", 1, &line)?;
        session.engine().close_tick()?;
        session.engine().settle()?;
        times.push(started.elapsed().as_secs_f64());
    }
    Ok(latency(times))
}

/// The line with a higher rev and another content, for kinds that are corrected in practice.
fn corrected(line: &[u8]) -> Option<Vec<u8>> {
    let mut record: Value = serde_json::from_slice(line).ok()?;
    let fields = record.as_object_mut()?;
    let (field, value) = match fields.get("kind")?.as_str()? {
        "fee_line" => ("cnt", "7"),
        "settlement" => ("fund_pay_sumamt", "12.34"),
        "visit" => ("begntime", "2025-02-03 04:05:06"),
        "dispensing" => ("cnt", "3"),
        "prescription" => ("state", "cancelled"),
        "presence" => ("result", "fail"),
        "enrolment" => ("status", "2"),
        _ => return None,
    };
    fields.insert(field.to_owned(), Value::from(value));
    fields.insert("rev".to_owned(), Value::from(1_000_000));
    serde_json::to_vec(&record).ok()
}

/// Changes one parameter of a rule, or one row of a table, and waits for the difference.
fn rule_changes(session: &mut Session, bank: &Bank, bulk_s: f64) -> Result<RuleChange, Error> {
    let mut changes = Vec::new();
    for (rule, param, value) in [
        ("A01", "grace_days", Param::Integer(2)),
        ("A05", "tolerance_hours", Param::Integer(12)),
        ("A06", "kmh", Param::Decimal(200.into())),
        ("A08", "hours", Param::Integer(48)),
        ("A11", "persons", Param::Integer(2)),
        ("A14", "days", Param::Integer(4)),
        ("A15", "factor", Param::Decimal(2.into())),
        ("G02", "units", Param::Decimal(5.into())),
        ("G03", "days", Param::Integer(60)),
        ("M02", "tolerance", Param::Decimal(1.into())),
        ("M07", "hours", Param::Integer(48)),
        ("M08", "after_days", Param::Integer(5)),
        ("M12", "kinds", Param::Integer(6)),
        ("M15", "days", Param::Integer(7)),
        ("M16", "visits", Param::Integer(4)),
        ("M18", "stays", Param::Integer(5)),
        ("P08", "days", Param::Integer(90)),
    ] {
        let mut changed = bank.clone();
        let Some(of_rule) = changed.rules.iter_mut().find(|known| known.id == rule) else { continue };
        of_rule.params.insert(param.to_owned(), value.clone());
        changes.push(timed_change(session, format!("{rule} {param} = {value}"), &changed)?);
    }
    changes.push(timed_change(session, "all as before".to_owned(), bank)?);
    let dearest = changes.iter().map(|change| change.elapsed_s).fold(0.0, f64::max);
    Ok(RuleChange { elapsed_s: dearest, ratio_to_bulk: micro(dearest / bulk_s), changes })
}

fn timed_change(session: &mut Session, what: String, bank: &Bank) -> Result<OneChange, Error> {
    let events = session.events();
    let started = Instant::now();
    session.engine().change_bank(bank)?;
    session.engine().settle()?;
    let elapsed_s = micro(started.elapsed().as_secs_f64());
    Ok(OneChange { what, elapsed_s, events: session.events() - events })
}

fn latency(mut seconds: Vec<f64>) -> Latency {
    seconds.sort_by(f64::total_cmp);
    let at =
        |share: usize| seconds.get(seconds.len().saturating_sub(1) * share / 100).copied().unwrap_or(0.0);
    Latency {
        count: seconds.len(),
        p50_ms: milli(at(50) * 1e3),
        p99_ms: milli(at(99) * 1e3),
        max_ms: milli(at(100) * 1e3),
    }
}

fn milli(value: f64) -> f64 {
    (value * 1e3).round() / 1e3
}

fn micro(value: f64) -> f64 {
    (value * 1e6).round() / 1e6
}

/// A line of /proc/self/status in bytes; 0 where there is no such file.
fn resident_bytes(field: &str) -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let kib = status
        .lines()
        .find_map(|line| line.strip_prefix(field)?.strip_prefix(':')?.split_whitespace().next());
    kib.and_then(|kib| kib.parse::<u64>().ok()).unwrap_or(0) * 1024
}

/// The figures as a page of text.
pub fn page(figures: &Figures) -> String {
    use std::fmt::Write as _;
    let mut text = String::new();
    let bulk = &figures.bulk;
    let _ = writeln!(
        text,
        "{} fee lines, {} records, {} MB, {} worker(s), {} alerts",
        figures.lines,
        figures.records,
        figures.bytes / 1_000_000,
        figures.workers,
        figures.alerts
    );
    let _ = writeln!(text, "decode only      {:>9} fee lines/s", figures.decode.lines_per_s);
    let _ = writeln!(
        text,
        "bulk             {:>9} fee lines/s   {:.1} s   {} bytes resident per fee line (peak {})",
        bulk.lines_per_s, bulk.elapsed_s, bulk.rss_bytes_per_line, bulk.peak_rss_bytes_per_line
    );
    for (name, latency) in [("tick of 1,000", &figures.tick), ("one correction", &figures.correction)] {
        let _ = writeln!(
            text,
            "{name:<16} p50 {:.2} ms   p99 {:.2} ms   max {:.2} ms   ({} timed)",
            latency.p50_ms, latency.p99_ms, latency.max_ms, latency.count
        );
    }
    let change = &figures.rule_change;
    let _ = writeln!(
        text,
        "rule change      {:.3} s at most, 1/{:.0} of the load",
        change.elapsed_s,
        1.0 / change.ratio_to_bulk.max(1e-9)
    );
    for one in &change.changes {
        let _ = writeln!(
            text,
            "                 {:<28} {:>9.4} s   {} events",
            one.what, one.elapsed_s, one.events
        );
    }
    let _ = writeln!(
        text,
        "\ntime by detector, its memory estimated from its updates (of the load with the log on; --json has every operator)"
    );
    for part in &figures.detectors {
        let megabytes = part.memory_bytes_estimated / 1_000_000;
        let _ = writeln!(
            text,
            "  {:<20} {:>8.2} s {:>12} updates {:>6} MB or so",
            part.name, part.busy_s, part.updates, megabytes
        );
    }
    text
}

/// The figures as JSON.
fn write_json(figures: &Figures, path: &Path, maker: &Maker) -> Result<(), Error> {
    let failed = |source| Error::write(path, source);
    let text = serde_json::to_string_pretty(figures).map_err(|error| failed(error.into()))?;
    publish_files(vec![(path.to_owned(), (text + "\n").into_bytes())], maker)?;
    Ok(())
}
