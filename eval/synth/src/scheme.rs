//! The schemes that can be planted, and what is known here of the rules that should see them.
//!
//! Everything that depends on the id of a rule and is a property of the *rule* stands in this file: what its alerts are
//! about ([`subject`]) and what of several settlements its amount counts ([`amount_of`]). How a scheme is carried out
//! stands in `plant`.
//!
//! Detectors state the same of themselves (`rulebank::DetectorSpec`). It is written here once more on purpose: truth that
//! is copied from what it judges would follow each of its mistakes. `pipeline/tests/planted.rs` holds subject, key and
//! amount of every planted finding against the alert that is raised.

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

/// The names of all schemes.
pub fn names() -> Vec<&'static str> {
    SCHEMES.iter().map(|scheme| scheme.name).collect()
}

/// The rule that should see a scheme; none if several should, or there is no such scheme.
pub fn rule_of(name: &str) -> Option<&'static str> {
    SCHEMES
        .iter()
        .find(|scheme| scheme.name == name)
        .map(|scheme| scheme.rule)
        .filter(|rule| !rule.is_empty())
}

/// What the subject of a rule's alert is, and how many parts of the key name it.
pub(crate) fn subject(rule: &str) -> (&'static str, usize) {
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

/// What an alert of the rule counts of the payments (fen) for the settlements that it needs.
pub(crate) fn amount_of(rule: &str, payments: &[i64]) -> i64 {
    let sum: i64 = payments.iter().sum();
    let (least, most) = (payments.iter().min(), payments.iter().max());
    match rule {
        "A05" => least.copied().unwrap_or(0),
        "F01" | "M16" => sum - most.copied().unwrap_or(0),
        _ => sum,
    }
}
