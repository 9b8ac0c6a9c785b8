//! The files of a bank on their way: their id, the folder they are kept in, rules that leave the shadow.

use std::fs;
use std::io::Write as _;
use std::path::{Component, Path};
use std::sync::Arc;

use detectors::detector::SPECS;
use rulebank::{Bank, Status, check_report};
use serde::Serialize;
use sha2::{Digest, Sha256};

use super::refused::Refused;
use crate::Error;
use crate::hex::hex;

/// Files by their path below the folder of the bank, with their text.
pub(crate) type Files = Vec<(String, String)>;

/// The id of a bank: SHA-256 of its files, of each the lengths and texts of its path and of what it says, in the order
/// of paths.
pub(crate) fn id_of(files: &[(String, String)]) -> String {
    let mut files: Vec<&(String, String)> = files.iter().collect();
    files.sort();
    let mut hasher = Sha256::new();
    for text in files.into_iter().flat_map(|(path, text)| [path, text]) {
        hasher.update((text.len() as u64).to_le_bytes());
        hasher.update(text.as_bytes());
    }
    hex(&hasher.finalize())
}

/// Writes the files into a folder, and reads them as a bank.
///
/// # Errors
/// A path leads out of the folder, the bank has mistakes, the disk failed.
pub(crate) fn keep(files: &[(String, String)], folder: &Path) -> Result<Arc<Bank>, Refused> {
    let failed = |path: &Path, source| Refused::Failed(Error::file(path, source));
    if folder.exists() {
        fs::remove_dir_all(folder).map_err(|source| failed(folder, source))?;
    }
    for (path, text) in files {
        let below = Path::new(path);
        if path.is_empty() || !below.components().all(|part| matches!(part, Component::Normal(_))) {
            return Err(Refused::Invalid(format!("{path}: a file of a bank stands below its folder")));
        }
        let path = folder.join(below);
        let parent = path.parent().unwrap_or(folder);
        fs::create_dir_all(parent).map_err(|source| failed(parent, source))?;
        let write = || {
            fs::File::create(&path).and_then(|mut file| {
                file.write_all(text.as_bytes())?;
                file.sync_all()
            })
        };
        write().map_err(|source| failed(&path, source))?;
    }
    match rulebank::load(Some(folder), SPECS) {
        Ok(bank) => Ok(Arc::new(bank)),
        Err(mistakes) => {
            // Nobody will read it.
            let _ = fs::remove_dir_all(folder);
            Err(Refused::Invalid(check_report(&mistakes)))
        }
    }
}

/// The files of a bank in which these rules are active that ran in its shadow.
///
/// # Errors
/// Which rule is not there, or is none of the shadow.
pub(crate) fn promoted(bank: &Bank, rules: &[String]) -> Result<Files, String> {
    let mut files = bank.files.clone();
    for id in rules {
        let rule = bank.rule(id).ok_or_else(|| format!("there is no rule {id} in the bank in force"))?;
        if rule.status != Status::Shadow {
            return Err(format!("{id} is {}; only a shadow rule is promoted", rule.status.code()));
        }
        let named = |path: &str| rule.source_file.ends_with(path);
        let file = files.iter_mut().find(|(path, _)| named(path));
        let (_, text) = file.ok_or_else(|| format!("the file of {id} is not in the bank"))?;
        let lines = text.lines().map(|line| match line.split_once('=') {
            Some((key, _)) if key.trim() == "status" => "status = \"active\"",
            _ => line,
        });
        *text = lines.flat_map(|line| [line, "\n"]).collect();
    }
    Ok(files)
}

/// Writes lines of JSON into a file that has its name when all of it is there.
///
/// # Errors
/// The disk failed.
pub(crate) fn write_lines<T: Serialize>(path: &Path, lines: &[T]) -> Result<(), Error> {
    let part = path.with_extension("part");
    let mut text = Vec::new();
    for line in lines {
        serde_json::to_writer(&mut text, line)?;
        text.push(b'\n');
    }
    fs::write(&part, text).map_err(|source| Error::file(&part, source))?;
    fs::rename(&part, path).map_err(|source| Error::file(path, source))
}
