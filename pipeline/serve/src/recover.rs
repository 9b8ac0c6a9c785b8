//! After a start: the changes of the store go through the engine again, in large ticks, and the alerts that stand then
//! are held against those that were committed.
//!
//! With the same rules and program there is no difference. Where there is one, it is what the new rules, or the new
//! program, conclude from the same records: it is stated as events, whose cause is the rule.

use std::collections::BTreeMap;

use detectors::alert::key_texts;
use detectors::alert_view::AlertView;
use records::arena::RowRef;
use runtime::engine::Engine;
use store::{Aside, Snapshot, Store};
use wire::{Alert, Cause, Event, Keyword, Subject, alert_id};

use crate::Error;
use crate::about::{self, SHADOW, Stated};
use crate::at_hand::{carried, horizon, load};
use crate::judged::{Judged, Standing, Stands, occurred};

/// Changes of a tick of the load.
const TICK: u64 = 500_000;

/// Alerts of a page.
const PAGE: usize = 1_000;

/// Loads the engine; gives the events that lead from the alerts of the store to those that stand, and what is known
/// beside each. What differs because records went (`is_ageing`) is not withdrawn but ages.
///
/// # Errors
/// The store is damaged, or the engine stopped.
pub(crate) fn recover(
    store: &Store,
    engine: &mut Engine,
    is_ageing: bool,
    mut progress: impl FnMut(u64),
) -> Result<Vec<Stated>, Error> {
    engine.front.go_on_after(store.last_tick());
    let snapshot = store.state().snapshot()?;
    if let Some(horizon) = horizon(&snapshot)? {
        engine.front.begin_at(horizon, &carried(&snapshot)?)?;
    }
    let judged = Judged(engine.front.judged_from());
    store.replay(|tick, change| {
        // What is rejected now was read by another version of the program; it counts as rejected again.
        load(&mut engine.front, tick, change)?;
        if engine.front.lines_in_tick() >= TICK {
            progress(engine.front.lines());
            engine.close_tick()?;
        }
        Ok::<(), Error>(())
    })?;
    progress(engine.front.lines());
    engine.close_tick_with_profiles()?;
    engine.settle()?;
    let standing = engine.look(standing)?;
    let found = differences(&snapshot, standing, judged)?;
    let subject = |found: &Difference| {
        found.stands.alert().map(|alert| (alert.alert_id.clone(), alert.subject.clone()))
    };
    let beside = beside(engine, found.iter().filter_map(subject).collect())?;
    let tick = engine.front.last_tick();
    let mut stated = Vec::with_capacity(found.len());
    for mut difference in found {
        let beside = beside.get(&difference.alert_id).cloned().unwrap_or_default();
        if is_ageing && difference.stands == Stands::Gone {
            difference.stands = Stands::Aged;
        }
        let cause = is_ageing.then(|| vec![judged.cause()]);
        for (event, shadow) in events_of(difference, cause, tick, judged)? {
            stated.push(Stated { event, beside: beside.clone(), shadow });
        }
    }
    Ok(stated)
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
        let bank = view.compiled_bank();
        let shadow = view.shadow().map(|alert| {
            let finding = &alert.priced.finding;
            let rule = &bank.rules[usize::from(finding.rule)];
            (alert_id(&rule.id, &key_texts(view.arena(), &finding.key)), alert)
        });
        let found = view.by_id().into_iter().chain(shadow).filter_map(|(alert_id, alert)| {
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

/// All alerts that stand, and what shadow rules find.
pub(crate) fn standing(view: &AlertView) -> Vec<Standing> {
    let stands = |shadow: bool| move |alert: Alert| Standing { alert, shadow };
    let shadow = view.shadow_alerts().into_iter().map(stands(true));
    view.alerts().into_iter().map(stands(false)).chain(shadow).collect()
}

/// An alert as the store has it: in the feed, held back from it, or as what a shadow rule found.
pub(crate) struct Stored {
    /// The alert as a line.
    pub(crate) line: Vec<u8>,
    /// Whether a shadow rule found it.
    pub(crate) shadow: bool,
    /// Whether readers of the feed know it.
    is_fed: bool,
}

impl Stored {
    fn fed(line: Vec<u8>) -> Stored {
        Stored { line, shadow: false, is_fed: true }
    }

    fn aside(aside: Aside) -> Stored {
        Stored { line: aside.alert, shadow: aside.state == SHADOW, is_fed: false }
    }

    /// The alert as it stands, if nothing has changed.
    ///
    /// # Errors
    /// What is stored is no alert.
    pub(crate) fn into_standing(self) -> Result<Standing, Error> {
        Ok(Standing { alert: serde_json::from_slice(&self.line)?, shadow: self.shadow })
    }
}

/// An alert as a snapshot has it, in the feed or aside of it.
///
/// # Errors
/// The store cannot be read.
pub(crate) fn stored(snapshot: &Snapshot, alert_id: &str) -> Result<Option<Stored>, Error> {
    if let Some((_, line)) = snapshot.alert(alert_id)? {
        return Ok(Some(Stored::fed(line)));
    }
    Ok(snapshot.aside(alert_id)?.map(Stored::aside))
}

/// An alert that stands otherwise than it is stored.
pub(crate) struct Difference {
    /// Its id.
    pub(crate) alert_id: String,
    /// As it is stored, if it is.
    pub(crate) stored: Option<Stored>,
    /// How it stands.
    pub(crate) stands: Stands,
}

impl Difference {
    /// Whether both are the same.
    ///
    /// # Errors
    /// None that can be expected: the alert is written to memory.
    pub(crate) fn is_none(&self) -> Result<bool, Error> {
        Ok(match (&self.stored, &self.stands) {
            (None, Stands::Gone | Stands::Aged) => true,
            (Some(stored), Stands::As(of)) => {
                stored.shadow == of.shadow && serde_json::to_vec(&of.alert)? == stored.line
            }
            _ => false,
        })
    }
}

/// The alerts that stand otherwise than a snapshot has them, by id.
///
/// # Errors
/// The store is damaged.
pub(crate) fn differences(
    snapshot: &Snapshot,
    standing: Vec<Standing>,
    judged: Judged,
) -> Result<Vec<Difference>, Error> {
    let mut standing: BTreeMap<String, Standing> =
        standing.into_iter().map(|stands| (stands.alert.alert_id.clone(), stands)).collect();
    let mut found: BTreeMap<String, Difference> = BTreeMap::new();
    let mut compare = |alert_id: String, stored: Stored| -> Result<(), Error> {
        let stands = judged.stands(Some(&occurred(&stored.line)?), standing.remove(&alert_id));
        let Some(stands) = stands else { return Ok(()) };
        let difference = Difference { alert_id: alert_id.clone(), stored: Some(stored), stands };
        if !difference.is_none()? {
            found.insert(alert_id, difference);
        }
        Ok(())
    };
    let mut after = String::new();
    loop {
        let page = snapshot.alerts(&after, PAGE, |_| true)?;
        for (alert_id, line) in page.items {
            after.clone_from(&alert_id);
            compare(alert_id, Stored::fed(line))?;
        }
        if !page.more {
            break;
        }
    }
    after.clear();
    loop {
        let page = snapshot.asides(&after, PAGE)?;
        for (alert_id, aside) in page.items {
            after.clone_from(&alert_id);
            compare(alert_id, Stored::aside(aside))?;
        }
        if !page.more {
            break;
        }
    }
    for (alert_id, of) in standing {
        if let Some(stands) = judged.stands(None, Some(of)) {
            found.insert(alert_id.clone(), Difference { alert_id, stored: None, stands });
        }
    }
    Ok(found.into_values().collect())
}

/// The events that lead from the stored alert to the one that stands, and whether each is of a shadow rule; without a
/// cause its rule is the cause. An alert whose rule becomes a shadow rule, or is one no more, is withdrawn on one side
/// and raised on the other.
///
/// # Errors
/// What is stored is no alert.
pub(crate) fn events_of(
    Difference { stored, stands, .. }: Difference,
    cause: Option<Vec<Cause>>,
    tick: u64,
    judged: Judged,
) -> Result<Vec<(Event, bool)>, Error> {
    let is_aged = stands == Stands::Aged;
    let event = |what: &'static str, alert: Alert| {
        let cause = match &cause {
            _ if is_aged => vec![judged.cause()],
            Some(cause) => cause.clone(),
            None => vec![Cause { kind: Keyword::Borrowed("rule"), key: alert.rule.clone(), rev: None }],
        };
        Event { event: Keyword::Borrowed(what), tick, cause, alert }
    };
    let stays = matches!((&stored, &stands), (Some(stored), Stands::As(of)) if stored.shadow == of.shadow);
    let mut events = Vec::new();
    if let Some(Stored { line, shadow, is_fed }) = stored
        && !stays
    {
        let what = if is_aged && is_fed { "aged" } else { "withdrawn" };
        events.push((event(what, serde_json::from_slice(&line)?), shadow));
    }
    if let Stands::As(of) = stands {
        events.push((event(if stays { "changed" } else { "raised" }, of.alert), of.shadow));
    }
    Ok(events)
}
