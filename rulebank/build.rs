//! Lists the bank that is built into the program: every file of `rules`, `tables` and `exemptions`, by path.
//!
//! Writes `builtin.rs` into the build folder: one slice of path and text for each sort of file, sorted as a folder
//! is when it is loaded. Hidden files and templates are left out, as they are there. A file that is added, renamed
//! or taken away needs no other edit.

use std::fmt::Write as _;
use std::path::Path;
use std::{env, fs, io};

/// The file of a folder that is there to be copied.
const TEMPLATE: &str = "TEMPLATE.toml";

fn main() -> io::Result<()> {
    let root = env::var("CARGO_MANIFEST_DIR").map_err(io::Error::other)?;
    let out = env::var("OUT_DIR").map_err(io::Error::other)?;
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-env-changed=CARGO_MANIFEST_DIR");
    for folder in ["rules", "tables", "exemptions"] {
        println!("cargo::rerun-if-changed={folder}");
    }
    let (models, rules): (Vec<String>, Vec<String>) =
        files(&root, "rules", "toml")?.into_iter().partition(|path| path.starts_with("rules/models/"));
    let lists = [
        ("RULES", "The core rules, by path.", rules),
        (
            "MODELS",
            "Rules that ask a model, by path: they are part of the built-in bank, and no core rules, which a bank \
             without rule files brings back.",
            models,
        ),
        ("TABLES", "The knowledge tables, by path.", files(&root, "tables", "csv")?),
        ("EXEMPTIONS", "The exemptions, by path.", files(&root, "exemptions", "toml")?),
    ];
    let mut text = String::new();
    for (name, doc, paths) in lists {
        let _ = writeln!(text, "/// {doc}\npub(crate) const {name}: &[(&str, &str)] = &[");
        for path in paths {
            let _ = writeln!(text, "    ({path:?}, include_str!({:?})),", format!("{root}/{path}"));
        }
        let _ = writeln!(text, "];");
    }
    fs::write(Path::new(&out).join("builtin.rs"), text)
}

/// The files with this extension below a folder, as paths below `root` with `/`, sorted.
fn files(root: &str, folder: &str, extension: &str) -> io::Result<Vec<String>> {
    let mut found = Vec::new();
    collect(root, folder, extension, &mut found)?;
    // Sorted part by part, as paths are, so that a folder and the built-in list have one order.
    found.sort_by(|a, b| Path::new(a).cmp(Path::new(b)));
    Ok(found)
}

fn collect(root: &str, folder: &str, extension: &str, found: &mut Vec<String>) -> io::Result<()> {
    for entry in fs::read_dir(Path::new(root).join(folder))? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let path = format!("{folder}/{name}");
        if name.starts_with('.') || name == TEMPLATE {
            continue;
        }
        if entry.file_type()?.is_dir() {
            collect(root, &path, extension, found)?;
        } else if Path::new(&name).extension().is_some_and(|found| found == extension) {
            found.push(path);
        }
    }
    Ok(())
}
