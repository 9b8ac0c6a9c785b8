//! The untyped cells of one record: what a scanner of any format leaves for the schema to type and check.
//!
//! A cell is a tag and a span. Spans of plain texts point into the text of the line; a text that had to be
//! unescaped, or a number spelled anew, points into a side buffer. A list or an object is a run of tokens.
//! Nothing is cleared between lines: a bit set marks which cells are this line's.

use super::names::{NameId, Names};
use crate::decimal::Decimal;

/// Most bytes that a line, a row or an element of a JSON array may have, 16 MiB: what is longer is rejected unread.
pub const LINE_BYTES_MAX: usize = 1 << 24;

/// Bits of a place in a text, in the side buffer or among tokens: room for several times the longest line.
const PLACE_BITS: u32 = 28;
const PLACE_MASK: u64 = (1 << PLACE_BITS) - 1;

/// What a cell or token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tag {
    /// Nothing, or null.
    Null,
    /// A text of the line.
    Text,
    /// A text of the side buffer.
    SideText,
    /// The text of a number, known to be that of a JSON number.
    Number,
    /// A boolean.
    True,
    /// A boolean.
    False,
    /// A list; the span is its tokens, from the one that opens it to the one that closes it.
    List,
    /// An object; its span is as that of a list.
    Object,
    /// A key of an object; the span begins at the number of its name.
    Key,
    /// Closes a list or object.
    Close,
    /// A text that should have been the JSON text of a list, or a number.
    Broken,
}

/// A tag with its span; packed, because cells are stored and loaded for every field of every line.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Cell(u64);

impl Cell {
    /// A cell without a value.
    pub(super) const ABSENT: Cell = Cell::spanning(Tag::Null, 0, 0);

    /// A cell with this span; places are below 2^28 as lines and what is made of them are that short.
    #[inline]
    pub(super) const fn spanning(tag: Tag, start: usize, end: usize) -> Cell {
        Cell((end as u64 & PLACE_MASK) << (8 + PLACE_BITS) | (start as u64 & PLACE_MASK) << 8 | tag as u64)
    }

    /// A key of an object.
    #[inline]
    pub(super) const fn key(name: NameId) -> Cell {
        Cell::spanning(Tag::Key, name as usize, 0)
    }

    /// What it is.
    #[inline]
    pub(super) fn tag(self) -> Tag {
        match self.0 & 0xff {
            0 => Tag::Null,
            1 => Tag::Text,
            2 => Tag::SideText,
            3 => Tag::Number,
            4 => Tag::True,
            5 => Tag::False,
            6 => Tag::List,
            7 => Tag::Object,
            8 => Tag::Key,
            9 => Tag::Close,
            _ => Tag::Broken,
        }
    }

    /// First byte, or the token that opens it.
    #[inline]
    pub(super) fn start(self) -> usize {
        (self.0 >> 8 & PLACE_MASK) as usize
    }

    /// One past the last byte, or the token that closes it.
    #[inline]
    pub(super) fn end(self) -> usize {
        (self.0 >> (8 + PLACE_BITS)) as usize
    }

    /// The same span, known to be of no use.
    pub(super) fn broken(self) -> Cell {
        Cell::spanning(Tag::Broken, self.start(), self.end())
    }

    /// Of a key: the number of its name.
    #[inline]
    #[expect(clippy::cast_possible_truncation, reason = "it was made of one")]
    pub(super) fn name(self) -> NameId {
        self.start() as NameId
    }

    /// Null and the empty string are absent.
    #[inline]
    pub(super) fn is_absent(self) -> bool {
        match self.tag() {
            Tag::Null => true,
            Tag::Text | Tag::SideText => self.start() == self.end(),
            _ => false,
        }
    }

    /// Whether it is a text.
    #[inline]
    pub(super) fn is_text(self) -> bool {
        matches!(self.tag(), Tag::Text | Tag::SideText)
    }
}

/// The cells of one record.
pub(super) struct Cells {
    slots: Box<[Cell; 256]>,
    /// A bit for each name the record has.
    pub(super) seen: [u64; 4],
    /// Names with a value that no kind has.
    pub(super) unknown: u32,
    /// Tokens of its lists and objects.
    pub(super) tokens: Vec<Cell>,
    /// Texts that do not stand in the line as they are.
    pub(super) side: String,
}

impl Cells {
    pub(super) fn new() -> Cells {
        Cells {
            slots: Box::new([Cell::ABSENT; 256]),
            seen: [0; 4],
            unknown: 0,
            tokens: Vec::new(),
            side: String::new(),
        }
    }

    /// Forgets the record before.
    #[inline]
    pub(super) fn clear(&mut self) {
        self.seen = [0; 4];
        self.unknown = 0;
        self.tokens.clear();
        self.side.clear();
    }

    /// Fills the cell of a name; `false` if the record has it already.
    #[inline]
    pub(super) fn fill(&mut self, name: NameId, cell: Cell) -> bool {
        let word = &mut self.seen[usize::from(name >> 6)];
        let bit = 1 << (name & 63);
        let fresh = *word & bit == 0;
        *word |= bit;
        self.slots[usize::from(name)] = cell;
        fresh
    }

    /// The cell of a name; absent if the record does not have it.
    #[inline]
    pub(super) fn cell(&self, name: NameId) -> Cell {
        if self.seen[usize::from(name >> 6)] >> (name & 63) & 1 == 1 {
            self.slots[usize::from(name)]
        } else {
            Cell::ABSENT
        }
    }

    /// What a text or number stands in.
    #[inline]
    pub(super) fn base<'a>(&'a self, line: &'a str, cell: Cell) -> &'a str {
        if cell.tag() == Tag::SideText { &self.side } else { line }
    }

    /// The text of a text or number.
    #[inline]
    pub(super) fn text<'a>(&'a self, line: &'a str, cell: Cell) -> &'a str {
        &self.base(line, cell)[cell.start()..cell.end()]
    }

    /// How many names with a value are none of `known`.
    #[inline]
    pub(super) fn unknown_besides(&self, known: &[u64; 4]) -> u32 {
        let mut count = self.unknown;
        for (word, (seen, known)) in (0_u8..).zip(self.seen.iter().zip(known)) {
            let mut rest = seen & !known;
            while rest != 0 {
                let name = word << 6 | u8::try_from(rest.trailing_zeros()).expect("a bit of 64");
                count += u32::from(!self.slots[usize::from(name)].is_absent());
                rest &= rest - 1;
            }
        }
        count
    }

    /// Spells the numbers of a list's records in their shortest text, where the text is the value.
    ///
    /// `is_respelled` decides of which fields; it happens before values borrow the side buffer.
    pub(super) fn respell(&mut self, line: &str, list: NameId, names: &Names) {
        let list = self.cell(list);
        if list.tag() != Tag::List {
            return;
        }
        for at in list.start()..list.end() {
            let (key, value) = (self.tokens[at], self.tokens[at + 1]);
            if key.tag() != Tag::Key || value.tag() != Tag::Number || !names.is_text_or_number(key.name()) {
                continue;
            }
            let start = self.side.len();
            if let Some(decimal) = Decimal::parse(&line[value.start()..value.end()]) {
                decimal.write_shortest(&mut self.side);
            }
            let end = self.side.len();
            // A side buffer this long can only come from a line made for it.
            let fits = end as u64 <= PLACE_MASK;
            self.tokens[at + 1] =
                if fits { Cell::spanning(Tag::SideText, start, end) } else { value.broken() };
        }
    }
}
