//! What real exports and banks look like, as far as rules and tables meet it: small inputs of the kinds that were seen.
//!
//! Each is a run of the built program over a few records, and what must come of it.

#![expect(clippy::unwrap_used, reason = "where a test cannot go on, it has failed")]

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde_json::{Value, json};

#[path = "support/convert.rs"]
#[expect(dead_code, reason = "one of its formats is enough here")]
mod convert;
#[path = "support/program.rs"]
mod program;

use program::fundwatch;

/// An institution and a person who is insured there.
const BASE: &str = r#"
{"kind":"institution","fixmedins_code":"P001","fixmedins_type":"2","admdvs":"440100"}
{"kind":"person","psn_no":"T1","gend":"1","brdy":"1960-05-05"}
{"kind":"enrolment","enrl_id":"E1","psn_no":"T1","insutype":"310","insu_admdvs":"440100","status":"1","begin":"2020-01-01"}
{"kind":"purchase","purc_id":"PU1","move":"purchase","fixmedins_code":"P001","med_list_codg":"DRUG-A","cnt":10,"stoin_time":"2025-02-01 10:00:00","trace_codes":["81000000000000000001","81000000000000000002"]}
"#;

/// A sale of so many packs, with these trace codes.
fn sale(id: &str, item: &str, cnt: u32, codes: &Value) -> String {
    json!({"kind": "dispensing", "sel_id": id, "move": "sale", "fixmedins_code": "P001", "med_list_codg": item,
           "cnt": cnt, "sel_time": "2025-03-01 10:00:00", "finl_trns_pric": "25.00", "psn_no": "T1",
           "mdtrt_setl_type": "1", "trace_codes": codes})
    .to_string()
        + "\n"
}

/// What a run left.
struct Ran {
    alerts: Vec<Value>,
    coverage: Value,
    out: String,
    err: String,
    /// The folder in which it ran.
    folder: tempfile::TempDir,
}

impl Ran {
    /// The keys of the alerts of a rule, each as its parts with `|` between.
    fn found(&self, rule: &str) -> Vec<String> {
        let of_rule = self.alerts.iter().filter(|alert| alert["rule"] == rule);
        let parts = |alert: &Value| -> Vec<String> {
            alert["key"].as_array().unwrap().iter().map(|part| part.as_str().unwrap().to_owned()).collect()
        };
        let mut keys: Vec<String> = of_rule.map(|alert| parts(alert).join("|")).collect();
        keys.sort();
        keys
    }
}

/// Runs the records, with a bank if there is one.
fn run(records: &str, bank: impl FnOnce(&Path)) -> Ran {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    fs::write(at.join("x.ndjson"), records).unwrap();
    bank(&at.join("bank"));
    let mut args = vec!["run", "x.ndjson", "--out", "out"];
    if at.join("bank").is_dir() {
        args.extend(["--rules", "bank"]);
    }
    let done = fundwatch(at, &args);
    assert_eq!(done.code, Some(0), "{}", done.err);
    let read = |name: &str| fs::read_to_string(at.join("out").join(name)).unwrap();
    let alerts = read("alerts.ndjson").lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let coverage = serde_json::from_str(&read("coverage.json")).unwrap();
    Ran { alerts, coverage, out: done.out, err: done.err, folder }
}

fn built_in(_: &Path) {}

/// A bank of one table.
fn table(bank: &Path, name: &str, text: impl AsRef<[u8]>) {
    fs::create_dir_all(bank.join("tables")).unwrap();
    fs::write(bank.join("tables").join(name), text).unwrap();
}

#[test]
fn what_is_written_where_there_is_no_code_is_none() {
    let codes = ["无", "无", "-", "-", "0", "0", "N/A", "n/a", "8.10038E+19", "8.10038e+19"];
    let sales: String = codes
        .iter()
        .enumerate()
        .map(|(nth, code)| sale(&format!("L{nth}"), "DRUG-A", 1, &json!([code])))
        .collect();
    let ran = run(&format!("{BASE}{sales}"), built_in);
    assert_eq!(ran.found("T01"), [""; 0], "no code is sold twice");
    assert_eq!(ran.found("T05"), [""; 0], "no code was never bought");
    assert_eq!(ran.found("T04").len(), codes.len(), "of none of the packs there is a code");
}

#[test]
fn herbs_carry_no_codes() {
    let ran = run(&format!("{BASE}{}", sale("L1", "T000100001", 15, &Value::Null)), built_in);
    assert_eq!(ran.found("T04"), [""; 0]);
    assert_eq!(ran.coverage["T04"]["clean"], 1);
}

#[test]
fn where_the_fund_paid_nothing_nobody_asks_for_insurance_and_no_sentence_has_a_hole() {
    let settled = |id: &str, insutype: &str, fund: &str| {
        format!(
            r#"{{"kind":"settlement","setl_id":"{id}","mdtrt_id":"V1","psn_no":"T2","fixmedins_code":"P001","med_type":"11"{insutype},"setl_time":"2025-03-01 11:00:00","medfee_sumamt":"100.00","fund_pay_sumamt":"{fund}"}}"#
        ) + "\n"
    };
    let records = [
        BASE,
        &settled("S1", r#","insutype":"310""#, "0.00"),
        &settled("S2", "", "0.00"),
        &settled("S3", "", "0.01"),
    ]
    .concat();
    let ran = run(&records, built_in);
    assert_eq!(ran.found("E01"), ["S3"]);
    let message = &ran.alerts.iter().find(|alert| alert["rule"] == "E01").unwrap()["message"];
    assert!(message["en"].as_str().unwrap().contains("not stated"), "{message}");
    assert!(message["zh"].as_str().unwrap().contains("未填"), "{message}");
}

#[test]
fn a_sale_that_does_not_say_who_paid_follows_its_settlement() {
    let unsaid = |id: &str, settlement: Option<&str>| {
        let mut record: Value = serde_json::from_str(&sale(id, "DRUG-A", 1, &Value::Null)).unwrap();
        record.as_object_mut().unwrap().remove("mdtrt_setl_type");
        if let Some(settlement) = settlement {
            record["setl_id"] = json!(settlement);
        }
        record.to_string() + "\n"
    };
    let settlement = r#"{"kind":"settlement","setl_id":"S1","mdtrt_id":"V1","psn_no":"T1","fixmedins_code":"P001","med_type":"41","setl_time":"2025-03-01 11:00:00","medfee_sumamt":"25.00","fund_pay_sumamt":"20.00"}"#;
    let records =
        [BASE, settlement, "\n", &unsaid("L1", Some("S1")), &unsaid("L2", Some("S9")), &unsaid("L3", None)];
    let ran = run(&records.concat(), built_in);
    assert_eq!(ran.found("T04"), ["L1"]);
    assert_eq!(ran.coverage["T04"]["not_judged"], json!({ "missing:mdtrt_setl_type": 2 }));
}

/// A newborn's service for a grown person.
const NEWBORN: &str = r#"
{"kind":"institution","fixmedins_code":"H001","fixmedins_type":"1","admdvs":"440100"}
{"kind":"person","psn_no":"M1","gend":"2","brdy":"1995-01-01"}
{"kind":"visit","mdtrt_id":"V1","psn_no":"M1","fixmedins_code":"H001","med_type":"11","begntime":"2025-03-01 09:00:00"}
{"kind":"fee_line","mdtrt_id":"V1","feedetl_sn":"1","psn_no":"M1","fixmedins_code":"H001","fee_ocur_time":"2025-03-01 10:00:00","med_list_codg":"SVC-NEO","list_type":"201","cnt":1,"pric":"100","det_item_fee_sumamt":"100","fund_amt":"80"}
"#;

#[test]
fn a_table_is_read_as_records_are() {
    let spellings: BTreeMap<&str, Vec<u8>> = [
        (
            "gbk",
            convert::gb18030("rule,item,unit,max,valid_from,valid_to,source\nS05,SVC-NEO,days,28,,,目录\n"),
        ),
        (
            "mark",
            "\u{feff}rule,item,unit,max,valid_from,valid_to,source\nS05,SVC-NEO,days,28,,,目录\n".into(),
        ),
        (
            "tabs",
            "RULE\tItem\tunit\tMAX\tvalid_from\tvalid_to\tsource\r\nS05\t SVC-NEO \tdays\t28\t\t\tlaw\r\n"
                .into(),
        ),
        (
            "semicolons",
            "rule;item;unit;max;valid_from;valid_to;source;;\nS05;SVC-NEO;days;28;;;law;;\n\n".into(),
        ),
        ("bars", "rule|item|unit|max|valid_from|valid_to|source\nS05|SVC-NEO|days|28|||\"the law\"\n".into()),
    ]
    .into();
    for (spelling, text) in spellings {
        let ran = run(NEWBORN, |bank| table(bank, "AGE_LIMIT.CSV", &text));
        assert_eq!(ran.found("S05"), ["V1|1"], "{spelling}");
    }
}

/// What `rules check` says of a bank.
fn checked(bank: impl FnOnce(&Path)) -> program::Done {
    let folder = tempfile::tempdir().unwrap();
    bank(&folder.path().join("bank"));
    fundwatch(folder.path(), &["rules", "check", "--rules", "bank"])
}

#[test]
fn what_looks_harmless_in_a_table_makes_the_bank_invalid() {
    const HEAD: &str = "rule,item,unit,max,valid_from,valid_to,source\n";
    for (text, said) in [
        ("S05,A,days,28,,,\"law\nS05,B,days,28,,,law\n", "this quote is never closed"),
        ("S05,A,days,28,,,\"law\nS05,B,days,28,,,law\"\n", "this quote swallows 1 row"),
        ("S05,A,days,28,2025-02-01,2025-01-31,law\n", "the row ends on 2025-01-31, before it begins"),
        ("S05,A,days,28,,,law,more\n", "8 cells under 7 headings"),
    ] {
        let done = checked(|bank| table(bank, "age_limit.csv", format!("{HEAD}{text}")));
        assert_eq!(done.code, Some(1), "{said}: {}", done.out);
        assert!(done.out.contains(said), "{said}: {}", done.out);
    }
    let done = checked(|bank| {
        table(bank, "age_limit.csv", HEAD);
        table(bank, "age_limit.CSV", HEAD);
    });
    assert_eq!(done.code, Some(1), "{}", done.out);
    assert!(done.out.contains("the table age_limit stands in"), "{}", done.out);
    let done = checked(|bank| {
        table(bank, "filler.csv", "field,value,valid_from,valid_to,source\ninvoice,0,2025-01-01,,x\n")
    });
    assert!(done.out.contains("a filler is one on every day"), "{}", done.out);
}

#[test]
fn a_rule_file_that_nobody_reads_is_told() {
    let rule = include_str!("../../rulebank/rules/extended/care_after_death.toml");
    for place in ["death.toml", "rules/death.toml.txt", "tables/death.toml", "Rules/death.toml"] {
        let put = |bank: &Path| {
            let file = bank.join(place);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(file, rule).unwrap();
        };
        let done = checked(put);
        assert_eq!(done.code, Some(1), "{place}: {}", done.out);
        assert!(done.out.contains("this looks like a rule and is not read"), "{place}: {}", done.out);
        let ran = run(NEWBORN, put);
        assert!(ran.err.contains(&format!("bank/{place}: this looks like a rule")), "{place}: {}", ran.err);
    }
    // The folder of the rules instead of the bank's.
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir_all(folder.path().join("bank/rules")).unwrap();
    fs::write(folder.path().join("bank/rules/death.toml"), rule).unwrap();
    let done = fundwatch(folder.path(), &["rules", "check", "--rules", "bank/rules"]);
    assert_eq!(done.code, Some(1), "{}", done.out);
    let done = fundwatch(folder.path(), &["rules", "check", "--rules", "bank"]);
    assert_eq!((done.code, done.out.contains("warning")), (Some(0), false), "{}", done.out);
}

#[test]
fn a_link_into_itself_ends_in_a_mistake() {
    let folder = tempfile::tempdir().unwrap();
    let rules = folder.path().join("bank/rules");
    fs::create_dir_all(&rules).unwrap();
    for name in ["x", "y"] {
        std::os::unix::fs::symlink(".", rules.join(name)).unwrap();
    }
    let done = fundwatch(folder.path(), &["rules", "check", "--rules", "bank"]);
    assert_eq!(done.code, Some(1), "{}", done.out);
    assert!(done.out.contains("the link leads to a folder in which it lies"), "{}", done.out);
}

#[test]
fn a_bank_without_an_active_rule_says_so_and_a_shadow_finds_beside_it() {
    let dead = r#"
{"kind":"institution","fixmedins_code":"H001","fixmedins_type":"1","admdvs":"440100"}
{"kind":"person","psn_no":"T1","gend":"1","brdy":"1960-05-05"}
{"kind":"person_fact","fact_id":"F1","psn_no":"T1","fact":"death","begin":"2025-01-01"}
{"kind":"visit","mdtrt_id":"V1","psn_no":"T1","fixmedins_code":"H001","med_type":"11","begntime":"2025-03-01 09:00:00"}
{"kind":"settlement","setl_id":"S1","mdtrt_id":"V1","psn_no":"T1","fixmedins_code":"H001","med_type":"11","setl_time":"2025-03-01 11:00:00","medfee_sumamt":"100.00","fund_pay_sumamt":"80.00"}
"#;
    let rule = include_str!("../../rulebank/rules/extended/care_after_death.toml");
    let shadow = rule.replacen("\"active\"", "\"shadow\"", 1);
    let put = |bank: &Path| {
        fs::create_dir_all(bank.join("rules")).unwrap();
        fs::write(bank.join("rules/death.toml"), &shadow).unwrap();
    };
    let done = checked(put);
    assert!(done.out.contains("no rule of the bank is active (1 shadow)"), "{}", done.out);
    let ran = run(dead, put);
    assert!(ran.err.contains("no rule of the bank is active"), "{}", ran.err);
    assert_eq!(ran.alerts.len(), 0);
    let shadow = fs::read_to_string(ran.folder.path().join("out/shadow.ndjson")).unwrap();
    let shadow: Value = serde_json::from_str(shadow.trim_end()).unwrap();
    assert_eq!((&shadow["rule"], &shadow["counted_amount"]), (&json!("A01"), &json!("80.00")));
    let summary = fs::read_to_string(ran.folder.path().join("out/summary.json")).unwrap();
    let summary: Value = serde_json::from_str(&summary).unwrap();
    assert_eq!(summary["shadow"], json!({ "A01": 1 }));
}

#[test]
fn a_table_that_speaks_of_nothing_in_the_data_is_told() {
    const HEAD: &str = "rule,item,unit,max,valid_from,valid_to,source\n";
    let ran = run(NEWBORN, |bank| table(bank, "age_limit.csv", format!("{HEAD}S05,SVC-NEO,days,28,,,law\n")));
    assert_eq!(ran.coverage["S05"]["applicable"], 1);
    assert_eq!((&ran.coverage["D06"]["applicable"], &ran.coverage["D06"]["clean"]), (&json!(0), &json!(1)));
    assert_eq!(ran.coverage["A01"].get("applicable"), None, "a rule without a table");
    assert!(ran.out.contains("D06: no valid row of age_limit speaks of anything in the data"), "{}", ran.out);
    assert!(!ran.out.contains("S05: no valid row"), "{}", ran.out);
}

#[test]
fn slashes_inside_of_keys_are_told_from_those_between_their_parts() {
    let line = |visit: &str, sn: &str| {
        format!(
            r#"{{"kind":"fee_line","mdtrt_id":"{visit}","feedetl_sn":"{sn}","psn_no":"M1","fixmedins_code":"H001","fee_ocur_time":"2025-03-01 10:00:00","med_list_codg":"SVC-NEO","list_type":"201","cnt":1,"pric":"100","det_item_fee_sumamt":"100","fund_amt":"80"}}"#
        ) + "\n"
    };
    let records = [NEWBORN, &line("A/B", "C"), &line("A", "B/C"), &line("A~", "1")].concat();
    let ran = run(&records, |bank| {
        table(
            bank,
            "age_limit.csv",
            "rule,item,unit,max,valid_from,valid_to,source\nS05,SVC-NEO,days,28,,,law\n",
        );
    });
    let mut ids: Vec<&str> = ran
        .alerts
        .iter()
        .filter(|alert| alert["rule"] == "S05")
        .map(|a| a["subject"]["id"].as_str().unwrap())
        .collect();
    ids.sort_unstable();
    assert_eq!(ids, ["A/B~1C", "A~0/1", "A~1B/C", "V1/1"]);
    let alert = ran.alerts.iter().find(|alert| alert["subject"]["id"] == "A~1B/C").unwrap();
    assert_eq!(alert["key"], json!(["A/B", "C"]));
    assert_eq!(alert["evidence"][0], json!({ "kind": "fee_line", "key": "A~1B/C" }));
    let done =
        fundwatch(ran.folder.path(), &["explain", alert["alert_id"].as_str().unwrap(), "--from", "out"]);
    assert!(done.code == Some(0) && done.out.contains("A~1B/C"), "{}", done.out);
}

#[test]
fn what_does_not_fit_into_an_amount_is_not_judged() {
    let records = r#"
{"kind":"institution","fixmedins_code":"P001","fixmedins_type":"2","admdvs":"440100"}
{"kind":"dispensing","sel_id":"L1","move":"sale","fixmedins_code":"P001","med_list_codg":"A","cnt":"999999999999","sel_time":"2025-03-02 10:00:00","finl_trns_pric":"999999999999","expy_end":"2025-03-01"}
{"kind":"dispensing","sel_id":"L2","move":"sale","fixmedins_code":"P001","med_list_codg":"A","cnt":"1","sel_time":"2025-03-02 10:00:00","finl_trns_pric":"999999999999","expy_end":"2025-03-01"}
"#;
    let ran = run(records, built_in);
    assert_eq!(ran.found("T06"), ["L2"]);
    assert_eq!(ran.coverage["T06"]["not_judged"], json!({ "beyond:amount": 1 }));
}

#[test]
fn a_large_table_and_many_rows_of_one_item_are_read_and_judged_in_time() {
    const ROWS: usize = 250_000;
    let mut text = "rule,item,unit,max,valid_from,valid_to,source\n".to_owned();
    for nth in 0..ROWS {
        text.push_str(&format!("S05,SVC-{nth},days,28,,,law\n"));
    }
    for nth in 0..50_000 {
        text.push_str(&format!("D06,SVC-NEO,days,{},,,law\n", 28 + nth));
    }
    let lines: String = (2..500)
        .map(|nth| {
            NEWBORN
                .lines()
                .last()
                .unwrap()
                .replace(r#""feedetl_sn":"1""#, &format!(r#""feedetl_sn":"{nth}""#))
                + "\n"
        })
        .collect();
    let begun = std::time::Instant::now();
    let ran = run(&format!("{NEWBORN}{lines}"), |bank| table(bank, "age_limit.csv", &text));
    assert_eq!(ran.found("D06").len(), 499);
    let took = begun.elapsed();
    assert!(took.as_secs() < 100, "it took {took:?}");
}

#[test]
fn an_exemption_may_be_for_items_in_a_division() {
    let rule = include_str!("../../rulebank/rules/extended/trace_code_missing.toml");
    let shops = r#"
{"kind":"institution","fixmedins_code":"P001","fixmedins_type":"2","admdvs":"440106"}
{"kind":"institution","fixmedins_code":"P002","fixmedins_type":"2","admdvs":"440300"}
"#;
    let other = sale("L3", "T000100001", 1, &Value::Null).replace("P001", "P002");
    let records =
        [shops, &sale("L1", "T000100001", 1, &Value::Null), &sale("L2", "DRUG-A", 1, &Value::Null), &other]
            .concat();
    let ran = run(&records, |bank| {
        fs::create_dir_all(bank.join("rules")).unwrap();
        fs::create_dir_all(bank.join("exemptions")).unwrap();
        fs::write(bank.join("rules/t04.toml"), format!("exemptions = [\"herbs\"]\n{rule}")).unwrap();
        let exemption = "id = \"herbs\"\nrules = [\"T04\"]\ndivisions = [\"4401\"]\nitems = [\"T*\"]\nfrom = 2025-01-01\n\
                         approved_by = \"the bureau\"\napproved_on = 2025-01-01\nwhy = { zh = \"饮片\", en = \"Herbs\" }\n";
        fs::write(bank.join("exemptions/herbs.toml"), exemption).unwrap();
    });
    let marked: BTreeMap<&str, &Value> = ran
        .alerts
        .iter()
        .map(|alert| (alert["subject"]["id"].as_str().unwrap(), &alert["exempted_by"]))
        .collect();
    assert_eq!(marked, [("L1", &json!("herbs")), ("L2", &Value::Null), ("L3", &Value::Null)].into());
}
