//! The many ways to write one change down.
//!
//! The same content can be spelled in every form the contract allows: such spellings must come out as duplicates,
//! never as conflicts.

use crate::histories::calendar::{DAY, HOUR, civil, clock_text, date_text, time_text};
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
        Cell::Text(value) if unusual && dice.chance(1, 3) => {
            let plain = quote(dice, value, 0);
            padded(dice, &plain)
        }
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
        Cell::Time(value) if unusual && dice.chance(1, 2) => {
            let text = exported_time(dice, *value);
            padded(dice, &format!("\"{text}\""))
        }
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
        Cell::Date(value) if unusual => {
            let midnight = dice.pick(&["", "", " 00:00", "T00:00:00", " 0:00:00.000+0800"]);
            format!("\"{}{midnight}\"", exported_date(dice, *value))
        }
        Cell::Date(value) => format!("\"{}\"", date_text(*value)),
        Cell::Flag(value) if dice.chance(1, 2) => format!("\"{}\"", u8::from(*value)),
        Cell::Flag(value) => value.to_string(),
        // Codes: one text of them, or records of the national interface.
        Cell::Texts(values) if unusual && dice.chance(1, 2) && values.iter().all(|value| is_plain(value)) => {
            let between = dice.pick(&[",", "；", "、 ", "|", "\u{3000}", "\\r\\n"]);
            padded(dice, &format!("\"{}\"", values.join(between)))
        }
        Cell::Texts(values) if unusual => {
            let record = |value: &String| format!("{{\"drug_trac_codg\":{}}}", quote(dice, value, 0));
            format!("[{}]", values.iter().map(record).collect::<Vec<_>>().join(","))
        }
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

/// A date as exports have it.
fn exported_date(dice: &mut Dice, day: i64) -> String {
    let (year, month, of_month) = civil(day);
    match dice.below(4) {
        0 => format!("{year:04}/{month}/{of_month}"),
        1 => format!("{year:04}/{month:02}/{of_month:02}"),
        2 => format!("{year:04}{month:02}{of_month:02}"),
        _ => format!("{year:04}-{month}-{of_month}"),
    }
}

/// A time as exports have it, on China's clock.
fn exported_time(dice: &mut Dice, time: i64) -> String {
    let (day, clock) = (time.div_euclid(DAY), clock_text(time));
    if dice.chance(1, 4) {
        return date_text(day).replace('-', "") + &clock.replace(':', "");
    }
    let date = exported_date(dice, day);
    let clock = clock.strip_suffix(":00").filter(|_| dice.chance(1, 2)).unwrap_or(&clock).to_owned();
    let clock = clock.strip_prefix('0').filter(|_| dice.chance(1, 2)).unwrap_or(&clock).to_owned();
    let between = dice.pick(&[" ", "T", "  ", "\u{a0}"]);
    let zone = dice.pick(&["", "", "+0800", "+08", "+08:00"]);
    format!("{date}{between}{clock}{zone}")
}

/// Whether a code has nothing in it that separates codes or must be escaped.
fn is_plain(code: &str) -> bool {
    code.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
}

/// A JSON text with white space around its value.
fn padded(dice: &mut Dice, quoted: &str) -> String {
    let inner = &quoted[1..quoted.len() - 1];
    let (before, behind) = (dice.pick(&["", " ", "\\t", "\u{3000}"]), dice.pick(&["", " ", "\\u00a0", "  "]));
    format!("\"{before}{inner}{behind}\"")
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
