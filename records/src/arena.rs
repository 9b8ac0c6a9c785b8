//! One append-only memory that one thread writes and every thread may read.
//!
//! Rows and texts are runs of 32-bit words; a *reference* is the address of the first one, of a text ([`TextRef`]) or
//! of a row ([`RowRef`]). What stands there never changes, so a reference is as good as the value: it can be copied,
//! compared, sent to another worker and read there, four bytes wide. The words are relaxed atomics: a reader learns of
//! a reference only through a channel, and the channel orders the writes before it.
//!
//! References of one type do not turn into those of another. Only who makes a key of several words and takes it apart
//! again ([`Word`]), or lays out a row, sees the word itself; as a number of 64 bits each is a key.
//! ```compile_fail,E0277
//! # use records::arena::{RowRef, TextRef};
//! let text: TextRef = RowRef::NONE.into();
//! ```
//!
//! Limit: 2^32 words, 16 GiB; the row of a fee line takes about 60 bytes of it.
//!
//! # Example
//! ```
//! use records::arena::{ArenaWriter, TextRef, Texts, Word};
//!
//! # fn main() -> Result<(), records::arena::ArenaFull> {
//! let (mut writer, mut texts) = (ArenaWriter::default(), Texts::default());
//! let person = texts.intern(&mut writer, "T1")?;
//! assert_eq!(texts.intern(&mut writer, "T1")?, person, "a text is written once");
//! assert_eq!(writer.arena().text(person), "T1");
//!
//! let row = writer.push(&[7, person.word()])?;
//! let mut reader = writer.arena().reader(row);
//! assert_eq!((reader.take(), TextRef::from_word(reader.take())), (7, person));
//! # Ok(())
//! # }
//! ```

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, OnceLock};

use serde::{Deserialize, Serialize};

mod sealed {
    /// Three types are words, and nothing else.
    pub trait Sealed {}
}

/// What is one word: keys of arrangements are made of such, and whoever takes one out of a key says what it is.
///
/// ```
/// use records::arena::{Packed, Word};
///
/// assert_eq!(Packed::from_word(7), Packed::new(7));
/// ```
pub trait Word: sealed::Sealed + Copy {
    /// The bare word.
    fn word(self) -> u32;
    /// What a bare word stands for: only who put it there knows.
    fn from_word(word: u32) -> Self;
}

/// Declares types of one word that do not turn into each other.
macro_rules! words {
    ($($(#[$doc:meta])* $name:ident;)+) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[repr(transparent)]
        #[serde(transparent)]
        pub struct $name(u32);

        impl sealed::Sealed for $name {}

        impl Word for $name {
            #[inline]
            fn word(self) -> u32 {
                self.0
            }
            #[inline]
            fn from_word(word: u32) -> $name {
                $name(word)
            }
        }

        impl From<$name> for u64 {
            #[inline]
            fn from(of: $name) -> u64 {
                u64::from(of.0)
            }
        }
    )+};
}

words! {
    /// Where a text stands: its length in bytes, then the bytes. Equal texts have the same one.
    TextRef;
    /// Where a row stands ([`crate::row`]): its header, then its words.
    RowRef;
    /// A small value in the four bytes of a reference, which is none: whoever packs it unpacks it.
    Packed;
}

/// Lets a reference be none: 0 is no address.
macro_rules! may_be_none {
    ($($(#[$none:meta])* $name:ident;)+) => {$(
        impl $name {
            $(#[$none])*
            pub const NONE: $name = $name(0);

            /// Whether it is none.
            #[inline]
            pub const fn is_none(self) -> bool {
                self.0 == 0
            }

            /// Whether there is something.
            #[inline]
            pub const fn is_some(self) -> bool {
                self.0 != 0
            }
        }
    )+};
}

may_be_none! {
    /// No text, which is also the empty one.
    TextRef;
    /// No row: where an arrangement only says that something is there, and where a row may be missing.
    RowRef;
}

impl Packed {
    /// Packs a value.
    #[inline]
    pub const fn new(value: u32) -> Packed {
        Packed(value)
    }
}

/// Address of a word.
type Address = u32;

const PAGE_BITS: u32 = 18;
const PAGE_WORDS: usize = 1 << PAGE_BITS;
const PAGES: usize = 1 << (32 - PAGE_BITS);

type Page = Box<[AtomicU32]>;

/// The readers' side: shared by all threads.
#[derive(Debug)]
pub struct Arena {
    pages: Box<[OnceLock<Page>]>,
}

/// The arena is full: more than 2^32 words were written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the memory of records is full: more than 16 GiB of rows and texts")]
pub struct ArenaFull;

impl Arena {
    /// Bytes of memory that it takes, in whole pages.
    pub fn bytes(&self) -> u64 {
        let pages = self.pages.iter().take_while(|page| page.get().is_some()).count();
        (pages * PAGE_WORDS * size_of::<AtomicU32>()) as u64
    }

    /// Appends the bytes of the words of a range of addresses, all of which are written.
    pub fn copy(&self, words: std::ops::Range<u64>, into: &mut Vec<u8>) {
        let address = |of: u64| usize::try_from(of).expect("an address has 32 bits");
        let (mut next, end) = (address(words.start), address(words.end));
        into.reserve(4 * end.saturating_sub(next));
        while next < end {
            let at = next % PAGE_WORDS;
            let some = (PAGE_WORDS - at).min(end - next);
            let page = self.pages[next / PAGE_WORDS].get().expect("the words of the range are written");
            for word in &page[at..at + some] {
                into.extend_from_slice(&word.load(Ordering::Relaxed).to_le_bytes());
            }
            next += some;
        }
    }

    /// The `nth` word of a row, the first being number 0.
    #[inline]
    pub fn word(&self, row: RowRef, nth: u32) -> u32 {
        self.word_at(row.0 + nth)
    }

    #[inline]
    fn word_at(&self, address: Address) -> u32 {
        self.page(address >> PAGE_BITS)[(address as usize) & (PAGE_WORDS - 1)].load(Ordering::Relaxed)
    }

    #[inline]
    fn page(&self, page: u32) -> &[AtomicU32] {
        self.pages[page as usize].get().expect("a reference is handed out after its row is written")
    }

    /// Reads the words of a row one after the other.
    #[inline]
    pub fn reader(&self, row: RowRef) -> Reader<'_> {
        self.reader_at(row.0)
    }

    /// Reads the words of a row one after the other, from its `nth` one on.
    #[inline]
    pub(crate) fn reader_from(&self, row: RowRef, nth: u32) -> Reader<'_> {
        self.reader_at(row.0 + nth)
    }

    #[inline]
    fn reader_at(&self, address: Address) -> Reader<'_> {
        Reader { arena: self, page: self.page(address >> PAGE_BITS), address }
    }

    /// A text; `""` for none.
    pub fn text(&self, text: TextRef) -> String {
        let mut bytes = Vec::new();
        self.text_into(text, &mut bytes);
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// Appends the bytes of a text.
    pub fn text_into(&self, text: TextRef, into: &mut Vec<u8>) {
        if text.is_none() {
            return;
        }
        let mut reader = self.reader_at(text.0);
        let length = reader.take() as usize;
        let end = into.len() + length;
        while into.len() < end {
            let word = reader.take().to_le_bytes();
            let some = (end - into.len()).min(4);
            into.extend_from_slice(&word[..some]);
        }
    }

    /// Whether a text is `bytes`.
    #[inline]
    fn text_is(&self, text: TextRef, bytes: &[u8]) -> bool {
        let address = text.0;
        if self.word_at(address) as usize != bytes.len() {
            return false;
        }
        let at = (address as usize) & (PAGE_WORDS - 1);
        let words = 1 + bytes.len().div_ceil(4);
        match self.page(address >> PAGE_BITS).get(at..at + words) {
            Some(text) => same_text(text[1..].iter().map(|word| word.load(Ordering::Relaxed)), bytes),
            // The text goes on in the next page, and perhaps in more.
            None => {
                let mut reader = self.reader_at(address);
                reader.take();
                same_text(std::iter::from_fn(|| Some(reader.take())), bytes)
            }
        }
    }

    /// Compares two texts by their bytes.
    pub fn compare(&self, a: TextRef, b: TextRef) -> std::cmp::Ordering {
        if a == b {
            return std::cmp::Ordering::Equal;
        }
        let (mut left, mut right) = (Vec::with_capacity(32), Vec::with_capacity(32));
        self.text_into(a, &mut left);
        self.text_into(b, &mut right);
        left.cmp(&right)
    }
}

/// Whether words are those of a text of this length.
#[inline]
fn same_text(mut words: impl Iterator<Item = u32>, bytes: &[u8]) -> bool {
    let mut chunks = bytes.chunks_exact(4);
    for chunk in &mut chunks {
        if words.next() != Some(u32::from_le_bytes([chunk[0], chunk[1], chunk[2], chunk[3]])) {
            return false;
        }
    }
    let rest = chunks.remainder();
    rest.is_empty() || words.next() == Some(last_word(rest))
}

#[inline]
fn last_word(rest: &[u8]) -> u32 {
    let mut word = [0u8; 4];
    word[..rest.len()].copy_from_slice(rest);
    u32::from_le_bytes(word)
}

/// Reads consecutive words.
#[derive(Debug)]
pub struct Reader<'a> {
    arena: &'a Arena,
    page: &'a [AtomicU32],
    address: Address,
}

impl Reader<'_> {
    /// The next word.
    #[inline]
    pub fn take(&mut self) -> u32 {
        let at = (self.address as usize) & (PAGE_WORDS - 1);
        let word = self.page[at].load(Ordering::Relaxed);
        self.address = self.address.wrapping_add(1);
        if at == PAGE_WORDS - 1
            && let Some(page) = self.arena.pages.get((self.address >> PAGE_BITS) as usize)
        {
            // The next page may not exist yet if this was the last word written.
            self.page = page.get().map_or(&[][..], |page| &page[..]);
        }
        word
    }

    /// Skips `words` words.
    #[inline]
    pub fn skip(&mut self, words: u32) {
        let at = (self.address as usize) & (PAGE_WORDS - 1);
        if at + (words as usize) < PAGE_WORDS {
            self.address += words;
        } else {
            *self = self.arena.reader_at(self.address + words);
        }
    }
}

/// The writer's side: there is exactly one.
#[derive(Debug)]
pub struct ArenaWriter {
    arena: Arc<Arena>,
    next: u64,
}

impl Default for ArenaWriter {
    fn default() -> Self {
        let pages = (0..PAGES).map(|_| OnceLock::new()).collect();
        // Address 0 is "none" and stays unused.
        ArenaWriter { arena: Arc::new(Arena { pages }), next: 1 }
    }
}

impl ArenaWriter {
    /// The readers' side.
    pub fn arena(&self) -> &Arc<Arena> {
        &self.arena
    }

    /// The address of the next word that is written.
    pub fn next(&self) -> u64 {
        self.next
    }

    /// Appends words as [`Arena::copy`] gave them of another arena, so that references mean the same here as there.
    ///
    /// # Errors
    /// [`ArenaFull`].
    pub fn append(&mut self, bytes: &[u8]) -> Result<(), ArenaFull> {
        let mut words = Vec::with_capacity(PAGE_WORDS.min(bytes.len() / 4));
        for page in bytes.chunks(4 * PAGE_WORDS) {
            words.clear();
            words.extend(
                page.chunks_exact(4).map(|word| u32::from_le_bytes([word[0], word[1], word[2], word[3]])),
            );
            self.push_words(&words)?;
        }
        Ok(())
    }

    /// Appends the words of a row; returns where it stands.
    ///
    /// # Errors
    /// [`ArenaFull`] when they do not fit any more; nothing is written then.
    pub fn push(&mut self, words: &[u32]) -> Result<RowRef, ArenaFull> {
        self.push_words(words).map(RowRef)
    }

    fn push_words(&mut self, words: &[u32]) -> Result<Address, ArenaFull> {
        let first = u32::try_from(self.next).map_err(|_| ArenaFull)?;
        if self.next + words.len() as u64 > u64::from(u32::MAX) {
            return Err(ArenaFull);
        }
        let mut address = first;
        let mut rest = words;
        while !rest.is_empty() {
            let page = self.arena.pages[(address >> PAGE_BITS) as usize]
                .get_or_init(|| (0..PAGE_WORDS).map(|_| AtomicU32::new(0)).collect());
            let at = (address as usize) & (PAGE_WORDS - 1);
            let some = rest.len().min(PAGE_WORDS - at);
            for (slot, word) in page[at..at + some].iter().zip(rest) {
                slot.store(*word, Ordering::Relaxed);
            }
            rest = &rest[some..];
            self.next += some as u64;
            address = address.wrapping_add(u32::try_from(some).expect("a page has 2^18 words"));
        }
        Ok(first)
    }

    /// Writes a text: its length in bytes, then the bytes.
    fn push_text(&mut self, bytes: &[u8], buffer: &mut Vec<u32>) -> Result<TextRef, ArenaFull> {
        buffer.clear();
        buffer.push(u32::try_from(bytes.len()).map_err(|_| ArenaFull)?);
        let mut chunks = bytes.chunks_exact(4);
        buffer.extend((&mut chunks).map(|c| u32::from_le_bytes([c[0], c[1], c[2], c[3]])));
        if !chunks.remainder().is_empty() {
            buffer.push(last_word(chunks.remainder()));
        }
        self.push_words(buffer).map(TextRef)
    }
}

/// Each text once: `intern` gives equal texts the same [`TextRef`].
///
/// The table is cut into 256 parts, so that growing one of them is a pause of milliseconds, not of a second.
/// Records that come one after the other name the same visit, person and items: what was named lately is
/// found in a small table that stays in the processor's cache.
#[derive(Debug)]
pub struct Texts {
    parts: Box<[hashbrown::HashTable<TextRef>]>,
    lately: Box<[Lately]>,
    words: Vec<u32>,
}

/// Parts of the table.
const PARTS: usize = 256;

/// Entries of the small table: 64 bytes each, 512 KiB.
const LATELY: usize = 1 << 13;

/// A text that was named lately, in one cache line; longer ones are not kept.
#[derive(Clone, Copy, Debug)]
struct Lately {
    text: TextRef,
    length: u8,
    bytes: [u8; 59],
}

impl Lately {
    #[inline]
    fn is(&self, bytes: &[u8]) -> bool {
        usize::from(self.length) == bytes.len() && self.bytes.get(..bytes.len()) == Some(bytes)
    }
    #[inline]
    fn keep(&mut self, bytes: &[u8], text: TextRef) {
        if let (Ok(length), Some(kept)) = (u8::try_from(bytes.len()), self.bytes.get_mut(..bytes.len())) {
            kept.copy_from_slice(bytes);
            self.length = length;
            self.text = text;
        }
    }
}

impl Default for Texts {
    fn default() -> Self {
        Texts {
            parts: (0..PARTS).map(|_| hashbrown::HashTable::new()).collect(),
            lately: vec![Lately { text: TextRef::NONE, length: 0, bytes: [0; 59] }; LATELY]
                .into_boxed_slice(),
            words: Vec::new(),
        }
    }
}

fn hash_bytes(bytes: &[u8]) -> u64 {
    xxhash_rust::xxh3::xxh3_64(bytes)
}

/// The part a text belongs to: bits that the table inside neither places by (the lowest) nor marks by (the
/// highest seven).
fn part_of(hash: u64) -> usize {
    (hash >> 40) as usize % PARTS
}

fn hash_text(arena: &Arena, text: TextRef) -> u64 {
    let mut bytes = Vec::with_capacity(64);
    arena.text_into(text, &mut bytes);
    hash_bytes(&bytes)
}

impl Texts {
    /// Makes room for so many texts, so that the table need not grow while they come.
    pub fn expect(&mut self, arena: &Arena, count: usize) {
        for part in &mut self.parts {
            part.reserve(count / PARTS, |text| hash_text(arena, *text));
        }
    }

    /// Where `text` stands, if it was ever written; [`TextRef::NONE`] for the empty text.
    pub fn find(&self, arena: &Arena, text: &str) -> Option<TextRef> {
        if text.is_empty() {
            return Some(TextRef::NONE);
        }
        let hash = hash_bytes(text.as_bytes());
        self.parts[part_of(hash)].find(hash, |of| arena.text_is(*of, text.as_bytes())).copied()
    }

    /// Where `text` stands, written now if it is new; [`TextRef::NONE`] for the empty text.
    ///
    /// # Errors
    /// [`ArenaFull`].
    #[expect(clippy::cast_possible_truncation, reason = "parts of a hash")]
    pub fn intern(&mut self, writer: &mut ArenaWriter, text: &str) -> Result<TextRef, ArenaFull> {
        if text.is_empty() {
            return Ok(TextRef::NONE);
        }
        let bytes = text.as_bytes();
        let hash = hash_bytes(bytes);
        let lately = &mut self.lately[(hash as usize) & (LATELY - 1)];
        if lately.is(bytes) {
            return Ok(lately.text);
        }
        let part = &mut self.parts[part_of(hash)];
        if let Some(found) = part.find(hash, |text| writer.arena.text_is(*text, bytes)) {
            lately.keep(bytes, *found);
            return Ok(*found);
        }
        let new = writer.push_text(bytes, &mut self.words)?;
        lately.keep(bytes, new);
        part.insert_unique(hash, new, |text| hash_text(&writer.arena, *text));
        Ok(new)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_written_once_and_read_back() {
        let (mut writer, mut texts) = (ArenaWriter::default(), Texts::default());
        let words: Vec<String> = (0..70_000).map(|i| format!("编号-{i}-{}", "x".repeat(i % 17))).collect();
        let written: Vec<TextRef> = words.iter().map(|w| texts.intern(&mut writer, w).unwrap()).collect();
        for (word, text) in words.iter().zip(&written) {
            assert_eq!(texts.find(writer.arena(), word), Some(*text));
            assert_eq!(texts.intern(&mut writer, word).unwrap(), *text);
            assert_eq!(&writer.arena().text(*text), word);
        }
        assert_eq!(texts.intern(&mut writer, "").unwrap(), TextRef::NONE);
        assert_eq!(writer.arena().text(TextRef::NONE), "");
    }

    #[test]
    fn a_text_may_be_longer_than_pages() {
        let (mut writer, mut texts) = (ArenaWriter::default(), Texts::default());
        let long = "长".repeat(PAGE_WORDS * 3);
        let text = texts.intern(&mut writer, &long).unwrap();
        assert_eq!(texts.intern(&mut writer, &long).unwrap(), text);
        assert_eq!(writer.arena().text(text), long);
        texts.expect(writer.arena(), 1_000_000);
        assert_eq!(texts.intern(&mut writer, &long).unwrap(), text, "making room keeps what is there");
    }

    #[test]
    fn a_row_may_cross_a_page() {
        let mut writer = ArenaWriter::default();
        writer.push(&vec![7; PAGE_WORDS - 3]).unwrap();
        let row = writer.push(&[1, 2, 3, 4, 5]).unwrap();
        let mut reader = writer.arena().reader(row);
        assert_eq!((0..5).map(|_| reader.take()).collect::<Vec<_>>(), [1, 2, 3, 4, 5]);
    }

    #[test]
    fn references_mean_the_same_in_a_copy() {
        let (mut writer, mut texts) = (ArenaWriter::default(), Texts::default());
        let mut copy = ArenaWriter::default();
        let mut bytes = Vec::new();
        let mut rows = Vec::new();
        // Ranges that end within pages and reach over several.
        for length in [3, PAGE_WORDS - 4, 2 * PAGE_WORDS + 7, 1] {
            let from = writer.next();
            let text = texts.intern(&mut writer, &format!("{length} 字")).unwrap();
            let row: Vec<u32> = (0..u32::try_from(length).unwrap()).map(|nth| nth ^ text.word()).collect();
            rows.push((text, writer.push(&row).unwrap(), row));
            bytes.clear();
            writer.arena().copy(from..writer.next(), &mut bytes);
            copy.append(&bytes).unwrap();
            assert_eq!(copy.next(), writer.next());
        }
        for (text, row, words) in rows {
            assert_eq!(copy.arena().text(text), writer.arena().text(text));
            let mut reader = copy.arena().reader(row);
            assert!(words.iter().all(|word| reader.take() == *word));
        }
    }

    #[test]
    fn texts_compare_by_bytes() {
        let (mut writer, mut texts) = (ArenaWriter::default(), Texts::default());
        let long = texts.intern(&mut writer, "abc").unwrap();
        let short = texts.intern(&mut writer, "ab").unwrap();
        assert_eq!(writer.arena().compare(long, short), std::cmp::Ordering::Greater);
        assert_eq!(writer.arena().compare(short, short), std::cmp::Ordering::Equal);
    }
}
