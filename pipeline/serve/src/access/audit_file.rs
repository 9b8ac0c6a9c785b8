//! The audit as a file: a line an entry, each of which holds the hash of the one before it.
//!
//! ```text
//! {"number":2,"time":...,"who":...,...,"previous":"<hash of line 1>","hash":"<SHA-256>"}
//! ```
//!
//! `hash` is the SHA-256 of the line as it would be written without it. Whoever changes, removes, adds or moves a line
//! has to write all that follow anew, and then the last hash, noted elsewhere, tells. Lines are only appended.

use std::fs::{File, OpenOptions};
use std::io::{BufRead as _, BufReader, Seek as _, SeekFrom, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::audit::{Entry, Sink};
use crate::Error;

/// Its name in the folder of the state.
pub const AUDIT_FILE: &str = "audit.ndjson";

/// Its line without its own hash.
#[derive(Serialize, Deserialize)]
struct Unsealed {
    number: u64,
    #[serde(flatten)]
    entry: Entry,
    previous: String,
}

#[derive(Serialize, Deserialize)]
struct Sealed {
    #[serde(flatten)]
    unsealed: Unsealed,
    hash: String,
}

/// How far a file goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chain {
    /// Entries.
    pub entries: u64,
    /// The hash of the last one.
    pub head: String,
    /// Bytes of whole lines.
    bytes: u64,
}

/// The file of a folder, open at its end.
pub struct AuditFile {
    path: PathBuf,
    file: File,
    chain: Chain,
}

impl AuditFile {
    /// Opens the file of a folder, makes it if there is none, and follows its chain.
    ///
    /// A last line that a crash cut off is cut off: it was not answered.
    ///
    /// # Errors
    /// It cannot be read or written, or a line is not as it was written.
    pub fn open(data: &Path) -> Result<AuditFile, Error> {
        let path = data.join(AUDIT_FILE);
        let failed = |source| Error::file(&path, source);
        std::fs::create_dir_all(data).map_err(failed)?;
        let options = || OpenOptions::new().read(true).write(true).create(true).mode(0o600).to_owned();
        let mut file = options().open(&path).map_err(failed)?;
        let chain = verify(&path)?;
        file.set_len(chain.bytes).map_err(failed)?;
        file.seek(SeekFrom::End(0)).map_err(failed)?;
        Ok(AuditFile { path, file, chain })
    }
}

impl Sink for AuditFile {
    fn keep(&mut self, entries: &[Entry]) -> Result<(), Error> {
        let mut chain = self.chain.clone();
        let mut lines = Vec::new();
        for entry in entries {
            let unsealed =
                Unsealed { number: chain.entries + 1, entry: entry.clone(), previous: chain.head.clone() };
            let hash = hash_of(&unsealed)?;
            chain = Chain { entries: chain.entries + 1, head: hash.clone(), bytes: 0 };
            serde_json::to_writer(&mut lines, &Sealed { unsealed, hash })?;
            lines.push(b'\n');
        }
        chain.bytes = self.chain.bytes + lines.len() as u64;
        let written = self.file.write_all(&lines).and_then(|()| self.file.sync_data());
        if let Err(source) = written {
            // What was written of them must not stand before what comes next.
            let _ = self.file.set_len(self.chain.bytes);
            let _ = self.file.seek(SeekFrom::Start(self.chain.bytes));
            return Err(Error::file(&self.path, source));
        }
        self.chain = chain;
        Ok(())
    }
}

fn hash_of(unsealed: &Unsealed) -> Result<String, Error> {
    let hash: [u8; 32] = Sha256::digest(serde_json::to_vec(unsealed)?).into();
    Ok(hash.iter().map(|byte| format!("{byte:02x}")).collect())
}

/// Follows the chain of a file; a last line without an end does not count.
///
/// # Errors
/// It cannot be read, or a line is not as it was written; it is named.
pub fn verify(path: &Path) -> Result<Chain, Error> {
    let failed = |source| Error::file(path, source);
    let mut chain = Chain { entries: 0, head: String::new(), bytes: 0 };
    let mut lines = BufReader::new(File::open(path).map_err(failed)?);
    let mut line = Vec::new();
    loop {
        line.clear();
        let length = lines.read_until(b'\n', &mut line).map_err(failed)?;
        if line.pop() != Some(b'\n') {
            return Ok(chain);
        }
        let number = chain.entries + 1;
        let is_right = |sealed: &Sealed| -> Result<bool, Error> {
            let Sealed { unsealed, hash } = sealed;
            Ok(unsealed.number == number
                && unsealed.previous == chain.head
                && *hash == hash_of(unsealed)?
                && serde_json::to_vec(sealed)? == line)
        };
        match serde_json::from_slice::<Sealed>(&line) {
            Ok(sealed) if is_right(&sealed)? => {
                chain = Chain { entries: number, head: sealed.hash, bytes: chain.bytes + length as u64 };
            }
            _ => {
                return Err(Error::config(format!(
                    "{}: line {number} is not as it was written, or one before it is missing; put the file aside \
                     and look into it: a new one is begun",
                    path.display()
                )));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(nth: usize) -> Entry {
        Entry { who: format!("w{nth}"), outcome: "refused".to_owned(), ..Entry::default() }
    }

    #[test]
    fn every_change_of_it_is_found() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(AUDIT_FILE);
        {
            let mut file = AuditFile::open(folder.path()).unwrap();
            file.keep(&[entry(0), entry(1)]).unwrap();
            file.keep(&[entry(2)]).unwrap();
        }
        AuditFile::open(folder.path()).unwrap().keep(&[entry(3)]).unwrap();
        let whole = std::fs::read_to_string(&path).unwrap();
        let chain = verify(&path).unwrap();
        assert_eq!(chain.entries, 4);
        let lines: Vec<&str> = whole.split_inclusive('\n').collect();
        let swapped = [lines[0], lines[2], lines[1], lines[3]].concat();
        let removed = [lines[0], lines[2], lines[3]].concat();
        let twice = [lines[0], lines[0], lines[1]].concat();
        let changed = whole.replacen("w1", "wX", 1);
        let spaced = whole.replacen("{\"number\":2", "{ \"number\":2", 1);
        let first_gone = lines[1..].concat();
        for (what, text) in [
            ("swapped", swapped),
            ("removed", removed),
            ("twice", twice),
            ("changed", changed),
            ("spaced", spaced),
            ("first gone", first_gone),
        ] {
            std::fs::write(&path, text).unwrap();
            assert!(verify(&path).is_err(), "{what}");
            assert!(AuditFile::open(folder.path()).is_err(), "{what}");
        }
        // A cut tail shows by the head that was noted elsewhere.
        std::fs::write(&path, lines[..3].concat()).unwrap();
        assert_ne!(verify(&path).unwrap().head, chain.head);
        // What a crash cut off goes, and the chain goes on.
        std::fs::write(&path, &whole[..whole.len() - 5]).unwrap();
        let mut file = AuditFile::open(folder.path()).unwrap();
        file.keep(&[entry(3)]).unwrap();
        assert_eq!(verify(&path).unwrap().head, chain.head);
    }
}
