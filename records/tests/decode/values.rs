//! Values: codes, amounts, numbers, flags, moments and days.

use records::Kind;
use records::decode::Code;
use records::schema::fields;

use super::support::{
    ALL, DISPENSING, ENROLMENT, FEE_LINE, INSTITUTION, INVOICE, LABEL, PERSON, PERSON_FACT, PRACTITIONER,
    PRESCRIPTION, PRESENCE, PURCHASE, SETTLEMENT, STOCK_CHANGE, STOCK_COUNT, VISIT, code, content, good,
    value, with,
};

#[test]
fn codes_and_ids_are_strings() {
    for bad in ["5", "true", "[]", "{}", "[\"x\"]", "1.5"] {
        for (line, field) in [
            (PERSON, "psn_no"),
            (PERSON, "addr_tok"),
            (VISIT, "med_type"),
            (FEE_LINE, "feedetl_sn"),
            (PERSON, "gend"),
        ] {
            assert_eq!(code(with(line, field, bad)), Code::BadValue, "{field} {bad}");
        }
    }
    assert_eq!(value(&with(PERSON, "tel_tok", "\" \""), "tel_tok"), "Absent");
}

#[test]
fn closed_lists_are_closed_and_the_others_open() {
    for (kind, line) in Kind::ALL.into_iter().zip(ALL) {
        for field in fields(kind) {
            if let records::schema::FieldType::Code(list) = field.ty {
                for (position, code) in list.iter().enumerate() {
                    assert_eq!(
                        value(&with(line, field.name, &format!("\"{code}\"")), field.name),
                        format!("Int({position})")
                    );
                }
                assert_eq!(code(with(line, field.name, "\"x\"")), Code::BadValue);
                assert_eq!(code(with(line, field.name, &format!("\"{}.\"", list[0]))), Code::BadValue);
                assert_eq!(
                    value(&with(line, field.name, &format!("\" {}\"", list[0])), field.name),
                    "Int(0)"
                );
            }
        }
    }
    let closed = [
        (INSTITUTION, "fixmedins_type", "4"),
        (PRACTITIONER, "prac_psn_type", "clerk"),
        (PERSON, "gend", "3"),
        (PERSON_FACT, "fact", "birth"),
        (ENROLMENT, "status", "0"),
        (FEE_LINE, "list_type", "103"),
        (PRESCRIPTION, "state", "red"),
        (DISPENSING, "move", "purchase"),
        (PURCHASE, "move", "sale"),
        (STOCK_CHANGE, "inv_chg_type", "108"),
        (PRESENCE, "scene", "sleep"),
        (PRESENCE, "result", "ok"),
        (INVOICE, "state", "issued"),
        (LABEL, "subject_type", "group"),
        (LABEL, "decision", "yes"),
    ];
    for (line, field, other) in closed {
        assert_eq!(code(with(line, field, &format!("\"{other}\""))), Code::BadValue, "{field}");
    }
    let open = [
        (INSTITUTION, "hosp_lv"),
        (PRACTITIONER, "title_lv"),
        (ENROLMENT, "insutype"),
        (ENROLMENT, "insu_admdvs"),
        (VISIT, "med_type"),
        (FEE_LINE, "med_chrgitm_type"),
        (DISPENSING, "mdtrt_setl_type"),
        (LABEL, "source"),
        (PRESENCE, "method"),
        (SETTLEMENT, "insuplc_admdvs"),
    ];
    for (line, field) in open {
        assert_eq!(value(&with(line, field, "\"any\""), field), "Text(\"any\")");
    }
    assert_eq!(
        code(with(PRESCRIPTION, "lines", r#"[{"line_no":1,"med_list_codg":"X","cnt":1,"list_type":"9"}]"#)),
        Code::BadValue
    );
    assert_eq!(
        code(with(INSTITUTION, "agreements", r#"[{"status":"3","begin":"2020-01-01"}]"#)),
        Code::BadValue
    );
    for bad in ["\"44010\"", "\"4401000\"", "\"44010x\"", "\"４４０１００\"", "440100"] {
        assert_eq!(code(with(INSTITUTION, "admdvs", bad)), Code::BadValue, "{bad}");
    }
}

#[test]
fn money_is_exact_with_two_places() {
    for (text, fen) in [
        ("12", 1_200_i64),
        ("\"12\"", 1_200),
        ("12.30", 1_230),
        ("\"12.3\"", 1_230),
        ("12.3400000", 1_234),
        ("1.234e1", 1_234),
        ("\"1234E-2\"", 1_234),
        ("-0.05", -5),
        ("0", 0),
        ("-0", 0),
        ("\"-0.000\"", 0),
        ("999999999999.99", 99_999_999_999_999),
        ("\"-999999999999.99\"", -99_999_999_999_999),
        ("0.07", 7),
        ("1e-2", 1),
        ("0e999999999999999999999", 0),
    ] {
        assert_eq!(
            value(&with(SETTLEMENT, "medfee_sumamt", text), "medfee_sumamt"),
            format!("Int({fen})"),
            "{text}"
        );
    }
    for bad in
        ["12.345", "\"0.001\"", "1e-3", "1000000000000", "\"1e12\"", "-1000000000000.00", "1e400", "1e-400"]
    {
        assert_eq!(code(with(SETTLEMENT, "medfee_sumamt", bad)), Code::BadAmount, "{bad}");
        assert_eq!(code(with(SETTLEMENT, "acct_pay", bad)), Code::BadAmount, "{bad}");
    }
    for bad in [
        "\"+1\"",
        "\"1 1\"",
        "\"01\"",
        "\".5\"",
        "\"5.\"",
        "\"1,000\"",
        "\"1e\"",
        "\"NaN\"",
        "\"１\"",
        "\"x\"",
        "true",
        "[]",
        "{}",
        "[1]",
        "\"0x10\"",
        "\"Infinity\"",
        "\"¥1\"",
    ] {
        assert_eq!(code(with(SETTLEMENT, "medfee_sumamt", bad)), Code::BadValue, "{bad}");
    }
}

#[test]
fn prices_have_six_places_and_quantities_four() {
    assert_eq!(value(&with(FEE_LINE, "pric", "0.000001"), "pric"), "Int(1)");
    assert_eq!(
        value(&with(DISPENSING, "finl_trns_pric", "\"12.345678\""), "finl_trns_pric"),
        "Int(12345678)"
    );
    assert_eq!(value(&with(FEE_LINE, "cnt", "-0.0001"), "cnt"), "Int(-1)");
    assert_eq!(value(&with(FEE_LINE, "cnt", "999999999999.9999"), "cnt"), "Int(9999999999999999)");
    for (line, field, bad) in [
        (FEE_LINE, "pric", "0.0000001"),
        (FEE_LINE, "pric", "1e12"),
        (PURCHASE, "finl_trns_pric", "1.2345678"),
        (FEE_LINE, "cnt", "0.00001"),
        (FEE_LINE, "cnt", "-1e12"),
        (STOCK_COUNT, "inv_cnt", "\"0.00001\""),
        (LABEL, "amount", "0.001"),
        (INVOICE, "amount", "0.001"),
    ] {
        assert_eq!(code(with(line, field, bad)), Code::BadAmount, "{field} {bad}");
    }
}

#[test]
fn quantities_that_must_be_positive_are() {
    for line in [DISPENSING, PURCHASE, STOCK_CHANGE] {
        for bad in ["0", "-1", "\"0.0000\"", "-0.0001"] {
            assert_eq!(code(with(line, "cnt", bad)), Code::BadValue, "{bad}");
        }
        assert_eq!(value(&with(line, "cnt", "0.0001"), "cnt"), "Int(1)");
    }
    for bad in ["0", "-2"] {
        assert_eq!(
            code(with(
                PRESCRIPTION,
                "lines",
                &format!(r#"[{{"line_no":1,"med_list_codg":"X","cnt":{bad}}}]"#)
            )),
            Code::BadValue
        );
        good(with(FEE_LINE, "cnt", bad));
    }
    for (line, field) in [
        (STOCK_COUNT, "inv_cnt"),
        (FEE_LINE, "pric"),
        (DISPENSING, "finl_trns_pric"),
        (PURCHASE, "finl_trns_pric"),
        (INSTITUTION, "beds"),
    ] {
        assert_eq!(code(with(line, field, "-1")), Code::BadValue, "{field}");
        assert_eq!(value(&with(line, field, "0"), field), "Int(0)");
        assert_eq!(value(&with(line, field, "-0"), field), "Int(0)");
    }
    good(with(INVOICE, "amount", "-1"));
    good(with(SETTLEMENT, "fund_pay_sumamt", "\"-1.00\""));
}

#[test]
fn an_integer_is_any_number_of_whole_value() {
    for (text, whole) in
        [("200", 200), ("\"200\"", 200), ("200.0", 200), ("2e2", 200), ("\"2.0E2\"", 200), ("2000e-1", 200)]
    {
        assert_eq!(value(&with(INSTITUTION, "beds", text), "beds"), format!("Int({whole})"), "{text}");
    }
    for bad in ["0.5", "\"1.5\"", "1e-1", "\"x\"", "\"+1\"", "true", "[]", "1e19", "\"1 0\""] {
        assert_eq!(code(with(INSTITUTION, "beds", bad)), Code::BadValue, "{bad}");
    }
    assert_eq!(value(&with(ENROLMENT, "cont_years", "-3"), "cont_years"), "Int(-3)");
}

#[test]
fn places_and_weights_are_numbers_compared_by_value() {
    for (line, field) in
        [(INSTITUTION, "lon"), (INSTITUTION, "lat"), (PRESENCE, "score"), (SETTLEMENT, "weight")]
    {
        assert_eq!(value(&with(line, field, "\"-113.26\""), field), "Number(-113.26)");
        assert_eq!(value(&with(line, field, "-0.0"), field), "Number(0.0)");
        content(line, field, "113.26", "\"1.13260e2\"", true);
        content(line, field, "0", "-0.0", true);
        content(line, field, "0.1", "0.10000000000000000001", false);
        content(line, field, "0", "null", false);
        for bad in ["\"x\"", "true", "[]", "\"+1\"", "1e400", "\"NaN\"", "\"1 1\""] {
            assert_eq!(code(with(line, field, bad)), Code::BadValue, "{bad}");
        }
    }
}

#[test]
fn some_fields_are_text_or_number_and_a_number_equals_its_text() {
    let line = |no: &str| {
        with(
            PRESCRIPTION,
            "lines",
            &format!(r#"[{{"line_no":{no},"med_list_codg":"X","cnt":1,"sin_dos":{no}}}]"#),
        )
    };
    for (one, other, same) in [
        ("1", "\"1\"", true),
        ("1.0", "\"1\"", true),
        ("1e2", "\"100\"", true),
        ("\"1.0\"", "1", true),
        ("\"01\"", "1", false),
        ("\"1 \"", "1", true),
        ("\"1 片\"", "\"1片\"", false),
        ("\"a\"", "\"b\"", false),
        ("0.50", "\"0.5\"", true),
        ("1e999", "1e998", false),
        ("\"一片\"", "\"\\u4e00片\"", true),
    ] {
        assert_eq!(good(line(one)).hash == good(line(other)).hash, same, "{one} {other}");
    }
    assert!(
        value(&line("1e2"), "lines")
            .starts_with(r#"[Text("100"), Text("X"), Absent, Int(10000), Text("100")"#)
    );
    assert!(value(&line("\"1 #\""), "lines").starts_with("[Text(\"1 #\")"));
    for bad in ["true", "[]", "{}", "[1]"] {
        assert_eq!(code(line(bad)), Code::BadValue, "{bad}");
    }
    assert_eq!(code(line("null")), Code::MissingField);
}

#[test]
fn flags_are_zero_one_or_booleans_and_zero_if_absent() {
    let flags = [
        (VISIT, "online_flag"),
        (SETTLEMENT, "refd_setl_flag"),
        (FEE_LINE, "hosp_appr_flag"),
        (PRESCRIPTION, "online_flag"),
        (DISPENSING, "rx_flag"),
        (DISPENSING, "trdn_flag"),
    ];
    for (line, field) in flags {
        for (text, flag) in [("\"0\"", 0), ("\"1\"", 1), ("false", 0), ("true", 1), ("null", 0), ("\"\"", 0)]
        {
            assert_eq!(value(&with(line, field, text), field), format!("Int({flag})"), "{text}");
        }
        assert_eq!(value(line, field), "Int(0)");
        content(line, field, "\"1\"", "true", true);
        content(line, field, "null", "\"0\"", true);
        content(line, field, "true", "false", false);
        for bad in ["1", "0", "\"true\"", "\"2\"", "\"01\"", "[]", "\"Y\""] {
            assert_eq!(code(with(line, field, bad)), Code::BadValue, "{bad}");
        }
    }
}

#[test]
fn times_are_compared_as_instants() {
    content(VISIT, "begntime", "\"2025-03-01 09:00:00\"", "\"2025-03-01T01:00:00Z\"", true);
    content(VISIT, "begntime", "\"2025-03-01 09:00:00\"", "\"2025-03-01 01:00:00.75z\"", true);
    content(VISIT, "begntime", "\"2025-03-01 09:00:00\"", "\"2025-03-01t11:00:00+10:00\"", true);
    content(VISIT, "begntime", "\"2025-03-01 09:00:00\"", "\"2025-03-01 09:00:01\"", false);
    for same in ["2025-03-01T09:00:00", "2025/3/1 9:00", "20250301090000", " 2025-03-01 09:00:00.5 "] {
        content(VISIT, "begntime", "\"2025-03-01 09:00:00\"", &format!("\"{same}\""), true);
    }
    for bad in [
        "\"2025-03-01\"",
        "\"2025-03-01 24:00:00\"",
        "\"2025-03-01 09:00:60\"",
        "\"1899-12-31 23:59:59\"",
        "\"2100-01-01 00:00:00\"",
        "\"2025-02-29 09:00:00\"",
        "20250301",
        "1740790800",
        "true",
        "\"2025-03-01 09\"",
        "\"2025-03-01 09:00:00 +0800\"",
    ] {
        assert_eq!(code(with(VISIT, "begntime", bad)), Code::BadValue, "{bad}");
        assert_eq!(code(with(LABEL, "decided_at", bad)), Code::BadValue, "{bad}");
    }
}

#[test]
fn dates_are_dates() {
    let dates = [
        (PERSON, "brdy"),
        (PERSON_FACT, "begin"),
        (PERSON_FACT, "end"),
        (ENROLMENT, "begin"),
        (ENROLMENT, "end"),
        (PRACTITIONER, "valid_begin"),
        (PRACTITIONER, "valid_end"),
        (LABEL, "period_begin"),
        (LABEL, "period_end"),
        (DISPENSING, "expy_end"),
        (PURCHASE, "expy_end"),
        (STOCK_COUNT, "invdate"),
    ];
    for (line, field) in dates {
        assert_eq!(value(&with(line, field, "\"1970-01-02\""), field), "Int(1)");
        assert_eq!(value(&with(line, field, "\"1900-01-01\""), field), "Int(-25567)");
        assert_eq!(value(&with(line, field, "\"2024-02-29\""), field), "Int(19782)");
        for bad in [
            "\"2025-03-01 00:00:01\"",
            "\"2025-03-01T00:00:00Z\"",
            "\"2025-02-29\"",
            "\"2100-01-01\"",
            "\"1899-12-31\"",
            "\"2025-3\"",
            "\"2025030\"",
            "20250301",
            "true",
            "\"2025-03-01Z\"",
        ] {
            assert_eq!(code(with(line, field, bad)), Code::BadValue, "{field} {bad}");
        }
    }
    for same in ["2025-03-01 00:00:00", "2025/3/1", "20250301", "2025-02-28T16:00:00.000Z"] {
        content(PERSON, "brdy", "\"2025-03-01\"", &format!("\"{same}\""), true);
    }
    assert_eq!(
        code(with(VISIT, "oprns", r#"[{"oprn_code":"1","oprn_date":"2025-03-01 00:00:01"}]"#)),
        Code::BadValue
    );
}

#[test]
fn white_space_around_a_text_is_not_part_of_it() {
    let white = ["", " ", "\t", "\u{a0}", "\u{3000}", " \u{3000}\t\u{a0} "];
    for (before, after) in white.iter().flat_map(|before| white.map(|after| (before, after))) {
        // As it stands in the line, and as an escape.
        for written in [
            format!("{before}T\u{e000}1{after}").replace('\t', "\\t"),
            format!("{before}T\u{e000}1{after}").replace('\t', "\\t").replace('\u{3000}', "\\u3000"),
        ] {
            let text = value(&with(PERSON, "tel_tok", &format!("\"{written}\"")), "tel_tok");
            assert_eq!(text, format!("{:?}", records::decode::Value::Text("T\u{e000}1")), "{written:?}");
        }
        let nothing = format!("{before}{after}").replace('\t', "\\t");
        assert_eq!(value(&with(PERSON, "tel_tok", &format!("\"{nothing}\"")), "tel_tok"), "Absent");
    }
    // Other characters begin and end with the same bytes, and other white space is part of a text.
    for kept in ["\u{c2}x\u{e0}", "\u{3001}x\u{4e00}", "\u{2003}x\u{2003}", "\\nx\\r", "x\u{1680}"] {
        let text = value(&with(PERSON, "tel_tok", &format!("\"{kept}\"")), "tel_tok");
        let kept: String = serde_free(kept);
        assert_eq!(text, format!("{:?}", records::decode::Value::Text(&kept)));
    }
    for required in [" ", "\u{3000}"] {
        assert_eq!(code(with(PERSON, "psn_no", &format!("\"{required}\""))), Code::MissingField);
    }
}

/// The text that the two escapes of these tests stand for.
fn serde_free(written: &str) -> String {
    written.replace("\\n", "\n").replace("\\r", "\r")
}
