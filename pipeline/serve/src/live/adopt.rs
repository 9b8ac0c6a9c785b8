//! Another engine takes over between two ticks, and what it has otherwise than the store is stated by and by.

use tracing::info;

use super::{Live, Outcomes};
use crate::Error;
use crate::about::Stated;
use crate::candidate::Debt;
use crate::fail;
use crate::inbox::Adopt;
use crate::judged::{Standing, Stands};
use crate::recover::{Difference, events_of, stored};

/// Of what a change of rules led to, how many alerts are stated in a tick, beside those that the tick changed.
const OWED_A_TICK: usize = 500;

impl Live {
    /// A tick without changes, by which more of what is owed is stated.
    pub(super) fn be_still(&mut self) -> Result<(), Error> {
        self.engine.close_tick()?;
        let events = self.judged()?;
        self.commit_and_publish(self.engine.front.last_tick(), events, &Outcomes::default())?;
        self.note_now();
        Ok(())
    }

    /// Another engine takes over, which stands on another bank. What it has otherwise than the store is owed: it is
    /// stated some at a time, so that changes that come meanwhile wait no longer than at other times.
    pub(super) fn adopt(&mut self, Adopt { ready, note, base, done }: Adopt) -> Result<(), Error> {
        fail::point("rules before");
        let last_tick = self.engine.front.last_tick();
        let (mut engine, recorded, owed) = ready.take_over()?;
        engine.front.go_on_after(last_tick);
        let before = std::mem::replace(&mut self.engine, engine);
        (self.recorded, self.owed, self.unprofiled) = (recorded, owed, true);
        self.is_ageing |= base.is_some();
        self.take_budgets()?;
        self.watch_memory();
        // Its threads are waited for elsewhere: the stream goes on.
        let ended =
            std::thread::Builder::new().name("rules before".to_owned()).spawn(move || drop(before.finish()));
        ended.map_err(Error::System)?;
        self.engine.close_tick()?;
        let events = self.judged()?;
        let outcomes = Outcomes { notes: vec![note], base, ..Outcomes::default() };
        self.commit_and_publish(self.engine.front.last_tick(), events, &outcomes)?;
        self.name_rules()?;
        self.store.remove_old_bases()?;
        info!(tick = self.engine.front.last_tick(), owed = self.owed.len(), "another engine has taken over");
        fail::point("rules after");
        // Nobody may wait any more.
        let _ = done.send(());
        Ok(())
    }

    /// Adds some of what is owed to the events of a tick; an alert that the tick itself changed is stated once, as it
    /// stands now.
    pub(super) fn pay(&mut self, tick: u64, events: &mut Vec<Stated>) -> Result<(), Error> {
        if self.owed.is_empty() {
            return Ok(());
        }
        let mut stated = Vec::new();
        for Stated { event, beside, shadow } in events.drain(..) {
            match self.owed.remove(&event.alert.alert_id) {
                None => stated.push(Stated { event, beside, shadow }),
                Some(debt) => {
                    let mut causes = debt.cause.unwrap_or_default();
                    causes.extend(event.cause);
                    let alert_id = event.alert.alert_id.clone();
                    let is_there = event.event != "withdrawn";
                    let alert = is_there.then_some(Standing { alert: event.alert, shadow });
                    // An alert that is to age does so whatever the engine says of it, unless it occurs anew.
                    let stands = match (debt.stands, alert) {
                        (Stands::Aged, None) => Stands::Aged,
                        (Stands::Aged, Some(of)) if !self.judged_days().covers(&of.alert.occurred) => {
                            Stands::Aged
                        }
                        (_, Some(of)) => Stands::As(Box::new(of)),
                        (_, None) => Stands::Gone,
                    };
                    let debt = Debt { stands, beside, cause: Some(causes) };
                    stated.extend(self.state_anew(alert_id, debt, tick)?);
                }
            }
        }
        for _ in 0..OWED_A_TICK {
            let Some((alert_id, debt)) = self.owed.pop_first() else { break };
            stated.extend(self.state_anew(alert_id, debt, tick)?);
        }
        stated.sort_by(|a, b| a.event.alert.alert_id.cmp(&b.event.alert.alert_id));
        *events = stated;
        Ok(())
    }

    /// The events that lead from what is stored of an alert to how it stands; none if both are the same.
    fn state_anew(&self, alert_id: String, debt: Debt, tick: u64) -> Result<Vec<Stated>, Error> {
        let Debt { stands, beside, cause } = debt;
        let stored = stored(&self.store.state().snapshot()?, &alert_id)?;
        let found = Difference { alert_id, stored, stands };
        if found.is_none()? {
            return Ok(Vec::new());
        }
        let events = events_of(found, cause, tick, self.judged_days())?.into_iter();
        Ok(events.map(|(event, shadow)| Stated { event, beside: beside.clone(), shadow }).collect())
    }
}
