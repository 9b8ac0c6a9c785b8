//! From the text of a table to its rows: every cell read by its column's kind, every mistake with its place.
//!
//! One table is read by itself here. Which rules its rows may name is decided by who calls ([`CheckRule`]), because a
//! table of a case is read before all rules are known.

use std::collections::BTreeMap;
use std::ops::Range;

use records::time;
use rust_decimal::Decimal;

use crate::detector::number;
use crate::error::Mistake;
use crate::hint;
use crate::readers::RuleCell;
use crate::row::{Cell, Row};
use crate::schema::{self, ColumnKind, TableSchema};

/// One record of the CSV text: where each cell stands, and its text.
struct Record {
    cells: Vec<(Range<usize>, String)>,
    start: usize,
    line: u64,
}

/// What is wrong with a `rule` cell, if anything; whoever reads a table decides which rules it may name.
pub(crate) type CheckRule<'c> = &'c mut dyn FnMut(RuleCell) -> Option<Mistake>;

/// Reads a table, or finds everything that is wrong with it.
pub(crate) fn read(
    schema: &'static TableSchema,
    text: &str,
    check_rule: CheckRule<'_>,
) -> Result<Vec<Row>, Vec<Mistake>> {
    let mut records = records(text)?.into_iter();
    // The header shows which column is which; where it is wrong no row can be read.
    let Some(header) = records.next() else {
        let usual: Vec<&str> = schema.required().collect();
        let hint = format!("it begins with: {}", usual.join(","));
        return Err(vec![Mistake::new(0..0, "the table has no header").hint(hint)]);
    };
    let mut mistakes = check_header(schema, &header);
    if !mistakes.is_empty() {
        return Err(mistakes);
    }
    let names: Vec<&str> = header.cells.iter().map(|(_, name)| name.as_str()).collect();
    let mut rows = Vec::new();
    for record in records {
        if record.cells.len() != names.len() {
            let what = format!("{} cells under {} headings", record.cells.len(), names.len());
            mistakes.push(
                Mistake::new(record.start..line_end(text, record.start), what)
                    .hint("a cell with a comma in it stands in \"quotes\""),
            );
            continue;
        }
        let before = mistakes.len();
        let row = read_row(schema, &names, &record, check_rule, &mut mistakes);
        // A pair of an item with itself has no meaning.
        let ignored = schema.name == "pair_conflict" && row.text("item_paid") == row.text("item_denied");
        if mistakes.len() == before && !ignored {
            rows.push((row, record.start));
        }
    }
    // What only all rows together can show.
    if schema.name == schema::MED_TYPE {
        mistakes.extend(check_classes(text, &rows));
    }
    if mistakes.is_empty() { Ok(rows.into_iter().map(|(row, _)| row).collect()) } else { Err(mistakes) }
}

fn records(text: &str) -> Result<Vec<Record>, Vec<Mistake>> {
    let text_start = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .from_reader(&text.as_bytes()[text_start..]);
    let mut records = Vec::new();
    for record in reader.records() {
        let record =
            record.map_err(|error| vec![Mistake::new(0..0, format!("the table is no CSV: {error}"))])?;
        let at = record.position().map_or(0, |position| usize::try_from(position.byte()).unwrap_or(0));
        // The reader's position may lie before the line ends and empty lines that it skipped.
        let skipped = text[text_start + at..].bytes().take_while(|b| matches!(b, b'\r' | b'\n')).count();
        let start = text_start + at + skipped;
        let line = 1 + u64::try_from(text[..start].matches('\n').count()).unwrap_or(u64::MAX);
        let places = cell_places(text, start);
        let place = |index: usize| places.get(index).cloned().unwrap_or(start..start);
        let cells = record.iter().enumerate().map(|(i, cell)| (place(i), cell.to_owned())).collect();
        records.push(Record { cells, start, line });
    }
    Ok(records)
}

/// Where the cells of the record that begins at `start` stand.
fn cell_places(text: &str, start: usize) -> Vec<Range<usize>> {
    let mut places = Vec::new();
    let (mut cell_start, mut quoted) = (start, false);
    let mut at = start;
    for byte in text[start..].bytes() {
        match byte {
            b'"' => quoted = !quoted,
            b',' if !quoted => {
                places.push(cell_start..at);
                cell_start = at + 1;
            }
            b'\n' | b'\r' if !quoted => break,
            _ => {}
        }
        at += 1;
    }
    places.push(cell_start..at);
    places
}

fn line_end(text: &str, start: usize) -> usize {
    text[start..].find(['\n', '\r']).map_or(text.len(), |at| start + at)
}

fn check_header(schema: &TableSchema, header: &Record) -> Vec<Mistake> {
    let mut mistakes = Vec::new();
    let missing: Vec<&str> =
        schema.required().filter(|name| !header.cells.iter().any(|(_, cell)| cell == name)).collect();
    for (index, (span, name)) in header.cells.iter().enumerate() {
        let known = name == schema::READING || schema.required().any(|required| required == name);
        if !known {
            let could_be = missing.iter().copied().chain([schema::READING]);
            let what = format!("table {} has no column `{name}`", schema.name);
            mistakes.push(Mistake::new(span.clone(), what).hint(hint::for_word(name, could_be)));
        } else if header.cells[..index].iter().any(|(_, earlier)| earlier == name) {
            mistakes.push(Mistake::new(span.clone(), format!("column `{name}` stands twice")));
        }
    }
    let end = header.cells.last().map_or(0, |(span, _)| span.end);
    if !missing.is_empty() {
        let usual: Vec<&str> = schema.required().collect();
        let what = format!(
            "table {} lacks the column{} {}",
            schema.name,
            if missing.len() == 1 { "" } else { "s" },
            missing.join(", ")
        );
        mistakes
            .push(Mistake::new(header.start..end, what).hint(format!("its columns: {}", usual.join(","))));
    }
    mistakes
}

fn read_row(
    schema: &'static TableSchema,
    names: &[&str],
    record: &Record,
    check_rule: CheckRule<'_>,
    mistakes: &mut Vec<Mistake>,
) -> Row {
    let nowhere = (record.start..record.start, String::new());
    let cell = |name: &str| {
        names.iter().position(|known| *known == name).map_or(&nowhere, |index| &record.cells[index])
    };
    // For whom the row is, from when to when, and whose reading of the source.
    let (rule_span, rule) = cell("rule");
    if schema.has_rule {
        mistakes.extend(check_rule(RuleCell { table: schema, rule: rule.clone(), span: rule_span.clone() }));
    }
    let mut day_in = |name: &str| {
        let (span, text) = cell(name);
        let day = time::parse_date(text);
        if day.is_none() && !text.is_empty() {
            mistakes
                .push(Mistake::new(span.clone(), format!("`{text}` is no day")).hint("YYYY-MM-DD, or empty"));
        }
        day
    };
    let (valid_from, valid_to) = (day_in("valid_from"), day_in("valid_to"));
    let (span, reading) = cell(schema::READING);
    if !matches!(reading.as_str(), "" | "text" | "own") {
        let what = format!("`{reading}` is no reading");
        mistakes.push(Mistake::new(span.clone(), what).hint("text, own, or empty (text)"));
    }
    // What is of this table alone.
    let mut cells = Vec::with_capacity(schema.columns.len());
    for column in schema.columns {
        let (span, text) = cell(column.name);
        match read_cell(column.kind, text) {
            Ok((number, list)) => cells.push((column.name, Cell { text: text.clone(), number, list })),
            Err(hint) => {
                let what = match text.as_str() {
                    "" => format!("`{}` is empty", column.name),
                    _ => format!("`{text}` cannot stand under `{}`", column.name),
                };
                mistakes.push(Mistake::new(span.clone(), what).hint(hint));
            }
        }
    }
    Row {
        rule: rule.clone(),
        valid_from,
        valid_to,
        reading_own: reading == "own",
        source: cell("source").1.clone(),
        line: record.line,
        cells,
    }
}

/// What a cell means, or a hint on what may stand there.
fn read_cell(kind: ColumnKind, text: &str) -> Result<(Option<Decimal>, Vec<String>), String> {
    const LIMIT: i64 = 1_000_000_000_000;
    let not_negative = number(text).filter(|n| !n.is_sign_negative() && *n < Decimal::from(LIMIT));
    match kind {
        ColumnKind::Code | ColumnKind::Prefix | ColumnKind::Prefixes if text.trim() != text => {
            Err("codes are compared as they stand: take the spaces away".to_owned())
        }
        ColumnKind::Code if text.is_empty() => Err("a code stands here".to_owned()),
        ColumnKind::Code | ColumnKind::Prefix => Ok((None, Vec::new())),
        ColumnKind::Prefixes => {
            Ok((None, text.split(';').filter(|prefix| !prefix.is_empty()).map(str::to_owned).collect()))
        }
        ColumnKind::WordOrAll(_) | ColumnKind::WholeOrNone if text.is_empty() => Ok((None, Vec::new())),
        ColumnKind::Word(words) | ColumnKind::WordOrAll(words) => match words.contains(&text) {
            true => Ok((None, Vec::new())),
            false => Err(hint::for_word(text, words.iter().copied())),
        },
        ColumnKind::Whole | ColumnKind::WholeOrNone => match not_negative.filter(Decimal::is_integer) {
            Some(number) => Ok((Some(number), Vec::new())),
            None => Err("a whole number, not below 0".to_owned()),
        },
        ColumnKind::Number => match not_negative.filter(|n| n.normalize().scale() <= 6) {
            Some(number) => Ok((Some(number), Vec::new())),
            None => Err("a number of at most six places, not below 0".to_owned()),
        },
    }
}

/// No code has two classes on one day.
fn check_classes(text: &str, rows: &[(Row, usize)]) -> Vec<Mistake> {
    let mut mistakes = Vec::new();
    let mut by_code: BTreeMap<&str, Vec<&(Row, usize)>> = BTreeMap::new();
    for row in rows {
        by_code.entry(row.0.text("code")).or_default().push(row);
    }
    for (code, rows) in by_code {
        for (index, (row, start)) in rows.iter().enumerate() {
            let from = |row: &Row| row.valid_from.unwrap_or(i32::MIN);
            let to = |row: &Row| row.valid_to.unwrap_or(i32::MAX);
            let common = |other: &Row| from(row).max(from(other)) <= to(row).min(to(other));
            if let Some((other, _)) = rows[..index].iter().find(|(other, _)| common(other)) {
                let what = format!("`{code}` has a second class on days on which line {} holds", other.line);
                mistakes.push(
                    Mistake::new(*start..line_end(text, *start), what)
                        .hint("let the earlier row end the day before"),
                );
            }
        }
    }
    mistakes
}
