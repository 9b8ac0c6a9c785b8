//! The bank that is built into the program.
//!
//! The lists are written by hand so that they can be read; a test holds that they name every file of the two
//! folders.

/// Texts of the bank, embedded under their paths.
macro_rules! embedded {
    ($($path:literal,)+) => { &[$(($path, include_str!(concat!("../", $path))),)+] };
}

/// Rules that ask a model, by path: they are part of the built-in bank, and no core rules, which a bank without rule
/// files brings back.
pub(crate) const MODELS: &[(&str, &str)] = embedded![
    "rules/models/institution_far_from_peers.toml",
    "rules/models/practitioner_far_from_colleagues.toml",
    "rules/models/sudden_rise_of_cost.toml",
];

/// The core rules, by path.
pub(crate) const RULES: &[(&str, &str)] = embedded![
    "rules/extended/absence_after_admission.toml",
    "rules/extended/billed_above_stock.toml",
    "rules/extended/billed_without_prescription.toml",
    "rules/extended/care_after_death.toml",
    "rules/extended/care_elsewhere_during_stay.toml",
    "rules/extended/care_in_custody.toml",
    "rules/extended/care_while_abroad.toml",
    "rules/extended/companion_stays.toml",
    "rules/extended/drug_collector.toml",
    "rules/extended/empty_bed.toml",
    "rules/extended/impossible_travel.toml",
    "rules/extended/insured_twice.toml",
    "rules/extended/invoice_twice.toml",
    "rules/extended/more_hours_than_a_day_has.toml",
    "rules/extended/more_patients_than_beds.toml",
    "rules/extended/more_than_prescribed.toml",
    "rules/extended/no_agreement.toml",
    "rules/extended/not_insured.toml",
    "rules/extended/overlapping_stays.toml",
    "rules/extended/prescription_used_again.toml",
    "rules/extended/sold_after_expiry.toml",
    "rules/extended/sold_never_bought.toml",
    "rules/extended/sold_without_prescription.toml",
    "rules/extended/trace_code_missing.toml",
    "rules/extended/trace_code_never_bought.toml",
    "rules/extended/trace_code_twice.toml",
    "rules/policy/charged_outside_stay.toml",
    "rules/policy/child_consumable.toml",
    "rules/policy/child_drug.toml",
    "rules/policy/child_service.toml",
    "rules/policy/consumable_of_the_other_sex.toml",
    "rules/policy/consumable_outside_its_disease.toml",
    "rules/policy/diagnosis_of_the_other_sex.toml",
    "rules/policy/diagnosis_outside_its_age.toml",
    "rules/policy/drug_at_too_low_a_level.toml",
    "rules/policy/drug_beyond_its_course.toml",
    "rules/policy/drug_made_for_children.toml",
    "rules/policy/drug_of_the_other_sex.toml",
    "rules/policy/drug_outside_its_indication.toml",
    "rules/policy/included_item_charged.toml",
    "rules/policy/late_upload.toml",
    "rules/policy/line_does_not_add_up.toml",
    "rules/policy/many_stays.toml",
    "rules/policy/many_visits_a_day.toml",
    "rules/policy/newborn_consumable.toml",
    "rules/policy/newborn_drug.toml",
    "rules/policy/newborn_service.toml",
    "rules/policy/operation_of_the_other_sex.toml",
    "rules/policy/price_above_cap.toml",
    "rules/policy/quantity_above_limit.toml",
    "rules/policy/service_at_too_low_a_level.toml",
    "rules/policy/service_beyond_its_course.toml",
    "rules/policy/service_made_for_children.toml",
    "rules/policy/service_of_the_other_sex.toml",
    "rules/policy/service_outside_its_indication.toml",
    "rules/policy/stay_cut_in_two.toml",
    "rules/policy/too_many_drug_kinds.toml",
    "rules/policy/too_soon_again.toml",
];

/// The knowledge tables, by path.
pub(crate) const TABLES: &[(&str, &str)] = embedded![
    "tables/age_limit.csv",
    "tables/course_limit.csv",
    "tables/cycle_gap.csv",
    "tables/diagnosis_age.csv",
    "tables/diagnosis_sex.csv",
    "tables/hour_item.csv",
    "tables/indication.csv",
    "tables/level_limit.csv",
    "tables/med_type.csv",
    "tables/operation_sex.csv",
    "tables/pair_conflict.csv",
    "tables/price_cap.csv",
    "tables/quantity_limit.csv",
    "tables/resale_prone.csv",
    "tables/sex_limit.csv",
];

/// The exemptions: a bank that is built in approves nothing; `exemptions/TEMPLATE.toml` is there to be copied.
pub(crate) const EXEMPTIONS: &[(&str, &str)] = &[];

/// The classes of visits that hold where a bank says nothing.
pub(crate) const MED_TYPE: &str = include_str!("../tables/med_type.csv");

#[cfg(test)]
mod tests {
    use std::path::Path;

    /// The files below a folder of this crate, as the lists write them.
    fn files(folder: &str, extension: &str) -> Vec<String> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let (found, errors) = crate::bank::files(&root.join(folder), extension, true);
        assert!(errors.is_empty(), "{errors:?}");
        let relative =
            |path: &std::path::PathBuf| path.strip_prefix(root).unwrap().to_string_lossy().into_owned();
        found.iter().map(relative).collect()
    }

    #[test]
    fn every_file_of_the_bank_is_built_in() {
        let named =
            |list: &[(&str, &str)]| list.iter().map(|(path, _)| (*path).to_owned()).collect::<Vec<_>>();
        let mut rules = named(super::RULES);
        rules.extend(named(super::MODELS));
        rules.sort();
        assert_eq!(rules, files("rules", "toml"));
        assert_eq!(named(super::TABLES), files("tables", "csv"));
        assert_eq!(named(super::EXEMPTIONS), files("exemptions", "toml"));
    }
}
