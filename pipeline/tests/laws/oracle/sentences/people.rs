//! Sentences about where a person can have been: A01 to A03, A06, A08, A11, M16.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{alert, found, judge, keys, pass, settlement, shown, stay, visit, with};

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
fn a_visit_strictly_inside_custody_is_nobodys() {
    let fact = |kind: &str, end: &str| json!({"kind": "person_fact", "fact_id": "f", "psn_no": "p", "fact": kind, "begin": "2024-03-02", "end": end});
    for (kind, rule, other) in [("custody", "A02", "A03"), ("abroad", "A03", "A02")] {
        for (day, end, is_found) in [
            ("02", "2024-03-05", false),
            ("03", "2024-03-05", true),
            ("04", "2024-03-05", true),
            ("05", "2024-03-05", false),
            ("30", "", true),
        ] {
            let seen = visit("v", "11", &format!("2024-03-{day} 23:00:00"));
            let expected = judge(&[fact(kind, end), seen, settlement("s", "v", "7.50")], &[], None);
            assert_eq!(keys(&expected, rule).len(), usize::from(is_found), "{kind} {day}");
            assert_eq!(expected.near[rule], u64::from(!is_found), "{kind} {day}");
            assert!(keys(&expected, other).is_empty());
            if is_found {
                assert_eq!(found(&expected, rule), [("v f".to_owned(), "7.50".to_owned())]);
                assert_eq!(shown(&expected, rule), ["f", "v"]);
            }
        }
    }
}

#[test]
fn a_fourth_outpatient_visit_of_a_day_is_one_too_many() {
    let on = |id: &str, med_type: &str, time: &str| visit(id, med_type, &format!("2024-03-{time}:00:00"));
    let mut lines = vec![
        on("a", "11", "02 00"),
        on("b", "99", "02 10"),
        on("c", "14", "02 23"),
        on("d", "41", "02 10"),
        on("e", "61", "02 10"),
        on("f", "52", "02 10"),
        on("g", "11", "03 00"),
        settlement("s1", "a", "5"),
        settlement("s2", "b", "3"),
        settlement("s3", "b", "2"),
        settlement("s4", "c", "1.20"),
    ];
    let three = judge(&lines, &[], None);
    assert_eq!((keys(&three, "M16").len(), three.near["M16"]), (0, 1));
    lines.push(with(on("h", "12", "02 10"), json!({"fixmedins_code": "i"})));
    let expected = judge(&lines, &[], None);
    // Visits a and b have 5.00 each: a is the first by key and left out.
    assert_eq!(found(&expected, "M16"), [("p 2024-03-02".to_owned(), "6.20".to_owned())]);
    assert_eq!(shown(&expected, "M16"), ["a", "b", "c", "h"]);
    assert_eq!(alert(&expected, "M16")["institution"], Value::Null);
    assert_eq!(alert(&expected, "M16")["subject"], json!({"type": "person", "id": "p"}));
}
