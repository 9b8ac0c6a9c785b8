//! From the bytes of a table to its text: UTF-8 or GB18030, told as of a CSV file of records.
//!
//! A line speaks for UTF-8 if it is valid UTF-8 and has a character of three or more bytes, against it if it is not
//! valid UTF-8; others say nothing. More against than for it: the file is GB18030. All of it is read so: one line that
//! cannot be makes the table wrong, for a row that is missing is a limit that does not hold.

use encoding_rs::GB18030;

/// The text of a table, or what is wrong with its bytes: the line, from 1, and a sentence.
pub(crate) fn text_of(bytes: &[u8]) -> Result<String, (usize, String)> {
    if bytes.starts_with(&[0xFF, 0xFE]) || bytes.starts_with(&[0xFE, 0xFF]) {
        return Err((1, "the file is UTF-16".to_owned()));
    }
    if let Ok(text) = std::str::from_utf8(bytes) {
        return Ok(text.to_owned());
    }
    let (mut speak_for, mut against) = (0usize, 0usize);
    for line in bytes[..bytes.len().min(LOOKED_AT)].split(|byte| *byte == b'\n') {
        match std::str::from_utf8(line) {
            Ok(text) => speak_for += usize::from(text.chars().any(|c| c.len_utf8() >= 3)),
            Err(_) => against += 1,
        }
    }
    let mut text = String::with_capacity(bytes.len() * 3 / 2);
    for (number, line) in (1..).zip(bytes.split_inclusive(|byte| *byte == b'\n')) {
        if against > speak_for {
            match GB18030.decode_without_bom_handling_and_without_replacement(line) {
                Some(read) => text.push_str(&read),
                None => return Err((number, "the line is not GB18030, as the others are".to_owned())),
            }
        } else {
            match std::str::from_utf8(line) {
                Ok(read) => text.push_str(read),
                Err(_) => return Err((number, "the line is not UTF-8, as the others are".to_owned())),
            }
        }
    }
    Ok(text)
}

/// Bytes from the beginning that tell the encoding.
const LOOKED_AT: usize = 16 << 20;

#[cfg(test)]
mod tests {
    use super::*;

    fn gbk(text: &str) -> Vec<u8> {
        GB18030.encode(text).0.into_owned()
    }

    #[test]
    fn most_lines_tell_the_encoding_and_the_others_must_agree() {
        assert_eq!(text_of(&gbk("a,b\n1,人民\n")), Ok("a,b\n1,人民\n".to_owned()));
        assert_eq!(text_of("a,b\n1,人民\n".as_bytes()), Ok("a,b\n1,人民\n".to_owned()));
        let mixed = [gbk("a\n人民\n"), "人民\n国家\n".into()].concat();
        assert_eq!(text_of(&mixed).unwrap_err().0, 2);
        let mixed = [gbk("人民\n国家\n"), vec![b'x', 0xFF, b'\n']].concat();
        assert_eq!(text_of(&mixed), Err((3, "the line is not GB18030, as the others are".to_owned())));
        assert_eq!(text_of(&[0xFF, 0xFE, b'a', 0]), Err((1, "the file is UTF-16".to_owned())));
    }
}
