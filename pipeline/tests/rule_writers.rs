//! The pages for people who write rules are true: `docs/detectors.md` tells of every detector what the program
//! knows of it, and the rules of `docs/own-bank`, which nobody had to programme, are right and hold.
//!
//! `FUNDWATCH_ACCEPT=1 cargo test -p pipeline --test rule_writers` writes the facts of the page anew and leaves
//! its sentences alone.

#![expect(clippy::unwrap_used, reason = "where a test cannot go on, it has failed")]

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use detectors::detector::SPECS;
use rulebank::{Bank, DetectorSpec, Status};

#[path = "support/accept.rs"]
mod accept;
#[path = "support/program.rs"]
mod program;

use accept::accepts;
use program::fundwatch;

/// Where the facts of a detector begin on its part of the page; what stands before is written by hand.
const FACTS: &str = "\n<!-- facts -->\n";
/// A sentence that is still to be written.
const TO_WRITE: &str = "(say what it looks for)";

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// What the program knows of a detector, for people.
fn facts(spec: &DetectorSpec, bank: &Bank) -> String {
    let mut text = String::new();
    let rules = bank.rules.iter().filter(|rule| rule.detector == spec.name);
    let rules: Vec<&str> = rules.map(|rule| rule.id.as_str()).collect();
    let table = match spec.table {
        Some(table) => format!("Table: [`{table}`](write-a-rule.md#tables)."),
        None => "No table.".to_owned(),
    };
    let also =
        spec.also.iter().map(|table| format!(" It reads [`{table}`](write-a-rule.md#tables) besides."));
    let _ = writeln!(text, "Built-in rules: {}. {table}{}", rules.join(" "), also.collect::<String>());
    if !spec.params.is_empty() {
        let _ = writeln!(text, "\n| parameter | means | may be | default |\n|---|---|---|---|");
        for param in spec.params {
            let (name, doc, range) = (param.name, param.doc, param.kind.range());
            let _ = writeln!(text, "| `{name}` | {doc} | {range} | `{}` |", param.default);
        }
    }
    if !spec.comparisons.is_empty() {
        let _ = writeln!(text, "\nIt compares:\n");
        for comparison in spec.comparisons {
            let _ = writeln!(text, "- {}", comparison.text());
        }
    }
    let values: Vec<String> = spec.values.iter().map(|value| format!("`{{{value}}}`")).collect();
    let _ = writeln!(text, "\nIts message may say {}.", values.join(" "));
    text
}

/// The sentences of the page by detector, as they stand there.
fn sentences(page: &str) -> BTreeMap<&str, &str> {
    let mut sentences = BTreeMap::new();
    for part in page.split("\n## `").skip(1) {
        let (name, rest) = part.split_once("`\n").unwrap();
        sentences.insert(name, rest.split(FACTS).next().unwrap().trim());
    }
    sentences
}

#[test]
fn the_page_of_the_detectors_says_what_the_program_knows() {
    let path = root().join("docs/detectors.md");
    let page = fs::read_to_string(&path).unwrap();
    let bank = rulebank::load(None, SPECS).unwrap();
    let written = sentences(&page);
    let mut right = page.split("\n## `").next().unwrap().trim_end().to_owned() + "\n";
    for spec in SPECS {
        let said = written.get(spec.name).copied().unwrap_or(TO_WRITE);
        let _ = write!(right, "\n## `{}`\n\n{said}\n{FACTS}\n{}", spec.name, facts(spec, &bank));
    }
    if accepts() {
        fs::write(&path, &right).unwrap();
    } else if let Some((wrong, right)) = page.lines().zip(right.lines()).find(|(a, b)| a != b) {
        panic!(
            "docs/detectors.md says\n  {wrong}\nwhere the program knows\n  {right}\nFUNDWATCH_ACCEPT=1 writes it"
        );
    } else {
        assert_eq!(
            page.lines().count(),
            right.lines().count(),
            "docs/detectors.md ends too early or too late"
        );
    }
    assert!(!right.contains(TO_WRITE), "a detector has no sentence on docs/detectors.md");
}

#[test]
fn the_rules_that_need_no_programmer_are_right_and_hold() {
    let done = fundwatch(&root(), &["rules", "check", "--rules", "docs/own-bank"]);
    assert!(done.code == Some(0) && done.out.ends_with(": no mistakes\n"), "{}\n{}", done.out, done.err);
    let done = fundwatch(&root(), &["rules", "test", "--rules", "docs/own-bank"]);
    assert!(done.code == Some(0) && done.out.ends_with(": all hold\n"), "{}\n{}", done.out, done.err);
    // They are not core rules under another name, and each stands on another step of its life.
    let core = rulebank::load(None, SPECS).unwrap();
    let own = rulebank::load(Some(&root().join("docs/own-bank")), SPECS).unwrap();
    assert!(own.rules.len() >= 3 && own.rules.iter().all(|rule| core.rule(&rule.id).is_none()));
    for status in [Status::Draft, Status::Shadow, Status::Active] {
        assert!(own.rules.iter().any(|rule| rule.status == status), "no rule is {}", status.code());
    }
}

/// A rule of one's own that reads a table is one file and its rows: it is right, its cases hold, and it judges.
#[test]
fn a_new_rule_of_a_table_needs_no_programmer() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    fs::create_dir_all(at.join("bank/rules")).unwrap();
    fs::create_dir_all(at.join("bank/tables")).unwrap();
    let rule = include_str!("../../rulebank/rules/policy/newborn_drug.toml").replace("D06", "D66");
    fs::write(at.join("bank/rules/hormone.toml"), rule).unwrap();
    let rows = "rule,item,unit,max,valid_from,valid_to,source\nD66,HORMONE,years,18,,,s\n";
    fs::write(at.join("bank/tables/age_limit.csv"), rows).unwrap();
    let facts = r#"
{"kind":"person","rev":1,"psn_no":"P1","brdy":"1990-01-01","gend":"1"}
{"kind":"person","rev":1,"psn_no":"P2","brdy":"2015-01-01","gend":"1"}
{"kind":"fee_line","rev":1,"list_type":"101","mdtrt_id":"V1","feedetl_sn":"1","psn_no":"P1","fixmedins_code":"H1","med_list_codg":"HORMONE","fee_ocur_time":"2025-03-02 10:00:00","cnt":"1","pric":"9","det_item_fee_sumamt":"9"}
{"kind":"fee_line","rev":1,"list_type":"101","mdtrt_id":"V2","feedetl_sn":"1","psn_no":"P2","fixmedins_code":"H1","med_list_codg":"HORMONE","fee_ocur_time":"2025-03-02 10:00:00","cnt":"1","pric":"9","det_item_fee_sumamt":"9"}
"#;
    fs::write(at.join("facts.ndjson"), facts).unwrap();
    let check = fundwatch(at, &["rules", "check", "--rules", "bank"]);
    assert!(check.code == Some(0) && check.out.ends_with(": no mistakes\n"), "{}\n{}", check.out, check.err);
    let test = fundwatch(at, &["rules", "test", "--rules", "bank"]);
    assert!(test.code == Some(0) && test.out.ends_with(": all hold\n"), "{}\n{}", test.out, test.err);
    let run = fundwatch(at, &["run", "facts.ndjson", "--out", "out", "--rules", "bank", "--quiet"]);
    assert_eq!(run.code, Some(0), "{}\n{}", run.out, run.err);
    let alerts = fs::read_to_string(at.join("out/alerts.ndjson")).unwrap();
    assert_eq!(alerts.lines().count(), 1, "{alerts}");
    assert!(alerts.contains("\"D66\"") && alerts.contains("\"V1\""), "{alerts}");
}

/// The commands and paths of the page exist.
#[test]
fn the_page_on_writing_a_rule_points_at_files_that_are_there() {
    for page in ["docs/write-a-rule.md", "docs/detectors.md", "rulebank/README.md"] {
        let text = fs::read_to_string(root().join(page)).unwrap();
        let folder = root().join(page).parent().unwrap().to_owned();
        for link in text.split("](").skip(1).map(|rest| rest.split(')').next().unwrap()) {
            let file = link.split('#').next().unwrap();
            assert!(file.starts_with("http") || folder.join(file).exists(), "{page}: {link}");
        }
    }
}
