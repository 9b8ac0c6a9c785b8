//! Which events of a tick are fed and which stay aside of the feed: those of shadow rules, and alerts beyond the budget
//! of their rule, until there is room.
//!
//! What is decided here is committed with the tick, so that a crash neither forgets an alert that is held nor feeds one
//! twice.

use std::collections::{BTreeMap, BTreeSet};

use store::Snapshot;
use wire::{Event, Keyword};

use super::Live;
use super::sorted::Sorted;
use crate::Error;
use crate::about::{HELD, SHADOW, Stated};
use crate::budget::NOTE;
use crate::candidate::Owed;
use crate::clock::today;

/// Of what is held, how many alerts of a rule are fed in a tick: all others go on meanwhile.
const RELEASED_A_TICK: u64 = 500;

/// An alert that waits to be fed.
struct Candidate {
    stated: Stated,
    /// Whether it was held before the tick.
    was_held: bool,
}

/// What the store has of queues, if anything is held.
struct Queues<'o> {
    snapshot: Option<Snapshot>,
    /// Alerts that are to be stated otherwise soon: they keep their place until then.
    owed: &'o Owed,
    /// Alerts that were withdrawn from their queue in this tick.
    gone: BTreeSet<String>,
}

impl Queues<'_> {
    fn holds(&self, alert_id: &str) -> Result<bool, Error> {
        let Some(snapshot) = &self.snapshot else { return Ok(false) };
        Ok(snapshot.aside(alert_id)?.is_some_and(|aside| aside.state == HELD))
    }

    /// The first of a rule's queue, but for some: rank and `alert_id`.
    fn first(&self, rule: &str, count: u64, without: &BTreeSet<String>) -> Result<Vec<(u64, String)>, Error> {
        let Some(snapshot) = &self.snapshot else { return Ok(Vec::new()) };
        let count = usize::try_from(count.min(RELEASED_A_TICK)).unwrap_or(0);
        let most = if count == 0 { 0 } else { count + without.len() + self.gone.len() };
        let mut first = snapshot.aside_order((HELD, rule), None, most)?.items;
        let stays =
            |id: &String| without.contains(id) || self.gone.contains(id) || self.owed.contains_key(id);
        first.retain(|(_, alert_id)| !stays(alert_id));
        first.truncate(count);
        Ok(first)
    }

    /// An alert that is held, as it was stated last.
    fn stated(&self, alert_id: &str) -> Result<Stated, Error> {
        let Some(snapshot) = &self.snapshot else { return Err(lost(alert_id)) };
        let aside = snapshot.aside(alert_id)?.ok_or_else(|| lost(alert_id))?;
        let last = snapshot.aside_event(aside.number)?.ok_or_else(|| lost(alert_id))?;
        let event: Event = serde_json::from_slice(&last.line)?;
        Ok(Stated { event, beside: last.beside, shadow: false })
    }
}

/// The store has an alert in a queue and does not have it.
fn lost(alert_id: &str) -> Error {
    let text = format!("{alert_id} has a place in a queue, and the store has no such alert");
    Error::Runtime(runtime::Error::Engine(text))
}

impl Live {
    /// Says which events are fed, and which stay aside; feeds of what is held as much as there is room for.
    pub(super) fn sort_out(&mut self, tick: u64, events: Vec<Stated>) -> Result<Sorted, Error> {
        self.budget.turn(today());
        let holds_any = self.budget.holding().next().is_some();
        let snapshot = if holds_any { Some(self.store.state().snapshot()?) } else { None };
        let owed = std::mem::take(&mut self.owed);
        let sorted =
            self.sort_out_beside(tick, events, Queues { snapshot, owed: &owed, gone: BTreeSet::new() });
        self.owed = owed;
        sorted
    }

    /// The same, with queues whose alerts keep their place while they are owed.
    fn sort_out_beside(
        &mut self,
        tick: u64,
        events: Vec<Stated>,
        mut queues: Queues<'_>,
    ) -> Result<Sorted, Error> {
        let mut sorted = Sorted::default();
        let mut waiting: BTreeMap<String, Vec<Candidate>> = BTreeMap::new();
        for stated in events {
            if stated.shadow {
                sorted.put_aside(SHADOW, 0, stated);
                continue;
            }
            let alert = &stated.event.alert;
            let (rule, what) = (alert.rule.clone(), stated.event.event.clone());
            let may_be_held = what != "raised" && self.budget.held(&rule) > 0;
            let was_held = may_be_held && queues.holds(&alert.alert_id)?;
            if was_held && what == "withdrawn" {
                queues.gone.insert(alert.alert_id.clone());
                self.budget.leave(&rule);
                sorted.put_aside(HELD, 0, stated);
            } else if was_held || (what == "raised" && self.budget.counts(alert)) {
                waiting.entry(rule).or_default().push(Candidate { stated, was_held });
            } else {
                sorted.fed.push(stated);
            }
        }
        let rules: BTreeSet<String> = waiting.keys().chain(self.budget.holding()).cloned().collect();
        for rule in rules {
            let candidates = waiting.remove(&rule).unwrap_or_default();
            self.release((tick, &rule), candidates, &queues, &mut sorted)?;
        }
        sorted.fed.sort_by(|a, b| a.event.alert.alert_id.cmp(&b.event.alert.alert_id));
        let note = self.budget.take_note();
        sorted.note = note.map(|note| serde_json::to_vec(&note)).transpose()?.map(|note| (NOTE, note));
        Ok(sorted)
    }

    /// Feeds the first of a rule's queue, among which are those that this tick brings or changes, as far as there is
    /// room; the others are held.
    fn release(
        &mut self,
        (tick, rule): (u64, &str),
        candidates: Vec<Candidate>,
        queues: &Queues<'_>,
        sorted: &mut Sorted,
    ) -> Result<(), Error> {
        let of_tick: BTreeSet<String> =
            candidates.iter().map(|of| of.stated.event.alert.alert_id.clone()).collect();
        let mut queue: Vec<(u64, String, Option<Candidate>)> = Vec::new();
        for (rank, alert_id) in queues.first(rule, self.budget.room(rule), &of_tick)? {
            queue.push((rank, alert_id, None));
        }
        for candidate in candidates {
            let alert = &candidate.stated.event.alert;
            queue.push((self.budget.rank(alert), alert.alert_id.clone(), Some(candidate)));
        }
        queue.sort_by(|a, b| (a.0, &a.1).cmp(&(b.0, &b.1)));
        for (rank, alert_id, candidate) in queue {
            let is_fed = self.budget.room(rule) > 0;
            let (stated, was_held) = match candidate {
                Some(Candidate { stated, was_held }) => (stated, was_held),
                // It stays where it is.
                None if !is_fed => continue,
                None => (queues.stated(&alert_id)?, true),
            };
            if !is_fed {
                if !was_held {
                    self.budget.hold(rule);
                }
                sorted.put_aside(HELD, rank, stated);
                continue;
            }
            let event = |what| Event { event: Keyword::Borrowed(what), tick, ..stated.event.clone() };
            let (raised, released) = (event("raised"), event("released"));
            let beside = stated.beside;
            if was_held {
                self.budget.leave(rule);
                let stated = Stated { event: released, beside: beside.clone(), shadow: false };
                sorted.put_aside(HELD, rank, stated);
            }
            self.budget.feed(rule);
            sorted.fed.push(Stated { event: raised, beside, shadow: false });
        }
        Ok(())
    }
}
