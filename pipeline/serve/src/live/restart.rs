//! In a cluster another bank or base comes into force by a start of all processes: it is noted, and the loop ends.

use super::{Live, Outcomes};
use crate::Error;
use crate::at_hand::ageing_note;
use crate::fail;
use crate::inbox::Restart;

impl Live {
    /// Commits what is in force from now on, and ends the loop with the error that asks for a start.
    pub(super) fn restart(&mut self, Restart { what, note, base, done }: Restart) -> Result<(), Error> {
        fail::point("rules before");
        self.engine.close_tick()?;
        let events = self.judged()?;
        // What differs after the start does so because records went, if they did.
        let notes = std::iter::once(note).chain(base.is_some().then(|| ageing_note(true))).collect();
        let outcomes = Outcomes { notes, base, ..Outcomes::default() };
        self.commit_and_publish(self.engine.front.last_tick(), events, &outcomes)?;
        fail::point("rules after");
        // Nobody may wait any more.
        let _ = done.send(());
        Err(Error::Again(what))
    }
}
