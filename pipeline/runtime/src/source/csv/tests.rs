//! Rows of CSV: their cells are those of the `csv` crate; their lines and texts are those of the file.

use std::fs;

use proptest::prelude::*;

use super::super::inputs;
use super::super::table_rows::{TableRows, read_rows};
use super::*;

/// A row as it came: line, cells or what is wrong, raw.
#[derive(Debug, PartialEq)]
struct Came(u64, Result<Vec<String>, String>, String);

fn rows_of(bytes: &[u8]) -> Vec<Came> {
    let mut came = Vec::new();
    read_rows("visit.csv", bytes, |number, row| {
        let cells = row.cells.iter().map(|cell| match cell {
            TableCell::Text(text) => (*text).to_owned(),
            other => format!("{other:?}"),
        });
        let cells = row.torn.map_or_else(|| Ok(cells.collect()), |torn| Err(torn.text()));
        came.push(Came(number, cells, serde_json::from_str((row.raw)().as_str()).unwrap()));
    })
    .unwrap();
    came
}

fn came(line: u64, cells: &[&str], raw: &str) -> Came {
    Came(line, Ok(cells.iter().map(|cell| (*cell).to_owned()).collect()), raw.to_owned())
}

#[test]
fn a_row_has_the_line_it_begins_on_and_its_text() {
    let text = "\u{feff}a,b\r\n1,2\r\n\r\n  \t\r\n\"x\r\ny\",\"q\"\"q\"\r\n3,人民\n4,\r5,6";
    let expected = [
        came(2, &["1", "2"], "1,2"),
        came(5, &["x\r\ny", "q\"q"], "\"x\r\ny\",\"q\"\"q\""),
        came(7, &["3", "人民"], "3,人民"),
        came(8, &["4", ""], "4,"),
        came(9, &["5", "6"], "5,6"),
    ];
    assert_eq!(rows_of(text.as_bytes()), expected);
    let (gb18030, _, _) = encoding_rs::GB18030.encode(text.trim_start_matches('\u{feff}'));
    assert_eq!(rows_of(&gb18030), expected);
}

#[test]
fn files_without_rows_have_none() {
    for text in ["", "\n", "a,b", "a,b\r\n", "\u{feff}a,b\n\n \n", "\n\na,b"] {
        assert_eq!(rows_of(text.as_bytes()), [], "{text:?}");
    }
}

#[test]
fn a_ragged_row_is_torn_and_the_next_is_not() {
    let torn =
        |line, cells, raw: &str| Came(line, Err(Torn::Ragged { cells, columns: 2 }.text()), raw.to_owned());
    assert_eq!(
        rows_of(b"a,b\n1\n1,2,3\n,\n1,2\n"),
        [torn(2, 1, "1"), torn(3, 3, "1,2,3"), came(4, &["", ""], ","), came(5, &["1", "2"], "1,2")]
    );
}

#[test]
fn a_quote_that_never_closes_is_reported_with_what_it_swallowed() {
    let torn = |line, raw: &str| Came(line, Err(Torn::Unclosed.text()), raw.to_owned());
    assert_eq!(rows_of(b"a,b\n1,2\n3,\"4\n5,6\n"), [came(2, &["1", "2"], "1,2"), torn(3, "3,\"4\n5,6")]);
    assert_eq!(rows_of(b"a\n\""), [torn(2, "\"")]);
    assert_eq!(rows_of(b"a\n\"1\""), [came(2, &["1"], "\"1\"")]);
}

#[test]
fn a_name_twice_tears_every_row() {
    let torn = |line, raw: &str| Came(line, Err(Torn::NameTwice("x").text()), raw.to_owned());
    assert_eq!(rows_of(b"x,y,x\n1,2,3\n4\n"), [torn(2, "1,2,3"), torn(3, "4")]);
    assert_eq!(rows_of(b"x,,\n1,,\n"), [came(2, &["1", "", ""], "1,,")]);
}

#[test]
fn a_row_longer_than_any_is_torn_and_the_next_is_read() {
    let mut text = b"a,b\n1,\"".to_vec();
    text.resize(text.len() + LINE_BYTES_MAX + 3_000_000, b'\n');
    text.extend_from_slice(b"\"\n");
    text.resize(text.len() + LINE_BYTES_MAX + 3_000_000, b' ');
    text.extend_from_slice(b"\r\n1,2\n");
    let rows = rows_of(&text);
    assert_eq!(rows.len(), 2);
    let length = LINE_BYTES_MAX as u64 + 3_000_000;
    assert_eq!((rows[0].0, rows[0].1.clone()), (2, Err(Torn::Overlong(length + 4).text())));
    assert_eq!(rows[0].2.len(), HEAD_BYTES);
    assert_eq!(rows[1], came(length + 4, &["1", "2"], "1,2"));
}

/// What the `csv` crate makes of the same text, without rows of white space.
fn of_the_crate(text: &str) -> Vec<Vec<String>> {
    let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(text.as_bytes());
    let mut rows = Vec::new();
    let mut starts = Vec::new();
    for row in reader.records() {
        let row = row.unwrap();
        starts.push(usize::try_from(row.position().unwrap().byte()).unwrap());
        rows.push(row.iter().map(str::to_owned).collect::<Vec<_>>());
    }
    starts.push(text.len());
    let is_kept = |position: usize| !is_white(&text.as_bytes()[starts[position]..starts[position + 1]]);
    rows.into_iter().enumerate().filter(|(position, _)| is_kept(*position)).map(|(_, row)| row).collect()
}

/// Lines of a text: each ends with `\n`, `\r\n` or a lone `\r`.
fn line_of(text: &str, byte: usize) -> u64 {
    let ends = text[..byte].replace("\r\n", "\n");
    1 + ends.chars().filter(|end| matches!(end, '\n' | '\r')).count() as u64
}

proptest! {
    #[test]
    fn rows_are_those_of_the_crate(text in "([a,\"\n\r 医]|\r\n|,\"|\",){0,40}") {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("visit.csv");
        fs::write(&path, &text).unwrap();
        let mut rows = Rows::open(&inputs(&[path], &mut Vec::new()).unwrap()[0]).unwrap();
        let theirs = of_the_crate(&text);
        let mut count = 0;
        let mut behind = 0;
        while let Some(found) = rows.next(&mut TableRows(|_, _: &Row<'_>| ())).unwrap() {
            let cells = std::str::from_utf8(found.text).unwrap();
            let cells: Vec<&str> = cells_of(cells, found.ends).collect();
            // Of a quote that never closes the crate makes a cell, and we a fault.
            if !found.is_unclosed {
                prop_assert_eq!(&cells, &theirs[count]);
            }
            count += 1;
            // The row stands where it is stated to stand.
            let raw = std::str::from_utf8(found.raw).unwrap();
            let position = behind + text[behind..].find(raw).unwrap();
            prop_assert!(is_white(&text.as_bytes()[behind..position]));
            prop_assert_eq!(found.line, line_of(&text, position));
            behind = position + raw.len();
        }
        prop_assert_eq!(count, theirs.len());
        prop_assert!(is_white(&text.as_bytes()[behind..]));
    }
}
