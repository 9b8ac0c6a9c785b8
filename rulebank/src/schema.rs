//! The shape of every knowledge table: one list that reading, checking and the documentation share.
//!
//! A table has a name, its own columns and the columns that all have. Which rules read it is stated by their detectors
//! ([`crate::DetectorSpec`]), not here.

use crate::hint;

/// The shape of one table. Every table has `valid_from`, `valid_to` and `source` besides, and may have `reading`.
#[derive(Debug)]
pub(crate) struct TableSchema {
    pub(crate) name: &'static str,
    /// Whether each row names the rule that it serves, in a column `rule`.
    pub(crate) has_rule: bool,
    /// Its own columns, after `rule`.
    pub(crate) columns: &'static [Column],
}

/// One column of a table.
#[derive(Debug)]
pub(crate) struct Column {
    pub(crate) name: &'static str,
    pub(crate) kind: ColumnKind,
}

/// What a cell may hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ColumnKind {
    /// A code, compared as it stands.
    Code,
    /// A text that is not empty.
    Text,
    /// A prefix of codes; an empty one is ignored.
    Prefix,
    /// Prefixes separated by `;`; empty ones are ignored.
    Prefixes,
    /// One of these words.
    Word(&'static [&'static str]),
    /// One of these words, or empty: all of them.
    WordOrAll(&'static [&'static str]),
    /// A whole number, not below 0.
    Whole,
    /// A whole number, not below 0, or empty: unbounded.
    WholeOrNone,
    /// A number of at most six places, not below 0.
    Number,
}

use ColumnKind::{Code, Number, Prefix, Prefixes, Text, Whole, WholeOrNone, Word, WordOrAll};

const fn column(name: &'static str, kind: ColumnKind) -> Column {
    Column { name, kind }
}

const ITEM: Column = column("item", Code);
const PREFIX: Column = column("prefix", Prefix);
const SEX: Column = column("gend", Word(&["1", "2"]));
const LEVELS: &[&str] = &["01", "02", "03", "04", "05", "06", "07", "08", "09", "10", "11"];

/// The columns that every table has.
pub(crate) const COMMON: &[&str] = &["valid_from", "valid_to", "source"];
/// The column that every table may have.
pub(crate) const READING: &str = "reading";

/// Every table there is. A table whose rows name rules is read by the detectors whose `SPEC.table` names it, each of
/// which reads one at most; of the others `SPEC.also` says who reads them.
pub(crate) const TABLES: &[TableSchema] = &[
    TableSchema {
        name: "age_limit",
        has_rule: true,
        columns: &[ITEM, column("unit", Word(&["days", "years"])), column("max", Number)],
    },
    TableSchema { name: "sex_limit", has_rule: true, columns: &[ITEM, SEX] },
    TableSchema { name: "indication", has_rule: true, columns: &[ITEM, column("prefixes", Prefixes)] },
    TableSchema { name: "course_limit", has_rule: true, columns: &[ITEM, column("max_days", Whole)] },
    TableSchema { name: "level_limit", has_rule: true, columns: &[ITEM, column("lowest_lv", Word(LEVELS))] },
    TableSchema {
        name: "price_cap",
        has_rule: true,
        columns: &[ITEM, column("hosp_lv", WordOrAll(LEVELS)), column("cap", Number)],
    },
    TableSchema {
        name: "pair_conflict",
        has_rule: true,
        columns: &[column("item_paid", Code), column("item_denied", Code)],
    },
    TableSchema {
        name: "quantity_limit",
        has_rule: true,
        columns: &[ITEM, column("unit", Word(&["visit", "day"])), column("max", Number)],
    },
    TableSchema { name: "hour_item", has_rule: true, columns: &[ITEM] },
    TableSchema { name: "cycle_gap", has_rule: true, columns: &[ITEM, column("min_days", Whole)] },
    TableSchema { name: "operation_sex", has_rule: true, columns: &[PREFIX, SEX] },
    TableSchema { name: "diagnosis_sex", has_rule: true, columns: &[PREFIX, SEX] },
    TableSchema {
        name: "diagnosis_age",
        has_rule: true,
        columns: &[PREFIX, column("min_years", WholeOrNone), column("max_years", WholeOrNone)],
    },
    TableSchema { name: "resale_prone", has_rule: true, columns: &[ITEM, column("limit", Number)] },
    TableSchema {
        name: MED_TYPE,
        has_rule: false,
        columns: &[
            column("code", Code),
            column("class", Word(&["inpatient", "outpatient", "pharmacy", "care"])),
        ],
    },
    TableSchema {
        name: FILLER,
        has_rule: false,
        columns: &[column("field", Word(&["trace_code", "invoice"])), column("value", Text)],
    },
    TableSchema { name: "no_trace_code", has_rule: false, columns: &[PREFIX] },
    TableSchema { name: "planned_stay", has_rule: false, columns: &[PREFIX] },
    TableSchema {
        name: "stock_tolerance",
        has_rule: false,
        columns: &[PREFIX, column("tolerance", Number), column("units", Number)],
    },
];

/// The table of what people write where there is no code.
pub(crate) const FILLER: &str = "filler";
/// The table whose absence means a mapping, not no rows.
pub(crate) const MED_TYPE: &str = "med_type";

/// The table of this name.
pub(crate) fn table(name: &str) -> Option<&'static TableSchema> {
    TABLES.iter().find(|table| table.name == name)
}

/// A hint for a table name that does not exist.
pub(crate) fn hint_for(name: &str) -> String {
    hint::for_word(name, TABLES.iter().map(|table| table.name))
}

impl TableSchema {
    /// The columns that must be there, in their usual order.
    pub(crate) fn required(&self) -> impl Iterator<Item = &'static str> + use<> {
        let rule = self.has_rule.then_some("rule");
        let own = self.columns.iter().map(|column| column.name);
        rule.into_iter().chain(own).chain(COMMON.iter().copied())
    }
}
