//! Lists in the ways that writers spell them, and columns that do not hold together.

use std::sync::Arc;

use parquet::data_type::{ByteArray, ByteArrayType};
use parquet::file::properties::WriterProperties;
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::parser::parse_message_type;

use super::super::table_rows::read_rows;
use super::*;

/// The values and levels of a column of texts: definition, repetition.
type Levels<'a> = (&'a [&'a str], &'a [i16], &'a [i16]);

/// The cells of the rows of a file with these columns, as JSON; or what is wrong with it.
fn rows_of(message: &str, columns: &[Levels<'_>]) -> Result<Vec<String>, Error> {
    let schema = Arc::new(parse_message_type(message).unwrap());
    let properties = Arc::new(WriterProperties::builder().set_data_page_row_count_limit(2).build());
    let mut writer = SerializedFileWriter::new(Vec::new(), schema, properties).unwrap();
    let mut group = writer.next_row_group().unwrap();
    for (values, definitions, repetitions) in columns {
        let values: Vec<ByteArray> = values.iter().map(|value| ByteArray::from(*value)).collect();
        let mut column = group.next_column().unwrap().unwrap();
        column.typed::<ByteArrayType>().write_batch(&values, Some(definitions), Some(repetitions)).unwrap();
        column.close().unwrap();
    }
    group.close().unwrap();
    let mut rows: Vec<String> = Vec::new();
    read_rows("visit.parquet", &writer.into_inner().unwrap(), |number, row| {
        assert_eq!(number, rows.len() as u64 + 1);
        rows.push((row.raw)().json.get().to_owned());
    })?;
    Ok(rows)
}

fn check(message: &str, columns: &[Levels<'_>], expected: &[&str]) {
    assert_eq!(rows_of(message, columns).unwrap(), expected, "{message}");
}

#[test]
fn a_list_is_read_however_it_is_spelled() {
    let lists: Levels<'_> = (&["a", "b", "c"], &[0, 1, 3, 2, 3, 3], &[0, 0, 0, 1, 1, 0]);
    let expected = [r#"{"x":null}"#, r#"{"x":[]}"#, r#"{"x":["a",null,"b"]}"#, r#"{"x":["c"]}"#];
    for message in [
        "message m { optional group x (LIST) { repeated group list { optional binary element (STRING); } } }",
        "message m { optional group x (LIST) { repeated group bag { optional binary array_element; } } }",
    ] {
        check(message, &[lists], &expected);
    }
    // The older spellings, whose elements are always there.
    let lists: Levels<'_> = (&["a", "b", "c"], &[0, 1, 2, 2, 2], &[0, 0, 0, 1, 0]);
    let expected = [r#"{"x":null}"#, r#"{"x":[]}"#, r#"{"x":["a","b"]}"#, r#"{"x":["c"]}"#];
    check("message m { optional group x (LIST) { repeated binary element (STRING); } }", &[lists], &expected);
    check(
        "message m { optional group x (LIST) { repeated group list { required binary element; } } }",
        &[lists],
        &expected,
    );
    let expected = [r#"{"x":null}"#, r#"{"x":[]}"#, r#"{"x":[{"y":"a"},{"y":"b"}]}"#, r#"{"x":[{"y":"c"}]}"#];
    for name in ["array", "x_tuple"] {
        let message = format!(
            "message m {{ optional group x (LIST) {{ repeated group {name} {{ required binary y; }} }} }}"
        );
        check(&message, &[lists], &expected);
    }
    let lists: Levels<'_> = (&["a", "b"], &[0, 1, 1], &[0, 0, 1]);
    check("message m { repeated binary x; }", &[lists], &[r#"{"x":[]}"#, r#"{"x":["a","b"]}"#]);
}

#[test]
fn lists_of_groups_are_put_together_from_their_columns() {
    let message = "message m { optional group x (LIST) { repeated group list { optional group element {
        required binary code; optional binary day; } } } }";
    let codes: Levels<'_> = (&["a", "b", "\"c\""], &[3, 2, 3, 0, 3], &[0, 1, 1, 0, 0]);
    let days: Levels<'_> = (&["d", "e"], &[4, 2, 3, 0, 4], &[0, 1, 1, 0, 0]);
    check(
        message,
        &[codes, days],
        &[
            r#"{"x":[{"code":"a","day":"d"},null,{"code":"b","day":null}]}"#,
            r#"{"x":null}"#,
            r#"{"x":[{"code":"\"c\"","day":"e"}]}"#,
        ],
    );
    // Lists within lists, and a group that is none.
    let message =
        "message m { required group x (LIST) { repeated group list { required group element (LIST) {
        repeated group list { required binary element; } } } } optional group y { optional binary z; } }";
    let inner: Levels<'_> = (&["a", "b", "c"], &[2, 2, 1, 2, 0], &[0, 2, 1, 1, 0]);
    let group: Levels<'_> = (&["z"], &[2, 0], &[0, 0]);
    check(message, &[inner, group], &[r#"{"x":[["a","b"],[],["c"]],"y":{"z":"z"}}"#, r#"{"x":[],"y":null}"#]);
}

#[test]
fn columns_that_disagree_are_damage() {
    let message = "message m { optional group x (LIST) { repeated group list { required group element {
        required binary code; optional binary day; } } } }";
    let codes: Levels<'_> = (&["a", "b"], &[2, 2], &[0, 1]);
    for days in [
        // One element too few, one too many, none at all.
        (&["d"][..], &[3][..], &[0][..]),
        (&["d", "e", "f"], &[3, 3, 3], &[0, 1, 1]),
        (&[], &[0], &[0]),
        // An element that is not there although its list is.
        (&["d"], &[3, 1], &[0, 1]),
    ] {
        let error = rows_of(message, &[codes, days]).unwrap_err();
        assert_eq!(error.exit_code(), 3);
    }
}
