//! Small inputs of kinds that real exports show, each with its right value.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use super::{convert, gb18030, output, run, summary, write};
use crate::convert::packing;
use crate::program::fundwatch;

/// Alerts of a run as (rule, key).
fn alerts(at: &Path) -> Vec<(String, Vec<String>)> {
    let alert = |line: &str| {
        let alert: Value = serde_json::from_str(line).unwrap();
        let key = alert["key"].as_array().unwrap().iter().map(|part| part.as_str().unwrap().to_owned());
        (alert["rule"].as_str().unwrap().to_owned(), key.collect())
    };
    output(at, "alerts.ndjson").lines().map(alert).collect()
}

/// Rejected lines as (file, line, code, text), without quotes.
fn rejected(at: &Path) -> Vec<Value> {
    output(at, "rejected.ndjson").lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn counts(accepted: u64, rejected: u64) -> Value {
    json!({ "accepted": accepted, "stale": 0, "duplicate": 0, "rejected": rejected, "unknown_fields": 0 })
}

/// Runs and holds that it ended well.
fn done(at: &Path, args: &[&str]) -> crate::program::Done {
    let done = run(at, args);
    assert_eq!(done.code, Some(0), "{done:?}");
    done
}

/// Fee lines as rows of a table.
fn fee_lines(delimiter: &str) -> String {
    let header = "MDTRT_ID,FEEDETL_SN,PSN_NO,FIXMEDINS_CODE,FEE_OCUR_TIME,MED_LIST_CODG,LIST_TYPE,CNT,PRIC,DET_ITEM_FEE_SUMAMT";
    let rows = (1..=3).map(|nth| format!("V1,{nth},T1,H001,2025-03-01 10:00:00,SVC-1,201,1,100,100\n"));
    format!("{header}\n{}", rows.collect::<String>()).replace(',', delimiter)
}

#[test]
fn a_record_of_a_far_year_does_not_move_now() {
    let here = tempfile::tempdir().unwrap();
    let at = here.path();
    let visit = |id: &str, person: &str, hospital: &str, class: &str, begin: &str| {
        let line = json!({ "kind": "visit", "mdtrt_id": id, "psn_no": person, "fixmedins_code": hospital,
            "med_type": class, "begntime": begin });
        format!("{line}\n")
    };
    let hospital = json!({ "kind": "institution", "fixmedins_code": "H1", "fixmedins_type": "1",
        "admdvs": "440100", "beds": 1 });
    let stays =
        ["T1", "T2"].map(|person| visit(&format!("V{person}"), person, "H1", "21", "2025-03-01 09:00:00"));
    let last = visit("V9", "T1", "H2", "11", "2025-03-10 09:00:00");
    let far = visit("V\u{1b}/8", "T1", "H2", "11", "2095-03-01 09:00:00");
    write(at, "x.ndjson", format!("{hospital}\n{}{last}{far}", stays.concat()));
    let told = done(at, &["x.ndjson"]);
    let bounded = alerts(at);
    let summary = summary(at);
    assert_eq!(summary["now"], "2025-03-10 09:00:00");
    assert_eq!(summary["now_from"], json!({ "kind": "visit", "key": "V9", "time": "2025-03-10 09:00:00" }));
    assert_eq!(summary["future"]["records"], 1);
    assert_eq!(summary["future"]["latest"][0]["time"], "2095-03-01 09:00:00");
    assert!(
        told.out.contains("1 records are dated later than tomorrow") && told.out.contains("2095-03-01"),
        "{told:?}"
    );
    assert!(!told.out.contains('\u{1b}'), "{told:?}");
    // Two patients in one bed, day by day, up to now.
    let days = bounded.iter().filter(|(rule, _)| rule == "A15").count();
    assert!((1..=10).contains(&days), "{bounded:?}");
    // As it is with the same now set by hand, which lifts the limit where it is later.
    done(at, &["x.ndjson", "--as-of", "2025-03-10 09:00:00"]);
    assert_eq!(alerts(at), bounded);
    done(at, &["x.ndjson", "--as-of", "2095/3/2"]);
    assert!(alerts(at).len() > bounded.len() + 20_000);
    assert_eq!(self::summary(at)["future"]["records"], 0);
    // With no other record the day of the run is now.
    write(at, "y.ndjson", &far);
    done(at, &["y.ndjson"]);
    let now = self::summary(at)["now"].as_str().unwrap().to_owned();
    assert!(now.ends_with(" 00:00:00") && now.as_str() < "2090", "{now}");
    assert_eq!(self::summary(at)["now_from"], Value::Null);
}

#[test]
fn a_row_of_another_encoding_is_rejected_with_its_bytes() {
    let here = tempfile::tempdir().unwrap();
    let at = here.path();
    let row = |code: &str, name: &str| format!("{code},{name},1,440100\n");
    let header = "fixmedins_code,fixmedins_name,fixmedins_type,admdvs\n";
    let other = gb18030(&row("H8", "第八医院"));
    let bytes = [header.as_bytes(), row("H9", "第九医院").as_bytes(), &other].concat();
    write(at, "institution.csv", &bytes);
    let told = done(at, &["."]);
    assert_eq!(summary(at)["total"], counts(1, 1));
    let rejected = rejected(at);
    assert_eq!((&rejected[0]["code"], &rejected[0]["origin"]["line"]), (&json!("bad_value"), &json!(3)));
    let raw = json!({ "base64": wire::rejected::base64(&other[..other.len() - 1]) });
    assert_eq!(rejected[0]["raw"], raw);
    let file = &summary(at)["files"][0];
    assert_eq!((&file["encoding"], &file["lines_of_other_encoding"]), (&json!("UTF-8"), &json!(1)));
    assert!(told.out.contains("read as UTF-8; 1 of its lines speak for another"), "{told:?}");
    // A name that tells no kind comes first.
    fs::rename(at.join("institution.csv"), at.join("hospitals.csv")).unwrap();
    let told = done(at, &["."]);
    assert!(self::rejected(at).iter().all(|line| line["code"] == "unknown_kind"));
    assert!(told.out.contains("hospitals.csv: all of its 2 rows are rejected, unknown_kind"), "{told:?}");
    fs::rename(at.join("hospitals.csv"), at.join("institutions-all.csv")).unwrap();
    let told = done(at, &["."]);
    assert!(told.out.contains("did you mean institution?"), "{told:?}");
    // UTF-16 is read by nobody.
    let utf16: Vec<u8> = "\u{feff}fixmedins_code\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    for name in ["institution.csv", "x.ndjson"] {
        write(at, name, &utf16);
        let told = run(at, &[name]);
        assert_eq!(told.code, Some(3), "{told:?}");
        assert!(told.err.contains("UTF-16"), "{told:?}");
    }
}

#[test]
fn headers_in_capitals_and_other_delimiters_are_read() {
    for delimiter in [",", ";", "\t", "|"] {
        let here = tempfile::tempdir().unwrap();
        write(here.path(), "fee_line.csv", fee_lines(delimiter));
        done(here.path(), &["fee_line.csv"]);
        assert_eq!(summary(here.path())["total"], counts(3, 0), "{delimiter}");
    }
    // A name twice, however it is written, is nobody's to choose from.
    let here = tempfile::tempdir().unwrap();
    write(here.path(), "fee_line.csv", fee_lines(",").replace("CNT", "psn_no "));
    let told = run(here.path(), &["fee_line.csv"]);
    assert_eq!(told.code, Some(3), "{told:?}");
    assert!(told.err.contains("two columns are named psn_no"), "{told:?}");
    assert!(!here.path().join("out/rejected.ndjson").exists());
}

#[test]
fn folders_of_parts_are_read_by_the_name_of_their_folder() {
    let here = tempfile::tempdir().unwrap();
    let at = here.path();
    let lines = fee_lines(",").to_lowercase();
    let (header, rows) = lines.split_once('\n').unwrap();
    let names: Vec<&str> = header.split(',').collect();
    let records: Vec<convert::Record> = rows
        .lines()
        .map(|row| {
            names.iter().map(|name| (*name).to_owned()).zip(row.split(',').map(|cell| json!(cell))).collect()
        })
        .map(|record: convert::Record| {
            record
                .into_iter()
                .map(|(name, value)| (name, json!(value.as_str().unwrap().to_uppercase())))
                .collect()
        })
        .collect();
    for (nth, records) in records.chunks(2).enumerate() {
        let name = format!("fee_line.parquet/part-0000{nth}-9943d681-c000.snappy.parquet");
        write(at, &name, convert::parquet("fee_line", records, false, packing("snappy")));
    }
    write(at, "fee_line.parquet/_SUCCESS", "");
    write(at, "fee_line.parquet/.part-00000.crc", "crc");
    write(at, "fee_line.xlsx", "a workbook");
    let told = done(at, &["."]);
    assert_eq!(summary(at)["total"], counts(3, 0));
    for name in ["fee_line.parquet/_SUCCESS", "fee_line.parquet/.part-00000.crc"] {
        assert!(told.err.contains(&format!("skipped: ./{name} (not a format of records)")), "{told:?}");
    }
    assert!(
        told.err.contains("fee_line.xlsx (not a format of records; did you mean fee_line.csv?)"),
        "{told:?}"
    );
    let skipped =
        summary(at)["skipped"].as_array().unwrap().iter().map(|one| one["path"].clone()).collect::<Vec<_>>();
    assert!(skipped.contains(&json!("./fee_line.parquet/_SUCCESS")) && skipped.len() == 3, "{skipped:?}");
    assert!(!told.err.contains("./out"), "the folder of the outputs is there only after the first run");
    let told = done(at, &["."]);
    assert!(told.err.contains("skipped: ./out (the folder of the outputs)"), "{told:?}");
    assert_eq!(summary(at)["total"], counts(3, 0));
    // The folder itself by its name, as it is given; its file has none.
    done(at, &["fee_line.parquet"]);
    assert_eq!(summary(at)["total"], counts(3, 0));
    done(at, &["fee_line.parquet/part-00000-9943d681-c000.snappy.parquet"]);
    assert_eq!(summary(at)["total"], counts(0, 2));
    assert_eq!(rejected(at)[0]["code"], "unknown_kind");
}

#[test]
fn times_of_96_bits_are_of_utc() {
    let here = tempfile::tempdir().unwrap();
    let at = here.path();
    let visit = json!({ "mdtrt_id": "V1", "psn_no": "T1", "fixmedins_code": "H1", "med_type": "11",
        "begntime": "2025-03-02 00:30:00" });
    let records = [visit.as_object().unwrap().clone()];
    write(at, "visit.parquet", convert::parquet_int96("visit", &records, packing("snappy")));
    let fact = |day: &str| {
        json!({ "kind": "person_fact", "fact_id": "F1", "psn_no": "T1", "fact": "death", "begin": day })
            .to_string()
    };
    // Two days after the death in China, where it is past midnight; in UTC it would be the day of grace.
    write(at, "x.ndjson", fact("2025-02-28"));
    done(at, &["x.ndjson", "visit.parquet"]);
    assert_eq!(alerts(at), [("A01".to_owned(), vec!["V1".to_owned(), "F1".to_owned()])]);
}

#[test]
fn codes_of_the_national_interface_and_joined_ones_are_codes() {
    let sale = |id: &str, name: &str, codes: Value| {
        let mut sale = json!({ "kind": "dispensing", "sel_id": id, "move": "sale", "fixmedins_code": "P1",
            "med_list_codg": "DRUG-A", "cnt": 1, "sel_time": "2025-03-01 10:00:00", "psn_no": "T1",
            "mdtrt_setl_type": "1" });
        sale[name] = codes;
        format!("{sale}\n")
    };
    let purchase = json!({ "kind": "purchase", "purc_id": "B1", "move": "purchase", "fixmedins_code": "P1",
        "med_list_codg": "DRUG-A", "cnt": 10, "stoin_time": "2025-02-01 10:00:00",
        "trace_codes": "81000000000000000001；81000000000000000002;81000000000000000003 81000000000000000004" });
    let lines = [
        sale("L1", "trace_codes", json!([{ "drug_trac_codg": "81000000000000000001" }])),
        sale("L2", "drugtracinfo", json!([{ "drug_trac_codg": "81000000000000000002" }])),
        sale("L3", "drugtracinfo", json!("81000000000000000003、81000000000000000004")),
        format!("{purchase}\n"),
        sale("L4", "trace_codes", json!(" ")),
    ];
    let here = tempfile::tempdir().unwrap();
    let at = here.path();
    write(at, "x.ndjson", lines.concat());
    done(at, &["x.ndjson"]);
    assert_eq!(summary(at)["total"], counts(5, 0));
    let of = |rule: &str| -> Vec<String> {
        let of = alerts(at).into_iter().filter(|(found, _)| found == rule);
        of.map(|(_, key)| key.join("/")).collect()
    };
    assert_eq!(of("T04"), ["L4"]);
    assert_eq!(of("T05"), Vec::<String>::new());
}

#[test]
fn every_spelling_of_a_time_is_read_and_every_fault_is_told() {
    let here = tempfile::tempdir().unwrap();
    let at = here.path();
    let line = |nth: usize, time: &Value| {
        let line = json!({ "kind": "fee_line", "mdtrt_id": "V1", "feedetl_sn": nth.to_string(), "psn_no": "T1",
            "fixmedins_code": "H1", "fee_ocur_time": time, "med_list_codg": "S", "list_type": "201",
            "cnt": 1, "pric": "1", "det_item_fee_sumamt": "1" });
        format!("{line}\n")
    };
    let good = [
        "2025-03-01T10:00:00",
        "2025-03-01T10:00:00.000+0800",
        "2025-03-01 10:00:00.0",
        "20250301100000",
        "2025/3/1 10:00",
        "2025-03-01 10:00",
        "2025-03-01T02:00:00.123Z",
        "20250301 10:00:00+08",
    ];
    let bad = [
        (json!("2025-02-30 10:00"), "does not exist"),
        (json!("2025-03-01 24:00"), "24:00"),
        (json!("2025-03-01 10:00:60"), "second 60"),
        (json!("1899-01-01 10:00"), "1900 to 2099"),
        (json!("20250301"), "is a date"),
        (json!("March 1"), "written in no way that is read"),
        (json!(1_740_794_400_000_u64), "written in no way that is read"),
    ];
    let all = good.iter().map(|time| json!(time)).chain(bad.iter().map(|(time, _)| time.clone()));
    write(at, "x.ndjson", all.enumerate().map(|(nth, time)| line(nth, &time)).collect::<String>());
    done(at, &["x.ndjson"]);
    assert_eq!(summary(at)["total"], counts(good.len() as u64, bad.len() as u64));
    for (line, (time, fault)) in rejected(at).iter().zip(bad) {
        assert_eq!(line["code"], "bad_value");
        assert!(line["text"].as_str().unwrap().contains(fault), "{time}: {line}");
    }
}

#[test]
fn arrays_and_pretty_lines_count_their_entries() {
    let here = tempfile::tempdir().unwrap();
    let at = here.path();
    let person = |id: &str| json!({ "kind": "person", "psn_no": id, "gend": "1", "brdy": "1960-05-05" });
    let array = json!([person("A"), person("B"), 7, person("C")]);
    write(at, "x.ndjson", serde_json::to_string_pretty(&array).unwrap() + "\n");
    done(at, &["x.ndjson", "--tick", "2"]);
    assert_eq!(summary(at)["total"], counts(3, 1));
    let seven = &rejected(at)[0];
    assert_eq!(
        (&seven["raw"], &seven["origin"]["line"], &seven["code"]),
        (&json!("7"), &json!(14), &json!("not_json"))
    );
    // A syntax error ends the array: the rest is one entry.
    let broken = format!("[{},\n{{\"kind\":}},\n{}]\n", person("A"), person("B"));
    write(at, "x.ndjson", &broken);
    done(at, &["x.ndjson"]);
    assert_eq!(summary(at)["total"], counts(1, 1));
    let rest = &rejected(at)[0];
    assert_eq!(
        (&rest["origin"]["line"], rest["raw"].as_str().unwrap()),
        (&json!(2), &broken[broken.find('\n').unwrap() + 1..])
    );
    // A pretty-printed object with a fault is one entry, its raw from brace to brace.
    let faulty = serde_json::to_string_pretty(&json!({ "kind": "person", "psn_no": "" })).unwrap();
    write(at, "x.ndjson", format!("  {faulty}  \n{}\n", person("A")));
    done(at, &["x.ndjson"]);
    assert_eq!(summary(at)["total"], counts(1, 1));
    assert_eq!(
        (&rejected(at)[0]["raw"], &rejected(at)[0]["code"]),
        (&json!(faulty), &json!("missing_field"))
    );
}

#[test]
fn what_unfolds_without_bound_is_rejected_in_bounded_room() {
    let here = tempfile::tempdir().unwrap();
    let at = here.path();
    let commas =
        [fee_lines(",").as_bytes(), &vec![b','; 133 << 20], b"\nV1,9,T1,H001,2025-03-01 10:00,S,201,1,1,1\n"]
            .concat();
    write(at, "fee_line.csv.zst", convert::zstd(&commas));
    drop(commas);
    let zeros = [&b"{\"kind\":\"person\",\"psn_no\":\""[..], &vec![0; 20 << 20], b"\"}\n\n"].concat();
    write(at, "x.ndjson.zst", convert::zstd(&zeros));
    let long = format!("{{\"kind\":\"person\",\"psn_no\":\"\",\"x\":\"{}\"}}\n", "院".repeat(1 << 20));
    write(at, "y.ndjson", &long);
    done(at, &["fee_line.csv.zst", "x.ndjson.zst", "y.ndjson"]);
    assert_eq!(summary(at)["total"], counts(4, 3));
    let bytes: Vec<u64> = rejected(at).iter().map(|line| line["raw_bytes"].as_u64().unwrap()).collect();
    assert_eq!(bytes, [133 << 20, zeros.len() as u64 - 2, long.len() as u64 - 1]);
    let codes: Vec<Value> = rejected(at).iter().map(|line| line["code"].clone()).collect();
    assert_eq!(codes, ["not_json", "not_json", "missing_field"]);
    for line in rejected(at) {
        let raw = line["raw"].as_str().unwrap();
        assert!(raw.len() <= 1 << 20 && raw.len() > (1 << 20) - 4, "{}", raw.len());
    }
    assert!(long.starts_with(rejected(at)[2]["raw"].as_str().unwrap()));
}

#[cfg(unix)]
#[test]
fn a_folder_with_loops_and_pipes_is_read_to_its_end() {
    use std::os::unix::fs::symlink;
    let here = tempfile::tempdir().unwrap();
    let at = here.path();
    write(at, "in/fee_line.csv", fee_lines(","));
    symlink(".", at.join("in/x")).unwrap();
    symlink(".", at.join("in/y")).unwrap();
    let made = std::process::Command::new("mkfifo").arg(at.join("in/pipe.ndjson")).status().unwrap();
    assert!(made.success());
    let told = done(at, &["in"]);
    assert_eq!(summary(at)["total"], counts(3, 0));
    for line in [
        "skipped: in/x (a link to a folder above it)",
        "skipped: in/y (a link to a folder above it)",
        "skipped: in/pipe.ndjson (no regular file)",
    ] {
        assert!(told.err.contains(line), "{told:?}");
    }
}

#[test]
fn a_damaged_parquet_file_is_told_once() {
    let here = tempfile::tempdir().unwrap();
    let at = here.path();
    let visit = json!({ "mdtrt_id": "V1", "psn_no": "T1", "fixmedins_code": "H1", "med_type": "11",
        "begntime": "2025-03-02 00:30:00" });
    let good = convert::parquet("visit", &[visit.as_object().unwrap().clone()], false, packing("plain"));
    write(at, "visit.parquet", deep_parquet(10_000));
    let told = run(at, &["visit.parquet"]);
    assert_eq!(told.code, Some(3), "{told:?}");
    assert!(told.err.contains("a schema of 10000 levels") && told.err.lines().count() == 1, "{told:?}");
    // Whatever bit is turned: an end that is told in one line, or an answer.
    let mut ended = 0;
    for position in (0..good.len()).step_by(29) {
        let mut bytes = good.clone();
        bytes[position] ^= 1 << (position % 8);
        write(at, "visit.parquet", bytes);
        let told = run(at, &["visit.parquet"]);
        match told.code {
            Some(0) => {}
            Some(3) => {
                assert_eq!(told.err.lines().count(), 1, "{told:?}");
                ended += 1;
            }
            _ => panic!("{told:?}"),
        }
    }
    assert!(ended > 10);
}

/// A Parquet file without rows whose schema is so deep: a footer in Thrift's compact protocol.
fn deep_parquet(levels: usize) -> Vec<u8> {
    fn varint(mut value: usize, out: &mut Vec<u8>) {
        while value >= 0x80 {
            out.push(u8::try_from(value & 0x7f).unwrap() | 0x80);
            value >>= 7;
        }
        out.push(u8::try_from(value).unwrap());
    }
    // Field 1, i32: version 1; field 2: a list of structures.
    let mut footer = vec![0x15, 0x02, 0x19, 0xfc];
    varint(levels + 1, &mut footer);
    for nth in 0..=levels {
        let is_leaf = nth == levels;
        if is_leaf {
            // Field 1, i32: BYTE_ARRAY.
            footer.extend([0x15, 0x0c]);
        }
        // Field 3, i32: optional; field 4, binary: a name; field 5, i32: one child.
        footer.extend(if is_leaf { [0x25, 0x02] } else { [0x35, 0x02] });
        footer.extend([0x18, 0x01, b'a']);
        if !is_leaf {
            footer.extend([0x15, 0x02]);
        }
        footer.push(0);
    }
    // Field 3, i64: no rows; field 4: no row groups.
    footer.extend([0x16, 0x00, 0x19, 0x0c, 0x00]);
    let length = u32::try_from(footer.len()).unwrap().to_le_bytes();
    [&b"PAR1"[..], &footer, &length, b"PAR1"].concat()
}

#[test]
fn the_inputs_of_the_field_are_right_where_they_stand() {
    let shared = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/field");
    if !shared.is_dir() {
        eprintln!("not looked at: there is no {}", shared.display());
        return;
    }
    // Accepted and rejected entries of each.
    for (folder, paths, accepted, rejected) in [
        ("08-mixed-encoding", &["base.ndjson", "institution.csv"][..], 6, 1),
        ("09-header-upper", &["fee_line.csv"], 3, 0),
        ("11-semicolon", &["fee_line.csv"], 3, 0),
        ("18-int96-spark", &["base.ndjson", "visit.parquet"], 5, 0),
        ("21-national-code-node", &["x.ndjson"], 7, 0),
        ("30-json-array", &["x.ndjson"], 2, 0),
        ("33-joined-codes", &["x.ndjson"], 8, 0),
    ] {
        let here = tempfile::tempdir().unwrap();
        let at = shared.join(folder);
        let out = here.path().join("out");
        let paths = paths.iter().map(|path| at.join(path).to_str().unwrap().to_owned());
        let mut args = vec!["run".to_owned()];
        args.extend(paths.chain(["--out".to_owned(), out.to_str().unwrap().to_owned()]));
        let args: Vec<&str> = args.iter().map(String::as_str).collect();
        let told = fundwatch(here.path(), &args);
        assert_eq!(told.code, Some(0), "{folder}: {told:?}");
        let total = &summary(here.path())["total"];
        assert_eq!(
            (&total["accepted"], &total["rejected"]),
            (&json!(accepted), &json!(rejected)),
            "{folder}"
        );
    }
}
