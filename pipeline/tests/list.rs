//! `fundwatch list` on folders made by hand: whom it ranks, how its lots fall and are proved, what its files hold.

#![expect(clippy::unwrap_used, reason = "where a test cannot go on, it has failed")]

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::{Value, json};

/// A folder of its own for one test.
fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("list").join(name);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    folder
}

/// The program in this folder, in English.
fn fundwatch(folder: &Path, args: &str) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_fundwatch"));
    command.current_dir(folder).env("LC_ALL", "C").args(args.split(' '));
    command.output().unwrap()
}

/// What it says when all is well.
fn said(folder: &Path, args: &str) -> String {
    let done = fundwatch(folder, args);
    assert_eq!(done.status.code(), Some(0), "{args}\n{}", String::from_utf8_lossy(&done.stderr));
    String::from_utf8(done.stdout).unwrap()
}

/// Exit code and everything it says.
fn refused(folder: &Path, args: &str) -> (i32, String) {
    let done = fundwatch(folder, args);
    let text = String::from_utf8(done.stdout).unwrap() + &String::from_utf8(done.stderr).unwrap();
    (done.status.code().unwrap(), text)
}

/// Names that a spreadsheet or a page must not take for anything but text.
const NASTY: [&str; 6] =
    ["=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "\t=1", "</script><img src=x onerror=alert(1)>"];

/// A run of `places` institutions, every third a pharmacy; the first of them have an alert each, the lower the number
/// the more money. An alert is of a person and a practitioner of its own.
fn write_run(folder: &Path, places: usize, alerts: usize) {
    let mut files: BTreeMap<&str, String> = BTreeMap::new();
    let mut line = |file: &'static str, value: Value| {
        let _ = writeln!(files.entry(file).or_default(), "{value}");
    };
    for place in 0..places {
        let code = format!("H{place:03}");
        line(
            "institutions.ndjson",
            json!({
                "fixmedins_code": code,
                "fixmedins_name": NASTY.get(place).map_or(format!("house {place}"), |name| (*name).to_owned()),
                "fixmedins_type": if place % 3 == 2 { "2" } else { "1" },
                "hosp_lv": if place % 3 == 2 { None } else { Some("05") },
                "admdvs": format!("99010{}", place % 4), "beds": null,
                "months": {"2025-01": {"settlements": 3, "fund_pay_sumamt": "10.00"}},
            }),
        );
        line(
            "coverage_by_institution.ndjson",
            json!({
                "fixmedins_code": code, "month": "2025-01", "records": {"visit": 3},
                "never": if place == 1 { vec!["stock_count"] } else { vec![] }, "silent": [], "late": {},
                "not_judged": if place == 2 { json!({"E11": {"missing:agreements": 4}}) } else { json!({}) },
            }),
        );
    }
    for alert in 0..alerts {
        let amount = format!("{}.50", 1000 * (alerts - alert));
        let (code, person, id) = (format!("H{alert:03}"), format!("Tp{alert}x"), format!("R01-{alert:04}"));
        let share = |id: &str| json!([{"id": id, "amount": amount, "counted_amount": amount}]);
        line(
            "alerts.ndjson",
            json!({
                "alert_id": id, "rule": "R01", "rule_version": "1.0", "key": [format!("V{alert}"), person],
                "family": "group", "phase": "pre", "verdict": "definite", "severity": "high",
                "subject": {"type": "visit", "id": format!("V{alert}")}, "institution": code,
                "occurred": "2025-01-15 10:00:00", "amount": amount, "counted_amount": amount,
                "evidence": [{"kind": "visit", "key": format!("V{alert}")}],
                "message": {"zh": format!("参保人{person}"), "en": format!("=the person {person}")},
                "basis": ["law"], "exempted_by": null,
            }),
        );
        line(
            "owners.ndjson",
            json!({
                "alert_id": id, "institutions": share(&code), "practitioners": share(&format!("D{alert}")),
                "persons": share(&person),
            }),
        );
    }
    fs::create_dir_all(folder.join("explain")).unwrap();
    files.insert("explain/run.json", "{\"now\":\"2025-01-31 12:00:00\",\"as_of\":false}".to_owned());
    for name in [
        "institutions.ndjson",
        "coverage_by_institution.ndjson",
        "alerts.ndjson",
        "owners.ndjson",
        "labels.ndjson",
    ] {
        files.entry(name).or_default();
    }
    for (name, text) in files {
        fs::write(folder.join(name), text).unwrap();
    }
}

/// The folder of a test with a run of 40 places and 15 alerts.
fn with_run(name: &str) -> PathBuf {
    let folder = folder(name);
    write_run(&folder.join("out"), 40, 15);
    folder
}

fn rows(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn read(path: impl AsRef<Path>) -> String {
    fs::read_to_string(path).unwrap()
}

const DRAW: &str = "list --from out --out l.ndjson --top 10 --control 6 --seed dice";

#[test]
fn the_ranked_come_first_and_the_lot_takes_of_the_others() {
    let folder = with_run("ranked");
    let text = said(&folder, DRAW);
    assert!(text.starts_with("2025-01-01..2025-01-31: 10 institutions ranked, "), "{text}");
    let rows = rows(&read(folder.join("l.ndjson")));
    assert_eq!(rows.len(), 16);
    // 0.8 of what is counted; a pharmacy takes 3 days, a hospital of level 05 takes 8.
    let first = &rows[0];
    assert_eq!((&first["fixmedins_code"], &first["rank"]), (&json!("H002"), &json!(1)));
    assert_eq!(
        (&first["expected_amount"], &first["expected_per_day"]),
        (&json!("10400.40"), &json!("3466.80"))
    );
    assert_eq!(first["by_family"]["group"]["counted_amount"], "13000.50");
    assert_eq!(first["coverage"]["not_judged"]["E11"]["missing:agreements"], 4);
    assert_eq!(first["trend"], json!({"2025-01": "10400.40"}));
    let control: Vec<&Value> = rows.iter().filter(|row| row["drawn"] == "control").collect();
    assert!(control.len() == 6 && control.iter().all(|row| row["inclusion_probability"] == 0.2));
    assert!(rows[..10].iter().all(|row| row["drawn"] == "ranked" && row["inclusion_probability"] == 1.0));
    let facts: Value = serde_json::from_str(&read(folder.join("l.draw.json"))).unwrap();
    assert_eq!((&facts["draw"]["frame_size"], &facts["draw"]["open"]), (&json!(40), &json!(30)));
    assert_eq!(
        facts["draw"]["frame_hash"],
        selection::draw::sha256(read(folder.join("l.frame.txt")).as_bytes())
    );
    // The same again is the same bytes, and stdout has the rows where no file is asked for.
    let before = ["l.ndjson", "l.draw.json", "l.frame.txt"].map(|name| read(folder.join(name)));
    said(&folder, DRAW);
    assert_eq!(before, ["l.ndjson", "l.draw.json", "l.frame.txt"].map(|name| read(folder.join(name))));
    assert_eq!(said(&folder, "list --from out --top 10 --control 6 --seed dice"), before[0]);
}

#[test]
fn a_draw_is_proved_and_whatever_was_changed_is_named() {
    let folder = with_run("verify");
    said(&folder, DRAW);
    let verify =
        |seed: &str| refused(&folder, &format!("list verify l.ndjson --frame l.frame.txt --seed {seed}"));
    let (code, text) = verify("dice");
    assert!(code == 0 && text.starts_with("verified: frame of 40 institutions, SHA-256 "), "{text}");
    assert!(text.ends_with("; 10 ranked, 6 drawn of 30 by the seed\n"), "{text}");
    let (code, text) = verify("other");
    assert!(code == 1 && text.contains("the seed was published as dice, it is other"), "{text}");
    let (list, frame) = (read(folder.join("l.ndjson")), read(folder.join("l.frame.txt")));
    let mut rows = rows(&list);
    let drawn = rows[10]["fixmedins_code"].as_str().unwrap().to_owned();
    let taken: Vec<String> =
        rows.iter().map(|row| row["fixmedins_code"].as_str().unwrap().to_owned()).collect();
    let other = frame.lines().find(|code| !taken.iter().any(|taken| taken == code)).unwrap().to_owned();
    rows[10]["fixmedins_code"] = json!(other);
    rows[11]["inclusion_probability"] = json!(0.25);
    let changed: String = rows.iter().map(|row| format!("{row}\n")).collect();
    fs::write(folder.join("l.ndjson"), changed).unwrap();
    let (code, text) = verify("dice");
    assert_eq!(code, 1);
    assert!(text.contains(&format!("{drawn} should have been drawn by this seed\n")), "{text}");
    assert!(text.contains(&format!("{other} should not have been drawn by this seed\n")), "{text}");
    assert!(text.contains("inclusion_probability is 0.25, it should be 0.2\n"), "{text}");
    fs::write(folder.join("l.ndjson"), list).unwrap();
    fs::write(folder.join("l.frame.txt"), frame.replacen("H039\n", "", 1)).unwrap();
    let (code, text) = verify("dice");
    assert!(code == 1 && text.contains("the size of the frame was published as 40, it is 39"), "{text}");
    fs::write(folder.join("l.frame.txt"), "H001\nH000\n").unwrap();
    let (code, text) = verify("dice");
    assert!(code == 1 && text.contains("line 2: H000 stands after H001"), "{text}");
}

#[test]
fn teams_are_drawn_without_the_recused_and_proved() {
    let folder = with_run("teams");
    let file = "id,admdvs,recusals\nI1,990100,\nI2,990101,H002\nI3,,990103\nI4,,\nI5,990102,\n";
    fs::write(folder.join("i.csv"), file).unwrap();
    let text = said(&folder, &format!("{DRAW} --days 60 --inspectors i.csv"));
    assert!(text.contains(" of the 60 days there are."), "{text}");
    let rows = rows(&read(folder.join("l.ndjson")));
    let days = |row: &Value| row["effort_days"].as_f64().unwrap();
    let planned: Vec<&Value> = rows.iter().filter(|row| row["planned"] == true).collect();
    assert!(planned.iter().map(|row| days(row)).sum::<f64>() <= 60.0);
    assert!(rows.iter().all(|row| row["drawn"] == "ranked" || row["planned"] == true), "control goes first");
    for row in &rows {
        let team: Vec<&str> =
            row["team"].as_array().into_iter().flatten().map(|id| id.as_str().unwrap()).collect();
        assert_eq!(team.len(), if row["planned"] == true { 2 } else { 0 });
        let home = ["I1", "I2", "I5", ""][usize::from(row["admdvs"].as_str().unwrap().as_bytes()[5] - b'0')];
        assert!(!team.contains(&home), "{row}");
        assert!(row["fixmedins_code"] != "H002" || !team.contains(&"I2"));
        assert!(row["admdvs"] != "990103" || !team.contains(&"I3"));
    }
    let verify = "list verify l.ndjson --frame l.frame.txt --seed dice --inspectors i.csv";
    assert!(said(&folder, verify).contains(" teams of 5 inspectors as drawn"));
    fs::write(folder.join("i.csv"), file.replace("I4,,", "I4,,H001")).unwrap();
    let (code, text) = refused(&folder, verify);
    assert!(code == 1 && text.contains("the inspectors' file was published with SHA-256"), "{text}");
    let (code, text) = refused(&folder, &format!("{DRAW} --days 10"));
    assert!(code == 2 && text.contains("the control group alone takes"), "{text}");
}

#[test]
fn a_spreadsheet_holds_texts_as_texts_and_repeats_its_bytes() {
    let folder = with_run("xlsx");
    said(&folder, "list --from out --out l.xlsx --control 6 --seed dice");
    let bytes = fs::read(folder.join("l.xlsx")).unwrap();
    said(&folder, "list --from out --out again.xlsx --control 6 --seed dice");
    assert!(bytes == fs::read(folder.join("again.xlsx")).unwrap(), "the same list is other bytes");
    let files = unzip(&bytes);
    let sheets: Vec<&String> = (1..=4).map(|n| &files[&format!("xl/worksheets/sheet{n}.xml")]).collect();
    for sheet in &sheets {
        assert!(!sheet.contains("<f>") && !sheet.contains("<f "), "a formula");
        assert!(sheet.contains("state=\"frozen\"") && sheet.contains("<autoFilter ref=\"A1:"), "{sheet}");
    }
    let name = sheets[0].split("<c r=\"C2\"").nth(1).and_then(|rest| rest.split('>').next()).unwrap();
    assert!(name.ends_with(" t=\"s\""), "a name is a shared text: {name}");
    let texts = &files["xl/sharedStrings.xml"];
    for text in
        ["<t>=1+1</t>", "<t>+cmd|' /C calc'!A0</t>", "<t>-2+3</t>", "<t>@SUM(A1)</t>", "=the person Person "]
    {
        assert!(texts.contains(text), "{text} is not in {texts}");
    }
    assert!(texts.contains("\t=1</t>"), "{texts}");
    assert!(files["xl/styles.xml"].contains("#,##0.00"));
    let book = &files["xl/workbook.xml"];
    for name in ["list", "findings", "draw", "coverage"] {
        assert!(book.contains(&format!("<sheet name=\"{name}\"")), "{book}");
    }
    // Fifteen findings and the header; persons are masked, alerts keep their ids.
    assert_eq!(sheets[1].matches("<row ").count(), 16);
    assert!(!texts.contains("Tp3x") && texts.contains("Persons are masked") && texts.contains("R01-0003"));
    said(&folder, "list --from out --out open.xlsx --unmasked --lang zh");
    let texts = &unzip(&fs::read(folder.join("open.xlsx")).unwrap())["xl/sharedStrings.xml"];
    assert!(texts.contains("参保人Tp3x") && texts.contains("--unmasked"));
}

#[test]
fn a_page_escapes_its_values_and_masks_persons() {
    let folder = with_run("html");
    said(&folder, "list --from out --out l.html --control 6 --seed <script>");
    let page = read(folder.join("l.html"));
    assert!(!page.contains("<script") && !page.contains("<img") && page.contains("&lt;/script&gt;&lt;img"));
    assert!(page.contains("never sent: stock count") && page.contains("list verify FILE"));
    let text = said(&folder, "list --from out --of persons --out p.html --top 3");
    let page = read(folder.join("p.html"));
    assert!(page.contains("Person 001") && !page.contains("Tp0x") && !text.contains("Tp0x"));
    assert!(!read(folder.join("p.draw.json")).contains("Tp0x"), "the facts name no person");
    let rows = rows(&said(&folder, "list --from out --of persons --top 3"));
    assert_eq!((&rows[0]["psn_no"], &rows[0]["fixmedins_code"]), (&json!("Tp0x"), &Value::Null));
}

#[test]
fn of_two_runs_the_later_argument_stands() {
    let folder = with_run("runs");
    write_run(&folder.join("later"), 41, 12);
    let expected = |args: &str| {
        let rows = rows(&said(&folder, args));
        let first = rows.iter().find(|row| row["fixmedins_code"] == "H000").unwrap();
        (
            rows.len(),
            first["counted_amount"].as_str().unwrap().to_owned(),
            first["coverage"]["months"].clone(),
        )
    };
    assert_eq!(expected("list --from out later"), (15, "12000.50".to_owned(), json!(1)));
    assert_eq!(expected("list --from later --from out"), (15, "15000.50".to_owned(), json!(1)));
    assert_eq!(said(&folder, "list --from out --period 2025-02").lines().count(), 0);
}

#[test]
fn decisions_about_the_control_group_say_what_the_ranking_misses() {
    let folder = with_run("estimate");
    let estimate = "list estimate l.ndjson --labels labels.ndjson --out e.html";
    said(&folder, DRAW);
    let control: Vec<Value> = rows(&read(folder.join("l.ndjson"))).split_off(10);
    let label = |(nth, row): (usize, &Value)| {
        json!({
            "case_id": format!("C{nth}"), "subject_type": "institution", "subject_id": row["fixmedins_code"],
            "period_begin": null, "period_end": null, "scheme": null,
            "decision": if nth == 0 { "undecided" } else { "partly" }, "amount": format!("{}.00", 100 * nth),
            "decided_at": "2025-04-01 09:00:00", "source": "flying",
        })
    };
    let labels: String = control.iter().enumerate().map(label).map(|label| format!("{label}\n")).collect();
    fs::write(folder.join("labels.ndjson"), &labels).unwrap();
    let text = said(&folder, estimate);
    assert!(text.starts_with(
        "Of 30 institutions that were not ranked 6 were drawn and 5 are decided: 1,500.00 yuan"
    ));
    assert!(
        text.contains("estimated to have 9,000.00 yuan (90 % interval: ") && text.contains("do not rely"),
        "{text}"
    );
    let page = read(folder.join("e.html"));
    assert!(page.contains("What the ranking misses") && page.contains("9,000.00"));
    said(&folder, &estimate.replace("e.html", "e.json"));
    let facts: Value = serde_json::from_str(&read(folder.join("e.json"))).unwrap();
    assert_eq!((&facts["estimate"]["total"], &facts["estimate"]["answered"]), (&json!("9000.00"), &json!(5)));
    said(&folder, "list --from out --out l.ndjson");
    let (code, text) = refused(&folder, estimate);
    assert!(code == 2 && text.contains("nobody was drawn for this list"), "{text}");
}

#[test]
fn what_does_not_fit_is_said_with_its_place() {
    let folder = with_run("refused");
    for (args, code, what) in [
        ("list --from out --control 5", 2, "--control draws by lot and needs --seed TEXT"),
        ("list --from out --inspectors i.csv", 2, "--inspectors draws by lot and needs --seed TEXT"),
        ("list --from nowhere", 2, "there is no folder nowhere"),
        ("list --from out --out l.pdf", 2, "l.pdf is none of .ndjson, .xlsx, .html"),
        (
            "list --from out --period 2025-2",
            2,
            "`2025-2` is neither a day (2025-03-31) nor a month (2025-03)",
        ),
        ("list --from out --days many", 2, "--days many: it is no number of days"),
        ("list --from out --of persons --control 5 --seed s", 2, "leave them out with --of"),
        ("list", 2, "--from"),
    ] {
        let (found, text) = refused(&folder, args);
        assert!(found == code && text.contains(what), "{args}: {found} {text}");
    }
    fs::write(folder.join("e.csv"), "fixmedins_type,hosp_lv,days\n1,01,none\n").unwrap();
    let (code, text) = refused(&folder, "list --from out --effort e.csv");
    assert!(code == 2 && text.contains("e.csv: line 2: `none` is no number of days"), "{text}");
    let owners = folder.join("out/owners.ndjson");
    let right = read(&owners);
    fs::write(&owners, right.replacen("R01-0001", "R01-0007", 1)).unwrap();
    let (code, text) = refused(&folder, "list --from out");
    assert!(
        code == 3
            && text.contains("alerts.ndjson")
            && text.contains("line 2: alert R01-0001 has the owners of R01-0007"),
        "{text}"
    );
    fs::write(&owners, right.lines().next().unwrap()).unwrap();
    let (code, text) = refused(&folder, "list --from out");
    assert!(code == 3 && text.contains("have not as many lines"), "{text}");
    fs::write(&owners, right.replacen("\"persons\"", "\"persons", 1)).unwrap();
    let (code, text) = refused(&folder, "list --from out");
    assert!(code == 3 && text.contains("owners.ndjson") && text.contains("line 1: "), "{text}");
    fs::remove_file(&owners).unwrap();
    let (code, text) = refused(&folder, "list --from out");
    assert!(code == 2 && text.contains("owners.ndjson is missing"), "{text}");
}

/// The texts of a zip archive, by name: what its central directory lists.
fn unzip(bytes: &[u8]) -> BTreeMap<String, String> {
    let number = |at: usize, length: usize| {
        bytes[at..at + length].iter().rev().fold(0usize, |number, byte| (number << 8) | usize::from(*byte))
    };
    let end = bytes.windows(4).rposition(|four| four == [b'P', b'K', 5, 6]).unwrap();
    let (mut at, mut files) = (number(end + 16, 4), BTreeMap::new());
    for _ in 0..number(end + 10, 2) {
        let (method, packed, start) = (number(at + 10, 2), number(at + 20, 4), number(at + 42, 4));
        let name_length = number(at + 28, 2);
        let name = String::from_utf8(bytes[at + 46..at + 46 + name_length].to_vec()).unwrap();
        let data = start + 30 + number(start + 26, 2) + number(start + 28, 2);
        let packed = &bytes[data..data + packed];
        let mut text = String::new();
        match method {
            0 => text.push_str(std::str::from_utf8(packed).unwrap()),
            _ => drop(flate2::read::DeflateDecoder::new(packed).read_to_string(&mut text).unwrap()),
        }
        files.insert(name, text);
        at += 46 + name_length + number(at + 30, 2) + number(at + 32, 2);
    }
    files
}
