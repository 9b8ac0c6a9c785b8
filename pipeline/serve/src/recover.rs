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
use crate::at_hand::{carried, horizon};
use crate::judged::{Judged, Stands, occurred};

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
    let snapshot = store.state().snapshot()?;
    if let Some(horizon) = horizon(&snapshot)? {
        engine.front.begin_at(horizon, &carried(&snapshot)?)?;
    }
    let judged = Judged(engine.front.judged_from());
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
    let found = differences(&snapshot, standing, judged)?;
    let subject = |found: &Difference| match &found.stands {
        Stands::As(alert) => Some((alert.alert_id.clone(), alert.subject.clone())),
        Stands::Gone | Stands::Aged => None,
    };
    let beside = beside(engine, found.iter().filter_map(subject).collect())?;
    let tick = engine.front.last_tick();
    let event = |difference: Difference| {
        let beside = beside.get(&difference.alert_id).cloned().unwrap_or_default();
        Ok(Stated { event: event_of(difference, None, tick, judged)?, beside })
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
    /// How it stands.
    pub(crate) stands: Stands,
}

/// The alerts that stand otherwise than a snapshot has them, by id.
///
/// # Errors
/// The store is damaged.
pub(crate) fn differences(
    snapshot: &Snapshot,
    standing: Vec<Alert>,
    judged: Judged,
) -> Result<Vec<Difference>, Error> {
    let mut standing: BTreeMap<String, Alert> =
        standing.into_iter().map(|alert| (alert.alert_id.clone(), alert)).collect();
    let mut found: BTreeMap<String, Difference> = BTreeMap::new();
    let mut after = String::new();
    loop {
        let page = snapshot.alerts(&after, PAGE, |_| true)?;
        for (alert_id, line) in page.items {
            after.clone_from(&alert_id);
            let stands = judged.stands(Some(&occurred(&line)?), standing.remove(&alert_id));
            if let Some(Stands::As(alert)) = &stands
                && serde_json::to_vec(alert)? == line
            {
                continue;
            }
            if let Some(stands) = stands {
                found.insert(alert_id.clone(), Difference { alert_id, stored: Some(line), stands });
            }
        }
        if !page.more {
            break;
        }
    }
    for (alert_id, alert) in standing {
        if let Some(stands) = judged.stands(None, Some(alert)) {
            found.insert(alert_id.clone(), Difference { alert_id, stored: None, stands });
        }
    }
    Ok(found.into_values().collect())
}

/// The event that leads from the stored alert to the one that stands; without a cause its rule is the cause.
///
/// # Errors
/// What is stored is no alert.
pub(crate) fn event_of(
    Difference { alert_id, stored, stands }: Difference,
    cause: Option<Vec<Cause>>,
    tick: u64,
    judged: Judged,
) -> Result<Event, Error> {
    let is_aged = stands == Stands::Aged;
    let (event, alert) = match (stored, stands) {
        (None, Stands::As(alert)) => ("raised", *alert),
        (Some(_), Stands::As(alert)) => ("changed", *alert),
        (Some(stored), Stands::Gone) => ("withdrawn", serde_json::from_slice(&stored)?),
        (Some(stored), Stands::Aged) => ("aged", serde_json::from_slice(&stored)?),
        (None, Stands::Gone | Stands::Aged) => {
            let text = format!("{alert_id} stands on neither side");
            return Err(Error::Runtime(runtime::Error::Engine(text)));
        }
    };
    let cause = cause.filter(|_| !is_aged).unwrap_or_else(|| match is_aged {
        true => vec![judged.cause()],
        false => vec![Cause { kind: Keyword::Borrowed("rule"), key: alert.rule.clone(), rev: None }],
    });
    Ok(Event { event: Keyword::Borrowed(event), tick, cause, alert })
}
