//! Sentences about one line: D12, M02, M07, M08, S01.

use serde_json::{Value, json};

use super::{alert, found, institution, judge, judged, keys, lacking, line, shown, stay, with};

#[test]
fn a_sum_is_the_product_but_for_rounding() {
    let of = |cnt: &str, price: &str, sum: &str, fields: Value| {
        with(
            line("v", "1", "x", "2024-03-02 10:00:00", 1),
            with(json!({"cnt": cnt, "pric": price, "det_item_fee_sumamt": sum}), fields),
        )
    };
    let found = |line: Value| keys(&judge(&[line], &[], None), "M02").len();
    // 3 × 1.1 may be 3.30 ± 0.025.
    assert_eq!(found(of("3", "1.1", "3.32", json!({}))), 0);
    assert_eq!(found(of("3", "1.1", "3.33", json!({}))), 1);
    assert_eq!(found(of("3", "1.105", "3.29", json!({}))), 0);
    assert_eq!(found(of("3", "1.105001", "3.29", json!({}))), 1);
    assert_eq!(found(of("-3", "1.1", "-3.33", json!({}))), 1);
    assert_eq!(found(of("-3", "1.1", "-3.32", json!({"init_feedetl_sn": "0"}))), 1);
    let near = judge(&[of("3", "1.1", "3.32", json!({}))], &[], None);
    assert_eq!((near.near["M02"], judged(&near, "M02")), (1, (Some(1), Some(1))));
}

#[test]
fn a_reversal_that_offsets_nothing_is_told() {
    let time = "2024-03-02 10:00:00";
    let undo = |visit: &str, number: &str, of: &str| {
        with(line(visit, number, "x", time, -1), json!({"init_feedetl_sn": of}))
    };
    let lines = [
        line("v", "1", "x", time, 1),
        undo("v", "2", "1"),
        undo("v", "3", "1"),
        undo("v", "4", "2"),
        undo("v", "5", "5"),
        undo("w", "1", "1"),
    ];
    let expected = judge(&lines, &[], None);
    assert_eq!(keys(&expected, "M02"), ["v 4", "v 5", "w 1"]);
    assert_eq!(
        (judged(&expected, "M02"), judged(&expected, "M07")),
        ((Some(6), Some(3)), (Some(0), Some(0)))
    );
}

#[test]
fn a_line_comes_within_a_day() {
    let sent = |recv: &str, rev: u64| {
        with(line("v", "1", "x", "2024-03-02 10:00:00", 1), json!({"recv_time": recv, "rev": rev}))
    };
    let on_time = sent("2024-03-03 10:00:00", 1);
    let late = sent("2024-03-03T10:00:01+08:00", 1);
    let late_keys = |lines: &[Value]| keys(&judge(lines, &[], None), "M07");
    let one = |line: &Value| late_keys(std::slice::from_ref(line));
    assert!(one(&on_time).is_empty());
    assert_eq!(one(&late), ["v 1"]);
    // A duplicate's time does not count, a later revision's does.
    assert!(late_keys(&[on_time.clone(), late.clone()]).is_empty());
    assert_eq!(late_keys(&[late.clone(), on_time.clone()]), ["v 1"]);
    assert_eq!(late_keys(&[on_time.clone(), sent("2024-03-04 10:00:00", 2)]), ["v 1"]);
    let unknown = judge(&[sent("", 1), late.clone()], &[], None);
    assert_eq!(lacking(&unknown, "M07"), [("recv_time".to_owned(), 1)]);
    let bare = |recv: &str| with(sent(recv, 1), json!({"rev": null}));
    assert!(late_keys(&[bare("2024-03-03 10:00:00"), bare("2024-03-09 10:00:00")]).is_empty());
    assert_eq!(judge(&[on_time], &[], None).near["M07"], 1);
}

#[test]
fn a_line_lies_about_its_stay() {
    let lying = stay("v", "p", "h", "2024-03-10 23:00:00", "2024-03-12 01:00:00");
    let on = |number: &str, day: &str| line("v", number, "x", &format!("2024-03-{day}"), 1);
    let lines = vec![
        lying,
        on("1", "06 23:59:59"),
        on("2", "07 00:00:00"),
        on("3", "11 00:00:00"),
        on("4", "15 23:59:59"),
        on("5", "16 00:00:00"),
        line("w", "1", "x", "2024-01-01 00:00:00", 1),
    ];
    let expected = judge(&lines, &[], None);
    assert_eq!(
        found(&expected, "M08"),
        [("v 1".to_owned(), "8.00".to_owned()), ("v 5".to_owned(), "8.00".to_owned())]
    );
    assert_eq!((judged(&expected, "M08"), expected.near["M08"]), ((Some(5), Some(3)), 2));
    assert_eq!(alert(&expected, "M08")["occurred"], "2024-03-12 01:00:00");
    let mut open = lines.clone();
    open[0]["endtime"] = json!(null);
    assert_eq!(keys(&judge(&open, &[], None), "M08"), ["v 1"]);
    let mut seen = lines;
    seen[0]["med_type"] = json!("11");
    assert_eq!(judged(&judge(&seen, &[], None), "M08"), (Some(0), Some(0)));
}

#[test]
fn an_item_asks_for_a_level() {
    let table = [(
        "level_limit",
        "rule,item,lowest_lv,valid_from,valid_to,source,reading\n\
        D12,x,05,,,a,own\nD12,x,07,,,a,\nS11,x,09,,,a,\n",
    )];
    let at = |fields: Value| {
        judge(&[institution("h", fields), line("v", "1", "x", "2024-03-02 10:00:00", 1)], &table, None)
    };
    let high = at(json!({"hosp_lv": "05"}));
    assert_eq!((keys(&high, "D12").len(), high.near["D12"]), (0, 1));
    let low = at(json!({"hosp_lv": "06"}));
    assert_eq!(
        (found(&low, "D12"), keys(&low, "S11").len()),
        (vec![("v 1".to_owned(), "8.00".to_owned())], 0)
    );
    assert_eq!((&alert(&low, "D12")["verdict"], shown(&low, "D12")), (&json!("suspect"), vec!["v/1", "h"]));
    for odd in [json!({}), json!({"hosp_lv": "00"}), json!({"hosp_lv": "12"}), json!({"hosp_lv": "5"})] {
        assert_eq!(lacking(&at(odd), "D12"), [("hosp_lv".to_owned(), 1)]);
    }
    let nowhere = judge(&[line("v", "1", "x", "2024-03-02 10:00:00", 1)], &table, None);
    assert_eq!(lacking(&nowhere, "S11"), [("institution".to_owned(), 1)]);
}

#[test]
fn a_price_has_the_cap_of_its_level() {
    let table = [(
        "price_cap",
        "rule,item,hosp_lv,cap,valid_from,valid_to,source\n\
        S01,x,,9,,,a\nS01,x,03,9.995,,,a\nS01,x,03,10,,,a\nS01,y,,10,,,a\nS01,z,,9.5,,,a\n",
    )];
    let at = |fields: Value, item: &str| {
        judge(&[institution("h", fields), line("v", "1", item, "2024-03-02 10:00:00", 3)], &table, None)
    };
    // (10 − 9.995) × 3 = 0.015.
    assert_eq!(found(&at(json!({"hosp_lv": "03"}), "x"), "S01"), [("v 1".to_owned(), "0.02".to_owned())]);
    assert_eq!(found(&at(json!({"hosp_lv": "04"}), "x"), "S01"), [("v 1".to_owned(), "3.00".to_owned())]);
    assert_eq!(lacking(&at(json!({}), "x"), "S01"), [("hosp_lv".to_owned(), 1)]);
    assert_eq!(at(json!({}), "y").near["S01"], 1);
    assert_eq!(found(&at(json!({}), "z"), "S01"), [("v 1".to_owned(), "1.50".to_owned())]);
    // Where no row names a level, the price is looked at first, the institution then.
    let nowhere =
        |item: &str| lacking(&judge(&[line("v", "1", item, "2024-03-02 10:00:00", 3)], &table, None), "S01");
    let institution = vec![("institution".to_owned(), 1)];
    assert_eq!((nowhere("x"), nowhere("y"), nowhere("z")), (institution.clone(), vec![], institution));
}
