//! What of the records of a state is at hand, when old ones were let go ([`crate::retention`]).

use runtime::front::Front;
use runtime::retention::{Horizon, StockSums};
use store::{BASE_TICK, Snapshot};

use crate::Error;

/// Under this name it is noted what is at hand.
pub(crate) const NOTE: &str = "retention";

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
