//! Which versions of rules a bank has, with the hash by which a bank is known.

use std::fmt::Write as _;

use database::NewRuleVersion;
use rulebank::Bank;
use sha2::{Digest, Sha256};

/// SHA-256 of the files of a bank: of each the lengths and texts of its path and of what it says, in the order of paths.
pub fn bank_hash(bank: &Bank) -> String {
    let mut files: Vec<&(String, String)> = bank.files.iter().collect();
    files.sort();
    let mut hasher = Sha256::new();
    for text in files.into_iter().flat_map(|(path, text)| [path, text]) {
        hasher.update((text.len() as u64).to_le_bytes());
        hasher.update(text.as_bytes());
    }
    hasher.finalize().iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// The versions of a bank's rules; since when they judge is known where they are noted.
pub fn versions(bank: &Bank) -> Vec<NewRuleVersion> {
    let bank_hash = bank_hash(bank);
    let version = |rule: &rulebank::Rule| NewRuleVersion {
        rule: rule.id.clone(),
        version: rule.version.clone(),
        status: rule.status.code().to_owned(),
        bank_hash: bank_hash.clone(),
        ..NewRuleVersion::default()
    };
    bank.rules.iter().map(version).collect()
}
