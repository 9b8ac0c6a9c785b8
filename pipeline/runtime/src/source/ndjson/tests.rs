//! What is an entry, whatever the blocks it comes in, against a second reading that looks at the whole text.

use std::convert::Infallible;
use std::fs;

use proptest::prelude::*;

use super::super::lines::{BLOCK, Entries, HEAD_BYTES, Refused, is_white};
use super::*;
use records::decode::LINE_BYTES_MAX;

/// An entry as it came: its line, and its text or, of what is refused, its length.
#[derive(Clone, Debug, PartialEq)]
enum Came {
    Line(u64, String),
    Refused(u64, u64),
}

#[derive(Default)]
struct Kept(Vec<Came>);

impl Entries for Kept {
    type Error = Infallible;
    fn line(&mut self, number: u64, line: &[u8]) -> Result<(), Infallible> {
        if !is_white(line) {
            self.0.push(Came::Line(number, String::from_utf8_lossy(line).into_owned()));
        }
        Ok(())
    }
    fn refused(&mut self, number: u64, refused: &Refused<'_>) -> Result<(), Infallible> {
        assert!(refused.head.len() as u64 == refused.length.min(HEAD_BYTES as u64));
        self.0.push(Came::Refused(number, refused.length));
        Ok(())
    }
}

/// The entries of a text that comes in pieces of so many bytes.
fn split(text: &[u8], piece: usize) -> Vec<Came> {
    let (mut splitter, mut kept) = (Splitter::default(), Kept::default());
    for piece in text.chunks(piece) {
        let Ok(()) = splitter.feed(piece, &mut kept);
    }
    let Ok(()) = splitter.finish(&mut kept);
    kept.0
}

fn check(text: &str, expected: &[(u64, &str)]) {
    let expected: Vec<Came> =
        expected.iter().map(|(line, text)| Came::Line(*line, (*text).to_owned())).collect();
    for piece in [1, 2, 3, 7, 1_000] {
        assert_eq!(split(text.as_bytes(), piece), expected, "{text}");
    }
}

/// As [`check`], where the last entry is refused: its line, and the text from where on it is.
fn check_broken(text: &str, taken: &[(u64, &str)], (line, rest): (u64, &str)) {
    let mut expected: Vec<Came> =
        taken.iter().map(|(line, text)| Came::Line(*line, (*text).to_owned())).collect();
    expected.push(Came::Refused(line, rest.len() as u64));
    for piece in [1, 2, 3, 7, 1_000] {
        assert_eq!(split(text.as_bytes(), piece), expected, "{text}");
    }
    assert!(text.ends_with(rest));
}

#[test]
fn lines_are_numbered_and_trimmed() {
    check("\u{feff}a\r\n\nb", &[(1, "a"), (3, "b")]);
    check("", &[]);
    check("\n \r\n\u{feff}\n", &[]);
    check("x\n", &[(1, "x")]);
    // A mark at the beginning of any line, as files that were laid one behind the other have it.
    check(
        "\u{feff}{}\n\u{feff}{}\n{\"a\":\"\u{feff}\"}\n",
        &[(1, "{}"), (2, "{}"), (3, "{\"a\":\"\u{feff}\"}")],
    );
}

#[test]
fn an_object_may_go_over_several_lines() {
    check("{\n  \"a\": 1\n}\n{\"b\":2}\n", &[(1, "{\n  \"a\": 1\n}"), (4, "{\"b\":2}")]);
    check(
        "\n  {\"a\": [{\"b\":1},\r\n{\"b\":2}],\r\n\r\n\"c\":{}}  \r\n{}",
        &[(2, "{\"a\": [{\"b\":1},\r\n{\"b\":2}],\r\n\r\n\"c\":{}}"), (6, "{}")],
    );
    // It ends with a brace, and is not at its end.
    check("{\"a\":{\"b\":1}\n}", &[(1, "{\"a\":{\"b\":1}\n}")]);
    check("{\"a\":\"}\",\"b\":{\"c\":1}\n}", &[(1, "{\"a\":\"}\",\"b\":{\"c\":1}\n}")]);
    check("{\"a\":\n1}\n{\"b\":\n2}", &[(1, "{\"a\":\n1}"), (3, "{\"b\":\n2}")]);
}

#[test]
fn what_does_not_close_at_a_lines_end_is_a_line_alone() {
    // Cut lines: the next is read as if they had not been there.
    check("{\"a\":1,\n{\"b\":2}\n", &[(1, "{\"a\":1,"), (2, "{\"b\":2}")]);
    check("{\"a\":\n{\"b\":2}\n{\"c\":3}\n", &[(1, "{\"a\":"), (2, "{\"b\":2}"), (3, "{\"c\":3}")]);
    check("{\"a\":\n{\"b\":2}\n", &[(1, "{\"a\":"), (2, "{\"b\":2}")]);
    check("{\"a\":\"x\n{\"b\":2}\n", &[(1, "{\"a\":\"x"), (2, "{\"b\":2}")]);
    check("{\"a\":[\n{\"b\":\n2}\n{\"c\":3}\n", &[(1, "{\"a\":["), (2, "{\"b\":\n2}"), (4, "{\"c\":3}")]);
    check("{\"a\":[\n{\"b\":\n", &[(1, "{\"a\":["), (2, "{\"b\":")]);
    // Something follows on the line where it closes.
    check("{\n} x\n{}", &[(1, "{"), (2, "} x"), (3, "{}")]);
    check("{\n}{\n}\n{}", &[(1, "{"), (2, "}{"), (3, "}"), (4, "{}")]);
    check("{\"a\":\n{\"b\":\n1} }\n{}", &[(1, "{\"a\":\n{\"b\":\n1} }"), (4, "{}")]);
    check("{\"a\":[\n{\"b\":\n1} }\n{}", &[(1, "{\"a\":["), (2, "{\"b\":"), (3, "1} }"), (4, "{}")]);
    // What is no object does not go on.
    check("[1,\n2]\n", &[(1, "1"), (2, "2")]);
    check("x\n[1,\n2]\n", &[(1, "x"), (2, "[1,"), (3, "2]")]);
}

#[test]
fn an_array_has_its_elements_for_entries() {
    check(
        "[{\"a\":1},\n {\"b\":[2,{}],\n\"c\":\"\\\"],\"}\n,7,\"x\",null,[]]\n",
        &[
            (1, "{\"a\":1}"),
            (2, "{\"b\":[2,{}],\n\"c\":\"\\\"],\"}"),
            (4, "7"),
            (4, "\"x\""),
            (4, "null"),
            (4, "[]"),
        ],
    );
    check("\u{feff}\n \u{a}[\r\n{}\r\n]\r\n\r\n", &[(4, "{}")]);
    check("[]", &[]);
    check("[\n\u{feff}{},\n\u{feff}{}]", &[(2, "{}"), (3, "{}")]);
    check_broken("[{}] behind", &[(1, "{}")], (1, "behind"));
    check_broken("[{}\n{}]\n", &[(1, "{}")], (2, "{}]\n"));
    check_broken("[{},\n{\"a\":,\"b\":1},\n{}]", &[(1, "{}")], (2, "{\"a\":,\"b\":1},\n{}]"));
    check_broken("[{},{\"a\":", &[(1, "{}")], (1, "{\"a\":"));
    check_broken("[{},]", &[(1, "{}")], (1, "]"));
    check_broken("[,{}]", &[], (1, ",{}]"));
    check_broken("[12", &[], (1, "12"));
    // Nothing is left, and still something is lost.
    check_broken("[{},", &[(1, "{}")], (1, ""));
    check_broken("[{}\n", &[(1, "{}")], (2, ""));
    check_broken("[", &[], (1, ""));
}

#[test]
fn a_line_may_be_longer_than_a_block() {
    let long = "x".repeat(3 * BLOCK + 17);
    assert_eq!(
        split(format!("{long}\ny").as_bytes(), BLOCK / 3),
        [Came::Line(1, long), Came::Line(2, "y".to_owned())]
    );
}

#[test]
fn what_is_longer_than_any_is_refused_and_the_next_is_read() {
    let long = |byte: u8| vec![byte; LINE_BYTES_MAX + 3 * BLOCK];
    let length = long(b'x').len() as u64;
    let text = [b"a\n", &long(b'x')[..], b"\r\nb\n", &long(b' '), b"\nc"].concat();
    let line = |number, text: &str| Came::Line(number, text.to_owned());
    for piece in [1 << 16, BLOCK + 1] {
        assert_eq!(split(&text, piece), [line(1, "a"), Came::Refused(2, length), line(3, "b"), line(5, "c")]);
    }
    let text = [b"[{},\n{\"a\":\"", &long(b'x')[..], b"\",\n\"b\":1},\n{}]"].concat();
    assert_eq!(split(&text, BLOCK), [line(1, "{}"), Came::Refused(2, length + 15), line(4, "{}")]);
    // An object over more lines than are read is none; those that begin within it are.
    let text = [b"{\"a\":[\n", &b"{\"b\":\n1},\n".repeat(LINE_BYTES_MAX / 9)[..], b"{}\n"].concat();
    let came = split(&text, BLOCK);
    assert_eq!(came[0], line(1, "{\"a\":["));
    // Each of them ends with a comma, so its lines are lines.
    assert_eq!((&came[1], &came[2]), (&line(2, "{\"b\":"), &line(3, "1},")));
    assert_eq!(came.last(), Some(&line(2 + 2 * (LINE_BYTES_MAX as u64 / 9), "{}")));
    assert_eq!(came.len(), 2 + 2 * (LINE_BYTES_MAX / 9));
}

/// Cuts its file when the first line comes.
struct Cutting(std::path::PathBuf);

impl Entries for Cutting {
    type Error = crate::Error;
    fn line(&mut self, number: u64, _line: &[u8]) -> Result<(), crate::Error> {
        if number == 1 {
            fs::File::options().write(true).open(&self.0).unwrap().set_len(1 << 20).unwrap();
        }
        Ok(())
    }
    fn refused(&mut self, _number: u64, _refused: &Refused<'_>) -> Result<(), crate::Error> {
        unreachable!("lines are short")
    }
}

impl Lines for Cutting {
    fn row(&mut self, _number: u64, _row: &super::super::Row<'_>) -> Result<(), crate::Error> {
        unreachable!("lines are no rows")
    }
}

#[test]
fn a_file_that_becomes_shorter_while_it_is_read_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.ndjson");
    fs::write(&path, "{\"a\":1}\n".repeat(1 << 20)).unwrap();
    let input = super::super::inputs(std::slice::from_ref(&path), None, &mut Vec::new()).unwrap().remove(0);
    let error = read(&input, &mut Cutting(path)).unwrap_err();
    assert_eq!(error.exit_code(), 3);
    let why = std::error::Error::source(&error).unwrap().to_string();
    assert_eq!(why, "the file became shorter while it was read");
}

#[test]
fn many_lines_that_break_off_are_followed_once() {
    // Each line opens an object in that of the line before, and none closes: followed one by one this took hours.
    let lines = 3_000_000;
    let text = "{\"\":\n".repeat(lines);
    let started = std::time::Instant::now();
    assert_eq!(split(text.as_bytes(), BLOCK).len(), lines);
    assert!(started.elapsed().as_secs() < 60, "{:?}", started.elapsed());
}

/// The entries of a text without arrays, by the words of the contract: each line is tried alone with all that may follow.
fn second_reading(text: &str) -> Vec<Came> {
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let body = |line: &str| {
        let line = line.strip_prefix('\u{feff}').unwrap_or(line);
        let line = line.strip_suffix('\n').map_or(line, |line| line.strip_suffix('\r').unwrap_or(line));
        line.to_owned()
    };
    let is_json = |text: &str| serde_json::from_str::<serde_json::Value>(text).is_ok();
    let mut came = Vec::new();
    let mut at = 0;
    while at < lines.len() {
        let line = body(lines[at]);
        let number = at as u64 + 1;
        let ends = (at + 1..lines.len()).filter(|_| line.trim_start().starts_with('{') && !is_json(&line));
        let whole = ends
            .map(|end| (end, lines[at..=end].concat()))
            .find(|(_, text)| is_json(text.strip_prefix('\u{feff}').unwrap_or(text)));
        match whole {
            Some((end, text)) => {
                let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
                came.push(Came::Line(number, text.trim().to_owned()));
                at = end + 1;
            }
            None => {
                if !is_white(line.as_bytes()) {
                    came.push(Came::Line(number, line));
                }
                at += 1;
            }
        }
    }
    came
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]
    #[test]
    fn entries_are_those_of_a_second_reading(
        text in "x?\n([{}\n,: ]|\"a\"|\"a\":|\\[|\\]|1|\r\n|\\{\"a\":1\\}|\\{\n|\n\\}){0,24}",
        piece in 1_usize..9,
    ) {
        // A file that begins with a bracket is an array.
        let text = if text.trim_start().starts_with('[') { format!("x\n{text}") } else { text };
        prop_assert_eq!(split(text.as_bytes(), piece), second_reading(&text));
    }
}
