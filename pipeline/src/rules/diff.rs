//! `fundwatch rules diff`: what another bank would do to the alerts of a history, before anybody switches it on.
//!
//! The records are read once, under the first bank. Then the running dataflow is told of the second one, and what it
//! answers to that is the difference: the alerts that come, go and change over the whole history, each with what in
//! the bank is the cause. Nothing is judged again but what the two banks read differently.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use detectors::alert_view::{AlertEvent, AlertView};
use rulebank::{Bank, Lang, Text2};

use super::changes::Changes;
use super::differences::{Difference, differences};
use super::{diff_page, diff_text};
use crate::args::DiffArgs;
use crate::engine::{Engine, Options, Recorder, load_bank};
use crate::error::Error;
use crate::explain::language;
use crate::front::Front;
use crate::outputs::{Draft, Folder};
use crate::progress::Progress;
use crate::run::parse_as_of;
use crate::source::{self, Input, Lines, Row};

/// Lines of a tick while loading.
const TICK: u64 = 100_000;

/// The word for the bank in the program.
const BUILT_IN: &str = "builtin";

/// The difference between two banks over a history.
pub struct BankDiff {
    /// What the banks are called: as they were given.
    pub names: [String; 2],
    /// Lines that were read, and how many of them were rejected.
    pub lines: [u64; 2],
    /// *Now*, if anything with an event time stands.
    pub now: Option<i64>,
    /// What is different between the banks.
    pub banks: Vec<Difference>,
    /// What is different between the alerts.
    pub changes: Changes,
    /// What the rules are called.
    pub titles: BTreeMap<String, Text2>,
    /// Alerts that stand under the second bank, by rule, with what they count in fen.
    pub standing: BTreeMap<String, (u64, i128)>,
    /// How long the load took.
    pub load: Duration,
    /// How long the change of the bank took.
    pub change: Duration,
}

/// Compares two banks as the command line says; gives the text for stdout.
///
/// # Errors
/// InvalidValue arguments, an invalid bank, a file or disk that fails.
pub fn diff(args: &DiffArgs) -> Result<String, Error> {
    let lang = language(args.lang.as_deref(), |name| std::env::var(name).ok());
    let as_of = args.as_of.as_deref().map(parse_as_of).transpose()?;
    let [before, after] = [&args.before, &args.after].map(|path| bank_at(path));
    let (before, after) = (before?, after?);
    let outs: Vec<Out> = args.out.iter().map(|path| Out::of(path)).collect::<Result<_, _>>()?;
    let mut skipped = Vec::new();
    let inputs = source::inputs(&args.paths, &mut skipped)?;
    for path in &skipped {
        eprintln!("skipped: {} (not a format of records)", path.display());
    }
    inputs.iter().try_for_each(source::check)?;
    let mut lines = Vec::new();
    for out in outs.iter().filter(|out| out.is_lines) {
        lines.push(out.draft()?);
    }
    let options = Options { workers: usize::from(args.workers), as_of, profile: None };
    let mut told = compare([&before, &after], &inputs, &options, lines, args.quiet)?;
    told.names = [&args.before, &args.after].map(|path| path.display().to_string());
    let mut files = told.changes.take_files().into_iter();
    for out in &outs {
        let draft = if out.is_lines { files.next() } else { Some(out.page(&told, lang)?) };
        out.folder()?.publish(draft.into_iter().collect())?;
    }
    if !args.quiet {
        let (load, change) = (told.load.as_secs_f64(), told.change.as_secs_f64());
        let share = load / change.max(1e-9);
        eprintln!("read in {load:.2} s; the change of the bank took {change:.3} s, 1/{share:.0} of that");
    }
    Ok(diff_text::page(&told, lang))
}

/// The bank in a folder, or the built-in one.
fn bank_at(path: &Path) -> Result<Bank, Error> {
    if path.as_os_str() == BUILT_IN && !path.is_dir() { load_bank(None) } else { load_bank(Some(path)) }
}

/// Reads the records under the first bank and changes to the second; each change goes to `lines` as a line.
///
/// # Errors
/// A file, the disk or the engine failed.
pub fn compare(
    [before, after]: [&Bank; 2],
    inputs: &[Input],
    options: &Options,
    lines: Vec<Draft>,
    quiet: bool,
) -> Result<BankDiff, Error> {
    let changes = Arc::new(Mutex::new(Changes::into_files(lines)));
    let heard = Arc::clone(&changes);
    let recorder: Recorder = Box::new(move |events: &[AlertEvent]| {
        let mut changes = heard.lock().unwrap_or_else(PoisonError::into_inner);
        events.iter().try_for_each(|event| match &event.change {
            Some(change) => changes.hear(change, &event.line.cause),
            None => Ok(()),
        })
    });
    let started = Instant::now();
    let mut engine = Engine::start_among(&[before, after], options, recorder)?;
    engine.front.expect(inputs.iter().map(Input::records_expected).sum());
    let mut progress = Progress::bytes("reading", inputs.iter().map(|input| input.bytes).sum(), quiet);
    for input in inputs {
        source::read(input, &mut Feed { engine: &mut engine, file: &input.name, progress: &mut progress })?;
    }
    progress.finish();
    engine.close_last_tick()?;
    engine.settle()?;
    let load = started.elapsed();
    let started = Instant::now();
    engine.change_bank(after)?;
    engine.settle()?;
    let change = started.elapsed();
    let (mut front, desk) = engine.finish()?;
    let rules = |bank: &Bank| bank.rules.clone().into_iter().map(|rule| (rule.id, rule.title));
    let changes = std::mem::take(&mut *changes.lock().unwrap_or_else(PoisonError::into_inner));
    Ok(BankDiff {
        names: Default::default(),
        lines: [front.lines(), front.total().rejected],
        now: options.as_of.or(front.ledger().now()),
        banks: differences(before, after),
        titles: rules(before).chain(rules(after)).collect(),
        changes,
        standing: standing(&desk),
        load,
        change,
    })
}

fn standing(desk: &AlertView) -> BTreeMap<String, (u64, i128)> {
    let mut by_rule: BTreeMap<String, (u64, i128)> = BTreeMap::new();
    for alert in desk.standing() {
        let rule = &desk.knowledge().rules[usize::from(alert.priced.finding.rule)];
        let (count, counted) = by_rule.entry(rule.id.clone()).or_default();
        *count += 1;
        *counted += i128::from(alert.counted);
    }
    by_rule
}

/// Lines into the engine; what is rejected is counted.
struct Feed<'a> {
    engine: &'a mut Engine,
    file: &'a str,
    progress: &'a mut Progress,
}

impl Feed<'_> {
    fn taken(&mut self) -> Result<(), Error> {
        if self.engine.front.lines_in_tick() >= TICK { self.engine.close_tick() } else { Ok(()) }
    }

    /// The way in, and where what it rejects goes: nothing is kept of it here, `run` tells it.
    fn front(&mut self) -> (&mut Front, std::io::Sink) {
        (&mut self.engine.front, std::io::sink())
    }
}

impl Lines for Feed<'_> {
    fn line(&mut self, number: u64, line: &[u8]) -> Result<(), Error> {
        let file = self.file;
        let (front, mut nowhere) = self.front();
        // Nothing goes wrong in writing to nowhere.
        let _ = front.line(file, number, line, &mut nowhere)?;
        self.taken()
    }
    fn overlong(&mut self, number: u64, head: &[u8], length: u64) -> Result<(), Error> {
        let file = self.file;
        let (front, mut nowhere) = self.front();
        let _ = front.overlong(file, number, head, length, &mut nowhere);
        self.taken()
    }
    fn row(&mut self, number: u64, row: &Row<'_>) -> Result<(), Error> {
        let file = self.file;
        let (front, mut nowhere) = self.front();
        let _ = front.row(file, number, row, &mut nowhere)?;
        self.taken()
    }
    fn bytes(&mut self, count: u64) {
        self.progress.add(count);
    }
}

/// A file that was asked for.
struct Out {
    folder: PathBuf,
    name: String,
    is_lines: bool,
}

impl Out {
    fn of(path: &Path) -> Result<Out, Error> {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let is_lines = name.ends_with(".ndjson");
        if !is_lines && !name.ends_with(".html") {
            let text = format!("--out {}: the file's name ends in .ndjson or .html", path.display());
            return Err(Error::Arguments(text));
        }
        Ok(Out { folder: folder.to_owned(), name, is_lines })
    }

    fn folder(&self) -> Result<Folder, Error> {
        Folder::open(&self.folder)
    }

    fn draft(&self) -> Result<Draft, Error> {
        self.folder()?.draft(&self.name)
    }

    fn page(&self, told: &BankDiff, lang: Lang) -> Result<Draft, Error> {
        let mut draft = self.draft()?;
        let written = draft.writer().write_all(diff_page::page(told, lang).as_bytes());
        written.map_err(|source| draft.failed(source))?;
        Ok(draft)
    }
}
