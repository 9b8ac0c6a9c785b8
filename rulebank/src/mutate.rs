//! Mutants of a rule: the rule with one thing mutated by the smallest step, which one of its cases should notice.
//!
//! A case states what is found; only a mutated rule shows whether the case would have seen a mistake. Mutated are
//! every parameter (a number by one unit of its last place both ways, a choice to each other one), every
//! comparison of the detector (`>` for `>=` and so on, done by the detector itself), and every
//! cell of the tables that the cases bring: numbers and days both ways, a code or prefix, a word, a row gone.
//!
//! Cases of one rule often bring the same row. A mutation of it happens in all of them at once, for it is the row
//! that is mutated and one of the cases that has to notice; dates, which mostly stand there for one case, are mutated
//! in all rows at once. A case without tables of its own sees the bank's; there the rows that it names are mutated.

use std::collections::{BTreeMap, BTreeSet};

use records::time;
use rust_decimal::Decimal;

use crate::cells;
use crate::detector::number;
use crate::rule::Rule;
use crate::schema::{self, ColumnKind, TableSchema};
use crate::table::Tables;
use crate::{Bank, Case, Comparison, Param, ParamKind};

/// Which part of a rule was mutated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Part {
    /// A parameter of the rule file.
    Parameter,
    /// A comparison in the detector.
    Comparison,
    /// A cell or a row of a table.
    Table,
}

impl Part {
    /// The part as reports write it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Part::Parameter => "parameter",
            Part::Comparison => "comparison",
            Part::Table => "table",
        }
    }
}

/// A rule with one thing mutated.
#[derive(Clone, Debug)]
pub struct Mutant {
    /// Which part was mutated.
    pub part: Part,
    /// What was mutated and how, the same in every run: `grace_days 1 -> 2`.
    pub what: String,
    /// The file in which it stands.
    pub file: String,
    /// The rule, mutated; its cases may bring mutated tables.
    pub rule: Rule,
    /// The place of the mutated comparison in the detector's list.
    pub comparison: Option<u8>,
    /// Places in the rule's cases that see what was mutated.
    pub cases: Vec<usize>,
}

/// Every mutant of a rule of this bank, in the order parameters, comparisons, tables.
pub fn mutants(rule: &Rule, bank: &Bank) -> Vec<Mutant> {
    let mut mutants = mutated_parameters(rule, bank);
    mutants.extend(mutated_comparisons(rule, bank));
    mutants.extend(mutated_tables(rule, bank));
    mutants
}

fn of_all_cases(part: Part, what: String, rule: Rule, comparison: Option<u8>) -> Mutant {
    let cases = (0..rule.cases.len()).collect();
    Mutant { part, what, file: rule.source_file.clone(), rule, comparison, cases }
}

fn mutated_parameters(rule: &Rule, bank: &Bank) -> Vec<Mutant> {
    let mut mutants = Vec::new();
    let params = bank.detector(&rule.detector).map_or(&[][..], |detector| detector.params);
    for param in params {
        let Some(value) = rule.params.get(param.name) else { continue };
        let texts = match (value, param.kind) {
            (Param::Integer(value), _) => steps(Decimal::from(*value)),
            (Param::Decimal(value), _) => steps(*value),
            (Param::Choice(value), ParamKind::Choice(words)) => {
                words.iter().filter(|word| *word != value).map(|word| (*word).to_owned()).collect()
            }
            (Param::Choice(_), _) => Vec::new(),
        };
        // A step over a limit of the parameter is nothing that a rule file could state.
        for mutated in texts.iter().filter_map(|text| param.kind.read(text).ok()) {
            let what = format!("{} {value} -> {mutated}", param.name);
            let mut rule = rule.clone();
            rule.params.insert(param.name.to_owned(), mutated);
            mutants.push(of_all_cases(Part::Parameter, what, rule, None));
        }
    }
    mutants
}

fn mutated_comparisons(rule: &Rule, bank: &Bank) -> Vec<Mutant> {
    let comparisons = bank.detector(&rule.detector).map_or(&[][..], |detector| detector.comparisons);
    let mutant = |comparison: &Comparison| {
        let what = format!("at the limit: {}", comparison.text());
        of_all_cases(Part::Comparison, what, rule.clone(), Some(comparison.number()))
    };
    comparisons.iter().map(mutant).collect()
}

/// A number one unit of its last place lower and higher.
fn steps(value: Decimal) -> Vec<String> {
    let unit = Decimal::new(1, value.scale());
    [value - unit, value + unit].iter().map(Decimal::to_string).collect()
}

/// A table as a case sees it: its header and its rows as written.
struct Sheet {
    schema: &'static TableSchema,
    case: usize,
    /// Whether it is the bank's and not the case's own.
    of_bank: bool,
    header: Vec<String>,
    rows: Vec<Vec<String>>,
}

/// What is mutated at once: rows of some sheets, one column or all of it.
#[derive(Default)]
struct Site {
    /// Place of a sheet and of a row in it.
    rows: Vec<(usize, usize)>,
}

fn mutated_tables(rule: &Rule, bank: &Bank) -> Vec<Mutant> {
    let table = bank.detector(&rule.detector).and_then(|detector| detector.table);
    // The rows that each case is judged by: its own tables, else those of the bank.
    let mut sheets = Vec::new();
    for (case, of_case) in rule.cases.iter().enumerate() {
        match &of_case.tables {
            Some(texts) => sheets.extend(
                texts.iter().filter_map(|(name, text)| Sheet::read(schema::table(name)?, case, text)),
            ),
            None => sheets.extend(
                table
                    .and_then(schema::table)
                    .and_then(|schema| Sheet::of_bank(schema, case, of_case, rule, bank)),
            ),
        }
    }
    // By table, what it is that is mutated, and the text of the cell (none: the whole row).
    type Mutated<'t> = (&'t str, String, Option<(&'t str, String)>);
    let mut sites: BTreeMap<Mutated<'_>, Site> = BTreeMap::new();
    for (nth_sheet, sheet) in sheets.iter().enumerate() {
        for (nth, row) in sheet.rows.iter().enumerate().filter(|(_, row)| sheet.serves(row, rule)) {
            let mut note = |of: String, cell: Option<(&'static str, String)>| {
                sites.entry((sheet.schema.name, of, cell)).or_default().rows.push((nth_sheet, nth));
            };
            note(sheet.words(row, |_| true), None);
            let codes = sheet.words(row, |kind| matches!(kind, ColumnKind::Code | ColumnKind::Prefix));
            for column in sheet.schema.columns {
                note(codes.clone(), Some((column.name, sheet.cell(row, column.name).to_owned())));
            }
            for date in ["valid_from", "valid_to"].into_iter().filter(|d| !sheet.cell(row, d).is_empty()) {
                note(String::new(), Some((date, String::new())));
            }
        }
    }
    // A row or cell is mutated in all cases that have it, as one mutant.
    let mut mutants = Vec::new();
    for ((table, of, cell), site) in &sites {
        let mutations = match cell {
            None => vec![(format!("{table}: row {of} removed"), Mutation::Remove)],
            Some((column, text)) => mutations(table, of, column, text),
        };
        for (what, mutation) in mutations {
            mutants.extend(mutant_of_tables(rule, &sheets, site, what, &mutation));
        }
    }
    mutants
}

/// What happens to a row.
enum Mutation {
    /// It goes.
    Remove,
    /// This text stands in this column.
    Write(&'static str, String),
    /// The day of this column moves.
    Move(&'static str, i32),
}

/// Every mutation of a cell, with its description.
fn mutations(table: &str, of: &str, column: &'static str, text: &str) -> Vec<(String, Mutation)> {
    let kind = schema::table(table).and_then(|s| s.columns.iter().find(|c| c.name == column)).map(|c| c.kind);
    let Some(kind) = kind else {
        let moved =
            |(days, word)| (format!("{table}: {column} one day {word}"), Mutation::Move(column, days));
        return [(-1, "earlier"), (1, "later")].into_iter().map(moved).collect();
    };
    let texts: BTreeSet<String> = texts_beside(kind, text).into_iter().collect();
    let written = |mutated: String| {
        let shown = |text: &str| if text.is_empty() { "(all)".to_owned() } else { text.to_owned() };
        (
            format!("{table} {of}: {column} {} -> {}", shown(text), shown(&mutated)),
            Mutation::Write(column, mutated),
        )
    };
    texts.into_iter().map(written).collect()
}

/// What may stand in a cell instead, one step away.
fn texts_beside(kind: ColumnKind, text: &str) -> Vec<String> {
    let neighbours = |words: &[&str]| -> Vec<String> {
        let Some(at) = words.iter().position(|word| *word == text) else { return Vec::new() };
        let beside = [at.checked_sub(1), Some(at + 1)];
        beside.into_iter().flatten().filter_map(|at| words.get(at)).map(|word| (*word).to_owned()).collect()
    };
    match kind {
        ColumnKind::Code => vec![longer(text)],
        ColumnKind::Prefix | ColumnKind::Text => {
            [Some(longer(text)), shorter(text)].into_iter().flatten().collect()
        }
        ColumnKind::Prefixes => {
            let prefixes: Vec<&str> = text.split(';').filter(|prefix| !prefix.is_empty()).collect();
            let with = |nth: usize, mutated: String| {
                let of = |(position, prefix): (usize, &&str)| {
                    if position == nth { mutated.clone() } else { (*prefix).to_owned() }
                };
                prefixes.iter().enumerate().map(of).collect::<Vec<_>>().join(";")
            };
            let beside = |(nth, prefix): (usize, &&str)| {
                [Some(longer(prefix)), shorter(prefix)]
                    .into_iter()
                    .flatten()
                    .map(move |mutated| (nth, mutated))
                    .collect::<Vec<_>>()
            };
            prefixes.iter().enumerate().flat_map(beside).map(|(nth, mutated)| with(nth, mutated)).collect()
        }
        ColumnKind::Word(words) => neighbours(words),
        ColumnKind::WordOrAll(words) if text.is_empty() => {
            words.first().map(|word| (*word).to_owned()).into_iter().collect()
        }
        ColumnKind::WordOrAll(words) => {
            let mut beside = neighbours(words);
            beside.push(String::new());
            beside
        }
        ColumnKind::Whole | ColumnKind::WholeOrNone | ColumnKind::Number => {
            number(text).map(steps).unwrap_or_default()
        }
    }
}

/// A code that no record has.
fn longer(code: &str) -> String {
    format!("{code}~")
}

/// A prefix of more codes; an empty one would be ignored.
fn shorter(prefix: &str) -> Option<String> {
    let mut shorter = prefix.to_owned();
    shorter.pop();
    Some(shorter).filter(|shorter| !shorter.is_empty())
}

/// The rule whose cases see the mutated rows; none if a table would not be valid with them.
fn mutant_of_tables(
    rule: &Rule,
    sheets: &[Sheet],
    site: &Site,
    what: String,
    mutation: &Mutation,
) -> Option<Mutant> {
    let mut mutated = rule.clone();
    let mut cases = Vec::new();
    let mut file = rule.source_file.clone();
    let touched: BTreeSet<usize> = site.rows.iter().map(|(sheet, _)| *sheet).collect();
    for nth_sheet in touched {
        let sheet = &sheets[nth_sheet];
        let of_sheet = |(sheet, row): &(usize, usize)| (*sheet == nth_sheet).then_some(*row);
        let rows: BTreeSet<usize> = site.rows.iter().filter_map(of_sheet).collect();
        let text = sheet.write(&rows, mutation)?;
        let tables = mutated.cases[sheet.case].tables.get_or_insert_default();
        tables.insert(sheet.schema.name.to_owned(), text);
        Tables::from_csv(tables).ok()?;
        cases.push(sheet.case);
        if sheet.of_bank {
            file = format!("tables/{}.csv", sheet.schema.name);
        }
    }
    cases.dedup();
    Some(Mutant { part: Part::Table, what, file, rule: mutated, comparison: None, cases })
}

impl Sheet {
    /// A table that a case brings; it was read before without a mistake.
    fn read(schema: &'static TableSchema, case: usize, text: &str) -> Option<Sheet> {
        let records = cells::records(text).ok()?.into_iter();
        let texts = |record: cells::Record| record.cells.into_iter().map(|(_, cell)| cell).collect();
        let mut rows: Vec<Vec<String>> = records.map(texts).collect();
        let header = if rows.is_empty() { return None } else { rows.remove(0) };
        Some(Sheet { schema, case, of_bank: false, header, rows })
    }

    /// The bank's rows of the rule whose codes stand in the facts of a case.
    fn of_bank(
        schema: &'static TableSchema,
        case: usize,
        of_case: &Case,
        rule: &Rule,
        bank: &Bank,
    ) -> Option<Sheet> {
        let in_facts = |code: &str| {
            let quoted = serde_json::Value::from(code).to_string();
            of_case.steps.iter().flat_map(|step| &step.changes).any(|line| line.contains(&quoted))
        };
        let date = |day: Option<i32>| day.map(time::format_date).unwrap_or_default();
        let mut rows = Vec::new();
        for row in bank.tables.rows(schema.name).iter().filter(|row| row.rule == rule.id) {
            let codes = schema.columns.iter().filter(|column| column.kind == ColumnKind::Code);
            if !codes.map(|column| row.text(column.name)).all(in_facts) {
                continue;
            }
            let mut cells = vec![row.rule.clone()];
            cells.extend(row.columns().map(|(_, text)| text.to_owned()));
            cells.extend([date(row.valid_from), date(row.valid_to), row.source.clone()]);
            cells.push(if row.reading_own { "own" } else { "text" }.to_owned());
            rows.push(cells);
        }
        let header = schema.required().chain([schema::READING]).map(str::to_owned).collect();
        (!rows.is_empty()).then_some(Sheet { schema, case, of_bank: true, header, rows })
    }

    fn column(&self, name: &str) -> Option<usize> {
        self.header.iter().position(|heading| heading == name)
    }

    fn cell<'r>(&self, row: &'r [String], name: &str) -> &'r str {
        self.column(name).and_then(|at| row.get(at)).map_or("", String::as_str)
    }

    /// Whether a row is the rule's, and has a meaning: a pair of an item with itself and an empty prefix do not.
    fn serves(&self, row: &[String], rule: &Rule) -> bool {
        let own = !self.schema.has_rule || self.cell(row, "rule") == rule.id;
        let pair = self.schema.name == "pair_conflict"
            && self.cell(row, "item_paid") == self.cell(row, "item_denied");
        let prefixes = self.schema.columns.iter().filter(|column| column.kind == ColumnKind::Prefix);
        own && !pair && prefixes.map(|column| self.cell(row, column.name)).all(|prefix| !prefix.is_empty())
    }

    /// The cells of the columns of some kinds, as words.
    fn words(&self, row: &[String], kinds: impl Fn(ColumnKind) -> bool) -> String {
        let columns = self.schema.columns.iter().filter(|column| kinds(column.kind));
        let cells = columns.map(|column| self.cell(row, column.name)).filter(|text| !text.is_empty());
        cells.collect::<Vec<_>>().join(" ")
    }

    /// The table as CSV with some of its rows mutated; none if a day cannot move.
    fn write(&self, mutated: &BTreeSet<usize>, mutation: &Mutation) -> Option<String> {
        let mut text = line_of(&self.header);
        for (nth, row) in self.rows.iter().enumerate() {
            let mut row = row.clone();
            if mutated.contains(&nth) {
                match mutation {
                    Mutation::Remove => continue,
                    Mutation::Write(column, text) => row[self.column(column)?].clone_from(text),
                    Mutation::Move(column, days) => {
                        let at = self.column(column)?;
                        row[at] = time::format_date(time::parse_date(&row[at])? + days);
                    }
                }
            }
            text.push_str(&line_of(&row));
        }
        Some(text)
    }
}

/// A row as a line of CSV.
fn line_of(cells: &[String]) -> String {
    let quoted: Vec<String> = cells.iter().map(|cell| format!("\"{}\"", cell.replace('"', "\"\""))).collect();
    quoted.join(",") + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_move_by_one_unit_of_their_last_place() {
        let steps_of = |text: &str| steps(number(text).unwrap());
        assert_eq!(steps_of("28"), ["27", "29"]);
        assert_eq!(steps_of("12.50"), ["12.49", "12.51"]);
        assert_eq!(steps_of("0"), ["-1", "1"]);
    }

    #[test]
    fn cells_are_mutated_by_the_smallest_step() {
        let sex = ColumnKind::Word(&["1", "2"]);
        assert_eq!(texts_beside(sex, "1"), ["2"]);
        let level = ColumnKind::WordOrAll(&["01", "02", "03"]);
        assert_eq!(texts_beside(level, "02"), ["01", "03", ""]);
        assert_eq!(texts_beside(level, ""), ["01"]);
        assert_eq!(texts_beside(ColumnKind::Prefix, "E11"), ["E11~", "E1"]);
        assert_eq!(texts_beside(ColumnKind::Prefix, "E"), ["E~"]);
        let prefixes = texts_beside(ColumnKind::Prefixes, "E11;I1");
        assert_eq!(prefixes, ["E11~;I1", "E1;I1", "E11;I1~", "E11;I"]);
        assert_eq!(texts_beside(ColumnKind::WholeOrNone, ""), [""; 0]);
    }
}
