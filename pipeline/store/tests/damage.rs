//! Damage of any file is told, with the file, or does no harm: the store never panics, and never holds other content
//! without saying so, the second time it is opened as little as the first.
//!
//! Two folders are damaged: one that was closed, and one that a killed process left, whose database goes through its
//! repair first. `FUNDWATCH_FLIPS=10000 cargo test -p store --release --test damage` damages them more often.

#![expect(clippy::unwrap_used, reason = "where a test cannot go on, it has failed")]

#[path = "support/model.rs"]
mod model;

use std::error::Error as _;
use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use model::{Content, History, SMALL, copy, read};
use store::{Error, Store};

const TICKS: u64 = 36;

/// The two folders, and what they hold.
struct Folders {
    folder: tempfile::TempDir,
    content: Content,
}

impl Folders {
    fn new(seed: u8) -> Folders {
        let folder = tempfile::tempdir().unwrap();
        let mut history = History::new(seed);
        let closed = folder.path().join("closed");
        let mut store = Store::open_with(&closed, SMALL).unwrap();
        for _ in 0..TICKS {
            history.tick(&mut store);
            history.advance(&store);
        }
        history.tick(&mut store);
        history.append_in_vain(&mut store);
        copy(&closed, &folder.path().join("killed"));
        drop(store);
        Folders { folder, content: history.model }
    }

    /// Damages one file of a copy of `which`; gives whether that was seen.
    fn damage(&self, which: &str, file: &Path, what: &str, damage: impl FnOnce(&Path)) -> bool {
        let hurt = self.folder.path().join("hurt");
        copy(&self.folder.path().join(which), &hurt);
        damage(&hurt.join(file));
        let place = format!("{which}, {}, {what}", file.display());
        let seen: Vec<bool> = (0..2).map(|_| self.is_seen(&hurt, file, &place)).collect();
        fs::remove_dir_all(&hurt).unwrap();
        seen[0]
    }

    fn is_seen(&self, hurt: &Path, file: &Path, place: &str) -> bool {
        match catch_unwind(AssertUnwindSafe(|| read(hurt, TICKS + 1))) {
            Err(_) => panic!("{place}: the store panicked"),
            Ok(Ok(content)) => {
                assert!(content == self.content, "{place}: other content, and nothing said");
                false
            }
            Ok(Err(error)) => {
                let told = told(&error);
                assert!(told.contains(&*file.file_name().unwrap().to_string_lossy()), "{place}: {told}");
                true
            }
        }
    }

    /// All files of a folder, by their path in it.
    fn files(&self, which: &str) -> Vec<PathBuf> {
        let mut files: Vec<PathBuf> = ["lock", "state.mark", "state.redb"].map(PathBuf::from).to_vec();
        let segments = fs::read_dir(self.folder.path().join(which).join("segments")).unwrap();
        files.extend(segments.map(|entry| Path::new("segments").join(entry.unwrap().file_name())));
        files.sort();
        assert!(files.len() > 8, "too few segments to tell");
        files
    }
}

fn told(error: &Error) -> String {
    let source = error.source().map(ToString::to_string).unwrap_or_default();
    format!("{error}: {source}")
}

fn flip(file: &Path, at: usize, bit: u64) {
    let mut bytes = fs::read(file).unwrap();
    bytes[at] ^= 1 << bit;
    fs::write(file, bytes).unwrap();
}

fn cut(file: &Path, length: u64) {
    fs::File::options().write(true).open(file).unwrap().set_len(length).unwrap();
}

/// How often to damage.
fn flips() -> u64 {
    std::env::var("FUNDWATCH_FLIPS").map_or(300, |flips| flips.parse().unwrap())
}

#[test]
fn a_bit_or_an_end_anywhere() {
    let folders = Folders::new(60);
    let mut random = History::new(61);
    let (mut seen, mut seen_of_state) = (0, 0);
    for nth in 0..flips() {
        let which = ["closed", "killed"][usize::try_from(nth % 2).unwrap()];
        let files = folders.files(which);
        let file = match random.below(2) {
            0 => Path::new("state.redb"),
            _ => &files[usize::try_from(random.below(files.len() as u64)).unwrap()],
        };
        let bytes = fs::read(folders.folder.path().join(which).join(file)).unwrap();
        let length = bytes.len() as u64;
        let was_seen = if length == 0 || nth % 8 == 0 {
            let length = random.below(length.max(1));
            folders.damage(which, file, &format!("cut at {length}"), |file| cut(file, length))
        } else {
            // Most of a database is empty pages: zeros are hit less often than what was written.
            let mut at = usize::try_from(random.below(length)).unwrap();
            for _ in 0..12 {
                if bytes[at] == 0 {
                    at = usize::try_from(random.below(length)).unwrap();
                }
            }
            let bit = random.below(8);
            folders.damage(which, file, &format!("bit {bit} of byte {at}"), |file| flip(file, at, bit))
        };
        seen += u64::from(was_seen);
        seen_of_state += u64::from(was_seen && file == Path::new("state.redb"));
    }
    assert!(seen > flips() / 4 && seen_of_state > flips() / 20, "{seen} seen, {seen_of_state} of the state");
}

#[test]
fn the_head_of_the_database() {
    // Of its 320 bytes, one bit each, and all of the one that says which of its two last transactions counts.
    let folders = Folders::new(62);
    let mut random = History::new(63);
    let anywhere = (0..320).map(|at| (at, random.below(8)));
    let places: Vec<(usize, u64)> = anywhere.chain((0..8).map(|bit| (9, bit))).collect();
    let mut seen = 0;
    for (nth, (at, bit)) in places.into_iter().enumerate() {
        for which in ["closed", "killed"].into_iter().skip(usize::from(at != 9 && nth % 2 == 0)) {
            let what = format!("bit {bit} of byte {at}");
            let file = Path::new("state.redb");
            seen += u64::from(folders.damage(which, file, &what, |file| flip(file, at, bit)));
        }
    }
    assert!(seen > 50, "only {seen} were seen");
}

#[test]
fn a_file_that_is_empty_or_gone() {
    let folders = Folders::new(64);
    for which in ["closed", "killed"] {
        let files = folders.files(which);
        // The last segment may hold only what was never committed.
        let last = files.iter().filter(|file| file.starts_with("segments")).max().unwrap();
        for file in &files {
            let empty = folders.damage(which, file, "empty", |file| cut(file, 0));
            let gone = folders.damage(which, file, "gone", |file| fs::remove_file(file).unwrap());
            let harmless = file == Path::new("lock") || file == Path::new("state.mark");
            if file != last {
                assert_eq!((empty, gone), (!harmless, !harmless), "{}", file.display());
            }
        }
    }
}

#[test]
fn an_older_database_under_newer_segments() {
    let folder = tempfile::tempdir().unwrap();
    let (held, old) = (folder.path().join("held"), folder.path().join("old"));
    let mut history = History::new(65);
    for nth in 0..4 {
        let mut store = Store::open_with(&held, SMALL).unwrap();
        history.tick(&mut store);
        drop(store);
        if nth == 2 {
            copy(&held, &old);
        }
    }
    fs::copy(old.join("state.redb"), held.join("state.redb")).unwrap();
    match read(&held, TICKS) {
        Err(Error::Damaged { path, what, .. }) => {
            assert_eq!(path, held.join("state.redb"));
            assert!(what.contains("4 transactions were committed, and it has only 3"), "{what}");
        }
        other => panic!("{other:?}"),
    }
}
