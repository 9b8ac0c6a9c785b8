//! Rows rendered as text: what is kept of a record, field by field, under the national names.
//!
//! A row keeps what rules read, so a rendered record is what the rules saw and no copy of what was sent. A fee line
//! or sale is rendered as it counts, with reversals and returns taken off; [`as_sent`] gives what was sent instead
//! where that differs. Absent fields are left out; `live` is not sent but follows (contract section 4).
//! How a kind is rendered stands with its row (`row/<kind>.rs`).
//!
//! # Example
//! ```
//! use records::decode::Decoder;
//! use records::ledger::Ledger;
//! use records::render;
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let (mut decoder, mut ledger) = (Decoder::new(), Ledger::default());
//! let line = br#"{"kind": "person", "psn_no": "T1", "gend": "1", "brdy": "1960-05-05"}"#;
//! decoder.decode(line, |change| ledger.apply(change))??;
//! let row = ledger.take_facts()[0].row;
//! let brdy = ("brdy", "1960-05-05".to_owned());
//! assert_eq!(render::fields(ledger.arena(), row), [("gend", "1".to_owned()), brdy]);
//! assert_eq!(render::key(ledger.arena(), row), ["T1"]);
//! # Ok(())
//! # }
//! ```

use crate::Kind;
use crate::arena::{Arena, RowRef};
use crate::row;

pub use crate::row::RenderedFields;

/// What is kept of the record behind a row, without its key.
pub fn fields(arena: &Arena, row: RowRef) -> RenderedFields {
    row::render(arena, row)
}

/// Fields that were sent with another value than what counts: those from which reversals and returns were taken.
pub fn as_sent(arena: &Arena, row: RowRef) -> RenderedFields {
    let sent = row::as_sent(arena, row);
    if sent == row || row::kind(arena, row) == Kind::Settlement {
        return Vec::new();
    }
    let counts = fields(arena, row);
    fields(arena, sent).into_iter().filter(|field| !counts.contains(field)).collect()
}

/// The parts of a record's key as texts.
pub fn key(arena: &Arena, row: RowRef) -> Vec<String> {
    let (first, second) = row::key(arena, row);
    [first, second].into_iter().filter(|part| part.is_some()).map(|part| arena.text(part)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decode::Decoder;
    use crate::ledger::Ledger;

    /// What is rendered of the last fact that came to stand after these lines.
    fn rendered(lines: &[&str]) -> (RenderedFields, RenderedFields, Vec<String>) {
        let mut ledger = Ledger::default();
        let mut decoder = Decoder::new();
        for line in lines {
            decoder.decode(line.as_bytes(), |change| ledger.apply(change)).unwrap().unwrap();
        }
        let fact = ledger.take_facts().into_iter().rfind(|fact| fact.diff == 1).unwrap();
        let arena = ledger.arena();
        (fields(arena, fact.row), as_sent(arena, fact.row), key(arena, fact.row))
    }

    #[test]
    fn a_netted_line_is_rendered_as_it_counts_and_as_it_was_sent() {
        let line = |sn: &str, rest: &str| {
            format!(
                r#"{{"kind":"fee_line","mdtrt_id":"V","feedetl_sn":"{sn}","psn_no":"P","fixmedins_code":"H","fee_ocur_time":"2025-03-01 10:00:00","med_list_codg":"I","list_type":"101","pric":"2.5",{rest}}}"#
            )
        };
        let original = line("1", r#""cnt":3,"det_item_fee_sumamt":"7.50","fund_amt":"5""#);
        let reversal =
            line("2", r#""cnt":-1,"det_item_fee_sumamt":"-2.50","fund_amt":"-2","init_feedetl_sn":"1""#);
        let (counts, sent, key) = rendered(&[&reversal, &original]);
        let of = |name: &str| counts.iter().find(|(known, _)| *known == name).unwrap().1.as_str();
        assert_eq!((of("cnt"), of("det_item_fee_sumamt"), of("fund_amt")), ("2", "5.00", "3.00"));
        assert_eq!((of("pric"), of("fee_ocur_time")), ("2.5", "2025-03-01 10:00:00"));
        let sent: Vec<(&str, &str)> = sent.iter().map(|(name, value)| (*name, value.as_str())).collect();
        assert_eq!(sent, [("cnt", "3"), ("det_item_fee_sumamt", "7.50"), ("fund_amt", "5.00")]);
        assert_eq!(key, ["V", "1"]);
    }

    #[test]
    fn lists_are_rendered_in_order_and_absent_fields_are_left_out() {
        let (fields, sent, _) = rendered(&[
            r#"{"kind":"visit","mdtrt_id":"V","psn_no":"P","fixmedins_code":"H","med_type":"21","begntime":"2025-03-01 10:00:00","diags":[{"diag_code":"I10","maindiag_flag":"1"},{"diag_code":"E11","diag_srt_no":2}]}"#,
        ]);
        let names: Vec<&str> = fields.iter().map(|(name, _)| *name).collect();
        assert_eq!(names, ["psn_no", "fixmedins_code", "med_type", "begntime", "diags"]);
        assert_eq!(fields[4].1, "I10 *; E11 (2)");
        assert!(sent.is_empty());
    }
}
