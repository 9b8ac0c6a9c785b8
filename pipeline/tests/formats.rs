//! Every format says the same: one region as NDJSON, CSV and Parquet, packed and not, gives the same alerts; and what
//! only a format can get wrong is told with its place, or ends the run.

#![expect(clippy::unwrap_used, reason = "where a test cannot go on, it has failed")]

use std::fs;
use std::path::Path;

#[path = "support/convert.rs"]
mod convert;
#[path = "support/program.rs"]
mod program;

use parquet::data_type::{
    ByteArray, ByteArrayType, DoubleType, FloatType, Int32Type, Int64Type, Int96, Int96Type,
};
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::parser::parse_message_type;
use program::{Done, fundwatch};
use serde_json::{Value, json};

/// Runs `args` after `run` and gives how it ended.
fn run(at: &Path, args: &[&str]) -> Done {
    let args: Vec<&str> = ["run"].iter().chain(args).chain(&["--out", "out", "--quiet"]).copied().collect();
    fundwatch(at, &args)
}

fn output(at: &Path, name: &str) -> String {
    fs::read_to_string(at.join("out").join(name)).unwrap()
}

/// The counts of a run, all kinds.
fn total(at: &Path) -> Value {
    serde_json::from_str::<Value>(&output(at, "summary.json")).unwrap()["total"].clone()
}

/// Rejected lines as (file, line, code, raw).
fn rejected(at: &Path) -> Vec<(String, u64, String, Value)> {
    let entry = |line: &str| {
        let entry: Value = serde_json::from_str(line).unwrap();
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let number = entry["origin"]["line"].as_u64().unwrap();
        (text(&entry["origin"]["file"]), number, text(&entry["code"]), entry["raw"].clone())
    };
    output(at, "rejected.ndjson").lines().map(entry).collect()
}

#[test]
fn a_region_gives_the_same_alerts_in_every_format() {
    let here = tempfile::tempdir().unwrap();
    let at = here.path();
    let args = ["synth", "--out", ".", "--visits", "1500", "--months", "3", "--seed", "11", "--quiet"];
    assert_eq!(fundwatch(at, &args).code, Some(0));
    let ndjson = fs::read_to_string(at.join("records/changes.ndjson")).unwrap();
    let answers = || {
        let alerts = output(at, "alerts.ndjson");
        (alerts, output(at, "coverage.json"), total(at))
    };
    let done = run(at, &["records", "--rules", "rules"]);
    assert_eq!((done.code, done.err.as_str()), (Some(0), ""), "{done:?}");
    assert!(done.out.contains("accepted"), "{done:?}");
    let expected = answers();
    assert!(expected.0.lines().count() > 20, "a region without alerts proves nothing");
    let lines = ndjson.lines().count() as u64;
    assert_eq!(expected.2["accepted"].as_u64().unwrap() + expected.2["duplicate"].as_u64().unwrap(), lines);

    for (name, bytes) in [
        ("changes.ndjson.gz", convert::gzip(ndjson.as_bytes())),
        ("changes.jsonl.zst", convert::zstd(ndjson.as_bytes())),
    ] {
        fs::write(at.join(name), bytes).unwrap();
        let done = run(at, &[name, "--rules", "rules"]);
        assert_eq!(done.code, Some(0), "{done:?}");
        assert!(answers() == expected, "{name} gives other answers");
    }
    let records = convert::records(&ndjson);
    for format in
        ["csv", "gb18030", "csv.gz", "gb18030.zst", "text", "int96", "plain", "snappy", "gzip", "zstd", "lz4"]
    {
        convert::write(&records, format, &at.join(format));
        let done = run(at, &[format, "--rules", "rules", "--workers", "2"]);
        assert_eq!((done.code, done.err.as_str()), (Some(0), ""), "{format}: {done:?}");
        assert!(answers() == expected, "{format} gives other answers");
    }
}

#[test]
fn rows_of_csv_are_judged_as_lines_are() {
    let here = tempfile::tempdir().unwrap();
    let at = here.path();
    let text = "\u{feff}psn_no,gend,brdy,rev,op,note,tel_tok\r\n\
        P1,1,1960-05-05,1,,,\r\n\
        \r\n\
        P1,1,1960-05-05,1,put,hello,\r\n\
        P1,2,1960-05-05,1,,,\r\n\
        P2,1\r\n\
        ,1,1960-05-05,,,,\"a\r\nb\"\r\n\
        P3,x,1960-05-05,,,,\r\n\
        P4,1,1960-05-05,,drop,,\r\n\
        P5,1,1960-05-05,01,del,,人民\r\n\
        P5,,,1,del,,\r\n";
    fs::write(at.join("person.csv"), text).unwrap();
    fs::write(at.join("people.csv"), "psn_no,gend,brdy\nP9,1,1960-05-05\n").unwrap();
    let done = run(at, &["person.csv", "people.csv"]);
    assert_eq!(done.code, Some(0), "{done:?}");
    let place = |line, code: &str, raw: &str| ("person.csv".to_owned(), line, code.to_owned(), json!(raw));
    assert_eq!(
        rejected(at),
        [
            place(5, "conflict", "P1,2,1960-05-05,1,,,"),
            place(6, "bad_value", "P2,1"),
            place(7, "missing_field", ",1,1960-05-05,,,,\"a\r\nb\""),
            place(9, "bad_value", "P3,x,1960-05-05,,,,"),
            place(10, "bad_op", "P4,1,1960-05-05,,drop,,"),
            place(11, "bad_value", "P5,1,1960-05-05,01,del,,人民"),
            ("people.csv".to_owned(), 2, "unknown_kind".to_owned(), json!("P9,1,1960-05-05")),
        ]
    );
    let counts = json!({ "accepted": 2, "stale": 0, "duplicate": 1, "rejected": 7, "unknown_fields": 1 });
    assert_eq!(total(at), counts);
    // The same in the other encoding: the same places, and the bytes that stand there.
    let mut before = rejected(at);
    let bytes = convert::gb18030(before[5].3.as_str().unwrap());
    before[5].3 = json!({ "base64": wire::rejected::base64(&bytes) });
    fs::write(at.join("person.csv"), convert::gb18030(text.trim_start_matches('\u{feff}'))).unwrap();
    assert_eq!(run(at, &["person.csv", "people.csv"]).code, Some(0));
    assert_eq!(rejected(at), before);
}

/// A Parquet file of one row group; `write` fills its columns in order.
fn parquet_of(message: &str, write: impl FnOnce(&mut dyn FnMut(Cells))) -> Vec<u8> {
    let schema = std::sync::Arc::new(parse_message_type(message).unwrap());
    let mut writer = SerializedFileWriter::new(Vec::new(), schema, Default::default()).unwrap();
    let mut group = writer.next_row_group().unwrap();
    write(&mut |cells| {
        let mut column = group.next_column().unwrap().unwrap();
        match cells {
            Cells::Bytes(values, levels) => {
                let values: Vec<ByteArray> =
                    values.iter().map(|value| ByteArray::from(value.to_vec())).collect();
                column.typed::<ByteArrayType>().write_batch(&values, Some(&levels), None).unwrap();
            }
            Cells::Double(values) => {
                column
                    .typed::<DoubleType>()
                    .write_batch(&values, Some(&vec![1; values.len()]), None)
                    .unwrap();
            }
            Cells::Float(values) => {
                column.typed::<FloatType>().write_batch(&values, Some(&vec![1; values.len()]), None).unwrap();
            }
            Cells::Int32(values) => {
                column.typed::<Int32Type>().write_batch(&values, Some(&vec![1; values.len()]), None).unwrap();
            }
            Cells::Int64(values) => {
                column.typed::<Int64Type>().write_batch(&values, Some(&vec![1; values.len()]), None).unwrap();
            }
            Cells::Int96(values) => {
                column.typed::<Int96Type>().write_batch(&values, Some(&vec![1; values.len()]), None).unwrap();
            }
        }
        column.close().unwrap();
    });
    group.close().unwrap();
    writer.into_inner().unwrap()
}

/// The values of a column; of bytes, with the levels.
enum Cells {
    Bytes(Vec<&'static [u8]>, Vec<i16>),
    Double(Vec<f64>),
    Float(Vec<f32>),
    Int32(Vec<i32>),
    Int64(Vec<i64>),
    Int96(Vec<Int96>),
}

#[test]
fn rows_of_parquet_are_judged_by_what_their_values_mean() {
    let here = tempfile::tempdir().unwrap();
    let at = here.path();
    let message = "message m { optional binary fixmedins_code (STRING); optional int64 fixmedins_type;
        optional binary admdvs; optional double lon; optional float lat; optional int32 beds;
        optional binary hash; }";
    let bytes = parquet_of(message, |put| {
        put(Cells::Bytes(vec![b"H1", b"H2", b"H\xff", b"H4"], vec![1, 1, 1, 1]));
        put(Cells::Int64(vec![1, 2, 3, 4]));
        put(Cells::Bytes(vec![b"990101", b"990101", b"990101"], vec![1, 1, 1, 0]));
        put(Cells::Double(vec![113.1, f64::NAN, 1.0, 1.0]));
        put(Cells::Float(vec![0.1, 1.0, 1.0, 1.0]));
        put(Cells::Int32(vec![1, 2, 3, 4]));
        put(Cells::Bytes(vec![b"\xfe"], vec![1, 0, 0, 0]));
    });
    fs::write(at.join("institution.parquet"), bytes).unwrap();
    let done = run(at, &["institution.parquet"]);
    assert_eq!(done.code, Some(0), "{done:?}");
    let found = rejected(at);
    // A code is a string: the integers of fixmedins_type are none.
    let codes: Vec<(u64, &str)> = found.iter().map(|(_, line, code, _)| (*line, code.as_str())).collect();
    assert_eq!(codes, [(1, "bad_value"), (2, "bad_value"), (3, "not_json"), (4, "bad_value")]);
    assert_eq!(
        found[0].3,
        json!({ "fixmedins_code": "H1", "fixmedins_type": 1, "admdvs": "990101", "lon": 113.1, "lat": 0.1,
            "beds": 1, "hash": { "base64": "/g==" } })
    );
    assert_eq!(found[1].3["lon"], json!("NaN"));
    assert_eq!(found[2].3["fixmedins_code"], json!({ "base64": "SP8=" }));
    assert_eq!(found[3].3["admdvs"], Value::Null);
}

#[test]
fn a_timestamp_without_zone_is_of_chinas_clock() {
    let here = tempfile::tempdir().unwrap();
    let at = here.path();
    // 2025-03-01 09:00:00 in China, in six ways; the day before is the day of death.
    let utc = 1_740_790_800_i64;
    let china = utc + 8 * 3_600;
    for (ty, cells, is_taken) in [
        ("int64 begntime (TIMESTAMP(MILLIS,true))", Cells::Int64(vec![utc * 1_000 + 999]), true),
        ("int64 begntime (TIMESTAMP(MICROS,false))", Cells::Int64(vec![china * 1_000_000]), true),
        ("int64 begntime (TIMESTAMP(NANOS,false))", Cells::Int64(vec![china * 1_000_000_000 + 7]), true),
        ("int64 begntime (TIMESTAMP_MILLIS)", Cells::Int64(vec![utc * 1_000]), true),
        ("int96 begntime", Cells::Int96(vec![julian(utc)]), true),
        ("binary begntime (STRING)", Cells::Bytes(vec![b"2025-03-01T01:00:00Z"], vec![1]), true),
        // A date for a time, and a number.
        ("int32 begntime (DATE)", Cells::Int32(vec![20_148]), false),
        ("int64 begntime", Cells::Int64(vec![utc]), false),
    ] {
        let message = format!(
            "message m {{ optional binary mdtrt_id (STRING); optional binary psn_no (STRING);
             optional binary fixmedins_code (STRING); optional binary med_type (STRING); optional {ty}; }}"
        );
        let bytes = parquet_of(&message, |put| {
            for text in [&b"V1"[..], b"P1", b"H1", b"11"] {
                put(Cells::Bytes(vec![text], vec![1]));
            }
            put(cells);
        });
        fs::write(at.join("visit.parquet"), bytes).unwrap();
        fs::write(
            at.join("fact.ndjson"),
            r#"{"kind":"person_fact","fact_id":"F1","psn_no":"P1","fact":"death","begin":"2025-02-27"}"#,
        )
        .unwrap();
        let done = run(at, &["fact.ndjson", "visit.parquet"]);
        assert_eq!(done.code, Some(0), "{done:?}");
        if is_taken {
            let alert: Value = serde_json::from_str(output(at, "alerts.ndjson").trim()).unwrap();
            assert_eq!(alert["occurred"], "2025-03-01 09:00:00", "{ty}");
        } else {
            assert_eq!(rejected(at)[0].2, "bad_value", "{ty}");
        }
    }
}

fn julian(seconds: i64) -> Int96 {
    let mut value = Int96::new();
    let nanos = u64::try_from(seconds.rem_euclid(86_400)).unwrap() * 1_000_000_000;
    let day = u32::try_from(seconds.div_euclid(86_400) + 2_440_588).unwrap();
    value.set_data(u32::try_from(nanos & 0xffff_ffff).unwrap(), u32::try_from(nanos >> 32).unwrap(), day);
    value
}

#[test]
fn a_damaged_file_ends_the_run_with_3_and_no_outputs() {
    let here = tempfile::tempdir().unwrap();
    let at = here.path();
    let text = "psn_no,gend,brdy\n".to_owned() + &"P1,1,1960-05-05\n".repeat(5_000);
    let line =
        "{\"kind\":\"person\",\"psn_no\":\"P1\",\"gend\":\"1\",\"brdy\":\"1960-05-05\"}\n".repeat(5_000);
    let records = convert::records(&line);
    let table = convert::parquet("person", &records["person"], true, convert::packing("snappy"));
    let cut = |bytes: Vec<u8>| bytes[..bytes.len() * 5 / 8].to_vec();
    let flipped = |mut bytes: Vec<u8>| {
        let middle = bytes.len() / 2;
        bytes[middle] ^= 0x10;
        bytes
    };
    for (name, bytes) in [
        ("a.ndjson.gz", cut(convert::gzip(line.as_bytes()))),
        ("a.ndjson.gz", [convert::gzip(line.as_bytes()), b"more".to_vec()].concat()),
        ("a.ndjson.gz", flipped(convert::gzip(line.as_bytes()))),
        ("a.ndjson.gz", Vec::new()),
        ("a.ndjson.zst", cut(convert::zstd(line.as_bytes()))),
        ("a.ndjson.zst", Vec::new()),
        ("person.csv.gz", cut(convert::gzip(text.as_bytes()))),
        ("person.csv.zst", cut(convert::zstd(text.as_bytes()))),
        ("person.csv", [b"\xff\xfe", text.as_bytes()].concat()),
        ("person.csv", b"psn_no,\"gend,brdy\nP1,1,1960-05-05\n".to_vec()),
        ("person.parquet", cut(table.clone())),
        ("person.parquet", text.clone().into_bytes()),
        ("person.parquet", Vec::new()),
    ] {
        let _ = fs::remove_dir_all(at.join("in"));
        let _ = fs::remove_dir_all(at.join("out"));
        fs::create_dir(at.join("in")).unwrap();
        fs::write(at.join("in/0.ndjson"), &line).unwrap();
        fs::write(at.join("in").join(name), bytes).unwrap();
        let done = run(at, &["in"]);
        assert_eq!(done.code, Some(3), "{name}: {done:?}");
        assert!(done.err.contains(&format!("cannot read in/{name}")), "{name}: {done:?}");
        assert!(!at.join("out/alerts.ndjson").exists() && !at.join("out/rejected.ndjson").exists());
    }
}

#[test]
fn files_arrive_in_the_order_of_arguments_and_paths() {
    let here = tempfile::tempdir().unwrap();
    let at = here.path();
    let line = |gend: &str| {
        format!(
            "{{\"kind\":\"person\",\"rev\":1,\"psn_no\":\"P1\",\"gend\":\"{gend}\",\"brdy\":\"1960-05-05\"}}\n"
        )
    };
    let row = |gend: &str| format!("rev,psn_no,gend,brdy\n1,P1,{gend},1960-05-05\n");
    fs::create_dir_all(at.join("in/a")).unwrap();
    fs::write(at.join("in/a/person.csv"), row("1")).unwrap();
    fs::write(at.join("in/a.ndjson.gz"), convert::gzip(line("2").as_bytes())).unwrap();
    fs::write(at.join("in/notes.txt"), "no records").unwrap();
    fs::write(at.join("last.ndjson"), line("9")).unwrap();
    let done = run(at, &["in", "last.ndjson"]);
    assert_eq!(done.code, Some(0), "{done:?}");
    assert!(done.err.contains("in/notes.txt"), "{done:?}");
    // "a.ndjson.gz" comes before "a/person.csv": `.` is before `/`. The first stands, the others are conflicts.
    let files: Vec<String> = rejected(at).into_iter().map(|(file, ..)| file).collect();
    assert_eq!(files, ["in/a/person.csv", "last.ndjson"]);
    let done = run(at, &["last.ndjson", "in"]);
    assert_eq!(done.code, Some(0), "{done:?}");
    let files: Vec<String> = rejected(at).into_iter().map(|(file, ..)| file).collect();
    assert_eq!(files, ["in/a.ndjson.gz", "in/a/person.csv"]);
}

/// Files for a fuzzer to begin with, in the folder that `FUNDWATCH_SEEDS` names.
#[test]
#[ignore = "makes files, proves nothing"]
fn seeds_for_fuzzing() {
    let Ok(corpus) = std::env::var("FUNDWATCH_SEEDS") else { return };
    let here = tempfile::tempdir().unwrap();
    let args = ["synth", "--out", ".", "--visits", "400", "--months", "2", "--quiet"];
    assert_eq!(fundwatch(here.path(), &args).code, Some(0));
    let records = convert::records(&fs::read_to_string(here.path().join("records/changes.ndjson")).unwrap());
    for kind in ["fee_line", "visit", "dispensing", "prescription"] {
        let some = &records[kind][..records[kind].len().min(5)];
        let put = |target: &str, name: &str, bytes: Vec<u8>| {
            let folder = Path::new(&corpus).join(target);
            fs::create_dir_all(&folder).unwrap();
            fs::write(folder.join(format!("{kind}-{name}")), bytes).unwrap();
        };
        put("csv", "utf8", convert::csv(kind, some).into_bytes());
        put("csv", "gb18030", convert::gb18030(&convert::csv(kind, some)));
        put("parquet", "text", convert::parquet(kind, some, false, convert::packing("plain")));
        for packing in ["plain", "snappy", "gzip", "zstd", "lz4"] {
            put("parquet", packing, convert::parquet(kind, some, true, convert::packing(packing)));
        }
    }
}
