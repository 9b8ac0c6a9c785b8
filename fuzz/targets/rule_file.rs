//! A rule file and a table: a bank, or mistakes with their places; both can be told to people.

#![no_main]

use std::fs;
use std::path::PathBuf;
use std::sync::LazyLock;

use detectors::detector::SPECS;
use libfuzzer_sys::fuzz_target;

/// The folder of the bank.
static BANK: LazyLock<PathBuf> = LazyLock::new(|| {
    let folder = tempfile::Builder::new().prefix("fundwatch-fuzz").tempdir().expect("a folder for the bank");
    let folder = folder.keep();
    fs::create_dir_all(folder.join("rules/mine")).expect("a folder for the rule");
    fs::create_dir_all(folder.join("tables")).expect("a folder for the table");
    folder
});

fuzz_target!(|bytes: &[u8]| {
    let (rule, table) =
        bytes.iter().position(|byte| *byte == 0).map_or((bytes, &[][..]), |at| bytes.split_at(at));
    fs::write(BANK.join("rules/mine/rule.toml"), rule).expect("the rule can be written");
    let table_path = BANK.join("tables/age_limit.csv");
    match table.split_first() {
        Some((_, table)) => fs::write(table_path, table).expect("the table can be written"),
        None => drop(fs::remove_file(table_path)),
    }
    match rulebank::load(Some(&BANK), SPECS) {
        Ok(bank) => drop(rulebank::list(&bank)),
        Err(mistakes) => {
            assert!(!mistakes.is_empty(), "no bank and nothing wrong with it");
            drop(rulebank::check_report(&mistakes));
        }
    }
});
