//! Whether a folder can be meant as a bank at all.
//!
//! A bank may have no rules and may miss tables, so any folder could be read as an empty one: `--rules /`, or the
//! records where the bank was meant, would judge by rules without tables and find nothing.

use std::fs;
use std::path::Path;

use rulebank::BankError;

/// What a bank's folder has.
const PARTS: [&str; 3] = ["rules", "tables", "exemptions"];

/// Endings of what lies in a bank, also where it lies in the wrong place of one.
const ENDINGS: [&str; 2] = [".toml", ".csv"];

/// Why this folder is no bank: it has things in it, and nothing that a bank has.
///
/// An empty folder is an empty bank. One that cannot be read is told by whoever reads it.
pub fn no_bank(folder: &Path) -> Option<BankError> {
    let mut names = Vec::new();
    for entry in fs::read_dir(folder).ok()? {
        names.push(entry.ok()?.file_name().to_string_lossy().to_lowercase());
    }
    names.retain(|name| !name.starts_with('.'));
    let of_bank =
        |name: &String| PARTS.contains(&name.as_str()) || ENDINGS.iter().any(|ending| name.contains(ending));
    if names.is_empty() || names.iter().any(of_bank) {
        return None;
    }
    Some(BankError {
        file: folder.to_string_lossy().into_owned(),
        line: 0,
        column: 0,
        what: "this is no bank: it has neither tables/ nor rules/ nor exemptions/".to_owned(),
        hint: Some("name the folder in which these lie; an empty folder is a bank without tables".to_owned()),
        source_line: String::new(),
        width: 1,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_with_nothing_of_a_bank_is_none() {
        let here = tempfile::tempdir().unwrap();
        let at = here.path();
        assert_eq!(no_bank(at), None, "an empty one");
        assert!(no_bank(Path::new("/")).is_some());
        fs::create_dir(at.join("records")).unwrap();
        let told = no_bank(at).unwrap();
        assert_eq!(told.file, at.to_string_lossy());
        for part in ["tables", "rules", "exemptions"] {
            fs::create_dir(at.join(part)).unwrap();
            assert_eq!(no_bank(at), None, "{part}");
            fs::remove_dir(at.join(part)).unwrap();
        }
        // A rule in the wrong place is told as that.
        fs::write(at.join("mine.toml"), "").unwrap();
        assert_eq!(no_bank(at), None);
    }
}
