//! Truth: one line for each planted finding, with what a perfect monitor would name.
//!
//! A case of a simple scheme is one finding. A case of a compound scheme is several: one line for each alert that
//! should be raised, of whatever rules, all with the `case_id` of the case. So `(rule, key)` names a line, and
//! `case_id` the affair it belongs to. `amount` is that of the alert, to the fen.

use super::record::Which;
use super::region::Region;
use super::text::{Text, owned};
use records::Kind;
use std::io::{self, Write};

/// A way to get money out of the fund, and the rule that should see it.
pub(crate) struct Scheme {
    /// Empty: several rules should.
    pub(crate) rule: &'static str,
    pub(crate) name: &'static str,
    /// Days between the first and the last record of a case, at most.
    pub(crate) days: u64,
}

const fn scheme(rule: &'static str, name: &'static str, days: u64) -> Scheme {
    Scheme { rule, name, days }
}

/// Every scheme that can be planted: one for each rule, then the compound ones.
pub(crate) const SCHEMES: [Scheme; 62] = [
    scheme("A01", "visit_after_death", 1),
    scheme("A02", "visit_from_custody", 1),
    scheme("A03", "visit_from_abroad", 1),
    scheme("A04", "outpatient_during_stay", 10),
    scheme("A05", "two_stays_at_once", 12),
    scheme("A06", "card_in_two_places", 1),
    scheme("A08", "stay_without_patient", 8),
    scheme("A11", "group_stays", 20),
    scheme("A14", "bed_without_care", 12),
    scheme("A15", "more_patients_than_beds", 4),
    scheme("D06", "newborn_drug_for_adult", 1),
    scheme("D07", "child_drug_for_adult", 1),
    scheme("D08", "drug_without_indication", 1),
    scheme("D10", "drug_course_too_long", 12),
    scheme("D12", "drug_above_hospital_level", 1),
    scheme("S05", "newborn_service_for_adult", 1),
    scheme("S06", "child_service_for_adult", 1),
    scheme("S07", "service_without_indication", 1),
    scheme("S10", "service_course_too_long", 12),
    scheme("S11", "service_above_hospital_level", 1),
    scheme("C01", "newborn_consumable_for_adult", 1),
    scheme("C02", "child_consumable_for_adult", 1),
    scheme("H02", "drug_made_for_children", 1),
    scheme("H04", "drug_of_other_sex", 1),
    scheme("H17", "service_made_for_children", 1),
    scheme("H18", "service_of_other_sex", 1),
    scheme("H24", "consumable_of_other_sex", 1),
    scheme("H25", "consumable_without_indication", 1),
    scheme("E01", "settled_without_insurance", 1),
    scheme("E03", "insured_twice", 1),
    scheme("E11", "settled_without_agreement", 3),
    scheme("F01", "invoice_claimed_twice", 4),
    scheme("F06", "drug_never_prescribed", 1),
    scheme("F07", "more_billed_than_prescribed", 1),
    scheme("F08", "more_hours_than_stayed", 6),
    scheme("M02", "line_that_does_not_add_up", 1),
    scheme("M05", "operation_of_other_sex", 6),
    scheme("M07", "uploaded_late", 1),
    scheme("M08", "billed_outside_stay", 20),
    scheme("M12", "too_many_drugs_at_once", 1),
    scheme("M15", "stay_split_in_two", 16),
    scheme("M16", "many_visits_a_day", 1),
    scheme("M18", "stays_again_and_again", 16),
    scheme("M20", "diagnosis_of_other_sex", 1),
    scheme("M21", "diagnosis_of_other_age", 1),
    scheme("P04", "sold_without_prescription", 1),
    scheme("P06", "prescription_sold_twice", 1),
    scheme("P08", "drugs_collected_for_resale", 6),
    scheme("S01", "price_above_cap", 1),
    scheme("S12", "included_service_billed_twice", 1),
    scheme("S14", "quantity_over_limit", 1),
    scheme("S18", "cycle_too_short", 6),
    scheme("T01", "trace_code_sold_twice", 6),
    scheme("T04", "sold_without_trace_code", 1),
    scheme("T05", "trace_code_never_bought", 1),
    scheme("T06", "sold_after_expiry", 1),
    scheme("G02", "billed_beyond_stock", 12),
    scheme("G03", "sold_but_never_bought", 12),
    // A hospital admits a village: together in, together out, twice, with nobody seen and nothing done.
    scheme("", "village_admission", 20),
    // A pharmacy sells packs by trace codes that another one sold, and never bought them.
    scheme("", "trace_code_resale", 8),
    // The prescriptions of one doctor are filled again and again by one pharmacy.
    scheme("", "doctor_pharmacy_pair", 16),
    // Persons who lie beside each other two by two, so that each pair knows the next, over several hospitals.
    scheme("", "companion_ring", 16),
];

/// Position of the scheme with this rule id or name.
pub(crate) fn find(name: &str) -> Option<usize> {
    SCHEMES.iter().position(|scheme| scheme.name == name || !name.is_empty() && scheme.rule == name)
}

/// What the subject of a rule's alert is, and how many parts of the key name it.
fn subject(rule: &str) -> (&'static str, usize) {
    match rule {
        "D06" | "D07" | "D08" | "D12" | "S01" | "S05" | "S06" | "S07" | "S11" | "C01" | "C02" | "H02"
        | "H04" | "H17" | "H18" | "H24" | "H25" | "F06" | "M02" | "M07" | "M08" => ("fee_line", 2),
        "F01" => ("invoice", 2),
        "A06" => ("presence", 1),
        "A11" => ("group", 1),
        "A15" | "G02" | "G03" | "T05" => ("institution", 1),
        "E01" | "E11" => ("settlement", 1),
        "E03" => ("enrolment", 1),
        "F07" | "M12" | "P06" => ("prescription", 1),
        "M16" | "P08" | "S18" => ("person", 1),
        "P04" | "T04" | "T06" => ("dispensing", 1),
        "T01" => ("trace_code", 1),
        _ => ("visit", 1),
    }
}

/// One planted finding.
#[derive(Default)]
pub(crate) struct Case {
    /// Position in [`SCHEMES`].
    pub(crate) scheme: usize,
    /// The affair it belongs to, counted from 1.
    pub(crate) affair: u64,
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

impl Case {
    /// Notes that the fund paid `fund` for one of its settlements.
    pub(crate) fn paid(&mut self, fund: i64) {
        self.funds.push(fund);
        if self.funds.len() < self.funds_needed {
            return;
        }
        let sum: i64 = self.funds.iter().sum();
        let (least, most) = (self.funds.iter().min(), self.funds.iter().max());
        self.amount = match self.rule {
            "A05" => least.copied().unwrap_or(0),
            "F01" | "M16" => sum - most.copied().unwrap_or(0),
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
        truth_line(region, case, &mut Text(&mut line));
        out.write_all(&line)?;
    }
    Ok(written)
}

fn truth_line(region: &Region, case: &Case, text: &mut Text<'_>) {
    let (subject_type, subject_parts) = subject(case.rule);
    text.raw(r#"{"case_id":"case-"#).padded(case.affair, 6).raw(r#"","scheme":""#);
    text.raw(SCHEMES[case.scheme].name).raw(r#"","rule":""#).raw(case.rule).raw(r#"","key":["#);
    list(text, case.key.iter().map(String::as_str));
    text.raw(r#"],"subject_type":""#).raw(subject_type).raw(r#"","subject_id":""#);
    text.raw(&case.key[..subject_parts].join("/")).raw(r#"","persons":["#);
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
