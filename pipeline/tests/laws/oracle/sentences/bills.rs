//! Sentences about settlements and enrolments: E01, E03, E11.

use serde_json::{Value, json};

use super::{alert, found, institution, judge, judged, keys, lacking, settlement, shown, with};

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
fn two_enrolments_share_a_day() {
    let enrolled = |id: &str, fields: Value| {
        with(
            json!({"kind": "enrolment", "enrl_id": id, "psn_no": "p", "insutype": "310", "insu_admdvs": "a",
                "status": "1", "begin": "2024-01-01", "end": "2024-03-09"}),
            fields,
        )
    };
    let beside = |fields: Value| judge(&[enrolled("b", json!({})), enrolled("a", fields)], &[], None);
    let found = beside(json!({"insutype": "390", "begin": "2024-03-09", "end": ""}));
    assert_eq!(keys(&found, "E03"), ["a b"]);
    let alert = alert(&found, "E03");
    assert_eq!((&alert["occurred"], &alert["institution"]), (&json!("2024-03-09 00:00:00"), &Value::Null));
    assert_eq!((&alert["subject"]["type"], shown(&found, "E03")), (&json!("enrolment"), vec!["a", "b"]));
    assert_eq!(keys(&beside(json!({"insu_admdvs": "b"})), "E03").len(), 1);
    for near in [
        json!({}),
        json!({"insutype": "390", "begin": "2024-03-10", "end": ""}),
        json!({"insutype": "390", "begin": "2024-02-09", "end": "2024-02-08"}),
    ] {
        let expected = beside(near);
        assert_eq!((keys(&expected, "E03").len(), expected.near["E03"]), (0, 1));
    }
    for other in [
        json!({"insutype": "340"}),
        json!({"insutype": "390", "status": "2"}),
        json!({"insutype": "390", "psn_no": "q"}),
    ] {
        assert_eq!((keys(&beside(other.clone()), "E03").len(), beside(other).near["E03"]), (0, 0));
    }
}

#[test]
fn an_agreement_covers_the_day() {
    let with_agreements = |agreements: Value| {
        judge(&[settlement("s", "v", "5"), institution("h", json!({"agreements": agreements}))], &[], None)
    };
    for (agreements, is_found) in [
        (json!([{"status": "1", "begin": "2024-03-09"}]), false),
        (json!([{"status": "1", "begin": "2024-03-10"}]), true),
        (json!([{"status": "1", "begin": "2020-01-01", "end": "2024-03-09"}]), false),
        (
            json!([{"status": "1", "begin": "2020-01-01", "end": "2024-03-08"}, {"status": "0", "begin": "2020-01-01"}]),
            true,
        ),
    ] {
        let expected = with_agreements(agreements);
        assert_eq!(
            (keys(&expected, "E11").len(), expected.near["E11"]),
            (usize::from(is_found), u64::from(!is_found))
        );
        if is_found {
            assert_eq!(found(&expected, "E11"), [("s".to_owned(), "5.00".to_owned())]);
            assert_eq!(shown(&expected, "E11"), ["h", "s"]);
        }
    }
    for none in [json!([]), json!(null)] {
        assert_eq!(lacking(&with_agreements(none), "E11"), [("agreements".to_owned(), 1)]);
    }
    let nowhere = judge(&[settlement("s", "v", "5"), settlement("t", "v", "-5")], &[], None);
    assert_eq!(
        (lacking(&nowhere, "E11"), judged(&nowhere, "E11")),
        (vec![("institution".to_owned(), 1)], (Some(0), Some(0)))
    );
}
