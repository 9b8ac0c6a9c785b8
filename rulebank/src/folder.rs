//! The folder of a bank: what is read of it, and what lies there that nobody reads.
//!
//! Rules lie in `rules/`, in folders of their own if one likes; tables and exemptions lie flat in `tables/` and
//! `exemptions/`. A file that looks like one of these and lies elsewhere, or is named so that it is not read, is told: a
//! rule that does not judge looks like a rule that finds nothing.

use std::fs;
use std::path::{Path, PathBuf};

use toml::de::DeTable;

use crate::baseline::BASELINE_FILE;
use crate::error::{BankError, Mistake, Source};
use crate::{builtin, encoding, schema};

/// The file in a rules folder that is there to be copied, not to be loaded.
const TEMPLATE: &str = "TEMPLATE.toml";

/// A file's name and text.
pub(crate) type Text = (String, String);

/// The texts of a bank, each sort by path.
#[derive(Default)]
pub(crate) struct Texts {
    pub(crate) rules: Vec<Text>,
    pub(crate) tables: Vec<Text>,
    pub(crate) exemptions: Vec<Text>,
}

impl Texts {
    /// All files, by their paths below the folder they were read from; built-in ones have such paths already.
    pub(crate) fn below(self, dir: Option<&Path>) -> Vec<Text> {
        let all = self.rules.into_iter().chain(self.tables).chain(self.exemptions);
        let relative = |path: &str| match dir.and_then(|dir| Path::new(path).strip_prefix(dir).ok()) {
            Some(below) => below.to_string_lossy().into_owned(),
            None => path.to_owned(),
        };
        all.map(|(path, text)| (relative(&path), text)).collect()
    }
}

/// The texts of files that are built in.
pub(crate) fn built_in(list: &[(&str, &str)]) -> Vec<Text> {
    list.iter().map(|(file, text)| ((*file).to_owned(), (*text).to_owned())).collect()
}

/// The texts of a folder.
pub(crate) fn read(dir: &Path, errors: &mut Vec<BankError>) -> Texts {
    if !dir.is_dir() {
        let error = BankError::whole(&dir.to_string_lossy(), "there is no such folder");
        errors
            .push(error.with_hint("a bank is a folder with tables/*.csv and, if it likes, rules/**/*.toml"));
        return Texts::default();
    }
    let mut read_all = |folder: &str, extension: &str, deep: bool| -> Vec<Text> {
        let (paths, failed) = files(&dir.join(folder), extension, deep);
        errors.extend(failed);
        let mut texts = Vec::new();
        for path in paths {
            match read_text(&path, extension == "csv") {
                Ok(text) => texts.push((path.to_string_lossy().into_owned(), text)),
                Err(error) => errors.push(error),
            }
        }
        texts
    };
    let tables = read_all("tables", "csv", false);
    let rules = read_all("rules", "toml", true);
    let exemptions = read_all("exemptions", "toml", false);
    // Rule files that cannot be read are mistakes; they do not bring the built-in rules back.
    let rules = match rules.is_empty() && errors.is_empty() {
        true => built_in(builtin::RULES),
        false => rules,
    };
    Texts { rules, tables, exemptions }
}

/// The text of a file; a table may be GB18030.
fn read_text(path: &Path, is_table: bool) -> Result<String, BankError> {
    let name = path.to_string_lossy();
    let bytes =
        fs::read(path).map_err(|error| BankError::whole(&name, format!("cannot be read: {error}")))?;
    if is_table {
        return encoding::text_of(&bytes).map_err(|(line, what)| {
            let sent = bytes.split(|byte| *byte == b'\n').nth(line - 1).unwrap_or_default();
            let source_line = String::from_utf8_lossy(sent).into_owned();
            let width = source_line.chars().count().max(1);
            let error = BankError { line, column: 1, source_line, width, ..BankError::whole(&name, what) };
            error.with_hint("save the table as UTF-8 or as GB18030")
        });
    }
    String::from_utf8(bytes).map_err(|error| {
        let valid =
            String::from_utf8_lossy(&error.as_bytes()[..error.utf8_error().valid_up_to()]).into_owned();
        let source = Source { file: &name, text: &valid };
        let mut mistake =
            source.error(Mistake::new(valid.len()..valid.len(), "the file is not UTF-8 from here on"));
        mistake.hint = Some("save it as UTF-8".to_owned());
        mistake
    })
}

/// The files with this extension below a folder, by path; none if there is no such folder.
///
/// Hidden files and the template are passed over. Rules may lie in folders of their own, tables lie flat.
pub(crate) fn files(folder: &Path, extension: &str, deep: bool) -> (Vec<PathBuf>, Vec<BankError>) {
    let mut walk = Walk::default();
    if folder.is_dir() {
        walk.collect(folder, deep);
    }
    let is_kind = |path: &PathBuf| {
        path.extension().is_some_and(|e| e.eq_ignore_ascii_case(extension)) && file_name(path) != TEMPLATE
    };
    let mut found: Vec<PathBuf> = walk.files.into_iter().filter(is_kind).collect();
    found.sort();
    (found, walk.errors)
}

fn file_name(path: &Path) -> String {
    path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

/// The files of a folder, and folders that are looked into at the moment.
#[derive(Default)]
struct Walk {
    files: Vec<PathBuf>,
    errors: Vec<BankError>,
    /// Where they really are: a link that leads back to one of them would never end.
    open: Vec<PathBuf>,
}

impl Walk {
    fn collect(&mut self, folder: &Path, deep: bool) {
        let name = folder.to_string_lossy().into_owned();
        let entries = match fs::read_dir(folder).and_then(|entries| entries.collect::<Result<Vec<_>, _>>()) {
            Ok(entries) => entries,
            Err(error) => {
                self.errors.push(BankError::whole(&name, format!("cannot be read: {error}")));
                return;
            }
        };
        let real = fs::canonicalize(folder).unwrap_or_else(|_| folder.to_owned());
        if self.open.contains(&real) {
            let error = BankError::whole(&name, "the link leads to a folder in which it lies");
            self.errors.push(error.with_hint("take the link away"));
            return;
        }
        self.open.push(real);
        for entry in entries {
            let path = entry.path();
            if entry.file_name().to_string_lossy().starts_with('.') {
                continue;
            }
            if path.is_dir() {
                if deep {
                    self.collect(&path, deep);
                }
            } else {
                self.files.push(path);
            }
        }
        self.open.pop();
    }
}

/// What a file looks like, by its name and, where that does not tell, by what stands in it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Looks {
    Rule,
    Exemption,
    Table,
}

fn looks_like(path: &Path) -> Option<Looks> {
    let name = file_name(path).to_ascii_lowercase();
    let has = |extension: &str| name.ends_with(extension) || name.contains(&format!("{extension}."));
    if name == TEMPLATE.to_ascii_lowercase() || name == BASELINE_FILE {
        return None;
    }
    if has(".csv") {
        let stem = name.split('.').next().unwrap_or_default();
        return schema::table(stem).map(|_| Looks::Table);
    }
    if !has(".toml") && !name.ends_with(".txt") {
        return None;
    }
    let text = fs::read_to_string(path).ok()?;
    let (document, _) = DeTable::parse_recoverable(&text);
    let has_key = |key: &str| document.get_ref().contains_key(key);
    match () {
        () if has_key("detector") && has_key("id") => Some(Looks::Rule),
        () if has_key("approved_by") && has_key("rules") => Some(Looks::Exemption),
        () => None,
    }
}

/// Files that look like rules, tables or exemptions and are not read.
pub(crate) fn unread(dir: &Path) -> Vec<BankError> {
    let mut notes = Vec::new();
    let mut look = |folder: &Path, deep: bool, is_read: &dyn Fn(&Path, Looks) -> bool| {
        let mut walk = Walk::default();
        if folder.is_dir() {
            walk.collect(folder, deep);
        }
        walk.files.sort();
        for path in walk.files {
            let Some(looks) = looks_like(&path).filter(|looks| !is_read(&path, *looks)) else { continue };
            let (what, place) = match looks {
                Looks::Rule => ("rule", "rules are read from the bank's folder rules/, as NAME.toml"),
                Looks::Exemption => {
                    ("exemption", "exemptions are read from the bank's folder exemptions/, as NAME.toml")
                }
                Looks::Table => ("table", "tables are read from the bank's folder tables/, as NAME.csv"),
            };
            let what = format!("this looks like a {what} and is not read");
            notes.push(BankError::whole(&path.to_string_lossy(), what).with_hint(place));
        }
    };
    let ends = |path: &Path, extension: &str| {
        path.extension().is_some_and(|found| found.eq_ignore_ascii_case(extension))
    };
    let lies_in = |path: &Path, folder: &str| path.parent() == Some(dir.join(folder).as_path());
    look(dir, false, &|_, _| false);
    look(&dir.join("rules"), true, &|path, looks| looks == Looks::Rule && ends(path, "toml"));
    look(&dir.join("tables"), true, &|path, looks| {
        looks == Looks::Table && ends(path, "csv") && lies_in(path, "tables")
    });
    look(&dir.join("exemptions"), true, &|path, looks| {
        looks == Looks::Exemption && ends(path, "toml") && lies_in(path, "exemptions")
    });
    // Folders whose names are nearly those that are read.
    let near =
        ["rule", "Rules", "RULES", "table", "Tables", "TABLES", "exemption", "Exemptions", "EXEMPTIONS"];
    for name in near {
        look(&dir.join(name), true, &|_, _| false);
    }
    notes
}
