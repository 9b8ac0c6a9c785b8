//! The audit as a file: a line an entry, each of which holds the hash of the one before it.
//!
//! ```text
//! {"number":2,"time":...,"who":...,...,"previous":"<hash of line 1>","hash":"<SHA-256>"}
//! ```
//!
//! `hash` is the SHA-256 of the line as it would be written without it. Whoever changes, removes, adds or moves a line
//! has to write all that follow anew, and then the last hash, noted elsewhere, tells. Lines are only appended.
//!
//! It is the whole trail and the only one: what the database has of it is made from these lines.

use std::fs::{File, OpenOptions};
use std::io::{BufRead as _, BufReader, Seek as _, SeekFrom, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::audit::{Entry, Kept, Sink};
use crate::hex::hex;
use crate::{Error, fail};

/// Its name in the folder of the state.
pub const AUDIT_FILE: &str = "audit.ndjson";

/// How many decisions there are before a line, where that is not known.
const UNKNOWN: u64 = u64::MAX;

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
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Chain {
    /// Entries.
    pub entries: u64,
    /// The hash of the last one.
    pub head: String,
    /// How many of them are decisions.
    pub decisions: u64,
    /// Bytes of whole lines.
    bytes: u64,
}

/// A line of the trail that is as it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Its number, from 1 without gaps.
    pub number: u64,
    /// What it says.
    pub entry: Entry,
    /// The hash of the line before.
    pub previous: String,
    /// Its own hash.
    pub hash: String,
    /// All of it, without its line feed.
    pub text: String,
}

impl Chain {
    /// The line that follows; nothing where this is none that does, as it was written.
    fn follow(&mut self, text: &[u8]) -> Option<Line> {
        let sealed: Sealed = serde_json::from_slice(text).ok()?;
        let Sealed { unsealed, hash } = &sealed;
        let is_right = unsealed.number == self.entries + 1
            && unsealed.previous == self.head
            && *hash == hash_of(unsealed).ok()?
            && serde_json::to_vec(&sealed).is_ok_and(|written| written == text);
        let decision = unsealed.entry.decision.as_ref().map_or(self.decisions, |of| of.number);
        let is_counted =
            unsealed.entry.decision.is_none() || self.decisions == UNKNOWN || decision == self.decisions + 1;
        if !is_right || !is_counted {
            return None;
        }
        let Sealed { unsealed: Unsealed { number, entry, previous }, hash } = sealed;
        *self = Chain {
            entries: number,
            head: hash.clone(),
            decisions: decision,
            bytes: self.bytes + text.len() as u64 + 1,
        };
        Some(Line { number, entry, previous, hash, text: String::from_utf8(text.to_vec()).ok()? })
    }
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

    /// Writes lines behind the last one, all of them or none.
    fn append(&mut self, lines: &[u8], chain: Chain) -> Result<(), Error> {
        let written = self.file.write_all(lines).and_then(|()| self.file.sync_data());
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

impl Sink for AuditFile {
    fn keep(&mut self, entries: &[Entry]) -> Result<Vec<Kept>, Error> {
        let mut chain = self.chain.clone();
        let (mut lines, mut kept) = (Vec::new(), Vec::new());
        for entry in entries {
            let mut entry = entry.clone();
            let mut decision = 0;
            if let Some(of) = &mut entry.decision {
                chain.decisions += 1;
                (of.number, decision) = (chain.decisions, chain.decisions);
            }
            let number = chain.entries + 1;
            let unsealed = Unsealed { number, entry, previous: chain.head };
            let hash = hash_of(&unsealed)?;
            (chain.entries, chain.head) = (number, hash.clone());
            serde_json::to_writer(&mut lines, &Sealed { unsealed, hash })?;
            lines.push(b'\n');
            kept.push(Kept { number, decision });
        }
        chain.bytes = self.chain.bytes + lines.len() as u64;
        let decides = entries.iter().any(|entry| entry.decision.is_some());
        if decides {
            fail::point("decision begun");
        }
        self.append(&lines, chain)?;
        if decides {
            fail::point("decision kept");
        }
        Ok(kept)
    }

    fn take_back(&mut self, lines: &[String]) -> Result<bool, Error> {
        let mut chain = self.chain.clone();
        if !lines.iter().all(|line| chain.follow(line.as_bytes()).is_some()) {
            return Ok(false);
        }
        let bytes: String = lines.iter().map(|line| format!("{line}\n")).collect();
        self.append(bytes.as_bytes(), chain)?;
        Ok(true)
    }

    fn entries(&self) -> u64 {
        self.chain.entries
    }
}

fn hash_of(unsealed: &Unsealed) -> Result<String, Error> {
    Ok(hex(&Sha256::digest(serde_json::to_vec(unsealed)?)))
}

/// A walk along the trail, from its first line on.
pub struct Walk {
    path: PathBuf,
    lines: BufReader<File>,
    chain: Chain,
}

/// What a walk comes to.
#[derive(Debug)]
pub enum Step {
    /// A line that is as it was written.
    Line(Box<Line>),
    /// A line that is not, or before which one is missing.
    Broken,
    /// The end; what stands behind it has no end of line and was cut off.
    End,
}

impl Walk {
    /// Begins at the first line.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn open(path: &Path) -> Result<Walk, Error> {
        let file = File::open(path).map_err(|source| Error::file(path, source))?;
        Ok(Walk { path: path.to_owned(), lines: BufReader::new(file), chain: Chain::default() })
    }

    /// Begins behind a line of this number: the lines before are not looked at.
    ///
    /// # Errors
    /// The file cannot be read, or ends before.
    pub fn behind(path: &Path, head: &(u64, String)) -> Result<Walk, Error> {
        let mut walk = Walk::open(path)?;
        let mut line = Vec::new();
        for _ in 0..head.0 {
            line.clear();
            walk.read(&mut line)?;
        }
        (walk.chain.entries, walk.chain.head) = head.clone();
        // How many decisions came before is not known; the first that comes says it.
        walk.chain.decisions = UNKNOWN;
        Ok(walk)
    }

    /// The hash of the line of this number, which is not held against the ones before it.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn hash_of(&mut self, number: u64) -> Result<Option<String>, Error> {
        let mut line = Vec::new();
        for _ in 0..number {
            line.clear();
            self.read(&mut line)?;
        }
        Ok(serde_json::from_slice::<Sealed>(&line).ok().map(|sealed| sealed.hash))
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// How far it has come.
    pub fn chain(&self) -> &Chain {
        &self.chain
    }

    fn read(&mut self, line: &mut Vec<u8>) -> Result<usize, Error> {
        self.lines.read_until(b'\n', line).map_err(|source| Error::file(&self.path, source))
    }

    /// Goes on by a line.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn step(&mut self) -> Result<Step, Error> {
        let mut line = Vec::new();
        self.read(&mut line)?;
        if line.pop() != Some(b'\n') {
            return Ok(Step::End);
        }
        Ok(self.chain.follow(&line).map_or(Step::Broken, |line| Step::Line(Box::new(line))))
    }
}

/// Follows the chain of a file; a last line without an end does not count.
///
/// # Errors
/// It cannot be read, or a line is not as it was written; it is named.
pub fn verify(path: &Path) -> Result<Chain, Error> {
    let mut walk = Walk::open(path)?;
    loop {
        match walk.step()? {
            Step::Line(_) => {}
            Step::End => return Ok(walk.chain),
            Step::Broken => {
                let number = walk.chain.entries + 1;
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
