//! Exports are spelled in many ways: the same region in each of them gives the same alerts; and what failed in the field.

#![expect(clippy::unwrap_used, reason = "where a test cannot go on, it has failed")]

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

#[expect(dead_code, reason = "whole folders are another test's")]
#[path = "support/convert.rs"]
mod convert;
#[path = "support/program.rs"]
mod program;

use convert::{Record, csv, gb18030, packing};
use program::{Done, fundwatch};
use records::time::{format_date, format_time, parse_date, parse_time};
use serde_json::{Value, json};

#[path = "spellings/field.rs"]
mod field;

/// Records by their kind.
type Region = BTreeMap<String, Vec<Record>>;

/// Runs `args` after `run` and gives how it ended.
fn run(at: &Path, args: &[&str]) -> Done {
    let args: Vec<&str> = ["run"].iter().chain(args).chain(&["--out", "out", "--quiet"]).copied().collect();
    fundwatch(at, &args)
}

fn output(at: &Path, name: &str) -> String {
    fs::read_to_string(at.join("out").join(name)).unwrap()
}

fn summary(at: &Path) -> Value {
    serde_json::from_str(&output(at, "summary.json")).unwrap()
}

/// Writes a file and the folders above it.
fn write(folder: &Path, name: &str, bytes: impl AsRef<[u8]>) {
    let path = folder.join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, bytes).unwrap();
}

/// The text values of all records, also in lists, as `spell` spells them.
fn respelled(region: &Region, spell: &dyn Fn(&str) -> String) -> Region {
    fn value(of: &Value, spell: &dyn Fn(&str) -> String) -> Value {
        match of {
            Value::String(text) => spell(text).into(),
            Value::Array(list) => list.iter().map(|of| value(of, spell)).collect(),
            Value::Object(fields) => {
                fields.iter().map(|(name, of)| (name.clone(), value(of, spell))).collect::<Record>().into()
            }
            other => other.clone(),
        }
    }
    let record = |record: &Record| {
        record.iter().map(|(name, of)| (name.clone(), value(of, spell))).collect::<Record>()
    };
    let of_kind = |(kind, records): (&String, &Vec<Record>)| {
        (kind.clone(), records.iter().map(record).collect::<Vec<_>>())
    };
    region.iter().map(of_kind).collect()
}

/// Times and dates respelled, other texts left.
fn with_times(region: &Region, time: &dyn Fn(i64) -> String, date: &dyn Fn(i32) -> String) -> Region {
    respelled(region, &|text| match (parse_time(text), parse_date(text)) {
        (Some(moment), _) => time(moment),
        (None, Some(day)) => date(day),
        _ => text.to_owned(),
    })
}

/// Trace codes of all records, as `spell` spells the list, under a name.
fn with_codes(region: &Region, name: &str, spell: &dyn Fn(&[Value]) -> Value) -> Region {
    let mut region = region.clone();
    for record in region.values_mut().flatten() {
        if let Some(Value::Array(codes)) = record.remove("trace_codes") {
            record.insert(name.to_owned(), spell(&codes));
        }
    }
    region
}

/// A table of CSV, cell by cell: `spell` is given each cell and whether it is of the header.
fn csv_with(kind: &str, records: &[Record], delimiter: u8, spell: &dyn Fn(&str, bool) -> String) -> Vec<u8> {
    let text = csv(kind, records);
    let mut reader = ::csv::ReaderBuilder::new().has_headers(false).from_reader(text.as_bytes());
    let mut writer = ::csv::WriterBuilder::new().delimiter(delimiter).from_writer(Vec::new());
    for (nth, row) in reader.records().enumerate() {
        writer.write_record(row.unwrap().iter().map(|cell| spell(cell, nth == 0))).unwrap();
    }
    writer.into_inner().unwrap()
}

fn plain(cell: &str, _is_header: bool) -> String {
    cell.to_owned()
}

/// The changes as lines, each with its kind before everything else.
fn lines(region: &Region) -> Vec<Value> {
    let of_kind = |(kind, records): (&String, &Vec<Record>)| {
        let line = |record: &Record| {
            let fields = [("kind".to_owned(), json!(kind))].into_iter().chain(record.clone());
            Value::Object(fields.collect())
        };
        records.iter().map(line).collect::<Vec<_>>()
    };
    region.iter().flat_map(of_kind).collect()
}

fn ndjson(region: &Region) -> String {
    lines(region).iter().map(|line| format!("{line}\n")).collect()
}

fn pretty(region: &Region) -> String {
    lines(region).iter().map(|line| serde_json::to_string_pretty(line).unwrap() + "\n").collect()
}

/// One file of CSV for each kind, named and written so.
fn tables(
    folder: &Path,
    region: &Region,
    name: &dyn Fn(&str) -> String,
    bytes: &dyn Fn(&str, &[Record]) -> Vec<u8>,
) {
    for (kind, records) in region {
        write(folder, &name(kind), bytes(kind, records));
    }
}

/// Several files of each kind: the name of each of its parts.
fn parts(
    folder: &Path,
    region: &Region,
    name: &dyn Fn(&str, usize) -> String,
    bytes: &dyn Fn(&str, &[Record]) -> Vec<u8>,
) {
    for (kind, records) in region {
        for (nth, records) in records.chunks(records.len().div_ceil(3).max(1)).enumerate() {
            write(folder, &name(kind, nth), bytes(kind, records));
        }
    }
}

/// Writes a region in one spelling.
type Spelling = (&'static str, fn(&Path, &Region));

fn utf8(kind: &str, records: &[Record]) -> Vec<u8> {
    csv(kind, records).into_bytes()
}

const SPELLINGS: &[Spelling] = &[
    ("tabs", |at, region| {
        tables(at, region, &|kind| format!("{kind}.csv"), &|kind, of| csv_with(kind, of, b'\t', &plain));
    }),
    ("semicolons", |at, region| {
        tables(at, region, &|kind| format!("{kind}.csv"), &|kind, of| csv_with(kind, of, b';', &plain));
    }),
    ("bars", |at, region| {
        tables(at, region, &|kind| format!("{kind}.csv"), &|kind, of| csv_with(kind, of, b'|', &plain));
    }),
    ("bars in GB18030", |at, region| {
        tables(at, region, &|kind| format!("{kind}.csv"), &|kind, of| {
            gb18030(std::str::from_utf8(&csv_with(kind, of, b'|', &plain)).unwrap())
        });
    }),
    ("header in capitals, with white space", |at, region| {
        tables(at, region, &|kind| format!("{kind}.csv"), &|kind, of| {
            csv_with(kind, of, b',', &|cell, is_header| {
                if is_header { format!(" {}\u{3000}", cell.to_ascii_uppercase()) } else { cell.to_owned() }
            })
        });
    }),
    ("white space around values", |at, region| {
        tables(at, region, &|kind| format!("{kind}.csv"), &|kind, of| {
            csv_with(kind, of, b',', &|cell, is_header| {
                if is_header { cell.to_owned() } else { format!("\u{a0} {cell}\t\u{3000}") }
            })
        });
    }),
    ("columns without a name", |at, region| {
        tables(at, region, &|kind| format!("{kind}.csv"), &|kind, of| {
            let text = csv(kind, of);
            let rows = text.split_inclusive("\r\n").map(|row| row.replace("\r\n", ",, \r\n"));
            rows.collect::<String>().replace(",, \r\n", ",,\r\n").into_bytes()
        });
    }),
    ("a mark in every file, lines that end with a return", |at, region| {
        tables(at, region, &|kind| format!("{kind}.csv"), &|kind, of| {
            format!("\u{feff}{}", csv(kind, of).replace("\r\n", "\r")).into_bytes()
        });
    }),
    ("a mark before GB18030", |at, region| {
        tables(at, region, &|kind| format!("{kind}.csv"), &|kind, of| {
            [b"\xef\xbb\xbf", &gb18030(&csv(kind, of))[..]].concat()
        });
    }),
    ("names in capitals", |at, region| {
        tables(at, region, &|kind| format!("{}.CSV", kind.to_ascii_uppercase()), &utf8);
    }),
    ("names of copies", |at, region| {
        parts(at, region, &|kind, nth| format!("{kind} ({nth}).csv"), &utf8);
    }),
    ("monthly parts", |at, region| {
        parts(at, region, &|kind, nth| format!("{kind}_20250{nth}.csv"), &utf8);
    }),
    ("parts with a dash, packed", |at, region| {
        parts(at, region, &|kind, nth| format!("{kind}-part{nth}.Csv.GZ"), &|kind, of| {
            convert::gzip(&utf8(kind, of))
        });
    }),
    ("folders of months", |at, region| {
        parts(at, region, &|kind, nth| format!("{kind}/2025/{nth:02}.csv"), &utf8);
    }),
    ("folders of Spark", |at, region| {
        for kind in region.keys() {
            write(at, &format!("{kind}.parquet/_SUCCESS"), "");
            write(at, &format!("{kind}.parquet/.part-00000.crc"), "crc");
        }
        let name =
            |kind: &str, nth: usize| format!("{kind}.parquet/part-0000{nth}-9943d681-c000.snappy.parquet");
        parts(at, region, &name, &|kind, of| convert::parquet(kind, of, true, packing("snappy")));
    }),
    ("folders of Hive", |at, region| {
        let name = |kind: &str, nth: usize| format!("{kind}/month=2025-0{nth}/data.parquet");
        parts(at, region, &name, &|kind, of| convert::parquet(kind, of, false, packing("zstd")));
    }),
    ("Parquet with the old times of 96 bits", |at, region| {
        tables(at, region, &|kind| format!("{kind}.parquet"), &|kind, of| {
            convert::parquet_int96(kind, of, packing("snappy"))
        });
    }),
    ("one JSON array", |at, region| {
        write(at, "all.ndjson", Value::Array(lines(region)).to_string());
    }),
    ("a JSON array on many lines, packed", |at, region| {
        let array = serde_json::to_string_pretty(&Value::Array(lines(region))).unwrap();
        write(at, "all.JSONL.zst", convert::zstd(format!("\u{feff}\n{array}\n").as_bytes()));
    }),
    ("pretty-printed lines", |at, region| write(at, "all.ndjson", pretty(region))),
    ("files laid one behind the other, with their marks", |at, region| {
        let files = region.iter().map(|(kind, records)| {
            let one = Region::from([(kind.clone(), records.clone())]);
            format!("\u{feff}{}", if kind.len() % 2 == 0 { ndjson(&one) } else { pretty(&one) })
        });
        write(at, "all.ndjson", files.collect::<String>());
    }),
    ("times with slashes", |at, region| {
        let time = |moment: i64| {
            let text = format_time(moment).replace('-', "/");
            text.replace("/0", "/").replace(" 0", " ")
        };
        let date = |day: i32| format_date(day).replace('-', "/").replace("/0", "/");
        write(at, "all.ndjson", ndjson(&with_times(region, &time, &date)));
    }),
    ("times without separators", |at, region| {
        let digits = |text: String| text.replace(['-', ' ', ':'], "");
        let (time, date) = (|moment| digits(format_time(moment)), |day| digits(format_date(day)));
        write(at, "all.ndjson", ndjson(&with_times(region, &time, &date)));
    }),
    ("times of UTC, dates that are midnights", |at, region| {
        let time = |moment: i64| format_time(moment - 8 * 3_600).replace(' ', "T") + ".000Z";
        let date = |day: i32| format!("{}T00:00:00+0800", format_date(day));
        write(at, "all.ndjson", ndjson(&with_times(region, &time, &date)));
    }),
    ("codes in one text", |at, region| {
        let joined = |codes: &[Value]| {
            let codes: Vec<&str> = codes.iter().filter_map(Value::as_str).collect();
            codes
                .iter()
                .zip([",", "；", "|\n", " 、"].iter().cycle())
                .map(|(code, by)| format!("{code}{by}"))
                .collect()
        };
        let tables_at = |at: &Path, region: &Region| tables(at, region, &|kind| format!("{kind}.csv"), &utf8);
        tables_at(at, &with_codes(region, "trace_codes", &|codes| Value::String(joined(codes))));
    }),
    ("codes in the records of the national interface", |at, region| {
        let records = |codes: &[Value]| codes.iter().map(|code| json!({ "drug_trac_codg": code })).collect();
        write(
            at,
            "all.ndjson",
            ndjson(&with_codes(region, "drugtracinfo", &|codes| Value::Array(records(codes)))),
        );
    }),
];

#[test]
fn a_region_gives_the_same_alerts_in_every_spelling() {
    let here = tempfile::tempdir().unwrap();
    let at = here.path();
    let args = ["synth", "--out", ".", "--visits", "800", "--months", "3", "--seed", "12", "--quiet"];
    assert_eq!(fundwatch(at, &args).code, Some(0));
    let region = convert::records(&fs::read_to_string(at.join("records/changes.ndjson")).unwrap());
    assert!(region["dispensing"].iter().any(|sale| sale.contains_key("trace_codes")));
    let answers = || (output(at, "alerts.ndjson"), output(at, "coverage.json"), summary(at)["total"].clone());
    assert_eq!(run(at, &["records", "--rules", "rules"]).code, Some(0));
    let expected = answers();
    assert!(expected.0.lines().count() > 20, "a region without alerts proves nothing");
    assert!(SPELLINGS.len() >= 20);
    for (name, spell) in SPELLINGS {
        let folder = at.join(name);
        spell(&folder, &region);
        let done = run(at, &[name, "--rules", "rules"]);
        assert_eq!(done.code, Some(0), "{name}: {done:?}");
        assert_eq!(
            answers().2,
            expected.2,
            "{name}: {}",
            output(at, "rejected.ndjson").lines().next().unwrap_or("")
        );
        assert!(answers() == expected, "{name} gives other answers");
        let told = done.err.lines().filter(|line| !line.starts_with("skipped: ")).count();
        assert_eq!(told, 0, "{name}: {done:?}");
        fs::remove_dir_all(folder).unwrap();
    }
    // Rows of GBK in files of UTF-8: they are rejected, told, and nothing else changes.
    let extra = gb18030("H-\u{5317}\u{4eac},1\n");
    for (kind, records) in &region {
        write(at, &format!("mixed/{kind}.csv"), [&utf8(kind, records)[..], &extra].concat());
    }
    let done = run(at, &["mixed", "--rules", "rules"]);
    let rejected = answers().2["rejected"].as_u64().unwrap();
    let has_names = fs::read(at.join("mixed/institution.csv")).unwrap().iter().any(|byte| *byte >= 0xe0);
    assert!(has_names, "institutions have names, which speak for UTF-8");
    assert_eq!((done.code, answers().0 == expected.0), (Some(0), true));
    assert_eq!(rejected, region.len() as u64);
    assert!(done.out.contains("institution.csv: read as UTF-8; 1 of its lines"), "{done:?}");
}
