//! From the text of a table to its rows: every cell read by its column's kind, every mistake with its place.
//!
//! One table is read by itself here. Which rules its rows may name is decided by who calls ([`CheckRule`]), because a
//! table of a case is read before all rules are known.

use std::collections::BTreeMap;
use std::ops::Range;

use records::time;
use rust_decimal::Decimal;

use crate::cells::{MOST_MISTAKES, Record, records, trimmed};
use crate::detector::number;
use crate::error::Mistake;
use crate::hint;
use crate::readers::RuleCell;
use crate::row::{Cell, Row};
use crate::schema::{self, ColumnKind, TableSchema};

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
    let places = Places::of(schema, &header);
    let headings = header.cells.len();
    let mut rows: Vec<(Row, Range<usize>)> = Vec::new();
    for record in records {
        if mistakes.len() > MOST_MISTAKES {
            let what = format!("more than {MOST_MISTAKES} mistakes: what follows was not read");
            mistakes.push(Mistake::new(record.start..record.line_end, what));
            return Err(mistakes);
        }
        // A column without a heading is none; something in it belongs to nobody.
        let unheaded = record.cells.iter().enumerate().find(|(nth, (_, cell))| {
            !cell.is_empty() && header.cells.get(*nth).is_some_and(|(_, heading)| heading.is_empty())
        });
        if let Some((_, (span, cell))) = unheaded {
            let what = format!("`{cell}` stands in a column without a heading");
            mistakes.push(Mistake::new(span.clone(), what).hint(QUOTES));
            continue;
        }
        if record.cells.len() != headings {
            let what = format!("{} cells under {headings} headings", record.cells.len());
            mistakes.push(Mistake::new(record.start..record.line_end, what).hint(QUOTES));
            continue;
        }
        let before = mistakes.len();
        let row = read_row(schema, &places, &record, check_rule, &mut mistakes);
        // A pair of an item with itself has no meaning.
        let ignored = schema.name == "pair_conflict" && row.text("item_paid") == row.text("item_denied");
        if mistakes.len() == before && !ignored {
            rows.push((row, record.start..record.line_end));
        }
    }
    // What only all rows together can show.
    if schema.name == schema::MED_TYPE {
        mistakes.extend(check_classes(&rows));
    }
    if mistakes.is_empty() { Ok(rows.into_iter().map(|(row, _)| row).collect()) } else { Err(mistakes) }
}

/// What helps where a row has too many cells.
const QUOTES: &str = "a cell with a comma in it stands in \"quotes\"";

/// Whether two headings name one column.
fn same_name(heading: &str, name: &str) -> bool {
    heading.eq_ignore_ascii_case(name)
}

fn check_header(schema: &TableSchema, header: &Record) -> Vec<Mistake> {
    let mut mistakes = Vec::new();
    let has = |name: &str| header.cells.iter().any(|(_, cell)| same_name(cell, name));
    let missing: Vec<&str> = schema.required().filter(|name| !has(name)).collect();
    for (index, (span, name)) in header.cells.iter().enumerate().filter(|(_, (_, name))| !name.is_empty()) {
        let known = same_name(name, schema::READING) || schema.required().any(|known| same_name(name, known));
        if !known {
            let could_be = missing.iter().copied().chain([schema::READING]);
            let what = format!("table {} has no column `{name}`", schema.name);
            mistakes.push(Mistake::new(span.clone(), what).hint(hint::for_word(name, could_be)));
        } else if header.cells[..index].iter().any(|(_, earlier)| same_name(earlier, name)) {
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

/// Where the columns of a table stand in its rows.
struct Places {
    rule: Option<usize>,
    valid_from: Option<usize>,
    valid_to: Option<usize>,
    source: Option<usize>,
    reading: Option<usize>,
    /// Its own columns, in the order of the schema.
    own: Vec<Option<usize>>,
}

impl Places {
    fn of(schema: &TableSchema, header: &Record) -> Places {
        let at = |name: &str| header.cells.iter().position(|(_, heading)| same_name(heading, name));
        Places {
            rule: at("rule").filter(|_| schema.has_rule),
            valid_from: at("valid_from"),
            valid_to: at("valid_to"),
            source: at("source"),
            reading: at(schema::READING),
            own: schema.columns.iter().map(|column| at(column.name)).collect(),
        }
    }
}

fn read_row(
    schema: &'static TableSchema,
    places: &Places,
    record: &Record,
    check_rule: CheckRule<'_>,
    mistakes: &mut Vec<Mistake>,
) -> Row {
    let nowhere = (record.start..record.start, String::new());
    let cell = |place: Option<usize>| place.map_or(&nowhere, |index| &record.cells[index]);
    // For whom the row is, from when to when, and whose reading of the source.
    let (rule_span, rule) = cell(places.rule);
    if schema.has_rule {
        mistakes.extend(check_rule(RuleCell { table: schema, rule: rule.clone(), span: rule_span.clone() }));
    }
    let mut day_in = |place: Option<usize>| {
        let (span, text) = cell(place);
        let day = time::parse_date(text);
        if day.is_none() && !text.is_empty() {
            mistakes
                .push(Mistake::new(span.clone(), format!("`{text}` is no day")).hint("YYYY-MM-DD, or empty"));
        }
        day
    };
    let (valid_from, valid_to) = (day_in(places.valid_from), day_in(places.valid_to));
    if let (Some(from), Some(to)) = (valid_from, valid_to)
        && to < from
    {
        let what = format!("the row ends on {}, before it begins", cell(places.valid_to).1);
        mistakes.push(Mistake::new(cell(places.valid_to).0.clone(), what).hint("valid_to is the last day"));
    }
    if schema.name == schema::FILLER {
        for place in [places.valid_from, places.valid_to] {
            let (span, text) = cell(place);
            if !text.is_empty() {
                let mistake = Mistake::new(span.clone(), "a filler is one on every day");
                mistakes.push(mistake.hint("leave valid_from and valid_to empty"));
            }
        }
    }
    let (span, reading) = cell(places.reading);
    if !matches!(reading.as_str(), "" | "text" | "own") {
        let what = format!("`{reading}` is no reading");
        mistakes.push(Mistake::new(span.clone(), what).hint("text, own, or empty (text)"));
    }
    // What is of this table alone.
    let mut cells = Vec::with_capacity(schema.columns.len());
    for (column, place) in schema.columns.iter().zip(&places.own) {
        let (span, text) = cell(*place);
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
        source: cell(places.source).1.clone(),
        line: record.line,
        cells,
    }
}

/// What a cell means, or a hint on what may stand there.
fn read_cell(kind: ColumnKind, text: &str) -> Result<(Option<Decimal>, Vec<String>), String> {
    const LIMIT: i64 = 1_000_000_000_000;
    let not_negative = number(text).filter(|n| !n.is_sign_negative() && *n < Decimal::from(LIMIT));
    match kind {
        ColumnKind::Code if text.is_empty() => Err("a code stands here".to_owned()),
        ColumnKind::Text if text.is_empty() => Err("a text stands here".to_owned()),
        ColumnKind::Text => Ok((None, Vec::new())),
        ColumnKind::Code | ColumnKind::Prefix => Ok((None, Vec::new())),
        ColumnKind::Prefixes => {
            let prefixes = text.split(';').map(trimmed).filter(|prefix| !prefix.is_empty());
            Ok((None, prefixes.map(str::to_owned).collect()))
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
fn check_classes(rows: &[(Row, Range<usize>)]) -> Vec<Mistake> {
    let mut by_code: BTreeMap<&str, Vec<&(Row, Range<usize>)>> = BTreeMap::new();
    for row in rows {
        by_code.entry(row.0.text("code")).or_default().push(row);
    }
    let mut mistakes = Vec::new();
    for (code, mut rows) in by_code {
        // By their first days: a row meets an earlier one if it begins before the latest end so far.
        rows.sort_by_key(|(row, _)| (row.valid_from.unwrap_or(i32::MIN), row.line));
        let mut longest: Option<(&Row, &Range<usize>)> = None;
        for (row, place) in rows {
            let from = row.valid_from.unwrap_or(i32::MIN);
            let to = |row: &Row| row.valid_to.unwrap_or(i32::MAX);
            if let Some((other, at)) = longest.filter(|(other, _)| from <= to(other)) {
                // The row that was written later is the one too many.
                let (place, first) = if row.line > other.line { (place, other) } else { (at, row) };
                let what = format!("`{code}` has a second class on days on which line {} holds", first.line);
                mistakes
                    .push(Mistake::new(place.clone(), what).hint("let the earlier row end the day before"));
            }
            if longest.is_none_or(|(other, _)| to(row) > to(other)) {
                longest = Some((row, place));
            }
        }
    }
    mistakes.truncate(MOST_MISTAKES);
    mistakes
}
