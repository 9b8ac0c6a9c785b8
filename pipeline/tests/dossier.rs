//! The dossier of an institution, as a person asks for it: whose money, whose names, what is said and what is not.

#![expect(clippy::unwrap_used, reason = "where a test cannot go on, it has failed")]

use std::fs;
use std::path::Path;

use tempfile::TempDir;

#[path = "support/left.rs"]
mod left;
#[path = "support/program.rs"]
mod program;

use left::NASTY;
use program::{Done, fundwatch};

fn left() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    left::leave(folder.path());
    folder
}

fn dossier(at: &Path, code: &str, more: &[&str]) -> Done {
    let lang: &[&str] = if more.contains(&"--lang") { &[] } else { &["--lang", "en"] };
    fundwatch(at, &[&["dossier", code, "--from", ".", "--out", "pages/one.html"], lang, more].concat())
}

fn page(at: &Path, code: &str, more: &[&str]) -> String {
    let done = dossier(at, code, more);
    assert_eq!(done.code, Some(0), "{done:?}");
    fs::read_to_string(at.join("pages/one.html")).unwrap()
}

#[test]
fn it_tells_the_institutions_own_share_and_marks_what_is_exempted() {
    let folder = left();
    let page = page(folder.path(), "H1", &[]);
    // 300.00 + 45.50 count; what another institution's sale lost does not, nor what an exemption let off.
    assert!(page.contains(">345.50<") && page.contains(">360.00<"), "{page}");
    assert!(page.contains("of 4 rules, 1 of them exempted"));
    assert!(page.contains("exempted EX-1"));
    // 300.00 of 345.50 are definite.
    assert!(page.contains("86.83 %"));
    for told in [
        "also concerned: H2",
        "Never arrived in the whole period: identity check",
        "no identity check (presence)",
        "partly confirmed 2025-03-20",
        "flying inspection",
        "(sent as 25)",
        "opening count",
        "Purchases, changes of stock and the other uses are not kept",
        "Person 001 was in two hospitals",
        "Original files of the visits listed",
    ] {
        assert!(page.contains(told), "{told}\n{page}");
    }
    assert!(!page.contains("K3") && !page.contains("K4"), "decisions about others stay away");
    let done = dossier(folder.path(), "P1", &[]);
    assert!(done.out.contains("1 findings of 1 rules"), "{done:?}");
}

#[test]
fn persons_are_masked_unless_somebody_asked_for_them() {
    let folder = left();
    let masked = page(folder.path(), "H1", &[]);
    assert!(!masked.contains("Tkn"), "{masked}");
    assert!(masked.contains("Person 001") && masked.contains("Person 002"));
    assert!(masked.contains("Persons are masked"));
    let plain = page(folder.path(), "H1", &["--unmasked"]);
    assert!(plain.contains("Tkn02") && plain.contains("Tkn01 was in two hospitals"));
    assert!(plain.contains("persons are not masked in this file") && !plain.contains("Person 001"));
}

#[test]
fn the_same_run_gives_the_same_bytes_and_nothing_of_a_name_becomes_markup() {
    let folder = left();
    for lang in ["zh", "en"] {
        let first = page(folder.path(), "H1", &["--lang", lang]);
        assert_eq!(first, page(folder.path(), "H1", &["--lang", lang]));
        for banned in ["<img", "<script", "</script", "alert(1)>\""] {
            assert!(!first.contains(banned), "{banned}");
        }
        assert!(first.contains("&lt;/script&gt;&lt;img"));
    }
    // An institution without a record and without findings has a page too.
    let empty = page(folder.path(), NASTY, &[]);
    assert!(empty.contains("not the same as clean") && empty.contains("not in the register"));
    assert!(!empty.contains("<img"));
}

#[test]
fn what_does_not_fit_is_counted() {
    let folder = left();
    // Two findings of one rule: the second line of alerts becomes another overlap.
    let path = folder.path().join("alerts.ndjson");
    let changed = fs::read_to_string(&path).unwrap().replacen("\"rule\":\"A11\"", "\"rule\":\"A05\"", 1);
    fs::write(&path, changed).unwrap();
    let page = page(folder.path(), "H1", &["--findings", "1"]);
    assert!(page.contains("and 1 more with less counted money"), "{page}");
}

#[test]
fn wrong_requests_and_broken_folders_are_told() {
    let folder = left();
    let at = folder.path();
    let unknown = dossier(at, "H11", &[]);
    assert_eq!(unknown.code, Some(2), "{unknown:?}");
    assert!(unknown.err.contains("no institution H11 among the 4") && unknown.err.contains("H1  "));
    assert!(!at.join("pages").exists(), "nothing was written");

    fs::write(at.join("labels.ndjson"), "{\"case_id\":1}\n").unwrap();
    let broken = dossier(at, "H1", &[]);
    assert_eq!(broken.code, Some(3), "{broken:?}");
    assert!(broken.err.contains("labels.ndjson") && broken.err.contains("line 1"), "{}", broken.err);

    let owners = fs::read_to_string(at.join("owners.ndjson")).unwrap();
    fs::write(at.join("owners.ndjson"), owners.replacen("A05-", "A06-", 1)).unwrap();
    let mixed = dossier(at, "H1", &[]);
    assert!(mixed.code == Some(2) && mixed.err.contains("of different runs"), "{mixed:?}");

    fs::remove_file(at.join("owners.ndjson")).unwrap();
    let old = dossier(at, "H1", &[]);
    assert!(old.code == Some(2) && old.err.contains("run once more"), "{old:?}");
}
