//! Sentences about stays: A04, A05, A14, A15, M15, M18.

use serde_json::{Value, json};

use super::{
    alert, found, institution, judge, judged, keys, lacking, line, settlement, shown, stay, visit, with,
};

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
fn who_lies_in_one_place_is_not_seen_in_another() {
    let lying = stay("v", "p", "h", "2024-03-02 08:00:00", "2024-03-05 08:00:00");
    let seen = |id: &str, institution: &str, day: &str| {
        with(visit(id, "11", &format!("2024-03-{day} 12:00:00")), json!({"fixmedins_code": institution}))
    };
    let mut lines = vec![
        lying,
        seen("a", "i", "02"),
        seen("b", "i", "03"),
        with(seen("c", "i", "04"), json!({"med_type": "41"})),
        seen("d", "i", "05"),
        seen("e", "h", "03"),
        with(seen("f", "i", "03"), json!({"psn_no": "q"})),
        with(seen("g", "i", "03"), json!({"med_type": "21", "endtime": "2024-03-03 12:00:00"})),
        settlement("s", "b", "9"),
    ];
    let expected = judge(&lines, &[], None);
    let both = [("v b".to_owned(), "9.00".to_owned()), ("v c".to_owned(), "0.00".to_owned())];
    // Seen on the first and on the last day; and whoever lies in i on the 3rd is seen in h that day.
    assert_eq!((found(&expected, "A04"), expected.near["A04"]), (both.to_vec(), 3));
    assert_eq!(alert(&expected, "A04")["institution"], "h");
    lines[0]["endtime"] = json!("");
    assert_eq!(keys(&judge(&lines, &[], None), "A04"), ["v b", "v c", "v d"]);
}

#[test]
fn days_with_nothing_but_the_bed() {
    let lying = stay("v", "p", "h", "2024-03-02 08:00:00", "2024-03-09 08:00:00");
    let on = |number: &str, day: &str, kind: &str| {
        with(line("v", number, "x", &format!("2024-03-{day} 12:00:00"), 1), json!({"med_chrgitm_type": kind}))
    };
    let mut lines = vec![
        lying,
        on("1", "02", "01"),
        on("2", "03", "01"),
        on("3", "03", "07"),
        on("4", "04", "01"),
        on("5", "04", "02"),
        on("6", "05", "02"),
        on("7", "06", "01"),
        on("8", "07", "01"),
        on("9", "10", "01"),
    ];
    let expected = judge(&lines, &[], None);
    assert_eq!(found(&expected, "A14"), [("v".to_owned(), "50.00".to_owned())]);
    assert_eq!(shown(&expected, "A14"), ["v/1", "v/2", "v/3", "v/4", "v/5", "v"]);
    lines.push(on("10", "08", "01"));
    assert_eq!(found(&judge(&lines, &[], None), "A14")[0].1, "80.00");
    // An absent type is another; a day without a bed ends the run; the 10th is after the end of the stay.
    lines.push(on("11", "07", ""));
    lines.push(on("12", "02", "09"));
    let none = judge(&lines, &[], None);
    assert_eq!(
        (keys(&none, "A14").len(), none.near["A14"], judged(&none, "A14")),
        (0, 1, (Some(1), Some(1)))
    );
    // Taken back, it is no line any more.
    lines.push(with(on("13", "20", ""), json!({"cnt": -1, "init_feedetl_sn": "11"})));
    assert_eq!(found(&judge(&lines, &[], None), "A14")[0].1, "30.00");
}

#[test]
fn more_stays_than_beds() {
    let begin = "2024-03-02 23:00:00";
    let end = "2024-03-04 01:00:00";
    let mut lines: Vec<Value> =
        (10..21).map(|number| stay(&number.to_string(), &number.to_string(), "h", begin, end)).collect();
    lines.push(institution("h", json!({"beds": 10})));
    // Eleven are ten beds times 1.1.
    let full = judge(&lines, &[], None);
    assert_eq!((keys(&full, "A15").len(), full.near["A15"]), (0, 2));
    lines.push(stay("30", "q", "h", "2024-03-03 23:59:59", ""));
    let expected = judge(&lines, &[], None);
    assert_eq!(keys(&expected, "A15"), ["h 2024-03-03"]);
    let alert = alert(&expected, "A15");
    assert_eq!((&alert["occurred"], &alert["institution"]), (&json!("2024-03-03 00:00:00"), &json!("h")));
    assert_eq!(shown(&expected, "A15"), ["h"]);
    lines[11]["beds"] = json!(0);
    assert!(keys(&judge(&lines, &[], None), "A15").is_empty());
}

#[test]
fn back_within_a_fortnight_for_the_same() {
    let lying = |id: &str, begin: &str, end: &str, diags: Value| {
        let end = if end.is_empty() { String::new() } else { format!("2024-03-{end} 23:00:00") };
        with(stay(id, "p", "h", &format!("2024-03-{begin} 01:00:00"), &end), json!({"diags": diags}))
    };
    let main = |code: &str| json!([{"diag_code": code, "maindiag_flag": "1"}]);
    let many = json!([
        {"diag_code": "K35", "maindiag_flag": true}, {"diag_code": "I10", "diag_srt_no": 0},
        {"diag_code": "J18.9", "maindiag_flag": "1", "diag_srt_no": 2},
        {"diag_code": "E11", "maindiag_flag": "1", "diag_srt_no": "2"},
    ]);
    let judge_pair = |first_end: &str, first: Value, second_begin: &str, second: Value| {
        let lines = [
            lying("a", "01", first_end, first),
            lying("b", second_begin, "", second),
            settlement("s", "b", "4"),
        ];
        judge(&lines, &[], None)
    };
    let same = || (many.clone(), main("J18.0"));
    for (first_end, second_begin, is_found) in
        [("04", "04", true), ("04", "19", true), ("04", "20", false), ("05", "04", false)]
    {
        let (first, second) = same();
        let expected = judge_pair(first_end, first, second_begin, second);
        assert_eq!(keys(&expected, "M15").len(), usize::from(is_found), "{first_end} {second_begin}");
        assert_eq!(expected.near["M15"], u64::from(!is_found));
    }
    let (first, second) = same();
    let expected = judge_pair("04", first, "10", second);
    assert_eq!(found(&expected, "M15"), [("a b".to_owned(), "4.00".to_owned())]);
    let lacks = |end: &str, first: Value, begin: &str, second: Value| {
        lacking(&judge_pair(end, first, begin, second), "M15").into_iter().map(|(reason, _)| reason).next()
    };
    let none = || json!([{"diag_code": "J18"}]);
    assert_eq!(lacks("", main("J18"), "10", none()).as_deref(), Some("endtime"));
    assert_eq!(lacks("", main("J18"), "10", main("J19")), None);
    assert_eq!(lacks("04", main("J18"), "10", none()).as_deref(), Some("diags"));
    assert_eq!(lacks("04", json!(null), "30", none()), None);
}

#[test]
fn four_stays_in_ninety_days() {
    let from = |id: &str, begin: &str| stay(id, "p", "h", begin, begin);
    // 90 days before 31 March 2024, 10:00, lies 1 January, 10:00.
    let lines = |first: &str| {
        [
            from("a", first),
            from("b", "2024-02-01 10:00:00"),
            from("c", "2024-03-31 10:00:00"),
            from("d", "2024-03-31 10:00:00"),
            settlement("s", "c", "3"),
        ]
    };
    let edge = judge(&lines("2024-01-01 10:00:00"), &[], None);
    assert_eq!((keys(&edge, "M18").len(), edge.near["M18"]), (0, 2));
    let expected = judge(&lines("2024-01-01 10:00:01"), &[], None);
    assert_eq!(
        found(&expected, "M18"),
        [("c".to_owned(), "3.00".to_owned()), ("d".to_owned(), "0.00".to_owned())]
    );
    assert_eq!(shown(&expected, "M18"), ["a", "b", "c", "d"]);
    assert_eq!(judged(&expected, "M18"), (Some(4), Some(2)));
}
