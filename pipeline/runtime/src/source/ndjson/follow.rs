//! The text of one JSON value, followed byte by byte to its end.
//!
//! The grammar is that of RFC 8259; what is not of the grammar (a key twice, a lone surrogate, bytes that are no UTF-8) is
//! the decoder's to find. The text may come in pieces, cut anywhere. Depth is bounded by the text alone.

/// Where in the grammar it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// A value comes.
    Value,
    /// A value or the end of the list.
    FirstElement,
    /// A key or the end of the object.
    FirstKey,
    /// A key.
    Key,
    /// A colon.
    Colon,
    /// A comma, or the end of what the last value stands in.
    After,
    /// Within a string; of a key or not.
    Text { is_key: bool },
    /// Behind a backslash.
    Escape { is_key: bool },
    /// So many digits of `\u` are to come.
    Hex { is_key: bool, left: u8 },
    /// Within a number.
    Number(Number),
    /// Within a literal: what is to come of it.
    Literal(&'static [u8]),
    /// The value has ended.
    Done,
}

/// The part of a number that was read last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Number {
    Minus,
    Zero,
    Whole,
    Point,
    Fraction,
    E,
    ESign,
    Exponent,
}

impl Number {
    fn next(self, byte: u8) -> Option<Number> {
        use Number::{E, ESign, Exponent, Fraction, Minus, Point, Whole, Zero};
        Some(match (self, byte) {
            (Minus, b'0') => Zero,
            (Minus, b'1'..=b'9') | (Whole, b'0'..=b'9') => Whole,
            (Zero | Whole, b'.') => Point,
            (Point | Fraction, b'0'..=b'9') => Fraction,
            (Zero | Whole | Fraction, b'e' | b'E') => E,
            (E, b'+' | b'-') => ESign,
            (E | ESign | Exponent, b'0'..=b'9') => Exponent,
            _ => return None,
        })
    }

    fn may_end(self) -> bool {
        matches!(self, Number::Zero | Number::Whole | Number::Fraction | Number::Exponent)
    }
}

/// How far a piece of the text was followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// To its end; the value goes on.
    More,
    /// To here: an object or a list has closed before, or the whole value.
    Closed(usize),
    /// To here, where no JSON goes on so.
    Broken(usize),
}

/// Follows one value.
#[derive(Debug)]
pub(super) struct Follow {
    state: State,
    /// Objects (`true`) and lists that are open, outermost first.
    open: Vec<bool>,
}

impl Default for Follow {
    fn default() -> Follow {
        Follow::new()
    }
}

impl Follow {
    /// At the beginning of a value.
    pub(super) const fn new() -> Follow {
        Follow { state: State::Value, open: Vec::new() }
    }

    /// Objects and lists that are open.
    pub(super) fn depth(&self) -> usize {
        self.open.len()
    }

    /// Whether a value may begin here.
    pub(super) fn is_before_value(&self) -> bool {
        matches!(self.state, State::Value | State::FirstElement)
    }

    /// Whether the value has ended.
    pub(super) fn is_done(&self) -> bool {
        self.state == State::Done
    }

    /// Follows `bytes` from `at` on, to their end or to the next thing that closes.
    pub(super) fn advance(&mut self, bytes: &[u8], mut at: usize) -> Step {
        while let Some(byte) = bytes.get(at).copied() {
            match self.state {
                State::Text { is_key } => {
                    let rest = &bytes[at..];
                    let plain = rest.iter().position(|byte| matches!(byte, b'"' | b'\\' | 0..0x20));
                    at += plain.unwrap_or(rest.len());
                    match bytes.get(at) {
                        None => return Step::More,
                        Some(b'"') if is_key => self.state = State::Colon,
                        Some(b'"') => {
                            if self.end_value() {
                                return Step::Closed(at + 1);
                            }
                        }
                        Some(b'\\') => self.state = State::Escape { is_key },
                        Some(_) => return Step::Broken(at),
                    }
                }
                State::Escape { is_key } => match byte {
                    b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => {
                        self.state = State::Text { is_key };
                    }
                    b'u' => self.state = State::Hex { is_key, left: 4 },
                    _ => return Step::Broken(at),
                },
                State::Hex { is_key, left } => match (byte.is_ascii_hexdigit(), left) {
                    (false, _) => return Step::Broken(at),
                    (true, 1) => self.state = State::Text { is_key },
                    (true, _) => self.state = State::Hex { is_key, left: left - 1 },
                },
                State::Number(number) => match number.next(byte) {
                    Some(next) => self.state = State::Number(next),
                    None if !number.may_end() || !is_delimiter(byte) => return Step::Broken(at),
                    None => {
                        if self.end_value() {
                            return Step::Closed(at);
                        }
                        // The byte is looked at again, behind the number.
                        continue;
                    }
                },
                State::Literal(rest) => match rest.split_first() {
                    Some((next, rest)) if *next == byte => self.state = State::Literal(rest),
                    None if is_delimiter(byte) => {
                        if self.end_value() {
                            return Step::Closed(at);
                        }
                        continue;
                    }
                    _ => return Step::Broken(at),
                },
                State::Done => return Step::Broken(at),
                _ if matches!(byte, b' ' | b'\t' | b'\n' | b'\r') => {}
                _ => match self.between(byte) {
                    None => return Step::Broken(at),
                    Some(true) => return Step::Closed(at + 1),
                    Some(false) => {}
                },
            }
            at += 1;
        }
        Step::More
    }

    /// Takes a byte between the words; whether something closed, or nothing if no JSON goes on so.
    fn between(&mut self, byte: u8) -> Option<bool> {
        let is_object = self.open.last().copied();
        self.state = match (self.state, byte) {
            (State::FirstKey | State::Key, b'"') => State::Text { is_key: true },
            (State::Colon, b':') => State::Value,
            (State::After, b',') if is_object == Some(true) => State::Key,
            (State::After, b',') => State::Value,
            (State::FirstKey, b'}') | (State::FirstElement, b']') => return Some(self.close()),
            (State::After, b'}') if is_object == Some(true) => return Some(self.close()),
            (State::After, b']') if is_object == Some(false) => return Some(self.close()),
            (State::Value | State::FirstElement, _) => self.begin_value(byte)?,
            _ => return None,
        };
        Some(false)
    }

    fn begin_value(&mut self, byte: u8) -> Option<State> {
        Some(match byte {
            b'{' => {
                self.open.push(true);
                State::FirstKey
            }
            b'[' => {
                self.open.push(false);
                State::FirstElement
            }
            b'"' => State::Text { is_key: false },
            b'-' => State::Number(Number::Minus),
            b'0' => State::Number(Number::Zero),
            b'1'..=b'9' => State::Number(Number::Whole),
            b't' => State::Literal(b"rue"),
            b'f' => State::Literal(b"alse"),
            b'n' => State::Literal(b"ull"),
            _ => return None,
        })
    }

    fn close(&mut self) -> bool {
        self.open.pop();
        self.end_value();
        true
    }

    /// A value has ended; whether it is the whole one.
    fn end_value(&mut self) -> bool {
        self.state = if self.open.is_empty() { State::Done } else { State::After };
        self.open.is_empty()
    }
}

/// Whether a number or literal that stands before this byte is at its end there.
fn is_delimiter(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | b'"' | b',' | b':' | b'[' | b']' | b'{' | b'}')
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Where a text ends or breaks, whatever pieces it comes in.
    fn followed(text: &str) -> Step {
        let whole = |piece: usize| {
            let (mut follow, mut before) = (Follow::new(), 0);
            for bytes in text.as_bytes().chunks(piece) {
                let mut at = 0;
                loop {
                    match follow.advance(bytes, at) {
                        Step::More => break,
                        Step::Closed(to) if follow.is_done() => return Step::Closed(before + to),
                        Step::Closed(to) => at = to,
                        Step::Broken(to) => return Step::Broken(before + to),
                    }
                }
                before += bytes.len();
            }
            Step::More
        };
        let all: Vec<Step> = [1, 2, 3, 1_000].into_iter().map(whole).collect();
        assert!(all.iter().all(|one| *one == all[0]), "{text}: {all:?}");
        all[0]
    }

    #[test]
    fn a_value_is_followed_to_its_end_and_no_further() {
        for (text, step) in [
            ("{}", Step::Closed(2)),
            ("{\"a\":[1,-0.5e+7,{}],\"b\":\"}\\\"\\u00e5\"} x", Step::Closed(36)),
            ("[true,false,null] ", Step::Closed(17)),
            ("\"x\",", Step::Closed(3)),
            ("12]", Step::Closed(2)),
            ("null,", Step::Closed(4)),
            ("12", Step::More),
            ("{\"a\":", Step::More),
            ("{\"a", Step::More),
            ("{\"a\n", Step::Broken(3)),
            ("{\"a\":1,}", Step::Broken(7)),
            ("{\"a\":1,{", Step::Broken(7)),
            ("{\"a\" 1}", Step::Broken(5)),
            ("[1,]", Step::Broken(3)),
            ("[1}", Step::Broken(2)),
            ("{]", Step::Broken(1)),
            ("01]", Step::Broken(1)),
            ("nullx", Step::Broken(4)),
            ("null", Step::More),
            ("1x", Step::Broken(1)),
            ("1.]", Step::Broken(2)),
            ("-]", Step::Broken(1)),
            ("1e]", Step::Broken(2)),
            ("tru]", Step::Broken(3)),
            ("\"\\x\"", Step::Broken(2)),
            ("\"\\u00g0\"", Step::Broken(5)),
            (",", Step::Broken(0)),
        ] {
            assert_eq!(followed(text), step, "{text}");
        }
    }
}
