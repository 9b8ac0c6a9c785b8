//! From which states one comes that was put back from a backup: each with how far the next one has its journals.

use crate::Error;
use crate::snapshot::Snapshot;

/// The note that has it.
pub(crate) const LINEAGE: &str = "lineage";

/// A state that a later one goes back to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ancestor {
    /// Its identity.
    pub identity: u64,
    /// Sequence of its last event that the later one has.
    pub sequence: u64,
    /// Number of its last reject that the later one has.
    pub reject: u64,
    /// Number of its last event aside of the feed that the later one has.
    pub aside: u64,
}

/// Four numbers of 8 bytes each, little endian.
pub(crate) fn to_bytes(lineage: &[Ancestor]) -> Vec<u8> {
    let numbers = |of: &Ancestor| [of.identity, of.sequence, of.reject, of.aside];
    lineage.iter().flat_map(numbers).flat_map(u64::to_le_bytes).collect()
}

fn read(bytes: &[u8]) -> Vec<Ancestor> {
    let (numbers, _) = bytes.as_chunks::<8>();
    let (all, _) = numbers.as_chunks::<4>();
    all.iter()
        .map(|of| {
            let [identity, sequence, reject, aside] = of.map(u64::from_le_bytes);
            Ancestor { identity, sequence, reject, aside }
        })
        .collect()
}

impl Snapshot {
    /// The states that this one goes back to, the first first; none, if it was never put back from a backup.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn lineage(&self) -> Result<Vec<Ancestor>, Error> {
        Ok(self.note(LINEAGE)?.map_or_else(Vec::new, |bytes| read(&bytes)))
    }

    /// This state, and how far it has come.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn ends(&self) -> Result<Ancestor, Error> {
        Ok(Ancestor {
            identity: self.identity()?,
            sequence: self.last_sequence()?,
            reject: self.last_reject()?,
            aside: self.last_aside()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_read_as_it_was_written() {
        let one = Ancestor { identity: u64::MAX, sequence: 1, reject: 2, aside: 3 };
        let lineage = [one, Ancestor { identity: 7, ..one }];
        assert_eq!(read(&to_bytes(&lineage)), lineage);
        assert_eq!(read(&[]), []);
    }
}
