//! The contract's "Bad input is data" and "Values", one test per sentence.

use records::Kind;
use records::decode::{Change, Code, Columns, Decoder, Fault, Op, TableCell, Value};
use records::schema::{fields, position};

/// What a test looks at of a change.
#[derive(Clone, Debug, PartialEq)]
struct Seen {
    kind: Kind,
    op: Op,
    rev: Option<u64>,
    recv_time: Option<i64>,
    hash: u64,
    unknown: u32,
    /// Values as they print, lists with their elements.
    values: Vec<String>,
}

fn seen(change: &Change<'_>) -> Seen {
    let shown = |value: &Value<'_>| match *value {
        Value::List { begin, end } => format!("{:?}", &change.elements[begin as usize..end as usize]),
        value => format!("{value:?}"),
    };
    Seen {
        kind: change.kind,
        op: change.op,
        rev: change.rev,
        recv_time: change.recv_time,
        hash: change.content_hash,
        unknown: change.unknown_fields,
        values: change.values.iter().map(shown).collect(),
    }
}

fn decode(line: impl AsRef<[u8]>) -> Result<Seen, Fault> {
    Decoder::new().decode(line.as_ref(), seen)
}

#[track_caller]
fn good(line: impl AsRef<[u8]>) -> Seen {
    let text = String::from_utf8_lossy(line.as_ref()).into_owned();
    decode(line).unwrap_or_else(|fault| panic!("{text}: {fault:?}"))
}

#[track_caller]
fn code(line: impl AsRef<[u8]>) -> Code {
    let text = String::from_utf8_lossy(line.as_ref()).into_owned();
    match decode(line) {
        Ok(seen) => panic!("{text} is taken as {seen:?}"),
        Err(fault) => fault.code,
    }
}

/// Every line has this code.
#[track_caller]
fn all(expected: Code, lines: &[&str]) {
    for line in lines {
        assert_eq!(code(line), expected, "{line}");
    }
}

/// Good lines of some kinds, to be varied.
const PERSON: &str = r#"{"kind":"person","psn_no":"T1","gend":"1","brdy":"1960-05-05"}"#;
const INSTITUTION: &str =
    r#"{"kind":"institution","fixmedins_code":"H1","fixmedins_type":"1","admdvs":"440100"}"#;
const VISIT: &str = r#"{"kind":"visit","mdtrt_id":"V1","psn_no":"T1","fixmedins_code":"H1","med_type":"21","begntime":"2025-03-01 09:00:00"}"#;
const FEE_LINE: &str = r#"{"kind":"fee_line","mdtrt_id":"V1","feedetl_sn":"1","psn_no":"T1","fixmedins_code":"H1","fee_ocur_time":"2025-03-02 10:00:00","med_list_codg":"X","list_type":"101","cnt":1,"pric":"12.00","det_item_fee_sumamt":"12.00"}"#;
const SETTLEMENT: &str = r#"{"kind":"settlement","setl_id":"S1","mdtrt_id":"V1","psn_no":"T1","fixmedins_code":"H1","med_type":"21","setl_time":"2025-03-02 10:00:00","medfee_sumamt":1,"fund_pay_sumamt":1}"#;
const PRESCRIPTION: &str = r#"{"kind":"prescription","rx_id":"R1","psn_no":"T1","fixmedins_code":"H1","prsc_time":"2025-03-02 10:00:00","dr_codg":"D1","state":"issued","lines":[{"line_no":1,"med_list_codg":"X","cnt":2}]}"#;
const DISPENSING: &str = r#"{"kind":"dispensing","sel_id":"X1","move":"sale","fixmedins_code":"P1","med_list_codg":"X","cnt":2,"sel_time":"2025-03-02 10:00:00"}"#;
const PURCHASE: &str = r#"{"kind":"purchase","purc_id":"B1","move":"purchase","fixmedins_code":"P1","med_list_codg":"X","cnt":2,"stoin_time":"2025-03-02 10:00:00"}"#;
const STOCK_CHANGE: &str = r#"{"kind":"stock_change","chg_id":"C1","fixmedins_code":"P1","med_list_codg":"X","inv_chg_type":"101","cnt":2,"inv_chg_time":"2025-03-02 10:00:00"}"#;
const STOCK_COUNT: &str = r#"{"kind":"stock_count","cnt_id":"C1","fixmedins_code":"P1","med_list_codg":"X","inv_cnt":2,"invdate":"2025-03-02"}"#;
const PRESENCE: &str = r#"{"kind":"presence","idv_id":"I1","psn_no":"T1","fixmedins_code":"H1","idv_time":"2025-03-02 10:00:00","scene":"treat","result":"pass"}"#;
const INVOICE: &str = r#"{"kind":"invoice","bill_code":"B","bill_no":"1","amount":"1.00","issue_time":"2025-03-02 10:00:00","state":"normal"}"#;
const ENROLMENT: &str = r#"{"kind":"enrolment","enrl_id":"E1","psn_no":"T1","insutype":"310","insu_admdvs":"440100","status":"1","begin":"2020-01-01"}"#;
const PERSON_FACT: &str =
    r#"{"kind":"person_fact","fact_id":"F1","psn_no":"T1","fact":"death","begin":"2020-01-01"}"#;
const PRACTITIONER: &str =
    r#"{"kind":"practitioner","prac_psn_code":"D1","prac_psn_type":"doctor","fixmedins_code":"H1"}"#;
const LABEL: &str = r#"{"kind":"label","case_id":"L1","subject_type":"alert","subject_id":"A","decision":"denied","decided_at":"2025-03-02 10:00:00"}"#;

const ALL: [&str; 16] = [
    INSTITUTION,
    PRACTITIONER,
    PERSON,
    PERSON_FACT,
    ENROLMENT,
    VISIT,
    SETTLEMENT,
    FEE_LINE,
    PRESCRIPTION,
    DISPENSING,
    PURCHASE,
    STOCK_CHANGE,
    STOCK_COUNT,
    PRESENCE,
    INVOICE,
    LABEL,
];

/// The line with one field more, or with another value for it.
fn with(line: &str, field: &str, value: &str) -> String {
    let line = without(line, field);
    format!("{},\"{field}\":{value}}}", &line[..line.len() - 1])
}

/// The line without a field whose value has no comma.
fn without(line: &str, field: &str) -> String {
    let Some(start) = line.find(&format!("\"{field}\":")) else { return line.to_owned() };
    let rest = &line[start..];
    let end = if rest.starts_with("\"lines\"") { rest.find(']').map(|end| end + 1) } else { rest.find(',') };
    let end = start + end.unwrap_or(rest.len() - 1);
    let line = format!("{}{}", &line[..start], line[end..].trim_start_matches(','));
    line.replace(",}", "}")
}

/// The value of a field as it prints.
#[track_caller]
fn value(line: &str, field: &str) -> String {
    let seen = good(line);
    seen.values[position(fields(seen.kind), field)].clone()
}

/// Two values of a field make the same content, or different content.
#[track_caller]
fn content(line: &str, field: &str, one: &str, other: &str, same: bool) {
    let (one, other) = (with(line, field, one), with(line, field, other));
    assert_eq!(good(&one).hash == good(&other).hash, same, "{one} {other}");
}

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
            r#"{"kind":" person"}"#,
        ],
    );
    assert_eq!(decode("{}").unwrap_err().kind, None);
}

#[test]
fn op_is_put_or_del_and_put_by_default() {
    for absent in ["null", "\"\"", "\"put\""] {
        assert_eq!(good(with(PERSON, "op", absent)), good(PERSON));
    }
    for bad in ["\"PUT\"", "\"delete\"", "1", "true", "[]", "{}", "\" \""] {
        assert_eq!(code(with(PERSON, "op", bad)), Code::BadOp, "{bad}");
    }
}

#[test]
fn rev_is_an_integer_or_its_digits() {
    for (text, rev) in [
        ("0", 0),
        ("1", 1),
        ("\"17\"", 17),
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
        "\" 1\"",
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
    assert_eq!(text(&recv), "fee_line.recv_time: \"x\" is not a time from 1900 to 2099");
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
        for (place, field) in fields(kind).iter().enumerate() {
            if field.key {
                assert_eq!(del.values[place], put.values[place]);
                let text = del.values[place].trim_start_matches("Text(").trim_end_matches(')');
                bare.push_str(&format!(",\"{}\":{text}", field.name));
                assert_eq!(code(without(&with(line, "op", "\"del\""), field.name)), Code::MissingField);
                assert_eq!(code(with(&with(line, "op", "\"del\""), field.name, "1")), Code::BadValue);
            } else {
                assert_eq!(del.values[place], "Absent");
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
        ("\" \"", 1),
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
    assert_eq!(value(&with(PERSON, "tel_tok", "\" \""), "tel_tok"), r#"Text(" ")"#);
}

#[test]
fn closed_lists_are_closed_and_the_others_open() {
    for (kind, line) in Kind::ALL.into_iter().zip(ALL) {
        for field in fields(kind) {
            if let records::schema::FieldType::Code(list) = field.ty {
                for (place, code) in list.iter().enumerate() {
                    assert_eq!(
                        value(&with(line, field.name, &format!("\"{code}\"")), field.name),
                        format!("Int({place})")
                    );
                }
                assert_eq!(code(with(line, field.name, "\"x\"")), Code::BadValue);
                assert_eq!(code(with(line, field.name, &format!("\" {}\"", list[0]))), Code::BadValue);
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
        "\" 1\"",
        "\"1 \"",
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
    for bad in ["0.5", "\"1.5\"", "1e-1", "\"x\"", "\"+1\"", "true", "[]", "1e19", "\"1 \""] {
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
        for bad in ["\"x\"", "true", "[]", "\"+1\"", "1e400", "\"NaN\"", "\" 1\""] {
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
        ("\"1 \"", "1", false),
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
    for bad in [
        "\"2025-03-01\"",
        "\"2025-03-01T09:00:00\"",
        "\"2025-03-01 09:00:00.5\"",
        "\"2025-03-01 24:00:00\"",
        "\"2025-03-01 09:00:60\"",
        "\"1899-12-31 23:59:59\"",
        "\"2100-01-01 00:00:00\"",
        "\"2025-02-29 09:00:00\"",
        "20250301",
        "1740790800",
        "true",
        "\"2025-03-01 09:00\"",
        "\" 2025-03-01 09:00:00\"",
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
            "\"2025-03-01 00:00:00\"",
            "\"2025-02-29\"",
            "\"2100-01-01\"",
            "\"1899-12-31\"",
            "\"2025-3-1\"",
            "\"20250301\"",
            "20250301",
            "true",
            "\"2025-03-01Z\"",
        ] {
            assert_eq!(code(with(line, field, bad)), Code::BadValue, "{field} {bad}");
        }
    }
    assert_eq!(
        code(with(VISIT, "oprns", r#"[{"oprn_code":"1","oprn_date":"2025-03-01 00:00:00"}]"#)),
        Code::BadValue
    );
}

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

#[test]
fn content_tells_fields_apart() {
    let one = with(PERSON, "tel_tok", "\"a\"");
    let other = with(PERSON, "addr_tok", "\"a\"");
    assert_ne!(good(one).hash, good(other).hash);
    content(FEE_LINE, "pric", "12", "\"12.000000000\"", true);
    content(FEE_LINE, "cnt", "1", "1.0", true);
    content(FEE_LINE, "cnt", "1", "2", false);
    content(PERSON, "gend", "\"1\"", "\"2\"", false);
}

#[test]
fn one_decoder_forgets_what_went_before() {
    let mut decoder = Decoder::new();
    for _ in 0..3 {
        for line in ALL {
            let long = with(&with(line, "x", r#"{"a":["\u0041"]}"#), "rev", "5");
            assert_eq!(decoder.decode(long.as_bytes(), seen), decode(&long));
            assert!(
                decoder
                    .decode(b"{\"kind\":\"visit\",\"diags\":[{\"diag_code\":\"\\u0041\"}],\"x\":[", seen)
                    .is_err()
            );
            assert_eq!(decoder.decode(line.as_bytes(), seen), decode(line));
        }
    }
}

#[test]
fn a_row_of_a_table_is_the_same_change() {
    let row = |kind: Kind, cells: &[(&str, TableCell<'_>)]| {
        let columns = Columns::new(cells.iter().map(|(name, _)| *name));
        Decoder::new().decode_row(kind, &columns, cells.iter().map(|(_, cell)| *cell), seen)
    };
    let text = |text| TableCell::Text(text);
    let person = [
        ("psn_no", text("T1")),
        ("gend", text("1")),
        ("brdy", text("1960-05-05")),
        ("tel_tok", text("")),
        ("rev", text("3")),
    ];
    assert_eq!(row(Kind::Person, &person), Ok(good(with(PERSON, "rev", "3"))));
    let visit = |diags| {
        let cells = [
            ("mdtrt_id", text("V1")),
            ("psn_no", text("T1")),
            ("fixmedins_code", text("H1")),
            ("med_type", text("21")),
            ("begntime", text("2025-03-01 09:00:00")),
            ("online_flag", TableCell::Flag(false)),
            ("diags", diags),
            ("x", text("1")),
        ];
        row(Kind::Visit, &cells)
    };
    let json = good(with(&with(VISIT, "diags", r#"[{"diag_code":"I10","diag_srt_no":1}]"#), "x", "1"));
    assert_eq!(visit(text(r#" [{"diag_code": "\u004910", "diag_srt_no": "1"}] "#)), Ok(json));
    assert_eq!(visit(text("null")).map(|seen| seen.hash), Ok(good(VISIT).hash));
    for bad in [
        text("[{]"),
        text("{}"),
        text("x"),
        text("[] []"),
        text(r#"[{"diag_code":"a","diag_code":"a"}]"#),
        TableCell::Number("1"),
    ] {
        assert_eq!(visit(bad).unwrap_err().code, Code::BadValue);
    }
    let place = |lon| {
        row(
            Kind::Institution,
            &[
                ("fixmedins_code", text("H1")),
                ("fixmedins_type", text("1")),
                ("admdvs", text("440100")),
                ("lon", lon),
            ],
        )
    };
    assert_eq!(place(text("113.26")), Ok(good(with(INSTITUTION, "lon", "113.260"))));
    assert_eq!(place(TableCell::Number("113.26")), Ok(good(with(INSTITUTION, "lon", "113.260"))));
    assert_eq!(place(TableCell::Number("NaN")).unwrap_err().code, Code::BadValue);
    assert_eq!(row(Kind::Person, &[("psn_no", TableCell::Number("1"))]).unwrap_err().code, Code::BadValue);
    // Lists of typed columns, and bytes that are no text.
    let trace =
        |cell| row(Kind::Dispensing, &[("sel_id", text("S")), ("op", text("del")), ("trace_codes", cell)]);
    assert!(trace(TableCell::Nested("[\"a\"]")).is_ok());
    assert_eq!(row(Kind::Person, &[("psn_no", TableCell::Nested("[]"))]).unwrap_err().code, Code::BadValue);
    assert_eq!(row(Kind::Person, &[("psn_no", TableCell::Bytes(b"\xff"))]).unwrap_err().code, Code::NotJson);
    let unknown = [("op", text("del")), ("psn_no", text("T1")), ("hash", TableCell::Bytes(b"\xff"))];
    assert_eq!(row(Kind::Person, &unknown).map(|seen| seen.unknown), Ok(1));
    assert_eq!(
        row(Kind::Person, &[("psn_no", text("1")), ("psn_no", text("1"))]).unwrap_err().code,
        Code::NotJson
    );
    assert_eq!(
        row(Kind::Person, &[("op", text("del")), ("psn_no", text("T1"))]).map(|seen| seen.op),
        Ok(Op::Del)
    );
}

#[test]
fn mangled_lines_are_data() {
    /// Bytes that mean something to the grammar.
    const TELLING: &[u8] = b"\"\\{}[]:,01-.eE \t\0\x7f\xffu";
    let good_lines: Vec<String> = ALL
        .iter()
        .map(|line| with(&with(line, "rev", "12"), "x", r#"{"k":[1,-2.5e3,true,null,"\u00e9\n"],"l":{}}"#))
        .chain([
            with(VISIT, "diags", r#"[{"diag_code":"I10","maindiag_flag":true}]"#),
            with(PURCHASE, "trace_codes", r#"["a","","b"]"#),
        ])
        .collect();
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let mut random = |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state >> 33).unwrap() % below
    };
    let (mut reused, mut taken) = (Decoder::new(), 0);
    for round in 0..100_000 {
        let mut line = good_lines[random(good_lines.len())].clone().into_bytes();
        for _ in 0..=random(3) {
            let at = random(line.len());
            match random(6) {
                0 => line[at] ^= 1 << random(8),
                1 => line[at] = TELLING[random(TELLING.len())],
                2 => line.truncate(at + 1),
                3 => line.insert(at, TELLING[random(TELLING.len())]),
                4 => drop(line.remove(at)),
                _ => {
                    let other = good_lines[random(good_lines.len())].as_bytes();
                    let (start, end) = (random(other.len()), random(other.len()));
                    let piece = other[start.min(end)..start.max(end)].to_vec();
                    drop(line.splice(at..at, piece));
                }
            }
            if line.is_empty() {
                line.push(b' ');
            }
        }
        let first = reused.decode(&line, seen);
        taken += usize::from(first.is_ok());
        if round % 10 == 0 {
            assert_eq!(first, Decoder::new().decode(&line, seen), "{}", String::from_utf8_lossy(&line));
        }
        assert_eq!(first, reused.decode(&line, seen), "{}", String::from_utf8_lossy(&line));
    }
    assert!((1_000..80_000).contains(&taken), "{taken} of 100,000 mangled lines were taken");
}
