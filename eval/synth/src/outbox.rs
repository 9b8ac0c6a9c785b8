//! What has happened and was not yet received: one bucket of bytes for each hour in which records will arrive.
//!
//! A record is written once, into the bucket of the hour it is received in. When that hour is over its bucket is
//! sorted by second and goes to disk. Memory holds the records that are under way, never the history.

use crate::text::{HOUR, Text};
use records::Kind;
use records::splitmix::{SplitMix64, index};
use std::io::{self, Write};

/// The longest time a record may be under way, in hours.
pub(crate) const HOURS_MAX: i64 = 24 * 24;

/// Records under way, and the file they end in.
pub(crate) struct Outbox<W: Write> {
    file: W,
    ring: Vec<Bucket>,
    /// The hour whose records are being received, in hours since 1970.
    hour: i64,
    rng: SplitMix64,
    /// Records written, by kind in the order of [`Kind::ALL`].
    pub(crate) kinds: [u64; 16],
    /// Bytes that reached the file.
    pub(crate) bytes: u64,
}

#[derive(Default)]
struct Bucket {
    bytes: Vec<u8>,
    /// Second of the hour, begin and length.
    lines: Vec<(u16, u32, u32)>,
}

impl<W: Write> Outbox<W> {
    /// An empty outbox whose first hour is `hour`.
    pub(crate) fn new(file: W, hour: i64, seed: u64) -> Outbox<W> {
        let ring = (0..HOURS_MAX).map(|_| Bucket::default()).collect();
        Outbox { file, ring, hour, rng: SplitMix64::seeded(seed), kinds: [0; 16], bytes: 0 }
    }

    /// The moment at which a record sent at `at` can be received: not before the present hour, not after the
    /// longest time a record may be under way.
    fn arrival(&self, at: i64) -> i64 {
        at.clamp(self.hour * HOUR, (self.hour + HOURS_MAX) * HOUR - 1)
    }

    /// Writes one record that is received at about `at`; `write` gets the exact moment.
    /// One record in a thousand is received once more, later, as it stands.
    pub(crate) fn post(&mut self, kind: Kind, at: i64, write: impl FnOnce(&mut Text<'_>, i64)) {
        let at = self.arrival(at);
        let slot = self.slot(at);
        let bucket = &mut self.ring[slot];
        let begin = bucket.bytes.len();
        write(&mut Text(&mut bucket.bytes), at);
        bucket.bytes.push(b'\n');
        bucket.note(at, begin);
        self.kinds[kind as usize] += 1;
        if self.rng.once_in(1000) {
            let copy = bucket.bytes[begin..].to_vec();
            let later = self.rng.span(60, 5 * 24 * HOUR);
            let again = self.arrival(at + later);
            let slot = self.slot(again);
            let bucket = &mut self.ring[slot];
            let begin = bucket.bytes.len();
            bucket.bytes.extend_from_slice(&copy);
            bucket.note(again, begin);
            self.kinds[kind as usize] += 1;
        }
    }

    fn slot(&self, at: i64) -> usize {
        index(at.div_euclid(HOUR).rem_euclid(HOURS_MAX).unsigned_abs())
    }

    /// Ends the present hour: its records go to the file in order of arrival.
    pub(crate) fn end_hour(&mut self) -> io::Result<()> {
        let slot = self.slot(self.hour * HOUR);
        let mut bucket = std::mem::take(&mut self.ring[slot]);
        bucket.lines.sort_unstable();
        for &(_, begin, length) in &bucket.lines {
            let begin = begin as usize;
            self.file.write_all(&bucket.bytes[begin..begin + length as usize])?;
        }
        self.bytes += bucket.bytes.len() as u64;
        self.hour += 1;
        Ok(())
    }

    /// Ends every hour in which something is still under way, and gives the file back.
    pub(crate) fn finish(mut self) -> io::Result<(W, [u64; 16], u64)> {
        for _ in 0..HOURS_MAX {
            self.end_hour()?;
        }
        self.file.flush()?;
        Ok((self.file, self.kinds, self.bytes))
    }
}

impl Bucket {
    fn note(&mut self, at: i64, begin: usize) {
        let second = u16::try_from(at.rem_euclid(HOUR)).expect("a second of an hour");
        let length = u32::try_from(self.bytes.len() - begin).expect("one record");
        self.lines.push((second, u32::try_from(begin).expect("an hour holds less than 4 GiB"), length));
    }
}
