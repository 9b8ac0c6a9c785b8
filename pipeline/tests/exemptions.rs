//! Exemptions through the whole program: what they let off stands, is marked, counts no money and leaves it to others.

#![expect(clippy::unwrap_used, reason = "where a test cannot go on, it has failed")]

use std::collections::BTreeMap;
use std::fs;

use serde_json::{Value, json};

#[path = "support/program.rs"]
mod program;

use program::fundwatch;

const DEATH: &str = include_str!("../../rulebank/rules/extended/care_after_death.toml");
const INSURED: &str = include_str!("../../rulebank/rules/extended/not_insured.toml");

/// A person dies and is treated three times, at H1 twice, without insurance: A01 and E01 speak of the same money.
const FACTS: &str = r#"
{"kind":"person_fact","fact_id":"F1","psn_no":"P1","fact":"death","begin":"2025-03-01"}
{"kind":"enrolment","enrl_id":"N1","psn_no":"P2","insutype":"310","insu_admdvs":"440100","status":"1","begin":"2020-01-01"}
{"kind":"visit","mdtrt_id":"V1","psn_no":"P1","fixmedins_code":"H1","med_type":"11","begntime":"2025-06-30 09:00:00"}
{"kind":"settlement","setl_id":"S1","mdtrt_id":"V1","psn_no":"P1","fixmedins_code":"H1","med_type":"11","setl_time":"2025-06-30 23:59:59","medfee_sumamt":"120","fund_pay_sumamt":"100"}
{"kind":"visit","mdtrt_id":"V2","psn_no":"P1","fixmedins_code":"H2","med_type":"11","begntime":"2025-06-30 09:00:00"}
{"kind":"settlement","setl_id":"S2","mdtrt_id":"V2","psn_no":"P1","fixmedins_code":"H2","med_type":"11","setl_time":"2025-06-30 10:00:00","medfee_sumamt":"60","fund_pay_sumamt":"50"}
{"kind":"visit","mdtrt_id":"V3","psn_no":"P1","fixmedins_code":"H1","med_type":"11","begntime":"2025-06-30 09:00:00"}
{"kind":"settlement","setl_id":"S3","mdtrt_id":"V3","psn_no":"P1","fixmedins_code":"H1","med_type":"11","setl_time":"2025-07-01 00:00:00","medfee_sumamt":"40","fund_pay_sumamt":"30"}
"#;

/// An exemption of A01, with a line that says where.
fn exemption(place: &str) -> String {
    format!(
        "id = \"organ-donation\"\nrules = [\"A01\"]\n{place}\nfrom = 2025-01-01\nuntil = 2025-06-30\n\
         approved_by = \"the bureau\"\napproved_on = 2025-01-01\nwhy = {{ zh = \"器官捐献\", en = \"Donations\" }}\n"
    )
}

/// What a run left.
struct Ran {
    out: String,
    summary: Value,
    alerts: Vec<Value>,
}

/// A run of the two rules, with this exemption if there is one.
fn run(exemption: Option<&str>) -> Ran {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    fs::create_dir_all(at.join("bank/rules")).unwrap();
    fs::create_dir_all(at.join("bank/exemptions")).unwrap();
    let death = match exemption {
        Some(text) => {
            fs::write(at.join("bank/exemptions/donation.toml"), text).unwrap();
            format!("exemptions = [\"organ-donation\"]\n{DEATH}")
        }
        None => DEATH.to_owned(),
    };
    fs::write(at.join("bank/rules/death.toml"), death).unwrap();
    fs::write(at.join("bank/rules/insured.toml"), INSURED).unwrap();
    fs::write(at.join("facts.ndjson"), FACTS).unwrap();
    let done = fundwatch(at, &["run", "facts.ndjson", "--out", "out", "--rules", "bank"]);
    assert_eq!(done.code, Some(0), "{}", done.err);
    let read = |name: &str| fs::read_to_string(at.join("out").join(name)).unwrap();
    let alerts = read("alerts.ndjson").lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    Ran { out: done.out, summary: serde_json::from_str(&read("summary.json")).unwrap(), alerts }
}

/// Amount, counted amount and mark of each alert, by rule and first part of the key.
fn told(ran: &Ran) -> BTreeMap<(&str, &str), (&str, &str, Option<&str>)> {
    let mut told = BTreeMap::new();
    for alert in &ran.alerts {
        let text = |key: &str| alert[key].as_str();
        let key = (text("rule").unwrap(), alert["key"][0].as_str().unwrap());
        told.insert(key, (text("amount").unwrap(), text("counted_amount").unwrap(), text("exempted_by")));
    }
    told
}

#[test]
fn what_is_let_off_is_marked_and_leaves_its_money_to_others() {
    let without = run(None);
    let told_without = told(&without);
    assert_eq!(told_without[&("A01", "V1")], ("100.00", "100.00", None));
    assert_eq!(told_without[&("E01", "S1")], ("100.00", "0.00", None));
    assert_eq!(without.summary["money"], json!({ "amount": "360.00", "counted_amount": "180.00" }));
    assert_eq!(without.summary["exempted"], json!({}));

    let with = run(Some(&exemption("institutions = [\"H1\"]")));
    let told = told(&with);
    assert_eq!(told[&("A01", "V1")], ("100.00", "0.00", Some("organ-donation")));
    assert_eq!(told[&("E01", "S1")], ("100.00", "100.00", None), "what A01 took before");
    assert_eq!(told[&("A01", "V2")], ("50.00", "50.00", None), "another institution");
    assert_eq!(told[&("A01", "V3")], ("30.00", "30.00", None), "the day after the last one");
    assert_eq!(with.summary["money"], json!({ "amount": "260.00", "counted_amount": "180.00" }));
    assert_eq!(with.summary["exempted"], json!({ "A01": { "alerts": 1, "amount": "100.00" } }));
    assert_eq!(with.summary["out"], json!({ "A01": 3, "E01": 3 }), "it stands all the same");
}

#[test]
fn the_end_of_a_run_tells_what_was_let_off_and_what_has_expired() {
    let without = run(None);
    assert!(!without.out.contains("exempted") && !without.out.contains("expired"), "{}", without.out);
    let with = run(Some(&exemption("institutions = [\"H1\"]")));
    let line = "\nexempted   A01: 1 alert, 100.00 (counts no money)\n";
    assert!(with.out.contains(line), "{}", with.out);
    let line = "\nexpired    exemption organ-donation ended on 2025-06-30; findings after that: 1\n";
    assert!(with.out.contains(line), "{}", with.out);
    assert_eq!(
        with.summary["expired_exemptions"],
        json!({ "organ-donation": { "until": "2025-06-30", "findings_after": 1 } })
    );
    let everywhere = run(Some(&exemption("").replace("until = 2025-06-30\n", "")));
    assert!(!everywhere.out.contains("expired"), "{}", everywhere.out);
    assert_eq!(everywhere.summary["exempted"], json!({ "A01": { "alerts": 3, "amount": "180.00" } }));
    assert_eq!(everywhere.summary["money"], json!({ "amount": "180.00", "counted_amount": "180.00" }));
}

#[test]
fn an_exemption_may_be_for_single_subjects() {
    let one = run(Some(&exemption("subjects = [\"V2\"]")));
    let told = told(&one);
    assert_eq!(told[&("A01", "V1")].2, None);
    assert_eq!(told[&("A01", "V2")], ("50.00", "0.00", Some("organ-donation")));
}

#[test]
fn a_bank_tells_its_exemptions() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    fs::create_dir_all(at.join("bank/rules")).unwrap();
    fs::create_dir_all(at.join("bank/exemptions")).unwrap();
    fs::write(at.join("bank/exemptions/donation.toml"), exemption("")).unwrap();
    fs::write(at.join("bank/rules/death.toml"), DEATH).unwrap();
    let done = fundwatch(at, &["rules", "check", "--rules", "bank"]);
    assert_eq!(done.code, Some(1), "one-sided: {done:?}");
    assert!(done.out.contains("hint: add exemptions = [\"organ-donation\"] to bank/rules/death.toml"));
    let rule = format!("exemptions = [\"organ-donation\"]\n{DEATH}");
    fs::write(at.join("bank/rules/death.toml"), rule).unwrap();
    for (command, end) in [("check", "1 exemption: no mistakes\n"), ("list", "器官捐献 · Donations\n")] {
        let done = fundwatch(at, &["rules", command, "--rules", "bank"]);
        assert_eq!(done.code, Some(0), "{done:?}");
        assert!(
            done.out.contains(
                "organ-donation  A01    all           all                 2025-01-01 to 2025-06-30"
            )
        );
        assert!(done.out.ends_with(end), "{}", done.out);
    }
    let page = fundwatch(at, &["rules", "show", "A01", "--rules", "bank"]);
    assert!(
        page.out.contains("\nExemptions\n  - organ-donation (2025-01-01 to 2025-06-30; "),
        "{}",
        page.out
    );
}
