//! `fundwatch rules diff`: what another bank would do to the alerts of a history, before anybody switches it on.
//!
//! The records are read once, under the first bank. Then the running dataflow is given the second one, and what it
//! answers to that is the difference: the alerts that come, go and change over the whole history, each with what in
//! the bank is the cause. Nothing is judged again but what the two banks read differently.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use detectors::alert_view::{AlertEvent, AlertView, Snapshot};
use detectors::detector::SPECS;
use reports::bank_change::changes::{AlertSide, Changes};
use reports::bank_change::differences::differences;
use reports::bank_change::{BankDiff, page, text};
use reports::outputs::{Draft, Folder, Maker, check_files, folder_and_name};
use rulebank::{Bank, Lang};

use crate::args::DiffArgs;
use crate::command::language;
use crate::error::Error;
use crate::inputs::tell;
use crate::progress::Progress;
use crate::run::parse_as_of;
use crate::terminal::tell as say;
use crate::workers::granted;
use runtime::clock::wall_clock;
use runtime::engine::{Engine, Options, Recorder, load_bank};
use runtime::front::Front;
use runtime::source::{self, Entries, Input, Lines, Refused, Row};
use wire::visible::visible_path;

/// Lines of a tick while loading.
const TICK: u64 = 100_000;

/// Who made the files, as the folder knows it.
const MAKER: &str = "rules diff";

/// The word for the bank in the program.
const BUILT_IN: &str = "builtin";

/// Compares two banks as the command line asks; gives the text for stdout.
///
/// # Errors
/// Wrong arguments, an invalid bank, a file or disk that fails.
pub fn diff(args: &DiffArgs) -> Result<String, Error> {
    let lang = language(args.lang.as_deref());
    let as_of = args.as_of.as_deref().map(parse_as_of).transpose()?;
    let [before, after] = [&args.before, &args.after].map(|path| bank_at(path));
    let (before, after) = (before?, after?);
    let outs: Vec<Out> = args.out.iter().map(|path| Out::of(path)).collect::<Result<_, _>>()?;
    let mut skipped = Vec::new();
    let inputs = source::inputs(&args.paths, None, &mut skipped)?;
    tell(&skipped);
    inputs.iter().try_for_each(source::check)?;
    let maker = Maker::new(MAKER, args.force).reading(&args.paths);
    let maker = maker.reading_bank(&args.before).reading_bank(&args.after);
    let maker = maker.reading(inputs.iter().map(|input| &input.path));
    check_files(&args.out, &maker)?;
    let mut lines = Vec::new();
    for out in outs.iter().filter(|out| out.is_lines) {
        lines.push(out.draft()?);
    }
    let options = Options { workers: granted(args.workers), as_of, profile: None };
    let mut diff = compare([&before, &after], &inputs, &options, lines, args.quiet)?;
    diff.names = [&args.before, &args.after].map(|path| visible_path(path));
    let mut files = diff.changes.take_files().into_iter();
    for out in &outs {
        let draft = if out.is_lines { files.next() } else { Some(out.page(&diff, lang)?) };
        out.folder()?.publish(draft.into_iter().collect())?;
    }
    if !args.quiet {
        let (load, change) = (diff.load.as_secs_f64(), diff.change.as_secs_f64());
        let share = load / change.max(1e-9);
        say(&format!("read in {load:.2} s; the change of the bank took {change:.3} s, 1/{share:.0} of that"));
    }
    Ok(text::page(&diff, lang))
}

/// The bank in a folder, or the built-in one.
fn bank_at(path: &Path) -> Result<Bank, Error> {
    Ok(load_bank((path.as_os_str() != BUILT_IN || path.is_dir()).then_some(path))?)
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
    let changes = Arc::new(Mutex::new([Changes::into_files(lines), Changes::default()]));
    let recorded = Arc::clone(&changes);
    let recorder: Recorder = Box::new(move |events: &[AlertEvent]| {
        let mut changes = recorded.lock().unwrap_or_else(PoisonError::into_inner);
        events.iter().try_for_each(|event| match &event.change {
            Some(change) => {
                let of = &mut changes[usize::from(event.shadow)];
                let added = of.add(side(&change.before), side(&change.after), &event.line.cause);
                added.map_err(runtime::Error::recorder)
            }
            None => Ok(()),
        })
    });
    let started = Instant::now();
    let mut engine = Engine::start_among(&[before, after], options, recorder)?;
    engine.front.bound_now(wall_clock());
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
    let (front, view) = engine.finish()?;
    let rules = |bank: &Bank| bank.rules.clone().into_iter().map(|rule| (rule.id, rule.title));
    let [changes, shadow] = std::mem::take(&mut *changes.lock().unwrap_or_else(PoisonError::into_inner));
    Ok(BankDiff {
        names: Default::default(),
        lines: [front.lines(), front.total().rejected],
        now: front.now(),
        banks: differences(before, after, SPECS),
        titles: rules(before).chain(rules(after)).collect(),
        changes,
        shadow,
        standing: standing(&view),
        load,
        change,
    })
}

/// How an alert stood under one of the banks.
fn side(side: &Option<Snapshot>) -> Option<AlertSide<'_>> {
    side.as_ref().map(|side| AlertSide { alert: &side.line, shares: &side.shares })
}

fn standing(view: &AlertView) -> BTreeMap<String, (u64, i128)> {
    let mut by_rule: BTreeMap<String, (u64, i128)> = BTreeMap::new();
    for alert in view.standing() {
        let rule = &view.compiled_bank().rules[usize::from(alert.priced.finding.rule)];
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
        if self.engine.front.lines_in_tick() >= TICK {
            self.engine.close_tick()?;
        }
        Ok(())
    }

    /// The way in, and where what it rejects goes: nothing is kept of it here, `run` shows it.
    fn front(&mut self) -> (&mut Front, std::io::Sink) {
        (&mut self.engine.front, std::io::sink())
    }
}

impl Entries for Feed<'_> {
    type Error = Error;
    fn line(&mut self, number: u64, line: &[u8]) -> Result<(), Error> {
        let file = self.file;
        let (front, mut nowhere) = self.front();
        // Nothing goes wrong in writing to nowhere.
        let _ = front.line(file, number, line, &mut nowhere)?;
        self.taken()
    }
    fn refused(&mut self, number: u64, refused: &Refused<'_>) -> Result<(), Error> {
        let file = self.file;
        let (front, mut nowhere) = self.front();
        let _ = front.refused(file, number, refused, &mut nowhere);
        self.taken()
    }
}

impl Lines for Feed<'_> {
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
        let (folder, name) = folder_and_name(path)?;
        let is_lines = name.ends_with(".ndjson");
        if !is_lines && !name.ends_with(".html") {
            let text = format!("--out {}: the file's name ends in .ndjson or .html", visible_path(path));
            return Err(Error::arguments(text));
        }
        Ok(Out { folder, name, is_lines })
    }

    fn folder(&self) -> Result<Folder, Error> {
        Ok(Folder::open(&self.folder, MAKER)?)
    }

    fn draft(&self) -> Result<Draft, Error> {
        Ok(self.folder()?.draft(&self.name)?)
    }

    fn page(&self, diff: &BankDiff, lang: Lang) -> Result<Draft, Error> {
        Ok(self.folder()?.bytes(&self.name, page::page(diff, lang).as_bytes())?)
    }
}
