//! The oracle held beside single sentences of the contract, each in a world of a few lines.
//!
//! An oracle that nobody checks is only a second opinion: what is worked out here was worked out by hand.

#[path = "sentences/bills.rs"]
mod bills;
#[path = "sentences/conditions.rs"]
mod conditions;
#[path = "sentences/goods.rs"]
mod goods;
#[path = "sentences/lines.rs"]
mod lines;
#[path = "sentences/paid.rs"]
mod paid;
#[path = "sentences/people.rs"]
mod people;
#[path = "sentences/prescriptions.rs"]
mod prescriptions;
#[path = "sentences/quantities.rs"]
mod quantities;
#[path = "sentences/records.rs"]
mod records;
#[path = "sentences/stays.rs"]
mod stays;

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{Expected, World, recompute};

fn judge(lines: &[Value], tables: &[(&str, &str)], as_of: Option<&str>) -> Expected {
    let lines: Vec<Vec<u8>> = lines.iter().map(|line| line.to_string().into_bytes()).collect();
    let tables: BTreeMap<String, String> =
        tables.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect();
    recompute(&World { lines: &lines, tables: &tables, as_of })
}

/// The keys, joined, and the amounts of a rule's alerts.
fn found(expected: &Expected, rule: &str) -> Vec<(String, String)> {
    let of_rule = expected.alerts.iter().filter(|alert| alert["rule"] == rule);
    of_rule
        .map(|alert| {
            let key: Vec<&str> =
                alert["key"].as_array().unwrap().iter().map(|part| part.as_str().unwrap()).collect();
            (key.join(" "), alert["amount"].as_str().unwrap().to_owned())
        })
        .collect()
}

fn keys(expected: &Expected, rule: &str) -> Vec<String> {
    found(expected, rule).into_iter().map(|(key, _)| key).collect()
}

fn alert<'a>(expected: &'a Expected, rule: &str) -> &'a Value {
    expected.alerts.iter().find(|alert| alert["rule"] == rule).unwrap()
}

fn with(mut record: Value, changed: Value) -> Value {
    for (name, value) in changed.as_object().unwrap() {
        record[name] = value.clone();
    }
    record
}

fn stay(id: &str, person: &str, institution: &str, begin: &str, end: &str) -> Value {
    json!({"kind": "visit", "mdtrt_id": id, "psn_no": person, "fixmedins_code": institution, "med_type": "21",
        "begntime": begin, "endtime": end})
}

fn settlement(id: &str, visit: &str, fund: &str) -> Value {
    json!({"kind": "settlement", "setl_id": id, "mdtrt_id": visit, "psn_no": "p", "fixmedins_code": "h",
        "med_type": "21", "setl_time": "2024-03-09 12:00:00", "medfee_sumamt": "1000", "fund_pay_sumamt": fund})
}

fn line(visit: &str, number: &str, item: &str, time: &str, cnt: i64) -> Value {
    json!({"kind": "fee_line", "mdtrt_id": visit, "feedetl_sn": number, "psn_no": "p", "fixmedins_code": "h",
        "fee_ocur_time": time, "med_list_codg": item, "list_type": "101", "cnt": cnt, "pric": "10",
        "det_item_fee_sumamt": cnt * 10, "fund_amt": cnt * 8})
}

fn sale(id: &str, institution: &str, time: &str, cnt: i64, codes: &[&str]) -> Value {
    json!({"kind": "dispensing", "sel_id": id, "move": "sale", "fixmedins_code": institution,
        "med_list_codg": "drug", "cnt": cnt, "sel_time": time, "finl_trns_pric": "2.505", "psn_no": "p",
        "mdtrt_setl_type": "1", "trace_codes": codes})
}

fn pass(id: &str, person: &str, institution: &str, time: &str) -> Value {
    json!({"kind": "presence", "idv_id": id, "psn_no": person, "fixmedins_code": institution, "idv_time": time,
        "scene": "admit", "result": "pass"})
}

/// Why subjects of a rule were not judged, and how many each.
fn lacking(expected: &Expected, rule: &str) -> Vec<(String, u64)> {
    let reasons = expected.coverage[rule].not_judged.iter();
    reasons.map(|(reason, count)| (reason.replace("missing:", ""), *count)).collect()
}

/// judged and clean.
fn judged(expected: &Expected, rule: &str) -> (Option<u64>, Option<u64>) {
    (expected.coverage[rule].judged, expected.coverage[rule].clean)
}

/// The keys of a rule's evidence, in order.
fn shown<'a>(expected: &'a Expected, rule: &str) -> Vec<&'a str> {
    let evidence = alert(expected, rule)["evidence"].as_array().unwrap();
    evidence.iter().map(|record| record["key"].as_str().unwrap()).collect()
}

fn visit(id: &str, med_type: &str, begin: &str) -> Value {
    with(stay(id, "p", "h", begin, ""), json!({"med_type": med_type}))
}

fn person(gend: &str, born: &str) -> Value {
    json!({"kind": "person", "psn_no": "p", "gend": gend, "brdy": born})
}

fn institution(code: &str, fields: Value) -> Value {
    let bare =
        json!({"kind": "institution", "fixmedins_code": code, "fixmedins_type": "1", "admdvs": "440100"});
    with(bare, fields)
}
