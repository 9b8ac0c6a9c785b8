//! What of the records of a state is at hand, when old ones were let go ([`crate::retention`]).

use runtime::front::Front;
use runtime::retention::{Horizon, StockSums};
use store::{BASE_TICK, Snapshot};

use crate::Error;

/// Under this name it is noted what is at hand.
pub(crate) const NOTE: &str = "retention";

/// Under this name it is noted whether alerts are still to age since the last time that records were let go.
const AGEING: &str = "retention.ageing";

/// That alerts are still to age, or no more.
pub(crate) fn ageing_note(is_ageing: bool) -> (&'static str, Vec<u8>) {
    (AGEING, vec![u8::from(is_ageing)])
}

/// Whether alerts are still to age: what the engine has otherwise than the store it has so because records went.
///
/// # Errors
/// The store cannot be read.
pub(crate) fn is_ageing(snapshot: &Snapshot) -> Result<bool, Error> {
    Ok(snapshot.note(AGEING)?.is_some_and(|note| note == [1]))
}

/// What of the records is at hand, if not all of them are.
///
/// # Errors
/// The store cannot be read, or the note is none.
pub(crate) fn horizon(snapshot: &Snapshot) -> Result<Option<Horizon>, Error> {
    let note = snapshot.note(NOTE)?;
    Ok(note.map(|note| serde_json::from_slice(&note)).transpose()?)
}

/// Takes a change that is loaded from a state: one of the base is at hand however old it is; of those that came after it
/// the same are set aside as when they came.
///
/// # Errors
/// The memory of rows is full.
pub(crate) fn load(front: &mut Front, tick: u64, change: &[u8]) -> Result<(), Error> {
    match tick {
        BASE_TICK => front.change_at_hand(change)?,
        _ => front.change(change)?,
    };
    Ok(())
}

/// The sums that the base of a state carries.
///
/// # Errors
/// The store is damaged.
pub(crate) fn carried(snapshot: &Snapshot) -> Result<Vec<StockSums>, Error> {
    let mut sums = Vec::new();
    snapshot.carried(|line| {
        sums.push(serde_json::from_slice(line)?);
        Ok::<(), Error>(())
    })?;
    Ok(sums)
}
