//! One worker: ticks in, changes of alerts and counts out.
//!
//! Every worker gets every tick and feeds its share of the facts; the dataflow brings together what belongs
//! together. A tick is finished before the next one begins, so an answer always speaks of a complete tick.

use std::sync::Arc;

use records::arena::Arena;
use records::ledger::FactChange;
use records::row::{Moment, day_of};
use records::time::month_of;
use serde::{Deserialize, Serialize};
use timely::dataflow::operators::probe::Handle as ProbeHandle;
use timely::worker::Worker;

use crate::carried::CarriedStock;
use crate::compiled_bank::CompiledBank;
use crate::coverage::Count;
use crate::finding::ReconciledFinding;
use crate::graph::{Outputs, mount};
use crate::publish::Publisher;
use crate::views::{Diff, Tick};

/// What came in between two ticks.
#[derive(Clone, Debug)]
pub struct TickIn {
    /// Number of the tick, from 1.
    pub tick: Tick,
    /// Facts lost and gained, in order.
    pub facts: Arc<Vec<FactChange>>,
    /// *Now* at the end of the tick, if anything with an event time stands.
    pub now: Option<Moment>,
    /// What records that are at hand no more did to stocks: with the first tick of a dataflow that begins without them.
    pub carried: Option<Arc<Vec<CarriedStock>>>,
    /// Another version of the bank, from this tick on.
    pub bank: Option<Arc<CompiledBank>>,
    /// Whether profiles take in what gathered; they also do when *now* enters another month.
    pub profiles: bool,
}

/// What one worker answers to a tick.
#[derive(Debug, Serialize, Deserialize)]
pub struct TickOut {
    /// Number of the tick.
    pub tick: Tick,
    /// Alerts withdrawn (-1) and stated (+1); entries may cancel.
    pub alerts: Vec<(ReconciledFinding, Diff)>,
    /// Changes of the coverage.
    pub counts: Vec<(Count, Diff)>,
}

/// How long a worker sleeps at the most while others still work on its tick.
const PARK: std::time::Duration = std::time::Duration::from_millis(1);

/// Runs the dataflow of one worker until `receive` has no more ticks.
///
/// `send` returns false when nobody listens any more.
pub fn run(
    worker: &mut Worker,
    arena: &Arc<Arena>,
    bank: &Arc<CompiledBank>,
    receive: impl FnMut() -> Option<TickIn>,
    send: impl FnMut(TickOut) -> bool,
) {
    run_publishing(worker, arena, bank, None, receive, send);
}

/// As [`run`]; after each tick its facts are handed in at `publisher`, before the tick is answered.
pub fn run_publishing(
    worker: &mut Worker,
    arena: &Arc<Arena>,
    bank: &Arc<CompiledBank>,
    publisher: Option<&Publisher>,
    mut receive: impl FnMut() -> Option<TickIn>,
    mut send: impl FnMut(TickOut) -> bool,
) {
    let mut current_bank = Arc::clone(bank);
    let probe = ProbeHandle::new();
    let (mut inputs, outputs) =
        worker.dataflow(|scope| mount(scope, arena, bank, &probe, publisher.is_some()));
    let (index, peers) = (worker.index(), worker.peers());
    let mut month = None;
    inputs.advance_to(1);
    while let Some(tick) = receive() {
        for fact in tick.facts.iter().skip(index).step_by(peers).filter(|fact| fact.diff != 0) {
            inputs.feed(fact.row, Diff::from(fact.diff));
        }
        for stock in tick.carried.iter().flat_map(|carried| carried.iter().skip(index).step_by(peers)) {
            inputs.carry(stock);
        }
        if index == 0 {
            inputs.feed_today(tick.now);
        }
        inputs.now.send(tick.now.unwrap_or(Moment::MIN));
        let month_before = std::mem::replace(&mut month, tick.now.map(|now| month_of(day_of(now))));
        if tick.profiles || tick.bank.is_some() || month != month_before {
            inputs.gate.send(());
        }
        if let Some(bank) = tick.bank {
            current_bank = Arc::clone(&bank);
            inputs.bank.send(bank);
        }
        inputs.advance_to(tick.tick + 1);
        while probe.less_than(&(tick.tick + 1)) {
            worker.step_or_park(Some(PARK));
        }
        if let (Some(publisher), Some(traces)) = (publisher, &outputs.traces) {
            // An arrangement that nobody reads is not behind the probe.
            while !traces.borrow_mut().are_complete(tick.tick) {
                worker.step_or_park(Some(PARK));
            }
            let shard = traces.borrow_mut().shard(tick.tick);
            publisher.hand_in(index, tick.tick, tick.now, &current_bank, shard);
        }
        if !send(answer(tick.tick, &outputs)) {
            break;
        }
    }
}

fn answer(tick: Tick, outputs: &Outputs) -> TickOut {
    let alerts = outputs.alerts.borrow_mut().drain(..).map(|(alert, _, diff)| (alert, diff)).collect();
    let counts = outputs.counts.borrow_mut().drain(..).map(|(count, _, diff)| (count, diff)).collect();
    TickOut { tick, alerts, counts }
}
