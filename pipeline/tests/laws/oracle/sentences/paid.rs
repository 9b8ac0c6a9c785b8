//! Sentences about what the fund paid, what is planned, what is no code, and what may lack on a day.

use serde_json::{Value, json};

use super::{
    found, institution, judge, judged, keys, lacking, line, pass, person, sale, settlement, stay, with,
};

#[test]
fn payment_policy_speaks_of_what_the_fund_paid() {
    let tables = [
        (
            "age_limit",
            "rule,item,unit,max,valid_from,valid_to,source\nD06,x,days,28,,,a\nH02,x,days,28,,,a\n",
        ),
        ("course_limit", "rule,item,max_days,valid_from,valid_to,source\nD10,x,1,,,a\n"),
    ];
    let of = |number: &str, day: u32, fields: Value| {
        with(line("v", number, "x", &format!("2024-03-0{day} 10:00:00"), 1), fields)
    };
    let lines = [
        person("1", "1980-01-01"),
        with(settlement("s", "v", "5"), json!({"refd_setl_flag": "1"})),
        of("1", 1, json!({"fund_amt": "0"})),
        of("2", 2, json!({"fund_amt": null})),
        of("3", 3, json!({"fund_amt": null, "setl_id": "s"})),
        of("4", 4, json!({"setl_id": "s"})),
        of("5", 5, json!({"setl_id": "never"})),
        with(of("6", 5, json!({"fund_amt": "-8"})), json!({"cnt": -1, "init_feedetl_sn": "7"})),
        with(of("7", 6, json!({})), json!({"cnt": 2})),
    ];
    let expected = judge(&lines, &tables, None);
    // What is reversed to nothing by the fund is as good as never paid.
    assert_eq!(keys(&expected, "D06"), ["v 2", "v 5"]);
    assert_eq!(keys(&expected, "H02").len(), 6, "a rule that is not about payment");
    assert_eq!(judged(&expected, "D06"), (Some(6), Some(4)));
    // Two days count, the second is too many: 10 yuan.
    assert_eq!(found(&expected, "D10"), [("v x".to_owned(), "10.00".to_owned())]);
    let nobody = judge(&lines[1..4], &tables, None);
    assert_eq!(lacking(&nobody, "D06"), [("person".to_owned(), 1)], "an unpaid line asks for nobody");
    let free = judge(&[settlement("s", "v", "0"), settlement("t", "v", "0.01")], &[], None);
    assert_eq!(lacking(&free, "E01"), [("enrolment".to_owned(), 1)]);
    assert_eq!(lacking(&free, "E11"), [("institution".to_owned(), 1)]);
}

#[test]
fn staff_who_come_to_work_are_no_patients() {
    let bed = stay("v", "p", "h", "2024-03-02 10:00:00", "2024-03-05 10:00:00");
    let sign_in = with(pass("1", "p", "h", "2024-03-02 09:00:00"), json!({"scene": "sign_in"}));
    let none = judge(&[bed.clone(), sign_in.clone()], &[], None);
    assert_eq!(lacking(&none, "A08"), [("presence".to_owned(), 1)]);
    let other = pass("2", "q", "h", "2024-03-02 09:00:00");
    assert_eq!(keys(&judge(&[bed, sign_in, other], &[], None), "A08"), ["v"]);
}

#[test]
fn cycles_are_planned() {
    let table = [("planned_stay", "prefix,valid_from,valid_to,source\nZ51,,2024-03-20,a\n")];
    let main = |id: &str, day: u32, code: &str| {
        with(
            stay(id, "p", "h", &format!("2024-03-{day:02} 10:00:00"), &format!("2024-03-{day:02} 18:00:00")),
            json!({"diags": [{"diag_code": code, "maindiag_flag": "1"}]}),
        )
    };
    let cycles: Vec<Value> = [1, 8, 15, 20, 21].map(|day| main(&format!("v{day:02}"), day, "Z51.1")).to_vec();
    let planned = judge(&cycles, &table, None);
    assert_eq!(keys(&planned, "M15"), ["v20 v21"]);
    assert_eq!(keys(&planned, "M18"), ["v21"]);
    let unplanned = judge(&cycles, &[], None);
    assert_eq!((keys(&unplanned, "M15").len(), keys(&unplanned, "M18").len()), (4, 2));
}

#[test]
fn a_filler_is_no_code_and_herbs_need_none() {
    let tables = [
        (
            "filler",
            "field,value,valid_from,valid_to,source\ntrace_code,*E+*,,,a\ntrace_code,NONE,,,a\ninvoice,0*,,,a\n",
        ),
        ("no_trace_code", "prefix,valid_from,valid_to,source\nherb,,,a\n*,,2024-03-01,a\n"),
    ];
    let time = "2024-03-02 10:00:00";
    let herb = with(sale("3", "h", time, 1, &[]), json!({"med_list_codg": "herbal"}));
    let before = sale("4", "h", "2024-03-01 10:00:00", 1, &[]);
    let billed = |id: &str, code: &str, no: &str| {
        with(settlement(id, id, "5"), json!({"bill_code": code, "bill_no": no}))
    };
    let lines = [
        sale("1", "h", time, 1, &["8.1e+19"]),
        sale("2", "i", time, 1, &["none", "8.1e+19"]),
        herb,
        before,
        billed("s", "b", "000"),
        billed("t", "b", "000"),
    ];
    let expected = judge(&lines, &tables, None);
    assert_eq!(keys(&expected, "T04"), ["1", "2"]);
    assert_eq!((keys(&expected, "T01").len(), keys(&expected, "F01").len()), (0, 0));
    let without = judge(&lines, &[], None);
    assert_eq!(
        (keys(&without, "T01"), keys(&without, "F01")),
        (vec!["8.1e+19".to_owned()], vec!["b 000".to_owned()])
    );
}

#[test]
fn who_paid_is_told_by_the_settlement() {
    let unsaid =
        with(sale("1", "h", "2024-03-02 10:00:00", 1, &[]), json!({"mdtrt_setl_type": null, "setl_id": "s"}));
    let alone = judge(std::slice::from_ref(&unsaid), &[], None);
    assert_eq!(lacking(&alone, "T04"), [("mdtrt_setl_type".to_owned(), 1)]);
    assert_eq!(keys(&judge(&[unsaid, settlement("s", "v", "5")], &[], None), "T04"), ["1"]);
}

#[test]
fn what_was_bought_without_codes_tells_nothing_of_them() {
    let bought = |id: &str, codes: &[&str]| {
        json!({"kind": "purchase", "purc_id": id, "move": "purchase", "fixmedins_code": "h", "med_list_codg": "drug",
            "cnt": 1, "stoin_time": "2024-03-01 10:00:00", "trace_codes": codes})
    };
    let sold = sale("1", "h", "2024-03-02 10:00:00", 1, &["a"]);
    let uncoded = judge(&[bought("1", &[]), sold.clone()], &[], None);
    assert_eq!(
        (keys(&uncoded, "T05").len(), lacking(&uncoded, "T05")),
        (0, vec![("trace_codes".to_owned(), 1)])
    );
    assert_eq!(keys(&judge(&[bought("1", &[]), bought("2", &["b"]), sold], &[], None), "T05"), ["h a"]);
}

#[test]
fn a_tolerance_by_item_holds_on_its_days_also_without_a_movement() {
    let table = [(
        "stock_tolerance",
        "prefix,tolerance,units,valid_from,valid_to,source\nd,1,0,,,a\ndr,0,1,2024-03-05,2024-03-06,a\ndr,0,2,2024-03-05,2024-03-06,a\n",
    )];
    let lines = [
        institution("h", json!({})),
        json!({"kind": "purchase", "purc_id": "1", "move": "purchase", "fixmedins_code": "h", "med_list_codg": "drug",
            "cnt": 10, "stoin_time": "2024-03-01 10:00:00"}),
        sale("1", "h", "2024-03-02 10:00:00", 15, &[]),
    ];
    // 15 of 10: within as much again, but from 5 March on only one may lack: 4 × 2.505 = 10.02.
    let on = |as_of: &str| found(&judge(&lines, &table, Some(as_of)), "G02");
    assert_eq!(on("2024-03-04 23:59:59"), []);
    assert_eq!(on("2024-03-05"), [("h drug".to_owned(), "10.02".to_owned())]);
    assert_eq!(on("2025-03-05"), [("h drug".to_owned(), "10.02".to_owned())]);
    let expected = judge(&lines, &table, Some("2025-03-05"));
    assert_eq!(super::alert(&expected, "G02")["occurred"], "2024-03-05 00:00:00");
    // Without the table: 15 − (10 × 1.05 + 2) = 2.5.
    assert_eq!(found(&judge(&lines, &[], None), "G02"), [("h drug".to_owned(), "6.26".to_owned())]);
}
