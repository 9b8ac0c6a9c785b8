//! Sentences about prescriptions: F06, F07, M12, P04, P06.

use serde_json::{Value, json};

use super::{alert, found, judge, judged, keys, line, sale, shown, stay, with};

#[test]
fn a_drug_needs_a_prescription_where_prescriptions_are_kept() {
    let time = "2024-03-02 10:00:00";
    let rx = |state: &str| {
        json!({"kind": "prescription", "rx_id": "r", "psn_no": "p", "fixmedins_code": "h", "prsc_time": time,
            "dr_codg": "d", "state": state, "lines": [{"line_no": 1, "med_list_codg": "x", "cnt": 1},
            {"line_no": "2", "med_list_codg": "x", "cnt": "0.5"}]})
    };
    let stay = stay("v", "p", "h", time, "2024-03-02 12:00:00");
    let bare = line("v", "1", "x", time, 1);
    let named =
        |number: &str, item: &str, cnt| with(line("v", number, item, time, cnt), json!({"rx_id": "r"}));
    let reason = |lines: &[Value]| {
        judge(lines, &[], None).coverage["F06"].not_judged.keys().cloned().collect::<Vec<_>>()
    };
    assert!(reason(std::slice::from_ref(&bare)).is_empty());
    assert_eq!(reason(&[bare.clone(), stay.clone()]), ["missing:rx_id"]);
    assert_eq!(reason(&[bare.clone(), stay.clone(), named("2", "x", 1)]), ["missing:prescription"]);
    let expected =
        judge(&[bare, stay.clone(), rx("issued"), named("2", "x", 1), named("3", "y", 1)], &[], None);
    assert_eq!(keys(&expected, "F06"), ["v 1", "v 3"]);
    assert_eq!((expected.coverage["F06"].judged, expected.coverage["F06"].clean), (Some(3), Some(1)));
    let much = [stay.clone(), rx("dispensed"), named("2", "x", 1), named("3", "x", 1)];
    assert_eq!(found(&judge(&much, &[], None), "F07"), [("r x".to_owned(), "5.00".to_owned())]);
    let cancelled = judge(&[stay, rx("cancelled"), named("2", "x", 2)], &[], None);
    assert_eq!((keys(&cancelled, "F06").len(), keys(&cancelled, "F07").len()), (1, 0));
}

#[test]
fn a_sale_needs_its_prescription_and_keeps_to_it() {
    let time = "2024-03-02 10:00:00";
    let rx = |state: &str| {
        json!({"kind": "prescription", "rx_id": "r", "psn_no": "p", "fixmedins_code": "h", "prsc_time": time,
            "dr_codg": "d", "state": state, "lines": [{"line_no": 1, "med_list_codg": "drug", "cnt": 3}]})
    };
    let sold = |id: &str, cnt: i64, fields: Value| {
        with(sale(id, "i", time, cnt, &[]), with(json!({"rx_id": "r", "rx_flag": "1"}), fields))
    };
    let self_paid = || json!({"mdtrt_setl_type": "2", "finl_trns_pric": "3.111111"});
    let lines = [sold("1", 2, json!({})), sold("2", 2, self_paid()), sold("3", 1, json!({"rx_id": null}))];
    let with_rx = |state: &str| {
        let mut lines = lines.to_vec();
        lines.push(rx(state));
        judge(&lines, &[], None)
    };
    let issued = with_rx("issued");
    assert_eq!(found(&issued, "P06"), [("r drug".to_owned(), "3.11".to_owned())]);
    assert_eq!(shown(&issued, "P06"), ["1", "2", "r"]);
    assert_eq!(alert(&issued, "P06")["institution"], "h");
    assert_eq!(found(&issued, "P04"), [("3".to_owned(), "2.51".to_owned())]);
    assert_eq!((judged(&issued, "P04"), issued.near["P04"]), ((Some(3), Some(2)), 2));
    let cancelled = with_rx("cancelled");
    assert_eq!((keys(&cancelled, "P06").len(), keys(&cancelled, "P04").len()), (0, 3));
    let plain = judge(&[with(lines[2].clone(), json!({"rx_flag": "0"}))], &[], None);
    assert_eq!((keys(&plain, "P04").len(), judged(&plain, "P04")), (0, (Some(1), Some(1))));
    let returned = with(
        sold("4", 1, json!({})),
        json!({"move": "return", "return_of": "1", "sel_time": "2024-04-01 10:00:00"}),
    );
    let mut fewer = lines.to_vec();
    fewer.extend([rx("issued"), returned]);
    let kept = judge(&fewer, &[], None);
    assert_eq!((keys(&kept, "P06").len(), kept.near["P06"]), (0, 1));
}

#[test]
fn six_kinds_of_drugs_are_many() {
    let rx = |kinds: &[(&str, &str)], state: &str| {
        let lines: Vec<Value> = kinds
            .iter()
            .map(|(item, kind)| json!({"line_no": 1, "med_list_codg": item, "list_type": kind, "cnt": 1}))
            .collect();
        json!({"kind": "prescription", "rx_id": "r", "psn_no": "p", "fixmedins_code": "h", "dr_codg": "d",
            "prsc_time": "2024-03-02 10:00:00", "state": state, "lines": lines})
    };
    let mut kinds = vec![("a", "101"), ("b", "101"), ("c", "101"), ("d", "101"), ("e", "101")];
    kinds.extend([("a", "101"), ("f", "102"), ("g", "")]);
    let five = judge(&[rx(&kinds, "issued")], &[], None);
    assert_eq!(
        (keys(&five, "M12").len(), five.near["M12"], judged(&five, "M12")),
        (0, 1, (Some(1), Some(1)))
    );
    kinds.push(("g", "101"));
    let six = judge(&[rx(&kinds, "issued")], &[], None);
    assert_eq!(found(&six, "M12"), [("r".to_owned(), "0.00".to_owned())]);
    assert_eq!(judged(&judge(&[rx(&kinds, "cancelled")], &[], None), "M12"), (Some(0), Some(0)));
}
