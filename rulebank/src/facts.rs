//! The facts of a case, from small text tables to NDJSON lines.
//!
//! ```text
//! visit  fixmedins_code  begntime
//! V1     H1              2025-03-01 09:00
//! -V2
//! ```
//! The first heading names the kind of record, its column holds the ids (`V1/2` where a key has two parts), `-`
//! before an id withdraws the record. Columns stand at least two spaces apart, so that a cell may hold single
//! spaces; `-` alone in a cell takes the ordinary value away; tables follow each other with an empty line
//! between; a line that begins with `#` is a remark. Columns that are left out come from [`ordinary`].
//! Revisions count up by themselves: the second time a record is written it has `rev` 2.

use std::collections::BTreeMap;
use std::ops::Range;

use records::schema::{FieldType, fields};
use records::{Kind, joined_key, time};
use rust_decimal::{Decimal, RoundingStrategy};

use crate::detector::number;
use crate::error::Mistake;
use crate::hint;
use crate::lists::{self, quoted};
use crate::ordinary::{self, Holds, List, Ordinary};

/// Compiles the steps of one case, in order.
#[derive(Default)]
pub(crate) struct Compiler {
    /// How often each record was written so far, by kind and id.
    revisions: BTreeMap<(&'static str, String), u64>,
}

/// A cell and its place in the text of the facts.
type Cell<'t> = (Range<usize>, &'t str);

impl Compiler {
    /// The changes that `text` writes, and what is wrong with it.
    pub(crate) fn compile(&mut self, text: &str) -> (Vec<String>, Vec<Mistake>) {
        let (mut changes, mut mistakes) = (Vec::new(), Vec::new());
        let mut table: Option<Table> = None;
        let mut in_table = false;
        let mut start = 0;
        for line in text.split_inclusive('\n') {
            let cells = cells(line, start);
            start += line.len();
            if cells.is_empty() {
                in_table = false;
            } else if cells[0].1.starts_with('#') {
                // A remark.
            } else if !in_table {
                in_table = true;
                table = Table::heading(&cells, &mut mistakes);
            } else if let Some(table) = &table {
                changes.extend(self.row(table, &cells, &mut mistakes));
            }
        }
        (changes, mistakes)
    }

    fn row(&mut self, table: &Table, cells: &[Cell<'_>], mistakes: &mut Vec<Mistake>) -> Option<String> {
        let kind = table.ordinary;
        let (span, id) = &cells[0];
        let (id, withdrawn) = match id.strip_prefix('-') {
            Some(id) => (id, true),
            None => (*id, false),
        };
        // The id has as many parts as the key of its kind.
        let parts = joined_key::split(id, kind.key.len());
        if parts.len() != kind.key.len() || parts.iter().any(|part| part.is_empty()) {
            let what = format!("`{id}` is no id of kind {}", kind.kind);
            mistakes
                .push(Mistake::new(span.clone(), what).hint(format!("written as {}", kind.key.join("/"))));
            return None;
        }
        // A cell under each heading; a withdrawn record has none.
        let expected = if withdrawn { 1 } else { table.columns.len() + 1 };
        if cells.len() != expected {
            let what = format!("{} cells where {expected} belong", cells.len());
            let hint = match withdrawn {
                true => "a record is withdrawn by its id alone",
                false => "columns stand at least two spaces apart; `-` is an absent value",
            };
            let end = cells.last().map_or(span.end, |(span, _)| span.end);
            mistakes.push(Mistake::new(span.start..end, what).hint(hint));
            return None;
        }
        // A record that comes again is the next revision of it.
        let revision = self.revisions.entry((kind.kind, id.to_owned())).or_default();
        *revision += 1;
        // The line as it would have been sent.
        let mut line = format!(r#"{{"kind":{}"#, quoted(kind.kind));
        if withdrawn {
            line.push_str(r#","op":"del""#);
        }
        line.push_str(&format!(r#","rev":{revision}"#));
        for (name, part) in kind.key.iter().zip(parts) {
            line.push_str(&format!(",{}:{}", quoted(name), quoted(&part)));
        }
        if !withdrawn {
            let before = mistakes.len();
            for (name, value) in table.values(&cells[1..], mistakes) {
                line.push_str(&format!(",{}:{value}", quoted(name)));
            }
            if mistakes.len() > before {
                return None;
            }
        }
        line.push('}');
        Some(line)
    }
}

/// The headings of one table of facts.
struct Table {
    ordinary: &'static Ordinary,
    columns: Vec<(&'static str, Holds)>,
}

/// A column without an ordinary value: when the bureau received a record, which belongs to every kind, and any other
/// field of the kind that is absent in ordinary facts.
fn extra_column(ordinary: &Ordinary, name: &str) -> Option<(&'static str, Holds)> {
    if name == "recv_time" {
        return Some(("recv_time", Holds::Time));
    }
    let kind = Kind::ALL.iter().find(|kind| kind.name() == ordinary.kind)?;
    let field = fields(*kind).iter().find(|field| field.name == name && !field.key)?;
    let holds = match field.ty {
        FieldType::Text | FieldType::SixDigits | FieldType::TextOrNumber => Holds::Text,
        FieldType::Code(codes) => Holds::Word(codes),
        FieldType::Money | FieldType::Price | FieldType::Quantity(_) => Holds::Number,
        FieldType::Int(_) | FieldType::Number => Holds::Number,
        FieldType::Flag => Holds::Flag,
        FieldType::Time => Holds::Time,
        FieldType::Date => Holds::Day,
        FieldType::Texts => Holds::List(List::Texts),
        FieldType::Records(_) => return None,
    };
    Some((field.name, holds))
}

impl Table {
    fn heading(cells: &[Cell<'_>], mistakes: &mut Vec<Mistake>) -> Option<Table> {
        let (span, name) = &cells[0];
        let Some(ordinary) = ordinary::KINDS.iter().find(|kind| kind.kind == *name) else {
            let hint = hint::for_word(name, ordinary::KINDS.iter().map(|kind| kind.kind));
            mistakes.push(Mistake::new(span.clone(), format!("there is no kind `{name}`")).hint(hint));
            return None;
        };
        let mut columns: Vec<(&'static str, Holds)> = Vec::new();
        let before = mistakes.len();
        for (span, name) in &cells[1..] {
            let known = ordinary.columns.iter().find(|(column, ..)| column == name);
            let extra = extra_column(ordinary, name);
            match known.map(|(column, holds, _)| (*column, *holds)).or(extra) {
                Some((column, _)) if columns.iter().any(|(earlier, _)| *earlier == column) => {
                    mistakes.push(Mistake::new(span.clone(), format!("column `{name}` stands twice")));
                }
                Some(column) => columns.push(column),
                None if ordinary.key.contains(name) => {
                    let what = format!("`{name}` is the id of kind {}", ordinary.kind);
                    mistakes.push(Mistake::new(span.clone(), what).hint("it stands in the first column"));
                }
                None => {
                    let what = format!("kind {} has no column `{name}`", ordinary.kind);
                    let hint = hint::for_word(name, ordinary.columns.iter().map(|(column, ..)| *column));
                    mistakes.push(Mistake::new(span.clone(), what).hint(hint));
                }
            }
        }
        (mistakes.len() == before).then_some(Table { ordinary, columns })
    }

    /// The fields of a row as JSON, shown and ordinary ones, in the order of the kind.
    fn values(&self, cells: &[Cell<'_>], mistakes: &mut Vec<Mistake>) -> Vec<(&'static str, String)> {
        let shown = |name: &str| {
            let index = self.columns.iter().position(|(column, _)| *column == name)?;
            Some(&cells[index])
        };
        let mut values = Vec::new();
        let known = |name: &str| self.ordinary.columns.iter().any(|(column, ..)| *column == name);
        let extra =
            self.columns.iter().filter(|(name, _)| !known(name)).map(|(name, holds)| (*name, *holds, ""));
        for (name, holds, ordinary) in self.ordinary.columns.iter().copied().chain(extra) {
            let (span, text) = match shown(name) {
                Some((span, "-")) => (span.clone(), ""),
                Some((span, text)) => (span.clone(), *text),
                None => (0..0, ordinary),
            };
            let derived = (name == "det_item_fee_sumamt" && shown(name).is_none())
                .then(|| self.line_amount(shown("cnt"), shown("pric")))
                .flatten();
            let text = derived.as_deref().unwrap_or(text);
            if text.is_empty() {
                continue;
            }
            match value(holds, text) {
                Ok(value) => values.push((name, value)),
                Err(hint) => {
                    let what = format!("`{text}` cannot stand under `{name}`");
                    mistakes.push(Mistake::new(span, what).hint(hint));
                }
            }
        }
        values
    }

    /// What a fee line comes to when its case does not give it: cnt x pric, rounded half up.
    fn line_amount(&self, cnt: Option<&Cell<'_>>, pric: Option<&Cell<'_>>) -> Option<String> {
        let ordinary = |name: &str| {
            self.ordinary.columns.iter().find(|(column, ..)| *column == name).map_or("", |(.., value)| *value)
        };
        let cnt = number(cnt.map_or(ordinary("cnt"), |(_, text)| text))?;
        let pric = number(pric.map_or(ordinary("pric"), |(_, text)| text))?;
        let amount: Decimal = cnt.checked_mul(pric)?;
        Some(format!("{:.2}", amount.round_dp_with_strategy(2, RoundingStrategy::MidpointAwayFromZero)))
    }
}

/// The JSON of a cell, or a hint on what may stand there.
fn value(holds: Holds, text: &str) -> Result<String, String> {
    match holds {
        Holds::Text => Ok(quoted(text)),
        Holds::Word(words) if words.contains(&text) => Ok(quoted(text)),
        Holds::Word(words) => Err(hint::for_word(text, words.iter().copied())),
        Holds::Time => {
            let full = if text.len() == 16 { format!("{text}:00") } else { text.to_owned() };
            if time::is_civil_time(&full) { Ok(quoted(&full)) } else { Err("YYYY-MM-DD HH:MM:SS".to_owned()) }
        }
        Holds::Day if time::parse_date(text).is_some() => Ok(quoted(text)),
        Holds::Day => Err("YYYY-MM-DD".to_owned()),
        Holds::Number if number(text).is_some() => Ok(quoted(text)),
        Holds::Number => Err("a number".to_owned()),
        Holds::Flag if matches!(text, "0" | "1") => Ok(quoted(text)),
        Holds::Flag => Err("0 or 1".to_owned()),
        Holds::List(list) => lists::of(list, text),
    }
}

/// The cells of a line: what stands at least two spaces or a tab apart.
fn cells(line: &str, start: usize) -> Vec<Cell<'_>> {
    let text = line.trim_end();
    let mut cells = Vec::new();
    let mut at = text.len() - text.trim_start().len();
    while at < text.len() {
        let rest = &text[at..];
        let end = [rest.find("  "), rest.find('\t')].into_iter().flatten().min().unwrap_or(rest.len());
        cells.push((start + at..start + at + end, &rest[..end]));
        at += end + (rest[end..].len() - rest[end..].trim_start().len());
    }
    cells
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &[&str]) {
        let (changes, mistakes) = Compiler::default().compile(text);
        assert!(mistakes.is_empty(), "{mistakes:?}");
        assert_eq!(changes, expected);
    }

    #[test]
    fn columns_left_out_are_ordinary_and_a_dash_takes_them_away() {
        check(
            "person  gend\nP2  2\n\nenrolment  insutype  begin\nE1  -  2025-01-01\n",
            &[
                r#"{"kind":"person","rev":1,"psn_no":"P2","gend":"2","brdy":"1980-01-01"}"#,
                r#"{"kind":"enrolment","rev":1,"enrl_id":"E1","psn_no":"P1","insu_admdvs":"440100","status":"1","begin":"2025-01-01"}"#,
            ],
        );
    }

    #[test]
    fn a_case_can_show_every_field_of_every_kind() {
        for ordinary in ordinary::KINDS {
            let kind = Kind::ALL.iter().find(|kind| kind.name() == ordinary.kind).unwrap();
            for field in fields(*kind).iter().filter(|field| !field.key) {
                let known = ordinary.columns.iter().any(|(column, ..)| *column == field.name);
                assert!(known || extra_column(ordinary, field.name).is_some(), "{kind:?} {}", field.name);
            }
        }
        assert!(extra_column(&ordinary::KINDS[0], "no_such_field").is_none());
    }

    #[test]
    fn records_are_withdrawn_and_written_again_with_higher_revisions() {
        check(
            "invoice  amount\nB1/9  5\n# it goes\n-B1/9\nB1/9  6\n",
            &[
                r#"{"kind":"invoice","rev":1,"bill_code":"B1","bill_no":"9","amount":"5","issue_time":"2025-03-01 10:00:00","state":"normal"}"#,
                r#"{"kind":"invoice","op":"del","rev":2,"bill_code":"B1","bill_no":"9"}"#,
                r#"{"kind":"invoice","rev":3,"bill_code":"B1","bill_no":"9","amount":"6","issue_time":"2025-03-01 10:00:00","state":"normal"}"#,
            ],
        );
    }

    #[test]
    fn a_line_comes_to_quantity_times_price() {
        check(
            "fee_line  cnt  pric  fee_ocur_time\nV1/1  1.5  0.33  2025-03-01 09:00\n",
            &[
                r#"{"kind":"fee_line","rev":1,"mdtrt_id":"V1","feedetl_sn":"1","psn_no":"P1","fixmedins_code":"H1","fee_ocur_time":"2025-03-01 09:00:00","med_list_codg":"ITEM","list_type":"201","cnt":"1.5","pric":"0.33","det_item_fee_sumamt":"0.50"}"#,
            ],
        );
    }
}
