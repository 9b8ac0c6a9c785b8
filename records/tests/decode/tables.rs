//! Rows of tables, and lines that are mangled.

use records::Kind;
use records::decode::{Code, Columns, Decoder, Op, TableCell};

use super::support::{
    ALL, FEE_LINE, INSTITUTION, PERSON, PURCHASE, VISIT, content, decode, good, seen, with,
};

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
    assert_eq!(Columns::new(["psn_no", "x", " PSN_NO "]).name_twice(), Some("two columns are named psn_no"));
    assert_eq!(Columns::new(["y", "T1", "t1 "]).name_twice(), Some("columns 2 and 3 have the same name"));
    assert_eq!(Columns::new(["x", "", " "]).name_twice(), None);
    assert_eq!(
        row(Kind::Person, &[("op", text("del")), ("psn_no", text("T1"))]).map(|seen| seen.op),
        Ok(Op::Del)
    );
}

/// What a row is, and what the line is that is made of it.
fn both_ways(kind: Kind, cells: &[(&str, TableCell<'_>)]) -> [Result<super::support::Seen, Code>; 2] {
    let columns = Columns::new(cells.iter().map(|(name, _)| *name));
    let row = || cells.iter().map(|(_, cell)| *cell);
    let as_row = Decoder::new().decode_row(kind, &columns, row(), seen).map_err(|fault| fault.code);
    let line = columns.line_of(kind, row()).map_err(|fault| fault.code);
    [as_row, line.and_then(|line| decode(&line).map_err(|fault| fault.code))]
}

#[test]
fn a_line_that_is_made_of_a_row_is_the_same_change() {
    let text = TableCell::Text;
    let sale = |name: &'static str, codes: TableCell<'static>| {
        let cells = [
            (" SEL_ID ", text(" S\u{3000}")),
            ("Move", text("sale")),
            ("fixmedins_code", text("P\"\\\n1")),
            ("med_list_codg", text("X")),
            ("cnt", TableCell::Number("2.50")),
            ("sel_time", text("2025/3/2 10:00")),
            ("rx_flag", TableCell::Flag(true)),
            ("KIND", text("visit")),
            ("other", text("\u{1}x")),
            ("nothing", text(" ")),
            (name, codes),
        ];
        let [row, line] = both_ways(Kind::Dispensing, &cells);
        assert_eq!(row, line, "{codes:?}");
        row
    };
    let plain = sale("trace_codes", text("A B")).unwrap();
    assert_eq!(plain.unknown, 2);
    for codes in [
        text("A,B"),
        text(" [\"A\", \"B\"] "),
        text("[\"A;B\"]"),
        text("[{\"drug_trac_codg\":\"A\"},\"B\"]"),
        TableCell::Nested("[\"A\",\"B\"]"),
    ] {
        for name in ["trace_codes", "DrugTracInfo"] {
            assert_eq!(sale(name, codes).map(|seen| seen.hash), Ok(plain.hash), "{codes:?}");
        }
    }
    let without = sale("x", TableCell::Null).unwrap().hash;
    for none in [TableCell::Null, text(""), text(" \u{3000}"), text("null"), text(" null ")] {
        assert_eq!(sale("trace_codes", none).map(|seen| seen.hash), Ok(without), "{none:?}");
    }
    for bad in [text("[A"), text("[1]"), text("[] []"), TableCell::Number("1"), TableCell::Number("NaN")] {
        assert_eq!(sale("trace_codes", bad).unwrap_err(), Code::BadValue, "{bad:?}");
    }
    assert_eq!(sale("trace_codes", text("[{}]")).unwrap_err(), Code::MissingField);
    assert_eq!(sale("trace_codes", TableCell::Bytes(b"\xff")).unwrap_err(), Code::NotJson);
    let visit = |diags| both_ways(Kind::Visit, &[("diags", diags), ("mdtrt_id", text("V"))]);
    assert_eq!(visit(text("x")), [Err(Code::MissingField), Err(Code::MissingField)]);
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
