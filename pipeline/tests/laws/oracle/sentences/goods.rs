//! Sentences about goods: P08, T04, T05, T06, G02, G03.

use serde_json::{Value, json};

use super::{alert, found, institution, judge, judged, keys, lacking, line, sale, shown, visit, with};

#[test]
fn a_window_of_180_days_leaves_out_its_begin() {
    let table = [("resale_prone", "rule,item,limit,valid_from,valid_to,source\nP08,drug,4,2024-06-01,,a\n")];
    let lines = |first: &str| {
        [
            sale("1", "h", first, 2, &[]),
            sale("2", "i", "2024-03-01 10:00:00", 2, &[]),
            sale("3", "j", "2024-06-29 10:00:00", 1, &[]),
            sale("4", "j", "2024-12-29 10:00:00", 9, &[]),
        ]
    };
    // 180 days before 29 June 2024 lies 1 January 2024.
    assert!(keys(&judge(&lines("2024-01-01 10:00:00"), &table, None), "P08").is_empty());
    let expected = judge(&lines("2024-01-01 10:00:01"), &table, None);
    assert_eq!(found(&expected, "P08"), [("p drug".to_owned(), "12.53".to_owned())]);
    assert_eq!(alert(&expected, "P08")["institution"], Value::Null);
}

#[test]
fn stock_is_short_beyond_the_tolerance() {
    let bought = |time: &str, cnt: i64, direction: &str| {
        json!({"kind": "purchase", "purc_id": time, "move": direction, "fixmedins_code": "h",
            "med_list_codg": "drug", "cnt": cnt, "stoin_time": time})
    };
    let place = json!({"kind": "institution", "fixmedins_code": "h", "fixmedins_type": "2", "admdvs": "a"});
    let lines = vec![
        bought("2024-03-01 10:00:00", 20, "purchase"),
        sale("1", "h", "2024-03-01 09:00:00", 20, &[]),
        sale("2", "h", "2024-03-02 09:00:00", 3, &[]),
    ];
    // 23 of 20 × 1.05 + 2: exactly the tolerance.
    let within = judge(&lines, &[], None);
    assert_eq!((keys(&within, "G02").len(), within.near["G02"]), (0, 1));
    let mut short = lines.clone();
    short.push(bought("2024-03-03 10:00:00", 2, "return"));
    short.push(sale("3", "h", "2024-03-04 09:00:00", 1, &[]));
    short.push(bought("2024-03-04 10:00:00", 2, "purchase"));
    assert_eq!(judge(&short, &[], None).coverage["G02"].not_judged["missing:institution"], 1);
    short.push(place);
    // On 3 March 23 − (18 × 1.05 + 2) = 2.1, × 2.505 = 5.2605.
    let expected = judge(&short, &[], None);
    assert_eq!(found(&expected, "G02"), [("h drug".to_owned(), "5.26".to_owned())]);
    let alert = alert(&expected, "G02");
    assert_eq!((&alert["verdict"], &alert["occurred"]), (&json!("indicator"), &json!("2024-03-03 00:00:00")));
    // A count of 1 at the end of 1 March makes the days up to it nothing: 3 + 1 against 3 × 1.05 + 2, and so on.
    let count = json!({"kind": "stock_count", "cnt_id": "c", "fixmedins_code": "h", "med_list_codg": "drug",
        "inv_cnt": 1, "invdate": "2024-03-01"});
    short.push(count);
    // 3 March: 3 − (−1 × 1.05 + 2) = 2.05, × 2.505 = 5.13525.
    let counted = judge(&short, &[], None);
    assert_eq!(found(&counted, "G02"), [("h drug".to_owned(), "5.14".to_owned())]);
    assert_eq!(self::alert(&counted, "G02")["verdict"], "suspect");
}

#[test]
fn a_pack_has_a_trace_code() {
    let time = "2024-03-02 10:00:00";
    let count = |sale: Value| keys(&judge(&[sale], &[], None), "T04").len();
    assert_eq!(count(sale("1", "h", time, 2, &["a", "b"])), 0);
    assert_eq!(count(sale("1", "h", time, 2, &["a", "a", ""])), 1);
    assert_eq!(count(with(sale("1", "h", time, 2, &["a"]), json!({"cnt": "1.9999"}))), 0);
    assert_eq!(count(with(sale("1", "h", time, 1, &[]), json!({"trace_codes": null}))), 1);
    for other in [json!({"trdn_flag": "1"}), json!({"mdtrt_setl_type": "2"}), json!({"mdtrt_setl_type": ""})]
    {
        let expected = judge(&[with(sale("1", "h", time, 1, &[]), other)], &[], None);
        assert_eq!(judged(&expected, "T04"), (Some(0), Some(0)));
    }
}

#[test]
fn what_is_sold_was_bought() {
    let time = "2024-03-02 10:00:00";
    let moved = |id: &str, direction: &str, codes: &[&str]| {
        json!({"kind": "purchase", "purc_id": id, "move": direction, "fixmedins_code": "h", "med_list_codg": "drug",
            "cnt": 1, "stoin_time": "2024-03-09 10:00:00", "trace_codes": codes})
    };
    let mut lines = vec![
        sale("1", "h", time, 2, &["a", "b"]),
        sale("2", "h", time, 1, &["b"]),
        with(sale("3", "h", time, 1, &["b"]), json!({"med_list_codg": "other"})),
        sale("4", "i", time, 1, &["a"]),
        with(sale("5", "h", time, 1, &["b"]), json!({"mdtrt_setl_type": "2"})),
    ];
    assert!(keys(&judge(&lines, &[], None), "T05").is_empty());
    lines.push(moved("1", "return", &["x"]));
    assert!(keys(&judge(&lines, &[], None), "T05").is_empty());
    lines.push(moved("2", "purchase", &["a", "a"]));
    let expected = judge(&lines, &[], None);
    // Two sales of 2 and 1 packs; the other item was never bought.
    assert_eq!(found(&expected, "T05"), [("h b".to_owned(), "7.52".to_owned())]);
    assert_eq!((shown(&expected, "T05"), expected.near["T05"]), (vec!["1", "2"], 1));
    assert_eq!(alert(&expected, "T05")["institution"], "h");
    lines.push(moved("3", "return", &["a"]));
    assert_eq!(keys(&judge(&lines, &[], None), "T05"), ["h a", "h b"]);
    lines.push(moved("4", "purchase", &["a"]));
    assert_eq!(keys(&judge(&lines, &[], None), "T05"), ["h b"]);
}

#[test]
fn a_sale_is_before_the_end_of_its_goods() {
    let sold = |time: &str, end: &str| with(sale("1", "h", time, 2, &[]), json!({"expy_end": end}));
    let last_day = judge(&[sold("2024-03-02 23:59:59", "2024-03-02")], &[], None);
    assert_eq!((keys(&last_day, "T06").len(), last_day.near["T06"]), (0, 1));
    let late = judge(&[sold("2024-03-03 00:00:00", "2024-03-02")], &[], None);
    assert_eq!(found(&late, "T06"), [("1".to_owned(), "5.01".to_owned())]);
    assert_eq!(
        lacking(&judge(&[sold("2024-03-03 00:00:00", "")], &[], None), "T06"),
        [("expy_end".to_owned(), 1)]
    );
}

#[test]
fn what_is_used_was_supplied_within_ninety_days() {
    // 89 days before 30 May 2024 lies 2 March.
    let bought = |day: &str, direction: &str| {
        json!({"kind": "purchase", "purc_id": day, "move": direction, "fixmedins_code": "h", "med_list_codg": "drug",
            "cnt": 9, "stoin_time": format!("2024-03-{day} 10:00:00")})
    };
    let used = [
        sale("1", "h", "2024-05-30 10:00:00", 1, &[]),
        line("v", "1", "drug", "2024-05-30 10:00:00", 2),
        visit("v", "11", "2024-05-30 09:00:00"),
        with(line("w", "1", "drug", "2024-01-30 10:00:00", 2), json!({"kind": "fee_line"})),
    ];
    let with_lines = |more: &[Value]| {
        let mut lines = used.to_vec();
        lines.extend(more.iter().cloned());
        judge(&lines, &[], None)
    };
    let place = institution("h", json!({}));
    assert_eq!(lacking(&with_lines(&[]), "G03"), [("institution".to_owned(), 1)]);
    assert_eq!(lacking(&with_lines(std::slice::from_ref(&place)), "G03"), [("purchase".to_owned(), 1)]);
    let inside = with_lines(&[place.clone(), bought("02", "purchase")]);
    assert_eq!((keys(&inside, "G03").len(), inside.near["G03"]), (0, 1));
    let outside = with_lines(&[place.clone(), bought("01", "purchase"), bought("03", "return")]);
    // One pack of 2.505 and a line of which the fund bears 16.
    assert_eq!(found(&outside, "G03"), [("h drug".to_owned(), "18.51".to_owned())]);
    assert_eq!(shown(&outside, "G03"), ["h"]);
    assert_eq!(alert(&outside, "G03")["occurred"], "2024-05-30 10:00:00");
    let counted = |cnt: i64| {
        json!({"kind": "stock_count", "cnt_id": "c", "fixmedins_code": "h", "med_list_codg": "drug", "inv_cnt": cnt,
            "invdate": "2020-01-01"})
    };
    assert_eq!(keys(&with_lines(&[place.clone(), bought("01", "purchase"), counted(0)]), "G03").len(), 1);
    assert!(keys(&with_lines(&[place, bought("01", "purchase"), counted(1)]), "G03").is_empty());
}
