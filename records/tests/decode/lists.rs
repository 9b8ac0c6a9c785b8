//! Lists of texts and of records.

use records::decode::{Code, Decoder};

use super::support::{
    DISPENSING, INSTITUTION, PRESCRIPTION, PURCHASE, VISIT, code, content, decode, good, value, with,
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
        for bad in ["{}", "1", "true", "{\"0\":1}"] {
            assert_eq!(code(with(line, field, bad)), Code::BadValue, "{bad}");
        }
        // Of codes a text is one or several.
        for bad in ["\"[]\"", "\"x\""].into_iter().filter(|_| field != "trace_codes") {
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
    for bad in ["[null]", "[1]", "[[]]", "[true]", r#"["a",null]"#, "1", "true"] {
        assert_eq!(code(codes(bad)), Code::BadValue, "{bad}");
    }
    assert_eq!(code(codes("[{}]")), Code::MissingField);
}

#[test]
fn codes_are_told_apart_however_they_are_written() {
    let codes = |list: &str| value(&with(DISPENSING, "trace_codes", list), "trace_codes");
    let two = r#"[Text("81A"), Text("82-B/1")]"#;
    for same in [
        r#"["81A","82-B/1"]"#,
        r#""81A,82-B/1""#,
        r#""81A;82-B/1""#,
        r#""81A|82-B/1""#,
        r#""81A，82-B/1""#,
        r#""81A；82-B/1""#,
        r#""81A、82-B/1""#,
        r#"" 81A 82-B/1 ""#,
        r#""81A\t\r\n82-B/1\n""#,
        r#""81A\u3000\u00a082-B/1""#,
        r#"",81A,,;82-B/1|""#,
        r#"["81A,82-B/1",""," "]"#,
        r#"[{"drug_trac_codg":"81A"},{"x":[1,{"drug_trac_codg":9}],"drug_trac_codg":" 82-B/1 "}]"#,
        r#"[{"drug_trac_codg":"81A 82-B/1"}]"#,
        r#"["81A",{"drug_trac_codg":"82-B/1"}]"#,
    ] {
        assert_eq!(codes(same), two, "{same}");
        content(DISPENSING, "trace_codes", same, r#"["81A","82-B/1"]"#, true);
        // The national name, which counts where ours has nothing.
        let national = with(DISPENSING, "drugtracinfo", same);
        assert_eq!(value(&national, "trace_codes"), two, "{same}");
        let seen = good(&national);
        assert_eq!((seen.hash, seen.unknown), (good(with(DISPENSING, "trace_codes", same)).hash, 0));
        assert_eq!(value(&with(&national, "trace_codes", "\"\""), "trace_codes"), two);
        assert_eq!(value(&with(&national, "trace_codes", "\"Z\""), "trace_codes"), r#"[Text("Z")]"#);
        assert_eq!(value(&with(&national, "trace_codes", "[]"), "trace_codes"), "[]");
    }
    assert_eq!(codes("\" \""), "Absent");
    assert_eq!(codes("\",;\""), "[]");
    // Where it is no list of the kind it is a field that nobody knows.
    assert_eq!(good(with(VISIT, "drugtracinfo", "[7]")).unknown, 1);
    assert_eq!(good(with(DISPENSING, "drug_trac_codg", "[7]")).unknown, 1);
    for (bad, fault) in [
        (r#"[{"drug_trac_codg":""}]"#, "dispensing.drugtracinfo[0].drug_trac_codg is missing"),
        (r#"["a",{"drug_trac_codg":1}]"#, "dispensing.drugtracinfo[1].drug_trac_codg: 1 is not a string"),
        ("[null]", "dispensing.drugtracinfo[0] is null"),
        ("7", "dispensing.drugtracinfo: 7 is not a list"),
    ] {
        assert_eq!(decode(with(DISPENSING, "drugtracinfo", bad)).unwrap_err().text, fault);
    }
}

#[test]
fn a_text_of_many_codes_is_many_codes() {
    for (code, separator) in [("a", ","), ("8", " "), ("c".repeat(200).as_str(), "、")] {
        let text = vec![code; 20_000].join(separator);
        let line = with(PURCHASE, "trace_codes", &format!("\"{text}\""));
        let list =
            with(PURCHASE, "trace_codes", &format!("[{}]", vec![format!("\"{code}\""); 20_000].join(",")));
        let count = Decoder::new().decode(line.as_bytes(), |change| change.elements.len());
        assert_eq!(count, Ok(20_000), "{code}");
        assert_eq!(good(line).hash, good(list).hash);
    }
}
