//! What the store keeps: all of each committed tick and nothing of any other, and no damage of a file unseen.
//!
//! `FUNDWATCH_FLIPS=10000 cargo test -p store --release damage` damages it more often than the gate does.

#![expect(clippy::unwrap_used, reason = "where a test cannot go on, it has failed")]

use std::collections::BTreeMap;
use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use proptest::prelude::Rng as _;
use proptest::test_runner::{RngAlgorithm, TestRng};
use store::{Error, Event, EventKind, Store, Tick};

/// All that can be read of a store.
#[derive(Clone, Debug, Default, PartialEq)]
struct Content {
    changes: Vec<(u64, Vec<u8>)>,
    tick: u64,
    sequence: u64,
    offsets: BTreeMap<String, u64>,
    answers: BTreeMap<String, Vec<u8>>,
    alerts: BTreeMap<String, Vec<u8>>,
    events: Vec<(u64, Vec<u8>)>,
    rejects: Vec<(u64, Vec<u8>)>,
}

/// Reads all of a store that has these requests.
fn read(folder: &Path, requests: &[String]) -> Result<Content, Error> {
    let store = Store::open(folder)?;
    let mut content =
        Content { tick: store.last_tick(), sequence: store.last_sequence(), ..Content::default() };
    store.replay(|tick, change| {
        content.changes.push((tick, change.to_vec()));
        Ok::<(), Error>(())
    })?;
    let state = store.state();
    content.offsets = state.offsets()?.into_iter().collect();
    for request in requests {
        if let Some(answer) = state.answer(request)? {
            content.answers.insert(request.clone(), answer);
        }
    }
    content.alerts = state.alerts("", usize::MAX, |_| true)?.items.into_iter().collect();
    content.events = state.events(0, usize::MAX)?.items;
    content.rejects = state.rejects(0, usize::MAX)?.items;
    Ok(content)
}

/// Ticks of a made-up history, written to a store and to a plain model; every third one is cut off by a crash at first.
fn write(folder: &Path, ticks: u64, seed: u8) -> (Content, Vec<String>) {
    let mut random = TestRng::from_seed(RngAlgorithm::ChaCha, &[seed; 32]);
    let mut below = |end: u64| random.next_u64() % end;
    let (mut model, mut requests) = (Content::default(), Vec::new());
    let mut store = Store::open(folder).unwrap();
    for tick in 1..=ticks {
        let changes: Vec<Vec<u8>> =
            (0..below(5)).map(|nth| format!("{{\"tick\":{tick},\"nth\":{nth}}}").into_bytes()).collect();
        if below(3) == 0 {
            // A crash between the frame and the commit.
            store.append(tick, [b"never committed".as_slice()].into_iter()).unwrap();
            drop(store);
            store = Store::open(folder).unwrap();
        }
        if !changes.is_empty() {
            store.append(tick, changes.iter().map(Vec::as_slice)).unwrap();
        }
        let id = format!("A-{}", below(8));
        let line = format!("{{\"tick\":{tick}}}").into_bytes();
        let stands = model.alerts.contains_key(&id);
        let kind = match (stands, below(2)) {
            (false, _) => EventKind::Raised,
            (true, 0) => EventKind::Changed,
            (true, _) => EventKind::Withdrawn,
        };
        let event = Event { kind, alert_id: &id, line: &line, alert: &line };
        let (offsets, answers) =
            ([("topic/0".to_owned(), tick * 10)], [(format!("request {tick}"), line.clone())]);
        let rejects = [line.clone()];
        let whole = Tick { tick, events: &[event], offsets: &offsets, requests: &answers, rejects: &rejects };
        assert_eq!(store.commit(&whole).unwrap(), tick);
        model.changes.extend(changes.into_iter().map(|change| (tick, change)));
        (model.tick, model.sequence) = (tick, tick);
        model.offsets.extend(offsets);
        requests.push(answers[0].0.clone());
        model.answers.extend(answers);
        model.events.push((tick, line.clone()));
        model.rejects.push((tick, line.clone()));
        match kind {
            EventKind::Withdrawn => model.alerts.remove(&id),
            _ => model.alerts.insert(id, line),
        };
    }
    (model, requests)
}

#[test]
fn committed_ticks_are_there_and_no_others() {
    for seed in 0..6 {
        let folder = tempfile::tempdir().unwrap();
        let (model, requests) = write(folder.path(), 40, seed);
        assert_eq!(read(folder.path(), &requests).unwrap(), model);
    }
}

#[test]
fn a_folder_is_held_by_one() {
    let folder = tempfile::tempdir().unwrap();
    let _held = Store::open(folder.path()).unwrap();
    assert!(matches!(Store::open(folder.path()), Err(Error::InUse(_))));
}

#[test]
fn pages_follow_each_other() {
    let folder = tempfile::tempdir().unwrap();
    let (model, _) = write(folder.path(), 25, 9);
    let store = Store::open(folder.path()).unwrap();
    let (mut after, mut all) = (0, Vec::new());
    loop {
        let page = store.state().events(after, 4).unwrap();
        after = page.items.last().map_or(after, |(sequence, _)| *sequence);
        all.extend(page.items);
        if !page.more {
            break;
        }
    }
    assert_eq!(all, model.events);
    store.state().advance(("somebody", 7)).unwrap();
    assert_eq!((store.state().cursor("somebody").unwrap(), store.state().cursor("nobody").unwrap()), (7, 0));
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().map(|entry| entry.unwrap().path()) {
        let copy = to.join(entry.file_name().unwrap());
        if entry.is_dir() {
            self::copy(&entry, &copy);
        } else {
            fs::copy(&entry, &copy).unwrap();
        }
    }
}

#[test]
fn damage_is_seen_or_does_no_harm() {
    let flips: u64 = std::env::var("FUNDWATCH_FLIPS").map_or(300, |flips| flips.parse().unwrap());
    let folder = tempfile::tempdir().unwrap();
    let whole = folder.path().join("whole");
    let (model, requests) = write(&whole, 60, 5);
    let mut random = TestRng::from_seed(RngAlgorithm::ChaCha, &[7; 32]);
    let files: [PathBuf; 2] = ["state.redb".into(), "segments/000001.seg".into()];
    let (mut seen, mut harmless) = (0, 0);
    for nth in 0..flips {
        let hurt = folder.path().join("hurt");
        copy(&whole, &hurt);
        let file = hurt.join(&files[usize::try_from(nth % 2).unwrap()]);
        let mut bytes = fs::read(&file).unwrap();
        let at = usize::try_from(random.next_u64() % bytes.len() as u64).unwrap();
        if nth % 7 == 0 {
            bytes.truncate(at);
        } else {
            bytes[at] ^= 1 << (random.next_u32() % 8);
        }
        fs::write(&file, bytes).unwrap();
        let place = format!("{}, byte {at}", file.display());
        match catch_unwind(AssertUnwindSafe(|| read(&hurt, &requests))) {
            Err(_) => panic!("{place}: the store panicked"),
            Ok(Ok(content)) if content == model => harmless += 1,
            Ok(Ok(_)) => panic!("{place}: the store has another content, and does not say so"),
            Ok(Err(error)) => {
                seen += 1;
                let name = file.file_name().unwrap().to_string_lossy();
                assert!(error.to_string().contains(&*name), "{place}: {error}");
            }
        }
        fs::remove_dir_all(&hurt).unwrap();
    }
    assert!(seen > flips / 3, "of {flips} only {seen} were seen, {harmless} were harmless");
}
