//! The bank that is built into the program.
//!
//! The lists are written by hand so that they can be read; a test holds that they name every file of the two
//! folders.

/// Texts of the bank, embedded under their paths.
macro_rules! embedded {
    ($($path:literal,)+) => { &[$(($path, include_str!(concat!("../", $path))),)+] };
}

/// The rule files, by path.
pub(crate) const RULES: &[(&str, &str)] = embedded![
    "rules/extended/absence_after_admission.toml",
    "rules/extended/billed_above_stock.toml",
    "rules/extended/billed_without_prescription.toml",
    "rules/extended/care_after_death.toml",
    "rules/extended/companion_stays.toml",
    "rules/extended/drug_collector.toml",
    "rules/extended/impossible_travel.toml",
    "rules/extended/invoice_twice.toml",
    "rules/extended/more_than_prescribed.toml",
    "rules/extended/not_insured.toml",
    "rules/extended/overlapping_stays.toml",
    "rules/extended/trace_code_twice.toml",
    "rules/policy/included_item_charged.toml",
    "rules/policy/newborn_drug.toml",
    "rules/policy/quantity_above_limit.toml",
    "rules/policy/too_soon_again.toml",
];

/// The knowledge tables, by path.
pub(crate) const TABLES: &[(&str, &str)] = embedded![
    "tables/age_limit.csv",
    "tables/cycle_gap.csv",
    "tables/med_type.csv",
    "tables/pair_conflict.csv",
    "tables/quantity_limit.csv",
    "tables/resale_prone.csv",
];

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
        assert_eq!(named(super::RULES), files("rules", "toml"));
        assert_eq!(named(super::TABLES), files("tables", "csv"));
    }
}
