//! The canonical form of a change's content and its hash.
//!
//! Two changes have the same content exactly if their canonical bytes are the same: `op`, then one entry per
//! field of section 2 in its order, each with a tag and, where it has no fixed width, its length. Numbers stand
//! by value, times as moments, an absent flag as 0; `recv_time` and unknown fields do not stand there at all.
//! A del consists of its key. Hashes are compared within one key of one kind only, so the kind is left out.

use super::code::Op;
use crate::decimal::Decimal;

/// The canonical bytes of one change; the buffer is used again for the next.
///
/// The buffer is made long enough for a whole change before it is written, so that an entry is one store.
#[derive(Default)]
pub(super) struct Content {
    bytes: Vec<u8>,
    /// How many of the bytes are this change's.
    length: usize,
}

const ABSENT: u8 = 0;
const TEXT: u8 = 1;
const WHOLE: u8 = 2;
const DECIMAL: u8 = 3;
const LIST: u8 = 4;

/// Tag of a text of fewer than 128 bytes, its length added: nearly all are.
const SHORT_TEXT: u8 = 0x80;

/// Most bytes of an entry besides a text or digits.
const ENTRY_MAX: usize = 18;

/// Bytes copied at once, for which there is always room behind the last entry.
const STEP: usize = 16;

impl Content {
    /// Begins the content of a change of at most so many entries and bytes of texts and numbers.
    #[inline]
    pub(super) fn begin(&mut self, op: Op, entries: usize, text_bytes: usize) {
        let room = entries * ENTRY_MAX + text_bytes + 2 * STEP;
        if self.bytes.len() < room {
            self.bytes.resize(room, 0);
        }
        self.bytes[0] = match op {
            Op::Put => 0,
            Op::Del => 1,
        };
        self.length = 1;
    }

    /// A field without a value.
    #[inline]
    pub(super) fn absent(&mut self) {
        self.bytes[self.length] = ABSENT;
        self.length += 1;
    }

    /// A text, which is the first `length` bytes of `rest`, the rest of what it stands in.
    #[inline(always)]
    pub(super) fn text(&mut self, rest: &[u8], length: usize) {
        match u8::try_from(length) {
            Ok(short @ 0..SHORT_TEXT) => {
                self.bytes[self.length] = SHORT_TEXT + short;
                self.length += 1;
            }
            _ => self.tagged(TEXT, length as u64),
        }
        let room = &mut self.bytes[self.length..];
        self.length += length;
        // One step of fixed width is quicker than an exact copy; what is too much the next entry covers.
        if length <= STEP
            && let (Some(room), Some(text)) = (room.first_chunk_mut::<STEP>(), rest.first_chunk::<STEP>())
        {
            *room = u128::from_le_bytes(*text).to_le_bytes();
            return;
        }
        room[..length].copy_from_slice(&rest[..length]);
    }

    /// Anything that is decoded as an integer.
    #[inline]
    pub(super) fn whole(&mut self, value: i64) {
        self.tagged(WHOLE, value.cast_unsigned());
    }

    /// A number of any size, by its exact value.
    pub(super) fn decimal(&mut self, decimal: &Decimal<'_>) {
        self.tagged(DECIMAL, decimal.exponent.cast_unsigned());
        self.tagged(u8::from(decimal.negative), decimal.digit_count().cast_unsigned());
        for digit in decimal.digits() {
            self.bytes[self.length] = digit;
            self.length += 1;
        }
    }

    /// Begins a list; returns where its length is to be noted once it is known.
    pub(super) fn begin_list(&mut self) -> usize {
        let start = self.length;
        self.tagged(LIST, 0);
        start
    }

    /// Notes how many elements the list has that began at `place`.
    pub(super) fn end_list(&mut self, start: usize, elements: u64) {
        let end = std::mem::replace(&mut self.length, start);
        self.tagged(LIST, elements);
        self.length = end;
    }

    /// The hash of all of it.
    #[inline]
    pub(super) fn hash(&self) -> u64 {
        xxhash_rust::xxh3::xxh3_64(&self.bytes[..self.length])
    }

    #[inline]
    fn tagged(&mut self, tag: u8, number: u64) {
        let entry = &mut self.bytes[self.length..self.length + 9];
        entry[0] = tag;
        entry[1..].copy_from_slice(&number.to_le_bytes());
        self.length += 9;
    }
}
