//! Mistakes in the knowledge tables: each column of each table, and the tables as a whole.

use super::{RULE, Said, check_said, report};

const AGE_LIMIT: &str = "rule,item,unit,max,valid_from,valid_to,source\n";

/// Holds the report on one table.
fn check_table(name: &str, text: &str, expected: &str) {
    let found = report(&[(&format!("tables/{name}.csv"), text.as_bytes())]);
    assert_eq!(found.trim_end(), expected.trim(), "\n{found}");
}

/// Holds what is said of one table.
fn check_table_said(name: &str, text: &str, expected: &[Said<'_>]) {
    // A rule of its own keeps the folder from reading the built-in ones each time.
    check_said(
        &[("rules/a05.toml", RULE.as_bytes()), (&format!("tables/{name}.csv"), text.as_bytes())],
        expected,
    );
}

/// What a column holds, as the contract lists it.
#[derive(Clone, Copy)]
enum Holds {
    /// A rule id; the ids of the table.
    Rule(&'static str),
    /// An item or a code.
    Code,
    /// One prefix, or several.
    Prefix,
    /// One of these words.
    Word(&'static str),
    /// One of these words or nothing.
    WordOrAll(&'static str),
    /// A whole number.
    Whole,
    /// A whole number or nothing.
    WholeOrNone,
    /// A number.
    Number,
    /// Any text.
    Text,
}
use Holds::{Code, Number, Prefix, Rule, Text, Whole, WholeOrNone, Word, WordOrAll};

const LEVELS: &str = "01, 02, 03, 04, 05, 06, 07, 08, 09, 10, 11";
const AGE_RULES: &str = "C01, C02, D06, D07, H02, H17, S05, S06";

/// A table: its name, its own columns with what they hold, a right row.
type Table = (&'static str, &'static [(&'static str, Holds)], &'static str);

/// Every table.
const TABLES: &[Table] = &[
    (
        "age_limit",
        &[("rule", Rule(AGE_RULES)), ("item", Code), ("unit", Word("days, years")), ("max", Number)],
        "D06,X,days,28",
    ),
    ("sex_limit", &[("rule", Rule("H04, H18, H24")), ("item", Code), ("gend", Word("1, 2"))], "H18,X,2"),
    (
        "indication",
        &[("rule", Rule("D08, H25, S07")), ("item", Code), ("prefixes", Prefix)],
        "D08,X,I10;;I11",
    ),
    ("course_limit", &[("rule", Rule("D10, S10")), ("item", Code), ("max_days", Whole)], "D10,X,14"),
    ("level_limit", &[("rule", Rule("D12, S11")), ("item", Code), ("lowest_lv", Word(LEVELS))], "D12,X,07"),
    (
        "price_cap",
        &[("rule", Rule("S01")), ("item", Code), ("hosp_lv", WordOrAll(LEVELS)), ("cap", Number)],
        "S01,X,,12.345678",
    ),
    ("pair_conflict", &[("rule", Rule("S12")), ("item_paid", Code), ("item_denied", Code)], "S12,X,Y"),
    (
        "quantity_limit",
        &[("rule", Rule("S14")), ("item", Code), ("unit", Word("visit, day")), ("max", Number)],
        "S14,X,day,1.5",
    ),
    ("hour_item", &[("rule", Rule("F08")), ("item", Code)], "F08,X"),
    ("cycle_gap", &[("rule", Rule("S18")), ("item", Code), ("min_days", Whole)], "S18,X,60"),
    ("operation_sex", &[("rule", Rule("M05")), ("prefix", Prefix), ("gend", Word("1, 2"))], "M05,68.,2"),
    ("diagnosis_sex", &[("rule", Rule("M20")), ("prefix", Prefix), ("gend", Word("1, 2"))], "M20,,1"),
    (
        "diagnosis_age",
        &[("rule", Rule("M21")), ("prefix", Prefix), ("min_years", WholeOrNone), ("max_years", WholeOrNone)],
        "M21,P,,0",
    ),
    ("resale_prone", &[("rule", Rule("P08")), ("item", Code), ("limit", Number)], "P08,X,24"),
    ("med_type", &[("code", Code), ("class", Word("inpatient, outpatient, pharmacy, care"))], "21,inpatient"),
    ("filler", &[("field", Word("trace_code, invoice")), ("value", Text)], "trace_code,*E+*"),
    ("no_trace_code", &[("prefix", Prefix)], "*"),
    ("planned_stay", &[("prefix", Prefix)], "Z51.1"),
    ("stock_tolerance", &[("prefix", Prefix), ("tolerance", Number), ("units", Number)], "CON,0,0.5"),
];

/// Cells that may not stand in such a column, with the hint on each.
fn wrong_cells(holds: Holds) -> Vec<(&'static str, String)> {
    let one_of = |list: &str| format!("one of: {list}");
    let all = |cells: &[&'static str], hint: &str| cells.iter().map(|c| (*c, hint.to_owned())).collect();
    let whole = "a whole number, not below 0";
    let not_whole = ["-1", "1.5", "ten", "+1", "1000000000000"];
    match holds {
        Rule(ids) => all(&["Z99", "", "d06"], &one_of(ids)),
        Code => all(&[""], "a code stands here"),
        Text => all(&[""], "a text stands here"),
        Prefix => Vec::new(),
        Word(list) | WordOrAll(list) => all(&["something else"], &one_of(list)),
        WholeOrNone => all(&not_whole, whole),
        Whole => all(&[&not_whole[..], &[""]].concat(), whole),
        Number => {
            let hint = "a number of at most six places, not below 0";
            all(&["-0.01", "0.1234567", "ten", "+1", "1000000000000", ""], hint)
        }
    }
}

/// The header of a table and a right row of it, as lists of cells.
fn sheet(columns: &[(&str, Holds)], row: &str) -> (String, Vec<String>) {
    let own: Vec<&str> = columns.iter().map(|(name, _)| *name).collect();
    let header = format!("{},valid_from,valid_to,source,reading", own.join(","));
    // A filler is one on every day.
    let days = if own[0] == "field" { ["", ""] } else { ["2025-01-01", "2025-12-31"] };
    let cells = row.split(',').chain(days).chain(["s", "own"]);
    (header, cells.map(str::to_owned).collect())
}

#[test]
fn every_column_of_every_table_holds_what_the_contract_says() {
    for (name, columns, row) in TABLES {
        let (header, right) = sheet(columns, row);
        check_table_said(name, &format!("{header}\n{}\n", right.join(",")), &[]);
        for (nth, (column, holds)) in columns.iter().enumerate() {
            for (wrong, hint) in wrong_cells(*holds) {
                let mut cells = right.clone();
                wrong.clone_into(&mut cells[nth]);
                let said = match (holds, wrong) {
                    (Rule(_), _) => format!("`{wrong}` is no rule that reads table {name}"),
                    (_, "") => format!("`{column}` is empty"),
                    _ => format!("`{wrong}` cannot stand under `{column}`"),
                };
                // An empty cell is marked by the sign behind it.
                let marked = match wrong {
                    "" => ",",
                    _ => wrong.trim_end(),
                };
                let text = format!("{header}\n{}\n", cells.join(","));
                check_table_said(name, &text, &[(marked, &said, &hint)]);
            }
        }
    }
}

#[test]
fn every_table_has_its_days_its_source_and_a_reading() {
    for (name, columns, row) in TABLES {
        let (header, right) = sheet(columns, row);
        let own = columns.len();
        for (nth, wrong, said, hint) in [
            (own, "2025-02-29", "`2025-02-29` is no day", "YYYY-MM-DD, or empty"),
            (own + 1, "always", "`always` is no day", "YYYY-MM-DD, or empty"),
            (own + 1, "2100-01-01", "`2100-01-01` is no day", "YYYY-MM-DD, or empty"),
            (own + 3, "mine", "`mine` is no reading", "text, own, or empty (text)"),
            (own + 3, "Own", "`Own` is no reading", "text, own, or empty (text)"),
        ] {
            if *name == "filler" && nth < own + 2 {
                continue;
            }
            let mut cells = right.clone();
            wrong.clone_into(&mut cells[nth]);
            check_table_said(name, &format!("{header}\n{}\n", cells.join(",")), &[(wrong, said, hint)]);
        }
    }
}

#[test]
fn every_column_of_every_table_is_needed_but_reading() {
    for (name, columns, row) in TABLES {
        let (header, _) = sheet(columns, row);
        let needed = header.trim_end_matches(",reading").to_owned();
        let hint = format!("its columns: {needed}");
        let names: Vec<&str> = needed.split(',').collect();
        for (nth, missing) in names.iter().enumerate() {
            let mut left = names.clone();
            left.remove(nth);
            let (header, said) = (left.join(","), format!("table {name} lacks the column {missing}"));
            check_table_said(name, &format!("{header}\n"), &[(&header, &said, &hint)]);
            let misspelt = format!("{missing}s");
            let mut wrong = names.clone();
            wrong[nth] = &misspelt;
            let header = wrong.join(",");
            let unknown = format!("table {name} has no column `{misspelt}`");
            let meant = format!("did you mean `{missing}`?");
            let expected = [(misspelt.as_str(), unknown.as_str(), meant.as_str()), (&header, &said, &hint)];
            check_table_said(name, &format!("{header}\n"), &expected);
        }
        let twice = format!("{needed},source");
        check_table_said(name, &twice, &[("source", "column `source` stands twice", "")]);
        let hint = format!("it begins with: {needed}");
        check_table_said(name, "", &[("", "the table has no header", &hint)]);
    }
}

#[test]
fn these_are_all_tables_there_are() {
    let names: Vec<&str> = TABLES.iter().map(|(name, ..)| *name).collect();
    let errors = super::mistakes(&[("tables/something_else.csv", b"")]);
    assert_eq!(errors[0].what, "there is no table `something_else`");
    assert_eq!(errors[0].hint, Some(format!("one of: {}", names.join(", "))));
}

#[test]
fn every_row_has_a_cell_under_each_heading() {
    let hint = "a cell with a comma in it stands in \"quotes\"";
    let row = "D06,X,days,28,,";
    check_table_said("age_limit", &format!("{AGE_LIMIT}{row}\n"), &[(row, "6 cells under 7 headings", hint)]);
    // A quote that is never closed takes the rest of the file with it.
    let open = "D06,\"X,days,28,,,s";
    let text = format!("{AGE_LIMIT}{open}\nD06,Y,days,28,,,s\n");
    let hint = "a quote inside of a cell is written twice: \"\"";
    check_table_said("age_limit", &text, &[("\"", "this quote is never closed", hint)]);
}

#[test]
fn quoted_cells_and_lines_of_windows_are_marked_where_they_stand() {
    let text = "\u{feff}rule,item,unit,max,valid_from,valid_to,source\r\n\r\nD06,\"X,1\",\"d\",28,,,\"a \"\"b\"\"\"\r\n";
    check_table_said("age_limit", text, &[("\"d\"", "`d` cannot stand under `unit`", "one of: days, years")]);
    let errors = super::mistakes(&[("tables/age_limit.csv", text.as_bytes())]);
    assert_eq!((errors[0].line, errors[0].column), (3, 11));
}

#[test]
fn classes_of_visits_overlap_on_no_day() {
    let header = "code,class,valid_from,valid_to,source\n";
    let second = "21,care,2025-01-01,,s";
    let said =
        ("`21` has a second class on days on which line 2 holds", "let the earlier row end the day before");
    for first in ["21,inpatient,,,s", "21,inpatient,2025-06-01,2025-06-01,s", "21,care,,2025-01-01,s"] {
        let text = format!("{header}{first}\n{second}\n");
        check_table_said("med_type", &text, &[(second, said.0, said.1)]);
    }
    for first in ["21,inpatient,,2024-12-31,s", "22,inpatient,,,s"] {
        check_table_said("med_type", &format!("{header}{first}\n{second}\n"), &[]);
    }
}

#[test]
fn an_unknown_table() {
    check_table(
        "age_limits",
        "x",
        r#"
error: there is no table `age_limits`
  --> tables/age_limits.csv
  hint: did you mean `age_limit`?

1 mistake in 1 file
"#,
    );
}

#[test]
fn columns_that_are_missing_or_unknown() {
    check_table(
        "age_limit",
        "rule,item,unit,maximum,valid_from,valid_to\n",
        r#"
error: table age_limit has no column `maximum`
  --> tables/age_limit.csv:1:16
  |
1 | rule,item,unit,maximum,valid_from,valid_to
  |                ^^^^^^^
  hint: one of: max, source, reading

error: table age_limit lacks the columns max, source
  --> tables/age_limit.csv:1:1
  |
1 | rule,item,unit,maximum,valid_from,valid_to
  | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
  hint: its columns: rule,item,unit,max,valid_from,valid_to,source

2 mistakes in 1 file
"#,
    );
}

#[test]
fn a_rule_that_does_not_read_the_table() {
    check_table(
        "age_limit",
        &format!("{AGE_LIMIT}{}\n", "S14,X,days,28,,,s"),
        r#"
error: `S14` is no rule that reads table age_limit
  --> tables/age_limit.csv:2:1
  |
2 | S14,X,days,28,,,s
  | ^^^
  hint: one of: C01, C02, D06, D07, H02, H17, S05, S06

1 mistake in 1 file
"#,
    );
}

#[test]
fn a_limit_below_zero() {
    check_table(
        "age_limit",
        &format!("{AGE_LIMIT}{}\n", "D06,X,days,-1,,,s"),
        r#"
error: `-1` cannot stand under `max`
  --> tables/age_limit.csv:2:12
  |
2 | D06,X,days,-1,,,s
  |            ^^
  hint: a number of at most six places, not below 0

1 mistake in 1 file
"#,
    );
}

#[test]
fn days_that_do_not_exist() {
    check_table(
        "age_limit",
        &format!("{AGE_LIMIT}{}\n", "D06,X,days,28,2025-13-1,2025-02-29,s"),
        r#"
error: `2025-13-1` is no day
  --> tables/age_limit.csv:2:15
  |
2 | D06,X,days,28,2025-13-1,2025-02-29,s
  |               ^^^^^^^^^
  hint: YYYY-MM-DD, or empty

error: `2025-02-29` is no day
  --> tables/age_limit.csv:2:25
  |
2 | D06,X,days,28,2025-13-1,2025-02-29,s
  |                         ^^^^^^^^^^
  hint: YYYY-MM-DD, or empty

2 mistakes in 1 file
"#,
    );
}

#[test]
fn more_cells_than_headings() {
    check_table(
        "age_limit",
        &format!("{AGE_LIMIT}{}\n", "D06,X,days,28,,,a, b"),
        r#"
error: 8 cells under 7 headings
  --> tables/age_limit.csv:2:1
  |
2 | D06,X,days,28,,,a, b
  | ^^^^^^^^^^^^^^^^^^^^
  hint: a cell with a comma in it stands in "quotes"

1 mistake in 1 file
"#,
    );
}

#[test]
fn spaces_are_no_part_of_a_code_and_carets_stand_under_chinese_signs() {
    check_table(
        "age_limit",
        &format!("{AGE_LIMIT}{}\n", "D06, 新生儿,日,28,,,s"),
        r#"
error: `日` cannot stand under `unit`
  --> tables/age_limit.csv:2:10
  |
2 | D06, 新生儿,日,28,,,s
  |             ^^
  hint: one of: days, years

1 mistake in 1 file
"#,
    );
}

#[test]
fn a_row_that_ends_before_it_begins() {
    check_table(
        "age_limit",
        &format!("{AGE_LIMIT}{}\n", "D06,X,days,28,2025-02-01,2025-01-31,s"),
        r#"
error: the row ends on 2025-01-31, before it begins
  --> tables/age_limit.csv:2:26
  |
2 | D06,X,days,28,2025-02-01,2025-01-31,s
  |                          ^^^^^^^^^^
  hint: valid_to is the last day

1 mistake in 1 file
"#,
    );
}

#[test]
fn a_reading_that_is_neither() {
    check_table(
        "age_limit",
        "rule,item,unit,max,valid_from,valid_to,source,reading\nD06,X,days,28,,,s,mine\n",
        r#"
error: `mine` is no reading
  --> tables/age_limit.csv:2:19
  |
2 | D06,X,days,28,,,s,mine
  |                   ^^^^
  hint: text, own, or empty (text)

1 mistake in 1 file
"#,
    );
}

#[test]
fn two_classes_of_one_code_on_one_day() {
    check_table(
        "med_type",
        "code,class,valid_from,valid_to,source\n21,inpatient,,2025-01-01,s\n11,outpatient,,,s\n21,outpatient,2025-01-01,,s\n",
        r#"
error: `21` has a second class on days on which line 2 holds
  --> tables/med_type.csv:4:1
  |
4 | 21,outpatient,2025-01-01,,s
  | ^^^^^^^^^^^^^^^^^^^^^^^^^^^
  hint: let the earlier row end the day before

1 mistake in 1 file
"#,
    );
}
