//! Sentences about how much and how often: D10, F08, S12, S18.

use serde_json::json;

use super::{alert, found, judge, keys, lacking, line, shown, stay, with};

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
fn a_course_has_its_days() {
    let table = [(
        "course_limit",
        "rule,item,max_days,valid_from,valid_to,source,reading\n\
        D10,x,3,,,a,\nD10,x,2,2024-03-05,2024-03-05,a,own\nS10,x,4,,,a,\n",
    )];
    let on = |number: &str, day: &str| line("v", number, "x", &format!("2024-03-{day} 10:00:00"), 1);
    let mut lines = vec![on("1", "04"), on("2", "02"), on("3", "02"), on("4", "03")];
    let kept = judge(&lines, &table, None);
    assert_eq!((keys(&kept, "D10").len(), kept.near["D10"]), (0, 1));
    lines.push(on("5", "05"));
    let expected = judge(&lines, &table, None);
    // The line of the 5th meets the stricter row: the 2nd and 3rd are kept.
    assert_eq!(found(&expected, "D10"), [("v x".to_owned(), "20.00".to_owned())]);
    assert_eq!(shown(&expected, "D10"), ["v/1", "v/2", "v/3", "v/4", "v/5"]);
    assert_eq!((&alert(&expected, "D10")["verdict"], keys(&expected, "S10").len()), (&json!("suspect"), 0));
    // Unsettled, the visit is bounded by its lines; the amount is laid on the lines beyond the limit only.
    assert_eq!(alert(&expected, "D10")["counted_amount"], "20.00");
}

#[test]
fn a_day_has_the_hours_of_the_stay() {
    let table = [("hour_item", "rule,item,valid_from,valid_to,source\nF08,x,,,a\n")];
    let lying = stay("v", "p", "h", "2024-03-02 20:30:00", "2024-03-04 02:00:01");
    let on = |day: &str, cnt: &str| {
        with(line("v", "1", "x", &format!("2024-03-{day} 10:00:00"), 1), json!({"cnt": cnt}))
    };
    for (day, most, beyond) in [
        ("01", "24", "24.5"),
        ("02", "4", "4.5"),
        ("03", "24", "24.5"),
        ("04", "3", "3.5"),
        ("05", "24", "24.5"),
    ] {
        let kept = judge(&[lying.clone(), on(day, most)], &table, None);
        assert_eq!((keys(&kept, "F08").len(), kept.near["F08"]), (0, 1), "{day}");
        let expected = judge(&[lying.clone(), on(day, beyond)], &table, None);
        assert_eq!(found(&expected, "F08"), [(format!("v x 2024-03-{day}"), "5.00".to_owned())]);
    }
    let open = with(lying.clone(), json!({"endtime": null}));
    assert!(keys(&judge(&[open, on("05", "24")], &table, None), "F08").is_empty());
    let backwards = with(lying.clone(), json!({"endtime": "2024-03-02 20:30:00"}));
    assert!(keys(&judge(&[backwards, on("02", "24")], &table, None), "F08").is_empty());
    let seen = with(lying, json!({"med_type": "11"}));
    assert_eq!(keys(&judge(&[seen, on("02", "25")], &table, None), "F08").len(), 1);
    assert_eq!(lacking(&judge(&[on("02", "1")], &table, None), "F08"), [("visit".to_owned(), 1)]);
}
