//! Truth: one line for each planted finding, with what a perfect monitor would name.
//!
//! A case of a simple scheme is one finding. A case of a compound scheme is several: one line for each alert that
//! should be raised, of whatever rules, all with the `case_id` of the case. So `(rule, key)` names a line, and
//! `case_id` the case it belongs to. `amount` is that of the alert, to the fen.

use crate::record::SettlementKind;
use crate::region::Region;
use crate::scheme::{SCHEMES, amount_of, subject};
use crate::text::{Text, owned};
use records::Kind;
use records::joined_key::join;
use std::io::{self, Write};

/// One planted finding.
#[derive(Default)]
pub(crate) struct PlantedFinding {
    /// Position in [`SCHEMES`].
    pub(crate) scheme: usize,
    /// The number of the case it belongs to, from 1.
    pub(crate) case_number: u64,
    pub(crate) rule: &'static str,
    /// Key of the alert.
    pub(crate) key: Vec<String>,
    pub(crate) persons: Vec<usize>,
    pub(crate) institutions: Vec<usize>,
    pub(crate) records: Vec<(Kind, String)>,
    /// Fen.
    pub(crate) amount: i64,
    /// What the fund paid for each of the settlements that the case needs.
    pub(crate) funds: Vec<i64>,
    /// How many of these it needs.
    pub(crate) funds_needed: usize,
    /// Whether all its records exist; a case that the period cut off is none.
    pub(crate) complete: bool,
}

impl PlantedFinding {
    /// Notes that the fund paid `fund` for one of its settlements.
    pub(crate) fn paid(&mut self, fund: i64) {
        self.funds.push(fund);
        if self.funds.len() < self.funds_needed {
            return;
        }
        self.amount = amount_of(self.rule, &self.funds);
        self.complete = true;
    }

    /// Adds a person and a place, each once.
    pub(crate) fn involve(&mut self, person: Option<usize>, institution: usize) {
        self.persons.extend(person.filter(|person| !self.persons.contains(person)));
        if !self.institutions.contains(&institution) {
            self.institutions.push(institution);
        }
    }
}

/// The number of a visit as text.
pub(crate) fn visit_id(visit: u64) -> String {
    owned(|t| {
        t.id(b'M', visit);
    })
}

/// The key of a fee line, joined.
pub(crate) fn line_id(visit: u64, sn: u64) -> String {
    format!("{}/{sn}", visit_id(visit))
}

/// The number of a visit's first prescription as text.
pub(crate) fn prescription_id(visit: u64) -> String {
    owned(|t| {
        t.prescription_id(visit, 1);
    })
}

/// An operation's code as text.
pub(crate) fn operation_code(code: u64) -> String {
    owned(|t| {
        t.operation(code);
    })
}

/// A settlement's number as text.
pub(crate) fn settlement_id(visit: u64) -> String {
    owned(|t| {
        t.settlement_id(visit, SettlementKind::First);
    })
}

/// A number that is only counted as text.
pub(crate) fn serial_id(letter: u8, n: u64) -> String {
    owned(|t| {
        t.id(letter, n);
    })
}

/// A day as text.
pub(crate) fn day_text(day: i64) -> String {
    owned(|t| {
        t.date(day);
    })
}

/// A person's token as text.
pub(crate) fn token_text(region: &Region, person: usize) -> String {
    owned(|t| {
        t.bytes(&region.token(person));
    })
}

/// Writes the complete cases; returns how many.
pub(crate) fn write_truth(
    region: &Region,
    cases: &[PlantedFinding],
    out: &mut impl Write,
) -> io::Result<u64> {
    let mut written = 0;
    let mut line = Vec::new();
    for finding in cases.iter().filter(|finding| finding.complete) {
        written += 1;
        line.clear();
        truth_line(region, finding, &mut Text(&mut line));
        out.write_all(&line)?;
    }
    Ok(written)
}

fn truth_line(region: &Region, finding: &PlantedFinding, text: &mut Text<'_>) {
    let (subject_type, subject_parts) = subject(finding.rule);
    text.raw(r#"{"case_id":"case-"#).padded(finding.case_number, 6).raw(r#"","scheme":""#);
    text.raw(SCHEMES[finding.scheme].name).raw(r#"","rule":""#).raw(finding.rule).raw(r#"","key":["#);
    list(text, finding.key.iter().map(String::as_str));
    text.raw(r#"],"subject_type":""#).raw(subject_type).raw(r#"","subject_id":""#);
    text.raw(&join(&finding.key[..subject_parts])).raw(r#"","persons":["#);
    let persons: Vec<String> = finding.persons.iter().map(|&person| token_text(region, person)).collect();
    list(text, persons.iter().map(String::as_str));
    text.raw(r#"],"institutions":["#);
    list(text, finding.institutions.iter().map(|&place| region.institutions[place].code.as_str()));
    text.raw(r#"],"records":["#);
    for (n, (kind, key)) in finding.records.iter().enumerate() {
        text.raw(if n == 0 { r#"{"kind":""# } else { r#",{"kind":""# }).raw(kind.name());
        text.raw(r#"","key":""#).raw(key).raw(r#""}"#);
    }
    text.raw(r#"],"amount":""#).fen(finding.amount).raw("\"}\n");
}

fn list<'a>(text: &mut Text<'_>, parts: impl Iterator<Item = &'a str>) {
    for (n, part) in parts.enumerate() {
        text.raw(if n == 0 { "\"" } else { ",\"" }).raw(part).raw("\"");
    }
}
