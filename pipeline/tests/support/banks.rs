//! Rule banks of a test: copies of others, in which something reads otherwise.

use std::fs;
use std::path::{Path, PathBuf};

/// The folder of the built-in bank.
fn built_in() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../rulebank")
}

/// Copies a folder of texts, each as `bend` makes it.
fn copy_as(from: &Path, to: &Path, bend: &dyn Fn(String) -> String) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        let to = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy_as(&entry.path(), &to, bend);
        } else {
            fs::write(to, bend(fs::read_to_string(entry.path()).unwrap())).unwrap();
        }
    }
}

/// Copies a folder of texts.
pub(crate) fn copy(from: &Path, to: &Path) {
    copy_as(from, to, &|text| text);
}

/// Replaces what stands once in a file.
pub(crate) fn bend(file: &Path, from: &str, to: &str) {
    let text = fs::read_to_string(file).unwrap();
    assert!(text.contains(from), "{} has no {from}", file.display());
    fs::write(file, text.replacen(from, to, 1)).unwrap();
}

/// Copies the built-in rules and tables.
pub(crate) fn copy_built_in(to: &Path) {
    for part in ["rules", "tables"] {
        copy(&built_in().join(part), &to.join(part));
    }
}

/// A bank `mine` in a folder: the tables of another one and the built-in rules, in which this reads otherwise.
pub(crate) fn bent(at: &Path, tables: &Path, from: &str, to: &str) -> PathBuf {
    let mine = at.join("mine");
    copy(tables, &mine);
    copy_as(&built_in().join("rules"), &mine.join("rules"), &|text| text.replace(from, to));
    mine
}
