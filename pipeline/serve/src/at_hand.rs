//! What of the records of a state is at hand, when old ones were let go ([`crate::retention`]).

use runtime::retention::{Horizon, StockSums};
use store::Snapshot;

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
