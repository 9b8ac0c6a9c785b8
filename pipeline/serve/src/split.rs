//! The changes of a body, as its bytes come: lines of NDJSON, or the elements of one JSON array.

/// Of a change of so many bytes no more are kept, and it is refused.
pub const CHANGE_BYTES_MAX: usize = 16 << 20;

/// What the body is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    /// Nothing but white space so far.
    Unknown,
    /// A change a line.
    Lines,
    /// One array; between its elements.
    Array,
    /// Within an element.
    Element {
        /// Brackets that are open.
        depth: u32,
        /// Within a text.
        text: bool,
        /// Behind a backslash in it.
        escaped: bool,
    },
    /// Behind the array.
    Behind,
}

/// Splits a body into changes.
#[derive(Debug)]
pub struct Splitter {
    form: Form,
    line: u64,
    /// The line on which what is kept begins.
    begun: u64,
    kept: Vec<u8>,
}

impl Default for Splitter {
    fn default() -> Splitter {
        Splitter { form: Form::Unknown, line: 1, begun: 1, kept: Vec::new() }
    }
}

fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r' | b'\n')
}

impl Splitter {
    /// Takes some bytes; hands out each change that is whole, with the line on which it begins.
    pub fn feed(&mut self, bytes: &[u8], mut take: impl FnMut(u64, &[u8])) {
        for byte in bytes {
            self.byte(*byte, &mut take);
        }
    }

    /// The body ends: hands out what is left of it.
    pub fn finish(&mut self, mut take: impl FnMut(u64, &[u8])) {
        if !self.kept.iter().copied().all(is_space) {
            self.hand_out(&mut take);
        }
        self.kept.clear();
    }

    fn keep(&mut self, byte: u8) {
        if self.kept.len() < CHANGE_BYTES_MAX {
            self.kept.push(byte);
        }
    }

    fn hand_out(&mut self, take: &mut impl FnMut(u64, &[u8])) {
        let change = self.kept.trim_ascii_end();
        take(self.begun, change);
        self.kept.clear();
    }

    fn byte(&mut self, byte: u8, take: &mut impl FnMut(u64, &[u8])) {
        const MARK: [u8; 3] = *b"\xef\xbb\xbf";
        match self.form {
            Form::Unknown if byte == b'[' && (self.kept.is_empty() || self.kept == MARK) => {
                self.kept.clear();
                self.form = Form::Array;
            }
            Form::Unknown if is_space(byte) && self.kept.is_empty() => {
                self.begun = self.line + u64::from(byte == b'\n');
            }
            Form::Unknown => {
                self.keep(byte);
                if !MARK.starts_with(&self.kept) {
                    self.form = Form::Lines;
                }
            }
            Form::Lines if byte == b'\n' => {
                if !self.kept.iter().copied().all(is_space) {
                    self.hand_out(take);
                }
                self.kept.clear();
                self.begun = self.line + 1;
            }
            Form::Lines | Form::Behind => self.keep(byte),
            Form::Array if is_space(byte) || byte == b',' => {}
            Form::Array if byte == b']' => {
                self.begun = self.line;
                self.form = Form::Behind;
            }
            Form::Array => {
                self.begun = self.line;
                self.keep(byte);
                let depth = u32::from(matches!(byte, b'{' | b'['));
                self.form = Form::Element { depth, text: byte == b'"', escaped: false };
            }
            Form::Element { depth, text, escaped } => self.within(byte, depth, text, escaped, take),
        }
        self.line += u64::from(byte == b'\n');
    }

    /// A byte of an element of the array.
    fn within(&mut self, byte: u8, depth: u32, text: bool, escaped: bool, take: &mut impl FnMut(u64, &[u8])) {
        let next = |depth, text, escaped| Form::Element { depth, text, escaped };
        self.form = match (text, byte) {
            (true, b'"') if !escaped => next(depth, false, false),
            (true, _) => next(depth, true, byte == b'\\' && !escaped),
            (false, b'"') => next(depth, true, false),
            (false, b'{' | b'[') => next(depth + 1, false, false),
            (false, b']') if depth == 0 => {
                self.hand_out(take);
                self.begun = self.line;
                self.form = Form::Behind;
                return;
            }
            (false, b',') if depth == 0 => {
                self.hand_out(take);
                self.form = Form::Array;
                return;
            }
            (false, b'}' | b']') => next(depth.saturating_sub(1), false, false),
            (false, _) => next(depth, false, false),
        };
        self.keep(byte);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(body: &str, at: usize) -> Vec<(u64, String)> {
        let mut splitter = Splitter::default();
        let mut changes = Vec::new();
        let mut take = |line: u64, change: &[u8]| {
            changes.push((line, String::from_utf8_lossy(change).into_owned()));
        };
        for some in body.as_bytes().chunks(at) {
            splitter.feed(some, &mut take);
        }
        splitter.finish(&mut take);
        changes
    }

    #[test]
    fn bodies_are_split_wherever_their_bytes_are_cut() {
        for at in [1, 2, 3, 7, 1000] {
            let lines = [(1, "{\"a\":1}".to_owned()), (3, "{\"b\":\"]\"}".to_owned()), (4, "x".to_owned())];
            assert_eq!(split("{\"a\":1}\r\n\n{\"b\":\"]\"}\nx", at), lines);
            let array = [(2, "{\"a\":[1,{}],\"t\":\"\\\"],\"}".to_owned()), (3, "7".to_owned())];
            assert_eq!(split(" [\n{\"a\":[1,{}],\"t\":\"\\\"],\"},\n7]\n", at), array);
            assert_eq!(split("[{}] behind", at), [(1, "{}".to_owned()), (1, " behind".to_owned())]);
            assert_eq!(split("\u{feff}[{}]", at), [(1, "{}".to_owned())]);
            assert_eq!(split("[{\"a\":", at), [(1, "{\"a\":".to_owned())]);
            assert_eq!(split("", at), []);
        }
    }
}
