//! Exemptions of a bank: they and the rules have to name each other, and every mistake shows its place.

use std::path::{Path, PathBuf};

use rulebank::{Bank, BankError, Lang, check_report, load};

#[path = "fixture/detectors.rs"]
mod detectors;

const RULE: &str = include_str!("../rules/extended/impossible_travel.toml");
const EXEMPTION: &str = include_str!("../exemptions/TEMPLATE.toml");

/// The bank of these files, and the mistakes as a report without the folder's own name.
fn bank_of(name: &str, files: &[(&str, &str)]) -> Result<Bank, String> {
    let folder: PathBuf = Path::new(env!("CARGO_TARGET_TMPDIR")).join("exemptions").join(name);
    let _ = std::fs::remove_dir_all(&folder);
    for (file, text) in files {
        let path = folder.join(file);
        std::fs::create_dir_all(path.parent().expect("below the folder")).expect("a folder for the test");
        std::fs::write(path, text).expect("a file for the test");
    }
    let report =
        |errors: Vec<BankError>| check_report(&errors).replace(&format!("{}/", folder.display()), "");
    load(Some(&folder), detectors::DETECTORS).map_err(report)
}

/// The rule with a line in front that names these exemptions.
fn naming(exemptions: &str) -> String {
    format!("exemptions = [{exemptions}]\n{RULE}")
}

#[test]
fn the_template_and_a_rule_that_names_it_are_a_bank_and_name_each_other() {
    let rule = naming("\"island-ferry-2025\"");
    let files = [("rules/a.toml", rule.as_str()), ("exemptions/ferry.toml", EXEMPTION)];
    let bank = bank_of("right", &files).unwrap_or_else(|report| panic!("{report}"));
    assert_eq!(bank.exemptions.len(), 1);
    assert_eq!(bank.rules[0].exemptions, ["island-ferry-2025"]);
    let page = rulebank::show(&bank.rules[0], &bank, Lang::En);
    assert!(page.contains("\nExemptions\n  - island-ferry-2025 (2025-01-01 to 2025-12-31; "), "{page}");
    let list = rulebank::exemptions(&bank);
    assert!(list.contains("island-ferry-2025  A06    H-ISLAND H-PORT  all"), "{list}");
}

#[test]
fn a_template_alone_is_not_loaded() {
    let bank = bank_of("template", &[("rules/a.toml", RULE), ("exemptions/TEMPLATE.toml", "no TOML")]);
    assert_eq!(bank.unwrap_or_else(|report| panic!("{report}")).exemptions, []);
}

#[test]
fn a_rule_that_does_not_name_the_exemption_gets_the_place_for_it() {
    let files = [("rules/a.toml", RULE), ("exemptions/ferry.toml", EXEMPTION)];
    let report = bank_of("one-sided", &files).unwrap_err();
    let expected = "\
error: rule A06 does not name the exemption island-ferry-2025
  --> exemptions/ferry.toml:7:17
  |
7 | rules        = [\"A06\"]                  # whose findings it lets off
  |                 ^^^^^
  hint: add exemptions = [\"island-ferry-2025\"] to rules/a.toml

1 mistake in 1 file
";
    assert_eq!(report.replace(&*folder_of("one-sided"), ""), expected);
}

/// The folder of a test's bank, as hints name it.
fn folder_of(name: &str) -> String {
    format!("{}/", Path::new(env!("CARGO_TARGET_TMPDIR")).join("exemptions").join(name).display())
}

#[test]
fn a_rule_that_names_what_is_not_there_is_a_mistake() {
    let rule = naming("\"island-ferry-2024\"");
    let files = [("rules/a.toml", rule.as_str()), ("exemptions/ferry.toml", EXEMPTION)];
    let report = bank_of("unknown", &files).unwrap_err();
    assert!(
        report.contains("there is no exemption island-ferry-2024\n  --> rules/a.toml:1:15\n"),
        "{report}"
    );
    assert!(report.contains("hint: did you mean `island-ferry-2025`?"), "{report}");
    let report = bank_of("none", &[("rules/a.toml", rule.as_str())]).unwrap_err();
    assert!(report.contains("hint: an exemption is a file of the bank's folder exemptions/"), "{report}");
}

#[test]
fn an_exemption_of_a_rule_that_is_not_there_or_of_a_name_taken_is_a_mistake() {
    let rule = naming("\"island-ferry-2025\"");
    let other = EXEMPTION.replace("[\"A06\"]", "[\"A06\", \"A07\"]");
    let files = [
        ("rules/a.toml", rule.as_str()),
        ("exemptions/ferry.toml", EXEMPTION),
        ("exemptions/other.toml", other.as_str()),
    ];
    let report = bank_of("twice", &files).unwrap_err();
    assert!(report.contains("the exemption island-ferry-2025 stands in "), "{report}");
    assert!(report.contains("there is no rule A07\n  --> exemptions/other.toml:7:24\n"), "{report}");
    assert!(report.ends_with("2 mistakes in 1 file\n"), "{report}");
}

#[test]
fn a_file_that_cannot_be_read_makes_no_second_mistake_of_those_that_name_it() {
    let rule = naming("\"island-ferry-2025\"");
    let broken = EXEMPTION.replace("from ", "form ");
    let report =
        bank_of("broken", &[("rules/a.toml", rule.as_str()), ("exemptions/f.toml", broken.as_str())]);
    let report = report.unwrap_err();
    assert!(
        report.contains("the exemption has no key `form`") && !report.contains("there is no"),
        "{report}"
    );
    let broken = rule.replace("severity", "severty");
    let report =
        bank_of("broken-rule", &[("rules/a.toml", broken.as_str()), ("exemptions/f.toml", EXEMPTION)]);
    let report = report.unwrap_err();
    assert!(report.contains("severty") && !report.contains("there is no rule"), "{report}");
}
