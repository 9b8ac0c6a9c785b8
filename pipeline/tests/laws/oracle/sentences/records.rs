//! Which records stand, and what their money is: revisions, reversals, returns, counted_amount.

use serde_json::{Value, json};

use super::{found, judge, keys, line, sale, settlement, with};

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
fn a_line_on_a_refunded_settlement_is_not_paid() {
    let table = [("age_limit", "rule,item,unit,max,valid_from,valid_to,source\nD06,x,days,0,,,a\n")];
    let person = json!({"kind": "person", "psn_no": "p", "gend": "1", "brdy": "2000-01-01"});
    let paid = with(line("v", "1", "x", "2024-03-02 10:00:00", 1), json!({"setl_id": "s1"}));
    let refund = with(settlement("s2", "v", "-5"), json!({"medfee_sumamt": "-10", "orig_setl_id": "s1"}));
    let amounts = |lines: &[Value]| -> Vec<String> {
        found(&judge(lines, &table, None), "D06").into_iter().map(|(_, amount)| amount).collect()
    };
    assert_eq!(amounts(&[person.clone(), paid.clone()]), ["8.00"]);
    assert_eq!(amounts(&[person.clone(), paid.clone(), settlement("s1", "v", "5")]), ["8.00"]);
    assert!(amounts(&[person.clone(), paid.clone(), settlement("s1", "v", "5"), refund]).is_empty());
    let own = with(settlement("s1", "v", "5"), json!({"orig_setl_id": "s1"}));
    assert_eq!(amounts(&[person, paid, own]), ["8.00"]);
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
