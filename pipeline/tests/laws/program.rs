//! The built program as a black box: lines and tables go in, its files come out.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;

/// The core rules, all of which run with their defaults where a bank brings no rule files.
pub(crate) const RULES: [&str; 58] = [
    "A01", "A02", "A03", "A04", "A05", "A06", "A08", "A11", "A14", "A15", "C01", "C02", "D06", "D07", "D08",
    "D10", "D12", "E01", "E03", "E11", "F01", "F06", "F07", "F08", "G02", "G03", "H02", "H04", "H17", "H18",
    "H24", "H25", "M02", "M05", "M07", "M08", "M12", "M15", "M16", "M18", "M20", "M21", "P04", "P06", "P08",
    "S01", "S05", "S06", "S07", "S10", "S11", "S12", "S14", "S18", "T01", "T04", "T05", "T06",
];

/// How the lines are laid out as PATH arguments.
#[derive(Clone, Copy)]
pub(crate) enum Layout {
    /// One file.
    File,
    /// So many files, named in their order.
    Files(usize),
    /// So many files in one folder and below it.
    Folder(usize),
}

/// One run of the program.
pub(crate) struct Run<'a> {
    /// The lines, without newlines.
    pub(crate) lines: &'a [Vec<u8>],
    /// The knowledge tables.
    pub(crate) tables: &'a BTreeMap<String, String>,
    /// `--as-of`.
    pub(crate) as_of: Option<&'a str>,
    /// `--tick`.
    pub(crate) tick: usize,
    /// `--workers`.
    pub(crate) workers: usize,
    /// Files and folders.
    pub(crate) layout: Layout,
}

/// What a run left behind.
pub(crate) struct Outcome {
    /// `alerts.ndjson`.
    pub(crate) alerts: Vec<u8>,
    /// `events.ndjson`.
    pub(crate) events: Vec<u8>,
    /// `rejected.ndjson`.
    pub(crate) rejected: Vec<u8>,
    /// `coverage.json`.
    pub(crate) coverage: Value,
    /// `summary.json`.
    pub(crate) summary: Value,
}

impl Run<'_> {
    /// Runs the program.
    ///
    /// # Errors
    /// What it said, if it did not end with 0 or left out a file.
    pub(crate) fn outcome(&self) -> Result<Outcome, String> {
        let folder = tempfile::tempdir().map_err(|error| format!("no temporary folder: {error}"))?;
        let root = folder.path();
        write_tables(&root.join("rules/tables"), self.tables);
        let mut args: Vec<String> = vec!["run".into()];
        match self.layout {
            Layout::File => {
                write_lines(&root.join("changes.ndjson"), self.lines);
                args.push("changes.ndjson".into());
            }
            Layout::Files(parts) => {
                for (index, lines) in parts_of(self.lines, parts).into_iter().enumerate() {
                    // Their names sort against their order: only the order of the arguments counts.
                    let name = format!("part{}.ndjson", parts - index);
                    write_lines(&root.join(&name), lines);
                    args.push(name);
                }
            }
            Layout::Folder(parts) => {
                for (index, lines) in parts_of(self.lines, parts).into_iter().enumerate() {
                    let name = ["in/a.ndjson", "in/b/a.ndjson", "in/b/b.ndjson", "in/c.ndjson"][index.min(3)];
                    write_lines(&root.join(name), lines);
                }
                args.push("in".into());
            }
        }
        args.extend(["--out", "out", "--rules", "rules"].map(String::from));
        args.extend(["--tick".into(), self.tick.to_string(), "--workers".into(), self.workers.to_string()]);
        if let Some(as_of) = self.as_of {
            args.extend(["--as-of".into(), as_of.into()]);
        }
        outcome(root, &args, &root.join("out"))
    }
}

impl Outcome {
    /// The numbers of the lines that were rejected.
    ///
    /// # Errors
    /// The row of `rejected.ndjson` that is not JSON.
    pub(crate) fn rejected_lines(&self) -> Result<BTreeSet<usize>, String> {
        let number = |row: &Value| row["origin"]["line"].as_u64().and_then(|line| usize::try_from(line).ok());
        Ok(rows(&self.rejected)?.iter().filter_map(number).collect())
    }
}

/// Runs the program with `args` in `at` and reads what it left in `out`.
///
/// # Errors
/// What it said, if it did not end with 0 or left out a file.
pub(crate) fn outcome(at: &Path, args: &[String], out: &Path) -> Result<Outcome, String> {
    let done = Command::new(env!("CARGO_BIN_EXE_fundwatch"))
        .args(args)
        .current_dir(at)
        .stdin(Stdio::null())
        .output()
        .map_err(|error| format!("the program does not start: {error}"))?;
    if !done.status.success() {
        return Err(format!(
            "fundwatch {args:?} ended with {}: {}",
            done.status,
            String::from_utf8_lossy(&done.stderr)
        ));
    }
    let read = |name: &str| fs::read(out.join(name)).map_err(|error| format!("{name}: {error}"));
    let json = |name: &str| {
        serde_json::from_slice(&read(name)?).map_err(|error| format!("{name} is not JSON: {error}"))
    };
    Ok(Outcome {
        alerts: read("alerts.ndjson")?,
        events: read("events.ndjson")?,
        rejected: read("rejected.ndjson")?,
        coverage: json("coverage.json")?,
        summary: json("summary.json")?,
    })
}

/// The rows of an NDJSON output.
///
/// # Errors
/// The row that is not JSON.
pub(crate) fn rows(bytes: &[u8]) -> Result<Vec<Value>, String> {
    bytes
        .split(|byte| *byte == b'\n')
        .filter(|row| !row.is_empty())
        .map(|row| {
            serde_json::from_slice(row).map_err(|error| format!("{}: {error}", String::from_utf8_lossy(row)))
        })
        .collect()
}

/// Whether a line is white space and so no line of the count.
pub(crate) fn is_blank(line: &[u8]) -> bool {
    line.iter().all(|byte| matches!(byte, b' ' | b'\t' | b'\r'))
}

fn parts_of(lines: &[Vec<u8>], parts: usize) -> Vec<&[Vec<u8>]> {
    let bound = |part: usize| lines.len() * part / parts;
    (0..parts).map(|part| &lines[bound(part)..bound(part + 1)]).collect()
}

fn write_tables(folder: &Path, tables: &BTreeMap<String, String>) {
    fs::create_dir_all(folder).expect("a temporary folder takes folders");
    for (name, csv) in tables {
        fs::write(folder.join(format!("{name}.csv")), csv).expect("a temporary folder takes files");
    }
}

fn write_lines(path: &Path, lines: &[Vec<u8>]) {
    fs::create_dir_all(path.parent().expect("a file in a folder")).expect("a temporary folder takes folders");
    let mut bytes = lines.join(&b'\n');
    bytes.push(b'\n');
    fs::write(path, bytes).expect("a temporary folder takes files");
}
