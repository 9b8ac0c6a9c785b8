//! Another engine takes over between two ticks, and what it has otherwise than the store is stated by and by.

use tracing::info;
use wire::{Alert, Cause, Event};

use super::{Live, Outcomes};
use crate::Error;
use crate::fail;
use crate::inbox::Adopt;
use crate::recover::{Difference, event_of};

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
    pub(super) fn adopt(&mut self, Adopt { ready, note, done }: Adopt) -> Result<(), Error> {
        fail::point("rules before");
        let last_tick = self.engine.front.last_tick();
        let (mut engine, recorded, owed) = ready.take_over()?;
        engine.front.go_on_after(last_tick);
        let before = std::mem::replace(&mut self.engine, engine);
        (self.recorded, self.owed, self.unprofiled) = (recorded, owed, true);
        self.watch_memory();
        // Its threads are waited for elsewhere: the stream goes on.
        let ended =
            std::thread::Builder::new().name("rules before".to_owned()).spawn(move || drop(before.finish()));
        ended.map_err(Error::System)?;
        self.engine.close_tick()?;
        let events = self.judged()?;
        let outcomes = Outcomes { notes: vec![note], ..Outcomes::default() };
        self.commit_and_publish(self.engine.front.last_tick(), events, &outcomes)?;
        self.name_rules()?;
        info!(tick = self.engine.front.last_tick(), owed = self.owed.len(), "another bank is in force");
        fail::point("rules after");
        // Nobody may wait any more.
        let _ = done.send(());
        Ok(())
    }

    /// Adds some of what is owed to the events of a tick; an alert that the tick itself changed is stated once, as it
    /// stands now.
    pub(super) fn pay(&mut self, tick: u64, events: &mut Vec<Event>) -> Result<(), Error> {
        if self.owed.is_empty() {
            return Ok(());
        }
        let mut stated = Vec::new();
        for event in events.drain(..) {
            match self.owed.remove(&event.alert.alert_id) {
                None => stated.push(event),
                Some((_, cause)) => {
                    let alert = (event.event != "withdrawn").then_some(event.alert.clone());
                    let mut causes = cause.unwrap_or_default();
                    causes.extend(event.cause);
                    stated.extend(self.state_anew(event.alert.alert_id, alert, Some(causes), tick)?);
                }
            }
        }
        for _ in 0..OWED_A_TICK {
            let Some((alert_id, (alert, cause))) = self.owed.pop_first() else { break };
            stated.extend(self.state_anew(alert_id, alert, cause, tick)?);
        }
        stated.sort_by(|a, b| a.alert.alert_id.cmp(&b.alert.alert_id));
        *events = stated;
        Ok(())
    }

    /// The event that leads from what is stored of an alert to how it stands; none if both are the same.
    fn state_anew(
        &self,
        alert_id: String,
        alert: Option<Alert>,
        cause: Option<Vec<Cause>>,
        tick: u64,
    ) -> Result<Option<Event>, Error> {
        let stored = self.store.state().alert(&alert_id)?.map(|(_, line)| line);
        if stored == alert.as_ref().map(serde_json::to_vec).transpose()? {
            return Ok(None);
        }
        Ok(Some(event_of(Difference { alert_id, stored, alert }, cause, tick)?))
    }
}
