//! Laws of the built-in bank as a whole: what every rule, every table and every case has to be.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use rulebank::{Bank, CaseKind, Family, Lang, ParamKind, Phase, Severity, Status, Tables, Verdict};
use rust_decimal::Decimal;

#[path = "fixture/detectors.rs"]
mod detectors;

fn bank() -> Bank {
    rulebank::load(None, detectors::DETECTORS)
        .unwrap_or_else(|errors| panic!("{}", rulebank::check_report(&errors)))
}

/// A folder of its own for one test.
fn folder(name: &str, files: &[(&str, &str)]) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("bank").join(name);
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).expect("a folder for the test");
    for (file, text) in files {
        let path = folder.join(file);
        std::fs::create_dir_all(path.parent().expect("below the folder")).expect("a folder for the test");
        std::fs::write(path, text).expect("a file for the test");
    }
    folder
}

#[test]
fn the_core_rules_are_what_the_contract_says() {
    use Family::*;
    use Phase::*;
    use Severity::*;
    use Verdict::*;
    let expected = [
        ("A01", "person_fact", FakePatient, Pre, Definite, High),
        ("A02", "person_fact", FakePatient, Mid, Suspect, High),
        ("A03", "person_fact", FakePatient, Mid, Suspect, High),
        ("A04", "visit_during_stay", FakePatient, Pre, Suspect, Medium),
        ("A05", "stay_overlap", FakePatient, Pre, Definite, High),
        ("A06", "travel", FakePatient, Pre, Suspect, High),
        ("A08", "absence", FakePatient, Pre, Definite, Medium),
        ("A11", "companions", Group, Post, Suspect, High),
        ("A14", "bed_only", FakePatient, Mid, Suspect, High),
        ("A15", "bed_count", FakePatient, Mid, Suspect, Medium),
        ("C01", "age_limit", PaymentPolicy, Pre, Definite, Medium),
        ("C02", "age_limit", PaymentPolicy, Pre, Definite, Medium),
        ("D06", "age_limit", PaymentPolicy, Pre, Definite, Medium),
        ("D07", "age_limit", PaymentPolicy, Pre, Definite, Medium),
        ("D08", "indication", PaymentPolicy, Pre, Suspect, Medium),
        ("D10", "course_limit", PaymentPolicy, Pre, Definite, Medium),
        ("D12", "level_limit", PaymentPolicy, Pre, Definite, Medium),
        ("E01", "enrolment", Eligibility, Pre, Definite, High),
        ("E03", "double_enrolment", Eligibility, Post, Definite, Low),
        ("E11", "agreement", Eligibility, Pre, Definite, High),
        ("F01", "invoice_twice", FakeReceipt, Pre, Definite, High),
        ("F06", "no_prescription", FakeReceipt, Mid, Suspect, Medium),
        ("F07", "over_prescription", FakeReceipt, Mid, Suspect, Medium),
        ("F08", "hour_item", FakeReceipt, Pre, Definite, Medium),
        ("G02", "stock_balance", Inventory, Mid, Suspect, Medium),
        ("G03", "supply_gap", Inventory, Mid, Suspect, Medium),
        ("H02", "age_limit", Clinical, Pre, Definite, Medium),
        ("H04", "sex_limit", Clinical, Pre, Definite, Medium),
        ("H17", "age_limit", Clinical, Pre, Definite, Medium),
        ("H18", "sex_limit", Clinical, Pre, Definite, Medium),
        ("H24", "sex_limit", Clinical, Pre, Definite, Medium),
        ("H25", "indication", PaymentPolicy, Pre, Suspect, Medium),
        ("M02", "line_arithmetic", DataQuality, Mid, Definite, Low),
        ("M05", "operation_sex", FakeCondition, Mid, Definite, Medium),
        ("M07", "late_upload", DataQuality, Mid, Definite, Low),
        ("M08", "outside_stay", FakeReceipt, Pre, Definite, Medium),
        ("M12", "drug_kinds", Clinical, Pre, Suspect, Low),
        ("M15", "readmission", FakeCondition, Mid, Suspect, Medium),
        ("M16", "visits_a_day", Group, Mid, Suspect, Medium),
        ("M18", "frequent_stays", Group, Mid, Suspect, Medium),
        ("M20", "diagnosis_sex", FakeCondition, Pre, Definite, Low),
        ("M21", "diagnosis_age", FakeCondition, Pre, Suspect, Low),
        ("P04", "sale_without_prescription", FakeReceipt, Pre, Suspect, Medium),
        ("P06", "over_prescription", FakeReceipt, Pre, Definite, High),
        ("P08", "resale", Group, Mid, Suspect, High),
        ("S01", "price_cap", Pricing, Pre, Definite, Medium),
        ("S05", "age_limit", PaymentPolicy, Pre, Definite, Medium),
        ("S06", "age_limit", PaymentPolicy, Pre, Definite, Medium),
        ("S07", "indication", PaymentPolicy, Pre, Suspect, Medium),
        ("S10", "course_limit", PaymentPolicy, Pre, Definite, Medium),
        ("S11", "level_limit", PaymentPolicy, Pre, Definite, Medium),
        ("S12", "pair_conflict", Pricing, Pre, Definite, Medium),
        ("S14", "quantity_limit", Pricing, Pre, Definite, Medium),
        ("S18", "cycle_gap", Clinical, Pre, Definite, Medium),
        ("T01", "trace_code_twice", Inventory, Pre, Definite, High),
        ("T04", "trace_code_missing", Inventory, Pre, Definite, Low),
        ("T05", "trace_code_unbought", Inventory, Mid, Suspect, Medium),
        ("T06", "expired_sale", Inventory, Pre, Definite, Medium),
    ];
    let bank = bank();
    let (models, core): (Vec<_>, Vec<_>) = bank.rules.iter().partition(|rule| rule.detector == "outlier");
    let ids: Vec<&str> = models.iter().map(|rule| rule.id.as_str()).collect();
    assert_eq!(ids, ["N01", "N02", "N03"]);
    assert!(models.iter().all(|rule| rule.verdict == Indicator && rule.phases == [Post]));
    let found: Vec<_> = core
        .iter()
        .map(|r| (r.id.as_str(), r.detector.as_str(), r.family, r.phases[0], r.verdict, r.severity))
        .collect();
    assert_eq!(found, expected);
    assert!(bank.rules.iter().all(|rule| rule.status == Status::Active));
}

#[test]
fn every_detector_has_a_rule() {
    let bank = bank();
    let used: BTreeSet<&str> = bank.rules.iter().map(|rule| rule.detector.as_str()).collect();
    assert_eq!(used, detectors::DETECTORS.iter().map(|spec| spec.name).collect());
}

/// A bank without rule files runs these rules, and then they have to run with the contract's defaults.
#[test]
fn the_built_in_parameters_are_the_defaults() {
    let bank = bank();
    let param = |rule: &str, name: &str| bank.rule(rule).unwrap().params[name].to_string();
    for (rule, name, value) in [
        ("A01", "fact", "death"),
        ("A01", "grace_days", "1"),
        ("A02", "fact", "custody"),
        ("A03", "fact", "abroad"),
        ("A05", "tolerance_hours", "24"),
        ("A06", "kmh", "120"),
        ("A06", "slack_hours", "0.5"),
        ("A08", "hours", "24"),
        ("A11", "persons", "3"),
        ("A11", "times", "2"),
        ("A14", "days", "3"),
        ("A15", "factor", "1.1"),
        ("F07", "of", "lines"),
        ("G02", "tolerance", "0.05"),
        ("G02", "units", "2"),
        ("G03", "days", "90"),
        ("M02", "tolerance", "0.01"),
        ("M02", "per_unit", "0.005"),
        ("M07", "hours", "24"),
        ("M08", "before_days", "3"),
        ("M08", "after_days", "3"),
        ("M12", "kinds", "5"),
        ("M15", "days", "15"),
        ("M16", "visits", "3"),
        ("M18", "days", "90"),
        ("M18", "stays", "4"),
        ("P06", "of", "sales"),
        ("P08", "days", "180"),
        ("P08", "institutions", "3"),
    ] {
        assert_eq!(param(rule, name), value, "{rule} {name}");
    }
    // The rules that ask a model are no core rules: their limits are their own.
    for rule in bank.rules.iter().filter(|rule| rule.detector != "outlier") {
        let spec = detectors::DETECTORS.iter().find(|spec| spec.name == rule.detector).unwrap();
        // What a rule looks at is its own choice; how strictly is the detector's default.
        for param in spec.params.iter().filter(|param| !matches!(param.kind, ParamKind::Choice(_))) {
            assert_eq!(rule.params[param.name].to_string(), param.default, "{} {}", rule.id, param.name);
        }
        assert_eq!(rule.params.len(), spec.params.len());
    }
}

#[test]
fn every_rule_has_two_hits_two_near_misses_and_a_correction() {
    for rule in &bank().rules {
        let count = |kind| rule.cases.iter().filter(|case| case.kind == kind).count();
        assert!(count(CaseKind::Hit) >= 2, "{}", rule.id);
        assert!(count(CaseKind::NearMiss) >= 2, "{}", rule.id);
        assert!(count(CaseKind::Correction) >= 1, "{}", rule.id);
        let names: BTreeSet<&str> = rule.cases.iter().map(|case| case.name.as_str()).collect();
        assert_eq!(names.len(), rule.cases.len(), "{}: two cases of one name", rule.id);
    }
}

/// A case that used the bank's tables would break with the next policy batch.
#[test]
fn the_cases_of_a_rule_with_a_table_bring_their_own() {
    for rule in &bank().rules {
        let spec = detectors::DETECTORS.iter().find(|spec| spec.name == rule.detector).unwrap();
        for case in &rule.cases {
            let brings = case.tables.as_ref().and_then(|tables| tables.get(spec.table?));
            assert_eq!(brings.is_some(), spec.table.is_some(), "{}: {}", rule.id, case.name);
        }
    }
}

#[test]
fn every_change_of_every_case_is_a_json_object_with_a_kind_and_a_revision() {
    for rule in &bank().rules {
        for step in rule.cases.iter().flat_map(|case| &case.steps) {
            assert!(!step.changes.is_empty());
            for line in &step.changes {
                let change: serde_json::Value = serde_json::from_str(line).unwrap();
                assert!(change["kind"].is_string() && change["rev"].as_u64() >= Some(1), "{line}");
            }
        }
    }
}

/// Both languages of a message use the same values.
#[test]
fn the_two_languages_of_a_message_have_the_same_values() {
    let values = |text: &str| -> BTreeSet<String> {
        let value = |piece| match piece {
            rulebank::Piece::Value(name) => Some(name.to_owned()),
            rulebank::Piece::Text(_) => None,
        };
        rulebank::pieces(text).into_iter().filter_map(value).collect()
    };
    for rule in &bank().rules {
        assert_eq!(values(&rule.message.zh), values(&rule.message.en), "{}", rule.id);
        assert!(!values(&rule.message.en).is_empty(), "{}", rule.id);
        let chinese = |text: &str| text.chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c));
        let own = [&rule.title, &rule.why, &rule.message, &rule.next_step];
        assert!(!rule.misses.is_empty() && !rule.excuses.is_empty(), "{}", rule.id);
        for text in own.into_iter().chain(&rule.misses).chain(&rule.excuses) {
            assert!(chinese(&text.zh) && !chinese(&text.en), "{}: {text:?}", rule.id);
        }
    }
}

#[test]
fn every_row_names_its_source_and_its_rule_is_in_the_bank() {
    let bank = bank();
    for table in detectors::DETECTORS.iter().filter_map(|spec| spec.table) {
        assert!(!bank.tables.rows(table).is_empty(), "{table}");
        for row in bank.tables.rows(table) {
            assert!(!row.source.is_empty(), "{table}:{}", row.line);
            assert!(bank.rule(&row.rule).is_some(), "{table}:{}", row.line);
        }
    }
    for table in ["filler", "no_trace_code", "planned_stay", "stock_tolerance"] {
        assert!(!bank.tables.rows(table).is_empty(), "{table}");
        for row in bank.tables.rows(table) {
            assert!(!row.source.is_empty(), "{table}:{}", row.line);
        }
    }
}

#[test]
fn the_template_is_a_rule_and_is_not_loaded() {
    let template = include_str!("../rules/TEMPLATE.toml");
    let dir =
        folder("template", &[("rules/mine/copied.toml", template), ("rules/TEMPLATE.toml", "not even TOML")]);
    let bank = rulebank::load(Some(&dir), detectors::DETECTORS)
        .unwrap_or_else(|errors| panic!("{}", rulebank::check_report(&errors)));
    assert_eq!(bank.rules.len(), 1);
    assert_eq!(bank.rules[0].cases.len(), 3);
}

#[test]
fn a_folder_with_tables_only_runs_the_built_in_rules_on_them() {
    let dir = folder(
        "tables-only",
        &[(
            "tables/age_limit.csv",
            "\u{feff}source,max,unit,item,rule,valid_to,valid_from,reading\r\n\
             \"a, b\",28.5,days,X1,S05,,2025-01-01,own\r\n\r\n,0,years,\"X,2\",D06,2024-02-29,,\r\n",
        )],
    );
    let bank = rulebank::load(Some(&dir), detectors::DETECTORS).unwrap();
    assert_eq!(bank.rules.len(), 58);
    assert!(bank.tables.rows("pair_conflict").is_empty());
    assert!(bank.tables.rows("no such table").is_empty());
    let rows = bank.tables.rows("age_limit");
    assert_eq!((rows.len(), rows[0].line, rows[1].line), (2, 2, 4));
    assert_eq!((rows[0].rule.as_str(), rows[0].source.as_str(), rows[0].reading_own), ("S05", "a, b", true));
    assert_eq!((rows[0].valid_from, rows[0].valid_to), (Some(20_089), None));
    assert_eq!((rows[0].decimal("max"), rows[0].integer("max")), (Some(Decimal::new(285, 1)), Some(28)));
    assert_eq!((rows[1].text("item"), rows[1].text("unit"), rows[1].reading_own), ("X,2", "years", false));
    assert_eq!((rows[1].valid_to, rows[1].text("nothing")), (Some(19_782), ""));
    assert!(rows[1].holds_on(19_782) && !rows[1].holds_on(19_783) && !rows[0].holds_on(20_088));
}

#[test]
fn lists_of_prefixes_are_split_and_pairs_of_one_item_ignored() {
    let table = |name: &str, text: &str| BTreeMap::from([(name.to_owned(), text.to_owned())]);
    let header = "rule,item,prefixes,valid_from,valid_to,source\n";
    let tables = Tables::from_csv(&table("indication", &format!("{header}D08,X,I10;;E11.9;,,,s\n"))).unwrap();
    assert_eq!(tables.rows("indication")[0].list("prefixes"), ["I10", "E11.9"]);
    let header = "rule,item_paid,item_denied,valid_from,valid_to,source\n";
    let tables =
        Tables::from_csv(&table("pair_conflict", &format!("{header}S12,A,A,,,s\nS12,A,B,,,s\n"))).unwrap();
    assert_eq!(tables.rows("pair_conflict").len(), 1);
    let classes: Vec<&str> = tables.rows("med_type").iter().map(|row| row.text("class")).collect();
    assert_eq!(classes.iter().filter(|class| **class == "inpatient").count(), 9);
    assert_eq!(classes.len(), 11);
}

#[test]
fn a_table_of_visit_classes_takes_the_place_of_the_ordinary_ones() {
    let text =
        "code,class,valid_from,valid_to,source\n21,inpatient,,2025-01-01,s\n21,outpatient,2025-01-02,,s\n";
    let tables = Tables::from_csv(&BTreeMap::from([("med_type".to_owned(), text.to_owned())])).unwrap();
    assert_eq!(tables.rows("med_type").len(), 2);
}

#[test]
fn a_rule_survives_being_written_out() {
    let bank = bank();
    for rule in &bank.rules {
        let text = serde_json::to_string(rule).unwrap();
        let mut read: rulebank::Rule = serde_json::from_str(&text).unwrap();
        read.cases.clone_from(&rule.cases);
        assert_eq!(&read, rule);
    }
}

#[test]
fn a_rule_can_be_read_on_one_page() {
    let bank = bank();
    let list = rulebank::list(&bank);
    assert_eq!(list.lines().count(), 62);
    assert!(list.lines().nth(1).unwrap().starts_with("A01  1.0      active  definite"), "{list}");
    for rule in &bank.rules {
        for lang in [Lang::Zh, Lang::En] {
            let sentences = rule.misses.iter().chain(&rule.excuses);
            let page = rulebank::show(rule, &bank, lang);
            assert!(page.starts_with(&format!("{}  {}", rule.id, lang.of(&rule.title))));
            assert!(rule.basis.iter().all(|basis| page.contains(basis.as_str())));
            assert!(sentences.into_iter().all(|text| page.contains(lang.of(text))));
        }
    }
    let page = rulebank::show(bank.rule("P08").unwrap(), &bank, Lang::En);
    assert!(
        page.contains("days = 180: the window that ends at each sale (a whole number from 1 to 3650)"),
        "{page}"
    );
    assert!(page.contains("DRUG-INSULIN-PEN"), "{page}");
}

#[test]
fn every_rule_of_the_built_in_bank_states_how_often_it_is_confirmed() {
    let bank = rulebank::load(None, detectors::DETECTORS).unwrap();
    for rule in &bank.rules {
        let text = &bank.files.iter().find(|(path, _)| *path == rule.source_file).unwrap().1;
        assert!(text.contains("\n[confirmed]\nprior "), "{} leaves it to the verdict", rule.source_file);
        let (prior, indicator) =
            (rule.confirmed.prior(rule.verdict), rule.confirmed.prior(Verdict::Indicator));
        assert!(
            (0.05..=0.95).contains(&prior) && indicator <= prior && rule.confirmed.weight() == 20,
            "{}",
            rule.id
        );
    }
    let weak = bank.rules.iter().filter(|rule| rule.confirmed.prior(Verdict::Indicator) <= 0.1);
    assert_eq!(
        weak.map(|rule| rule.id.as_str()).collect::<Vec<_>>(),
        ["A15", "G02", "N01", "N02", "N03", "T04"]
    );
    let page = rulebank::show(bank.rule("G02").unwrap(), &bank, Lang::En);
    assert!(page.contains("0.45 assumed, 0.05 where it is an indicator only; worth 20 decisions"), "{page}");
}
