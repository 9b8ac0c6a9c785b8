//! `fundwatch run`: files of records in; alerts, events, rejects, coverage and a summary out.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use records::spelling::{read_date, read_time};
use records::time::{format_time, start_of};
use rulebank::Bank;
use wire::summary::MoneySums;
use wire::summary::{FileCounts, FutureRecords, SkippedPath};
use wire::visible::visible_path;
use wire::{Alert, FenSum, LineCounts, RuleCoverage, Summary, files};

use detectors::alert_view::AlertView;

use crate::args::RunArgs;
use crate::error::Error;
use crate::exempted::{Exempted, tally};
use crate::inputs::{file_counts, future_of, now_from, tell};
use crate::keep;
use crate::owners;
use crate::places;
use crate::progress::Progress;
use crate::terminal::tell as say;
use crate::workers::granted;
use reports::outputs::{self, Draft, Folder, Maker};
use runtime::clock::wall_clock;
use runtime::engine::{Engine, Options, Recorder, load_bank};
use runtime::front::Front;
use runtime::source::{self, Encoding, Entries, Input, Lines, Refused, Row, Skipped};

/// What a run came to, for people.
pub struct Outcome {
    /// Lines by kind.
    pub counts: Vec<(&'static str, LineCounts)>,
    /// All lines.
    pub total: LineCounts,
    /// Rejected lines by code.
    pub rejected: Vec<(&'static str, u64)>,
    /// Alerts that stand, by `alert_id`.
    pub alerts: Vec<Alert>,
    /// What exemptions let off.
    pub exempted: Exempted,
    /// Coverage by rule.
    pub coverage: BTreeMap<String, RuleCoverage>,
    /// The bank that judged.
    pub bank: Bank,
    /// Seconds from the first line to complete outputs.
    pub elapsed_s: f64,
    /// What is in a folder and was not read.
    pub skipped: Vec<Skipped>,
    /// What came of each file.
    pub files: Vec<FileCounts>,
    /// *Now*, and whether it was set.
    pub now: Option<String>,
    /// Records dated in the future, which do not move it.
    pub future: FutureRecords,
}

/// Runs as the command line asks.
///
/// # Errors
/// Wrong arguments, an invalid bank, a file or disk that fails.
pub fn run(args: &RunArgs) -> Result<Outcome, Error> {
    let as_of = args.as_of.as_deref().map(parse_as_of).transpose()?;
    let bank = load_bank(args.rules.as_deref())?;
    if !bank.notes.is_empty() {
        say(rulebank::notes_report(&bank.notes).trim_end());
    }
    let mut skipped = Vec::new();
    let inputs = source::inputs(&args.paths, Some(&args.out), &mut skipped)?;
    tell(&skipped);
    // A file that cannot be opened is found before the work, not after an hour of it.
    inputs.iter().try_for_each(source::check)?;
    let maker = Maker::new(outputs::RUN, args.force).reading(&args.paths);
    let maker = args.rules.iter().fold(maker, |maker, bank| maker.reading_bank(bank));
    let maker = maker.reading(inputs.iter().map(|input| &input.path));
    let options = Options { workers: granted(args.workers), as_of, profile: None };
    let started = Instant::now();
    let folder = Folder::claim(&args.out, &maker)?;
    for path in folder.going() {
        say(&format!("replaced, which no run made: {}", visible_path(path)));
    }
    let mut session = Session::start(&bank, &options, &folder, args.tick)?;
    let total_bytes: u64 = inputs.iter().map(|input| input.bytes).sum();
    session.engine().front.bound_now(wall_clock());
    session.skipped = skipped_paths(&skipped);
    session.engine().front.expect(inputs.iter().map(Input::records_expected).sum());
    let mut progress = Progress::bytes("reading", total_bytes, args.quiet);
    for input in &inputs {
        session.read(input, &mut progress)?;
    }
    progress.finish();
    let Finished { front, view, alerts, exempted, files, now, future } = session.finish(&folder, started)?;
    Ok(Outcome {
        counts: front.counts(),
        total: front.total(),
        rejected: front.rejected_by_code().iter().map(|(code, n)| (*code, *n)).collect(),
        alerts,
        exempted,
        coverage: view.coverage(),
        bank,
        elapsed_s: started.elapsed().as_secs_f64(),
        skipped,
        files,
        now,
        future,
    })
}

/// What was not read, as `summary.json` has it.
fn skipped_paths(skipped: &[Skipped]) -> Vec<SkippedPath> {
    let of = |skipped: &Skipped| SkippedPath {
        path: skipped.path.to_string_lossy().into_owned(),
        why: skipped.why.to_string(),
    };
    skipped.iter().map(of).collect()
}

/// A time, or a date, which is its 00:00:00.
pub(crate) fn parse_as_of(text: &str) -> Result<i64, Error> {
    read_time(text)
        .or_else(|_| read_date(text).map(start_of))
        .map_err(|fault| Error::arguments(format!("--as-of {text} {fault}")))
}

/// A run that ended.
pub struct Finished {
    /// The way in, with its counts.
    pub front: Front,
    /// The view, with its coverage.
    pub view: AlertView,
    /// Alerts that stand, by `alert_id`.
    pub alerts: Vec<Alert>,
    /// What exemptions let off.
    pub exempted: Exempted,
    /// What came of each file.
    pub files: Vec<FileCounts>,
    /// *Now*.
    pub now: Option<String>,
    /// Records dated in the future.
    pub future: FutureRecords,
}

/// The draft that the view's thread writes and the run publishes; if the run ends early, it goes with it.
struct EventsFile(Arc<Mutex<Option<Draft>>>);

impl EventsFile {
    fn take(&self) -> Option<Draft> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

impl Drop for EventsFile {
    fn drop(&mut self) {
        drop(self.take());
    }
}

/// A run in progress: an engine whose events and rejects go to drafts of files.
pub struct Session {
    engine: Engine,
    rejected: Draft,
    events: EventsFile,
    recorded: Arc<AtomicUsize>,
    tick_lines: u64,
    files: Vec<FileCounts>,
    skipped: Vec<SkippedPath>,
    /// What judges, and whether *now* is set: kept for explaining.
    bank: Bank,
    as_of: Option<i64>,
}

impl Session {
    /// Starts the engine and the files that grow while it runs.
    ///
    /// # Errors
    /// A file cannot be made, a thread not be started.
    pub fn start(bank: &Bank, options: &Options, folder: &Folder, tick_lines: u64) -> Result<Session, Error> {
        let rejected = folder.draft(files::REJECTED)?;
        let events = EventsFile(Arc::new(Mutex::new(Some(folder.draft(files::EVENTS)?))));
        let recorded = Arc::new(AtomicUsize::new(0));
        let recorder: Recorder = {
            let (events, recorded) = (Arc::clone(&events.0), Arc::clone(&recorded));
            Box::new(move |of_tick| {
                let active = || of_tick.iter().filter(|event| !event.shadow);
                recorded.fetch_add(active().count(), Ordering::Relaxed);
                let mut events = events.lock().unwrap_or_else(PoisonError::into_inner);
                let Some(draft) = events.as_mut() else { return Ok(()) };
                active().try_for_each(|event| draft.line(&event.line).map_err(runtime::Error::recorder))
            })
        };
        let engine = Engine::start(bank, options, recorder)?;
        let (bank, as_of) = (bank.clone(), options.as_of);
        let (files, skipped) = (Vec::new(), Vec::new());
        Ok(Session { engine, rejected, events, recorded, tick_lines, files, skipped, bank, as_of })
    }

    /// The engine.
    pub fn engine(&mut self) -> &mut Engine {
        &mut self.engine
    }

    /// Events recorded so far.
    pub fn events(&self) -> usize {
        self.recorded.load(Ordering::Relaxed)
    }

    /// Takes one line; closes the tick when it is full.
    ///
    /// # Errors
    /// The disk, the memory of rows, or the engine failed.
    pub fn line(&mut self, file: &str, number: u64, line: &[u8]) -> Result<(), Error> {
        let written = self.engine.front.line(file, number, line, self.rejected.writer())?;
        self.taken(written)
    }

    /// Takes what its reader knows to be no JSON, as [`Session::line`].
    ///
    /// # Errors
    /// As [`Session::line`].
    pub fn refused(&mut self, file: &str, number: u64, refused: &Refused<'_>) -> Result<(), Error> {
        let written = self.engine.front.refused(file, number, refused, self.rejected.writer());
        self.taken(written)
    }

    /// Takes one row of a table, as [`Session::line`].
    ///
    /// # Errors
    /// As [`Session::line`].
    pub fn row(&mut self, file: &str, number: u64, row: &Row<'_>) -> Result<(), Error> {
        let written = self.engine.front.row(file, number, row, self.rejected.writer())?;
        self.taken(written)
    }

    fn taken(&mut self, written: std::io::Result<()>) -> Result<(), Error> {
        written.map_err(|source| self.rejected.failed(source))?;
        if self.engine.front.lines_in_tick() >= self.tick_lines {
            self.engine.close_tick()?;
        }
        Ok(())
    }

    /// Reads a whole file.
    ///
    /// # Errors
    /// As [`Session::line`], and the file cannot be read.
    pub fn read(&mut self, input: &Input, progress: &mut Progress) -> Result<(), Error> {
        struct Feed<'a> {
            session: &'a mut Session,
            file: &'a str,
            progress: &'a mut Progress,
            encoding: Option<Encoding>,
        }
        impl Entries for Feed<'_> {
            type Error = Error;
            fn line(&mut self, number: u64, line: &[u8]) -> Result<(), Error> {
                self.session.line(self.file, number, line)
            }
            fn refused(&mut self, number: u64, refused: &Refused<'_>) -> Result<(), Error> {
                self.session.refused(self.file, number, refused)
            }
        }
        impl Lines for Feed<'_> {
            fn row(&mut self, number: u64, row: &Row<'_>) -> Result<(), Error> {
                self.session.row(self.file, number, row)
            }
            fn bytes(&mut self, count: u64) {
                self.progress.add(count);
            }
            fn encoding(&mut self, encoding: &Encoding) {
                self.encoding = Some(*encoding);
            }
        }
        let front = &mut self.engine.front;
        front.begin_file();
        let before = (front.total(), front.rejected_by_code().clone());
        let mut feed = Feed { session: self, file: &input.name, progress, encoding: None };
        source::read(input, &mut feed)?;
        let encoding = feed.encoding;
        let counts = file_counts(input, &self.engine.front, &before, encoding);
        self.files.push(counts);
        Ok(())
    }

    /// Closes the last tick, waits for the answers, and publishes all outputs.
    ///
    /// # Errors
    /// The disk or the engine failed; no output has its final name then.
    pub fn finish(mut self, folder: &Folder, started: Instant) -> Result<Finished, Error> {
        self.engine.close_last_tick()?;
        let (mut front, view) = self.engine.finish()?;
        let now = front.now();
        let (future, now_from) = (future_of(&mut front), now_from(&mut front, self.as_of.is_some()));
        let run = keep::run_of(now, self.as_of.is_some());
        let kept = keep::keep(folder, &view, &self.bank, &run)?;
        let owners = owners::write(folder, &view, front.ledger())?;
        let places = places::write(folder, &view)?;
        let mut alerts_file = folder.draft(files::ALERTS)?;
        let (mut amount, mut counted) = (0i128, 0i128);
        let mut out: BTreeMap<String, u64> = BTreeMap::new();
        let alerts = view.alerts();
        for alert in &alerts {
            if alert.exempted_by.is_none() {
                amount += i128::from(alert.amount.fen());
            }
            counted += i128::from(alert.counted_amount.fen());
            *out.entry(alert.rule.clone()).or_default() += 1;
            alerts_file.line(alert)?;
        }
        let (shadow_file, shadow) = write_shadow(folder, &view)?;
        let exempted = tally(&self.bank, &view, &alerts, now);
        let coverage = folder.document(files::COVERAGE, &view.coverage())?;
        let elapsed_s = started.elapsed().as_secs_f64();
        let summary = Summary {
            r#in: front.counts().into_iter().map(|(kind, counts)| (kind.to_owned(), counts)).collect(),
            total: front.total(),
            now: now.map(format_time),
            now_from,
            future: future.clone(),
            files: self.files.clone(),
            skipped: self.skipped,
            out,
            shadow,
            money: MoneySums { amount: FenSum(amount), counted_amount: FenSum(counted) },
            exempted: exempted.by_rule.clone(),
            expired_exemptions: exempted.expired.clone(),
            elapsed_s: (elapsed_s * 1000.0).round() / 1000.0,
            records_per_s: per_second(front.lines(), elapsed_s),
        };
        let summary = folder.document(files::SUMMARY, &summary)?;
        let events = self.events.take();
        let drafts = [alerts_file, shadow_file, owners, self.rejected, coverage, summary];
        let drafts = events.into_iter().chain(drafts).chain(places).collect();
        folder.publish_with(drafts, Some(kept))?;
        let now = now.map(format_time);
        Ok(Finished { front, view, alerts, exempted, files: self.files, now, future })
    }
}

/// Writes what shadow rules find; gives the file and how much it is, by rule.
fn write_shadow(folder: &Folder, view: &AlertView) -> Result<(Draft, BTreeMap<String, u64>), Error> {
    let mut file = folder.draft(files::SHADOW)?;
    let mut by_rule: BTreeMap<String, u64> = BTreeMap::new();
    for alert in view.shadow_alerts() {
        *by_rule.entry(alert.rule.clone()).or_default() += 1;
        file.line(&alert)?;
    }
    Ok((file, by_rule))
}

/// A rate, rounded down.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a rate for people")]
#[expect(clippy::cast_precision_loss, reason = "a rate for people")]
pub fn per_second(count: u64, seconds: f64) -> u64 {
    if seconds > 0.0 { (count as f64 / seconds) as u64 } else { 0 }
}
