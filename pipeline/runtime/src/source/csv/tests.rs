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
        let raw: serde_json::Value = serde_json::from_str((row.raw)().json.get()).unwrap();
        // Bytes that are no text come as base64.
        let raw = raw.as_str().map_or_else(|| raw["base64"].as_str().unwrap().to_owned(), str::to_owned);
        came.push(Came(number, cells, raw));
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
    // The same in the other encoding, with the bytes as they stand there.
    let (gb18030, _, _) = encoding_rs::GB18030.encode(text.trim_start_matches('\u{feff}'));
    let of_other = expected.map(|Came(line, cells, raw)| {
        let (bytes, _, _) = encoding_rs::GB18030.encode(&raw);
        let raw = if raw.is_ascii() { raw } else { wire::rejected::base64(&bytes) };
        Came(line, cells, raw)
    });
    assert_eq!(rows_of(&gb18030), of_other);
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

/// What is wrong with a file of these bytes.
fn damage_of(bytes: &[u8]) -> String {
    let error = read_rows("visit.csv", bytes, |_, _| ()).unwrap_err();
    assert_eq!(error.exit_code(), 3);
    std::error::Error::source(&error).unwrap().to_string()
}

#[test]
fn a_header_that_cannot_be_read_ends_the_run() {
    assert_eq!(damage_of(b"x,y, X \n1,2,3\n"), "columns 1 and 3 have the same name");
    let bytes = ["a,".as_bytes(), b"\xb0\xa1\n", "\u{4eba},1\n\u{6c11},2\n".as_bytes()].concat();
    assert!(damage_of(&bytes).starts_with("the header is not valid UTF-8"));
    assert!(damage_of(&b",".repeat(COLUMNS_MAX + 1)).starts_with("the header has more than"));
}

#[test]
fn a_column_without_a_name_does_not_exist() {
    let unnamed = |line, column, raw: &str| Came(line, Err(Torn::Unnamed(column).text()), raw.to_owned());
    let ragged =
        |line, cells, raw: &str| Came(line, Err(Torn::Ragged { cells, columns: 4 }.text()), raw.to_owned());
    assert_eq!(
        rows_of(b"x,,y, \n1,,2,\n1,,2\n1, ,2,\t\n1,0,2\n1,,2,3\n1,,2,,\n1,\n"),
        [
            came(2, &["1", "", "2", ""], "1,,2,"),
            came(3, &["1", "", "2"], "1,,2"),
            came(4, &["1", " ", "2", "\t"], "1, ,2,\t"),
            unnamed(5, 2, "1,0,2"),
            unnamed(6, 4, "1,,2,3"),
            ragged(7, 5, "1,,2,,"),
            ragged(8, 2, "1,"),
        ]
    );
}

#[test]
fn the_header_tells_the_delimiter() {
    for (text, cells) in [
        ("a;b\n1,5;2", ["1,5", "2"]),
        ("a\tb\n1\t2;3", ["1", "2;3"]),
        ("a|b\n1|\"2|\"", ["1", "2|"]),
        ("a,b\n1,2|", ["1", "2|"]),
        (" \n\r\na;\"b;,\"\n1;2", ["1", "2"]),
    ] {
        assert_eq!(rows_of(text.as_bytes())[0].1.as_ref().unwrap(), &cells, "{text}");
    }
    // Equals: the comma before the tab, before the semicolon, before the bar.
    assert_eq!([b"a,b|c\td;e".as_slice(), b"|;\t", b"|;", b"|", b"a"].map(delimiter), *b",\t;|,");
    // A second byte of GB18030 may be a bar.
    let (gb18030, _, _) = encoding_rs::GB18030.encode("a|b\n\u{4e85}|\u{8ac0}\n");
    assert_eq!(gb18030.iter().filter(|byte| **byte == b'|').count(), 4);
    assert_eq!(rows_of(&gb18030)[0].1.as_ref().unwrap(), &["\u{4e85}", "\u{8ac0}"]);
}

#[test]
fn a_row_of_another_encoding_is_torn_and_counted() {
    let gbk = |text: &str| encoding_rs::GB18030.encode(text).0.into_owned();
    let raw = |text: &str| wire::rejected::base64(&gbk(text));
    let row = |bytes: &[&[u8]]| bytes.concat();
    let utf8 = row(&["a,b\n北京,1\n人民,2\n".as_bytes(), &gbk("上海,3"), "\n北京,4\n".as_bytes()]);
    let torn = |line, encoding, raw: String| Came(line, Err(Torn::Encoding(encoding).text()), raw);
    assert_eq!(
        rows_of(&utf8),
        [
            came(2, &["北京", "1"], "北京,1"),
            came(3, &["人民", "2"], "人民,2"),
            torn(4, "UTF-8", raw("上海,3")),
            came(5, &["北京", "4"], "北京,4"),
        ]
    );
    // In GB18030 a row that is not valid is torn; one that is UTF-8 is read as what it may be, and counted.
    let other =
        row(&[&gbk("a,b\n北京,1\n人民,2\n"), "院x,3\n".as_bytes(), b"\xff,4\n", &gbk("\"上\n海\",5")]);
    let rows = rows_of(&other);
    assert_eq!(rows[0], Came(2, Ok(vec!["北京".to_owned(), "1".to_owned()]), raw("北京,1")));
    assert_eq!((rows[2].0, rows[2].2.as_str()), (4, "院x,3"));
    assert_eq!(rows[3], torn(5, "GB18030", wire::rejected::base64(b"\xff,4")));
    assert_eq!(rows[4], Came(6, Ok(vec!["上\n海".to_owned(), "5".to_owned()]), raw("\"上\n海\",5")));
}

#[test]
fn cells_beyond_any_header_are_counted_and_not_kept() {
    let text = ["a,b\n", &",".repeat(3_000_000), "\n1,2\n"].concat();
    let rows = rows_of(text.as_bytes());
    assert_eq!(rows[0].1, Err(Torn::Ragged { cells: 3_000_001, columns: 2 }.text()));
    assert_eq!(rows[0].2.len(), HEAD_BYTES);
    assert_eq!(rows[1], came(3, &["1", "2"], "1,2"));
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
        let mut nowhere = TableRows(|_, _: &Row<'_>| ());
        let mut rows = Rows::open(&inputs(&[path], None, &mut Vec::new()).unwrap()[0], &mut nowhere).unwrap();
        let theirs = of_the_crate(&text);
        let mut count = 0;
        let mut behind = 0;
        while let Some(found) = rows.next(&mut nowhere).unwrap() {
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
