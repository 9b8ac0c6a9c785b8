//! Old records are let go: what no rule needs leaves the memory, and stays in the store.
//!
//! Once the first day that is judged is `every_days` behind, a new engine is made beside the one that serves. Which
//! changes stay is decided by [`runtime::retention`] and written as a base of the state; the engine is loaded from it,
//! follows the stream, and takes over between two ticks, as the engine of a changed bank does (`candidate`).
//! Alerts of days that are judged no more become `aged` then (`judged`).
//!
//! In a cluster all processes start again with the base, as they do with another bank.
//!
//! One engine at a time is made beside the one that serves, be it for a bank or for this.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use records::time::Day;
use runtime::retention::{Horizon, Selection, StockSums};
use serde::Deserialize;
use store::{BASE_TICK, Base, BaseWriter, Snapshot};
use tracing::info;

use crate::Error;
use crate::at_hand::{self, NOTE, carried};
use crate::candidate::{Beginning, Candidate};
use crate::fail;
use crate::inbox::{Adopt, Inbox, Restart};
use crate::live::Shared;
use crate::patience::Patience;
use crate::rules::Rules;

/// How often it is looked whether days have gone by.
const LOOK: Duration = Duration::from_secs(1);

/// Changes of a frame of a base.
const FRAME: usize = 20_000;

/// How long what happened is judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Retention {
    /// For so many days, counted back from *now*; alerts that occurred before are aged.
    pub judged_days: u32,
    /// Records are let go whenever so many days have gone by.
    #[serde(default = "month")]
    pub every_days: u32,
}

fn month() -> u32 {
    30
}

/// Lets records go, as days go by.
pub(crate) struct Ageing {
    pub(crate) retention: Retention,
    pub(crate) shared: Arc<Shared>,
    pub(crate) rules: Rules,
    pub(crate) inbox: Inbox,
    pub(crate) workers: usize,
    /// Whether other processes judge with this one, which all start again with another base.
    pub(crate) is_cluster: bool,
}

impl Ageing {
    /// Runs until the service ends; tells what goes wrong, which is tried again when a day has gone by.
    pub(crate) fn run(&self, tell: &dyn Fn(String)) {
        let mut tried = None;
        while !self.shared.ending.load(Ordering::Acquire) {
            std::thread::sleep(LOOK);
            let Some(today) = self.today().filter(|today| tried != Some(*today)) else { continue };
            if let Err(error) = self.let_go_if_due(today)
                && !matches!(error, Error::Ended)
            {
                tell(format!("retention: {}", crate::error::with_sources(&error)));
                tried = Some(today);
            }
        }
    }

    /// The day of *now*, once changes are taken.
    fn today(&self) -> Option<Day> {
        let now = self.shared.metrics.ticks.now_day();
        now.filter(|_| self.shared.ready.load(Ordering::Acquire))
    }

    /// The first day that is to be judged, if it is time to let records go.
    fn is_due(&self, today: Day) -> Result<Option<Day>, Error> {
        let days = |count: u32| Day::try_from(count).unwrap_or(Day::MAX);
        let from = today.saturating_sub(days(self.retention.judged_days));
        let before = at_hand::horizon(&self.shared.state.snapshot()?)?.map(|horizon| horizon.judged_from());
        let due = before.is_none_or(|before| from >= before.saturating_add(days(self.retention.every_days)));
        Ok(due.then_some(from))
    }

    /// Lets records go if it is time to.
    fn let_go_if_due(&self, today: Day) -> Result<(), Error> {
        if self.is_due(today)?.is_none() {
            return Ok(());
        }
        let one = self.shared.second_engine.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        // While another engine was made, days went by.
        let Some(today) = self.today() else { return Ok(()) };
        let done = match self.is_due(today)? {
            Some(from) => self.let_go(from),
            None => Ok(()),
        };
        drop(one);
        done
    }

    /// Makes an engine without the records that no rule needs to judge from a day on, and lets it take over.
    fn let_go(&self, from: Day) -> Result<(), Error> {
        let begun = Instant::now();
        let bank = self.rules.bank();
        let horizon = Horizon::new(&bank, from);
        let patience = &mut Patience::new(&self.shared);
        let snapshot = self.shared.state.snapshot()?;
        let (base, sums) = self.write_base(&snapshot, &bank, horizon.clone(), patience)?;
        drop(snapshot);
        fail::point("base written");
        let judged_from = records::time::format_date(from);
        let (done, is_done) = std::sync::mpsc::channel();
        let note = (NOTE, serde_json::to_vec(&horizon)?);
        if self.is_cluster {
            let what = format!("old records are let go, {judged_from} is the first day that is judged");
            self.inbox.restart(Restart { what, note, base: Some(base), done }).map_err(|_| Error::Ended)?;
            return is_done.recv().map_err(|_| Error::Ended);
        }
        let candidate = Candidate::load(
            &[&bank],
            (self.workers, self.shared.metrics.place.profile()),
            &self.shared.state,
            Beginning::At(&base, &horizon, &sums),
            |_, took| patience.pause(took),
        )?;
        let adopt = Adopt { ready: candidate.into_ready()?, note, base: Some(base), done };
        self.inbox.adopt(adopt).map_err(|_| Error::Ended)?;
        is_done.recv().map_err(|_| Error::Ended)?;
        info!(from = judged_from, seconds = begun.elapsed().as_secs(), "old records are gone from memory");
        Ok(())
    }

    /// Goes through the changes that are at hand, twice: what stays, then writes that down.
    fn write_base(
        &self,
        snapshot: &Snapshot,
        bank: &rulebank::Bank,
        horizon: Horizon,
        patience: &mut Patience<'_>,
    ) -> Result<(Base, Vec<StockSums>), Error> {
        let mut selection = Selection::new(at_hand::horizon(snapshot)?);
        for sums in carried(snapshot)? {
            selection.carry(&sums)?;
        }
        let mut begun = Instant::now();
        let mut read = 0_usize;
        snapshot.replay(store::Position::default(), |tick, change| {
            selection.read(change, tick == BASE_TICK)?;
            read += 1;
            if read.is_multiple_of(FRAME) {
                patience.pause(begun.elapsed())?;
                begun = Instant::now();
            }
            Ok::<(), Error>(())
        })?;
        let mut kept = selection.decide(bank, horizon)?;
        let number = snapshot.base()?.map_or(0, |base| base.number) + 1;
        let mut writer = BaseWriter::begin(self.shared.state.folder(), number, snapshot.position()?)?;
        let mut frame: Vec<Vec<u8>> = Vec::with_capacity(FRAME);
        let mut stay = 0_usize;
        snapshot.replay(store::Position::default(), |_, change| {
            if kept.keeps(change)? {
                stay += 1;
                frame.push(change.to_vec());
            }
            if frame.len() == FRAME {
                writer.keep(frame.iter().map(Vec::as_slice))?;
                frame.clear();
                patience.pause(begun.elapsed())?;
                begun = Instant::now();
            }
            Ok::<(), Error>(())
        })?;
        writer.keep(frame.iter().map(Vec::as_slice))?;
        let sums = kept.carried();
        for chunk in sums.chunks(FRAME) {
            let lines: Vec<Vec<u8>> = chunk.iter().map(serde_json::to_vec).collect::<Result<_, _>>()?;
            writer.carry(lines.iter().map(Vec::as_slice))?;
        }
        info!(changes = read, stay, stocks = sums.len(), "old records are let go");
        Ok((writer.finish(), sums))
    }
}
