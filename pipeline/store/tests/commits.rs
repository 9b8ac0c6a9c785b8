//! What was committed is there after any crash, in order and once; what was not committed is not.
//!
//! Made-up histories are written to a store and to a plain model. Crashes are a store dropped between a frame and its
//! commit, and a copy of the folder taken while it is open, which is what a killed process leaves.

#![expect(clippy::unwrap_used, reason = "where a test cannot go on, it has failed")]

#[path = "support/model.rs"]
mod model;

use std::fs;
use std::path::Path;

use model::{Content, History, SMALL, copy, read, read_open};
use store::{Error, Store, Tick};

const TICKS: u64 = 30;

/// The names of the segments of a folder, in order.
fn segments(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder.join("segments")).unwrap();
    let mut names: Vec<String> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn a_history_is_as_its_model_says() {
    for seed in 0..6 {
        let folder = tempfile::tempdir().unwrap();
        let mut history = History::new(seed);
        let mut store = Store::open_with(folder.path(), SMALL).unwrap();
        for _ in 0..TICKS {
            match history.below(5) {
                0 => {
                    history.append_in_vain(&mut store);
                    drop(store);
                    store = Store::open_with(folder.path(), SMALL).unwrap();
                    assert_eq!(read_open(&store, TICKS).unwrap(), history.model, "seed {seed}");
                }
                1 => history.advance(&store),
                _ => {}
            }
            history.tick(&mut store);
        }
        assert_eq!(read_open(&store, TICKS).unwrap(), history.model, "seed {seed}");
        drop(store);
        assert_eq!(read(folder.path(), TICKS).unwrap(), history.model, "seed {seed}");
        assert!(segments(folder.path()).len() > 3, "the history stands in too few segments to tell");
    }
}

#[test]
fn a_killed_process_leaves_what_it_committed() {
    let folder = tempfile::tempdir().unwrap();
    let (alive, left) = (folder.path().join("alive"), folder.path().join("left"));
    let mut history = History::new(40);
    let mut store = Store::open_with(&alive, SMALL).unwrap();
    for nth in 0..TICKS {
        if nth % 3 == 0 {
            copy(&alive, &left);
            // What it had begun to write may end anywhere.
            let last = left.join("segments").join(segments(&left).last().unwrap());
            let bytes = fs::read(&last).unwrap();
            fs::write(
                &last,
                [bytes.as_slice(), &vec![7; usize::try_from(history.below(40)).unwrap()]].concat(),
            )
            .unwrap();
            // It goes on from there as if nothing had happened.
            let mut revived = Store::open_with(&left, SMALL).unwrap();
            assert_eq!(read_open(&revived, TICKS).unwrap(), history.model, "after tick {nth}");
            revived.append(nth + 1, [b"another".as_slice()].into_iter()).unwrap();
            revived.commit(&Tick { tick: nth + 1, ..Tick::default() }).unwrap();
            drop(revived);
            let changes = read(&left, TICKS).unwrap().changes;
            assert_eq!(changes[..changes.len() - 1], history.model.changes);
            assert_eq!(changes.last().unwrap(), &(nth + 1, b"another".to_vec()));
            fs::remove_dir_all(&left).unwrap();
        }
        history.tick(&mut store);
        history.advance(&store);
    }
}

#[test]
fn a_segment_that_was_never_committed_is_removed() {
    let folder = tempfile::tempdir().unwrap();
    let mut store = Store::open_with(folder.path(), SMALL).unwrap();
    // Bytes that cannot be packed, so that the second tick begins a segment.
    let long: Vec<u8> = (0..4000u32).map(|n| n.wrapping_mul(2_654_435_761).to_le_bytes()[2]).collect();
    store.append(1, [long.as_slice()].into_iter()).unwrap();
    store.commit(&Tick { tick: 1, ..Tick::default() }).unwrap();
    store.append(2, [b"never committed".as_slice()].into_iter()).unwrap();
    assert_eq!(segments(folder.path()), ["000001.seg", "000002.seg"]);
    drop(store);
    // What somebody else put there stays.
    fs::write(folder.path().join("segments/000009.txt"), "a note").unwrap();
    let content = read(folder.path(), 2).unwrap();
    assert_eq!(content, Content { changes: vec![(1, long)], tick: 1, ..Content::default() });
    assert_eq!(segments(folder.path()), ["000001.seg", "000009.txt"]);
}

#[test]
fn pages_follow_each_other() {
    let folder = tempfile::tempdir().unwrap();
    let mut history = History::new(50);
    let mut store = Store::open_with(folder.path(), SMALL).unwrap();
    for _ in 0..TICKS {
        history.tick(&mut store);
    }
    let (state, model) = (store.state(), &history.model);
    for limit in 1..8 {
        let (mut events, mut rejects, mut alerts) = (Vec::new(), Vec::new(), Vec::new());
        loop {
            let page = state.events(events.last().map_or(0, |(at, _)| *at), limit).unwrap();
            assert!(page.items.len() == limit || !page.more);
            events.extend(page.items);
            if !page.more {
                break;
            }
        }
        loop {
            let page = state.rejects(rejects.last().map_or(0, |(at, _)| *at), limit).unwrap();
            rejects.extend(page.items);
            if !page.more {
                break;
            }
        }
        loop {
            let after = alerts.last().map_or(String::new(), |(id, _): &(String, Vec<u8>)| id.clone());
            let page = state.alerts(&after, limit, |_| true).unwrap();
            alerts.extend(page.items);
            if !page.more {
                break;
            }
        }
        assert_eq!((&events, &rejects), (&model.events, &model.rejects), "pages of {limit}");
        assert!(
            alerts.iter().map(|(id, alert)| (id, alert)).eq(model.alerts.iter().map(|(id, of)| (id, &of.1)))
        );
    }
    assert_eq!(state.events(u64::MAX, 5).unwrap().items, []);
    assert_eq!((state.answer("nobody's").unwrap(), state.alert("none").unwrap()), (None, None));
    assert_eq!(state.cursor("nobody").unwrap(), 0);
}

#[test]
fn a_folder_is_held_by_one() {
    let folder = tempfile::tempdir().unwrap();
    let held = Store::open(folder.path()).unwrap();
    assert!(matches!(Store::open(folder.path()), Err(Error::InUse(path)) if path == folder.path()));
    drop(held);
    Store::open(folder.path()).unwrap();
}
