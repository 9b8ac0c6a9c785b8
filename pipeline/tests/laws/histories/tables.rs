//! The rows of the knowledge tables: several per item, of different limits, days, rules and readings.

use crate::histories::calendar::{DAY, date_text};
use crate::histories::dice::Dice;
use crate::histories::region::Region;
use crate::histories::spelling::decimal_text;

/// One row of a table.
#[derive(Clone)]
pub(crate) struct Row {
    /// The columns that only its table has, in order.
    pub(crate) cells: Vec<(&'static str, String)>,
    /// First day it counts.
    pub(crate) from: Option<i64>,
    /// Last day it counts.
    pub(crate) to: Option<i64>,
    /// It is somebody's reading, not the source's words.
    pub(crate) own: bool,
}

impl Row {
    /// The text of `column`.
    pub(crate) fn get(&self, column: &str) -> &str {
        self.cells.iter().find(|(name, _)| *name == column).map_or("", |(_, value)| value)
    }

    /// The whole number of `column`, cut; 0 if it is none.
    pub(crate) fn whole(&self, column: &str) -> i64 {
        self.get(column).split('.').next().and_then(|whole| whole.parse().ok()).unwrap_or(0)
    }

    /// The number of `column` in ten-thousandths.
    pub(crate) fn quantity(&self, column: &str) -> i64 {
        let (whole, part) = self.get(column).split_once('.').unwrap_or((self.get(column), ""));
        format!("{whole}{part:0<4}").parse().expect("a number of at most four places")
    }
}

/// The codes of medical visits beside those of the contract that the histories use.
pub(crate) const EXTENDED: [&str; 3] = ["9902", "110104", "28"];

impl Region {
    /// Gives each table a few rows, or leaves the table out.
    pub(crate) fn write_rows(&mut self) {
        for table in ["age_limit", "pair_conflict", "quantity_limit", "cycle_gap", "resale_prone"] {
            if self.dice.chance(1, 20) {
                continue;
            }
            for _ in 0..self.dice.between(2, 5) {
                let row = self.new_row(table);
                self.rows.entry(table).or_default().push(row);
            }
        }
        if let Some(rows) = self.rows.get_mut("age_limit") {
            // A rule the bank may not have, on an item nobody bills.
            rows.push(Row {
                cells: row_cells(&["S05", "I-NOBODY", "days", "28"], COLUMNS[0].1),
                from: None,
                to: None,
                own: false,
            });
        }
        if self.dice.chance(1, 3) {
            self.write_med_types();
        }
    }

    /// A row of `table` to aim at: often one that others aim at too, sometimes a new one of a fresh item.
    pub(crate) fn row(&mut self, table: &'static str) -> Option<Row> {
        if self.rows_open && self.rows.contains_key(table) && self.dice.chance(1, 4) {
            let list_type = self.dice.pick(&["101", "201", "301"]);
            self.fresh_item(list_type);
            let row = self.new_row(table);
            let rows = self.rows.entry(table).or_default();
            rows.push(row.clone());
            return Some(row);
        }
        let rows = self.rows.get(table)?;
        let ours: Vec<Row> = rows.iter().filter(|row| row.get("rule") != "S05").cloned().collect();
        (!ours.is_empty()).then(|| self.dice.pick(&ours))
    }

    /// A day inside the history, mostly one on which `row` counts, often the first or last such day or the one beside it.
    pub(crate) fn day_for(&mut self, row: &Row) -> i64 {
        let (first, last) = (self.first, self.horizon / DAY);
        let day = match (row.from, row.to, self.dice.below(3)) {
            (Some(from), _, 0) => from + self.dice.pick(&[-1, 0]),
            (_, Some(to), 1) => to + self.dice.pick(&[0, 1]),
            (from, to, _) => {
                let low = from.unwrap_or(first).max(first);
                let high = to.unwrap_or(last).min(last);
                self.dice.between(low, high.max(low))
            }
        };
        day.clamp(first, last)
    }

    fn new_row(&mut self, table: &'static str) -> Row {
        // The youngest item is the fresh one, if the row is made for one.
        let item = if self.dice.chance(1, 2) {
            self.items.last().expect("a region has items").code.clone()
        } else {
            self.item().code
        };
        let other = self.item().code;
        let limit = self.dice.pick(&[10_000, 10_000, 20_000, 30_000, 25_000, 0]);
        let limit = decimal_text(limit, 4);
        let values: Vec<&str> = match table {
            "age_limit" => {
                let (unit, max) = self.dice.pick(&[
                    ("days", "28"),
                    ("days", "7"),
                    ("years", "14"),
                    ("years", "18"),
                    ("years", "3"),
                ]);
                vec!["D06", &item, unit, max]
            }
            "pair_conflict" => vec!["S12", &item, &other],
            "quantity_limit" => vec!["S14", &item, self.dice.pick(&["day", "visit"]), &limit],
            "cycle_gap" => vec!["S18", &item, self.dice.pick(&["2", "7", "14", "30", "90"])],
            _ => vec!["P08", &item, &limit],
        };
        let columns = COLUMNS.iter().find(|(name, _)| *name == table).expect("a known table").1;
        let edge = self.dice.between(self.first, self.horizon / DAY);
        let (from, to) = match self.dice.below(8) {
            0 => (Some(edge), None),
            1 => (None, Some(edge)),
            2 => (Some(edge), Some(edge + self.dice.pick(&[0, 5, 40]))),
            3 => (Some(self.first - 400), Some(self.horizon / DAY + 400)),
            _ => (None, None),
        };
        Row { cells: row_cells(&values, columns), from, to, own: self.dice.chance(1, 4) }
    }

    /// The mapping of the contract, extended, with days: of one code at most one row counts on a day.
    fn write_med_types(&mut self) {
        let edge = self.dice.between(self.first, self.horizon / DAY);
        let columns = COLUMNS[5].1;
        let mut rows = Vec::new();
        let mut push = |code: &str, class: &str, from: Option<i64>, to: Option<i64>| {
            rows.push(Row { cells: row_cells(&[code, class], columns), from, to, own: false });
        };
        for code in ["22", "23", "52"] {
            push(code, "inpatient", None, None);
        }
        push("21", "inpatient", None, Some(edge));
        let later = self.dice.pick(&["inpatient", "inpatient", "outpatient", "care"]);
        push("21", later, Some(edge + 1), None);
        push("41", "pharmacy", None, None);
        push("61", "care", None, None);
        push(EXTENDED[0], self.dice.pick(&["inpatient", "pharmacy"]), Some(edge), None);
        push(EXTENDED[1], "outpatient", None, None);
        push("11", "outpatient", None, None);
        self.rows.insert("med_type", rows);
    }
}

/// The columns that only one table has.
const COLUMNS: [(&str, &[&str]); 6] = [
    ("age_limit", &["rule", "item", "unit", "max"]),
    ("pair_conflict", &["rule", "item_paid", "item_denied"]),
    ("quantity_limit", &["rule", "item", "unit", "max"]),
    ("cycle_gap", &["rule", "item", "min_days"]),
    ("resale_prone", &["rule", "item", "limit"]),
    ("med_type", &["code", "class"]),
];

fn row_cells(values: &[&str], columns: &[&'static str]) -> Vec<(&'static str, String)> {
    columns.iter().copied().zip(values.iter().map(|value| (*value).to_owned())).collect()
}

/// `rows` as the CSV file of `table`.
pub(crate) fn csv(dice: &mut Dice, table: &str, rows: &[Row]) -> String {
    let columns = COLUMNS.iter().find(|(name, _)| *name == table).expect("a known table").1;
    let reading = rows.iter().any(|row| row.own) || dice.chance(1, 2);
    let mut out = columns.join(",");
    out.push_str(",valid_from,valid_to,source");
    out.push_str(if reading { ",reading\n" } else { "\n" });
    for row in rows {
        for (_, value) in &row.cells {
            out.push_str(&quoted(value));
            out.push(',');
        }
        out.push_str(&row.from.map(date_text).unwrap_or_default());
        out.push(',');
        out.push_str(&row.to.map(date_text).unwrap_or_default());
        out.push_str(dice.pick(&[",invented", ",\"invented, for a law\"", ",臆造"]));
        if reading {
            let text = dice.pick(&[",text", ","]);
            out.push_str(if row.own { ",own" } else { text });
        }
        out.push('\n');
    }
    out
}

fn quoted(value: &str) -> String {
    if value.contains([',', '"', '\n']) {
        format!("\"{}\"", value.replace('"', "\"\""))
    } else {
        value.to_owned()
    }
}
