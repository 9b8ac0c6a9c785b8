//! A backup is the state of one moment, whatever goes on meanwhile, and is put back only where it is whole.

use store::{Error, Event, EventKind, Store, Tick, backup};

#[test]
fn a_backup_is_what_was_committed_when_it_was_begun() {
    let (folder, elsewhere) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (backup, restored) = (elsewhere.path().join("backup"), elsewhere.path().join("restored"));
    let mut store = Store::open_with(folder.path(), 200).unwrap();
    let fill = |store: &mut Store, ticks: std::ops::RangeInclusive<u64>| {
        for tick in ticks {
            let change = format!("change {tick}").repeat(9);
            store.append(tick, [change.as_bytes()].into_iter()).unwrap();
            let id = format!("A-{}", tick % 7);
            let kind = if tick > 7 { EventKind::Changed } else { EventKind::Raised };
            let line = tick.to_string();
            let event = Event { kind, alert_id: &id, line: line.as_bytes(), alert: line.as_bytes() };
            let offsets = [("topic/0".to_owned(), tick)];
            store.commit(&Tick { tick, events: &[event], offsets: &offsets, ..Tick::default() }).unwrap();
        }
    };
    fill(&mut store, 1..=20);
    let snapshot = store.state().snapshot().unwrap();
    // The service goes on while the backup is written.
    fill(&mut store, 21..=40);
    let copied = backup::copy(&snapshot, &backup, |_, _| Ok::<(), Error>(())).unwrap();
    assert_eq!((copied.tick, copied.sequence), (20, 20));
    assert!(matches!(backup::copy(&snapshot, &backup, |_, _| Ok::<(), Error>(())), Err(Error::Exists(_))));
    // What follows a place is what a snapshot shows behind it.
    let mut behind = 0;
    let later = store.state().snapshot().unwrap();
    let count = |tick: u64, _: &[u8]| {
        assert!(tick > 20);
        behind += 1;
        Ok::<(), Error>(())
    };
    later.replay(snapshot.position().unwrap(), count).unwrap();
    assert_eq!(behind, 20);

    assert_eq!(backup::restore(&backup, &restored).unwrap().tick, 20);
    assert!(matches!(backup::restore(&backup, folder.path()), Err(Error::Exists(_))));
    let again = Store::open(&restored).unwrap();
    assert_ne!(again.state().identity(), store.state().identity(), "what followed may follow otherwise");
    assert_eq!((again.last_tick(), again.last_sequence()), (20, 20));
    let before = snapshot.ends().unwrap();
    assert_eq!((before.identity, before.sequence), (store.state().identity(), 20));
    assert_eq!(again.state().snapshot().unwrap().lineage().unwrap(), [before]);
    assert_eq!(snapshot.lineage().unwrap(), []);
    assert_eq!(again.state().offsets().unwrap(), [("topic/0".to_owned(), 20)]);
    assert_eq!(again.state().events(0, 100).unwrap(), snapshot.events(0, 100).unwrap());
    assert_eq!(again.state().alerts("", 100, |_| true).unwrap(), snapshot.alerts("", 100, |_| true).unwrap());
    let mut ticks = Vec::new();
    let note = |tick: u64, _: &[u8]| {
        ticks.push(tick);
        Ok::<(), Error>(())
    };
    again.replay(note).unwrap();
    assert_eq!(ticks, (1..=20).collect::<Vec<_>>());
}

#[test]
fn a_damaged_backup_is_not_put_back() {
    let (folder, elsewhere) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (backup, restored) = (elsewhere.path().join("backup"), elsewhere.path().join("restored"));
    let mut store = Store::open(folder.path()).unwrap();
    store.append(1, [b"a change".as_slice()].into_iter()).unwrap();
    store.commit(&Tick { tick: 1, ..Tick::default() }).unwrap();
    backup::copy(&store.state().snapshot().unwrap(), &backup, |_, _| Ok::<(), Error>(())).unwrap();
    let segment = backup.join("segments/000001.seg");
    let mut bytes = std::fs::read(&segment).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    std::fs::write(&segment, bytes).unwrap();
    assert!(matches!(backup::restore(&backup, &restored), Err(Error::Damaged { .. })));
    assert!(!restored.join("state.redb").exists());
}
