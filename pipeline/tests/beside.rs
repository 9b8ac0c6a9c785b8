//! What a run leaves beside its alerts: whose money, what arrived from whom, decisions.

#![expect(clippy::unwrap_used, reason = "where a test cannot go on, it has failed")]

use std::fs;
use std::path::Path;

#[path = "support/program.rs"]
mod program;

use program::fundwatch;
use serde_json::{Value, json};

const FILES: [&str; 4] =
    ["owners.ndjson", "institutions.ndjson", "coverage_by_institution.ndjson", "labels.ndjson"];

fn run(at: &Path, arguments: &[&str]) {
    let done = fundwatch(at, &[&["run"], arguments, &["--quiet"]].concat());
    assert_eq!(done.code, Some(0), "{}{}", done.out, done.err);
}

fn lines(at: &Path, file: &str) -> Vec<Value> {
    let text = fs::read_to_string(at.join(file)).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// One code sold at two pharmacies, a hospital that sends no stock and bills a boy a drug for girls, a decision.
fn world() -> Vec<Value> {
    let sale = |id: &str, place: &str, day: &str| {
        json!({"kind": "dispensing", "sel_id": id, "move": "sale", "fixmedins_code": place, "med_list_codg": "I",
            "cnt": 1, "sel_time": format!("{day} 10:00:00"), "finl_trns_pric": "12.345", "mdtrt_setl_type": "1",
            "psn_no": "T1", "rx_id": "R1", "trace_codes": ["C1"], "recv_time": format!("{day} 11:00:00")})
    };
    vec![
        json!({"kind": "institution", "fixmedins_code": "P1", "fixmedins_type": "2", "admdvs": "440100"}),
        json!({"kind": "institution", "fixmedins_code": "H1", "fixmedins_name": "一院", "fixmedins_type": "1",
            "hosp_lv": "03", "admdvs": "440100", "beds": 20}),
        sale("S1", "P1", "2025-03-01"),
        sale("S2", "P2", "2025-03-02"),
        json!({"kind": "prescription", "rx_id": "R1", "psn_no": "T1", "fixmedins_code": "H1", "state": "issued",
            "prsc_time": "2025-02-28 10:00:00", "dr_codg": "D1", "lines": [{"line_no": "1", "med_list_codg": "I", "cnt": 2}]}),
        json!({"kind": "person", "psn_no": "T2", "gend": "0", "brdy": "1990-01-01"}),
        json!({"kind": "visit", "mdtrt_id": "V1", "psn_no": "T2", "fixmedins_code": "H1", "med_type": "11",
            "begntime": "2025-03-03 09:00:00", "endtime": "2025-03-03 10:00:00", "dr_codg": "D2"}),
        json!({"kind": "fee_line", "mdtrt_id": "V1", "feedetl_sn": "1", "psn_no": "T2", "fixmedins_code": "H1",
            "fee_ocur_time": "2025-03-03 09:30:00", "med_list_codg": "GIRLS", "list_type": "201", "cnt": 1, "pric": 5,
            "det_item_fee_sumamt": 5, "fund_amt": 5, "recv_time": "2025-03-09 10:00:00"}),
        json!({"kind": "settlement", "setl_id": "L1", "mdtrt_id": "V1", "psn_no": "T2", "fixmedins_code": "H1",
            "med_type": "11", "setl_time": "2025-03-03 10:00:00", "medfee_sumamt": 5, "fund_pay_sumamt": "4.50"}),
        json!({"kind": "settlement", "setl_id": "L2", "mdtrt_id": "V1", "psn_no": "T2", "fixmedins_code": "H1",
            "med_type": "11", "setl_time": "2025-03-03 11:00:00", "medfee_sumamt": 5, "fund_pay_sumamt": "4.50",
            "refd_setl_flag": "1"}),
        json!({"kind": "label", "case_id": "c1", "subject_type": "institution", "subject_id": "H1",
            "period_begin": "2025-03-01", "decision": "partly", "amount": "12.30", "decided_at": "2025-04-01 00:00:00"}),
        json!({"kind": "label", "case_id": "c2", "subject_type": "visit", "subject_id": "V1", "decision": "denied",
            "decided_at": "2025-04-01 00:00:00", "rev": 1}),
        json!({"kind": "label", "case_id": "c2", "op": "del", "rev": 2}),
    ]
}

fn lay(at: &Path, records: &[Value]) {
    let text: Vec<String> = records.iter().map(Value::to_string).collect();
    fs::write(at.join("records.ndjson"), text.join("\n")).unwrap();
    fs::create_dir_all(at.join("bank/tables")).unwrap();
    fs::write(
        at.join("bank/tables/sex_limit.csv"),
        "rule,item,gend,valid_from,valid_to,source\nH18,GIRLS,2,,,test\n",
    )
    .unwrap();
}

#[test]
fn money_goes_to_the_owners_of_the_records_and_silence_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    lay(at, &world());
    run(at, &["records.ndjson", "--rules", "bank", "--out", "out"]);
    let out = at.join("out");
    let alerts = lines(&out, "alerts.ndjson");
    let owners = lines(&out, "owners.ndjson");
    let ids = |lines: &[Value]| lines.iter().map(|line| line["alert_id"].clone()).collect::<Vec<_>>();
    assert_eq!(ids(&alerts), ids(&owners));
    // The earlier sale is evidence and no money; the later one is the other pharmacy's.
    let of = |rule: &str| &owners[alerts.iter().position(|alert| alert["rule"] == rule).unwrap()];
    let share = |id: &str, amount: &str| json!({"id": id, "amount": amount, "counted_amount": amount});
    assert_eq!(of("T01")["institutions"], json!([share("P1", "0.00"), share("P2", "12.35")]));
    assert_eq!(of("T01")["practitioners"], json!([share("D1", "12.35")]));
    assert_eq!(of("T01")["persons"], json!([share("T1", "12.35")]));

    let institutions = lines(&out, "institutions.ndjson");
    assert_eq!(
        institutions[0],
        json!({"fixmedins_code": "H1", "fixmedins_name": "一院", "fixmedins_type": "1", "hosp_lv": "03",
            "admdvs": "440100", "beds": 20,
            "months": {"2025-03": {"settlements": 1, "fund_pay_sumamt": "4.50"}}})
    );
    let codes: Vec<&Value> = institutions.iter().map(|line| &line["fixmedins_code"]).collect();
    assert_eq!(codes, ["H1", "P1", "P2"]);
    assert_eq!(institutions[2]["fixmedins_type"], Value::Null);

    let reach = lines(&out, "coverage_by_institution.ndjson");
    let line = |code: &str, month: &str| {
        reach.iter().find(|line| line["fixmedins_code"] == code && line["month"] == month).unwrap()
    };
    assert_eq!(reach.len(), 6, "three places, two months");
    let march = line("H1", "2025-03");
    assert_eq!((&march["records"]["settlement"], &march["records"]["purchase"]), (&json!(2), &json!(0)));
    assert_eq!(march["never"], json!(["presence", "purchase", "stock_count"]));
    assert_eq!(march["silent"], json!(["prescription"]));
    assert_eq!(march["not_judged"]["H18"], json!({"missing:gend": 1}));
    let late = |n: [i64; 5]| json!({"within_1d": n[0], "within_3d": n[1], "within_7d": n[2], "over_7d": n[3], "unknown": n[4]});
    assert_eq!(march["late"]["fee_line"], late([0, 0, 1, 0, 0]));
    assert_eq!(march["late"]["visit"], late([0, 0, 0, 0, 1]));
    assert_eq!(line("P1", "2025-03")["late"]["dispensing"], late([1, 0, 0, 0, 0]));
    assert_eq!(line("P1", "2025-02")["silent"], json!(["dispensing"]));

    let labels = lines(&out, "labels.ndjson");
    assert_eq!(labels.len(), 1, "what was withdrawn does not stand");
    assert_eq!(
        labels[0],
        json!({"case_id": "c1", "subject_type": "institution", "subject_id": "H1", "period_begin": "2025-03-01",
            "period_end": null, "scheme": null, "decision": "partly", "amount": "12.30",
            "decided_at": "2025-04-01 00:00:00", "source": null})
    );
}

#[test]
fn neither_order_nor_ticks_nor_workers_change_them() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    let bytes = |out: &str| FILES.map(|file| fs::read(at.join(out).join(file)).unwrap());
    lay(at, &world());
    run(at, &["records.ndjson", "--rules", "bank", "--out", "a"]);
    let mut records = world();
    records.reverse();
    lay(at, &records);
    run(at, &["records.ndjson", "--rules", "bank", "--out", "b", "--tick", "1", "--workers", "2"]);
    // Of two labels of one case the withdrawal came first; it has the higher revision.
    assert!(bytes("a") == bytes("b"));
    let sample = Path::new(env!("CARGO_MANIFEST_DIR")).join("../samples/busy-month");
    let path = |name: &str| sample.join(name).display().to_string();
    let (records, rules) = (path("records"), path("rules"));
    run(at, &[&records, "--rules", &rules, "--out", "c"]);
    run(at, &[&records, "--rules", &rules, "--out", "d", "--tick", "700", "--workers", "3"]);
    assert!(bytes("c") == bytes("d"));
    // Shares add up to what is counted, to the fen.
    let fen = |value: &Value| value.as_str().unwrap().replace('.', "").parse::<i64>().unwrap();
    for (alert, owners) in lines(&at.join("c"), "alerts.ndjson").iter().zip(lines(&at.join("c"), FILES[0])) {
        let shares = owners["institutions"].as_array().unwrap();
        let sum: i64 = shares.iter().map(|share| fen(&share["counted_amount"])).sum();
        assert_eq!(sum, fen(&alert["counted_amount"]), "{alert}");
    }
}
