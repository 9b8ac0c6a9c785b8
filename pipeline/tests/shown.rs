//! What people are shown: no character that a terminal or a reader obeys, whoever wrote it where; and no person where
//! persons are masked, and no number changed for it.

#![expect(clippy::unwrap_used, reason = "where a test cannot go on, it has failed")]
#![cfg(unix)]

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

#[path = "support/program.rs"]
mod program;

use program::{Done, fundwatch};
use serde_json::{Value, json};
use wire::visible::is_obeyed;

/// Escape sequences, NUL, C1, turns of direction, a mark, separators of lines, tags: after each something that is seen.
const OBEYED: &str = "\u{1b}[2Ja\u{0}b\u{9b}31mc\u{202e}d\u{2066}e\u{200f}f\u{61c}g\u{feff}h\u{2028}i\u{7f}j\u{e0041}k\rl\u{8}m\u{7}n\to\np";

fn obeyed(text: &str) -> Vec<char> {
    text.chars().filter(|character| *character != '\n' && is_obeyed(*character)).collect()
}

fn is_plain(done: &Done, args: &[&str]) {
    assert_eq!(obeyed(&done.out), [], "{args:?}: {:?}", done.out);
    assert_eq!(obeyed(&done.err), [], "{args:?}: {:?}", done.err);
}

fn lines(values: &[Value]) -> String {
    values.iter().map(|value| format!("{value}\n")).collect()
}

/// A hospital, persons who died, a visit of each after that with a settlement.
fn after_death(hospital: &str, persons: &[&str], id: impl Fn(&str, usize) -> String) -> Vec<Value> {
    let mut records = vec![json!({
        "kind": "institution", "fixmedins_code": hospital, "fixmedins_type": "1", "admdvs": "330100",
        "fixmedins_name": format!("N {hospital}"),
    })];
    for (nth, person) in persons.iter().enumerate() {
        records.extend([
            json!({"kind": "person", "psn_no": person, "gend": "1", "brdy": "1960-01-01"}),
            json!({"kind": "person_fact", "fact_id": id("F", nth), "psn_no": person, "fact": "death", "begin": "2025-01-01"}),
            json!({"kind": "visit", "mdtrt_id": id("V", nth), "psn_no": person, "fixmedins_code": hospital,
                "med_type": "11", "begntime": "2025-03-01 09:00:00"}),
            json!({"kind": "settlement", "setl_id": id("S", nth), "mdtrt_id": id("V", nth), "psn_no": person,
                "fixmedins_code": hospital, "med_type": "11", "setl_time": "2025-03-01 10:00:00",
                "medfee_sumamt": "2000.00", "fund_pay_sumamt": "1234.56"}),
        ]);
    }
    records
}

fn alerts(out: &Path) -> Vec<Value> {
    let text = fs::read_to_string(out.join("alerts.ndjson")).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn nothing_that_a_terminal_obeys_comes_out_of_data_names_of_files_and_banks() {
    let here = tempfile::tempdir().unwrap();
    let at = here.path();
    let hospital = format!("H{OBEYED}");
    let records = after_death(&hospital, &["P1", "P2"], |kind, nth| format!("{kind}{nth}{OBEYED}"));
    let label = json!({"kind": "label", "case_id": format!("K{OBEYED}"), "subject_type": "institution",
        "subject_id": hospital, "decision": "confirmed", "decided_at": "2025-03-02 00:00:00", "scheme": OBEYED, "amount": "10.00"});
    let folder = "in\u{1b}]0;x\u{7}\u{202e}";
    fs::create_dir(at.join(folder)).unwrap();
    fs::write(
        at.join(folder).join("a\u{1b}[1m.ndjson"),
        lines(&records) + &format!("{label}\n{{\"kind\":\"{OBEYED}\"}}\n"),
    )
    .unwrap();
    fs::write(at.join(folder).join("skipped\n\u{1b}[31mforged: all is well\u{9b}.txt"), "x").unwrap();
    let bank = "bank\u{1b}[7m";
    fs::create_dir_all(at.join(bank).join("tables")).unwrap();
    fs::create_dir_all(at.join(bank).join("rules")).unwrap();
    let table =
        "rule,item,unit,max,valid_from,valid_to,source\nA01,\u{1b}[5mX\u{202e},days\u{9b},28,,,s\u{0}\n";
    fs::write(at.join(bank).join("tables/age_limit.csv"), table).unwrap();
    fs::write(at.join(bank).join("rules/a\u{1b}c\nb.toml"), "id = \"A\u{202e}05\"\nnonsense\u{7f} = 1\n")
        .unwrap();

    let run = ["run", folder, "--out", "out\u{1b}[8m"];
    let done = fundwatch(at, &run);
    assert_eq!(done.code, Some(0), "{done:?}");
    is_plain(&done, &run);
    let skipped = done.err.lines().find(|line| line.starts_with("skipped:")).unwrap();
    assert!(skipped.contains("forged") && skipped.contains("\\u001b"), "{done:?}");
    let out = "out\u{1b}[8m";
    let alert = alerts(&at.join(out))[0]["alert_id"].as_str().unwrap().to_owned();
    let commands: [(&[&str], &[i32]); 17] = [
        (&["list", "--from", out], &[0]),
        (&["list", "--from", out, "--out", "l\u{1b}.html", "--lang", "zh"], &[0]),
        (&["list", "--from", out, "--out", "l.xlsx", "--of", "persons"], &[0]),
        (&["explain", &alert, "--from", out], &[0]),
        (&["explain", &alert, "--from", out, "--json"], &[0]),
        (&["explain", &alert, "--from", out, "--masked", "--lang", "zh"], &[0]),
        (&["explain", "A", "--from", out], &[2]),
        (&["explain", "\u{1b}[1m", "--from", out], &[2]),
        (&["dossier", &hospital.replace('\0', "x"), "--from", out, "--out", "d.html"], &[2]),
        (&["eval", "--from", out, "--truth", "labels", "--out", "judged"], &[0]),
        (&["rules", "check", "--rules", bank], &[1, 2]),
        (&["rules", "diff", "builtin", bank, folder, "--quiet"], &[2]),
        (&["rules", "diff", "builtin", "builtin", folder, "--quiet", "--out", "diff.html"], &[0]),
        (&["run", folder, "--out", "other", "--rules", bank], &[2]),
        (&["run", "nowhere\u{1b}[1m\nforged", "--out", "other"], &[3]),
        (&["run", "--no\u{1b}[1m\u{202e}such"], &[2]),
        (&["explain", "--lang", "\u{9b}x", "--from", out], &[2]),
    ];
    for (args, codes) in commands {
        let done = fundwatch(at, args);
        assert!(done.code.is_some_and(|code| codes.contains(&code)), "{args:?}: {done:?}");
        is_plain(&done, args);
    }
    assert_eq!(fundwatch(at, &["run", "nowhere\nforged", "--out", "other"]).err.lines().count(), 1);
    for page in ["l\u{1b}.html", "judged/report.html", "diff.html"] {
        let text = fs::read_to_string(at.join(page)).unwrap();
        assert_eq!(obeyed(&text), [], "{page}");
    }
    // What is JSON says the same to a program.
    let json = fundwatch(at, &["explain", &alert, "--from", out, "--json"]).out;
    let told: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(told["alert"], alerts(&at.join(out))[0]);
}

#[test]
fn a_dossier_of_an_institution_whose_code_is_obeyed_shows_it() {
    let here = tempfile::tempdir().unwrap();
    let at = here.path();
    // No argument has a NUL.
    let hospital = format!("H{}", OBEYED.replace('\0', ""));
    let records = after_death(&hospital, &["P1"], |kind, nth| format!("{kind}{nth}{OBEYED}"));
    fs::write(at.join("in.ndjson"), lines(&records)).unwrap();
    assert_eq!(fundwatch(at, &["run", "in.ndjson", "--out", "out", "--quiet"]).code, Some(0));
    for lang in ["zh", "en"] {
        let args = ["dossier", &hospital, "--from", "out", "--out", "d.html", "--lang", lang];
        let done = fundwatch(at, &args);
        assert_eq!(done.code, Some(0), "{done:?}");
        is_plain(&done, &args);
        let page = fs::read_to_string(at.join("d.html")).unwrap();
        assert_eq!(obeyed(&page), [], "{page:?}");
        assert!(page.contains("\\u202e") && page.contains("1,234.56"));
    }
}

#[test]
fn an_institution_is_ranked_whatever_its_code_is_made_of() {
    let here = tempfile::tempdir().unwrap();
    let at = here.path();
    let codes = ["H\u{1}1", "H\u{85}2", "H\n3", "H4", "H\u{7f}5"];
    let mut records = Vec::new();
    for (nth, code) in codes.iter().enumerate() {
        records.extend(after_death(code, &[&format!("P{nth}")], |kind, _| format!("{kind}-{nth}")));
    }
    // One without findings, to be drawn from.
    records.push(
        json!({"kind": "institution", "fixmedins_code": "H6", "fixmedins_type": "1", "admdvs": "330100"}),
    );
    records.push(json!({"kind": "institution", "fixmedins_code": "H\u{7}7", "fixmedins_type": "1", "admdvs": "330100"}));
    fs::write(at.join("in.ndjson"), lines(&records)).unwrap();
    assert_eq!(fundwatch(at, &["run", "in.ndjson", "--out", "out", "--quiet"]).code, Some(0));
    let list = ["list", "--from", "out", "--out", "l.ndjson", "--control", "1", "--seed", "s"];
    let done = fundwatch(at, &list);
    assert_eq!(done.code, Some(0), "{done:?}");
    let rows = fs::read_to_string(at.join("l.ndjson")).unwrap();
    let rows: Vec<Value> = rows.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let ranked: BTreeSet<&str> = rows
        .iter()
        .filter(|row| row["drawn"] == "ranked")
        .map(|row| row["fixmedins_code"].as_str().unwrap())
        .collect();
    assert_eq!(ranked, BTreeSet::from(codes));
    // It cannot be drawn by lot, which the facts say; and the draw is proved all the same.
    let facts: Value = serde_json::from_str(&fs::read_to_string(at.join("l.draw.json")).unwrap()).unwrap();
    let left_out: Vec<&String> = facts["draw"]["left_out"].as_object().unwrap().keys().collect();
    assert_eq!(left_out, ["H\u{7}7"]);
    let verified = fundwatch(at, &["list", "verify", "l.ndjson", "--frame", "l.frame.txt", "--seed", "s"]);
    assert_eq!(verified.code, Some(0), "{verified:?}");
}

/// Tokens of persons that are numbers, days, words, signs, and codes of other things.
const TOKENS: [&str; 14] = [
    "1234",
    "-",
    "2025",
    "03",
    ".",
    "00",
    "56",
    "2025-03-01",
    "yuan",
    "V1",
    "H1",
    "A01",
    "1,234.56",
    "T0000001",
];

/// The pieces of a page between its tags, without numbers of persons, in the order of their bytes.
fn pieces(page: &str) -> Vec<String> {
    let mut page = page.to_owned();
    for nth in 1..=TOKENS.len() {
        page =
            page.replace(&format!("人员 {nth:03}"), "PERSON").replace(&format!("Person {nth:03}"), "PERSON");
    }
    let mut pieces: Vec<String> = page.split('<').map(str::to_owned).collect();
    pieces.sort();
    pieces
}

#[test]
fn persons_are_masked_by_field_and_no_number_is_changed() {
    let here = tempfile::tempdir().unwrap();
    let at = here.path();
    let records = after_death("H1", &TOKENS, |kind, nth| format!("{kind}{nth}"));
    fs::write(at.join("in.ndjson"), lines(&records)).unwrap();
    assert_eq!(fundwatch(at, &["run", "in.ndjson", "--out", "out", "--quiet"]).code, Some(0));
    // The same region, whose persons have names that stand for nothing else.
    let plain: Vec<String> = (0..TOKENS.len()).map(|nth| format!("Zq{nth:02}zx")).collect();
    let named: Vec<&str> = plain.iter().map(String::as_str).collect();
    let records = after_death("H1", &named, |kind, nth| format!("{kind}{nth}"));
    fs::write(at.join("plain.ndjson"), lines(&records)).unwrap();
    assert_eq!(fundwatch(at, &["run", "plain.ndjson", "--out", "plain", "--quiet"]).code, Some(0));
    for lang in ["zh", "en"] {
        let mut pages = Vec::new();
        for from in ["out", "plain"] {
            let args = ["dossier", "H1", "--from", from, "--out", "d.html", "--lang", lang];
            assert_eq!(fundwatch(at, &args).code, Some(0));
            pages.push(fs::read_to_string(at.join("d.html")).unwrap());
        }
        // Persons are numbers in both, and everything else is what it is.
        assert!(!plain.iter().any(|token| pages[1].contains(token)), "{}", pages[1]);
        // Persons of the same money stand in the order of their tokens; what is said of them is the same.
        assert_eq!(pieces(&pages[0]), pieces(&pages[1]));
        let explained = |from: &str, more: &[&str]| {
            let mut pages = Vec::new();
            for alert in alerts(&at.join(from)) {
                let id = alert["alert_id"].as_str().unwrap();
                let args = [&["explain", id, "--from", from, "--lang", lang][..], more].concat();
                let done = fundwatch(at, &args);
                assert_eq!(done.code, Some(0), "{done:?}");
                pages.push(done.out);
            }
            pages
        };
        for more in [&["--masked"][..], &["--masked", "--json"]] {
            let (odd, plain_pages) = (explained("out", more), explained("plain", more));
            assert_eq!(odd, plain_pages);
            assert!(!plain_pages.iter().any(|page| plain.iter().any(|token| page.contains(token))));
        }
        assert!(explained("plain", &[]).iter().any(|page| page.contains("Zq00zx")));
    }
    // The dossier names the command that keeps persons masked.
    let page = fs::read_to_string(at.join("d.html")).unwrap();
    assert!(page.contains("fundwatch explain ALERT_ID --from DIR --masked"));
    // Lists.
    for of in ["institutions", "persons"] {
        for form in ["html", "xlsx"] {
            let mut said = Vec::new();
            for from in ["out", "plain"] {
                let file = format!("{of}.{form}");
                let args = ["list", "--from", from, "--of", of, "--out", &file];
                let done = fundwatch(at, &args);
                assert_eq!(done.code, Some(0), "{done:?}");
                if form == "html" {
                    said.push(fs::read_to_string(at.join(&file)).unwrap().replace(from, "RUN"));
                } else {
                    let bytes = fs::read(at.join(&file)).unwrap();
                    assert!(
                        !plain.iter().any(|token| bytes.windows(token.len()).any(|w| w == token.as_bytes()))
                    );
                }
                assert!(!plain.iter().any(|token| done.out.contains(token)), "{done:?}");
            }
            if of == "institutions" && form == "html" {
                assert!(said[1].contains("17,283.84"), "{}", said[1]);
                assert!(said[0].contains("17,283.84"), "{}", said[0]);
            }
        }
    }
}
