//! One pass over the text of a JSON object fills the [`Cells`].
//!
//! The grammar is that of RFC 8259 to the letter, and besides no object may have a key twice (compared after
//! unescaping, in objects of any depth) and no escape may be a lone surrogate. Depth is bounded by the length
//! of the line alone: open objects and lists are kept in a vector, not on the stack.
//!
//! Two things make it fast. Strings are searched eight bytes a step. And as one source writes its fields in
//! one order, the name that followed the last one before is tried first, in one comparison; only where that
//! fails is the end of the name searched and the name looked up.

use super::cells::{Cell, Cells, Tag};
use super::lex::{Scan, after_colon, broken, byte, only_space, scalar, skip_space, string, value_text};
use super::names::{KIND, NameId, Names, UNKNOWN};

/// The name before the first of a line.
const NONE_BEFORE: NameId = UNKNOWN - 1;

/// Sorts of lines whose fields are remembered apart: about one per kind.
const SORTS: usize = 32;

/// The sort of a line by the text of its kind. Two kinds of one sort only guess worse.
#[inline]
fn sort_of(kind: &[u8]) -> usize {
    let outer = |byte: Option<&u8>| byte.copied().map_or(0, usize::from);
    (outer(kind.get(1)) + 3 * outer(kind.iter().rev().nth(1)) + 5 * kind.len()) % SORTS
}

/// The scanner's memory: what may be forgotten between lines, kept to be used again.
pub(super) struct Scanner {
    /// For each name the one that followed it last, in lines of as many sorts.
    follows: Box<[[NameId; 256]; SORTS]>,
    /// The same within lists; what follows the name of a list is the first name in it.
    follows_inside: Box<[NameId; 256]>,
    /// Keys of the objects that are open, outermost first.
    keys: Vec<Key>,
    /// Lists and objects that are open, outermost first.
    open: Vec<Open>,
}

/// A key that is compared with the others of its object.
#[derive(Clone, Copy)]
struct Key {
    /// Distinguishes keys quickly: the number of a known name, a hash of any other.
    hash: u64,
    cell: Cell,
}

impl Key {
    #[inline]
    fn new(name: NameId, cell: Cell, cells: &Cells, line: &str) -> Key {
        let hash = match name {
            UNKNOWN => xxhash_rust::xxh3::xxh3_64(cells.text(line, cell).as_bytes()),
            known => u64::from(known),
        };
        Key { hash, cell }
    }
}

/// A list or object that is open.
#[derive(Clone, Copy)]
struct Open {
    is_object: bool,
    /// Its token.
    token: usize,
    /// First of its keys.
    keys: usize,
}

impl Scanner {
    pub(super) fn new() -> Scanner {
        Scanner {
            follows: Box::new([[UNKNOWN; 256]; SORTS]),
            follows_inside: Box::new([UNKNOWN; 256]),
            keys: Vec::new(),
            open: Vec::new(),
        }
    }

    /// Fills `cells` from the text of one JSON object.
    pub(super) fn scan(&mut self, line: &str, names: &Names, cells: &mut Cells) -> Scan<()> {
        cells.clear();
        self.keys.clear();
        let bytes = line.as_bytes();
        let mut at = skip_space(bytes, 0);
        if byte(bytes, at) != b'{' {
            return broken(at, "not an object");
        }
        at = skip_space(bytes, at + 1);
        if byte(bytes, at) == b'}' {
            return only_space(bytes, at + 1);
        }
        let mut before = NONE_BEFORE;
        let mut sort = 0;
        loop {
            // A key: records of a sort name their fields in one order, so the name that followed last time is tried first.
            if byte(bytes, at) != b'"' {
                return broken(at, "expected a key in quotes");
            }
            let key = at;
            let guess = self.follows[sort][usize::from(before)];
            let name = match names.stands_at(guess, bytes, at + 1) {
                Some(end) => {
                    at = end + 1;
                    guess
                }
                None => {
                    let (cell, after) = string(line, at, &mut cells.side)?;
                    at = after;
                    let name = names.find(cells.text(line, cell).as_bytes());
                    if name == UNKNOWN {
                        self.keys.push(Key::new(name, cell, cells, line));
                    }
                    self.follows[sort][usize::from(before)] = name;
                    name
                }
            };
            before = name;
            // Its value.
            at = after_colon(bytes, at)?;
            let value_at = at;
            let (value, after) = match byte(bytes, at) {
                b'"' => value_text(line, at, &mut cells.side)?,
                b'[' | b'{' => self.composite(line, at, name, names, cells)?,
                _ => scalar(bytes, at)?,
            };
            if name == KIND {
                sort = sort_of(&bytes[value_at..after]);
            }
            // Kept if some kind knows the name; a known name twice shows by its cell being taken.
            if name == UNKNOWN {
                cells.unknown += u32::from(!value.is_absent());
            } else if !cells.fill(name, value) {
                return broken(key, "a key twice");
            }
            // On to the next key: the two usual spellings of a comma without a loop over white space.
            at = match bytes.get(after..after + 3) {
                Some([b',', b' ', b'"']) => after + 2,
                Some([b',', b'"', _]) => after + 1,
                _ => {
                    at = skip_space(bytes, after);
                    match byte(bytes, at) {
                        b',' => skip_space(bytes, at + 1),
                        b'}' => break,
                        _ => return broken(at, "expected a comma or the end of the object"),
                    }
                }
            };
        }
        if self.has_twice(0, line, cells) {
            return broken(at, "a key twice");
        }
        only_space(bytes, at + 1)
    }

    /// Fills the tokens from the text of one JSON list, the bytes `at` to `end` of `line`; for a cell of a table.
    pub(super) fn scan_list(
        &mut self,
        line: &str,
        at: usize,
        end: usize,
        names: &Names,
        cells: &mut Cells,
    ) -> Scan<Cell> {
        self.keys.clear();
        let text = &line[..end];
        let begin = skip_space(text.as_bytes(), at);
        if byte(text.as_bytes(), begin) != b'[' {
            return broken(begin, "not a list");
        }
        let (cell, after) = self.composite(text, begin, NONE_BEFORE, names, cells)?;
        only_space(text.as_bytes(), after)?;
        Ok(cell)
    }

    /// The list or object at `at`, the value of `name`, and where it ends; one of no known name leaves no tokens.
    fn composite(
        &mut self,
        line: &str,
        mut at: usize,
        name: NameId,
        names: &Names,
        cells: &mut Cells,
    ) -> Scan<(Cell, usize)> {
        let bytes = line.as_bytes();
        let first_token = cells.tokens.len();
        let first_key = self.keys.len();
        let mut before = name;
        self.open.clear();
        loop {
            // A value stands at `at`.
            let first = byte(bytes, at);
            if first == b'[' || first == b'{' {
                let is_object = first == b'{';
                let token = cells.tokens.len();
                self.open.push(Open { is_object, token, keys: self.keys.len() });
                cells.tokens.push(Cell::spanning(
                    if is_object { Tag::Object } else { Tag::List },
                    token,
                    token,
                ));
                at = skip_space(bytes, at + 1);
                if byte(bytes, at) != if is_object { b'}' } else { b']' } {
                    if is_object {
                        at = self.key(line, at, &mut before, names, cells)?;
                    }
                    continue;
                }
            } else {
                let (cell, after) =
                    if first == b'"' { value_text(line, at, &mut cells.side)? } else { scalar(bytes, at)? };
                cells.tokens.push(cell);
                at = skip_space(bytes, after);
            }
            // A value has ended; perhaps what holds it ends too.
            loop {
                let Some(open) = self.open.last().copied() else {
                    let end = cells.tokens.len() - 1;
                    let cell = Cell::spanning(cells.tokens[first_token].tag(), first_token, end);
                    if name == UNKNOWN {
                        cells.tokens.truncate(first_token);
                    }
                    debug_assert_eq!(self.keys.len(), first_key, "closed objects leave no keys");
                    return Ok((cell, at));
                };
                match (byte(bytes, at), open.is_object) {
                    (b',', is_object) => {
                        at = skip_space(bytes, at + 1);
                        if is_object {
                            at = self.key(line, at, &mut before, names, cells)?;
                        }
                        break;
                    }
                    (b'}', true) | (b']', false) => {
                        if self.has_twice(open.keys, line, cells) {
                            return broken(at, "a key twice");
                        }
                        self.keys.truncate(open.keys);
                        self.open.pop();
                        let end = cells.tokens.len();
                        cells.tokens.push(Cell::spanning(Tag::Close, end, end));
                        cells.tokens[open.token] = Cell::spanning(
                            if open.is_object { Tag::Object } else { Tag::List },
                            open.token,
                            end,
                        );
                        at = skip_space(bytes, at + 1);
                    }
                    (_, true) => return broken(at, "expected a comma or the end of the object"),
                    (_, false) => return broken(at, "expected a comma or the end of the list"),
                }
            }
        }
    }

    /// Takes the key at `at` of an object within the record and its colon; returns where its value begins.
    fn key(
        &mut self,
        line: &str,
        at: usize,
        before: &mut NameId,
        names: &Names,
        cells: &mut Cells,
    ) -> Scan<usize> {
        let bytes = line.as_bytes();
        if byte(bytes, at) != b'"' {
            return broken(at, "expected a key in quotes");
        }
        let guess = self.follows_inside[usize::from(*before)];
        let (name, cell, after) = match names.stands_at(guess, bytes, at + 1) {
            Some(end) => (guess, Cell::spanning(Tag::Text, at + 1, end), end + 1),
            None => {
                let (cell, after) = string(line, at, &mut cells.side)?;
                let name = names.find(cells.text(line, cell).as_bytes());
                self.follows_inside[usize::from(*before)] = name;
                (name, cell, after)
            }
        };
        *before = name;
        self.keys.push(Key::new(name, cell, cells, line));
        cells.tokens.push(Cell::key(name));
        after_colon(bytes, after)
    }

    /// Whether two of the keys from `first` on are equal.
    fn has_twice(&mut self, first: usize, line: &str, cells: &Cells) -> bool {
        /// Up to here every pair is compared; above, keys are sorted first.
        const FEW: usize = 16;
        let keys = &mut self.keys[first..];
        let same = |one: &Key, other: &Key| {
            one.hash == other.hash && cells.text(line, one.cell) == cells.text(line, other.cell)
        };
        if keys.len() <= FEW {
            return (1..keys.len()).any(|i| keys[..i].iter().any(|earlier| same(earlier, &keys[i])));
        }
        keys.sort_unstable_by(|one, other| {
            one.hash
                .cmp(&other.hash)
                .then_with(|| cells.text(line, one.cell).cmp(cells.text(line, other.cell)))
        });
        keys.windows(2).any(|pair| same(&pair[0], &pair[1]))
    }
}
