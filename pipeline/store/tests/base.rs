//! A base stands in the place of the changes before it, through restarts, backups and crashes before it counted.

#![expect(clippy::unwrap_used, reason = "a test")]

use std::path::Path;

use store::{Base, BaseWriter, Event, EventKind, Store, Tick, backup};

fn commit(store: &mut Store, tick: u64, change: &str, base: Option<&Base>) {
    store.append(tick, [change.as_bytes()].into_iter()).unwrap();
    store.commit(&Tick { tick, base, ..Tick::default() }).unwrap();
}

fn replayed(store: &Store) -> Vec<String> {
    let mut changes = Vec::new();
    let take = |_, change: &[u8]| {
        changes.push(String::from_utf8(change.to_vec()).unwrap());
        Ok::<(), store::Error>(())
    };
    store.replay(take).unwrap();
    changes
}

fn carried(store: &Store) -> Vec<Vec<u8>> {
    let mut carried = Vec::new();
    let take = |one: &[u8]| {
        carried.push(one.to_vec());
        Ok::<(), store::Error>(())
    };
    store.state().snapshot().unwrap().carried(take).unwrap();
    carried
}

fn write(data: &Path, store: &Store, number: u64, kept: &str) -> Base {
    let from = store.state().snapshot().unwrap().position().unwrap();
    let mut writer = BaseWriter::begin(data, number, from).unwrap();
    writer.keep([kept.as_bytes()].into_iter()).unwrap();
    writer.carry([b"sum".as_slice()].into_iter()).unwrap();
    writer.finish()
}

#[test]
fn a_base_counts_from_its_transaction_on_and_goes_into_backups() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let mut store = Store::open(&data).unwrap();
    commit(&mut store, 1, "old", None);
    commit(&mut store, 2, "kept", None);
    let base = write(&data, &store, 1, "kept");
    commit(&mut store, 3, "later", None);
    // Written, and not named by any tick: it does not count, and is gone after a restart.
    assert_eq!(replayed(&store), ["old", "kept", "later"]);
    drop(store);
    let mut store = Store::open(&data).unwrap();
    assert!(!data.join("base/000001").exists());
    assert_eq!(write(&data, &store, 1, "kept").changes, base.changes);
    let base = write(&data, &store, 1, "kept");
    commit(&mut store, 4, "latest", Some(&base));
    assert_eq!(
        (replayed(&store), carried(&store)),
        (vec!["kept".to_owned(), "latest".to_owned()], vec![b"sum".to_vec()])
    );
    drop(store);
    let mut store = Store::open(&data).unwrap();
    assert_eq!(replayed(&store), ["kept", "latest"]);
    // The next one takes its place; the folder of the one before goes when it is told to.
    let next = write(&data, &store, 2, "latest");
    commit(&mut store, 5, "last", Some(&next));
    store.remove_old_bases().unwrap();
    assert!(!data.join("base/000001").exists() && data.join("base/000002").exists());
    let (copy, again) = (folder.path().join("copy"), folder.path().join("again"));
    backup::copy::<store::Error>(&store.state().snapshot().unwrap(), &copy, |_, _| Ok(())).unwrap();
    backup::restore(&copy, &again).unwrap();
    let again = Store::open(&again).unwrap();
    assert_eq!((replayed(&again), carried(&again)), (replayed(&store), carried(&store)));
}

#[test]
fn an_alert_that_aged_stays_as_it_stood_until_it_is_raised_anew() {
    let folder = tempfile::tempdir().unwrap();
    let mut store = Store::open(folder.path()).unwrap();
    let mut tick = 0;
    let mut commit = |kind| {
        tick += 1;
        let event = Event { kind, alert_id: "A01-1", line: b"{}", alert: b"{\"n\":1}" };
        store.commit(&Tick { tick, events: &[event], ..Tick::default() }).unwrap();
        let snapshot = store.state().snapshot().unwrap();
        (snapshot.alert("A01-1").unwrap().is_some(), snapshot.aged("A01-1").unwrap().is_some())
    };
    assert_eq!(commit(EventKind::Raised), (true, false));
    assert_eq!(commit(EventKind::Aged), (false, true));
    assert_eq!(commit(EventKind::Raised), (true, false));
}
