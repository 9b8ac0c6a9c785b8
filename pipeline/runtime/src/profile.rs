//! Where the time and the memory go, operator by operator, from the engine's own log.
//!
//! Measuring costs something, so only `bench` asks for it, and not while it measures the whole; and the live service, of
//! sizes alone, if its configuration says so. Most of the cost is the log itself, which has an entry for each time that
//! an operator is scheduled; the names of operators stand in it, too.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use differential_dataflow::logging::{DifferentialEvent, DifferentialEventBuilder};
use timely::logging::{StartStop, TimelyEvent, TimelyEventBuilder};
use timely::worker::Worker;

/// What one operator cost.
#[derive(Clone, Debug, Default)]
pub struct Cost {
    /// Name of the operator.
    pub name: String,
    /// Time it was at work itself.
    pub busy: Duration,
    /// Updates its arrangement holds.
    pub updates: i64,
    /// Whether it has an arrangement.
    arranges: bool,
}

/// Costs by operator; shared by all workers.
#[derive(Clone, Debug, Default)]
pub struct Profile {
    costs: Arc<Mutex<BTreeMap<usize, Cost>>>,
    sizes_alone: bool,
}

impl Profile {
    /// One that notes sizes and no times.
    pub fn of_sizes() -> Profile {
        Profile { costs: Arc::default(), sizes_alone: true }
    }

    /// Listens to a worker; to be called before its dataflow is built.
    pub fn listen(&self, worker: &Worker) {
        let Some(mut log) = worker.log_register() else { return };
        let (costs, sizes_alone) = (Arc::clone(&self.costs), self.sizes_alone);
        let mut at_work: Vec<(usize, Duration, Duration)> = Vec::new();
        log.insert::<TimelyEventBuilder, _>("timely", move |_, events| {
            let mut costs = costs.lock().unwrap_or_else(PoisonError::into_inner);
            for (time, event) in events.take().into_iter().flatten() {
                match event {
                    TimelyEvent::Operates(operator) => {
                        costs.entry(operator.id).or_default().name = operator.name;
                    }
                    _ if sizes_alone => {}
                    TimelyEvent::Schedule(schedule) if matches!(schedule.start_stop, StartStop::Start) => {
                        at_work.push((schedule.id, time, Duration::ZERO));
                    }
                    TimelyEvent::Schedule(_) => {
                        let Some((id, start, of_children)) = at_work.pop() else { continue };
                        let whole = time.saturating_sub(start);
                        costs.entry(id).or_default().busy += whole.saturating_sub(of_children);
                        if let Some((_, _, of_children)) = at_work.last_mut() {
                            *of_children += whole;
                        }
                    }
                    _ => {}
                }
            }
        });
        let costs = Arc::clone(&self.costs);
        log.insert::<DifferentialEventBuilder, _>("differential/arrange", move |_, events| {
            let mut costs = costs.lock().unwrap_or_else(PoisonError::into_inner);
            let count = |length: usize| i64::try_from(length).unwrap_or(i64::MAX);
            for (_, event) in events.take().into_iter().flatten() {
                match event {
                    DifferentialEvent::Batch(batch) => {
                        let cost = costs.entry(batch.operator).or_default();
                        cost.arranges = true;
                        cost.updates += count(batch.length);
                    }
                    DifferentialEvent::Merge(merge) => {
                        if let Some(merged) = merge.complete {
                            let cost = costs.entry(merge.operator).or_default();
                            cost.updates += count(merged) - count(merge.length1) - count(merge.length2);
                        }
                    }
                    _ => {}
                }
            }
        });
    }

    /// Updates that arrangements hold by name of the operator, those of one name together.
    pub fn sizes(&self) -> Vec<(String, i64)> {
        let costs = self.costs.lock().unwrap_or_else(PoisonError::into_inner);
        let mut sizes: BTreeMap<&str, i64> = BTreeMap::new();
        for cost in costs.values().filter(|cost| cost.arranges) {
            *sizes.entry(&cost.name).or_default() += cost.updates;
        }
        sizes.into_iter().map(|(name, updates)| (name.to_owned(), updates)).collect()
    }

    /// Costs by name, operators of one name together, the dearest first.
    pub fn costs(&self) -> Vec<Cost> {
        let costs = self.costs.lock().unwrap_or_else(PoisonError::into_inner);
        let mut by_name: BTreeMap<String, Cost> = BTreeMap::new();
        for cost in costs.values() {
            let sum = by_name.entry(cost.name.clone()).or_default();
            sum.name.clone_from(&cost.name);
            sum.busy += cost.busy;
            sum.updates += cost.updates;
        }
        let mut costs: Vec<Cost> = by_name.into_values().collect();
        costs.sort_by(|a, b| b.busy.cmp(&a.busy).then_with(|| a.name.cmp(&b.name)));
        costs
    }
}
