//! After a start: the changes of the store go through the engine again, in large ticks, and the alerts that stand then
//! are held against those that were committed.
//!
//! With the same rules and program there is no difference. Where there is one, it is what the new rules, or the new
//! program, conclude from the same records: it is stated as events, whose cause is the rule.

use std::collections::BTreeMap;

use records::arena::RowRef;
use runtime::engine::Engine;
use store::{Snapshot, Store};
use wire::{Alert, Cause, Event, Keyword, Subject};

use crate::Error;
use crate::about::{self, Stated};

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
) -> Result<Vec<Stated>, Error> {
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
    let found = differences(&store.state().snapshot()?, standing)?;
    let subject = |alert: &Alert| (alert.alert_id.clone(), alert.subject.clone());
    let beside =
        beside(engine, found.iter().filter_map(|found| found.alert.as_ref()).map(subject).collect())?;
    let tick = engine.front.last_tick();
    let event = |difference: Difference| {
        let beside = beside.get(&difference.alert_id).cloned().unwrap_or_default();
        Ok(Stated { event: event_of(difference, None, tick)?, beside })
    };
    found.into_iter().map(event).collect()
}

/// What is known beside alerts that stand, by id; they are given with their subjects.
pub(crate) fn beside(
    engine: &mut Engine,
    subjects: BTreeMap<String, Subject>,
) -> Result<BTreeMap<String, Vec<u8>>, Error> {
    if subjects.is_empty() {
        return Ok(BTreeMap::new());
    }
    let found: Vec<(String, Subject, Vec<RowRef>)> = engine.look(move |view| {
        let found = view.by_id().into_iter().filter_map(|(alert_id, alert)| {
            let subject = subjects.get(&alert_id)?.clone();
            Some((alert_id, subject, alert.priced.finding.evidence.clone()))
        });
        found.collect()
    })?;
    let ledger = &*engine.front.ledger();
    let of = |(id, subject, rows): (String, Subject, Vec<RowRef>)| {
        (id, about::beside(ledger.arena(), ledger, &subject, &rows))
    };
    Ok(found.into_iter().map(of).collect())
}

/// An alert that stands otherwise than it is stored.
pub(crate) struct Difference {
    /// Its id.
    pub(crate) alert_id: String,
    /// As it is stored, if it is.
    pub(crate) stored: Option<Vec<u8>>,
    /// As it stands, if it does.
    pub(crate) alert: Option<Alert>,
}

/// The alerts that stand otherwise than a snapshot has them, by id.
///
/// # Errors
/// The store is damaged.
pub(crate) fn differences(snapshot: &Snapshot, standing: Vec<Alert>) -> Result<Vec<Difference>, Error> {
    let mut standing: BTreeMap<String, Alert> =
        standing.into_iter().map(|alert| (alert.alert_id.clone(), alert)).collect();
    let mut found: BTreeMap<String, Difference> = BTreeMap::new();
    let mut after = String::new();
    loop {
        let page = snapshot.alerts(&after, PAGE, |_| true)?;
        for (alert_id, line) in page.items {
            after.clone_from(&alert_id);
            let alert = standing.remove(&alert_id);
            if let Some(alert) = &alert
                && serde_json::to_vec(alert)? == line
            {
                continue;
            }
            found.insert(alert_id.clone(), Difference { alert_id, stored: Some(line), alert });
        }
        if !page.more {
            break;
        }
    }
    for (alert_id, alert) in standing {
        found.insert(alert_id.clone(), Difference { alert_id, stored: None, alert: Some(alert) });
    }
    Ok(found.into_values().collect())
}

/// The event that leads from the stored alert to the one that stands; without a cause its rule is the cause.
///
/// # Errors
/// What is stored is no alert.
pub(crate) fn event_of(
    Difference { alert_id, stored, alert }: Difference,
    cause: Option<Vec<Cause>>,
    tick: u64,
) -> Result<Event, Error> {
    let (event, alert) = match (stored, alert) {
        (None, Some(alert)) => ("raised", alert),
        (Some(_), Some(alert)) => ("changed", alert),
        (Some(stored), None) => ("withdrawn", serde_json::from_slice(&stored)?),
        (None, None) => {
            let text = format!("{alert_id} stands on neither side");
            return Err(Error::Runtime(runtime::Error::Engine(text)));
        }
    };
    let cause = cause.unwrap_or_else(|| {
        vec![Cause { kind: Keyword::Borrowed("rule"), key: alert.rule.clone(), rev: None }]
    });
    Ok(Event { event: Keyword::Borrowed(event), tick, cause, alert })
}
