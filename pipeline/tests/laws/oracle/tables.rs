//! Section 6: the knowledge tables, as the rows of their CSV text.

use std::collections::BTreeMap;

use super::values::{Decimal, read_day};

/// One row of a table: its cells by column.
pub(crate) struct Row {
    cells: BTreeMap<String, String>,
}

impl Row {
    /// The cell of a column; a column the table lacks is empty.
    pub(crate) fn cell(&self, column: &str) -> &str {
        self.cells.get(column).map_or("", String::as_str)
    }

    /// The cell as a number in millionths.
    pub(crate) fn number(&self, column: &str) -> Option<i128> {
        Decimal::read(self.cell(column))?.millionths(6).ok()
    }

    /// valid_from ≤ day ≤ valid_to, either may be empty.
    pub(crate) fn is_valid(&self, day: i64) -> bool {
        read_day(self.cell("valid_from")).is_none_or(|from| from <= day)
            && read_day(self.cell("valid_to")).is_none_or(|to| day <= to)
    }

    /// Whether the row is somebody's reading of its source.
    pub(crate) fn is_own(&self) -> bool {
        self.cell("reading") == "own"
    }
}

/// The rows of `table`; a missing table has none.
pub(crate) fn rows(tables: &BTreeMap<String, String>, table: &str) -> Vec<Row> {
    let Some(text) = tables.get(table) else {
        return Vec::new();
    };
    let mut lines = read_csv(text).into_iter();
    let header = lines.next().unwrap_or_default();
    lines.map(|cells| Row { cells: header.iter().cloned().zip(cells).collect() }).collect()
}

/// Whether a row of `table` valid on the day has a prefix with which the code starts; with `every`, `*` is of every code.
pub(crate) fn has_prefix_of(
    tables: &BTreeMap<String, String>,
    table: &str,
    every: bool,
    (code, day): (&str, i64),
) -> bool {
    rows(tables, table).iter().any(|row| {
        let prefix = row.cell("prefix");
        let is_of = (every && prefix == "*") || (!prefix.is_empty() && code.starts_with(prefix));
        is_of && row.is_valid(day)
    })
}

/// The rows of `table` whose `rule` cell is `rule`.
pub(crate) fn rule_rows(tables: &BTreeMap<String, String>, table: &str, rule: &str) -> Vec<Row> {
    rows(tables, table).into_iter().filter(|row| row.cell("rule") == rule).collect()
}

/// The rows whose limit is the strictest of `met`, by `strictness` (the greatest is the strictest).
///
/// Several may be equally strict; an alert is only somebody's reading if all of them are.
pub(crate) fn strictest<'a>(met: &[&'a Row], strictness: impl Fn(&Row) -> i128) -> Vec<&'a Row> {
    let most = met.iter().map(|row| strictness(row)).max();
    met.iter().filter(|row| Some(strictness(row)) == most).copied().collect()
}

/// Whether there are firing rows and all of them are somebody's own reading.
pub(crate) fn all_own(rows: &[&Row]) -> bool {
    !rows.is_empty() && rows.iter().all(|row| row.is_own())
}

/// CSV as everybody writes it: commas, quotes doubled inside quotes, lines ended by `\n` or `\r\n`.
fn read_csv(text: &str) -> Vec<Vec<String>> {
    let mut lines = Vec::new();
    let mut cells = vec![String::new()];
    let mut is_quoted = false;
    let mut characters = text.trim_start_matches('\u{feff}').chars().peekable();
    while let Some(character) = characters.next() {
        let cell = cells.last_mut().expect("a line has at least one cell");
        match character {
            '"' if is_quoted && characters.peek() == Some(&'"') => {
                characters.next();
                cell.push('"');
            }
            '"' => is_quoted = !is_quoted,
            ',' if !is_quoted => cells.push(String::new()),
            '\r' if !is_quoted && characters.peek() == Some(&'\n') => {}
            '\n' if !is_quoted => lines.push(std::mem::replace(&mut cells, vec![String::new()])),
            _ => cell.push(character),
        }
    }
    lines.push(cells);
    lines.retain(|cells| cells.len() > 1 || !cells[0].is_empty());
    lines
}

#[test]
fn csv_cells_may_be_quoted() {
    let table =
        BTreeMap::from([("t".to_owned(), "rule,item,max\r\nA,\"x,\"\"y\"\"\",3\n\nB,z,\n".to_owned())]);
    let rows = rows(&table, "t");
    assert_eq!(rows.len(), 2);
    assert_eq!((rows[0].cell("item"), rows[0].number("max")), ("x,\"y\"", Some(3_000_000)));
    assert_eq!((rows[1].cell("max"), rows[1].number("max"), rows[1].cell("source")), ("", None, ""));
}
