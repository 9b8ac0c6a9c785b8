//! Golden messages for the people who write rules, tables and cases.
//!
//! Each test spoils one thing in a bank that is otherwise right, and reads the whole report.

use std::path::{Path, PathBuf};

#[path = "fixture/detectors.rs"]
mod detectors;

/// A bank of one rule, A05, as short as a rule can be.
const RULE: &str = r#"id = "A05"
version = "1.0"
status = "active"
family = "fake_patient"
phases = ["pre", "mid"]
verdict = "definite"
severity = "high"
detector = "stay_overlap"
basis = ["law"]
misses = ["one house"]
excuses = ["transfer"]
title = { zh = "重叠", en = "Overlap" }
why = { zh = "因为", en = "Because" }
message = { zh = "重叠{hours}小时", en = "{hours} h" }
next-step = { zh = "查", en = "Look" }
[params]
tolerance_hours = 24
[[change]]
version = "1.0"
on = 2026-11-22
why = "First."
[[case]]
name = "found"
kind = "hit"
facts = """
visit  med_type  begntime
V1     21        2025-03-01 09:00
"""
finds = [["V1", "V2"]]
"#;

const AGE_LIMIT: &str = "rule,item,unit,max,valid_from,valid_to,source\n";

/// Loads a folder with these files; the report, with the folder's own name taken out.
fn report(files: &[(&str, &[u8])]) -> String {
    use std::hash::{DefaultHasher, Hash, Hasher};
    let mut hasher = DefaultHasher::new();
    files.hash(&mut hasher);
    let folder: PathBuf =
        Path::new(env!("CARGO_TARGET_TMPDIR")).join("errors").join(hasher.finish().to_string());
    for (file, bytes) in files {
        let path = folder.join(file);
        std::fs::create_dir_all(path.parent().expect("below the folder")).expect("a folder for the test");
        std::fs::write(path, bytes).expect("a file for the test");
    }
    let report = match rulebank::load(Some(&folder), detectors::DETECTORS) {
        Ok(_) => rulebank::check_report(&[]),
        Err(errors) => rulebank::check_report(&errors),
    };
    report.replace(&format!("{}/", folder.display()), "")
}

/// The rule with one text in it replaced.
fn check_rule(right: &str, wrong: &str, expected: &str) {
    assert!(RULE.contains(right), "{right}");
    let found = report(&[("rules/a05.toml", RULE.replacen(right, wrong, 1).as_bytes())]);
    assert_eq!(found.trim_end(), expected.trim(), "\n{found}");
}

fn check_table(name: &str, text: &str, expected: &str) {
    let found = report(&[(&format!("tables/{name}.csv"), text.as_bytes())]);
    assert_eq!(found.trim_end(), expected.trim(), "\n{found}");
}

#[test]
fn the_rule_as_it_stands_is_right() {
    check_rule("24", "24", "no mistakes");
}

#[test]
fn an_unknown_key_is_named_with_the_key_it_may_have_been() {
    check_rule(
        "severity = ",
        "severty = ",
        r#"
error: the rule lacks `severity`
  --> rules/a05.toml:1:1
  |
1 | id = "A05"
  | ^

error: the rule has no key `severty`
  --> rules/a05.toml:7:1
  |
7 | severty = "high"
  | ^^^^^^^
  hint: did you mean `severity`?

2 mistakes in 1 file
"#,
    );
}

#[test]
fn a_wrong_word_gets_the_right_one() {
    check_rule(
        "\"high\"",
        "\"hihg\"",
        r#"
error: `hihg` is no severity
  --> rules/a05.toml:7:12
  |
7 | severity = "hihg"
  |            ^^^^^^
  hint: did you mean `high`?

1 mistake in 1 file
"#,
    );
}

#[test]
fn a_wrong_type_is_named() {
    check_rule(
        "\"high\"",
        "3",
        r#"
error: `severity` must be a text in quotes, not an integer
  --> rules/a05.toml:7:12
  |
7 | severity = 3
  |            ^

1 mistake in 1 file
"#,
    );
}

#[test]
fn an_unknown_detector() {
    check_rule(
        "\"stay_overlap\"",
        "\"stay_overlaps\"",
        r#"
error: there is no detector `stay_overlaps`
  --> rules/a05.toml:8:12
  |
8 | detector = "stay_overlaps"
  |            ^^^^^^^^^^^^^^^
  hint: did you mean `stay_overlap`?

1 mistake in 1 file
"#,
    );
}

#[test]
fn a_rule_that_no_row_of_its_table_can_name() {
    check_rule(
        "\"stay_overlap\"",
        "\"age_limit\"",
        r#"
error: no row of table age_limit can name the rule `A05`
  --> rules/a05.toml:1:6
  |
1 | id = "A05"
  |      ^^^^^
  hint: its `rule` column takes: D06, S05, C01, D07, S06, C02, H02, H17

error: the message uses {hours}, which this detector does not give
  --> rules/a05.toml:14:21
   |
14 | message = { zh = "重叠{hours}小时", en = "{hours} h" }
   |                       ^^^^^^^
  hint: one of: item, age, limit, unit, amount

error: the message uses {hours}, which this detector does not give
  --> rules/a05.toml:14:39
   |
14 | message = { zh = "重叠{hours}小时", en = "{hours} h" }
   |                                           ^^^^^^^
  hint: one of: item, age, limit, unit, amount

error: detector age_limit has no parameter `tolerance_hours`
  --> rules/a05.toml:17:1
   |
17 | tolerance_hours = 24
   | ^^^^^^^^^^^^^^^
  hint: nothing may stand here

4 mistakes in 1 file
"#,
    );
}

#[test]
fn phases_out_of_order() {
    check_rule(
        "\"pre\", \"mid\"",
        "\"mid\", \"pre\"",
        r#"
error: the phases are out of order
  --> rules/a05.toml:5:18
  |
5 | phases = ["mid", "pre"]
  |                  ^^^^^
  hint: each once, in the order pre, mid, post

1 mistake in 1 file
"#,
    );
}

#[test]
fn an_unknown_parameter() {
    check_rule(
        "tolerance_hours = 24",
        "tolerance_hour = 24",
        r#"
error: detector stay_overlap has no parameter `tolerance_hour`
  --> rules/a05.toml:17:1
   |
17 | tolerance_hour = 24
   | ^^^^^^^^^^^^^^
  hint: did you mean `tolerance_hours`?

1 mistake in 1 file
"#,
    );
}

#[test]
fn a_parameter_out_of_its_limits() {
    check_rule(
        "tolerance_hours = 24",
        "tolerance_hours = 9000",
        r#"
error: 9000 is outside of 0 to 8760
  --> rules/a05.toml:17:19
   |
17 | tolerance_hours = 9000
   |                   ^^^^
  hint: tolerance_hours: a whole number from 0 to 8760

1 mistake in 1 file
"#,
    );
}

#[test]
fn a_text_that_says_nothing() {
    check_rule(
        "[\"law\"]",
        "[]",
        r#"
error: `basis` says nothing
  --> rules/a05.toml:9:9
  |
9 | basis = []
  |         ^^

1 mistake in 1 file
"#,
    );
}

#[test]
fn a_language_that_is_missing() {
    check_rule(
        ", en = \"Look\"",
        "",
        r#"
error: `next-step` lacks `en`
  --> rules/a05.toml:15:13
   |
15 | next-step = { zh = "查" }
   |             ^^^^^^^^^^^^^

1 mistake in 1 file
"#,
    );
}

#[test]
fn a_value_that_the_detector_does_not_give() {
    check_rule(
        "重叠{hours}小时",
        "重叠{hour}小时",
        r#"
error: the message uses {hour}, which this detector does not give
  --> rules/a05.toml:14:21
   |
14 | message = { zh = "重叠{hour}小时", en = "{hours} h" }
   |                       ^^^^^^
  hint: did you mean `hours`?

1 mistake in 1 file
"#,
    );
}

#[test]
fn a_change_without_its_day() {
    check_rule(
        "on = 2026-11-22",
        "on = \"today\"",
        r#"
error: a change needs its day
  --> rules/a05.toml:20:6
   |
20 | on = "today"
   |      ^^^^^^^
  hint: on = 2026-11-22

1 mistake in 1 file
"#,
    );
}

#[test]
fn a_version_that_no_change_explains() {
    check_rule(
        "version = \"1.0\"\non",
        "version = \"1.1\"\non",
        r#"
error: the version is 1.0, the newest change made 1.1
  --> rules/a05.toml:2:11
  |
2 | version = "1.0"
  |           ^^^^^
  hint: a [[change]] says what became different, and why

1 mistake in 1 file
"#,
    );
}

#[test]
fn what_is_no_toml() {
    check_rule(
        "\"A05\"",
        "\"A05",
        r#"
error: invalid basic string, expected `"`
  --> rules/a05.toml:1:10
  |
1 | id = "A05
  |          ^

1 mistake in 1 file
"#,
    );
}

#[test]
fn a_case_that_is_not_what_it_says() {
    check_rule(
        "\"hit\"",
        "\"near_miss\"",
        r#"
error: a near miss finds nothing
  --> rules/a05.toml:23:8
   |
23 | name = "found"
   |        ^^^^^^^
  hint: change `kind`, or what the steps find

1 mistake in 1 file
"#,
    );
}

#[test]
fn an_unknown_kind_of_record() {
    check_rule(
        "visit  med",
        "vist  med",
        r#"
error: there is no kind `vist`
  --> rules/a05.toml:26:1
   |
26 | vist  med_type  begntime
   | ^^^^
  hint: did you mean `visit`?

1 mistake in 1 file
"#,
    );
}

#[test]
fn a_day_that_does_not_exist_in_the_facts() {
    check_rule(
        "2025-03-01 09:00",
        "2025-02-30 09:00",
        r#"
error: `2025-02-30 09:00` cannot stand under `begntime`
  --> rules/a05.toml:27:18
   |
27 | V1     21        2025-02-30 09:00
   |                  ^^^^^^^^^^^^^^^^
  hint: YYYY-MM-DD HH:MM:SS

1 mistake in 1 file
"#,
    );
}

#[test]
fn columns_that_stand_too_close() {
    check_rule(
        "V1     21        2025",
        "V1     21 2025",
        r#"
error: 2 cells where 3 belong
  --> rules/a05.toml:27:1
   |
27 | V1     21 2025-03-01 09:00
   | ^^^^^^^^^^^^^^^^^^^^^^^^^^
  hint: columns stand at least two spaces apart; `-` is an absent value

1 mistake in 1 file
"#,
    );
}

#[test]
fn an_amount_without_its_fen() {
    check_rule(
        "finds = [[\"V1\", \"V2\"]]\n",
        "finds = [[\"V1\", \"V2\"]]\namounts = [\"1.5\"]\n",
        r#"
error: `1.5` is no amount
  --> rules/a05.toml:30:11
   |
30 | amounts = ["1.5"]
   |           ^^^^^^^
  hint: two places: "80.00"

1 mistake in 1 file
"#,
    );
}

#[test]
fn a_mistake_in_the_table_of_a_case() {
    check_rule(
        "finds = [[\"V1\", \"V2\"]]\n",
        "finds = [[\"V1\", \"V2\"]]\n[case.tables]\nage_limit = '''\nrule,item,unit,max,valid_from,valid_to,source\nD06,X,weeks,28,,,s\n'''\n",
        r#"
error: `weeks` cannot stand under `unit`
  --> rules/a05.toml:33:7
   |
33 | D06,X,weeks,28,,,s
   |       ^^^^^
  hint: one of: days, years

1 mistake in 1 file
"#,
    );
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
  hint: one of: D06, S05, C01, D07, S06, C02, H02, H17

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
        &format!("{AGE_LIMIT}{}\n", "D06,X,days,28,2025-1-1,2025-02-29,s"),
        r#"
error: `2025-1-1` is no day
  --> tables/age_limit.csv:2:15
  |
2 | D06,X,days,28,2025-1-1,2025-02-29,s
  |               ^^^^^^^^
  hint: YYYY-MM-DD, or empty

error: `2025-02-29` is no day
  --> tables/age_limit.csv:2:24
  |
2 | D06,X,days,28,2025-1-1,2025-02-29,s
  |                        ^^^^^^^^^^
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
fn a_code_with_a_space_and_carets_under_chinese_signs() {
    check_table(
        "age_limit",
        &format!("{AGE_LIMIT}{}\n", "D06, 新生儿,日,28,,,s"),
        r#"
error: ` 新生儿` cannot stand under `item`
  --> tables/age_limit.csv:2:5
  |
2 | D06, 新生儿,日,28,,,s
  |     ^^^^^^^
  hint: codes are compared as they stand: take the spaces away

error: `日` cannot stand under `unit`
  --> tables/age_limit.csv:2:10
  |
2 | D06, 新生儿,日,28,,,s
  |             ^^
  hint: one of: days, years

2 mistakes in 1 file
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

#[test]
fn every_mistake_of_every_file_is_said_at_once() {
    let rule = RULE.replace("\"high\"", "\"hihg\"").replace("24", "\"x\"");
    let found = report(&[
        ("rules/a.toml", rule.as_bytes()),
        ("rules/b/b.toml", RULE.as_bytes()),
        ("rules/c.toml", RULE.as_bytes()),
        ("tables/age_limit.csv", b"rule,item\nD06,\xd0\xc2\n"),
    ]);
    let expected = [
        "the file is not UTF-8 from here on",
        "`hihg` is no severity",
        "x is no whole number",
        "the rule A05 stands in rules/b/b.toml already",
        "4 mistakes in 3 files",
    ];
    let lines: Vec<&str> = found
        .lines()
        .filter_map(|line| line.strip_prefix("error: ").or(line.contains("mistakes in").then_some(line)))
        .collect();
    assert_eq!(lines, expected, "\n{found}");
}

#[test]
fn a_folder_that_is_not_there() {
    let errors = rulebank::load(Some(Path::new("no/such")), detectors::DETECTORS).unwrap_err();
    assert_eq!(errors[0].to_string(), "no/such: there is no such folder");
}

#[test]
fn a_rule_without_anything_lacks_everything_in_one_sentence() {
    let found = report(&[("rules/empty.toml", b"")]);
    assert!(found.starts_with("error: the rule lacks `id`, `version`, `title`"), "{found}");
    assert!(found.ends_with("1 mistake in 1 file\n"), "{found}");
}
