//! A workbook as a spreadsheet program reads it: LibreOffice, asked to write its sheets as CSV.
//!
//! Where there is none a test passes and says so on stderr, unless `FUNDWATCH_BROWSER=required`.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use super::browser::{missing, program};

/// Sheets by name, rows of cells as they are shown.
pub(crate) type Sheets = BTreeMap<String, Vec<Vec<String>>>;

/// Reads an XLSX file; nothing if there is no LibreOffice and none is required.
pub(crate) fn sheets(workbook: &Path) -> Option<Sheets> {
    let Some(office) = program(&["soffice", "libreoffice"]) else {
        missing("LibreOffice");
        return None;
    };
    let folder = tempfile::tempdir().expect("a folder for the sheets");
    let profile = folder.path().join("profile");
    let sheets = folder.path().join("sheets");
    let done = Command::new(office)
        .arg(format!("-env:UserInstallation=file://{}", profile.display()))
        .args(["--headless", "--norestore", "--convert-to"])
        // Commas, quotes, UTF-8, cells as they are shown, every sheet in a file of its own.
        .arg("csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,true,true,false,false,-1")
        .arg("--outdir")
        .args([&sheets, workbook])
        .stdin(Stdio::null())
        .output()
        .expect("LibreOffice starts");
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let stem = workbook.file_stem().expect("a file").to_string_lossy().into_owned();
    let mut found = Sheets::new();
    for entry in fs::read_dir(&sheets).expect("sheets were written") {
        let path = entry.expect("an entry").path();
        let name = path.file_stem().expect("a name").to_string_lossy().into_owned();
        let name = name.strip_prefix(&format!("{stem}-")).unwrap_or(&name).to_owned();
        let mut reader =
            csv::ReaderBuilder::new().has_headers(false).flexible(true).from_path(&path).expect("a sheet");
        let rows = reader.records().map(|row| row.expect("a row").iter().map(str::to_owned).collect());
        found.insert(name, rows.collect());
    }
    Some(found)
}
