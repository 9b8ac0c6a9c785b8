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

    /// The number of `column` in millionths.
    pub(crate) fn millionths(&self, column: &str) -> i64 {
        let (whole, part) = self.get(column).split_once('.').unwrap_or((self.get(column), ""));
        format!("{whole}{part:0<6}").parse().expect("a number of at most six places")
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
        for form in FORMS.iter().filter(|form| !form.rules.is_empty()) {
            match self.dice.below(40) {
                0 => continue,
                // A table that has a header and nothing else.
                1 => drop(self.rows.insert(form.name, Vec::new())),
                _ => {
                    for _ in 0..self.dice.between(1, 3) {
                        self.add_row(form.name);
                    }
                }
            }
        }
        if self.dice.chance(1, 3) {
            self.write_med_types();
        }
        self.write_open_tables();
    }

    /// The tables whose rows name no rule: what is no code, what carries none, what is planned, what stock may lack.
    fn write_open_tables(&mut self) {
        const FILLERS: [[&str; 2]; 7] = [
            ["trace_code", "无"],
            ["trace_code", "*E+*"],
            ["trace_code", "TC-OTHER"],
            ["trace_code", "tc*7"],
            ["invoice", "n*1"],
            ["invoice", "0"],
            ["invoice", "b1"],
        ];
        for table in ["filler", "no_trace_code", "planned_stay", "stock_tolerance"] {
            let rows = match self.dice.below(3) {
                0 => continue,
                _ => self.dice.between(0, 3),
            };
            for _ in 0..rows {
                let cells: Vec<String> = match table {
                    "filler" => self.dice.pick(&FILLERS).map(str::to_owned).to_vec(),
                    "no_trace_code" if self.dice.chance(1, 4) => vec!["*".to_owned()],
                    "planned_stay" => {
                        vec![self.dice.pick(&["E11", "I10.x", "C61", "O8", "高", "e11", ""]).to_owned()]
                    }
                    _ => {
                        let item = self.item().code;
                        let whole = self.dice.chance(1, 2);
                        vec![if whole { item } else { item.chars().take(1).collect() }]
                    }
                };
                let mut cells = cells;
                if table == "stock_tolerance" {
                    let granted = self.dice.pick(&[
                        ["0", "0"],
                        ["0", "5"],
                        ["0.5", "0"],
                        ["0.05", "1.5"],
                        ["0.333333", "0.000001"],
                    ]);
                    cells.extend(granted.map(str::to_owned));
                }
                let edge = self.dice.between(self.first, self.horizon / DAY);
                let (from, to) = match self.dice.below(5) {
                    _ if table == "filler" => (None, None),
                    0 => (Some(edge), None),
                    1 => (None, Some(edge)),
                    2 => (Some(edge), Some(edge + self.dice.pick(&[0, 5, 40]))),
                    _ => (None, None),
                };
                let values: Vec<&str> = cells.iter().map(String::as_str).collect();
                let own = table != "filler" && self.dice.chance(1, 4);
                let row = Row { cells: row_cells(&values, form(table).columns), from, to, own };
                self.rows.entry(table).or_default().push(row);
            }
        }
    }

    /// A row of `table` to aim at: often one that others aim at too, sometimes a new one of a fresh item.
    pub(crate) fn row(&mut self, table: &'static str) -> Option<Row> {
        if self.rows_open && self.rows.contains_key(table) && self.dice.chance(1, 3) {
            let list_type = self.dice.pick(&["101", "201", "301"]);
            self.fresh_item(list_type);
            return Some(self.add_row(table));
        }
        let rows = self.rows.get(table)?.clone();
        (!rows.is_empty()).then(|| self.dice.pick(&rows))
    }

    /// Adds a row to `table`, and often others that speak of the same: of other rules, or of other limits.
    fn add_row(&mut self, table: &'static str) -> Row {
        let row = self.new_row(table);
        let many = if form(table).rules.len() > 1 { 2 } else { 1 };
        let mut rows = vec![row.clone()];
        for _ in 0..self.dice.between(0, many) {
            let mut fellow = self.new_row(table);
            let same = self.dice.pick(&[2, row.cells.len()]);
            fellow.cells[1..same].clone_from_slice(&row.cells[1..same]);
            if self.dice.chance(1, 2) {
                (fellow.from, fellow.to) = (row.from, row.to);
            }
            rows.push(fellow);
        }
        self.rows.entry(table).or_default().extend(rows);
        row
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
        let Form { rules, columns, .. } = form(table);
        // The youngest item is the fresh one, if the row is made for one.
        let item = if self.dice.chance(1, 2) {
            self.items.last().expect("a region has items").code.clone()
        } else {
            self.item().code
        };
        let mut values = vec![self.dice.pick(rules).to_owned(), item];
        values.extend(self.limits(table));
        if matches!(table, "operation_sex" | "diagnosis_sex" | "diagnosis_age") {
            // These speak of a code and not of an item.
            values.remove(1);
        }
        let edge = self.dice.between(self.first, self.horizon / DAY);
        let (from, to) = match self.dice.below(8) {
            0 => (Some(edge), None),
            1 => (None, Some(edge)),
            2 => (Some(edge), Some(edge + self.dice.pick(&[0, 5, 40]))),
            3 => (Some(self.first - 400), Some(self.horizon / DAY + 400)),
            _ => (None, None),
        };
        let values: Vec<&str> = values.iter().map(String::as_str).collect();
        Row { cells: row_cells(&values, columns), from, to, own: self.dice.chance(1, 4) }
    }

    /// The cells of a row of `table` after the rule and the item.
    fn limits(&mut self, table: &str) -> Vec<String> {
        let quantity = self.dice.pick(&[10_000, 10_000, 20_000, 30_000, 25_000, 0]);
        let quantity = decimal_text(quantity, 4);
        let dice = &mut self.dice;
        let cells: &[&str] = match table {
            "age_limit" => dice.pick(&[
                &["days", "28"],
                &["days", "7"],
                &["years", "14"],
                &["years", "18"],
                &["years", "3"],
            ]),
            "sex_limit" => dice.pick(&[&["1"], &["2"]]),
            "indication" => {
                dice.pick(&[&["E11;I10"], &["e11;;O8"], &[";C61"], &["I10.x00"], &["高"], &["E11.9"], &[""]])
            }
            "course_limit" => dice.pick(&[&["0"], &["1"], &["2"], &["2"], &["3"]]),
            "level_limit" => dice.pick(&[&["01"], &["03"], &["05"], &["10"], &["11"]]),
            "price_cap" => dice.pick(&[
                &["", "10"],
                &["", "0.333333"],
                &["03", "12.5"],
                &["03", "100"],
                &["01", "9.505"],
                &["11", "0"],
            ]),
            "quantity_limit" => return vec![dice.pick(&["day", "visit"]).to_owned(), quantity],
            "pair_conflict" => return vec![self.item().code],
            "hour_item" => &[],
            "cycle_gap" => dice.pick(&[&["2"], &["7"], &["14"], &["30"], &["90"]]),
            "operation_sex" => dice.pick(&[
                &["68", "2"],
                &["60", "1"],
                &["6", "2"],
                &["术", "1"],
                &["47.0", "1"],
                &["", "1"],
            ]),
            "diagnosis_sex" => dice.pick(&[
                &["O8", "2"],
                &["C61", "1"],
                &["E11.9", "2"],
                &["高血压1", "1"],
                &["O80.0", "1"],
                &["", "2"],
            ]),
            "diagnosis_age" => dice.pick(&[
                &["Z00", "", "6"],
                &["I10", "18", ""],
                &["I10.x", "30", "50"],
                &["E11", "10", "40"],
                &["高", "60", ""],
                &["O8", "0", "0"],
                &["C61", "", ""],
                &["", "5", "6"],
            ]),
            _ => return vec![quantity],
        };
        cells.iter().map(|cell| (*cell).to_owned()).collect()
    }

    /// The mapping of the contract, extended, with days: of one code at most one row counts on a day.
    fn write_med_types(&mut self) {
        let edge = self.dice.between(self.first, self.horizon / DAY);
        let columns = form("med_type").columns;
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

/// What the histories know of a table.
struct Form {
    name: &'static str,
    /// The rules its rows may name; none for the table that serves them all.
    rules: &'static [&'static str],
    /// The columns that only it has, `rule` among them.
    columns: &'static [&'static str],
}

const fn form_of(
    name: &'static str,
    rules: &'static [&'static str],
    columns: &'static [&'static str],
) -> Form {
    Form { name, rules, columns }
}

/// The tables.
const FORMS: [Form; 19] = [
    form_of(
        "age_limit",
        &["D06", "S05", "C01", "D07", "S06", "C02", "H02", "H17"],
        &["rule", "item", "unit", "max"],
    ),
    form_of("sex_limit", &["H04", "H18", "H24"], &["rule", "item", "gend"]),
    form_of("indication", &["D08", "S07", "H25"], &["rule", "item", "prefixes"]),
    form_of("course_limit", &["D10", "S10"], &["rule", "item", "max_days"]),
    form_of("level_limit", &["D12", "S11"], &["rule", "item", "lowest_lv"]),
    form_of("price_cap", &["S01"], &["rule", "item", "hosp_lv", "cap"]),
    form_of("pair_conflict", &["S12"], &["rule", "item_paid", "item_denied"]),
    form_of("quantity_limit", &["S14"], &["rule", "item", "unit", "max"]),
    form_of("hour_item", &["F08"], &["rule", "item"]),
    form_of("cycle_gap", &["S18"], &["rule", "item", "min_days"]),
    form_of("operation_sex", &["M05"], &["rule", "prefix", "gend"]),
    form_of("diagnosis_sex", &["M20"], &["rule", "prefix", "gend"]),
    form_of("diagnosis_age", &["M21"], &["rule", "prefix", "min_years", "max_years"]),
    form_of("resale_prone", &["P08"], &["rule", "item", "limit"]),
    form_of("med_type", &[], &["code", "class"]),
    form_of("filler", &[], &["field", "value"]),
    form_of("no_trace_code", &[], &["prefix"]),
    form_of("planned_stay", &[], &["prefix"]),
    form_of("stock_tolerance", &[], &["prefix", "tolerance", "units"]),
];

fn form(table: &str) -> &'static Form {
    FORMS.iter().find(|form| form.name == table).expect("a known table")
}

fn row_cells(values: &[&str], columns: &[&'static str]) -> Vec<(&'static str, String)> {
    columns.iter().copied().zip(values.iter().map(|value| (*value).to_owned())).collect()
}

/// `rows` as the CSV file of `table`.
pub(crate) fn csv(dice: &mut Dice, table: &str, rows: &[Row]) -> String {
    let columns = form(table).columns;
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
