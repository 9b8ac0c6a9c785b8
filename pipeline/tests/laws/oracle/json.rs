//! A strict reader of JSON that keeps every number as the text it was sent as.
//!
//! Money is compared to the last fen, so no number may pass through binary floating point on its way in.
//! What the contract calls `not_json` is exactly what this reader refuses: bytes that are not UTF-8, anything
//! outside the grammar, a key that stands twice in one object, and an escaped half of a surrogate pair.

/// One JSON value; an object keeps its members in the order they were sent.
#[derive(Debug, Clone)]
pub(crate) enum Json {
    Null,
    Bool(bool),
    Number(String),
    Text(String),
    List(Vec<Json>),
    Object(Vec<(String, Json)>),
}

/// Reads one whole text, white space around it allowed; `None` is `not_json`.
pub(crate) fn read(bytes: &[u8]) -> Option<Json> {
    let text = std::str::from_utf8(bytes).ok()?;
    let mut reader = Reader { bytes: text.as_bytes(), at: 0 };
    reader.skip_space();
    let value = reader.value()?;
    reader.skip_space();
    (reader.at == reader.bytes.len()).then_some(value)
}

/// Whether `text` is, from end to end, the text of a JSON number.
pub(crate) fn is_number(text: &str) -> bool {
    let mut reader = Reader { bytes: text.as_bytes(), at: 0 };
    reader.number().is_some() && reader.at == reader.bytes.len()
}

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Reader<'_> {
    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn skip_space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    fn take(&mut self, word: &str) -> Option<()> {
        self.bytes[self.at..].starts_with(word.as_bytes()).then(|| self.at += word.len())
    }

    fn value(&mut self) -> Option<Json> {
        match self.peek()? {
            b'n' => self.take("null").map(|()| Json::Null),
            b't' => self.take("true").map(|()| Json::Bool(true)),
            b'f' => self.take("false").map(|()| Json::Bool(false)),
            b'"' => self.text().map(Json::Text),
            b'[' => self.list(),
            b'{' => self.object(),
            _ => self.number().map(Json::Number),
        }
    }

    fn list(&mut self) -> Option<Json> {
        self.take("[")?;
        let mut elements = Vec::new();
        self.skip_space();
        if self.take("]").is_some() {
            return Some(Json::List(elements));
        }
        loop {
            self.skip_space();
            elements.push(self.value()?);
            self.skip_space();
            if self.take("]").is_some() {
                return Some(Json::List(elements));
            }
            self.take(",")?;
        }
    }

    fn object(&mut self) -> Option<Json> {
        self.take("{")?;
        let mut members: Vec<(String, Json)> = Vec::new();
        self.skip_space();
        if self.take("}").is_some() {
            return Some(Json::Object(members));
        }
        loop {
            self.skip_space();
            let name = self.text()?;
            if members.iter().any(|(earlier, _)| *earlier == name) {
                return None;
            }
            self.skip_space();
            self.take(":")?;
            self.skip_space();
            members.push((name, self.value()?));
            self.skip_space();
            if self.take("}").is_some() {
                return Some(Json::Object(members));
            }
            self.take(",")?;
        }
    }

    fn digits(&mut self) -> Option<()> {
        let begin = self.at;
        while matches!(self.peek(), Some(b'0'..=b'9')) {
            self.at += 1;
        }
        (self.at > begin).then_some(())
    }

    fn number(&mut self) -> Option<String> {
        let begin = self.at;
        let _sign = self.take("-");
        if self.take("0").is_none() {
            self.digits()?;
        }
        if self.take(".").is_some() {
            self.digits()?;
        }
        if self.take("e").is_some() || self.take("E").is_some() {
            if self.take("+").is_none() {
                let _sign = self.take("-");
            }
            self.digits()?;
        }
        String::from_utf8(self.bytes[begin..self.at].to_vec()).ok()
    }

    fn text(&mut self) -> Option<String> {
        self.take("\"")?;
        let mut text = Vec::new();
        loop {
            let byte = self.peek()?;
            self.at += 1;
            match byte {
                b'"' => return String::from_utf8(text).ok(),
                b'\\' => {
                    let mut buffer = [0; 4];
                    text.extend_from_slice(self.escaped()?.encode_utf8(&mut buffer).as_bytes());
                }
                0..0x20 => return None,
                _ => text.push(byte),
            }
        }
    }

    fn escaped(&mut self) -> Option<char> {
        let byte = self.peek()?;
        self.at += 1;
        Some(match byte {
            b'"' => '"',
            b'\\' => '\\',
            b'/' => '/',
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => {
                let first = self.four_hex()?;
                if (0xD800..0xDC00).contains(&first) {
                    self.take("\\u")?;
                    let second = self.four_hex()?;
                    if !(0xDC00..0xE000).contains(&second) {
                        return None;
                    }
                    char::from_u32(0x1_0000 + ((first - 0xD800) << 10) + (second - 0xDC00))?
                } else {
                    // A low half alone is no character, and `from_u32` says so.
                    char::from_u32(first)?
                }
            }
            _ => return None,
        })
    }

    fn four_hex(&mut self) -> Option<u32> {
        let mut code = 0;
        for _ in 0..4 {
            code = code * 16 + char::from(self.peek()?).to_digit(16)?;
            self.at += 1;
        }
        Some(code)
    }
}

#[test]
fn what_is_not_json_is_refused() {
    for good in [r#" {"a":[1,-0.5e+3,null,"\ud83d\ude00"],"b":{}} "#, "[]", "0"] {
        assert!(read(good.as_bytes()).is_some(), "{good}");
    }
    for bad in [
        r#"{"a":1,"\u0061":2}"#,
        r#""\ud83d""#,
        r#""\ude00""#,
        r#""\ud83dx""#,
        "01",
        "+1",
        "1.",
        "[1,]",
        "{} x",
    ] {
        assert!(read(bad.as_bytes()).is_none(), "{bad}");
    }
    assert!(read(b"\"\xff\"").is_none());
    assert!(is_number("-1.50E2") && !is_number(" 1") && !is_number("1 ") && !is_number(""));
}
