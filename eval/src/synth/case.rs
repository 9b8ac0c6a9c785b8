//! Truth: one line for each planted case, with what a perfect monitor would name.

use super::record::Which;
use super::region::Region;
use super::text::{Text, owned};
use records::Kind;
use std::io::{self, Write};

/// A way to get money out of the fund, and the rule that should see it.
pub(crate) struct Scheme {
    pub(crate) rule: &'static str,
    pub(crate) name: &'static str,
    /// What the subject of the rule's alert is.
    pub(crate) subject_type: &'static str,
    /// How many parts of the key name the subject.
    subject_parts: usize,
    /// Days between the first and the last record of a case, at most.
    pub(crate) days: u64,
}

const fn scheme(
    rule: &'static str,
    name: &'static str,
    subject_type: &'static str,
    subject_parts: usize,
    days: u64,
) -> Scheme {
    Scheme { rule, name, subject_type, subject_parts, days }
}

/// Every scheme that can be planted.
pub(crate) const SCHEMES: [Scheme; 16] = [
    scheme("D06", "newborn_drug_for_adult", "fee_line", 2, 1),
    scheme("S12", "included_service_billed_twice", "visit", 1, 1),
    scheme("S14", "quantity_over_limit", "visit", 1, 1),
    scheme("A01", "visit_after_death", "visit", 1, 1),
    scheme("A05", "two_stays_at_once", "visit", 1, 16),
    scheme("A06", "card_in_two_places", "presence", 1, 1),
    scheme("S18", "cycle_too_short", "person", 1, 6),
    scheme("A08", "stay_without_patient", "visit", 1, 12),
    scheme("A11", "group_stays", "group", 1, 20),
    scheme("E01", "settled_without_insurance", "settlement", 1, 1),
    scheme("F01", "invoice_claimed_twice", "invoice", 2, 4),
    scheme("F06", "drug_never_prescribed", "fee_line", 2, 1),
    scheme("F07", "more_billed_than_prescribed", "prescription", 1, 1),
    scheme("P08", "drugs_collected_for_resale", "person", 1, 6),
    scheme("T01", "trace_code_sold_twice", "trace_code", 1, 6),
    scheme("G02", "billed_beyond_stock", "institution", 1, 12),
];

/// Position of the scheme with this rule id or name.
pub(crate) fn find(name: &str) -> Option<usize> {
    SCHEMES.iter().position(|scheme| scheme.name == name || scheme.rule == name)
}

/// One planted case.
#[derive(Default)]
pub(crate) struct Case {
    /// Position in [`SCHEMES`].
    pub(crate) scheme: usize,
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

impl Case {
    /// Notes that the fund paid `fund` for one of its settlements.
    pub(crate) fn paid(&mut self, fund: i64) {
        self.funds.push(fund);
        if self.funds.len() < self.funds_needed {
            return;
        }
        let sum: i64 = self.funds.iter().sum();
        let (least, most) = (self.funds.iter().min(), self.funds.iter().max());
        self.amount = match SCHEMES[self.scheme].rule {
            "A05" => least.copied().unwrap_or(0),
            "F01" => sum - most.copied().unwrap_or(0),
            _ => sum,
        };
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

/// A settlement's number as text.
pub(crate) fn settlement_id(visit: u64) -> String {
    owned(|t| {
        t.settlement_id(visit, Which::First);
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
pub(crate) fn write_truth(region: &Region, cases: &[Case], out: &mut impl Write) -> io::Result<u64> {
    let mut written = 0;
    let mut line = Vec::new();
    for case in cases.iter().filter(|case| case.complete) {
        written += 1;
        line.clear();
        truth_line(region, case, written, &mut Text(&mut line));
        out.write_all(&line)?;
    }
    Ok(written)
}

fn truth_line(region: &Region, case: &Case, number: u64, text: &mut Text<'_>) {
    let scheme = &SCHEMES[case.scheme];
    text.raw(r#"{"case_id":"case-"#).padded(number, 6).raw(r#"","scheme":""#).raw(scheme.name);
    text.raw(r#"","rule":""#).raw(scheme.rule).raw(r#"","key":["#);
    list(text, case.key.iter().map(String::as_str));
    text.raw(r#"],"subject_type":""#).raw(scheme.subject_type).raw(r#"","subject_id":""#);
    text.raw(&case.key[..scheme.subject_parts].join("/")).raw(r#"","persons":["#);
    let persons: Vec<String> = case.persons.iter().map(|&person| token_text(region, person)).collect();
    list(text, persons.iter().map(String::as_str));
    text.raw(r#"],"institutions":["#);
    list(text, case.institutions.iter().map(|&place| region.institutions[place].code.as_str()));
    text.raw(r#"],"records":["#);
    for (n, (kind, key)) in case.records.iter().enumerate() {
        text.raw(if n == 0 { r#"{"kind":""# } else { r#",{"kind":""# }).raw(kind.name());
        text.raw(r#"","key":""#).raw(key).raw(r#""}"#);
    }
    text.raw(r#"],"amount":""#).fen(case.amount).raw("\"}\n");
}

fn list<'a>(text: &mut Text<'_>, parts: impl Iterator<Item = &'a str>) {
    for (n, part) in parts.enumerate() {
        text.raw(if n == 0 { "\"" } else { ",\"" }).raw(part).raw("\"");
    }
}
