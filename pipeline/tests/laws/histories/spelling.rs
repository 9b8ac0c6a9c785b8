//! The many ways to write one change down.
//!
//! The same content can be spelled in every form the contract allows: such spellings must come out as duplicates,
//! never as conflicts.

use crate::histories::calendar::{DAY, HOUR, clock_text, date_text, time_text};
use crate::histories::dice::Dice;
use crate::histories::record::{Cell, Op, Record};

/// Writes a change as one line. `odd` in 100 of its fields take an unusual spelling.
pub(crate) fn line(dice: &mut Dice, op: Op, rev: Option<u64>, record: &Record, odd: u64) -> Vec<u8> {
    let mut members: Vec<(String, String)> = vec![("kind".into(), quote(dice, record.kind, 0))];
    if op == Op::Del {
        members.push(("op".into(), "\"del\"".into()));
    } else if dice.chance(odd, 100) {
        members.push(("op".into(), dice.pick(&["\"put\"", "\"put\"", "null", "\"\""]).into()));
    }
    match rev {
        Some(rev) if dice.chance(odd, 100) => members.push(("rev".into(), format!("\"{rev}\""))),
        Some(rev) => members.push(("rev".into(), rev.to_string())),
        None if dice.chance(odd, 100) => {
            members.push(("rev".into(), dice.pick(&["null", "\"\""]).into()));
        }
        None => {}
    }
    for (name, cell) in &record.fields {
        // A del needs its key only; what else it carries is not looked at, however wrong it is.
        let is_key = record.shape().key.contains(name);
        if op == Op::Del && !is_key {
            if dice.chance(odd, 200) {
                members.push(((*name).into(), "{\"not\":[\"looked at\"]}".into()));
            }
            continue;
        }
        members.push(((*name).into(), spell(dice, cell, odd)));
    }
    if op == Op::Put {
        for name in record.shape().optional {
            if record.get(name).is_none() && dice.chance(odd, 300) {
                members.push(((*name).into(), dice.pick(&["null", "\"\""]).into()));
            }
        }
    }
    if let Some(received) = record.received {
        members.push(("recv_time".into(), spell(dice, &Cell::Time(received), odd)));
    }
    if dice.chance(odd, 200) {
        let value = dice.pick(&["1", "\"x\"", "null", "\"\"", "false", "{\"a\":[1,{\"b\":null}]}", "1.5e3"]);
        members.push(("local_remark".into(), value.into()));
    }
    if dice.chance(odd, 400) {
        members.push(("备注".into(), "\"\\ud83d\\ude42\"".into()));
    }
    if dice.chance(odd, 100) {
        dice.shuffle(&mut members);
    }
    let gap = if dice.chance(odd, 200) { dice.pick(&[" ", "\t", " \t "]) } else { "" };
    let inner: Vec<String> = members
        .iter()
        .map(|(name, value)| {
            format!("{}:{gap}{value}", quote(dice, name, if gap.is_empty() { 0 } else { 20 }))
        })
        .collect();
    let mut bytes = format!("{gap}{{{}}}{gap}", inner.join(&format!(",{gap}"))).into_bytes();
    if dice.chance(odd, 800) {
        bytes.push(b'\r');
    }
    bytes
}

/// One of the spellings of `cell`; the plain one unless chance (`odd` in 100) wants another.
pub(crate) fn spell(dice: &mut Dice, cell: &Cell, odd: u64) -> String {
    let unusual = dice.chance(odd, 100);
    match cell {
        Cell::Text(value) => quote(dice, value, if unusual { 50 } else { 0 }),
        Cell::Number(value, places) => {
            let plain = decimal_text(*value, *places);
            let number = match dice.below(4) {
                0 if unusual => format!("{value}e-{places}"),
                1 if unusual && plain.contains('.') => format!("{plain}000"),
                2 if unusual && !plain.contains('.') => format!("{plain}.0"),
                _ => plain,
            };
            if dice.chance(1, 2) { format!("\"{number}\"") } else { number }
        }
        Cell::Label(value) if dice.chance(1, 2) => format!("\"{value}\""),
        Cell::Label(value) => value.to_string(),
        Cell::Time(value) if unusual => {
            let forms = [8 * HOUR, 8 * HOUR, 0, 0, -5 * HOUR - HOUR / 2, 14 * HOUR];
            let offset = dice.pick(&forms);
            let local = value - 8 * HOUR + offset;
            let letter = dice.pick(&["T", "t", " "]);
            let fraction = dice.pick(&["", "", ".5", ".999999999"]);
            let zone = match offset {
                0 => dice.pick(&["Z", "z", "+00:00"]).to_owned(),
                _ => format!(
                    "{}{:02}:{:02}",
                    if offset < 0 { '-' } else { '+' },
                    offset.abs() / HOUR,
                    offset.abs() / 60 % 60
                ),
            };
            format!("\"{}{letter}{}{fraction}{zone}\"", date_text(local.div_euclid(DAY)), clock_text(local))
        }
        Cell::Time(value) => format!("\"{}\"", time_text(*value)),
        Cell::Date(value) => format!("\"{}\"", date_text(*value)),
        Cell::Flag(value) if dice.chance(1, 2) => format!("\"{}\"", u8::from(*value)),
        Cell::Flag(value) => value.to_string(),
        Cell::Texts(values) => {
            let inner: Vec<String> = values.iter().map(|value| quote(dice, value, 0)).collect();
            format!("[{}]", inner.join(","))
        }
        Cell::Records(records) => {
            let inner: Vec<String> = records
                .iter()
                .map(|fields| {
                    let members: Vec<String> = fields
                        .iter()
                        .map(|(name, cell)| format!("\"{name}\":{}", spell(dice, cell, odd)))
                        .collect();
                    format!("{{{}}}", members.join(","))
                })
                .collect();
            format!("[{}]", inner.join(","))
        }
        Cell::Raw(json) => json.clone(),
    }
}

/// `value` over ten to the `places`, without needless zeros.
pub(crate) fn decimal_text(value: i64, places: u32) -> String {
    let unit = 10_i64.pow(places);
    let sign = if value < 0 { "-" } else { "" };
    let (whole, part) = (value.abs() / unit, value.abs() % unit);
    if part == 0 {
        return format!("{sign}{whole}");
    }
    let part = format!("{part:0width$}", width = usize::try_from(places).expect("few places"));
    format!("{sign}{whole}.{}", part.trim_end_matches('0'))
}

/// `value` as JSON text; each character is escaped by its number `escaped` times in 100.
fn quote(dice: &mut Dice, value: &str, escaped: u64) -> String {
    let mut out = String::from("\"");
    for letter in value.chars() {
        if escaped > 0 && dice.chance(escaped, 100) {
            let mut units = [0_u16; 2];
            for unit in letter.encode_utf16(&mut units) {
                out.push_str(&format!("\\u{unit:04x}"));
            }
        } else {
            match letter {
                '"' => out.push_str("\\\""),
                '\\' => out.push_str("\\\\"),
                letter => out.push(letter),
            }
        }
    }
    out.push('"');
    out
}
