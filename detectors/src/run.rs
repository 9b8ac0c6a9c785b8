//! A whole history in one call, in this thread: for the cases of rules, for tests and for evaluation.
//!
//! The same ledger, dataflow and view as in the program, without files, queues or a clock: lines go in tick by
//! tick, and after each tick there is an [`Answer`]. What is slow for a region of millions is a few
//! milliseconds for a case.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use records::arena::{ArenaFull, TextRef};
use records::decode::Decoder;
use records::ledger::{Fate, Ledger};
use records::row::Moment;
use rulebank::Bank;
use wire::{Alert, RuleCoverage};

use crate::alert_view::{AlertEvent, AlertView};
use crate::compiled_bank::CompiledBank;
use crate::views::Tick;
use crate::worker::{self, TickIn};

/// What is known at the end of a tick.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The alerts that stand, by `alert_id`.
    pub alerts: Vec<Alert>,
    /// What was judged, by rule.
    pub coverage: BTreeMap<String, RuleCoverage>,
    /// What happened to alerts in this tick.
    pub events: Vec<AlertEvent>,
    /// Lines of this tick that were rejected: their place in the step, from 0, and why.
    pub rejected: Vec<(usize, String)>,
}

/// Runs `steps` through the active rules of `bank`; each step is a tick of NDJSON lines, also an empty one.
///
/// `as_of` replaces *now*. Every answer holds all alerts that stand, so a long history has few steps.
///
/// # Errors
/// The memory of rows is full.
pub fn history(bank: &Bank, as_of: Option<Moment>, steps: &[Vec<String>]) -> Result<Vec<Answer>, ArenaFull> {
    history_mutated(bank, None, as_of, steps)
}

/// As [`history`], with one comparison mutated ([`CompiledBank::compile_mutated`]).
///
/// # Errors
/// The memory of rows is full.
pub fn history_mutated(
    bank: &Bank,
    mutated: Option<u8>,
    as_of: Option<Moment>,
    steps: &[Vec<String>],
) -> Result<Vec<Answer>, ArenaFull> {
    let mut ledger = Ledger::default();
    let compiled = compile(bank, mutated, &mut ledger)?;
    let mut decoder = Decoder::new();
    let mut ticks = VecDeque::with_capacity(steps.len());
    let mut rejected = VecDeque::with_capacity(steps.len());
    for (number, step) in (1..).zip(steps) {
        rejected.push_back(take_in(step, &mut decoder, &mut ledger)?);
        ticks.push_back(close(number, as_of, &mut ledger));
    }
    let arena = Arc::clone(ledger.arena());
    Ok(timely::execute_directly(move |worker| {
        let mut view = AlertView::new(Arc::clone(&arena), Arc::clone(&compiled));
        let mut to_judge = ticks.clone();
        let mut answers = Vec::with_capacity(ticks.len());
        worker::run(
            worker,
            &arena,
            &compiled,
            || to_judge.pop_front(),
            |of_worker| {
                let (Some(tick), Some(rejected)) = (ticks.pop_front(), rejected.pop_front()) else {
                    return false;
                };
                let events = view.apply_tick(&tick, vec![of_worker]);
                answers.push(Answer { alerts: view.alerts(), coverage: view.coverage(), events, rejected });
                true
            },
        );
        answers
    }))
}

/// The bank by the identities of a ledger.
fn compile(bank: &Bank, mutated: Option<u8>, ledger: &mut Ledger) -> Result<Arc<CompiledBank>, ArenaFull> {
    ledger.set_fillers(bank.tables.fillers())?;
    let mut failed = None;
    let compiled = CompiledBank::compile_mutated(bank, mutated, &mut |text| {
        ledger.intern(text).unwrap_or_else(|full| {
            failed = Some(full);
            TextRef::NONE
        })
    });
    failed.map_or_else(|| Ok(Arc::new(compiled)), Err)
}

/// Takes the lines of a step in; says which were rejected.
fn take_in(
    lines: &[String],
    decoder: &mut Decoder,
    ledger: &mut Ledger,
) -> Result<Vec<(usize, String)>, ArenaFull> {
    let mut rejected = Vec::new();
    for (number, line) in lines.iter().enumerate().filter(|(_, line)| !line.trim_ascii().is_empty()) {
        match decoder.decode_str(line, |change| ledger.apply(change)) {
            Ok(fate) => {
                if fate? == Fate::Conflict {
                    rejected.push((number, "this revision was there before with other content".to_owned()));
                }
            }
            Err(fault) => rejected.push((number, format!("{}: {}", fault.code.as_str(), fault.text))),
        }
    }
    Ok(rejected)
}

fn close(tick: Tick, as_of: Option<Moment>, ledger: &mut Ledger) -> TickIn {
    TickIn {
        tick,
        facts: Arc::new(ledger.take_facts()),
        now: as_of.or(ledger.now()),
        carried: None,
        bank: None,
        profiles: true,
    }
}
