//! What a run leaves, made by hand: a small region with names that try to be markup.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

/// A name that becomes an alert box where somebody forgets to escape.
pub(crate) const NASTY: &str = "</script><img src=x onerror=alert(1)>";

fn lines(path: &Path, values: &[Value]) {
    let text: String = values.iter().map(|value| format!("{value}\n")).collect();
    fs::write(path, text).expect("a file of the run");
}

fn both(zh: &str, en: &str) -> Value {
    json!({ "zh": zh, "en": en })
}

/// An alert: rule, number, key, verdict, institution, day, amounts, evidence, message.
struct Alert<'a> {
    rule: &'a str,
    number: u32,
    family: &'a str,
    key: &'a [&'a str],
    verdict: &'a str,
    amounts: [&'a str; 2],
    evidence: &'a [[&'a str; 2]],
    message: [&'a str; 2],
    exempted_by: Option<&'a str>,
}

impl Alert<'_> {
    fn id(&self) -> String {
        format!("{}-{:032x}", self.rule, self.number)
    }

    fn line(&self) -> Value {
        let evidence: Vec<Value> =
            self.evidence.iter().map(|[kind, key]| json!({ "kind": kind, "key": key })).collect();
        json!({
            "alert_id": self.id(), "rule": self.rule, "rule_version": "1.0", "key": self.key, "family": self.family,
            "phase": "pre", "verdict": self.verdict, "severity": "high",
            "subject": { "type": "visit", "id": self.key[0] }, "institution": "H1",
            "occurred": "2025-02-10 08:00:00", "amount": self.amounts[0], "counted_amount": self.amounts[1],
            "evidence": evidence, "message": both(self.message[0], self.message[1]), "basis": ["Order 735"],
            "exempted_by": self.exempted_by,
        })
    }
}

/// Leaves the folder at `out`: hospitals `H1` and `H2`, pharmacy `P1`, persons `Tkn01` and `Tkn02`.
pub(crate) fn leave(out: &Path) {
    let explain = out.join("explain");
    leave_bank(&explain.join("bank"));
    fs::write(explain.join("run.json"), r#"{"now":"2025-03-31 23:59:59","as_of":false}"#).expect("run.json");
    lines(&explain.join("records.ndjson"), &records());
    let alerts = alerts();
    lines(&out.join("alerts.ndjson"), &alerts.each_ref().map(Alert::line));
    lines(&out.join("owners.ndjson"), &owners(&alerts));
    lines(&explain.join("findings.ndjson"), &findings(&alerts));
    lines(&out.join("institutions.ndjson"), &institutions());
    lines(&out.join("coverage_by_institution.ndjson"), &coverage());
    lines(&out.join("labels.ndjson"), &labels());
}

/// The built-in bank, as a run keeps it.
fn leave_bank(folder: &Path) {
    let bank = runtime::engine::load_bank(None).expect("the built-in bank");
    for (path, text) in &bank.files {
        let path = folder.join(path);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder of the bank");
        fs::write(path, text).expect("a file of the bank");
    }
}

fn records() -> Vec<Value> {
    let visit = |key: &str, person: &str, at: &str, begin: &str, end: &str| {
        json!({ "kind": "visit", "key": key, "rev": 1, "fields": {
            "psn_no": person, "fixmedins_code": at, "med_type": "21", "begntime": begin, "endtime": end,
            "diags": format!("J18.900 * (1) {NASTY}"),
        } })
    };
    let sale = |key: &str, at: &str, time: &str| {
        json!({ "kind": "dispensing", "key": key, "rev": 1, "fields": {
            "move": "sale", "fixmedins_code": at, "med_list_codg": "X1", "cnt": "1", "sel_time": time,
            "finl_trns_pric": "10.00", "psn_no": "Tkn02", "trace_codes": "8134",
        } })
    };
    vec![
        visit(NASTY, "Tkn01", "H1", "2025-02-08 08:00:00", "2025-02-12 10:00:00"),
        visit("V2", "Tkn01", "H2", "2025-02-09 08:00:00", "2025-02-11 10:00:00"),
        json!({ "kind": "settlement", "key": "S1", "rev": 1, "fields": {
            "mdtrt_id": NASTY, "psn_no": "Tkn01", "fixmedins_code": "H1", "setl_time": "2025-02-12 10:00:00",
            "fund_pay_sumamt": "300.00", "live": "1",
        } }),
        json!({ "kind": "stock_count", "key": "C1", "rev": 1, "fields": {
            "fixmedins_code": "H1", "med_list_codg": "X1", "inv_cnt": "3", "invdate": "2025-02-01",
        } }),
        json!({ "kind": "fee_line", "key": "V2/1", "rev": 2, "fields": {
            "psn_no": "Tkn01", "fixmedins_code": "H1", "fee_ocur_time": "2025-02-09 09:00:00", "med_list_codg": "X1",
            "cnt": "20", "pric": "5.00", "det_item_fee_sumamt": "100.00",
        }, "as_sent": { "cnt": "25" } }),
        sale("L1", "H1", "2025-02-10 08:00:00"),
        sale("L2", "P1", "2025-02-20 08:00:00"),
    ]
}

/// Two stays at once, one who travels with another, stock that is not there, a code sold twice.
fn alerts() -> [Alert<'static>; 4] {
    let stays: &[[&str; 2]] = &[["visit", NASTY], ["visit", "V2"]];
    [
        Alert {
            rule: "A05",
            number: 1,
            family: "fake_patient",
            key: &[NASTY, "V2"],
            verdict: "definite",
            amounts: ["300.00", "300.00"],
            evidence: stays,
            message: ["参保人Tkn01同时住院。", "Tkn01 was in two hospitals."],
            exempted_by: None,
        },
        Alert {
            rule: "A11",
            number: 2,
            family: "group",
            key: &["Tkn01"],
            verdict: "suspect",
            amounts: ["300.00", "0.00"],
            evidence: stays,
            message: ["Tkn01与Tkn02结伴住院。", "Tkn01 and Tkn02 went together."],
            exempted_by: Some("EX-1"),
        },
        Alert {
            rule: "G02",
            number: 3,
            family: "inventory",
            key: &["H1", "X1"],
            verdict: "suspect",
            amounts: ["60.00", "45.50"],
            evidence: &[["institution", "H1"], ["stock_count", "C1"]],
            message: ["X1超出。", "More of X1 than there was."],
            exempted_by: None,
        },
        Alert {
            rule: "T01",
            number: 4,
            family: "inventory",
            key: &["8134"],
            verdict: "definite",
            amounts: ["10.00", "10.00"],
            evidence: &[["dispensing", "L1"], ["dispensing", "L2"]],
            message: ["追溯码8134重复。", "Trace code 8134 twice."],
            exempted_by: None,
        },
    ]
}

fn owners(alerts: &[Alert<'_>; 4]) -> [Value; 4] {
    let share = |id: &str, amount: &str, counted: &str| json!({ "id": id, "amount": amount, "counted_amount": counted });
    let owners = |number: usize, institutions: Vec<Value>, person: &str| {
        let persons = vec![share(person, "0.00", "0.00")];
        json!({ "alert_id": alerts[number].id(), "institutions": institutions, "practitioners": [], "persons": persons })
    };
    [
        owners(0, vec![share("H1", "300.00", "300.00"), share("H2", "0.00", "0.00")], "Tkn01"),
        owners(1, vec![share("H1", "300.00", "0.00"), share("H2", "0.00", "0.00")], "Tkn02"),
        owners(2, vec![share("H1", "60.00", "45.50")], "Tkn01"),
        owners(3, vec![share("H1", "0.00", "0.00"), share("P1", "10.00", "10.00")], "Tkn02"),
    ]
}

/// What the run kept of three findings; the second has none, as of an older run.
fn findings(alerts: &[Alert<'_>; 4]) -> [Value; 3] {
    let laid = |kind: &str, key: &str, laid: &str, taken: &str| json!({ "kind": kind, "key": key, "visit": null, "own": laid, "laid": laid, "taken": taken });
    let text = |text: &str| both(text, text);
    [
        json!({ "alert_id": alerts[0].id(), "values": {}, "laid": [laid("settlement", "S1", "300.00", "300.00")] }),
        json!({ "alert_id": alerts[2].id(), "values": {
            "day": text("2025-02-09"), "item": text("X1"), "supply": text("3"), "used": text("20"),
            "excess": text("14.85"),
        }, "laid": [laid("fee_line", "V2/1", "60.00", "45.50")] }),
        json!({ "alert_id": alerts[3].id(), "values": {}, "laid": [laid("dispensing", "L2", "10.00", "10.00")] }),
    ]
}

fn institutions() -> [Value; 4] {
    let institution = |code: &str, name: &str, kind: &str| {
        json!({ "fixmedins_code": code, "fixmedins_name": name, "fixmedins_type": kind, "hosp_lv": "02",
            "admdvs": "990101", "beds": 20, "months": {
                "2025-02": { "settlements": 3, "fund_pay_sumamt": "1000.00" },
                "2025-03": { "settlements": 1, "fund_pay_sumamt": "90.10" },
            } })
    };
    [
        institution("H1", NASTY, "1"),
        institution("H2", "乙医院", "1"),
        institution("P1", "丙药店", "2"),
        json!({ "fixmedins_code": NASTY, "fixmedins_name": null, "fixmedins_type": null, "hosp_lv": null,
            "admdvs": null, "beds": null, "months": {} }),
    ]
}

fn coverage() -> [Value; 2] {
    let reach = |month: &str, lines: i64, silent: &[&str]| {
        json!({ "fixmedins_code": "H1", "month": month, "records": { "fee_line": lines, "stock_count": 0 },
            "never": ["presence"], "silent": silent,
            "late": { "fee_line": { "within_1d": lines, "within_3d": 0, "within_7d": 0, "over_7d": 2, "unknown": 0 } },
            "not_judged": { "A08": { "missing:presence": 3 } } })
    };
    [reach("2025-02", 12, &[]), reach("2025-03", 0, &["fee_line"])]
}

fn labels() -> [Value; 4] {
    let label = |case: &str, kind: &str, subject: &str, decision: &str| {
        json!({ "case_id": case, "subject_type": kind, "subject_id": subject, "period_begin": null, "period_end": null,
            "scheme": "overlap", "decision": decision, "amount": "300.00", "decided_at": "2025-03-20 10:00:00",
            "source": "flying" })
    };
    [
        label("K1", "person", "Tkn01", "confirmed"),
        label("K2", "visit", NASTY, "partly"),
        label("K3", "institution", "H2", "denied"),
        label("K4", "person", "Tkn99", "denied"),
    ]
}
