//! After a start: the changes of the store go through the engine again, in large ticks, and the alerts that stand then
//! are held against those that were committed.
//!
//! With the same rules and program there is no difference. Where there is one, it is what the new rules, or the new
//! program, conclude from the same records: it is stated as events, whose cause is the rule.

use std::collections::{BTreeMap, BTreeSet};

use records::arena::RowRef;
use runtime::engine::Engine;
use store::Store;
use wire::{Alert, Cause, Event, Keyword};

use crate::Error;
use crate::about;

/// Changes of a tick of the load.
const TICK: u64 = 500_000;

/// Alerts of a page.
const PAGE: usize = 1_000;

/// Loads the engine; gives the events that lead from the alerts of the store to those that stand, and what is known
/// beside each.
///
/// # Errors
/// The store is damaged, or the engine stopped.
pub(crate) fn recover(
    store: &Store,
    engine: &mut Engine,
    mut progress: impl FnMut(u64),
) -> Result<(Vec<Event>, Vec<Vec<u8>>), Error> {
    engine.front.go_on_after(store.last_tick());
    store.replay(|_, change| {
        // What is rejected now was read by another version of the program; it counts as rejected again.
        engine.front.change(change)?;
        if engine.front.lines_in_tick() >= TICK {
            progress(engine.front.lines());
            engine.close_tick()?;
        }
        Ok::<(), Error>(())
    })?;
    progress(engine.front.lines());
    engine.close_tick_with_profiles()?;
    engine.settle()?;
    let standing = engine.look(|view| view.alerts())?;
    let events = difference(store, standing, engine.front.last_tick())?;
    let beside = beside(engine, &events)?;
    Ok((events, beside))
}

/// What is known beside events whose alerts stand; of what was withdrawn nothing is.
fn beside(engine: &mut Engine, events: &[Event]) -> Result<Vec<Vec<u8>>, Error> {
    if events.is_empty() {
        return Ok(Vec::new());
    }
    let ids: BTreeSet<String> = events.iter().map(|event| event.alert.alert_id.clone()).collect();
    let evidence: BTreeMap<String, Vec<RowRef>> = engine.look(move |view| {
        let wanted = view.by_id().into_iter().filter(|(alert_id, _)| ids.contains(alert_id));
        wanted.map(|(alert_id, alert)| (alert_id, alert.priced.finding.evidence.clone())).collect()
    })?;
    let ledger = &*engine.front.ledger();
    let of = |event: &Event| match evidence.get(&event.alert.alert_id) {
        Some(rows) => about::beside(ledger.arena(), ledger, &event.alert.subject, rows),
        None => Vec::new(),
    };
    Ok(events.iter().map(of).collect())
}

fn difference(store: &Store, standing: Vec<Alert>, tick: u64) -> Result<Vec<Event>, Error> {
    let mut standing: BTreeMap<String, Alert> =
        standing.into_iter().map(|alert| (alert.alert_id.clone(), alert)).collect();
    let mut events = Vec::new();
    let mut after = String::new();
    loop {
        let page = store.state().alerts(&after, PAGE, |_| true)?;
        for (alert_id, line) in page.items {
            match standing.remove(&alert_id) {
                None => events.push(event("withdrawn", tick, serde_json::from_slice(&line)?)),
                Some(alert) if serde_json::to_vec(&alert)? != line => {
                    events.push(event("changed", tick, alert));
                }
                Some(_) => {}
            }
            after = alert_id;
        }
        if !page.more {
            break;
        }
    }
    events.extend(standing.into_values().map(|alert| event("raised", tick, alert)));
    events.sort_by(|a, b| a.alert.alert_id.cmp(&b.alert.alert_id));
    Ok(events)
}

fn event(what: &'static str, tick: u64, alert: Alert) -> Event {
    let cause = Cause { kind: Keyword::Borrowed("rule"), key: alert.rule.clone(), rev: None };
    Event { event: Keyword::Borrowed(what), tick, cause: vec![cause], alert }
}
