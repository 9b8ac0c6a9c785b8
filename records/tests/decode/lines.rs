//! Lines as a whole: what is JSON, which kind, which operation, and which of several faults counts.

use records::Kind;
use records::decode::{Code, Op};
use records::schema::fields;

use super::support::{
    ALL, FEE_LINE, PERSON, SETTLEMENT, VISIT, all, code, decode, good, value, with, without,
};

#[test]
fn every_kind_is_taken() {
    for (kind, line) in Kind::ALL.into_iter().zip(ALL) {
        let seen = good(line);
        assert_eq!(
            (seen.kind, seen.op, seen.rev, seen.recv_time, seen.unknown),
            (kind, Op::Put, None, None, 0)
        );
        assert_eq!(seen.values.len(), fields(kind).len());
    }
}

#[test]
fn what_is_not_utf8_or_no_object_is_not_json() {
    assert_eq!(code(b"{\"kind\":\"person\",\"psn_no\":\"\xff\"}"), Code::NotJson);
    assert_eq!(code(b"{\"kind\":\"person\",\"psn_no\":\"\xed\xa0\x80\"}"), Code::NotJson);
    assert_eq!(code(b"{\"kind\":\"person\",\"psn_no\":\"\xc0\x80\"}"), Code::NotJson);
    assert_eq!(code(b"\xef\xbb\xbf{}"), Code::NotJson);
    all(
        Code::NotJson,
        &[
            "", " ", "[]", "1", "null", "\"kind\"", "{", "}", "{}{}", "{} x", "{}\u{0}", "{\u{a0}}", "{},",
            "{]", "[{}]", "true",
        ],
    );
}

#[test]
fn the_grammar_is_strict() {
    all(
        Code::NotJson,
        &[
            r#"{"a":1,}"#,
            r#"{,"a":1}"#,
            r#"{"a"}"#,
            r#"{"a":}"#,
            r#"{"a" 1}"#,
            r#"{"a":1 "b":2}"#,
            r#"{a:1}"#,
            r#"{'a':1}"#,
            r#"{"a":01}"#,
            r#"{"a":-01}"#,
            r#"{"a":+1}"#,
            r#"{"a":.5}"#,
            r#"{"a":5.}"#,
            r#"{"a":1e}"#,
            r#"{"a":1e+}"#,
            r#"{"a":-}"#,
            r#"{"a":0x1}"#,
            r#"{"a":NaN}"#,
            r#"{"a":Infinity}"#,
            r#"{"a":-Infinity}"#,
            r#"{"a":1.e2}"#,
            r#"{"a":tru}"#,
            r#"{"a":True}"#,
            r#"{"a":nul}"#,
            r#"{"a":truex}"#,
            r#"{"a":[1,]}"#,
            r#"{"a":[,1]}"#,
            r#"{"a":[1 2]}"#,
            r#"{"a":[1}"#,
            r#"{"a":{"b":1]}"#,
            r#"{"a":{"b":1,}}"#,
            r#"{"a":{,}}"#,
            r#"{"a":{1:1}}"#,
            r#"{"a":"#,
            r#"{"a":""#,
            r#"{"a":"\"#,
            r#"{"a":"\x"}"#,
            r#"{"a":"\u12"}"#,
            r#"{"a":"\u12g4"}"#,
            r#"{"a":"\u+123"}"#,
            r#"{"a":"\'"}"#,
            "{\"a\":\"tab\there\"}",
            "{\"a\":\"new\nline\"}",
            "{\"a\":\"nul\u{0}\"}",
            "{\"a\tb\":1}",
            "{\"a\":\"\u{1f}\"}",
            r#"{"a":1}}"#,
            r#"{"a":1}]"#,
            r#"{"a":1}//x"#,
            r#"{"a":/*x*/1}"#,
            r#"{"a":undefined}"#,
            "{\"a\":1\u{b}}",
            r#"{"a":1;}"#,
            r#"{"a":[[[[[1]]]]}"#,
            r#"{"a":1_0}"#,
            r#"{"a":1f}"#,
        ],
    );
    // Space is free where the grammar has it, and DEL and the characters after it are no control characters.
    let spaced = PERSON.replace(':', " \t:\r\n ").replace(',', " \n,\t ");
    assert_eq!(good(format!("\r\n {spaced} \t")), good(PERSON));
    good(with(PERSON, "addr_tok", "\"\u{7f}\u{80}\u{10ffff}\u{fffe}\""));
}

#[test]
fn a_key_twice_in_any_object_is_not_json() {
    let again = |field: &str, value: &str| format!("{},\"{field}\":{value}}}", &PERSON[..PERSON.len() - 1]);
    for line in [
        again("psn_no", r#""T1""#),
        again("kind", r#""person""#),
        again("psn\\u005fno", "null"),
        again("x", r#"1,"x":1"#),
        again("x", r#"1,"y":2,"\u0078":3"#),
        again("", r#"1,"":null"#),
        again("x", r#"{"a":1,"a":1}"#),
        again("x", r#"[{"b":[{"a":1,"c":2,"\u0061":1}]}]"#),
        again("addr_tok", r#"{"a":1,"a":1}"#),
        again("é", r#"1,"\u00e9":1"#),
    ] {
        assert_eq!(code(&line), Code::NotJson, "{line}");
    }
    assert_eq!(code(with(VISIT, "diags", r#"[{"diag_code":"I10","diag_code":"I10"}]"#)), Code::NotJson);
    let many: Vec<String> = (0..100).map(|i| format!("\"k{i}\":{i}")).collect();
    assert_eq!(good(again("x", &format!("1,{}", many.join(",")))).unknown, 101);
    assert_eq!(code(again("x", &format!("1,{},\"k50\":0", many.join(",")))), Code::NotJson);
    assert_eq!(code(again("x", &format!("{{{},\"k0\":0}}", many.join(",")))), Code::NotJson);
    // The same key in different objects is fine.
    assert_eq!(good(again("x", r#"[{"a":{"a":{"a":1}}},{"a":1}],"a":1"#)).unknown, 2);
}

#[test]
fn an_escaped_lone_surrogate_is_not_json() {
    for escape in [
        r"\ud800",
        r"\udc00",
        r"\uD83D",
        r"\ud83d\ud83d",
        r"\ude00\ud83d",
        r"\ud83dx",
        r"\ud83d\n",
        r"\udfff",
    ] {
        assert_eq!(code(with(PERSON, "addr_tok", &format!("\"{escape}\""))), Code::NotJson, "{escape}");
        assert_eq!(code(with(PERSON, "x", &format!("[{{\"{escape}\":1}}]"))), Code::NotJson, "{escape}");
        assert_eq!(code(with(PERSON, escape, "1")), Code::NotJson, "{escape}");
    }
    assert_eq!(
        value(&with(PERSON, "addr_tok", r#""\ud83d\ude00\u00e9\n\/\"\\""#), "addr_tok"),
        r#"Text("😀é\n/\"\\")"#
    );
    assert_eq!(value(&with(PERSON, "addr_tok", r#""\u0000""#), "addr_tok"), r#"Text("\0")"#);
}

#[test]
fn escapes_and_plain_text_are_the_same_content() {
    let plain = good(PERSON);
    assert_eq!(
        good(
            r#"{"\u006bind":"\u0070erson","p\u0073n_no":"\u00541","gend":"\u0031","brdy":"1960\u002d05-05"}"#
        ),
        plain
    );
    assert_eq!(good(with(PERSON, "o\\u0070", r#""\u0070ut""#)).hash, plain.hash);
}

#[test]
fn deep_nesting_does_not_overflow_the_stack() {
    for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
        let deep = format!("{}1{}", open.repeat(200_000), close.repeat(200_000));
        assert_eq!(good(with(PERSON, "x", &deep)).unknown, 1);
        assert_eq!(code(with(PERSON, "brdy", &deep)), Code::BadValue);
        assert_eq!(code(with(PERSON, "x", &deep[..deep.len() - 1])), Code::NotJson);
    }
}

#[test]
fn no_kind_and_an_unknown_one_are_unknown_kind() {
    all(
        Code::UnknownKind,
        &[
            "{}",
            r#"{"kind":null}"#,
            r#"{"kind":""}"#,
            r#"{"kind":"Person"}"#,
            r#"{"kind":"persons"}"#,
            r#"{"kind":1}"#,
            r#"{"kind":["person"]}"#,
            r#"{"kind":true}"#,
            r#"{"op":"nonsense","rev":-1}"#,
            r#"{"kind":"per son"}"#,
            r#"{"kind":" "}"#,
        ],
    );
    assert_eq!(decode("{}").unwrap_err().kind, None);
}

#[test]
fn op_is_put_or_del_and_put_by_default() {
    for absent in ["null", "\"\"", "\"put\"", "\" \"", "\"\\tput\u{3000}\""] {
        assert_eq!(good(with(PERSON, "op", absent)), good(PERSON));
    }
    for bad in ["\"PUT\"", "\"delete\"", "1", "true", "[]", "{}", "\"p ut\""] {
        assert_eq!(code(with(PERSON, "op", bad)), Code::BadOp, "{bad}");
    }
}

#[test]
fn rev_is_an_integer_or_its_digits() {
    for (text, rev) in [
        ("0", 0),
        ("1", 1),
        ("\"17\"", 17),
        ("\" 17\u{a0}\"", 17),
        ("9223372036854775807", i64::MAX),
        ("\"9223372036854775807\"", i64::MAX),
    ] {
        assert_eq!(good(with(PERSON, "rev", text)).rev, Some(rev.cast_unsigned()), "{text}");
    }
    for absent in ["null", "\"\""] {
        assert_eq!(good(with(PERSON, "rev", absent)).rev, None);
    }
    for bad in [
        "-1",
        "-0",
        "1.0",
        "1e2",
        "1.5",
        "9223372036854775808",
        "18446744073709551617",
        "99999999999999999999999",
        "\"-1\"",
        "\"+1\"",
        "\"1 1\"",
        "\"1.0\"",
        "\"1e2\"",
        "\"x\"",
        "\"007\"",
        "\"9223372036854775808\"",
        "\"１\"",
        "true",
        "[1]",
        "{}",
    ] {
        assert_eq!(code(with(PERSON, "rev", bad)), Code::BadValue, "{bad}");
        assert_eq!(
            code(format!(r#"{{"kind":"person","op":"del","psn_no":"T1","rev":{bad}}}"#)),
            Code::BadValue,
            "{bad}"
        );
    }
    assert_eq!(good(with(PERSON, "rev", "1")).hash, good(with(PERSON, "rev", "2")).hash);
}

#[test]
fn the_first_fault_in_the_contracts_order_counts() {
    // Each line lacks one fault of the line before; the JSON fault stands last, the field faults first.
    let steps = [
        (r#"{"recv_time":1,"cnt":0.00001,"psn_no":5,"rev":-1,"op":"x","kind":"y","x":01}"#, Code::NotJson),
        (r#"{"recv_time":1,"cnt":0.00001,"psn_no":5,"rev":-1,"op":"x","kind":"y"}"#, Code::UnknownKind),
        (r#"{"recv_time":1,"cnt":0.00001,"psn_no":5,"rev":-1,"op":"x","kind":"fee_line"}"#, Code::BadOp),
        (r#"{"recv_time":1,"cnt":0.00001,"psn_no":5,"rev":-1,"op":"put","kind":"fee_line"}"#, Code::BadValue),
        (
            r#"{"recv_time":1,"cnt":0.00001,"psn_no":5,"rev":1,"op":"put","kind":"fee_line"}"#,
            Code::MissingField,
        ),
        (
            r#"{"recv_time":1,"cnt":0.00001,"psn_no":5,"kind":"fee_line","mdtrt_id":"V","feedetl_sn":"1"}"#,
            Code::BadValue,
        ),
    ];
    for (line, expected) in steps {
        assert_eq!(code(line), expected, "{line}");
    }
    let text = |line: &str| decode(line).unwrap_err().text;
    assert_eq!(text(steps[3].0), "fee_line.rev: -1 is not an integer from 0 to 2^63-1");
    assert_eq!(text(steps[4].0), "fee_line.mdtrt_id is missing");
    assert_eq!(text(steps[5].0), "fee_line.psn_no: 5 is not a string");
    let recv = with(FEE_LINE, "recv_time", "\"x\"");
    assert_eq!(
        text(&recv),
        "fee_line.recv_time: \"x\" is written in no way that is read; a time is YYYY-MM-DD HH:MM:SS, a date YYYY-MM-DD"
    );
    assert_eq!(text(&with(&recv, "pric", "12.3456789")), "fee_line.pric: 12.3456789 has more than 6 places");
    // An optional field before a required one comes first, whatever stands first in the line.
    let line = with(&without(SETTLEMENT, "setl_time"), "insutype", "5");
    assert_eq!(text(&line), "settlement.insutype: 5 is not a string");
    assert_eq!(code(without(SETTLEMENT, "setl_time")), Code::MissingField);
}

#[test]
fn a_required_field_that_is_absent_is_missing() {
    for (kind, line) in Kind::ALL.into_iter().zip(ALL) {
        for field in fields(kind).iter().filter(|field| field.required) {
            for absent in
                [without(line, field.name), with(line, field.name, "null"), with(line, field.name, "\"\"")]
            {
                let fault = decode(&absent).expect_err("a required field is absent");
                assert_eq!(fault.code, Code::MissingField, "{absent}");
                assert_eq!(fault.kind, Some(kind));
                assert_eq!(fault.text, format!("{}.{} is missing", kind.name(), field.name));
            }
        }
    }
}

#[test]
fn an_optional_field_may_be_absent_in_three_ways() {
    for (kind, line) in Kind::ALL.into_iter().zip(ALL) {
        for field in fields(kind).iter().filter(|field| !field.required) {
            assert_eq!(good(with(line, field.name, "null")), good(line), "{}", field.name);
            assert_eq!(good(with(line, field.name, "\"\"")), good(line), "{}", field.name);
        }
    }
}

#[test]
fn a_del_needs_only_kind_op_and_key() {
    for (kind, line) in Kind::ALL.into_iter().zip(ALL) {
        let put = good(line);
        let del = good(with(line, "op", "\"del\""));
        assert_eq!((del.op, del.unknown), (Op::Del, 0));
        assert_ne!(put.hash, del.hash);
        let mut bare = format!("{{\"kind\":\"{}\",\"op\":\"del\"", kind.name());
        for (position, field) in fields(kind).iter().enumerate() {
            if field.key {
                assert_eq!(del.values[position], put.values[position]);
                let text = del.values[position].trim_start_matches("Text(").trim_end_matches(')');
                bare.push_str(&format!(",\"{}\":{text}", field.name));
                assert_eq!(code(without(&with(line, "op", "\"del\""), field.name)), Code::MissingField);
                assert_eq!(code(with(&with(line, "op", "\"del\""), field.name, "1")), Code::BadValue);
            } else {
                assert_eq!(del.values[position], "Absent");
                let nonsense = with(&with(line, "op", "\"del\""), field.name, "[{\"nonsense\":1}]");
                assert_eq!(good(nonsense), del, "its content is its key, other fields are not checked");
            }
        }
        assert_eq!(good(format!("{bare}}}")), del);
        let mut late = good(format!("{bare},\"recv_time\":\"never\",\"rev\":7}}"));
        assert_eq!((late.rev, late.recv_time), (Some(7), None));
        late.rev = None;
        assert_eq!(late, del);
    }
}

#[test]
fn unknown_top_level_fields_with_a_value_are_counted() {
    for (value, count) in [
        ("1", 1),
        ("\" \"", 0),
        ("\". \"", 1),
        ("false", 1),
        ("[]", 1),
        ("{}", 1),
        ("null", 0),
        ("\"\"", 0),
        ("\"\\u0000\"", 1),
    ] {
        let line = good(with(PERSON, "x", value));
        assert_eq!((line.unknown, line.hash), (count, good(PERSON).hash), "{value}");
        // A field of another kind, or of the records of a list, is as unknown.
        assert_eq!(good(with(PERSON, "diags", value)).unknown, count, "{value}");
        assert_eq!(good(with(VISIT, "diag_code", value)).unknown, count, "{value}");
    }
    let line =
        with(&with(&with(PERSON, "rev", "1"), "op", "\"put\""), "recv_time", "\"2025-03-01 00:00:00\"");
    assert_eq!(good(&line).unknown, 0);
    assert_eq!(good(with(&with(&line, "x", "{\"y\":1}"), "z", "2")).unknown, 2);
    assert_eq!(good(with(VISIT, "diags", r#"[{"diag_code":"I10","name":"x"}]"#)).unknown, 0);
    assert_eq!(good(r#"{"kind":"person","op":"del","psn_no":"T1","gend":7,"x":1}"#).unknown, 1);
}

#[test]
fn recv_time_is_a_time_and_no_content() {
    let line = good(with(FEE_LINE, "recv_time", "\"1970-01-02 00:00:01\""));
    assert_eq!(line.recv_time, Some(86_401));
    assert_eq!(line.hash, good(FEE_LINE).hash);
    for bad in ["\"2025-03-01\"", "5", "true", "[]", "\"x\""] {
        assert_eq!(code(with(FEE_LINE, "recv_time", bad)), Code::BadValue, "{bad}");
    }
    assert_eq!(good(with(FEE_LINE, "recv_time", "\"\"")).recv_time, None);
}
