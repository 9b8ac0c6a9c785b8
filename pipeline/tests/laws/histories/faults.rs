//! Lines that must be rejected, each code of the contract in many forms, and lines with two faults at once.
//!
//! Every line made here is surely faulty: one that were accepted would be a change nobody planned.

use crate::histories::dice::Dice;
use crate::histories::record::{Cell, Record};
use crate::histories::spelling::spell;

/// A line of white space.
pub(crate) fn blank(dice: &mut Dice) -> Vec<u8> {
    dice.pick(&["", " ", "\t \t", "  \r", "\r"]).as_bytes().to_vec()
}

/// A line made from `record` that must be rejected.
pub(crate) fn faulty(dice: &mut Dice, record: &Record) -> Vec<u8> {
    let kind = format!("\"{}\"", record.kind);
    let good = |dice: &mut Dice| written(dice, &kind, None, Some("3"), record);
    match dice.below(10) {
        0 => {
            let good = good(dice);
            not_json(dice, good)
        }
        1 => {
            let wrong =
                dice.pick(&["\"visits\"", "5", "null", "\"\"", "\"Visit\"", "[\"visit\"]", "\"visi t\""]);
            let op = dice.pick(&[None, Some("\"upsert\"")]);
            written(dice, wrong, op, Some("3"), record).into_bytes()
        }
        2 => {
            let wrong = dice.pick(&["\"upsert\"", "1", "\"PUT\"", "true", "[]", "{}"]);
            let rev = dice.pick(&["3", "-1"]);
            written(dice, &kind, Some(wrong), Some(rev), record).into_bytes()
        }
        3 => {
            let wrong = dice.pick(&[
                "-1",
                "1.5",
                "\"+1\"",
                "\"1.0\"",
                "\"1 1\"",
                "\"x\"",
                "9223372036854775808",
                "\"9223372036854775808\"",
                "true",
                "[1]",
                "\"-1\"",
                "\"1e2\"",
            ]);
            let op = dice.pick(&[None, Some("\"del\""), Some("\"put\"")]);
            written(dice, &kind, op, Some(wrong), record).into_bytes()
        }
        4 => {
            // A del needs its key, and nothing but its key.
            let mut record = record.clone();
            let name = dice.pick(record.shape().key);
            spoil_presence(dice, &mut record, name);
            written(dice, &kind, Some("\"del\""), Some("3"), &record).into_bytes()
        }
        5 => {
            let wrong = dice.pick(&["\"2025-03-01\"", "\"soon\"", "17", "\"2025-13-01 00:00:00\"", "[]"]);
            let record = record.clone().with("recv_time", Cell::Raw(wrong.into()));
            written(dice, &kind, None, Some("3"), &record).into_bytes()
        }
        6 => {
            let mut record = record.clone();
            let shape = record.shape();
            let mut names = shape.key.to_vec();
            names.extend(shape.required);
            let name = dice.pick(&names);
            spoil_presence(dice, &mut record, name);
            written(dice, &kind, None, Some("3"), &record).into_bytes()
        }
        7 => {
            let mut record = record.clone();
            spoil_value(dice, &mut record);
            spoil_value(dice, &mut record);
            let rev = dice.pick(&[Some("3"), None]);
            written(dice, &kind, None, rev, &record).into_bytes()
        }
        _ => {
            let mut record = record.clone();
            let numbers = record.fields.iter().filter(|(_, cell)| matches!(cell, Cell::Number(..)));
            let numbers: Vec<&'static str> = numbers.map(|(name, _)| *name).collect();
            if numbers.is_empty() || dice.chance(1, 2) {
                spoil_value(dice, &mut record);
            } else {
                let name = dice.pick(&numbers);
                let wrong = number(dice, record.kind, name);
                record.set(name, Cell::Raw(wrong.into()));
            }
            written(dice, &kind, None, Some("3"), &record).into_bytes()
        }
    }
}

/// A line with its head written as given and its fields as they are.
fn written(dice: &mut Dice, kind: &str, op: Option<&str>, rev: Option<&str>, record: &Record) -> String {
    let mut members = vec![format!("\"kind\":{kind}")];
    members.extend(op.map(|op| format!("\"op\":{op}")));
    members.extend(rev.map(|rev| format!("\"rev\":{rev}")));
    for (name, cell) in &record.fields {
        let value = spell(dice, cell, 0);
        let name = Cell::Text((*name).into());
        members.push(format!("{}:{value}", spell(dice, &name, 0)));
    }
    if dice.chance(1, 3) {
        dice.shuffle(&mut members);
    }
    format!("{{{}}}", members.join(","))
}

/// Takes `name` away in one of the ways that count as absent, or makes it no text.
fn spoil_presence(dice: &mut Dice, record: &mut Record, name: &'static str) {
    match dice.below(3) {
        0 => record.drop_field(name),
        1 => record.set(name, Cell::Raw("null".into())),
        _ => record.set(name, Cell::Raw("\"\"".into())),
    }
}

/// Gives one field a value its type does not have.
fn spoil_value(dice: &mut Dice, record: &mut Record) {
    let (name, cell) = {
        let index = dice.below(record.fields.len());
        let (name, cell) = &record.fields[index];
        (*name, cell.clone())
    };
    let wrong = match cell {
        Cell::Text(_) if closed(record.kind, name) && dice.chance(1, 2) => {
            dice.pick(&["\"9x\"", "\"1 1\"", "\"PASS\"", "7"])
        }
        Cell::Text(_) => dice.pick(&["5", "true", "[\"x\"]", "{\"x\":1}", "1.5"]),
        Cell::Number(..) => number(dice, record.kind, name),
        Cell::Label(_) | Cell::Flag(_) => dice.pick(&["\"2\"", "1", "\"true\"", "[]", "\"01\""]),
        Cell::Time(_) => dice.pick(&[
            "\"2025-03-01\"",
            "\"2025-02-30 10:00:00\"",
            "\"2025-03-01 24:00:00\"",
            "\"2025-03-01 10:00:60\"",
            "\"1899-12-31 23:59:59\"",
            "\"2100-01-01 00:00:00\"",
            "\"2099-12-31T23:00:00Z\"",
            "\"2025-03-01T 10:00:00\"",
            "\"2025-03-01 10:00:00.\"",
            "\"2025-03-01 10\"",
            "\"2025-3/1 10:00:00\"",
            "\"2025-03-01T10:00:00+8\"",
            "1741000000",
            "\"20250301100000Z\"",
            "\"202503011000\"",
            "\"2025-03-01 10:00:00 +08:00\"",
            "20250301100000",
        ]),
        Cell::Date(_) => dice.pick(&[
            "\"2025-02-29\"",
            "\"2025-04-31\"",
            "\"2025-03-01 00:01:00\"",
            "\"2025/03-01\"",
            "\"2025-003-1\"",
            "20250301",
            "\"1899-12-31\"",
            "\"2100-01-01\"",
            "\"2025-00-10\"",
        ]),
        Cell::Texts(_) => dice.pick(&["[null]", "[\"a\",5]", "true", "5", "{}", "[[\"a\"]]"]),
        Cell::Records(_) if name == "oprns" => dice.pick(&["[{}]", "[{\"oprn_code\":null}]", "[null]", "[\"\"]"]),
        Cell::Records(_) => dice.pick(&[
            "[{}]",
            "[null]",
            "[\"\"]",
            "{}",
            "\"x\"",
            "5",
            "[7]",
            "[{\"line_no\":\"1\",\"med_list_codg\":\"\",\"cnt\":1,\"status\":\"9\",\"begin\":\"2025-01-01\"}]",
            "[{\"line_no\":\"1\",\"med_list_codg\":\"I1\",\"cnt\":0,\"status\":\"7\",\"begin\":\"2025-01-01\",\"diag_code\":4}]",
        ]),
        Cell::Raw(_) => return,
    };
    record.set(name, Cell::Raw(wrong.into()));
}

/// Whether section 2 lists the values of a field.
fn closed(kind: &str, name: &str) -> bool {
    matches!(
        name,
        "fixmedins_type"
            | "prac_psn_type"
            | "gend"
            | "fact"
            | "status"
            | "list_type"
            | "state"
            | "move"
            | "inv_chg_type"
            | "scene"
            | "result"
            | "subject_type"
            | "decision"
    ) && !(kind == "prescription" && name == "list_type")
}

/// A wrong number for the field: no number, too fine, too great, or below what it may be.
fn number(dice: &mut Dice, kind: &str, name: &str) -> &'static str {
    if dice.chance(1, 3) {
        return dice.pick(&[
            "\"abc\"",
            "true",
            "\"+1\"",
            "\"1 1\"",
            "\"1.\"",
            "\".5\"",
            "\"0x10\"",
            "[1]",
            "\"1,000\"",
            "\"01\"",
        ]);
    }
    match name {
        "pric" | "finl_trns_pric" => dice.pick(&["1.1234567", "\"0.0000001\"", "1e12", "-1", "\"-0.01\""]),
        "cnt" | "inv_cnt" => {
            let fine = dice.pick(&["1.00001", "\"0.00001\"", "1e12", "\"1000000000000\""]);
            let low = if kind == "fee_line" {
                "1e13"
            } else if name == "cnt" {
                "0"
            } else {
                "-1"
            };
            let lower = if kind == "fee_line" { "-1e12" } else { "\"-0.5\"" };
            dice.pick(&[fine, fine, low, lower])
        }
        "beds" => dice.pick(&["3.5", "-1", "\"1.5\""]),
        "lon" | "lat" | "score" | "weight" | "diag_srt_no" => {
            dice.pick(&["\"east\"", "true", "\"1..2\"", "[]"])
        }
        _ => dice.pick(&["12.345", "\"0.001\"", "1e12", "\"-1000000000000\"", "1000000000000.00", "1e-3"]),
    }
}

/// Makes a good line into one that is not one JSON object of valid text with each key once.
fn not_json(dice: &mut Dice, good: String) -> Vec<u8> {
    let inner = good.trim_start_matches('{').trim_end_matches('}').to_owned();
    let broken = match dice.below(14) {
        0 => good.trim_end_matches('}').to_owned(),
        // As the first of a file `[` would begin an array of changes.
        1 => format!("0[{good}]"),
        2 => format!("{{{inner},\"kind\":\"visit\"}}"),
        3 => format!("{{{inner},\"x\":\"\\ud83d\"}}"),
        4 => format!("{{{inner},}}"),
        5 => format!("{good} {good}"),
        6 => format!("{{{inner},\"x\":01}}"),
        7 => format!("{{{inner},\"x\":\"a\tb\"}}"),
        8 => format!("{{{inner},\"x\":NaN}}"),
        9 => format!("{{{inner},\"x\":{{\"a\":1,\"a\":1}}}}"),
        10 => format!("{{{inner},\"\\u006bind\":\"visit\"}}"),
        11 => "null".to_owned(),
        12 => format!("{{{inner},'x':1}}"),
        _ => {
            let mut bytes = format!("{{{inner},\"x\":\"").into_bytes();
            bytes.extend(dice.pick(&[[0xFF, 0xFE], [0xC3, 0x28], [0xC0, 0x80]]));
            bytes.extend(b"\"}");
            return bytes;
        }
    };
    broken.into_bytes()
}
