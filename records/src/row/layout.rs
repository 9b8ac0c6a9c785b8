//! How a row lies in the arena: its header, its head, and the words after them.
//!
//! A row as sent is `header, key, [key 2], rev (1 or 2 words), content hash (2 words), [more header], fields`.
//! The header holds the kind, what all kinds share, and from bit 8 on the flags of the kind. Flags 32 to 63 stand
//! in a second header word that is there only where one of them is set, so that a kind that needs no more flags
//! pays nothing for the room.
//!
//! [`header!`] names the bits of a kind and checks while compiling that they fit and do not overlap. What the fields
//! after the head are is each kind's own affair (`row/<kind>.rs`).

use crate::Kind;
use crate::arena::{Arena, Reader, RowRef, TextRef, Word};
use crate::time::Day;

/// A run of bits of the header: a flag is one bit wide. Bits 32 to 63 are those of the second header word.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bits {
    first: u32,
    end: u32,
}

impl Bits {
    /// Bits `first..end`.
    #[inline]
    pub(super) const fn new(first: u32, end: u32) -> Bits {
        Bits { first, end }
    }

    /// Whether that many numbers, from 0 on, fit into these bits.
    #[inline]
    pub(super) const fn hold(self, count: usize) -> bool {
        count <= 1 << (self.end - self.first)
    }

    /// Ones where the bits are.
    #[inline]
    pub(super) const fn mask(self) -> u64 {
        ((1 << (self.end - self.first)) - 1) << self.first
    }

    /// What stands in these bits of a header.
    #[inline]
    pub(super) const fn of(self, header: u64) -> u64 {
        (header & self.mask()) >> self.first
    }

    /// Whether any of these bits of a header is set.
    #[inline]
    pub(super) const fn is_set(self, header: u64) -> bool {
        header & self.mask() != 0
    }
}

/// The kind's number.
const KIND: Bits = Bits::new(0, 4);
/// The row stands on one as sent, named by its second word.
const DERIVED: Bits = Bits::new(4, 5);
/// The change withdraws its record; there are no fields.
const DEL: Bits = Bits::new(5, 6);
/// The revision takes two words.
pub(super) const REV_WIDE: Bits = Bits::new(6, 7);
/// A second header word follows the content hash.
pub(super) const EXTENDED: Bits = Bits::new(7, 8);
/// How late the record came: 0 not known, else one more than [`super::late`] gives.
pub(super) const LATE: Bits = Bits::new(23, 26);

/// Bits that are the same for all kinds.
const SHARED: [Bits; 6] = [KIND, DERIVED, DEL, REV_WIDE, EXTENDED, LATE];

const _: () = assert!(KIND.hold(Kind::ALL.len()));
const _: () = assert_layout(&[]);

/// Does not compile where bits of a kind overlap each other or the shared ones, or lie across two words.
pub(super) const fn assert_layout(own: &[Bits]) {
    let mut taken = 0u64;
    let mut i = 0;
    while i < SHARED.len() + own.len() {
        let bits = if i < SHARED.len() { SHARED[i] } else { own[i - SHARED.len()] };
        assert!(bits.first < bits.end && bits.end <= 64, "bits are beyond the two header words");
        assert!(bits.end <= 32 || bits.first >= 32, "bits lie across two header words");
        assert!(taken & bits.mask() == 0, "bits of a header overlap");
        taken |= bits.mask();
        i += 1;
    }
}

/// Names the header bits of a kind, `NAME = first..end;` each, and checks them while compiling.
macro_rules! header {
    ($($(#[$doc:meta])* $name:ident = $first:literal..$end:literal;)*) => {
        $($(#[$doc])* const $name: $crate::row::layout::Bits = $crate::row::layout::Bits::new($first, $end);)*
        const _: () = $crate::row::layout::assert_layout(&[$($name),*]);
    };
}
pub(super) use header;

/// A row under construction.
#[derive(Debug, Default)]
pub struct RowBuilder {
    words: Vec<u32>,
    /// Length of the head: where a second header word goes.
    head: usize,
    /// The second header word, 0 if there is none to write.
    more_header: u32,
}

impl RowBuilder {
    /// Starts a row as sent with its head.
    #[inline]
    pub(super) fn start(&mut self, head: &Head) {
        self.words.clear();
        self.more_header = 0;
        self.words.extend([head.kind as u32, head.key.word()]);
        if two_part_key(head.kind) {
            self.words.push(head.key2.word());
        }
        let rev = head.rev.map_or(0, |rev| rev + 1);
        self.words.push(low(rev));
        if high(rev) != 0 {
            self.set(REV_WIDE, 1);
            self.words.push(high(rev));
        }
        self.words.extend([low(head.content_hash), high(head.content_hash)]);
        self.set(DEL, u64::from(head.del));
        self.head = self.words.len();
    }

    /// Starts a row that stands on the row as sent `sent`.
    #[inline]
    pub(super) fn start_derived(&mut self, kind: Kind, sent: RowRef) {
        self.words.clear();
        self.more_header = 0;
        self.words.extend([kind as u32 | low(DERIVED.mask()), sent.word()]);
        self.head = self.words.len();
    }

    /// Ends the row: writes the second header word if a bit of it is set.
    #[inline]
    pub(super) fn finish(&mut self) {
        if self.more_header != 0 {
            self.words[0] |= low(EXTENDED.mask());
            self.words.insert(self.head, self.more_header);
            self.more_header = 0;
        }
    }

    /// Puts a number into bits of the header; what does not fit is cut off.
    #[inline]
    pub(super) fn set(&mut self, bits: Bits, value: u64) {
        let placed = value << bits.first & bits.mask();
        self.words[0] |= low(placed);
        self.more_header |= high(placed);
    }

    /// One word.
    #[inline]
    pub(super) fn word(&mut self, word: u32) {
        self.words.push(word);
    }

    /// A text that is always there.
    #[inline]
    pub(super) fn text(&mut self, text: TextRef) {
        self.words.push(text.word());
    }
    /// A text that may be absent: a flag, and a word where it is set.
    #[inline]
    pub(super) fn optional_text(&mut self, present: Bits, text: TextRef) {
        if text.is_some() {
            self.set(present, 1);
            self.text(text);
        }
    }

    /// A number of one word, or of two with the flag set.
    #[inline]
    pub(super) fn int(&mut self, wide: Bits, value: i64) {
        if let Ok(small) = i32::try_from(value) {
            self.words.push(small.cast_unsigned());
        } else {
            self.set(wide, 1);
            self.wide(value);
        }
    }

    /// A number of two words.
    #[inline]
    pub(super) fn wide(&mut self, value: i64) {
        self.words.extend([low(value.cast_unsigned()), high(value.cast_unsigned())]);
    }

    /// The finished words.
    #[inline]
    pub fn words(&self) -> &[u32] {
        &self.words
    }
}

/// Reads fields back in the order in which they were written.
///
/// Inlined by force: left to itself the compiler calls [`Fields::int`], and a fee line takes 15 % longer to read.
pub(super) struct Fields<'a> {
    header: u64,
    reader: Reader<'a>,
}

impl Fields<'_> {
    /// Whether a flag of the header is set.
    #[inline]
    pub(super) fn flag(&self, flag: Bits) -> bool {
        flag.is_set(self.header)
    }
    /// A number of the header, for example the position of a code.
    #[inline]
    pub(super) fn bits(&self, bits: Bits) -> u32 {
        low(bits.of(self.header))
    }
    /// One word.
    #[inline(always)]
    pub(super) fn word(&mut self) -> u32 {
        self.reader.take()
    }
    /// As [`RowBuilder::text`].
    #[inline(always)]
    pub(super) fn text(&mut self) -> TextRef {
        TextRef::from_word(self.reader.take())
    }
    /// As [`RowBuilder::optional_text`]; [`TextRef::NONE`] if absent.
    #[inline(always)]
    pub(super) fn optional_text(&mut self, present: Bits) -> TextRef {
        if self.flag(present) { self.text() } else { TextRef::NONE }
    }
    /// As [`RowBuilder::int`].
    #[inline(always)]
    pub(super) fn int(&mut self, wide: Bits) -> i64 {
        if self.flag(wide) { self.wide() } else { i64::from(self.reader.take().cast_signed()) }
    }
    /// As [`RowBuilder::wide`].
    #[inline(always)]
    pub(super) fn wide(&mut self) -> i64 {
        let low = u64::from(self.reader.take());
        (u64::from(self.reader.take()) << 32 | low).cast_signed()
    }
    /// A day of one word.
    #[inline]
    pub(super) fn day(&mut self) -> Day {
        self.reader.take().cast_signed()
    }
    /// A day written by [`RowBuilder::int`].
    #[inline]
    pub(super) fn int_day(&mut self, wide: Bits) -> Day {
        Day::try_from(self.int(wide)).expect("the decoder bounds days to the years 1900 to 2099")
    }
    /// Passes over words.
    #[inline]
    pub(super) fn skip(&mut self, words: u32) {
        self.reader.skip(words);
    }
    /// Texts with their count before them.
    #[inline]
    pub(super) fn texts(&mut self) -> Vec<TextRef> {
        let count = self.reader.take();
        (0..count).map(|_| self.text()).collect()
    }
}

/// What stands at the head of a row as sent: who it is and which change it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    /// Kind of record.
    pub kind: Kind,
    /// Whether the change withdraws the record.
    pub del: bool,
    /// First part of the key.
    pub key: TextRef,
    /// Second part of the key, where keys have two.
    pub key2: TextRef,
    /// Revision at the source.
    pub rev: Option<u64>,
    /// Hash of the content.
    pub content_hash: u64,
}

/// Kinds whose key has two parts.
#[inline]
pub const fn two_part_key(kind: Kind) -> bool {
    matches!(kind, Kind::FeeLine | Kind::Invoice)
}

#[inline]
fn kind_of_header(header: u32) -> Kind {
    Kind::ALL[(header & low(KIND.mask())) as usize]
}

/// The kind of the record behind a row.
#[inline]
pub fn kind(arena: &Arena, row: RowRef) -> Kind {
    kind_of_header(arena.word(row, 0))
}

/// The row as sent on which `row` stands (itself, unless it is derived).
#[inline]
pub fn as_sent(arena: &Arena, row: RowRef) -> RowRef {
    if arena.word(row, 0) & low(DERIVED.mask()) == 0 { row } else { RowRef::from_word(arena.word(row, 1)) }
}

/// Key parts of the record behind a row.
#[inline]
pub fn key(arena: &Arena, row: RowRef) -> (TextRef, TextRef) {
    let row = as_sent(arena, row);
    let kind = kind(arena, row);
    let part = |nth| TextRef::from_word(arena.word(row, nth));
    (part(1), if two_part_key(kind) { part(2) } else { TextRef::NONE })
}

/// The head of a row as sent.
pub fn head(arena: &Arena, row: RowRef) -> Head {
    let mut reader = arena.reader(row);
    let header = u64::from(reader.take());
    debug_assert!(!DERIVED.is_set(header), "a derived row has no head of its own");
    let kind = kind_of_header(low(header));
    let key = TextRef::from_word(reader.take());
    let key2 = if two_part_key(kind) { TextRef::from_word(reader.take()) } else { TextRef::NONE };
    let mut rev = u64::from(reader.take());
    if REV_WIDE.is_set(header) {
        rev |= u64::from(reader.take()) << 32;
    }
    let low = u64::from(reader.take());
    let content_hash = u64::from(reader.take()) << 32 | low;
    Head { kind, del: DEL.is_set(header), key, key2, rev: rev.checked_sub(1), content_hash }
}

/// The key of a row as sent.
pub(super) struct Key {
    /// First part.
    pub(super) key: TextRef,
    /// Second part, where keys have two.
    pub(super) key2: TextRef,
}

/// The key of a row as sent that withdraws nothing, and its fields; revision and hash are passed over unread.
#[inline]
pub(super) fn open(arena: &Arena, row: RowRef) -> (Key, Fields<'_>) {
    let mut reader = arena.reader(row);
    let mut header = u64::from(reader.take());
    debug_assert!(!DERIVED.is_set(header), "a derived row has no key of its own");
    let two = two_part_key(kind_of_header(low(header)));
    let key = TextRef::from_word(reader.take());
    let key2 = if two { TextRef::from_word(reader.take()) } else { TextRef::NONE };
    // Revision, hash, and more header where there is some.
    reader.skip(3 + u32::from(REV_WIDE.is_set(header)));
    if EXTENDED.is_set(header) {
        header |= u64::from(reader.take()) << 32;
    }
    (Key { key, key2 }, Fields { header, reader })
}

/// The row as sent and the fields after it, if `row` is derived; its flags are its own.
#[inline]
pub(super) fn open_derived(arena: &Arena, row: RowRef) -> Option<(RowRef, Fields<'_>)> {
    let sent = as_sent(arena, row);
    let header = u64::from(arena.word(row, 0));
    (sent != row).then(|| (sent, Fields { header, reader: arena.reader_from(row, 2) }))
}

#[expect(clippy::cast_possible_truncation, reason = "the low half")]
#[inline]
pub(super) const fn low(wide: u64) -> u32 {
    wide as u32
}

#[inline]
pub(super) const fn high(wide: u64) -> u32 {
    low(wide >> 32)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arena::ArenaWriter;

    /// Every flag of both header words alone and with others, beside every shape of head.
    #[test]
    fn flags_of_both_header_words_are_read_back() {
        let own = |flag: u32| Bits::new(flag, flag + 1);
        let shared = SHARED.iter().fold(0, |mask, bits| mask | bits.mask());
        let mut writer = ArenaWriter::default();
        let mut row = RowBuilder::default();
        let mut random = 0x9e37_79b9_7f4a_7c15_u64;
        let single = (0..64).map(|flag| 1u64 << flag);
        let masks: Vec<u64> = single
            .chain([0, u64::MAX])
            .chain(std::iter::repeat_with(|| {
                random = random.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(0x1405_7b7e_f767_814f);
                random ^ random >> 31
            }))
            .map(|mask| mask & !shared)
            .take(2_000)
            .collect();
        for (nth, mask) in masks.into_iter().enumerate() {
            let kind = Kind::ALL[nth % Kind::ALL.len()];
            let rev = [None, Some(0), Some(u64::from(u32::MAX)), Some((1 << 63) - 1)][nth / 3 % 4];
            let key = TextRef::from_word(7);
            let key2 = if two_part_key(kind) { TextRef::from_word(8) } else { TextRef::NONE };
            let head = Head { kind, del: nth % 5 == 0, key, key2, rev, content_hash: mask.rotate_left(9) };
            row.start(&head);
            for flag in (0..64).filter(|flag| mask >> flag & 1 == 1) {
                row.set(own(flag), 1);
            }
            row.set(LATE, 5);
            row.word(4_242);
            row.finish();
            let length = row.words().len();
            let plain = 6
                + usize::from(key2.is_some())
                + usize::from(rev.is_some_and(|rev| rev >= u64::from(u32::MAX)));
            assert_eq!(
                length,
                plain + usize::from(mask >> 32 != 0),
                "a second header word only where needed"
            );
            let written = writer.push(row.words()).unwrap();
            assert_eq!(super::head(writer.arena(), written), head);
            if head.del {
                continue;
            }
            let (key, mut fields) = open(writer.arena(), written);
            assert_eq!((key.key, key.key2), (head.key, head.key2));
            for flag in (0..64).filter(|flag| shared >> flag & 1 == 0) {
                assert_eq!(fields.flag(own(flag)), mask >> flag & 1 == 1, "flag {flag} of {mask:x}");
            }
            assert_eq!((fields.bits(LATE), fields.word()), (5, 4_242));
        }
    }

    #[test]
    #[should_panic(expected = "overlap")]
    fn bits_that_overlap_are_found() {
        assert_layout(&[Bits::new(8, 10), Bits::new(9, 11)]);
    }

    #[test]
    #[should_panic(expected = "across")]
    fn bits_across_two_words_are_found() {
        assert_layout(&[Bits::new(31, 33)]);
    }
}
