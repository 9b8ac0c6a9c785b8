//! What was made in a folder, by which command: the file `.fundwatch.json` there.
//!
//! It is how a command knows its own files from other people's, and a whole set of files from one whose publication
//! was cut: while files take their names their maker stands in `publishing`, and old and new stamps stand together. A
//! file is its maker's as long as it has the length and the hash (XXH3) of its stamp: what somebody edited is theirs.
//! A folder that a run of an older version made has no such file; there the names of a run are the run's.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use wire::files;
use xxhash_rust::xxh3::Xxh3;

use super::taken::{in_the_way, take};
use crate::error::Error;

/// Its name in the folder.
const NAME: &str = ".fundwatch.json";

/// Who makes a run's files.
pub const RUN: &str = "run";

/// How long another command may be writing it.
const PATIENCE: Duration = Duration::from_secs(10);

/// What was made in a folder.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Made {
    /// Commands some of whose files have their names, and others not yet.
    publishing: BTreeSet<String>,
    /// By path below the folder; two of a file while it changes its content.
    files: BTreeMap<String, Vec<Stamp>>,
}

/// One file as it was made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Stamp {
    /// The command.
    by: String,
    /// Bytes, and their hash; none of what has a time in it, and is the same all the same.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    content: Option<(u64, String)>,
}

impl Stamp {
    /// Of a file of so many bytes with this hash.
    pub(super) fn of(name: &str, by: &str, length: u64, hash: &Xxh3) -> Stamp {
        let content = (name != files::SUMMARY).then(|| (length, format!("{:016x}", hash.digest())));
        Stamp { by: by.to_owned(), content }
    }

    /// Of a file that is there.
    pub(super) fn of_file(name: &str, by: &str, path: &Path) -> io::Result<Stamp> {
        Ok(Stamp::of(name, by, fs::metadata(path)?.len(), &hash_of(path)?))
    }
}

impl Made {
    /// Of this folder.
    pub(super) fn read(folder: &Path) -> Result<Made, Error> {
        let path = folder.join(NAME);
        let failed = |source| Error::Read { path: path.clone(), source };
        // Another thing than a file might be read for ever.
        match fs::symlink_metadata(&path) {
            Ok(about) if !about.is_file() => return Err(failed(in_the_way(about.file_type()))),
            _ => {}
        }
        match fs::read(&path) {
            Ok(text) => serde_json::from_slice(&text).map_err(|error| failed(io::Error::from(error))),
            Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
                Ok(Made::by_an_older_run(folder))
            }
            Err(error) => Err(failed(error)),
        }
    }

    /// Files that a run made before this file was kept; none if no run ended there.
    fn by_an_older_run(folder: &Path) -> Made {
        let explain = folder.join(files::EXPLAIN);
        let run = fs::read(explain.join(files::RUN)).ok();
        if run.and_then(|text| serde_json::from_slice::<wire::RunMeta>(&text).ok()).is_none() {
            return Made::default();
        }
        let kept =
            [files::RUN, files::RECORDS, files::FINDINGS].map(|name| format!("{}/{name}", files::EXPLAIN));
        let mut names: Vec<String> = files::OF_A_RUN.map(str::to_owned).into_iter().chain(kept).collect();
        let bank = below(&explain.join(files::BANK)).unwrap_or_default();
        let of_bank = bank.iter().filter(|path| {
            path.extension().is_some_and(|extension| extension == "toml" || extension == "csv")
        });
        names.extend(of_bank.filter_map(|path| relative(folder, path)));
        let stamp = || vec![Stamp { by: RUN.to_owned(), content: None }];
        Made { publishing: BTreeSet::new(), files: names.into_iter().map(|name| (name, stamp())).collect() }
    }

    /// Whether this command made the file that stands under this name, and nobody changed it since.
    pub(super) fn is_by(&self, by: &str, folder: &Path, name: &str) -> Result<bool, Error> {
        let path = folder.join(name);
        let failed = |source| Error::Read { path: path.clone(), source };
        let stamps: Vec<&Stamp> =
            self.files.get(name).into_iter().flatten().filter(|stamp| stamp.by == by).collect();
        let Some(first) = stamps.first() else { return Ok(false) };
        if stamps.iter().any(|stamp| stamp.content.is_none()) {
            return Ok(true);
        }
        let length = fs::metadata(&path).map_err(failed)?.len();
        let of_length = |stamp: &&Stamp| stamp.content.as_ref().is_some_and(|(bytes, _)| *bytes == length);
        if !stamps.iter().any(of_length) {
            return Ok(false);
        }
        let stamp = Stamp::of(name, &first.by, length, &hash_of(&path).map_err(failed)?);
        Ok(stamps.contains(&&stamp))
    }

    /// Whether one of our commands made a file of this name.
    pub(super) fn knows(&self, name: &str) -> bool {
        self.files.contains_key(name)
    }

    /// Whether a folder has outputs of ours in it.
    pub(super) fn is_kept(folder: &Path) -> bool {
        folder.join(NAME).is_file() || !Made::by_an_older_run(folder).files.is_empty()
    }

    /// Whether files of this command are taking their names, or were when it was cut.
    pub(super) fn is_publishing(&self, by: &str) -> bool {
        self.publishing.contains(by)
    }

    /// The stamps of this command's files, for telling whether they are the same still.
    pub(super) fn stamps_of(&self, by: &str) -> BTreeMap<String, Vec<Stamp>> {
        let of = |stamps: &[Stamp]| stamps.iter().filter(|stamp| stamp.by == by).cloned().collect::<Vec<_>>();
        let all = self.files.iter().map(|(name, stamps)| (name.clone(), of(stamps)));
        all.filter(|(_, stamps)| !stamps.is_empty()).collect()
    }

    /// These files are about to take their names.
    pub(super) fn begin(folder: &Path, by: &str, files: &BTreeMap<String, Stamp>) -> Result<(), Error> {
        change(folder, |made| {
            made.publishing.insert(by.to_owned());
            for (name, stamp) in files {
                made.files.entry(name.clone()).or_default().push(stamp.clone());
            }
        })
    }

    /// They have them. What stood below the folder `replaced` and is not among them is gone.
    pub(super) fn end(
        folder: &Path,
        by: &str,
        files: BTreeMap<String, Stamp>,
        replaced: Option<&str>,
    ) -> Result<(), Error> {
        change(folder, |made| {
            made.publishing.remove(by);
            if let Some(replaced) = replaced {
                made.files.retain(|name, _| !name.starts_with(&format!("{replaced}/")));
            }
            made.files.extend(files.into_iter().map(|(name, stamp)| (name, vec![stamp])));
        })
    }
}

/// Changes the file as one step, alone.
fn change(folder: &Path, change: impl FnOnce(&mut Made)) -> Result<(), Error> {
    let path = folder.join(NAME);
    let failed = |source| Error::Write { path: path.clone(), source };
    let working = folder.join(format!("{NAME}.part"));
    let begun = Instant::now();
    let mut file = loop {
        match take(&working) {
            Err(error) if error.kind() == io::ErrorKind::ResourceBusy && begun.elapsed() < PATIENCE => {
                std::thread::sleep(Duration::from_millis(5));
            }
            taken => break taken.map_err(failed)?,
        }
    };
    let written = || -> Result<(), Error> {
        let mut made = Made::read(folder)?;
        change(&mut made);
        let text = serde_json::to_string_pretty(&made).map_err(|error| failed(error.into()))?;
        let written = file.write_all(text.as_bytes()).and_then(|()| file.write_all(b"\n"));
        written.and_then(|()| file.sync_data()).map_err(failed)?;
        fs::rename(&working, &path).and_then(|()| File::open(folder)?.sync_all()).map_err(failed)
    };
    written().inspect_err(|_| {
        // It is ours and nobody's file.
        let _ = fs::remove_file(&working);
    })
}

fn hash_of(path: &Path) -> io::Result<Xxh3> {
    let mut file = File::open(path)?;
    let mut hash = Xxh3::new();
    let mut buffer = vec![0; 1 << 18];
    loop {
        match file.read(&mut buffer) {
            Ok(0) => return Ok(hash),
            Ok(read) => hash.update(&buffer[..read]),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

/// What is below a folder and no folder itself; links are not followed. Nothing if there is no such folder.
pub(super) fn below(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        let entries = match fs::read_dir(&folder) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            entries => entries?,
        };
        for entry in entries {
            let entry = entry?;
            if entry.file_type()?.is_dir() { folders.push(entry.path()) } else { files.push(entry.path()) }
        }
    }
    files.sort();
    Ok(files)
}

/// The path below the folder, if it is text.
pub(super) fn relative(folder: &Path, path: &Path) -> Option<String> {
    path.strip_prefix(folder).ok()?.to_str().map(str::to_owned)
}
