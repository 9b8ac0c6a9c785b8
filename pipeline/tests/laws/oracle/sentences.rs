//! The oracle held beside single sentences of the contract, each in a world of a few lines.
//!
//! An oracle that nobody checks is only a second opinion: what is worked out here was worked out by hand.

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

#[test]
fn the_highest_rev_stands_whatever_the_order() {
    let person = |rev: Value, born: &str| json!({"kind": "person", "psn_no": "p", "gend": "1", "brdy": born, "rev": rev});
    let expected = judge(
        &[
            person(json!(5), "2000-01-05"),
            person(json!("3"), "2000-01-03"),
            person(json!(3), "2000-01-03"),
            with(person(json!(3), "2000-01-04"), json!({"extra": 1})),
            person(json!(null), "2000-01-01"),
            with(
                person(json!(""), "2000-01-01"),
                json!({"extra": 1, "other": "", "recv_time": "2024-01-01T00:00:00Z"}),
            ),
            person(json!(null), "2000-01-02"),
            json!({"kind": "person", "op": "del", "psn_no": "p", "rev": 9}),
            json!({"kind": "person", "op": "del", "psn_no": "p", "rev": 9, "gend": 7}),
            person(json!(9), "2000-01-09"),
            json!({"kind": "persona"}),
        ],
        &[],
        None,
    );
    assert_eq!(
        expected.counts["in"]["person"],
        json!({"accepted": 5, "stale": 3, "duplicate": 3, "rejected": 2, "unknown_fields": 1})
    );
    assert_eq!(expected.counts["total"]["rejected"], 3);
    let codes: Vec<(usize, &str)> =
        expected.rejected.iter().map(|(line, code)| (*line, code.as_str())).collect();
    assert_eq!(codes, [(4, "conflict"), (10, "conflict"), (11, "unknown_kind")]);
}

#[test]
fn stays_overlap_by_more_than_a_day_and_an_open_one_ends_now() {
    let worlds = [
        stay("b", "p", "h", "2024-03-01 00:00:00", "2024-03-05 00:00:00"),
        stay("a", "p", "i", "2024-03-04 00:00:00", ""),
        settlement("s1", "a", "70"),
        settlement("s2", "b", "70.00"),
        with(settlement("s3", "b", "30"), json!({"refd_setl_flag": true})),
    ];
    // Now is 9 March, the settlements' time; the stays share exactly 24 hours.
    assert!(keys(&judge(&worlds, &[], None), "A05").is_empty());
    assert_eq!(judge(&worlds, &[], None).near["A05"], 1);
    let mut longer = worlds.to_vec();
    longer[0]["endtime"] = json!("2024-03-05 00:00:01");
    let expected = judge(&longer, &[], None);
    assert_eq!(found(&expected, "A05"), [("a b".to_owned(), "70.00".to_owned())]);
    let alert = alert(&expected, "A05");
    assert_eq!((&alert["institution"], &alert["occurred"]), (&json!("i"), &json!("2024-03-09 12:00:00")));
    assert!(keys(&judge(&longer, &[], Some("2024-03-05")), "A05").is_empty());
    assert_eq!(keys(&judge(&longer, &[], Some("2024-03-05 00:00:01")), "A05").len(), 1);
}

#[test]
fn a_stay_is_checked_within_a_day_of_its_begin() {
    let long = stay("v", "p", "h", "2024-03-02 08:00:00", "2024-03-04 08:00:00");
    let unjudged = judge(&[long.clone(), pass("i", "p", "other", "2024-03-02 08:00:00")], &[], None);
    assert_eq!(unjudged.coverage["A08"].not_judged["missing:presence"], 1);
    assert_eq!((unjudged.coverage["A08"].judged, unjudged.coverage["A08"].clean), (Some(0), Some(0)));
    for (time, is_found) in [
        ("2024-03-01 08:00:00", false),
        ("2024-03-01 07:59:59", true),
        ("2024-03-03 08:00:00", false),
        ("2024-03-03 08:00:01", true),
    ] {
        let expected = judge(&[long.clone(), pass("i", "p", "h", time)], &[], None);
        assert_eq!(keys(&expected, "A08").len(), usize::from(is_found), "{time}");
    }
    let short = stay("v", "p", "h", "2024-03-02 08:00:00", "2024-03-03 08:00:00");
    assert_eq!(judge(&[short], &[], None).coverage["A08"].clean, Some(1));
}

#[test]
fn a_journey_lacks_the_first_missing_thing() {
    let place = |code: &str, fields: Value| {
        with(
            json!({"kind": "institution", "fixmedins_code": code, "fixmedins_type": "1", "admdvs": "440100"}),
            fields,
        )
    };
    let checks = [pass("1", "p", "h", "2024-03-01 08:00:00"), pass("0", "p", "i", "2024-03-01 08:00:00")];
    for (first, second, reason) in [
        (Some(json!({"lon": 113})), Some(json!({})), "missing:lon"),
        (Some(json!({"lon": 113})), Some(json!({"lon": 113, "lat": 22})), "missing:lat"),
        (Some(json!({})), None, "missing:institution"),
    ] {
        let mut lines = checks.to_vec();
        lines.extend(first.map(|fields| place("h", fields)));
        lines.extend(second.map(|fields| place("i", fields)));
        let expected = judge(&lines, &[], None);
        assert_eq!(expected.coverage["A06"].not_judged, BTreeMap::from([(reason.to_owned(), 1)]));
    }
    // One degree of latitude is 111.19 km: half an hour of slack is 60 km, so 25 minutes 35 seconds are needed.
    for (time, is_found) in [("2024-03-01 08:25:35", true), ("2024-03-01 08:25:36", false)] {
        let expected = judge(
            &[
                place("h", json!({"lon": 113, "lat": 22})),
                place("i", json!({"lon": "113.0", "lat": 23})),
                pass("0", "p", "i", "2024-03-01 08:00:00"),
                pass("1", "p", "h", time),
            ],
            &[],
            None,
        );
        assert_eq!(keys(&expected, "A06").len(), usize::from(is_found), "{time}");
    }
}

#[test]
fn co_stays_are_counted_as_pairs_of_stays() {
    let day = |number: i64| format!("2024-03-{number:02} 10:00:00");
    let two_days = |id: &str, person: &str, begin: i64| stay(id, person, "h", &day(begin), &day(begin + 2));
    let lines = [
        two_days("a1", "a", 1),
        two_days("b1", "b", 2),
        two_days("b2", "b", 1),
        two_days("c1", "c", 10),
        two_days("b3", "b", 11),
        two_days("c2", "c", 20),
        two_days("b4", "b", 20),
        settlement("s1", "a1", "5.10"),
        settlement("s2", "b4", "7.20"),
    ];
    let expected = judge(&lines, &[], None);
    assert_eq!(found(&expected, "A11"), [("a".to_owned(), "12.30".to_owned())]);
    let shown: Vec<&str> = alert(&expected, "A11")["evidence"]
        .as_array()
        .unwrap()
        .iter()
        .map(|record| record["key"].as_str().unwrap())
        .collect();
    assert_eq!(shown, ["a1", "b1", "b2", "b3", "b4", "c1", "c2"]);
    // Without b2 the stays of a and b make one pair, and two persons are no group.
    let fewer: Vec<Value> = lines.iter().filter(|line| line["mdtrt_id"] != "b2").cloned().collect();
    assert!(keys(&judge(&fewer, &[], None), "A11").is_empty());
}

#[test]
fn an_age_is_judged_by_the_row_of_the_lines_day() {
    let table = [(
        "age_limit",
        "rule,item,unit,max,valid_from,valid_to,source,reading\n\
        D06,x,years,1,,2025-02-28,a,\nD06,x,years,1,2025-03-01,,a,own\nD06,x,years,9,,,a,text\n\
        D06,y,days,28,,,a,\nS05,z,days,1,,,a,\n",
    )];
    let born = |day: &str| json!({"kind": "person", "psn_no": "p", "gend": "0", "brdy": day});
    let lines = [
        line("v", "1", "x", "2025-02-28 23:59:59", 1),
        line("v", "2", "x", "2025-03-01 00:00:00", 1),
        line("v", "3", "y", "2024-03-28 10:00:00", 1),
        line("v", "4", "y", "2024-03-29 10:00:00", 1),
        line("v", "5", "z", "2024-03-29 10:00:00", 1),
        line("v", "6", "y", "2024-02-28 10:00:00", 1),
    ];
    let mut known = lines.to_vec();
    known.push(born("2024-02-29"));
    let expected = judge(&known, &table, None);
    assert_eq!(keys(&expected, "D06"), ["v 2", "v 4"]);
    assert_eq!(expected.alerts[0]["verdict"], "suspect");
    assert_eq!(expected.alerts[1]["verdict"], "definite");
    let covered = &expected.coverage["D06"];
    assert_eq!((covered.not_judged["missing:brdy"], covered.judged, covered.clean), (1, Some(5), Some(3)));
    assert_eq!(judge(&lines, &table, None).coverage["D06"].not_judged["missing:person"], 5);
}

#[test]
fn a_reversal_offsets_an_original_of_its_visit_only() {
    let table = [(
        "quantity_limit",
        "rule,item,unit,max,valid_from,valid_to,source\n\
        S14,x,visit,3,,,a\nS14,x,visit,1,2024-03-03,2024-03-03,a\n",
    )];
    let time = "2024-03-02 10:00:00";
    let undo =
        |number: &str, of: &str| with(line("v", number, "x", time, -1), json!({"init_feedetl_sn": of}));
    let mut lines = vec![undo("8", "1"), line("v", "1", "x", time, 3), undo("9", "8"), undo("7", "none")];
    assert!(keys(&judge(&lines, &table, None), "S14").is_empty());
    lines.push(line("v", "2", "x", "2024-03-03 10:00:00", 1));
    // The line of 3 March meets the stricter row, and all lines count against it: 2 + 1 − 1.
    assert_eq!(found(&judge(&lines, &table, None), "S14"), [("v x".to_owned(), "20.00".to_owned())]);
    lines.push(undo("6", "2"));
    assert!(keys(&judge(&lines, &table, None), "S14").is_empty());
}

#[test]
fn a_line_on_a_refunded_settlement_has_no_fund_money() {
    let table = [("age_limit", "rule,item,unit,max,valid_from,valid_to,source\nD06,x,days,0,,,a\n")];
    let person = json!({"kind": "person", "psn_no": "p", "gend": "1", "brdy": "2000-01-01"});
    let paid = with(line("v", "1", "x", "2024-03-02 10:00:00", 1), json!({"setl_id": "s1"}));
    let refund = with(settlement("s2", "v", "-5"), json!({"medfee_sumamt": "-10", "orig_setl_id": "s1"}));
    let amount = |lines: &[Value]| found(&judge(lines, &table, None), "D06")[0].1.clone();
    assert_eq!(amount(&[person.clone(), paid.clone()]), "8.00");
    assert_eq!(amount(&[person.clone(), paid.clone(), settlement("s1", "v", "5")]), "8.00");
    assert_eq!(amount(&[person.clone(), paid.clone(), settlement("s1", "v", "5"), refund]), "0.00");
    let own = with(settlement("s1", "v", "5"), json!({"orig_setl_id": "s1"}));
    assert_eq!(amount(&[person, paid, own]), "8.00");
}

#[test]
fn a_settled_visit_never_counts_more_than_was_paid_for_it() {
    let table = [("age_limit", "rule,item,unit,max,valid_from,valid_to,source\nD06,x,days,0,,,a\n")];
    let bill = |record| with(record, json!({"bill_code": "b", "bill_no": "1"}));
    let expected = judge(
        &[
            json!({"kind": "person", "psn_no": "p", "gend": "1", "brdy": "2000-01-01"}),
            json!({"kind": "enrolment", "enrl_id": "e", "psn_no": "q", "insutype": "310", "insu_admdvs": "a",
                "status": "1", "begin": "2020-01-01"}),
            bill(with(settlement("s1", "v", "6"), json!({"acct_pay": "3.5"}))),
            bill(settlement("s2", "w", "6")),
            line("v", "1", "x", "2024-03-02 10:00:00", 1),
            line("u", "1", "x", "2024-03-02 10:00:00", 1),
        ],
        &table,
        None,
    );
    let money: Vec<(&str, &str, &str)> = expected
        .alerts
        .iter()
        .map(|alert| {
            let text = |name: &str| alert[name].as_str().unwrap();
            (text("rule"), text("amount"), text("counted_amount"))
        })
        .collect();
    // D06 takes 3.50 of visit v after E01 took 6; visit u is unsettled and bounded by its 10 yuan of lines. The
    // invoice keeps the first of equal settlements, so F01 is laid on s2, which E01 has emptied.
    assert_eq!(
        money,
        [
            ("D06", "8.00", "8.00"),
            ("D06", "8.00", "3.50"),
            ("E01", "6.00", "6.00"),
            ("E01", "6.00", "6.00"),
            ("F01", "6.00", "0.00")
        ]
    );
    assert_eq!(expected.money, ("34.00".to_owned(), "23.50".to_owned()));
}

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
fn consecutive_days_of_an_item_keep_their_gap() {
    let table = [(
        "cycle_gap",
        "rule,item,min_days,valid_from,valid_to,source,reading\n\
        S18,x,3,,,a,\nS18,x,5,2024-03-10,,a,own\n",
    )];
    let on = |number: &str, day: &str, cnt| line("v", number, "x", &format!("2024-03-{day} 10:00:00"), cnt);
    let lines = [on("1", "01", 1), on("2", "04", 1), on("3", "06", 2), on("4", "06", 1), on("5", "10", 1)];
    let expected = judge(&lines, &table, None);
    assert_eq!(
        found(&expected, "S18"),
        [
            ("p x 2024-03-04 2024-03-06".to_owned(), "30.00".to_owned()),
            ("p x 2024-03-06 2024-03-10".to_owned(), "10.00".to_owned())
        ]
    );
    assert_eq!(expected.alerts[1]["verdict"], "suspect");
}

#[test]
fn a_pair_is_denied_on_the_day_it_is_paid() {
    let table = [(
        "pair_conflict",
        "rule,item_paid,item_denied,valid_from,valid_to,source\n\
        S12,x,y,,2024-03-02,a\nS12,x,x,,,a\n",
    )];
    let on =
        |number: &str, item: &str, day: &str| line("v", number, item, &format!("2024-03-{day} 10:00:00"), 1);
    let lines =
        [on("1", "x", "02"), on("2", "y", "02"), on("3", "y", "02"), on("4", "x", "03"), on("5", "y", "03")];
    let expected = judge(&lines, &table, None);
    assert_eq!(found(&expected, "S12"), [("v 2024-03-02 x y".to_owned(), "20.00".to_owned())]);
    // The visit's own record does not stand, so the institution is that of all the evidence.
    assert_eq!(alert(&expected, "S12")["institution"], "h");
}

#[test]
fn a_return_is_taken_off_the_sale_it_belongs_to() {
    let back = |id: &str, time: &str, fields: Value| {
        with(sale(id, "h", time, 1, &["t"]), with(json!({"move": "return"}), fields))
    };
    let sales = [
        sale("1", "h", "2024-03-01 10:00:00", 1, &["t", "u"]),
        sale("2", "h", "2024-03-02 10:00:00", 2, &["t", "u"]),
    ];
    let plain = judge(&sales, &[], None);
    // One price of 2.505 is 2.51 rounded half up.
    assert_eq!(
        found(&plain, "T01"),
        [("t".to_owned(), "2.51".to_owned()), ("u".to_owned(), "2.51".to_owned())]
    );
    let codes = |fields: Value, time: &str| {
        let mut lines = sales.to_vec();
        lines.push(back("0", time, fields));
        keys(&judge(&lines, &[], None), "T01")
    };
    // The latest sale loses one of two packs and code t; the earlier one would be gone with both codes.
    assert_eq!(codes(json!({}), "2024-03-02 10:00:00"), ["u"]);
    assert!(codes(json!({}), "2024-03-02 09:59:59").is_empty());
    assert!(codes(json!({"return_of": "1"}), "2024-01-01 00:00:00").is_empty());
    assert_eq!(codes(json!({"return_of": "none"}), "2024-03-02 10:00:00"), ["t", "u"]);
    assert_eq!(codes(json!({"trace_codes": []}), "2024-03-02 10:00:00"), ["t", "u"]);
}

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
fn enrolment_covers_the_day_and_the_kind_of_insurance() {
    let enrolled = |fields: Value| {
        with(
            json!({"kind": "enrolment", "enrl_id": "e", "psn_no": "p", "insutype": "310", "insu_admdvs": "a",
            "status": "1", "begin": "2024-01-01", "end": "2024-03-09"}),
            fields,
        )
    };
    let settled = settlement("s", "v", "5");
    let count = |lines: &[Value]| keys(&judge(lines, &[], None), "E01").len();
    assert_eq!(
        judge(std::slice::from_ref(&settled), &[], None).coverage["E01"].not_judged["missing:enrolment"],
        1
    );
    assert_eq!(count(&[settled.clone(), enrolled(json!({}))]), 0);
    assert_eq!(count(&[settled.clone(), enrolled(json!({"end": "2024-03-08"}))]), 1);
    assert_eq!(count(&[settled.clone(), enrolled(json!({"status": "2"}))]), 1);
    assert_eq!(count(&[with(settled.clone(), json!({"insutype": "390"})), enrolled(json!({}))]), 1);
    assert_eq!(count(&[with(settled, json!({"insutype": "310"})), enrolled(json!({}))]), 0);
}

#[test]
fn a_visit_after_the_day_of_grace_is_nobodys() {
    let died =
        json!({"kind": "person_fact", "fact_id": "f", "psn_no": "p", "fact": "death", "begin": "2024-03-02"});
    let table = [("med_type", "code,class,valid_from,valid_to,source\n21,pharmacy,,2024-03-01,a\n")];
    for (day, is_found) in [("2024-03-03", false), ("2024-03-04", true)] {
        let visit = stay("v", "p", "h", &format!("{day} 00:00:00"), "2024-02-01 00:00:00");
        let expected = judge(&[died.clone(), visit.clone()], &[], None);
        assert_eq!(keys(&expected, "A01").len(), usize::from(is_found));
        // With a table of its own, a code without a row of that day is outpatient: no stay.
        assert_eq!(judge(&[visit], &table, None).coverage["A08"].judged, Some(0));
    }
}
