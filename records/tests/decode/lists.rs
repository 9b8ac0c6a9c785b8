//! Lists of texts and of records.

use records::decode::{Code, Decoder};

use super::support::{
    DISPENSING, INSTITUTION, PRESCRIPTION, PURCHASE, VISIT, code, content, decode, value, with,
};

#[test]
fn a_list_may_be_empty_which_is_not_absent() {
    for (line, field) in [
        (VISIT, "diags"),
        (VISIT, "oprns"),
        (INSTITUTION, "agreements"),
        (DISPENSING, "trace_codes"),
        (PURCHASE, "trace_codes"),
    ] {
        assert_eq!(value(&with(line, field, " [ ] "), field), "[]");
        content(line, field, "[]", "null", false);
        for bad in ["{}", "\"[]\"", "1", "true", "\"x\"", "{\"0\":1}"] {
            assert_eq!(code(with(line, field, bad)), Code::BadValue, "{bad}");
        }
    }
    assert_eq!(value(&with(PRESCRIPTION, "lines", "[]"), "lines"), "[]");
}

#[test]
fn elements_lack_nothing_and_are_neither_null_nor_empty() {
    let diags = |list: &str| with(VISIT, "diags", list);
    for (list, expected) in [
        (r#"[{"maindiag_flag":"1"}]"#, Code::MissingField),
        (r#"[{"diag_code":null}]"#, Code::MissingField),
        (r#"[{"diag_code":""}]"#, Code::MissingField),
        (r#"[{"x":1}]"#, Code::MissingField),
        ("[null]", Code::BadValue),
        ("[{}]", Code::MissingField),
        (r#"[""]"#, Code::BadValue),
        ("[[]]", Code::BadValue),
        ("[1]", Code::BadValue),
        (r#"["I10"]"#, Code::BadValue),
        (r#"[{"diag_code":"I10"},null]"#, Code::BadValue),
        ("[true]", Code::BadValue),
        (r#"[null,{"maindiag_flag":"1"}]"#, Code::BadValue),
        (r#"[{"maindiag_flag":"1"},null]"#, Code::MissingField),
        (r#"[{"diag_code":["I10"]}]"#, Code::BadValue),
        (r#"[{"diag_code":"I10","diag_srt_no":1.5}]"#, Code::BadValue),
        (r#"[{"diag_code":"I10","maindiag_flag":2}]"#, Code::BadValue),
    ] {
        assert_eq!(code(diags(list)), expected, "{list}");
    }
    let fault = decode(diags(r#"[{"diag_code":"I10"},{"diag_code":5}]"#)).unwrap_err();
    assert_eq!(fault.text, "visit.diags[1].diag_code: 5 is not a string");
    assert_eq!(
        value(
            &diags(
                r#"[{"x":[{"diag_code":1}],"diag_code":"I10","y":{}},{"diag_srt_no":2,"diag_code":"J","maindiag_flag":true}]"#
            ),
            "diags"
        ),
        r#"[Text("I10"), Int(0), Absent, Text("J"), Int(1), Int(2)]"#
    );
    content(
        VISIT,
        "diags",
        r#"[{"diag_code":"A"},{"diag_code":"B"}]"#,
        r#"[{"diag_code":"B"},{"diag_code":"A"}]"#,
        false,
    );
    content(
        VISIT,
        "diags",
        r#"[{"diag_code":"A"}]"#,
        r#"[{"name":"x","maindiag_flag":"0","diag_srt_no":null,"diag_code":"A"}]"#,
        true,
    );
    content(
        VISIT,
        "diags",
        r#"[{"diag_code":"A","diag_srt_no":1}]"#,
        r#"[{"diag_code":"A","diag_srt_no":"1.0"}]"#,
        true,
    );
}

#[test]
fn lists_may_be_long() {
    let list = |element: &str| format!("[{}]", vec![element; 20_000].join(","));
    for (line, field, element, values) in [
        (VISIT, "oprns", r#"{"oprn_code":"x"}"#.to_owned(), 5),
        (VISIT, "diags", r#"{"diag_code":"I10 is a code of more than sixteen bytes"}"#.to_owned(), 3),
        (
            PRESCRIPTION,
            "lines",
            r#"{"line_no":1e3,"med_list_codg":"X","cnt":2,"sin_dos":1e20}"#.to_owned(),
            7,
        ),
        (PURCHASE, "trace_codes", r#""t""#.to_owned(), 1),
    ] {
        let line = with(line, field, &list(&element));
        let count = Decoder::new().decode(line.as_bytes(), |change| change.elements.len());
        assert_eq!(count, Ok(20_000 * values), "{field}");
    }
}

#[test]
fn an_empty_trace_code_is_no_code() {
    let codes = |list: &str| with(DISPENSING, "trace_codes", list);
    assert_eq!(value(&codes(r#"["a","","b"]"#), "trace_codes"), r#"[Text("a"), Text("b")]"#);
    assert_eq!(value(&codes(r#"["a\u0062"]"#), "trace_codes"), r#"[Text("ab")]"#);
    content(DISPENSING, "trace_codes", r#"["a","","b"]"#, r#"["a","b"]"#, true);
    content(DISPENSING, "trace_codes", r#"[""]"#, "[]", true);
    content(DISPENSING, "trace_codes", r#"["ab","c"]"#, r#"["a","bc"]"#, false);
    content(DISPENSING, "trace_codes", r#"["a","b"]"#, r#"["b","a"]"#, false);
    for bad in ["[null]", "[1]", "[[]]", "[{}]", "[true]", r#"["a",null]"#] {
        assert_eq!(code(codes(bad)), Code::BadValue, "{bad}");
    }
}
